//! T15, T20: the program called by another program, a venue or an attacker's.

use crate::stage::{SOL, Stage, VENUE, accepts, assert_sound, rejects, rejects_with, send, snapshot, stage, would};
use firebreak::instructions::OfferTerms;
use firebreak_client::{FirebreakError, PROGRAM_ID, instructions as ix};
use firebreak_replay::{
    listing::DOLLAR,
    world::{Actor, keypair},
};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction, error::InstructionError};
use solana_signer::Signer;
use solana_transaction::TransactionError;

const RELAY: u8 = 200;
/// The venue names its address as a signer of what it relays.
const NAMED: u8 = 1;
/// The venue signs for it.
const SIGNED: u8 = 2;

fn venue() -> (Address, u8) {
    Address::find_program_address(&[b"venue"], &VENUE)
}

/// An instruction of the venue that makes these calls to the program, in this order.
fn relay(flags: u8, calls: &[Instruction]) -> Instruction {
    relayed([RELAY, flags], venue(), &[], calls)
}

/// An instruction of the venue's program that begins with these bytes, and makes these calls with an address of its own as a signer.
pub fn relayed(
    kind: [u8; 2],
    (own, bump): (Address, u8),
    members: &[AccountMeta],
    calls: &[Instruction],
) -> Instruction {
    let mut accounts = vec![AccountMeta::new_readonly(PROGRAM_ID, false), AccountMeta::new_readonly(own, false)];
    accounts.extend(members.iter().cloned());
    let mut data = vec![kind[0], kind[1], bump];
    for call in calls {
        data.push(call.accounts.len() as u8);
        for meta in &call.accounts {
            let is_venue = meta.pubkey == own;
            let index = accounts.iter().position(|known| known.pubkey == meta.pubkey).unwrap_or_else(|| {
                accounts.push(AccountMeta { is_signer: false, is_writable: false, ..meta.clone() });
                accounts.len() - 1
            });
            accounts[index].is_signer |= meta.is_signer && !is_venue;
            accounts[index].is_writable |= meta.is_writable;
            data.push(index as u8);
        }
        data.extend((call.data.len() as u16).to_le_bytes());
        data.extend(&call.data);
    }
    accounts.extend([firebreak_client::TOKEN_PROGRAM, firebreak_client::SYSTEM_PROGRAM].map(|program| {
        AccountMeta::new_readonly(program, false) // for the calls that the calls make
    }));
    Instruction { program_id: VENUE, accounts, data }
}

/// Two traders whose delegate the venue is.
fn members() -> (Stage, Actor, Actor) {
    let mut world = stage();
    let [alice, bob] = ["alice", "bob"].map(|name| {
        let actor = world.actor(name, 4, 1_000 * DOLLAR).unwrap();
        world.mint_to(&world.mint.pubkey(), &actor.tokens, 1_000 * DOLLAR).unwrap();
        send(&mut world, &[ix::set_delegate(actor.address(), actor.margin, venue().0)]).unwrap();
        actor
    });
    (world, alice, bob)
}

fn matched(world: &Stage, alice: &Actor, bob: &Actor, lots: u64) -> Instruction {
    world.at.trade(0, (venue().0, alice.margin), (venue().0, bob.margin), lots, SOL)
}

#[test]
fn t15_a_venue_settles_a_match_of_its_members() {
    let (mut world, alice, bob) = members();
    let trade = matched(&world, &alice, &bob, 100);
    let receipt = send(&mut world, &[relay(NAMED | SIGNED, &[trade])]).unwrap();
    println!("a match settled by CPI: {} compute units", receipt.compute_units);
    assert_eq!(world.margin(&alice.margin).position(0).unwrap().size, 100);
    assert_eq!(world.margin(&bob.margin).position(0).unwrap().size, -100);
    assert_sound(&mut world);
}

#[test]
fn t15_a_venue_that_does_not_sign_settles_nothing() {
    let (mut world, alice, bob) = members();
    let trade = matched(&world, &alice, &bob, 100);
    accepts(&mut world, &[relay(NAMED | SIGNED, std::slice::from_ref(&trade))]);
    // Named as a signer without a signature: the runtime's own word for it.
    let before = snapshot(&world.chain.svm);
    let refusal = send(&mut world, &[relay(NAMED, std::slice::from_ref(&trade))]).unwrap_err();
    assert_eq!(refusal.error, TransactionError::InstructionError(0, InstructionError::PrivilegeEscalation));
    assert!(snapshot(&world.chain.svm) == before);
    // Not named: the program's.
    rejects_with(
        &mut world,
        InstructionError::MissingRequiredSignature,
        &[relay(SIGNED, std::slice::from_ref(&trade))],
    );
    rejects_with(&mut world, InstructionError::MissingRequiredSignature, &[relay(0, &[trade])]);
}

