//! The indices of auto-deleveraging: fractions of a lot, thousands of positions, sides that are closed wholly.

use crate::{
    crisis::{actors, deficit, equity, leg},
    stage::{SOL, Stage, assert_sound, cash, confirm_mark, move_mark, rejects, send, stage},
};
use firebreak_client::FirebreakError;
use firebreak_replay::{listing::DOLLAR, world::Actor};
use firebreak_tests::tamper::unwatched;

/// Longs of these lots with hardly any margin against one short with plenty, all bankrupt at `mark`.
fn doomed(world: &mut Stage, name: &str, lots: &[u64], mark: u64) -> (Vec<Actor>, Actor) {
    let from = world.row(0).mark;
    let short = world.actor(&format!("{name}'s short"), 4, 100_000 * DOLLAR).unwrap();
    let longs: Vec<_> = lots
        .iter()
        .enumerate()
        .map(|(at, lots)| {
            let cash = lots * from * 1_011 / 10_000; // initial margin, confidence and the fee
            let long = world.actor(&format!("{name} {at}"), 4, cash).unwrap();
            world.trade(0, &long, &short, *lots, from).unwrap();
            long
        })
        .collect();
    world.advance(9).unwrap();
    confirm_mark(world, 0, mark);
    (longs, short)
}

#[test]
fn t56_a_hundred_bankruptcies_of_one_lot_take_no_more_than_what_they_owe() {
    let mut world = stage();
    let [innocent, other] = actors(&mut world, [("innocent", 1_000_000), ("other", 1_000_000)]);
    world.trade(0, &other, &innocent, 1_000_000, SOL).unwrap();
    let (longs, short) = doomed(&mut world, "dust", &[1; 100], 1_300_000);
    let owed: u64 = longs.iter().map(|long| deficit(&mut world, long)).sum();
    let before = [&innocent, &short, &other].map(|actor| equity(&mut world, actor));
    for long in &longs {
        world.auto_deleverage(0, &long.margin).unwrap();
    }
    let after = [&innocent, &short, &other].map(|actor| equity(&mut world, actor));
    assert_eq!(after[2], before[2]);
    let lost = (before[0] - after[0]) as u64;
    println!("100 bankruptcies of a lot owe {owed} atoms, a short of a million lots loses {lost}");
    // Its share, and for each event an atom for the charge and 10^6 * 2^-23 of one, at the end one for the fraction of a lot.
    let share = owed * 1_000_000 / 1_000_100;
    assert!(lost >= share && lost <= share + 100 + 12 + 1, "{lost} for {share}");
    let touch = world.at.settle(0, &[innocent.margin, short.margin]);
    send(&mut world, &[touch]).unwrap();
    let market = world.market(0);
    assert!(market.carry <= 0 && market.carry > -300, "{}", market.carry);
    assert!(market.dust_size.abs() <= 2);
    assert_sound(&mut world);
}

#[test]
fn a_crowd_of_one_lot_positions_is_touched_by_anybody_twenty_at_a_time_and_leaves_no_hole() {
    let mut world = stage();
    let [dan, bank] = actors(&mut world, [("dan", 10_000), ("bank", 10_000)]);
    let crowd: Vec<_> = (0..200).map(|at| world.actor(&format!("one {at}"), 4, 3 * DOLLAR).unwrap()).collect();
    for one in &crowd {
        world.trade(0, &bank, one, 1, SOL).unwrap();
    }
    world.trade(0, &dan, &bank, 100, SOL).unwrap();
    let zoe = world.actor("zoe", 4, 15_165_000).unwrap();
    world.trade(0, &zoe, &bank, 100, SOL).unwrap();
    world.advance(9).unwrap();
    confirm_mark(&mut world, 0, 1_300_000);
    let owed = deficit(&mut world, &zoe);
    let before: i64 = crowd.iter().map(|one| equity(&mut world, one)).sum();
    world.auto_deleverage(0, &zoe.margin).unwrap();
    let mut most = 0;
    for some in crowd.chunks(20) {
        let margins: Vec<_> = some.iter().map(|one| one.margin).collect();
        let touch = world.at.settle(0, &margins);
        most = most.max(send(&mut world, &[touch]).unwrap().compute_units);
    }
    println!("touching 20 positions costs at most {most} compute units");
    assert!(most < 400_000);
    let lost = (before - crowd.iter().map(|one| equity(&mut world, one)).sum::<i64>()) as u64;
    assert!(lost >= owed && lost <= owed + 3 * 200, "{lost} for {owed}");
    // Half a lot each: nobody keeps one, and the market holds a hundred against Dan's.
    let market = world.market(0);
    assert_eq!((market.short_open_interest, market.long_open_interest, market.dust_size), (0, 100, -100));
    assert!(market.carry <= 0 && market.carry >= -600, "{}", market.carry);
    assert_eq!(leg(&mut world, &dan, 0).size, 100);
    assert_sound(&mut world);
}

