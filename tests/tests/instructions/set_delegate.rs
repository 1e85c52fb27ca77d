use crate::scene::*;
use firebreak::event::DelegateSet;

#[test]
fn an_owner_names_a_delegate_and_takes_it_back() {
    let (mut world, alice, bob) = world_with_two();
    let nobody = Address::default();
    for (before, after) in [(nobody, bob.address()), (bob.address(), nobody)] {
        let set = ix::set_delegate(alice.address(), alice.margin, after);
        let step = succeeds(&mut world, |world| send(world, set, &[&alice.key]));
        step.changes_only([change("alice.delegate", before, after)]).emits([&DelegateSet {
            margin_account: alice.margin,
            before,
            after,
        }]);
    }
}

#[test]
fn a_delegate_trades_for_the_account() {
    let (mut world, alice, bob) = world_with_two();
    delegate(&mut world, &alice, &bob.key);
    let trade = world.at.trade(0, (bob.address(), alice.margin), (bob.address(), bob.margin), 10, MARK);
    succeeds(&mut world, |world| send(world, trade, &[&bob.key]));
    assert_eq!(world.margin(&alice.margin).positions()[0].size, 10);
}

#[test]
fn rejects_the_owner_as_its_own_delegate() {
    let (mut world, alice, bob) = world_with_two();
    delegate(&mut world, &alice, &bob.key);
    let set = ix::set_delegate(alice.address(), alice.margin, alice.address());
    assert_rejects(&mut world, FirebreakError::DelegateInvalid, |world| send(world, set, &[&alice.key]));
}

#[test]
fn rejects_everybody_but_the_owner_the_delegate_included() {
    let (mut world, alice, bob) = world_with_two();
    delegate(&mut world, &alice, &bob.key);
    let set = ix::set_delegate(bob.address(), alice.margin, keypair("carol").pubkey());
    assert_rejects(&mut world, FirebreakError::SignerNotAllowed, |world| send(world, set, &[&bob.key]));
}
