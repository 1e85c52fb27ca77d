//! `liquidate` while a price that the account depends on is not fresh.

use crate::{
    liquidate::{CASH, FEE, world_with_a_long},
    liquidate_bankrupt::BANKRUPT,
    scene::*,
};
use firebreak::{event::Liquidated, state::MarginAccount};

/// At this mark Erin has 205.2 dollars against 410.4: health 5,000, urgency squared 2,500, a penalty of 50 + 50 bps. Of
/// 75,240 a lot, 13,680 are lost to it: 246,240,000 missing to 110 % are 4,000 lots.
const HALFWAY: u64 = 1_368_000;
/// 50 bps of it.
const LEAST: u64 = 6_840;

#[test]
fn from_the_16th_second_of_a_price_an_eighth_goes_at_the_smallest_penalty() {
    for (age, lots, penalty) in [(15, 4_000, 2 * LEAST), (16, 750, LEAST)] {
        let (mut world, [erin, _, carol]) = world_with_a_long(CASH, HALFWAY);
        let now = NOW + 10 + age;
        world.chain.set_now(now);
        let price = HALFWAY - penalty;
        assert_rejects(&mut world, FirebreakError::LimitPriceExceeded, |world| {
            world.liquidate(0, &carol, &erin.margin, u64::MAX, price - 1)
        });

        let step = succeeds(&mut world, |world| world.liquidate(0, &carol, &erin.margin, u64::MAX, price));

        let (insurance_fee, left) = (lots * (penalty * 3 / 10), 6_000 - lots);
        let loss = 9_000_000_000 - lots * price - left * HALFWAY;
        let equity_after = 205_200_000 - (lots * penalty) as i64;
        let covered = equity_after as u64 >= left * 68_400;
        step.changes_only([
            change("erin.cash", CASH, CASH - loss),
            change("erin.slots[0].size", 6_000, left),
            change("erin.slots[0].entry", 9_000_000_000_u64, left * HALFWAY),
            change("erin.liquidatable_since", 0, if covered { 0 } else { now }),
            change("erin.liquidated_at", 0, now),
            change("carol.cash", 10_000_000_000_u64, 10_000_000_000 - insurance_fee),
            change("carol.position_count", 0, 1),
            stamped("carol.slots[0]"),
            change("carol.slots[0].size", 0, lots),
            change("carol.slots[0].entry", 0, lots * price),
            change("market 0.pool", 0, loss),
            change("market 0.tranche", 0, insurance_fee),
            change("market 0.liquidated_lots", 0, lots),
            change("market 0.liquidation_window_started", 0, now),
            change("market 0.liquidation_window_used", 0, lots),
        ])
        .emits([&Liquidated {
            market: world.at.market(0),
            liquidatee: erin.margin,
            liquidator: carol.margin,
            lots: lots as i64,
            price,
            mark: HALFWAY,
            insurance_fee,
            insurance_paid: 0,
            equity_before: 205_200_000,
            maintenance_before: 410_400_000,
            equity_after,
            maintenance_after: left * 68_400,
            tranche: insurance_fee,
        }]);
    }
}

/// 6,000 / 8 = 750, 5,250 / 8 = 656.25 and 4,593 / 8 = 574.125, each ten seconds after the one before; neither urgency
/// nor the ramp makes them dearer.
#[test]
fn unconfirmed_slices_are_eighths_of_what_is_left_rounded_up() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH, HALFWAY);
    for (seconds, left) in [(26, 5_250), (36, 4_593), (46, 4_018)] {
        world.chain.set_now(NOW + seconds);
        world.liquidate(0, &carol, &erin.margin, u64::MAX, HALFWAY - LEAST).unwrap();
        let account = world.margin(&erin.margin);
        assert_eq!((account.positions()[0].size, account.header.liquidatable_since), (left, NOW + 26));
    }
    let position = world.margin(&carol.margin).positions()[0];
    assert_eq!((position.size, position.entry), (1_982, 1_982 * (HALFWAY - LEAST) as i64));
    assert_eq!(world.market(0).tranche, 1_982 * 2_052);
}

