//! `propose`.

use crate::scene::*;
use firebreak::{
    event::Proposed,
    governance::{AssetParameters, Change, Parameters},
    state::{EXECUTION_SECONDS, Proposal, VERSION},
};

pub const DELAY: i64 = 48 * 3_600;

/// A sealed world with SOL, BTC and ETH.
pub fn sealed_world() -> Bank {
    let mut world = world();
    seal(&mut world);
    world
}

/// Proposes what must be acceptable, and returns its number.
pub fn proposed(world: &mut Bank, change: Change) -> u64 {
    let id = world.next_proposal();
    world.propose(change).unwrap_or_else(|refusal| panic!("refused: {refusal}"));
    id
}

/// Moves the clock without refreshing prices.
pub fn pass(world: &mut Bank, seconds: i64) {
    let now = world.chain.now();
    world.chain.set_now(now + seconds);
}

#[test]
fn a_loosening_stands_in_full_view_with_what_it_replaces() {
    let mut world = sealed_world();
    let before = AssetParameters::of(&world.row(1));
    let change = world.asset_change(1, |asset| asset.initial_ratio_bps = 900);

    let step = succeeds(&mut world, |world| world.propose(change));

    step.changes_only([created("proposal 0"), change_count(0)]).emits([&Proposed {
        clearinghouse: world.at.clearinghouse,
        id: 0,
        executes_from: NOW + DELAY,
        expires_at: NOW + DELAY + EXECUTION_SECONDS,
        before: world.proposal(0).before,
        change: change.encoded().unwrap(),
        direction: 2,
        reserved: [0; 7],
    }]);
    let proposal = world.proposal(0);
    let expected = Proposal {
        clearinghouse: world.at.clearinghouse,
        id: 0,
        created_at: NOW,
        executes_from: NOW + DELAY,
        expires_at: NOW + DELAY + EXECUTION_SECONDS,
        change: change.encoded().unwrap(),
        before: proposal.before,
        direction: 2,
        state: 0,
        bump: proposal.bump,
        version: VERSION,
        reserved: [0; 28],
    };
    assert_eq!(proposal, expected);
    let values = before.values();
    let kept: &[u8] = bytemuck::cast_slice(&values);
    assert_eq!(&proposal.before[..kept.len()], kept, "the values in force, in the order of their rules");
}

fn change_count(before: u64) -> Difference {
    change("clearinghouse.proposal_count", before, before + 1)
}

type Difference = firebreak_tests::Change;

#[test]
fn before_sealing_everything_may_be_executed_at_once() {
    let mut world = world();
    let loosening = world.asset_change(1, |asset| asset.initial_ratio_bps = 600);
    let id = proposed(&mut world, loosening);
    assert_eq!(world.proposal(id).executes_from, NOW);
    world.execute(id).unwrap();
    assert_eq!(world.row(1).initial_ratio_bps, 600);
}

#[test]
fn rejects_a_proposal_by_anybody_else() {
    let mut world = sealed_world();
    let change = world.asset_change(0, |asset| asset.initial_ratio_bps = 1_100);
    for key in [guardian(), payer()] {
        let propose = world.at.propose(0, payer().pubkey(), key.pubkey(), change);
        assert_rejects(&mut world, FirebreakError::SignerNotAuthority, |world| {
            world.chain.send(&[propose], &[&payer(), &key])
        });
    }
    proposed(&mut world, change);
}

#[test]
fn rejects_what_changes_nothing() {
    let mut world = sealed_world();
    let nothing = [
        world.asset_change(0, |_| {}),
        world.market_change(0, |_| {}),
        world.bank_change(0, |_| {}),
        Change::Delay { seconds: DELAY as u32 },
    ];
    for change in nothing {
        assert_rejects(&mut world, FirebreakError::NothingToChange, |world| world.propose(change));
    }
    let something = world.asset_change(0, |asset| asset.initial_ratio_bps += 1);
    proposed(&mut world, something);
}

#[test]
fn rejects_a_step_too_large_and_a_bound_exceeded() {
    let mut world = sealed_world();
    // A fifth of a ratio, half of a cap; tightening is not bounded by steps, but by the hard bounds.
    for (good, bad) in [
        (world.asset_change(0, |a| a.initial_ratio_bps = 800), world.asset_change(0, |a| a.initial_ratio_bps = 799)),
        (
            world.market_change(0, |m| m.max_open_interest_lots = 75_000_000),
            world.market_change(0, |m| m.max_open_interest_lots = 75_000_001),
        ),
        (
            world.bank_change(0, |b| b.deposit_cap = (1 << 55) * 3),
            world.bank_change(0, |b| b.deposit_cap = (1 << 55) * 3 + 1),
        ),
    ] {
        assert_rejects(&mut world, FirebreakError::StepTooLarge, |world| world.propose(bad));
        proposed(&mut world, good);
    }
    let charged = world.market_change(0, |market| market.taker_fee_bps = 101);
    let closed = world.bank_change(0, |bank| bank.deposit_cap = 1 << 63);
    assert_rejects(&mut world, FirebreakError::BoundExceeded, |world| world.propose(charged));
    assert_rejects(&mut world, FirebreakError::CapOutOfRange, |world| world.propose(closed));
    let tight = world.asset_change(0, |asset| asset.ema_band_bps = 9);
    assert_rejects(&mut world, FirebreakError::BoundExceeded, |world| world.propose(tight));
    let tight = world.asset_change(0, |asset| asset.ema_band_bps = 10);
    proposed(&mut world, tight);
}