#[test]
fn known_limit_a_fraction_of_a_lot_needs_no_margin_until_somebody_touches_it() {
    // 199 of 200 lots: an untouched one-lot position is 0.995 of a lot, which no margin backs and no price holds back.
    let mut world = stage();
    let [bank, dan] = actors(&mut world, [("bank", 10_000), ("dan", 10_000)]);
    let one = world.actor("one", 4, 3 * DOLLAR).unwrap();
    world.trade(0, &bank, &one, 1, SOL).unwrap();
    world.trade(0, &dan, &bank, 1, SOL).unwrap();
    world.trade(0, &dan, &bank, 198, SOL).unwrap();
    let (longs, _) = doomed(&mut world, "zoe", &[1], 1_300_000);
    world.auto_deleverage(0, &longs[0].margin).unwrap();
    assert_eq!(leg(&mut world, &one, 0).size, 0);
    let fair = equity(&mut world, &one);
    // Its owner waits for the price to fall, and touches it then: what it gains is less than a lot's move.
    let saved = world.chain.svm.clone();
    move_mark(&mut world, 0, 1_250_000);
    let settle = world.at.settle(0, &[one.margin]);
    send(&mut world, std::slice::from_ref(&settle)).unwrap();
    let gained = equity(&mut world, &one) - fair;
    assert!(gained > 49_000 && gained <= 50_000, "{gained}");
    // Anybody ends it at once.
    world.chain.svm = saved;
    send(&mut world, &[settle]).unwrap();
    let touched = equity(&mut world, &one);
    assert!(touched <= fair && touched >= fair - 1);
    move_mark(&mut world, 0, 1_250_000);
    assert_eq!(equity(&mut world, &one), touched);
    assert_sound(&mut world);
}

#[test]
fn t87_all_the_open_interest_of_a_market_in_one_deleveraging_and_the_market_goes_on() {
    let mut world = stage();
    unwatched(&mut world);
    let (longs, short) = doomed(&mut world, "only", &[6_000], 1_300_000);
    let alice = &longs[0];
    let lost_by_alice = cash(&mut world, alice);
    world.auto_deleverage(0, &alice.margin).unwrap();
    let (market, row) = (world.market(0), world.row(0));
    assert_eq!((market.long_open_interest, market.pool), (0, lost_by_alice));
    assert_eq!(row.short_side.epoch, 1, "the side was closed wholly");
    assert_eq!(leg(&mut world, &short, 0).size, 0);
    world.settle(0, &short.margin).unwrap();
    assert!(world.market(0).pool <= 3 && world.market(0).short_open_interest == 0, "{:?}", world.market(0).pool);
    let all = cash(&mut world, &short);
    world.withdraw(&short, all).unwrap();
    assert_sound(&mut world);
    // The market goes on, and what was closed once can be closed again.
    let (longs, _) = doomed(&mut world, "again", &[6_000], 1_100_000);
    world.auto_deleverage(0, &longs[0].margin).unwrap();
    assert_eq!(world.row(0).short_side.epoch, 2);
    assert_sound(&mut world);
}

#[test]
fn positions_left_behind_keep_nobody_from_deleveraging_longer_than_a_settlement_takes_at_any_level() {
    for level in [0, 3] {
        let mut world = stage();
        let (longs, left_behind) = doomed(&mut world, "first", &[6_000], 1_300_000);
        world.auto_deleverage(0, &longs[0].margin).unwrap();
        let (longs, _) = doomed(&mut world, "second", &[6_000], 1_100_000);
        if level > 0 {
            let trip = world.at.trip_breaker(solana_signer::Signer::pubkey(&world.guardian), 0, level, 3_600, 0);
            send(&mut world, &[trip]).unwrap();
        }
        let attack = world.at.auto_deleverage(0, longs[0].margin);
        rejects(&mut world, FirebreakError::PositionsLeftBehind, std::slice::from_ref(&attack));
        // Its owner does not withdraw past a position that nobody touched, and does so afterwards (T118).
        let take = world.at.withdraw(0, left_behind.address(), left_behind.margin, world.quote(left_behind.tokens), 1);
        if level > 0 {
            rejects(&mut world, FirebreakError::BreakerActive, std::slice::from_ref(&take));
        }
        let touch = world.at.settle(0, &[left_behind.margin]);
        send(&mut world, &[touch, attack, take]).unwrap();
        assert_eq!(world.row(0).short_side.epoch, 2);
        assert_sound(&mut world);
    }
}

