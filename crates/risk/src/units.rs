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
///
/// The products are plain because a checked 64-bit product costs a 128-bit one on sBPF; what bounds them stands before.
#[inline(always)]
const fn scale(amount: u64, bps: u64, round: u64) -> Result<u64> {
    let (whole, part) = (amount / BPS_ONE, amount % BPS_ONE);
    // Up to 100 % the first product is at most the amount; beyond, it is at most u64::MAX by this check.
    if bps > BPS_ONE && (bps > u32::MAX as u64 || whole > u64::MAX / bps) {
        return Err(RiskError::ArithmeticOverflow);
    }
    // part < 10^4 and bps < 2^32.
    let part = part.wrapping_mul(bps).wrapping_add(round) / BPS_ONE;
    match whole.wrapping_mul(bps).checked_add(part) {
        Some(value) => Ok(value),
        None => Err(RiskError::ArithmeticOverflow),
    }
}

/// Both factors below this bound keep a product below 2^62.
const FACTOR_BOUND: u64 = 1 << 31;

/// `|size| * price` in quote atoms, exact. Error: a factor of 2^31 or more, twice what sizes and prices may be.
#[inline(always)]
pub const fn notional(size: i64, price: u64) -> Result<u64> {
    let lots = size.unsigned_abs();
    if lots >= FACTOR_BOUND || price >= FACTOR_BOUND {
        return Err(RiskError::ArithmeticOverflow);
    }
    Ok(lots.wrapping_mul(price))
}

/// `size * price` in quote atoms, signed, exact. Error as for `notional`.
#[inline(always)]
pub const fn signed_notional(size: i64, price: u64) -> Result<i64> {
    if size.unsigned_abs() >= FACTOR_BOUND || price >= FACTOR_BOUND {
        return Err(RiskError::ArithmeticOverflow);
    }
    Ok(size.wrapping_mul(price as i64))
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
