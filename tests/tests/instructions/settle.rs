use crate::scene::*;
use firebreak::{event::Settled, state::CROSS};

/// Alice is long 600 lots, Carol 400, Bob short them all; then the mark falls to 1,400,000 in `seconds`.
pub fn world_after_a_fall(seconds: i64) -> (Bank, [Actor; 3]) {
    let (mut world, alice, bob) = world_with_two();
    let carol = world.actor("carol", 4, 10_000 * DOLLAR).unwrap();
    world.trade(0, &alice, &bob, 600, MARK).unwrap();
    world.trade(0, &carol, &bob, 400, MARK).unwrap();
    world.chain.set_now(NOW + seconds);
    world.set_mark(0, 1_400_000).unwrap();
    (world, [alice, bob, carol])
}

/// The EMA, rounded up, `seconds` after a fall from 1,500,000 to 1,400,000, with 16 fraction bits.
pub fn ema_up(seconds: u128) -> u64 {
    let step = (100_000_u128 << 16) * seconds / (300 + seconds);
    (((1_500_000_u128 << 16) - step).div_ceil(1 << 16)) as u64
}

#[test]
fn a_loss_moves_cash_to_the_pool() {
    let (mut world, [alice, ..]) = world_after_a_fall(10);
    let cash = 10_000_000_000_u64 - 450_000;

    let step = succeeds(&mut world, |world| world.settle(0, &alice.margin));

    step.changes_only([
        change("alice.cash", cash, cash - 60_000_000),
        change("alice.slots[0].entry", 900_000_000, 840_000_000),
        change("market 0.pool", 0, 60_000_000),
    ])
    .emits([&Settled {
        market: world.at.market(0),
        margin_account: alice.margin,
        loss_paid: 60_000_000,
        profit_paid: 0,
        pool: 60_000_000,
        cash: cash - 60_000_000,
    }]);
}

#[test]
fn a_gain_is_paid_at_the_worse_of_mark_and_average() {
    let (mut world, [alice, bob, carol]) = world_after_a_fall(10);
    world.settle(0, &alice.margin).unwrap();
    world.settle(0, &carol.margin).unwrap();
    let cash = 10_000_000_000_u64 - 450_000 - 300_000;
    // The average has moved by 10/310 of the fall.
    assert_eq!(ema_up(10), 1_496_775);
    let gain = 1_000 * (1_500_000 - 1_496_775);

    let step = succeeds(&mut world, |world| world.settle(0, &bob.margin));

    step.changes_only([
        change("bob.cash", cash, cash + gain),
        change("bob.slots[0].entry", -1_500_000_000, -1_500_000_000 + gain as i64),
        change("market 0.pool", 100_000_000, 100_000_000 - gain),
    ])
    .emits([&Settled {
        market: world.at.market(0),
        margin_account: bob.margin,
        loss_paid: 0,
        profit_paid: gain,
        pool: 100_000_000 - gain,
        cash: cash + gain,
    }]);
}

/// Long after the fall the average has arrived, but only Carol's 40 dollars are in the pool.
#[test]
fn a_gain_is_paid_as_far_as_the_pool_reaches_and_the_rest_waits() {
    let (mut world, [alice, bob, carol]) = world_after_a_fall(86_400);
    world.settle(0, &carol.margin).unwrap();
    let cash = 10_000_000_000_u64 - 450_000 - 300_000;

    let step = succeeds(&mut world, |world| world.settle(0, &bob.margin));
    step.changes_only([
        change("bob.cash", cash, cash + 40_000_000),
        change("bob.slots[0].entry", -1_500_000_000, -1_460_000_000),
        change("market 0.pool", 40_000_000, 0),
    ]);

    // The longest pause counts as 2^16 seconds.
    let price = ema_up(1 << 16).max(1_400_700);
    world.settle(0, &alice.margin).unwrap();
    let step = succeeds(&mut world, |world| world.settle(0, &bob.margin));
    let rest = 1_460_000_000 - 1_000 * price;
    step.changes_only([
        change("bob.cash", cash + 40_000_000, cash + 40_000_000 + rest),
        change("bob.slots[0].entry", -1_460_000_000, -1_460_000_000 + rest as i64),
        change("market 0.pool", 60_000_000, 60_000_000 - rest),
    ]);
}

