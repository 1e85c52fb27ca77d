//! Positions that auto-deleveraging has changed and nobody has touched yet: whatever values one counts it as touched,
//! whatever writes it touches it first.

use crate::{
    auto_deleverage::{ATOM, LOT, THREE_QUARTERS, world_with_a_bankrupt},
    liquidate::terms,
    scene::*,
};
use firebreak::{
    event::{Liquidated, Traded},
    state::MarginAccount,
};
use risk::Valuation;

/// After Erin's bankruptcy: Bob's 300 short lots count as 225, charged 331,000 for each of the 300.
fn world_with_untouched_shorts() -> (Bank, [Actor; 5]) {
    let (mut world, actors) = world_with_a_bankrupt(true);
    world.auto_deleverage(0, &actors[0].margin).unwrap();
    (world, actors)
}

const BOBS_CASH: u64 = 10_000_000_000 - 225_000;
const BOBS_ENTRY: i64 = -450_000_000 + 300 * 331_000;
/// Mark plus its confidence of 0.05 %.
const HIGH: u64 = 1_300_650;

fn valuations(world: &mut Bank, actor: &Actor) -> [Valuation; 3] {
    let (account, board, now) = (world.margin(&actor.margin), world.board(), world.chain.now());
    [
        account.value_for_maintenance(&board, now).unwrap(),
        account.value_for_initial(&board, now).unwrap(),
        account.value_for_withdrawal(&board, 1_000_000, now).unwrap(),
    ]
}

#[test]
fn an_untouched_position_is_valued_as_if_it_were_touched() {
    let (mut world, [_, _, bob, ..]) = world_with_untouched_shorts();
    terms(&mut world, |market| {
        // Nothing to pay a gain with, so that settling only touches.
        (market.dust_entry, market.fees) = (market.pool as i64, market.fees + market.pool);
        market.pool = 0;
    });
    let (at_mark, at_high) = (-BOBS_ENTRY - 225 * 1_300_000, -BOBS_ENTRY - 225 * HIGH as i64);
    assert_eq!(at_mark, 300 * (200_000 - 6_000));
    let initial = 225 * HIGH.div_ceil(10);
    let expected = [
        Valuation { equity: BOBS_CASH as i64 + at_mark, requirement: 225 * 65_000 },
        Valuation { equity: BOBS_CASH as i64 + at_high * 8 / 10, requirement: initial },
        Valuation { equity: BOBS_CASH as i64 - 1_000_000, requirement: initial },
    ];
    assert_eq!(valuations(&mut world, &bob), expected);
    assert_eq!(world.margin(&bob.margin).positions()[0].size, -300);

    world.settle(0, &bob.margin).unwrap();

    assert_eq!(world.margin(&bob.margin).positions()[0].size, -225);
    assert_eq!(valuations(&mut world, &bob), expected);
}

/// 225 lots need margin, not 300; what is withdrawn is cash, the position stays as it is stored.
#[test]
fn rejects_one_atom_more_than_the_touched_position_leaves_free() {
    let (mut world, [_, _, bob, ..]) = world_with_untouched_shorts();
    unwatched(&mut world);
    let free = BOBS_CASH - 225 * HIGH.div_ceil(10);
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| world.withdraw(&bob, free + 1));
    let booked = world.ledger().booked;
    let step = succeeds(&mut world, |world| world.withdraw(&bob, free));
    step.changes_only([
        change("bob.cash", BOBS_CASH, BOBS_CASH - free),
        change("bob's tokens.amount", 0, free),
        change("bank 0.total", booked, booked - free),
        change("vault 0.amount", booked, booked - free),
    ]);
}

/// A position that a deleveraging closed wholly counts as one until somebody settles it, which needs no price, and may
/// not pay at this level. What is left of it then is a claim.
#[test]
fn rejects_a_restricted_withdrawal_until_a_closed_position_is_settled() {
    let mut world = world();
    let erin = world.actor("erin", 4, 40_187_500).unwrap();
    let alice = world.actor("alice", 4, 10_000 * DOLLAR).unwrap();
    world.trade(0, &erin, &alice, 250, MARK).unwrap();
    crate::auto_deleverage::stand(&mut world, 0, 1_300_000);
    world.auto_deleverage(0, &erin.margin).unwrap();
    let trip = world.at.trip_breaker(guardian().pubkey(), 255, 3, 100, 0);
    send(&mut world, trip, &[&guardian()]).unwrap();
    let now = world.chain.now();
    world.chain.set_now(now + 70);
    let all = 10_000 * DOLLAR - 187_500;

    assert_rejects(&mut world, FirebreakError::BreakerActive, |world| world.withdraw(&alice, all));
    let step = succeeds(&mut world, |world| world.settle(0, &alice.margin));
    step.changes_only([
        change("alice.slots[0].size", -250, 0),
        change("alice.slots[0].entry", -375_000_000, -40_000_000),
        change("alice.slots[0].side_charge", 0, 1_340_000 * ATOM),
        change("alice.slots[0].side_epoch", 0, 1),
        change("market 0.short_open_interest", 250, 0),
        change("market 0.short_owed", 250 * LOT, 0),
        change("market 0.short_left_behind", 250, 0),
        change("market 0.carry", 335_000_000, 0),
        change("market 0.dust_size", 250, 0),
    ]);
    succeeds(&mut world, |world| world.withdraw(&alice, all));
}