#[test]
fn rejects_an_inconsistent_set_by_name_together_with_what_depends_on_it() {
    let mut world = sealed_world();
    let cases = [
        (world.asset_change(0, |asset| asset.maintenance_ratio_bps = 1_000), FirebreakError::RatiosInconsistent),
        // Consistent by itself, but not with its market's penalty.
        (world.asset_change(0, |asset| asset.maintenance_ratio_bps = 350), FirebreakError::PenaltyExceedsMaintenance),
        (world.asset_change(0, |asset| asset.maintenance_ratio_bps = 950), FirebreakError::BufferExceedsInitial),
        (world.asset_change(0, |asset| asset.multiplier_cap_bps = 100_001), FirebreakError::MultiplierOutOfRange),
        // No second feed to agree with.
        (world.asset_change(0, |asset| asset.agreement_bps = 1), FirebreakError::FeedInvalid),
        (world.market_change(0, |market| market.taker_fee_bps = 200), FirebreakError::FeeExceedsBand),
        (world.bank_change(0, |bank| bank.haircut_bps = 1), FirebreakError::CapOutOfRange),
        (Change::Delay { seconds: 31 * 86_400 }, FirebreakError::DurationOutOfRange),
    ];
    for (change, error) in cases {
        assert_rejects(&mut world, error, |world| world.propose(change));
    }
    let good = world.asset_change(0, |asset| asset.maintenance_ratio_bps = 600);
    proposed(&mut world, good);
}

#[test]
fn rejects_a_delay_that_is_not_raised() {
    let mut world = sealed_world();
    assert_rejects(&mut world, FirebreakError::DelayNotRaised, |world| {
        world.propose(Change::Delay { seconds: DELAY as u32 - 1 })
    });
    let id = proposed(&mut world, Change::Delay { seconds: DELAY as u32 + 1 });
    world.execute(id).unwrap();
    assert_eq!(world.clearinghouse().delay_seconds, DELAY as u32 + 1);
}

#[test]
fn rejects_a_target_of_another_clearinghouse_or_another_index() {
    let mut world = sealed_world();
    let theirs = other_clearinghouse(&mut world);
    let change = world.market_change(0, |market| market.price_band_bps = 150);
    let own = world.at.propose(0, payer().pubkey(), authority().pubkey(), change);
    for (from, to) in [
        (world.at.market(0), theirs.market(0)),
        (world.at.market(0), world.at.market(1)),
        (world.at.board, theirs.board),
    ] {
        let foreign = swapped(own.clone(), from, to);
        assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| {
            world.chain.send(&[foreign], &[&payer(), &authority()])
        });
    }
    proposed(&mut world, change);
}

#[test]
fn rejects_an_asset_that_is_not_there() {
    let mut world = sealed_world();
    let Change::Asset { parameters, .. } = world.asset_change(0, |asset| asset.initial_ratio_bps = 1_100) else {
        unreachable!()
    };
    assert_rejects(&mut world, FirebreakError::AssetMissing, |world| {
        world.propose(Change::Asset { index: 3, parameters })
    });
    proposed(&mut world, Change::Asset { index: 2, parameters });
}

/// What could liquidate somebody rises by a fifth in two days, and no faster by many small raises.
#[test]
fn rejects_raising_a_requirement_again_while_it_rises() {
    let mut world = sealed_world();
    let beyond = world.asset_change(0, |asset| asset.maintenance_ratio_bps = 601);
    assert_rejects(&mut world, FirebreakError::StepTooLarge, |world| world.propose(beyond));
    let raise = world.asset_change(0, |asset| asset.maintenance_ratio_bps = 550);
    let (first, second) = (proposed(&mut world, raise), proposed(&mut world, raise));
    world.execute(first).unwrap();
    let more = world.asset_change(0, |asset| asset.maintenance_ratio_bps = 560);
    assert_rejects(&mut world, FirebreakError::RampUnderWay, |world| world.propose(more));
    assert_rejects(&mut world, FirebreakError::ProposalVoid, |world| world.execute(second));
    pass(&mut world, DELAY - 1);
    assert_rejects(&mut world, FirebreakError::RampUnderWay, |world| world.propose(more));
    // Everything else may change, and lowering it may be proposed.
    let others = world.asset_change(0, |asset| (asset.initial_ratio_bps, asset.maintenance_ratio_bps) = (1_200, 500));
    proposed(&mut world, others);
    pass(&mut world, 1);
    proposed(&mut world, more);
}
