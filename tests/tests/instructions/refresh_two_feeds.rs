//! `refresh_prices` for an asset with two feeds: every line of the specification's table, to the atom of the row.

use crate::{feeds::*, scene::*};
use firebreak::state::{AssetRow, FeedKind};

const T: i64 = NOW + 10;
/// What risk opens at while something speaks against a price.
const CLOSED: i64 = i64::MAX;
const UNCERTAIN: u8 = 2;
const FRESH: u8 = 3;
const CONFIRMED: u8 = 4;

fn duo(kinds: [FeedKind; 2]) -> Bank {
    let mut world = world();
    list_duo(&mut world, kinds);
    unwatched(&mut world);
    world
}

/// What a refresh leaves of the row.
struct Left {
    mark: u64,
    confidence: u64,
    time: i64,
    quality: u8,
    seen: [(u64, i64); 2],
    opens: i64,
}

/// Everything on the row that differs, worked out from what it left, where the average follows for some seconds.
fn changes(before: &AssetRow, left: &Left, seconds: u64) -> Vec<Change> {
    let target = left.mark << 16;
    let step = target.abs_diff(before.ema) * seconds / (300 + seconds);
    let ema = if target > before.ema { before.ema + step } else { before.ema - step };
    let (low, high) = (left.mark - left.confidence, left.mark + left.confidence);
    let [(primary, primary_time), (secondary, secondary_time)] = left.seen;
    let (mark, time) = (before.followed_mark, before.followed_time);
    let followed = match (time, seconds) {
        (0, _) => (left.mark, left.time),
        (_, 0) => (mark, time),
        _ => (left.mark, time + seconds as i64),
    };
    let at = |field: &str, old: &dyn std::fmt::Display, new: &dyn std::fmt::Display| {
        change(format!("board.rows[3].{field}"), old, new)
    };
    vec![
        at("mark", &before.mark, &left.mark),
        at("confidence", &before.confidence, &left.confidence),
        at("ema", &before.ema, &ema),
        at("publish_time", &before.publish_time, &left.time),
        at("long_price", &before.long_price, &low.min(ema >> 16)),
        at("short_price", &before.short_price, &high.max(ema.div_ceil(1 << 16))),
        at("initial_margin", &before.initial_margin, &high.div_ceil(10)),
        at("takeover_margin", &before.takeover_margin, &high.div_ceil(10)),
        at("maintenance_margin", &before.maintenance_margin, &left.mark.div_ceil(20)),
        at("quality", &before.quality, &left.quality),
        at("fresh_until", &before.fresh_until, &if left.quality >= 3 { left.time + 15 } else { 0 }),
        at("risk_opens_at", &before.risk_opens_at, &left.opens),
        at("primary_mark", &before.primary_mark, &primary),
        at("primary_time", &before.primary_time, &primary_time),
        at("secondary_mark", &before.secondary_mark, &secondary),
        at("secondary_time", &before.secondary_time, &secondary_time),
        at("followed_mark", &mark, &followed.0),
        at("followed_time", &time, &followed.1),
    ]
}

/// In a world of its own for either order of the adapters: the readings leave exactly this, at this time.
#[track_caller]
fn leaves(now: i64, readings: [Option<Reading>; 2], left: Left) {
    let seconds = left.time.abs_diff(NOW);
    leaves_after(now, readings, left, seconds);
}

/// The same, where the average follows for so many seconds only.
#[track_caller]
fn leaves_after(now: i64, readings: [Option<Reading>; 2], left: Left, seconds: u64) {
    for kinds in MIXED {
        let mut world = duo(kinds);
        leaves_in(&mut world, now, readings, &left, seconds);
    }
}

#[track_caller]
fn leaves_in(world: &mut Bank, now: i64, readings: [Option<Reading>; 2], left: &Left, seconds: u64) {
    world.chain.set_now(now);
    write(world, readings);
    let before = world.row(DUO);
    succeeds(world, refresh_duo).changes_only(changes(&before, left, seconds)).emits([]);
}

fn wide(mark: u64, confidence: u64, time: i64) -> Option<Reading> {
    Some(Reading { mark, confidence, time })
}

#[test]
fn the_first_reading_of_two_feeds_is_confirmed_and_of_one_alone_fresh() {
    let firsts = [
        ([says(PAR, NOW); 2], CONFIRMED, [(PAR, NOW); 2]),
        ([says(PAR, NOW), None], FRESH, [(PAR, NOW), (0, 0)]),
        ([None, says(PAR, NOW)], FRESH, [(0, 0), (PAR, NOW)]),
    ];
    for kinds in MIXED {
        for (readings, quality, seen) in firsts {
            let mut world = world();
            world.list(DUO, &two_feeds(kinds)).unwrap();
            let empty = AssetRow { ema: PAR << 16, ..world.row(DUO) };
            let left = Left { mark: PAR, confidence: NARROW, time: NOW, quality, seen, opens: 0 };
            write(&mut world, readings);
            let mut expected = changes(&empty, &left, 0);
            expected.push(change("board.rows[3].ema", 0, PAR << 16));
            succeeds(&mut world, refresh_duo).changes_only(expected);
        }
    }
}

