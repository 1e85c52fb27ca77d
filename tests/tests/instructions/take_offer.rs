use crate::scene::*;
use firebreak::{event::Traded, state::CROSS};

/// Bids 500 lots 0.2 % below the mark, asks for 800 lots 0.1 % above it.
const TERMS: OfferTerms =
    OfferTerms { bid_lots: 500, ask_lots: 800, bid_spread_bps: 20, ask_spread_bps: 10, expires_at: NOW + 30 };
const ASK: u64 = 1_501_500;
const BID: u64 = 1_497_000;

/// Alice takes, Bob has made the offer.
fn world_with_an_offer() -> (Bank, Actor, Actor) {
    let (mut world, alice, bob) = world_with_two();
    world.place_offer(0, &bob, TERMS).unwrap();
    (world, alice, bob)
}

/// Alice pays 300 * 1,501,500 * 0.05 % and at once what she bought too dear; Bob's gain of the same size waits.
#[test]
fn a_taker_buys_at_the_ask() {
    let (mut world, alice, bob) = world_with_an_offer();

    let step = succeeds(&mut world, |world| world.take_offer(0, &alice, &bob, 300, ASK));

    let (fee, loss) = (225_225, 300 * 1_500);
    step.changes_only([
        change("alice.cash", 10_000_000_000_u64, 10_000_000_000_u64 - fee - loss),
        change("alice.position_count", 0, 1),
        stamped("alice.slots[0]"),
        change("alice.slots[0].size", 0, 300),
        change("alice.slots[0].entry", 0, 300 * 1_500_000),
        change("bob.position_count", 0, 1),
        stamped("bob.slots[0]"),
        change("bob.slots[0].size", 0, -300),
        change("bob.slots[0].entry", 0, -300 * 1_501_500),
        change("bob's offer 0.ask_lots", 800, 500),
        change("market 0.fees", 0, fee),
        change("market 0.pool", 0, loss),
        change("market 0.long_open_interest", 0, 300),
        change("market 0.short_open_interest", 0, 300),
    ])
    .emits([&Traded {
        market: world.at.market(0),
        buyer: alice.margin,
        seller: bob.margin,
        lots: 300,
        price: ASK,
        mark: MARK,
    }]);
}

#[test]
fn a_taker_sells_at_the_bid() {
    let (mut world, alice, bob) = world_with_an_offer();

    let step = succeeds(&mut world, |world| world.take_offer(0, &alice, &bob, -200, BID));

    let (fee, loss) = (149_700, 200 * 3_000);
    step.changes_only([
        change("alice.cash", 10_000_000_000_u64, 10_000_000_000_u64 - fee - loss),
        change("alice.position_count", 0, 1),
        stamped("alice.slots[0]"),
        change("alice.slots[0].size", 0, -200),
        change("alice.slots[0].entry", 0, -200 * 1_500_000),
        change("bob.position_count", 0, 1),
        stamped("bob.slots[0]"),
        change("bob.slots[0].size", 0, 200),
        change("bob.slots[0].entry", 0, 200 * 1_497_000),
        change("bob's offer 0.bid_lots", 500, 300),
        change("market 0.fees", 0, fee),
        change("market 0.pool", 0, loss),
        change("market 0.long_open_interest", 0, 200),
        change("market 0.short_open_interest", 0, 200),
    ])
    .emits([&Traded {
        market: world.at.market(0),
        buyer: bob.margin,
        seller: alice.margin,
        lots: 200,
        price: BID,
        mark: MARK,
    }]);
}

#[test]
fn rejects_a_side_that_is_used_up_after_filling_what_was_left() {
    let (mut world, alice, bob) = world_with_an_offer();
    succeeds(&mut world, |world| world.take_offer(0, &alice, &bob, 900, u64::MAX));
    assert_eq!(world.margin(&alice.margin).positions()[0].size, 800);
    assert_rejects(&mut world, FirebreakError::OfferEmpty, |world| world.take_offer(0, &alice, &bob, 1, u64::MAX));
    // The other side is still there.
    succeeds(&mut world, |world| world.take_offer(0, &alice, &bob, i64::MIN, 0));
    assert_eq!(world.margin(&alice.margin).positions()[0].size, 300);
    assert_rejects(&mut world, FirebreakError::OfferEmpty, |world| world.take_offer(0, &alice, &bob, -1, 0));
}

