//! The insurance fund, and what it exchanges with the markets.

use risk::{
    Action, OpenInterest, Result, RiskError, Tranche, UnstakePlan, plan_insurance, plan_own_settlement, plan_recall,
    plan_stake, plan_sweep, plan_unstake,
};

use super::{Bug, Engine, Stake, debit};
use crate::operation::{COOLDOWN_SECONDS, DEAD_SECONDS, EXIT_SECONDS, MARKETS, REPORT_SECONDS, TRANCHE_TARGETS};

impl Engine {
    /// The market's own lots, with 32 fraction bits: what its leg shows, less what it still has to hand on.
    fn own_lots(&self, market: usize) -> i64 {
        let book = &self.markets[market];
        if self.bug == Bug::DustSettlesUnowed {
            return book.books.dust.size << 32;
        }
        (book.books.dust.size << 32) + book.sides[1].owed as i64 - book.sides[0].owed as i64
    }

    /// A loss from fees, then from the tranche within its caps; a gain from the pool. With lots, only at a fresh price.
    fn settle_own(&mut self, market: usize) -> Result<()> {
        let (own, is_fresh) = (self.own_lots(market), self.require_quality(market, Action::AddRisk).is_ok());
        if own != 0 && !is_fresh && self.bug != Bug::OwnLotsSettledUnfresh {
            return Ok(());
        }
        let caps = self.parameters[market].1.insurance;
        let book = &mut self.markets[market];
        let prices = (book.risk.mark, book.risk.worse_price(own));
        let plan = plan_own_settlement(own, book.books.dust.entry, prices, book.fees, book.books.pool);
        self.proposal.own = plan;
        debit(&mut book.fees, plan.paid)?;
        debit(&mut book.books.pool, plan.received)?;
        book.books.pool += plan.paid;
        book.fees += plan.received;
        book.books.dust.entry += plan.received as i64 - plan.paid as i64;
        if plan.unpaid > 0 && self.bug != Bug::TrancheSparesOwnLoss {
            let insured = plan_insurance(plan.unpaid, book.tranche, &caps, book.insured, self.now)?;
            debit(&mut book.tranche, insured.paid)?;
            book.books.pool += insured.paid;
            book.books.dust.entry -= insured.paid as i64;
            book.insured = insured.window;
        }
        Ok(())
    }

    pub(super) fn sweep(&mut self, market: usize) -> Result<()> {
        self.settle_own(market)?;
        let (_, params, _) = &self.parameters[market];
        let book = &mut self.markets[market];
        let caps = &params.insurance;
        let refilled = book.refilled.at(self.now, caps.window_seconds);
        let tranche = Tranche {
            held: book.tranche,
            reported: book.reported,
            target: TRANCHE_TARGETS[market],
            window_left: if self.bug == Bug::RefillWindowIgnored { u64::MAX } else { refilled.left(caps.per_window) },
            fees: book.fees,
            fee_share_bps: if self.bug == Bug::FeesAllKept { 0 } else { params.fee_share_bps },
        };
        let plan = plan_sweep(&self.fund, &tranche)?;
        book.fees = 0;
        book.kept += plan.fees_kept;
        book.tranche = plan.tranche;
        book.reported = plan.tranche;
        book.refilled = refilled.using(plan.refilled);
        let deployed = self.fund.deployed;
        self.fund = plan.fund;
        if self.bug == Bug::DeployedForgotten {
            self.fund.deployed = deployed;
        }
        let to_fund = plan.fees_to_fund + plan.returned;
        debit(&mut self.vaults.0, to_fund)?;
        self.vaults.1 += to_fund;
        debit(&mut self.vaults.1, plan.refilled)?;
        self.vaults.0 += plan.refilled;
        Ok(())
    }

    /// Every market is swept to the last atom, and where anybody has a position, on a price that is fresh, or silent for days.
    fn require_swept(&self) -> Result<()> {
        let is_swept = |market: usize| {
            let book = &self.markets[market];
            let is_idle = book.books.open_interest == OpenInterest::default();
            let is_dead = self.now - book.price.publish_time > DEAD_SECONDS;
            let is_known = is_idle || is_dead || self.require_quality(market, Action::AddRisk).is_ok();
            is_known && book.fees == 0 && book.tranche == book.reported
        };
        if (0..MARKETS).all(is_swept) || self.bug == Bug::EntersUnswept { Ok(()) } else { Err(RiskError::PriceStale) }
    }

