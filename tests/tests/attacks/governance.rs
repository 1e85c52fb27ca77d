//! T108 to T115: whoever holds the keys of governance, in a hurry.

use crate::stage::{SOL, START, Stage, accepts, assert_sound, rejects, send, stage};
use firebreak::{
    governance::Change,
    instructions::BankConfig,
    state::{EXECUTION_SECONDS, Proposal},
};
use firebreak_client::FirebreakError;
use firebreak_replay::{
    chain::Chain,
    listing::{self, DOLLAR},
    world::{Actor, keypair},
};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

pub const DELAY: i64 = 48 * 3_600;

/// A sealed clearinghouse in which Alice is long of Bob; every role's key is the attacker's.
pub fn sealed_stage() -> (Stage, Actor, Actor) {
    let mut world = stage();
    let [alice, bob] = ["alice", "bob"].map(|name| world.actor(name, 4, 10_000 * DOLLAR).unwrap());
    world.trade(0, &alice, &bob, 1_000, SOL).unwrap();
    world.seal().unwrap();
    (world, alice, bob)
}

/// Proposes by the authority; returns the proposal's number.
pub fn proposed(world: &mut Stage, change: Change) -> u64 {
    let id = world.next_proposal();
    world.propose(change).unwrap_or_else(|refusal| panic!("{change:?}: {refusal}"));
    id
}

pub fn pass(world: &mut Stage, seconds: i64) {
    let now = world.chain.now();
    world.chain.set_now(now + seconds);
}

pub fn execution(world: &mut Stage, id: u64) -> Instruction {
    let change = world.proposed(id);
    world.at.execute_proposal(id, world.authority.pubkey(), &change)
}

/// What the two signatures of 1 April 2026 did in one transaction: a worthless token listed as collateral, the guard on outflows
/// raised. Here they get nothing for 48 hours, and nothing at all where the guardian looks.
#[test]
fn t108_two_signatures_list_no_collateral_and_raise_no_guard_for_48_hours() {
    let mut world = stage();
    let (_, call, change) = worthless_token(&mut world);
    world.seal().unwrap();
    let guard = world.bank_change(0, |bank| bank.outflow.hourly_share_bps += 1);
    let lower = world.asset_change(0, |asset| asset.initial_ratio_bps = 800);

    // At once: not by the instruction, not by a proposal, not all in one transaction.
    rejects(&mut world, FirebreakError::Sealed, std::slice::from_ref(&call));
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let all = [
        world.at.propose(0, payer, authority, change),
        world.at.propose(1, payer, authority, guard),
        world.at.propose(2, payer, authority, lower),
    ];
    send(&mut world, &all).unwrap();
    let listed = world.at.under_proposal(0, call);
    let others = [execution(&mut world, 1), execution(&mut world, 2)];
    let mut elapsed = 0;
    for now in [0, 1, 12 * 60, 86_400, DELAY - 1] {
        pass(&mut world, now - elapsed);
        elapsed = now;
        for attack in others.iter().chain([&listed]) {
            rejects(&mut world, FirebreakError::ProposalTooEarly, std::slice::from_ref(attack));
        }
    }
    // The guardian, in that time: each of them is gone for good.
    let saved = world.chain.svm.clone();
    let guardian = keypair("guardian");
    for id in 0..3 {
        world.veto(id, &guardian).unwrap();
    }
    pass(&mut world, 1);
    for attack in others.iter().chain([&listed]) {
        rejects(&mut world, FirebreakError::ProposalClosed, std::slice::from_ref(attack));
    }
    // And where nobody looked for two days, the token has a probation: T114.
    world.chain.svm = saved;
    pass(&mut world, 1);
    send(&mut world, &[listed]).unwrap();
    assert_eq!(world.bank(1).listed_at, START + DELAY);
    assert_sound(&mut world);
}

