//! `trip_breaker`, `reset_breaker`, and what every level leaves open.

use crate::scene::*;
use firebreak::{
    event::{BreakerReset, BreakerTripped},
    state::{CROSS, CircuitBreaker},
};

const GLOBAL: u8 = 255;
const SIX_HOURS: u32 = 6 * 3_600;
const SEVEN_DAYS: u32 = 7 * 86_400;

fn trip(world: &mut Bank, by: &Keypair, market: u8, level: u8, seconds: u32) -> Sent {
    let trip = world.at.trip_breaker(by.pubkey(), market, level, seconds, 9);
    send(world, trip, &[by])
}

fn reset(world: &mut Bank, by: &Keypair, market: u8) -> Sent {
    let reset = world.at.reset_breaker(by.pubkey(), market);
    send(world, reset, &[by])
}

fn breaker(world: &mut Bank) -> CircuitBreaker {
    firebreak_client::decode(&world.chain.account(&world.at.breaker).unwrap().data).unwrap()
}

#[test]
fn the_guardian_trips_one_market_and_is_counted() {
    let mut world = world();

    let step = succeeds(&mut world, |world| trip(world, &guardian(), 2, 3, SIX_HOURS));

    step.changes_only([
        change("breaker.markets[2].emergency.expires_at", 0, NOW + 21_600),
        change("breaker.markets[2].emergency.level", 0, 3),
        change("breaker.markets[2].emergency.reason", 0, 9),
        change("breaker.markets[2].emergency.trips", 0, 1),
        change("clearinghouse.guardian_trips", 0, 1),
    ])
    .emits([&BreakerTripped {
        clearinghouse: world.at.clearinghouse,
        by: guardian().pubkey(),
        expires_at: NOW + 21_600,
        market: 2,
        level_before: 0,
        level: 3,
        reason: 9,
        reserved: [0; 4],
    }]);
}

#[test]
fn the_authority_trips_everything_and_is_not_counted() {
    let mut world = world();

    let step = succeeds(&mut world, |world| trip(world, &authority(), GLOBAL, 1, SEVEN_DAYS));

    step.changes_only([
        change("breaker.global.standing.expires_at", 0, NOW + 604_800),
        change("breaker.global.standing.level", 0, 1),
        change("breaker.global.standing.reason", 0, 9),
        change("breaker.global.standing.trips", 0, 1),
    ]);
}

#[test]
fn the_authority_resets_before_the_expiry() {
    let mut world = world();
    trip(&mut world, &guardian(), GLOBAL, 4, 100).unwrap();

    let step = succeeds(&mut world, |world| reset(world, &authority(), GLOBAL));

    step.changes_only([
        change("breaker.global.emergency.expires_at", NOW + 100, NOW),
        change("breaker.global.emergency.level", 4, 0),
        change("breaker.global.standing.expires_at", 0, NOW),
    ])
    .emits([&BreakerReset {
        clearinghouse: world.at.clearinghouse,
        by: authority().pubkey(),
        market: GLOBAL,
        level_before: 4,
        reserved: [0; 6],
    }]);
}

/// A week of reducing only; in it a halt of six hours, which neither has to outlast it nor ends it.
#[test]
fn an_emergency_comes_and_goes_above_a_standing_restriction() {
    let (mut world, alice, _) = world_with_two();
    trip(&mut world, &authority(), GLOBAL, 2, SEVEN_DAYS).unwrap();
    world.withdraw(&alice, 1).unwrap();
    trip(&mut world, &guardian(), GLOBAL, 4, SIX_HOURS).unwrap();
    assert_rejects(&mut world, FirebreakError::BreakerActive, |world| world.withdraw(&alice, 1));
    // One second more than an emergency may last is a standing restriction, which this would shorten.
    assert_rejects(&mut world, FirebreakError::LevelNotRaised, |world| {
        trip(world, &authority(), GLOBAL, 3, SIX_HOURS + 1)
    });
    world.chain.set_now(NOW + i64::from(SIX_HOURS));
    world.withdraw(&alice, 1).unwrap();
    let levels = [SIX_HOURS, SEVEN_DAYS - 1, SEVEN_DAYS];
    let levels = levels.map(|seconds| breaker(&mut world).global.level_at(NOW + i64::from(seconds)) as u8);
    assert_eq!(levels, [2, 2, 0]);
}