    pub(super) fn stake(&mut self, staker: usize, amount: u64) -> Result<()> {
        self.require_swept()?;
        let mut plan = plan_stake(&self.fund, amount)?;
        match self.bug {
            Bug::StakePaysAll => plan.paid = amount,
            Bug::SharesRoundedUp => plan.shares += 1,
            _ => {}
        }
        if plan.is_new_epoch {
            self.fund_epoch += 1;
            self.fund.shares = 0;
            self.leaving = 0;
        }
        self.fund.virtual_shares = plan.virtual_shares;
        let stake = &mut self.stakes[staker];
        if stake.epoch != self.fund_epoch {
            *stake = Stake { epoch: self.fund_epoch, ..Stake::default() };
        }
        stake.shares += plan.shares;
        self.fund.shares += plan.shares;
        self.fund.assets += plan.paid;
        self.vaults.1 += plan.paid;
        Ok(())
    }

    pub(super) fn request_unstake(&mut self, staker: usize, shares: u64) -> Result<()> {
        let value_then = self.fund.value_down(shares);
        let leaves_at = self.now + COOLDOWN_SECONDS;
        let stake = &mut self.stakes[staker];
        if stake.epoch != self.fund_epoch || shares > stake.shares {
            return Err(RiskError::SizeOutOfRange);
        }
        self.leaving = self.leaving - stake.leaving + shares;
        *stake = Stake { leaving: shares, value_then, leaves_at, ..*stake };
        Ok(())
    }

    pub(super) fn unstake(&mut self, staker: usize, passed: &[bool; MARKETS]) -> Result<()> {
        self.require_swept()?;
        let stake = self.stakes[staker];
        let is_reported = self.deficit_reported_at.is_some_and(|then| self.now - then < REPORT_SECONDS);
        let is_time = (stake.leaves_at..stake.leaves_at + EXIT_SECONDS).contains(&self.now);
        if stake.leaving == 0
            || (stake.epoch != self.fund_epoch && self.bug != Bug::OldEpochPaid)
            || (is_reported && self.bug != Bug::LeavesAheadOfDeficit)
            || (!is_time && self.bug != Bug::LeavesEarly)
        {
            return Err(RiskError::SizeOutOfRange);
        }
        for market in (0..MARKETS).filter(|market| passed[*market]) {
            let worth = stake.value_then.min(self.fund.value_down(stake.leaving));
            self.recall(market, worth.saturating_sub(self.fund.assets))?;
        }
        let plan = match self.bug {
            Bug::PayoutAtHigherValue => {
                let paid = self.fund.value_down(stake.leaving).max(stake.value_then);
                UnstakePlan { shares: stake.leaving, paid, value_left: 0 }
            }
            _ => plan_unstake(&self.fund, stake.leaving, stake.value_then)?,
        };
        debit(&mut self.fund.assets, plan.paid)?;
        debit(&mut self.fund.shares, plan.shares)?;
        debit(&mut self.vaults.1, plan.paid)?;
        if self.bug != Bug::OldEpochPaid {
            debit(&mut self.leaving, plan.shares)?;
        }
        let stake = &mut self.stakes[staker];
        stake.shares -= plan.shares;
        stake.leaving -= plan.shares;
        stake.value_then = plan.value_left;
        if self.bug == Bug::PartOfExitForgotten {
            self.leaving -= stake.leaving;
            stake.leaving = 0;
            stake.value_then = 0;
        }
        Ok(())
    }

    /// What the vault lacks comes back from a tranche, and `deployed` follows it.
    fn recall(&mut self, market: usize, wanted: u64) -> Result<()> {
        if wanted == 0 {
            return Ok(());
        }
        let caps = &self.parameters[market].1.insurance;
        let book = &mut self.markets[market];
        let refilled = book.refilled.at(self.now, caps.window_seconds);
        let has_paid = book.insured.at(self.now, caps.window_seconds).used > 0 && self.bug != Bug::RecallsAfterDeficit;
        let left = if self.bug == Bug::RecallWindowIgnored { u64::MAX } else { refilled.left(caps.per_window) };
        let recalled = plan_recall(book.tranche, left, has_paid, wanted);
        if recalled == 0 {
            return Ok(());
        }
        debit(&mut book.tranche, recalled)?;
        debit(&mut self.vaults.0, recalled)?;
        self.vaults.1 += recalled;
        self.fund.assets += recalled;
        if self.bug != Bug::RecallNotBooked {
            book.refilled = refilled.using(recalled);
        }
        self.fund.deployed = self.fund.deployed - book.reported + book.tranche;
        book.reported = book.tranche;
        Ok(())
    }
}
