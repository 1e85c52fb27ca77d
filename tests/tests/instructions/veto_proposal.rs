//! `veto_proposal`.

use crate::{
    propose::{DELAY, pass, proposed, sealed_world},
    scene::*,
};
use firebreak::{event::ProposalVetoed, governance::Change};

fn loosening(world: &mut Bank) -> Change {
    world.asset_change(0, |asset| asset.initial_ratio_bps = 900)
}

#[test]
fn the_guardian_ends_a_proposal() {
    let mut world = sealed_world();
    let change_ = loosening(&mut world);
    let id = proposed(&mut world, change_);

    let step = succeeds(&mut world, |world| world.veto(id, &guardian()));

    step.changes_only([change("proposal 0.state", 0, 2)]).emits([&ProposalVetoed {
        clearinghouse: world.at.clearinghouse,
        by: guardian().pubkey(),
        id,
    }]);
}

#[test]
fn rejects_executing_what_was_vetoed_or_withdrawn_and_ending_what_is_over() {
    let mut world = sealed_world();
    let change = loosening(&mut world);
    let ids = [proposed(&mut world, change), proposed(&mut world, change), proposed(&mut world, change)];
    world.veto(ids[0], &guardian()).unwrap();
    world.veto(ids[1], &authority()).unwrap();
    pass(&mut world, DELAY);
    for id in &ids[..2] {
        assert_rejects(&mut world, FirebreakError::ProposalClosed, |world| world.execute(*id));
        assert_rejects(&mut world, FirebreakError::ProposalClosed, |world| world.veto(*id, &guardian()));
    }
    world.execute(ids[2]).unwrap();
    assert_rejects(&mut world, FirebreakError::ProposalClosed, |world| world.veto(ids[2], &guardian()));
}

#[test]
fn rejects_a_veto_by_anybody_else_and_of_another_clearinghouse() {
    let mut world = sealed_world();
    let theirs = other_clearinghouse(&mut world);
    let change = loosening(&mut world);
    let id = proposed(&mut world, change);
    assert_rejects(&mut world, FirebreakError::SignerNotGuardian, |world| world.veto(id, &payer()));
    let foreign =
        swapped(world.at.veto_proposal(id, guardian().pubkey()), world.at.clearinghouse, theirs.clearinghouse);
    assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| send(world, foreign, &[&guardian()]));
    // Until the very second it is executed.
    pass(&mut world, DELAY + 100_000);
    world.veto(id, &guardian()).unwrap();
}