/// 0.5 % of 1,530,000 are 7,650.
#[test]
fn two_feeds_within_the_agreement_confirm_the_primary_s_price_with_a_confidence_that_reaches_the_other() {
    for other in [1_530_000_u64, 1_531_000, 1_537_650, 1_522_350] {
        let confidence = other.abs_diff(1_530_000) + NARROW;
        let seen = [(1_530_000, T), (other, T - 3)];
        let left = Left { mark: 1_530_000, confidence, time: T, quality: CONFIRMED, seen, opens: 0 };
        leaves(T, [says(1_530_000, T), says(other, T - 3)], left);
    }
    // A primary that is less sure than that of itself keeps its own.
    let left = Left { mark: PAR, confidence: 9_000, time: T, quality: CONFIRMED, seen: [(PAR, T), (PAR, T)], opens: 0 };
    leaves(T, [wide(PAR, 9_000, T), says(PAR, T)], left);
}

#[test]
fn an_atom_beyond_the_agreement_is_uncertain_at_the_primary_s_mark() {
    for other in [1_537_651_u64, 1_522_349, 3_000_000, 100_000] {
        let confidence = (other.abs_diff(1_530_000) + NARROW).min(1_529_999);
        let seen = [(1_530_000, T), (other, T)];
        let left = Left { mark: 1_530_000, confidence, time: T, quality: UNCERTAIN, seen, opens: CLOSED };
        leaves(T, [says(1_530_000, T), says(other, T)], left);
    }
}

#[test]
fn feeds_that_agree_are_uncertain_where_a_confidence_is_wide() {
    // 1 % of it is still fresh.
    for (primary, secondary, quality) in
        [(15_000, 15_000, CONFIRMED), (15_001, 0, UNCERTAIN), (0, 15_001, UNCERTAIN), (75_000, 75_000, UNCERTAIN)]
    {
        let opens = if quality == CONFIRMED { 0 } else { CLOSED };
        let confidence = primary.max(secondary);
        let left = Left { mark: PAR, confidence, time: T, quality, seen: [(PAR, T); 2], opens };
        leaves(T, [wide(PAR, primary, T), wide(PAR, secondary, T)], left);
    }
}

/// 40 bps apart, and up to 1 % of the other's confidence: neither is wide, though the price's reaches to the end of the other's.
#[test]
fn a_distance_within_the_agreement_makes_no_confidence_wide() {
    for (confidence, quality, opens) in [(9_001, CONFIRMED, 0), (15_000, CONFIRMED, 0), (15_001, UNCERTAIN, CLOSED)] {
        let seen = [(PAR, T), (1_506_000, T)];
        let left = Left { mark: PAR, confidence: 6_000 + confidence, time: T, quality, seen, opens };
        leaves(T, [says(PAR, T), wide(1_506_000, confidence, T)], left);
    }
}

/// A younger feed was heard alone before: the price is not taken back, though the mark is the older one's. The average weighs no time twice.
#[test]
fn both_are_heard_after_one_alone_was_even_if_the_primary_lags() {
    for kinds in MIXED {
        let mut world = duo(kinds);
        let seen = [(PAR, NOW), (1_503_000, T)];
        let alone = Left { mark: 1_503_000, confidence: NARROW, time: T, quality: UNCERTAIN, seen, opens: 0 };
        leaves_in(&mut world, T, [None, says(1_503_000, T)], &alone, 0);
        let seen = [(1_502_000, T - 2), (1_503_000, T)];
        let both = Left { mark: 1_502_000, confidence: 1_750, time: T, quality: CONFIRMED, seen, opens: 0 };
        // The average follows by the primary's own time.
        leaves_in(&mut world, T, [says(1_502_000, T - 2), says(1_503_000, T)], &both, 8);
    }
}

