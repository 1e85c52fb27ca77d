//! What an account looks like to its owner: what each position is worth, what it requires and why, and where it would be liquidated.

use crate::{
    AssetRisk, BPS_ONE, CollateralTerms, Exposure, Leg, MAX_PRICE, MarginTerms, Result, RiskError, Valuation, View,
    bps_up, liquidity_up, notional, signed_notional,
};

/// What an account has in one asset: a position, collateral, or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    pub leg: Leg,
    /// Atoms of the asset's token held as collateral.
    pub collateral: u64,
    /// As maintenance counts it, and as new risk does.
    pub terms: CollateralTerms,
    pub terms_for_initial: CollateralTerms,
    pub risk: AssetRisk,
    /// With the multipliers in them.
    pub margin: MarginTerms,
}

impl Holding {
    /// What maintenance multiplies by at a mark of `price`.
    fn at(&self, price: u64) -> Result<AssetRisk> {
        let margin = bps_up(price, self.margin.maintenance_ratio_bps)?;
        Ok(AssetRisk {
            mark: price,
            maintenance_margin: margin,
            maintenance_liquidity: liquidity_up(margin, self.margin.depth_lots),
            maintenance_grouped: self.margin.grouped_down(margin)?,
            ..self.risk
        })
    }

    /// What its collateral counts at `price` beside `long_stress` of the same group.
    fn counted(&self, terms: &CollateralTerms, price: u64, exposure: &Exposure) -> Result<u64> {
        if self.collateral == 0 {
            return Ok(0);
        }
        terms.counted(self.collateral, price, exposure.long_stress(self.risk.group))
    }
}

/// One asset of an account, in quote atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HoldingReport {
    /// Value of the position's lots at mark.
    pub notional: i64,
    /// Unrealised profit at mark.
    pub pnl: i64,
    /// What collateral counts at mark, and what was taken off its value.
    pub collateral: u64,
    pub haircut: u64,
    /// Maintenance margin by reason: what the price could move, what closing would cost. Offsets are the account's.
    pub shock: u64,
    pub liquidity: u64,
    /// Initial margin, before offsets.
    pub initial_margin: u64,
    /// The first mark, moving from the present one while all others stay, at which anyone may liquidate. `None`: there is none.
    pub liquidation_price: Option<u64>,
    /// How far that is from the mark, in basis points of the mark, rounded down.
    pub distance_bps: Option<u64>,
}

/// The account at mark. `maintenance_margin` is `shock + liquidity - offset`, and equity is what it is after `haircut`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountReport {
    pub equity: i64,
    pub maintenance_margin: u64,
    pub shock: u64,
    pub liquidity: u64,
    /// What opposite positions of one group take off.
    pub offset: u64,
    /// What is taken off the value of collateral.
    pub haircut: u64,
    pub initial_margin: u64,
    /// What may be risked or lost before new risk is refused: at the worse prices, gains at their weight.
    pub free_collateral: u64,
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
    let (mut maintenance, mut initial) = (Exposure::of_cash(cash)?, Exposure::of_cash(cash)?);
    for holding in holdings {
        maintenance.add(View::Maintenance, holding.leg, &holding.risk)?;
        initial.add(View::Initial, holding.leg, &holding.risk)?;
    }
    let (mut whole, mut free) = (maintenance.valuation(), initial.valuation());
    let mut account =
        AccountReport { offset: maintenance.offset(), initial_margin: free.requirement, ..AccountReport::default() };
    for (index, (holding, report)) in holdings.iter().zip(reports.iter_mut()).enumerate() {
        *report = one(holding, &maintenance)?;
        whole.add_collateral(report.collateral)?;
        free.add_collateral(holding.counted(&holding.terms_for_initial, holding.risk.long_price, &initial)?)?;
        account.shock = sum(account.shock, report.shock)?;
        account.liquidity = sum(account.liquidity, report.liquidity)?;
        account.haircut = sum(account.haircut, report.haircut)?;
        report.liquidation_price = liquidation_price(cash, holdings, index)?;
        report.distance_bps = report.liquidation_price.map(|price| distance_bps(price, holding.risk.mark));
    }
    Ok(AccountReport {
        equity: whole.equity,
        maintenance_margin: whole.requirement,
        free_collateral: free.free_collateral(),
        free_of_maintenance: whole.free_collateral(),
        shortfall: whole.shortfall(),
        ..account
    })
}

