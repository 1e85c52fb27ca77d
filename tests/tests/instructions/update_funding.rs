//! Funding: the rate that `update_funding` sets, and what positions pay and receive by it.

use crate::{auto_deleverage::ATOM, scene::*};
use firebreak::event::{FundingUpdated, Settled};

/// Fills stand 0.2 % beside the mark.
const PREMIUM: i64 = 3_000;
/// 3,000 atoms per lot over eight hours, 24 fraction bits, rounded toward zero.
pub const RATE: i64 = PREMIUM * ATOM / 28_800;
/// What a lot pays in a minute, and what the other side's receives.
const PAID: i64 = RATE * 60;
const RECEIVED: i64 = PAID - (PAID >> 16) - 1;

/// SOL with funding; Alice and Bob of 10,000 dollars each.
fn funded_world() -> (Bank, [Actor; 2]) {
    let mut world = World::listed(
        BankChain::new(),
        NOW,
        &[listing::funded(listing::listing("SOL", -2)), listing::listing("BTC", -5)],
    )
    .unwrap();
    world.set_mark(0, MARK).unwrap();
    world.set_mark(1, 1_200_000).unwrap();
    let actors = ["alice", "bob"].map(|name| world.actor(name, 4, 10_000 * DOLLAR).unwrap());
    (world, actors)
}

/// Alice long, Bob short 1,000 lots, `premium` above the mark.
fn world_with_a_premium(premium: i64) -> (Bank, [Actor; 2]) {
    let (mut world, [alice, bob]) = funded_world();
    world.trade(0, &alice, &bob, 1_000, MARK.checked_add_signed(premium).unwrap()).unwrap();
    (world, [alice, bob])
}

/// The same price again, `seconds` after the last one.
fn pass(world: &mut Bank, seconds: i64) {
    let time = world.row(0).publish_time + seconds;
    world.chain.set_now(time);
    world.set_mark(0, MARK).unwrap();
}

fn equity(world: &mut Bank, actor: &Actor) -> i64 {
    let (account, board, now) = (world.margin(&actor.margin), world.board(), world.chain.now());
    account.value_for_maintenance(&board, now).unwrap().equity
}

#[test]
fn the_rate_is_the_average_premium_over_the_period() {
    let (mut world, _) = world_with_a_premium(PREMIUM);
    let market = world.market(0);
    assert_eq!((market.premium_sum, market.premium_lots, market.premium_time), (1_000 * PREMIUM, 1_000, NOW));
    world.chain.set_now(NOW + 3);

    let step = succeeds(&mut world, |world| world.update_funding(0));

    // 600 / 603 of the sums; the open interest is 1,000.
    let sum = 1_000 * PREMIUM * 600 / 603;
    let rate = sum * ATOM / 1_000 / 28_800;
    step.changes_only([
        change("market 0.premium_sum", 1_000 * PREMIUM, sum),
        change("market 0.premium_lots", 1_000, 995),
        change("market 0.premium_time", NOW, NOW + 3),
        change("board.rows[0].funding_rate", 0, rate),
        change("board.rows[0].funding_until", 0, NOW + 600),
    ])
    .emits([&FundingUpdated {
        market: world.at.market(0),
        premium_sum: sum,
        premium_lots: 995,
        rate,
        until: NOW + 600,
        index: 0,
    }]);
}

/// A minute later Alice has paid 6,250 atoms, and Bob got one less: the roundings stay with the market.
#[test]
fn longs_pay_shorts_where_fills_are_above_the_mark() {
    let (mut world, [alice, bob]) = world_with_a_premium(PREMIUM);
    world.update_funding(0).unwrap();
    let before = [&alice, &bob].map(|actor| equity(&mut world, actor));
    let cash = [&alice, &bob].map(|actor| world.margin(&actor.margin).header.cash);
    pass(&mut world, 60);
    let row = world.row(0);
    assert_eq!((row.long_side.charge, row.short_side.charge, row.funding_index), (PAID, -RECEIVED, PAID));
    let (paid, received) = ((1_000 * PAID + ATOM - 1) / ATOM, 1_000 * RECEIVED / ATOM);
    assert_eq!((paid, received), (6_250, 6_249));
    // Who is not touched counts as touched.
    assert_eq!([&alice, &bob].map(|actor| equity(&mut world, actor)), [before[0] - paid, before[1] + received]);

    let step = succeeds(&mut world, |world| world.settle(0, &alice.margin));

    let premium = 1_000 * PREMIUM as u64;
    step.changes_only([
        change("alice.cash", cash[0], cash[0] - 6_250),
        change("alice.slots[0].side_charge", 0, PAID),
        change("market 0.pool", premium, premium + 6_250),
        change("market 0.carry", 0, -6_250),
        change("market 0.funding_seen", 0, PAID),
    ])
    .emits([&Settled {
        market: world.at.market(0),
        margin_account: alice.margin,
        loss_paid: 6_250,
        profit_paid: 0,
        cash: cash[0] - 6_250,
        pool: premium + 6_250,
    }]);

    let step = succeeds(&mut world, |world| world.settle(0, &bob.margin));

    // At the mark's confidence of 0.05 % above.
    let gain = premium - 1_000 * 750 + 6_249;
    let entry = -1_000 * (MARK as i64 + PREMIUM);
    step.changes_only([
        change("bob.cash", cash[1], cash[1] + gain),
        change("bob.slots[0].entry", entry, entry - 6_249 + gain as i64),
        change("bob.slots[0].side_charge", 0, -RECEIVED),
        change("market 0.pool", premium + 6_250, premium + 6_250 - gain),
        change("market 0.carry", -6_250, -1),
    ]);
}