/// A minute after a dispute one feed alone, the other alive, settles nothing; nor does it unsettle what was settled, unless it is far or wide.
#[test]
fn a_lone_voice_neither_settles_a_doubt_nor_raises_one() {
    for (which, kinds) in MIXED.into_iter().flat_map(|kinds| [(0, kinds), (1, kinds)]) {
        for (first, opens) in [([PAR; 2], 0), ([PAR, 2 * PAR], CLOSED)] {
            let cases = [(PAR, NARROW, opens), (1_660_000, NARROW, CLOSED), (PAR, 15_001, CLOSED)];
            for (mark, confidence, opens) in cases {
                let mut world = duo(kinds);
                world.chain.set_now(T);
                hear(&mut world, first.map(|mark| says(mark, T))).unwrap();
                let mut lone = [None; 2];
                lone[which] = wide(mark, confidence, T + 1);
                let mut seen = first.map(|mark| (mark, T));
                seen[which] = (mark, T + 1);
                let left = Left { mark, confidence, time: T + 1, quality: UNCERTAIN, seen, opens };
                leaves_in(&mut world, T + 1, lone, &left, 0);
            }
        }
    }
}

#[test]
fn readings_up_to_ten_seconds_apart_speak_together_and_of_others_the_younger_alone() {
    let now = NOW + 30;
    let (one, other) = (1_501_000, 1_502_000);
    for (times, mark, time, quality) in [
        ([now, now - 10], one, now, CONFIRMED),
        ([now - 10, now], one, now - 10, CONFIRMED),
        ([now, now - 11], one, now, UNCERTAIN),
        ([now - 11, now], other, now, UNCERTAIN),
    ] {
        let opens = 0; // nothing speaks against it
        let confidence = if quality == CONFIRMED { 1_750 } else { NARROW };
        let seen = [(one, times[0]), (other, times[1])];
        let seconds = if quality == CONFIRMED { time.abs_diff(NOW) } else { 0 };
        leaves_after(
            now,
            [says(one, times[0]), says(other, times[1])],
            Left { mark, confidence, time, quality, seen, opens },
            seconds,
        );
    }
}

/// Absent: withheld, halted, stale (however long), or with a confidence beyond 5 %.
#[test]
fn one_feed_is_uncertain_while_the_other_spoke_within_its_maximum_age_and_fresh_from_then_on() {
    for (seconds, quality) in [(10, UNCERTAIN), (60, UNCERTAIN), (61, FRESH)] {
        let now = NOW + seconds;
        let opens = 0; // nothing speaks against it
        for absent in [None, says(9_999_999, now - 61), says(1, -1), says(1, i64::MIN + 1), wide(PAR, 75_001, now)] {
            let mark = 1_490_000;
            for (readings, seen) in [
                ([says(mark, now), absent], [(mark, now), (PAR, NOW)]),
                ([absent, says(mark, now)], [(PAR, NOW), (mark, now)]),
            ] {
                let followed = if quality == FRESH { seconds.unsigned_abs() } else { 0 };
                let left = Left { mark, confidence: NARROW, time: now, quality, seen, opens };
                leaves_after(now, readings, left, followed);
            }
        }
    }
}

/// 1,360,000 is within a tenth of the average, 1,340,000 is not.
#[test]
fn a_single_voice_is_held_against_the_average_and_two_are_confirmed_however_far() {
    let now = NOW + 61;
    for (mark, alone, opens) in [(1_360_000, FRESH, 0), (1_340_000, UNCERTAIN, CLOSED)] {
        let seen = [(mark, now), (PAR, NOW)];
        leaves(now, [says(mark, now), None], Left { mark, confidence: NARROW, time: now, quality: alone, seen, opens });
        let seen = [(mark, now); 2];
        leaves(
            now,
            [says(mark, now); 2],
            Left { mark, confidence: NARROW, time: now, quality: CONFIRMED, seen, opens },
        );
    }
}

#[test]
fn risk_reopens_a_minute_after_the_feeds_agree_again_or_the_average_has_followed() {
    for kinds in MIXED {
        let mut world = duo(kinds);
        let seen = [(PAR, T), (PAR * 2, T)];
        let left = Left { mark: PAR, confidence: PAR - 1, time: T, quality: UNCERTAIN, seen, opens: CLOSED };
        leaves_in(&mut world, T, [says(PAR, T), says(PAR * 2, T)], &left, T.abs_diff(NOW));
        for (at, mark, opens) in [
            (T + 5, PAR, T + 65),
            (T + 6, PAR, T + 65),
            (T + 7, 900_000, CLOSED),
            (T + 200, 900_000, CLOSED),
            (T + 10_000, 900_000, CLOSED), // the average before it is still far
            (T + 10_001, 900_000, T + 10_061),
        ] {
            let seen = [(mark, at); 2];
            let left = Left { mark, confidence: NARROW, time: at, quality: CONFIRMED, seen, opens };
            let seconds = at.abs_diff(world.row(DUO).primary_time);
            leaves_in(&mut world, at, [says(mark, at); 2], &left, seconds);
        }
    }
}

