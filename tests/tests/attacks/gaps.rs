//! I-14: what a coalition draws by a gap in one market out of another, and what its steps cost.

use crate::{
    crisis::{actors, deficit, equity, leg, set_targets},
    stage::{SOL, START, Stage, accepts, assert_sound, cash, confirm_mark, rejects, send, stage},
};
use firebreak_client::FirebreakError;
use firebreak_replay::{
    chain::Chain,
    listing::{DOLLAR, listing},
    litesvm_chain::LiteSvmChain,
    world::{Actor, World, keypair},
};
use solana_signer::Signer;

const ETH: u64 = 4_000_000;

/// A closes its loss in SOL against B while a gain in ETH backs it; then ETH gaps down. Returns what A and B gained, what A owed
/// when it was bankrupt, and what SOL's insurance paid.
fn through_another_market(tranche: u64, settles: bool) -> (i128, u64, u64) {
    let (_, _, outcome) = gapped(tranche, settles);
    outcome
}

fn gapped(tranche: u64, settles: bool) -> (Stage, Actor, (i128, u64, u64)) {
    let mut world = stage();
    set_targets(&mut world, 1_000_000);
    if tranche > 0 {
        world.fund_tranche(0, tranche * DOLLAR).unwrap();
    }
    let [a, b, c] = actors(&mut world, [("a", 3_000), ("b", 20_000), ("c", 100_000)]);
    world.trade(2, &a, &c, 5_000, ETH).unwrap();
    confirm_mark(&mut world, 2, 6_000_000);
    world.trade(0, &a, &b, 6_000, SOL).unwrap();
    confirm_mark(&mut world, 0, 800_000);
    if settles {
        for _ in 0..2 {
            world.advance(6_000).unwrap();
        }
        let settle = world.at.settle(2, &[c.margin, a.margin]);
        send(&mut world, &[settle]).unwrap();
    }
    world.trade(0, &b, &a, 6_000, 800_000).unwrap();
    confirm_mark(&mut world, 2, 3_900_000);
    let owed = deficit(&mut world, &a);
    let _ = world.auto_deleverage(0, &a.margin);
    let _ = world.auto_deleverage(2, &a.margin);
    let keeper = world.actor("keeper", 4, 50_000 * DOLLAR).unwrap();
    for market in [0, 2] {
        let _ = world.liquidate(market, &keeper, &a.margin, u64::MAX, u64::MAX);
    }
    assert!(equity(&mut world, &a) >= 0, "resolved");
    world.advance(6_000).unwrap();
    world.sweep_all().unwrap();
    let _ = world.settle(0, &b.margin);
    let had = 23_000 * i128::from(DOLLAR);
    let has = i128::from(cash(&mut world, &a)) + i128::from(cash(&mut world, &b));
    assert_sound(&mut world);
    let insured = world.market(0).insurance_paid;
    (world, b, (has - had, owed, insured))
}

#[test]
fn known_limit_what_the_market_itself_owes_is_waited_for_by_who_settles_last() {
    // The same with no insurance: B's claim waits. Then strangers trade, and B is paid with what one of them lost.
    let (mut world, b, _) = gapped(0, false);
    let claim = equity(&mut world, &b) as u64 - cash(&mut world, &b);
    let [winner, loser] = actors(&mut world, [("winner", 20_000), ("loser", 20_000)]);
    world.trade(0, &winner, &loser, 60_000, 800_000).unwrap();
    world.advance(9).unwrap();
    confirm_mark(&mut world, 0, 900_000);
    for _ in 0..2 {
        world.advance(6_000).unwrap();
    }
    for actor in [&loser, &b, &winner] {
        let _ = world.settle(0, &actor.margin);
    }
    let waits = equity(&mut world, &winner) as u64 - cash(&mut world, &winner);
    println!("B's claim was {} dollars; the winner of 6,000 waits for {}", claim / DOLLAR, waits / DOLLAR);
    assert!(claim > 1_000 * DOLLAR && waits > claim / 2, "no longer a limit: make this a rejection");
    assert!(waits <= claim + 60_000 * 450, "no more than that, and the confidence of the price");
    // Fees, and insurance within its caps, pay it at the next sweeps.
    world.fund_tranche(0, claim).unwrap();
    world.sweep(0).unwrap();
    world.settle(0, &winner.margin).unwrap();
    let waits = equity(&mut world, &winner) as u64 - cash(&mut world, &winner);
    assert!(waits <= 60_000 * 450, "{waits}");
    assert_sound(&mut world);
}

#[test]
fn known_limit_a_gap_in_one_market_reaches_another_s_insurance_through_a_debt_that_gains_backed() {
    for (tranche, settles) in [(0, false), (10_000, false), (10_000, true)] {
        let (gained, owed, insured) = through_another_market(tranche, settles);
        println!(
            "tranche {tranche}, gains {}: A owes {} dollars after the gap, A and B gained {}, insurance of SOL paid {}",
            if settles { "settled before" } else { "left unsettled" },
            owed / DOLLAR,
            gained / i128::from(DOLLAR),
            insured / DOLLAR
        );
        // Never more than the gap made bankrupt, and insurance within its caps. Where anybody settled the gain in time, the debt
        // was paid from it, and ETH's own side bears the gap.
        assert!(gained <= i128::from(owed), "{gained}");
        assert_eq!(insured > 0, tranche > 0 && !settles, "no longer a limit: make this a rejection");
        assert!(insured <= owed.min(500_000 * DOLLAR));
    }
}