/// A token made today with a feed that says what its maker likes: its mint, the listing, and the change that it is.
pub fn worthless_token(world: &mut Stage) -> (Address, Instruction, Change) {
    let mint = keypair("worthless");
    world.create_mint(&mint, 6).unwrap();
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let asset = world.at.add_asset(payer, authority, listing::listing("CVT", 1).asset);
    send(world, &[asset]).unwrap();
    let config = BankConfig {
        asset: 3,
        haircut_bps: 500,
        liquidation_discount_bps: 200,
        deposit_cap: 1 << 50,
        outflow: listing::OUTFLOW,
        surcharge_bps: 0,
    };
    let mint = mint.pubkey();
    let call = world.at.add_collateral_bank(payer, authority, mint, world.token_program, 1, config);
    (mint, call, Change::AddCollateralBank { index: 1, mint, config })
}

#[test]
fn t109_not_before_its_time_not_after_its_expiry_not_twice_and_not_against_other_parameters() {
    let (mut world, ..) = sealed_stage();
    let looser = world.asset_change(0, |asset| asset.initial_ratio_bps = 900);
    let ids = [0; 4].map(|_| proposed(&mut world, looser));
    let calls = ids.map(|id| execution(&mut world, id));
    rejects(&mut world, FirebreakError::ProposalTooEarly, &calls[..1]);
    pass(&mut world, DELAY - 1);
    rejects(&mut world, FirebreakError::ProposalTooEarly, &calls[..1]);
    pass(&mut world, 1);
    accepts(&mut world, &calls[..1]);
    // Twice in one transaction.
    rejects(&mut world, FirebreakError::ProposalClosed, &[calls[0].clone(), calls[0].clone()]);
    // After its expiry.
    let saved = world.chain.svm.clone();
    pass(&mut world, EXECUTION_SECONDS - 1);
    accepts(&mut world, &calls[..1]);
    pass(&mut world, 1);
    rejects(&mut world, FirebreakError::ProposalExpired, &calls[..1]);
    world.chain.svm = saved;
    // Vetoed at the last moment.
    let guardian = keypair("guardian");
    world.veto(ids[1], &guardian).unwrap();
    rejects(&mut world, FirebreakError::ProposalClosed, &calls[1..2]);
    // The first changes the parameters; the others were made against the old ones.
    send(&mut world, &calls[2..3]).unwrap();
    rejects(&mut world, FirebreakError::ProposalVoid, &calls[3..]);
    rejects(&mut world, FirebreakError::ProposalVoid, &calls[..1]);
    // A tightening voids them as well, and bringing the old values back takes a delay of its own.
    let (mut world, ..) = sealed_stage();
    let looser = world.asset_change(0, |asset| asset.initial_ratio_bps = 900);
    let tighter = world.asset_change(0, |asset| asset.initial_ratio_bps = 1_001);
    let waiting = proposed(&mut world, looser);
    let tightening = proposed(&mut world, tighter);
    world.execute(tightening).unwrap();
    pass(&mut world, DELAY);
    let call = execution(&mut world, waiting);
    rejects(&mut world, FirebreakError::ProposalVoid, &[call]);
}

#[test]
fn t109_what_was_proposed_before_sealing_waits_like_any_other() {
    let mut world = stage();
    let looser = world.asset_change(0, |asset| asset.initial_ratio_bps = 900);
    let far = world.asset_change(0, |asset| asset.initial_ratio_bps = 600);
    let ids = [looser, far].map(|change| proposed(&mut world, change));
    assert_eq!(world.proposal(ids[0]).executes_from, START);
    let calls = ids.map(|id| execution(&mut world, id));
    accepts(&mut world, &calls[..1]);
    accepts(&mut world, &calls[1..]);
    world.seal().unwrap();
    rejects(&mut world, FirebreakError::ProposalTooEarly, &calls[..1]);
    // Nor does it take a larger step than one that was made afterwards.
    rejects(&mut world, FirebreakError::StepTooLarge, &calls[1..]);
    pass(&mut world, DELAY);
    accepts(&mut world, &calls[..1]);
    rejects(&mut world, FirebreakError::StepTooLarge, &calls[1..]);
    // And a delay that was raised meanwhile counts for what was made before.
    let mut world = stage();
    world.seal().unwrap();
    let waiting = proposed(&mut world, looser);
    let raise = proposed(&mut world, Change::Delay { seconds: 3 * 86_400 });
    world.execute(raise).unwrap();
    pass(&mut world, DELAY);
    let call = execution(&mut world, waiting);
    rejects(&mut world, FirebreakError::ProposalTooEarly, std::slice::from_ref(&call));
    pass(&mut world, 86_400);
    accepts(&mut world, &[call]);
}