#[test]
fn the_same_two_readings_again_change_nothing() {
    for kinds in MIXED {
        for readings in [[says(PAR + 9, T), says(PAR, T)], [says(PAR, T), says(PAR * 2, T)], [says(PAR, T), None]] {
            let mut world = duo(kinds);
            world.chain.set_now(T);
            hear(&mut world, readings).unwrap();
            for seconds in [0, 5, 49] {
                world.chain.set_now(T + seconds);
                succeeds(&mut world, refresh_duo).changes_only([]).emits([]);
            }
        }
    }
}

/// After a pause the average has nearly followed by the time it is stored: the same jump, passed a second time, would confirm itself.
#[test]
fn i10_a_jump_passed_twice_does_not_confirm_itself() {
    for readings in [[says(900_000, NOW + 3_600); 2], [says(900_000, NOW + 3_600), None]] {
        let mut world = duo(MIXED[0]);
        world.chain.set_now(NOW + 3_600);
        hear(&mut world, readings).unwrap();
        assert_eq!(world.row(DUO).risk_opens_at, CLOSED);
        succeeds(&mut world, refresh_duo).changes_only([]);
        if readings[1].is_none() {
            continue;
        }
        // Nor where only the secondary has said it again; the primary's next reading is another one.
        let (first, second) = (NOW + 3_600, NOW + 3_601);
        world.chain.set_now(second);
        write(&mut world, [says(900_000, first), says(900_000, second)]);
        succeeds(&mut world, refresh_duo).changes_only([change("board.rows[3].secondary_time", first, second)]);
        hear(&mut world, [says(900_000, second); 2]).unwrap();
        assert_eq!(world.row(DUO).risk_opens_at, second + 60);
    }
}

#[test]
fn a_dead_primary_is_replaced_after_its_maximum_age_and_followed_again_once_it_speaks() {
    for kinds in MIXED {
        let mut world = duo(kinds);
        let mut after = |seconds, readings, mark, quality| {
            let now = NOW + seconds;
            world.chain.set_now(now);
            hear(&mut world, readings).unwrap();
            let row = world.row(DUO);
            assert_eq!((row.mark, row.publish_time, row.quality), (mark, now, quality), "after {seconds}");
            row.risk_opens_at
        };
        assert_eq!(after(60, [None, says(1_505_000, NOW + 60)], 1_505_000, UNCERTAIN), 0);
        assert_eq!(after(61, [None, says(1_506_000, NOW + 61)], 1_506_000, FRESH), 0);
        assert_eq!(after(90, [None, says(1_508_000, NOW + 90)], 1_508_000, FRESH), 0);
        let again = [says(1_507_000, NOW + 91), says(1_508_000, NOW + 91)];
        assert_eq!(after(91, again, 1_507_000, CONFIRMED), 0);
        // And the other way round.
        assert_eq!(after(151, [says(1_500_000, NOW + 151), None], 1_500_000, UNCERTAIN), 0);
        assert_eq!(after(152, [says(1_500_000, NOW + 152), None], 1_500_000, FRESH), 0);
    }
}

/// One feed beside assets of one feed each, in any order: their rows have no secondary to remember.
#[test]
fn assets_of_one_feed_are_refreshed_beside_it_as_before() {
    for order in [[0, DUO, 1], [DUO, 1, 0], [1, 0, DUO]] {
        let mut world = duo(MIXED[0]);
        world.chain.set_now(T);
        write(&mut world, [says(PAR, T); 2]);
        world.publish_mark(0, MARK);
        world.publish_mark(1, 1_200_000);
        let rows = world.board().rows;
        let feeds: Vec<_> = order
            .into_iter()
            .flat_map(|asset| {
                let row = rows[usize::from(asset)];
                let feeds = if asset == DUO { 2 } else { 1 };
                (0..feeds).map(move |which| (asset, feed(&row, which).address()))
            })
            .collect();
        let refresh = world.at.refresh_prices(&feeds);
        succeeds(&mut world, |world| send(world, refresh, &[&payer()])).changes_only([
            change("board.rows[0].publish_time", NOW, T),
            change("board.rows[1].publish_time", NOW, T),
            change("board.rows[3].publish_time", NOW, T),
            change("board.rows[3].primary_time", NOW, T),
            change("board.rows[3].secondary_time", NOW, T),
            change("board.rows[3].followed_time", NOW, T),
            change("board.rows[0].fresh_until", NOW + 15, T + 15),
            change("board.rows[1].fresh_until", NOW + 15, T + 15),
            change("board.rows[3].fresh_until", NOW + 15, T + 15),
        ]);
        let single = world.row(0);
        assert_eq!([single.primary_mark, single.secondary_mark, u64::from(single.secondary_kind)], [0; 3]);
    }
}
