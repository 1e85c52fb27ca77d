//! The scenarios.

use std::time::{Duration, Instant};

use firebreak_keeper::run::Statistics;

use super::{
    figures,
    stage::{DOLLAR, PATIENCE, Stage},
    watching::{self, Watcher},
};

/// Accounts under water at once.
const MANY: usize = 300;
/// Longs of 3,000 dollars on 330: a fall of 8 % leaves 90 of the 138 that maintenance asks for.
const LONG: (i64, u64) = (2_000, 330 * DOLLAR);
const FALL_BPS: i64 = 800;

/// Waits until so many were under water and nobody is any more. How long that took since the price fell.
fn resolved(watcher: &mut Watcher, fell: Instant, least: usize) -> Duration {
    loop {
        let (now, ever) = watcher.counts();
        if ever >= least && now == 0 {
            return fell.elapsed();
        }
        assert!(fell.elapsed() < PATIENCE, "{now} accounts are still under water, of {ever}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn finish(stage: &Stage, scenario: &str, (watcher, took): (Watcher, Duration), keepers: &[Statistics]) {
    let watched = watcher.stop();
    assert_eq!(watching::violations(stage), Vec::<String>::new());
    figures::record(scenario, &watched, took, keepers);
}

#[test]
fn i12_three_hundred_accounts_under_water_at_once_are_all_resolved() {
    let mut stage = Stage::new();
    stage.traders(MANY, 0, LONG);
    let keeper = stage.keeper(stage.config("keeper", 500_000));
    let mut watcher = Watcher::start(&stage);
    stage.fall(0, FALL_BPS);
    let fell = Instant::now();
    let took = resolved(&mut watcher, fell, MANY);
    let seen = keeper.stop().unwrap();
    assert!(seen.done("liquidate") >= MANY as u64, "{seen:?}");
    finish(&stage, "300 at once", (watcher, took), &[seen]);
}
