use super::*;

fn terms(initial_ratio_bps: u64, maintenance_ratio_bps: u64, gain_weight_bps: u64) -> MarginTerms {
    MarginTerms { initial_ratio_bps, maintenance_ratio_bps, gain_weight_bps, ..MarginTerms::default() }
}

use crate::params::tests::ASSET;
use num_bigint::BigInt;
use proptest::prelude::*;

const NOW: i64 = 1_700_000_000;
const GATE: GateParams = ASSET.gate;
/// Raw units of the oracle per quote atom, at the scale of `GATE`.
const RAW: i64 = 10_000;
const READING: OraclePrice = OraclePrice { price: 1_000_000 * RAW, confidence: 0, exponent: -8, publish_time: NOW };
const MOST_EMA: u64 = MAX_PRICE << EMA_FRACTION_BITS;

/// A state that the gate has accepted, with the EMA at the mark.
const fn accepted(mark: u64, publish_time: i64) -> PriceState {
    PriceState { mark, confidence: 0, ema: mark << EMA_FRACTION_BITS, publish_time, quality: PriceQuality::Fresh }
}

fn first(reading: OraclePrice) -> Result<PriceState> {
    accept_price(&reading, &GATE, &PriceState::EMPTY, NOW)
}

fn quality_of(reading: OraclePrice) -> Result<PriceQuality> {
    first(reading).map(|state| state.quality)
}

fn big_power(places: u32) -> BigInt {
    BigInt::from(10).pow(places)
}

/// `value * 10^scale` in whole units, from the definition.
fn exact_rescale(value: u64, scale: i32, up: bool) -> BigInt {
    let value = BigInt::from(value);
    if scale >= 0 {
        return value * big_power(scale.unsigned_abs());
    }
    let power = big_power(scale.unsigned_abs());
    if up { (value + &power - 1) / power } else { value / power }
}

#[test]
fn a_first_reading_is_taken_as_it_is() {
    let state = first(OraclePrice { confidence: 15_000, ..READING }).unwrap();
    let expected = PriceState { confidence: 2, ..accepted(1_000_000, NOW) };
    assert_eq!(state, expected);
    assert_eq!((state.ema_down(), state.ema_up()), (1_000_000, 1_000_000));
}

#[test]
fn t35_age_is_refused_beyond_the_limit_to_the_second() {
    let at_age = |age| quality_of(OraclePrice { publish_time: NOW - age, ..READING });
    assert_eq!([at_age(59), at_age(60)], [Ok(PriceQuality::Fresh); 2]);
    assert_eq!(at_age(61), Err(RiskError::PriceStale));
}

#[test]
fn t36_the_future_begins_after_two_seconds() {
    let ahead = |seconds| quality_of(OraclePrice { publish_time: NOW + seconds, ..READING });
    assert_eq!([ahead(1), ahead(2)], [Ok(PriceQuality::Fresh); 2]);
    assert_eq!(ahead(3), Err(RiskError::PriceFromFuture));
}

#[test]
fn t36_extreme_publish_times_are_errors_on_any_clock() {
    let times = [i64::MIN, i64::MIN + 1, -61, -1, 0, 1, NOW, i64::MAX - 1, i64::MAX];
    for (publish_time, now) in times.iter().flat_map(|time| times.map(|now| (*time, now))) {
        let ahead = i128::from(publish_time) - i128::from(now);
        let result = accept_price(&OraclePrice { publish_time, ..READING }, &GATE, &PriceState::EMPTY, now);
        let expected = match ahead {
            3.. => Err(RiskError::PriceFromFuture),
            -60..=2 => Ok(publish_time),
            _ => Err(RiskError::PriceStale),
        };
        assert_eq!(result.map(|state| state.publish_time), expected, "{publish_time} at {now}");
    }
}

#[test]
fn t37_a_price_that_is_not_positive_is_refused() {
    for price in [0, -1, i64::MIN] {
        assert_eq!(first(OraclePrice { price, ..READING }), Err(RiskError::PriceNotPositive));
    }
    assert_eq!(first(OraclePrice { price: RAW - 1, ..READING }), Err(RiskError::PriceOutOfRange), "below one atom");
    assert_eq!(first(OraclePrice { price: RAW, ..READING }).unwrap().mark, 1);
}