/// Bob buys 25 of his 225 lots back from Carol, who sells 25 beside her 75.
#[test]
fn a_trade_touches_both_sides_first() {
    let (mut world, [_, _, bob, carol, _]) = world_with_untouched_shorts();

    let step = succeeds(&mut world, |world| world.trade(0, &bob, &carol, 25, 1_300_000));

    let (fee, carols) = (16_250, 10_000 * DOLLAR - 75_000);
    step.changes_only([
        change("bob.cash", BOBS_CASH, BOBS_CASH - fee),
        change("bob.slots[0].size", -300, -200),
        change("bob.slots[0].entry", -450_000_000, BOBS_ENTRY + 25 * 1_300_000),
        change("bob.slots[0].side_scale", risk::SCALE_ONE, THREE_QUARTERS),
        change("bob.slots[0].side_charge", 0, 331_000 * ATOM),
        change("carol.cash", carols, carols - fee),
        change("carol.slots[0].size", -100, -100),
        change("carol.slots[0].entry", -150_000_000, -150_000_000 + 33_100_000 - 25 * 1_300_000),
        change("carol.slots[0].side_scale", risk::SCALE_ONE, THREE_QUARTERS),
        change("carol.slots[0].side_charge", 0, 331_000 * ATOM),
        change("market 0.fees", 1_500_000, 1_500_000 + 2 * fee),
        change("market 0.short_open_interest", 1_000, 900),
        change("market 0.short_owed", 250 * LOT, 150 * LOT),
        change("market 0.carry", 331_000_000, 600 * 331_000),
        change("market 0.dust_size", 250, 150),
    ])
    .emits([&Traded {
        market: world.at.market(0),
        buyer: bob.margin,
        seller: carol.margin,
        lots: 25,
        price: 1_300_000,
        mark: 1_300_000,
    }]);
}

/// A position opened after the event takes over nothing of it, on either side.
#[test]
fn a_position_opened_afterwards_begins_with_the_indices_as_they_are() {
    let (mut world, _) = world_with_untouched_shorts();
    let frank = world.actor("frank", 4, 1_000 * DOLLAR).unwrap();
    let grace = world.actor("grace", 4, 1_000 * DOLLAR).unwrap();
    world.trade(0, &frank, &grace, 10, 1_300_000).unwrap();
    for (actor, size, stamp) in [(&frank, 10, (risk::SCALE_ONE, 0)), (&grace, -10, (THREE_QUARTERS, 331_000 * ATOM))] {
        let leg = world.margin(&actor.margin).positions()[0];
        assert_eq!(
            (leg.size, leg.entry, (leg.side_scale, leg.side_charge)),
            (size, i64::from(size) * 1_300_000, stamp)
        );
        // Settled at the mark, nothing is left to do.
        assert_rejects(&mut world, FirebreakError::NothingToSettle, |world| world.settle(0, &actor.margin));
    }
}

/// The shorts store 1,000 lots. Ten that Frank buys of Carol are new risk, though her touch takes 25 off what is stored.
#[test]
fn rejects_lots_beyond_the_cap_that_a_touch_would_make_room_for() {
    let (mut world, [_, _, _, carol, _]) = world_with_untouched_shorts();
    unwatched(&mut world);
    let frank = world.actor("frank", 4, 1_000 * DOLLAR).unwrap();
    let stored = 1_000 - 25 + 10;
    terms(&mut world, |market| market.max_open_interest_lots = stored - 1);
    assert_rejects(&mut world, FirebreakError::OpenInterestCapExceeded, |world| {
        world.trade(0, &frank, &carol, 10, 1_300_000)
    });
    terms(&mut world, |market| market.max_open_interest_lots = stored);
    world.trade(0, &frank, &carol, 10, 1_300_000).unwrap();
    assert_eq!(world.market(0).short_open_interest, stored);
}

