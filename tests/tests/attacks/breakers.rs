//! Breakers against those who may trip them, and those who would like to get around them.

use crate::stage::{SOL, Stage, accepts, assert_sound, rejects, send, stage};
use firebreak_client::FirebreakError;
use firebreak_replay::{
    chain::Chain,
    listing::DOLLAR,
    world::{Actor, keypair},
};
use solana_instruction::Instruction;
use solana_signer::Signer;

const HOUR: u32 = 3_600;
const WEEK: u32 = 7 * 24 * HOUR;

fn trade(world: &Stage, buyer: &Actor, seller: &Actor, lots: u64, price: u64) -> Instruction {
    world.at.trade(0, (buyer.address(), buyer.margin), (seller.address(), seller.margin), lots, price)
}

#[test]
fn t112_a_week_of_caution_does_not_disarm_the_guardian() {
    let mut world = stage();
    let [alice, bob] = ["alice", "bob"].map(|name| world.actor(name, 4, 1_000 * DOLLAR).unwrap());
    let (authority, guardian) = (world.authority.pubkey(), world.guardian.pubkey());
    let open = trade(&world, &alice, &bob, 1, SOL);
    for market in [0, 255] {
        let caution = world.at.trip_breaker(authority, market, 1, WEEK, 0);
        send(&mut world, &[caution]).unwrap();
        accepts(&mut world, std::slice::from_ref(&open));
        let halt = world.at.trip_breaker(guardian, market, 4, 6 * HOUR, 0);
        let saved = world.chain.svm.clone();
        send(&mut world, &[halt]).unwrap();
        rejects(&mut world, FirebreakError::BreakerActive, std::slice::from_ref(&open));
        world.chain.svm = saved;
    }
}

#[test]
fn t112_a_trip_lowers_nothing_and_shortens_nothing() {
    let mut world = stage();
    let (authority, guardian) = (world.authority.pubkey(), world.guardian.pubkey());
    let halt = world.at.trip_breaker(guardian, 0, 4, 6 * HOUR, 0);
    send(&mut world, &[halt]).unwrap();
    for (signer, level, seconds) in
        [(guardian, 1, 6 * HOUR), (guardian, 3, 1), (guardian, 4, 6 * HOUR), (authority, 3, HOUR), (authority, 0, 1)]
    {
        let attack = world.at.trip_breaker(signer, 0, level, seconds, 0);
        rejects(&mut world, FirebreakError::LevelNotRaised, &[attack]);
    }
    // A longer one of the other kind stands beside it and ends nothing.
    let week = world.at.trip_breaker(authority, 0, 1, WEEK, 0);
    send(&mut world, &[week]).unwrap();
    let [alice, bob] = ["alice", "bob"].map(|name| world.actor(name, 4, 1_000 * DOLLAR).unwrap());
    let open = trade(&world, &alice, &bob, 1, SOL);
    rejects(&mut world, FirebreakError::BreakerActive, std::slice::from_ref(&open));
    let too_long = world.at.trip_breaker(guardian, 0, 1, 6 * HOUR + 1, 0);
    rejects(&mut world, FirebreakError::TripDurationOutOfRange, &[too_long]);
    let no_reset = world.at.reset_breaker(guardian, 0);
    rejects(&mut world, FirebreakError::SignerNotAuthority, &[no_reset]);
    let stranger = world.at.trip_breaker(keypair("stranger").pubkey(), 0, 4, HOUR, 0);
    rejects(&mut world, FirebreakError::SignerNotGuardian, &[stranger]);
    let now = world.chain.now();
    world.chain.set_now(now + i64::from(6 * HOUR));
    world.set_mark(0, SOL).unwrap();
    accepts(&mut world, &[open]);
}

#[test]
fn t96_a_market_s_breaker_is_not_walked_around_through_another_market_or_an_offer() {
    let mut world = stage();
    let [alice, bob] = ["alice", "bob"].map(|name| world.actor(name, 4, 10_000 * DOLLAR).unwrap());
    world.trade(0, &alice, &bob, 1_000, SOL).unwrap();
    let terms = firebreak::instructions::OfferTerms {
        bid_lots: 5_000,
        ask_lots: 5_000,
        bid_spread_bps: 0,
        ask_spread_bps: 0,
        expires_at: i64::MAX,
    };
    world.place_offer(0, &bob, terms).unwrap();
    let take = |lots, limit| world.at.take_offer(0, alice.address(), alice.margin, bob.margin, lots, limit);
    let withdraw = world.at.withdraw(0, alice.address(), alice.margin, world.quote(alice.tokens), DOLLAR);
    let (adds, reduces, flips) = (take(1, u64::MAX), take(-1_000, 0), take(-1_001, 0));
    for control in [&adds, &reduces, &flips, &withdraw] {
        accepts(&mut world, std::slice::from_ref(control));
    }
    let reduce_only = world.at.trip_breaker(world.guardian.pubkey(), 0, 2, HOUR, 0);
    send(&mut world, &[reduce_only]).unwrap();
    accepts(&mut world, &[reduces]);
    for attack in [adds, flips, withdraw] {
        rejects(&mut world, FirebreakError::BreakerActive, &[attack]);
    }
    // The other market is open, and does not open the first one's door for money.
    let sides = ((alice.address(), alice.margin), (bob.address(), bob.margin));
    let elsewhere = world.at.trade(1, sides.0, sides.1, 1, 1_200_000);
    accepts(&mut world, &[elsewhere]);
    assert_sound(&mut world);
}
