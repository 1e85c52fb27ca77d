//! Collateral other than quote.

use risk::{Action, AssetRisk, Converted, Exposure, PriceQuality, Result, RiskError, Valuation, View, plan_conversion};

use super::{Bug, Engine, debit};
use crate::operation::{BANKS, MARKETS};

impl Engine {
    fn collateral(&self, account: usize, exposure: &Exposure, price: fn(&AssetRisk) -> u64) -> Result<u64> {
        let mut sum = 0;
        for (bank, terms) in self.banks.iter().enumerate() {
            let mut terms = *terms;
            if self.bug == Bug::HaircutForgotten {
                terms.haircut_bps = 0;
            }
            if self.bug == Bug::ConcentrationIgnored {
                terms.cap_lots = 0;
            }
            let risk = &self.markets[bank].risk;
            let counted = terms.value(self.accounts[account].collateral[bank], price(risk))?;
            let is_free = self.bug == Bug::SurchargeForgotten;
            sum += counted - if is_free { 0 } else { terms.surcharge_up(counted, exposure.long_stress(risk.group))? };
        }
        Ok(sum)
    }

    pub fn maintenance(&self, account: usize) -> Result<Valuation> {
        let exposure = self.value(account, View::Maintenance)?;
        let mut valuation = exposure.valuation();
        valuation.add_collateral(self.collateral(account, &exposure, |risk| risk.mark)?)?;
        Ok(valuation)
    }

    pub(super) fn with_collateral(&self, account: usize, exposure: &Exposure) -> Result<Valuation> {
        let mut valuation = exposure.valuation();
        let price = if self.bug == Bug::CollateralAtMark {
            |risk: &AssetRisk| risk.mark
        } else {
            |risk: &AssetRisk| risk.long_price
        };
        valuation.add_collateral(self.collateral(account, exposure, price)?)?;
        Ok(valuation)
    }

    pub(super) fn require_quality_of_collateral(&self, account: usize, action: Action) -> Result<()> {
        if self.bug == Bug::StaleCollateralCounts {
            return Ok(());
        }
        (0..BANKS)
            .filter(|bank| self.accounts[account].collateral[*bank] != 0)
            .try_for_each(|bank| self.require_quality(bank, action))
    }

    /// Cash and positions cover what is needed; else collateral may help, on fresh prices.
    pub(super) fn require_covered(&self, account: usize, view: View) -> Result<()> {
        self.require_covered_for(account, view, Action::AddRisk)
    }

    fn require_covered_for(&self, account: usize, view: View, action: Action) -> Result<()> {
        let exposure = self.value(account, view)?;
        if exposure.valuation().is_covered() {
            return Ok(());
        }
        self.require_quality_of_collateral(account, action)?;
        let valuation = self.with_collateral(account, &exposure)?;
        if valuation.is_covered() { Ok(()) } else { Err(RiskError::MarginInsufficient) }
    }

    pub(super) fn add_collateral(&mut self, account: usize, bank: usize, amount: u64) -> Result<()> {
        self.accounts[account].collateral[bank] += amount;
        self.vaults.2[bank] += amount;
        Ok(())
    }

    pub(super) fn remove_collateral(&mut self, account: usize, bank: usize, amount: u64) -> Result<()> {
        self.require_quality_of_positions(account, Action::AddRisk)?;
        debit(&mut self.accounts[account].collateral[bank], amount)?;
        debit(&mut self.vaults.2[bank], amount)?;
        self.require_covered(account, View::Withdrawal)
    }

    /// A sale of collateral from `who[1]` to `who[0]`, for at most `most`.
    pub(super) fn convert(&mut self, who: [usize; 2], bank: usize, amount: u64, most: u64) -> Result<()> {
        let [buyer, seller] = who;
        if buyer == seller {
            return Err(RiskError::SizeOutOfRange);
        }
        self.require_quality_of_positions(seller, Action::Liquidate)?;
        self.require_quality_of_collateral(seller, Action::Liquidate)?;
        self.require_quality(bank, Action::Liquidate)?;
        let risk = self.markets[bank].risk;
        let is_fresh = self.quality(bank) >= PriceQuality::Fresh;
        let account = self.maintenance(seller)?;
        let quote = self.value(seller, View::Maintenance)?;
        let mut losses = 0;
        for market in 0..MARKETS {
            losses += self.leg(seller, market)?.pnl(self.markets[market].risk.mark)?.min(0).unsigned_abs();
        }
        let converted = Converted {
            account,
            quote_equity: quote.valuation().equity,
            uncovered_losses: losses.saturating_sub(self.accounts[seller].cash),
            available: self.accounts[seller].collateral[bank],
            long_stress: quote.long_stress(risk.group),
        };
        let mut terms = self.banks[bank];
        if self.bug == Bug::FullDiscountForHealthy && account.is_covered() {
            terms.discount_bps *= 2;
        }
        let price = if is_fresh || self.bug == Bug::SoldAtMark { risk.mark } else { risk.short_price };
        let mut plan = plan_conversion(&converted, &terms, price, risk.mark, amount)?;
        if self.bug == Bug::BuyerPaysLess {
            plan.paid -= 1;
        }
        self.proposal.conversion = Some(plan);
        if plan.paid > most {
            return Err(RiskError::LimitPriceExceeded);
        }
        debit(&mut self.accounts[seller].collateral[bank], plan.amount)?;
        self.accounts[buyer].collateral[bank] += plan.amount;
        debit(&mut self.accounts[buyer].cash, plan.paid)?;
        self.accounts[seller].cash += plan.paid;
        self.require_quality_of_positions(buyer, Action::Liquidate)?;
        self.require_covered_for(buyer, View::Initial, Action::Liquidate)
    }
}
