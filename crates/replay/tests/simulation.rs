//! The simulation: it runs clean, it is the same for the same seed, it reaches what it should, and it finds every bug that is
//! planted.

use firebreak::FirebreakError;
use firebreak_replay::simulation::{Branch, Fault, Plan, Population, Report, simulate};

/// Runs that once found something, or walk through rare ground: seed, operations, on chain.
const REGRESSION_SEEDS: &[(u64, usize, bool)] =
    &[(1, 3_000, true), (2, 3_000, false), (7, 500, true), (3_000, 21_500, false), (50_267, 7_000, false)];

/// What a long run is refused for, beside everything else.
const REFUSALS: [(&str, FirebreakError); 32] = [
    ("auto-deleverage", FirebreakError::AccountSolvent),
    ("auto-deleverage", FirebreakError::CollateralRemains),
    ("auto-deleverage", FirebreakError::TrancheSufficient),
    ("auto-deleverage", FirebreakError::PositionMissing),
    ("auto-deleverage", FirebreakError::PriceUncertain),
    ("auto-deleverage", FirebreakError::PriceStale),
    ("auto-deleverage", FirebreakError::BreakerActive),
    ("liquidate", FirebreakError::TrancheInsufficient),
    ("liquidate", FirebreakError::LotsInseparable),
    ("liquidate", FirebreakError::CollateralRemains),
    ("liquidate", FirebreakError::LiquidationTooSoon),
    ("convert", FirebreakError::ConversionNotNeeded),
    ("convert", FirebreakError::MarginInsufficient),
    ("convert", FirebreakError::LimitPriceExceeded),
    ("convert", FirebreakError::PriceStale),
    ("settle", FirebreakError::NothingToSettle),
    ("stake", FirebreakError::MarketsNotSwept),
    ("stake", FirebreakError::StakeTooSmall),
    ("request unstake", FirebreakError::SharesInsufficient),
    ("request unstake", FirebreakError::SignerNotAllowed),
    ("unstake", FirebreakError::MarketsNotSwept),
    ("unstake", FirebreakError::DeficitOpen),
    ("unstake", FirebreakError::ExitNotOpen),
    ("unstake", FirebreakError::FundIlliquid),
    ("unstake", FirebreakError::SignerNotAllowed),
    ("report deficit", FirebreakError::AccountSolvent),
    ("report deficit", FirebreakError::PriceUncertain),
    ("deposit", FirebreakError::SignerNotAllowed),
    ("withdraw", FirebreakError::CollateralInsufficient),
    ("withdraw", FirebreakError::OutflowLimited),
    ("withdraw", FirebreakError::BreakerActive),
    ("liquidate", FirebreakError::GraceRunning),
];

fn run(plan: Plan) -> Report {
    simulate(&plan, || {}).expect("the simulation starts")
}

fn assert_clean(report: &Report) {
    assert!(report.failure.is_none(), "{report}");
}

/// Half of the million operations that every test run makes; each half goes through every branch by itself.
fn half_a_million_from(seed: u64) {
    const OPERATIONS: usize = 500_000;
    let report = run(Plan { seed, operations: OPERATIONS, ..Plan::default() });
    assert_clean(&report);
    let all = report.accepted() + report.rejected();
    assert_eq!(all, OPERATIONS);
    assert!((30..=75).contains(&(report.accepted() * 100 / all)), "{report}");
    let forged = report.kinds.len() - 1;
    assert!(report.kinds.iter().take(forged).all(|(accepted, _)| *accepted > 0), "a kind never succeeds: {report}");
    let missed: Vec<_> = Branch::ALL.iter().filter(|branch| report.coverage.of(**branch) == 0).collect();
    assert!(missed.is_empty(), "never reached: {missed:?}");
    for (kind, cause) in REFUSALS {
        let name = format!("{cause:?}");
        assert!(report.refused(kind, cause) > 0, "{kind} is never refused for {name}");
    }
    assert!(report.resolved > 1_000 && report.by_deleveraging > 500, "{report}");
}

#[test]
fn half_a_million_native_operations_break_no_invariant() {
    half_a_million_from(100);
}

#[test]
fn another_half_million_breaks_none_either() {
    half_a_million_from(200);
}

/// What two feeds say, on the chain too.
const PRICED: [Branch; 8] = [
    Branch::PriceConfirmed,
    Branch::PriceJumpConfirmed,
    Branch::PriceDisputed,
    Branch::PriceJumpDisputed,
    Branch::PriceLone,
    Branch::PriceAhead,
    Branch::PriceSilent,
    Branch::PriceReopened,
];

fn lock_step(seeds: core::ops::Range<u64>) {
    let mut reached = [0; PRICED.len()];
    for seed in seeds {
        let report = run(Plan { seed, operations: 2_500, on_chain: true, ..Plan::default() });
        assert_clean(&report);
        assert_eq!(report.accepted() + report.rejected(), 2_500);
        PRICED.iter().zip(&mut reached).for_each(|(branch, count)| *count += report.coverage.of(*branch));
    }
    println!("{PRICED:?}: {reached:?}");
    assert!(reached.iter().all(|count| *count > 0), "{PRICED:?}: {reached:?}");
}

#[test]
fn i15_program_and_native_engine_agree_byte_for_byte() {
    lock_step(1..3);
}

#[test]
fn i15_they_agree_from_other_seeds_too() {
    lock_step(3..5);
}

#[test]
fn i15_lock_step_sees_a_native_engine_that_is_wrong_by_an_atom() {
    let plan =
        Plan { seed: 1, operations: 1_000, on_chain: true, fault: Some(Fault::SettleOverpaysPool), ..Plan::default() };
    let report = run(plan);
    assert!(report.violations().iter().any(|found| found.starts_with("I-15")), "{report}");
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
    let digest = |seed| run(Plan { seed, operations: 1_500, ..Plan::default() }).digest;
    assert_eq!(digest(5), digest(5));
    assert_ne!(digest(5), digest(6));
    let on_chain = run(Plan { seed: 5, operations: 300, on_chain: true, ..Plan::default() });
    assert_eq!(on_chain.digest, run(Plan { seed: 5, operations: 300, ..Plan::default() }).digest);
}

#[test]
fn i14_a_coalition_ends_with_at_most_what_insurance_paid() {
    for seed in 200..210 {
        let report = run(Plan { seed, operations: 4_000, population: Population::Coalition, ..Plan::default() });
        assert_clean(&report);
    }
}

#[test]
fn regressions_stay_fixed() {
    for &(seed, operations, on_chain) in REGRESSION_SEEDS {
        assert_clean(&run(Plan { seed, operations, on_chain, ..Plan::default() }));
    }
}

/// Each planted bug, and what names it.
#[test]
fn every_planted_bug_is_found() {
    const OPERATIONS: usize = 30_000;
    const SEEDS: u64 = 16;
    for seed in 1..=SEEDS {
        assert_clean(&run(Plan { seed, operations: OPERATIONS, ..Plan::default() })); // what is found is the bug
    }
    let mut missed = Vec::new();
    for fault in Fault::ALL {
        let found = (1..=SEEDS)
            .find_map(|seed| run(Plan { seed, operations: OPERATIONS, fault: Some(fault), ..Plan::default() }).failure);
        match found {
            Some(failure) => {
                println!("{fault:?}: seed {}, {}: {}", failure.seed, failure.index, failure.found.join("; "))
            }
            None => missed.push(fault),
        }
    }
    assert!(missed.is_empty(), "not found within {OPERATIONS} operations of {SEEDS} seeds: {missed:?}");
}
