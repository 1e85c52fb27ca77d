//! Settlement, liquidation, and who bears the losses of a bankrupt account.

use risk::{
    Action, BankruptcyShare, InsuranceCaps, Leg, MAX_LOTS, PriceQuality, Result, RiskError, Side, Target, View,
    plan_bankruptcy, plan_deleveraging, plan_insurance, plan_liquidation, plan_loss_settlement, plan_profit_settlement,
    ratio_improves,
};

use super::{Bug, Engine, SideBook, debit};
use crate::operation::{ACCOUNTS, BANKS, MARKETS};

impl Engine {
    pub fn is_liquidatable(&self, account: usize) -> bool {
        self.maintenance(account).is_ok_and(|valuation| !valuation.is_covered())
    }

    pub(super) fn settle(&mut self, accounts: &[bool; ACCOUNTS], market: usize) -> Result<()> {
        let mut has_moved = false;
        for account in (0..ACCOUNTS).filter(|account| accounts[*account]) {
            has_moved |= self.settle_one(account, market)?;
        }
        if has_moved { Ok(()) } else { Err(RiskError::PositionMissing) }
    }

    /// Whether something moved. What the account is worth is known only while its prices are good enough to liquidate it.
    fn settle_one(&mut self, account: usize, market: usize) -> Result<bool> {
        // What is open needs a price, and so does a fraction that changes hands.
        let touch = self.plan_touch(account, market)?;
        let needs_price = touch.leg.size != 0 || touch.dust_entry != 0;
        if needs_price && self.require_quality(market, Action::SettleLoss).is_err() {
            return Ok(false);
        }
        let was_touched = self.touch(account, market)?;
        let is_known = self.require_quality_of_positions(account, Action::Liquidate).is_ok()
            && self.require_quality_of_collateral(account, Action::Liquidate).is_ok();
        let valuation = self.maintenance(account)?;
        let leg = self.accounts[account].legs[market];
        let source = if self.bug == Bug::OtherMarketPays { (market + 1) % MARKETS } else { market };
        let (payer, book) = (&mut self.accounts[account], &mut self.markets[market]);
        let mut loss = plan_loss_settlement(leg, book.risk.mark, payer.cash)?;
        let is_loss = loss.paid > 0 || loss.unpaid > 0;
        if is_loss && is_known && valuation.equity < 0 && self.bug != Bug::BankruptSettles {
            return Ok(was_touched);
        }
        if loss.paid > 0 {
            if self.bug == Bug::LossPaidPlusOne && loss.unpaid == 0 && payer.cash > loss.paid {
                loss.paid += 1;
                loss.leg.entry -= 1;
            }
            debit(&mut payer.cash, loss.paid)?;
            if self.bug == Bug::LossLeavesCash {
                payer.cash += loss.paid;
            }
            book.books.pool += loss.paid;
            self.set_leg(account, market, loss.leg)?;
            return Ok(true);
        }
        let is_below = is_known && !valuation.is_covered() && self.bug != Bug::GainBelowMaintenanceAtWorsePrice;
        let is_at_mark = is_below || self.bug == Bug::GainAtMark;
        let price = if is_at_mark { book.risk.mark } else { book.risk.worse_price(leg.size) };
        let gain = plan_profit_settlement(leg, price, self.markets[source].books.pool)?;
        // The touch may have closed it: then no price is needed any more.
        if gain.paid == 0 || (leg.size != 0 && self.require_quality(market, Action::AddRisk).is_err()) {
            return Ok(was_touched);
        }
        self.accounts[account].cash += gain.paid;
        if self.bug != Bug::ProfitNotFromPool {
            debit(&mut self.markets[source].books.pool, gain.paid)?;
        }
        self.set_leg(account, market, gain.leg)?;
        Ok(true)
    }

