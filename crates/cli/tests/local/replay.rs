//! `firebreak replay`: a quick run on an embedded Surfpool network, and what it says to bad input.

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use firebreak_client::Snapshot;
use serde_json::Value;

/// What readers of the JSON rely on.
const KEYS: [&str; 22] = [
    "transactions",
    "trades",
    "liquidations",
    "adl_events",
    "liquidated_notional_atoms",
    "bad_debt_atoms",
    "insurance_paid_atoms",
    "identity_checks",
    "identity_violations",
    "levels_reached",
    "compute_units",
    "deficits_waiting",
    "seed",
    "groups",
    "sum_of_changes_atoms",
    "timeline",
    "waterfalls",
    "who_lost",
    "stakers",
    "silent_oracle",
    "deleveraged_lots",
    "positions_touched",
];

fn demo(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firebreak"));
    command.arg("replay").args(arguments);
    // The project's own table, whatever else is at hand.
    let empty = scratch("no-series");
    std::fs::create_dir_all(&empty).unwrap();
    command.env("FIREBREAK_DATA", empty);
    command.output().unwrap()
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_quick_demo_liquidates_pays_deficits_and_keeps_every_identity() {
    let json = scratch("demo.json");
    let output = demo(&["--quick", "--json", json.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let figures: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    for key in KEYS {
        assert!(figures.get(key).is_some(), "{key} is missing");
    }
    let count = |key: &str| figures[key].as_u64().unwrap();
    assert_eq!(count("identity_violations"), 0);
    assert_eq!(figures["sum_of_changes_atoms"].as_i64(), Some(0));
    assert!(count("identity_checks") > 90);
    assert!(count("liquidations") > 0 && count("trades") > 0 && count("transactions") > 100);
    assert!(count("bad_debt_atoms") >= count("insurance_paid_atoms"));
    assert!(figures["levels_reached"].as_array().is_some_and(|levels| !levels.is_empty()));
    assert!(figures["compute_units"]["liquidate"]["max"].as_u64().is_some_and(|units| units < 50_000));
    goes_through_insurance_to_the_other_side(&figures);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.lines().all(|line| line.chars().count() <= 100), "{shown}");
    assert!(shown.contains("built-in table of 10 October 2025") && shown.contains("not an atom was created or lost"));
    assert!(stderr(&output).contains("liquidations"), "progress is shown as lines where there is no terminal");
}

/// The gap's losses: own cash, tranche, the other side by its lots; stakers bear the tranche's part and leave in their turn.
fn goes_through_insurance_to_the_other_side(figures: &Value) {
    let atoms = |row: &Value, key: &str| row[key].as_i64().unwrap();
    let rows = |key: &str| figures[key].as_array().unwrap().clone();
    assert!(figures["adl_events"].as_u64() > Some(0) && figures["positions_touched"].as_u64() > Some(0));
    for paid in rows("waterfalls") {
        let parts = ["cash", "tranche", "side", "fees", "waiting"].map(|key| atoms(&paid, key));
        assert_eq!(parts.iter().sum::<i64>(), atoms(&paid, "loss"), "{paid}");
    }
    assert!(rows("waterfalls").iter().any(|paid| atoms(paid, "tranche") > 0 && atoms(paid, "side") > 0));

    let lost = rows("who_lost");
    for column in ["trading_atoms", "insurance_atoms", "deleveraging_atoms"] {
        assert_eq!(lost.iter().map(|row| atoms(row, column)).sum::<i64>(), 0, "{column}");
    }
    let named = |name: &str| lost.iter().find(|row| row["name"] == name).unwrap();
    assert_eq!(atoms(named("accounts without positions"), "deleveraging_atoms"), 0);
    assert_eq!(atoms(named("other accounts with positions"), "deleveraging_atoms"), 0);
    let charged: Vec<&Value> = lost.iter().filter(|row| atoms(row, "lots") != 0).collect();
    assert!(charged.len() > 2);
    for row in charged {
        let over = -atoms(row, "deleveraging_atoms") - atoms(row, "share_atoms");
        assert!((0..100).contains(&over), "{row}");
    }

    let stakers = rows("stakers");
    assert_eq!(stakers[0]["refused"][1], "DeficitOpen");
    assert!(stakers[0]["left"][0].as_i64() > stakers[0]["refused"][0].as_i64());
    assert!(stakers.iter().all(|row| atoms(row, "value_after_atoms") < atoms(row, "value_before_atoms")));
    assert!(stakers[1]["left"].is_array() && stakers[2]["left"].is_null());
}

#[test]
fn without_an_outage_there_is_no_gap_to_bear() {
    let json = scratch("no-outage.json");
    let output = demo(&["--quick", "--outage", "0", "--json", json.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let figures: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    assert!(figures["silent_oracle"].is_null());
    assert_eq!(figures["identity_violations"], 0);
    assert_eq!(figures["sum_of_changes_atoms"], 0);
}

#[test]
fn a_bad_candle_file_is_refused_with_its_line_before_anything_starts() {
    let file = scratch("bad-candles.csv");
    std::fs::write(&file, "time,open,high,low,close\n1760129100,207,208,206,207\n1760129400,207,2x8,206,207\n")
        .unwrap();
    for argument in [file.display().to_string(), format!("ETH={}", file.display())] {
        let output = demo(&["--quick", "--candles", &argument]);
        assert_eq!(output.status.code(), Some(2));
        let said = stderr(&output);
        assert!(said.contains("bad-candles.csv:3: column `high`: \"2x8\": not a number"), "{said}");
        assert!(!said.contains("Starting"), "{said}");
    }
}

#[test]
fn other_bad_input_is_refused_in_a_sentence() {
    let absent = demo(&["--candles", "no/such.csv"]);
    assert_eq!(absent.status.code(), Some(2));
    assert!(stderr(&absent).contains("no/such.csv: "), "{}", stderr(&absent));
    let unknown = demo(&["--candles", "DOGE=x.csv"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("there is no market for DOGE: take SOL, BTC or ETH"), "{}", stderr(&unknown));
    let unwritable = demo(&["--quick", "--json", "/no/such/folder/x.json"]);
    assert_eq!(unwritable.status.code(), Some(2));
    let document: Value = serde_json::from_slice(&unwritable.stdout).unwrap();
    assert!(
        document["error"]["message"].as_str().unwrap().contains("cannot write /no/such/folder/x.json"),
        "{document}"
    );
}

#[test]
fn without_a_file_the_document_is_all_that_is_printed_and_a_file_alone_is_refused() {
    let alone = demo(&["--quick", "summary.json"]);
    assert_eq!(alone.status.code(), Some(2));
    assert!(stderr(&alone).contains("--json"), "{}", stderr(&alone));
    let no_page = demo(&["--web", "--app", "/no/such/folder"]);
    assert_eq!(no_page.status.code(), Some(2));
    assert!(stderr(&no_page).contains("/no/such/folder holds no index.html"), "{}", stderr(&no_page));
    assert_eq!(demo(&["--web"]).status.code(), Some(2));
}

/// The page is served, the crash runs, and the keeper beside it liquidates somebody.
#[test]
fn the_crash_to_watch_runs_with_a_keeper_that_liquidates() {
    let page = crate::commands::scratch("replay-page");
    std::fs::write(page.join("index.html"), "<title>page</title>").unwrap();
    let mut command = crate::commands::firebreak();
    command.args(["--json", "replay", "--web", "--port", "0", "--ws-port", "0", "--control-port", "0"]);
    command.args(["--quick", "--outage", "0", "--speed", "120", "--crowd", "24", "--app"]).arg(&page);
    let mut child = command.env("FIREBREAK_DATA", scratch("no-series")).stdout(Stdio::piped()).spawn().unwrap();
    let mut printed = String::new();
    let mut reader = std::io::BufReader::new(child.stdout.take().unwrap());
    while !printed.trim_end().ends_with('}') {
        assert!(reader.read_line(&mut printed).unwrap() > 0, "it ended: {printed}");
    }
    let watched: Value = serde_json::from_str(&printed).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let text = |key: &str| watched[key].as_str().unwrap().to_owned();
    let served = runtime.block_on(async { reqwest::get(text("page")).await.unwrap().text().await.unwrap() });
    assert_eq!(served, "<title>page</title>");
    let rpc = solana_rpc_client::nonblocking::rpc_client::RpcClient::new(text("rpc"));
    let at = firebreak_client::Addresses::of_id(1);
    let began = Instant::now();
    loop {
        let found = runtime.block_on(async { Snapshot::load(&rpc, at).await.unwrap() });
        if found.accounts.values().any(|account| account.header.liquidated_at > 0) {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(240), "nobody was liquidated");
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(Duration::from_millis(500));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
