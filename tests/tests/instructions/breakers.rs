//! `trip_breaker` and `reset_breaker`.

use crate::scene::*;
use firebreak::{
    event::{BreakerReset, BreakerTripped},
    state::CircuitBreaker,
};

pub const GLOBAL: u8 = 255;
const SIX_HOURS: u32 = 6 * 3_600;
const SEVEN_DAYS: u32 = 7 * 86_400;

pub fn trip(world: &mut Bank, by: &Keypair, market: u8, level: u8, seconds: u32) -> Sent {
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
        change("breaker.markets[2].emergency.closed_until", 0, NOW + 21_600),
        change("breaker.markets[2].emergency.closed_from", 0, NOW),
        change("breaker.markets_until", 0, NOW + 21_600),
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
        change("breaker.global.emergency.closed_until", NOW + 100, NOW),
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
        trip(world, &authority(), GLOBAL, 2, SIX_HOURS + 1)
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
        (&authority, 2, SEVEN_DAYS),
        // Nobody closes for longer than six hours.
        (&authority, 3, SIX_HOURS),
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

/// T118: whoever holds the keys, owners get to reduce: at most twelve hours closed, then open for as long as it was.
#[test]
fn rejects_closing_again_before_it_was_open_for_as_long() {
    const HOURS: i64 = 3_600;
    let mut world = world();
    let refuses = |world: &mut Bank, market, level, seconds| {
        assert_rejects(world, FirebreakError::ClosedLately, |world| trip(world, &guardian(), market, level, seconds));
        assert_rejects(world, FirebreakError::ClosedLately, |world| trip(world, &authority(), market, level, seconds));
    };
    // A minute: then open for a minute.
    trip(&mut world, &guardian(), 0, 3, 60).unwrap();
    refuses(&mut world, 0, 3, 61);
    world.chain.set_now(NOW + 119);
    refuses(&mut world, 0, 3, 60);
    trip(&mut world, &guardian(), 0, 2, 10).unwrap();
    world.chain.set_now(NOW + 120);
    // Six hours; more tightly closed meanwhile, and for no longer.
    trip(&mut world, &authority(), 0, 3, SIX_HOURS).unwrap();
    world.chain.set_now(NOW + 180);
    trip(&mut world, &guardian(), 0, 4, SIX_HOURS).unwrap();
    let halted = breaker(&mut world).markets[0].emergency;
    assert_eq!((halted.level, halted.expires_at), (4, NOW + 120 + 6 * HOURS));
    refuses(&mut world, 0, 4, SIX_HOURS);
    // Then everything for six hours, which nothing keeps from being halted; then nothing for six.
    let end = halted.expires_at;
    world.chain.set_now(end);
    refuses(&mut world, 0, 3, 1);
    trip(&mut world, &guardian(), GLOBAL, 4, SIX_HOURS).unwrap();
    world.chain.set_now(end + 6 * HOURS);
    for market in [0, 1, GLOBAL] {
        refuses(&mut world, market, 3, 1);
        trip(&mut world, &authority(), market, 2, SEVEN_DAYS).unwrap();
    }
    world.chain.set_now(end + 12 * HOURS - 1);
    refuses(&mut world, 1, 4, 1);
    world.chain.set_now(end + 12 * HOURS);
    trip(&mut world, &guardian(), 1, 4, 1).unwrap();
    trip(&mut world, &guardian(), GLOBAL, 4, 1).unwrap();
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
