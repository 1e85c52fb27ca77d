//! Funding: what the side that fills show to be crowded pays the other one, through the sides' charge indices.
//! The arithmetic is derived in docs/funding.md.

use crate::{BPS_ONE, MAX_LOTS, OpenInterest, Result, RiskError, SCALE_ONE};

/// Fraction bits of rates and charge indices, in quote atoms per lot.
const CHARGE_BITS: u32 = 24;
const SCALE_BITS: u32 = 62;
/// Fraction bits of the market's own lots.
const LOT_BITS: u32 = 32;
/// Of what is credited, 2^-16 stays with the market: what the lots a side is thought to hold may be off by.
const KEPT_BITS: u32 = 16;
/// Funding stops where a charge index would leave this bound: the rest of its range is auto-deleveraging's.
const CHARGE_ROOM: u64 = 1 << 61;
/// Largest rate; validated terms stay below it.
const MAX_RATE: i128 = 1 << 48;
/// Largest step of one accrual, in seconds.
pub const MAX_ACCRUAL_SECONDS: i64 = 3_600;

/// How a market's funding follows its fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundingTerms {
    /// Largest premium that counts, of a fill and on average, in basis points of the mark; 0: no funding.
    pub cap_bps: u64,
    /// Period over which a premium is paid once.
    pub funding_seconds: u32,
    /// Time constant of the average; as long a rate lasts.
    pub premium_seconds: u32,
}

impl FundingTerms {
    /// The largest premium, in quote atoms per lot, rounded down.
    const fn cap(&self, mark: u64) -> i64 {
        // At most 2^30 * 10^4 before the division.
        if mark > crate::MAX_PRICE || self.cap_bps > BPS_ONE { 0 } else { (mark * self.cap_bps / BPS_ONE) as i64 }
    }
}

/// Decayed sums of fills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Premium {
    /// Lots times what was paid above the mark, in quote atoms.
    pub sum: i64,
    pub lots: u64,
    /// Unix seconds of both.
    pub time: i64,
}

impl Premium {
    /// Decayed to `now`, by `tau / (tau + dt)`, toward zero. Time that goes back changes nothing.
    #[inline(always)]
    pub const fn at(self, now: i64, terms: &FundingTerms) -> Self {
        let elapsed = now.saturating_sub(self.time);
        if elapsed <= 0 {
            return self;
        }
        let elapsed = if elapsed > u32::MAX as i64 { u32::MAX as u64 } else { elapsed as u64 };
        let magnitude = decayed(self.sum.unsigned_abs(), terms.premium_seconds, elapsed) as i64; // at most what it was
        let sum = if self.sum < 0 { -magnitude } else { magnitude };
        Self { sum, lots: decayed(self.lots, terms.premium_seconds, elapsed), time: now }
    }

    /// With a fill: its premium counts up to the cap. Prices and lots out of range count nothing.
    #[inline(always)]
    pub const fn with_fill(self, lots: u64, (price, mark): (u64, u64), terms: &FundingTerms, now: i64) -> Self {
        let aged = self.at(now, terms);
        // A trade may turn the largest position into its opposite.
        if lots > 2 * MAX_LOTS as u64 || price > crate::MAX_PRICE || mark > crate::MAX_PRICE {
            return aged;
        }
        let premium = clamped(price as i64 - mark as i64, terms.cap(mark));
        // At most 2^29 * 2^30.
        Self {
            sum: aged.sum.saturating_add(premium * lots as i64),
            lots: aged.lots.saturating_add(lots),
            time: aged.time,
        }
    }

    /// What a lot of the longs pays per second (receives where negative), quote atoms with 24 fraction bits, rounded toward zero: the
    /// average premium over the funding period. The average is over the open interest at least, so that moving it takes volume.
    pub const fn rate(&self, open_interest: OpenInterest, mark: u64, terms: &FundingTerms) -> i64 {
        let OpenInterest { long, short } = open_interest;
        let open = if long > short { long } else { short };
        let lots = if self.lots > open { self.lots } else { open };
        if lots == 0 || terms.funding_seconds == 0 {
            return 0;
        }
        let limit = (terms.cap(mark) as i128) << CHARGE_BITS;
        let average = ((self.sum as i128) << CHARGE_BITS) / lots as i128;
        let average = if average > limit { limit } else { average };
        let average = if average < -limit { -limit } else { average };
        let rate = average / terms.funding_seconds as i128;
        if rate > MAX_RATE {
            return MAX_RATE as i64;
        }
        if rate < -MAX_RATE { -MAX_RATE as i64 } else { rate as i64 }
    }
}

