//! What `auto_deleverage` refuses, and that the same call succeeds where nothing is in its way.

use crate::{
    auto_deleverage::{CASH, DEFICIT, world_with_a_bankrupt},
    liquidate::terms,
    scene::*,
};
use firebreak::state::{CROSS, MarginAccount, Market};

fn deleverage(world: &mut Bank, account: &Actor) -> Sent {
    world.auto_deleverage(0, &account.margin)
}

/// T95: where the tranche may pay all of it, a liquidation resolves the account. One atom less, and the side bears the
/// atom.
#[test]
fn t95_rejects_a_deficit_that_the_tranche_pays() {
    let bounds: [fn(&mut Market, u64); 3] = [
        |market, amount| market.tranche = amount,
        |market, amount| market.insurance_event_cap = amount,
        |market, amount| market.insurance_window_cap = amount,
    ];
    for bound in bounds {
        let (mut world, [erin, ..]) = world_with_a_bankrupt(true);
        terms(&mut world, |market| market.insurance_event_cap = u64::MAX);
        for enough in [DEFICIT as u64, DEFICIT as u64 + 1] {
            terms(&mut world, |market| bound(market, enough));
            assert_rejects(&mut world, FirebreakError::TrancheSufficient, |world| deleverage(world, &erin));
        }
        terms(&mut world, |market| bound(market, DEFICIT as u64 - 1));
        deleverage(&mut world, &erin).unwrap();
        assert_eq!(world.market(0).carry, 250 * 1_300_000 + 1);
    }
}

/// Ten dollars more, and nothing is missing; an atom less, and an atom is.
#[test]
fn rejects_an_account_whose_equity_is_not_negative() {
    for (cash, is_bankrupt) in [(50_000_001, false), (50_000_000, false), (49_999_999, true)] {
        let (mut world, [erin, ..]) = world_with_a_bankrupt(true);
        terms(&mut world, |market| market.insurance_event_cap = 0);
        edit::<MarginAccount, _>(&mut world, &erin.margin, |account| account.cash = cash);
        if is_bankrupt {
            deleverage(&mut world, &erin).unwrap();
        } else {
            assert_rejects(&mut world, FirebreakError::AccountSolvent, |world| deleverage(world, &erin));
        }
    }
}

#[test]
fn i10_rejects_anything_but_a_fresh_price() {
    let (mut world, [erin, ..]) = world_with_a_bankrupt(true);
    let now = world.chain.now();
    for (age, error) in [(16, FirebreakError::PriceUncertain), (61, FirebreakError::PriceStale)] {
        world.chain.set_now(now + age);
        assert_rejects(&mut world, error, |world| deleverage(world, &erin));
    }
    world.chain.set_now(now + 15);
    deleverage(&mut world, &erin).unwrap();
}

/// A print of 15 % less in a second, which nothing confirms, would make a bankrupt of Dave too.
#[test]
fn i10_rejects_a_print_that_nothing_confirms() {
    let (mut world, [erin, ..]) = world_with_a_bankrupt(true);
    let now = world.chain.now();
    world.chain.set_now(now + 1);
    world.set_mark(0, 1_105_000).unwrap();
    assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| deleverage(world, &erin));
    confirm(&mut world);
    deleverage(&mut world, &erin).unwrap();
}

/// BTC, of which Erin has a lot too, is 16 seconds old.
#[test]
fn i10_rejects_while_any_price_that_the_account_holds_is_not_fresh() {
    for (age, is_fresh) in [(16, false), (15, true)] {
        let (mut world, erin, _) = crate::liquidate_bankrupt::world_with_two_losses();
        let now = world.chain.now() + age;
        world.chain.set_now(now);
        world.set_mark(0, crate::liquidate_bankrupt::BANKRUPT).unwrap();
        if is_fresh {
            deleverage(&mut world, &erin).unwrap();
        } else {
            assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| deleverage(world, &erin));
        }
    }
}

