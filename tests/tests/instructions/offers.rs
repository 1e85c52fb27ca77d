//! `place_offer`, `update_offer` and `cancel_offer`: the three share their terms and their refusals.

use crate::scene::*;
use firebreak::{
    event::{OfferCancelled, OfferPlaced},
    state::{CROSS, Offer, VERSION},
};

const TERMS: OfferTerms =
    OfferTerms { bid_lots: 500, ask_lots: 800, bid_spread_bps: 20, ask_spread_bps: 10, expires_at: NOW + 30 };
const MAX_LOTS: u64 = 1 << 28;

fn placed(offer: Address, terms: &OfferTerms) -> OfferPlaced {
    OfferPlaced {
        offer,
        bid_lots: terms.bid_lots,
        ask_lots: terms.ask_lots,
        expires_at: terms.expires_at,
        bid_spread_bps: terms.bid_spread_bps,
        ask_spread_bps: terms.ask_spread_bps,
    }
}

fn update(maker: &Actor, terms: OfferTerms) -> Instruction {
    ix::update_offer(0, maker.address(), maker.margin, terms)
}

fn cancel(maker: &Actor) -> Instruction {
    ix::cancel_offer(0, maker.address(), maker.margin, maker.address())
}

#[test]
fn an_offer_is_placed_as_its_terms_say() {
    let (mut world, alice, _) = world_with_two();
    let address = world.offer_address(&alice, 0);

    let step = succeeds(&mut world, |world| world.place_offer(0, &alice, TERMS));

    step.changes_only([created("alice's offer 0"), change("alice.offer_count", 0, 1)])
        .emits([&placed(address, &TERMS)]);
    let offer: Offer = firebreak_client::decode(&world.chain.account(&address).unwrap().data).unwrap();
    let expected = Offer {
        margin_account: alice.margin,
        bid_lots: 500,
        ask_lots: 800,
        bid_spread_bps: 20,
        ask_spread_bps: 10,
        expires_at: NOW + 30,
        bump: offer.bump,
        version: VERSION,
        ..bytemuck::Zeroable::zeroed()
    };
    assert_eq!(offer, expected);
}

#[test]
fn an_update_replaces_all_terms() {
    let (mut world, alice, _) = world_with_two();
    world.place_offer(0, &alice, TERMS).unwrap();
    let terms = OfferTerms { bid_lots: 1, ask_lots: 0, bid_spread_bps: 9_999, ask_spread_bps: 0, expires_at: i64::MAX };
    let address = world.offer_address(&alice, 0);

    let step = succeeds(&mut world, |world| send(world, update(&alice, terms), &[&alice.key]));

    step.changes_only([
        change("alice's offer 0.bid_lots", 500, 1),
        change("alice's offer 0.ask_lots", 800, 0),
        change("alice's offer 0.bid_spread_bps", 20, 9_999),
        change("alice's offer 0.ask_spread_bps", 10, 0),
        change("alice's offer 0.expires_at", NOW + 30, i64::MAX),
    ])
    .emits([&placed(address, &terms)]);
}

#[test]
fn a_cancelled_offer_is_gone_and_its_rent_goes_where_the_maker_says() {
    let (mut world, alice, _) = world_with_two();
    world.place_offer(0, &alice, TERMS).unwrap();
    let address = world.offer_address(&alice, 0);
    let rent = world.chain.account(&address).unwrap().lamports;
    let receiver = keypair("rent receiver").pubkey();
    let cancel = ix::cancel_offer(0, alice.address(), alice.margin, receiver);

    let step = succeeds(&mut world, |world| send(world, cancel, &[&alice.key]));

    step.changes_only([closed("alice's offer 0"), change("alice.offer_count", 1, 0)])
        .emits([&OfferCancelled { offer: address }]);
    assert_eq!(world.chain.account(&receiver).unwrap().lamports, rent);
}

