//! I-07, I-14: an attacker's own bankrupt account, and who is made to pay for it.

use crate::{
    crisis::{actors, deficit, equity, wealth},
    stage::{SOL, Stage, accepts, assert_sound, cash, confirm_mark, rejects, send, stage, would},
};
use firebreak::instructions::OfferTerms;
use firebreak_client::FirebreakError;
use firebreak_replay::{
    chain::Chain,
    listing::DOLLAR,
    world::{Actor, keypair},
};
use solana_instruction::Instruction;
use solana_signer::Signer;

/// A and B are one attacker's, long and short 60,000 lots; Ian and Ivy hold 100 against each other. A is bankrupt at 1.30.
fn self_dealt() -> (Stage, [Actor; 4]) {
    let mut world = stage();
    let all = actors(&mut world, [("a", 9_100), ("b", 20_000), ("ian", 1_000), ("ivy", 1_000)]);
    let [a, b, ian, ivy] = &all;
    // A's standing offer, at the mark and free of fees, is there from the beginning.
    let terms =
        OfferTerms { bid_lots: 0, ask_lots: 1 << 20, bid_spread_bps: 0, ask_spread_bps: 0, expires_at: i64::MAX };
    world.trade(0, a, b, 60_000, SOL).unwrap();
    world.trade(0, ian, ivy, 100, SOL).unwrap();
    world.place_offer(0, a, terms).unwrap();
    world.advance(9).unwrap();
    confirm_mark(&mut world, 0, 1_300_000);
    (world, all)
}

/// What the coalition of A and B can call its own, cash and claims, and what Ian and Ivy can.
fn sides(world: &mut Stage, [a, b, ian, ivy]: &[Actor; 4]) -> [i128; 2] {
    let a = i128::from(equity(world, a).max(0)); // what is below zero A walks away from
    [a + wealth(world, &[b]), wealth(world, &[ian, ivy])]
}

/// Ways to take A's lots away from what A owes, before the rest is deleveraged.
fn ways(world: &Stage, [a, b, ..]: &[Actor; 4]) -> Vec<(&'static str, Vec<Instruction>)> {
    let take = world.at.take_offer(0, b.address(), b.margin, a.margin, 60_000, u64::MAX);
    let most = world.at.take_offer(0, b.address(), b.margin, a.margin, 59_999, u64::MAX);
    let sides = [(b.address(), b.margin), (a.address(), a.margin)];
    let trade = world.at.trade(0, sides[0], sides[1], 60_000, 1_300_000);
    let above = world.at.trade(0, sides[0], sides[1], 60_000, 1_326_000);
    let liquidate = |lots| world.at.liquidate(0, b.address(), b.margin, a.margin, lots, u64::MAX);
    vec![
        ("the counterparty liquidates all but a lot", vec![liquidate(59_999)]),
        ("in two parts", vec![liquidate(30_000), liquidate(29_999)]),
        ("all of it", vec![liquidate(60_000)]),
        ("the counterparty takes the bankrupt account's offer", vec![take]),
        ("all but a lot of it", vec![most]),
        ("they trade at mark", vec![trade]),
        ("they trade at the edge of the band", vec![above]),
    ]
}

