//! Collateral other than quote: what it counts, and what a buyer pays for it.

use crate::{BPS_ONE, MAX_PRICE, Result, RiskError, Valuation, bps_up};

/// How far above maintenance a conversion aims, in basis points of maintenance.
const AIM_BPS: u64 = 11_000;
/// Most atoms in a lot, as a power of ten.
pub const MAX_LOT_ATOMS_EXPONENT: u8 = 9;

/// What one token is worth as collateral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollateralTerms {
    /// A lot is `10^lot_atoms_exponent` atoms of the token.
    pub lot_atoms_exponent: u8,
    /// Taken off its value, in basis points.
    pub haircut_bps: u64,
    /// What a buyer gets off the price, in basis points; below the haircut.
    pub discount_bps: u64,
}

impl CollateralTerms {
    /// Atoms per lot. Error: beyond 10^9.
    const fn lot_atoms(&self) -> Result<u64> {
        if self.lot_atoms_exponent > MAX_LOT_ATOMS_EXPONENT {
            return Err(RiskError::LotOutOfRange);
        }
        Ok(10_u64.pow(self.lot_atoms_exponent as u32))
    }

    /// What `amount` atoms count at `price` (quote atoms per lot): the value rounded down, the haircut up.
    pub const fn value(&self, amount: u64, price: u64) -> Result<u64> {
        let atoms = match self.lot_atoms() {
            Ok(atoms) => atoms,
            Err(error) => return Err(error),
        };
        if price > 2 * MAX_PRICE {
            return Err(RiskError::PriceOutOfRange);
        }
        // Lots below 2^31 keep the first product below 2^62; the second is below 10^9 * 2^31.
        let (lots, rest) = (amount / atoms, amount % atoms);
        if lots >> 31 != 0 {
            return Err(RiskError::ArithmeticOverflow);
        }
        let value = lots * price + rest * price / atoms;
        match bps_up(value, self.haircut_bps) {
            Ok(haircut) => Ok(value.saturating_sub(haircut)),
            Err(error) => Err(error),
        }
    }
}

/// Refuses a haircut that does not exceed the discount (selling would lower equity), or is 100 % or more.
pub const fn validate_collateral(terms: &CollateralTerms, deposit_cap: u64) -> Result<()> {
    let atoms = match terms.lot_atoms() {
        Ok(atoms) => atoms,
        Err(error) => return Err(error),
    };
    if terms.haircut_bps > BPS_ONE {
        return Err(RiskError::ShareAboveOne);
    }
    if terms.discount_bps >= terms.haircut_bps {
        return Err(RiskError::DiscountExceedsHaircut);
    }
    if deposit_cap / atoms > crate::MAX_LOTS as u64 {
        return Err(RiskError::CapOutOfRange);
    }
    Ok(())
}

/// The account whose collateral is for sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Converted {
    /// At maintenance, collateral included.
    pub account: Valuation,
    /// Of its equity, what is not collateral.
    pub quote_equity: i64,
    /// Its losses at mark that cash does not cover.
    pub uncovered_losses: u64,
    /// Atoms of this token that it holds.
    pub available: u64,
}

/// A sale of collateral. Law: the seller's collateral falls and the buyer's rises by `amount`, the buyer's cash falls and
/// the seller's rises by `paid`.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConversionPlan {
    pub amount: u64,
    pub paid: u64,
    /// What the sale does to the seller's equity at maintenance.
    pub equity: i64,
}

/// Plans the sale of up to `wanted` atoms at `price` less the discount (design, section 7 step 2): below maintenance up to 110 % of it,
/// or to where nothing is owed in quote; all where equity is gone; for a healthy account at half the discount, and only what its
/// losses exceed its cash by. `mark` is what the account's collateral counts at. The price paid is rounded up.
/// Error: `ConversionNotNeeded`.
pub const fn plan_conversion(
    seller: &Converted,
    terms: &CollateralTerms,
    price: u64,
    mark: u64,
    wanted: u64,
) -> Result<ConversionPlan> {
    let is_healthy = seller.account.is_covered();
    let discount_bps = if is_healthy { terms.discount_bps / 2 } else { terms.discount_bps };
    if discount_bps >= terms.haircut_bps || terms.haircut_bps > BPS_ONE || price == 0 || price > 2 * MAX_PRICE {
        return Err(RiskError::DiscountExceedsHaircut);
    }
    let atoms = match terms.lot_atoms() {
        Ok(atoms) => atoms,
        Err(error) => return Err(error),
    };
    let needed = match quote_needed(seller, terms, (price, mark), discount_bps) {
        Ok(needed) => needed,
        Err(error) => return Err(error),
    };
    if needed == 0 {
        return Err(RiskError::ConversionNotNeeded);
    }
    // Quote atoms per lot of the token, times 10^4: below 2^31 * 10^4.
    let unit = price as u128 * (BPS_ONE - discount_bps) as u128;
    let most = (needed as u128 * atoms as u128 * BPS_ONE as u128).div_ceil(unit); // 2^64 * 2^30 * 2^14
    let mut amount = if wanted < seller.available { wanted } else { seller.available };
    if (amount as u128) > most {
        amount = most as u64;
    }
    if amount == 0 {
        return Err(RiskError::SizeOutOfRange);
    }
    let paid = (amount as u128 * unit).div_ceil(atoms as u128 * BPS_ONE as u128); // 2^64 * 2^45
    if paid > i64::MAX as u128 {
        return Err(RiskError::ArithmeticOverflow);
    }
    match (terms.value(seller.available, mark), terms.value(seller.available - amount, mark)) {
        (Ok(before), Ok(after)) => {
            // Values are below 2^62.
            let equity = paid as i64 - (before as i64 - after as i64);
            Ok(ConversionPlan { amount, paid: paid as u64, equity })
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

/// How much quote a sale may bring, rounded up.
const fn quote_needed(
    seller: &Converted,
    terms: &CollateralTerms,
    (price, mark): (u64, u64),
    discount_bps: u64,
) -> Result<u64> {
    if seller.account.is_covered() {
        return Ok(seller.uncovered_losses);
    }
    if seller.account.equity <= 0 {
        return Ok(u64::MAX);
    }
    let aim = match bps_up(seller.account.requirement, AIM_BPS) {
        Ok(aim) => aim,
        Err(error) => return Err(error),
    };
    let missing = aim.saturating_sub(seller.account.equity as u64);
    // A lot brings price * (1 - discount), and counted mark * (1 - haircut), which is less: the price is the mark, or above it, and
    // the caller compared the two rates. Each is below 2^31 * 10^4.
    let brought = price as u128 * (BPS_ONE - discount_bps) as u128;
    let counted = mark as u128 * (BPS_ONE - terms.haircut_bps) as u128;
    if counted >= brought {
        return Err(RiskError::DiscountExceedsHaircut);
    }
    let to_aim = (missing as u128 * brought).div_ceil(brought - counted);
    let to_aim = if to_aim > u64::MAX as u128 { u64::MAX } else { to_aim as u64 };
    let owed = if seller.quote_equity < 0 { seller.quote_equity.unsigned_abs() } else { 0 };
    Ok(if to_aim > owed { to_aim } else { owed })
}

#[cfg(test)]
#[path = "collateral_tests.rs"]
mod tests;
