//! T75 to T77, T83 to T86: who is liquidated, how far, and what cannot prevent it.

use crate::stage::{
    SOL, START, Stage, accepts, assert_sound, cash, confirm_mark, patch, rejects, rejects_with, send, stage,
};
use firebreak_client::{FirebreakError, instructions as ix};
use firebreak_replay::{
    chain::Chain,
    listing::{DOLLAR, listing},
    litesvm_chain::LiteSvmChain,
    world::{Actor, World},
};
use risk::Valuation;
use solana_account::Account;
use solana_instruction::{Instruction, error::InstructionError};
use solana_signer::Signer;

const LOTS: u64 = 6_000;

/// Alice long with 1,000 dollars, Bob short, Carol rich; after that, the mark, confirmed.
fn fallen(mark: u64) -> (Stage, [Actor; 3]) {
    let mut world = stage();
    let actors = [("alice", 1_000), ("bob", 20_000), ("carol", 1_000_000)]
        .map(|(name, dollars)| world.actor(name, 4, dollars * DOLLAR).unwrap());
    world.trade(0, &actors[0], &actors[1], LOTS, SOL).unwrap();
    world.mint_to(&world.mint.pubkey(), &actors[0].tokens, 1_000 * DOLLAR).unwrap();
    world.advance(9).unwrap();
    confirm_mark(&mut world, 0, mark);
    (world, actors)
}

fn valued(world: &mut Stage, actor: &Actor) -> Valuation {
    let (board, now) = (world.board(), world.chain.now());
    world.margin(&actor.margin).value_for_maintenance(&board, now).unwrap()
}

fn liquidate(world: &Stage, liquidator: &Actor, liquidatee: &Actor, max_lots: u64) -> Instruction {
    world.at.liquidate(0, liquidator.address(), liquidator.margin, liquidatee.margin, max_lots, u64::MAX)
}

#[test]
fn t75_at_maintenance_nobody_is_liquidated_and_one_atom_below_everybody_is() {
    let (mut world, [alice, _, carol]) = fallen(1_400_000);
    let attack = liquidate(&world, &carol, &alice, u64::MAX);
    let missing = valued(&mut world, &alice).shortfall();
    assert!(missing > 1);
    world.deposit(&alice, missing - 1).unwrap();
    assert_eq!(valued(&mut world, &alice).shortfall(), 1);
    accepts(&mut world, std::slice::from_ref(&attack));
    world.deposit(&alice, 1).unwrap();
    let at = valued(&mut world, &alice);
    assert_eq!(at.equity as u64, at.requirement);
    rejects(&mut world, FirebreakError::AccountHealthy, &[attack]);
}

/// Ratios as fractions: `a` strictly better than `b`.
fn is_better(a: &Valuation, b: &Valuation) -> bool {
    i128::from(a.equity) * i128::from(b.requirement) > i128::from(b.equity) * i128::from(a.requirement)
}

#[test]
fn t76_t77_each_step_improves_the_ratio_and_takes_no_more_than_the_target_needs() {
    for mark in [1_404_000, 1_403_000, 1_400_000, 1_380_000, 1_360_000, 1_340_000, 1_335_000] {
        let (mut world, [alice, _, carol]) = fallen(mark);
        let buffer = 11_000; // maintenance and ten percent of it
        for step in 0..10 {
            let before = valued(&mut world, &alice);
            if before.is_covered() {
                assert!(step > 0, "nothing to liquidate at {mark}");
                break;
            }
            let size = |world: &mut Stage| world.margin(&alice.margin).position(0).map_or(0, |leg| i64::from(leg.size));
            let held = size(&mut world);
            world.liquidate(0, &carol, &alice.margin, u64::MAX, u64::MAX).unwrap();
            let (after, left) = (valued(&mut world, &alice), size(&mut world));
            assert!(after.equity <= before.equity && after.equity >= 0);
            assert!(left.abs() < held.abs() && left >= 0);
            let row = world.row(0);
            if left > 0 {
                assert!(is_better(&after, &before), "{before:?} {after:?}");
                // One lot fewer would have missed the target.
                let (equity, requirement) = (after.equity, after.requirement + row.maintenance_margin);
                assert!((equity as u128) < u128::from(requirement) * buffer / 10_000 + 1, "too much at {mark}");
                assert!(
                    after.equity as u128 * 10_000 >= u128::from(after.requirement) * buffer,
                    "too little at {mark}"
                );
            }
            assert_sound(&mut world);
        }
        assert!(valued(&mut world, &alice).is_covered(), "not resolved at {mark}");
    }
}

#[test]
fn t77_a_liquidator_takes_at_most_what_it_names_and_never_beyond_the_position() {
    let (mut world, [alice, _, carol]) = fallen(1_340_000);
    for most in [1, 7, 100] {
        let before = world.margin(&alice.margin).position(0).unwrap().size;
        world.liquidate(0, &carol, &alice.margin, most, u64::MAX).unwrap();
        let after = world.margin(&alice.margin).position(0).unwrap().size;
        assert_eq!(u64::from((before - after).unsigned_abs()), most);
    }
    assert_sound(&mut world);
}

