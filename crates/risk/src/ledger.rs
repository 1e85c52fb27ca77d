//! Cash against pool: how losses and gains become money, and the identities that tie a market together.

use crate::{Leg, Result, RiskError, bps_down};

/// A loss moving from an account's cash to the market's pool. Law: cash falls by `paid`, the pool rises by `paid`, the
/// leg's entry falls by `paid`; `paid + unpaid` is the loss.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LossPlan {
    pub paid: u64,
    pub unpaid: u64,
    pub leg: Leg,
}

/// A gain moving from the pool to cash. Law: the pool falls by `paid`, cash rises by `paid`, entry rises by `paid`;
/// `paid + waiting` is the gain.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProfitPlan {
    pub paid: u64,
    pub waiting: u64,
    pub leg: Leg,
}

/// Plans the settlement of a leg's loss at `mark` out of `cash`. A leg without a loss pays nothing.
#[inline(always)]
pub const fn plan_loss_settlement(leg: Leg, mark: u64, cash: u64) -> Result<LossPlan> {
    let pnl = match leg.pnl(mark) {
        Ok(pnl) => pnl,
        Err(error) => return Err(error),
    };
    if pnl >= 0 {
        return Ok(LossPlan { paid: 0, unpaid: 0, leg });
    }
    let loss = pnl.unsigned_abs();
    let paid = if loss < cash { loss } else { cash };
    let Some(entry) = leg.entry.checked_sub_unsigned(paid) else { return Err(RiskError::ArithmeticOverflow) };
    Ok(LossPlan { paid, unpaid: loss - paid, leg: Leg { size: leg.size, entry } })
}

/// Plans the payment of a leg's gain at `price` (the worse of mark and EMA) out of `pool`, as far as it reaches.
#[inline(always)]
pub const fn plan_profit_settlement(leg: Leg, price: u64, pool: u64) -> Result<ProfitPlan> {
    let pnl = match leg.pnl(price) {
        Ok(pnl) => pnl,
        Err(error) => return Err(error),
    };
    if pnl <= 0 {
        return Ok(ProfitPlan { paid: 0, waiting: 0, leg });
    }
    let gain = pnl as u64;
    let paid = if gain < pool { gain } else { pool };
    let Some(entry) = leg.entry.checked_add_unsigned(paid) else { return Err(RiskError::ArithmeticOverflow) };
    Ok(ProfitPlan { paid, waiting: gain - paid, leg: Leg { size: leg.size, entry } })
}

/// Lots held on each side of a market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenInterest {
    pub long: u64,
    pub short: u64,
}

impl OpenInterest {
    /// Open interest after one position changes from `before` to `after` lots. Error: more lots leave a side than it has,
    /// which state that keeps I-03 cannot reach.
    #[inline(always)]
    pub const fn moved(self, before: i64, after: i64) -> Result<Self> {
        let (Some(long), Some(short)) = (
            moved(self.long, side(before, true), side(after, true)),
            moved(self.short, side(before, false), side(after, false)),
        ) else {
            return Err(RiskError::ArithmeticOverflow);
        };
        Ok(Self { long, short })
    }
}

/// Lots of a position that count on the long side, or on the short.
#[inline(always)]
const fn side(size: i64, long: bool) -> u64 {
    if size != 0 && (size > 0) == long { size.unsigned_abs() } else { 0 }
}

#[inline(always)]
const fn moved(total: u64, before: u64, after: u64) -> Option<u64> {
    match total.checked_sub(before) {
        Some(rest) => rest.checked_add(after),
        None => None,
    }
}

/// Refuses a trade price further than `band_bps` from `mark`.
#[inline(always)]
pub const fn require_price_within_band(price: u64, mark: u64, band_bps: u64) -> Result<()> {
    match bps_down(mark, band_bps) {
        Ok(band) if price.abs_diff(mark) <= band => Ok(()),
        Ok(_) => Err(RiskError::PriceOutsideBand),
        Err(error) => Err(error),
    }
}

/// Refuses a price worse than `limit` for one who buys, or sells, at it.
#[inline(always)]
pub const fn require_price_within_limit(price: u64, limit: u64, buys: bool) -> Result<()> {
    let is_within = if buys { price <= limit } else { price >= limit };
    if is_within { Ok(()) } else { Err(RiskError::LimitPriceExceeded) }
}

/// What all positions of one market add up to. Used by tests, the simulator, the demo and monitors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PositionTotals {
    pub size: i128,
    pub entry: i128,
    pub long: u128,
    pub short: u128,
}

