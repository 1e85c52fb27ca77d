use crate::scene::*;
use firebreak::{
    event::Liquidated,
    state::{CROSS, Market},
};

pub const FEE: u64 = 4_500_000; // 6,000 * 1,500,000 * 0.05 %
/// The mark at which 6,000 lots bought at 1,500,000 on `CASH` are exactly at maintenance.
pub const FALLEN: u64 = 1_404_000;
pub const CASH: u64 = 997_200_000;

/// Erin is long 6,000 lots with `cash` after the fee, Bob short, Carol liquidates; the mark is `mark`, published ten
/// seconds later and, where that is far from the average, until it is fresh.
pub fn world_with_a_long(cash: u64, mark: u64) -> (Bank, [Actor; 3]) {
    let mut world = world();
    let erin = world.actor("erin", 4, cash + FEE).unwrap();
    let bob = world.actor("bob", 4, 10_000 * DOLLAR).unwrap();
    let carol = world.actor("carol", 4, 10_000 * DOLLAR).unwrap();
    world.trade(0, &erin, &bob, 6_000, MARK).unwrap();
    assert_eq!(world.margin(&erin.margin).header.cash, cash);
    world.chain.set_now(NOW + 10);
    world.set_mark(0, mark).unwrap();
    confirm(&mut world);
    (world, [erin, bob, carol])
}

pub fn terms(world: &mut Bank, change: impl FnOnce(&mut Market)) {
    let market = world.at.market(0);
    edit::<Market, _>(world, &market, change);
}

/// One atom below maintenance: equity 421,199,999 against 421,200,000, health 9,999 bps, so the penalty is its minimum,
/// 0.5 % of the mark = 7,020. To reach 110 % of maintenance 42,120,001 are missing; each lot brings 77,220 - 7,020.
#[test]
fn i05_the_fewest_lots_that_help_pass_to_the_liquidator_at_mark_less_penalty() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH - 1, FALLEN);
    let (lots, price, insurance_fee) = (601, 1_396_980, 601 * 2_106);
    assert_eq!(42_120_001_u64.div_ceil(77_220 - 7_020), lots);

    let step = succeeds(&mut world, |world| world.liquidate(0, &carol, &erin.margin, u64::MAX, price));

    let entry = 9_000_000_000 - lots * price;
    let loss = entry - 5_399 * FALLEN;
    step.changes_only([
        change("erin.cash", CASH - 1, CASH - 1 - loss),
        change("erin.slots[0].size", 6_000, 5_399),
        change("erin.slots[0].entry", 9_000_000_000_u64, 5_399 * FALLEN),
        change("erin.liquidated_at", 0, NOW + 10),
        change("carol.cash", 10_000_000_000_u64, 10_000_000_000_u64 - insurance_fee),
        change("carol.position_count", 0, 1),
        stamped("carol.slots[0]"),
        change("carol.slots[0].size", 0, 601),
        change("carol.slots[0].entry", 0, lots * price),
        change("market 0.pool", 0, loss),
        change("market 0.tranche", 0, insurance_fee),
        change("market 0.liquidated_lots", 0, 601),
        change("market 0.liquidation_window_started", 0, NOW + 10),
        change("market 0.liquidation_window_used", 0, 601),
    ])
    .emits([&Liquidated {
        market: world.at.market(0),
        liquidatee: erin.margin,
        liquidator: carol.margin,
        lots: 601,
        price,
        mark: FALLEN,
        insurance_fee,
        insurance_paid: 0,
        equity_before: 421_199_999,
        maintenance_before: 421_200_000,
        equity_after: 421_199_999 - 601 * 7_020,
        maintenance_after: 421_200_000 - 601 * 70_200,
        tranche: insurance_fee,
    }]);
}

#[test]
fn a_short_is_taken_over_above_the_mark() {
    let mut world = world();
    let erin = world.actor("erin", 4, CASH + FEE).unwrap();
    let bob = world.actor("bob", 4, 10_000 * DOLLAR).unwrap();
    let carol = world.actor("carol", 4, 10_000 * DOLLAR).unwrap();
    world.trade(0, &bob, &erin, 6_000, MARK).unwrap();
    world.chain.set_now(NOW + 10);
    // Equity 997.2 - 6,000 * 0.1 = 397.2 dollars against 480; health 8,275, urgency 1,725 squared 297: 50 + 5 bps.
    world.set_mark(0, 1_600_000).unwrap();
    assert_eq!(1_725 * 1_725 / 10_000 * 200 / 10_000, 5);
    let penalty = 1_600_000 * 55 / 10_000;

    assert_rejects(&mut world, FirebreakError::LimitPriceExceeded, |world| {
        world.liquidate(0, &carol, &erin.margin, 100, 1_600_000 + penalty + 1)
    });
    succeeds(&mut world, |world| world.liquidate(0, &carol, &erin.margin, 100, 1_600_000 + penalty));
    let position = world.margin(&carol.margin).positions()[0];
    assert_eq!((position.size, position.entry), (-100, -100 * (1_600_000 + penalty as i64)));
    assert_eq!(world.market(0).tranche, 100 * (penalty * 3 / 10));
}

