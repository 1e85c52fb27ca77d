//! `liquidate` where equity is gone: who pays.

use crate::{
    liquidate::{CASH, FEE, terms, world_with_a_long},
    scene::*,
};
use firebreak::{event::Liquidated, state::Market};

/// At 1,320,000 Erin has lost 1,080 dollars and had 997.2: the deficit is 82.8.
pub const BANKRUPT: u64 = 1_320_000;
const DEFICIT: u64 = 82_800_000;

#[test]
fn i07_the_tranche_pays_the_deficit_of_a_bankrupt_account_after_its_cash() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH, BANKRUPT);
    let now = world.chain.now();
    world.fund_tranche(0, DEFICIT + 5).unwrap();

    let step = succeeds(&mut world, |world| world.liquidate(0, &carol, &erin.margin, u64::MAX, BANKRUPT));

    step.changes_only([
        change("erin.cash", CASH, 0),
        change("erin.position_count", 1, 0),
        change("erin.slots[0].size", 6_000, 0),
        change("erin.slots[0].entry", 9_000_000_000_u64, 0),
        change("erin.slots[0].side_scale", risk::SCALE_ONE, 0),
        change("erin.liquidated_at", 0, now),
        change("carol.position_count", 0, 1),
        stamped("carol.slots[0]"),
        change("carol.slots[0].size", 0, 6_000),
        change("carol.slots[0].entry", 0, 6_000 * BANKRUPT),
        change("market 0.pool", 0, CASH + DEFICIT),
        change("market 0.tranche", DEFICIT + 5, 5),
        change("market 0.insurance_paid", 0, DEFICIT),
        change("market 0.insurance_window_started", 0, now),
        change("market 0.insurance_window_used", 0, DEFICIT),
        change("market 0.liquidated_lots", 0, 6_000),
        change("market 0.liquidation_window_started", 0, now),
        change("market 0.liquidation_window_used", 0, 6_000),
    ])
    .emits([&Liquidated {
        market: world.at.market(0),
        liquidatee: erin.margin,
        liquidator: carol.margin,
        lots: 6_000,
        price: BANKRUPT,
        mark: BANKRUPT,
        insurance_fee: 0,
        insurance_paid: DEFICIT,
        equity_before: -(DEFICIT as i64),
        maintenance_before: 396_000_000,
        equity_after: 0,
        maintenance_after: 0,
        tranche: 5,
    }]);
}

#[test]
fn t87_the_whole_open_interest_goes_in_one_liquidation() {
    let (mut world, [erin, bob, _]) = world_with_a_long(CASH, BANKRUPT);
    world.fund_tranche(0, DEFICIT).unwrap();

    succeeds(&mut world, |world| world.liquidate(0, &bob, &erin.margin, u64::MAX, u64::MAX));

    let market = world.market(0);
    assert_eq!((market.long_open_interest, market.short_open_interest, market.tranche), (0, 0, 0));
    // Bob's gain of 1,080 dollars is a claim that the pool holds to the atom.
    assert_eq!(market.pool, 1_080_000_000);
    world.settle(0, &bob.margin).unwrap();
    assert_eq!((world.market(0).pool, world.margin(&bob.margin).positions().len()), (0, 0));
    world.withdraw(&bob, 10_000_000_000 - FEE + 1_080_000_000).unwrap();
}

#[test]
fn i07_rejects_a_deficit_beyond_the_tranche_or_its_caps() {
    let bounds: [fn(&mut Market, u64); 3] = [
        |market, amount| market.tranche = amount,
        |market, amount| market.insurance_event_cap = amount,
        |market, amount| market.insurance_window_cap = amount,
    ];
    for bound in bounds {
        let (mut world, [erin, _, carol]) = world_with_a_long(CASH, BANKRUPT);
        world.fund_tranche(0, 10 * DEFICIT).unwrap();
        terms(&mut world, |market| bound(market, DEFICIT - 1));
        assert_rejects(&mut world, FirebreakError::TrancheInsufficient, |world| {
            world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX)
        });
        terms(&mut world, |market| bound(market, DEFICIT));
        world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX).unwrap();
    }
}

