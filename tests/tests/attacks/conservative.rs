//! T47: which side of a price counts.

use crate::stage::{SOL, START, Stage, accepts, cash, rejects, stage, would};
use firebreak_client::FirebreakError;
use firebreak_replay::{
    chain::Chain,
    listing::DOLLAR,
    pyth::{self, Update, Verification},
    world::Actor,
};

/// What an account may withdraw at most, to the atom.
fn most_withdrawn(world: &mut Stage, actor: &Actor) -> u64 {
    let (mut low, mut high) = (0, cash(world, actor) + 1);
    while high - low > 1 {
        let middle = low.midpoint(high);
        let attempt = world.at.withdraw(0, actor.address(), actor.margin, world.quote(actor.tokens), middle);
        let is_possible = would(world, &[attempt]).is_ok();
        if is_possible { low = middle } else { high = middle }
    }
    low
}

/// T47: a long is worth the low end of the confidence interval, a short the high end, and both are margined at the high end: what may leave
/// shrinks by the same for either, atom by atom, as the interval grows.
#[test]
fn t47_confidence_counts_against_longs_and_shorts_alike_and_never_for_anybody() {
    const LOTS: u64 = 1_000;
    let mut world = stage();
    let [long, short] = ["alice", "bob"].map(|name| world.actor(name, 4, 1_000 * DOLLAR).unwrap());
    world.trade(0, &long, &short, LOTS, SOL).unwrap();
    // The fee of both sides is paid; the average stands at the mark.
    let held = [&long, &short].map(|actor| cash(&mut world, actor));
    let base = world.chain.svm.clone();
    let mut last = u64::MAX;
    for confidence in [0, 1, 750, 7_500, 14_999, 15_000] {
        world.chain.svm = base.clone();
        world.chain.set_now(START + 1);
        let row = world.row(0);
        let update = Update {
            feed_id: row.primary_feed,
            verification: Verification::Full,
            price: pyth::raw_price(&row, SOL),
            confidence: confidence * 10_000,
            exponent: row.primary_exponent,
            publish_time: START + 1,
        };
        world.publish(&update);
        world.refresh(&[0]).unwrap();
        let most = [&long, &short].map(|actor| most_withdrawn(&mut world, actor));
        let kept = LOTS * (confidence + (SOL + confidence).div_ceil(10));
        assert_eq!(most, held.map(|cash| cash - kept), "a confidence of {confidence}");
        assert!(most[0] < last, "a wider interval frees nothing");
        last = most[0];
        for (actor, most) in [&long, &short].into_iter().zip(most) {
            let of = |amount| world.at.withdraw(0, actor.address(), actor.margin, world.quote(actor.tokens), amount);
            let [right, wrong] = [of(most), of(most + 1)];
            accepts(&mut world, &[right]);
            rejects(&mut world, FirebreakError::MarginInsufficient, &[wrong]);
        }
    }
}
