//! `liquidate` and `liquidate_collateral` while two feeds do not agree, or one of them is withheld: at the price that protects
//! whoever gives something up.

use crate::{
    feeds::*,
    liquidate::{CASH, FEE},
    scene::*,
};
use firebreak::event::Liquidated;

const T: i64 = NOW + 10;
/// Taken in one slice: an eighth of 6,000.
const SLICE: u64 = 750;
/// Erin's equity once the mark went 132,000 a lot against her.
const EQUITY: i64 = 205_200_000;

/// Erin is long or short 6,000 lots of the asset with two feeds, Bob the other side; Carol liquidates.
fn world_with_a_position(is_long: bool, kinds: [firebreak::state::FeedKind; 2]) -> (Bank, [Actor; 3]) {
    let mut world = world();
    list_duo(&mut world, kinds);
    let erin = world.actor("erin", 4, CASH + FEE).unwrap();
    let bob = world.actor("bob", 4, 10_000 * DOLLAR).unwrap();
    let carol = world.actor("carol", 4, 10_000 * DOLLAR).unwrap();
    let (buyer, seller) = if is_long { (&erin, &bob) } else { (&bob, &erin) };
    world.trade(DUO, buyer, seller, 6_000, PAR).unwrap();
    world.chain.set_now(T);
    (world, [erin, bob, carol])
}

/// Either side's mark, 132,000 against Erin; the other feed's price, which is better for her by 32,000, and what she gives a lot up
/// for: that price less (plus) 0.5 %.
fn prices(is_long: bool) -> (u64, u64, u64) {
    if is_long { (1_368_000, 1_400_000, 1_393_000) } else { (1_632_000, 1_600_000, 1_608_000) }
}

/// Carol takes an eighth at the better price; what that is worse for her than the mark she pays at once.
#[test]
fn i10_a_slice_of_a_disputed_position_goes_at_the_better_price_for_who_gives_it_up() {
    for (is_long, kinds) in [(true, MIXED[0]), (true, MIXED[1]), (false, MIXED[0]), (false, MIXED[1])] {
        let (mut world, [erin, _, carol]) = world_with_a_position(is_long, kinds);
        let (mark, better, price) = prices(is_long);
        let sign = if is_long { 1 } else { -1 };
        let penalty = better.abs_diff(price);
        assert_eq!(penalty, better * 5 / 1_000);
        hear(&mut world, [says(mark, T), says(better, T)]).unwrap();
        let too_tight = (price as i64 - sign) as u64;
        assert_rejects(&mut world, FirebreakError::LimitPriceExceeded, |world| {
            world.liquidate(DUO, &carol, &erin.margin, u64::MAX, too_tight)
        });

        let step = succeeds(&mut world, |world| world.liquidate(DUO, &carol, &erin.margin, u64::MAX, price));

        let (lots, left) = (SLICE as i64 * sign, 5_250 * sign);
        let cash_lost = 5_250 * 132_000 + SLICE * PAR.abs_diff(price);
        let carol_lost = SLICE * price.abs_diff(mark);
        let insurance_fee = SLICE * (penalty * 3 / 10);
        let equity_after = EQUITY + (SLICE * price.abs_diff(mark)) as i64;
        let of = |lots: i64, price: u64| lots * price as i64;
        step.changes_only([
            change("erin.cash", CASH, CASH - cash_lost),
            change("erin.slots[0].size", 6_000 * sign, left),
            change("erin.slots[0].entry", of(6_000 * sign, PAR), of(left, mark)),
            change("erin.liquidatable_since", 0, T),
            change("erin.liquidated_at", 0, T),
            change("carol.cash", 10_000 * DOLLAR, 10_000 * DOLLAR - insurance_fee - carol_lost),
            change("carol.position_count", 0, 1),
            stamped("carol.slots[0]"),
            change("carol.slots[0].market", 0, DUO),
            change("carol.slots[0].size", 0, lots),
            change("carol.slots[0].entry", 0, of(lots, mark)),
            change("market 3.pool", 0, cash_lost + carol_lost),
            change("market 3.tranche", 0, insurance_fee),
            change("market 3.liquidated_lots", 0, SLICE),
            change("market 3.liquidation_window_started", 0, T),
            change("market 3.liquidation_window_used", 0, SLICE),
        ])
        .emits([&Liquidated {
            market: world.at.market(DUO),
            liquidatee: erin.margin,
            liquidator: carol.margin,
            lots,
            price,
            mark,
            insurance_fee,
            insurance_paid: 0,
            equity_before: EQUITY,
            maintenance_before: 6_000 * (mark / 20),
            equity_after,
            maintenance_after: 5_250 * (mark / 20),
            tranche: insurance_fee,
        }]);
        let (account, board) = (world.margin(&erin.margin), world.board());
        assert_eq!(account.value_for_maintenance(&board, T).unwrap().equity, equity_after);
    }
}