#[test]
fn t15_a_venue_reaches_nothing_but_trading_and_only_its_members() {
    let (mut world, alice, bob) = members();
    let carol = world.actor("carol", 4, 1_000 * DOLLAR).unwrap();
    let (venue, terms) = (
        venue().0,
        OfferTerms { bid_lots: 1, ask_lots: 1, bid_spread_bps: 1, ask_spread_bps: 1, expires_at: i64::MAX },
    );
    let control = matched(&world, &alice, &bob, 1);
    accepts(&mut world, &[relay(NAMED | SIGNED, &[control])]);
    let payer = world.payer.pubkey();
    for attack in [
        world.at.withdraw(0, venue, alice.margin, world.quote(keypair("bob's tokens").pubkey()), DOLLAR),
        ix::set_delegate(venue, alice.margin, bob.address()),
        ix::close_margin_account(venue, alice.margin, bob.address()),
        ix::grow_margin_account(payer, venue, alice.margin, 8),
        matched(&world, &alice, &carol, 1),
        world.at.place_offer(0, payer, venue, carol.margin, terms),
        world.at.take_offer(0, venue, carol.margin, alice.margin, 1, u64::MAX),
        world.at.liquidate(0, venue, carol.margin, alice.margin, 1, u64::MAX),
    ] {
        let cause =
            if attack.data[0] == 2 { InstructionError::AccountDataTooSmall } else { InstructionError::Custom(0) };
        match cause {
            // No offer is there to be taken; that is found out first.
            InstructionError::AccountDataTooSmall => {
                rejects_with(&mut world, cause, &[relay(NAMED | SIGNED, &[attack])])
            }
            _ => rejects(&mut world, FirebreakError::SignerNotAllowed, &[relay(NAMED | SIGNED, &[attack])]),
        }
    }
    // Dismissed, it reaches nothing.
    send(&mut world, &[ix::set_delegate(alice.address(), alice.margin, Address::default())]).unwrap();
    let trade = matched(&world, &alice, &bob, 1);
    rejects(&mut world, FirebreakError::SignerNotAllowed, &[relay(NAMED | SIGNED, &[trade])]);
}

#[test]
fn t15_wrapped_by_a_program_everything_ends_as_it_does_directly() {
    let (mut world, alice, bob) = members();
    let quote = world.quote(alice.tokens);
    let direct = |venue_or_owner: Address, other: Address| {
        vec![
            world.at.deposit(0, alice.address(), alice.margin, quote, 500 * DOLLAR),
            world.at.trade(0, (venue_or_owner, alice.margin), (other, bob.margin), 1_000, SOL),
            world.at.trade(0, (other, bob.margin), (venue_or_owner, alice.margin), 400, SOL),
            world.at.withdraw(0, alice.address(), alice.margin, quote, 700 * DOLLAR),
        ]
    };
    let (wrapped, plain) = (direct(venue().0, venue().0), direct(alice.address(), bob.address()));
    let saved = world.chain.svm.clone();
    send(&mut world, &plain).unwrap();
    let expected = world.ledger();
    world.chain.svm = saved;
    send(&mut world, &[relay(NAMED | SIGNED, &wrapped)]).unwrap();
    assert_eq!(world.ledger(), expected);
    assert_sound(&mut world);

    // What is refused directly is refused inside, and takes the whole with it: nothing is postponed to the end.
    let greedy = |amount| {
        let withdraw = world.at.withdraw(0, alice.address(), alice.margin, quote, amount);
        let deposit = world.at.deposit(0, alice.address(), alice.margin, quote, amount);
        relay(NAMED | SIGNED, &[withdraw, deposit])
    };
    let (modest, all) = (greedy(10 * DOLLAR), greedy(790 * DOLLAR));
    accepts(&mut world, &[modest]);
    rejects(&mut world, FirebreakError::MarginInsufficient, &[all]);
}

#[test]
fn t20_another_program_s_log_is_not_an_event_of_this_one() {
    // Events are log lines: whoever reads them has to keep track of whose they are. A relayed call's event stands between
    // the program's own `invoke [2]` and its `success`, and nothing the venue says does.
    let (mut world, alice, bob) = members();
    let trade = matched(&world, &alice, &bob, 1);
    let receipt = would(&mut world, &[relay(NAMED | SIGNED, &[trade])]).unwrap();
    let mut stack = Vec::new();
    for line in &receipt.logs {
        if line.contains(" invoke [") {
            stack.push(line.split(' ').nth(1).unwrap_or_default().to_string());
        } else if line.ends_with(" success") {
            stack.pop();
        } else if line.starts_with("Program data: ") {
            assert_eq!(stack.last(), Some(&PROGRAM_ID.to_string()), "{line}");
        }
    }
    assert!(receipt.logs.iter().any(|line| line.starts_with("Program data: ")));
}
