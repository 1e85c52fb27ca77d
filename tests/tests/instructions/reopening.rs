//! For a minute after an uncertain price nobody adds risk, takes out a gain or leaves with positions; everything else goes on.

use crate::scene::*;

/// Alice is long 1,000 lots, Bob short, Maker has an offer; a print of 1,300,000 was uncertain, and the next reading, at `NOW + 12`,
/// confirmed it.
fn world_after_a_jump() -> (Bank, [Actor; 3]) {
    let (mut world, alice, bob) = world_with_two();
    let maker = world.actor("maker", 4, 10_000 * DOLLAR).unwrap();
    let terms = OfferTerms { bid_lots: 9, ask_lots: 9, bid_spread_bps: 0, ask_spread_bps: 0, expires_at: OPENS + 1 };
    world.place_offer(0, &maker, terms).unwrap();
    world.trade(0, &alice, &bob, 1_000, MARK).unwrap();
    world.chain.set_now(NOW + 1);
    world.set_mark(0, 1_300_000).unwrap();
    assert_eq!(world.row(0).quality, risk::PriceQuality::Uncertain as u8);
    // The average has to come within a tenth first.
    world.chain.set_now(NOW + 86_400);
    world.set_mark(0, 1_300_000).unwrap();
    world.chain.set_now(OPENS - 60);
    world.set_mark(0, 1_300_000).unwrap();
    let row = world.row(0);
    assert_eq!((row.quality, row.risk_opens_at), (risk::PriceQuality::Fresh as u8, OPENS));
    world.settle(0, &alice.margin).unwrap();
    (world, [alice, bob, maker])
}

const OPENS: i64 = NOW + 86_400 + 70;

type Attempt = fn(&mut Bank, &[Actor; 3]) -> Sent;

#[test]
fn i10_rejects_new_risk_gains_and_withdrawals_for_a_minute_after_an_uncertain_price() {
    let attempts: [Attempt; 4] = [
        |world, [alice, bob, _]| world.trade(0, alice, bob, 1, 1_300_000),
        |world, [_, bob, _]| world.settle(0, &bob.margin),
        |world, [alice, ..]| world.withdraw(alice, 1),
        |world, [alice, _, maker]| world.take_offer(0, alice, maker, 1, u64::MAX),
    ];
    for attempt in attempts {
        let (mut world, actors) = world_after_a_jump();
        unwatched(&mut world);
        for seconds in [-60, -1] {
            world.chain.set_now(OPENS + seconds);
            world.set_mark(0, 1_300_000).unwrap();
            assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| attempt(world, &actors));
        }
        world.chain.set_now(OPENS);
        attempt(&mut world, &actors).unwrap();
    }
}

/// A sweep may move the fees; the market's own lots, stakes and exits wait as for an uncertain price.
#[test]
fn i10_rejects_a_stake_for_a_minute_after_an_uncertain_price() {
    let (mut world, [alice, ..]) = world_after_a_jump();
    world.mint_to(&world.mint.pubkey(), &alice.tokens, 10).unwrap();
    let tokens = world.quote(alice.tokens);
    world.sweep_all().unwrap();
    let stake = world.at.stake_insurance(payer().pubkey(), alice.address(), tokens, 1, &[0, 1, 2]);
    assert_rejects(&mut world, FirebreakError::MarketsNotSwept, |world| {
        send(world, stake.clone(), &[&payer(), &alice.key])
    });
    world.chain.set_now(OPENS);
    world.set_mark(0, 1_300_000).unwrap();
    send(&mut world, stake, &[&payer(), &alice.key]).unwrap();
}

/// Reducing, settling a loss, and closing whom the jump made bankrupt need no more than a fresh price.
#[test]
fn reducing_and_deleveraging_do_not_wait() {
    let (mut world, [alice, bob, _]) = world_after_a_jump();
    succeeds(&mut world, |world| world.trade(0, &bob, &alice, 100, 1_300_000));
    world.chain.set_now(OPENS - 50);
    world.set_mark(0, 1_290_000).unwrap();
    succeeds(&mut world, |world| world.settle(0, &alice.margin));
    set_cash(&mut world, &alice, 0);
    world.chain.set_now(OPENS - 49);
    world.set_mark(0, 1_289_000).unwrap();
    succeeds(&mut world, |world| world.report_deficit(&alice.margin));
    succeeds(&mut world, |world| world.auto_deleverage(0, &alice.margin));
}
