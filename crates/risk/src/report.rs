//! What an account looks like to its owner: what each position is worth, what it requires, and where it would be liquidated.

use crate::{
    AssetRisk, BPS_ONE, CollateralTerms, Leg, MAX_PRICE, Result, RiskError, Valuation, bps_up, notional,
    signed_notional,
};

/// What an account has in one asset: a position, collateral, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    pub leg: Leg,
    /// Atoms of the asset's token held as collateral.
    pub collateral: u64,
    pub terms: CollateralTerms,
    pub risk: AssetRisk,
    /// With the multiplier in it.
    pub maintenance_ratio_bps: u64,
}

impl Holding {
    /// The holding at a mark of `price`, as liquidation would see it.
    fn at(&self, price: u64) -> Result<Valuation> {
        let margin = bps_up(price, self.maintenance_ratio_bps)?;
        let mut valuation = Valuation { equity: self.leg.pnl(price)?, requirement: notional(self.leg.size, margin)? };
        valuation.add_collateral(self.terms.value(self.collateral, price)?)?;
        Ok(valuation)
    }

    /// Whether the account is worth more when the price rises: the lots it is long, in its position and (after the haircut) in
    /// collateral, less what margin grows by.
    fn gains_with_price(&self) -> bool {
        let lot_atoms = 10_i128.pow(u32::from(self.terms.lot_atoms_exponent));
        let one = i128::from(BPS_ONE);
        let kept = one - i128::from(self.terms.haircut_bps);
        let margin = i128::from(self.leg.size.unsigned_abs()) * i128::from(self.maintenance_ratio_bps);
        (i128::from(self.leg.size) * one - margin) * lot_atoms + i128::from(self.collateral) * kept > 0
    }
}

/// One asset of an account, in quote atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HoldingReport {
    /// Value of the position's lots at mark.
    pub notional: i64,
    /// Unrealised profit at mark.
    pub pnl: i64,
    /// What collateral counts at mark.
    pub collateral: u64,
    pub maintenance_margin: u64,
    pub initial_margin: u64,
    /// The first mark, moving from the present one while all others stay, at which anyone may liquidate. `None`: there is none.
    pub liquidation_price: Option<u64>,
    /// How far that is from the mark, in basis points of the mark, rounded down.
    pub distance_bps: Option<u64>,
}

/// The account at mark, the sums over its holdings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountReport {
    pub equity: i64,
    pub maintenance_margin: u64,
    pub initial_margin: u64,
    /// What could be lost before anyone may liquidate, and what is missing where anyone may already.
    pub free_of_maintenance: u64,
    pub shortfall: u64,
}

/// Reports an account of `cash` and `holdings`, one for each asset, into `reports`, one for each holding.
/// Errors: `SizeOutOfRange` where the two slices differ in length; what a valuation refuses.
pub fn report(cash: u64, holdings: &[Holding], reports: &mut [HoldingReport]) -> Result<AccountReport> {
    if holdings.len() != reports.len() {
        return Err(RiskError::SizeOutOfRange);
    }
    let mut whole = Valuation::of_cash(cash)?;
    let mut initial_margin = 0_u64;
    for (holding, report) in holdings.iter().zip(reports.iter_mut()) {
        let mark = holding.risk.mark;
        let own = holding.at(mark)?;
        whole = sum(whole, own)?;
        *report = HoldingReport {
            notional: signed_notional(holding.leg.size, mark)?,
            pnl: holding.leg.pnl(mark)?,
            collateral: holding.terms.value(holding.collateral, mark)?,
            maintenance_margin: own.requirement,
            initial_margin: notional(holding.leg.size, holding.risk.initial_margin)?,
            liquidation_price: None,
            distance_bps: None,
        };
        initial_margin = initial_margin.checked_add(report.initial_margin).ok_or(RiskError::ArithmeticOverflow)?;
    }
    for (holding, report) in holdings.iter().zip(reports) {
        let others = difference(whole, holding.at(holding.risk.mark)?)?;
        report.liquidation_price = liquidation_price(&others, holding)?;
        report.distance_bps = report.liquidation_price.map(|price| distance_bps(price, holding.risk.mark));
    }
    Ok(AccountReport {
        equity: whole.equity,
        maintenance_margin: whole.requirement,
        initial_margin,
        free_of_maintenance: whole.free_collateral(),
        shortfall: whole.shortfall(),
    })
}

/// The mark at which an account, `others` aside from this holding, falls below maintenance first. Found by bisection: health moves one
/// way with the price, and margins round per lot, so that no formula is exact. Exact, to the atom per lot, unless collateral and
/// a short of one asset pull against each other: their roundings may then differ by an atom of quote.
pub fn liquidation_price(others: &Valuation, holding: &Holding) -> Result<Option<u64>> {
    let mark = holding.risk.mark;
    let is_below = |price: u64| -> Result<bool> { Ok(!sum(*others, holding.at(price)?)?.is_covered()) };
    if (holding.leg.size == 0 && holding.collateral == 0) || mark == 0 {
        return Ok(None);
    }
    if is_below(mark)? {
        return Ok(Some(mark));
    }
    // `safe` is always covered, `bad` never.
    let (mut safe, mut bad) = if holding.gains_with_price() { (mark, 1) } else { (mark, MAX_PRICE) };
    if bad == safe || !is_below(bad)? {
        return Ok(None);
    }
    while safe.abs_diff(bad) > 1 {
        let middle = safe.midpoint(bad);
        if is_below(middle)? {
            bad = middle;
        } else {
            safe = middle;
        }
    }
    Ok(Some(bad))
}

