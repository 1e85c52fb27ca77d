//! Auto-deleveraging by side indices: one event for a whole side, applied to each position when it is touched.
//! The arithmetic is derived in docs/auto-deleveraging.md.

use crate::{Leg, Result, RiskError, signed_notional};

/// The scale of a side nobody has deleveraged: 1, with 62 fraction bits.
pub const SCALE_ONE: u64 = 1 << 62;
/// Below this scale a side begins a new epoch, at `SCALE_ONE` again, as soon as it can.
const SCALE_LOW: u64 = 1 << 58;
/// Below this scale it must.
const SCALE_FLOOR: u64 = 1 << 42;
const SCALE_BITS: u32 = 62;
/// Fraction bits of lots that are not whole.
const LOT_BITS: u32 = 32;
/// Fraction bits of a charge index, in quote atoms per early lot.
const CHARGE_BITS: u32 = 24;
/// Fraction bits of an event's cost per lot, in between.
const COST_BITS: u32 = 30;
/// From here on, a step of a charge index is worked out in 128 bits.
const WIDE_STEP: i64 = 1 << 54;

/// What all positions of one side of a market share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SideIndex {
    /// The fraction of an early lot that is left, with 62 fraction bits.
    pub scale: u64,
    /// Quote atoms charged to an early lot so far, with 24 fraction bits.
    pub charge: i64,
    /// `scale` and `charge` as they were when the last epoch ended; a scale of 0 where the side was closed wholly.
    pub last_scale: u64,
    pub last_charge: i64,
    /// Counts how often the scale began again at 1.
    pub epoch: u16,
}

impl SideIndex {
    pub const NEW: Self = Self { scale: SCALE_ONE, charge: 0, last_scale: 0, last_charge: 0, epoch: 0 };

    /// What a position that is touched now remembers.
    #[inline(always)]
    pub const fn stamp(&self) -> Stamp {
        Stamp { scale: self.scale, charge: self.charge, epoch: self.epoch }
    }
}

/// The indices a position saw last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub scale: u64,
    pub charge: i64,
    pub epoch: u16,
}

/// One side of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    pub index: SideIndex,
    pub is_long: bool,
    /// Lots as positions store them.
    pub lots: u64,
    /// Of them, what events closed and untouched positions still show: lots with 32 fraction bits.
    pub owed: u64,
    /// Of `lots`, those of positions that were not touched since the last epoch ended.
    pub left_behind: u64,
}

impl Side {
    /// Lots the side really holds, with 32 fraction bits.
    pub const fn held(&self) -> u64 {
        (self.lots << LOT_BITS).saturating_sub(self.owed)
    }
}

/// An event. Law: `carry + dust_entry` is what the bankrupt leg's entry falls by: `lots * mark + charge` where shorts bear it,
/// `-lots * mark + charge` where longs do. The dust takes the bankrupt leg's lots.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleveragePlan {
    pub side: Side,
    /// Of the charge, what the side bears; the rest is the market's own.
    pub borne: u64,
    /// Changes of the market's `carry` and of its own position's entry, in quote atoms.
    pub carry: i64,
    pub dust_entry: i64,
}