/// Through zero, a position sees the other side's indices.
#[test]
fn a_position_that_flips_sees_the_indices_of_its_new_side() {
    let (mut world, [_, _, bob, _, dave]) = world_with_untouched_shorts();
    world.trade(0, &dave, &bob, 1, 1_300_000).unwrap();
    assert_eq!(world.margin(&bob.margin).positions()[0].side_scale, THREE_QUARTERS);
    world.trade(0, &bob, &dave, 227, 1_300_000).unwrap();
    let leg = world.margin(&bob.margin).positions()[0];
    assert_eq!((leg.size, leg.side_scale, leg.side_charge), (1, risk::SCALE_ONE, 0));
}

/// Bob has no cash, and owes 43.575 dollars of his gain of 58.2: 14.625 are left, which is what 225 lots need; 300 would need
/// 19.5. One atom less, and he is liquidated, by the 225 lots that he has.
#[test]
fn i05_rejects_liquidating_whom_the_touched_position_leaves_at_maintenance() {
    let (mut world, [_, alice, bob, ..]) = world_with_untouched_shorts();
    // As if he had lost the rest elsewhere: nobody's claim, so that the market owes it.
    let owes = |world: &mut Bank, missing: i64| {
        edit::<MarginAccount, _>(world, &bob.margin, |account| account.cash = 0);
        let mut account = world.chain.account(&bob.margin).unwrap();
        let entry = 8 + size_of::<MarginAccount>() + 8;
        account.data[entry..entry + 8].copy_from_slice(&(-450_000_000 + 43_575_000 + missing).to_le_bytes());
        world.chain.set_account(bob.margin, account);
    };
    owes(&mut world, 0);
    assert_rejects(&mut world, FirebreakError::AccountHealthy, |world| {
        world.liquidate(0, &alice, &bob.margin, u64::MAX, 0)
    });
    owes(&mut world, 1);
    let cash = world.margin(&alice.margin).header.cash;

    let receipt = world.liquidate(0, &alice, &bob.margin, u64::MAX, 0).unwrap();

    // To 110 %, 1,462,501 are missing; a lot brings 71,500 less the penalty of 6,500.
    let lots = 1_462_501_u64.div_ceil(71_500 - 6_500);
    let [bobs, alices] = [&bob, &alice].map(|actor| world.margin(&actor.margin).positions()[0].size);
    assert_eq!((lots, bobs, alices), (23, -225 + 23, -450 - 23));
    let fee = 23 * 1_950;
    let event = Liquidated {
        market: world.at.market(0),
        liquidatee: bob.margin,
        liquidator: alice.margin,
        lots: -23,
        price: 1_306_500,
        mark: 1_300_000,
        insurance_fee: fee,
        insurance_paid: 0,
        equity_before: 14_624_999,
        maintenance_before: 14_625_000,
        equity_after: 14_624_999 - 23 * 6_500,
        maintenance_after: 202 * 65_000,
        tranche: 6_000_000 + fee,
    };
    assert_eq!(firebreak_tests::step::events(&receipt), [anchor_lang::Event::data(&event)]);
    assert_eq!(world.margin(&alice.margin).header.cash, cash - fee);
}

/// Carol's 100 lots were cut to 75 before the mark rose to 1,900,000, against her: 75 are closed, not 100.
#[test]
fn a_bankrupt_untouched_position_is_closed_at_what_is_left_of_it() {
    let (mut world, [_, _, _, carol, _]) = world_with_untouched_shorts();
    edit::<MarginAccount, _>(&mut world, &carol.margin, |account| account.cash = 10_000_000);
    terms(&mut world, |market| market.fees += 10_000 * DOLLAR - 75_000 - 10_000_000);
    crate::auto_deleverage::stand(&mut world, 0, 1_900_000);
    terms(&mut world, |market| market.insurance_event_cap = 0);

    let step = succeeds(&mut world, |world| world.auto_deleverage(0, &carol.margin));

    // 116,900,000 received for 75 lots that cost 142,500,000 now: 15.6 dollars more than she had.
    let market = world.market(0);
    let event = firebreak::event::AutoDeleveraged {
        market: world.at.market(0),
        bankrupt: carol.margin,
        lots: -75,
        mark: 1_900_000,
        equity_before: -15_600_000,
        from_cash: 10_000_000,
        deficit: 15_600_000,
        insurance_paid: 0,
        borne_by_side: 15_600_000,
        borne_by_market: 0,
        waiting: 0,
        long_open_interest: 675,
        short_open_interest: 675,
    };
    step.emits([&event]);
    // The scale was rounded down: a 2^-32th of a lot more.
    assert_eq!((market.long_owed, market.short_owed), (75 * LOT + 1, 225 * LOT));
    assert_eq!(market.dust_size, 250 - 25 - 75);
}
