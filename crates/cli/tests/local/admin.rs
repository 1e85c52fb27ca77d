//! `firebreak admin`: every change, by people who may and by people who may not.

use base64::{Engine, prelude::BASE64_STANDARD};
use firebreak_client::firebreak::{
    governance::{Change, FundParameters},
    instructions::MarketConfig,
};
use firebreak_replay::localnet::Options;
use serde_json::{Value, json};
use solana_keypair::{Keypair, write_keypair_file};
use solana_message::VersionedMessage;
use solana_signer::Signer;

use crate::commands::{Net, Ran, firebreak, scratch};

const TWO_DAYS: u32 = 48 * 3_600;

fn parameter(net: &Net, of: &[&str], name: &str) -> u64 {
    let mut arguments = vec!["admin", "show"];
    arguments.extend(of);
    let shown = net.done(&arguments);
    let found = shown["parameters"].as_array().unwrap().iter().find(|row| row["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {shown}"))["value"].as_u64().unwrap()
}

fn field(proposal: &Value, name: &str) -> Value {
    let found = proposal["changes"].as_array().unwrap().iter().find(|row| row["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {proposal}")).clone()
}

#[test]
fn show_says_who_governs_and_what_is_in_force() {
    let net = Net::start();
    let root = net.done(&["admin", "show"]);
    assert_eq!(root["sealed"], true);
    assert_eq!(root["delay_seconds"], TWO_DAYS);
    assert_eq!(root["assets"], json!(["SOL", "BTC", "ETH"]));
    assert_eq!(root["authority"], net.snapshot().clearinghouse.authority.to_string());
    assert_eq!(root["breakers"], json!([]));
    let text = net.run(&["admin", "show"]);
    assert!(text.out.contains("authority") && text.out.contains("None is tripped"), "{text:?}");
    assert_eq!(parameter(&net, &["market", "sol"], "taker_fee_bps"), 5);
    assert_eq!(parameter(&net, &["asset", "1"], "initial_ratio_bps"), 1_000);
    assert_eq!(parameter(&net, &["bank", "quote"], "hourly_share_bps"), 2_000);
    assert_eq!(parameter(&net, &["bank", "SOL"], "haircut_bps"), 1_000);
    assert!(parameter(&net, &["fund"], "cooldown_seconds") > 0);

    net.fails(4, "there is no asset DOGE: there is SOL (0), BTC (1), ETH (2)", &["admin", "show", "market", "DOGE"]);
    net.fails(4, "there is no bank 9", &["admin", "show", "bank", "9"]);
    net.fails(2, "name it, too", &["admin", "show", "market"]);
    net.fails(2, "invalid value", &["admin", "show", "everything"]);
    net.fails(4, "clearinghouse", &["--clearinghouse", "77", "admin", "show"]);
    let nobody = Ran::of(firebreak().args(["--url", "http://127.0.0.1:1", "admin", "show"]).output().unwrap());
    assert_eq!(nobody.code, 3, "{nobody:?}");
}