#[test]
fn shorts_pay_longs_where_fills_are_below_the_mark() {
    let (mut world, [alice, bob]) = world_with_a_premium(-PREMIUM);
    world.update_funding(0).unwrap();
    assert_eq!(world.row(0).funding_rate, -RATE);
    let before = [&alice, &bob].map(|actor| equity(&mut world, actor));
    pass(&mut world, 60);
    assert_eq!([&alice, &bob].map(|actor| equity(&mut world, actor)), [before[0] + 6_249, before[1] - 6_250]);
}

/// Half of the premium beyond the cap counts nothing; fills of a price that is not fresh, and takeovers, count nothing at all.
#[test]
fn premiums_count_up_to_the_cap_and_at_a_fresh_price_only() {
    let (mut world, [alice, bob]) = world_with_a_premium(15_000);
    assert_eq!(world.market(0).premium_sum, 1_000 * 7_500);
    world.update_funding(0).unwrap();
    assert_eq!(world.row(0).funding_rate, 7_500 * ATOM / 28_800);
    world.chain.set_now(NOW + 16);
    let before = world.market(0);
    world.trade(0, &bob, &alice, 10, MARK - 7_500).unwrap();
    let after = world.market(0);
    assert_eq!((after.premium_sum, after.premium_lots), (before.premium_sum, before.premium_lots));
}

/// Ten minutes, however long the silence; a keeper who comes late finds a rate of zero.
#[test]
fn a_rate_that_nobody_renews_ends() {
    let (mut world, [alice, _]) = world_with_a_premium(PREMIUM);
    world.update_funding(0).unwrap();
    let before = equity(&mut world, &alice);
    pass(&mut world, 599);
    assert_eq!(world.row(0).funding_rate, RATE);
    pass(&mut world, 3_000);
    assert_eq!((world.row(0).funding_rate, world.row(0).funding_index), (0, 600 * RATE));
    let paid = before - equity(&mut world, &alice);
    assert_eq!(paid, (1_000 * 600 * RATE + ATOM - 1) / ATOM);
    pass(&mut world, 60);
    assert_eq!(before - equity(&mut world, &alice), paid);
}

#[test]
fn without_a_cap_nothing_is_counted_and_nothing_is_paid() {
    let (mut world, alice, bob) = world_with_two();
    world.trade(0, &alice, &bob, 1_000, MARK + 3_000).unwrap();
    world.update_funding(0).unwrap();
    pass(&mut world, 60);
    let (row, market) = (world.row(0), world.market(0));
    assert_eq!((row.funding_rate, row.funding_index, row.long_side.charge, row.short_side.charge), (0, 0, 0, 0));
    assert_eq!((market.premium_sum, market.premium_lots), (0, 0));
}

/// Who opens against an account of his own just before a price collects a second of it.
#[test]
fn who_opens_just_before_a_price_collects_next_to_nothing() {
    let (mut world, _) = world_with_a_premium(PREMIUM);
    let [carol, dave] = ["carol", "dave"].map(|name| world.actor(name, 4, 10_000 * DOLLAR).unwrap());
    world.update_funding(0).unwrap();
    world.chain.set_now(NOW + 59);
    // Nobody opens on the price of a minute ago.
    assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| world.trade(0, &dave, &carol, 1_000, MARK));
    world.set_mark(0, MARK).unwrap();
    world.trade(0, &dave, &carol, 1_000, MARK).unwrap();
    let before = equity(&mut world, &carol);
    pass(&mut world, 1);
    assert_eq!(equity(&mut world, &carol) - before, 1_000 * (RATE - (RATE >> 16) - 1) / ATOM);
    assert!(equity(&mut world, &carol) - before < 105, "the fee was 750,000");
}

