//! `request_unstake` and `unstake`.

use crate::{
    liquidate::terms,
    scene::*,
    settle_many::NOT_WRITABLE,
    stake::{fund, shares, world_with_wallets},
};
use firebreak::{
    event::{UnstakeRequested, Unstaked},
    state::InsuranceFund,
};

const COOLDOWN: i64 = 14 * 86_400;
const OPEN: i64 = 2 * 86_400;
const ALL: u64 = 10_000_000_000;

/// Alice has staked her ten dollars, and nobody holds a position.
fn world_with_a_staker() -> (Bank, [Actor; 2]) {
    let (mut world, actors) = world_with_wallets();
    world.stake(&actors[0], 10 * DOLLAR).unwrap();
    (world, actors)
}

/// And has asked for all of it; her exit opens now.
fn world_with_an_exit() -> (Bank, [Actor; 2]) {
    let (mut world, actors) = world_with_a_staker();
    world.request_unstake(&actors[0], ALL).unwrap();
    world.chain.set_now(NOW + COOLDOWN);
    (world, actors)
}

fn unstake_instruction(world: &Bank, staker: &Actor, markets: &[u8]) -> Instruction {
    world.at.unstake(staker.address(), world.quote(staker.tokens), markets)
}

/// Without the sweeps before it.
fn only_unstake(world: &mut Bank, staker: &Actor) -> Sent {
    let unstake = unstake_instruction(world, staker, &[0, 1, 2]);
    send(world, unstake, &[&staker.key])
}

// ---- request_unstake ----------------------------------------------------------------------------------------------

#[test]
fn a_request_notes_what_the_shares_are_worth_and_when_they_may_leave() {
    let (mut world, [alice, _]) = world_with_a_staker();
    let event = |world: &Bank, shares, value, leaves_at| UnstakeRequested {
        fund: world.at.insurance_fund,
        staker: alice.address(),
        shares,
        value,
        leaves_at,
    };

    let step = succeeds(&mut world, |world| world.request_unstake(&alice, 2_500_000_999));
    step.changes_only([
        change("alice's stake.leaving_shares", 0, 2_500_000_999_u64),
        change("alice's stake.leaving_value", 0, 2_500_000), // rounded down
        change("alice's stake.leaves_at", 0, NOW + COOLDOWN),
    ])
    .emits([&event(&world, 2_500_000_999, 2_500_000, NOW + COOLDOWN)]);

    // Another takes its place, and its time begins anew.
    world.chain.set_now(NOW + 5);
    let step = succeeds(&mut world, |world| world.request_unstake(&alice, ALL));
    step.changes_only([
        change("alice's stake.leaving_shares", 2_500_000_999_u64, ALL),
        change("alice's stake.leaving_value", 2_500_000, 10_000_000),
        change("alice's stake.leaves_at", NOW + COOLDOWN, NOW + COOLDOWN + 5),
    ]);
    let step = succeeds(&mut world, |world| world.request_unstake(&alice, 0));
    step.changes_only([
        change("alice's stake.leaving_shares", ALL, 0),
        change("alice's stake.leaving_value", 10_000_000, 0),
        change("alice's stake.leaves_at", NOW + COOLDOWN + 5, 0),
    ])
    .emits([&event(&world, 0, 0, 0)]);
}

#[test]
fn rejects_asking_for_more_shares_than_there_are() {
    let (mut world, [alice, _]) = world_with_a_staker();
    for shares in [ALL + 1, u64::MAX] {
        assert_rejects(&mut world, FirebreakError::SharesInsufficient, |world| world.request_unstake(&alice, shares));
    }
    world.request_unstake(&alice, ALL).unwrap();
}

#[test]
fn rejects_asking_for_another_or_of_another_fund() {
    let (mut world, [alice, bob]) = world_with_a_staker();
    let (at, theirs) = (world.at, other_clearinghouse(&mut world));
    let request = at.request_unstake(alice.address(), 1);
    let by_bob = swapped(request.clone(), alice.address(), bob.address());
    assert_rejects(&mut world, FirebreakError::SignerNotAllowed, |world| send(world, by_bob, &[&bob.key]));
    let foreign = swapped(request.clone(), at.insurance_fund, theirs.insurance_fund);
    assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| send(world, foreign, &[&alice.key]));
    send(&mut world, request, &[&alice.key]).unwrap();
}

// ---- unstake ------------------------------------------------------------------------------------------------------

