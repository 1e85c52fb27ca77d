use super::*;
use crate::params::tests::ASSET;
use proptest::prelude::*;

const NOW: i64 = 1_700_000_000;
/// Raw units of the oracle per quote atom, at the scale of the gate.
const RAW: i64 = 10_000;
const GATES: FeedGates = FeedGates { primary: ASSET.gate, secondary: ASSET.gate, agreement_bps: 50 };
const NOTHING: FeedsState = FeedsState {
    price: PriceState::EMPTY,
    seen: [FeedSeen { mark: 0, publish_time: 0 }; 2],
    followed: FeedSeen { mark: 0, publish_time: 0 },
    is_settled: true,
    moved: Moved { from: 0, seconds: 0 },
};

fn at(mark: i64, publish_time: i64) -> Option<OraclePrice> {
    Some(OraclePrice { price: mark * RAW, confidence: 0, exponent: -8, publish_time })
}

fn both(one: i64, other: i64) -> FeedsState {
    accept_feeds([at(one, NOW), at(other, NOW)], &GATES, &NOTHING, NOW).unwrap()
}

#[test]
fn feeds_agree_up_to_the_limit_and_not_an_atom_beyond() {
    let quality = |other| both(1_000_000, other).price.quality;
    assert_eq!([995_000, 1_005_000].map(quality), [PriceQuality::Confirmed; 2]);
    assert_eq!([994_999, 1_005_001].map(quality), [PriceQuality::Uncertain; 2]);
    let state = both(1_000_000, 900_000);
    assert_eq!((state.price.mark, state.price.confidence, state.is_settled), (1_000_000, 100_000, false));
    assert_eq!(both(10, 1_000_000).price.confidence, 9, "the low end stays a price");
}

#[test]
fn a_confirmed_jump_is_good_for_everything_but_new_risk() {
    let before = both(1_000_000, 1_000_000);
    assert!(before.is_settled);
    let jump = accept_feeds([at(600_000, NOW + 1), at(600_000, NOW + 1)], &GATES, &before, NOW + 1).unwrap();
    assert_eq!((jump.price.quality, jump.is_settled), (PriceQuality::Confirmed, false));
    let single = accept_feeds([at(600_000, NOW + 61), None], &GATES, &before, NOW + 61).unwrap();
    assert_eq!((single.price.quality, single.is_settled), (PriceQuality::Uncertain, false));
}

#[test]
fn i10_a_jump_passed_twice_does_not_confirm_itself() {
    // After an hour the average follows most of the way at once: the same reading again would be near it.
    let before = both(1_000_000, 1_000_000);
    let later = NOW + 3_600;
    for readings in [[at(600_000, later), None], [at(600_000, later), at(600_000, later)]] {
        let once = accept_feeds(readings, &GATES, &before, later).unwrap();
        let twice = accept_feeds(readings, &GATES, &once, later).unwrap();
        assert!(!once.is_settled && !twice.is_settled);
        assert_eq!((twice.price, twice.seen, twice.moved), (once.price, once.seen, Moved::default()));
        // The secondary moved on, the price did not.
        let again = [readings[0], at(600_001, later + 1)];
        assert!(!accept_feeds(again, &GATES, &once, later + 1).unwrap().is_settled);
    }
}

#[test]
fn t98_one_feed_brought_ahead_of_the_other_neither_closes_an_asset_nor_keeps_a_doubt_alive_nor_moves_the_average() {
    let mut state = both(1_000_000, 1_000_000);
    let dispute = accept_feeds([at(1_000_000, NOW + 1), at(700_000, NOW + 1)], &GATES, &state, NOW + 1).unwrap();
    for mut state in [state, dispute] {
        for second in 3..20 {
            let now = NOW + second;
            // Ahead, alone, and wrong by a third of a percent; then both, the primary two seconds behind.
            state = accept_feeds([None, at(997_000, now)], &GATES, &state, now).unwrap();
            assert_eq!(state.price.quality, PriceQuality::Uncertain);
            let pair = [at(1_000_000, now - 1), at(997_000, now)];
            state = accept_feeds(pair, &GATES, &state, now).unwrap();
            assert_eq!((state.price.quality, state.is_settled), (PriceQuality::Confirmed, true), "{second}");
        }
        assert_eq!(state.price.ema_down(), 1_000_000);
    }
    // Nor do averages see a step from one feed's price to the other's.
    let calm = both(1_000_000, 1_005_000);
    let lone = accept_feeds([None, at(1_005_000, NOW + 1)], &GATES, &calm, NOW + 1).unwrap();
    let pair = accept_feeds([at(1_000_000, NOW + 2), at(1_005_000, NOW + 2)], &GATES, &lone, NOW + 2).unwrap();
    assert_eq!((lone.moved, pair.moved), (Moved::default(), Moved { from: 1_000_000, seconds: 2 }));
    // A lone voice leaves the average alone, however long it speaks.
    for second in 1..50 {
        state = accept_feeds([None, at(950_000, NOW + second)], &GATES, &state, NOW + second).unwrap();
    }
    assert_eq!(state.price.ema_down(), 1_000_000);
}

