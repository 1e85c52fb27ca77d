//! The backtest: the same numbers every time, every atom accounted for, and the committed page is what it writes.

use firebreak_replay::{
    backtest::{self, Day, LIQUIDATOR_CASH, OWN, REGIMES, Run, SEED, Setup},
    candles::Order,
};

fn run(day: &Day, regime: usize, seed: u64) -> Run {
    let setup = Setup {
        regime: REGIMES[regime],
        order: Order::LowFirst,
        liquidator_cash: LIQUIDATOR_CASH,
        seed,
        has_breaker: false,
    };
    // An identity that does not hold after a minute, to the atom, is an error.
    backtest::replay(day, &day.candles().unwrap().unwrap(), &setup).unwrap()
}

#[test]
fn i01_a_backtest_repeats_itself_with_every_atom_accounted_for() {
    for day in &OWN {
        for (regime, named) in REGIMES.iter().enumerate() {
            assert_eq!(run(day, regime, SEED), run(day, regime, SEED), "{} {}", day.title, named.name);
        }
    }
    assert_ne!(run(&OWN[0], 0, SEED), run(&OWN[0], 0, SEED + 1));
}

#[test]
fn backtest_margins_stay_fixed_where_the_cap_is_one_and_follow_where_it_is_three() {
    let [fixed, _, dynamic] = [0, 1, 2].map(|regime| run(&OWN[0], regime, SEED));
    assert!(fixed.course.iter().all(|point| point.initial_multiplier_bps == 10_000));
    assert_eq!((fixed.outcome.highest_multiplier_bps, dynamic.outcome.highest_multiplier_bps), (10_000, 30_000));
    let is_ordered =
        |run: &Run| run.course.iter().all(|point| point.maintenance_multiplier_bps <= point.initial_multiplier_bps);
    assert!(is_ordered(&dynamic));
    let prices = |run: &Run| run.course.iter().map(|point| (point.time, point.price_e8)).collect::<Vec<_>>();
    assert_eq!(prices(&fixed), prices(&dynamic));
    assert!(dynamic.outcome.locked_bps > 2 * fixed.outcome.locked_bps);
    assert!(dynamic.outcome.cut > fixed.outcome.cut && dynamic.outcome.opened < fixed.outcome.opened);
}

/// Where the longer series are not at hand, what the page says of them is taken as it is.
#[test]
fn the_committed_backtest_is_what_the_command_writes() {
    let read = |name: &str| std::fs::read_to_string(backtest::folder().join(name)).unwrap_or_default();
    let committed = read("backtest.md");
    for (name, text) in backtest::generate(Some(&committed)).unwrap() {
        assert!(read(&name) == text, "docs/{name} is not what `cargo xtask backtest` writes: run it again");
    }
}