/// Whichever feed is the mark: the better of what either said within the maximum age.
#[test]
fn the_better_price_may_be_the_primary_s_or_the_secondary_s_also_where_one_is_withheld() {
    for is_long in [true, false] {
        let (worse, better, price) = prices(is_long);
        let (before, now) = (T, T + 1);
        let stories = [
            // Both feeds, the primary better: she is below maintenance at it too.
            ([says(better, before), says(worse, before)], [says(better, now), says(worse, now)]),
            ([says(better, before), says(worse, before)], [None, says(worse, now)]),
            ([says(worse, before), says(better, before)], [says(worse, now), None]),
            ([says(worse, before), says(better, before)], [says(worse, now), says(better, before)]),
        ];
        for (kinds, (first, second)) in MIXED.into_iter().flat_map(|kinds| stories.map(|story| (kinds, story))) {
            let (mut world, [erin, _, carol]) = world_with_a_position(is_long, kinds);
            hear(&mut world, first).unwrap();
            world.chain.set_now(now);
            hear(&mut world, second).unwrap();
            // At the better price she has 397.2 dollars: a lower cash puts her below maintenance there as well.
            edit::<firebreak::state::MarginAccount, _>(&mut world, &erin.margin, |account| {
                account.cash -= 150 * DOLLAR
            });
            let limit = price as i64 - if is_long { 1 } else { -1 };
            assert_rejects(&mut world, FirebreakError::LimitPriceExceeded, |world| {
                world.liquidate(DUO, &carol, &erin.margin, u64::MAX, limit as u64)
            });
            world.liquidate(DUO, &carol, &erin.margin, u64::MAX, price).unwrap();
            assert_eq!(u64::from(world.margin(&carol.margin).positions()[0].size.unsigned_abs()), SLICE);
        }
    }
}

/// The secondary's price of `T` counts for slices until the mark is of 60 seconds later, and no longer.
#[test]
fn a_price_beyond_its_maximum_age_protects_nobody() {
    for is_long in [true, false] {
        let (mark, better, price) = prices(is_long);
        for (age, expected) in [(60, price), (61, if is_long { mark - 6_840 } else { mark + 8_160 })] {
            let (mut world, [erin, _, carol]) = world_with_a_position(is_long, MIXED[0]);
            hear(&mut world, [says(mark, T), says(better, T)]).unwrap();
            world.chain.set_now(T + age);
            hear(&mut world, [says(mark, T + age), None]).unwrap();
            // Sixteen seconds on, even a price that was fresh is unconfirmed.
            world.chain.set_now(T + age + 16);
            let tight = if is_long { expected - 1 } else { expected + 1 };
            assert_rejects(&mut world, FirebreakError::LimitPriceExceeded, |world| {
                world.liquidate(DUO, &carol, &erin.margin, u64::MAX, tight)
            });
            world.liquidate(DUO, &carol, &erin.margin, u64::MAX, expected).unwrap();
        }
    }
}

/// 6,000 at the better price of 1,400,000 are within reach of 110 %; once confirmed, the take-over is as for one feed.
#[test]
fn a_confirmed_price_takes_what_is_needed_at_the_mark() {
    for is_long in [true, false] {
        let (mark, ..) = prices(is_long);
        let (mut world, [erin, _, carol]) = world_with_a_position(is_long, MIXED[0]);
        let other = if is_long { mark + 5_000 } else { mark - 5_000 };
        hear(&mut world, [says(mark, T), says(other, T)]).unwrap();
        world.liquidate(DUO, &carol, &erin.margin, u64::MAX, mark).unwrap();
        let position = world.margin(&carol.margin).positions()[0];
        let lots = u64::from(position.size.unsigned_abs());
        assert!(lots > SLICE, "{lots}");
        let paid = position.entry.unsigned_abs() / lots;
        assert!(if is_long { paid < mark } else { paid > mark }, "{paid}");
    }
}

/// While it is disputed, insurance pays for nobody; and at the primary's mark nobody gets a claim on it either.
#[test]
fn i10_rejects_insurance_and_deleveraging_while_the_feeds_disagree() {
    for (is_long, mark) in [(true, 1_320_000), (false, 1_680_000)] {
        let (mut world, [erin, _, carol]) = world_with_a_position(is_long, MIXED[0]);
        world.fund_tranche(DUO, 1_000 * DOLLAR).unwrap();
        hear(&mut world, [says(mark, T), says(PAR, T)]).unwrap();
        let limit = if is_long { u64::MAX } else { 0 };
        assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| {
            world.liquidate(DUO, &carol, &erin.margin, u64::MAX, limit)
        });
        assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| world.auto_deleverage(DUO, &erin.margin));
        world.chain.set_now(T + 1);
        hear(&mut world, [says(mark, T + 1); 2]).unwrap();
        succeeds(&mut world, |world| world.liquidate(DUO, &carol, &erin.margin, u64::MAX, limit));
        assert_eq!(world.market(DUO).insurance_paid, 82_800_000);
    }
}