#[test]
fn rejects_a_rate_on_a_price_that_is_not_fresh() {
    let (mut world, _) = world_with_a_premium(PREMIUM);
    world.update_funding(0).unwrap();
    world.chain.set_now(NOW + 16);
    assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| world.update_funding(0));
    world.chain.set_now(NOW + 61);
    assert_rejects(&mut world, FirebreakError::PriceStale, |world| world.update_funding(0));
    world.set_mark(0, MARK * 12 / 10).unwrap();
    assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| world.update_funding(0));
}

#[test]
fn rejects_the_market_of_another_clearinghouse() {
    let (mut world, ..) = world_with_two();
    let theirs = other_clearinghouse(&mut world);
    let own = world.at.update_funding(0);
    let foreign = swapped(own.clone(), world.at.market(0), theirs.market(0));
    assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| send(world, foreign, &[&payer()]));
    send(&mut world, own, &[&payer()]).unwrap();
}

/// Every account that there is settles, and the market's own position with its fees: what is left of the carry is nothing, or the market's.
fn settle_everybody(world: &mut Bank, actors: &[&Actor]) -> i64 {
    for actor in actors {
        world.settle(0, &actor.margin).ok();
    }
    world.sweep(0).unwrap();
    assert_eq!(world.violations(), Vec::<String>::new());
    assert_eq!(world.market(0).funding_seen, world.row(0).funding_index);
    world.market(0).carry
}

/// What a liquidatee paid by the hour is part of why it is liquidated, and is not charged again.
#[test]
fn a_liquidation_takes_a_position_as_funding_left_it() {
    let (mut world, [alice, bob]) = world_with_a_premium(7_500);
    let erin = world.actor("erin", 4, 160 * DOLLAR).unwrap();
    world.trade(0, &erin, &bob, 1_000, MARK).unwrap();
    world.update_funding(0).unwrap();
    pass(&mut world, 600);
    let per_lot = world.row(0).long_side.charge;
    // With the funding, one atom less than maintenance: 75 dollars.
    let paid = (1_000 * per_lot + ATOM - 1) / ATOM;
    assert!(paid > 70_000, "{paid}");
    set_cash(&mut world, &erin, 75 * DOLLAR + paid as u64);
    assert_rejects(&mut world, FirebreakError::AccountHealthy, |world| {
        world.liquidate(0, &alice, &erin.margin, u64::MAX, u64::MAX)
    });
    set_cash(&mut world, &erin, 75 * DOLLAR + paid as u64 - 1);
    let before = equity(&mut world, &erin);
    assert_eq!(before, 75 * DOLLAR as i64 - 1);

    world.liquidate(0, &alice, &erin.margin, u64::MAX, u64::MAX).unwrap();

    let position = world.margin(&erin.margin).positions()[0];
    assert_eq!(position.side_charge, per_lot);
    let lots = 1_000 - i64::from(position.size);
    assert_eq!(before - equity(&mut world, &erin), lots * 7_500, "the smallest penalty, and nothing else");
    assert!(settle_everybody(&mut world, &[&alice, &bob, &erin]) <= 0);
}

/// A quarter of the shorts is closed between two accruals: what is left of them receives for what is left of them, and the market's own
/// fractions pay their part.
#[test]
fn funding_goes_on_beside_an_auto_deleveraging() {
    let (mut world, [alice, bob]) = world_with_a_premium(3_000);
    let [carol, erin] = ["carol", "erin"].map(|name| world.actor(name, 4, 10_000 * DOLLAR).unwrap());
    world.trade(0, &erin, &carol, 333, MARK).unwrap();
    world.update_funding(0).unwrap();
    pass(&mut world, 60);
    set_cash(&mut world, &erin, 0);
    // Bankrupt by the funding alone: a few atoms, which nobody pays.
    assert!((-3_000..0).contains(&equity(&mut world, &erin)));
    world.auto_deleverage(0, &erin.margin).unwrap();
    let side = world.row(0).short_side;
    let exact = u128::from(risk::SCALE_ONE) * 1_000 / 1_333;
    assert_eq!(u128::from(side.scale), exact);
    let actors = [&alice, &bob, &carol];
    let before = actors.map(|actor| equity(&mut world, actor));
    world.update_funding(0).unwrap();
    let rate = world.row(0).funding_rate;

    pass(&mut world, 60);

    let after = actors.map(|actor| equity(&mut world, actor));
    let paid = (1_000 * rate * 60).div_euclid(ATOM);
    assert!((paid..paid + 3).contains(&(before[0] - after[0])), "{} of {paid}", before[0] - after[0]);
    let received = after[1] + after[2] - before[1] - before[2];
    assert!((paid - 6..=paid).contains(&received), "{received} of {paid}");
    // Two fractions of a lot are the market's own, and pay, or receive, a part of an atom.
    assert!(settle_everybody(&mut world, &actors) <= 0);
    pass(&mut world, 60);
    assert!(settle_everybody(&mut world, &actors) <= 0);
    let carry = world.market(0).carry;
    assert!(carry > -20, "{carry}");
}
