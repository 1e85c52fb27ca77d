//! The one gate through which a reading becomes a mark price.

use crate::{AssetRisk, BPS_ONE, MAX_PRICE, PriceQuality, Result, RiskError, bps_down, bps_up, liquidity_up};

/// Furthest a publish time may lie ahead of the clock, in seconds.
const MAX_FUTURE_SECONDS: i64 = 2;
/// Longest pause the EMA weighs, in seconds; a longer one counts as this long.
const MAX_EMA_PAUSE_SECONDS: i64 = 1 << 16;
/// Fraction bits of the stored EMA.
const EMA_FRACTION_BITS: u32 = 16;

/// A raw reading, as an adapter decoded it: `price * 10^exponent` dollars per unit, with the same scale for confidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OraclePrice {
    pub price: i64,
    pub confidence: u64,
    pub exponent: i32,
    /// Unix seconds.
    pub publish_time: i64,
}

/// What the gate holds a reading against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateParams {
    /// The exponent recorded at listing.
    pub exponent: i32,
    /// Decimal places from the oracle's integer to quote atoms per lot: exponent + quote decimals + lot exponent.
    pub scale: i32,
    pub max_age_seconds: u32,
    /// Widest confidence, relative to the price, that still counts as fresh.
    pub confidence_fresh_bps: u64,
    /// Widest confidence that is accepted at all.
    pub confidence_max_bps: u64,
    /// Furthest the mark may be from the EMA and still count as fresh.
    pub ema_band_bps: u64,
    /// Time constant of the EMA.
    pub ema_seconds: u32,
}

/// What the board keeps of the last accepted reading. Prices in quote atoms per lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceState {
    pub mark: u64,
    /// Half width of the confidence interval, rounded up.
    pub confidence: u64,
    /// With 16 fraction bits.
    pub ema: u64,
    /// Unix seconds; 0 before the first reading.
    pub publish_time: i64,
    pub quality: PriceQuality,
}

impl PriceState {
    /// Before the first reading.
    pub const EMPTY: Self = Self { mark: 0, confidence: 0, ema: 0, publish_time: 0, quality: PriceQuality::Invalid };

    /// EMA in quote atoms per lot, rounded down.
    pub const fn ema_down(&self) -> u64 {
        self.ema >> EMA_FRACTION_BITS
    }

    /// EMA in quote atoms per lot, rounded up.
    pub const fn ema_up(&self) -> u64 {
        self.ema.saturating_add((1 << EMA_FRACTION_BITS) - 1) >> EMA_FRACTION_BITS
    }
}

/// A reading that passed every check which needs nothing but the reading, brought to quote atoms per lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Screened {
    pub mark: u64,
    pub confidence: u64,
    pub publish_time: i64,
}

/// Refuses: a changed exponent, a price that is not positive, a publish time more than 2 s ahead or older than the limit, a
/// price outside `1..=MAX_PRICE` per lot, a confidence above the hard limit. Limits on confidence are rounded up, so that a
/// coarse price is not refused for the atom its confidence is rounded up to.
#[inline(always)]
pub(crate) const fn screen(reading: &OraclePrice, gate: &GateParams, now: i64) -> Result<Screened> {
    if reading.exponent != gate.exponent {
        return Err(RiskError::PriceExponentChanged);
    }
    if reading.price <= 0 {
        return Err(RiskError::PriceNotPositive);
    }
    if reading.publish_time.saturating_sub(now) > MAX_FUTURE_SECONDS {
        return Err(RiskError::PriceFromFuture);
    }
    if now.saturating_sub(reading.publish_time) > gate.max_age_seconds as i64 {
        return Err(RiskError::PriceStale);
    }
    let (Some(mark), Some(confidence)) =
        (rescale(reading.price as u64, gate.scale, false), rescale(reading.confidence, gate.scale, true))
    else {
        return Err(RiskError::PriceOutOfRange);
    };
    if mark == 0 || mark > MAX_PRICE {
        return Err(RiskError::PriceOutOfRange);
    }
    let Ok(confidence_max) = bps_up(mark, gate.confidence_max_bps) else {
        return Err(RiskError::ArithmeticOverflow);
    };
    // Below the price whatever the limit says, so that the low end of the interval stays a price.
    if confidence > confidence_max || confidence >= mark {
        return Err(RiskError::PriceConfidenceTooWide);
    }
    Ok(Screened { mark, confidence, publish_time: reading.publish_time })
}

