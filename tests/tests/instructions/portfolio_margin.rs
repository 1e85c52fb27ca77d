//! What a portfolio requires: what closing costs, what opposite positions take off, what collateral counts.

use crate::scene::*;

/// What a trade of 1,000 lots at `MARK` costs its taker, beside margin: 5 basis points, and 750 atoms a lot that the price may be off.
const COST: u64 = 1_000 * (750 + 750);
/// 10 % of the mark and its confidence, per lot.
const MARGIN: u64 = 150_075;

/// Two assets of one group, of whose stress half moves with it; one lot of each is worth 1.50.
fn grouped() -> Vec<listing::Listing> {
    let mut pair = vec![listing::listing("SOL", -2), listing::listing("JTO", -2)];
    pair.iter_mut().for_each(|listing| listing.asset.group_weight_bps = 5_000);
    pair
}

/// A market in which 10,000 lots double the margin.
fn thin() -> Vec<listing::Listing> {
    let mut sol = listing::listing("SOL", -2);
    (sol.market.slice_lots, sol.market.depth_lots) = (2_000, 10_000);
    vec![sol]
}

fn listed(listings: &[listing::Listing]) -> (Bank, Actor) {
    let mut world = World::listed(BankChain::new(), NOW, listings).unwrap();
    for asset in 0..listings.len() as u8 {
        world.set_mark(asset, MARK).unwrap();
    }
    let bob = world.actor("bob", 4, 1_000_000 * DOLLAR).unwrap();
    (world, bob)
}

fn long_one_short_the_other(world: &mut Bank, alice: &Actor, bob: &Actor) -> Sent {
    world.trade(0, alice, bob, 1_000, MARK)?;
    world.trade(1, bob, alice, 1_000, MARK)
}

#[test]
fn i04_a_hedge_within_a_group_requires_the_sum_less_what_both_have_in_common() {
    let (mut world, bob) = listed(&grouped());
    // Twice the margin, less half of one.
    let needed = 2 * 1_000 * MARGIN - 1_000 * (MARGIN / 2) + 2 * COST;
    let alice = world.actor("alice", 4, needed).unwrap();
    long_one_short_the_other(&mut world, &alice, &bob).unwrap();
    let (report, _) = world.margin(&alice.margin).report(&world.board()).unwrap();
    assert_eq!((report.shock, report.offset, report.maintenance_margin), (150_000_000, 37_500_000, 112_500_000));
    assert_eq!(report.free_collateral, 0);

    let poorer = world.actor("anna", 4, needed - 1).unwrap();
    world.trade(0, &poorer, &bob, 1_000, MARK).unwrap();
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| world.trade(1, &bob, &poorer, 1_000, MARK));
    // Both long: nothing in common.
    let rich = world.actor("rich", 4, 2 * 1_000 * MARGIN + 2 * COST).unwrap();
    world.trade(0, &rich, &bob, 1_000, MARK).unwrap();
    world.trade(1, &rich, &bob, 1_000, MARK).unwrap();
}

#[test]
fn i04_margin_per_lot_doubles_at_the_depth() {
    let (mut world, bob) = listed(&thin());
    assert_eq!((world.row(0).depth_lots, world.row(0).initial_liquidity), (10_000, 983_532));
    // 1,000 lots are a tenth of the depth: a tenth more, and what 16 bits of 15.0075 atoms round to.
    let needed = 1_000 * MARGIN + 15_007_508 + COST;
    let alice = world.actor("alice", 4, needed).unwrap();
    let anna = world.actor("anna", 4, needed - 1).unwrap();
    world.trade(0, &alice, &bob, 1_000, MARK).unwrap();
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| world.trade(0, &anna, &bob, 1_000, MARK));
    let (report, holdings) = world.margin(&alice.margin).report(&world.board()).unwrap();
    assert_eq!((report.shock, report.liquidity), (75_000_000, 7_500_000));
    assert_eq!(holdings[0].1.initial_margin, needed - COST);
}