impl PositionTotals {
    /// Adds one leg.
    pub const fn add(&mut self, leg: Leg) {
        self.size += leg.size as i128;
        self.entry += leg.entry as i128;
        if leg.size > 0 {
            self.long += leg.size as u128;
        } else {
            self.short += leg.size.unsigned_abs() as u128;
        }
    }
}

/// One market's own books.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerTotals {
    pub open_interest: OpenInterest,
    pub pool: u64,
    pub carry: i64,
    pub dust: Leg,
}

impl LedgerTotals {
    /// I-01 and I-03 for one market: sizes and entries cancel exactly, open interest is the sum of sizes.
    pub const fn holds(&self, positions: &PositionTotals) -> bool {
        positions.size + self.dust.size as i128 == 0
            && positions.entry + self.dust.entry as i128 + self.pool as i128 + self.carry as i128 == 0
            && positions.long == self.open_interest.long as u128
            && positions.short == self.open_interest.short as u128
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MAX_LOTS, MAX_PRICE};
    use proptest::prelude::*;

    prop_compose! {
        fn leg()(size in -MAX_LOTS..=MAX_LOTS, entry in -(1_i64 << 60)..(1_i64 << 60)) -> Leg { Leg { size, entry } }
    }

    proptest! {
        #[test]
        fn i01_settling_moves_what_it_says(leg in leg(), mark in 1..=MAX_PRICE, cash in 0..1_u64 << 60, pool in 0..1_u64 << 60) {
            let pnl = leg.pnl(mark).unwrap();
            let loss = plan_loss_settlement(leg, mark, cash).unwrap();
            prop_assert!(loss.paid <= cash);
            prop_assert_eq!(loss.leg.entry, leg.entry - loss.paid as i64);
            prop_assert_eq!(u128::from(loss.paid) + u128::from(loss.unpaid), (-i128::from(pnl)).max(0) as u128);
            let profit = plan_profit_settlement(leg, mark, pool).unwrap();
            prop_assert!(profit.paid <= pool);
            prop_assert_eq!(profit.leg.entry, leg.entry + profit.paid as i64);
            prop_assert_eq!(u128::from(profit.paid) + u128::from(profit.waiting), i128::from(pnl).max(0) as u128);
        }

        #[test]
        fn i06_settling_a_loss_twice_pays_once(leg in leg(), mark in 1..=MAX_PRICE, cash in 0..1_u64 << 60) {
            let once = plan_loss_settlement(leg, mark, cash).unwrap();
            let again = plan_loss_settlement(once.leg, mark, cash - once.paid).unwrap();
            prop_assert_eq!(again.paid, 0);
            prop_assert_eq!(again.unpaid, once.unpaid);
        }

        #[test]
        fn i03_open_interest_follows_sizes(sizes in prop::collection::vec(-1_000_i64..1_000, 1..8), next in -1_000_i64..1_000) {
            let mut totals = OpenInterest::default();
            for size in &sizes { totals = totals.moved(0, *size).unwrap(); }
            let moved = totals.moved(sizes[0], next).unwrap();
            let long: i64 = next.max(0) + sizes[1..].iter().map(|size| size.max(&0)).sum::<i64>();
            let short: i64 = (-next).max(0) + sizes[1..].iter().map(|size| (-size).max(0)).sum::<i64>();
            prop_assert_eq!(moved, OpenInterest { long: long as u64, short: short as u64 });
        }

        #[test]
        fn nothing_panics(size: i64, entry: i64, mark: u64, money: u64, band: u64) {
            let leg = Leg { size, entry };
            let _ = (plan_loss_settlement(leg, mark, money), plan_profit_settlement(leg, mark, money));
            let _ = require_price_within_band(money, mark, band);
        }
    }

    #[test]
    fn the_band_includes_its_edge() {
        for (price, ok) in [(979, false), (980, true), (1_020, true), (1_021, false)] {
            assert_eq!(require_price_within_band(price, 1_000, 200).is_ok(), ok, "{price}");
        }
    }

    #[test]
    fn a_limit_includes_itself() {
        let at = |buys| [99, 100, 101].map(|price| require_price_within_limit(price, 100, buys).is_ok());
        assert_eq!((at(true), at(false)), ([true, true, false], [false, true, true]));
    }

    #[test]
    fn open_interest_never_goes_below_zero() {
        assert_eq!(OpenInterest::default().moved(1, 0), Err(RiskError::ArithmeticOverflow));
    }
}
