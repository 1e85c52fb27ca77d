//! `auto_deleverage` where a side is closed wholly, where fractions of lots are left, and where nobody is there to bear
//! a loss.

use crate::{
    auto_deleverage::{ATOM, CASH, LOT, other_side, stand, world_with_a_waiting_debt},
    liquidate::terms,
    scene::*,
};
use firebreak::event::AutoDeleveraged;

/// Erin alone is long, 1,000 lots on 160 dollars; Alice, Bob and Carol are short 600, 300 and 100. Erin lost 200, and
/// nobody insures.
fn world_with_a_side_to_close() -> (Bank, [Actor; 4]) {
    let mut world = world();
    let erin = world.actor("erin", 4, 160_000_000 + 750_000).unwrap();
    let others = ["alice", "bob", "carol"].map(|name| world.actor(name, 4, 10_000 * DOLLAR).unwrap());
    for (other, lots) in others.iter().zip([600, 300, 100]) {
        world.trade(0, &erin, other, lots, MARK).unwrap();
    }
    stand(&mut world, 0, 1_300_000);
    let [alice, bob, carol] = others;
    (world, [erin, alice, bob, carol])
}

/// Every short is closed at once, at 1,340,000. Touched, each has a claim for what it gained, and the pool holds
/// exactly that.
#[test]
fn a_side_that_is_closed_wholly_begins_a_new_epoch() {
    let (mut world, [erin, alice, bob, carol]) = world_with_a_side_to_close();

    let step = succeeds(&mut world, |world| world.auto_deleverage(0, &erin.margin));

    step.changes_only([
        change("erin.cash", 160_000_000, 0),
        change("erin.position_count", 1, 0),
        change("erin.slots[0].size", 1_000, 0),
        change("erin.slots[0].entry", 1_500_000_000, 0),
        change("erin.slots[0].side_scale", risk::SCALE_ONE, 0),
        change("market 0.pool", 0, 160_000_000),
        change("market 0.insurance_window_started", 0, world.chain.now()),
        change("market 0.long_open_interest", 1_000, 0),
        change("market 0.short_owed", 0, 1_000 * LOT),
        change("market 0.short_left_behind", 0, 1_000),
        change("market 0.carry", 0, 1_340_000_000),
        change("market 0.dust_size", 0, 1_000),
        change("board.rows[0].short_side.charge", 0, 1_340_000 * ATOM),
        change("board.rows[0].short_side.last_charge", 0, 1_340_000 * ATOM),
        change("board.rows[0].short_side.epoch", 0, 1),
    ]);
    let cash = 10_000 * DOLLAR - 450_000;
    let settle = world.at.settle(0, &[alice.margin]);
    let step = succeeds(&mut world, |world| send(world, settle, &[&payer()]));
    step.changes_only([
        change("alice.cash", cash, cash + 600 * 160_000),
        change("alice.position_count", 1, 0),
        change("alice.slots[0].size", -600, 0),
        change("alice.slots[0].entry", -900_000_000, 0),
        change("alice.slots[0].side_scale", risk::SCALE_ONE, 0),
        change("market 0.pool", 160_000_000, 64_000_000),
        change("market 0.short_open_interest", 1_000, 400),
        change("market 0.short_owed", 1_000 * LOT, 400 * LOT),
        change("market 0.short_left_behind", 1_000, 400),
        change("market 0.carry", 1_340_000_000, 400 * 1_340_000),
        change("market 0.dust_size", 1_000, 400),
    ]);
    let settle = world.at.settle(0, &[bob.margin, carol.margin]);
    succeeds(&mut world, |world| send(world, settle, &[&payer()]));
    let market = world.market(0);
    assert_eq!((market.pool, market.carry, market.short_open_interest, market.short_owed), (0, 0, 0, 0));
    assert_eq!((market.dust_size, market.dust_entry, market.short_left_behind), (0, 0, 0));
}