/// The larger leg of a hedge is taken over in a thin market: the rest is where the plan says, at the aim and not beyond by a lot.
#[test]
fn t77_a_hedged_position_in_a_thin_market_is_liquidated_no_further_than_it_takes() {
    let mut listings = grouped();
    for listing in &mut listings {
        (listing.market.slice_lots, listing.market.depth_lots) = (20_000, 20_000);
    }
    let (mut world, bob) = listed(&listings);
    let alice = world.actor("alice", 4, 1_200 * DOLLAR).unwrap();
    world.trade(1, &bob, &alice, 1_000, MARK).unwrap();
    world.trade(0, &alice, &bob, 5_000, MARK).unwrap();
    let carol = world.actor("carol", 4, 100_000 * DOLLAR).unwrap();
    world.chain.set_now(NOW + 1);
    world.set_mark(1, MARK).unwrap();
    world.set_mark(0, 1_350_000).unwrap();
    let before = world.margin(&alice.margin);
    let value = before.value_for_maintenance(&world.board(), NOW + 1).unwrap();
    assert!(!value.is_covered(), "{value:?}");

    world.liquidate(0, &carol, &alice.margin, u64::MAX, u64::MAX).unwrap();

    let view = world.margin(&alice.margin);
    let left = view.value_for_maintenance(&world.board(), NOW + 1).unwrap();
    let aim = |requirement: u64| (requirement * 11_000).div_ceil(10_000) as i64;
    assert!(left.equity >= aim(left.requirement), "{left:?}");
    let size = i64::from(view.position(0).unwrap().size);
    assert!((1..5_000).contains(&size), "{size}");
    // One lot more would miss the aim: its margin alone is worth more than a lot's penalty.
    let row = world.row(0);
    let more = row.maintenance_margin + ((row.maintenance_liquidity * 2 * size as u64) >> 16);
    assert!(left.equity < aim(left.requirement + more) + 70_000, "{size} lots left, {left:?}");
    assert_eq!(world.violations(), Vec::<String>::new());
}

/// A quarter of the cap counts at the haircut, the next at twice; and beside longs of its group a fifth less.
#[test]
fn i04_much_collateral_counts_less_and_least_beside_longs_of_its_group() {
    let mut listings = grouped();
    listings.iter_mut().for_each(|listing| listing.asset.group_weight_bps = 5_000);
    let (mut world, bob) = listed(&listings);
    let lots = |lots: u64| lots * 10_000_000;
    let alice = world.actor("alice", 4, 0).unwrap();
    let config = BankConfig { deposit_cap: lots(4_000), surcharge_bps: 2_000, ..bank_config() };
    let tokens = collateral_as(&mut world, config, &alice, lots(2_000));
    let deposit = world.at.deposit(1, alice.address(), alice.margin, tokens, lots(2_000));
    send(&mut world, deposit, &[&alice.key]).unwrap();
    // At the lower end of the confidence, 1,499,250: 90 % of 1,000 lots, 80 % of the next.
    let counted = 1_000 * 1_499_250 / 10 * (9 + 8);
    let free = |world: &mut Bank| world.margin(&alice.margin).report(&world.board()).unwrap().0.free_collateral;
    assert_eq!(free(&mut world), counted);
    // A short of the group stands against it in full; a long takes its group's stress off as well, up to a fifth of what is counted.
    world.trade(1, &bob, &alice, 1_000, MARK).unwrap();
    assert_eq!(free(&mut world), counted - 1_000 * MARGIN - COST);
    world.trade(1, &alice, &bob, 2_000, MARK).unwrap();
    // Fees for 3,000 lots, and what the price of 1,000 may be off.
    assert_eq!(free(&mut world), counted - 1_000 * MARGIN - 1_000 * (MARGIN / 2) - 2 * COST);
}

fn collateral_as(world: &mut Bank, config: BankConfig, actor: &Actor, amount: u64) -> ix::TokenSide {
    let mint = keypair("mint");
    world.create_mint(&mint, 9).unwrap();
    let add = world.at.add_collateral_bank(
        payer().pubkey(),
        authority().pubkey(),
        mint.pubkey(),
        world.token_program,
        1,
        config,
    );
    send(world, add, &[&payer(), &authority()]).unwrap();
    let tokens = keypair("tokens");
    world.create_token_account(&tokens, &mint.pubkey(), &actor.address()).unwrap();
    world.mint_to(&mint.pubkey(), &tokens.pubkey(), amount).unwrap();
    ix::TokenSide { mint: mint.pubkey(), token_program: world.token_program, token_account: tokens.pubkey() }
}

/// In the minute after a fall, the initial multiplier stands at 3 and that of maintenance near 1: new risk needs three times as
/// much, and whoever takes over what others may no longer hold does not.
#[test]
fn a_liquidator_needs_the_margin_that_volatility_raises_with_notice_only() {
    let mut sol = listing::listing("SOL", -2);
    (sol.asset.multiplier_cap_bps, sol.asset.notice_seconds) = (30_000, 1_800);
    let (mut world, bob) = listed(&[sol]);
    let alice = world.actor("alice", 4, 155 * DOLLAR).unwrap();
    world.trade(0, &alice, &bob, 1_000, MARK).unwrap();
    world.chain.set_now(NOW + 60);
    world.set_mark(0, 1_400_000).unwrap();
    let row = world.row(0);
    assert_eq!((row.initial_multiplier_bps, row.maintenance_multiplier_bps), (30_000, 10_666));
    assert_eq!((row.initial_margin, row.takeover_margin), (420_210, 149_455)); // 30 %, and 10.67 %, of 1,400,700
    let alice_lots = 1_000;
    // Margin, what the price may be off, less what the penalty brings, and the insurance's part of it.
    let enough = |world: &mut Bank, name: &str, cash: u64| {
        let liquidator = world.actor(name, 4, cash).unwrap();
        world.liquidate(0, &liquidator, &alice.margin, u64::MAX, u64::MAX)
    };
    let poor = world.actor("poor", 4, 50 * DOLLAR).unwrap();
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| {
        world.liquidate(0, &poor, &alice.margin, u64::MAX, u64::MAX)
    });
    enough(&mut world, "carol", 60 * DOLLAR).unwrap();
    let lots = alice_lots - world.margin(&alice.margin).position(0).unwrap().size.unsigned_abs();
    assert!(u64::from(lots) * row.initial_margin > 160 * DOLLAR, "{lots} lots");
    let dora = world.actor("dora", 4, 160 * DOLLAR).unwrap();
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| {
        world.trade(0, &dora, &bob, 1_000, 1_400_000)
    });
}