/// A single print of 1,335,000, beyond the average's band, leaves Erin 7.2 of 400.5 dollars: it takes 750 lots, for
/// nine tenths of 179 bps of their margin. A print of 1,665,000 does the same to a short of 6,001: 751 lots, at 140
/// bps.
#[test]
fn a_print_that_nothing_confirms_takes_an_eighth() {
    let cases = [(true, 6_000, 1_335_000, 750, 1_335_000 - 1_074), (false, 6_001, 1_665_000, -751, 1_665_000 + 1_048)];
    for (is_long, lots, mark, taken, price) in cases {
        let (mut world, [erin, carol]) = world_with_a_print(is_long, lots, mark);
        let limit = if is_long { u64::MAX } else { 0 };
        world.liquidate(0, &carol, &erin.margin, u64::MAX, limit).unwrap();
        let position = world.margin(&carol.margin).positions()[0];
        assert_eq!((position.size, position.entry), (taken, i64::from(taken) * price));
    }
}

/// A print that would bankrupt her takes nothing at all: insurance would have to pay for it.
#[test]
fn i10_rejects_a_print_that_would_bankrupt_the_account() {
    for (is_long, lots, mark, limit) in [(true, 6_000, BANKRUPT, u64::MAX), (false, 6_001, 1_680_000, 0)] {
        let (mut world, [erin, carol]) = world_with_a_print(is_long, lots, mark);
        world.fund_tranche(0, 1_000 * DOLLAR).unwrap();
        assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| {
            world.liquidate(0, &carol, &erin.margin, u64::MAX, limit)
        });
        confirm(&mut world);
        world.liquidate(0, &carol, &erin.margin, u64::MAX, limit).unwrap();
    }
}

/// Erin has 997.2 dollars (750 atoms more where she is long) and `lots`; a second later the mark is `mark`.
fn world_with_a_print(is_long: bool, lots: u64, mark: u64) -> (Bank, [Actor; 2]) {
    let mut world = world();
    let erin = world.actor("erin", 4, CASH + FEE + 750).unwrap();
    let bob = world.actor("bob", 4, 10_000 * DOLLAR).unwrap();
    let carol = world.actor("carol", 4, 10_000 * DOLLAR).unwrap();
    let (buyer, seller) = if is_long { (&erin, &bob) } else { (&bob, &erin) };
    world.trade(0, buyer, seller, lots, MARK).unwrap();
    world.chain.set_now(NOW + 1);
    world.set_mark(0, mark).unwrap();
    (world, [erin, carol])
}

/// Erin also bought 100 lots of BTC, whose price is 16 seconds old: while she holds them, SOL's fresh price does not
/// help. Sold for a million more, they leave a claim, which reads no price: then 4,000 lots go.
#[test]
fn any_price_the_account_holds_leaves_it_unconfirmed() {
    for (is_held, size) in [(true, 5_250), (false, 2_000)] {
        let mut world = world();
        let fees = FEE + 60_000 + 60_500;
        let erin = world.actor("erin", 4, CASH - 1_000_000 + fees).unwrap();
        let bob = world.actor("bob", 4, 10_000 * DOLLAR).unwrap();
        let carol = world.actor("carol", 4, 10_000 * DOLLAR).unwrap();
        world.trade(0, &erin, &bob, 6_000, MARK).unwrap();
        world.trade(1, &erin, &bob, 100, 1_200_000).unwrap();
        world.chain.set_now(NOW + 1);
        world.set_mark(1, 1_210_000).unwrap();
        if !is_held {
            world.trade(1, &bob, &erin, 100, 1_210_000).unwrap();
            // Bob has paid his loss into the pool; Erin's gain is there for her to settle.
            assert_eq!(world.margin(&erin.margin).position(1).map(|leg| (leg.size, leg.entry)), Some((0, -1_000_000)));
        }
        world.chain.set_now(NOW + 17);
        world.set_mark(0, HALFWAY).unwrap();
        world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX).unwrap();
        assert_eq!(world.margin(&erin.margin).position(0).unwrap().size, size);
    }
}