#[test]
fn t56_a_bankrupt_position_taken_lot_by_lot_costs_the_tranche_what_it_costs_at_once() {
    let mut world = stage();
    let lots = 60;
    let [zoe, short, keeper] = actors(&mut world, [("zoe", 10), ("short", 1_000), ("keeper", 1_000)]);
    world.trade(0, &zoe, &short, lots, SOL).unwrap();
    world.advance(9).unwrap();
    confirm_mark(&mut world, 0, 1_300_001);
    let owed = deficit(&mut world, &zoe);
    world.fund_tranche(0, 100 * DOLLAR).unwrap();
    let saved = world.chain.svm.clone();
    for parts in [vec![lots], vec![1; lots as usize], vec![7; 9], vec![59, 1]] {
        world.chain.svm = saved.clone();
        let before = equity(&mut world, &keeper);
        for part in &parts {
            world.liquidate(0, &keeper, &zoe.margin, *part, u64::MAX).unwrap();
            assert_sound(&mut world);
        }
        assert_eq!(leg(&mut world, &zoe, 0).size, 0);
        assert_eq!(equity(&mut world, &keeper), before, "no penalty where no equity is left (T79)");
        let paid = world.market(0).insurance_paid;
        assert!(paid >= owed && paid <= owed + 1, "{paid} in {} parts for {owed}", parts.len());
        assert!(world.margin(&zoe.margin).positions().is_empty() || equity(&mut world, &zoe) >= 0);
    }
}

#[test]
fn t83_sixteen_positions_are_deleveraged_one_by_one_each_below_10_000_compute_units() {
    let listings: Vec<_> = (0..16).map(|index| listing(&format!("A{index}"), -2)).collect();
    let mut world = World::listed(LiteSvmChain::new().unwrap(), START, &listings).unwrap();
    crate::stage::fund(&mut world, keypair("fee payer").pubkey(), 1 << 50);
    for asset in 0..16 {
        world.set_mark(asset, SOL).unwrap();
    }
    let [zoe, short] = ["zoe", "short"].map(|name| world.actor(name, 16, 10_000 * DOLLAR).unwrap());
    for market in 0..16 {
        world.trade(market, &zoe, &short, 3_700, SOL).unwrap();
    }
    // All fall, step by step, until fifteen sixteenths are beyond what she has.
    for mark in [1_390_000, 1_290_000] {
        for _ in 0..3 {
            let now = world.chain.now() + 3_600;
            world.chain.set_now(now);
            for asset in 0..16 {
                world.set_mark(asset, mark).unwrap();
            }
        }
    }
    let before = deficit(&mut world, &zoe);
    let mut most = [0; 3];
    for market in 0..16 {
        let all = world.at.liquidate(market, short.address(), short.margin, zoe.margin, u64::MAX, u64::MAX);
        rejects(&mut world, FirebreakError::TrancheInsufficient, &[all]);
        most[0] = most[0].max(world.auto_deleverage(market, &zoe.margin).unwrap().compute_units);
        most[1] = most[1].max(world.settle(market, &short.margin).unwrap().compute_units);
    }
    let settled = world.margin(&short.margin);
    assert!(world.margin(&zoe.margin).positions().is_empty() && settled.positions().len() <= 16);
    println!("sixteen positions owing {before}: {} compute units to deleverage one, {} to settle", most[0], most[1]);
    assert!(most[0] < 10_000 && most[1] < 10_000, "{most:?}");
    assert_sound(&mut world);
}

/// The reserves of a market in which nobody has anything.
fn quiet(world: &mut Stage, market: u8) -> [u64; 4] {
    let market = world.market(market);
    [market.pool, market.tranche, market.fees, market.protocol_fees]
}

#[test]
fn i09_deleveraging_one_market_changes_no_other() {
    let mut world = stage();
    let [zoe, short] = actors(&mut world, [("zoe", 1_000), ("short", 20_000)]);
    world.trade(0, &zoe, &short, 6_000, SOL).unwrap();
    world.trade(1, &short, &zoe, 10, 1_200_000).unwrap();
    world.advance(9).unwrap();
    confirm_mark(&mut world, 0, 1_200_000);
    let others = [1, 2].map(|market| (world.market(market), world.row(market), quiet(&mut world, market)));
    world.auto_deleverage(0, &zoe.margin).unwrap();
    assert_eq!([1, 2].map(|market| (world.market(market), world.row(market), quiet(&mut world, market))), others);
    assert_sound(&mut world);
}