#[test]
fn rejects_a_price_one_atom_beyond_the_takers_limit() {
    let (mut world, alice, bob) = world_with_an_offer();
    for (lots, good, bad) in [(10, ASK, ASK - 1), (-10, BID, BID + 1)] {
        assert_rejects(&mut world, FirebreakError::LimitPriceExceeded, |world| {
            world.take_offer(0, &alice, &bob, lots, bad)
        });
        world.take_offer(0, &alice, &bob, lots, good).unwrap();
    }
}

#[test]
fn the_price_follows_the_mark_and_rounds_against_the_taker() {
    let (mut world, alice, bob) = world_with_an_offer();
    world.chain.set_now(NOW + 1);
    world.set_mark(0, 1_500_001).unwrap();
    // 1,500,001 * 1.001 = 1,501,501.001 and 1,500,001 * 0.998 = 1,497,000.998.
    assert_rejects(&mut world, FirebreakError::LimitPriceExceeded, |world| {
        world.take_offer(0, &alice, &bob, 1, 1_501_501)
    });
    world.take_offer(0, &alice, &bob, 1, 1_501_502).unwrap();
    assert_rejects(&mut world, FirebreakError::LimitPriceExceeded, |world| {
        world.take_offer(0, &alice, &bob, -1, 1_497_001)
    });
    world.take_offer(0, &alice, &bob, -1, 1_497_000).unwrap();
}

/// Alice, Bob's taker, is long 100 lots (or short, where negative), Bob the other way; the mark is `mark` since NOW + 5.
fn world_to_reduce_in(lots: i64, mark: u64) -> (Bank, Actor, Actor) {
    let (mut world, alice, bob) = world_with_an_offer();
    let (buyer, seller) = if lots > 0 { (&alice, &bob) } else { (&bob, &alice) };
    world.trade(0, buyer, seller, lots.unsigned_abs(), MARK).unwrap();
    world.chain.set_now(NOW + 5);
    world.set_mark(0, mark).unwrap();
    (world, alice, bob)
}

/// In five seconds the average follows by 5/305 of the way, 163.93; the interval is 745 or 755 to either side. On an
/// old price a buyer starts from the higher of high end and average, a seller from the lower of low end and average:
/// both only reduce.
#[test]
fn on_an_uncertain_mark_the_taker_pays_the_worse_of_mark_and_average() {
    // (mark, lots Alice takes, price while fresh, price from the 16th second of age on)
    let cases = [
        (1_490_000, 10, 1_491_490, 1_501_337),  // 1,499,837 * 1.001 = 1,501,336.837
        (1_490_000, -10, 1_487_020, 1_486_276), // 1,489,255 * 0.998 = 1,486,276.49
        (1_510_000, 10, 1_511_510, 1_512_266),  // 1,510,755 * 1.001 = 1,512,265.755
        (1_510_000, -10, 1_506_980, 1_497_162), // 1,500,163 * 0.998 = 1,497,162.674
    ];
    for (mark, lots, fresh, uncertain) in cases {
        for (age, price) in [(15, fresh), (16, uncertain)] {
            let (mut world, alice, bob) = world_to_reduce_in(-10 * lots, mark);
            world.chain.set_now(NOW + 5 + age);
            let better = if lots > 0 { price - 1 } else { price + 1 };
            assert_rejects(&mut world, FirebreakError::LimitPriceExceeded, |world| {
                world.take_offer(0, &alice, &bob, lots, better)
            });
            let (buyer, seller) = if lots > 0 { (&alice, &bob) } else { (&bob, &alice) };
            let traded = Traded {
                market: world.at.market(0),
                buyer: buyer.margin,
                seller: seller.margin,
                lots: 10,
                price,
                mark,
            };
            succeeds(&mut world, |world| world.take_offer(0, &alice, &bob, lots, price)).emits([&traded]);
        }
    }
}

