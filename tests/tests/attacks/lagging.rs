//! T46, T48, and what leaving or entering the insurance fund is worth to who picks its moment.

use crate::{
    crisis::{
        FEES, OWED, actors, ask_to_leave, deficit, enters, fund, go_bankrupt, leaves, mint_quote, set_targets, stake,
        stake_of, swept, tokens, value_of_stake,
    },
    stage::{Stage, accepts, assert_sound, move_mark, patch_state, rejects, send, stage},
};
use firebreak::state::Market;
use firebreak_client::FirebreakError;
use firebreak_replay::{chain::Chain, listing::DOLLAR, pyth, world::Actor};

const COOLDOWN: i64 = 14 * 86_400;

/// Alice and Mallory staked 1,000 dollars each, of which tranches keep 300; Mallory's door is open. A long and a short in SOL.
fn open_door() -> (Stage, [Actor; 4]) {
    let mut world = stage();
    let all = actors(&mut world, [("alice", 0), ("mallory", 0), ("long", 20_000), ("short", 20_000)]);
    set_targets(&mut world, 300);
    stake(&mut world, &all[0], 1_000);
    stake(&mut world, &all[1], 1_000);
    ask_to_leave(&mut world, &all[1]);
    world.trade(0, &all[2], &all[3], 1_000, 1_500_000).unwrap();
    world.advance(COOLDOWN).unwrap();
    world.sweep_all().unwrap();
    (world, all)
}

#[test]
fn t48_while_a_price_lags_nobody_enters_or_leaves_the_fund_or_withdraws_with_positions() {
    let (mut world, [alice, mallory, long, short]) = open_door();
    mint_quote(&mut world, &alice, 10);
    let withdraw = |world: &Stage, actor: &Actor| {
        world.at.withdraw(0, actor.address(), actor.margin, world.quote(actor.tokens), 1)
    };
    let attacks = [leaves(&world, &mallory, &[]), enters(&world, &alice, 10 * DOLLAR)];
    let with_position = withdraw(&world, &long);
    for attack in &attacks {
        accepts(&mut world, std::slice::from_ref(attack));
    }
    accepts(&mut world, std::slice::from_ref(&with_position));
    // A jump beyond the band: uncertain until the average has followed. Sweeping again does not help.
    move_mark(&mut world, 0, 1_300_000);
    for attack in &attacks {
        let bundle = swept(&world, attack);
        rejects(&mut world, FirebreakError::MarketsNotSwept, std::slice::from_ref(attack));
        rejects(&mut world, FirebreakError::MarketsNotSwept, &bundle);
    }
    rejects(&mut world, FirebreakError::PriceUncertain, std::slice::from_ref(&with_position));
    let deleverage = world.at.auto_deleverage(0, short.margin);
    rejects(&mut world, FirebreakError::PriceUncertain, &[deleverage]);
    // Those who have no positions withdraw.
    let flat = world.actor("flat", 4, 10 * DOLLAR).unwrap();
    let free = withdraw(&world, &flat);
    accepts(&mut world, &[free]);
    // The price is fresh again when the average has come within the band; the doors open a minute later.
    let is_fresh = |world: &mut Stage| {
        let now = world.chain.now();
        world.row(0).quality_at(now) >= risk::PriceQuality::Fresh
    };
    while !is_fresh(&mut world) {
        world.advance(10).unwrap();
    }
    for (seconds, is_open) in [(0, false), (50, false), (10, true)] {
        world.advance(seconds).unwrap();
        for attack in &attacks {
            let bundle = swept(&world, attack);
            match is_open {
                true => accepts(&mut world, &bundle),
                false => rejects(&mut world, FirebreakError::MarketsNotSwept, &bundle),
            }
        }
    }
    accepts(&mut world, &[with_position]);
}

#[test]
fn t46_with_all_oracles_dead_who_holds_no_position_still_takes_everything_out() {
    let (mut world, [_, mallory, long, _]) = open_door();
    let flat = world.actor("flat", 4, 10 * DOLLAR).unwrap();
    let now = world.chain.now();
    world.chain.set_now(now + 86_400);
    world.withdraw(&flat, 10 * DOLLAR).unwrap();
    mint_quote(&mut world, &long, 1);
    world.deposit(&long, DOLLAR).unwrap();
    let attack = world.at.withdraw(0, long.address(), long.margin, world.quote(long.tokens), 1);
    rejects(&mut world, FirebreakError::PriceStale, &[attack]);
    // Who insures waits as well: nobody knows what the open positions owe.
    let leave = leaves(&world, &mallory, &[]);
    let bundle = swept(&world, &leave);
    rejects(&mut world, FirebreakError::MarketsNotSwept, &bundle);
    for asset in 0..3 {
        let mark = world.row(asset).mark;
        world.set_mark(asset, mark).unwrap();
    }
    send(&mut world, &bundle).unwrap();
    assert_sound(&mut world);
}

