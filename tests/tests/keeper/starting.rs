//! Starting, stopping, watching, and not overspending.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use firebreak_keeper::run::Keeper;
use firebreak_replay::world::keypair;
use firebreak_tests::proxy::Mode;
use solana_signer::Signer;

use super::{
    keys,
    stage::{DOLLAR, Stage},
    watching,
};

/// A few longs, and a fall under their maintenance.
const LONG: (i64, u64) = (2_000, 330 * DOLLAR);

fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: keeper\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_dry_run_says_what_it_would_do_and_does_nothing() {
    let mut stage = Stage::new();
    stage.traders(3, 0, LONG);
    stage.fall(0, 800);
    stage.until("they are under water", || {
        stage.refresh();
        (watching::below(&watching::snapshot(&stage.rpc, stage.at)).len() == 3).then_some(())
    });
    let mut config = stage.config("keeper", 10_000);
    config.dry_run = true;
    let keeper = stage.keeper(config);
    let margin = stage.at.margin_account(&keeper.trader(), 100);
    stage.until("it rehearses something", || {
        let seen = keeper.statistics();
        seen.jobs.iter().any(|((_, outcome), count)| *outcome == "rehearsed" && *count > 0).then_some(())
    });
    let seen = keeper.stop().unwrap();
    assert!(seen.jobs.keys().all(|(_, outcome)| *outcome != "done"), "{seen:?}");
    assert_eq!((seen.lamports, seen.wallet), (0, seen.wallet_before));
    assert!(stage.margin(&margin).is_none(), "not even an account of its own");
}

#[test]
fn health_and_metrics_are_served_and_say_what_is_wrong() {
    let stage = Stage::new();
    let mut config = stage.config("keeper", 10_000);
    config.watch.address = Some("127.0.0.1:0".parse().unwrap());
    config.watch.stalled_after = Duration::from_secs(2);
    let keeper = stage.keeper(config);
    let address = keeper.watch_address().unwrap();
    for path in ["/healthz", "/readyz"] {
        stage.until(path, || get(address, path).starts_with("HTTP/1.1 200").then_some(()));
    }
    stage.net.set_price(0, 14_900_000_000).unwrap();
    stage.until("it has done something", || (keeper.statistics().done("refresh_prices") > 0).then_some(()));
    let metrics = get(address, "/metrics");
    for name in ["passes_total", "slot_lag", "news_age_seconds", "price_age_seconds{asset=\"0\"}", "jobs_total"] {
        assert!(metrics.contains(name), "{name}\n{metrics}");
    }
    stage.proxy.set(Mode::Stalled, Mode::Stalled);
    let said = stage.until("it says that nothing moves", || {
        Some(get(address, "/readyz")).filter(|said| said.starts_with("HTTP/1.1 503"))
    });
    assert!(said.contains("no pass was completed") || said.contains("no news"), "{said}");
    stage.proxy.set(Mode::Up, Mode::Up);
    stage.until("it is well again", || get(address, "/readyz").starts_with("HTTP/1.1 200").then_some(()));
    keeper.stop().unwrap();
    assert!(TcpStream::connect(address).is_err(), "nobody listens after a stop");
}

#[test]
fn what_cannot_work_is_said_in_a_sentence() {
    let stage = Stage::new();
    let waits = |config| {
        let keeper = Keeper::start(config).unwrap();
        let stopped = keeper.until(async { tokio::time::sleep(Duration::from_secs(60)).await });
        stopped.map(|_| ()).expect_err("it cannot work").to_string()
    };
    let mut config = stage.config("keeper", 10_000);
    config.clearinghouse = 77;
    let error = waits(config);
    assert!(error.contains("there is no clearinghouse"), "{error}");

    let mut config = stage.config("keeper", 10_000);
    config.keypair = config.keypair.with_file_name("poor.json");
    keys::write(&config.keypair, &keypair("poor"), 0o600);
    let error = waits(config.clone());
    assert!(error.contains(&keypair("poor").pubkey().to_string()) && error.contains("no SOL"), "{error}");

    keys::write(&config.keypair, &keypair("poor"), 0o644);
    let error = Keeper::start(config).err().unwrap().to_string();
    assert!(error.contains("chmod 600"), "{error}");
}

#[test]
fn it_waits_for_a_server_that_is_not_there_yet() {
    let stage = Stage::new();
    let config = stage.config("keeper", 10_000);
    stage.proxy.set(Mode::Down, Mode::Down);
    let keeper = Keeper::start(config).unwrap();
    stage.until("it tries", || (keeper.statistics().rpc_failures >= 2).then_some(()));
    assert!(keeper.health().is_err());
    stage.proxy.set(Mode::Up, Mode::Up);
    stage.until("it is ready", || keeper.health().ok());
    let began = Instant::now();
    keeper.stop().unwrap();
    assert!(began.elapsed() < Duration::from_secs(60), "a stop takes no longer than what is under way");
}

#[test]
fn fees_stay_within_the_budget_of_the_hour() {
    let mut stage = Stage::new();
    stage.traders(12, 0, LONG);
    let mut config = stage.config("keeper", 100_000);
    // Set-up takes two transactions; this is for eight.
    config.fees.budget_per_hour = 8 * 5_000 + 4_999;
    config.pace.backoff = Duration::from_millis(200);
    let keeper = stage.keeper(config);
    stage.fall(0, 800);
    let cause = stage.until("the budget is spent", || {
        let seen = keeper.statistics();
        let is_withheld = seen.jobs.iter().any(|((_, outcome), _)| *outcome == "withheld");
        is_withheld.then(|| seen.refusals.values().find(|cause| cause.contains("fees.budget_per_hour")).cloned())?
    });
    assert!(cause.contains("44999"), "{cause}");
    std::thread::sleep(Duration::from_secs(2));
    let seen = keeper.stop().unwrap();
    let spent = seen.wallet_before.unwrap() - seen.wallet.unwrap();
    assert!(seen.lamports <= 44_999 && seen.done("liquidate") < 12, "{seen:?}");
    // The rent of its account is no fee.
    assert!(spent > 0, "{seen:?}");
}

#[test]
fn a_key_and_an_address_are_enough() {
    let stage = Stage::new();
    let path = stage.config("keeper", 0).keypair;
    let mut config = firebreak_keeper::run::Config::new(path, &stage.net.manifest.rpc).unwrap();
    // The network of a test has no custom ports.
    config.rpc.endpoints[0].ws_url = stage.net.manifest.ws.clone();
    let keeper = stage.keeper(config);
    let margin = stage.at.margin_account(&keeper.trader(), 100);
    let account = stage.until("its account", || stage.margin(&margin));
    assert_eq!(account.header.owner, keeper.trader());
    // The feeds are found without being told.
    stage.net.set_price(0, 14_900_000_000).unwrap();
    stage.until("it brings prices onto the board", || (keeper.statistics().done("refresh_prices") > 0).then_some(()));
    stage.until("SOL's price", || (stage.row(0).mark == 1_490_000).then_some(()));
    keeper.stop().unwrap();
}
