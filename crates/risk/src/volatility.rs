//! Realised variance, and the margin that follows it.

use crate::{BPS_ONE, Result, RiskError};

/// Fraction bits of a return; its square has twice as many.
const RETURN_BITS: u32 = 20;
/// Longest pause a reading stands for, in seconds.
const MAX_PAUSE_SECONDS: u64 = 1 << 16;
/// Longest averaging time and notice, in seconds.
const MAX_SECONDS: u32 = 7 * 86_400;
const SECONDS_PER_DAY: u64 = 86_400;
/// Highest multiplier that may be listed: 10.
const MAX_CAP_BPS: u64 = 10 * BPS_ONE;

/// How an asset's margin follows its volatility.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolatilityParams {
    /// Variance per second (40 fraction bits) at which the multiplier is 1.
    pub calm_variance: u64,
    /// Highest multiplier, in basis points; 10,000 keeps margins fixed.
    pub cap_bps: u64,
    /// Time constant of the average.
    pub variance_seconds: u32,
    /// How long the maintenance multiplier takes at least from 1 to the cap.
    pub notice_seconds: u32,
}

/// What the board keeps of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volatility {
    /// Exponentially weighted squared return per second, with 40 fraction bits.
    pub variance: u64,
    pub initial_multiplier_bps: u64,
    pub maintenance_multiplier_bps: u64,
}

/// Variance per second (40 fraction bits) of a volatility given in basis points per day, rounded down, at least 1.
pub const fn calm_variance(volatility_bps_per_day: u64) -> u64 {
    let square = volatility_bps_per_day as u128 * volatility_bps_per_day as u128;
    let variance = (square << (2 * RETURN_BITS)) / (BPS_ONE * BPS_ONE * SECONDS_PER_DAY) as u128;
    if variance == 0 { 1 } else { variance as u64 }
}

/// Refuses a cap below 1 or above 10, times of zero or beyond a week, and a cap that would take initial margin beyond 100 %.
pub const fn validate_volatility(params: &VolatilityParams, initial_ratio_bps: u64) -> Result<()> {
    if params.cap_bps < BPS_ONE || params.cap_bps > MAX_CAP_BPS || params.calm_variance == 0 {
        return Err(RiskError::MultiplierOutOfRange);
    }
    if initial_ratio_bps > BPS_ONE || initial_ratio_bps * params.cap_bps > BPS_ONE * BPS_ONE {
        return Err(RiskError::MultiplierOutOfRange);
    }
    if params.variance_seconds == 0
        || params.variance_seconds > MAX_SECONDS
        || params.notice_seconds == 0
        || params.notice_seconds > MAX_SECONDS
    {
        return Err(RiskError::DurationOutOfRange);
    }
    Ok(())
}

/// Follows a price from `last_mark` to `mark` after `seconds` (design, section 6).
///
/// The average of squared returns per second is weighted by time, `(variance * tau + return^2) / (tau + seconds)`: many small steps and
/// few large ones of the same walk count alike. The initial multiplier is the root of variance over calm variance, between 1 and
/// the cap, at once; the maintenance multiplier falls with it at once and rises by at most `(cap - 1) / notice` per
/// second, so that nobody is liquidated by a multiplier without notice. Rounding: variance up, multipliers down.
pub const fn followed(
    last: &Volatility,
    params: &VolatilityParams,
    last_mark: u64,
    mark: u64,
    seconds: i64,
) -> Volatility {
    if seconds <= 0 || last_mark == 0 || last_mark >> 32 != 0 || mark >> 32 != 0 || params.calm_variance == 0 {
        return *last;
    }
    let seconds = if seconds as u64 > MAX_PAUSE_SECONDS { MAX_PAUSE_SECONDS } else { seconds as u64 };
    let change = (mark.abs_diff(last_mark) << RETURN_BITS) / last_mark;
    // A return of 100 % or more counts as 100 %: squares stay below 2^41, and so does their average.
    let change = if change > 1 << RETURN_BITS { 1 << RETURN_BITS } else { change };
    let tau = params.variance_seconds as u64;
    let weighed = if last.variance > 1 << 41 { 1 << 41 } else { last.variance } * tau; // below 2^61
    let variance = (weighed + change * change).div_ceil(tau + seconds);
    let initial = multiplier_bps(variance, params);
    let room = params.cap_bps.saturating_sub(BPS_ONE) * seconds / params.notice_seconds as u64;
    let ramped = last.maintenance_multiplier_bps.saturating_add(room);
    Volatility {
        variance,
        initial_multiplier_bps: initial,
        maintenance_multiplier_bps: if ramped < initial { ramped } else { initial },
    }
}

