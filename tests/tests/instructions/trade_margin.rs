//! I-04: who may trade, and who may only get smaller.

use crate::{scene::*, trade::fee};

/// Alice is long 1,000 lots on 200 dollars, of which 0.75 went to the fee; the mark has moved since.
pub fn world_at_a_mark(mark: u64) -> (Bank, Actor, Actor) {
    let mut world = world();
    unwatched(&mut world);
    let alice = world.actor("alice", 4, 200 * DOLLAR).unwrap();
    let bob = world.actor("bob", 4, 10_000 * DOLLAR).unwrap();
    world.trade(0, &alice, &bob, 1_000, MARK).unwrap();
    world.chain.set_now(NOW + 10);
    world.set_mark(0, mark).unwrap();
    (world, alice, bob)
}

/// At 1,400,000 she has 99.25 dollars left against 140.07 of initial and 70 of maintenance margin.
#[test]
fn i04_below_initial_margin_one_may_reduce_and_not_add() {
    let (mut world, alice, bob) = world_at_a_mark(1_400_000);
    let valuation = world.margin(&alice.margin).value_for_maintenance(&world.board(), NOW + 10).unwrap();
    assert_eq!((valuation.equity, valuation.requirement), (99_250_000, 70_000_000));

    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| world.trade(0, &alice, &bob, 1, 1_400_000));
    // What she gives away is her own: she stays above maintenance.
    succeeds(&mut world, |world| world.trade(0, &bob, &alice, 1, 1_372_000));
    succeeds(&mut world, |world| world.trade(0, &bob, &alice, 500, 1_400_000));
}

/// At 1,303,000 she has 2.25 dollars left against 65.15 of maintenance margin. Ten lots release 651,500 of it, so that
/// her ratio improves as long as they cost her less than 651,500 * 2.25 / 65.15 = 22,500: `10 d` below the mark, and
/// the fee.
#[test]
fn i04_rejects_a_reduction_below_maintenance_that_worsens_the_ratio() {
    let (mut world, alice, bob) = world_at_a_mark(1_303_000);
    let valuation = world.margin(&alice.margin).value_for_maintenance(&world.board(), NOW + 10).unwrap();
    assert_eq!((valuation.equity, valuation.requirement), (2_250_000, 65_150_000));
    let cost = |below: u64| 10 * below + fee(10, 1_303_000 - below);
    assert_eq!((cost(1_599), cost(1_600)), (22_498, 22_507));

    for worse in [1_600, 26_000] {
        assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| {
            world.trade(0, &bob, &alice, 10, 1_303_000 - worse)
        });
    }
    succeeds(&mut world, |world| world.trade(0, &bob, &alice, 10, 1_303_000 - 1_599));
}

/// At 1,300,000 she owes 0.75 dollars, at whatever price she sells: what her cash does not pay of the loss would stay
/// behind without the lots. Ten lots at 1,300,651 gain her 6,510 and cost a fee of 6,504: with 749,994 more, all of it
/// is paid.
#[test]
fn i04_rejects_a_reduction_that_leaves_a_loss_unpaid() {
    let (mut world, alice, bob) = world_at_a_mark(1_300_000);
    assert_eq!((10 * 651, fee(10, 1_300_651)), (6_510, 6_504));
    for price in [1_275_000, 1_300_000, 1_300_651, 1_326_000] {
        assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| world.trade(0, &bob, &alice, 10, price));
    }
    world.mint_to(&world.mint.pubkey(), &alice.tokens, 749_994).unwrap();
    world.deposit(&alice, 749_993).unwrap();
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| world.trade(0, &bob, &alice, 10, 1_300_651));
    world.deposit(&alice, 1).unwrap();
    succeeds(&mut world, |world| world.trade(0, &bob, &alice, 10, 1_300_651));
    assert_eq!(world.margin(&alice.margin).header.cash, 0);
}

/// With all of it paid and an atom left, she has equity again: but what she gave away now, insurance might have to pay.
/// From 651 on, ten lots gain her more than their fee.
#[test]
fn i04_rejects_a_reduction_near_no_equity_that_gives_too_much_away() {
    let (mut world, alice, bob) = world_at_a_mark(1_300_000);
    world.mint_to(&world.mint.pubkey(), &alice.tokens, 750_000).unwrap();
    world.deposit(&alice, 750_000).unwrap();
    for worse in [1_275_000, 1_300_000, 1_300_650] {
        assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| world.trade(0, &bob, &alice, 10, worse));
    }
    succeeds(&mut world, |world| world.trade(0, &bob, &alice, 10, 1_300_651));
}

/// A maker pays no fee: its offer at the mark gives nothing away, so it may be taken even where no equity is left, but
/// none is missing.
#[test]
fn i04_rejects_an_offer_of_one_who_owes_but_not_of_one_with_nothing_left() {
    let (mut world, alice, bob) = world_at_a_mark(1_300_000);
    reopen(&mut world); // otherwise the taker would start from the average
    let terms = OfferTerms { bid_lots: 0, ask_lots: 10, bid_spread_bps: 0, ask_spread_bps: 0, expires_at: NOW + 1_000 };
    world.place_offer(0, &alice, terms).unwrap();
    world.mint_to(&world.mint.pubkey(), &alice.tokens, 750_000).unwrap();
    world.deposit(&alice, 749_999).unwrap();
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| {
        world.take_offer(0, &bob, &alice, 10, 1_300_000)
    });
    world.deposit(&alice, 1).unwrap();
    succeeds(&mut world, |world| world.take_offer(0, &bob, &alice, 10, 1_300_000));
}

/// 200 lots more to sell bring her requirement to 54.4 dollars: above it, what she gives away is her own again.
#[test]
fn i04_a_reduction_that_ends_above_maintenance_is_allowed() {
    let (mut world, alice, bob) = world_at_a_mark(1_360_000);
    succeeds(&mut world, |world| world.trade(0, &bob, &alice, 200, 1_360_000));
    let valuation = world.margin(&alice.margin).value_for_maintenance(&world.board(), NOW + 10).unwrap();
    // The fee: 200 * 1,360,000 * 0.0005.
    assert_eq!((valuation.equity, valuation.requirement), (59_250_000 - 136_000, 54_400_000));
}

/// Market 1 falls silent while both sides hold it: the way out of market 0 stays open at the mark, and gives nothing
/// away.
#[test]
fn i04_rejects_giving_value_away_while_another_price_is_dead() {
    let (mut world, alice, bob) = world_with_two();
    for market in [0, 1] {
        let mark = world.row(market).mark;
        world.trade(market, &alice, &bob, 1_000, mark).unwrap();
    }
    world.chain.set_now(NOW + 61);
    world.set_mark(0, MARK).unwrap();

    let below = MARK - 1;
    assert_rejects(&mut world, FirebreakError::PriceStale, |world| world.trade(0, &bob, &alice, 100, below));
    succeeds(&mut world, |world| world.trade(0, &bob, &alice, 100, MARK));

    // With both prices alive, what is given away is one's own.
    let mark = world.row(1).mark;
    world.set_mark(1, mark).unwrap();
    succeeds(&mut world, |world| world.trade(0, &bob, &alice, 100, below));
}
