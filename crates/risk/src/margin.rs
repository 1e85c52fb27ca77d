//! Value of an account: equity against what it must hold.

use crate::{Level, Result, RiskError, bps_down, notional, signed_notional};

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

/// What valuing a position needs of its asset: five numbers, worked out when the price is accepted, so that a health
/// check only multiplies and adds. All in quote atoms per lot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssetRisk {
    pub mark: u64,
    /// What a long counts for initial margin and settlement: the lower of mark less confidence and EMA.
    pub long_price: u64,
    /// What a short counts for initial margin and settlement: the higher of mark plus confidence and EMA.
    pub short_price: u64,
    pub initial_margin: u64,
    pub maintenance_margin: u64,
    /// Weight of unrealised gains in initial margin, in basis points of the gain.
    pub gain_weight_bps: u64,
}

impl AssetRisk {
    /// The price at which a leg of this sign is worth least.
    #[inline(always)]
    pub const fn worse_price(&self, size: i64) -> u64 {
        if size >= 0 { self.long_price } else { self.short_price }
    }
}

/// Equity and requirement, summed position by position. The two are kept apart: a ratio would round.
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

    /// Adds a position as liquidation sees it: at mark, gains in full.
    #[inline(always)]
    pub const fn add_for_maintenance(&mut self, leg: Leg, asset: &AssetRisk) -> Result<()> {
        match leg.pnl(asset.mark) {
            Ok(pnl) => self.add(pnl, leg.size, asset.maintenance_margin),
            Err(error) => Err(error),
        }
    }

    /// Adds a position as new risk sees it: at the worse of mark (less its confidence) and EMA, gains at their weight,
    /// rounded down.
    #[inline(always)]
    pub const fn add_for_initial(&mut self, leg: Leg, asset: &AssetRisk) -> Result<()> {
        let pnl = match leg.pnl(asset.worse_price(leg.size)) {
            Ok(pnl) if pnl > 0 => match bps_down(pnl as u64, asset.gain_weight_bps) {
                Ok(weighted) => weighted as i64,
                Err(error) => return Err(error),
            },
            Ok(pnl) => pnl,
            Err(error) => return Err(error),
        };
        self.add(pnl, leg.size, asset.initial_margin)
    }

    /// Adds a position as a withdrawal sees it: as new risk, but unrealised gains count nothing. Junior profit never
    /// backs the withdrawal of senior cash; it has to be settled first.
    #[inline(always)]
    pub const fn add_for_withdrawal(&mut self, leg: Leg, asset: &AssetRisk) -> Result<()> {
        match leg.pnl(asset.worse_price(leg.size)) {
            Ok(pnl) => self.add(if pnl > 0 { 0 } else { pnl }, leg.size, asset.initial_margin),
            Err(error) => Err(error),
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

    #[inline(always)]
    const fn add(&mut self, pnl: i64, size: i64, margin_per_lot: u64) -> Result<()> {
        let margin = match notional(size, margin_per_lot) {
            Ok(margin) => margin,
            Err(error) => return Err(error),
        };
        match (self.equity.checked_add(pnl), self.requirement.checked_add(margin)) {
            (Some(equity), Some(requirement)) if requirement <= i64::MAX as u64 => {
                *self = Self { equity, requirement };
                Ok(())
            }
            _ => Err(RiskError::ArithmeticOverflow),
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
mod tests {
    use super::*;
    use crate::{MAX_LOTS, MAX_PRICE};
    use proptest::prelude::*;

    prop_compose! {
        fn asset()(mark in 2..=MAX_PRICE / 2, spread in 0..1_000_u64, ratio in 1..5_000_u64, weight in 0..=10_000_u64) -> AssetRisk {
            AssetRisk {
                mark,
                long_price: mark.saturating_sub(spread).max(1),
                short_price: mark + spread,
                initial_margin: crate::bps_up(mark, ratio * 2).unwrap(),
                maintenance_margin: crate::bps_up(mark, ratio).unwrap(),
                gain_weight_bps: weight,
            }
        }
    }
    prop_compose! {
        fn leg()(size in -MAX_LOTS..=MAX_LOTS, entry in -(1_i64 << 60)..(1_i64 << 60)) -> Leg { Leg { size, entry } }
    }

    fn initial(cash: u64, leg: Leg, asset: &AssetRisk) -> Valuation {
        let mut valuation = Valuation::of_cash(cash).unwrap();
        valuation.add_for_initial(leg, asset).unwrap();
        valuation
    }

    proptest! {
        /// The sum of both sides of a trade is what it was before.
        #[test]
        fn i01_a_trade_creates_nothing(a in leg(), b in leg(), lots in 1..MAX_LOTS, price in 1..=MAX_PRICE) {
            if let (Ok(buyer), Ok(seller)) = (a.traded(lots, price), b.traded(-lots, price)) {
                prop_assert_eq!(buyer.size + seller.size, a.size + b.size);
                prop_assert_eq!(i128::from(buyer.entry) + i128::from(seller.entry), i128::from(a.entry) + i128::from(b.entry));
            }
        }

        #[test]
        fn i06_splitting_a_trade_gains_nothing(a in leg(), first in 1..1_000_i64, second in 1..1_000_i64, price in 1..=MAX_PRICE) {
            let whole = a.traded(first + second, price);
            let parts = a.traded(first, price).and_then(|leg| leg.traded(second, price));
            if let (Ok(whole), Ok(parts)) = (whole, parts) { prop_assert_eq!(whole, parts); }
        }

        #[test]
        fn more_cash_never_worsens_health(leg in leg(), asset in asset(), cash in 0..1_u64 << 60, more in 0..1_u64 << 50) {
            prop_assert!(initial(cash + more, leg, &asset).free_collateral() >= initial(cash, leg, &asset).free_collateral());
        }

        #[test]
        fn initial_equity_is_never_above_equity_at_mark(leg in leg(), asset in asset(), cash in 0..1_u64 << 60) {
            let mut maintenance = Valuation::of_cash(cash).unwrap();
            maintenance.add_for_maintenance(leg, &asset).unwrap();
            prop_assert!(initial(cash, leg, &asset).equity <= maintenance.equity);
            prop_assert!(initial(cash, leg, &asset).requirement >= maintenance.requirement);
            let mut withdrawal = Valuation::of_cash(cash).unwrap();
            withdrawal.add_for_withdrawal(leg, &asset).unwrap();
            prop_assert!(withdrawal.equity <= initial(cash, leg, &asset).equity);
        }

        #[test]
        fn a_worse_price_never_improves_a_long(size in 0..=MAX_LOTS, entry in -(1_i64 << 60)..(1_i64 << 60), price in 2..=MAX_PRICE) {
            let leg = Leg { size, entry };
            prop_assert!(leg.pnl(price - 1).unwrap() <= leg.pnl(price).unwrap());
            let short = Leg { size: -size, entry };
            prop_assert!(short.pnl(price - 1).unwrap() >= short.pnl(price).unwrap());
        }

        #[test]
        fn nothing_panics(size: i64, entry: i64, lots: i64, price: u64, cash: u64, margin: u64) {
            let leg = Leg { size, entry };
            let _ = (leg.traded(lots, price), leg.pnl(price), leg.reduced_to(Leg { size: lots, entry }));
            let asset = AssetRisk { mark: price, long_price: price, short_price: price, initial_margin: margin,
                maintenance_margin: margin, gain_weight_bps: price };
            if let Ok(mut valuation) = Valuation::of_cash(cash) {
                let _ = (valuation.add_for_initial(leg, &asset), valuation.add_for_maintenance(leg, &asset));
                let _ = (valuation.free_collateral(), valuation.shortfall(), valuation.is_covered());
            }
        }
    }

    #[test]
    fn covered_means_equity_at_least_the_requirement() {
        let at = |equity| Valuation { equity, requirement: 100 };
        assert_eq!([at(99), at(100), at(101)].map(|v| v.is_covered()), [false, true, true]);
        assert_eq!([at(49), at(50), at(-5)].map(|v| v.is_half_covered()), [false, true, false]);
        let needed = |level| Valuation { equity: 0, requirement: 101 }.at_level(level).requirement;
        assert_eq!([Level::Normal, Level::Caution, Level::ReduceOnly].map(needed), [101, 127, 127]);
        assert_eq!([at(99), at(100), at(101), at(-5)].map(|v| v.shortfall()), [1, 0, 0, 105]);
        assert_eq!([at(99), at(100), at(101), at(-5)].map(|v| v.free_collateral()), [0, 0, 1, 0]);
    }
}
