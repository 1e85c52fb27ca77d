//! T87 to T90, T94, T95: losses beyond what insurance pays, borne by the other side.

use crate::{
    crisis::{actors, deficit, equity, leg},
    stage::{SOL, Stage, accepts, assert_sound, cash, confirm_mark, patch_state, rejects, send, snapshot, stage},
};
use firebreak::state::Market;
use firebreak_client::FirebreakError;
use firebreak_replay::{listing::DOLLAR, world::Actor};

/// The example of docs/auto-deleveraging.md: Zoe long 250 lots, Dan 750; Ann, Ben and Cid short 600, 300 and 100.
fn example() -> (Stage, [Actor; 5]) {
    let mut world = stage();
    let fee = 250 * SOL * 5 / 10_000;
    let zoe = world.actor("zoe", 4, 40_000_000 + fee).unwrap();
    let [dan, ann, ben, cid] = actors(&mut world, [("dan", 1_000), ("ann", 1_000), ("ben", 1_000), ("cid", 1_000)]);
    world.trade(0, &zoe, &ann, 250, SOL).unwrap();
    for (short, lots) in [(&ann, 350), (&ben, 300), (&cid, 100)] {
        world.trade(0, &dan, short, lots, SOL).unwrap();
    }
    world.fund_tranche(0, 4_000_000).unwrap();
    world.advance(9).unwrap();
    confirm_mark(&mut world, 0, 1_300_000);
    (world, [zoe, dan, ann, ben, cid])
}

#[test]
fn t89_the_example_in_the_docs_holds_to_the_atom() {
    let (mut world, [zoe, dan, ann, ben, cid]) = example();
    assert_eq!(deficit(&mut world, &zoe), 10_000_000);
    let before = [&ann, &ben, &cid, &dan].map(|actor| equity(&mut world, actor));
    let state = snapshot(&world.chain.svm);
    let attack = world.at.auto_deleverage(0, zoe.margin);
    send(&mut world, &[attack]).unwrap();

    // Nobody's account but the bankrupt one's was written, whoever bears the loss.
    let after = snapshot(&world.chain.svm);
    let written: Vec<_> = after.keys().filter(|address| state.get(*address) != after.get(*address)).copied().collect();
    let mut expected = vec![world.at.board, world.at.market(0), zoe.margin];
    expected.sort();
    assert_eq!(written, expected);

    let (market, row) = (world.market(0), world.row(0));
    assert_eq!((market.pool, market.tranche, market.carry), (44_000_000, 0, 331_000_000));
    assert_eq!((market.dust_size, market.dust_entry), (250, 0));
    assert_eq!((row.short_side.charge, row.short_side.scale), (331_000 << 24, 3 << 60));
    assert!(world.margin(&zoe.margin).positions().is_empty());
    assert_sound(&mut world);
    let lost = [&ann, &ben, &cid, &dan].map(|actor| equity(&mut world, actor));
    assert_eq!([0, 1, 2, 3].map(|at| before[at] - lost[at]), [3_600_000, 1_800_000, 600_000, 0]);

    let had = [&ann, &ben, &cid].map(|actor| cash(&mut world, actor));
    let touch = world.at.settle(0, &[ann.margin, ben.margin, cid.margin]);
    send(&mut world, &[touch]).unwrap();
    for (at, (short, size, entry)) in
        [(&ann, -450, -701_400_000), (&ben, -225, -350_700_000), (&cid, -75, -116_900_000)].into_iter().enumerate()
    {
        let position = *world.margin(&short.margin).position(0).unwrap();
        let paid = cash(&mut world, short) - had[at];
        assert_eq!((position.size, position.entry - paid as i64), (size, entry));
    }
    let market = world.market(0);
    assert_eq!((market.carry, market.dust_size, market.dust_entry, market.short_owed), (0, 0, 0, 0));
    assert_sound(&mut world);
}