/// A closed position that gained is a claim: it needs no price at all.
#[test]
fn a_claim_without_a_position_is_paid_on_a_stale_price() {
    let (mut world, [alice, bob, _]) = world_after_a_fall(10);
    world.trade(0, &bob, &alice, 600, 1_400_000).unwrap();
    let sold = world.margin(&alice.margin);
    assert_eq!(sold.positions(), [], "her loss is settled as she sells");
    let carol = world.actor("dave", 4, 10_000 * DOLLAR).unwrap();
    world.trade(0, &bob, &carol, 400, 1_400_000).unwrap();
    let claim = world.margin(&bob.margin).positions()[0];
    // Bob sold 1,000 at 1,500,000 and bought them back at 1,400,000; Alice has paid for 600 of it.
    assert_eq!((claim.size, claim.entry), (0, -100_000_000));
    world.chain.set_now(NOW + 86_400);

    let before = world.margin(&bob.margin).header.cash;
    let step = succeeds(&mut world, |world| world.settle(0, &bob.margin));
    step.changes_only([
        change("bob.cash", before, before + 60_000_000),
        change("bob.slots[0].entry", -100_000_000, -40_000_000),
        change("market 0.pool", 60_000_000, 0),
    ]);
}

#[test]
fn rejects_where_there_is_nothing_to_settle() {
    let (mut world, [alice, bob, _]) = world_after_a_fall(10);
    // Bob has a gain and the pool nothing.
    assert_rejects(&mut world, FirebreakError::NothingToSettle, |world| world.settle(0, &bob.margin));
    world.settle(0, &alice.margin).unwrap();
    assert_rejects(&mut world, FirebreakError::NothingToSettle, |world| world.settle(0, &alice.margin));
    world.settle(0, &bob.margin).unwrap();
}

#[test]
fn rejects_a_market_the_account_is_not_in() {
    let (mut world, [alice, ..]) = world_after_a_fall(10);
    assert_rejects(&mut world, FirebreakError::NothingToSettle, |world| world.settle(1, &alice.margin));
    world.settle(0, &alice.margin).unwrap();
}

#[test]
fn rejects_settling_a_position_on_a_stale_price() {
    let (mut world, [alice, ..]) = world_after_a_fall(10);
    world.chain.set_now(NOW + 71);
    assert_rejects(&mut world, FirebreakError::PriceStale, |world| world.settle(0, &alice.margin));
    world.chain.set_now(NOW + 70);
    world.settle(0, &alice.margin).unwrap();
}

/// 15 % in one second: losses settle on it, gains wait.
#[test]
fn i10_rejects_paying_a_gain_on_an_uncertain_price_but_not_taking_a_loss() {
    let (mut world, [alice, bob, _]) = world_after_a_fall(10);
    world.settle(0, &alice.margin).unwrap();
    world.chain.set_now(NOW + 11);
    world.set_mark(0, 1_300_000).unwrap();
    world.settle(0, &alice.margin).unwrap();
    assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| world.settle(0, &bob.margin));
    world.chain.set_now(NOW + 11 + 86_400);
    world.set_mark(0, 1_300_000).unwrap();
    // A jump does not confirm itself, however long the pause before it was: the next reading does, and a minute after
    // that gains leave again.
    for seconds in [0, 59] {
        assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| world.settle(0, &bob.margin));
        world.chain.set_now(NOW + 12 + seconds + 86_400);
        world.set_mark(0, 1_300_000).unwrap();
    }
    assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| world.settle(0, &bob.margin));
    world.chain.set_now(NOW + 72 + 86_400);
    world.settle(0, &bob.margin).unwrap();
}

#[test]
fn i10_rejects_paying_a_gain_from_the_16th_second_of_a_price_but_not_taking_a_loss() {
    let (mut world, [alice, bob, carol]) = world_after_a_fall(10);
    world.settle(0, &alice.margin).unwrap();
    world.chain.set_now(NOW + 26);
    assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| world.settle(0, &bob.margin));
    world.settle(0, &carol.margin).unwrap();
    world.chain.set_now(NOW + 25);
    world.settle(0, &bob.margin).unwrap();
}

#[test]
fn rejects_accounts_of_another_clearinghouse() {
    let (mut world, [alice, ..]) = world_after_a_fall(10);
    let theirs = other_clearinghouse(&mut world);
    let at = world.at;
    let settle = at.settle(0, &[alice.margin]);
    let create = theirs.create_margin_account(payer().pubkey(), alice.address(), 0, 4, CROSS);
    send(&mut world, create, &[&payer(), &alice.key]).unwrap();
    for (own, foreign) in [
        (at.board, theirs.board),
        (at.breaker, theirs.breaker),
        (at.market(0), theirs.market(0)),
        (alice.margin, theirs.margin_account(&alice.address(), 0)),
    ] {
        let foreign = swapped(settle.clone(), own, foreign);
        assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| send(world, foreign, &[&payer()]));
    }
    send(&mut world, settle, &[&payer()]).unwrap();
}
