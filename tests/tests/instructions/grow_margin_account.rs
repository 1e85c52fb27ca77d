use crate::scene::*;
use firebreak::state::Position;

#[test]
fn growing_from_4_to_8_to_16_keeps_everything_in_the_account() {
    let (mut world, alice, bob) = world_with_two();
    for (market, price) in [(0, MARK), (1, 1_200_000), (2, 4_000_000)] {
        world.trade(market, &alice, &bob, 10, price).unwrap();
    }
    let terms = OfferTerms { bid_lots: 1, ask_lots: 1, bid_spread_bps: 1, ask_spread_bps: 1, expires_at: NOW + 9 };
    world.place_offer(0, &alice, terms).unwrap();

    for (from, to) in [(4, 8), (8, 16)] {
        let before = world.margin(&alice.margin);
        let lamports = world.chain.account(&alice.margin).unwrap().lamports;
        let grow = ix::grow_margin_account(payer().pubkey(), alice.address(), alice.margin, to);
        let step = succeeds(&mut world, |world| send(world, grow, &[&payer(), &alice.key]));

        let after = world.margin(&alice.margin);
        assert_eq!(after.header, before.header);
        assert_eq!(after.slots[..from as usize], before.slots[..]);
        assert_eq!(after.slots[from as usize..], vec![Position::default(); (to - from) as usize]);
        assert!(step.changes.iter().all(|change| change.at.starts_with("alice.")), "{:?}", step.changes);
        step.emits([]);
        // 32 bytes a slot, at 6,960 lamports of rent a byte.
        let rent = world.chain.account(&alice.margin).unwrap().lamports - lamports;
        assert_eq!(rent, u64::from(to - from) * 32 * 6_960);
    }
}

#[test]
fn an_account_grows_from_4_to_16_at_once() {
    let (mut world, alice, _) = world_with_two();
    let grow = ix::grow_margin_account(payer().pubkey(), alice.address(), alice.margin, 16);
    succeeds(&mut world, |world| send(world, grow, &[&payer(), &alice.key]));
    assert_eq!(world.margin(&alice.margin).slots.len(), 16);
}

#[test]
fn rejects_a_number_of_slots_that_is_not_8_or_16_or_not_more_than_there_are() {
    let (mut world, alice, _) = world_with_two();
    let grow = |capacity| ix::grow_margin_account(payer().pubkey(), alice.address(), alice.margin, capacity);
    send(&mut world, grow(8), &[&payer(), &alice.key]).unwrap();
    for capacity in [0, 4, 7, 8, 9, 15, 17, 32, 255] {
        assert_rejects(&mut world, FirebreakError::CapacityInvalid, |world| {
            send(world, grow(capacity), &[&payer(), &alice.key])
        });
    }
}

#[test]
fn rejects_everybody_but_the_owner() {
    let (mut world, alice, bob) = world_with_two();
    delegate(&mut world, &alice, &bob.key);
    let by =
        |owner: &Actor, capacity| ix::grow_margin_account(payer().pubkey(), owner.address(), alice.margin, capacity);
    send(&mut world, by(&alice, 8), &[&payer(), &alice.key]).unwrap();
    assert_rejects(&mut world, FirebreakError::SignerNotAllowed, |world| {
        send(world, by(&bob, 16), &[&payer(), &bob.key])
    });
}