/// Closes `lots` against `side` at `mark`, and charges it `charge` quote atoms (design, section 7 step 5).
///
/// A lot of the side bears at most what a lot of the bankrupt account is short of, and at most its mark. Rounding: the scale down, the charge index up, what the market's own position
/// pays up. Errors: `PositionsLeftBehind` where an epoch has to begin while positions of the one before are untouched; `ArithmeticOverflow` where
/// the charge index is used up.
pub const fn plan_deleveraging(side: Side, lots: u64, mark: u64, charge: u64) -> Result<DeleveragePlan> {
    if lots > crate::MAX_LOTS as u64 || charge > i64::MAX as u64 || side.lots >> (63 - LOT_BITS) != 0 {
        return Err(RiskError::SizeOutOfRange);
    }
    let sign = if side.is_long { -1 } else { 1 };
    let value = match signed_notional(sign * lots as i64, mark) {
        Ok(value) => value,
        Err(error) => return Err(error),
    };
    let Some(total) = value.checked_add(charge as i64) else { return Err(RiskError::ArithmeticOverflow) };
    let held = side.held();
    if held == 0 {
        return Ok(DeleveragePlan { side, borne: 0, carry: 0, dust_entry: total });
    }
    let wanted = lots << LOT_BITS; // lots <= 2^28
    let closing = if wanted < held { wanted } else { held };
    let (left, scale) = left_of(held, closing, side.index.scale);
    let closed = held - left; // left <= held
    let borne = most_borne(held, wanted, mark, charge);

    // Per lot, signed, rounded up: |cost| < 2^95 and is at most twice the mark per lot held.
    let cost = sign as i128 * (closed as i128 * mark as i128) + ((borne as i128) << LOT_BITS);
    let per_lot = ceil_div(cost << COST_BITS, held);
    let step = ceil_shift(side.index.scale as i128 * per_lot, SCALE_BITS + COST_BITS - CHARGE_BITS);
    let Some(charge_index) = side.index.charge.checked_add(step as i64) else {
        return Err(RiskError::ArithmeticOverflow);
    };
    // The market's own position takes what the side could not close, and gives what rounding closed beyond.
    let own = sign as i128 * (wanted as i128 - closed as i128) * mark as i128;
    let dust_entry = ceil_shift(own, LOT_BITS) as i64 + (charge - borne) as i64;
    let Some(carry) = total.checked_sub(dust_entry) else { return Err(RiskError::ArithmeticOverflow) };
    let mut after = Side { owed: side.owed.saturating_add(closed), ..side };
    after.index = SideIndex { scale, charge: charge_index, ..side.index };
    if left == 0 || scale < SCALE_LOW {
        if side.left_behind == 0 {
            let epoch = side.index.epoch.wrapping_add(1);
            let last_scale = if left == 0 { 0 } else { scale };
            after.index =
                SideIndex { scale: SCALE_ONE, charge: charge_index, last_scale, last_charge: charge_index, epoch };
            after.left_behind = side.lots;
        } else if left == 0 || scale < SCALE_FLOOR {
            return Err(RiskError::PositionsLeftBehind);
        }
    }
    Ok(DeleveragePlan { side: after, borne, carry, dust_entry })
}

/// Of a charge, what a side bears: its part of the lots that are closed (the market's own position closes the others), and no more
/// than its lots are worth. Rounded down.
const fn most_borne(held: u64, wanted: u64, mark: u64, charge: u64) -> u64 {
    let part = if wanted > held { (charge as u128 * held as u128 / wanted as u128) as u64 } else { charge };
    let most = ((held as u128 * mark as u128) >> LOT_BITS) as u64; // mark < 2^31: at most 2^62
    if part < most { part } else { most }
}

/// Lots that stay open, and the scale that leaves them, both rounded down: the lots to what the rounded scale leaves.
const fn left_of(held: u64, closing: u64, scale: u64) -> (u64, u64) {
    if closing == 0 {
        return (held, scale);
    }
    let next = (scale as u128 * (held - closing) as u128 / held as u128) as u64;
    ((held as u128 * next as u128 / scale as u128) as u64, next)
}

/// A position brought to its side's indices. Law: `leg.entry` rises by what `carry` and `dust_entry` fall by together; the
/// dust takes the lots that the position gives up.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    pub leg: Leg,
    /// Change of the dust's size: what the position stored less what it has.
    pub dust_size: i64,
    pub carry: i64,
    pub dust_entry: i64,
    /// What the side is owed less, lots with 32 fraction bits.
    pub owed: u64,
    /// Lots left behind less.
    pub left_behind: u64,
}

