use crate::scene::*;
use firebreak::{event::TrancheFunded, state::CollateralBank};

fn funded(world: &mut Bank, alice: &Actor, amount: u64) -> Instruction {
    world.mint_to(&world.mint.pubkey(), &alice.tokens, amount).unwrap();
    world.at.fund_tranche(1, alice.address(), world.quote(alice.tokens), amount)
}

#[test]
fn a_gift_to_a_tranche_is_booked_to_that_market_only() {
    let (mut world, alice, _) = world_with_two();
    let first = funded(&mut world, &alice, 500);
    let second = funded(&mut world, &alice, 1);

    let step = succeeds(&mut world, |world| send(world, first, &[&alice.key]));
    step.changes_only([
        change("alice's tokens.amount", 501, 1),
        change("bank 0.total", 20_000_000_000_u64, 20_000_000_500_u64),
        change("market 1.tranche", 0, 500),
        change("vault 0.amount", 20_000_000_000_u64, 20_000_000_500_u64),
    ])
    .emits([&TrancheFunded { market: world.at.market(1), amount: 500, tranche: 500 }]);

    let step = succeeds(&mut world, |world| send(world, second, &[&alice.key]));
    step.emits([&TrancheFunded { market: world.at.market(1), amount: 1, tranche: 501 }]);
}

#[test]
fn rejects_nothing_at_all() {
    let (mut world, alice, _) = world_with_two();
    let fund = funded(&mut world, &alice, 1);
    send(&mut world, fund, &[&alice.key]).unwrap();
    let nothing = world.at.fund_tranche(1, alice.address(), world.quote(alice.tokens), 0);
    assert_rejects(&mut world, FirebreakError::AmountZero, |world| send(world, nothing, &[&alice.key]));
}

#[test]
fn rejects_a_bank_that_is_not_the_quote_bank_and_a_vault_that_is_not_its_own() {
    let (mut world, alice, bob) = world_with_two();
    let tokens = collateral(&mut world, 1, &alice, 100);
    let fund = funded(&mut world, &alice, 10);
    send(&mut world, fund.clone(), &[&alice.key]).unwrap();

    let collateral = swapped(fund.clone(), world.at.quote_bank, world.at.bank(1));
    let collateral = swapped(collateral, world.at.quote_vault, firebreak_client::addresses::vault(&world.at.bank(1)));
    let collateral = swapped(collateral, world.mint.pubkey(), tokens.mint);
    let collateral = swapped(collateral, alice.tokens, tokens.token_account);
    let wrong_vault = swapped(fund.clone(), world.at.quote_vault, bob.tokens);
    let wrong_mint = swapped(fund, world.mint.pubkey(), tokens.mint);
    for wrong in [collateral, wrong_vault, wrong_mint] {
        assert_rejects(&mut world, FirebreakError::BankAccountMismatch, |world| send(world, wrong, &[&alice.key]));
    }
}

#[test]
fn rejects_a_market_of_another_clearinghouse() {
    let (mut world, alice, _) = world_with_two();
    let theirs = other_clearinghouse(&mut world);
    let fund = funded(&mut world, &alice, 10);
    send(&mut world, fund.clone(), &[&alice.key]).unwrap();
    let foreign = swapped(fund, world.at.market(1), theirs.market(0));
    assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| send(world, foreign, &[&alice.key]));
}

#[test]
fn rejects_more_than_the_banks_cap() {
    let (mut world, alice, _) = world_with_two();
    let (first, second) = (funded(&mut world, &alice, 100), funded(&mut world, &alice, 1));
    let bank = world.at.quote_bank;
    edit::<CollateralBank, _>(&mut world, &bank, |bank| bank.deposit_cap = bank.total + 100);
    send(&mut world, first, &[&alice.key]).unwrap();
    assert_rejects(&mut world, FirebreakError::DepositCapExceeded, |world| send(world, second, &[&alice.key]));
}
