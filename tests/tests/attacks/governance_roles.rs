//! T112, T113: guardian and authority, and how a role changes hands.

use crate::{
    governance::{DELAY, execution, pass, proposed, sealed_stage},
    stage::{accepts, fund, rejects, send},
};
use firebreak::governance::Change;
use firebreak_client::FirebreakError;
use firebreak_replay::{
    listing::{self, DOLLAR},
    world::keypair,
};
use solana_address::Address;
use solana_signer::Signer;

const GLOBAL: u8 = 255;

#[test]
fn t112_the_guardian_restricts_and_nothing_else() {
    let (mut world, ..) = sealed_stage();
    let guardian = keypair("guardian");
    let key = guardian.pubkey();
    let (payer, at) = (world.payer.pubkey(), world.at);
    let tighter = world.market_change(0, |market| market.price_band_bps = 150);
    let looser = world.market_change(0, |market| market.price_band_bps = 240);
    let ids = [tighter, looser].map(|change| proposed(&mut world, change));
    // It can stop, and trip.
    let veto = at.veto_proposal(ids[1], key);
    let trip = at.trip_breaker(key, GLOBAL, 4, 6 * 3_600, 0);
    accepts(&mut world, &[veto, trip]);
    // Nothing else.
    for attack in [
        at.propose(2, payer, key, tighter),
        at.execute_proposal(ids[0], key, &tighter),
        at.reset_breaker(key, 0),
        at.set_price_programs(key, listing::clearinghouse_config(key).price_programs),
        at.add_asset(payer, key, listing::listing("WIF", 0).asset),
        at.seal(key),
    ] {
        rejects(&mut world, FirebreakError::SignerNotAuthority, &[attack]);
    }
}

#[test]
fn t112_the_authority_gets_rid_of_the_guardian_after_the_delay_only_and_not_against_its_veto() {
    let (mut world, ..) = sealed_stage();
    let puppet = keypair("puppet").pubkey();
    fund(&mut world, puppet, 1 << 40);
    let change = Change::Guardian { key: puppet };
    let ids = [change, change].map(|change| proposed(&mut world, change));
    let at = world.at;
    let take = |id| at.execute_proposal(id, puppet, &change);
    let calls = ids.map(take);
    rejects(&mut world, FirebreakError::ProposalTooEarly, &calls[..1]);
    let guardian = keypair("guardian");
    world.veto(ids[0], &guardian).unwrap();
    pass(&mut world, DELAY);
    rejects(&mut world, FirebreakError::ProposalClosed, &calls[..1]);
    send(&mut world, &calls[1..]).unwrap();
    // The old one is dead.
    let trip = world.at.trip_breaker(guardian.pubkey(), 0, 1, 60, 0);
    rejects(&mut world, FirebreakError::SignerNotGuardian, &[trip]);
}

/// A guardian that turns against everybody can hold up what loosens, its own replacement included, for as long as it likes. It gets
/// nothing by it, and what tightens passes it by; see docs/decisions.md for why the other way round would be worse.
#[test]
fn known_limit_a_rogue_guardian_holds_up_every_loosening() {
    let (mut world, ..) = sealed_stage();
    let guardian = keypair("guardian");
    for round in 0..3 {
        let looser = world.asset_change(0, |asset| asset.initial_ratio_bps = 900);
        for change in [looser, Change::Guardian { key: keypair("heir").pubkey() }] {
            let id = proposed(&mut world, change);
            pass(&mut world, DELAY - 1);
            world.veto(id, &guardian).unwrap();
            pass(&mut world, 1);
        }
        let tighter = world.asset_change(0, |asset| asset.initial_ratio_bps = 1_100 + round);
        let id = proposed(&mut world, tighter);
        world.execute(id).unwrap();
    }
}

