//! T43: a coalition that picks which update to bring, and when, over thirty seconds in which the price swings by ten percent.
//!
//! Three accounts try orders of bringing updates, opening, reducing, settling, liquidating and withdrawing, with hindsight: the best of all
//! orders counts. What they make beyond what their net position earned at the true price of each second is compared with what is
//! documented: nothing among themselves; against others, for each lot, how far the true price moved while the price on the board was still
//! good for it (15 s to open, 60 s to reduce or to take over a slice), and a liquidation's penalty. For each action at the true price of its
//! second, and for all of them together at the last price, where an account of theirs that has nothing left bears no more.

use crate::{
    feeds::DUO,
    picking_scene::{Dice, Others, Scene},
    stage::patch,
};
use firebreak::state::{AssetRow, RiskBoard};
use std::ops::RangeInclusive;

/// The best of so many orders, in atoms beyond what is documented; and how often each kind of action passed.
fn best(market: u8, others: Others, seeds: RangeInclusive<u64>, plant: impl Fn(&mut AssetRow)) -> (i128, [usize; 8]) {
    let mut scene = Scene::new(market, others);
    let board = scene.world.at.board;
    patch(&mut scene.world, &board, |account| {
        // Behind the header and the number of rows.
        let first = (8 + size_of::<RiskBoard>() + 4).next_multiple_of(8);
        let at = first + usize::from(market) * size_of::<AssetRow>();
        let range = at..at + size_of::<AssetRow>();
        let mut row: AssetRow = bytemuck::pod_read_unaligned(&account.data[range.clone()]);
        plant(&mut row);
        account.data[range].copy_from_slice(bytemuck::bytes_of(&row));
    });
    let base = scene.world.chain.svm.clone();
    let mut most = i128::MIN;
    for seed in seeds {
        scene.world.chain.svm = base.clone();
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        most = most.max(scene.search(&mut dice));
    }
    (most, scene.accepted)
}

#[test]
fn t43_no_order_of_picked_prices_makes_more_than_the_documented_bands() {
    for market in [0, DUO] {
        for (others, kinds) in [
            (Others::Bystanders, &[0, 1, 4, 5, 6][..]),
            (Others::Maker, &[0, 1, 2, 4, 5]),
            (Others::Victim, &[0, 1, 3, 4, 5]),
        ] {
            let (most, accepted) = best(market, others, 1..=60, |_| {});
            println!("market {market}, {others:?}: at best {most} atoms beyond, accepted {accepted:?}");
            assert!(kinds.iter().all(|kind| accepted[*kind] >= 10), "market {market}, {others:?}: {accepted:?}");
            assert!(most <= 0, "market {market}, {others:?}: {most} atoms beyond what is documented");
        }
    }
}

/// The search sees something: with a price that stays fresh for a minute, or with a margin of one percent, some order makes more.
#[test]
fn t43_the_search_finds_a_price_that_stays_good_for_too_long_and_a_margin_that_is_too_small() {
    let (most, _) = best(0, Others::Maker, 1..=100, |row| row.fresh_age_seconds = 60);
    assert!(most > 0, "a fresh age of a minute: {most}");
    let (most, _) = best(0, Others::Bystanders, 1..=60, |row| {
        (row.initial_ratio_bps, row.maintenance_ratio_bps) = (100, 50);
    });
    assert!(most > 0, "a margin of one percent: {most}");
}