#[test]
fn i14_deleveraging_an_own_account_extracts_nothing_from_others_however_its_lots_are_taken_away_before() {
    let (mut world, all) = self_dealt();
    let owed = deficit(&mut world, &all[0]);
    let before = sides(&mut world, &all);
    let saved = world.chain.svm.clone();
    world.auto_deleverage(0, &all[0].margin).unwrap();
    let fair = sides(&mut world, &all);
    let ivy_bears = before[1] - fair[1];
    assert!(ivy_bears <= i128::from(owed) * 100 / 60_100 + 3, "{ivy_bears} of {owed}");
    assert_sound(&mut world);

    world.chain.svm = saved.clone();
    for (name, instructions) in ways(&world, &all) {
        world.chain.svm = saved.clone();
        let taken = send(&mut world, &instructions);
        let resolved = world.auto_deleverage(0, &all[0].margin);
        let _ = world.settle(0, &all[1].margin);
        let after = sides(&mut world, &all);
        let (gained, lost) = (after[0] - fair[0], fair[1] - after[1]);
        println!(
            "{name}: {} {}; the coalition has {} dollars more than by plain deleveraging, the others {} less",
            if taken.is_ok() { "accepted" } else { "refused" },
            if resolved.is_ok() { "and deleveraged" } else { "and nothing to deleverage" },
            gained / i128::from(DOLLAR),
            lost / i128::from(DOLLAR),
        );
        // Ivy's hundred lots are charged what a lot of the bankrupt account's owes, and no more.
        assert!(lost <= i128::from(owed) * 100 / 60_000 + 3, "{name}: others lost {lost} atoms more");
        assert_sound(&mut world);
    }
}

#[test]
fn i14_a_self_dealt_debt_is_not_paid_by_those_who_come_later() {
    // A and B alone in the market; then strangers come, and one of them loses to the other.
    let (world, all) = self_dealt();
    for (name, instructions) in ways(&world, &all) {
        let (mut world, all) = self_dealt();
        let put_in = i128::from(29_100 * DOLLAR);
        let _ = send(&mut world, &instructions);
        let _ = world.auto_deleverage(0, &all[0].margin);
        let [winner, loser] = actors(&mut world, [("winner", 20_000), ("loser", 20_000)]);
        world.trade(0, &winner, &loser, 60_000, 1_300_000).unwrap();
        world.advance(9).unwrap();
        confirm_mark(&mut world, 0, 1_400_000);
        world.advance(6_000).unwrap();
        world.advance(6_000).unwrap();
        let _ = (world.settle(0, &loser.margin), world.settle(0, &all[1].margin));
        let _ = world.settle(0, &winner.margin);
        let got = i128::from(cash(&mut world, &all[0])) + i128::from(cash(&mut world, &all[1]));
        let has = i128::from(cash(&mut world, &winner));
        println!("{name}: put in 29,100 dollars, took out {got}; the winner of 6,000 has {has}");
        assert!(got <= put_in, "{name}: {} dollars gained", (got - put_in) / i128::from(DOLLAR));
        assert!(has >= i128::from(25_900 * DOLLAR), "{name}: the winner was not paid");
        assert_sound(&mut world);
    }
}

/// Zoe has 1,400 dollars and lost 600 in SOL and 1,200 in ETH, so that each market bears a ninth of its loss... of 1,800 in all.
fn bankrupt_in_two() -> (Stage, [Actor; 4]) {
    let mut world = stage();
    let all = actors(&mut world, [("zoe", 1_400), ("sol short", 20_000), ("eth short", 20_000), ("keeper", 50_000)]);
    world.trade(0, &all[0], &all[1], 3_000, SOL).unwrap();
    world.trade(2, &all[0], &all[2], 2_000, 4_000_000).unwrap();
    world.advance(9).unwrap();
    crate::stage::move_mark(&mut world, 0, 1_300_000);
    confirm_mark(&mut world, 2, 3_400_000);
    (world, all)
}