const fn clamped(value: i64, limit: i64) -> i64 {
    if value > limit {
        return limit;
    }
    if value < -limit { -limit } else { value }
}

/// `value * tau / (tau + elapsed)`, rounded down, without a 128-bit product. `elapsed` is at least 1 and below 2^32.
#[inline(always)]
const fn decayed(value: u64, tau: u32, elapsed: u64) -> u64 {
    let tau = if tau > 1 << 20 { 1 << 20 } else { tau as u64 };
    let total = tau + elapsed;
    // The first product is at most the value, the second below 2^33 * 2^20.
    value / total * tau + value % total * tau / total
}

/// The charges of both sides after some time, and what a lot was charged so far (longs; shorts the opposite).
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accrual {
    pub long_charge: i64,
    pub short_charge: i64,
    /// Quote atoms per lot with 24 fraction bits.
    pub index: i64,
}

/// Lets `rate` run for `seconds`: charges of (long, short) sides with their scales. Law: over all positions, touched, and the market's own
/// (`own_funding`), what is credited is at most what is charged. The paying side's index rises rounded up; the other falls rounded down, less 2^-16.
/// Where an index has no room left, nothing changes.
pub const fn accrued(rate: i64, seconds: i64, last: Accrual, scales: (u64, u64)) -> Accrual {
    let is_in_range = rate.unsigned_abs() <= MAX_RATE as u64 && seconds > 0 && seconds <= MAX_ACCRUAL_SECONDS;
    if rate == 0 || !is_in_range {
        return last;
    }
    let paid = rate * seconds; // 2^48 * 2^12
    let Accrual { long_charge, short_charge, index } = last;
    let next = (moved(long_charge, paid, scales.0), moved(short_charge, -paid, scales.1), with_room(index, paid));
    match next {
        (Some(long_charge), Some(short_charge), Some(index)) => Accrual { long_charge, short_charge, index },
        _ => last,
    }
}

/// A side's index after its lots paid `paid` each (received where negative).
const fn moved(charge: i64, paid: i64, scale: u64) -> Option<i64> {
    let due = if paid >= 0 {
        paid
    } else {
        let received = paid.unsigned_abs() as i64; // at most 2^60
        -(received - (received >> KEPT_BITS) - 1)
    };
    // Rounded up: what is received, toward zero.
    let step = if scale == SCALE_ONE { due } else { -((-(due as i128) * scale as i128) >> SCALE_BITS) as i64 };
    with_room(charge, step)
}

const fn with_room(value: i64, step: i64) -> Option<i64> {
    match value.checked_add(step) {
        Some(next) if next.unsigned_abs() <= CHARGE_ROOM => Some(next),
        _ => None,
    }
}

/// What the market's own lots (signed, 32 fraction bits) pay for the index's way from `seen` to `index`, in quote atoms, rounded up:
/// its entry rises, and `carry` falls, by it.
pub const fn own_funding(own_lots: i64, index: i64, seen: i64) -> Result<i64> {
    let step = index as i128 - seen as i128;
    if step.unsigned_abs() > 2 * CHARGE_ROOM as u128 {
        return Err(RiskError::ArithmeticOverflow);
    }
    let charge = -((-(own_lots as i128) * step) >> (LOT_BITS + CHARGE_BITS)); // 2^63 * 2^62
    if charge > i64::MAX as i128 || charge < i64::MIN as i128 {
        return Err(RiskError::ArithmeticOverflow);
    }
    Ok(charge as i64)
}

#[cfg(test)]
#[path = "funding_tests.rs"]
mod tests;