#[test]
fn a_staker_leaves_with_what_the_shares_are_worth() {
    let (mut world, [alice, _]) = world_with_an_exit();

    let step = succeeds(&mut world, |world| only_unstake(world, &alice));

    step.changes_only([
        change("alice's stake.shares", ALL, 0),
        change("alice's stake.leaving_shares", ALL, 0),
        change("alice's stake.leaving_value", 10_000_000, 0),
        change("alice's stake.leaves_at", NOW + COOLDOWN, 0),
        change("alice's tokens.amount", 0, 10_000_000),
        change("insurance fund.assets", 10_000_000, 0),
        change("insurance fund.shares", ALL, 0),
        change("insurance vault.amount", 10_000_000, 0),
        change("market 0.refill_window_started", NOW, NOW + COOLDOWN),
        change("market 1.refill_window_started", NOW, NOW + COOLDOWN),
        change("market 2.refill_window_started", NOW, NOW + COOLDOWN),
    ])
    .emits([&Unstaked {
        fund: world.at.insurance_fund,
        staker: alice.address(),
        shares: ALL,
        paid: 10_000_000,
        recalled: 0,
        assets: 0,
        deployed: 0,
        all_shares: 0,
    }]);
}

#[test]
fn rejects_leaving_before_the_cool_down_is_over_or_two_days_later() {
    for (time, is_open) in
        [(COOLDOWN - 1, false), (COOLDOWN, true), (COOLDOWN + OPEN - 1, true), (COOLDOWN + OPEN, false)]
    {
        let (mut world, [alice, _]) = world_with_an_exit();
        world.chain.set_now(NOW + time);
        if is_open {
            only_unstake(&mut world, &alice).unwrap();
        } else {
            assert_rejects(&mut world, FirebreakError::ExitNotOpen, |world| only_unstake(world, &alice));
        }
    }
}

#[test]
fn rejects_leaving_without_having_asked() {
    let (mut world, [alice, _]) = world_with_an_exit();
    only_unstake(&mut world, &alice).unwrap();
    assert_rejects(&mut world, FirebreakError::SharesInsufficient, |world| only_unstake(world, &alice));
    let (mut world, [alice, _]) = world_with_a_staker();
    assert_rejects(&mut world, FirebreakError::SharesInsufficient, |world| only_unstake(world, &alice));
}

/// Who waits to leave bears what is lost, and earns nothing: the lower of then and now.
#[test]
fn leavers_get_the_lower_of_what_their_shares_were_worth_and_are() {
    for (is_loss, paid) in [(true, 6_000_000), (false, 10_000_000)] {
        let (mut world, [alice, _]) = world_with_an_exit();
        world.fund_tranche(0, 4_000_000).unwrap();
        world.sweep(0).unwrap();
        if is_loss {
            lose(&mut world, 8_000_000); // as if a deficit had been paid with this and as much again
        }
        only_unstake(&mut world, &alice).unwrap();
        assert_eq!(tokens(&mut world, &alice), paid);
    }
}

/// Takes money out of the fund's vault and books, as no instruction does.
fn lose(world: &mut Bank, amount: u64) {
    let (fund, vault) = (world.at.insurance_fund, world.at.insurance_vault);
    edit::<InsuranceFund, _>(world, &fund, |fund| fund.assets -= amount);
    let mut account = world.chain.account(&vault).unwrap();
    let left = firebreak_replay::ledger::token_amount(&account) - amount;
    account.data[64..72].copy_from_slice(&left.to_le_bytes());
    world.chain.set_account(vault, account);
}

fn tokens(world: &mut Bank, actor: &Actor) -> u64 {
    firebreak_replay::ledger::token_amount(&world.chain.account(&actor.tokens).unwrap())
}

/// Nine of Alice's ten dollars are in SOL's tranche; `left` is what its window still lets out.
fn world_with_a_deployed_fund(left: u64) -> (Bank, [Actor; 2]) {
    let (mut world, actors) = world_with_an_exit();
    terms(&mut world, |market| market.tranche_target = 9_000_000);
    world.sweep_all().unwrap();
    assert_eq!((fund(&mut world).assets, fund(&mut world).deployed), (1_000_000, 9_000_000));
    terms(&mut world, |market| market.insurance_window_cap = market.refill_window_used + left);
    (world, actors)
}