/// Lots of twelve shorts, which have no common divisor.
const CROWD: [u64; 12] = [1, 2, 3, 7, 19, 53, 101, 499, 997, 1_999, 4_001, 7_919];

/// Zoe long 3,001 lots with hardly any margin, Dan the rest; the crowd short. Prices have fallen to `mark`.
fn crowded(mark: u64) -> (Stage, Actor, Actor, Vec<Actor>) {
    let mut world = stage();
    let [zoe, dan, bank] = actors(&mut world, [("zoe", 455), ("dan", 20_000), ("bank", 20_000)]);
    let crowd: Vec<_> =
        (0..CROWD.len()).map(|at| world.actor(&format!("short {at}"), 4, 2_000 * DOLLAR).unwrap()).collect();
    let all: u64 = CROWD.iter().sum();
    world.trade(0, &zoe, &bank, 3_001, SOL).unwrap();
    world.trade(0, &dan, &bank, all - 3_001, SOL).unwrap();
    for (short, lots) in crowd.iter().zip(CROWD) {
        world.trade(0, &bank, short, lots, SOL).unwrap();
    }
    world.advance(9).unwrap();
    confirm_mark(&mut world, 0, mark);
    (world, zoe, dan, crowd)
}

#[test]
fn t89_haircuts_add_up_to_the_deficit_and_each_is_its_share_and_at_most_its_profit() {
    for mark in [1_340_000, 1_333_333, 1_200_001, 700_000] {
        let (mut world, zoe, dan, crowd) = crowded(mark);
        let (all, owed): (u64, u64) = (CROWD.iter().sum(), deficit(&mut world, &zoe));
        let bystander = equity(&mut world, &dan);
        let before: Vec<_> = crowd.iter().map(|short| equity(&mut world, short)).collect();
        world.auto_deleverage(0, &zoe.margin).unwrap();
        let margins: Vec<_> = crowd.iter().map(|short| short.margin).collect();
        let touch = world.at.settle(0, &margins);
        send(&mut world, &[touch]).unwrap();
        let mut sum = 0;
        for ((short, lots), before) in crowd.iter().zip(CROWD).zip(before) {
            let lost = (before - equity(&mut world, short)) as u64;
            let share = u128::from(owed) * u128::from(lots);
            assert!(u128::from(lost) * u128::from(all) >= share, "{lots} lots lost {lost}: less than their share");
            // An atom for the charge, one for the fraction of a lot, size * 2^-23.
            assert!(u128::from(lost) <= share / u128::from(all) + 3, "{lots} lots lost {lost}");
            assert!(lost <= lots * (SOL - mark), "more than its profit: it sold at better than the bankruptcy price");
            sum += lost;
        }
        assert!(sum >= owed && sum <= owed + 3 * CROWD.len() as u64, "{sum} for {owed}");
        assert_eq!(equity(&mut world, &dan), bystander, "the bankrupt account's own side bears nothing");
        let market = world.market(0);
        assert!(market.carry <= 0 && market.carry >= -36, "what rounding took is the market's: {}", market.carry);
        assert_sound(&mut world);
    }
}

#[test]
fn t89_who_sold_past_the_bankruptcy_price_gives_up_margin_and_no_more_than_its_share() {
    let (mut world, zoe, _, crowd) = crowded(1_300_000);
    let [late, buyer] = actors(&mut world, [("late", 10_000), ("buyer", 10_000)]);
    world.trade(0, &buyer, &late, 10_000, 1_300_000).unwrap();
    let (all, owed) = (CROWD.iter().sum::<u64>() + 10_000, deficit(&mut world, &zoe));
    let before = equity(&mut world, &late);
    world.auto_deleverage(0, &zoe.margin).unwrap();
    let lost = (before - equity(&mut world, &late)) as u64;
    let share = owed * 10_000 / all;
    assert!(lost >= share && lost <= share + 3, "{lost}, its share is {share}");
    assert!(leg(&mut world, &crowd[11], 0).size > -7_919);
    assert_sound(&mut world);
}