#[test]
fn i05_rejects_an_account_exactly_at_maintenance() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH, FALLEN);
    assert_rejects(&mut world, FirebreakError::AccountHealthy, |world| {
        world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX)
    });
    // One atom of the mark further down it is not.
    world.chain.set_now(NOW + 11);
    world.set_mark(0, FALLEN - 1).unwrap();
    world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX).unwrap();
}

/// 20 dollars below maintenance; each lot, 70,200 of requirement at a penalty of 7,020, brings the account 63,180 nearer.
#[test]
fn a_liquidator_takes_as_little_as_it_likes_and_the_account_stays_liquidatable() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH - 20_000_000, FALLEN);
    assert_eq!(20_000_000_u64.div_ceil(70_200 - 7_020), 317);

    world.liquidate(0, &carol, &erin.margin, 316, u64::MAX).unwrap();
    let account = world.margin(&erin.margin);
    assert_eq!((account.positions()[0].size, account.header.liquidatable_since), (5_684, NOW + 10));
    world.liquidate(0, &carol, &erin.margin, 1, u64::MAX).unwrap();
    let account = world.margin(&erin.margin);
    assert_eq!((account.positions()[0].size, account.header.liquidatable_since), (5_683, 0));
    assert_rejects(&mut world, FirebreakError::AccountHealthy, |world| {
        world.liquidate(0, &carol, &erin.margin, 1, u64::MAX)
    });
}

/// Carol takes one lot for exactly this penalty, and not for an atom more.
fn takes_a_lot_at(world: &mut Bank, erin: &Actor, carol: &Actor, penalty_bps: u64) {
    let price = FALLEN - FALLEN * penalty_bps / 10_000;
    assert_rejects(world, FirebreakError::LimitPriceExceeded, |world| {
        world.liquidate(0, carol, &erin.margin, 1, price - 1)
    });
    world.liquidate(0, carol, &erin.margin, 1, price).unwrap();
}

/// 10 bps a minute: found below maintenance, and a minute later still there, the penalty is 60 bps of the mark; after two
/// 70. Health is 9,995 bps or more: no urgency beyond the minimum of 50.
#[test]
fn the_penalty_grows_with_the_time_since_the_account_was_found() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH - 200_000, FALLEN);
    for (seconds, penalty_bps) in [(10, 50), (70, 60), (130, 70)] {
        world.chain.set_now(NOW + seconds);
        world.set_mark(0, FALLEN).unwrap();
        takes_a_lot_at(&mut world, &erin, &carol, penalty_bps);
        let account = world.margin(&erin.margin).header;
        assert_eq!((account.liquidatable_since, account.liquidated_at), (NOW + 10, NOW + seconds));
    }
}

/// The ramp goes on where the last liquidation was at most a minute ago; a second later it starts anew.
#[test]
fn the_ramp_starts_anew_61_seconds_after_the_last_liquidation() {
    for (pause, penalty_bps, since) in [(60, 60, NOW + 10), (61, 50, NOW + 71)] {
        let (mut world, [erin, _, carol]) = world_with_a_long(CASH - 200_000, FALLEN);
        takes_a_lot_at(&mut world, &erin, &carol, 50);
        world.chain.set_now(NOW + 10 + pause);
        world.set_mark(0, FALLEN).unwrap();
        takes_a_lot_at(&mut world, &erin, &carol, penalty_bps);
        assert_eq!(world.margin(&erin.margin).header.liquidatable_since, since);
    }
}

#[test]
fn rejects_a_price_one_atom_beyond_the_liquidators_limit() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH - 1, FALLEN);
    assert_rejects(&mut world, FirebreakError::LimitPriceExceeded, |world| {
        world.liquidate(0, &carol, &erin.margin, u64::MAX, 1_396_979)
    });
    world.liquidate(0, &carol, &erin.margin, u64::MAX, 1_396_980).unwrap();
}