#[test]
fn a_level_ends_the_second_it_expires() {
    let (mut world, alice, _) = world_with_two();
    trip(&mut world, &guardian(), GLOBAL, 4, 100).unwrap();
    world.chain.set_now(NOW + 99);
    assert_rejects(&mut world, FirebreakError::BreakerActive, |world| world.withdraw(&alice, 1));
    world.chain.set_now(NOW + 100);
    world.withdraw(&alice, 1).unwrap();
}

#[test]
fn rejects_a_trip_of_no_time_or_longer_than_its_signer_may() {
    let (guardian, authority) = (guardian(), authority());
    for (by, level, longest) in [
        (&guardian, 1, SIX_HOURS),
        (&guardian, 4, SIX_HOURS),
        (&authority, 3, SEVEN_DAYS),
        // Nobody halts for longer than six hours.
        (&authority, 4, SIX_HOURS),
    ] {
        let mut world = world();
        for seconds in [0, longest + 1, u32::MAX] {
            assert_rejects(&mut world, FirebreakError::TripDurationOutOfRange, |world| {
                trip(world, by, GLOBAL, level, seconds)
            });
        }
        trip(&mut world, by, GLOBAL, level, longest).unwrap();
    }
}

#[test]
fn rejects_a_trip_that_lowers_shortens_or_repeats_a_level() {
    let mut world = world();
    let rejects = |world: &mut Bank, level, seconds| {
        assert_rejects(world, FirebreakError::LevelNotRaised, |world| trip(world, &guardian(), GLOBAL, level, seconds));
    };
    rejects(&mut world, 0, 100);
    trip(&mut world, &guardian(), GLOBAL, 2, 100).unwrap();
    // The same level: only for longer. A lower one: never. A higher one: not for a shorter time.
    rejects(&mut world, 2, 99);
    rejects(&mut world, 2, 100);
    rejects(&mut world, 1, 1_000);
    rejects(&mut world, 0, 1_000);
    rejects(&mut world, 3, 99);
    trip(&mut world, &guardian(), GLOBAL, 2, 101).unwrap();
    trip(&mut world, &guardian(), GLOBAL, 3, 101).unwrap();
    assert_eq!(breaker(&mut world).global.emergency.trips, 3);
    // What has expired stands no more.
    world.chain.set_now(NOW + 101);
    trip(&mut world, &guardian(), GLOBAL, 1, 1).unwrap();
}

#[test]
fn rejects_a_level_that_is_none() {
    let mut world = world();
    for level in [5, 255] {
        assert_rejects(&mut world, FirebreakError::LevelOutOfRange, |world| {
            trip(world, &guardian(), GLOBAL, level, 100)
        });
    }
    trip(&mut world, &guardian(), GLOBAL, 4, 100).unwrap();
}

#[test]
fn rejects_a_market_beyond_the_board() {
    let mut world = world();
    trip(&mut world, &authority(), 63, 1, 100).unwrap();
    for market in [64, 254] {
        assert_rejects(&mut world, FirebreakError::AssetMissing, |world| trip(world, &authority(), market, 1, 100));
        assert_rejects(&mut world, FirebreakError::AssetMissing, |world| reset(world, &authority(), market));
    }
    reset(&mut world, &authority(), 63).unwrap();
}

#[test]
fn rejects_a_trip_by_anybody_else() {
    let (mut world, alice, _) = world_with_two();
    assert_rejects(&mut world, FirebreakError::SignerNotGuardian, |world| trip(world, &alice.key, GLOBAL, 1, 100));
    trip(&mut world, &guardian(), GLOBAL, 1, 100).unwrap();
}

#[test]
fn i11_rejects_a_reset_by_the_guardian() {
    let mut world = world();
    trip(&mut world, &guardian(), GLOBAL, 1, 100).unwrap();
    assert_rejects(&mut world, FirebreakError::SignerNotAuthority, |world| reset(world, &guardian(), GLOBAL));
    reset(&mut world, &authority(), GLOBAL).unwrap();
}

#[test]
fn i11_rejects_a_reset_once_sealed_but_no_trip() {
    let mut world = world();
    trip(&mut world, &authority(), GLOBAL, 1, 100).unwrap();
    reset(&mut world, &authority(), GLOBAL).unwrap();
    seal(&mut world);
    trip(&mut world, &authority(), GLOBAL, 1, 100).unwrap();
    trip(&mut world, &guardian(), 0, 1, 100).unwrap();
    assert_rejects(&mut world, FirebreakError::Sealed, |world| reset(world, &authority(), GLOBAL));
}

