use crate::scene::*;
use firebreak::{event::Deposited, state::CollateralBank};

#[test]
fn a_deposit_moves_tokens_into_cash_to_the_atom() {
    let (mut world, alice, _) = world_with_two();
    world.mint_to(&world.mint.pubkey(), &alice.tokens, 7_000_001).unwrap();

    let step = succeeds(&mut world, |world| world.deposit(&alice, 7_000_000));

    step.changes_only([
        change("alice.cash", 10_000_000_000_u64, 10_007_000_000_u64),
        change("alice's tokens.amount", 7_000_001, 1),
        change("bank 0.total", 20_000_000_000_u64, 20_007_000_000_u64),
        change("vault 0.amount", 20_000_000_000_u64, 20_007_000_000_u64),
    ])
    .emits([&Deposited {
        margin_account: alice.margin,
        bank: world.at.quote_bank,
        amount: 7_000_000,
        balance: 10_007_000_000,
    }]);
}

#[test]
fn anybody_may_deposit_quote_for_anybody() {
    let (mut world, alice, bob) = world_with_two();
    world.mint_to(&world.mint.pubkey(), &bob.tokens, 5).unwrap();
    let deposit = world.at.deposit(0, bob.address(), alice.margin, world.quote(bob.tokens), 5);

    let step = succeeds(&mut world, |world| send(world, deposit, &[&bob.key]));

    step.changes_only([
        change("alice.cash", 10_000_000_000_u64, 10_000_000_005_u64),
        change("bob's tokens.amount", 5, 0),
        change("bank 0.total", 20_000_000_000_u64, 20_000_000_005_u64),
        change("vault 0.amount", 20_000_000_000_u64, 20_000_000_005_u64),
    ]);
}

#[test]
fn i02_what_somebody_donates_to_the_vault_is_nobodys() {
    let (mut world, alice, _) = world_with_two();
    world.mint_to(&world.mint.pubkey(), &alice.tokens, 1_000).unwrap();
    let vault = world.at.quote_vault;
    world.mint_to(&world.mint.pubkey(), &vault, 777).unwrap();
    world.donated = 777;

    let deposited = succeeds(&mut world, |world| world.deposit(&alice, 1_000));
    let withdrawn = succeeds(&mut world, |world| world.withdraw(&alice, 10_000_001_000));

    deposited.changes_only([
        change("alice.cash", 10_000_000_000_u64, 10_000_001_000_u64),
        change("alice's tokens.amount", 1_000, 0),
        change("bank 0.total", 20_000_000_000_u64, 20_000_001_000_u64),
        change("vault 0.amount", 20_000_000_777_u64, 20_000_001_777_u64),
    ]);
    withdrawn.changes_only([
        change("alice.cash", 10_000_001_000_u64, 0),
        change("alice's tokens.amount", 0, 10_000_001_000_u64),
        change("bank 0.total", 20_000_001_000_u64, 10_000_000_000_u64),
        change("vault 0.amount", 20_000_001_777_u64, 10_000_000_777_u64),
    ]);
}

#[test]
fn collateral_goes_to_a_slot_of_its_own_and_not_to_cash() {
    let (mut world, alice, _) = world_with_two();
    let tokens = collateral(&mut world, 1, &alice, 100);
    let deposit = |amount| world.at.deposit(1, alice.address(), alice.margin, tokens, amount);
    let (first, second) = (deposit(60), deposit(40));
    let bank = world.at.bank(1);

    let step = succeeds(&mut world, |world| send(world, first, &[&alice.key]));
    step.changes_only([
        change("alice.collateral[0].amount", 0, 60),
        change("alice.collateral[0].bank", 0, 1),
        change("bank 1.total", 0, 60),
        change("tokens of mint 1.amount", 100, 40),
        change("vault 1.amount", 0, 60),
    ])
    .emits([&Deposited { margin_account: alice.margin, bank, amount: 60, balance: 60 }]);

    let step = succeeds(&mut world, |world| send(world, second, &[&alice.key]));
    step.changes_only([
        change("alice.collateral[0].amount", 60, 100),
        change("bank 1.total", 60, 100),
        change("tokens of mint 1.amount", 40, 0),
        change("vault 1.amount", 60, 100),
    ])
    .emits([&Deposited { margin_account: alice.margin, bank, amount: 40, balance: 100 }]);
}

