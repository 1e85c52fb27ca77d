//! `sweep_insurance` and the market's own position: what it owes, claims and holds.

use crate::{
    liquidate::terms,
    scene::*,
    sweep_insurance::{FEES, world_with_fees},
};
use firebreak::state::{MarginAccount, Market};

/// Erin's whole side was charged all it is worth, and 35 dollars are the market's own debt; it has earned 0.375.
fn world_that_owes() -> Bank {
    let mut world = world();
    let erin = world.actor("erin", 4, 40_187_500).unwrap();
    let alice = world.actor("alice", 4, 10_000 * DOLLAR).unwrap();
    world.trade(0, &erin, &alice, 250, MARK).unwrap();
    crate::auto_deleverage::stand(&mut world, 0, 600_000);
    world.auto_deleverage(0, &erin.margin).unwrap();
    let market = world.market(0);
    assert_eq!((market.dust_entry, market.fees, market.pool), (35_000_000, 375_000, 40_000_000));
    world
}

#[test]
fn i07_fees_pay_what_the_market_owes_before_they_are_shared() {
    let mut world = world_that_owes();
    let now = world.chain.now();

    let step = succeeds(&mut world, |world| world.sweep(0));

    step.changes_only([
        change("market 0.fees", 375_000, 0),
        change("market 0.pool", 40_000_000, 40_375_000),
        change("market 0.dust_entry", 35_000_000, 34_625_000),
        change("market 0.own_debt", 35_000_000, 34_625_000),
        change("market 0.refill_window_started", 0, now),
    ]);
}

/// Alice closes ten lots without cash: her fee of 6,864 is a claim of the market, which the pool pays.
#[test]
fn a_claim_for_fees_is_paid_by_the_pool_and_shared() {
    let (mut world, [alice, bob]) = world_with_fees();
    world.chain.set_now(NOW + 10);
    world.set_mark(0, 1_372_000).unwrap();
    world.settle(0, &alice.margin).unwrap();
    let cash = world.margin(&alice.margin).header.cash;
    edit::<MarginAccount, _>(&mut world, &alice.margin, |account| account.cash = 0);
    terms(&mut world, |market| market.protocol_fees += cash);
    world.trade(0, &bob, &alice, 10, 1_372_690).unwrap();
    let before = world.market(0);
    assert_eq!((before.dust_entry, before.fees), (-6_864, FEES + 6_864));

    succeeds(&mut world, |world| world.sweep(0));

    let after = world.market(0);
    assert_eq!((after.dust_entry, after.pool), (0, before.pool - 6_864));
    assert_eq!((after.protocol_fees, world.ledger().fund.unwrap().assets), (cash + 756_864, 756_864));
}

/// What fees do not cover of it, the tranche pays within its caps: 20 dollars of it here, and what is above its target
/// returns.
#[test]
fn i07_the_tranche_pays_what_fees_do_not_cover_within_its_caps() {
    type Bound = fn(&mut Market);
    let cases: [(Bound, u64); 6] = [
        (|market| market.tranche = 20_000_000, 20_000_000),
        (|market| market.insurance_event_cap = 7, 7),
        (|market| market.insurance_window_cap = 8, 8),
        (|market| market.coinsurance_share_bps = 10_000, 0),
        (|market| market.coinsurance_share_bps = 1, 34_621_537),
        (|_| {}, 34_625_000),
    ];
    for (bound, paid) in cases {
        let mut world = world_that_owes();
        world.fund_tranche(0, 50_000_000).unwrap();
        terms(&mut world, bound);
        let before = world.market(0);
        world.sweep(0).unwrap();
        let after = world.market(0);
        assert_eq!((after.insurance_paid, after.insurance_window_used), (paid, paid));
        assert_eq!((after.pool - before.pool, after.dust_entry), (375_000 + paid, 34_625_000 - paid as i64));
        assert_eq!((after.tranche, after.own_debt), (before.tranche - paid, 34_625_000 - paid));
    }
}

/// However often somebody sweeps: the cap per event counts once in each window.
#[test]
fn i07_the_tranche_pays_one_events_cap_in_each_window() {
    let mut world = world_that_owes();
    world.fund_tranche(0, 50_000_000).unwrap();
    terms(&mut world, |market| market.insurance_event_cap = 20_000_000);
    let now = world.chain.now();
    for (seconds, paid) in [(0, 20_000_000), (1, 20_000_000), (3_599, 20_000_000), (3_600, 34_625_000)] {
        world.chain.set_now(now + seconds);
        world.sweep(0).unwrap();
        let market = world.market(0);
        assert_eq!((market.insurance_paid, market.own_debt), (paid, 34_625_000 - paid));
    }
}