#[test]
fn one_feed_alone_counts_only_once_the_other_is_silent() {
    let before = both(1_000_000, 1_000_000);
    for lonely in [[at(1_001_000, NOW + 60), None], [None, at(1_001_000, NOW + 60)]] {
        let state = accept_feeds(lonely, &GATES, &before, NOW + 60).unwrap();
        assert_eq!(state.price.quality, PriceQuality::Uncertain, "the other spoke a minute ago");
        let later = accept_feeds(lonely, &GATES, &before, NOW + 61).unwrap();
        assert_eq!((later.price.quality, later.is_settled), (PriceQuality::Fresh, true));
        assert_eq!(later.price.mark, 1_001_000);
    }
    assert_eq!(accept_feeds([None, None], &GATES, &before, NOW), Err(RiskError::PriceStale));
}

#[test]
fn a_stale_or_wide_feed_counts_as_absent_and_every_other_fault_refuses_all() {
    let wide = OraclePrice { confidence: 60_000 * RAW as u64, ..at(1_000_000, NOW).unwrap() };
    for absent in [at(1_000_000, NOW - 61), Some(wide)] {
        let state = accept_feeds([absent, at(999_000, NOW)], &GATES, &NOTHING, NOW).unwrap();
        assert_eq!((state.price.mark, state.seen[0]), (999_000, FeedSeen::default()));
    }
    let hostile = [
        (OraclePrice { price: 0, ..wide }, RiskError::PriceNotPositive),
        (OraclePrice { exponent: -7, ..wide }, RiskError::PriceExponentChanged),
        (OraclePrice { publish_time: NOW + 3, ..wide }, RiskError::PriceFromFuture),
    ];
    for (reading, error) in hostile {
        assert_eq!(accept_feeds([at(1_000_000, NOW), Some(reading)], &GATES, &NOTHING, NOW), Err(error));
    }
}

#[test]
fn i10_no_feed_goes_back_in_time_and_neither_does_the_price() {
    let before = both(1_000_000, 1_000_000);
    let again = accept_feeds([at(1_000_000, NOW), at(1_000_000, NOW)], &GATES, &before, NOW + 1).unwrap();
    assert_eq!(again, before);
    let refused = |readings| accept_feeds(readings, &GATES, &before, NOW + 1);
    assert_eq!(refused([at(1_000_000, NOW - 1), at(1_000_000, NOW)]), Err(RiskError::PriceRegressed));
    assert_eq!(refused([at(1_000_000, NOW), at(1_000_001, NOW)]), Err(RiskError::PriceRegressed));
    // The secondary alone, younger than itself but older than the price.
    let ahead = accept_feeds([at(1_000_000, NOW + 9), at(1_000_000, NOW)], &GATES, &before, NOW + 9).unwrap();
    let behind = accept_feeds([None, at(1_000_000, NOW + 5)], &GATES, &ahead, NOW + 10);
    assert_eq!(behind, Err(RiskError::PriceRegressed));
}

#[test]
fn readings_far_apart_in_time_do_not_confirm_each_other() {
    let quality = |apart| {
        let state = accept_feeds([at(1_000_000, NOW), at(1_000_000, NOW - apart)], &GATES, &NOTHING, NOW).unwrap();
        (state.price.quality, state.price.publish_time)
    };
    assert_eq!([quality(10), quality(11)], [(PriceQuality::Confirmed, NOW), (PriceQuality::Uncertain, NOW)]);
}

proptest! {
    /// Whatever is passed, a price good for new risk comes from two feeds that agree, or from one whose other is silent.
    #[test]
    fn i10_nobody_chooses_between_two_living_feeds(
        one in 1..2_000_000_i64, other in 1..2_000_000_i64, ages in prop::array::uniform2(0..80_i64), passed in prop::array::uniform2(any::<bool>()),
    ) {
        let before = both(1_000_000, 1_000_000);
        let now = NOW + 30;
        let reading = |is_passed: bool, mark, age| is_passed.then(|| at(mark, now - age)).flatten();
        let readings = [reading(passed[0], one, ages[0]), reading(passed[1], other, ages[1])];
        if let Ok(state) = accept_feeds(readings, &GATES, &before, now) && state.price.quality >= PriceQuality::Fresh {
            prop_assert_eq!(state.price.quality, PriceQuality::Confirmed);
            prop_assert!(one.abs_diff(other) * 10_000 <= one.unsigned_abs() * 50 + 10_000);
        }
    }

    #[test]
    fn nothing_panics(prices in prop::array::uniform2(any::<(i64, u64, i64)>()), exponent in -20..20_i32, scale in -25..25_i32, bps: u64, now: i64, mark: u64, ema: u64, quality in 0..6_u8) {
        let [one, other] = prices.map(|(price, confidence, publish_time)| Some(OraclePrice { price, confidence, exponent, publish_time }));
        let gate = GateParams { exponent, scale, ..ASSET.gate };
        let gates = FeedGates { primary: gate, secondary: gate, agreement_bps: bps };
        let price = PriceState { mark, confidence: ema, ema, publish_time: now, quality: PriceQuality::from_u8(quality) };
        let last = FeedsState { price, seen: [FeedSeen { mark, publish_time: now }; 2], followed: FeedSeen { mark, publish_time: now }, is_settled: true, moved: Moved { from: 0, seconds: 0 } };
        let _ = (accept_feeds([one, other], &gates, &last, now), accept_feeds([one, None], &gates, &last, now));
    }
}
