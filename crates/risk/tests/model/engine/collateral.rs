//! Collateral other than quote.

use risk::{Action, AssetRisk, Converted, Leg, PriceQuality, Result, RiskError, Valuation, plan_conversion};

use super::{Bug, Engine, debit};
use crate::operation::{BANKS, MARKETS};

impl Engine {
    fn collateral(&self, account: usize, price: fn(&AssetRisk) -> u64) -> Result<u64> {
        let mut sum = 0;
        for (bank, terms) in self.banks.iter().enumerate() {
            let mut terms = *terms;
            if self.bug == Bug::HaircutForgotten {
                terms.haircut_bps = 0;
            }
            sum += terms.value(self.accounts[account].collateral[bank], price(&self.markets[bank].risk))?;
        }
        Ok(sum)
    }

    pub fn maintenance(&self, account: usize) -> Result<Valuation> {
        let mut valuation = self.value(account, Valuation::add_for_maintenance)?;
        valuation.add_collateral(self.collateral(account, |risk| risk.mark)?)?;
        Ok(valuation)
    }

    pub(super) fn with_collateral(&self, account: usize, mut valuation: Valuation) -> Result<Valuation> {
        let price = if self.bug == Bug::CollateralAtMark {
            |risk: &AssetRisk| risk.mark
        } else {
            |risk: &AssetRisk| risk.long_price
        };
        valuation.add_collateral(self.collateral(account, price)?)?;
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
    pub(super) fn require_covered(
        &self,
        account: usize,
        add: fn(&mut Valuation, Leg, &AssetRisk) -> Result<()>,
    ) -> Result<()> {
        self.require_covered_for(account, add, Action::AddRisk)
    }

    fn require_covered_for(
        &self,
        account: usize,
        add: fn(&mut Valuation, Leg, &AssetRisk) -> Result<()>,
        action: Action,
    ) -> Result<()> {
        let valuation = self.value(account, add)?;
        if valuation.is_covered() {
            return Ok(());
        }
        self.require_quality_of_collateral(account, action)?;
        let valuation = self.with_collateral(account, valuation)?;
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
        self.require_covered(account, Valuation::add_for_withdrawal)
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
        let quote = self.value(seller, Valuation::add_for_maintenance)?;
        let mut losses = 0;
        for market in 0..MARKETS {
            losses += self.leg(seller, market)?.pnl(self.markets[market].risk.mark)?.min(0).unsigned_abs();
        }
        let converted = Converted {
            account,
            quote_equity: quote.equity,
            uncovered_losses: losses.saturating_sub(self.accounts[seller].cash),
            available: self.accounts[seller].collateral[bank],
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
        self.require_covered_for(buyer, Valuation::add_for_initial, Action::Liquidate)
    }
}
