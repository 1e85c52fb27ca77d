//! How much may leave a bank within an hour and within a day, deposits taken off.

use crate::{BPS_ONE, Result, RiskError};

const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;
/// Of what may leave at once, the part kept for small accounts that leave with everything: one over this.
const KEPT_FOR_SMALL: u64 = 4;
/// Highest share of the total, per window; half of it may leave at once.
const MAX_SHARE_BPS: u64 = 2 * BPS_ONE;

/// A bank's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutflowParams {
    /// Of the total, what may leave within any hour, and within any day.
    pub hourly_share_bps: u64,
    pub daily_share_bps: u64,
    /// Atoms that may leave within any hour or day, however small the total.
    pub floor: u64,
    /// An account without positions that holds no more atoms than this, and takes all of them, may use what is kept for it.
    pub small_exit: u64,
}

/// What left of late, less what came. What left runs back to zero by half of a window's limit per window; what came is forgotten within
/// a window, so that a deposit excuses what leaves soon after, and not for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outflow {
    /// Unix seconds, when the others were last worked out.
    pub at: i64,
    /// Atoms; negative where more came than left.
    pub hour: i64,
    pub day: i64,
}

/// Shares in range, the hour's not above the day's; a floor that frees at least an atom per second; small exits within what is
/// kept for them.
pub const fn validate_outflow(params: &OutflowParams) -> Result<()> {
    let OutflowParams { hourly_share_bps, daily_share_bps, floor, small_exit } = *params;
    if hourly_share_bps == 0 || hourly_share_bps > daily_share_bps || daily_share_bps > MAX_SHARE_BPS {
        return Err(RiskError::OutflowLimitsInconsistent);
    }
    if floor < 2 * DAY || floor > 1 << 62 || small_exit > floor / 2 / KEPT_FOR_SMALL {
        return Err(RiskError::OutflowLimitsInconsistent);
    }
    Ok(())
}

impl OutflowParams {
    /// What may leave at once: half of a window's limit. What frees within a window is the other half, so that no window, wherever it
    /// begins, sees more than the whole.
    const fn at_once(&self, share_bps: u64, base: u64) -> u64 {
        // Below 2^63 atoms and 2^15: a saturating product would be a 128-bit one on sBPF.
        let base = if base >> 63 == 0 { base } else { u64::MAX >> 1 };
        let share = (base / BPS_ONE).wrapping_mul(if share_bps > MAX_SHARE_BPS { MAX_SHARE_BPS } else { share_bps });
        let limit = if share > self.floor { share } else { self.floor };
        limit / 2
    }
}

/// `amount * seconds / window`, rounded down.
const fn of_window(amount: u64, seconds: u64, window: u64) -> u64 {
    let (whole, rest) = (amount / window, amount % window);
    let part = rest.wrapping_mul(seconds) / window; // 2^17 * 2^31
    // Up to 2^33 atoms per second the product fits.
    if whole >> 33 == 0 {
        whole.wrapping_mul(seconds).saturating_add(part)
    } else {
        whole.saturating_mul(seconds).saturating_add(part)
    }
}

/// `used` after `seconds`. What frees is rounded down and what is forgotten up, against whoever wants to leave.
const fn passed(used: i64, at_once: u64, seconds: u64, window: u64) -> i64 {
    if used < 0 {
        if seconds >= window {
            return 0;
        }
        let forgotten = of_window(used.unsigned_abs(), seconds, window).saturating_add(1);
        return -(used.unsigned_abs().saturating_sub(forgotten) as i64); // below what it was
    }
    (used as u64).saturating_sub(of_window(at_once, seconds, window)) as i64 // at most what it was
}

impl Outflow {
    /// What the limits are a share of: what the bank held before what left and came of late, so that a deposit raises no limit for
    /// whoever withdraws it again, and what leaves lowers none for those who come after.
    const fn base(&self, total: u64) -> u64 {
        total.saturating_add_signed(self.day)
    }

    /// The flows as they stand at `now`; a clock that ran backwards changes nothing.
    const fn at(self, params: &OutflowParams, total: u64, now: i64) -> Self {
        let seconds = now.saturating_sub(self.at);
        if seconds <= 0 {
            return self;
        }
        // Beyond 2^31 seconds nothing is left of anything; products with a window stay below 2^48.
        let seconds = if seconds > 1 << 31 { 1 << 31 } else { seconds as u64 };
        let base = self.base(total);
        Self {
            at: now,
            hour: passed(self.hour, params.at_once(params.hourly_share_bps, base), seconds, HOUR),
            day: passed(self.day, params.at_once(params.daily_share_bps, base), seconds, DAY),
        }
    }

    /// The flows with `amount` atoms that came; `total` is what the bank held before.
    #[must_use]
    pub const fn received(self, params: &OutflowParams, total: u64, amount: u64, now: i64) -> Self {
        let here = self.at(params, total, now);
        let amount = if amount > i64::MAX as u64 { i64::MAX } else { amount as i64 };
        Self { hour: here.hour.saturating_sub(amount), day: here.day.saturating_sub(amount), ..here }
    }

    /// Atoms that may leave now; a small account that leaves with everything may use what is kept for it, too. `total` is what the
    /// bank holds.
    pub const fn left(self, params: &OutflowParams, total: u64, is_small_exit: bool, now: i64) -> u64 {
        let here = self.at(params, total, now);
        let base = here.base(total);
        let hour = room(params.at_once(params.hourly_share_bps, base), here.hour, is_small_exit);
        let day = room(params.at_once(params.daily_share_bps, base), here.day, is_small_exit);
        if hour < day { hour } else { day }
    }

    /// The flows after `amount` atoms left. Error: `OutflowLimited` where that is more than may leave now.
    pub const fn paid(
        self,
        params: &OutflowParams,
        total: u64,
        (amount, is_small_exit): (u64, bool),
        now: i64,
    ) -> Result<Self> {
        if amount > self.left(params, total, is_small_exit, now) || amount > i64::MAX as u64 {
            return Err(RiskError::OutflowLimited);
        }
        let here = self.at(params, total, now);
        let amount = amount as i64; // just compared
        Ok(Self { hour: here.hour.saturating_add(amount), day: here.day.saturating_add(amount), ..here })
    }

    /// Seconds until `amount` atoms may leave, if nothing else does; `None` where that is more than may leave at once, so that they
    /// have to go in parts. For whoever waits off chain.
    pub fn seconds_until(self, params: &OutflowParams, total: u64, amount: u64, now: i64) -> Option<u64> {
        let fits = |seconds: u64| self.left(params, total, false, now.saturating_add(seconds as i64)) >= amount;
        let (mut least, mut most) = (0, 2 * DAY);
        if !fits(most) {
            return None;
        }
        while least < most {
            let middle = least.midpoint(most);
            (least, most) = if fits(middle) { (least, middle) } else { (middle + 1, most) };
        }
        Some(least)
    }
}

/// What may still leave of `at_once`.
const fn room(at_once: u64, used: i64, is_small_exit: bool) -> u64 {
    let open = if is_small_exit { at_once } else { at_once - at_once / KEPT_FOR_SMALL };
    if used < 0 { open.saturating_add(used.unsigned_abs()) } else { open.saturating_sub(used as u64) }
}

#[cfg(test)]
#[path = "outflow_tests.rs"]
mod tests;