/// 5,999 of 6,000 lots take their part of the deficit along, rounded up, and of the cash, rounded down. The last one
/// takes the rest: in all the tranche pays what it would have paid at once.
#[test]
fn i07_lots_taken_in_part_take_their_part_of_the_deficit_along() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH, BANKRUPT);
    let now = world.chain.now();
    let (insured, cash) = (82_786_200, 997_033_800);
    assert_eq!(((DEFICIT * 5_999).div_ceil(6_000), CASH * 5_999 / 6_000), (insured, cash));
    world.fund_tranche(0, DEFICIT).unwrap();

    let step = succeeds(&mut world, |world| world.liquidate(0, &carol, &erin.margin, 5_999, BANKRUPT));

    step.changes_only([
        change("erin.cash", CASH, CASH - cash),
        change("erin.slots[0].size", 6_000, 1),
        change("erin.slots[0].entry", 9_000_000_000_u64, MARK),
        change("erin.liquidatable_since", 0, now),
        change("erin.liquidated_at", 0, now),
        change("carol.position_count", 0, 1),
        stamped("carol.slots[0]"),
        change("carol.slots[0].size", 0, 5_999),
        change("carol.slots[0].entry", 0, 5_999 * BANKRUPT),
        change("market 0.pool", 0, cash + insured),
        change("market 0.tranche", DEFICIT, DEFICIT - insured),
        change("market 0.insurance_paid", 0, insured),
        change("market 0.insurance_window_started", 0, now),
        change("market 0.insurance_window_used", 0, insured),
        change("market 0.liquidated_lots", 0, 5_999),
        change("market 0.liquidation_window_started", 0, now),
        change("market 0.liquidation_window_used", 0, 5_999),
    ]);
    world.liquidate(0, &carol, &erin.margin, 1, u64::MAX).unwrap();
    let market = world.market(0);
    assert_eq!((market.insurance_paid, market.tranche, market.pool), (DEFICIT, 0, CASH + DEFICIT));
    assert_eq!(world.margin(&erin.margin).header.cash, 0);
}

/// Even for one lot the tranche must be able to pay for all of them: otherwise the first would drain it, and the rest be
/// everybody else's.
#[test]
fn i07_rejects_any_lot_where_the_tranche_does_not_pay_for_all() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH, BANKRUPT);
    world.fund_tranche(0, DEFICIT - 1).unwrap();
    for lots in [1, 5_999, 6_000] {
        assert_rejects(&mut world, FirebreakError::TrancheInsufficient, |world| {
            world.liquidate(0, &carol, &erin.margin, lots, u64::MAX)
        });
    }
    world.fund_tranche(0, 1).unwrap();
    world.liquidate(0, &carol, &erin.margin, 1, u64::MAX).unwrap();
    assert_eq!(world.market(0).insurance_paid, 13_800); // a 6,000th
}

/// Erin's gain with BTC pays part of her loss with SOL once it is settled: lots could take no part of it along.
#[test]
fn i07_rejects_a_part_of_the_lots_while_a_part_of_the_loss_waits() {
    let (mut world, [erin, _, _, carol, _]) = crate::auto_deleverage::world_with_a_claim_elsewhere();
    terms(&mut world, |market| market.insurance_event_cap = u64::MAX);
    for lots in [1, 249] {
        assert_rejects(&mut world, FirebreakError::LotsInseparable, |world| {
            world.liquidate(0, &carol, &erin.margin, lots, u64::MAX)
        });
    }
    succeeds(&mut world, |world| world.liquidate(0, &carol, &erin.margin, 250, u64::MAX));
    let leg = world.margin(&erin.margin).position(0).map(|leg| (leg.size, leg.entry, leg.side_scale));
    assert_eq!((leg, world.market(0).insurance_paid), (Some((0, 900_000, 0)), 9_100_000));
}

/// The co-insurance share of one atom in ten thousand is never insurance's: then no tranche pays all of it.
#[test]
fn i07_rejects_the_last_lots_where_a_part_of_every_deficit_is_not_insured() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH, BANKRUPT);
    world.fund_tranche(0, 10 * DEFICIT).unwrap();
    terms(&mut world, |market| market.coinsurance_share_bps = 1);
    assert_rejects(&mut world, FirebreakError::TrancheInsufficient, |world| {
        world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX)
    });
    terms(&mut world, |market| market.coinsurance_share_bps = 0);
    world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX).unwrap();
}

/// Erin is also long 100 lots of BTC and has lost 10,000 with each: a million, beside 1,080 dollars with SOL. Of the
/// 83.8 dollars that are missing, each market bears its part by what was lost there.
pub fn world_with_two_losses() -> (Bank, Actor, Actor) {
    let mut world = world();
    let erin = world.actor("erin", 4, CASH + FEE + 60_000).unwrap();
    let bob = world.actor("bob", 4, 10_000 * DOLLAR).unwrap();
    let carol = world.actor("carol", 4, 10_000 * DOLLAR).unwrap();
    world.trade(0, &erin, &bob, 6_000, MARK).unwrap();
    world.trade(1, &erin, &bob, 100, 1_200_000).unwrap();
    assert_eq!(world.margin(&erin.margin).header.cash, CASH);
    world.chain.set_now(NOW + 10);
    world.set_mark(0, BANKRUPT).unwrap();
    world.set_mark(1, 1_190_000).unwrap();
    confirm(&mut world);
    (world, erin, carol)
}