#[test]
fn t83_the_worst_case_of_sixteen_positions_costs_less_than_20_000_compute_units() {
    let listings: Vec<_> = (0..17).map(|index| listing(&format!("A{index}"), -2)).collect();
    let mut world = World::listed(LiteSvmChain::new().unwrap(), START, &listings).unwrap();
    crate::stage::fund(&mut world, firebreak_replay::world::keypair("fee payer").pubkey(), 1 << 50);
    for asset in 0..17 {
        world.set_mark(asset, SOL).unwrap();
    }
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| world.actor(name, 16, 10_000 * DOLLAR).unwrap());
    for market in 0..16 {
        world.trade(market, &alice, &bob, 3_700, SOL).unwrap();
        world.trade(market, &bob, &carol, 100, SOL).unwrap();
        world.trade(market, &bob, &carol, 100, SOL).unwrap();
    }
    world.advance(9).unwrap();
    let now = world.chain.now();
    world.chain.set_now(now + 1);
    for asset in 0..17 {
        world.set_mark(asset, 1_395_000).unwrap();
    }
    let counts = [&alice, &carol].map(|actor| world.margin(&actor.margin).positions().len());
    assert_eq!(counts, [16, 16]);
    let full = world.at.liquidate(16, carol.address(), carol.margin, alice.margin, u64::MAX, u64::MAX);
    rejects(&mut world, FirebreakError::PositionMissing, &[full]);
    let receipt = world.liquidate(15, &bob, &alice.margin, u64::MAX, u64::MAX).unwrap();
    let other = world.liquidate(0, &carol, &alice.margin, u64::MAX, u64::MAX).unwrap();
    println!("16 positions on both sides: {} and {} compute units", receipt.compute_units, other.compute_units);
    assert!(receipt.compute_units.max(other.compute_units) < 20_000);
    assert_sound(&mut world);
}

#[test]
fn t84_nothing_that_a_victim_or_a_crisis_does_prevents_a_liquidation() {
    let (mut world, [alice, bob, carol]) = fallen(1_400_000);
    let attack = liquidate(&world, &carol, &alice, u64::MAX);
    accepts(&mut world, std::slice::from_ref(&attack));
    assert_eq!(world.ledger().markets[&0].tranche, 0, "insurance is empty");

    // The victim freezes or closes its token account, names a delegate, fills its offers.
    patch(&mut world, &alice.tokens, |account| account.data[108] = 2);
    accepts(&mut world, std::slice::from_ref(&attack));
    world.chain.set_account(alice.tokens, Account::default());
    accepts(&mut world, std::slice::from_ref(&attack));
    send(&mut world, &[ix::set_delegate(alice.address(), alice.margin, bob.address())]).unwrap();
    let terms = firebreak::instructions::OfferTerms {
        bid_lots: 1,
        ask_lots: 1,
        bid_spread_bps: 1,
        ask_spread_bps: 1,
        expires_at: i64::MAX,
    };
    for market in 0..3 {
        world.place_offer(market, &alice, terms).unwrap();
    }
    accepts(&mut world, std::slice::from_ref(&attack));

    // Deposits are at their cap; the oracles of all other assets are dead.
    let bank = world.at.quote_bank;
    crate::stage::patch_state::<firebreak::state::CollateralBank>(&mut world, &bank, |bank| bank.deposit_cap = 0);
    let now = world.chain.now();
    world.chain.set_now(now + 1_000);
    world.set_mark(0, 1_400_000).unwrap();
    accepts(&mut world, std::slice::from_ref(&attack));

    // Every level but a halt, of the market and of everything; a halt ends by itself.
    let guardian = world.guardian.pubkey();
    for (market, level, open) in [(0, 2, true), (255, 3, true), (0, 4, false)] {
        let trip = world.at.trip_breaker(guardian, market, level, 6 * 3_600, 0);
        send(&mut world, &[trip]).unwrap();
        match open {
            true => accepts(&mut world, std::slice::from_ref(&attack)),
            false => rejects(&mut world, FirebreakError::BreakerActive, std::slice::from_ref(&attack)),
        }
    }
    // Afterwards an account above half of maintenance has five minutes, and no more.
    let now = world.chain.now();
    world.chain.set_now(now + 6 * 3_600 + 299);
    world.set_mark(0, 1_400_000).unwrap();
    rejects(&mut world, FirebreakError::GraceRunning, std::slice::from_ref(&attack));
    world.chain.set_now(now + 6 * 3_600 + 300);
    world.set_mark(0, 1_400_000).unwrap();
    send(&mut world, &[attack]).unwrap();
    assert_sound(&mut world);
}

#[test]
fn t85_the_second_liquidator_comes_too_late_and_takes_nothing() {
    let (mut world, [alice, bob, carol]) = fallen(1_400_000);
    let [first, second] = [&carol, &bob].map(|who| liquidate(&world, who, &alice, u64::MAX));
    accepts(&mut world, std::slice::from_ref(&second));
    send(&mut world, &[first]).unwrap();
    let after = world.ledger();
    rejects(&mut world, FirebreakError::AccountHealthy, &[second]);
    assert_eq!(world.ledger(), after);
    assert_sound(&mut world);
}

#[test]
fn t86_a_closed_account_is_not_there_to_be_liquidated() {
    let (mut world, [alice, _, carol]) = fallen(1_400_000);
    let control = liquidate(&world, &carol, &alice, 1);
    accepts(&mut world, &[control]);
    let empty = world.actor("dora", 4, 0).unwrap();
    let attack = liquidate(&world, &carol, &empty, 1);
    rejects(&mut world, FirebreakError::AccountHealthy, std::slice::from_ref(&attack));
    let close = ix::close_margin_account(empty.address(), empty.margin, empty.address());
    let too_small = InstructionError::AccountDataTooSmall;
    rejects_with(&mut world, too_small.clone(), &[close.clone(), attack.clone()]);
    send(&mut world, &[close]).unwrap();
    rejects_with(&mut world, too_small, &[attack]);
    // And who is below maintenance cannot close the door behind itself.
    let close = ix::close_margin_account(alice.address(), alice.margin, alice.address());
    rejects(&mut world, FirebreakError::AccountNotEmpty, &[close]);
    assert!(cash(&mut world, &alice) > 0);
}