#[test]
fn rejects_a_reset_of_what_does_not_stand() {
    let mut world = world();
    trip(&mut world, &authority(), 1, 1, 100).unwrap();
    assert_rejects(&mut world, FirebreakError::LevelNotRaised, |world| reset(world, &authority(), 0));
    reset(&mut world, &authority(), 1).unwrap();
    assert_rejects(&mut world, FirebreakError::LevelNotRaised, |world| reset(world, &authority(), 1));
}

#[test]
fn rejects_the_breaker_of_another_clearinghouse() {
    let mut world = world();
    let theirs = other_clearinghouse(&mut world);
    trip(&mut world, &authority(), 1, 1, 100).unwrap();
    let by = authority().pubkey();
    for own in [world.at.trip_breaker(by, 0, 1, 100, 0), world.at.reset_breaker(by, 1)] {
        let foreign = swapped(own, world.at.breaker, theirs.breaker);
        assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| {
            send(world, foreign, &[&authority()])
        });
    }
    reset(&mut world, &authority(), 1).unwrap();
}

// ---- every level, every instruction -------------------------------------------------------------------------------

/// Alice long, Bob short, Carol flat, Erin below maintenance, Maker with an offer; SOL has fallen.
struct Crowd {
    alice: Actor,
    bob: Actor,
    carol: Actor,
    erin: Actor,
    maker: Actor,
}

const TERMS: OfferTerms =
    OfferTerms { bid_lots: 50, ask_lots: 50, bid_spread_bps: 0, ask_spread_bps: 0, expires_at: NOW + 1_000 };
const FALLEN: u64 = 1_404_000;

fn world_in_trouble() -> (Bank, Crowd) {
    let mut world = world();
    let mut actor = |name, cash| world.actor(name, 4, cash).unwrap();
    let crowd = Crowd {
        alice: actor("alice", 10_000 * DOLLAR),
        bob: actor("bob", 10_000 * DOLLAR),
        carol: actor("carol", 10_000 * DOLLAR),
        erin: actor("erin", 1_000 * DOLLAR),
        maker: actor("maker", 10_000 * DOLLAR),
    };
    world.trade(0, &crowd.alice, &crowd.bob, 1_000, MARK).unwrap();
    world.trade(0, &crowd.erin, &crowd.bob, 6_000, MARK).unwrap();
    world.place_offer(0, &crowd.maker, TERMS).unwrap();
    for actor in [&crowd.alice, &crowd.bob, &crowd.carol] {
        world.mint_to(&world.mint.pubkey(), &actor.tokens, 1_000).unwrap();
    }
    world.chain.set_now(NOW + 10);
    world.set_mark(0, FALLEN).unwrap();
    (world, crowd)
}

type Attempt = fn(&mut Bank, &Crowd) -> Sent;

