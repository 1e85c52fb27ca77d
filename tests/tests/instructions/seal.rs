//! `seal`, and what it closes.

use crate::{breakers::GLOBAL, scene::*};
use firebreak::event::ClearinghouseSealed;

#[test]
fn sealing_writes_one_byte_for_ever() {
    let mut world = world();

    let step = succeeds(&mut world, |world| world.seal());

    step.changes_only([change("clearinghouse.sealed", 0, 1)]).emits([&ClearinghouseSealed {
        clearinghouse: world.at.clearinghouse,
        authority: authority().pubkey(),
        guardian: guardian().pubkey(),
        delay_seconds: 48 * 3_600,
        reserved: [0; 4],
    }]);
    assert_rejects(&mut world, FirebreakError::Sealed, |world| world.seal());
}

#[test]
fn rejects_sealing_by_anybody_else() {
    let mut world = world();
    let seal = world.at.seal(guardian().pubkey());
    assert_rejects(&mut world, FirebreakError::SignerNotAuthority, |world| send(world, seal, &[&guardian()]));
    world.seal().unwrap();
}

#[test]
fn rejects_every_set_up_instruction_without_a_proposal_once_sealed() {
    let mut world = world();
    let mint = keypair("a mint");
    world.create_mint(&mint, 9).unwrap();
    world.at.trip_breaker(authority().pubkey(), GLOBAL, 1, 100, 0);
    let trip = world.at.trip_breaker(authority().pubkey(), GLOBAL, 1, 100, 0);
    send(&mut world, trip, &[&authority()]).unwrap();
    let (by, from, at) = (authority().pubkey(), payer().pubkey(), world.at);
    let programs = listing::clearinghouse_config(guardian().pubkey()).price_programs;
    let doge = listing::listing("DOGE", 0);
    let listed = at.add_asset(from, by, doge.asset);
    let more = at.add_asset(from, by, listing::listing("WIF", 0).asset);
    world.chain.send(&[listed], &[&payer(), &authority()]).unwrap();
    let calls = [
        more,
        at.add_market(from, by, 3, doge.market),
        at.add_collateral_bank(from, by, mint.pubkey(), world.token_program, 1, bank_config()),
        at.set_price_programs(by, programs),
        at.reset_breaker(by, GLOBAL),
    ];
    // Each passes before, and not after.
    world.seal().unwrap();
    for call in &calls {
        assert_rejects(&mut world, FirebreakError::Sealed, |world| {
            world.chain.send(std::slice::from_ref(call), &[&payer(), &authority()])
        });
    }
    let root = world.at.clearinghouse;
    edit::<firebreak::state::Clearinghouse, _>(&mut world, &root, |clearinghouse| clearinghouse.sealed = 0);
    for call in calls {
        world.chain.send(&[call], &[&payer(), &authority()]).unwrap();
    }
}