#[test]
fn what_tightens_takes_effect_at_once_and_what_loosens_waits() {
    let net = Net::start();
    let tight = net.done(&["admin", "propose", "asset", "SOL", "initial_ratio_bps=1_100", "--yes"]);
    assert_eq!((&tight["direction"], &tight["is_due"], &tight["id"]), (&json!("tightens"), &json!(true), &json!(0)));
    assert_eq!(field(&tight, "initial_ratio_bps")["old"], "1000");
    assert_eq!(net.done(&["admin", "execute", "0", "--yes"])["state"], "executed");
    assert_eq!(parameter(&net, &["asset", "SOL"], "initial_ratio_bps"), 1_100);
    net.fails(1, "ProposalClosed", &["admin", "execute", "0", "--yes"]);

    let loose =
        net.done(&["admin", "propose", "market", "SOL", "max_open_interest_lots=60_000_000", "taker_fee_bps=6", "-y"]);
    assert_eq!((&loose["direction"], &loose["state"]), (&json!("loosens"), &json!("open")));
    let created = loose["created_at"].as_i64().unwrap();
    assert_eq!(loose["executes_from"].as_i64().unwrap() - created, i64::from(TWO_DAYS));
    assert_eq!(field(&loose, "max_open_interest_lots")["new"], "60000000");
    let mixed = net.done(&["admin", "propose", "market", "BTC", "price_band_bps=150", "exit_slippage_bps=90", "-y"]);
    assert_eq!(field(&mixed, "price_band_bps")["direction"], "tightens");
    assert_eq!(field(&mixed, "exit_slippage_bps")["direction"], "loosens");
    assert_eq!(mixed["direction"], "loosens");

    net.fails(1, "ProposalTooEarly", &["admin", "execute", "1", "--yes"]);
    net.net.advance(TWO_DAYS).unwrap();
    let listed = net.done(&["admin", "proposals"]);
    assert_eq!(listed["proposals"].as_array().unwrap().len(), 2);
    assert_eq!(listed["proposals"][0]["is_due"], true);
    assert_eq!(net.done(&["admin", "execute", "1", "--yes"])["state"], "executed");
    assert_eq!(parameter(&net, &["market", "SOL"], "taker_fee_bps"), 6);
    assert_eq!(parameter(&net, &["market", "SOL"], "max_open_interest_lots"), 60_000_000);
    net.net.advance(8 * 86_400).unwrap();
    net.fails(1, "ProposalExpired", &["admin", "execute", "2", "--yes"]);
    assert_eq!(net.done(&["admin", "proposals", "--id", "2"])["proposals"][0]["state"], "expired");
    assert_eq!(net.done(&["admin", "proposals"])["proposals"], json!([]));
    assert_eq!(net.done(&["admin", "proposals", "--all"])["proposals"].as_array().unwrap().len(), 3);
}