#[test]
fn i07_rejects_while_any_collateral_is_left() {
    let (mut world, [erin, ..]) = world_with_a_bankrupt(true);
    let tokens = collateral(&mut world, 1, &erin, 1);
    let deposit = world.at.deposit(1, erin.address(), erin.margin, tokens, 1);
    let withdraw = |account: &mut MarginAccount| account.collateral[0] = Default::default();
    send(&mut world, deposit, &[&erin.key]).unwrap();
    assert_rejects(&mut world, FirebreakError::CollateralRemains, |world| deleverage(world, &erin));
    edit::<MarginAccount, _>(&mut world, &erin.margin, withdraw);
    deleverage(&mut world, &erin).unwrap();
}

/// Neither where the account has nothing, nor where it gained.
#[test]
fn rejects_a_market_in_which_the_account_lost_nothing() {
    let (mut world, erin, _) = crate::liquidate_bankrupt::world_with_two_losses();
    assert_rejects(&mut world, FirebreakError::PositionMissing, |world| world.auto_deleverage(2, &erin.margin));
    let now = world.chain.now();
    world.chain.set_now(now + 1);
    world.set_mark(1, 1_200_000).unwrap();
    assert_rejects(&mut world, FirebreakError::PositionMissing, |world| world.auto_deleverage(1, &erin.margin));
    world.chain.set_now(now + 2);
    world.set_mark(1, 1_199_999).unwrap();
    world.auto_deleverage(1, &erin.margin).unwrap();
}

#[test]
fn i07_rejects_a_second_time() {
    let (mut world, [erin, ..]) = world_with_a_bankrupt(true);
    deleverage(&mut world, &erin).unwrap();
    assert_rejects(&mut world, FirebreakError::AccountSolvent, |world| deleverage(world, &erin));
}

/// An index this far out is 2^8 events that take the whole of the highest price each.
#[test]
fn rejects_a_charge_that_the_index_has_no_room_for() {
    let (mut world, [erin, ..]) = world_with_a_bankrupt(true);
    let step = 331_000_i64 << 24;
    edit_row(&mut world, 0, |row| row.short_side.charge = i64::MAX - step + 1);
    assert_rejects(&mut world, FirebreakError::ArithmeticOverflow, |world| deleverage(world, &erin));
    edit_row(&mut world, 0, |row| row.short_side.charge = i64::MAX - step);
    deleverage(&mut world, &erin).unwrap();
    assert_eq!(world.row(0).short_side.charge, i64::MAX);
}

/// Sides that differ, which no instruction leaves behind.
#[test]
fn i03_rejects_going_on_in_a_market_whose_sides_differ() {
    let (mut world, [erin, ..]) = world_with_a_bankrupt(true);
    terms(&mut world, |market| market.short_open_interest += 1);
    assert_rejects(&mut world, FirebreakError::InvariantBroken, |world| deleverage(world, &erin));
    terms(&mut world, |market| market.short_open_interest -= 1);
    deleverage(&mut world, &erin).unwrap();
}

#[test]
fn rejects_accounts_of_another_clearinghouse() {
    let (mut world, [erin, ..]) = world_with_a_bankrupt(true);
    let theirs = other_clearinghouse(&mut world);
    let at = world.at;
    let create = theirs.create_margin_account(payer().pubkey(), erin.address(), 0, 4, CROSS);
    send(&mut world, create, &[&payer(), &erin.key]).unwrap();
    let deleverage = at.auto_deleverage(0, erin.margin);
    for (own, foreign) in [
        (at.board, theirs.board),
        (at.breaker, theirs.breaker),
        (at.market(0), theirs.market(0)),
        (erin.margin, theirs.margin_account(&erin.address(), 0)),
    ] {
        let foreign = swapped(deleverage.clone(), own, foreign);
        assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| send(world, foreign, &[&payer()]));
    }
    assert_eq!(world.margin(&erin.margin).header.cash, CASH);
    send(&mut world, deleverage, &[&payer()]).unwrap();
}