/// Frank buys ten lots of Grace in the new epoch, and is bankrupt in turn: a position of two epochs ago could not be
/// told what it was charged, so those left behind come first. Carol's alone is enough to wait for.
#[test]
fn rejects_closing_a_side_again_while_positions_are_left_behind() {
    let (mut world, [erin, alice, bob, carol]) = world_with_a_side_to_close();
    unwatched(&mut world);
    world.auto_deleverage(0, &erin.margin).unwrap();
    let frank = world.actor("frank", 4, 1_500_000 + 6_500).unwrap();
    let grace = world.actor("grace", 4, 10_000 * DOLLAR).unwrap();
    world.trade(0, &frank, &grace, 10, 1_300_000).unwrap();
    let leg = world.margin(&grace.margin).positions()[0];
    assert_eq!((leg.side_scale, leg.side_charge, leg.side_epoch), (risk::SCALE_ONE, 1_340_000 * ATOM, 1));
    stand(&mut world, 0, 1_100_000);

    for settled in [vec![], vec![alice.margin], vec![bob.margin]] {
        if !settled.is_empty() {
            let settle = world.at.settle(0, &settled);
            send(&mut world, settle, &[&payer()]).unwrap();
        }
        assert_rejects(&mut world, FirebreakError::PositionsLeftBehind, |world| {
            world.auto_deleverage(0, &frank.margin)
        });
    }
    let settle = world.at.settle(0, &[carol.margin]);
    send(&mut world, settle, &[&payer()]).unwrap();
    succeeds(&mut world, |world| world.auto_deleverage(0, &frank.margin));
    assert_eq!(world.row(0).short_side.epoch, 2);
    // Grace bears the half dollar that Frank did not have: 1.5 of 2 dollars.
    succeeds(&mut world, |world| world.settle(0, &grace.margin));
    assert_eq!(world.margin(&grace.margin).header.cash, 10_000 * DOLLAR - 6_500 + 1_500_000);
}

/// An account of the epoch before, touched by trading instead: its claim is settled apart, and the new lots see the new
/// epoch.
#[test]
fn a_position_left_behind_is_touched_by_whatever_writes_it() {
    let (mut world, [erin, alice, bob, carol]) = world_with_a_side_to_close();
    world.auto_deleverage(0, &erin.margin).unwrap();
    succeeds(&mut world, |world| world.trade(0, &carol, &alice, 5, 1_300_000));
    for (actor, size, entry) in [(&alice, -5, -96_000_000 - 6_500_000), (&carol, 5, -16_000_000 + 6_500_000)] {
        let leg = world.margin(&actor.margin).positions()[0];
        assert_eq!((leg.size, leg.entry), (size, entry));
    }
    let market = world.market(0);
    assert_eq!((market.short_open_interest, market.long_open_interest, market.short_left_behind), (305, 5, 300));
    world.settle(0, &bob.margin).unwrap();
    assert_eq!(world.market(0).dust_size, 0);
}

/// Three lots on each side: Erin's one closes a third of Alice's two and Bob's one. They keep whole lots; the
/// fractions, and the cost of the cut, go to the market's own position at the mark, rounded against them.
#[test]
fn fractions_of_lots_go_to_the_market_at_the_mark() {
    // Charged in all, what it says of the index, what is left of the positions, and the market's own afterwards.
    let cases = [
        (true, 1_300_000, (1_340_000, 7_493_823_148_360_i64), [(-1, -1_673_332), (0, -186_666)], (-1, -1_300_001, -1)),
        (false, 1_700_000, (-1_660_001, -9_283_392_855_546), [(1, 1_326_668), (0, -186_666)], (1, 1_700_000, -2)),
    ];
    for (is_long, mark, (carry, charge), legs, own) in cases {
        let mut world = world();
        let erin = world.actor("erin", 4, 160_000 + 750).unwrap();
        let [alice, bob, dave] = ["alice", "bob", "dave"].map(|name| world.actor(name, 4, 10_000 * DOLLAR).unwrap());
        for (one, other, lots) in [(&erin, &bob, 1), (&dave, &alice, 2)] {
            let (buyer, seller) = if is_long { (one, other) } else { (other, one) };
            world.trade(0, buyer, seller, lots, MARK).unwrap();
        }
        stand(&mut world, 0, mark);

        succeeds(&mut world, |world| world.auto_deleverage(0, &erin.margin));
        let row = world.row(0);
        assert_eq!((world.market(0).carry, row.side(!is_long).charge), (carry, charge));
        assert_eq!(row.side(!is_long).scale, 3_074_457_345_618_258_602); // two thirds, rounded down

        edit_pool(&mut world);
        for (actor, (size, entry)) in [&alice, &bob].into_iter().zip(legs) {
            succeeds(&mut world, |world| world.settle(0, &actor.margin));
            let leg = world.margin(&actor.margin).positions()[0];
            assert_eq!((leg.size, leg.entry), (size, entry), "{}", other_side(is_long));
        }
        // But for the pool's 160,000, which were put among its claims above.
        let market = world.market(0);
        assert_eq!((market.dust_size, market.dust_entry - 160_000, market.carry), own);
    }
}

