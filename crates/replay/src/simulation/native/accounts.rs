//! Margin accounts and the money in them.

use bytemuck::Zeroable;
use firebreak::{
    FirebreakError,
    clearing::value_for_withdrawal,
    state::{CollateralBank, MarginAccount, Position, VERSION},
};
use firebreak_client::MarginAccountView;
use risk::{Activity, Level};

use super::{NativeEngine, Outcome, Rejection, ensure};
use crate::simulation::{
    cast::{NOBODY, PAYER, TOKENS, VAULT, owner_of, sub_id_of},
    fault::Fault,
};

impl NativeEngine<'_> {
    pub(super) fn create_account(&mut self, account: u8, capacity: u8, isolated_market: u8) -> Outcome {
        if self.state.account(account).is_some() {
            return Err(Rejection::Framework);
        }
        ensure(MarginAccount::is_capacity(capacity), FirebreakError::CapacityInvalid)?;
        ensure(isolated_market == u8::MAX || isolated_market < 64, FirebreakError::AssetMissing)?;
        let header = MarginAccount {
            clearinghouse: self.cast.at.clearinghouse,
            owner: self.cast.address(owner_of(account)),
            sub_id: sub_id_of(account),
            isolated_market,
            bump: self.cast.margins[account as usize].1,
            version: VERSION,
            ..MarginAccount::zeroed()
        };
        self.store(account, MarginAccountView { header, slots: vec![Position::default(); capacity as usize] });
        Ok(())
    }

    pub(super) fn grow_account(&mut self, signer: u8, account: u8, capacity: u8) -> Outcome {
        let mut view = self.load(account)?;
        view.header.require_owner(&self.cast.address(signer))?;
        let grows = MarginAccount::is_capacity(capacity) && capacity as usize > view.slots.len();
        ensure(grows, FirebreakError::CapacityInvalid)?;
        view.slots.resize(capacity as usize, Position::default());
        self.store(account, view);
        Ok(())
    }

    pub(super) fn close_account(&mut self, signer: u8, account: u8) -> Outcome {
        let view = self.load(account)?;
        let header = &view.header;
        header.require_owner(&self.cast.address(signer))?;
        ensure(header.holds_nothing() || self.is(Fault::ClosedWithPositions), FirebreakError::AccountNotEmpty)?;
        self.state.accounts[account as usize] = None;
        Ok(())
    }

    pub(super) fn set_delegate(&mut self, signer: u8, account: u8, delegate: u8) -> Outcome {
        let mut view = self.load(account)?;
        view.header.require_owner(&self.cast.address(signer))?;
        ensure(delegate != signer, FirebreakError::DelegateInvalid)?;
        view.header.delegate = self.cast.address(delegate.min(NOBODY));
        self.store(account, view);
        Ok(())
    }

    /// `from`: who deposits, and whose wallet the tokens come from.
    pub(super) fn deposit(&mut self, bank: u8, from: (u8, u8), account: u8, amount: u64) -> Outcome {
        let mut view = self.load(account)?;
        let books = self.state.banks.get_mut(bank as usize).ok_or(Rejection::Framework)?;
        if from.1 == VAULT {
            return Err(Rejection::Framework); // the vault twice
        }
        ensure(amount > 0, FirebreakError::AmountZero)?;
        if bank != CollateralBank::QUOTE && self.fault != Some(Fault::StrangerDeposits) {
            view.header.require_owner(&self.cast.address(from.0))?;
        }
        match self.fault {
            Some(Fault::DepositNotNetted) => books.receive(amount)?,
            _ => books.deposited(amount, self.state.now)?,
        }
        view.header.credit(books, amount)?;
        self.store(account, view);
        self.pull(from, bank as usize, bank as usize, amount)
    }

    /// The token program's side of a deposit.
    pub(super) fn pull(&mut self, from: (u8, u8), token: usize, vault: usize, amount: u64) -> Outcome {
        let (depositor, source) = from;
        let wallet = self.state.wallets.get_mut(source as usize).ok_or(Rejection::Framework)?;
        if depositor != source || wallet[token] < amount {
            return Err(Rejection::Framework);
        }
        wallet[token] -= amount;
        self.state.vaults[vault] += amount;
        Ok(())
    }

    /// The token program's side of a withdrawal.
    pub(super) fn push(&mut self, token: usize, vault: usize, to: u8, amount: u64) -> Outcome {
        let wallet = self.state.wallets.get_mut(to as usize).ok_or(Rejection::Framework)?;
        wallet[token] += amount;
        let held = &mut self.state.vaults[vault];
        *held = held.checked_sub(amount).ok_or(Rejection::Framework)?;
        Ok(())
    }

    pub(super) fn fund_tranche(&mut self, market: u8, amount: u64) -> Outcome {
        let books = self.state.markets.get_mut(market as usize).ok_or(Rejection::Framework)?;
        ensure(amount > 0, FirebreakError::AmountZero)?;
        self.state.banks[0].receive(amount)?;
        books.tranche = books.tranche.checked_add(amount).ok_or(FirebreakError::ArithmeticOverflow)?;
        self.pull((PAYER, PAYER), 0, 0, amount)
    }

    pub(super) fn donate(&mut self, vault: u8, amount: u64) -> Outcome {
        self.state.vaults[vault as usize] += amount;
        self.state.donated[vault as usize] += amount;
        if self.is(Fault::DonationCounted) {
            match self.state.banks.get_mut(vault as usize) {
                Some(bank) => bank.total += amount,
                None => self.state.fund.assets += amount,
            }
        }
        Ok(())
    }

    /// `to`: who signs, and whose wallet the tokens go to.
    pub(super) fn withdraw(&mut self, bank: u8, to: (u8, u8), account: u8, amount: u64) -> Outcome {
        let mut view = self.load(account)?;
        if bank as usize >= TOKENS || to.1 == VAULT {
            return Err(Rejection::Framework); // no such bank, or the vault twice
        }
        ensure(amount > 0, FirebreakError::AmountZero)?;
        if self.is(Fault::DelegateWithdraws) {
            view.header.require_trader(&self.cast.address(to.0))?;
        } else {
            view.header.require_owner(&self.cast.address(to.0))?;
        }
        let level = self.require_withdrawal_open(&view)?;
        let books = &mut self.state.banks[bank as usize];
        let balance = view.header.debit(books, amount)?;
        let is_small_exit = view.header.position_count == 0 && balance == 0 && amount <= books.small_exit;
        match self.fault {
            Some(Fault::OutflowIgnored) => books.pay(amount)?,
            Some(Fault::SmallExitForAll) => books.withdrawn(amount, true, self.state.now)?,
            _ => books.withdrawn(amount, is_small_exit, self.state.now)?,
        }
        if !self.is(Fault::WithdrawalIgnoresLoss) {
            let rows = &self.state.rows;
            let valuation = value_for_withdrawal(&view.header, &view.slots, rows, (0, level), self.state.now)?;
            ensure(valuation.is_covered(), FirebreakError::MarginInsufficient)?;
        }
        self.store(account, view);
        self.push(bank as usize, bank as usize, to.1, amount)
    }

    fn require_withdrawal_open(&self, view: &MarginAccountView) -> Result<Level, Rejection> {
        let (state, now) = (&self.state, self.state.now);
        let (mut activity, mut level) = (Activity::WithdrawFlat, state.breaker.global.level_at(now));
        for position in view.positions().iter().filter(|position| position.size != 0) {
            activity = Activity::WithdrawWithPositions;
            let kept = state.rows[position.market as usize].breaker.level_at(now);
            level = level.max(state.breaker.level(position.market, now));
            if !self.is(Fault::AutomaticIgnoredByWithdrawals) {
                level = level.max(kept);
            }
        }
        ensure(level.permits(activity), FirebreakError::BreakerActive)?;
        Ok(level)
    }
}