#[test]
fn t90_neither_the_order_of_touches_nor_of_bankruptcies_changes_what_anybody_bears() {
    let (mut world, zoe, _, crowd) = crowded(1_234_567);
    world.auto_deleverage(0, &zoe.margin).unwrap();
    let saved = world.chain.svm.clone();
    let mut outcomes = Vec::new();
    for order in 0..5_usize {
        // Forwards, backwards, shuffled, all in one, all in one and each twice.
        let mut at: Vec<_> = (0..crowd.len()).map(|at| (at * [1, 11, 5, 1, 7][order]) % crowd.len()).collect();
        if order == 4 {
            at.extend(at.clone());
        }
        let margins: Vec<_> = at.iter().map(|at| crowd[*at].margin).collect();
        for together in margins.chunks(if order < 3 { 1 } else { margins.len() }) {
            let touch = world.at.settle(0, together);
            send(&mut world, &[touch]).unwrap();
        }
        let equities: Vec<_> = crowd.iter().map(|short| equity(&mut world, short)).collect();
        let market = world.market(0);
        outcomes.push((equities, market.carry, market.dust_size, market.dust_entry, market.short_owed));
        assert_sound(&mut world);
        world.chain.svm = saved.clone();
    }
    assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]), "{outcomes:?}");

    // Two bankruptcies, either first: nobody bears more than the rounding of one more event.
    let (mut world, zoe, _, crowd) = crowded(1_500_000);
    let [yan, bank] = actors(&mut world, [("yan", 155), ("bank 2", 2_000)]);
    world.trade(0, &yan, &bank, 1_000, SOL).unwrap();
    world.advance(9).unwrap();
    confirm_mark(&mut world, 0, 1_234_567);
    let saved = world.chain.svm.clone();
    let after = [[&zoe, &yan], [&yan, &zoe]].map(|order| {
        world.chain.svm = saved.clone();
        for bankrupt in order {
            world.auto_deleverage(0, &bankrupt.margin).unwrap();
        }
        crowd.iter().map(|short| equity(&mut world, short)).collect::<Vec<_>>()
    });
    assert!(after[0].iter().zip(&after[1]).all(|(one, other)| one.abs_diff(*other) <= 4), "{after:?}");
    assert!(after[0].iter().zip(&after[1]).any(|(one, _)| *one < 2_000_000_000 + 7_919 * 265_433));
}

#[test]
fn t94_both_sides_are_equal_again_but_for_fractions_of_a_lot_each() {
    let (mut world, zoe, dan, crowd) = crowded(1_250_000);
    world.auto_deleverage(0, &zoe.margin).unwrap();
    let margins: Vec<_> = crowd.iter().map(|short| short.margin).collect();
    let touch = world.at.settle(0, &margins);
    send(&mut world, &[touch]).unwrap();
    let market = world.market(0);
    let [long, short] = [market.long_open_interest, market.short_open_interest];
    assert_eq!(long, leg(&mut world, &dan, 0).size.unsigned_abs());
    let held: u64 = crowd.iter().map(|actor| leg(&mut world, actor, 0).size.unsigned_abs()).sum();
    assert_eq!(held, short);
    // The market's own lots stand between, a fraction of one per position that was touched.
    assert_eq!(i128::from(short) - i128::from(long), i128::from(market.dust_size));
    assert!(market.dust_size.unsigned_abs() <= CROWD.len() as u64, "{}", market.dust_size);
    assert!(market.short_owed < 1 << 12, "owed to nobody: {} / 2^32 lots", market.short_owed);
    assert_sound(&mut world);
}

