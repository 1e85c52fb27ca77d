//! Margin accounts and the money in them.

use bytemuck::Zeroable;
use firebreak::{
    FirebreakError,
    clearing::value_for_withdrawal,
    state::{MarginAccount, Position, VERSION},
};
use firebreak_client::MarginAccountView;
use risk::Activity;

use super::{NativeEngine, Outcome, Rejection, ensure};
use crate::simulation::{
    cast::{NOBODY, PAYER, VAULT, owner_of, sub_id_of},
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

    pub(super) fn deposit(&mut self, depositor: u8, source: u8, account: u8, amount: u64) -> Outcome {
        let mut view = self.load(account)?;
        if source == VAULT {
            return Err(Rejection::Framework); // the vault twice
        }
        ensure(amount > 0, FirebreakError::AmountZero)?;
        self.state.bank.receive(amount)?;
        view.header.credit(&self.state.bank, amount)?;
        self.store(account, view);
        self.pull(depositor, source, amount)
    }

    /// The token program's side of a deposit.
    fn pull(&mut self, depositor: u8, source: u8, amount: u64) -> Outcome {
        let wallet = self.state.wallets.get_mut(source as usize).ok_or(Rejection::Framework)?;
        if depositor != source || *wallet < amount {
            return Err(Rejection::Framework);
        }
        *wallet -= amount;
        self.state.vault += amount;
        Ok(())
    }

    pub(super) fn fund_tranche(&mut self, market: u8, amount: u64) -> Outcome {
        if market as usize >= self.state.markets.len() {
            return Err(Rejection::Framework);
        }
        ensure(amount > 0, FirebreakError::AmountZero)?;
        self.state.bank.receive(amount)?;
        let tranche = &mut self.state.markets[market as usize].tranche;
        *tranche = tranche.checked_add(amount).ok_or(FirebreakError::ArithmeticOverflow)?;
        self.pull(PAYER, PAYER, amount)
    }

    pub(super) fn donate(&mut self, amount: u64) -> Outcome {
        self.state.vault += amount;
        self.state.donated += amount;
        if self.is(Fault::DonationCounted) {
            self.state.bank.total += amount;
        }
        Ok(())
    }

    pub(super) fn withdraw(&mut self, signer: u8, destination: u8, account: u8, amount: u64) -> Outcome {
        let mut view = self.load(account)?;
        if destination == VAULT {
            return Err(Rejection::Framework); // the vault twice
        }
        ensure(amount > 0, FirebreakError::AmountZero)?;
        if self.is(Fault::DelegateWithdraws) {
            view.header.require_trader(&self.cast.address(signer))?;
        } else {
            view.header.require_owner(&self.cast.address(signer))?;
        }
        self.require_withdrawal_open(&view)?;
        if !self.is(Fault::WithdrawalIgnoresLoss) {
            let rows = &self.state.rows;
            let valuation = value_for_withdrawal(&view.header, view.positions(), rows, amount, self.state.now)?;
            ensure(valuation.is_covered(), FirebreakError::MarginInsufficient)?;
        }
        self.state.bank.pay(amount)?;
        view.header.debit(&self.state.bank, amount)?;
        self.store(account, view);
        let wallet = self.state.wallets.get_mut(destination as usize).ok_or(Rejection::Framework)?;
        *wallet += amount;
        self.state.vault = self.state.vault.checked_sub(amount).ok_or(Rejection::Framework)?;
        Ok(())
    }

    fn require_withdrawal_open(&self, view: &MarginAccountView) -> Outcome {
        let mut activity = Activity::WithdrawFlat;
        for position in view.positions().iter().filter(|position| position.size != 0) {
            activity = Activity::WithdrawWithPositions;
            self.state.breaker.require(position.market, activity, self.state.now)?;
        }
        self.state.breaker.require_global(activity, self.state.now)?;
        Ok(())
    }
}