/// Applies to a leg what happened to its side since `stamp`. The size is rounded toward zero and the fraction of a lot
/// changes hands at `mark`; charges are rounded up, what is received for the fraction down.
/// Error: `PositionsLeftBehind` for a stamp more than one epoch old, which `plan_deleveraging` does not let happen.
#[inline(never)]
pub const fn plan_touch(leg: Leg, stamp: Stamp, index: &SideIndex, mark: u64) -> Result<Touch> {
    if leg.size == 0 {
        return Ok(Touch { leg, dust_size: 0, carry: 0, dust_entry: 0, owed: 0, left_behind: 0 });
    }
    let lots = leg.size.unsigned_abs();
    if lots > crate::MAX_LOTS as u64 || stamp.scale < SCALE_FLOOR || stamp.scale > SCALE_ONE || mark > 1 << 31 {
        return Err(RiskError::SizeOutOfRange);
    }
    let is_current = stamp.epoch == index.epoch;
    if !is_current && stamp.epoch.wrapping_add(1) != index.epoch {
        return Err(RiskError::PositionsLeftBehind);
    }
    let stored = lots << LOT_BITS; // lots <= 2^28
    let (then_scale, then_charge) =
        if is_current { (index.scale, index.charge) } else { (index.last_scale, index.last_charge) };
    let Some(step) = then_charge.checked_sub(stamp.charge) else { return Err(RiskError::ArithmeticOverflow) };
    if then_scale > stamp.scale {
        return Err(RiskError::SizeOutOfRange); // a scale only falls within an epoch
    }
    let is_charge_alone = is_current && then_scale == stamp.scale;
    let mut charge = match charge_since(lots as u32, step, stamp.scale) {
        Some(charge) if is_charge_alone => charge as i128,
        _ => charge_up(lots, step, stamp.scale),
    };
    // What is left, with 32 fraction bits, rounded down and up: both at most `stored`.
    let (mut left, mut left_up) = scaled(stored, stored, then_scale, stamp.scale);
    if !is_current {
        // The rest of the way, from the beginning of this epoch.
        let Some(step) = index.charge.checked_sub(index.last_charge) else {
            return Err(RiskError::ArithmeticOverflow);
        };
        let lots = if step < 0 { left } else { left_up };
        // 2^60 * 2^63; the scale the epoch began with is 2^62.
        charge += ceil_shift(lots as i128 * step as i128, LOT_BITS + CHARGE_BITS);
        (left, left_up) = scaled(left, left_up, index.scale, SCALE_ONE);
    }
    let size = (left >> LOT_BITS) as i64;
    // A short buys the fraction back, a long sells it.
    let whole = (size as u64) << LOT_BITS; // at most `left`
    let (signed, fraction) = if leg.size > 0 {
        (size, -(((left - whole) as i128 * mark as i128) >> LOT_BITS))
    } else {
        (-size, ceil_shift((left_up - whole) as i128 * mark as i128, LOT_BITS))
    };
    let Some(entry) = narrow(leg.entry as i128 + charge + fraction) else { return Err(RiskError::ArithmeticOverflow) };
    let (Some(carry), Some(dust_entry)) = (narrow(-charge), narrow(-fraction)) else {
        return Err(RiskError::ArithmeticOverflow);
    };
    Ok(Touch {
        leg: Leg { size: signed, entry },
        dust_size: leg.size - signed, // both at most 2^28
        carry,
        dust_entry,
        owed: stored - left_up, // left_up <= stored: the scale only falls
        left_behind: if is_current { 0 } else { lots },
    })
}

/// What a position of `lots` pays for its side's charge index having moved by `step`, in quote atoms, rounded up, where nothing else happened
/// to the side: a touch within few units. Beside a scale of 1, the step per lot of today is rounded up first, to 2^-24 of an atom and 2^-28 of itself.
/// None where a step is 2^54 or more, or the scale is low: then `plan_touch` works it out in 128 bits.
#[inline(always)]
pub const fn charge_since(lots: u32, step: i64, scale: u64) -> Option<i64> {
    if scale == SCALE_ONE { charge_now(lots, step) } else { charge_beside_one(lots, step, scale) }
}

