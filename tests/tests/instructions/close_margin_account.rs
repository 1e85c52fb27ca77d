use crate::scene::*;
use firebreak::{
    event::MarginAccountClosed,
    state::{CROSS, MarginAccount},
};

fn close(alice: &Actor, address: Address, rent_receiver: Address) -> Instruction {
    ix::close_margin_account(alice.address(), address, rent_receiver)
}

#[test]
fn an_empty_account_is_closed_and_its_rent_goes_where_the_owner_says() {
    let (mut world, alice, _) = world_with_two();
    let address = open_account(&mut world, &alice, 1, 8, CROSS);
    let rent = world.chain.account(&address).unwrap().lamports;
    let receiver = keypair("rent receiver").pubkey();

    let step = succeeds(&mut world, |world| send(world, close(&alice, address, receiver), &[&alice.key]));

    step.changes_only([closed("alice/1")])
        .emits([&MarginAccountClosed { margin_account: address, owner: alice.address() }]);
    assert_eq!(world.chain.account(&receiver).unwrap().lamports, rent);
    assert!(world.chain.account(&address).is_none());
}

/// Lamports sent to a closed account's address in the same transaction bring back an address, not an account.
#[test]
fn t101_a_closed_account_cannot_be_revived() {
    let (mut world, alice, _) = world_with_two();
    let address = open_account(&mut world, &alice, 1, 4, CROSS);
    let mut transfer = Instruction::new_with_bytes(
        firebreak_client::SYSTEM_PROGRAM,
        &[&2_u32.to_le_bytes()[..], &5_000_000_u64.to_le_bytes()].concat(),
        vec![],
    );
    transfer.accounts.push(solana_instruction::AccountMeta::new(alice.address(), true));
    transfer.accounts.push(solana_instruction::AccountMeta::new(address, false));

    let both = [close(&alice, address, alice.address()), transfer];
    world.chain.send(&both, &[&alice.key]).unwrap();

    let revived = world.chain.account(&address).unwrap();
    assert_eq!(revived.owner, firebreak_client::SYSTEM_PROGRAM);
    assert!(revived.data.is_empty());
    world.mint_to(&world.mint.pubkey(), &alice.tokens, 5).unwrap();
    let deposit = world.at.deposit(0, alice.address(), address, world.quote(alice.tokens), 5);
    assert!(send(&mut world, deposit, &[&alice.key]).is_err());
    // The same address can be opened anew, and is empty.
    assert_eq!(open_account(&mut world, &alice, 1, 4, CROSS), address);
    assert_eq!(world.margin(&address).header.cash, 0);
}

#[test]
fn rejects_an_account_that_still_holds_anything() {
    let (mut world, alice, bob) = world_with_two();
    let receiver = alice.address();
    let close = close(&alice, alice.margin, receiver);
    let rejects = |world: &mut Bank| {
        assert_rejects(world, FirebreakError::AccountNotEmpty, |world| send(world, close.clone(), &[&alice.key]));
    };

    // Cash.
    rejects(&mut world);
    // A position, and no cash.
    world.trade(0, &alice, &bob, 1, MARK).unwrap();
    let cash = world.margin(&alice.margin).header.cash;
    edit::<MarginAccount, _>(&mut world, &alice.margin, |account| account.cash = 0);
    rejects(&mut world);
    edit::<MarginAccount, _>(&mut world, &alice.margin, |account| account.cash = cash);
    world.trade(0, &bob, &alice, 1, MARK).unwrap();
    world.withdraw(&alice, cash - 750).unwrap();
    assert_eq!(world.margin(&alice.margin).positions(), []);
    // An offer.
    let terms = OfferTerms { bid_lots: 1, ask_lots: 1, bid_spread_bps: 1, ask_spread_bps: 1, expires_at: NOW + 9 };
    world.place_offer(0, &alice, terms).unwrap();
    rejects(&mut world);
    send(&mut world, ix::cancel_offer(0, alice.address(), alice.margin, receiver), &[&alice.key]).unwrap();
    // Collateral.
    let tokens = collateral(&mut world, 1, &alice, 1);
    let (deposit, withdraw) = (
        world.at.deposit(1, alice.address(), alice.margin, tokens, 1),
        world.at.withdraw(1, alice.address(), alice.margin, tokens, 1),
    );
    send(&mut world, deposit, &[&alice.key]).unwrap();
    rejects(&mut world);
    send(&mut world, withdraw, &[&alice.key]).unwrap();
    // Nothing.
    succeeds(&mut world, |world| send(world, close.clone(), &[&alice.key])).changes_only([closed("alice")]);
}

#[test]
fn rejects_sending_the_rent_to_the_account_itself() {
    let (mut world, alice, _) = world_with_two();
    let address = open_account(&mut world, &alice, 1, 4, CROSS);
    assert_rejects(&mut world, SAME_ACCOUNT_TWICE, |world| send(world, close(&alice, address, address), &[&alice.key]));
    send(&mut world, close(&alice, address, alice.address()), &[&alice.key]).unwrap();
}

#[test]
fn rejects_everybody_but_the_owner() {
    let (mut world, alice, bob) = world_with_two();
    delegate(&mut world, &alice, &bob.key);
    world.withdraw(&alice, 10_000 * DOLLAR).unwrap();
    let by_bob = ix::close_margin_account(bob.address(), alice.margin, bob.address());
    assert_rejects(&mut world, FirebreakError::SignerNotAllowed, |world| send(world, by_bob, &[&bob.key]));
    send(&mut world, close(&alice, alice.margin, bob.address()), &[&alice.key]).unwrap();
}
