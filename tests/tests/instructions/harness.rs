//! The tests' own tools: what they are to notice, they notice.

use crate::scene::*;
use firebreak::state::Market;
use firebreak_tests::Snapshot;
use std::panic::{AssertUnwindSafe, catch_unwind};

fn panics(action: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(action)).is_err()
}

#[test]
fn a_snapshot_notices_one_atom_one_lamport_and_one_reserved_byte() {
    let (mut world, alice, _) = world_with_two();
    let market = world.at.market(1);
    let before = Snapshot::of(&mut world);
    assert_eq!(before.diff(&Snapshot::of(&mut world)), []);

    edit::<Market, _>(&mut world, &market, |market| (market.pool, market.reserved[0]) = (1, 7));
    let mut account = world.chain.account(&alice.margin).unwrap();
    let lamports = account.lamports;
    account.lamports += 1;
    world.chain.set_account(alice.margin, account);
    world.mint_to(&world.mint.pubkey(), &alice.tokens, 1).unwrap();

    let expected = [
        change("alice's tokens.amount", 0, 1),
        change("alice.lamports", lamports, lamports + 1),
        change("market 1.pool", 0, 1),
        change("market 1.reserved[0]", 0, 7),
    ];
    assert_eq!(before.diff(&Snapshot::of(&mut world)), expected);
}

#[test]
fn a_change_that_is_not_named_and_one_that_did_not_happen_both_fail_a_test() {
    let (mut world, alice, _) = world_with_two();
    let step = succeeds(&mut world, |world| world.withdraw(&alice, 1));
    let exact = step.changes.clone();
    let same = |expected: Vec<firebreak_tests::Change>| firebreak_tests::Step {
        receipt: step.receipt.clone(),
        changes: expected,
    };
    same(exact.clone()).changes_only(exact.clone());
    assert!(panics(|| drop(same(exact.clone()).changes_only(exact[1..].to_vec()))));
    assert!(panics(|| drop(same(exact[1..].to_vec()).changes_only(exact.clone()))));
    assert!(panics(|| drop(same(exact.clone()).emits([]))));
}

#[test]
fn a_success_another_error_or_a_change_fails_what_should_be_a_rejection() {
    let (mut world, alice, _) = world_with_two();
    let zero = FirebreakError::AmountZero;
    assert!(panics(|| assert_rejects(&mut world, zero, |world| world.withdraw(&alice, 1))));
    assert!(panics(|| assert_rejects(&mut world, zero, |world| world.withdraw(&alice, u64::MAX))));
    assert!(panics(|| assert_rejects(&mut world, zero, |world| {
        world.withdraw(&alice, 1)?;
        world.withdraw(&alice, 0)
    })));
    assert_rejects(&mut world, zero, |world| world.withdraw(&alice, 0));
}

#[test]
fn a_step_that_breaks_an_identity_fails() {
    let (mut world, alice, _) = world_with_two();
    let market = world.at.market(0);
    assert!(panics(|| drop(succeeds(&mut world, |world| {
        edit::<Market, _>(world, &market, |market| market.fees += 1);
        world.withdraw(&alice, 1)
    }))));
}