/// Takes the pool's money away, so that a settlement only touches; its books say that it was fees.
fn edit_pool(world: &mut Bank) {
    terms(world, |market| {
        market.dust_entry += market.pool as i64;
        market.fees += market.pool;
        market.pool = 0;
    });
}

/// Of the 0.9 dollars that Erin's gain with BTC was to pay, it pays 0.3 now: the market of her debt bears 0.6 of them.
/// No lots are closed, so no side bears anything: what the tranche does not pay, the market's own position owes.
#[test]
fn a_debt_without_lots_becomes_the_markets_own() {
    let (mut world, [erin, ..]) = world_with_a_waiting_debt(1_230_000);
    terms(&mut world, |market| market.insurance_event_cap = 100_000);
    let (now, pool, board) = (world.chain.now(), world.market(0).pool, world.board());
    let window = world.market(0).insurance_window_started;

    let step = succeeds(&mut world, |world| world.auto_deleverage(0, &erin.margin));

    step.changes_only([
        change("erin.slots[0].entry", 900_000, 300_000),
        change("market 0.pool", pool, pool + 100_000),
        change("market 0.tranche", 6_000_000, 5_900_000),
        change("market 0.insurance_paid", 4_000_000, 4_100_000),
        change("market 0.insurance_window_started", window, now),
        change("market 0.insurance_window_used", 4_000_000, 100_000),
        change("market 0.dust_entry", 0, 500_000),
        change("market 0.own_debt", 0, 500_000),
    ])
    .emits([&AutoDeleveraged {
        market: world.at.market(0),
        bankrupt: erin.margin,
        lots: 0,
        mark: 1_300_000,
        equity_before: -600_000,
        from_cash: 0,
        deficit: 600_000,
        insurance_paid: 100_000,
        borne_by_side: 0,
        borne_by_market: 500_000,
        waiting: 300_000,
        long_open_interest: 750,
        short_open_interest: 750,
    }]);
    assert_eq!(world.board(), board);
}

/// At 1,190,000 she has lost another 0.1 with BTC: of the million that is missing, her debt's market has borne its
/// share, and BTC bears what was lost there. Then nothing else is left: the rest of the debt is borne where it stands.
#[test]
fn i07_a_debt_that_was_shared_out_bears_nothing_while_another_loss_is_left() {
    let (mut world, [erin, _, _, carol, _]) = world_with_a_waiting_debt(1_190_000);
    terms(&mut world, |market| market.insurance_event_cap = 0);
    assert_rejects(&mut world, FirebreakError::LiquidationNotImproving, |world| {
        world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX)
    });
    assert_rejects(&mut world, FirebreakError::TrancheSufficient, |world| world.auto_deleverage(0, &erin.margin));

    succeeds(&mut world, |world| world.auto_deleverage(1, &erin.margin));
    assert_eq!(world.margin(&erin.margin).position(1), None);
    succeeds(&mut world, |world| world.auto_deleverage(0, &erin.margin));
    assert_eq!((world.margin(&erin.margin).positions().len(), world.market(0).dust_entry), (0, 900_000));
    assert_eq!(world.market(0).own_debt, 900_000);
}