/// A stranger's atom would take up one of four slots, and keep insurance from closing a bankrupt account.
#[test]
fn rejects_collateral_from_anybody_but_the_owner() {
    let (mut world, alice, bob) = world_with_two();
    let tokens = collateral(&mut world, 1, &alice, 100);
    delegate(&mut world, &alice, &bob.key);
    let own = world.at.deposit(1, alice.address(), alice.margin, tokens, 1);
    let foreign = world.at.deposit(1, bob.address(), alice.margin, tokens, 1);
    assert_rejects(&mut world, FirebreakError::SignerNotAllowed, |world| send(world, foreign, &[&bob.key]));
    send(&mut world, own, &[&alice.key]).unwrap();
}

#[test]
fn rejects_nothing_at_all() {
    let (mut world, alice, _) = world_with_two();
    world.mint_to(&world.mint.pubkey(), &alice.tokens, 2).unwrap();
    world.deposit(&alice, 1).unwrap();
    assert_rejects(&mut world, FirebreakError::AmountZero, |world| world.deposit(&alice, 0));
}

#[test]
fn rejects_more_than_the_banks_cap() {
    let (mut world, alice, _) = world_with_two();
    world.mint_to(&world.mint.pubkey(), &alice.tokens, 1_000).unwrap();
    let bank = world.at.quote_bank;
    edit::<CollateralBank, _>(&mut world, &bank, |bank| bank.deposit_cap = bank.total + 100);

    world.deposit(&alice, 99).unwrap();
    assert_rejects(&mut world, FirebreakError::DepositCapExceeded, |world| world.deposit(&alice, 2));
    world.deposit(&alice, 1).unwrap();
    assert_rejects(&mut world, FirebreakError::DepositCapExceeded, |world| world.deposit(&alice, 1));
}

#[test]
fn rejects_a_fifth_kind_of_collateral() {
    let (mut world, alice, _) = world_with_two();
    for index in 1..=4 {
        let tokens = collateral(&mut world, index, &alice, 10);
        let deposit = world.at.deposit(index, alice.address(), alice.margin, tokens, 9);
        send(&mut world, deposit, &[&alice.key]).unwrap();
    }
    let tokens = collateral(&mut world, 5, &alice, 10);
    let deposit = world.at.deposit(5, alice.address(), alice.margin, tokens, 10);
    assert_rejects(&mut world, FirebreakError::CollateralSlotsFull, |world| send(world, deposit, &[&alice.key]));
}

#[test]
fn rejects_a_bank_of_another_clearinghouse() {
    let (mut world, alice, _) = world_with_two();
    world.mint_to(&world.mint.pubkey(), &alice.tokens, 10).unwrap();
    let theirs = other_clearinghouse(&mut world);
    world.deposit(&alice, 5).unwrap();

    let foreign = theirs.deposit(0, alice.address(), alice.margin, world.quote(alice.tokens), 5);
    assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| send(world, foreign, &[&alice.key]));
}

#[test]
fn rejects_a_vault_mint_or_token_program_that_is_not_the_banks() {
    let (mut world, alice, bob) = world_with_two();
    world.mint_to(&world.mint.pubkey(), &alice.tokens, 10).unwrap();
    let other = keypair("other mint");
    world.create_mint(&other, 6).unwrap();
    let deposit = world.at.deposit(0, alice.address(), alice.margin, world.quote(alice.tokens), 1);
    send(&mut world, deposit.clone(), &[&alice.key]).unwrap();

    for (own, wrong) in [
        (world.at.quote_vault, bob.tokens),
        (world.at.quote_vault, world.at.insurance_vault),
        (world.mint.pubkey(), other.pubkey()),
        (firebreak_client::TOKEN_PROGRAM, firebreak_client::TOKEN_2022_PROGRAM),
    ] {
        let wrong = swapped(deposit.clone(), own, wrong);
        assert_rejects(&mut world, FirebreakError::BankAccountMismatch, |world| send(world, wrong, &[&alice.key]));
    }
}

/// Not reachable by deposits: the bank's total, which is at least anybody's cash, would overflow first.
#[test]
fn rejects_cash_beyond_64_bits() {
    let (mut world, alice, _) = world_with_two();
    world.mint_to(&world.mint.pubkey(), &alice.tokens, 10).unwrap();
    world.deposit(&alice, 1).unwrap();
    edit::<firebreak::state::MarginAccount, _>(&mut world, &alice.margin, |account| account.cash = u64::MAX);
    assert_rejects(&mut world, FirebreakError::ArithmeticOverflow, |world| world.deposit(&alice, 1));
}