/// Whoever holds a key and halts whenever it can keeps users in for six hours of twelve, and no longer.
#[test]
fn t118_a_halt_that_is_tripped_every_hour_leaves_everybody_an_exit() {
    for signer in ["guardian", "authority"] {
        let (mut world, ..) = sealed_stage();
        let carol = world.actor("carol", 4, DOLLAR).unwrap();
        let exit = world.at.withdraw(0, carol.address(), carol.margin, world.quote(carol.tokens), DOLLAR);
        accepts(&mut world, std::slice::from_ref(&exit));
        let halt = world.at.trip_breaker(keypair(signer).pubkey(), GLOBAL, 4, 6 * 3_600, 0);
        let mut trips = 0;
        for hour in 0..10 * 24 {
            trips += u32::from(send(&mut world, std::slice::from_ref(&halt)).is_ok());
            match hour % 12 < 6 {
                true => rejects(&mut world, FirebreakError::BreakerActive, std::slice::from_ref(&exit)),
                false => accepts(&mut world, std::slice::from_ref(&exit)),
            }
            pass(&mut world, 3_600);
        }
        assert_eq!(trips, 20, "one in twelve hours");
        assert_eq!(world.clearinghouse().guardian_trips, if signer == "guardian" { 20 } else { 0 });
    }
}

/// A reset prepared while one breaker stands does not end the next one.
#[test]
fn t112_no_reset_is_kept_in_reserve() {
    let (mut world, ..) = sealed_stage();
    let (authority, guardian) = (world.authority.pubkey(), world.guardian.pubkey());
    let week = world.at.trip_breaker(authority, GLOBAL, 1, 7 * 86_400, 0);
    send(&mut world, &[week]).unwrap();
    let id = proposed(&mut world, Change::ResetBreaker { market: GLOBAL });
    let reset = world.at.under_proposal(id, world.at.reset_breaker(authority, GLOBAL));
    rejects(&mut world, FirebreakError::ProposalTooEarly, std::slice::from_ref(&reset));
    pass(&mut world, DELAY);
    accepts(&mut world, std::slice::from_ref(&reset));
    let halt = world.at.trip_breaker(guardian, GLOBAL, 4, 3_600, 0);
    send(&mut world, &[halt]).unwrap();
    rejects(&mut world, FirebreakError::ProposalVoid, &[reset]);
}

#[test]
fn t113_a_role_is_taken_over_by_a_key_that_signs_and_the_old_key_is_dead() {
    let (mut world, ..) = sealed_stage();
    let (payer, authority, heir) = (world.payer.pubkey(), world.authority.pubkey(), keypair("heir").pubkey());
    fund(&mut world, heir, 1 << 40);
    let at = world.at;
    let bad = |key| at.propose(0, payer, authority, Change::Authority { key });
    for key in [Address::default(), authority, world.guardian.pubkey()] {
        let attack = bad(key);
        rejects(&mut world, FirebreakError::KeysNotDistinct, &[attack]);
    }
    let change = Change::Authority { key: heir };
    let id = proposed(&mut world, change);
    let left_behind = world.market_change(0, |market| market.price_band_bps = 150);
    let left_behind = proposed(&mut world, left_behind);
    let (by_heir, by_old) =
        (world.at.execute_proposal(id, heir, &change), world.at.execute_proposal(id, authority, &change));
    rejects(&mut world, FirebreakError::ProposalTooEarly, std::slice::from_ref(&by_heir));
    pass(&mut world, DELAY);
    rejects(&mut world, FirebreakError::SignerNotSuccessor, &[by_old]);
    let old = execution(&mut world, left_behind);
    accepts(&mut world, std::slice::from_ref(&old));
    send(&mut world, &[by_heir]).unwrap();
    rejects(&mut world, FirebreakError::SignerNotAuthority, &[old]);
    let tighter = world.asset_change(0, |asset| asset.initial_ratio_bps = 1_100);
    let id = world.next_proposal();
    let (dead, alive) = (world.at.propose(id, payer, authority, tighter), world.at.propose(id, payer, heir, tighter));
    rejects(&mut world, FirebreakError::SignerNotAuthority, &[dead]);
    accepts(&mut world, &[alive]);
}
