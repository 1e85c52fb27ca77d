use crate::scene::*;
use firebreak::{
    event::Traded,
    state::{CROSS, MarginAccount, Market},
};

/// Fee of one side, 0.05 % rounded up.
pub fn fee(lots: u64, price: u64) -> u64 {
    (lots * price * 5).div_ceil(10_000)
}

#[test]
fn a_match_moves_lots_and_cost_and_both_pay_the_fee() {
    let (mut world, alice, bob) = world_with_two();

    let step = succeeds(&mut world, |world| world.trade(0, &alice, &bob, 1_000, MARK));

    step.changes_only([
        change("alice.cash", 10_000_000_000_u64, 9_999_250_000_u64),
        change("alice.position_count", 0, 1),
        stamped("alice.slots[0]"),
        change("alice.slots[0].size", 0, 1_000),
        change("alice.slots[0].entry", 0, 1_500_000_000),
        change("bob.cash", 10_000_000_000_u64, 9_999_250_000_u64),
        change("bob.position_count", 0, 1),
        stamped("bob.slots[0]"),
        change("bob.slots[0].size", 0, -1_000),
        change("bob.slots[0].entry", 0, -1_500_000_000),
        change("market 0.fees", 0, 1_500_000),
        change("market 0.long_open_interest", 0, 1_000),
        change("market 0.short_open_interest", 0, 1_000),
    ])
    .emits([&Traded {
        market: world.at.market(0),
        buyer: alice.margin,
        seller: bob.margin,
        lots: 1_000,
        price: MARK,
        mark: MARK,
    }]);
}

/// Below the mark the seller has lost the difference and pays it into the pool at once; the buyer's gain waits.
#[test]
fn the_side_that_traded_worse_than_the_mark_pays_the_pool_at_once() {
    let (mut world, alice, bob) = world_with_two();

    let step = succeeds(&mut world, |world| world.trade(2, &alice, &bob, 7, 4_000_000 - 10_000));

    // 7 * 3,990,000 * 0.0005 = 13,965.
    step.changes_only([
        change("alice.cash", 10_000_000_000_u64, 10_000_000_000_u64 - 13_965),
        change("alice.position_count", 0, 1),
        stamped("alice.slots[0]"),
        change("alice.slots[0].market", 0, 2),
        change("alice.slots[0].size", 0, 7),
        change("alice.slots[0].entry", 0, 7 * 3_990_000),
        change("bob.cash", 10_000_000_000_u64, 10_000_000_000_u64 - 13_965 - 70_000),
        change("bob.position_count", 0, 1),
        stamped("bob.slots[0]"),
        change("bob.slots[0].market", 0, 2),
        change("bob.slots[0].size", 0, -7),
        change("bob.slots[0].entry", 0, -7 * 4_000_000),
        change("market 2.fees", 0, 2 * 13_965),
        change("market 2.pool", 0, 70_000),
        change("market 2.long_open_interest", 0, 7),
        change("market 2.short_open_interest", 0, 7),
    ]);
}

#[test]
fn a_closed_position_frees_its_slot() {
    let (mut world, alice, bob) = world_with_two();
    world.trade(0, &alice, &bob, 10, MARK).unwrap();
    world.trade(1, &alice, &bob, 20, 1_200_000).unwrap();

    let step = succeeds(&mut world, |world| world.trade(0, &bob, &alice, 10, MARK));

    step.changes_only([
        change("alice.cash", 10_000_000_000_u64 - 7_500 - 12_000, 10_000_000_000_u64 - 7_500 - 12_000 - 7_500),
        change("alice.position_count", 2, 1),
        change("alice.slots[0].market", 0, 1),
        change("alice.slots[0].size", 10, 20),
        change("alice.slots[0].entry", 15_000_000, 24_000_000),
        change("alice.slots[1].market", 1, 0),
        change("alice.slots[1].size", 20, 0),
        change("alice.slots[1].entry", 24_000_000, 0),
        change("alice.slots[1].side_scale", risk::SCALE_ONE, 0),
        change("bob.cash", 10_000_000_000_u64 - 7_500 - 12_000, 10_000_000_000_u64 - 7_500 - 12_000 - 7_500),
        change("bob.position_count", 2, 1),
        change("bob.slots[0].market", 0, 1),
        change("bob.slots[0].size", -10, -20),
        change("bob.slots[0].entry", -15_000_000, -24_000_000),
        change("bob.slots[1].market", 1, 0),
        change("bob.slots[1].size", -20, 0),
        change("bob.slots[1].entry", -24_000_000, 0),
        change("bob.slots[1].side_scale", risk::SCALE_ONE, 0),
        change("market 0.fees", 15_000, 30_000),
        change("market 0.long_open_interest", 10, 0),
        change("market 0.short_open_interest", 10, 0),
    ]);
}

