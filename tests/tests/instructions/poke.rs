//! `poke`, and the automatic breaker that it, prices and liquidations move.

use crate::{scene::*, trade_margin::world_at_a_mark};
use firebreak::{event::Poked, state::Market};
use risk::Level;

fn poke(world: &mut Bank, market: u8) -> Sent {
    let poke = world.at.poke(market);
    send(world, poke, &[&payer()])
}

fn level(world: &mut Bank, market: u8) -> u8 {
    let now = world.chain.now();
    world.row(market).breaker.level_at(now) as u8
}

/// Books as if this many lots had been liquidated, and atoms paid by the tranche, just now.
fn happened(world: &mut Bank, lots: u64, paid: u64) {
    let (market, now) = (world.at.market(0), world.chain.now());
    edit::<Market, _>(world, &market, |market| {
        (market.recently_liquidated, market.recently_liquidated_at) = (lots, now);
        (market.recently_paid, market.recently_paid_at) = (paid, now);
    });
}

#[test]
fn a_poke_keeps_on_the_board_what_the_books_ask_for() {
    let mut world = world();
    happened(&mut world, 0, 200_000 * DOLLAR);

    let step = succeeds(&mut world, |world| poke(world, 0));

    step.changes_only([
        change("board.rows[0].breaker.level", 0, 2),
        change("board.rows[0].breaker.until", 0, NOW + 300),
        change("board.rows[0].breaker.tripped_at", 0, NOW),
        change("board.rows[0].breaker.trips", 0, 1),
    ])
    .emits([&Poked {
        market: world.at.market(0),
        holds_until: NOW + 300,
        level_before: 0,
        level: 2,
        trips: 1,
        reserved: [0; 5],
    }]);
}

#[test]
fn a_poke_where_nothing_happened_changes_nothing() {
    let mut world = world();
    succeeds(&mut world, |world| poke(world, 1)).changes_only([]);
}

/// Threshold and one below, for each signal of the books: a quarter of 100,000 lots, a tenth of a tranche of a million dollars.
#[test]
fn t96_each_signal_of_the_books_trips_at_its_threshold() {
    let target = 1_000_000 * DOLLAR;
    for (lots, paid, expected) in [
        (24_999, 0, 0),
        (25_000, 0, 1),
        (1 << 28, 0, 1),
        (0, target / 10 - 1, 0),
        (0, target / 10, 1),
        (0, target / 5, 2),
        (0, target / 5 * 2 - 1, 2),
        (0, target / 5 * 2, 3),
        (0, u64::MAX, 3),
    ] {
        let mut world = world();
        happened(&mut world, lots, paid);
        poke(&mut world, 0).unwrap();
        assert_eq!(level(&mut world, 0), expected, "{lots} lots, {paid} atoms");
        assert_eq!(level(&mut world, 1), 0);
    }
}

/// 10 % from the average of five minutes, and one basis point less.
#[test]
fn t96_a_move_trips_when_its_price_arrives() {
    for (mark, expected) in
        [(1_350_151, 0), (1_350_000, 1), (1_650_000, 1), (1_200_000, 2), (1_800_000, 2), (300_000, 2)]
    {
        let mut world = world();
        world.chain.set_now(NOW + 10);
        world.set_mark(0, mark).unwrap();
        assert_eq!(level(&mut world, 0), expected, "{mark}");
    }
}

/// Slow rot: 9 % from the near average each time, until the hour's average is 20 % away.
#[test]
fn t96_a_slide_that_the_near_average_follows_trips_by_the_hours() {
    let (mut world, mut mark) = (world(), MARK);
    let mut reached = Vec::new();
    for minute in 1..=20 {
        world.chain.set_now(NOW + minute * 60);
        mark = mark * 983 / 1_000;
        world.set_mark(0, mark).unwrap();
        let row = world.row(0);
        reached.push((risk::distance_bps(mark, row.ema), level(&mut world, 0)));
    }
    assert!(reached.iter().all(|(near, _)| *near < 1_000), "{reached:?}");
    assert_eq!(reached.last().map(|(_, level)| *level), Some(1), "{reached:?}");
}

#[test]
fn t96_a_price_uncertain_for_two_minutes_trips() {
    let mut world = world();
    let mut levels = Vec::new();
    for seconds in (10..=260).step_by(10) {
        world.chain.set_now(NOW + seconds);
        let row = world.row(0);
        let price = firebreak_replay::pyth::raw_price(&row, MARK);
        world.publish(&firebreak_replay::pyth::Update {
            feed_id: row.primary_feed,
            verification: firebreak_replay::pyth::Verification::Full,
            price,
            confidence: price.unsigned_abs() / 50,
            exponent: row.primary_exponent,
            publish_time: NOW + seconds,
        });
        world.refresh(&[0]).unwrap();
        levels.push((seconds - 10, level(&mut world, 0)));
    }
    let expected = |seconds| if seconds < 120 { 0 } else { 1 + u8::from(seconds >= 240) };
    assert!(levels.iter().all(|(seconds, level)| *level == expected(*seconds)), "{levels:?}");
    // Sure again: it runs out after its cool-down.
    world.chain.set_now(NOW + 270);
    world.set_mark(0, MARK).unwrap();
    assert_eq!(world.row(0).uncertain_since, 0);
    assert_eq!(level(&mut world, 0), 2);
    world.chain.set_now(NOW + 260 + 600);
    assert_eq!(level(&mut world, 0), 0);
}

