use anchor_lang::prelude::*;

use crate::error::FirebreakError;

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
    pub hour_started: i64,
    pub hour_used: u64,
    pub day_started: i64,
    pub day_used: u64,
    pub hourly_cap: u64,
    pub daily_cap: u64,
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

    /// Whether the token was listed after sealing: its cap grows from a small one.
    pub const fn has_probation(&self) -> bool {
        self.first_day_cap > 0
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

    /// Books `amount` atoms as paid out.
    pub fn pay(&mut self, amount: u64) -> Result<()> {
        self.total = self.total.checked_sub(amount).ok_or(FirebreakError::InvariantBroken)?;
        Ok(())
    }
}