fn one(holding: &Holding, maintenance: &Exposure) -> Result<HoldingReport> {
    let Holding { leg, risk, .. } = holding;
    let alone = |margin, liquidity| {
        let asset =
            AssetRisk { maintenance_margin: margin, maintenance_liquidity: liquidity, maintenance_grouped: 0, ..*risk };
        let mut exposure = Exposure::default();
        exposure.add(View::Maintenance, Leg { entry: 0, ..*leg }, &asset)?;
        Ok(exposure.valuation().requirement)
    };
    let shock = notional(leg.size, risk.maintenance_margin)?;
    let whole = if holding.collateral == 0 { 0 } else { holding.terms.value_whole(holding.collateral, risk.mark)? };
    let collateral = holding.counted(&holding.terms, risk.mark, maintenance)?;
    Ok(HoldingReport {
        notional: signed_notional(leg.size, risk.mark)?,
        pnl: leg.pnl(risk.mark)?,
        collateral,
        haircut: whole.saturating_sub(collateral),
        shock,
        liquidity: alone(risk.maintenance_margin, risk.maintenance_liquidity)?.saturating_sub(shock),
        initial_margin: alone(risk.initial_margin, risk.initial_liquidity)?,
        liquidation_price: None,
        distance_bps: None,
    })
}

/// The mark of the holding `index` at which an account falls below maintenance first, all other marks staying. Found by bisection on either side of the
/// present mark: margins round per lot, so that no formula is exact. What an account has above maintenance is concave in a price (offsets are minima of what is
/// linear), so that there is one such price on a side at most, and it is exact to the atom per lot. Two exceptions: collateral and a short of one
/// asset that pull against each other, and a surcharge on collateral of the same group; their roundings and bends may differ from it.
pub fn liquidation_price(cash: u64, holdings: &[Holding], index: usize) -> Result<Option<u64>> {
    let holding = holdings.get(index).ok_or(RiskError::SizeOutOfRange)?;
    let mark = holding.risk.mark;
    let is_below = |price: u64| Ok(!value_at(cash, holdings, (index, price))?.is_covered());
    if (holding.leg.size == 0 && holding.collateral == 0) || mark == 0 {
        return Ok(None);
    }
    if is_below(mark)? {
        return Ok(Some(mark));
    }
    let below = bisect(mark, 1, &is_below)?;
    let above = bisect(mark, MAX_PRICE, &is_below)?;
    let nearer = |price: &u64| price.abs_diff(mark);
    Ok(below.into_iter().chain(above).min_by_key(nearer))
}

/// Between `safe` and `bad`, the first price that is below maintenance; `None` where `bad` is not.
fn bisect(mut safe: u64, mut bad: u64, is_below: &impl Fn(u64) -> Result<bool>) -> Result<Option<u64>> {
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

/// The account at maintenance with one mark moved.
fn value_at(cash: u64, holdings: &[Holding], (moved, price): (usize, u64)) -> Result<Valuation> {
    let mut exposure = Exposure::of_cash(cash)?;
    for (index, holding) in holdings.iter().enumerate() {
        let risk = if index == moved { holding.at(price)? } else { holding.risk };
        exposure.add(View::Maintenance, holding.leg, &risk)?;
    }
    let mut valuation = exposure.valuation();
    for (index, holding) in holdings.iter().enumerate() {
        let mark = if index == moved { price } else { holding.risk.mark };
        valuation.add_collateral(holding.counted(&holding.terms, mark, &exposure)?)?;
    }
    Ok(valuation)
}

/// `|price - mark|` in basis points of the mark, rounded down. Prices are below 2^31.
fn distance_bps(price: u64, mark: u64) -> u64 {
    (price.abs_diff(mark).saturating_mul(BPS_ONE)).checked_div(mark).unwrap_or(0)
}

fn sum(one: u64, other: u64) -> Result<u64> {
    one.checked_add(other).ok_or(RiskError::ArithmeticOverflow)
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