#[test]
fn t95_nobody_is_deleveraged_while_the_tranche_pays_and_a_donation_only_helps_to_pay() {
    let (mut world, zoe, _, _) = crowded(1_300_000);
    let owed = deficit(&mut world, &zoe);
    let attack = world.at.auto_deleverage(0, zoe.margin);
    world.fund_tranche(0, owed - 1).unwrap();
    accepts(&mut world, std::slice::from_ref(&attack));
    world.fund_tranche(0, 1).unwrap();
    rejects(&mut world, FirebreakError::TrancheSufficient, std::slice::from_ref(&attack));

    // A cap below the deficit, or what the window has left: then it does not pay whole.
    let (address, saved) = (world.at.market(0), world.chain.svm.clone());
    for change in [
        (|market: &mut Market, owed| market.insurance_event_cap = owed - 1) as fn(&mut Market, u64),
        |market, owed| market.insurance_window_cap = owed - 1,
        |market, _| market.coinsurance_share_bps = 1,
    ] {
        patch_state::<Market>(&mut world, &address, |market| change(market, owed));
        accepts(&mut world, std::slice::from_ref(&attack));
        world.chain.svm = saved.clone();
    }
    // Then anybody with margin resolves it, and the donation paid for a deficit.
    let keeper = world.actor("keeper", 4, 1_000 * DOLLAR).unwrap();
    world.liquidate(0, &keeper, &zoe.margin, u64::MAX, u64::MAX).unwrap();
    assert_eq!((world.market(0).insurance_paid, world.market(0).tranche), (owed, 0));
    rejects(&mut world, FirebreakError::AccountSolvent, &[attack]);
    assert_sound(&mut world);
}

#[test]
fn t85_t86_a_second_deleveraging_or_one_of_a_closed_account_finds_nothing() {
    let (mut world, [zoe, dan, ann, ..]) = example();
    let attack = world.at.auto_deleverage(0, zoe.margin);
    let other_market = world.at.auto_deleverage(1, zoe.margin);
    for solvent in [&dan, &ann] {
        let attack = world.at.auto_deleverage(0, solvent.margin);
        rejects(&mut world, FirebreakError::AccountSolvent, &[attack]);
    }
    rejects(&mut world, FirebreakError::PositionMissing, &[other_market]);
    send(&mut world, std::slice::from_ref(&attack)).unwrap();
    rejects(&mut world, FirebreakError::AccountSolvent, std::slice::from_ref(&attack));
    let close = firebreak_client::instructions::close_margin_account(zoe.address(), zoe.margin, zoe.address());
    send(&mut world, &[close]).unwrap();
    let too_small = solana_instruction::error::InstructionError::AccountDataTooSmall;
    crate::stage::rejects_with(&mut world, too_small, &[attack]);
}

#[test]
fn t89_i08_flat_accounts_closed_claims_and_other_markets_bear_nothing() {
    let (mut world, zoe, _, crowd) = crowded(1_300_000);
    let [flat, early, buyer, eth, other] =
        actors(&mut world, [("flat", 77), ("early", 5_000), ("buyer", 50_000), ("eth", 5_000), ("other", 5_000)]);
    world.trade(2, &eth, &other, 100, 4_000_000).unwrap();
    // Short since 1.30, out at 1.25 with a claim: the pool is empty until somebody's loss is settled.
    world.trade(0, &buyer, &early, 5_000, 1_300_000).unwrap();
    world.advance(9).unwrap();
    confirm_mark(&mut world, 0, 1_250_000);
    world.trade(0, &early, &crowd[0], 5_000, 1_250_000).unwrap();
    let bystanders = [&flat, &early, &eth, &other];
    let before = bystanders.map(|actor| (world.margin(&actor.margin), equity(&mut world, actor)));
    assert!(leg(&mut world, &early, 0).size == 0 && leg(&mut world, &early, 0).entry < 0, "a claim");
    world.auto_deleverage(0, &zoe.margin).unwrap();
    assert_eq!(bystanders.map(|actor| (world.margin(&actor.margin), equity(&mut world, actor))), before);
    world.withdraw(&flat, 77 * DOLLAR).unwrap();
    world.settle(0, &early.margin).unwrap();
    assert_eq!(equity(&mut world, &early), before[1].1, "the bankrupt account's cash is in the pool");
    assert_sound(&mut world);
}