#[test]
fn rejects_beyond_the_window_after_slices_used_it_up() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH - 20_000_000, FALLEN);
    terms(&mut world, |market| (market.slice_lots, market.liquidation_window_lots) = (50, 80));
    for (started, used) in [(NOW + 10, 50), (NOW + 10, 80)] {
        world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX).unwrap();
        let market = world.market(0);
        assert_eq!((market.liquidation_window_started, market.liquidation_window_used), (started, used));
    }
    assert_rejects(&mut world, FirebreakError::LiquidationWindowExhausted, |world| {
        world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX)
    });
    world.chain.set_now(NOW + 69);
    world.set_mark(0, FALLEN).unwrap();
    assert_rejects(&mut world, FirebreakError::LiquidationWindowExhausted, |world| {
        world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX)
    });
    // A new window 60 seconds after the first began.
    world.chain.set_now(NOW + 70);
    world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX).unwrap();
    assert_eq!(world.margin(&carol.margin).positions()[0].size, 130);
}

/// At 1,368,000 equity is 205.2 dollars against 410.4: exactly half. One atom further down the window of ten lots no
/// longer counts, and all 4,001 go that 110 % of maintenance takes: 246,240,001 at 75,240 less 13,680 a lot.
#[test]
fn below_half_of_maintenance_the_window_no_longer_counts() {
    for (cash, lots) in [(CASH, 10), (CASH - 1, 4_001)] {
        let (mut world, [erin, _, carol]) = world_with_a_long(cash, 1_368_000);
        terms(&mut world, |market| market.liquidation_window_lots = 10);
        world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX).unwrap();
        assert_eq!(world.margin(&carol.margin).positions()[0].size, lots);
    }
}

/// 0.6 dollars of equity: 5,999 lots would do, and one would be left.
#[test]
fn a_remainder_too_small_to_keep_is_taken_along_if_the_liquidator_likes() {
    for (max_lots, lots) in [(u64::MAX, 6_000), (6_000, 6_000), (5_999, 5_999)] {
        let (mut world, [erin, _, carol]) = world_with_a_long(CASH, 1_333_900);
        world.liquidate(0, &carol, &erin.margin, max_lots, u64::MAX).unwrap();
        assert_eq!(world.margin(&carol.margin).positions()[0].size, lots);
    }
}

#[test]
fn rejects_taking_over_nothing() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH - 1, FALLEN);
    assert_rejects(&mut world, FirebreakError::SizeOutOfRange, |world| {
        world.liquidate(0, &carol, &erin.margin, 0, u64::MAX)
    });
    world.liquidate(0, &carol, &erin.margin, 1, u64::MAX).unwrap();
}

#[test]
fn rejects_a_market_the_account_is_not_in() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH - 1, FALLEN);
    assert_rejects(&mut world, FirebreakError::PositionMissing, |world| {
        world.liquidate(1, &carol, &erin.margin, u64::MAX, u64::MAX)
    });
    world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX).unwrap();
}

/// Ten lots at 1,396,980 cost a fee of 21,060 and, at initial prices, 10 % of 1,404,702 each: 1,404,710. The average is
/// above the mark, so the lots count the low end, 1,403,298: a gain of 6,318 each, of which 80 % count.
#[test]
fn rejects_a_liquidator_without_initial_margin() {
    let (mut world, [erin, _, _]) = world_with_a_long(CASH - 1, FALLEN);
    let needed = 21_060 + 10 * 140_471 - 63_180 * 8 / 10;
    let short = world.actor("dave", 4, needed - 1).unwrap();
    let exact = world.actor("frank", 4, needed).unwrap();
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| {
        world.liquidate(0, &short, &erin.margin, 10, u64::MAX)
    });
    world.liquidate(0, &exact, &erin.margin, 10, u64::MAX).unwrap();
}

#[test]
fn rejects_a_liquidator_without_the_cash_for_the_insurance_fee() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH - 1, FALLEN);
    let poor = world.actor("dave", 4, 2_105).unwrap();
    assert_rejects(&mut world, FirebreakError::CashInsufficient, |world| {
        world.liquidate(0, &poor, &erin.margin, 1, u64::MAX)
    });
    world.liquidate(0, &carol, &erin.margin, 1, u64::MAX).unwrap();
}

