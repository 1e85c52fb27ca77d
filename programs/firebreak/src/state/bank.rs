use crate::anchor::*;
use risk::{Outflow, OutflowParams};

use crate::error::{FirebreakError, Named};

/// One token that accounts may hold. Index 0 is the quote token, whose vault backs all cash, pools, tranches and fees.
/// The bank's own address is its vault's authority, so that no bank can sign for another's vault.
#[account]
#[derive(Debug, PartialEq, Eq)]
pub struct CollateralBank {
    pub clearinghouse: Address,
    pub mint: Address,
    pub vault: Address,
    pub token_program: Address,
    /// Atoms that the ledger knows of; a donation to the vault is not among them.
    pub total: u64,
    /// Most atoms that accounts may hold together.
    pub deposit_cap: u64,
    /// What left of late, less what came (`risk::Outflow`).
    pub outflow_at: i64,
    pub hour_outflow: i64,
    pub day_outflow: i64,
    /// Its limits (`risk::OutflowParams`).
    pub outflow_floor: u64,
    pub small_exit: u64,
    pub hourly_share_bps: u32,
    pub daily_share_bps: u32,
    /// Of a token listed after sealing: when (unix seconds), and what accounts may hold on its first day. Else 0.
    pub listed_at: i64,
    pub first_day_cap: u64,
    /// Row of its price, haircut and discount on the board; 255 for the quote token.
    pub asset: u8,
    pub index: u8,
    pub decimals: u8,
    pub bump: u8,
    pub vault_bump: u8,
    pub version: u8,
    pub reserved: [u8; 42],
}

const _: () = assert!(core::mem::size_of::<CollateralBank>() == 256);

impl CollateralBank {
    /// The quote bank's index.
    pub const QUOTE: u8 = 0;

    pub const fn is_quote(&self) -> bool {
        self.index == Self::QUOTE
    }

    /// Refuses more atoms than a token so young may have.
    pub fn require_probation(&self, now: i64) -> Result<()> {
        let cap = risk::probation_cap(self.deposit_cap, self.first_day_cap, now.saturating_sub(self.listed_at));
        require!(self.total <= cap, FirebreakError::DepositCapExceeded);
        Ok(())
    }

    /// Books `amount` atoms as received.
    pub fn receive(&mut self, amount: u64) -> Result<()> {
        let total = self.total.checked_add(amount).ok_or(FirebreakError::ArithmeticOverflow)?;
        require!(total <= self.deposit_cap, FirebreakError::DepositCapExceeded);
        self.total = total;
        Ok(())
    }

    /// Books `amount` atoms that come from the insurance vault: they are no deposit, and no cap keeps a refill out.
    pub fn receive_own(&mut self, amount: u64) -> Result<()> {
        self.total = self.total.checked_add(amount).ok_or(FirebreakError::ArithmeticOverflow)?;
        Ok(())
    }

    /// What may leave within an hour and a day.
    pub fn outflow_params(&self) -> OutflowParams {
        OutflowParams {
            hourly_share_bps: u64::from(self.hourly_share_bps),
            daily_share_bps: u64::from(self.daily_share_bps),
            floor: self.outflow_floor,
            small_exit: self.small_exit,
        }
    }

    /// What left of late, less what came.
    pub fn outflow(&self) -> Outflow {
        Outflow { at: self.outflow_at, hour: self.hour_outflow, day: self.day_outflow }
    }

    fn set_outflow(&mut self, outflow: Outflow) {
        (self.outflow_at, self.hour_outflow, self.day_outflow) = (outflow.at, outflow.hour, outflow.day);
    }

    /// Books a user's deposit: as received, and against what leaves.
    pub fn deposited(&mut self, amount: u64, now: i64) -> Result<()> {
        let outflow = self.outflow().received(&self.outflow_params(), self.total, amount, now);
        self.set_outflow(outflow);
        self.receive(amount)
    }

    /// Books a user's withdrawal, within what may leave; `is_small_exit` where a small account without positions takes all it has.
    pub fn withdrawn(&mut self, amount: u64, is_small_exit: bool, now: i64) -> Result<()> {
        let paid = self.outflow().paid(&self.outflow_params(), self.total, (amount, is_small_exit), now).named()?;
        self.set_outflow(paid);
        self.pay(amount)
    }

    /// Books `amount` atoms as paid out.
    pub fn pay(&mut self, amount: u64) -> Result<()> {
        self.total = self.total.checked_sub(amount).ok_or(FirebreakError::InvariantBroken)?;
        Ok(())
    }
}
