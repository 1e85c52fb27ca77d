//! The local network: what it says about itself is there, it lives, and it goes.

use std::{
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use firebreak_client::Snapshot;
use firebreak_replay::localnet::{Localnet, Manifest, Options};
use solana_keypair::{Keypair, read_keypair_file};
use solana_signer::Signer;

use crate::commands::{Net, firebreak, scratch};

/// However slow the machine is.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until what is looked for is seen.
pub fn wait_for(net: &Net, what: &str, mut seen: impl FnMut(&Snapshot) -> bool) -> Snapshot {
    let began = Instant::now();
    loop {
        let found = net.snapshot();
        if seen(&found) {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "not within {} s: {what}", PATIENCE.as_secs());
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn port(url: &str) -> u16 {
    url.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap()
}

#[test]
fn what_the_manifest_names_is_on_the_chain() {
    let net = Net::with(Options { crowd: 6, ..Options::default() });
    let (manifest, found) = (net.net.manifest.clone(), net.snapshot());
    assert_eq!(manifest.clearinghouse, found.at.clearinghouse.to_string());
    assert_eq!(manifest.program, firebreak_client::PROGRAM_ID.to_string());
    assert_eq!(manifest.quote_mint, found.clearinghouse.quote_mint.to_string());
    let symbols: Vec<_> = found.board.rows.iter().map(firebreak_client::symbol).collect();
    assert_eq!(manifest.assets.iter().map(|asset| asset.symbol.clone()).collect::<Vec<_>>(), symbols);
    for bank in &manifest.banks {
        assert_eq!(found.banks[&bank.index].mint.to_string(), bank.mint);
    }
    let public = |path: &Path| read_keypair_file(path).unwrap().pubkey();
    let keys = &manifest.keys;
    assert_eq!(public(&keys.authority), found.clearinghouse.authority);
    assert_eq!(public(&keys.guardian), found.clearinghouse.guardian);
    let folder = keys.authority.parent().unwrap().to_path_buf();
    for path in keys.makers.iter().chain([&keys.authority, &keys.guardian, &keys.payer, &keys.keeper]) {
        assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
    }
    let written: Manifest = serde_json::from_slice(&std::fs::read(folder.join("localnet.json")).unwrap()).unwrap();
    assert_eq!(written, manifest);

    // Insured, quoted, and traded on.
    assert!(found.fund.assets > 0 && found.markets.values().all(|market| market.tranche > 0));
    assert_eq!(found.offers.len(), keys.makers.len() * found.markets.len());
    let open = found.accounts.values().filter(|account| account.positions().iter().any(|held| held.size != 0));
    assert!(open.count() > keys.makers.len(), "nobody of the crowd has a position");
    assert_eq!(found.clearinghouse.sealed, 1);
    net.net.stop().unwrap();
    assert!(!folder.exists(), "a folder of its own goes with the network");
}

#[test]
fn prices_are_published_every_second_and_obey() {
    let net = Net::start();
    let first = net.snapshot();
    let later = wait_for(&net, "a price of a later second", |now| {
        now.board.rows.iter().zip(&first.board.rows).all(|(now, then)| now.publish_time > then.publish_time + 1)
    });
    assert_eq!(later.board.rows[0].mark, 1_500_000, "150 dollars, a lot is a hundredth");
    net.net.set_price(0, 14_025_000_000).unwrap();
    wait_for(&net, "the price that is held, published again", |now| {
        now.board.rows[0].mark == 1_402_500 && now.board.rows[0].publish_time > later.board.rows[0].publish_time + 2
    });

    net.net.silence(0).unwrap();
    let silent = net.snapshot().board.rows[0].publish_time;
    net.net.advance(120).unwrap();
    let after = net.snapshot();
    assert_eq!(after.board.rows[0].publish_time, silent, "a silent oracle says nothing");
    assert!(after.board.rows[1].publish_time >= silent + 119, "the others do");
    assert_eq!(after.board.rows[0].quality_at(after.now), risk::PriceQuality::Stale);
    net.net.release(0).unwrap();
    wait_for(&net, "the price of the course", |now| now.board.rows[0].mark == 1_500_000);
}

#[test]
fn nobody_refreshes_where_that_was_not_wanted() {
    let net = Net::with(Options { refreshes: false, ..Options::default() });
    let first = net.snapshot();
    wait_for(&net, "ten seconds later", |now| now.now >= first.now + 10);
    assert_eq!(net.snapshot().board.rows, first.board.rows);
}

#[test]
fn ports_that_are_taken_are_named_and_those_of_a_network_are_free_again() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let number = taken.local_addr().unwrap().port();
    for (option, options) in [
        ("--port", Options { rpc_port: number, ..Options::default() }),
        ("--ws-port", Options { ws_port: number, ..Options::default() }),
        ("--control-port", Options { control_port: number, ..Options::default() }),
    ] {
        let error = Localnet::start(options).err().unwrap().to_string();
        assert!(error.contains(&format!("port {number} cannot be used")) && error.contains(option), "{error}");
    }
    let net = Localnet::start(Options::default()).unwrap();
    let ports = [&net.manifest.rpc, &net.manifest.ws, &net.manifest.control].map(|url| port(url));
    net.stop().unwrap();
    for port in ports {
        TcpListener::bind(("127.0.0.1", port)).unwrap();
    }
}

#[test]
fn two_networks_live_side_by_side_inside_async_tests() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (one, other) = (Net::start(), Net::start());
        one.net.set_price(1, 10_000_000_000_000).unwrap();
        assert_ne!(one.net.manifest.rpc, other.net.manifest.rpc);
        drop(one);
        other.net.faucet(Keypair::new().pubkey(), 5, 1).unwrap();
        other.net.stop().unwrap();
    });
}

#[test]
fn the_command_prints_what_there_is_and_stops_when_told() {
    let folder = scratch("localnet-command");
    let mut command = firebreak();
    command.args([
        "--json",
        "localnet",
        "--port",
        "0",
        "--ws-port",
        "0",
        "--control-port",
        "0",
        "--crowd",
        "3",
        "--dir",
    ]);
    let mut child = command.arg(&folder).stdout(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    let file = folder.join("localnet.json");
    let manifest: Manifest = loop {
        if let Some(found) = std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            break found;
        }
        assert!(began.elapsed() < PATIENCE && child.try_wait().unwrap().is_none(), "it did not start");
        std::thread::sleep(Duration::from_millis(50));
    };
    // A second one on the same port says what to do.
    let rpc = port(&manifest.rpc).to_string();
    let mut second = firebreak();
    let second = second.args(["localnet", "--port", &rpc, "--dir"]).arg(scratch("localnet-second")).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains(&format!("RPC port {rpc}")) && said.contains("--port"), "{said}");

    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let printed: Manifest = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed, manifest);
    TcpListener::bind(("127.0.0.1", port(&manifest.rpc))).unwrap();
}

#[test]
fn the_command_refuses_what_cannot_be_played_or_served() {
    let refused = |arguments: &[&str], says: &str| {
        let output = firebreak().arg("localnet").args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?} should say `{says}`: {said}");
    };
    refused(&["--replay", "DOGE=x.csv"], "there is no market for DOGE");
    refused(&["--replay", "no/such.csv"], "no/such.csv");
    refused(&["--speed", "5"], "--replay");
    refused(&["--replay", "crash", "--speed", "0"], "invalid value");
    refused(&["--app", "/no/such/folder"], "/no/such/folder holds no index.html");
    refused(&["--crowd", "501"], "invalid value");
}
