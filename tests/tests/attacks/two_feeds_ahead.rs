//! T43, T98: whoever brings one feed ahead of both. A lone voice next to a living one must leave nothing behind in what averages,
//! variance and doubts make of both, heard again.

use crate::{
    feeds::{DUO, MIXED, PAR, Reading, hear, says, two_feeds},
    stage::{START, Stage, stage},
};
use firebreak::state::{AssetRow, FeedKind};
use firebreak_replay::chain::Chain;

const T: i64 = START + 10;

/// The asset with two feeds and a margin that follows its volatility within minutes, priced; ten seconds have passed.
fn dynamic(kinds: [FeedKind; 2]) -> Stage {
    let mut world = stage();
    let mut listing = two_feeds(kinds);
    (listing.asset.multiplier_cap_bps, listing.asset.calm_volatility_bps) = (30_000, 300);
    (listing.asset.variance_seconds, listing.asset.notice_seconds) = (600, 600);
    world.list(DUO, &listing).unwrap();
    hear(&mut world, [says(PAR, START); 2]).unwrap();
    world.chain.set_now(T);
    world
}

/// One of the two, of these.
fn lone(which: usize, reading: Option<Reading>) -> [Option<Reading>; 2] {
    let mut readings = [None; 2];
    readings[which] = reading;
    readings
}

/// What averages and doubts left on the row.
fn followed(row: &AssetRow) -> (u64, u64, u32, u32, i64, u8) {
    let multipliers = (row.initial_multiplier_bps, row.maintenance_multiplier_bps);
    (row.ema, row.variance, multipliers.0, multipliers.1, row.risk_opens_at, row.quality)
}

#[test]
fn t98_a_primary_brought_ahead_of_both_does_not_keep_a_doubt_alive() {
    for (kinds, which) in MIXED.into_iter().flat_map(|kinds| [(kinds, 0), (kinds, 1)]) {
        let mut world = dynamic(kinds);
        hear(&mut world, [says(PAR, T), says(PAR * 2, T)]).unwrap();
        assert_eq!(world.row(DUO).risk_opens_at, i64::MAX);
        for second in 1..20 {
            let now = T + second;
            world.chain.set_now(now);
            hear(&mut world, lone(which, says(PAR, now))).unwrap();
            hear(&mut world, [says(PAR, now); 2]).unwrap();
        }
        assert!(world.row(DUO).risk_opens_at < T + 80, "feed {which}: both have agreed for twenty seconds");
    }
}

/// A walk with a jump in it, heard from both every ten seconds; somebody brings one of them alone nine seconds, one second or none ahead.
#[test]
fn t43_bringing_one_feed_ahead_of_both_hides_no_volatility_and_holds_no_average_back() {
    let walk = [1_000, 1_020, 1_010, 1_000, 930, 935, 950, 940, 960, 955, 1_000, 1_080, 1_075];
    for (kinds, which) in MIXED.into_iter().flat_map(|kinds| [(kinds, 0), (kinds, 1)]) {
        for ahead in [9, 1, 0] {
            let [mut calm, mut busy] = [dynamic(kinds), dynamic(kinds)];
            for (step, per_mille) in walk.into_iter().enumerate() {
                let (mark, now) = (PAR * per_mille / 1_000, T + 10 * (step as i64 + 1));
                busy.chain.set_now(now - ahead);
                hear(&mut busy, lone(which, says(mark, now - ahead))).unwrap();
                for world in [&mut calm, &mut busy] {
                    world.chain.set_now(now);
                    hear(world, [says(mark, now); 2]).unwrap();
                }
                let [without, with] = [&mut calm, &mut busy].map(|world| followed(&world.row(DUO)));
                assert_eq!(with, without, "feed {which}, {ahead} s ahead, step {step}");
            }
            assert!(calm.row(DUO).initial_multiplier_bps > 10_000, "the walk is not calm");
        }
    }
}

/// A feed silent for an hour, while the other one, trusted alone, walked away and then jumped: both heard again, the average follows for the
/// time since it last did, not for the hour.
#[test]
fn t48_a_feed_back_from_silence_does_not_pull_the_average_after_a_jump() {
    for kinds in MIXED {
        let mut world = dynamic(kinds);
        let mut now = T;
        for _ in 0..60 {
            now += 60;
            world.chain.set_now(now);
            hear(&mut world, lone(1, says(PAR, now))).unwrap();
        }
        now += 1;
        world.chain.set_now(now);
        hear(&mut world, lone(1, says(PAR * 3 / 4, now))).unwrap();
        assert_eq!(world.row(DUO).quality, 2, "a jump that one feed says is none that both confirm");
        for second in 1..4 {
            world.chain.set_now(now + second);
            hear(&mut world, [says(PAR * 3 / 4, now + second); 2]).unwrap();
            let row = world.row(DUO);
            assert!(row.ema >> 16 > PAR * 99 / 100, "{} after {second} s", row.ema >> 16);
            assert_eq!(row.risk_opens_at, i64::MAX, "new risk waits until the average has followed");
        }
    }
}