/// Not poked, the books still ask; poked, the level outlasts them by its cool-down, and then ends by itself.
#[test]
fn rejects_new_risk_after_a_drawdown_poked_or_not() {
    let (mut world, alice, bob) = world_with_two();
    world.trade(0, &alice, &bob, 1_000, MARK).unwrap();
    happened(&mut world, 0, 200_000 * DOLLAR);
    let open = |world: &mut Bank| world.trade(0, &alice, &bob, 1, MARK);
    assert_rejects(&mut world, FirebreakError::BreakerActive, open);
    poke(&mut world, 0).unwrap();
    happened(&mut world, 0, 0);
    assert_rejects(&mut world, FirebreakError::BreakerActive, open);
    assert_rejects(&mut world, FirebreakError::BreakerActive, |world| world.withdraw(&alice, 1));
    // Reducing, deposits and settling stay open.
    world.trade(0, &bob, &alice, 1, MARK).unwrap();
    world.advance(299).unwrap();
    assert_rejects(&mut world, FirebreakError::BreakerActive, open);
    world.advance(1).unwrap();
    open(&mut world).unwrap();
    world.withdraw(&alice, 1).unwrap();
}

/// Under Caution: a quarter more initial margin, half of the band.
#[test]
fn rejects_under_caution_what_a_quarter_more_margin_does_not_cover() {
    let (mut world, _, _) = world_with_two();
    // 1,000 lots at 1,500,000 need 150.075 dollars (the confidence is in), 187.59375 under Caution, and 0.75 for the fee.
    let (fee, needed, more) = (750_000, 150_075_000, 187_593_750);
    // At the low end of the confidence a long is worth 0.75 dollars less.
    let loss = 750_000;
    let [carol, erin, frank] =
        [("carol", needed + loss + fee), ("erin", more + loss + fee - 1), ("frank", more + loss + fee)]
            .map(|(name, cash)| world.actor(name, 4, cash).unwrap());
    let maker = world.actor("maker", 4, 10_000 * DOLLAR).unwrap();
    world.trade(0, &carol, &maker, 1_000, MARK).unwrap();
    happened(&mut world, 25_000, 0);
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| world.trade(0, &erin, &maker, 1_000, MARK));
    world.trade(0, &frank, &maker, 1_000, MARK).unwrap();
    assert_eq!(Level::Caution, world.market(0).stress(NOW).enters);
}

/// Of the market's grace: five minutes from the end of a closure, above half of maintenance only.
#[test]
fn rejects_liquidating_within_the_grace_who_has_half_of_maintenance() {
    // Equity of 2.25 dollars where 65.15 are needed; and of 39.25 where 67 are.
    for (mark, has_half) in [(1_303_000, false), (1_340_000, true)] {
        let (mut world, alice, _) = world_at_a_mark(mark);
        let carol = world.actor("carol", 4, 10_000 * DOLLAR).unwrap();
        let trip = world.at.trip_breaker(guardian().pubkey(), 0, 4, 30, 0);
        send(&mut world, trip, &[&guardian()]).unwrap();
        let liquidate = |world: &mut Bank| world.liquidate(0, &carol, &alice.margin, u64::MAX, u64::MAX);
        assert_rejects(&mut world, FirebreakError::BreakerActive, liquidate);
        let ends = world.chain.now() + 30;
        for seconds in [0, 299] {
            world.chain.set_now(ends + seconds);
            world.set_mark(0, mark).unwrap();
            if has_half {
                assert_rejects(&mut world, FirebreakError::GraceRunning, liquidate);
            }
        }
        if has_half {
            world.chain.set_now(ends + 300);
            world.set_mark(0, mark).unwrap();
        }
        liquidate(&mut world).unwrap();
    }
}

/// Only what a market's own books owe counts: another one's goes on.
#[test]
fn t99_rejects_everything_but_the_exit_in_a_market_whose_ledger_does_not_come_out_even_and_in_no_other() {
    let (mut world, alice, bob) = world_with_two();
    world.trade(0, &alice, &bob, 1_000, MARK).unwrap();
    world.trade(1, &alice, &bob, 1_000, 1_200_000).unwrap();
    let carol = world.actor("carol", 4, 10 * DOLLAR).unwrap();
    let market = world.at.market(0);
    poke(&mut world, 0).unwrap();
    assert_eq!(level(&mut world, 0), 0);
    edit::<Market, _>(&mut world, &market, |market| market.long_open_interest += 1);
    poke(&mut world, 0).unwrap();
    assert_eq!([level(&mut world, 0), level(&mut world, 1)], [4, 0]);
    assert_rejects(&mut world, FirebreakError::BreakerActive, |world| world.trade(0, &bob, &alice, 1, MARK));
    assert_rejects(&mut world, FirebreakError::BreakerActive, |world| world.withdraw(&alice, 1));
    world.trade(1, &bob, &alice, 1, 1_200_000).unwrap();
    world.withdraw(&carol, 10 * DOLLAR).unwrap();
    // Six hours at most; repaired, it ends by itself.
    edit::<Market, _>(&mut world, &market, |market| market.long_open_interest -= 1);
    world.advance(6 * 3_600).unwrap();
    world.trade(0, &bob, &alice, 1, MARK).unwrap();
}

#[test]
fn rejects_the_market_of_another_clearinghouse() {
    let mut world = world();
    let theirs = other_clearinghouse(&mut world);
    let foreign = swapped(world.at.poke(0), world.at.market(0), theirs.market(0));
    assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| send(world, foreign, &[&payer()]));
    poke(&mut world, 0).unwrap();
}
