//! `firebreak admin migrate`: the same steps that local networks are made with, over RPC.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::commands::{Net, scratch};

/// A copy of the project's steps, with something replaced in one of them.
fn copied(name: &str, file: &str, from: &str, to: &str) -> PathBuf {
    let folder = scratch(name);
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    for entry in std::fs::read_dir(own).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
    let changed = folder.join(file);
    let text = std::fs::read_to_string(&changed).unwrap();
    assert!(text.contains(from), "{file} does not say {from}");
    std::fs::write(changed, text.replace(from, to)).unwrap();
    folder
}

fn verdicts(document: &Value, key: &str) -> Vec<String> {
    let steps = document["steps"].as_array().unwrap();
    steps.iter().map(|step| step[key].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_second_clearinghouse_is_set_up_over_rpc_once() {
    let net = Net::start();
    let dry = net.done(&["--clearinghouse", "2", "admin", "migrate", "--dry-run"]);
    assert_eq!(verdicts(&dry, "verdict"), ["done", "done", "will", "will", "will", "will", "will", "will"]);
    let values = dry["steps"][3]["values"].as_array().unwrap();
    assert!(values.iter().any(|pair| pair[0] == "market.taker_fee_bps" && pair[1] == "5"), "{dry}");
    assert!(net.snapshot_of(2).is_err(), "a dry run changes nothing");

    let part = net.done(&["--clearinghouse", "2", "admin", "migrate", "--to", "05"]);
    assert_eq!(verdicts(&part, "outcome")[2..], ["applied", "applied", "applied"]);
    let found = net.snapshot_of(2).unwrap();
    assert_eq!((found.board.rows.len(), found.clearinghouse.sealed), (2, 0));
    let rest = net.done(&["--clearinghouse", "2", "admin", "migrate"]);
    assert_eq!(verdicts(&rest, "outcome")[4..], ["untouched", "applied", "applied", "applied"]);
    assert_eq!(net.snapshot_of(2).unwrap().clearinghouse.sealed, 1);
    let again = net.done(&["--clearinghouse", "2", "admin", "migrate"]);
    assert!(verdicts(&again, "verdict").iter().all(|verdict| verdict == "done"), "{again}");
    assert_eq!(net.run(&["--clearinghouse", "2", "admin", "migrate"]).out, "All 8 steps were done already.\n");
    // The local network itself was made with the same steps.
    assert!(verdicts(&net.done(&["admin", "migrate"]), "verdict").iter().all(|verdict| verdict == "done"));
}

#[test]
fn a_value_that_differs_is_named_and_nothing_is_changed() {
    let net = Net::start();
    let folder = copied("migrate-differs", "05-list-btc.toml", "taker_fee_bps = 5", "taker_fee_bps = 7");
    let folder = folder.display().to_string();
    let dry = net.run(&["--json", "admin", "migrate", "--dry-run", "--dir", &folder]);
    assert_eq!(dry.code, 1, "{dry:?}");
    let ran = net.run(&["admin", "migrate", "--dir", &folder]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.out.contains("05-list-btc: differs") && ran.out.contains("market.taker_fee_bps: 5 on chain, 7 in the file")
    );
    assert!(ran.err.contains("market.taker_fee_bps is 5 on chain and 7 in the file. Nothing was changed"), "{ran:?}");
    // Where nothing is there yet, the file counts.
    net.done(&["--clearinghouse", "3", "admin", "migrate", "--dir", &folder]);
    assert_eq!(net.snapshot_of(3).unwrap().markets[&1].taker_fee_bps, 7);
}

#[test]
fn bad_files_and_steps_are_named() {
    let net = Net::start();
    let migrate = |code: i32, says: &str, folder: &Path| {
        net.fails(code, says, &["--clearinghouse", "4", "admin", "migrate", "--dir", &folder.display().to_string()]);
    };
    net.fails(2, "there is no step 77: take one of 01-deploy, ", &["admin", "migrate", "--to", "77"]);
    migrate(2, "cannot read the folder", Path::new("/no/such/folder"));
    migrate(2, "holds no .toml file", &scratch("migrate-empty"));
    let folder = copied("migrate-unknown", "04-list-sol.toml", "taker_fee_bps", "taker_fees");
    migrate(2, "04-list-sol.toml: unknown field `taker_fees`", &folder);
    let folder = copied("migrate-type", "03-create.toml", "delay_seconds = 172_800", "delay_seconds = \"long\"");
    migrate(2, "03-create.toml: invalid type: string \"long\"", &folder);
    let folder = copied("migrate-mint", "02-tokens.toml", "decimals = 6", "decimals = 9");
    migrate(1, "USDC.decimals is 6 on chain and 9 in the file", &folder);
    let token = "mint = \"6yFewFUynZ8KKEdU6uSPBYDe2D5nXfqMnT6zByNJMgYu\"";
    let folder =
        copied("migrate-token", "02-tokens.toml", token, "mint = \"F1rebreak1111111111111111111111111111111112\"");
    migrate(1, "no mint of USDC", &folder);
    let folder = copied("migrate-program", "01-deploy.toml", "1111\"", "1112\"");
    migrate(1, "solana program deploy", &folder);
    // Seen before anything is sent.
    let folder =
        copied("migrate-ratio", "04-list-sol.toml", "maintenance_ratio_bps = 500", "maintenance_ratio_bps = 1_500");
    migrate(1, "04-list-sol: the asset would be refused: ", &folder);
    assert!(net.snapshot_of(4).is_err());
    // The program's own refusal, with its name, after what could be done.
    let folder = copied("migrate-refused", "04-list-sol.toml", "penalty_max_bps = 250", "penalty_max_bps = 25");
    migrate(1, "04-list-sol was refused", &folder);
    assert_eq!(net.snapshot_of(4).unwrap().board.rows.len(), 0);
}

#[test]
fn a_sealed_clearinghouse_lists_by_proposal_only() {
    let net = Net::start();
    let folder = copied("migrate-sealed", "06-list-eth.toml", "index = 2", "index = 3");
    net.fails(1, "is sealed: propose the listing", &["admin", "migrate", "--dir", &folder.display().to_string()]);
}