/// What fractions of lots lose with the price is no bankrupt account's debt: fees pay it, and never the tranche.
#[test]
fn i07_the_tranche_pays_nothing_that_the_markets_own_lots_lose() {
    let mut world = world_with_fractions();
    world.fund_tranche(0, 50_000_000).unwrap();
    let now = world.chain.now();
    world.chain.set_now(now + 1);
    world.set_mark(0, 1_310_000).unwrap();
    let pool = world.market(0).pool;
    succeeds(&mut world, |world| world.sweep(0));
    let market = world.market(0);
    assert_eq!((market.pool - pool, market.insurance_paid, market.own_debt), (4_500, 0, 0));
}

/// The market took over a lot of Alice's and Bob's fractions, short; Erin's bankruptcy cut them.
fn world_with_fractions() -> Bank {
    let mut world = world();
    let erin = world.actor("erin", 4, 160_750).unwrap();
    let [alice, bob, dave] = ["alice", "bob", "dave"].map(|name| world.actor(name, 4, 10_000 * DOLLAR).unwrap());
    world.trade(0, &erin, &bob, 1, MARK).unwrap();
    world.trade(0, &dave, &alice, 2, MARK).unwrap();
    crate::auto_deleverage::stand(&mut world, 0, 1_300_000);
    world.auto_deleverage(0, &erin.margin).unwrap();
    let settle = world.at.settle(0, &[alice.margin, bob.margin, dave.margin]);
    send(&mut world, settle, &[&payer()]).unwrap();
    terms(&mut world, |market| market.tranche_target = 0);
    let market = world.market(0);
    assert_eq!((market.dust_size, market.dust_entry, market.fees), (-1, -1_300_001, 4_500));
    world
}

/// 1,000 a lot against it: fees pay a thousand. 100 more than fees hold, and the rest stays a debt.
#[test]
fn a_loss_of_the_markets_own_lots_is_paid_as_far_as_fees_reach() {
    for (rise, paid) in [(1_000, 1_000), (4_499, 4_499), (4_500, 4_500), (4_600, 4_500)] {
        let mut world = world_with_fractions();
        let now = world.chain.now();
        world.chain.set_now(now + 1);
        world.set_mark(0, 1_300_000 + rise).unwrap();
        let before = world.market(0);
        succeeds(&mut world, |world| world.sweep(0));
        let after = world.market(0);
        assert_eq!((after.pool - before.pool, before.dust_entry - after.dust_entry), (paid, paid as i64));
        let fund = world.ledger().fund.unwrap().assets;
        assert_eq!((after.protocol_fees + fund, after.fees), (4_500 - paid, 0));
    }
}

/// At 1,200,000, or the worse price as long as that is higher, as far as the pool reaches.
#[test]
fn a_gain_of_the_markets_own_lots_comes_at_the_worse_price() {
    for pool in [300_000, 99_400, 99_399, 0] {
        let mut world = world_with_fractions();
        crate::auto_deleverage::stand(&mut world, 0, 1_200_000);
        terms(&mut world, |market| {
            (market.protocol_fees, market.pool) = (market.protocol_fees + market.pool - pool, pool);
        });
        let before = world.market(0);
        world.sweep(0).unwrap();
        // 1,200,600 with its confidence, and the fractions of an atom rounded down.
        let gain = 1_300_001 - 1_200_601;
        let after = world.market(0);
        assert_eq!(before.pool - after.pool, gain.min(pool));
        assert_eq!(after.dust_entry - before.dust_entry, gain.min(pool) as i64);
    }
}

/// 16 seconds after its price the lots wait; the fees do not.
#[test]
fn i10_own_lots_settle_only_on_a_fresh_price() {
    for (age, paid) in [(15, 1_000), (16, 0)] {
        let mut world = world_with_fractions();
        let now = world.chain.now() + 1;
        world.chain.set_now(now);
        world.set_mark(0, 1_301_000).unwrap();
        world.chain.set_now(now + age);
        let pool = world.market(0).pool;
        succeeds(&mut world, |world| world.sweep(0));
        assert_eq!((world.market(0).pool - pool, world.market(0).fees), (paid, 0));
    }
}