/// `sqrt(variance / calm)` in basis points, rounded down, between 1 and the cap.
const fn multiplier_bps(variance: u64, params: &VolatilityParams) -> u64 {
    let capped = params.cap_bps / BPS_ONE + 1;
    // Beyond the square of the cap nothing changes: the ratio stays below 2^7, its fraction 16 bits.
    if variance / params.calm_variance >= capped * capped {
        return params.cap_bps;
    }
    let ratio = (variance << 16) / params.calm_variance; // variance below 2^42
    let root = root_down((ratio * (BPS_ONE * BPS_ONE)) >> 16); // 2^23 * 2^27
    let root = if root > params.cap_bps { params.cap_bps } else { root };
    if root < BPS_ONE { BPS_ONE } else { root }
}

/// The root of a number below 2^36, rounded down, digit by binary digit.
const fn root_down(value: u64) -> u64 {
    let (mut rest, mut root, mut bit) = (value, 0, 1_u64 << 34);
    while bit > 0 {
        if rest >= root + bit {
            rest -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
        bit >>= 2;
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PARAMS: VolatilityParams = VolatilityParams {
        calm_variance: calm_variance(400),
        cap_bps: 30_000,
        variance_seconds: 3_600,
        notice_seconds: 1_800,
    };
    const CALM: Volatility =
        Volatility { variance: 0, initial_multiplier_bps: BPS_ONE, maintenance_multiplier_bps: BPS_ONE };

    #[test]
    fn calm_is_four_percent_a_day() {
        // 0.04^2 / 86,400 * 2^40
        assert_eq!(PARAMS.calm_variance, 20_361);
        assert_eq!(calm_variance(0), 1);
    }

    #[test]
    fn the_multiplier_is_the_root_of_the_ratio_between_one_and_the_cap() {
        let at = |variance| multiplier_bps(variance, &PARAMS);
        let calm = PARAMS.calm_variance;
        assert_eq!(
            [at(0), at(calm), at(calm * 4), at(calm * 9), at(calm * 10), at(u64::MAX >> 22)],
            [10_000, 10_000, 20_000, 30_000, 30_000, 30_000]
        );
        assert_eq!(at(calm * 2), 14_142);
    }

    #[test]
    fn initial_margin_follows_at_once_and_maintenance_with_notice() {
        // 5 % in a minute: far beyond the cap. Half of the way to the cap takes half of the notice.
        let jump = followed(&CALM, &PARAMS, 1_000_000, 950_000, 60);
        assert_eq!((jump.initial_multiplier_bps, jump.maintenance_multiplier_bps), (30_000, 10_666));
        let later = followed(&jump, &PARAMS, 950_000, 950_000, 840);
        assert_eq!((later.initial_multiplier_bps, later.maintenance_multiplier_bps), (30_000, 19_999));
        // Down at once.
        let calm = followed(&Volatility { variance: 0, ..later }, &PARAMS, 950_000, 950_000, 1);
        assert_eq!((calm.initial_multiplier_bps, calm.maintenance_multiplier_bps), (10_000, 10_000));
    }

    #[test]
    fn the_same_or_an_older_time_changes_nothing() {
        assert_eq!(followed(&CALM, &PARAMS, 1_000_000, 1, 0), CALM);
        assert_eq!(followed(&CALM, &PARAMS, 1_000_000, 1, -5), CALM);
        assert_eq!(followed(&CALM, &PARAMS, 0, 1_000_000, 5), CALM);
    }

    #[test]
    fn inconsistent_parameters_are_named() {
        let with = |change: fn(&mut VolatilityParams), ratio| {
            let mut params = PARAMS;
            change(&mut params);
            validate_volatility(&params, ratio)
        };
        assert_eq!(with(|_| {}, 1_000), Ok(()));
        assert_eq!(with(|_| {}, 3_333), Ok(()));
        assert_eq!(with(|_| {}, 3_334), Err(RiskError::MultiplierOutOfRange));
        assert_eq!(with(|p| p.cap_bps = 9_999, 1_000), Err(RiskError::MultiplierOutOfRange));
        assert_eq!(with(|p| p.cap_bps = 100_001, 1), Err(RiskError::MultiplierOutOfRange));
        assert_eq!(with(|p| p.calm_variance = 0, 1_000), Err(RiskError::MultiplierOutOfRange));
        assert_eq!(with(|p| p.variance_seconds = 0, 1_000), Err(RiskError::DurationOutOfRange));
        assert_eq!(with(|p| p.notice_seconds = 604_801, 1_000), Err(RiskError::DurationOutOfRange));
    }

    proptest! {
        /// A walk that moves every `step` seconds by a return that grows with the root of the step has the same variance, however
        /// often it is looked at: within a tenth, after ten averaging times.
        #[test]
        fn irregular_updates_count_right(steps in prop::collection::vec(1..120_i64, 400..600), up: bool) {
            let (mut state, mut mark, mut passed) = (CALM, 500_000_000_u64, 0);
            for (index, seconds) in steps.iter().enumerate() {
                // 0.02 % times the root of the seconds, up and down in turn.
                let change = mark * 2 * (*seconds as u64 * 100_000_000).isqrt() / 100_000_000;
                let next = if (index % 2 == 0) == up { mark + change } else { mark - change };
                state = followed(&state, &VolatilityParams { variance_seconds: 600, ..PARAMS }, mark, next, *seconds);
                (mark, passed) = (next, passed + seconds);
            }
            prop_assume!(passed > 6_000);
            let expected = (4 << 40) / 100_000_000; // 0.0002^2
            prop_assert!(state.variance.abs_diff(expected) * 10 <= expected, "{} of {expected}", state.variance);
        }

        #[test]
        fn maintenance_never_passes_initial_nor_its_ramp(variance in 0..1_u64 << 42, initial in 10_000..30_000_u64, back in 0..20_000_u64, last in 1..1_u64 << 30, mark in 1..1_u64 << 30, seconds in 1..100_000_i64) {
            let before = Volatility { variance, initial_multiplier_bps: initial, maintenance_multiplier_bps: initial.saturating_sub(back).max(10_000) };
            let after = followed(&before, &PARAMS, last, mark, seconds);
            prop_assert!(after.maintenance_multiplier_bps <= after.initial_multiplier_bps);
            prop_assert!((10_000..=30_000).contains(&after.initial_multiplier_bps) && after.maintenance_multiplier_bps >= 10_000);
            let room = 20_000 * seconds.min(65_536) as u64 / 1_800;
            prop_assert!(after.maintenance_multiplier_bps <= before.maintenance_multiplier_bps + room);
        }

        /// A larger move never lowers a margin.
        #[test]
        fn a_larger_move_never_lowers_the_multiplier(variance in 0..1_u64 << 40, mark in 1..1_u64 << 29, small in 0..1_u64 << 28, more in 0..1_u64 << 28, seconds in 1..1_000_i64) {
            let before = Volatility { variance, ..CALM };
            let one = followed(&before, &PARAMS, mark, mark + small, seconds);
            let other = followed(&before, &PARAMS, mark, mark + small + more, seconds);
            prop_assert!(one.initial_multiplier_bps <= other.initial_multiplier_bps);
        }

        #[test]
        fn nothing_panics(variance: u64, multiplier: u64, calm: u64, cap: u64, tau: u32, notice in 1..u32::MAX, last: u64, mark: u64, seconds: i64) {
            let params = VolatilityParams { calm_variance: calm, cap_bps: cap % 1_000_000, variance_seconds: tau, notice_seconds: notice };
            if validate_volatility(&params, multiplier).is_ok() {
                let before = Volatility { variance, initial_multiplier_bps: multiplier, maintenance_multiplier_bps: multiplier };
                let _ = followed(&before, &params, last, mark, seconds);
            }
        }

        #[test]
        fn the_root_is_the_root(value in 0..1_u64 << 36) {
            let root = root_down(value);
            prop_assert!(root * root <= value && (root + 1) * (root + 1) > value);
        }
    }
}