#[test]
fn rejects_a_price_outside_the_band() {
    let (mut world, alice, bob) = world_with_two();
    // 2 % of 1,500,000.
    for (good, bad) in [(1_530_000, 1_530_001), (1_470_000, 1_469_999)] {
        assert_rejects(&mut world, FirebreakError::PriceOutsideBand, |world| world.trade(0, &alice, &bob, 1, bad));
        world.trade(0, &alice, &bob, 1, good).unwrap();
    }
    for absurd in [0, u64::MAX] {
        assert_rejects(&mut world, FirebreakError::PriceOutsideBand, |world| world.trade(0, &alice, &bob, 1, absurd));
    }
}

#[test]
fn rejects_no_lots() {
    let (mut world, alice, bob) = world_with_two();
    world.trade(0, &alice, &bob, 1, MARK).unwrap();
    assert_rejects(&mut world, FirebreakError::AmountZero, |world| world.trade(0, &alice, &bob, 0, MARK));
}

/// With a price of one atom per lot even the largest position is carried by a few dollars.
#[test]
fn rejects_more_lots_than_a_position_may_have() {
    let mut listing = listing::listing("DUST", -2);
    listing.asset.confidence_fresh_bps = 9_000;
    listing.asset.confidence_max_bps = 9_000;
    listing.market.price_band_bps = 499;
    let mut world = World::listed(BankChain::new(), NOW, &[listing]).unwrap();
    world.set_mark(0, 2).unwrap();
    let alice = world.actor("alice", 4, 2_000 * DOLLAR).unwrap();
    let bob = world.actor("bob", 4, 2_000 * DOLLAR).unwrap();
    let (market, most) = (world.at.market(0), 1_u64 << 28);
    edit::<Market, _>(&mut world, &market, |market| market.max_open_interest_lots = u64::MAX);

    for lots in [most + 1, i64::MAX as u64 + 1, u64::MAX] {
        assert_rejects(&mut world, FirebreakError::SizeOutOfRange, |world| world.trade(0, &alice, &bob, lots, 2));
    }
    succeeds(&mut world, |world| world.trade(0, &alice, &bob, most, 2));
    assert_rejects(&mut world, FirebreakError::SizeOutOfRange, |world| world.trade(0, &alice, &bob, 1, 2));
}

#[test]
fn rejects_open_interest_beyond_the_cap_but_not_its_reduction() {
    let (mut world, alice, bob) = world_with_two();
    let carol = world.actor("carol", 4, 1_000 * DOLLAR).unwrap();
    let market = world.at.market(0);
    edit::<Market, _>(&mut world, &market, |market| market.max_open_interest_lots = 1_000);

    assert_rejects(&mut world, FirebreakError::OpenInterestCapExceeded, |world| {
        world.trade(0, &alice, &bob, 1_001, MARK)
    });
    world.trade(0, &alice, &bob, 1_000, MARK).unwrap();
    assert_rejects(&mut world, FirebreakError::OpenInterestCapExceeded, |world| world.trade(0, &carol, &bob, 1, MARK));

    // Above a cap that was lowered since, a position still passes from hand to hand, and shrinks.
    edit::<Market, _>(&mut world, &market, |market| market.max_open_interest_lots = 10);
    world.trade(0, &carol, &alice, 100, MARK).unwrap();
    world.trade(0, &bob, &alice, 500, MARK).unwrap();
    assert_rejects(&mut world, FirebreakError::OpenInterestCapExceeded, |world| world.trade(0, &carol, &bob, 1, MARK));
}

#[test]
fn caution_halves_the_open_interest_that_can_be_added() {
    let (mut world, alice, bob) = world_with_two();
    let market = world.at.market(0);
    edit::<Market, _>(&mut world, &market, |market| market.max_open_interest_lots = 1_000);
    let trip = world.at.trip_breaker(authority().pubkey(), 0, 1, 60, 0);
    send(&mut world, trip, &[&authority()]).unwrap();

    assert_rejects(&mut world, FirebreakError::OpenInterestCapExceeded, |world| {
        world.trade(0, &alice, &bob, 501, MARK)
    });
    world.trade(0, &alice, &bob, 500, MARK).unwrap();
}

