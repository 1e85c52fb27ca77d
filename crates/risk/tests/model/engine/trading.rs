//! Money in and out, prices and trades.

use risk::{
    Action, MarginTerms, OraclePrice, PriceQuality, Result, RiskError, Valuation, View, accept_price, asset_risk,
    plan_fee, ratio_improves, require_price_within_band, risk_opens_at,
};

use super::{Bug, Engine, debit};

impl Engine {
    /// The mark in the oracle's units, near enough for a walk.
    pub fn price(&self, market: usize) -> i64 {
        let scale = self.parameters[market].0.gate.scale.unsigned_abs();
        self.markets[market].price.mark as i64 * 10_i64.pow(scale)
    }

    pub(super) fn withdraw(&mut self, account: usize, amount: u64) -> Result<()> {
        self.require_quality_of_positions(account, Action::AddRisk)?;
        debit(&mut self.accounts[account].cash, amount)?;
        debit(&mut self.vaults.0, amount)?;
        let view = if self.bug == Bug::WithdrawalOnGains { View::Initial } else { View::Withdrawal };
        self.require_covered(account, view)
    }

    pub(super) fn publish(&mut self, market: usize, reading: &OraclePrice, pause: i64) -> Result<()> {
        self.now += pause;
        let (asset, params, _) = &self.parameters[market];
        let book = &mut self.markets[market];
        let price = accept_price(reading, &asset.gate, &book.price, self.now)?;
        book.opens_at = risk_opens_at(book.opens_at, price.quality >= PriceQuality::Fresh, price.publish_time);
        book.price = price;
        let mut terms = MarginTerms {
            initial_ratio_bps: asset.initial_ratio_bps,
            maintenance_ratio_bps: asset.maintenance_ratio_bps,
            takeover_ratio_bps: asset.initial_ratio_bps,
            gain_weight_bps: asset.gain_weight_bps,
            group_weight_bps: asset.group_weight_bps,
            group: asset.group,
            depth_lots: params.depth_lots,
        };
        match self.bug {
            Bug::WholeStressOffset if terms.group != 0 => terms.group_weight_bps = 10_000,
            Bug::AddOnForgotten => terms.depth_lots = 0,
            _ => {}
        }
        book.risk = asset_risk(&book.price, &terms)?;
        Ok(())
    }

    /// The buyer is the taker.
    pub(super) fn trade(&mut self, sides: [usize; 2], market: usize, lots: i64, price: u64) -> Result<()> {
        let (_, params, _) = self.parameters[market];
        if lots <= 0 || sides[0] == sides[1] {
            return Err(RiskError::SizeOutOfRange);
        }
        require_price_within_band(price, self.markets[market].risk.mark, params.price_band_bps)?;
        for side in sides {
            self.touch(side, market)?;
        }
        let before = [self.maintenance(sides[0])?, self.maintenance(sides[1])?];
        let legs = sides.map(|side| self.accounts[side].legs[market]);

        let bps = params.taker_fee_bps;
        let dust = self.markets[market].books.dust;
        let mut fee = plan_fee(lots, price, bps, self.accounts[sides[0]].cash, legs[0], dust)?;
        if self.bug == Bug::FeeRoundedDown && fee.from_cash > 0 && !(lots as u64 * price * bps).is_multiple_of(10_000) {
            fee.from_cash -= 1;
        }
        debit(&mut self.accounts[sides[0]].cash, fee.from_cash)?;
        self.markets[market].fees += fee.from_cash;
        if self.bug != Bug::FeeClaimForgotten {
            self.markets[market].books.dust = fee.dust;
        }
        let after = [fee.payer.traded(lots, price)?, legs[1].traded(-lots, price)?];
        for (index, side) in sides.into_iter().enumerate() {
            self.set_leg(side, market, after[index])?;
        }
        for (index, side) in sides.into_iter().enumerate() {
            self.require_margin(side, &before[index], legs[index].reduced_to(after[index]), market)?;
        }
        Ok(())
    }

    /// I-04: covered at initial margin on a fresh price, or the same position smaller, the ratio better and its loss paid.
    pub(super) fn require_margin(
        &self,
        account: usize,
        before: &Valuation,
        is_reduced: bool,
        market: usize,
    ) -> Result<()> {
        let after = self.maintenance(account)?;
        // Lots never leave a loss behind that cash does not pay, unless the account is at maintenance.
        let owner = &self.accounts[account];
        let loss = owner.legs[market].pnl(self.markets[market].risk.mark)?.min(0).unsigned_abs();
        let is_paid = loss <= owner.cash || self.bug == Bug::LeavesLossBehind;
        if is_reduced && ratio_improves(before, &after) && (is_paid || after.is_covered()) {
            return self.require_quality(market, Action::ReduceRisk);
        }
        self.require_quality_of_positions(account, Action::AddRisk)?;
        self.require_quality(market, Action::AddRisk)?;
        self.require_covered(account, View::Initial)
    }
}