#[test]
fn every_other_kind_of_change_is_proposed_and_executed() {
    let net = Net::start();
    let folder = scratch("admin-roles");
    let (authority, guardian) = (Keypair::new(), Keypair::new());
    let (authority_file, guardian_file) = (folder.join("authority.json"), folder.join("guardian.json"));
    for (key, file) in [(&authority, &authority_file), (&guardian, &guardian_file)] {
        write_keypair_file(key, file).unwrap();
        net.net.faucet(key.pubkey(), 0, 0).unwrap();
    }
    let programs = firebreak_replay::pyth::RECEIVER.to_string();
    let (new_authority, new_guardian) = (authority.pubkey().to_string(), guardian.pubkey().to_string());
    net.done(&["admin", "trip", "BTC", "caution", "--minutes", "4320", "--yes"]);
    let proposed: [&[&str]; 7] = [
        &["bank", "quote", "small_exit=1_200_000_000"],
        &["fund", "cooldown_seconds=1_300_000"],
        &["delay", "200_000"],
        &["price-programs", "--receiver", &programs],
        &["reset", "BTC"],
        &["guardian", &new_guardian],
        &["authority", &new_authority],
    ];
    let delay = "200000";
    for (id, what) in proposed.iter().enumerate() {
        let mut arguments = vec!["admin", "propose"];
        arguments.extend(what.iter().map(|word| if *word == "200_000" { delay } else { word }));
        arguments.push("--yes");
        let made = net.done(&arguments);
        assert_eq!(made["id"], id, "{made}");
        assert_eq!(made["state"], "open");
    }
    let shown = net.done(&["admin", "proposals"]);
    let old = &field(&shown["proposals"][6], "authority")["old"];
    assert_eq!(*old, net.snapshot().clearinghouse.authority.to_string());
    assert_eq!(field(&shown["proposals"][3], "legacy program")["new"], "11111111111111111111111111111111");

    // The delay tightens, and holds for what was proposed before.
    assert_eq!(net.done(&["admin", "execute", "2", "--yes"])["state"], "executed");
    net.net.advance(200_000).unwrap();
    for id in ["0", "1", "3", "4"] {
        assert_eq!(net.done(&["admin", "execute", id, "--yes"])["state"], "executed", "{id}");
    }
    net.fails(2, "is not the key that takes over", &["admin", "execute", "5", "--yes"]);
    let ran = net.run_as(&guardian_file, &["--json", "admin", "execute", "5", "--yes"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    // The roles that the other proposal was made against are no more.
    net.fails_as(&authority_file, (1, "ProposalVoid"), &["admin", "execute", "6", "--yes"]);
    let found = net.snapshot();
    assert_eq!(found.clearinghouse.guardian, guardian.pubkey());
    assert_eq!(found.clearinghouse.delay_seconds, 200_000);
    assert_eq!(found.banks[&0].small_exit, 1_200_000_000);
    assert_eq!(found.fund.cooldown_seconds, 1_300_000);
    assert_eq!(found.board.header.legacy_program, Default::default());
    assert_eq!(found.breaker.own_level(1, found.now), risk::Level::Normal);
}

#[test]
fn words_that_mean_nothing_are_refused_before_anything_is_sent() {
    let net = Net::start();
    let propose = |words: &[&'static str]| [&["admin", "propose"], words, &["--yes"]].concat();
    let unknown = "open_interest_cap is no parameter of a market: there are penalty_min_bps, ";
    net.fails(2, unknown, &propose(&["market", "SOL", "open_interest_cap=1"]));
    net.fails(2, "the value must be a whole number", &propose(&["market", "SOL", "taker_fee_bps=a"]));
    net.fails(2, "the form name=value", &propose(&["market", "SOL", "taker_fee_bps"]));
    net.fails(2, "is given twice", &propose(&["market", "SOL", "taker_fee_bps=6", "taker_fee_bps=7"]));
    net.fails(2, "is too large: its bounds are 0 to 100", &propose(&["market", "SOL", "taker_fee_bps=5000000000"]));
    net.fails(2, "required", &propose(&["market", "SOL"]));
    net.fails(4, "there is no asset DOGE", &propose(&["market", "DOGE", "taker_fee_bps=6"]));
    net.fails(2, "invalid value", &propose(&["authority", "me"]));
    net.fails(1, "NothingToChange", &propose(&["market", "SOL", "taker_fee_bps=5"]));
    net.fails(1, "StepTooLarge", &propose(&["market", "SOL", "taker_fee_bps=50"]));
    net.fails(1, "DelayNotRaised", &propose(&["delay", "100"]));
    net.fails(
        1,
        "KeysNotDistinct",
        &["admin", "propose", "guardian", &net.snapshot().clearinghouse.authority.to_string(), "-y"],
    );
    net.fails(2, "add --yes", &["admin", "propose", "market", "SOL", "taker_fee_bps=6"]);
    net.fails_as(net.guardian(), (2, "is not the authority"), &propose(&["market", "SOL", "taker_fee_bps=6"]));
    let keyless = net.run_without_key(&propose(&["delay", "200000"]));
    assert!(keyless.code == 2 && keyless.err.contains("/no/such/key.json"), "{keyless:?}");
    assert_eq!(net.snapshot().clearinghouse.proposal_count, 0);
    let refused = net.run(&["--json", "admin", "propose", "market", "SOL", "taker_fee_bps=50", "-y"]);
    assert_eq!(refused.json()["error"]["program_error"]["name"], "StepTooLarge");
}

#[test]
fn the_guardian_vetoes_the_authority_withdraws_and_nobody_else() {
    let net = Net::start();
    for _ in 0..2 {
        net.done(&["admin", "propose", "fund", "cooldown_seconds=1_300_000", "--yes"]);
    }
    net.fails(4, "there is no proposal 9: they are numbered 0 to 1", &["admin", "veto", "9", "--yes"]);
    net.fails(4, "there is no proposal 9", &["admin", "execute", "9", "--yes"]);
    net.fails(4, "there is no proposal 9", &["admin", "proposals", "--id", "9"]);
    let stranger = net.net.manifest.keys.keeper.clone();
    net.fails_as(&stranger, (2, "is not the guardian or authority"), &["admin", "veto", "0", "--yes"]);
    let vetoed = net.run_as(net.guardian(), &["--json", "admin", "veto", "0", "--yes"]);
    assert_eq!((vetoed.code, &vetoed.json()["state"]), (0, &json!("vetoed")));
    assert_eq!(net.done(&["admin", "veto", "1", "--yes"])["state"], "vetoed");
    net.fails(1, "ProposalClosed", &["admin", "veto", "1", "--yes"]);
}

#[test]
fn breakers_are_tripped_within_what_each_key_may() {
    let net = Net::start();
    let tripped =
        net.run_as(net.guardian(), &["--json", "admin", "trip", "SOL", "reduce-only", "--minutes", "30", "-y"]);
    assert_eq!((tripped.code, &tripped.json()["market"]), (0, &json!("SOL")), "{tripped:?}");
    let now = net.snapshot().now;
    let left = tripped.json()["expires_at"].as_i64().unwrap() - now;
    assert!((1_000..=1_800).contains(&left), "{left}");
    let shown = net.done(&["admin", "show"]);
    assert_eq!(shown["breakers"][0]["level"], "ReduceOnly");
    let long = ["admin", "trip", "all", "halted", "--minutes", "361", "--yes"];
    net.fails_as(net.guardian(), (1, "TripDurationOutOfRange"), &long);
    net.fails_as(net.guardian(), (2, "invalid value"), &["admin", "trip", "all", "panic", "--yes"]);
    net.fails_as(net.guardian(), (1, "LevelNotRaised"), &["admin", "trip", "SOL", "caution", "--yes"]);
    net.fails_as(net.guardian(), (4, "there is no asset DOGE"), &["admin", "trip", "DOGE", "caution", "--yes"]);
    let stranger = net.net.manifest.keys.keeper.clone();
    net.fails_as(&stranger, (2, "is not the guardian or authority"), &["admin", "trip", "SOL", "halted", "--yes"]);
}

#[test]
fn what_is_exported_is_the_instruction_and_needs_no_key() {
    let net = Net::start();
    let found = net.snapshot();
    let vault = Keypair::new().pubkey();
    let mut parameters = MarketConfig::of(&found.markets[&0], &found.board.rows[0]);
    parameters.taker_fee_bps = 6;
    let change = Change::Market { index: 0, parameters };
    let words = ["--json", "admin", "propose", "market", "SOL", "taker_fee_bps=6", "--export"];
    let vault_text = vault.to_string();
    let vault_s = [&words[..], &["--authority", &vault_text]].concat();
    let (by_role, by_vault) = (net.run_without_key(&words), net.run_without_key(&vault_s));
    for (ran, signer) in [(by_role, found.clearinghouse.authority), (by_vault, vault)] {
        assert_eq!(ran.code, 0, "{ran:?}");
        let exported = ran.json();
        assert_eq!(exported["signer"], signer.to_string());
        let bytes = BASE64_STANDARD.decode(exported["base64"].as_str().unwrap()).unwrap();
        assert_eq!(bs58::decode(exported["base58"].as_str().unwrap()).into_vec().unwrap(), bytes);
        // One signature, and it is empty.
        assert_eq!((bytes[0], &bytes[1..65]), (1, &[0; 64][..]));
        let message = BASE64_STANDARD.decode(exported["message_base64"].as_str().unwrap()).unwrap();
        assert_eq!(bytes[65..], message);
        let expected = found.at.propose(0, signer, signer, change);
        let blockhash = solana_hash::Hash::new_from_array(blockhash_of(&message));
        let built = firebreak_client::sending::unsigned(&[expected], &signer, blockhash).unwrap();
        assert_eq!(built.message.serialize(), message);
        let VersionedMessage::V0(built) = built.message else { panic!("not of version 0") };
        assert_eq!((built.account_keys[0], built.instructions.len()), (signer, 1));
    }
    assert_eq!(net.snapshot().clearinghouse.proposal_count, 0, "nothing was sent");
    net.fails(2, "--export", &["admin", "propose", "delay", "200000", "--authority", &vault.to_string()]);
    let veto = net.done(&["admin", "trip", "SOL", "halted", "--export"]);
    assert_eq!(veto["signer"], found.clearinghouse.guardian.to_string());
}

/// The blockhash of a message of version 0: it follows header and keys.
fn blockhash_of(message: &[u8]) -> [u8; 32] {
    let at = 5 + 32 * usize::from(message[4]);
    message[at..at + 32].try_into().unwrap()
}

#[test]
fn sealing_is_once_and_by_the_authority() {
    let net = Net::with(Options { seal: false, ..Options::default() });
    assert_eq!(net.done(&["admin", "show"])["sealed"], false);
    // Before it, everything is free at once.
    net.done(&["admin", "propose", "fund", "cooldown_seconds=1_300_000", "--yes"]);
    net.done(&["admin", "execute", "0", "--yes"]);
    assert_eq!(FundParameters::of(&net.snapshot().fund).cooldown_seconds, 1_300_000);
    net.fails_as(net.guardian(), (2, "is not the authority"), &["admin", "seal", "--yes"]);
    net.fails(2, "add --yes", &["admin", "seal"]);
    assert_eq!(net.done(&["admin", "seal", "--yes"])["sealed"], true);
    assert_eq!(net.snapshot().clearinghouse.sealed, 1);
    net.fails(1, "Sealed", &["admin", "seal", "--yes"]);
}
