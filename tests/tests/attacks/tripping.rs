//! T98: tripping a level, or keeping it up, with next to nothing.

use crate::{
    automatic::{actors, levels, withdraw},
    stage::{SOL, accepts, move_mark, patch_state, send, stage},
};
use firebreak::state::MarginAccount;
use firebreak_replay::{chain::Chain, listing::DOLLAR, world::Actor};
use solana_signer::Signer;

/// T98: pokes, refreshes, a lot opened and closed, an atom in and out, for a day: nothing moves.
#[test]
fn t98_somebody_with_a_lot_and_an_atom_trips_nothing() {
    let mut world = stage();
    let [alice, bob, carol] = actors(&mut world, [("alice", 10), ("bob", 10), ("carol", 10_000)]);
    world.mint_to(&world.mint.pubkey(), &alice.tokens, 1).unwrap();
    for _ in 0..144 {
        world.advance(600).unwrap();
        world.trade(0, &alice, &bob, 1, SOL).unwrap();
        world.trade(0, &bob, &alice, 1, SOL).unwrap();
        world.deposit(&alice, 1).unwrap();
        world.withdraw(&alice, 1).unwrap();
        for market in 0..3 {
            let poke = world.at.poke(market);
            send(&mut world, &[poke]).unwrap();
        }
        assert_eq!(levels(&mut world), [0; 3]);
    }
    let everything = withdraw(&world, &carol, 10_000 * DOLLAR);
    accepts(&mut world, &[everything]);
}

/// T98: a level whose signal is gone ends when it would have ended, however often somebody pokes.
#[test]
fn t98_poking_keeps_no_level_up() {
    let mut world = stage();
    move_mark(&mut world, 0, SOL / 10 * 9);
    assert_eq!(levels(&mut world), [1, 0, 0]);
    // Back: the signal is gone.
    move_mark(&mut world, 0, SOL);
    let until = world.row(0).breaker.until;
    while world.chain.now() < until - 10 {
        world.advance(10).unwrap();
        let poke = world.at.poke(0);
        send(&mut world, &[poke]).unwrap();
        assert_eq!(levels(&mut world), [1, 0, 0]);
    }
    world.advance(10).unwrap();
    let poke = world.at.poke(0);
    send(&mut world, &[poke]).unwrap();
    assert_eq!(levels(&mut world), [0; 3]);
}

/// T98: liquidating one's own account in an empty market. Below a quarter of the floor nothing trips; to reach it takes 25,000 lots, and costs
/// the insurance's part of the penalty each time.
#[test]
fn t98_liquidating_oneself_trips_caution_only_for_real_size_and_at_a_price() {
    for (lots, expected) in [(25_200, 0), (25_400, 1)] {
        let mut world = stage();
        let [victim, keeper, other] =
            actors(&mut world, [("alice", lots * 15 / 100 + 75), ("carol", 100_000), ("bob", 100_000)]);
        world.trade(0, &victim, &other, lots, SOL).unwrap();
        world.advance(9).unwrap();
        move_mark(&mut world, 0, SOL / 1_000 * 904);
        let before = world.market(0).tranche;
        let liquidate = world.at.liquidate(0, keeper.address(), keeper.margin, victim.margin, u64::MAX, u64::MAX);
        send(&mut world, &[liquidate]).unwrap();
        let taken = world.market(0).recently_liquidated;
        let poke = world.at.poke(0);
        send(&mut world, &[poke]).unwrap();
        println!("{taken} lots, {} to the tranche", world.market(0).tranche - before);
        assert_eq!((taken >= 25_000, levels(&mut world)[0]), (expected > 0, expected));
        assert_eq!(levels(&mut world)[1..], [0; 2]);
    }
}

/// T98: nor does somebody who has a lot of its own liquidated every minute keep up what real size tripped. What was counted decays in
/// steps from look to look, half in half an hour in one, and a liquidation looks: many looks make it `e^(-t / 3600)`, so that half of
/// it is gone after 42 minutes instead of 30, at most.
#[test]
fn t98_a_lot_liquidated_every_minute_keeps_no_level_up() {
    let lasts = |is_kept_up: bool| {
        let mut world = stage();
        let [victim, keeper, other, mouse] = actors(
            &mut world,
            [("alice", 25_400 * 15 / 100 + 75), ("carol", 100_000), ("bob", 100_000), ("erin", 1_000)],
        );
        world.trade(0, &victim, &other, 25_400, SOL).unwrap();
        world.trade(0, &mouse, &other, 100, SOL).unwrap();
        world.advance(9).unwrap();
        move_mark(&mut world, 0, SOL / 1_000 * 904);
        let liquidate = world.at.liquidate(0, keeper.address(), keeper.margin, victim.margin, u64::MAX, u64::MAX);
        let poke = world.at.poke(0);
        send(&mut world, &[liquidate, poke.clone()]).unwrap();
        let started = world.chain.now();
        let mut taken = 0;
        while levels(&mut world)[0] > 0 {
            world.advance(60).unwrap();
            if is_kept_up {
                // A cent short of maintenance, whatever it was a minute ago.
                let board = world.board();
                let (view, now) = (world.margin(&mouse.margin), world.chain.now());
                let value = view.value_for_maintenance(&board, now).unwrap();
                let excess = value.equity - value.requirement as i64 + 10_000;
                patch_state::<MarginAccount>(&mut world, &mouse.margin, |account| {
                    account.cash = account.cash.saturating_add_signed(-excess);
                });
                let one = world.at.liquidate(0, keeper.address(), keeper.margin, mouse.margin, 1, u64::MAX);
                taken += usize::from(send(&mut world, &[one]).is_ok());
            }
            send(&mut world, std::slice::from_ref(&poke)).unwrap();
        }
        assert!(!is_kept_up || taken > 3, "{taken} lots only");
        world.chain.now() - started
    };
    let (alone, kept_up) = (lasts(false), lasts(true));
    println!("{alone} s by itself, {kept_up} s with a lot a minute");
    assert!(kept_up <= alone + 720);
}

/// T98: small accounts that go bankrupt one after the other draw on insurance, and trip nothing: what counts is a part of the tranche's target.
#[test]
fn t98_small_bankruptcies_draw_down_nothing_that_counts() {
    let mut world = stage();
    let [keeper, other] = actors(&mut world, [("carol", 100_000), ("bob", 100_000)]);
    world.fund_tranche(0, 1_000 * DOLLAR).unwrap();
    let mice: Vec<Actor> =
        (0..20).map(|index| world.actor(&format!("mouse {index}"), 4, 100 * DOLLAR).unwrap()).collect();
    for mouse in &mice {
        world.trade(0, mouse, &other, 100, SOL).unwrap();
    }
    move_mark(&mut world, 0, SOL / 100 * 99);
    let before = world.market(0).tranche;
    for mouse in &mice {
        // A loss of a cent and a half per lot, and nothing to pay it with.
        patch_state::<MarginAccount>(&mut world, &mouse.margin, |account| account.cash = 0);
        let liquidate = world.at.liquidate(0, keeper.address(), keeper.margin, mouse.margin, u64::MAX, u64::MAX);
        let poke = world.at.poke(0);
        send(&mut world, &[liquidate, poke]).unwrap();
        assert_eq!(levels(&mut world), [0; 3]);
    }
    assert_eq!(before - world.market(0).tranche, 30 * DOLLAR);
}
