//! The simulation: it runs clean, it is the same for the same seed, and it finds every bug that is planted.

use firebreak_replay::simulation::{Fault, Plan, Population, Report, simulate};

/// Runs that once found something, or walk through rare ground: seed, operations, on chain.
const REGRESSION_SEEDS: &[(u64, usize, bool)] = &[(1, 3_000, true), (2, 3_000, false), (7, 500, true)];

fn run(plan: Plan) -> Report {
    simulate(&plan, || {}).expect("the simulation starts")
}

fn assert_clean(report: &Report) {
    assert!(report.failure.is_none(), "{report}");
}

#[test]
fn thirty_thousand_native_operations_break_no_invariant() {
    let mut all = 0;
    for seed in 100..115 {
        let report = run(Plan { seed, operations: 2_000, ..Plan::default() });
        assert_clean(&report);
        assert!(report.accepted() * 3 >= report.accepted() + report.rejected(), "too few accepted: {report}");
        all += report.accepted() + report.rejected();
    }
    assert_eq!(all, 30_000);
}

#[test]
fn one_long_run_sees_crashes_liquidations_and_deficits() {
    let report = run(Plan { seed: 42, operations: 20_000, ..Plan::default() });
    assert_clean(&report);
    let accepted = report.accepted() * 100 / (report.accepted() + report.rejected());
    assert!((30..=75).contains(&accepted), "{accepted} % accepted: {report}");
    assert!(report.tally.take_overs >= 50 && report.tally.deficits_paid >= 5, "{report}");
    assert!(report.kinds.iter().take(19).all(|(accepted, _)| *accepted > 0), "a kind never succeeds: {report}");
}

#[test]
fn i15_program_and_native_engine_agree_byte_for_byte() {
    for seed in 1..=5 {
        let report = run(Plan { seed, operations: 1_000, on_chain: true, ..Plan::default() });
        assert_clean(&report);
        assert_eq!(report.accepted() + report.rejected(), 1_000);
    }
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
        let report = run(Plan { seed, operations: 2_000, population: Population::Coalition, ..Plan::default() });
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
    const OPERATIONS: usize = 8_000;
    let mut missed = Vec::new();
    for fault in Fault::ALL {
        let found = (1..=3)
            .find_map(|seed| run(Plan { seed, operations: OPERATIONS, fault: Some(fault), ..Plan::default() }).failure);
        match found {
            Some(failure) => println!("{fault:?}: operation {}: {}", failure.index, failure.found.join("; ")),
            None => missed.push(fault),
        }
    }
    assert!(missed.is_empty(), "not found within {OPERATIONS} operations of ten seeds: {missed:?}");
}