/// `|price - mark|` in basis points of the mark, rounded down. Prices are below 2^31.
fn distance_bps(price: u64, mark: u64) -> u64 {
    (price.abs_diff(mark).saturating_mul(BPS_ONE)).checked_div(mark).unwrap_or(0)
}

fn sum(one: Valuation, other: Valuation) -> Result<Valuation> {
    let equity = one.equity.checked_add(other.equity).ok_or(RiskError::ArithmeticOverflow)?;
    let requirement = one.requirement.checked_add(other.requirement).ok_or(RiskError::ArithmeticOverflow)?;
    Ok(Valuation { equity, requirement })
}

fn difference(whole: Valuation, part: Valuation) -> Result<Valuation> {
    let equity = whole.equity.checked_sub(part.equity).ok_or(RiskError::ArithmeticOverflow)?;
    let requirement = whole.requirement.checked_sub(part.requirement).ok_or(RiskError::ArithmeticOverflow)?;
    Ok(Valuation { equity, requirement })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn holding(size: i64, price: u64, mark: u64, collateral: u64, haircut_bps: u64) -> Holding {
        Holding {
            leg: Leg { size, entry: size * price as i64 },
            collateral,
            terms: CollateralTerms { lot_atoms_exponent: 7, haircut_bps, discount_bps: 0 },
            risk: AssetRisk { mark, initial_margin: mark / 10, ..AssetRisk::default() },
            maintenance_ratio_bps: 500,
        }
    }

    #[test]
    fn a_long_of_ten_times_its_cash_is_liquidated_where_five_percent_are_left() {
        // 6,000 lots at 1,500,000, cash 1,000 dollars: 1,000 + 6,000 (p - 1.5) < 300 p at p < 8,000 / 5,700, and an atom
        // earlier, because margin is rounded up per lot.
        let mut reports = [HoldingReport::default()];
        let account = report(1_000_000_000, &[holding(6_000, 1_500_000, 1_500_000, 0, 0)], &mut reports).unwrap();
        assert_eq!(
            (account.equity, account.maintenance_margin, account.initial_margin),
            (1_000_000_000, 450_000_000, 900_000_000)
        );
        assert_eq!((account.free_of_maintenance, account.shortfall), (550_000_000, 0));
        assert_eq!((reports[0].liquidation_price, reports[0].distance_bps), (Some(1_403_509), Some(643)));
        assert_eq!((reports[0].notional, reports[0].pnl), (9_000_000_000, 0));
    }

    #[test]
    fn an_account_that_nothing_can_bring_down_has_no_liquidation_price() {
        let price = |cash, holding| liquidation_price(&Valuation::of_cash(cash).unwrap(), &holding).unwrap();
        assert_eq!(price(10_000_000_000, holding(1_000, 1_500_000, 1_500_000, 0, 0)), None);
        assert_eq!(price(0, holding(0, 0, 1_500_000, 5, 1_000)), None);
        assert_eq!(price(0, holding(1_000, 1_500_000, 1_500_000, 0, 0)), Some(1_500_000), "already below");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// The mark before it is safe, and the mark itself is not, for longs and shorts, beside other holdings and collateral.
        #[test]
        fn the_liquidation_price_is_exact(
            size in -1_000_000_i64..1_000_000, price in 1..1_u64 << 24, mark in 1..1_u64 << 24, cash in 0..1_u64 << 44,
            collateral in prop_oneof![Just(0), 0..1_u64 << 40], haircut in 0..10_000_u64, equity in -(1_i64 << 40)..1_i64 << 40, requirement in 0..1_u64 << 40,
        ) {
            prop_assume!(size > 0 || collateral == 0);
            let holding = holding(size, price, mark, collateral, haircut);
            let others = sum(Valuation::of_cash(cash).unwrap(), Valuation { equity, requirement }).unwrap();
            let is_below = |price| !sum(others, holding.at(price).unwrap()).unwrap().is_covered();
            match liquidation_price(&others, &holding).unwrap() {
                Some(found) if found == mark => prop_assert!(is_below(mark)),
                Some(found) if found < mark => prop_assert!(is_below(found) && !is_below(found + 1)),
                Some(found) => prop_assert!(is_below(found) && !is_below(found - 1)),
                None => prop_assert!(!is_below(mark) && (!is_below(1) || !is_below(MAX_PRICE))),
            }
        }

        /// Named in the design: more cash never worsens health, and never brings the liquidation price nearer.
        #[test]
        fn more_cash_never_brings_the_liquidation_price_nearer(size in -1_000_000_i64..1_000_000, price in 1..1_u64 << 24, cash in 0..1_u64 << 44, more in 0..1_u64 << 40) {
            let holding = holding(size, price, price, 0, 0);
            let distance = |cash| {
                let found = liquidation_price(&Valuation::of_cash(cash).unwrap(), &holding).unwrap();
                found.map_or(u64::MAX, |found| found.abs_diff(price))
            };
            prop_assert!(distance(cash + more) >= distance(cash));
        }

        #[test]
        fn nothing_panics(cash: u64, size: i64, entry: i64, mark: u64, collateral: u64, haircut_bps: u64, exponent in 0..12_u8, ratio: u64) {
            let terms = CollateralTerms { lot_atoms_exponent: exponent, haircut_bps, discount_bps: 0 };
            let risk = AssetRisk { mark, initial_margin: mark, ..AssetRisk::default() };
            let holding = Holding { leg: Leg { size, entry }, collateral, terms, risk, maintenance_ratio_bps: ratio };
            let _ = report(cash, &[holding], &mut [HoldingReport::default()]);
        }
    }
}