#[test]
fn a_delegate_places_updates_and_cancels() {
    let (mut world, alice, bob) = world_with_two();
    delegate(&mut world, &alice, &bob.key);
    let place = world.at.place_offer(0, payer().pubkey(), bob.address(), alice.margin, TERMS);
    succeeds(&mut world, |world| send(world, place, &[&payer(), &bob.key]));
    let update = ix::update_offer(0, bob.address(), alice.margin, OfferTerms { bid_lots: 7, ..TERMS });
    succeeds(&mut world, |world| send(world, update, &[&bob.key]));
    let address = world.offer_address(&alice, 0);
    let rent = world.chain.account(&address).unwrap().lamports;
    let before = world.chain.account(&alice.address()).unwrap().lamports;
    let cancel = ix::cancel_offer(0, bob.address(), alice.margin, alice.address());
    let step = succeeds(&mut world, |world| send(world, cancel, &[&bob.key]));
    step.changes_only([closed("alice's offer 0"), change("alice.offer_count", 1, 0)])
        .emits([&OfferCancelled { offer: address }]);
    assert_eq!(world.chain.account(&alice.address()).unwrap().lamports, before + rent);
}

/// The rent is the owner's: a delegate can return it to nobody else, the owner can send it anywhere.
#[test]
fn rejects_a_delegate_that_sends_the_rent_to_anybody_but_the_owner() {
    let (mut world, alice, bob) = world_with_two();
    delegate(&mut world, &alice, &bob.key);
    let stranger = keypair("rent receiver").pubkey();
    world.place_offer(0, &alice, TERMS).unwrap();
    for receiver in [bob.address(), stranger] {
        let cancel = ix::cancel_offer(0, bob.address(), alice.margin, receiver);
        assert_rejects(&mut world, FirebreakError::SignerNotAllowed, |world| send(world, cancel, &[&bob.key]));
    }
    let cancel = |signer: &Actor, receiver| ix::cancel_offer(0, signer.address(), alice.margin, receiver);
    send(&mut world, cancel(&bob, alice.address()), &[&bob.key]).unwrap();
    for receiver in [bob.address(), stranger] {
        world.place_offer(0, &alice, TERMS).unwrap();
        send(&mut world, cancel(&alice, receiver), &[&alice.key]).unwrap();
    }
}

/// Sends the same terms to both instructions that take terms: each must accept `good` and refuse `bad`.
fn rejects_terms(error: FirebreakError, good: &[OfferTerms], bad: &[OfferTerms]) {
    let (mut world, alice, bob) = world_with_two();
    world.place_offer(0, &bob, TERMS).unwrap();
    for terms in good {
        world.place_offer(0, &alice, *terms).unwrap();
        send(&mut world, cancel(&alice), &[&alice.key]).unwrap();
        send(&mut world, update(&bob, *terms), &[&bob.key]).unwrap();
    }
    for terms in bad {
        assert_rejects(&mut world, error, |world| world.place_offer(0, &alice, *terms));
        assert_rejects(&mut world, error, |world| send(world, update(&bob, *terms), &[&bob.key]));
    }
}

#[test]
fn rejects_sizes_beyond_the_largest_position_and_spreads_of_all_of_the_price() {
    rejects_terms(
        FirebreakError::OfferInvalid,
        &[
            OfferTerms { bid_lots: MAX_LOTS, ask_lots: MAX_LOTS, ..TERMS },
            OfferTerms { bid_spread_bps: 9_999, ask_spread_bps: 9_999, ..TERMS },
        ],
        &[
            OfferTerms { bid_lots: MAX_LOTS + 1, ..TERMS },
            OfferTerms { ask_lots: MAX_LOTS + 1, ..TERMS },
            OfferTerms { bid_spread_bps: 10_000, ..TERMS },
            OfferTerms { ask_spread_bps: 10_000, ..TERMS },
        ],
    );
}