#[test]
fn t38_every_price_and_scale_is_exact_or_refused() {
    let scales = (-25..=25).chain([i32::MIN, i32::MIN + 1, i32::MAX]);
    for (price, scale) in scales.flat_map(|scale| [1, 2, 1 << 30, (1 << 30) + 1, i64::MAX].map(|price| (price, scale)))
    {
        let gate = GateParams { scale, ..GATE };
        let result = accept_price(&OraclePrice { price, ..READING }, &gate, &PriceState::EMPTY, NOW);
        let is_listable = scale.unsigned_abs() <= 19;
        let mark = if is_listable { exact_rescale(price as u64, scale, false) } else { BigInt::ZERO };
        if mark >= BigInt::from(1) && mark <= BigInt::from(MAX_PRICE) {
            assert_eq!(BigInt::from(result.unwrap().mark), mark, "{price} at {scale}");
        } else {
            assert_eq!(result, Err(RiskError::PriceOutOfRange), "{price} at {scale}");
        }
    }
}

#[test]
fn t38_the_largest_price_is_a_price_and_one_more_is_not() {
    let gate = GateParams { scale: 0, ..GATE };
    let at = |price| accept_price(&OraclePrice { price, ..READING }, &gate, &PriceState::EMPTY, NOW);
    assert_eq!(at(MAX_PRICE as i64).unwrap(), accepted(MAX_PRICE, NOW));
    assert_eq!(at(MAX_PRICE as i64 + 1), Err(RiskError::PriceOutOfRange));
}

#[test]
fn t39_only_the_exponent_of_the_listing_is_taken() {
    let exponents = [1, 0, -7, -8, -9, -18, -19, i32::MIN, i32::MAX];
    for (listed, exponent) in exponents.iter().flat_map(|listed| exponents.map(|exponent| (*listed, exponent))) {
        let gate = GateParams { exponent: listed, ..GATE };
        let result = accept_price(&OraclePrice { exponent, ..READING }, &gate, &PriceState::EMPTY, NOW);
        let expected = if listed == exponent { Ok(1_000_000) } else { Err(RiskError::PriceExponentChanged) };
        assert_eq!(result.map(|state| state.mark), expected, "{exponent} for {listed}");
    }
}

#[test]
fn t40_confidence_is_fresh_then_uncertain_then_refused() {
    let with = |confidence| quality_of(OraclePrice { confidence, ..READING });
    let atoms = |atoms: u64| atoms * RAW as u64;
    assert_eq!([with(0), with(atoms(9_999)), with(atoms(10_000))], [Ok(PriceQuality::Fresh); 3]);
    assert_eq!([with(atoms(10_000) + 1), with(atoms(10_001)), with(atoms(50_000))], [Ok(PriceQuality::Uncertain); 3]);
    for refused in [atoms(50_000) + 1, atoms(50_001), atoms(1_000_000), atoms(1_000_001), u64::MAX] {
        assert_eq!(with(refused), Err(RiskError::PriceConfidenceTooWide), "{refused}");
    }
}

#[test]
fn t40_no_limit_lets_confidence_reach_the_price() {
    let gate = GateParams { confidence_max_bps: 20_000, ..GATE };
    let with = |confidence, gate| accept_price(&OraclePrice { confidence, ..READING }, gate, &PriceState::EMPTY, NOW);
    let price = READING.price as u64;
    assert_eq!(with(price - RAW as u64, &gate).unwrap().confidence, 999_999);
    for confidence in [price - RAW as u64 + 1, price, price + 1, u64::MAX] {
        assert_eq!(with(confidence, &gate), Err(RiskError::PriceConfidenceTooWide), "{confidence}");
    }
    let scaled = GateParams { scale: 1, ..GATE };
    let reading = OraclePrice { price: 1, confidence: u64::MAX, ..READING };
    assert_eq!(accept_price(&reading, &scaled, &PriceState::EMPTY, NOW), Err(RiskError::PriceOutOfRange));
}