#[test]
fn i15_the_reported_liquidation_price_of_a_hedge_in_thin_markets_is_the_program_s() {
    for (lots, hedge, cash) in [(5_000, 1_000, 2_000), (-5_000, 2_000, 2_000), (1_000, 4_000, 1_000)] {
        let mut listings = grouped();
        for listing in &mut listings {
            (listing.market.slice_lots, listing.market.depth_lots) = (20_000, 20_000);
        }
        let (mut world, bob) = listed(&listings);
        let alice = world.actor("alice", 4, cash * DOLLAR).unwrap();
        let carol = world.actor("carol", 4, 100_000 * DOLLAR).unwrap();
        let (one, other) = if lots > 0 { (&alice, &bob) } else { (&bob, &alice) };
        world.trade(0, one, other, u64::try_from(i64::abs(lots)).unwrap(), MARK).unwrap();
        world.trade(1, other, one, hedge, MARK).unwrap();
        let (_, holdings) = world.margin(&alice.margin).report(&world.board()).unwrap();
        let price = holdings[0].1.liquidation_price.expect("there is one");
        let healthy_at = |world: &mut Bank, price: u64| {
            let now = world.chain.now() + 1;
            world.chain.set_now(now);
            world.set_mark(0, price).unwrap();
            world.set_mark(1, MARK).unwrap();
            let limit = if lots > 0 { u64::MAX } else { 0 };
            match world.liquidate(0, &carol, &alice.margin, u64::MAX, limit) {
                Ok(_) => false,
                Err(refusal) => refusal.is(FirebreakError::AccountHealthy),
            }
        };
        assert!(healthy_at(&mut world, if lots > 0 { price + 1 } else { price - 1 }), "{lots}: before {price}");
        assert!(!healthy_at(&mut world, price), "{lots}: at {price}");
    }
}

#[test]
fn rejects_groups_and_depths_out_of_range() {
    let mut world = world();
    let add = |world: &mut Bank, change: fn(&mut AssetConfig)| {
        let mut config = listing::listing("JUP", 0).asset;
        change(&mut config);
        let add = world.at.add_asset(payer().pubkey(), authority().pubkey(), config);
        send(world, add, &[&payer(), &authority()])
    };
    for change in [
        (|config| config.group = 8) as fn(&mut AssetConfig),
        |config| config.group_weight_bps = 9_001,
        |config| (config.group, config.group_weight_bps) = (0, 1),
    ] {
        assert_rejects(&mut world, FirebreakError::GroupOutOfRange, |world| add(world, change));
    }
    add(&mut world, |config| (config.group, config.group_weight_bps) = (7, 4_000)).unwrap();
    let open = |world: &mut Bank, change: fn(&mut MarketConfig)| {
        let mut config = listing::listing("JUP", 0).market;
        change(&mut config);
        let add = world.at.add_market(payer().pubkey(), authority().pubkey(), 3, config);
        send(world, add, &[&payer(), &authority()])
    };
    for change in [
        (|config| config.depth_lots = config.slice_lots - 1) as fn(&mut MarketConfig),
        |config| config.depth_lots = (1 << 28) + 1,
        |config| config.depth_lots = u64::MAX,
        |config| (config.slice_lots, config.depth_lots) = (10, 4_095),
    ] {
        assert_rejects(&mut world, FirebreakError::CapOutOfRange, |world| open(world, change));
    }
    // Half of the weight offset leaves 400 of 500 basis points for a penalty of 250 and a slippage of 100.
    assert_rejects(&mut world, FirebreakError::PenaltyExceedsMaintenance, |world| {
        open(world, |config| config.exit_slippage_bps = 150)
    });
    open(&mut world, |config| config.depth_lots = config.slice_lots).unwrap();
    let row = world.row(3);
    assert_eq!((row.depth_lots, row.initial_liquidity), (500_000, 0), "no price, no margin");
}