// ---- collateral -----------------------------------------------------------------------------------------------------

/// Erin's collateral: 100 lots of the asset with two feeds.
const TOKENS: u64 = 1_000_000_000;

/// Erin is long 1,000 lots of BTC on 50 dollars and 100 lots of the asset with two feeds; BTC fell by a sixth, and stood there for a
/// day, so that all of her collateral is for sale. Dave could buy it.
fn world_with_collateral() -> (Bank, [Actor; 2]) {
    let mut world = world();
    list_duo(&mut world, MIXED[0]);
    let erin = world.actor("erin", 4, 50 * DOLLAR + 600_000).unwrap();
    let bob = world.actor("bob", 4, 10_000 * DOLLAR).unwrap();
    let dave = world.actor("dave", 4, 1_000 * DOLLAR).unwrap();
    let tokens = bank_of_duo(&mut world, &erin);
    let deposit = world.at.deposit(1, erin.address(), erin.margin, tokens, TOKENS);
    send(&mut world, deposit, &[&erin.key]).unwrap();
    world.trade(1, &erin, &bob, 1_000, 1_200_000).unwrap();
    world.chain.set_now(T);
    world.set_mark(1, 1_000_000).unwrap();
    world.chain.set_now(T + 86_400);
    for second in 0..2 {
        world.chain.set_now(T + 86_400 + second);
        world.set_mark(1, 1_000_000).unwrap();
    }
    let now = world.chain.now();
    hear(&mut world, [says(PAR, now); 2]).unwrap();
    (world, [erin, dave])
}

/// Lists the asset's token as collateral, and gives Erin hers.
fn bank_of_duo(world: &mut Bank, erin: &Actor) -> ix::TokenSide {
    let (mint, tokens) = (keypair("mint 1"), keypair("tokens of mint 1"));
    world.create_mint(&mint, 9).unwrap();
    let config = BankConfig { asset: DUO, ..bank_config() };
    let token_program = world.token_program;
    let add =
        world.at.add_collateral_bank(payer().pubkey(), authority().pubkey(), mint.pubkey(), token_program, 1, config);
    send(world, add, &[&payer(), &authority()]).unwrap();
    world.create_token_account(&tokens, &mint.pubkey(), &erin.address()).unwrap();
    world.mint_to(&mint.pubkey(), &tokens.pubkey(), TOKENS).unwrap();
    ix::TokenSide { mint: mint.pubkey(), token_program, token_account: tokens.pubkey() }
}

/// What Dave pays for all of it, at 98 % of a price.
fn pays(world: &mut Bank, [erin, dave]: &[Actor; 2], price: u64) {
    let paid = (TOKENS / 10_000_000 * price * 98).div_ceil(100);
    let buy = |max_paid| world.at.liquidate_collateral(1, dave.address(), dave.margin, erin.margin, u64::MAX, max_paid);
    let (less, enough) = (buy(paid - 1), buy(paid));
    assert_rejects(world, FirebreakError::LimitPriceExceeded, |world| send(world, less, &[&dave.key]));
    succeeds(world, |world| send(world, enough, &[&dave.key])).changes_only([
        change("erin.cash", 50 * DOLLAR, 50 * DOLLAR + paid),
        change("erin.collateral[0].amount", TOKENS, 0),
        change("erin.collateral[0].asset", DUO, 0),
        change("erin.collateral[0].bank", 1, 0),
        change("dave.cash", 1_000 * DOLLAR, 1_000 * DOLLAR - paid),
        change("dave.collateral[0].amount", 0, TOKENS),
        change("dave.collateral[0].asset", 0, DUO),
        change("dave.collateral[0].bank", 0, 1),
    ]);
}

/// Up to the end of the confidence that reaches the other feed's price.
#[test]
fn collateral_of_a_disputed_price_is_sold_at_the_higher_one() {
    for (primary, secondary, price) in
        [(1_450_000, 1_550_000, 1_550_750), (1_550_000, 1_450_000, 1_650_750), (PAR, 1_505_000, PAR)]
    {
        let (mut world, actors) = world_with_collateral();
        let now = world.chain.now() + 1;
        world.chain.set_now(now);
        hear(&mut world, [says(primary, now), says(secondary, now)]).unwrap();
        pays(&mut world, &actors, price);
    }
}

/// Dave brings only the feed that says less, a second after both were heard.
#[test]
fn collateral_is_not_sold_at_the_lower_price_by_withholding_the_higher() {
    for which in [0, 1] {
        let (mut world, actors) = world_with_collateral();
        let now = world.chain.now() + 1;
        world.chain.set_now(now);
        let (mut both, mut one) = ([says(1_450_000, now); 2], [None; 2]);
        both[which] = says(1_550_000, now);
        one[1 - which] = says(1_450_000, now + 1);
        hear(&mut world, both).unwrap();
        world.chain.set_now(now + 1);
        hear(&mut world, one).unwrap();
        pays(&mut world, &actors, 1_550_000);
    }
}