/// Each kind of action, the highest level at which a market's breaker leaves it open, and the global one.
fn actions() -> Vec<(&'static str, u8, u8, Attempt)> {
    vec![
        // First: her trades would settle it, and it fills the pool for the gain.
        ("settle a loss", 4, 4, |world, crowd| world.settle(0, &crowd.alice.margin)),
        ("deposit", 4, 4, |world, crowd| world.deposit(&crowd.carol, 1)),
        ("fund_tranche", 4, 4, |world, crowd| {
            let fund = world.at.fund_tranche(0, crowd.bob.address(), world.quote(crowd.bob.tokens), 1);
            send(world, fund, &[&crowd.bob.key])
        }),
        ("refresh_prices", 4, 4, |world, _| world.refresh(&[0])),
        ("withdraw flat", 4, 3, |world, crowd| world.withdraw(&crowd.carol, 1)),
        ("withdraw with positions", 1, 1, |world, crowd| world.withdraw(&crowd.bob, 1)),
        ("trade, adding", 1, 1, |world, crowd| world.trade(0, &crowd.carol, &crowd.bob, 1, FALLEN)),
        ("trade, one side adding", 1, 1, |world, crowd| world.trade(0, &crowd.maker, &crowd.alice, 1, FALLEN)),
        ("trade, reducing", 2, 2, |world, crowd| world.trade(0, &crowd.bob, &crowd.alice, 1, FALLEN)),
        ("take_offer, adding", 1, 1, |world, crowd| world.take_offer(0, &crowd.carol, &crowd.maker, 1, u64::MAX)),
        ("liquidate", 3, 3, |world, crowd| world.liquidate(0, &crowd.carol, &crowd.erin.margin, 1, u64::MAX)),
        ("settle a gain", 2, 2, |world, crowd| world.settle(0, &crowd.bob.margin)),
        ("place_offer", 4, 4, |world, crowd| world.place_offer(0, &crowd.carol, TERMS)),
        ("update_offer", 4, 4, |world, crowd| {
            let update = ix::update_offer(0, crowd.carol.address(), crowd.carol.margin, TERMS);
            send(world, update, &[&crowd.carol.key])
        }),
        ("cancel_offer", 4, 4, |world, crowd| {
            let owner = crowd.carol.address();
            send(world, ix::cancel_offer(0, owner, crowd.carol.margin, owner), &[&crowd.carol.key])
        }),
        ("set_delegate", 4, 4, |world, crowd| {
            let set = ix::set_delegate(crowd.carol.address(), crowd.carol.margin, crowd.bob.address());
            send(world, set, &[&crowd.carol.key])
        }),
        ("create_margin_account", 4, 4, |world, crowd| {
            let create = world.at.create_margin_account(payer().pubkey(), crowd.carol.address(), 1, 4, CROSS);
            send(world, create, &[&payer(), &crowd.carol.key])
        }),
        ("grow_margin_account", 4, 4, |world, crowd| {
            let account = world.at.margin_account(&crowd.carol.address(), 1);
            let grow = ix::grow_margin_account(payer().pubkey(), crowd.carol.address(), account, 8);
            send(world, grow, &[&payer(), &crowd.carol.key])
        }),
        ("close_margin_account", 4, 4, |world, crowd| {
            let (owner, account) = (crowd.carol.address(), world.at.margin_account(&crowd.carol.address(), 1));
            send(world, ix::close_margin_account(owner, account, owner), &[&crowd.carol.key])
        }),
    ]
}

/// Tries every action, one after the other, in a world at each level of a breaker.
fn rejects_beyond(breaker: u8, highest: impl Fn(u8, u8) -> u8) {
    for level in 0..=4 {
        let (mut world, crowd) = world_in_trouble();
        if level > 0 {
            trip(&mut world, &authority(), breaker, level, 1_000).unwrap();
        }
        for (name, market, global, attempt) in actions() {
            println!("level {level} of {breaker}: {name}");
            if level <= highest(market, global) {
                attempt(&mut world, &crowd).unwrap_or_else(|refusal| panic!("{name} at level {level}: {refusal}"));
                assert_eq!(world.violations(), Vec::<String>::new());
            } else {
                assert_rejects(&mut world, FirebreakError::BreakerActive, |world| attempt(world, &crowd));
            }
        }
    }
}

#[test]
fn rejects_at_each_level_of_the_global_breaker_what_the_table_closes() {
    rejects_beyond(GLOBAL, |_, global| global);
}

#[test]
fn rejects_at_each_level_of_a_markets_breaker_what_the_table_closes() {
    rejects_beyond(0, |market, _| market);
}

#[test]
fn the_breaker_of_one_market_leaves_the_others_alone() {
    let (mut world, crowd) = world_in_trouble();
    trip(&mut world, &guardian(), 1, 4, 1_000).unwrap();
    for (name, _, _, attempt) in actions() {
        attempt(&mut world, &crowd).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
    }
}

/// A position in a halted market keeps the whole account's cash in; the higher of the two levels counts.
#[test]
fn rejects_a_withdrawal_where_any_market_held_is_restricted() {
    let (mut world, alice, bob) = world_with_two();
    world.trade(0, &alice, &bob, 1, MARK).unwrap();
    world.trade(1, &alice, &bob, 1, 1_200_000).unwrap();
    trip(&mut world, &guardian(), GLOBAL, 1, 100).unwrap();
    world.withdraw(&alice, 1).unwrap();
    trip(&mut world, &guardian(), 1, 2, 100).unwrap();
    assert_rejects(&mut world, FirebreakError::BreakerActive, |world| world.withdraw(&alice, 1));
}
