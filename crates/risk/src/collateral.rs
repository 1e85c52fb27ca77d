//! Collateral other than quote: what it counts, and what a buyer pays for it.

use crate::{BPS_ONE, MAX_PRICE, Result, RiskError, Valuation, bps_down, bps_up};

/// How far above maintenance a conversion aims, in basis points of maintenance.
const AIM_BPS: u64 = 11_000;
/// Steps in which the haircut grows with the part of the cap that one account holds.
const QUARTERS: u64 = 4;
/// Most atoms in a lot, as a power of ten.
pub const MAX_LOT_ATOMS_EXPONENT: u8 = 9;

/// What one token is worth as collateral.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CollateralTerms {
    /// A lot is `10^lot_atoms_exponent` atoms of the token.
    pub lot_atoms_exponent: u8,
    /// Taken off its value, in basis points, with what volatility adds.
    pub haircut_bps: u64,
    /// What a buyer gets off the price, in basis points; below the haircut.
    pub discount_bps: u64,
    /// Most lots that all accounts may hold together; 0 where what one holds does not matter.
    pub cap_lots: u64,
    /// Taken off what is left, at most, where the account is long in the token's own correlation group, in basis points.
    pub surcharge_bps: u64,
}

impl CollateralTerms {
    /// Atoms per lot. Error: beyond 10^9.
    const fn lot_atoms(&self) -> Result<u64> {
        if self.lot_atoms_exponent > MAX_LOT_ATOMS_EXPONENT {
            return Err(RiskError::LotOutOfRange);
        }
        Ok(10_u64.pow(self.lot_atoms_exponent as u32))
    }

    /// The value of `amount` atoms at `price` (quote atoms per lot), rounded down, before any haircut.
    pub fn value_whole(&self, amount: u64, price: u64) -> Result<u64> {
        let atoms = self.lot_atoms()?;
        if price > 2 * MAX_PRICE {
            return Err(RiskError::PriceOutOfRange);
        }
        // Lots below 2^31 keep the first product below 2^62; the second is below 10^9 * 2^31.
        let (lots, rest) = (amount / atoms, amount % atoms);
        if lots >> 31 != 0 {
            return Err(RiskError::ArithmeticOverflow);
        }
        Ok(lots * price + rest * price / atoms)
    }

    /// What `amount` atoms count at `price`: the value rounded down, the haircut up. Each further quarter of the cap that one account
    /// holds counts at one more haircut, as a tax grows with income: selling much costs more than selling little. So
    /// more never counts less, and what others deposit changes nothing.
    pub fn value(&self, amount: u64, price: u64) -> Result<u64> {
        let quarter = self.quarter()?;
        if amount <= quarter {
            return self.value_at(self.value_whole(amount, price)?, 1);
        }
        let (mut sum, mut left) = (0, amount);
        for times in 1..=QUARTERS {
            let part = if times == QUARTERS { left } else { left.min(quarter) };
            // At most the whole value, which fits 62 bits, as part by part it is no more.
            sum += self.value_at(self.value_whole(part, price)?, times)?;
            left -= part;
        }
        Ok(sum)
    }

    /// Atoms in a quarter of the cap, rounded up; all there are where there is none.
    fn quarter(&self) -> Result<u64> {
        if self.cap_lots == 0 {
            return Ok(u64::MAX);
        }
        Ok(self.cap_lots.saturating_mul(self.lot_atoms()?).div_ceil(QUARTERS))
    }

    /// A value less `times` the haircut, rounded up.
    fn value_at(&self, value: u64, times: u64) -> Result<u64> {
        let haircut_bps = self.haircut_bps.saturating_mul(times).min(BPS_ONE);
        Ok(value.saturating_sub(bps_up(value, haircut_bps)?))
    }

    /// What `amount` atoms count at `price` beside positions of the same group that would lose `long_stress`: less haircut and surcharge.
    pub fn counted(&self, amount: u64, price: u64, long_stress: u64) -> Result<u64> {
        let counted = self.value(amount, price)?;
        Ok(counted - self.surcharge_up(counted, long_stress)?) // at most what it is taken off
    }

    /// What is taken off `counted` where positions of the same group would lose `long_stress` in the fall that the collateral would fall
    /// in, too: its share, rounded up, at most that stress.
    pub fn surcharge_up(&self, counted: u64, long_stress: u64) -> Result<u64> {
        if self.surcharge_bps == 0 || long_stress == 0 {
            return Ok(0);
        }
        Ok(bps_up(counted, self.surcharge_bps.min(BPS_ONE))?.min(long_stress).min(counted))
    }

    /// The least that any atom among `amount` counts, in basis points of its value, rounded down.
    fn least_counted_bps(&self, amount: u64, long_stress: u64) -> Result<u64> {
        let times = amount.div_ceil(self.quarter()?.max(1)).clamp(1, QUARTERS);
        let kept = BPS_ONE.saturating_sub(self.haircut_bps.saturating_mul(times));
        let surcharge_bps = if long_stress == 0 { 0 } else { self.surcharge_bps.min(BPS_ONE) };
        bps_down(kept, BPS_ONE - surcharge_bps)
    }
}

/// Refuses a haircut that does not exceed the discount (selling would lower equity), or is above 100 %; a surcharge above 100 %.
/// Returns the cap in lots, rounded up, at least 1.
pub fn validate_collateral(terms: &CollateralTerms, deposit_cap: u64) -> Result<u32> {
    let atoms = terms.lot_atoms()?;
    if terms.haircut_bps > BPS_ONE || terms.surcharge_bps > BPS_ONE {
        return Err(RiskError::ShareAboveOne);
    }
    if terms.discount_bps >= terms.haircut_bps {
        return Err(RiskError::DiscountExceedsHaircut);
    }
    if deposit_cap / atoms > crate::MAX_LOTS as u64 {
        return Err(RiskError::CapOutOfRange);
    }
    Ok(deposit_cap.div_ceil(atoms).max(1) as u32) // at most 2^28 + 1
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
    /// What its longs in the token's correlation group would lose (`Exposure::long_stress`).
    pub long_stress: u64,
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
pub fn plan_conversion(
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
    let atoms = terms.lot_atoms()?;
    let needed = quote_needed(seller, terms, (price, mark), discount_bps)?;
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
    let counted = |amount| terms.counted(amount, mark, seller.long_stress);
    // Values are below 2^62.
    let equity = paid as i64 - (counted(seller.available)? as i64 - counted(seller.available - amount)? as i64);
    Ok(ConversionPlan { amount, paid: paid as u64, equity })
}

/// How much quote a sale may bring, rounded up.
fn quote_needed(
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
    let aim = bps_up(seller.account.requirement, AIM_BPS)?;
    let missing = aim.saturating_sub(seller.account.equity as u64);
    // A lot brings price * (1 - discount), and counted mark * (1 - haircut), which is less: the price is the mark, or above it, and
    // the caller compared the two rates. Of several haircuts the highest, so that no more is sold than it takes. Each
    // is below 2^31 * 10^4.
    let brought = price as u128 * (BPS_ONE - discount_bps) as u128;
    let counted = mark as u128 * terms.least_counted_bps(seller.available, seller.long_stress)? as u128;
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