/// Whichever goes first, cash pays what insurance does not, and nothing beyond: the other market's share stays what it
/// was. It is rounded up for the first, so that the last one bears an atom less.
#[test]
fn i07_two_markets_share_a_deficit_by_their_losses_in_either_order() {
    assert_eq!([83_800_000_u64 * 1_080, 83_800_000].map(|part| part.div_ceil(1_081)), [83_722_480, 77_521]);
    for order in [[(0, 83_722_480), (1, 77_520)], [(1, 77_521), (0, 83_722_479)]] {
        let (mut world, erin, carol) = world_with_two_losses();
        let mut cash = CASH;
        for (market, deficit) in order {
            world.fund_tranche(market, deficit - 1).unwrap();
            assert_rejects(&mut world, FirebreakError::TrancheInsufficient, |world| {
                world.liquidate(market, &carol, &erin.margin, u64::MAX, u64::MAX)
            });
            world.fund_tranche(market, 1).unwrap();

            succeeds(&mut world, |world| world.liquidate(market, &carol, &erin.margin, u64::MAX, u64::MAX));

            let loss = [1_080_000_000, 1_000_000][usize::from(market)];
            cash -= loss - deficit;
            let market = world.market(market);
            assert_eq!((market.insurance_paid, market.tranche, market.pool), (deficit, 0, loss));
            assert_eq!(world.margin(&erin.margin).header.cash, cash);
        }
        assert_eq!((cash, world.margin(&erin.margin).positions()), (0, &[][..]));
    }
}

/// Of 0.9 dollars that Erin's gain with BTC was to pay, it pays 0.3 now: the tranche pays the others where there are no
/// lots any more. Nobody but the tranche and the pool notices.
#[test]
fn i07_the_tranche_pays_a_debt_without_lots() {
    let (mut world, [erin, _, _, carol, _]) = crate::auto_deleverage::world_with_a_waiting_debt(1_230_000);
    let (now, pool) = (world.chain.now(), world.market(0).pool);
    let window = world.market(0).insurance_window_started;
    terms(&mut world, |market| market.insurance_event_cap = 599_999);
    assert_rejects(&mut world, FirebreakError::TrancheInsufficient, |world| {
        world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX)
    });
    terms(&mut world, |market| market.insurance_event_cap = 600_000);

    let step = succeeds(&mut world, |world| world.liquidate(0, &carol, &erin.margin, u64::MAX, u64::MAX));

    step.changes_only([
        change("erin.slots[0].entry", 900_000, 300_000),
        change("erin.liquidatable_since", 0, now),
        change("erin.liquidated_at", 0, now),
        change("market 0.pool", pool, pool + 600_000),
        change("market 0.tranche", 6_000_000, 5_400_000),
        change("market 0.insurance_paid", 4_000_000, 4_600_000),
        change("market 0.insurance_window_started", window, now),
        change("market 0.insurance_window_used", 4_000_000, 600_000),
    ]);
}

/// Insurance would pay on a print that nobody confirms.
#[test]
fn i10_rejects_insurance_on_an_uncertain_price() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH, BANKRUPT);
    world.fund_tranche(0, DEFICIT).unwrap();
    let now = world.chain.now();
    world.chain.set_now(now + 16);
    assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| {
        world.liquidate(0, &carol, &erin.margin, 6_000, u64::MAX)
    });
    world.chain.set_now(now + 15);
    world.liquidate(0, &carol, &erin.margin, 1, u64::MAX).unwrap();
}

/// One atom of SOL, which counts nothing, keeps insurance from paying; its buyer pays an atom for it.
#[test]
fn i07_rejects_insurance_while_any_collateral_is_left() {
    let (mut world, [erin, _, carol]) = world_with_a_long(CASH, BANKRUPT);
    world.fund_tranche(0, DEFICIT).unwrap();
    let tokens = collateral(&mut world, 1, &erin, 1);
    let deposit = world.at.deposit(1, erin.address(), erin.margin, tokens, 1);
    send(&mut world, deposit, &[&erin.key]).unwrap();
    for lots in [1, 6_000] {
        assert_rejects(&mut world, FirebreakError::CollateralRemains, |world| {
            world.liquidate(0, &carol, &erin.margin, lots, u64::MAX)
        });
    }
    let buy = world.at.liquidate_collateral(1, carol.address(), carol.margin, erin.margin, 1, 1);
    send(&mut world, buy, &[&carol.key]).unwrap();
    world.liquidate(0, &carol, &erin.margin, 6_000, u64::MAX).unwrap();
    assert_eq!(world.market(0).insurance_paid, DEFICIT - 1);
}