/// On a price 16 seconds old Bob's ask starts from 1,500,750 and his bid from 1,499,250, and the band still ends at
/// 1,530,000 and 1,470,000.
#[test]
fn rejects_a_quote_that_an_uncertain_mark_carries_outside_the_band() {
    assert_eq!((1_500_750_u64 * 10_194).div_ceil(10_000), 1_529_865);
    assert_eq!((1_500_750_u64 * 10_195).div_ceil(10_000), 1_530_015);
    assert_eq!((1_499_250_u64 * 9_805 / 10_000, 1_499_250_u64 * 9_804 / 10_000), (1_470_014, 1_469_864));
    for (lots, good, limit) in [(1, 194, u64::MAX), (-1, 195, 0)] {
        let (mut world, alice, bob) = world_to_reduce_in(-100 * lots, MARK);
        let update = |spread| {
            let terms = OfferTerms { bid_spread_bps: spread, ask_spread_bps: spread, ..TERMS };
            ix::update_offer(0, bob.address(), bob.margin, terms)
        };
        world.chain.set_now(NOW + 5 + 16);
        send(&mut world, update(good), &[&bob.key]).unwrap();
        world.take_offer(0, &alice, &bob, lots, limit).unwrap();
        send(&mut world, update(good + 1), &[&bob.key]).unwrap();
        assert_rejects(&mut world, FirebreakError::PriceOutsideBand, |world| {
            world.take_offer(0, &alice, &bob, lots, limit)
        });
    }
}

/// A print of 1,300,000 is beyond the average's band at once. Bob buys at it, 1,299,350 * 0.998 = 1,296,751.3, but does
/// not sell at it: his ask starts from the average.
#[test]
fn rejects_buying_from_an_offer_at_a_print_far_below_the_average() {
    let (mut world, alice, bob) = world_to_reduce_in(-100, 1_300_000);
    assert_rejects(&mut world, FirebreakError::PriceOutsideBand, |world| {
        world.take_offer(0, &alice, &bob, 1, u64::MAX)
    });
    let (mut world, alice, bob) = world_to_reduce_in(100, 1_300_000);
    assert_rejects(&mut world, FirebreakError::LimitPriceExceeded, |world| {
        world.take_offer(0, &alice, &bob, -1, 1_296_752)
    });
    world.take_offer(0, &alice, &bob, -1, 1_296_751).unwrap();
}

#[test]
fn rejects_an_offer_from_the_second_it_expires() {
    let (mut world, alice, bob) = world_with_an_offer();
    world.chain.set_now(NOW + 29);
    world.set_mark(0, MARK).unwrap();
    world.take_offer(0, &alice, &bob, 1, u64::MAX).unwrap();
    world.chain.set_now(NOW + 30);
    assert_rejects(&mut world, FirebreakError::OfferExpired, |world| world.take_offer(0, &alice, &bob, 1, u64::MAX));
}

#[test]
fn rejects_no_lots() {
    let (mut world, alice, bob) = world_with_an_offer();
    world.take_offer(0, &alice, &bob, 1, u64::MAX).unwrap();
    assert_rejects(&mut world, FirebreakError::AmountZero, |world| world.take_offer(0, &alice, &bob, 0, u64::MAX));
}

/// 15 dollars are enough for the margin of 99 lots (14.857425) but, with the loss to the confidence interval, not 100.
#[test]
fn rejects_what_the_makers_margin_does_not_carry() {
    let (mut world, alice, _) = world_with_an_offer();
    let poor = world.actor("maker", 4, 15_000_000).unwrap();
    world.place_offer(0, &poor, OfferTerms { ask_spread_bps: 0, ..TERMS }).unwrap();
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| {
        world.take_offer(0, &alice, &poor, 100, u64::MAX)
    });
    // 99 lots: margin 99 * 150,075, and 99 * 750 below cost.
    world.take_offer(0, &alice, &poor, 99, u64::MAX).unwrap();
}

#[test]
fn rejects_what_the_takers_margin_does_not_carry() {
    let (mut world, _, bob) = world_with_an_offer();
    let poor = world.actor("carol", 4, 15_000_000).unwrap();
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| {
        world.take_offer(0, &poor, &bob, 98, u64::MAX)
    });
    // Each lot costs 1,500 more than it is worth, 750 more for the confidence, 150,075 of margin; and then the fee.
    let needed = |lots: u64| (lots * ASK * 5).div_ceil(10_000) + lots * (1_500 + 750 + 150_075);
    assert!(needed(97) <= 15_000_000 && 15_000_000 < needed(98));
    world.take_offer(0, &poor, &bob, 97, u64::MAX).unwrap();
}

#[test]
fn rejects_a_quote_outside_the_band() {
    let (mut world, alice, bob) = world_with_an_offer();
    let update = |spread| {
        let terms = OfferTerms { bid_spread_bps: spread, ask_spread_bps: spread, ..TERMS };
        ix::update_offer(0, bob.address(), bob.margin, terms)
    };
    send(&mut world, update(200), &[&bob.key]).unwrap();
    world.take_offer(0, &alice, &bob, 1, u64::MAX).unwrap();
    world.take_offer(0, &alice, &bob, -1, 0).unwrap();
    send(&mut world, update(201), &[&bob.key]).unwrap();
    for (lots, limit) in [(1, u64::MAX), (-1, 0)] {
        assert_rejects(&mut world, FirebreakError::PriceOutsideBand, |world| {
            world.take_offer(0, &alice, &bob, lots, limit)
        });
    }
}