#[test]
fn a_side_shrunk_on_purpose_many_times_is_not_closed_for_one_lot_when_it_has_grown() {
    // 28 halvings: positions of 8,192, 4,096, ... lots, twice fourteen of them, go bankrupt one after the other.
    let mut world = stage();
    unwatched(&mut world);
    let halves: Vec<u64> = (0..14).map(|at| 8_192 >> at).collect();
    for (name, mark) in [("first", 1_300_000), ("second", 1_100_000)] {
        let (longs, short) = doomed(&mut world, name, &halves, mark);
        for long in &longs {
            if let Err(refusal) = world.auto_deleverage(0, &long.margin) {
                assert!(refusal.is(FirebreakError::PositionsLeftBehind), "{refusal}");
                world.settle(0, &short.margin).unwrap();
                world.auto_deleverage(0, &long.margin).unwrap();
            }
        }
        let _ = world.settle(0, &short.margin);
    }
    println!("the scale is 2^{:.2} of 2^62", (world.row(0).short_side.scale as f64).log2());
    let [innocent, other] = actors(&mut world, [("innocent", 100_000), ("other", 100_000)]);
    world.trade(0, &other, &innocent, 100_000, 1_100_000).unwrap();
    let (longs, _) = doomed(&mut world, "last", &[1], 950_000);
    let before = equity(&mut world, &innocent);
    world.auto_deleverage(0, &longs[0].margin).unwrap();
    let left = leg(&mut world, &innocent, 0).size;
    assert!(left <= -99_998, "one lot closed {} of 100,000", 100_000 + left);
    assert!(before - equity(&mut world, &innocent) <= 60_000);
    let touch = world.at.settle(0, &[innocent.margin]);
    send(&mut world, &[touch]).unwrap();
    assert!(world.market(0).dust_size.abs() <= 40, "{}", world.market(0).dust_size);
    assert_sound(&mut world);
}

#[test]
fn t88_a_price_that_multiplies_underflows_nowhere_and_a_lot_is_charged_its_value_at_most() {
    let mut world = stage();
    let [zoe, long, dan] = actors(&mut world, [("zoe", 1_000), ("long", 20_000), ("dan", 100)]);
    world.trade(0, &long, &zoe, 6_000, SOL).unwrap();
    world.trade(0, &dan, &long, 1, SOL).unwrap();
    world.fund_tranche(0, 300 * DOLLAR).unwrap();
    world.advance(9).unwrap();
    for mark in [3_000_000, 9_000_000, 60_000_000, 500_000_000] {
        confirm_mark(&mut world, 0, mark);
    }
    let owed = deficit(&mut world, &zoe);
    assert!(owed > 2_000_000 * DOLLAR);
    let before = equity(&mut world, &dan);
    world.auto_deleverage(0, &zoe.margin).unwrap();
    let lost = (before - equity(&mut world, &dan)) as u64;
    assert!(lost <= 500_000_000, "a lot gave up {lost}, more than it is worth");
    assert_eq!((world.market(0).tranche, world.market(0).insurance_paid), (0, 300 * DOLLAR));
    let touch = world.at.settle(0, &[long.margin, dan.margin]);
    send(&mut world, &[touch]).unwrap();
    assert_sound(&mut world);
}

#[test]
fn an_account_that_may_not_take_its_gain_now_does_not_spoil_the_touching_of_others() {
    // Keepers touch many at once; whoever has just been touched, or never was behind, with a gain that a breaker holds
    // back, is passed over like anybody with nothing to settle.
    let mut world = stage();
    let (longs, left_behind) = doomed(&mut world, "first", &[6_000], 1_300_000);
    world.auto_deleverage(0, &longs[0].margin).unwrap();
    let [winner, loser] = actors(&mut world, [("winner", 10_000), ("loser", 10_000)]);
    world.trade(0, &winner, &loser, 6_000, 1_300_000).unwrap();
    world.advance(9).unwrap();
    confirm_mark(&mut world, 0, 1_350_000);
    world.advance(6_000).unwrap();
    world.settle(0, &loser.margin).unwrap();
    let trip = world.at.trip_breaker(solana_signer::Signer::pubkey(&world.guardian), 0, 3, 3_600, 0);
    send(&mut world, &[trip]).unwrap();
    let alone = world.at.settle(0, &[winner.margin]);
    rejects(&mut world, FirebreakError::BreakerActive, &[alone]);
    let control = world.at.settle(0, &[left_behind.margin]);
    crate::stage::accepts(&mut world, &[control]);
    let batch = world.at.settle(0, &[winner.margin, left_behind.margin]);
    send(&mut world, &[batch]).unwrap();
    assert_eq!(world.market(0).short_left_behind, 0);
    assert_sound(&mut world);
}