/// Both sizes of slice: 750 of 6,000, and 657 of 5,250. A fresh price lets anybody take as little as it likes.
#[test]
fn rejects_a_liquidator_that_takes_less_than_the_unconfirmed_slice() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH, HALFWAY);
    for (seconds, slice) in [(26, 750), (36, 657)] {
        world.chain.set_now(NOW + seconds);
        for less in [0, 1, slice - 1] {
            assert_rejects(&mut world, FirebreakError::LiquidationSliceTooSmall, |world| {
                world.liquidate(0, &carol, &erin.margin, less, u64::MAX)
            });
        }
        world.liquidate(0, &carol, &erin.margin, slice, u64::MAX).unwrap();
    }
    world.chain.set_now(NOW + 46);
    world.set_mark(0, HALFWAY).unwrap();
    world.liquidate(0, &carol, &erin.margin, 1, u64::MAX).unwrap();
    assert_eq!(world.margin(&carol.margin).positions()[0].size, 750 + 657 + 1);
}

/// After any liquidation, the second of these on a price that was still fresh. Once it is fresh again, nobody waits.
#[test]
fn rejects_a_liquidation_on_an_unconfirmed_price_within_ten_seconds_of_the_last() {
    for (age, first) in [(16, 750), (15, 1)] {
        let (mut world, [erin, _, carol]) = world_with_a_long(CASH, HALFWAY);
        let at = NOW + 10 + age;
        world.chain.set_now(at);
        world.liquidate(0, &carol, &erin.margin, first, u64::MAX).unwrap();
        for seconds in [1, 9] {
            world.chain.set_now(at + seconds);
            assert_rejects(&mut world, FirebreakError::LiquidationTooSoon, |world| {
                world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX)
            });
        }
        world.chain.set_now(at + 10);
        world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX).unwrap();
        world.chain.set_now(at + 11);
        world.set_mark(0, HALFWAY).unwrap();
        world.liquidate(0, &carol, &erin.margin, 1, u64::MAX).unwrap();
    }
}

/// 3,000 lots of SOL at 75,000 and 3,750 of BTC at 60,000 need the same margin of 225 dollars: either may go. With one
/// lot of BTC more or less, only the larger leg.
#[test]
fn rejects_an_unconfirmed_slice_of_any_but_the_largest_position() {
    for (lots, market, is_allowed) in
        [(3_749, 0, true), (3_749, 1, false), (3_750, 0, true), (3_750, 1, true), (3_751, 0, false), (3_751, 1, true)]
    {
        let mut world = world();
        let erin = world.actor("erin", 4, 1_200 * DOLLAR).unwrap();
        let bob = world.actor("bob", 4, 10_000 * DOLLAR).unwrap();
        let carol = world.actor("carol", 4, 10_000 * DOLLAR).unwrap();
        world.trade(0, &erin, &bob, 3_000, MARK).unwrap();
        world.trade(1, &erin, &bob, lots, 1_200_000).unwrap();
        edit::<MarginAccount, _>(&mut world, &erin.margin, |account| account.cash = 400 * DOLLAR);
        world.chain.set_now(NOW + 16);
        if is_allowed {
            world.liquidate(market, &carol, &erin.margin, u64::MAX, u64::MAX).unwrap();
            let slice = if market == 0 { 375 } else { 469 };
            assert_eq!(world.margin(&carol.margin).positions()[0].size, slice);
        } else {
            assert_rejects(&mut world, FirebreakError::LiquidationSliceTooSmall, |world| {
                world.liquidate(market, &carol, &erin.margin, u64::MAX, u64::MAX)
            });
        }
    }
}