#[test]
fn rejects_a_liquidator_that_cannot_hold_the_position() {
    let (mut world, [erin, bob, carol]) = world_with_a_long(CASH - 1, FALLEN);
    let isolated = open_account(&mut world, &carol, 1, 4, 1);
    for index in 3..5 {
        world.list(index, &listing::listing("MORE", 0)).unwrap();
        world.set_mark(index, MARK).unwrap();
    }
    let dave = world.actor("dave", 4, 1_000 * DOLLAR).unwrap();
    let grow = ix::grow_margin_account(payer().pubkey(), bob.address(), bob.margin, 8);
    send(&mut world, grow, &[&payer(), &bob.key]).unwrap();
    for (market, price) in [(1, 1_200_000), (2, 4_000_000), (3, MARK), (4, MARK)] {
        world.trade(market, &dave, &bob, 1, price).unwrap();
    }
    let with = |account| world.at.liquidate(0, carol.address(), account, erin.margin, 1, u64::MAX);
    let isolated = with(isolated);

    assert_rejects(&mut world, FirebreakError::AccountIsolated, |world| send(world, isolated, &[&carol.key]));
    assert_rejects(&mut world, FirebreakError::PositionSlotsFull, |world| {
        world.liquidate(0, &dave, &erin.margin, 1, u64::MAX)
    });
    world.liquidate(0, &carol, &erin.margin, 1, u64::MAX).unwrap();
}

#[test]
fn i10_rejects_liquidation_on_a_stale_price_but_not_on_an_uncertain_one() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH - 1, FALLEN);
    world.chain.set_now(NOW + 71);
    assert_rejects(&mut world, FirebreakError::PriceStale, |world| {
        world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX)
    });
    let row = world.row(0);
    let update = firebreak_replay::pyth::Update {
        feed_id: row.primary_feed,
        verification: firebreak_replay::pyth::Verification::Full,
        price: 14_040_000_000,
        confidence: 14_040_000_000 / 50,
        exponent: -8,
        publish_time: NOW + 71,
    };
    world.publish(&update);
    world.refresh(&[0]).unwrap();
    assert_eq!(world.row(0).quality, 2);
    world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX).unwrap();
}

#[test]
fn rejects_somebody_elses_margin_account_as_liquidator() {
    let (mut world, [erin, bob, carol]) = world_with_a_long(CASH - 1, FALLEN);
    let liquidate = world.at.liquidate(0, bob.address(), carol.margin, erin.margin, 1, u64::MAX);
    assert_rejects(&mut world, FirebreakError::SignerNotAllowed, |world| send(world, liquidate, &[&bob.key]));
    world.liquidate(0, &carol, &erin.margin, 1, u64::MAX).unwrap();
}

#[test]
fn rejects_liquidating_oneself() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH - 1, FALLEN);
    assert_rejects(&mut world, SAME_ACCOUNT_TWICE, |world| world.liquidate(0, &erin, &erin.margin, 1, u64::MAX));
    world.liquidate(0, &carol, &erin.margin, 1, u64::MAX).unwrap();
}

#[test]
fn rejects_accounts_of_another_clearinghouse() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH - 1, FALLEN);
    let theirs = other_clearinghouse(&mut world);
    let at = world.at;
    let liquidate = at.liquidate(0, carol.address(), carol.margin, erin.margin, 1, u64::MAX);
    let create = theirs.create_margin_account(payer().pubkey(), carol.address(), 0, 4, CROSS);
    send(&mut world, create, &[&payer(), &carol.key]).unwrap();
    let account = theirs.margin_account(&carol.address(), 0);
    for (own, foreign) in [
        (at.board, theirs.board),
        (at.breaker, theirs.breaker),
        (at.market(0), theirs.market(0)),
        (carol.margin, account),
        (erin.margin, account),
    ] {
        let foreign = swapped(liquidate.clone(), own, foreign);
        assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| send(world, foreign, &[&carol.key]));
    }
    send(&mut world, liquidate, &[&carol.key]).unwrap();
}

/// Below maintenance with a claim of a million that BTC's pool owes her: nothing to take over, and nothing that would
/// help.
#[test]
fn i05_rejects_a_leg_without_lots_that_owes_nothing() {
    let mut world = world();
    let erin = world.actor("erin", 4, CASH - 1_000_001 + FEE + 60_000 + 60_500).unwrap();
    let bob = world.actor("bob", 4, 10_000 * DOLLAR).unwrap();
    let carol = world.actor("carol", 4, 10_000 * DOLLAR).unwrap();
    world.trade(0, &erin, &bob, 6_000, MARK).unwrap();
    world.trade(1, &erin, &bob, 100, 1_200_000).unwrap();
    world.chain.set_now(NOW + 10);
    world.set_mark(1, 1_210_000).unwrap();
    world.trade(1, &bob, &erin, 100, 1_210_000).unwrap();
    world.set_mark(0, FALLEN).unwrap();
    assert_rejects(&mut world, FirebreakError::LiquidationNotImproving, |world| {
        world.liquidate(1, &carol, &erin.margin, u64::MAX, u64::MAX)
    });
    world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX).unwrap();
}