#[test]
fn rejects_a_market_without_a_price() {
    let (mut world, alice, bob) = world_with_two();
    world.list(3, &listing::listing("JUP", 0)).unwrap();
    world.trade(0, &alice, &bob, 1, MARK).unwrap();
    assert_rejects(&mut world, FirebreakError::PriceMissing, |world| world.trade(3, &alice, &bob, 1, 0));
}

#[test]
fn i10_rejects_any_trade_on_a_stale_price() {
    let (mut world, alice, bob) = world_with_two();
    world.trade(0, &alice, &bob, 2, MARK).unwrap();
    world.chain.set_now(NOW + 60);
    world.trade(0, &bob, &alice, 1, MARK).unwrap();
    world.chain.set_now(NOW + 61);
    // Reducing as well.
    assert_rejects(&mut world, FirebreakError::PriceStale, |world| world.trade(0, &bob, &alice, 1, MARK));
    assert_rejects(&mut world, FirebreakError::PriceStale, |world| world.trade(0, &alice, &bob, 1, MARK));
}

#[test]
fn i10_rejects_adding_from_the_16th_second_of_a_price_but_not_reducing() {
    let (mut world, alice, bob) = world_with_two();
    world.chain.set_now(NOW + 15);
    world.trade(0, &alice, &bob, 10, MARK).unwrap();
    for age in [16, 60] {
        world.chain.set_now(NOW + age);
        assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| world.trade(0, &alice, &bob, 1, MARK));
        world.trade(0, &bob, &alice, 1, MARK).unwrap();
    }
    world.set_mark(0, MARK).unwrap();
    world.trade(0, &alice, &bob, 1, MARK).unwrap();
}

/// Adding in one market needs every price held to be fresh.
#[test]
fn i10_rejects_adding_while_another_price_held_is_16_seconds_old() {
    let (mut world, alice, bob) = world_with_two();
    world.trade(1, &alice, &bob, 1, 1_200_000).unwrap();
    for (age, is_fresh) in [(15, true), (16, false)] {
        world.chain.set_now(NOW + age);
        world.set_mark(0, MARK).unwrap();
        if is_fresh {
            world.trade(0, &alice, &bob, 1, MARK).unwrap();
        } else {
            assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| world.trade(0, &alice, &bob, 1, MARK));
        }
    }
}

#[test]
fn i10_rejects_adding_on_an_uncertain_price_but_not_reducing() {
    let (mut world, alice, bob) = world_with_two();
    world.trade(0, &alice, &bob, 10, MARK).unwrap();
    world.chain.set_now(NOW + 1);
    world.set_mark(0, 1_725_000).unwrap();
    assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| world.trade(0, &alice, &bob, 1, 1_725_000));
    world.trade(0, &bob, &alice, 4, 1_725_000).unwrap();
    // Through zero is not reducing.
    assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| world.trade(0, &bob, &alice, 7, 1_725_000));
    world.trade(0, &bob, &alice, 6, 1_725_000).unwrap();
}

#[test]
fn rejects_a_buyer_or_seller_without_the_margin() {
    let (mut world, alice, _) = world_with_two();
    // 100 lots: 75,000 of fee, 75,000 for the confidence, 15,007,500 of margin.
    let exact = world.actor("carol", 4, 15_157_500).unwrap();
    let short = world.actor("dave", 4, 15_157_499).unwrap();
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| world.trade(0, &short, &alice, 100, MARK));
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| world.trade(0, &alice, &short, 100, MARK));
    world.trade(0, &exact, &alice, 100, MARK).unwrap();
}

#[test]
fn rejects_a_market_outside_an_isolated_account() {
    let (mut world, alice, bob) = world_with_two();
    let account = open_account(&mut world, &alice, 1, 4, 1);
    world.mint_to(&world.mint.pubkey(), &alice.tokens, 100 * DOLLAR).unwrap();
    let deposit = world.at.deposit(0, alice.address(), account, world.quote(alice.tokens), 100 * DOLLAR);
    send(&mut world, deposit, &[&alice.key]).unwrap();
    let trade =
        |market, price| world.at.trade(market, (alice.address(), account), (bob.address(), bob.margin), 1, price);
    let (own, other) = (trade(1, 1_200_000), trade(0, MARK));

    send(&mut world, own, &[&alice.key, &bob.key]).unwrap();
    assert_rejects(&mut world, FirebreakError::AccountIsolated, |world| send(world, other, &[&alice.key, &bob.key]));
}