/// However many proposals are made at once, and executed in whatever order, a delay loosens one step.
#[test]
fn t110_many_small_changes_loosen_one_step_per_delay() {
    let (mut world, ..) = sealed_stage();
    let mut ratio = world.row(0).initial_ratio_bps;
    for round in 0..6 {
        let lowest = ratio - ratio / 5;
        if lowest < 560 {
            break; // the market's buffer above maintenance ends it
        }
        let beyond = world.asset_change(0, |asset| asset.initial_ratio_bps = lowest - 1);
        let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
        let id = world.next_proposal();
        let propose = world.at.propose(id, payer, authority, beyond);
        rejects(&mut world, FirebreakError::StepTooLarge, &[propose]);
        let ids: Vec<_> = [lowest, lowest + 1, lowest + 2]
            .map(|to| {
                let change = world.asset_change(0, |asset| asset.initial_ratio_bps = to);
                proposed(&mut world, change)
            })
            .to_vec();
        pass(&mut world, DELAY);
        let calls: Vec<_> = ids.iter().map(|id| execution(&mut world, *id)).collect();
        send(&mut world, &calls[..1]).unwrap();
        for call in &calls[1..] {
            rejects(&mut world, FirebreakError::ProposalVoid, std::slice::from_ref(call));
        }
        ratio = world.row(0).initial_ratio_bps;
        assert_eq!((round, ratio), (round, lowest));
    }
    // Tightening and loosening at once, staged in advance, ends where it began: a step is measured from what was in force.
    let there = world.row(1).initial_ratio_bps;
    let tighter = world.asset_change(1, |asset| asset.initial_ratio_bps = there + 100);
    let id = proposed(&mut world, tighter);
    world.execute(id).unwrap();
    let back = world.asset_change(1, |asset| asset.initial_ratio_bps = there);
    let id = proposed(&mut world, back);
    pass(&mut world, DELAY);
    world.execute(id).unwrap();
    assert_eq!(world.row(1).initial_ratio_bps, there);
}

#[test]
fn t110_hard_bounds_hold_for_listings_too() {
    let mut world = stage();
    world.seal().unwrap();
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let mut config = listing::listing("WIF", 0).asset;
    let propose = |world: &Stage, config| world.at.propose(0, payer, authority, Change::AddAsset { config });
    let good = propose(&world, config);
    accepts(&mut world, &[good]);
    (config.initial_ratio_bps, config.maintenance_ratio_bps) = (99, 60);
    let bad = propose(&world, config);
    rejects(&mut world, FirebreakError::BoundExceeded, &[bad]);
}

/// A proposal says in its account who made it, what it replaces and when it may take effect: nothing about it is off the chain.
#[test]
fn t108_a_proposal_is_public_from_the_block_it_is_made_in() {
    let (mut world, ..) = sealed_stage();
    let looser = world.market_change(0, |market| market.price_band_bps = 240);
    let id = proposed(&mut world, looser);
    let Proposal { created_at, executes_from, expires_at, direction, .. } = world.proposal(id);
    assert_eq!((created_at, executes_from), (START, START + DELAY));
    assert_eq!((expires_at, direction), (START + DELAY + EXECUTION_SECONDS, risk::Direction::Loosening as u8));
    let Change::Market { index: 0, parameters } = world.proposed(id) else { panic!("another change") };
    assert_eq!(parameters.price_band_bps, 240);
}
