//! Margin that follows volatility: new risk pays at once, who holds a position gets notice.

use crate::scene::*;
use firebreak_replay::pyth::{self, Update, Verification};

/// SOL's ratios may triple; the average of an hour, a notice of half an hour.
fn dynamic() -> listing::Listing {
    let mut sol = listing::listing("SOL", -2);
    sol.asset.multiplier_cap_bps = 30_000;
    sol.asset.notice_seconds = 1_800;
    sol
}

/// Alice is long and Bob short 1,000 lots at 1,500,000; then SOL falls by 4 % within a minute.
fn world_after_a_fall() -> (Bank, Actor, Actor) {
    let mut world = World::listed(BankChain::new(), NOW, &[dynamic()]).unwrap();
    world.set_mark(0, MARK).unwrap();
    let alice = world.actor("alice", 4, 500 * DOLLAR).unwrap();
    let bob = world.actor("bob", 4, 10_000 * DOLLAR).unwrap();
    world.trade(0, &alice, &bob, 1_000, MARK).unwrap();
    world.chain.set_now(NOW + 60);
    world.set_mark(0, FALLEN).unwrap();
    (world, alice, bob)
}

const FALLEN: u64 = 1_440_000;

#[test]
fn initial_margin_follows_at_once_and_maintenance_within_its_notice() {
    let (mut world, ..) = world_after_a_fall();
    let row = world.row(0);
    // A return of 0.04, 41,943 of 2^20: (41,943^2) / (3,600 + 60), rounded up, against a calm 20,361: the root is 4.86.
    assert_eq!(row.variance, 41_943_u64.pow(2).div_ceil(3_660));
    assert_eq!((row.initial_multiplier_bps, row.maintenance_multiplier_bps), (30_000, 10_000 + 20_000 * 60 / 1_800));
    // A confidence of 0.05 % on top, 30 %; and 5.333 %, rounded up to 534 basis points.
    assert_eq!((row.initial_margin, row.maintenance_margin), (432_216, FALLEN * 534 / 10_000));

    world.chain.set_now(NOW + 60 + 1_740);
    world.set_mark(0, FALLEN).unwrap();
    let row = world.row(0);
    assert_eq!(row.maintenance_multiplier_bps, row.initial_multiplier_bps.min(10_666 + 20_000 * 1_740 / 1_800));
}

/// A constant price for a day: the average has forgotten, margins are what they were.
#[test]
fn margins_come_back_when_the_market_is_calm_again() {
    let (mut world, ..) = world_after_a_fall();
    world.chain.set_now(NOW + 86_400);
    for second in 0..6 {
        world.chain.set_now(NOW + 86_400 * (second + 1));
        world.set_mark(0, FALLEN).unwrap();
    }
    let row = world.row(0);
    assert_eq!((row.initial_multiplier_bps, row.maintenance_multiplier_bps), (10_000, 10_000));
    assert_eq!(row.maintenance_margin, FALLEN / 20);
}

#[test]
fn i04_new_risk_pays_the_higher_margin_at_once_and_nobody_is_liquidated_by_it() {
    let (mut world, alice, bob) = world_after_a_fall();
    let carol = world.actor("carol", 4, 10_000 * DOLLAR).unwrap();
    // Equity 439.25; initial 432.2 now, at 10 % it would have been 144: another 100 lots were fine yesterday.
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| world.trade(0, &alice, &bob, 100, FALLEN));
    assert_rejects(&mut world, FirebreakError::AccountHealthy, |world| {
        world.liquidate(0, &carol, &alice.margin, u64::MAX, 0)
    });
    // Reducing needs no margin that was not needed before.
    world.trade(0, &bob, &alice, 100, FALLEN).unwrap();
}

/// Two feeds half a percent apart, brought one by one in turn each second: from price to price that would be a volatility of 150 % a
/// day. The primary has not moved, and nothing follows.
#[test]
fn t98_two_feeds_brought_in_turn_do_not_make_an_asset_volatile() {
    let mut listing = dynamic();
    let other = listing::feed_id("other");
    (listing.asset.secondary_kind, listing.asset.secondary_feed) = (1, other);
    (listing.asset.secondary_exponent, listing.asset.agreement_bps) = (listing.asset.exponent, 60);
    let mut world = World::listed(BankChain::new(), NOW, &[listing]).unwrap();
    let hear = |world: &mut Bank, mark: u64, seconds: [i64; 2]| {
        let row = world.row(0);
        for (feed_id, mark, age) in [(row.primary_feed, MARK, seconds[0]), (other, mark, seconds[1])] {
            let price = pyth::raw_price(&row, mark);
            let (exponent, publish_time) = (row.primary_exponent, NOW + age);
            let verification = Verification::Full;
            world.publish(&Update { feed_id, verification, price, confidence: 0, exponent, publish_time });
        }
        world.refresh(&[0])
    };
    hear(&mut world, MARK + 7_500, [0, 0]).unwrap();
    for second in 1..120 {
        world.chain.set_now(NOW + 2 * second);
        // The primary's old update counts as one that said nothing new, too far from the secondary's; then both.
        let lone = hear(&mut world, MARK + 7_500, [2 * second - 62, 2 * second]);
        assert!(lone.is_ok() || second < 32, "{second}: {lone:?}");
        hear(&mut world, MARK + 7_500, [2 * second, 2 * second]).unwrap();
        let row = world.row(0);
        assert_eq!((row.quality, row.mark), (risk::PriceQuality::Confirmed as u8, MARK));
        assert_eq!((row.variance, row.initial_multiplier_bps, row.maintenance_multiplier_bps), (0, 10_000, 10_000));
    }
}

#[test]
fn rejects_multipliers_out_of_range() {
    let mut world = world();
    let add = |world: &mut Bank, change: fn(&mut AssetConfig)| {
        let mut config = listing::listing("JUP", 0).asset;
        change(&mut config);
        let add = world.at.add_asset(payer().pubkey(), authority().pubkey(), config);
        send(world, add, &[&payer(), &authority()])
    };
    for change in [
        (|config| config.multiplier_cap_bps = 9_999) as fn(&mut AssetConfig),
        |config| config.multiplier_cap_bps = 100_001,
        |config| (config.initial_ratio_bps, config.multiplier_cap_bps) = (3_334, 30_000),
    ] {
        assert_rejects(&mut world, FirebreakError::MultiplierOutOfRange, |world| add(world, change));
    }
    for change in
        [(|config| config.variance_seconds = 0) as fn(&mut AssetConfig), |config| config.notice_seconds = 604_801]
    {
        assert_rejects(&mut world, FirebreakError::DurationOutOfRange, |world| add(world, change));
    }
    add(&mut world, |config| (config.initial_ratio_bps, config.multiplier_cap_bps) = (3_333, 30_000)).unwrap();
}