#[test]
fn what_the_vault_lacks_comes_back_from_the_tranches() {
    let (mut world, [alice, _]) = world_with_a_deployed_fund(u64::MAX >> 1);
    let booked = world.ledger().booked;

    let step = succeeds(&mut world, |world| only_unstake(world, &alice));

    step.changes_only([
        change("alice's stake.shares", ALL, 0),
        change("alice's stake.leaving_shares", ALL, 0),
        change("alice's stake.leaving_value", 10_000_000, 0),
        change("alice's stake.leaves_at", NOW + COOLDOWN, 0),
        change("alice's tokens.amount", 0, 10_000_000),
        change("insurance fund.assets", 1_000_000, 0),
        change("insurance fund.deployed", 9_000_000, 0),
        change("insurance fund.shares", ALL, 0),
        change("insurance vault.amount", 1_000_000, 0),
        change("bank 0.total", booked, booked - 9_000_000),
        change("vault 0.amount", booked, booked - 9_000_000),
        change("market 0.tranche", 9_000_000, 0),
        change("market 0.tranche_reported", 9_000_000, 0),
        change("market 0.refill_window_used", 9_000_000, 18_000_000),
    ])
    .emits([&Unstaked {
        fund: world.at.insurance_fund,
        staker: alice.address(),
        shares: ALL,
        paid: 10_000_000,
        recalled: 9_000_000,
        assets: 0,
        deployed: 0,
        all_shares: 0,
    }]);
}

/// Of ten dollars three and a bit are there: as many shares leave as that pays for, rounded up; the others keep their
/// request and its time, and go on later.
#[test]
fn where_the_tranches_do_not_give_enough_back_a_part_leaves() {
    let (mut world, [alice, _]) = world_with_a_deployed_fund(2_333_333);

    succeeds(&mut world, |world| only_unstake(world, &alice));

    let stake = shares(&mut world, &alice);
    assert_eq!((tokens(&mut world, &alice), stake.shares), (3_333_333, ALL - 3_333_333_000));
    assert_eq!((stake.leaving_shares, stake.leaving_value), (ALL - 3_333_333_000, 6_666_667));
    assert_eq!((stake.leaves_at, world.market(0).tranche), (NOW + COOLDOWN, 6_666_667));
    // Nothing more in this window, and all the rest in the next.
    assert_rejects(&mut world, FirebreakError::FundIlliquid, |world| only_unstake(world, &alice));
    world.chain.set_now(NOW + COOLDOWN + 3_600);
    terms(&mut world, |market| market.insurance_window_cap = u64::MAX);
    succeeds(&mut world, |world| only_unstake(world, &alice));
    assert_eq!((tokens(&mut world, &alice), shares(&mut world, &alice).shares), (10_000_000, 0));
}

/// T65: a tranche that paid for a deficit may have to pay for the next: nothing comes back from it while that window
/// runs.
#[test]
fn t65_rejects_money_from_a_tranche_that_paid_in_the_running_window() {
    let (mut world, [alice, _]) = world_with_a_deployed_fund(u64::MAX >> 1);
    terms(&mut world, |market| (market.insurance_window_started, market.insurance_window_used) = (NOW + COOLDOWN, 1));
    only_unstake(&mut world, &alice).unwrap();
    assert_eq!((tokens(&mut world, &alice), world.market(0).tranche), (1_000_000, 9_000_000));
    world.chain.set_now(NOW + COOLDOWN + 3_599);
    assert_rejects(&mut world, FirebreakError::FundIlliquid, |world| only_unstake(world, &alice));
    world.chain.set_now(NOW + COOLDOWN + 3_600);
    only_unstake(&mut world, &alice).unwrap();
    assert_eq!(tokens(&mut world, &alice), 10_000_000);
}

/// A market that is passed as not writable gives nothing back.
#[test]
fn rejects_an_empty_vault_where_no_tranche_may_pay() {
    let (mut world, [alice, _]) = world_with_a_deployed_fund(u64::MAX >> 1);
    let read_only = |world: &Bank| {
        let mut unstake = unstake_instruction(world, &alice, &[0, 1, 2]);
        unstake.accounts.iter_mut().rev().take(3).for_each(|account| account.is_writable = false);
        unstake
    };
    let unstake = read_only(&world);
    let step = succeeds(&mut world, |world| send(world, unstake, &[&alice.key]));
    assert!(step.changes.iter().all(|change| !change.at.starts_with("market")), "{:?}", step.changes);
    assert_eq!(tokens(&mut world, &alice), 1_000_000);
    let unstake = read_only(&world);
    assert_rejects(&mut world, FirebreakError::FundIlliquid, |world| send(world, unstake, &[&alice.key]));
    only_unstake(&mut world, &alice).unwrap();
}

