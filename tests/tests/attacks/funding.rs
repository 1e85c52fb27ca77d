//! Attacks on the funding rate: fills with oneself, and the times at which rates are set.

use crate::stage::*;
use firebreak_replay::{chain::Chain, listing, litesvm_chain::LiteSvmChain, world::Actor};

const DOLLAR: u64 = 1_000_000;
const LOTS: u64 = 1_000;

/// SOL with funding. A victim is long what the attacker is short; another account of the attacker's stands by.
fn scene(premium: i64) -> (Stage, [Actor; 3]) {
    let listed = [listing::funded(listing::listing("SOL", -2))];
    let mut world = Stage::listed(LiteSvmChain::new().unwrap(), START, &listed).unwrap();
    world.set_mark(0, SOL).unwrap();
    let actors = ["victim", "attacker", "friend"].map(|name| world.actor(name, 4, 1_000_000 * DOLLAR).unwrap());
    world.trade(0, &actors[0], &actors[1], LOTS, SOL.checked_add_signed(premium).unwrap()).unwrap();
    (world, actors)
}

/// What the accounts are worth together at mark.
fn worth(world: &mut Stage, actors: &[&Actor]) -> i64 {
    let (board, now) = (world.board(), world.chain.now());
    actors.iter().map(|actor| world.margin(&actor.margin).value_for_maintenance(&board, now).unwrap().equity).sum()
}

/// Half an hour in which somebody sets the rate every so many seconds.
fn half_an_hour(world: &mut Stage, every: i64) {
    for _ in 0..3_600 / every {
        let now = world.chain.now();
        world.chain.set_now(now + every);
        world.set_mark(0, SOL).unwrap();
        world.update_funding(0).unwrap();
    }
}

/// Lots bought and sold back between two of his own accounts, at the price that pays most: what it moves never pays the fee, whatever the
/// average was before, and however often somebody sets the rate.
#[test]
fn i14_trading_with_oneself_to_move_the_rate_loses_money() {
    for (before, lots) in [(0, 10), (0, 1_000), (-7_500, 100), (-7_500, 1_000), (-7_500, 20_000)] {
        for every in [10, 600, 900] {
            let run = |washes: bool| {
                let (mut world, [_, attacker, friend]) = scene(before);
                world.update_funding(0).unwrap();
                if washes {
                    world.trade(0, &friend, &attacker, lots, SOL + 7_500).unwrap();
                    world.trade(0, &attacker, &friend, lots, SOL).unwrap();
                    world.update_funding(0).unwrap();
                }
                half_an_hour(&mut world, every);
                assert_sound(&mut world);
                worth(&mut world, &[&attacker, &friend])
            };
            let (with, without) = (run(true), run(false));
            assert!(with < without, "{lots} lots after {before}, every {every} s: {with} against {without}");
        }
    }
}

/// The second leg alone: a one-sided fill that he keeps open costs one fee, and gains less than it.
#[test]
fn i14_a_single_fill_between_own_accounts_loses_money() {
    for (before, lots) in [(0, 10), (-7_500, 1_000), (-7_500, 5_000)] {
        for every in [10, 300, 600] {
            let run = |washes: bool| {
                let (mut world, [_, attacker, friend]) = scene(before);
                world.update_funding(0).unwrap();
                if washes {
                    world.trade(0, &friend, &attacker, lots, SOL + 7_500).unwrap();
                    world.update_funding(0).unwrap();
                }
                half_an_hour(&mut world, every);
                worth(&mut world, &[&attacker, &friend])
            };
            let (with, without) = (run(true), run(false));
            assert!(with < without, "{lots} lots after {before}, every {every} s: {with} against {without}");
        }
    }
}

/// T98: one who trades a lot at a time, and sets the rate each second, moves it by a lot's share, and wears nothing else down.
#[test]
fn t98_a_lot_at_a_time_moves_the_rate_by_a_lots_share() {
    let (mut world, [_, attacker, friend]) = scene(3_000);
    world.update_funding(0).unwrap();
    let rate = world.row(0).funding_rate;
    world.trade(0, &friend, &attacker, 1, SOL - 7_500).unwrap();
    world.update_funding(0).unwrap();
    let moved = rate - world.row(0).funding_rate;
    let lots_share = ((2 * 7_500_i64) << 24) / 28_800 / LOTS as i64;
    assert!(moved > 0 && moved <= lots_share, "{moved} of {lots_share}");

    // Ten minutes of it, each second: the rate falls as it would have by itself, between a half and 1/e, and a lot's share each.
    let (mut busy, mut calm) = (scene(3_000).0, scene(3_000).0);
    half_a_time_constant(&mut busy, 1);
    half_a_time_constant(&mut calm, 300);
    let (busy, calm) = (busy.row(0).funding_rate, calm.row(0).funding_rate);
    assert!(busy <= calm && busy * 100 >= calm * 90, "{busy} against {calm}");
}

fn half_a_time_constant(world: &mut Stage, every: i64) {
    for step in 1..=300 / every {
        world.chain.set_now(START + step * every);
        world.set_mark(0, SOL).unwrap();
        world.update_funding(0).unwrap();
    }
}

/// The rate set at the worst moment, and never again, ends by itself: the victim pays ten minutes of it.
#[test]
fn a_rate_set_at_its_peak_lasts_no_longer_than_a_premium_counts() {
    let (mut world, [victim, ..]) = scene(7_500);
    world.update_funding(0).unwrap();
    let before = worth(&mut world, &[&victim]);
    for _ in 0..20 {
        let now = world.chain.now();
        world.chain.set_now(now + 300);
        world.set_mark(0, SOL).unwrap();
    }
    let paid = before - worth(&mut world, &[&victim]);
    assert_eq!(paid, (LOTS as i64 * 7_500 * 600).div_ceil_of(28_800));
}

trait DivCeilOf {
    fn div_ceil_of(self, divisor: i64) -> i64;
}

impl DivCeilOf for i64 {
    fn div_ceil_of(self, divisor: i64) -> i64 {
        (self + divisor - 1) / divisor
    }
}

/// The same price brought again and again accrues nothing twice.
#[test]
fn the_same_reading_again_pays_nothing_again() {
    let (mut world, [victim, ..]) = scene(7_500);
    world.update_funding(0).unwrap();
    world.chain.set_now(START + 10);
    world.set_mark(0, SOL).unwrap();
    let before = (worth(&mut world, &[&victim]), world.row(0).funding_index);
    for _ in 0..3 {
        world.refresh(&[0]).unwrap();
        world.update_funding(0).unwrap();
    }
    assert_eq!((worth(&mut world, &[&victim]), world.row(0).funding_index), before);
}