    pub(super) fn liquidate(&mut self, who: [usize; 2], market: usize, max_lots: u64, seconds: u64) -> Result<()> {
        let [liquidator, liquidatee] = who;
        let (_, params, _) = self.parameters[market];
        if liquidator == liquidatee {
            return Err(RiskError::SizeOutOfRange);
        }
        self.require_quality_of_positions(liquidatee, Action::Liquidate)?;
        self.require_quality_of_collateral(liquidatee, Action::Liquidate)?;
        for account in who {
            self.touch(account, market)?;
        }
        let book = &self.markets[market];
        let window = book.liquidated.at(self.now, params.liquidation_window_seconds);
        let before = self.maintenance(liquidatee)?;
        let share = self.bankruptcy(liquidatee, market);
        let liquidator_before = self.maintenance(liquidator)?;
        let legs = who.map(|account| self.accounts[account].legs[market]);
        let exposure = self.value(liquidatee, View::Maintenance)?;
        let mut stress = exposure.stress_of(legs[1].size.unsigned_abs(), legs[1].size > 0, &book.risk)?;
        if self.bug == Bug::OffsetNotLost {
            (stress.same_side, stress.other_side) = (0, 0);
        }
        let target =
            Target { account: before, size: legs[1].size, mark: book.risk.mark, stress, seconds_liquidatable: seconds };
        let mut terms = params.terms;
        if self.bug == Bug::SliceIgnored {
            terms.slice_lots = MAX_LOTS as u64;
        }
        let plan = plan_liquidation(&target, &terms, max_lots, window.left(params.liquidation_window_lots))?;
        self.proposal.liquidation = Some(plan);

        let price = if self.bug == Bug::LiquidatorTradesAtMark { target.mark } else { plan.price };
        let after = [legs[0].traded(plan.lots, price)?, legs[1].traded(-plan.lots, plan.price)?];
        for (account, leg) in who.into_iter().zip(after) {
            self.set_leg(account, market, leg)?;
        }
        debit(&mut self.accounts[liquidator].cash, plan.insurance_fee)?;
        if self.bug != Bug::InsuranceFeeVanishes {
            self.markets[market].tranche += plan.insurance_fee;
        }
        self.markets[market].liquidated = window.using(plan.lots.unsigned_abs());
        let valuation = self.maintenance(liquidatee)?;
        // A surcharge on collateral may fall with the longs that are taken: then equity is more than planned.
        let is_as_planned = valuation.requirement == plan.after.requirement && valuation.equity >= plan.after.equity;
        if (!is_as_planned && self.bug != Bug::OffsetNotLost) || !ratio_improves(&before, &valuation) {
            return Err(RiskError::LiquidationNotImproving);
        }
        self.require_margin(liquidator, &liquidator_before, legs[0].reduced_to(after[0]), market)?;
        match share {
            Ok(share) if self.bug != Bug::TrancheSparedByLiquidation => {
                self.share_out(liquidatee, market, share, [plan.lots.unsigned_abs(), legs[1].size.unsigned_abs()])
            }
            _ => Ok(()),
        }
    }

    /// Of a bankrupt account's loss, the part that goes with `lots` of `all`: from its cash, and from a tranche that could pay the
    /// whole.
    fn share_out(
        &mut self,
        account: usize,
        market: usize,
        whole: BankruptcyShare,
        [lots, all]: [u64; 2],
    ) -> Result<()> {
        let mut part = whole.of_lots(lots, all)?;
        if self.bug == Bug::PartOfDeficitRoundedDown && lots < all && part.deficit > 0 {
            part.deficit -= 1;
        }
        if self.bug == Bug::LotsLeaveTheirDeficit && lots < all {
            return Ok(());
        }
        if whole.deficit > 0 {
            self.require_no_collateral(account)?;
            self.require_quality_of_positions(account, Action::AutoDeleverage)?;
            let caps = self.insurance_caps(market);
            let book = &self.markets[market];
            if plan_insurance(whole.deficit, book.tranche, &caps, book.insured, self.now)?.uncovered > 0 {
                return Err(RiskError::TrancheInsufficient);
            }
        }
        if self.pay(account, market, part)? > 0 {
            return Err(RiskError::TrancheInsufficient);
        }
        if whole.deficit > 0 && lots == all {
            self.mark_shared_out(account, market);
        }
        Ok(())
    }