#[test]
fn rejects_an_offer_of_another_maker_or_market() {
    let (mut world, alice, bob) = world_with_an_offer();
    let carol = world.actor("carol", 4, 1_000 * DOLLAR).unwrap();
    world.place_offer(0, &carol, TERMS).unwrap();
    world.place_offer(1, &bob, TERMS).unwrap();
    let take = world.at.take_offer(0, alice.address(), alice.margin, bob.margin, 1, u64::MAX);
    send(&mut world, take.clone(), &[&alice.key]).unwrap();

    let own = world.offer_address(&bob, 0);
    for wrong in [world.offer_address(&carol, 0), world.offer_address(&bob, 1)] {
        let wrong = swapped(take.clone(), own, wrong);
        assert_rejects(&mut world, FirebreakError::OfferMismatch, |world| send(world, wrong, &[&alice.key]));
    }
}

#[test]
fn rejects_a_taker_that_somebody_else_signs_for() {
    let (mut world, alice, bob) = world_with_an_offer();
    world.take_offer(0, &alice, &bob, 1, u64::MAX).unwrap();
    let take = world.at.take_offer(0, bob.address(), alice.margin, bob.margin, 1, u64::MAX);
    assert_rejects(&mut world, FirebreakError::SignerNotAllowed, |world| send(world, take, &[&bob.key]));
}

#[test]
fn rejects_taking_ones_own_offer() {
    let (mut world, alice, bob) = world_with_an_offer();
    world.take_offer(0, &alice, &bob, 1, u64::MAX).unwrap();
    assert_rejects(&mut world, SAME_ACCOUNT_TWICE, |world| world.take_offer(0, &bob, &bob, 1, u64::MAX));
}

#[test]
fn rejects_accounts_of_another_clearinghouse() {
    let (mut world, alice, bob) = world_with_an_offer();
    let theirs = other_clearinghouse(&mut world);
    let at = world.at;
    let take = at.take_offer(0, alice.address(), alice.margin, bob.margin, 1, u64::MAX);
    send(&mut world, take.clone(), &[&alice.key]).unwrap();
    let create = theirs.create_margin_account(payer().pubkey(), alice.address(), 0, 4, CROSS);
    send(&mut world, create, &[&payer(), &alice.key]).unwrap();

    for (own, foreign) in [
        (at.board, theirs.board),
        (at.breaker, theirs.breaker),
        (at.market(0), theirs.market(0)),
        (alice.margin, theirs.margin_account(&alice.address(), 0)),
    ] {
        let foreign = swapped(take.clone(), own, foreign);
        assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| send(world, foreign, &[&alice.key]));
    }
}

/// Terms are checked when they are placed; an offer that holds anything else takes nobody in.
#[test]
fn rejects_a_spread_of_all_of_the_price() {
    let (mut world, alice, bob) = world_with_an_offer();
    world.take_offer(0, &alice, &bob, -1, 0).unwrap();
    let offer = world.offer_address(&bob, 0);
    edit::<firebreak::state::Offer, _>(&mut world, &offer, |offer| offer.bid_spread_bps = 10_001);
    assert_rejects(&mut world, FirebreakError::OfferInvalid, |world| world.take_offer(0, &alice, &bob, -1, 0));
}

#[test]
fn caution_halves_the_band() {
    let (mut world, alice, bob) = world_with_an_offer();
    let trip = world.at.trip_breaker(authority().pubkey(), 0, 1, 60, 0);
    send(&mut world, trip, &[&authority()]).unwrap();
    let update = |spread| {
        let terms = OfferTerms { ask_spread_bps: spread, ..TERMS };
        ix::update_offer(0, bob.address(), bob.margin, terms)
    };
    send(&mut world, update(100), &[&bob.key]).unwrap();
    world.take_offer(0, &alice, &bob, 1, u64::MAX).unwrap();
    send(&mut world, update(101), &[&bob.key]).unwrap();
    assert_rejects(&mut world, FirebreakError::PriceOutsideBand, |world| {
        world.take_offer(0, &alice, &bob, 1, u64::MAX)
    });
}