/// At 600,000 Erin lost 225 dollars on 40. A lot can be charged its whole mark and no more: 150 of the missing 185
/// dollars are Alice's, who keeps 75 of her gain; 35 are the market's own.
#[test]
fn i07_a_lot_is_charged_at_most_its_mark() {
    let mut world = world();
    let erin = world.actor("erin", 4, CASH + 187_500).unwrap();
    let alice = world.actor("alice", 4, 10_000 * DOLLAR).unwrap();
    world.trade(0, &erin, &alice, 250, MARK).unwrap();
    stand(&mut world, 0, 600_000);

    let step = succeeds(&mut world, |world| world.auto_deleverage(0, &erin.margin));

    step.emits([&AutoDeleveraged {
        market: world.at.market(0),
        bankrupt: erin.margin,
        lots: 250,
        mark: 600_000,
        equity_before: -185_000_000,
        from_cash: CASH,
        deficit: 185_000_000,
        insurance_paid: 0,
        borne_by_side: 150_000_000,
        borne_by_market: 35_000_000,
        waiting: 0,
        long_open_interest: 0,
        short_open_interest: 0,
    }]);
    let market = world.market(0);
    assert_eq!((market.carry, market.dust_entry, market.pool), (300_000_000, 35_000_000, CASH));
    assert_eq!(market.own_debt, 35_000_000);
    succeeds(&mut world, |world| world.settle(0, &alice.margin));
    let leg = world.margin(&alice.margin).positions()[0];
    assert_eq!((leg.size, leg.entry), (0, -75_000_000 + CASH as i64));
}

/// Erin's 620 of 640 long lots leave a thirty-second of the shorts: too small a scale to go on with, so it begins again
/// at 1. Frank's ten lots then halve what is left. Alice sleeps through both, Bob is touched in between: they end
/// alike.
#[test]
fn a_scale_that_has_fallen_low_begins_again_and_both_steps_are_touched() {
    let mut world = world();
    let erin = world.actor("erin", 4, 100_000_000 + 465_000).unwrap();
    let frank = world.actor("frank", 4, 1_700_000 + 7_500).unwrap();
    let [alice, bob, dave] = ["alice", "bob", "dave"].map(|name| world.actor(name, 4, 10_000 * DOLLAR).unwrap());
    for (buyer, seller, lots) in [(&erin, &alice, 320), (&erin, &bob, 300), (&dave, &bob, 10), (&frank, &bob, 10)] {
        world.trade(0, buyer, seller, lots, MARK).unwrap();
    }
    stand(&mut world, 0, 1_300_000);
    world.auto_deleverage(0, &erin.margin).unwrap();
    // 620 lots at the mark, and 24 dollars.
    let first = (620 * 1_300_000 + 24_000_000) / 640;
    let side = world.row(0).short_side;
    assert_eq!((side.scale, side.last_scale, side.epoch), (risk::SCALE_ONE, risk::SCALE_ONE / 32, 1));
    assert_eq!((side.charge, side.last_charge), (first * ATOM, first * ATOM));

    edit_pool(&mut world);
    world.settle(0, &bob.margin).unwrap();
    let leg = world.margin(&bob.margin).positions()[0];
    assert_eq!((leg.size, leg.entry), (-10, -480_000_000 + 320 * first));
    stand(&mut world, 0, 1_200_000);
    world.auto_deleverage(0, &frank.margin).unwrap();
    // Ten lots of twenty at the mark, and 1.3 dollars.
    let second = (10 * 1_200_000 + 1_300_000) / 20;
    edit_pool(&mut world);
    for actor in [&bob, &alice] {
        succeeds(&mut world, |world| world.settle(0, &actor.margin));
        let leg = world.margin(&actor.margin).positions()[0];
        assert_eq!((leg.size, leg.entry), (-5, -480_000_000 + 320 * first + 10 * second));
        assert_eq!((leg.side_epoch, leg.side_scale), (1, risk::SCALE_ONE / 2));
    }
    let market = world.market(0);
    assert_eq!((market.carry, market.dust_size, market.short_owed, market.short_left_behind), (0, 0, 0, 0));
}