#[test]
fn rejects_a_fifth_position_in_four_slots() {
    let (mut world, alice, bob) = world_with_two();
    for index in 3..5 {
        world.list(index, &listing::listing("MORE", 0)).unwrap();
        world.set_mark(index, MARK).unwrap();
    }
    for (market, price) in [(0, MARK), (1, 1_200_000), (2, 4_000_000), (3, MARK)] {
        world.trade(market, &alice, &bob, 1, price).unwrap();
    }
    assert_rejects(&mut world, FirebreakError::PositionSlotsFull, |world| world.trade(4, &alice, &bob, 1, MARK));
    for actor in [&alice, &bob] {
        let grow = ix::grow_margin_account(payer().pubkey(), actor.address(), actor.margin, 8);
        send(&mut world, grow, &[&payer(), &actor.key]).unwrap();
    }
    world.trade(4, &alice, &bob, 1, MARK).unwrap();
}

#[test]
fn rejects_a_side_that_neither_owner_nor_delegate_signed() {
    let (mut world, alice, bob) = world_with_two();
    world.trade(0, &alice, &bob, 1, MARK).unwrap();
    for (buyer, seller) in [(&alice, &alice), (&bob, &bob)] {
        let trade = world.at.trade(0, (buyer.address(), alice.margin), (seller.address(), bob.margin), 1, MARK);
        assert_rejects(&mut world, FirebreakError::SignerNotAllowed, |world| send(world, trade, &[&buyer.key]));
    }
}

#[test]
fn rejects_a_trade_with_oneself() {
    let (mut world, alice, bob) = world_with_two();
    world.trade(0, &alice, &bob, 1, MARK).unwrap();
    assert_rejects(&mut world, SAME_ACCOUNT_TWICE, |world| world.trade(0, &alice, &alice, 1, MARK));
}

/// Sides that differ, which no instruction leaves behind.
#[test]
fn i03_rejects_going_on_in_a_market_whose_sides_differ() {
    let (mut world, alice, bob) = world_with_two();
    world.trade(0, &alice, &bob, 10, MARK).unwrap();
    let market = world.at.market(0);
    edit::<Market, _>(&mut world, &market, |market| market.long_open_interest += 1);
    assert_rejects(&mut world, FirebreakError::InvariantBroken, |world| world.trade(0, &alice, &bob, 1, MARK));
    edit::<Market, _>(&mut world, &market, |market| market.long_open_interest -= 1);
    world.trade(0, &alice, &bob, 1, MARK).unwrap();
}

#[test]
fn rejects_accounts_of_another_clearinghouse() {
    let (mut world, alice, bob) = world_with_two();
    let theirs = other_clearinghouse(&mut world);
    let at = world.at;
    let trade = at.trade(0, (alice.address(), alice.margin), (bob.address(), bob.margin), 1, MARK);
    send(&mut world, trade.clone(), &[&alice.key, &bob.key]).unwrap();
    let create = theirs.create_margin_account(payer().pubkey(), bob.address(), 0, 4, CROSS);
    send(&mut world, create, &[&payer(), &bob.key]).unwrap();

    for (own, foreign) in [
        (at.board, theirs.board),
        (at.breaker, theirs.breaker),
        (at.market(0), theirs.market(0)),
        (bob.margin, theirs.margin_account(&bob.address(), 0)),
    ] {
        let foreign = swapped(trade.clone(), own, foreign);
        assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| {
            send(world, foreign, &[&alice.key, &bob.key])
        });
    }
}

/// What cash does not cover of a fee becomes a claim of the market, and the account's own cost.
#[test]
fn a_fee_that_cash_does_not_cover_becomes_a_claim() {
    let (mut world, alice, bob) = crate::trade_margin::world_at_a_mark(1_372_000);
    // Alice's cash goes to the pool with her loss of 128 dollars; what is left, she loses on paper.
    world.settle(0, &alice.margin).unwrap();
    edit::<MarginAccount, _>(&mut world, &alice.margin, |account| account.cash = 0);
    edit::<Market, _>(&mut world, &Addresses::of_id(1).market(0), |market| market.fees += 71_250_000);
    let before = (world.margin(&alice.margin).positions()[0], world.market(0));

    // Bob pays 0.69 dollars more than the mark for ten lots; her fee is 6,864 of them.
    succeeds(&mut world, |world| world.trade(0, &bob, &alice, 10, 1_372_690));

    let after = (world.margin(&alice.margin).positions()[0], world.market(0));
    assert_eq!(fee(10, 1_372_690), 6_864);
    assert_eq!(after.0.entry, before.0.entry - 10 * 1_372_690 + 6_864);
    assert_eq!(after.1.dust_entry, before.1.dust_entry - 6_864);
    assert_eq!(after.1.fees, before.1.fees + 6_864); // Bob's
}
