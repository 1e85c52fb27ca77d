//! The insurance fund: sweeps, stakes, exits, reports.

use bytemuck::Zeroable;
use firebreak::{
    FirebreakError,
    clearing::{self, value_for_deleveraging},
    state::{InsuranceStake, VERSION},
};
use risk::Activity;

use super::{NativeEngine, Outcome, Rejection, ensure};
use crate::simulation::{
    cast::{INSURANCE, KEYS, VAULT},
    fault::Fault,
};

impl NativeEngine<'_> {
    pub(super) fn sweep(&mut self, market: u8) -> Outcome {
        let fault = self.fault;
        let state = &mut self.state;
        let books = state.markets.get_mut(market as usize).ok_or(Rejection::Framework)?;
        let before = *books;
        if fault == Some(Fault::OwnFundingForgotten) {
            books.funding_seen = state.rows[market as usize].funding_index;
        }
        match fault {
            Some(Fault::SweepKeepsFees) => books.fee_share_bps = 0,
            Some(Fault::SweepBeyondWindow) => books.insurance_window_cap = u64::MAX,
            Some(Fault::OwnDebtUncapped) => books.insurance_event_cap = books.insurance_window_cap,
            _ => {}
        }
        let done = clearing::sweep(books, &state.rows, &mut state.fund, state.now)?;
        books.fee_share_bps = before.fee_share_bps;
        books.insurance_window_cap = before.insurance_window_cap;
        books.insurance_event_cap = before.insurance_event_cap;
        if fault == Some(Fault::SweepForgetsReport) {
            books.tranche_reported = before.tranche_reported;
        }
        let paid_in = done.fees_to_fund.checked_add(done.returned).ok_or(FirebreakError::ArithmeticOverflow)?;
        if paid_in > done.refilled {
            self.state.banks[0].pay(paid_in - done.refilled)?;
            return self.carry(0, INSURANCE, paid_in - done.refilled);
        }
        self.state.banks[0].receive_own(done.refilled - paid_in)?;
        self.carry(INSURANCE, 0, done.refilled - paid_in)
    }

    /// The token program's side of a transfer between two vaults.
    fn carry(&mut self, from: usize, to: usize, amount: u64) -> Outcome {
        let held = &mut self.state.vaults[from];
        *held = held.checked_sub(amount).ok_or(Rejection::Framework)?;
        self.state.vaults[to] += amount;
        Ok(())
    }

    /// Every market, in order, swept to the last atom.
    fn require_swept(&self, markets: &[u8]) -> Outcome {
        let mut passed = markets.iter();
        for (index, row) in (0_u8..).zip(&self.state.rows).filter(|(_, row)| row.has_market == 1) {
            let market = *passed.next().ok_or(FirebreakError::MarketsNotSwept)?;
            let books = self.state.markets.get(market as usize).ok_or(Rejection::Framework)?;
            ensure(market == index, FirebreakError::MarketsNotSwept)?;
            let is_stale = self.is(Fault::StalePriceStaked) && row.publish_time > 0;
            let now = if is_stale { row.publish_time.max(row.risk_opens_at) } else { self.state.now };
            match clearing::require_swept(books, &self.state.rows, now) {
                Err(_) if self.is(Fault::StakeUnswept) => {}
                swept => swept?,
            }
        }
        ensure(passed.next().is_none(), FirebreakError::MarketsNotSwept)
    }

    pub(super) fn stake(&mut self, staker: u8, source: u8, amount: u64, markets: &[u8]) -> Outcome {
        let index = staker as usize;
        if index >= KEYS || source == VAULT {
            return Err(Rejection::Framework);
        }
        ensure(amount > 0, FirebreakError::AmountZero)?;
        self.require_swept(markets)?;
        let mut stake = self.state.stakes[index].unwrap_or(InsuranceStake {
            fund: self.cast.at.insurance_fund,
            owner: self.cast.address(staker),
            epoch: self.state.fund.epoch,
            bump: self.cast.stakes[index].1,
            version: VERSION,
            ..InsuranceStake::zeroed()
        });
        let (_, paid) = clearing::stake(&mut self.state.fund, &mut stake, amount)?;
        if self.is(Fault::StakeGivesShare) {
            stake.shares += 1;
            self.state.fund.shares += 1;
        }
        self.state.stakes[index] = Some(stake);
        self.pull((staker, source), 0, INSURANCE, paid)
    }

    /// A stake that loads and is the signer's.
    fn own_stake(&self, signer: u8, staker: u8) -> Result<InsuranceStake, Rejection> {
        let stake = self.state.stakes.get(staker as usize).copied().flatten().ok_or(Rejection::Framework)?;
        stake.require_owner(&self.cast.address(signer), &self.cast.at.insurance_fund)?;
        Ok(stake)
    }

    pub(super) fn request_unstake(&mut self, signer: u8, staker: u8, shares: u64) -> Outcome {
        let mut stake = self.own_stake(signer, staker)?;
        let before = stake;
        clearing::request_unstake(&self.state.fund, &mut stake, shares, self.state.now)?;
        if self.is(Fault::RequestKeepsTime) && before.leaves_at > 0 {
            stake.leaves_at = before.leaves_at;
        }
        self.state.stakes[staker as usize] = Some(stake);
        Ok(())
    }

    pub(super) fn unstake(&mut self, who: (u8, u8), destination: u8, markets: &[u8], recall: u8) -> Outcome {
        let (signer, staker) = who;
        if self.state.stakes.get(staker as usize).copied().flatten().is_none() || destination == VAULT {
            return Err(Rejection::Framework); // no such stake, or the vault twice
        }
        let mut stake = self.own_stake(signer, staker)?;
        let now = self.state.now;
        self.state.breaker.require_global(Activity::WithdrawFlat, now)?;
        let asked = stake;
        self.bend_exit(&mut stake);
        let closed_until = self.state.fund.closed_until;
        if self.is(Fault::UnstakeDespiteDeficit) {
            self.state.fund.closed_until = 0;
        }
        clearing::require_exit(&self.state.fund, &mut stake, now)?;
        self.state.fund.closed_until = closed_until;
        self.require_swept(markets)?;

        let mut recalled = 0_u64;
        for market in markets.iter().filter(|market| recall >> **market & 1 == 1) {
            let books = self.state.markets.get_mut(*market as usize).ok_or(Rejection::Framework)?;
            let used = books.insurance_window_used;
            if self.fault == Some(Fault::RecallAfterDeficit) {
                books.insurance_window_used = 0;
            }
            let amount = clearing::recall(&mut self.state.fund, &stake, books, now)?;
            books.insurance_window_used = used;
            recalled = recalled.checked_add(amount).ok_or(FirebreakError::ArithmeticOverflow)?;
        }
        let (_, paid) = clearing::unstake(&mut self.state.fund, &mut stake)?;
        if self.is(Fault::UnstakeEarly) && stake.leaving_shares > 0 {
            stake.leaves_at = asked.leaves_at;
        }
        self.state.stakes[staker as usize] = Some(stake);
        self.state.banks[0].pay(recalled)?;
        self.carry(0, INSURANCE, recalled)?;
        self.push(0, INSURANCE, destination, paid)
    }

    /// Planted bugs of an exit, before it is judged.
    fn bend_exit(&self, stake: &mut InsuranceStake) {
        match self.fault {
            Some(Fault::UnstakeEarly) if stake.leaving_shares > 0 => stake.leaves_at = self.state.now,
            Some(Fault::UnstakeAtValueNow) => stake.leaving_value = u64::MAX >> 2,
            _ => {}
        }
    }

    pub(super) fn report_deficit(&mut self, account: u8) -> Outcome {
        let view = self.load(account)?;
        let (rows, now) = (&self.state.rows, self.state.now);
        let value = value_for_deleveraging(&view.header, &view.slots, rows, now)?;
        ensure(value.equity < 0 || self.is(Fault::SolventReported), FirebreakError::AccountSolvent)?;
        self.state.fund.close_exits(now);
        Ok(())
    }
}