#[inline(always)]
const fn charge_now(lots: u32, step: i64) -> Option<i64> {
    const FRACTION: i64 = (1 << CHARGE_BITS) - 1;
    if (step.wrapping_add(WIDE_STEP) as u64) >= 2 * WIDE_STEP as u64 {
        return None;
    }
    // 2^32 * 2^30, and 2^32 * 2^24.
    let (whole, fraction) = (step >> CHARGE_BITS, step & FRACTION);
    Some(lots as i64 * whole + ((lots as i64 * fraction + FRACTION) >> CHARGE_BITS))
}

/// A step per early lot as one per lot of today, by two divisions of 64 bits.
#[inline(never)]
const fn charge_beside_one(lots: u32, step: i64, scale: u64) -> Option<i64> {
    const DIGIT: u32 = 32;
    let magnitude = step.unsigned_abs();
    if scale < SCALE_LOW || scale > SCALE_ONE || magnitude >= WIDE_STEP as u64 {
        return None;
    }
    // 28 to 32 bits: the scale rounded down for who pays, up for who receives.
    let divisor = (scale >> (SCALE_BITS - DIGIT)) + (step < 0) as u64;
    let (high, rest) = (magnitude / divisor, magnitude % divisor);
    let (low, rest) = ((rest << DIGIT) / divisor, (rest << DIGIT) % divisor);
    let now = ((high << DIGIT) + low) as i64; // 2^54 * 2^4
    charge_now(lots, if step < 0 { -now } else { now + (rest > 0) as i64 })
}

/// `lots * to / from`, the first rounded down, the second up. `from` is not zero.
const fn scaled(down: u64, up: u64, to: u64, from: u64) -> (u64, u64) {
    if to == from {
        return (down, up);
    }
    let (low, rest) = divided(down as u128 * to as u128, from);
    let (high, rest) = if down == up { (low, rest) } else { divided(up as u128 * to as u128, from) };
    (low as u64, high as u64 + (rest > 0) as u64)
}

/// `lots * step / scale` in quote atoms, rounded up. In two parts, because the whole numerator would not fit 128 bits.
const fn charge_up(lots: u64, step: i64, scale: u64) -> i128 {
    const SHIFT: u32 = SCALE_BITS - CHARGE_BITS;
    let (whole, rest) = divided(lots as u128 * step.unsigned_abs() as u128, scale);
    // Whole is below 2^(91 - 34), rest below 2^62.
    let (more, left) = divided((rest as u128) << SHIFT, scale);
    let magnitude = ((whole << SHIFT) + more) as i128;
    if step < 0 { -magnitude } else { magnitude + (left > 0) as i128 }
}

/// Rounded up; the divisor is not zero.
const fn ceil_div(numerator: i128, divisor: u64) -> i128 {
    let (whole, rest) = divided(numerator.unsigned_abs(), divisor);
    if numerator < 0 { -(whole as i128) } else { whole as i128 + (rest > 0) as i128 }
}

/// Quotient and remainder by one division: sBPF has none of 128 bits, and each costs hundreds of units.
const fn divided(numerator: u128, divisor: u64) -> (u128, u64) {
    let whole = numerator / divisor as u128;
    (whole, (numerator as u64).wrapping_sub((whole as u64).wrapping_mul(divisor)))
}

/// `value / 2^bits`, rounded up. An arithmetic shift rounds down.
const fn ceil_shift(value: i128, bits: u32) -> i128 {
    -(-value >> bits)
}

const fn narrow(value: i128) -> Option<i64> {
    if value > i64::MAX as i128 || value < i64::MIN as i128 { None } else { Some(value as i64) }
}

#[cfg(test)]
#[path = "deleverage_tests.rs"]
mod tests;