#[test]
fn rejects_an_offer_without_any_size() {
    rejects_terms(
        FirebreakError::OfferEmpty,
        &[OfferTerms { bid_lots: 0, ..TERMS }, OfferTerms { ask_lots: 0, ..TERMS }],
        &[OfferTerms { bid_lots: 0, ask_lots: 0, ..TERMS }],
    );
}

#[test]
fn rejects_an_expiry_that_is_not_in_the_future() {
    rejects_terms(
        FirebreakError::OfferExpired,
        &[OfferTerms { expires_at: NOW + 1, ..TERMS }],
        &[OfferTerms { expires_at: NOW, ..TERMS }, OfferTerms { expires_at: i64::MIN, ..TERMS }],
    );
}

#[test]
fn rejects_everybody_but_owner_and_delegate() {
    let (mut world, alice, bob) = world_with_two();
    let place = world.at.place_offer(0, payer().pubkey(), bob.address(), alice.margin, TERMS);
    assert_rejects(&mut world, FirebreakError::SignerNotAllowed, |world| send(world, place, &[&payer(), &bob.key]));
    world.place_offer(0, &alice, TERMS).unwrap();
    let foreign = [
        ix::update_offer(0, bob.address(), alice.margin, TERMS),
        ix::cancel_offer(0, bob.address(), alice.margin, bob.address()),
    ];
    for foreign in foreign {
        assert_rejects(&mut world, FirebreakError::SignerNotAllowed, |world| send(world, foreign, &[&bob.key]));
    }
    succeeds(&mut world, |world| send(world, cancel(&alice), &[&alice.key]));
}

/// An account without a delegate has the default key as one: nobody can sign for that key, which is the system program's.
#[test]
fn rejects_changing_somebody_elses_offer_with_ones_own_account() {
    let (mut world, alice, bob) = world_with_two();
    world.place_offer(0, &alice, TERMS).unwrap();
    world.place_offer(0, &bob, TERMS).unwrap();
    let (hers, his) = (world.offer_address(&alice, 0), world.offer_address(&bob, 0));
    for own in [update(&bob, TERMS), cancel(&bob)] {
        let foreign = swapped(own, his, hers);
        assert_rejects(&mut world, FirebreakError::OfferMismatch, |world| send(world, foreign, &[&bob.key]));
    }
    send(&mut world, cancel(&bob), &[&bob.key]).unwrap();
}

#[test]
fn rejects_an_offer_outside_the_only_market_of_an_isolated_account() {
    let (mut world, alice, _) = world_with_two();
    for (sub_id, isolated_market) in [(1, 0), (2, CROSS)] {
        let account = open_account(&mut world, &alice, sub_id, 4, isolated_market);
        let place = world.at.place_offer(0, payer().pubkey(), alice.address(), account, TERMS);
        send(&mut world, place, &[&payer(), &alice.key]).unwrap();
    }
    let account = world.at.margin_account(&alice.address(), 1);
    let place = world.at.place_offer(1, payer().pubkey(), alice.address(), account, TERMS);
    assert_rejects(&mut world, FirebreakError::AccountIsolated, |world| send(world, place, &[&payer(), &alice.key]));
}

#[test]
fn rejects_a_market_of_another_clearinghouse() {
    let (mut world, alice, _) = world_with_two();
    let theirs = other_clearinghouse(&mut world);
    let place = world.at.place_offer(0, payer().pubkey(), alice.address(), alice.margin, TERMS);
    let foreign = swapped(place, world.at.market(0), theirs.market(0));
    assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| {
        send(world, foreign, &[&payer(), &alice.key])
    });
    world.place_offer(0, &alice, TERMS).unwrap();
}

#[test]
fn rejects_a_second_offer_in_the_same_market() {
    let (mut world, alice, _) = world_with_two();
    world.place_offer(0, &alice, TERMS).unwrap();
    world.place_offer(1, &alice, TERMS).unwrap();
    assert_rejects(&mut world, 0_u32, |world| world.place_offer(0, &alice, TERMS));
}