/// The state after a screened price: the average follows it; and whether it is far from the average before it, or its
/// confidence is wide.
#[inline(always)]
pub(crate) const fn advanced(screened: Screened, gate: &GateParams, last: &PriceState) -> Result<(PriceState, Doubt)> {
    let Screened { mark, confidence, publish_time } = screened;
    let is_first = matches!(last.quality, PriceQuality::Invalid);
    let ema = if is_first {
        mark << EMA_FRACTION_BITS
    } else {
        moved_ema(last.ema, mark, publish_time.saturating_sub(last.publish_time), gate.ema_seconds)
    };
    // Against the average before this reading, so that no jump confirms itself: after a pause, the average has nearly
    // followed by the time it is stored.
    let average = if is_first { mark } else { last.ema_down() };
    // Rounded up: the average is kept in whole atoms here, and stays a fraction short of a price that has risen.
    let (Ok(band), Ok(confidence_fresh)) =
        (bps_up(average, gate.ema_band_bps), bps_up(mark, gate.confidence_fresh_bps))
    else {
        return Err(RiskError::ArithmeticOverflow);
    };
    let doubt = Doubt { is_far: mark.abs_diff(average) > band, is_wide: confidence > confidence_fresh };
    let quality = if doubt.is_far || doubt.is_wide { PriceQuality::Uncertain } else { PriceQuality::Fresh };
    Ok((PriceState { mark, confidence, ema, publish_time, quality }, doubt))
}

/// What speaks against a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Doubt {
    pub is_far: bool,
    pub is_wide: bool,
}

/// Decides whether a reading becomes the mark price, and what it is good for (design, section 5).
///
/// Refuses what `screen` refuses, and a publish time older than the last accepted one, or equal to it with another price. A
/// confidence between the two limits, or a mark outside the EMA band, gives `Uncertain`. The same reading again changes nothing.
#[inline(always)]
pub const fn accept_price(reading: &OraclePrice, gate: &GateParams, last: &PriceState, now: i64) -> Result<PriceState> {
    let screened = match screen(reading, gate, now) {
        Ok(screened) => screened,
        Err(error) => return Err(error),
    };
    if !matches!(last.quality, PriceQuality::Invalid) && screened.publish_time <= last.publish_time {
        let is_repeat = screened.publish_time == last.publish_time
            && screened.mark == last.mark
            && screened.confidence == last.confidence;
        return if is_repeat { Ok(*last) } else { Err(RiskError::PriceRegressed) };
    }
    match advanced(screened, gate, last) {
        Ok((state, _)) => Ok(state),
        Err(error) => Err(error),
    }
}

/// `value * 10^scale`, rounded down, or up. `None` where it leaves 64 bits.
#[inline(always)]
const fn rescale(value: u64, scale: i32, up: bool) -> Option<u64> {
    // 10^20 no longer fits 64 bits, and no listed asset is that far from its quote.
    const POWERS: [u64; 20] = {
        let mut powers = [1_u64; 20];
        let mut i = 1;
        while i < powers.len() {
            powers[i] = powers[i - 1] * 10;
            i += 1;
        }
        powers
    };
    let places = scale.unsigned_abs() as usize;
    if places >= POWERS.len() {
        return None;
    }
    let power = POWERS[places];
    if scale >= 0 {
        // The quotient bounds the product; a checked product costs a 128-bit one on sBPF.
        return if value > u64::MAX / power { None } else { Some(value.wrapping_mul(power)) };
    }
    let quotient = value / power;
    Some(if up && !value.is_multiple_of(power) { quotient + 1 } else { quotient })
}