#[test]
fn t41_publish_times_never_go_back_even_when_fresh() {
    let last = PriceState { confidence: 3, ..accepted(1_000_000, NOW - 10) };
    let at = |time, price, confidence| {
        let reading = OraclePrice { publish_time: time, price: price * RAW, confidence, ..READING };
        accept_price(&reading, &GATE, &last, NOW)
    };
    let raw = 3 * RAW as u64;
    assert_eq!(at(NOW - 11, 1_000_000, raw), Err(RiskError::PriceRegressed));
    assert_eq!(at(NOW - 10, 1_000_000, raw), Ok(last), "the same reading again changes nothing");
    assert_eq!(at(NOW - 10, 1_000_001, raw), Err(RiskError::PriceRegressed));
    assert_eq!(at(NOW - 10, 999_999, raw), Err(RiskError::PriceRegressed));
    assert_eq!(at(NOW - 10, 1_000_000, raw + 1), Err(RiskError::PriceRegressed));
    assert_eq!(at(NOW - 9, 1_000_000, raw), Ok(PriceState { publish_time: NOW - 9, ..last }));
}

#[test]
fn t41_a_repeat_keeps_what_the_gate_said_then() {
    let last = PriceState { quality: PriceQuality::Uncertain, ema: 900_000 << 16, ..accepted(1_000_000, NOW) };
    assert_eq!(accept_price(&READING, &GATE, &last, NOW), Ok(last));
    assert_eq!(accept_price(&READING, &GATE, &last, NOW + 61), Err(RiskError::PriceStale), "but age counts again");
}

#[test]
fn the_ema_band_includes_its_edge() {
    // The longest time constant and one second: the EMA does not move by a whole atom.
    let gate = GateParams { ema_seconds: u32::MAX, ..GATE };
    let last = PriceState { ema: (1_000_000 << 16) + (1 << 15), ..accepted(1_000_000, NOW - 1) };
    let quality = |mark| {
        let state = accept_price(&OraclePrice { price: mark * RAW, ..READING }, &gate, &last, NOW).unwrap();
        assert_eq!(state.ema_down(), 1_000_000);
        state.quality
    };
    assert_eq!([899_999, 900_000, 900_001].map(quality).map(|q| q as u8), [2, 3, 3]);
    assert_eq!([1_099_999, 1_100_000, 1_100_001].map(quality).map(|q| q as u8), [3, 3, 2]);
}

#[test]
fn the_ema_survives_its_extremes() {
    let (least, most) = (1_u64 << EMA_FRACTION_BITS, MOST_EMA);
    for (seconds, tau) in
        [1, 2, 1 << 16, (1 << 16) + 1, i64::MAX].iter().flat_map(|s| [1, 300, u32::MAX].map(|t| (*s, t)))
    {
        assert!(moved_ema(least, MAX_PRICE, seconds, tau) <= most);
        assert!(moved_ema(most, 1, seconds, tau) >= least);
    }
    assert_eq!(moved_ema(least, MAX_PRICE, i64::MAX, 300), moved_ema(least, MAX_PRICE, 1 << 16, 300));
    assert_ne!(moved_ema(least, MAX_PRICE, (1 << 16) - 1, 300), moved_ema(least, MAX_PRICE, 1 << 16, 300));
}

prop_compose! {
    /// Values of every magnitude up to `2^bits`.
    fn magnitude(bits: u32)(value: u64, shift in 0..bits) -> u64 { (value >> (64 - bits)) >> shift }
}

prop_compose! {
    /// A state that the gate can produce: prices within bounds, confidence below the mark.
    fn state()(mark in magnitude(30), share in 0..10_000_u64, ema in (1_u64 << 16)..=MOST_EMA, near: bool, time in 0..NOW,
        quality in 1..4_u8) -> PriceState {
        let mark = mark + 1;
        let ema = if near { (mark << 16).saturating_sub((mark << 16) / 20).max(1 << 16) } else { ema };
        PriceState { mark, confidence: mark * share / 10_000, ema, publish_time: time, quality: PriceQuality::from_u8(quality) }
    }
}

prop_compose! {
    fn any_gate()(exponent in -1..1_i32, scale in -20..20_i32, max_age_seconds: u32, fresh: u64, max: u64, band: u64,
        small: bool, ema_seconds: u32) -> GateParams {
        let limit = if small { 10_000 } else { u64::MAX };
        GateParams { exponent, scale, max_age_seconds, confidence_fresh_bps: fresh % limit, confidence_max_bps: max % limit,
            ema_band_bps: band % limit, ema_seconds }
    }
}

