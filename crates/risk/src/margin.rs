//! Value of an account: equity against what it must hold.

use crate::{Counted, Level, Result, RiskError, signed_notional};

/// One position: signed size in lots (> 0 long) and signed cost in quote atoms.
/// Unrealised PnL is `size * price - entry`; a flat leg's PnL is what is still owed (entry > 0) or claimed (entry < 0).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leg {
    pub size: i64,
    pub entry: i64,
}

impl Leg {
    /// The leg after buying `lots` (selling where negative) at `price`.
    /// Law: sizes and entries of the two sides of a trade change by amounts that add up to zero.
    #[inline(always)]
    pub const fn traded(self, lots: i64, price: u64) -> Result<Self> {
        let Some(size) = self.size.checked_add(lots) else { return Err(RiskError::SizeOutOfRange) };
        if size.unsigned_abs() > crate::MAX_LOTS as u64 {
            return Err(RiskError::SizeOutOfRange);
        }
        let cost = match signed_notional(lots, price) {
            Ok(cost) => cost,
            Err(error) => return Err(error),
        };
        match self.entry.checked_add(cost) {
            Some(entry) => Ok(Self { size, entry }),
            None => Err(RiskError::ArithmeticOverflow),
        }
    }

    /// Unrealised PnL at `price`, in quote atoms.
    #[inline(always)]
    pub const fn pnl(self, price: u64) -> Result<i64> {
        match signed_notional(self.size, price) {
            Ok(value) => match value.checked_sub(self.entry) {
                Some(pnl) => Ok(pnl),
                None => Err(RiskError::ArithmeticOverflow),
            },
            Err(error) => Err(error),
        }
    }

    /// Whether `after` is the same position made smaller, or closed.
    #[inline(always)]
    pub const fn reduced_to(self, after: Self) -> bool {
        after.size.unsigned_abs() < self.size.unsigned_abs() && (after.size == 0 || (after.size > 0) == (self.size > 0))
    }
}

/// What valuing a position needs of its asset: numbers worked out when the price is accepted, so that a health check only
/// multiplies and adds. Prices and margins in quote atoms per lot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssetRisk {
    pub mark: u64,
    /// What a long counts for initial margin and settlement: the lower of mark less confidence and EMA.
    pub long_price: u64,
    /// What a short counts for initial margin and settlement: the higher of mark plus confidence and EMA.
    pub short_price: u64,
    pub initial_margin: u64,
    pub maintenance_margin: u64,
    /// Initial margin without what volatility has not yet added to maintenance.
    pub takeover_margin: u64,
    /// What each lot adds to the margin of every lot (`liquidity_up`).
    pub initial_liquidity: u64,
    pub maintenance_liquidity: u64,
    pub takeover_liquidity: u64,
    /// Weight of unrealised gains in initial margin, in basis points of the gain.
    pub gain_weight_bps: u64,
    /// Of each margin, what moves with the asset's correlation group; 0 where it has none.
    pub initial_grouped: u64,
    pub maintenance_grouped: u64,
    pub takeover_grouped: u64,
    /// 0: none.
    pub group: u8,
}

impl AssetRisk {
    /// The price at which a leg of this sign is worth least.
    #[inline(always)]
    pub const fn worse_price(&self, size: i64) -> u64 {
        if size >= 0 { self.long_price } else { self.short_price }
    }
}

/// Equity and requirement of an account. The two are kept apart: a ratio would round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Valuation {
    /// Quote atoms, signed.
    pub equity: i64,
    /// Margin that equity is held against, in quote atoms.
    pub requirement: u64,
}

impl Valuation {
    /// An account with `cash` and nothing else.
    #[inline(always)]
    pub const fn of_cash(cash: u64) -> Result<Self> {
        if cash > i64::MAX as u64 {
            return Err(RiskError::ArithmeticOverflow);
        }
        Ok(Self { equity: cash as i64, requirement: 0 })
    }

    /// Adds a position.
    #[inline(always)]
    pub const fn add(&mut self, counted: Counted) -> Result<()> {
        // A notional is below 2^62, an add-on below 2^60.
        let needed = counted.shock.wrapping_add(counted.add_on);
        match (self.equity.checked_add(counted.pnl), self.requirement.checked_add(needed)) {
            (Some(equity), Some(requirement)) if requirement <= i64::MAX as u64 => {
                *self = Self { equity, requirement };
                Ok(())
            }
            _ => Err(RiskError::ArithmeticOverflow),
        }
    }

    /// Adds what collateral counts (`CollateralTerms::value`).
    #[inline(always)]
    pub const fn add_collateral(&mut self, value: u64) -> Result<()> {
        match self.equity.checked_add_unsigned(value) {
            Some(equity) => {
                self.equity = equity;
                Ok(())
            }
            None => Err(RiskError::ArithmeticOverflow),
        }
    }

    /// Whether equity covers the requirement (equality is enough).
    #[inline(always)]
    pub const fn is_covered(&self) -> bool {
        self.equity >= 0 && self.equity as u64 >= self.requirement
    }

    /// Whether equity covers half of the requirement.
    pub const fn is_half_covered(&self) -> bool {
        self.equity >= 0 && self.equity as u64 >= self.requirement.div_ceil(2)
    }

    /// What new risk needs where the market's breaker stands at `level`: from Caution on a quarter more, rounded up.
    #[inline(always)]
    #[must_use]
    pub const fn at_level(self, level: Level) -> Self {
        match level {
            Level::Normal => self,
            _ => Self { requirement: self.requirement.saturating_add(self.requirement.div_ceil(4)), ..self },
        }
    }

    /// What could be lost before the requirement is no longer covered: max(0, equity - requirement).
    pub const fn free_collateral(&self) -> u64 {
        if self.equity < 0 { 0 } else { (self.equity as u64).saturating_sub(self.requirement) }
    }

    /// What is missing: max(0, requirement - equity).
    pub const fn shortfall(&self) -> u64 {
        if self.equity < 0 {
            self.requirement.saturating_add(self.equity.unsigned_abs())
        } else {
            self.requirement.saturating_sub(self.equity as u64)
        }
    }
}

#[cfg(test)]
#[path = "margin_tests.rs"]
mod tests;