/// `ema + (mark - ema) * dt / (tau + dt)`: the exponential weight's first Padé approximant, so that one long pause and
/// many short ones move the EMA alike to first order. Rounded toward the old value.
#[inline(always)]
const fn moved_ema(ema: u64, mark: u64, seconds: i64, ema_seconds: u32) -> u64 {
    let seconds = if seconds > MAX_EMA_PAUSE_SECONDS { MAX_EMA_PAUSE_SECONDS } else { seconds };
    let seconds = if seconds < 0 { 0 } else { seconds as u64 };
    let target = mark << EMA_FRACTION_BITS;
    // |difference| < 2^47 and seconds <= 2^16: the product stays below 2^63.
    let step = target.abs_diff(ema).wrapping_mul(seconds) / (ema_seconds as u64 + seconds);
    if target >= ema { ema.saturating_add(step) } else { ema.saturating_sub(step) }
}

/// A slower average (16 fraction bits; 0 before the first price), after a price that stood for `seconds`.
#[inline(always)]
pub const fn slow_ema(ema: u64, mark: u64, seconds: i64, ema_seconds: u32) -> u64 {
    if ema == 0 { mark << EMA_FRACTION_BITS } else { moved_ema(ema, mark, seconds, ema_seconds) }
}

/// An asset's margin ratios, with the dynamic margin's multipliers in them, and what else a valuation asks of its parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarginTerms {
    pub initial_ratio_bps: u64,
    pub maintenance_ratio_bps: u64,
    /// The initial ratio at the maintenance multiplier.
    pub takeover_ratio_bps: u64,
    pub gain_weight_bps: u64,
    pub group_weight_bps: u64,
    pub group: u8,
    /// At this size, margin per lot has doubled; 0: it never grows.
    pub depth_lots: u64,
}

impl MarginTerms {
    /// What of a margin moves with the group, rounded down: less than the whole whatever the weight says, so that closing a hedge
    /// never raises a requirement.
    pub fn grouped_down(&self, margin: u64) -> Result<u64> {
        let weight_bps = if self.group == 0 { 0 } else { self.group_weight_bps.min(BPS_ONE - 1) };
        if weight_bps == 0 { Ok(0) } else { bps_down(margin, weight_bps) }
    }
}

/// The numbers a valuation multiplies by, from an accepted price. Margins are rounded up, to the atom per lot.
#[inline(always)]
pub fn asset_risk(state: &PriceState, terms: &MarginTerms) -> Result<AssetRisk> {
    let low = state.mark.saturating_sub(state.confidence);
    let high = state.mark.saturating_add(state.confidence);
    let initial_margin = bps_up(high, terms.initial_ratio_bps)?;
    let maintenance_margin = bps_up(state.mark, terms.maintenance_ratio_bps)?;
    let (initial_liquidity, initial_grouped) =
        (liquidity_up(initial_margin, terms.depth_lots), terms.grouped_down(initial_margin)?);
    // The same where no multiplier tells them apart, which is most of the time.
    let (takeover_margin, takeover_liquidity, takeover_grouped) = if terms.takeover_ratio_bps == terms.initial_ratio_bps
    {
        (initial_margin, initial_liquidity, initial_grouped)
    } else {
        let margin = bps_up(high, terms.takeover_ratio_bps)?;
        (margin, liquidity_up(margin, terms.depth_lots), terms.grouped_down(margin)?)
    };
    Ok(AssetRisk {
        mark: state.mark,
        long_price: low.min(state.ema_down()),
        short_price: high.max(state.ema_up()),
        initial_margin,
        maintenance_margin,
        takeover_margin,
        initial_liquidity,
        maintenance_liquidity: liquidity_up(maintenance_margin, terms.depth_lots),
        takeover_liquidity,
        gain_weight_bps: terms.gain_weight_bps,
        initial_grouped,
        maintenance_grouped: terms.grouped_down(maintenance_margin)?,
        takeover_grouped,
        group: terms.group,
    })
}

#[cfg(test)]
#[path = "oracle_tests.rs"]
mod tests;