#[test]
fn t46_an_oracle_that_never_speaks_again_keeps_stakers_in_for_three_days_and_no_longer() {
    let (mut world, [_, mallory, long, short]) = open_door();
    // A lot is open in ETH, whose oracle dies.
    world.trade(2, &long, &short, 1, 4_000_000).unwrap();
    let died = world.chain.now();
    let others_at = |world: &mut Stage, now| {
        world.chain.set_now(now);
        for asset in 0..2 {
            let mark = world.row(asset).mark;
            world.set_mark(asset, mark).unwrap();
        }
    };
    let leave = leaves(&world, &mallory, &[]);
    let bundle = swept(&world, &leave);
    for seconds in [61, 86_400, 2 * 86_400 - 1] {
        others_at(&mut world, died + seconds);
        rejects(&mut world, FirebreakError::MarketsNotSwept, &bundle);
    }
    // By then Mallory's door has closed: she asks again, and after the cool-down nothing is in the way.
    others_at(&mut world, died + 3 * 86_400);
    rejects(&mut world, FirebreakError::ExitNotOpen, &bundle);
    ask_to_leave(&mut world, &mallory);
    let opens = stake_of(&mut world, &mallory).leaves_at;
    others_at(&mut world, opens);
    send(&mut world, &bundle).unwrap();
    assert_sound(&mut world);
}

#[test]
fn t65_leaving_in_the_minute_in_which_a_tranche_paid_is_not_worth_more_than_afterwards() {
    let (mut world, [alice, mallory, ..]) = open_door();
    let [zoe, _] = go_bankrupt(&mut world, "zoe");
    let keeper = world.actor("keeper", 4, 2_000 * DOLLAR).unwrap();
    world.sweep_all().unwrap();
    // The deficit is paid, and a sweep that is a second old does not know of it.
    world.liquidate(0, &keeper, &zoe.margin, u64::MAX, u64::MAX).unwrap();
    let had = tokens(&mut world, &mallory);
    let attack = leaves(&world, &mallory, &[]);
    rejects(&mut world, FirebreakError::MarketsNotSwept, &[attack]);
    world.unstake(&mallory).unwrap();
    let took = tokens(&mut world, &mallory) - had;
    world.sweep_all().unwrap();
    let left = value_of_stake(&mut world, &alice);
    assert!(took <= left + DOLLAR, "{took} for the one who left, {left} for the one who stayed");
    assert!(took <= 1_000 * DOLLAR - OWED / 2 + FEES);
    assert_sound(&mut world);
}

#[test]
fn t64_entering_in_the_minute_in_which_income_came_is_not_worth_more_than_afterwards() {
    let (mut world, [_, mallory, long, short]) = open_door();
    mint_quote(&mut world, &mallory, 100_000);
    world.sweep_all().unwrap();
    let before = value_of_stake(&mut world, &mallory);
    world.trade(0, &long, &short, 80_000, 1_500_000).unwrap();
    let income = world.market(0).fees / 2;
    let attack = enters(&world, &mallory, 100_000 * DOLLAR);
    rejects(&mut world, FirebreakError::MarketsNotSwept, &[attack]);
    world.stake(&mallory, 100_000 * DOLLAR).unwrap();
    world.sweep_all().unwrap();
    let gained = value_of_stake(&mut world, &mallory) - before - 100_000 * DOLLAR;
    println!("of {income} atoms of income Mallory, who had half of the fund, has {gained}");
    assert!(gained <= income / 2 + 2, "{gained} of {income}");
}

#[test]
fn a_leaver_drains_no_tranche_that_has_paid_and_no_more_of_another_than_its_window() {
    let (mut world, [_, mallory, ..]) = open_door();
    // The vault is nearly empty: what Mallory is owed has to come from tranches.
    set_targets(&mut world, 650);
    for _ in 0..2 {
        world.advance(3_600).unwrap();
        world.sweep_all().unwrap();
    }
    let (now, paid, bounded) = (world.chain.now(), world.at.market(0), world.at.market(1));
    patch_state::<Market>(&mut world, &paid, |market| {
        (market.insurance_window_started, market.insurance_window_used) = (now, 1);
    });
    patch_state::<Market>(&mut world, &bounded, |market| market.insurance_window_cap = 40 * DOLLAR);
    let held = [0, 1, 2].map(|market| world.market(market).tranche);
    let (had, vault) = (tokens(&mut world, &mallory), fund(&mut world).assets);
    let leave = leaves(&world, &mallory, &[0, 1]);
    // Not all of the markets, one twice, in another order.
    for accounts in [vec![0, 1], vec![0, 1, 1, 2], vec![1, 0, 2], vec![0, 1, 2, 2], vec![]] {
        let attack = world.at.unstake(mallory.address(), world.quote(mallory.tokens), &accounts);
        rejects(&mut world, FirebreakError::MarketsNotSwept, &[attack]);
    }
    send(&mut world, &[leave]).unwrap();
    let took = tokens(&mut world, &mallory) - had;
    let after = [0, 1, 2].map(|market| world.market(market).tranche);
    assert_eq!(after[0], held[0], "it paid for a deficit in this window");
    assert_eq!(held[1] - after[1], 40 * DOLLAR, "what its window has left");
    assert_eq!(after[2], held[2], "it was not passed as writable");
    assert_eq!(took, vault + 40 * DOLLAR);
    let stake = stake_of(&mut world, &mallory);
    assert!(stake.leaving_shares > 0 && stake.leaving_value + took <= 1_000 * DOLLAR + 1, "the rest keeps its request");
    assert_sound(&mut world);
}

