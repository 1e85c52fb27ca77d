use crate::scene::*;
use firebreak::{
    event::MarginAccountCreated,
    state::{CROSS, MarginAccount, Position, VERSION},
};
use solana_instruction::error::InstructionError;
use solana_transaction_error::TransactionError;

#[test]
fn an_account_begins_empty_with_as_many_slots_as_asked_for() {
    let (mut world, alice, _) = world_with_two();
    for (sub_id, capacity, isolated_market) in [(1, 4, CROSS), (2, 8, CROSS), (3, 16, CROSS), (65_535, 4, 63)] {
        let address = world.at.margin_account(&alice.address(), sub_id);
        let create =
            world.at.create_margin_account(payer().pubkey(), alice.address(), sub_id, capacity, isolated_market);

        let step = succeeds(&mut world, |world| send(world, create, &[&payer(), &alice.key]));

        step.changes_only([created(&format!("alice/{sub_id}"))]).emits([&MarginAccountCreated {
            margin_account: address,
            owner: alice.address(),
            sub_id,
            capacity,
            isolated_market,
            reserved: [0; 4],
        }]);
        let account = world.margin(&address);
        let expected = MarginAccount {
            clearinghouse: world.at.clearinghouse,
            owner: alice.address(),
            sub_id,
            isolated_market,
            bump: account.header.bump,
            version: VERSION,
            ..bytemuck::Zeroable::zeroed()
        };
        assert_eq!(account.header, expected);
        assert_eq!(account.slots, vec![Position::default(); capacity as usize]);
        assert_eq!(world.chain.account(&address).unwrap().data.len(), 8 + 208 + 8 + 32 * capacity as usize);
    }
}

#[test]
fn rejects_any_other_number_of_slots() {
    let (mut world, alice, _) = world_with_two();
    open_account(&mut world, &alice, 1, 4, CROSS);
    for capacity in [0, 1, 3, 5, 7, 12, 15, 17, 32, 255] {
        let create = world.at.create_margin_account(payer().pubkey(), alice.address(), 2, capacity, CROSS);
        assert_rejects(&mut world, FirebreakError::CapacityInvalid, |world| {
            send(world, create, &[&payer(), &alice.key])
        });
    }
}

#[test]
fn rejects_isolation_to_a_market_that_cannot_exist() {
    let (mut world, alice, _) = world_with_two();
    open_account(&mut world, &alice, 1, 4, 63);
    for market in [64, 254] {
        let create = world.at.create_margin_account(payer().pubkey(), alice.address(), 2, 4, market);
        assert_rejects(&mut world, FirebreakError::AssetMissing, |world| send(world, create, &[&payer(), &alice.key]));
    }
}

#[test]
fn rejects_an_account_that_exists_and_keeps_what_is_in_it() {
    let (mut world, alice, _) = world_with_two();
    let create = |sub_id| world.at.create_margin_account(payer().pubkey(), alice.address(), sub_id, 4, CROSS);
    let (again, fresh) = (create(0), create(1));
    send(&mut world, fresh, &[&payer(), &alice.key]).unwrap();
    // The system program's own refusal to create an account in use.
    assert_rejects(&mut world, 0_u32, |world| send(world, again, &[&payer(), &alice.key]));
}

#[test]
fn rejects_an_account_for_an_owner_that_does_not_sign() {
    let (mut world, alice, bob) = world_with_two();
    open_account(&mut world, &alice, 1, 4, CROSS);
    let mut create = world.at.create_margin_account(payer().pubkey(), alice.address(), 2, 4, CROSS);
    assert_rejects(&mut world, TransactionError::SignatureFailure, |world| {
        send(world, create.clone(), &[&payer(), &bob.key])
    });
    create.accounts.iter_mut().filter(|meta| meta.pubkey == alice.address()).for_each(|meta| meta.is_signer = false);
    assert_rejects(&mut world, InstructionError::MissingRequiredSignature, |world| send(world, create, &[&payer()]));
}
