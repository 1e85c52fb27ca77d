//! The liquidation price that the client reports is the program's: an atom before it nobody may liquidate, at it anybody may.

use crate::scene::*;

/// Liquidating at a mark of `price`: whether the program calls the account healthy.
fn is_healthy_at(world: &mut Bank, price: u64, (carol, alice): (&Actor, &Actor)) -> bool {
    let now = world.chain.now();
    world.chain.set_now(now + 1);
    world.set_mark(0, price).unwrap();
    let limit = if is_long(world, alice) { u64::MAX } else { 0 };
    match world.liquidate(0, carol, &alice.margin, u64::MAX, limit) {
        Ok(_) => false,
        Err(refusal) => refusal.is(FirebreakError::AccountHealthy),
    }
}

fn is_long(world: &mut Bank, actor: &Actor) -> bool {
    world.margin(&actor.margin).position(0).is_some_and(|position| position.size > 0)
}

/// Alice holds `lots` of SOL (short where negative) at ten times her cash, and something of BTC and ETH.
fn world_with_positions(lots: i64, cash: u64) -> (Bank, Actor, Actor) {
    let mut world = world();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| world.actor(name, 4, 100_000 * DOLLAR).unwrap());
    let (buyer, seller) = if lots > 0 { (&alice, &bob) } else { (&bob, &alice) };
    world.trade(0, buyer, seller, lots.unsigned_abs(), MARK).unwrap();
    for (market, lots) in [(1, 17), (2, 33)] {
        let mark = world.row(market).mark;
        world.trade(market, &alice, &bob, lots, mark).unwrap();
    }
    let held = world.margin(&alice.margin).header.cash;
    world.withdraw(&alice, held - cash).unwrap();
    (world, alice, carol)
}

#[test]
fn i15_the_reported_liquidation_price_is_the_program_s_to_one_unit() {
    for (lots, cash) in [
        (6_000, 1_500 * DOLLAR),
        (-6_000, 1_500 * DOLLAR),
        (1, 400 * DOLLAR),
        (777, 300 * DOLLAR),
        (-12_345, 3_333 * DOLLAR),
    ] {
        let (mut world, alice, carol) = world_with_positions(lots, cash);
        let (account, holdings) = world.margin(&alice.margin).report(&world.board()).unwrap();
        let value = world.margin(&alice.margin).value_for_maintenance(&world.board(), NOW).unwrap();
        assert_eq!((account.equity, account.maintenance_margin), (value.equity, value.requirement));
        let Some(price) = holdings.iter().find(|(asset, _)| *asset == 0).unwrap().1.liquidation_price else {
            assert_eq!(lots, 1, "a lot is too little to bring 400 dollars down");
            continue;
        };
        let before = if lots > 0 { price + 1 } else { price - 1 };
        assert!(is_healthy_at(&mut world, before, (&carol, &alice)), "{lots} lots: liquidatable at {before} already");
        assert!(!is_healthy_at(&mut world, price, (&carol, &alice)), "{lots} lots: still healthy at {price}");
    }
}