    fn mark_shared_out(&mut self, account: usize, market: usize) {
        let leg = self.accounts[account].legs[market];
        self.accounts[account].shared_out[market] = leg.entry != 0 && self.bug != Bug::MarketBearsTwice;
    }

    fn require_no_collateral(&self, account: usize) -> Result<()> {
        let has_any = self.accounts[account].collateral != [0; BANKS];
        let is_forgiven = self.bug == Bug::CollateralIgnoredInBankruptcy;
        if has_any && !is_forgiven { Err(RiskError::AccountSolvent) } else { Ok(()) }
    }

    /// Negative equity, on fresh prices, and no collateral left.
    pub fn is_bankrupt(&self, account: usize) -> bool {
        self.maintenance(account).is_ok_and(|valuation| valuation.equity < 0)
            && self.require_quality_of_positions(account, Action::AutoDeleverage).is_ok()
            && self.require_no_collateral(account).is_ok()
    }

    /// Of its losses, those that were shared out already count only where there are no others.
    fn bankruptcy(&self, account: usize, market: usize) -> Result<BankruptcyShare> {
        let equity = self.maintenance(account)?.equity;
        let (mut losses, mut shared_out) = ([0; MARKETS], [0; MARKETS]);
        for index in 0..MARKETS {
            let loss = self.leg(account, index)?.pnl(self.markets[index].risk.mark)?.min(0).unsigned_abs();
            let is_shared_out = self.accounts[account].shared_out[index];
            (if is_shared_out { &mut shared_out } else { &mut losses })[index] = loss;
        }
        if losses == [0; MARKETS] {
            losses = shared_out;
        }
        let of = if self.bug == Bug::DeficitOfOtherMarket { (market + 1) % MARKETS } else { market };
        let mut share = plan_bankruptcy(equity, losses.iter().sum(), losses[of], self.accounts[account].cash)?;
        if self.bug == Bug::BankruptKeepsCash {
            (share.waiting, share.from_cash) = (share.waiting + share.from_cash, 0);
        }
        Ok(share)
    }

    fn insurance_caps(&self, market: usize) -> InsuranceCaps {
        let mut caps = self.parameters[market].1.insurance;
        if self.bug == Bug::CoinsuranceIgnored {
            caps.coinsurance_bps = 0;
        }
        if self.bug == Bug::WindowIgnored {
            caps.per_window = u64::MAX;
        }
        caps
    }

    /// Moves what the account and the tranche pay. Returns what is left of the deficit.
    fn pay(&mut self, account: usize, market: usize, share: BankruptcyShare) -> Result<u64> {
        let caps = self.insurance_caps(market);
        let (bankrupt, book) = (&mut self.accounts[account], &mut self.markets[market]);
        let plan = plan_insurance(share.deficit, book.tranche, &caps, book.insured, self.now)?;
        debit(&mut bankrupt.cash, share.from_cash)?;
        if self.bug != Bug::TrancheNotDebited {
            debit(&mut book.tranche, plan.paid)?;
        }
        book.books.pool += share.from_cash + plan.paid;
        bankrupt.legs[market].entry -= (share.from_cash + plan.paid) as i64;
        book.insured = plan.window;
        Ok(plan.uncovered)
    }

