//! What goes wrong while many accounts are under water.

use std::time::{Duration, Instant};

use firebreak_client::snapshot::{CLOCK, unix_seconds};
use firebreak_keeper::run::{Keeper, Statistics};
use firebreak_replay::world::keypair;
use firebreak_tests::proxy::Mode;
use solana_address::Address;
use solana_signer::Signer;

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

/// Waits until every one of the crowd gave something up and none is under water any more. How long that took since the price fell.
fn resolved(stage: &Stage, watcher: &mut Watcher, fell: Instant) -> Duration {
    loop {
        let waiting = untouched(stage);
        let now = watcher.count();
        if waiting == 0 && now == 0 {
            return fell.elapsed();
        }
        assert!(fell.elapsed() < PATIENCE, "{waiting} accounts were not liquidated yet, {now} are under water");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Longs of the crowd that are as large as they were opened.
fn untouched(stage: &Stage) -> usize {
    let seen = watching::snapshot(&stage.rpc, stage.at);
    let is_whole = |trader: &&Address| {
        let position = seen.accounts.get(*trader).and_then(|account| account.position(0));
        position.is_some_and(|position| i64::from(position.size) == LONG.0)
    };
    stage.traders.iter().filter(is_whole).count()
}

fn finish(stage: &Stage, scenario: &str, (watcher, took): (Watcher, Duration), keepers: &[Statistics]) {
    let watched = watcher.stop();
    assert_eq!(watching::violations(stage), Vec::<String>::new());
    figures::record(scenario, &watched, took, keepers);
}

/// A crowd, a keeper and a fall.
fn crash(stage: &mut Stage) -> (Keeper, Watcher, Instant) {
    stage.traders(MANY, 0, LONG);
    let keeper = stage.keeper(stage.config("keeper", 500_000));
    let watcher = Watcher::start(stage);
    stage.fall(0, FALL_BPS);
    (keeper, watcher, Instant::now())
}

/// Part of them are resolved, and part are not.
fn mid_way(stage: &Stage, keeper: &Keeper) {
    stage.until("a third is resolved", || (keeper.statistics().done("liquidate") >= MANY as u64 / 3).then_some(()));
}

#[test]
fn i12_three_hundred_accounts_under_water_at_once_are_all_resolved() {
    let mut stage = Stage::new();
    let (keeper, mut watcher, fell) = crash(&mut stage);
    let took = resolved(&stage, &mut watcher, fell);
    // What was taken over goes on to the makers.
    let own = stage.at.margin_account(&keeper.trader(), 100);
    stage.until("the keeper holds nothing", || {
        stage.margin(&own).filter(|account| account.positions().iter().all(|position| position.size == 0))
    });
    let seen = keeper.stop().unwrap();
    assert!(seen.done("liquidate") >= MANY as u64 && seen.done("unwind") > 0, "{seen:?}");
    assert!(seen.equity > seen.equity_before, "liquidating pays: {seen:?}");
    finish(&stage, "300 at once", (watcher, took), &[seen]);
}

#[test]
fn a_server_that_dies_and_comes_back() {
    let mut stage = Stage::new();
    stage.traders(MANY, 0, LONG);
    let mut config = stage.config("keeper", 500_000);
    config.watch.stalled_after = Duration::from_secs(2);
    let keeper = stage.keeper(config);
    let mut watcher = Watcher::start(&stage);
    stage.fall(0, FALL_BPS);
    let fell = Instant::now();
    mid_way(&stage, &keeper);
    stage.proxy.set(Mode::Down, Mode::Down);
    let why = stage.until("the keeper says that nothing moves", || keeper.health().err());
    assert!(why.contains("no pass") || why.contains("no news"), "{why}");
    std::thread::sleep(Duration::from_secs(3));
    stage.proxy.set(Mode::Up, Mode::Up);
    let took = resolved(&stage, &mut watcher, fell);
    stage.until("the keeper is well again", || keeper.health().ok());
    let seen = keeper.stop().unwrap();
    assert!(seen.rpc_failures > 0 && seen.socket_losses > 0, "{seen:?}");
    finish(&stage, "RPC killed for 5 s", (watcher, took), &[seen]);
}

#[test]
fn a_server_that_dies_while_another_is_there() {
    let mut stage = Stage::new();
    stage.traders(MANY, 0, LONG);
    let mut config = stage.config("keeper", 500_000);
    let (url, ws_url) = (stage.net.manifest.rpc.clone(), stage.net.manifest.ws.clone());
    config.rpc.endpoints.push(firebreak_keeper::run::config::Endpoint { url, ws_url });
    let keeper = stage.keeper(config);
    let mut watcher = Watcher::start(&stage);
    stage.fall(0, FALL_BPS);
    let fell = Instant::now();
    mid_way(&stage, &keeper);
    stage.proxy.set(Mode::Down, Mode::Down);
    let took = resolved(&stage, &mut watcher, fell);
    let seen = keeper.stop().unwrap();
    assert!(seen.switches > 0, "{seen:?}");
    finish(&stage, "RPC killed, second server", (watcher, took), &[seen]);
}

#[test]
fn half_of_the_sends_are_lost() {
    let mut stage = Stage::new();
    stage.proxy.drop_sends(true);
    let (keeper, mut watcher, fell) = crash(&mut stage);
    let took = resolved(&stage, &mut watcher, fell);
    let seen = keeper.stop().unwrap();
    assert!(stage.proxy.dropped() >= MANY as u64 / 2, "{}", stage.proxy.dropped());
    finish(&stage, "half of the sends dropped", (watcher, took), &[seen]);
}

#[test]
fn i09_one_oracle_dies() {
    let mut stage = Stage::new();
    // Bitcoin's longs are under water, too, only nobody can tell.
    let blind = stage.traders(20, 1, (2_500, 330 * DOLLAR));
    stage.traders(MANY, 0, LONG);
    let keeper = stage.keeper(stage.config("keeper", 500_000));
    stage.net.silence(1).unwrap();
    stage.net.advance(90).unwrap();
    stage.until("SOL's price is fresh again", || {
        let clock = stage.rpc.get_account(&CLOCK).unwrap();
        (stage.row(0).publish_time + 10 > unix_seconds(&clock.data)?).then_some(())
    });
    let mut watcher = Watcher::start(&stage);
    stage.fall(0, FALL_BPS);
    let fell = Instant::now();
    let took = resolved(&stage, &mut watcher, fell);
    for trader in &blind {
        assert_eq!(stage.margin(trader).unwrap().position(1).unwrap().size, 2_500, "nobody acts on a dead price");
    }
    let seen = keeper.statistics();
    assert_eq!(
        seen.jobs.get(&("refresh_prices", "refused")),
        None,
        "a dead feed is not asked again and again: {seen:?}"
    );
    // It comes back, lower, and so do they.
    stage.fall(1, FALL_BPS);
    stage.until("those that were blind are resolved", || {
        (keeper.statistics().done("liquidate") >= MANY as u64 + 20).then_some(())
    });
    let seen = keeper.stop().unwrap();
    finish(&stage, "one oracle dead", (watcher, took), &[seen]);
}

#[test]
fn i09_one_market_is_halted() {
    let mut stage = Stage::new();
    // More of them than a round resolves, and all more urgent than the others: they must not take the others' place.
    let closed = stage.traders(40, 1, (5_000, 660 * DOLLAR));
    stage.traders(MANY, 0, LONG);
    let mut config = stage.config("keeper", 500_000);
    config.limits.max_accounts = 30;
    let keeper = stage.keeper(config);
    let guardian = keypair("guardian");
    stage.send(&[stage.at.trip_breaker(guardian.pubkey(), 1, 4, 3_600, 1)], &guardian);
    stage.fall(1, FALL_BPS);
    stage.until("bitcoin's longs are under water", || {
        let below = watching::below(&watching::snapshot(&stage.rpc, stage.at));
        closed.iter().all(|trader| below.contains(trader)).then_some(())
    });
    let mut watcher = Watcher::start_without(&stage, &closed);
    stage.fall(0, FALL_BPS);
    let fell = Instant::now();
    let took = resolved(&stage, &mut watcher, fell);
    let seen = keeper.stop().unwrap();
    for trader in &closed {
        assert_eq!(stage.margin(trader).unwrap().position(1).unwrap().size, 5_000, "the market is closed");
    }
    finish(&stage, "one market halted", (watcher, took), &[seen]);
}

#[test]
fn the_bot_is_killed_mid_way_and_started_again() {
    let mut stage = Stage::new();
    let (keeper, mut watcher, fell) = crash(&mut stage);
    mid_way(&stage, &keeper);
    let first = keeper.statistics();
    drop(keeper); // at once, with transactions under way
    std::thread::sleep(Duration::from_secs(2));
    let keeper = stage.keeper(stage.config("keeper", 500_000));
    let took = resolved(&stage, &mut watcher, fell);
    let second = keeper.stop().unwrap();
    assert!(second.deposited < 500_000 * DOLLAR, "it fills up what is missing, and deposits nothing twice: {second:?}");
    finish(&stage, "bot killed and restarted", (watcher, took), &[first, second]);
}

#[test]
fn i13_two_bots_at_once() {
    let mut stage = Stage::new();
    stage.traders(MANY, 0, LONG);
    let config = stage.config("keeper", 500_000);
    let first = stage.keeper(config.clone());
    // The same key: a clean error.
    let error = Keeper::start(config).err().expect("the key is taken").to_string();
    assert!(error.contains("another keeper on this machine"), "{error}");
    // Another key: both do all of the work.
    let second = stage.keeper(stage.config("second keeper", 500_000));
    let mut watcher = Watcher::start(&stage);
    stage.fall(0, FALL_BPS);
    let fell = Instant::now();
    let took = resolved(&stage, &mut watcher, fell);
    let seen = [first.stop().unwrap(), second.stop().unwrap()];
    let done: u64 = seen.iter().map(|one| one.done("liquidate")).sum();
    // A second slice of the same account is possible; taking what the other took already is not: nobody ends far above what a
    // liquidation aims at, a tenth above maintenance.
    assert!((MANY as u64..MANY as u64 + 15).contains(&done), "{done} take-overs");
    let after = watching::snapshot(&stage.rpc, stage.at);
    for trader in &stage.traders {
        let value = after.accounts[trader].value_for_maintenance(&after.board, after.now).unwrap();
        let (equity, needed) = (value.equity.max(0).unsigned_abs(), value.requirement);
        assert!(
            equity >= needed && equity <= needed / 10 * 13,
            "nothing is done twice: {trader} has {equity} of {needed}"
        );
    }
    assert!(seen.iter().all(|one| one.done("liquidate") > 0), "{seen:?}");
    finish(&stage, "two bots, different keys", (watcher, took), &seen);
}

#[test]
fn a_socket_that_says_nothing_any_more() {
    let mut stage = Stage::new();
    stage.traders(MANY / 2, 0, LONG);
    let keeper = stage.keeper(stage.config("keeper", 500_000));
    stage.proxy.set(Mode::Up, Mode::Stalled);
    // Half of the accounts come while nobody is told.
    stage.traders(MANY - MANY / 2, 0, LONG);
    let mut watcher = Watcher::start(&stage);
    stage.fall(0, FALL_BPS);
    let fell = Instant::now();
    let took = resolved(&stage, &mut watcher, fell);
    stage.proxy.set(Mode::Up, Mode::Up);
    let before = keeper.statistics().sockets;
    stage.until("a new socket", || (keeper.statistics().sockets > before).then_some(()));
    let seen = keeper.stop().unwrap();
    assert!(seen.socket_losses > 0 && seen.unheard >= 100, "{seen:?}");
    finish(&stage, "WebSocket stalled", (watcher, took), &[seen]);
}