#[test]
fn known_limit_a_bankrupt_account_with_a_claim_is_taken_whole_or_not_at_all() {
    // Zoe's gain in ETH is a claim on an empty pool; in SOL she owes more than that. Where the tranche can pay, nobody is
    // deleveraged; and part of her lots cannot leave, because part of their loss waits for the claim.
    let mut world = stage();
    let [zoe, sol, eth, keeper] =
        actors(&mut world, [("zoe", 2_000), ("sol", 20_000), ("eth", 20_000), ("keeper", 300)]);
    world.trade(2, &zoe, &eth, 1_000, ETH).unwrap();
    world.trade(0, &zoe, &sol, 6_000, SOL).unwrap();
    world.advance(9).unwrap();
    confirm_mark(&mut world, 2, 4_400_000);
    confirm_mark(&mut world, 0, 1_040_000);
    let owed = deficit(&mut world, &zoe);
    world.fund_tranche(0, owed + DOLLAR).unwrap();
    let take = |lots| world.at.liquidate(0, keeper.address(), keeper.margin, zoe.margin, lots, u64::MAX);
    let [part, whole, deleverage] = [take(100), take(6_000), world.at.auto_deleverage(0, zoe.margin)];
    rejects(&mut world, FirebreakError::LotsInseparable, std::slice::from_ref(&part));
    rejects(&mut world, FirebreakError::TrancheSufficient, &[deleverage]);
    rejects(&mut world, FirebreakError::MarginInsufficient, std::slice::from_ref(&whole));
    // The way on: whoever lost in ETH is settled, then Zoe, whose claim is cash then; or a keeper with enough.
    let settle = [world.at.settle(2, &[eth.margin]), world.at.settle(2, &[zoe.margin])];
    let with_cash: Vec<_> = settle.into_iter().chain([part]).collect();
    accepts(&mut world, &with_cash);
    crate::crisis::mint_quote(&mut world, &keeper, 1_000);
    world.deposit(&keeper, 1_000 * DOLLAR).unwrap();
    send(&mut world, &[whole]).unwrap();
    assert_sound(&mut world);
}

#[test]
fn t72_sweeping_again_and_again_pays_no_debt_beyond_the_cap_per_event() {
    // A debt without lots is the market's own when the tranche has paid its cap; sweeps let the tranche pay that, within the
    // same caps: how often somebody sweeps must not matter.
    let mut world = stage();
    set_targets(&mut world, 1_000_000);
    world.fund_tranche(0, 10_000 * DOLLAR).unwrap();
    let address = world.at.market(0);
    crate::stage::patch_state::<firebreak::state::Market>(&mut world, &address, |market| {
        market.insurance_event_cap = 100 * DOLLAR;
        market.insurance_window_cap = 1_000 * DOLLAR;
    });
    let [a, b, c] = actors(&mut world, [("a", 3_000), ("b", 20_000), ("c", 100_000)]);
    world.trade(2, &a, &c, 5_000, ETH).unwrap();
    confirm_mark(&mut world, 2, 6_000_000);
    world.trade(0, &a, &b, 6_000, SOL).unwrap();
    confirm_mark(&mut world, 0, 800_000);
    world.trade(0, &b, &a, 6_000, 800_000).unwrap();
    confirm_mark(&mut world, 2, 3_900_000);
    world.auto_deleverage(0, &a.margin).unwrap();
    let once = world.market(0).insurance_paid;
    assert_eq!(once, 100 * DOLLAR);
    for hours in 1..4 {
        for _ in 0..10 {
            world.sweep(0).unwrap();
        }
        assert_eq!(world.market(0).insurance_paid, hours * once, "one event's cap per window");
        world.advance(3_600).unwrap();
    }
    assert_sound(&mut world);
}

#[test]
fn known_limit_while_a_leg_s_oracle_is_dead_a_bankrupt_account_s_cash_goes_to_the_market_that_is_settled_first() {
    let mut world = stage();
    let [zoe, short] = actors(&mut world, [("zoe", 1_800), ("short", 50_000)]);
    world.trade(0, &zoe, &short, 3_000, SOL).unwrap();
    world.trade(1, &zoe, &short, 6_000, 1_200_000).unwrap();
    world.trade(2, &zoe, &short, 1, ETH).unwrap();
    world.advance(9).unwrap();
    let settle = world.at.settle(0, &[zoe.margin]);
    for (asset, mark) in [(0, 1_200_000), (1, 980_000)] {
        confirm_mark(&mut world, asset, mark);
    }
    assert!(deficit(&mut world, &zoe) > 0);
    rejects(&mut world, FirebreakError::NothingToSettle, std::slice::from_ref(&settle));
    // ETH's oracle, of which she has a lot, has been silent for a minute.
    let now = world.chain.now() + 61;
    world.chain.set_now(now);
    for (asset, mark) in [(0, 1_200_000), (1, 980_000)] {
        world.set_mark(asset, mark).unwrap();
    }
    let had = cash(&mut world, &zoe);
    send(&mut world, &[settle]).unwrap();
    let paid = had - cash(&mut world, &zoe);
    assert_eq!(paid, 900 * DOLLAR, "no longer a limit: SOL's whole loss was paid");
    assert_sound(&mut world);
}