/// T65: nobody leaves ahead of a deficit that somebody showed.
#[test]
fn t65_rejects_leaving_for_an_hour_after_a_deficit_was_reported() {
    let (mut world, [alice, bob]) = world_with_an_exit();
    world.set_mark(0, MARK).unwrap();
    let erin = world.actor("erin", 4, 200 * DOLLAR).unwrap();
    world.trade(0, &erin, &bob, 1_000, MARK).unwrap();
    set_cash(&mut world, &erin, 0);
    let now = NOW + COOLDOWN + 1;
    world.chain.set_now(now);
    world.set_mark(0, MARK - 1).unwrap();
    world.report_deficit(&erin.margin).unwrap();
    world.sweep_all().unwrap();

    assert_rejects(&mut world, FirebreakError::DeficitOpen, |world| only_unstake(world, &alice));
    for (seconds, is_open) in [(3_599, false), (3_600, true)] {
        world.chain.set_now(now + seconds);
        world.set_mark(0, MARK).unwrap();
        if is_open {
            only_unstake(&mut world, &alice).unwrap();
        } else {
            assert_rejects(&mut world, FirebreakError::DeficitOpen, |world| only_unstake(world, &alice));
        }
    }
}

/// T64, T65, T48: fees that are not shared yet, a gift, a price that says nothing.
#[test]
fn t65_rejects_leaving_before_every_market_was_swept() {
    let (mut world, [alice, bob]) = world_with_an_exit();
    world.fund_tranche(1, 1).unwrap();
    assert_rejects(&mut world, FirebreakError::MarketsNotSwept, |world| only_unstake(world, &alice));
    world.sweep(1).unwrap();
    world.set_mark(0, MARK).unwrap();
    world.trade(0, &alice, &bob, 1, MARK).unwrap();
    assert_rejects(&mut world, FirebreakError::MarketsNotSwept, |world| only_unstake(world, &alice));
    world.sweep(0).unwrap();
    world.chain.set_now(NOW + COOLDOWN + 16);
    assert_rejects(&mut world, FirebreakError::MarketsNotSwept, |world| only_unstake(world, &alice));
    world.chain.set_now(NOW + COOLDOWN + 15);
    only_unstake(&mut world, &alice).unwrap();
}

#[test]
fn t65_rejects_a_market_left_out_named_twice_or_of_others() {
    let (mut world, [alice, _]) = world_with_an_exit();
    let (at, theirs) = (world.at, other_clearinghouse(&mut world));
    for markets in [&[][..], &[0, 1], &[2, 1, 0], &[0, 0, 1, 2], &[0, 1, 2, 2]] {
        let wrong = unstake_instruction(&world, &alice, markets);
        assert_rejects(&mut world, FirebreakError::MarketsNotSwept, |world| send(world, wrong, &[&alice.key]));
    }
    let unstake = unstake_instruction(&world, &alice, &[0, 1, 2]);
    for (own, foreign) in [
        (at.market(0), theirs.market(0)),
        (at.board, theirs.board),
        (at.breaker, theirs.breaker),
        (at.quote_bank, theirs.quote_bank),
        (at.insurance_fund, theirs.insurance_fund),
    ] {
        let foreign = swapped(unstake.clone(), own, foreign);
        assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| send(world, foreign, &[&alice.key]));
    }
    send(&mut world, unstake, &[&alice.key]).unwrap();
}

#[test]
fn rejects_anothers_stake_and_vaults_that_are_not_their_own() {
    let (mut world, [alice, bob]) = world_with_an_exit();
    let side = collateral(&mut world, 1, &alice, 100);
    let unstake = unstake_instruction(&world, &alice, &[0, 1, 2]);
    let by_bob = swapped(unstake.clone(), alice.address(), bob.address());
    assert_rejects(&mut world, FirebreakError::SignerNotAllowed, |world| send(world, by_bob, &[&bob.key]));
    for (own, wrong) in [
        (world.at.quote_bank, world.at.bank(1)),
        (world.at.insurance_vault, bob.tokens),
        (world.at.quote_vault, bob.tokens),
        (world.mint.pubkey(), side.mint),
        (firebreak_client::TOKEN_PROGRAM, firebreak_client::TOKEN_2022_PROGRAM),
    ] {
        let wrong = swapped(unstake.clone(), own, wrong);
        assert_rejects(&mut world, FirebreakError::BankAccountMismatch, |world| send(world, wrong, &[&alice.key]));
    }
    let read_only = {
        let mut unstake = unstake.clone();
        unstake.accounts.iter_mut().filter(|account| account.pubkey == world.at.insurance_fund).for_each(|account| {
            account.is_writable = false;
        });
        unstake
    };
    assert_rejects(&mut world, NOT_WRITABLE, |world| send(world, read_only, &[&alice.key]));
    send(&mut world, unstake, &[&alice.key]).unwrap();
}
