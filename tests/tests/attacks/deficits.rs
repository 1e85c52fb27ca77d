//! T87, T88: the whole of a market at once, and losses beyond what insurance covers.

use crate::stage::{SOL, Stage, accepts, assert_sound, confirm_mark, patch_state, rejects, send, stage};
use firebreak::state::Market;
use firebreak_client::FirebreakError;
use firebreak_replay::{chain::Chain, listing::DOLLAR, world::Actor};
use solana_instruction::Instruction;

const LOTS: u64 = 6_000;

/// Alice is the only long, Bob the only short, Carol holds nothing. Alice is bankrupt at the mark, which is confirmed.
fn bankrupt(mark: u64) -> (Stage, [Actor; 3]) {
    let mut world = stage();
    let actors = [("alice", 1_000), ("bob", 20_000), ("carol", 1_000_000)]
        .map(|(name, dollars)| world.actor(name, 4, dollars * DOLLAR).unwrap());
    world.trade(0, &actors[0], &actors[1], LOTS, SOL).unwrap();
    world.advance(9).unwrap();
    confirm_mark(&mut world, 0, mark);
    (world, actors)
}

fn liquidate(world: &Stage, liquidator: &Actor, liquidatee: &Actor) -> Instruction {
    world.at.liquidate(0, liquidator.address(), liquidator.margin, liquidatee.margin, u64::MAX, u64::MAX)
}

/// What Alice owes beyond her equity, after her fee of the trade.
fn deficit(world: &mut Stage, alice: &Actor) -> u64 {
    let (board, now) = (world.board(), world.chain.now());
    let value = world.margin(&alice.margin).value_for_maintenance(&board, now).unwrap();
    assert!(value.equity < 0);
    value.equity.unsigned_abs()
}

#[test]
fn t87_all_the_open_interest_of_a_market_in_one_liquidation() {
    for by_the_other_side in [false, true] {
        let (mut world, [alice, bob, carol]) = bankrupt(1_300_000);
        world.fund_tranche(0, 1_000 * DOLLAR).unwrap();
        let owed = deficit(&mut world, &alice);
        let liquidator = if by_the_other_side { &bob } else { &carol };
        let attack = liquidate(&world, liquidator, &alice);
        send(&mut world, &[attack]).unwrap();
        let market = world.ledger().markets[&0];
        assert_eq!(market.insurance_paid, owed, "insurance pays the deficit and nothing else");
        assert_eq!(market.tranche, 1_000 * DOLLAR - owed);
        assert_eq!(market.long_open_interest, if by_the_other_side { 0 } else { LOTS });
        assert!(world.margin(&alice.margin).positions().is_empty());
        assert_sound(&mut world);
        // All gains can be taken out, once the average has followed: the pool has them.
        world.advance(6_000).unwrap();
        world.advance(6_000).unwrap();
        world.settle(0, &bob.margin).unwrap();
        if by_the_other_side {
            assert_eq!(world.ledger().markets[&0].pool, 0);
            let all = crate::stage::cash(&mut world, &bob);
            world.withdraw(&bob, all).unwrap();
        }
        assert_sound(&mut world);
    }
}

#[test]
fn t88_a_deficit_beyond_the_tranche_changes_nothing() {
    let (mut world, [alice, _, carol]) = bankrupt(1_300_000);
    let owed = deficit(&mut world, &alice);
    let attack = liquidate(&world, &carol, &alice);
    rejects(&mut world, FirebreakError::TrancheInsufficient, std::slice::from_ref(&attack));
    world.fund_tranche(0, owed - 1).unwrap();
    rejects(&mut world, FirebreakError::TrancheInsufficient, std::slice::from_ref(&attack));
    world.fund_tranche(0, 1).unwrap();
    accepts(&mut world, std::slice::from_ref(&attack));

    // Enough in the tranche, but the caps say no: per event, per window, and what the window has left.
    let address = world.at.market(0);
    let saved = world.chain.svm.clone();
    let now = world.chain.now();
    for change in [
        (|market: &mut Market, owed, _| market.insurance_event_cap = owed - 1) as fn(&mut Market, u64, i64),
        |market, owed, _| market.insurance_window_cap = owed - 1,
        |market, owed, now| {
            market.insurance_window_cap = owed;
            market.insurance_window_used = 1;
            market.insurance_window_started = now - 1;
        },
    ] {
        patch_state::<Market>(&mut world, &address, |market| change(market, owed, now));
        rejects(&mut world, FirebreakError::TrancheInsufficient, std::slice::from_ref(&attack));
        world.chain.svm = saved.clone();
    }
    send(&mut world, &[attack]).unwrap();
    assert_eq!(world.ledger().markets[&0].tranche, 0);
    assert_sound(&mut world);
}

#[test]
fn t88_a_price_of_almost_nothing_underflows_nowhere() {
    for mark in [100, 10_000, 500_000] {
        let (mut world, [alice, _, carol]) = bankrupt(mark);
        let owed = deficit(&mut world, &alice);
        let attack = liquidate(&world, &carol, &alice);
        rejects(&mut world, FirebreakError::TrancheInsufficient, std::slice::from_ref(&attack));
        world.fund_tranche(0, owed).unwrap();
        send(&mut world, &[attack]).unwrap();
        assert_sound(&mut world);
        assert_eq!(crate::stage::cash(&mut world, &alice), 0);
    }
}

#[test]
fn t88_lots_of_a_bankrupt_account_take_their_part_of_the_deficit_along() {
    // Where the tranche cannot pay the whole deficit, no lot leaves without its own: the rest would owe more per lot.
    let (mut world, [alice, _, carol]) = bankrupt(1_300_000);
    let owed = deficit(&mut world, &alice);
    let take = |lots| world.at.liquidate(0, carol.address(), carol.margin, alice.margin, lots, u64::MAX);
    let parts = [1, 2_000, LOTS - 1, LOTS].map(take);
    world.fund_tranche(0, owed - 1).unwrap();
    for part in &parts {
        rejects(&mut world, FirebreakError::TrancheInsufficient, std::slice::from_ref(part));
    }
    world.fund_tranche(0, 1).unwrap();
    let [_, third, ..] = parts;
    send(&mut world, &[third]).unwrap();
    assert_eq!(world.margin(&alice.margin).position(0).unwrap().size, 4_000);
    assert_eq!(world.ledger().markets[&0].insurance_paid, owed.div_ceil(3));
    assert!(deficit(&mut world, &alice).abs_diff(owed * 2 / 3) <= 1, "each lot left owes what it did");
    assert_sound(&mut world);
    world.liquidate(0, &carol, &alice.margin, u64::MAX, u64::MAX).unwrap();
    assert!(world.ledger().markets[&0].insurance_paid <= owed + 1);
    assert_sound(&mut world);
}
