//! Accounts, events, changes and errors read the same in both clients.

use anchor_lang::Discriminator;
use bytemuck::{Pod, Zeroable};
use firebreak::{
    governance::Change,
    state::{
        AssetRow, CircuitBreaker, Clearinghouse, CollateralBank, InsuranceFund, InsuranceStake, MarginAccount, Market,
        Offer, Position, Proposal, RiskBoard,
    },
};
use firebreak_client::{Event, explain};
use firebreak_replay::simulation::dice::Dice;
use serde_json::{Value, json};

use crate::{
    changes::changes,
    page::{Page, big, bytes, hex},
};

/// Any bytes.
pub fn random<T: Pod>(dice: &mut Dice) -> T {
    let mut value = T::zeroed();
    bytemuck::bytes_of_mut(&mut value).iter_mut().for_each(|byte| *byte = dice.bits() as u8);
    value
}

/// An account's bytes: discriminator and header.
pub fn account<T: Pod + Discriminator>(header: &T) -> Vec<u8> {
    [T::DISCRIMINATOR, bytemuck::bytes_of(header)].concat()
}

/// The same with items behind it.
pub fn slab<H: Pod + Discriminator, T: Pod>(header: &H, items: &[T]) -> Vec<u8> {
    let mut data = account(header);
    data.extend((items.len() as u32).to_le_bytes());
    data.resize(data.len().next_multiple_of(8), 0);
    data.extend_from_slice(bytemuck::cast_slice(items));
    data
}

fn reads_alike<T: Pod + Discriminator + std::fmt::Debug>(page: &mut Page, dice: &mut Dice, kind: &str) {
    for _ in 0..20 {
        let header = random::<T>(dice);
        let question =
            json!({ "bytes": bytes(&account(&header)), "kind": kind, "header": format!("{header:?}"), "items": [] });
        assert_eq!(page.ask("decode", question), json!([]), "{kind}");
    }
}

fn slab_reads_alike<H, T>(page: &mut Page, dice: &mut Dice, kind: &str, mend: impl Fn(&mut H, &mut Vec<T>))
where
    H: Pod + Discriminator + std::fmt::Debug,
    T: Pod + std::fmt::Debug,
{
    for count in [0, 1, 4, 16] {
        let (mut header, mut items) = (random::<H>(dice), (0..count).map(|_| random::<T>(dice)).collect());
        mend(&mut header, &mut items);
        let printed: Vec<String> = items.iter().map(|item: &T| format!("{item:?}")).collect();
        let data = slab(&header, &items);
        let question =
            json!({ "bytes": bytes(&data), "kind": kind, "header": format!("{header:?}"), "items": printed });
        assert_eq!(page.ask("decode", question), json!([]), "{kind} with {count}");
    }
}

#[test]
fn every_field_of_every_account_reads_the_same_in_both_clients() {
    let (mut page, mut dice) = (Page::open(), Dice::new(1));
    let (page, dice) = (&mut page, &mut dice);
    reads_alike::<Market>(page, dice, "Market");
    reads_alike::<CollateralBank>(page, dice, "CollateralBank");
    reads_alike::<CircuitBreaker>(page, dice, "CircuitBreaker");
    reads_alike::<Clearinghouse>(page, dice, "Clearinghouse");
    reads_alike::<Offer>(page, dice, "Offer");
    reads_alike::<InsuranceFund>(page, dice, "InsuranceFund");
    reads_alike::<InsuranceStake>(page, dice, "InsuranceStake");
    reads_alike::<Proposal>(page, dice, "Proposal");
    slab_reads_alike::<RiskBoard, AssetRow>(page, dice, "Board", |_, _| ());
    slab_reads_alike::<MarginAccount, Position>(page, dice, "MarginAccount", |_, _| ());
}

#[test]
fn every_event_reads_the_same_in_both_clients() {
    let (mut page, mut dice) = (Page::open(), Dice::new(2));
    let mut names: Vec<String> = serde_json::from_value(page.ask("eventNames", json!({}))).unwrap();
    let mut known: Vec<String> = Event::NAMES.iter().map(|name| (*name).to_owned()).collect();
    names.sort();
    known.sort();
    assert_eq!(names, known);

    let own = firebreak_client::PROGRAM_ID.to_string();
    let idl: Value = serde_json::from_str(include_str!("../../../idl/firebreak.json")).unwrap();
    for event in idl["events"].as_array().unwrap() {
        let mut data: Vec<u8> = serde_json::from_value(event["discriminator"].clone()).unwrap();
        // Its length is the only one that the Rust client accepts.
        let length =
            (0..1_024).find(|length| Event::decode(&[&data[..], &vec![0; *length]].concat()).is_some()).unwrap();
        data.extend((0..length).map(|_| dice.bits() as u8));
        let event = Event::decode(&data).unwrap();
        let line = |bytes: &[u8]| {
            format!("Program data: {}", base64::Engine::encode(&base64::prelude::BASE64_STANDARD, bytes))
        };
        let logs = [
            format!("Program {own} invoke [1]"),
            line(&data),
            line(&data[..data.len() - 1]),
            line(&[&data[..], &[0]].concat()),
            "Program 11111111111111111111111111111111 invoke [2]".to_owned(),
            line(&data),
            "Program 11111111111111111111111111111111 success".to_owned(),
            "Program log: success".to_owned(),
            line(&data),
            format!("Program {own} success"),
            line(&data),
        ];
        let expected = json!({ "name": event.name(), "bytes": hex(&data[8..]) });
        assert_eq!(page.ask("events", json!({ "logs": logs })), json!([expected, expected]));
    }
}

#[test]
fn every_error_has_the_same_name_and_sentence_in_both_clients() {
    let mut page = Page::open();
    for code in 5_990..6_200_u32 {
        let expected = explain(code).map(|text| json!({ "code": code, "name": text.name, "sentence": text.sentence }));
        assert_eq!(page.ask("explain", json!({ "code": code })), expected.unwrap_or(Value::Null));
    }
}

#[test]
fn every_change_of_governance_reads_the_same_in_both_clients() {
    let (mut page, mut dice) = (Page::open(), Dice::new(3));
    for change in (0..10).flat_map(|_| changes(&mut dice)) {
        let encoded = change.encoded().unwrap();
        let answer = page.ask("change", json!({ "bytes": bytes(&encoded), "debug": format!("{change:?}") }));
        assert_eq!(answer["differences"], json!([]));
        let written = answer["written"].as_str().unwrap();
        assert!(hex(&encoded).starts_with(written), "{change:?}");
        assert!(
            encoded[written.len() / 2..].iter().all(|byte| *byte == 0),
            "{change:?} has bytes that are not written"
        );
        assert!(Change::decoded(&encoded).is_ok());
    }
}

#[test]
fn bytes_that_are_no_account_are_said_to_be_none() {
    let mut page = Page::open();
    for data in [&[][..], &[0; 7], &[0; 300], &account(&MarginAccount::zeroed())[..100]] {
        let answer =
            page.value("report", json!([bytes(&slab(&RiskBoard::zeroed(), &[AssetRow::zeroed()])), bytes(data)]));
        assert!(answer["problem"].is_string(), "{answer}");
    }
    let mut endless = account(&MarginAccount::zeroed());
    endless.extend(u32::MAX.to_le_bytes());
    endless.extend([0; 100]);
    let board = slab(&RiskBoard::zeroed(), &[AssetRow::zeroed()]);
    for method in ["report", "value"] {
        let answer = page.value(method, json!([bytes(&board), bytes(&endless), big(0)]));
        assert!(answer["problem"].is_string(), "{answer}");
    }
}