prop_compose! {
    fn any_reading()(price: i64, confidence: u64, shifts in (0..64_u32, 0..64_u32), exponent in -1..1_i32, ahead in -70..4_i64,
        time: i64, is_far: bool) -> OraclePrice {
        OraclePrice { price: price >> shifts.0, confidence: confidence >> shifts.1, exponent,
            publish_time: if is_far { time } else { NOW.saturating_add(ahead) } }
    }
}

proptest! {
    #[test]
    fn nothing_panics(reading in any_reading(), gate in any_gate(), last in state(), now: i64, is_now: bool) {
        let now = if is_now { NOW } else { now };
        if let Ok(state) = accept_price(&reading, &gate, &last, now) {
            prop_assert!((1..=MAX_PRICE).contains(&state.mark) && state.confidence < state.mark);
            prop_assert!(state.ema >= 1 << EMA_FRACTION_BITS && state.ema <= MOST_EMA);
            prop_assert!(state == last || state.publish_time > last.publish_time);
            prop_assert!(matches!(state.quality, PriceQuality::Fresh | PriceQuality::Uncertain) || state == last);
        }
    }

    #[test]
    fn nothing_panics_even_on_a_corrupt_state(ema: u64, mark: u64, confidence: u64, seconds in 1..100_i64, ratio: u64) {
        let last = PriceState { mark, confidence, ema, publish_time: NOW - seconds, quality: PriceQuality::Fresh };
        let _ = accept_price(&READING, &GATE, &last, NOW);
        let _ = asset_risk(&last, &terms(ratio, ratio, ratio));
    }

    #[test]
    fn i10_publish_times_never_go_backwards(readings in prop::collection::vec((-40..3_i64, 900_000..1_100_000_i64), 1..40)) {
        let (mut state, mut now) = (PriceState::EMPTY, NOW);
        for (ahead, price) in readings {
            now += 7;
            let reading = OraclePrice { price: price * RAW, publish_time: now + ahead, ..READING };
            if let Ok(next) = accept_price(&reading, &GATE, &state, now) {
                prop_assert!(next.publish_time > state.publish_time || next == state);
                state = next;
            }
        }
    }

    #[test]
    fn rescaling_is_exact(value in magnitude(64), scale in -22..22_i32, up: bool) {
        let exact = exact_rescale(value, scale, up);
        let expected = u64::try_from(&exact).ok().filter(|_| scale.unsigned_abs() <= 19);
        prop_assert_eq!(rescale(value, scale, up), expected);
    }

    #[test]
    fn the_ema_is_the_exact_weight_rounded_toward_the_old(ema in (1_u64 << 16)..=MOST_EMA, mark in magnitude(30), seconds in 1..200_000_i64, tau in 1..=604_800_u32) {
        let mark = mark.max(1);
        let weighed = BigInt::from(seconds.min(1 << 16));
        let step = (BigInt::from(mark << 16) - BigInt::from(ema)) * &weighed / (weighed + tau);
        prop_assert_eq!(BigInt::from(moved_ema(ema, mark, seconds, tau)), step + ema);
    }

    #[test]
    fn the_ema_moves_toward_the_mark_and_never_past_it(ema in (1_u64 << 16)..=MOST_EMA, mark in 1..=MAX_PRICE, seconds in 1..i64::MAX, tau in 1..=604_800_u32) {
        let target = mark << 16;
        let moved = moved_ema(ema, mark, seconds, tau);
        prop_assert!((ema.min(target)..=ema.max(target)).contains(&moved));
        let later = moved_ema(ema, mark, seconds.saturating_add(1), tau);
        prop_assert!(target.abs_diff(later) <= target.abs_diff(moved));
    }

    #[test]
    fn a_constant_price_keeps_its_ema(mark in 1..=MAX_PRICE, seconds in 1..i64::MAX, tau in 1..=604_800_u32) {
        prop_assert_eq!(moved_ema(mark << 16, mark, seconds, tau), mark << 16);
    }

    /// 1 / (1 + x) exceeds e^-x by at most 0.204: what one long pause may leave behind of many short ones. Each short one
    /// rounds by less than one unit.
    #[test]
    fn i06_one_long_pause_moves_the_ema_like_many_short_ones(ema in (1_u64 << 16)..=MOST_EMA, mark in 1..=MAX_PRICE, each in 1..600_i64, count in 1..100_i64, tau in 1..=604_800_u32) {
        let target = mark << 16;
        let whole = target.abs_diff(moved_ema(ema, mark, each * count, tau));
        let parts = target.abs_diff((0..count).fold(ema, |ema, _| moved_ema(ema, mark, each, tau)));
        prop_assert!(parts <= whole + count as u64);
        prop_assert!(whole - whole.min(parts) <= target.abs_diff(ema) / 1_000 * 204 + 1_000);
    }

    #[test]
    fn a_valuation_uses_the_worse_of_mark_and_ema(state in state(), initial in 1..100_000_u64, maintenance in 1..100_000_u64, weight: u64) {
        let asset = asset_risk(&state, &terms(initial, maintenance, weight)).unwrap();
        let high = state.mark + state.confidence;
        prop_assert_eq!(asset.mark, state.mark);
        prop_assert_eq!(asset.gain_weight_bps, weight);
        prop_assert_eq!(asset.long_price, (state.mark - state.confidence).min(state.ema >> 16));
        prop_assert_eq!(asset.short_price, high.max(state.ema.div_ceil(1 << 16)));
        prop_assert!(asset.long_price >= 1);
        let up = |price: u64, ratio: u64| (u128::from(price) * u128::from(ratio)).div_ceil(10_000) as u64;
        prop_assert_eq!(asset.initial_margin, up(high, initial));
        prop_assert_eq!(asset.maintenance_margin, up(state.mark, maintenance));
        prop_assert!(asset.maintenance_margin >= 1, "no position is free to hold");
    }

    #[test]
    fn margins_rise_with_their_ratio(state in state(), ratio in 1..100_000_u64, more in 0..100_000_u64) {
        let (low, high) = (asset_risk(&state, &terms(ratio, ratio, 0)).unwrap(), asset_risk(&state, &terms(ratio + more, ratio + more, 0)).unwrap());
        prop_assert!(low.initial_margin <= high.initial_margin && low.maintenance_margin <= high.maintenance_margin);
        prop_assert!(low.maintenance_margin <= low.initial_margin);
    }

    #[test]
    fn t47_wider_confidence_only_worsens_both_sides(state in state(), less in 0..100_u64) {
        let narrower = PriceState { confidence: state.confidence - state.confidence * less / 100, ..state };
        let (wide, narrow) = (asset_risk(&state, &terms(1_000, 500, 0)).unwrap(), asset_risk(&narrower, &terms(1_000, 500, 0)).unwrap());
        prop_assert!(wide.long_price <= narrow.long_price && wide.short_price >= narrow.short_price);
        prop_assert!(wide.initial_margin >= narrow.initial_margin);
        prop_assert_eq!(wide.maintenance_margin, narrow.maintenance_margin);
    }

    #[test]
    fn t47_long_and_short_are_symmetric(state in state()) {
        let level = PriceState { ema: state.mark << 16, ..state };
        let asset = asset_risk(&level, &terms(1_000, 500, 0)).unwrap();
        prop_assert_eq!(state.mark - asset.long_price, asset.short_price - state.mark);
        prop_assert_eq!(state.mark - asset.long_price, state.confidence);
    }

    /// The side that the EMA lags on pays for the lag, and only that side.
    #[test]
    fn t47_a_jump_is_valued_before_it_happened(mark in 2..MAX_PRICE / 2, jump in 1..MAX_PRICE / 2) {
        let up = PriceState { mark: mark + jump, ..accepted(mark, NOW) };
        let asset = asset_risk(&up, &terms(1_000, 500, 0)).unwrap();
        prop_assert_eq!((asset.long_price, asset.short_price), (mark, mark + jump));
        let down = PriceState { mark, ..accepted(mark + jump, NOW) };
        let asset = asset_risk(&down, &terms(1_000, 500, 0)).unwrap();
        prop_assert_eq!((asset.long_price, asset.short_price), (mark, mark + jump));
    }
}

#[test]
fn i10_a_jump_after_a_pause_is_not_fresh() {
    for (pause, mark) in [(300, 1_200_000), (3_600, 1_000_000_000), (3_600, 500_000)] {
        let last = accepted(1_000_000, NOW - pause);
        let state = accept_price(&OraclePrice { price: mark * RAW, ..READING }, &GATE, &last, NOW).unwrap();
        assert_eq!(state.quality, PriceQuality::Uncertain, "{mark} after {pause} s");
    }
}
