//! The market's own position: who pays its losses, and what somebody can do with that.

use crate::{
    crisis::{actors, ask_to_leave, deficit, fund, leaves, set_targets, stake, tokens},
    stage::{SOL, Stage, accepts, assert_sound, confirm_mark, move_mark, patch_state, send, stage},
};
use firebreak::state::Market;
use firebreak_replay::{listing::DOLLAR, world::Actor};

/// 40 positions of a lot each, of which a bankrupt account closed half: Dan's 20 lots stand against the market's own.
fn halved(world: &mut Stage) -> (Vec<Actor>, Actor) {
    let [dan, bank] = actors(world, [("dan", 10_000), ("bank", 10_000)]);
    let crowd: Vec<_> = (0..40).map(|at| world.actor(&format!("one {at}"), 4, 3 * DOLLAR).unwrap()).collect();
    for one in &crowd {
        world.trade(0, &bank, one, 1, SOL).unwrap();
    }
    world.trade(0, &dan, &bank, 20, SOL).unwrap();
    let zoe = world.actor("zoe", 4, 3_035_000).unwrap();
    world.trade(0, &zoe, &bank, 20, SOL).unwrap();
    world.advance(9).unwrap();
    confirm_mark(world, 0, 1_300_000);
    assert!(deficit(world, &zoe) > 0);
    let address = world.at.market(0);
    let saved = world.market(0);
    // The tranche is not to pay for Zoe: her deficit is not what this is about.
    patch_state::<Market>(world, &address, |market| market.insurance_event_cap = 0);
    world.auto_deleverage(0, &zoe.margin).unwrap();
    patch_state::<Market>(world, &address, |market| market.insurance_event_cap = saved.insurance_event_cap);
    let margins: Vec<_> = crowd.iter().map(|one| one.margin).collect();
    for some in margins.chunks(20) {
        let touch = world.at.settle(0, some);
        send(world, &[touch]).unwrap();
    }
    assert_eq!(world.market(0).dust_size, -20);
    (crowd, dan)
}

/// Alice staked; the tranche of SOL is at its target and the rest in the vault.
fn insured() -> (Stage, Actor) {
    let mut world = stage();
    let alice = world.actor("alice", 4, 0).unwrap();
    set_targets(&mut world, 300);
    stake(&mut world, &alice, 1_000);
    world.sweep_all().unwrap();
    (world, alice)
}

/// Insurance: the fund's vault and all tranches.
fn insurance(world: &mut Stage) -> u64 {
    fund(world).assets + (0..3).map(|market| world.market(market).tranche).sum::<u64>()
}

#[test]
fn t72_prices_that_go_up_and_down_turn_no_insurance_into_fees_by_way_of_the_market_s_own_position() {
    let (mut world, _) = insured();
    halved(&mut world);
    world.advance(6_000).unwrap();
    world.sweep_all().unwrap();
    let before = (insurance(&mut world), world.market(0).protocol_fees);
    for _ in 0..5 {
        // Short 20 lots: a rise is a loss, which the tranche pays where there are no fees; a fall is a gain.
        for mark in [1_400_000, 1_300_000] {
            move_mark(&mut world, 0, mark);
            for _ in 0..2 {
                world.advance(6_000).unwrap();
            }
            world.sweep_all().unwrap();
            assert_sound(&mut world);
        }
    }
    let after = (insurance(&mut world), world.market(0).protocol_fees);
    println!(
        "five times 7.7 % up and down: insurance {} -> {}, protocol fees {} -> {}",
        before.0, after.0, before.1, after.1
    );
    assert!(after.0 >= before.0, "insurance became fees");
    assert_eq!(after.1, before.1, "nobody traded");
}

#[test]
fn an_atom_that_the_market_s_own_position_lost_keeps_no_leaver_s_money_in_its_tranche() {
    let (mut world, alice) = insured();
    halved(&mut world);
    ask_to_leave(&mut world, &alice);
    world.advance(14 * 86_400).unwrap();
    set_targets(&mut world, 900); // nearly all of it stands in SOL's tranche
    world.sweep_all().unwrap();
    world.advance(3_600).unwrap();
    world.sweep_all().unwrap();
    let leave = leaves(&world, &alice, &[0, 1, 2]);
    accepts(&mut world, std::slice::from_ref(&leave));
    // A tick against the market's own 20 lots, and somebody sweeps.
    move_mark(&mut world, 0, 1_300_100);
    world.sweep_all().unwrap();
    assert!(world.market(0).insurance_window_used <= 2_000_000, "{}", world.market(0).insurance_window_used);
    let (had, vault) = (tokens(&mut world, &alice), fund(&mut world).assets);
    send(&mut world, &[leave]).unwrap();
    let took = tokens(&mut world, &alice) - had;
    println!("the vault held {vault}, Alice got {took}");
    assert!(took + DOLLAR >= 990 * DOLLAR, "{took}: the tranche kept the rest");
}