#[test]
fn an_atom_of_fees_keeps_nobody_out_who_sweeps_in_the_same_transaction() {
    let (mut world, [_, mallory, long, short]) = open_door();
    let leave = leaves(&world, &mallory, &[]);
    accepts(&mut world, std::slice::from_ref(&leave));
    let bundle = swept(&world, &leave);
    // Whoever wants to keep her in trades a lot before her, or gives the tranche an atom.
    world.trade(1, &long, &short, 1, 1_200_000).unwrap();
    rejects(&mut world, FirebreakError::MarketsNotSwept, std::slice::from_ref(&leave));
    accepts(&mut world, &bundle);
    world.sweep_all().unwrap();
    world.fund_tranche(2, 1).unwrap();
    rejects(&mut world, FirebreakError::MarketsNotSwept, &[leave]);
    send(&mut world, &bundle).unwrap();
    assert_sound(&mut world);
}

#[test]
fn known_limit_a_lot_open_in_a_market_that_is_never_better_than_uncertain_keeps_every_staker_in() {
    let (mut world, [_, mallory, long, short]) = open_door();
    world.trade(2, &long, &short, 1, 4_000_000).unwrap();
    let leave = leaves(&world, &mallory, &[]);
    let bundle = swept(&world, &leave);
    accepts(&mut world, &bundle);
    for _ in 0..5 {
        let now = world.chain.now() + 8 * 3_600;
        world.chain.set_now(now);
        for asset in 0..3 {
            let row = world.row(asset);
            let price = pyth::raw_price(&row, row.mark);
            let confidence = price.unsigned_abs() / if asset == 2 { 50 } else { 2_000 }; // 2 %: neither fresh nor refused
            let (feed_id, exponent) = (row.primary_feed, row.primary_exponent);
            let verification = pyth::Verification::Full;
            let update = pyth::Update { feed_id, verification, price, confidence, exponent, publish_time: now };
            world.publish(&update);
        }
        world.refresh(&[0, 1, 2]).unwrap();
        rejects(&mut world, FirebreakError::MarketsNotSwept, &bundle);
    }
    // Whoever holds that lot can close it: then, as soon as it is swept, the door is open.
    world.trade(2, &short, &long, 1, 4_000_000).unwrap();
    accepts(&mut world, &bundle);
}

#[test]
fn known_limit_a_bankruptcy_that_nobody_reports_lets_a_leaver_with_an_open_door_out() {
    let (mut world, [alice, mallory, ..]) = open_door();
    let [zoe, _] = go_bankrupt(&mut world, "zoe");
    world.sweep_all().unwrap();
    let [of_mallory, of_alice] = [&mallory, &alice].map(|staker| value_of_stake(&mut world, staker));
    let saved = world.chain.svm.clone();
    let had = tokens(&mut world, &mallory);
    world.unstake(&mallory).unwrap();
    let took = tokens(&mut world, &mallory) - had;
    assert!(took + 2 >= 1_000 * DOLLAR && took <= of_mallory, "no longer a limit: make this a rejection");
    let keeper = world.actor("keeper", 4, 2_000 * DOLLAR).unwrap();
    world.liquidate(0, &keeper, &zoe.margin, u64::MAX, u64::MAX).unwrap();
    world.sweep_all().unwrap();
    let bore = of_alice - value_of_stake(&mut world, &alice);
    assert!(bore <= OWED, "{bore}: the loss, and no more");
    // One transaction of anybody's prevents it; a door is open for two days after fourteen.
    world.chain.svm = saved;
    world.report_deficit(&zoe.margin).unwrap();
    let leave = leaves(&world, &mallory, &[0, 1, 2]);
    let bundle = swept(&world, &leave);
    rejects(&mut world, FirebreakError::DeficitOpen, &bundle);
}

#[test]
fn only_what_is_bankrupt_at_fresh_prices_closes_the_doors() {
    let (mut world, [_, mallory, ..]) = open_door();
    let [zoe, short] = go_bankrupt(&mut world, "zoe");
    let [report, of_short] = [&zoe, &short].map(|actor| world.at.report_deficit(actor.margin));
    accepts(&mut world, std::slice::from_ref(&report));
    rejects(&mut world, FirebreakError::AccountSolvent, &[of_short]);
    // One print far below makes many bankrupt, and closes nothing.
    move_mark(&mut world, 0, 700_000);
    rejects(&mut world, FirebreakError::PriceUncertain, &[report]);
    assert_eq!(fund(&mut world).closed_until, 0);
    assert!(deficit(&mut world, &zoe) > OWED);
    assert!(stake_of(&mut world, &mallory).leaving_shares > 0);
}
