//! What needs the network to itself: prices fall, oracles fall silent, time passes.

use std::time::{Duration, Instant};

use crate::{
    harness::{Net, SOL, USDC, atoms},
    trades,
};

/// Prices, in 10^-8 dollars.
const DOLLAR: u64 = 100_000_000;

pub fn cases(net: &Net) {
    trades::many_makers(net);
    a_trip(net);
    a_fall(net);
    silence(net);
    leaving(net);
}

/// Asks until it is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(120), "{what} never happened");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// What the guardian closes is shown as closed, with why and for how long, and refuses who adds risk.
fn a_trip(net: &Net) {
    let guardian = net.known(&net.localnet.manifest.keys.guardian);
    let trader = net.person("tripped", 500);
    trader.good("account create");
    trader.good("account deposit 500");
    trader.good("trade buy SOL 1");
    guardian.good("admin trip SOL reduce-only --minutes 10 --reason 7 --yes");
    let shown = trader.json("market show SOL");
    assert_eq!((&shown["breaker"]["level"], &shown["breaker"]["name"]), (&2.into(), &"Reduce only".into()));
    let restriction = &shown["breaker"]["restrictions"][0];
    assert_eq!((&restriction["cause"], &restriction["reason"]), (&"emergency".into(), &7.into()));
    let left = restriction["seconds_left"].as_i64().unwrap();
    assert!((1..=600).contains(&left), "{left} seconds left");
    let printed = net.good("market show SOL");
    assert!(printed.contains("set by guardian or authority (reason 7)") && printed.contains(" left"), "{printed}");
    assert!(net.good("board --once").contains("Reduce only"));
    trader.bad("trade buy SOL 1", 1, "BreakerActive");
    trader.good("trade sell SOL 0.5");
    net.localnet.advance(600).unwrap();
    until("the breaker's end", || trader.json("market show SOL")["breaker"]["level"] == 0);
}

/// A long that falls below maintenance is shown as such, everywhere.
fn a_fall(net: &Net) {
    let trader = net.person("fallen", 2_000);
    trader.good("account create");
    trader.good("account deposit 2000");
    trader.good("trade buy SOL 120");
    net.localnet.set_price(SOL, 138 * DOLLAR).unwrap();
    until("the price's fall", || atoms(&trader.json("market show SOL")["mark"]) == 1_380_000);
    let shown = trader.json("account show");
    assert_eq!(shown["is_liquidatable"], true, "{shown}");
    assert!(atoms(&shown["shortfall"]) > 0 && atoms(&shown["unpaid_loss"]) < 0);
    assert!(trader.good("account show").contains("Liquidatable: "));
    let all = trader.json("account list --all");
    assert_eq!(all["accounts"][0]["is_liquidatable"], true, "the nearest first");
    let board = net.good("board --once");
    assert!(board.contains("liquidatable"), "{board}");
    trader.bad("trade buy SOL 1 --limit 150", 1, "code 60");
    // A loss is paid to the pool.
    let cash = trader.view(0).header.cash;
    let settled = trader.good("account settle");
    assert!(settled.contains("a loss of") && trader.view(0).header.cash < cash, "{settled}");
    net.localnet.set_price(SOL, 150 * DOLLAR).unwrap();
    until("the price's recovery", || atoms(&trader.json("market show SOL")["mark"]) == 1_500_000);
}

/// A price that nobody publishes any more is stale, and says so.
fn silence(net: &Net) {
    let trader = net.person("silenced", 500);
    trader.good("account create");
    trader.good("account deposit 500");
    net.localnet.silence(SOL).unwrap();
    net.localnet.advance(300).unwrap();
    until("the price's end", || trader.json("market show SOL")["quality"] == "stale");
    assert!(net.good("market list").contains("stale"));
    trader.bad("trade buy SOL 1", 1, "PriceStale");
    net.localnet.set_price(SOL, 150 * DOLLAR).unwrap();
    until("the price's return", || trader.json("market show SOL")["quality"] == "fresh");
}

/// Shares leave once their time has come.
fn leaving(net: &Net) {
    let staker = net.person("leaver", 300);
    staker.good("insurance stake 300");
    staker.good("insurance request-unstake all");
    let wait = net.overview().fund.cooldown_seconds + 60;
    net.localnet.advance(wait).unwrap();
    until("that risk may be added everywhere", || {
        let listed = staker.json("market list");
        listed["markets"].as_array().unwrap().iter().all(|market| market["may_add_risk"] == true)
    });
    assert_eq!(staker.tokens(USDC), 0);
    let told = staker.good("insurance unstake");
    assert!(told.contains("shares left for"), "{told}");
    assert!(staker.tokens(USDC) >= 299_000_000, "{}", staker.tokens(USDC));
    staker.bad("insurance unstake", 4, "has no shares of the fund");
}