#[test]
fn i07_nobody_routes_a_bankrupt_account_s_cash_to_the_market_of_its_choice() {
    let (mut world, all) = bankrupt_in_two();
    let owed = u128::from(deficit(&mut world, &all[0]));
    let losses = [600_000_000_u128, 1_200_000_000];
    let saved = world.chain.svm.clone();
    let [zoe, sol, eth, _] = &all;
    let settle = |market| world.at.settle(market, &[zoe.margin]);
    let both = world.at.settle(0, &[zoe.margin, sol.margin]);
    let routes = [
        ("nothing", vec![]),
        ("settle SOL", vec![settle(0)]),
        ("settle ETH", vec![settle(2)]),
        ("settle with others", vec![both]),
    ];
    for (name, route) in routes {
        for order in [[0, 2], [2, 0]] {
            world.chain.svm = saved.clone();
            let before = [sol, eth].map(|short| equity(&mut world, short));
            let routed = !route.is_empty() && send(&mut world, &route).is_ok();
            assert!(!routed, "{name}");
            for market in order {
                world.auto_deleverage(market, &zoe.margin).unwrap();
            }
            for (at, loss) in losses.into_iter().enumerate() {
                let bore = (before[at] - equity(&mut world, [sol, eth][at])).max(0) as u128;
                let share = owed * loss / 1_800_000_000;
                assert!(bore.abs_diff(share) <= 4, "{name}, {order:?}: {bore} instead of {share}");
            }
            assert_sound(&mut world);
        }
    }
}

#[test]
fn i07_the_owner_of_a_bankrupt_account_does_not_pay_one_market_in_full_by_selling_a_lot_in_it() {
    // Cash reaches for all that was lost in SOL: a sale there, at mark or better, would settle it whole, and ETH's side
    // would bear what SOL's was to bear. So would a stranger who takes an offer of the bankrupt account's.
    let (mut world, all) = bankrupt_in_two();
    let [zoe, sol, eth, keeper] = &all;
    let sells = |market, other: &Actor, lots, price| {
        world.at.trade(market, (other.address(), other.margin), (zoe.address(), zoe.margin), lots, price)
    };
    let mut attacks = vec![sells(0, sol, 1, 1_302_000), sells(0, sol, 3_000, 1_300_000), sells(2, eth, 1, 3_410_000)];
    let terms =
        OfferTerms { bid_lots: 0, ask_lots: 3_000, bid_spread_bps: 0, ask_spread_bps: 10, expires_at: i64::MAX };
    world.place_offer(0, zoe, terms).unwrap();
    attacks.push(world.at.take_offer(0, keeper.address(), keeper.margin, zoe.margin, 1, u64::MAX));
    // The same once there is equity again.
    let owed = deficit(&mut world, zoe);
    let saved = world.chain.svm.clone();
    crate::crisis::mint_quote(&mut world, zoe, 5_000);
    world.deposit(zoe, owed + 4_000 * DOLLAR).unwrap();
    for control in &attacks {
        accepts(&mut world, std::slice::from_ref(control));
    }
    world.chain.svm = saved;
    for attack in attacks {
        rejects(&mut world, FirebreakError::MarginInsufficient, &[attack]);
    }
}

#[test]
fn t84_a_bankrupt_owner_delays_its_resolution_by_nothing_it_does() {
    let (mut world, all) = self_dealt();
    let a = &all[0];
    let attack = world.at.auto_deleverage(0, a.margin);
    accepts(&mut world, std::slice::from_ref(&attack));
    // Frozen tokens, a delegate, offers, a breaker below a halt, other oracles dead.
    crate::stage::patch(&mut world, &a.tokens, |account| account.data[108] = 2);
    let delegate = firebreak_client::instructions::set_delegate(a.address(), a.margin, keypair("anybody").pubkey());
    send(&mut world, &[delegate]).unwrap();
    let guardian = world.guardian.pubkey();
    for (market, level) in [(0, 2), (255, 3)] {
        let trip = world.at.trip_breaker(guardian, market, level, 6 * 3_600, 0);
        send(&mut world, &[trip]).unwrap();
        accepts(&mut world, std::slice::from_ref(&attack));
    }
    let now = world.chain.now();
    world.chain.set_now(now + 1_000);
    let stale = would(&mut world, std::slice::from_ref(&attack));
    assert!(stale.is_err(), "its own market's price is old");
    world.set_mark(0, 1_300_000).unwrap();
    send(&mut world, &[attack]).unwrap();
    assert_sound(&mut world);
}
