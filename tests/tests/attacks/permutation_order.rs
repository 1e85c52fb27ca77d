//! T90: what does depend on the order, by design: who is paid for out of a cap that does not reach for all, and who holds the
//! lots when they are charged. Nobody else notices.

use crate::{
    permutation::{
        Act::{Deleverage, Liquidate},
        Ending, ONE_MARKET, SHORTS, Scene, rounding, stage_with,
    },
    stage::{rejects, send},
};
use firebreak_client::FirebreakError;
use firebreak_replay::listing::DOLLAR;

/// Shorts end alike, but for the rounding of so many events, touched once.
fn shorts_alike(first: &Ending, other: &Ending, events: u64) {
    for who in SHORTS {
        let lots = ONE_MARKET[who - 2].2[0].unsigned_abs();
        let apart = first.wealth[who].abs_diff(other.wealth[who]);
        assert!(apart <= u128::from(rounding(lots, 1, events)), "{who}: {apart}");
    }
}

#[test]
fn t90_by_design_a_cap_per_window_pays_for_whoever_is_resolved_first() {
    // 400 dollars cover either of two deficits (256 and 290): the first is liquidated, the other closes against the shorts.
    let mut world = stage_with(1, |listing| {
        listing.market.insurance_event_cap = 400 * DOLLAR;
        listing.market.insurance_window_cap = 400 * DOLLAR;
    });
    world.fund_tranche(0, 10_000 * DOLLAR).unwrap();
    let mut scene = Scene::new(world, &ONE_MARKET, &[1_300_000]);
    let early = scene.world.at.auto_deleverage(0, scene.actors[2].margin);
    rejects(&mut scene.world, FirebreakError::TrancheSufficient, &[early]);
    let first = scene.after(&[Liquidate(0, 2), Deleverage(0, 3)]);
    let other = scene.after(&[Liquidate(0, 3), Deleverage(0, 2)]);
    assert_eq!((first.sizes[1][0], other.sizes[1][0]), (6_007, 7_919), "the keeper took over the first");
    assert_eq!((first.tranche[0], other.tranche[0]), (9_600 * DOLLAR, 9_600 * DOLLAR));
    // The shorts keep other numbers of lots, and are worth the same.
    assert_ne!(first.sizes[SHORTS[4]], other.sizes[SHORTS[4]]);
    shorts_alike(&first, &other, 1);
}

#[test]
fn t90_by_design_a_deleveraging_charges_whoever_holds_the_lots_at_that_moment() {
    // A short hands half of its lots to the keeper at the mark, before or after: the two together bear the same.
    let world = stage_with(1, |listing| listing.market.insurance_event_cap = 0);
    let mut scene = Scene::new(world, &ONE_MARKET, &[1_300_000]);
    let [short, keeper] = [11, 1].map(|who: usize| (scene.actors[who].address(), scene.actors[who].margin));
    let hand_over = scene.world.at.trade(0, short, keeper, 20_000, 1_300_000);
    let saved = scene.world.chain.svm.clone();
    send(&mut scene.world, std::slice::from_ref(&hand_over)).unwrap();
    let before = scene.after(&[Deleverage(0, 5)]);
    scene.world.chain.svm = saved;
    scene.act(Deleverage(0, 5));
    send(&mut scene.world, &[hand_over]).unwrap();
    let after = scene.ending();
    let kept = before.wealth[11] - after.wealth[11];
    assert!(kept > i128::from(100 * DOLLAR), "what is handed over bears its part: {kept}");
    let together = |ending: &Ending| ending.wealth[11] + ending.wealth[1];
    let bound = rounding(100_003, 1, 1) + rounding(20_000, 1, 1);
    assert!(together(&before).abs_diff(together(&after)) <= u128::from(bound));
    for who in &SHORTS[..4] {
        let lots = ONE_MARKET[who - 2].2[0].unsigned_abs();
        assert!(before.wealth[*who].abs_diff(after.wealth[*who]) <= u128::from(rounding(lots, 1, 1)));
    }
}
