//! Units and their bounds. With these bounds a notional is at most 2^58 and a full account sums to 2^62.

use crate::{Result, RiskError};

/// One, in basis points.
pub const BPS_ONE: u64 = 10_000;
/// Largest price, in quote atoms per lot.
pub const MAX_PRICE: u64 = 1 << 30;
/// Largest position and largest open interest of a market, in lots.
pub const MAX_LOTS: i64 = 1 << 28;
/// Largest notional of one position, in quote atoms.
pub const MAX_NOTIONAL: u64 = MAX_PRICE * MAX_LOTS as u64;
/// Largest number of positions in one account.
pub const MAX_POSITIONS: usize = 16;
/// Largest number of assets on a board.
pub const MAX_ASSETS: usize = 64;

/// `amount * bps / 10_000`, rounded down, exact without a 128-bit product. Error: the result leaves 64 bits.
#[inline(always)]
pub const fn bps_down(amount: u64, bps: u64) -> Result<u64> {
    scale(amount, bps, 0)
}

/// `amount * bps / 10_000`, rounded up, exact without a 128-bit product. Error: the result leaves 64 bits.
#[inline(always)]
pub const fn bps_up(amount: u64, bps: u64) -> Result<u64> {
    scale(amount, bps, BPS_ONE - 1)
}

/// With amount = 10_000 q + r: q * bps is exact, and r * bps stays small for any bps that the parameters allow.
#[inline(always)]
const fn scale(amount: u64, bps: u64, round: u64) -> Result<u64> {
    let Some(whole) = (amount / BPS_ONE).checked_mul(bps) else { return Err(RiskError::ArithmeticOverflow) };
    let Some(part) = (amount % BPS_ONE).checked_mul(bps) else { return Err(RiskError::ArithmeticOverflow) };
    let Some(part) = part.checked_add(round) else { return Err(RiskError::ArithmeticOverflow) };
    match whole.checked_add(part / BPS_ONE) {
        Some(value) => Ok(value),
        None => Err(RiskError::ArithmeticOverflow),
    }
}

/// `|size| * price` in quote atoms, exact.
#[inline(always)]
pub const fn notional(size: i64, price: u64) -> Result<u64> {
    match size.unsigned_abs().checked_mul(price) {
        Some(value) => Ok(value),
        None => Err(RiskError::ArithmeticOverflow),
    }
}

/// `size * price` in quote atoms, signed, exact.
#[inline(always)]
pub const fn signed_notional(size: i64, price: u64) -> Result<i64> {
    if price > i64::MAX as u64 {
        return Err(RiskError::ArithmeticOverflow);
    }
    match size.checked_mul(price as i64) {
        Some(value) => Ok(value),
        None => Err(RiskError::ArithmeticOverflow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bps_agree_with_wide_arithmetic(amount: u64, bps in 0..1_000_000_u64) {
            let exact = u128::from(amount) * u128::from(bps);
            let down = u64::try_from(exact / 10_000).ok();
            let up = u64::try_from(exact.div_ceil(10_000)).ok();
            prop_assert_eq!(bps_down(amount, bps).ok(), down);
            prop_assert_eq!(bps_up(amount, bps).ok(), up);
        }

        #[test]
        fn notional_is_exact(size in -MAX_LOTS..=MAX_LOTS, price in 1..=MAX_PRICE) {
            prop_assert_eq!(i128::from(signed_notional(size, price).unwrap()), i128::from(size) * i128::from(price));
            prop_assert!(notional(size, price).unwrap() <= MAX_NOTIONAL);
        }
    }
}