    /// The tranche pays what a flat leg still owes of an account that has nothing left.
    pub(super) fn insure(&mut self, account: usize, market: usize) -> Result<()> {
        let leg = self.accounts[account].legs[market];
        let is_bankrupt = self.is_bankrupt(account);
        if self.bug == Bug::InsurancePaysWithoutDeficit && leg.size == 0 && leg.entry > 0 && !is_bankrupt {
            let book = &mut self.markets[market];
            debit(&mut book.tranche, 1)?;
            book.books.pool += 1;
            self.accounts[account].legs[market].entry -= 1;
            return Ok(());
        }
        if !is_bankrupt || leg.size != 0 || leg.entry <= 0 {
            return Err(RiskError::PositionMissing);
        }
        let share = self.bankruptcy(account, market)?;
        if share.deficit == 0 {
            return Err(RiskError::LiquidationNotImproving);
        }
        self.share_out(account, market, share, [0, 0])
    }

    pub(super) fn report_deficit(&mut self, account: usize) -> Result<()> {
        if !self.is_bankrupt(account) {
            return Err(RiskError::AccountSolvent);
        }
        self.deficit_reported_at = Some(self.now);
        Ok(())
    }

    pub(super) fn auto_deleverage(&mut self, account: usize, market: usize) -> Result<()> {
        if !self.is_bankrupt(account) {
            return Err(RiskError::AccountSolvent);
        }
        if self.quality(market) < PriceQuality::Fresh {
            return Err(RiskError::PriceUncertain);
        }
        self.touch(account, market)?;
        let share = self.bankruptcy(account, market)?;
        let mut charge = self.pay(account, market, share)?;
        if charge == 0 {
            return Err(RiskError::TrancheSufficient);
        }
        match self.bug {
            Bug::ChargeHalved => charge /= 2,
            Bug::ChargeDoubled => charge *= 2,
            _ => {}
        }
        let leg = self.accounts[account].legs[market];
        if leg.size == 0 {
            // Nobody can tell any more who had its gain: the market's own position owes it.
            self.markets[market].books.dust.entry += charge as i64;
            self.accounts[account].legs[market].entry -= charge as i64;
            self.mark_shared_out(account, market);
            return Ok(());
        }
        let is_long = (leg.size < 0) != (self.bug == Bug::ChargeOnWrongSide);
        let lots = leg.size.unsigned_abs() + u64::from(self.bug == Bug::ClosesOneLotMore);
        let cost = self.charge_side(self.side(market, is_long), market, lots, charge)?;
        self.markets[market].books.dust.size += leg.size;
        let entry = self.accounts[account].legs[market].entry - cost;
        self.set_leg(account, market, Leg { size: 0, entry })?;
        self.mark_shared_out(account, market);
        Ok(())
    }

    /// Applies an event. Returns what the bankrupt leg's entry falls by.
    fn charge_side(&mut self, side: Side, market: usize, lots: u64, charge: u64) -> Result<i64> {
        let mut side = side;
        let left_behind = side.left_behind;
        if self.bug == Bug::LeftBehindNotChecked {
            side.left_behind = 0;
        }
        let plan = plan_deleveraging(side, lots, self.markets[market].risk.mark, charge)?;
        let mut after = SideBook { index: plan.side.index, owed: plan.side.owed, left_behind: plan.side.left_behind };
        match self.bug {
            Bug::LeftBehindNotChecked => after.left_behind = after.left_behind.max(left_behind),
            Bug::OwedNotRaised => after.owed = side.owed,
            // To 2^-30: a bit of the 62 more or less is beyond what any bound promises.
            Bug::ScaleRoundedUp if after.index.scale < side.index.scale => after.index.scale |= u64::from(u32::MAX),
            Bug::ChargeIndexRoundedDown => after.index.charge -= 1,
            Bug::EpochNotEnded => after.index.epoch = side.index.epoch,
            Bug::LastEpochForgotten => after.index.last_charge = side.index.last_charge,
            _ => {}
        }
        let book = &mut self.markets[market];
        book.sides[usize::from(side.is_long)] = after;
        if self.bug != Bug::EventCarryForgotten {
            book.books.carry += plan.carry;
        }
        book.books.dust.entry += plan.dust_entry;
        Ok(plan.carry + plan.dust_entry)
    }
}
