//! Take quote or collateral out of a margin account. Only the owner may.

use anchor_lang::prelude::*;
use risk::Activity;

use crate::{
    clearing::value_for_withdrawal,
    error::FirebreakError,
    event::Withdrawn,
    instructions::require_same,
    state::{BoardAccount, CircuitBreaker, CollateralBank, MarginSlab},
    tokens::Vault,
};

#[derive(Accounts)]
pub struct Withdraw {
    pub owner: Signer,
    #[account(mut)]
    pub margin_account: MarginSlab,
    #[account(mut)]
    pub bank: Account<CollateralBank>,
    /// Prices of the positions held; an account without any reads none.
    pub board: BoardAccount,
    pub breaker: Account<CircuitBreaker>,
    /// CHECK: any account of the mint, as the owner chooses; the token program checks the rest.
    #[account(mut)]
    pub destination: UncheckedAccount,
    /// CHECK: compared with the bank's own.
    #[account(mut)]
    pub vault: UncheckedAccount,
    /// CHECK: compared with the bank's own.
    pub mint: UncheckedAccount,
    /// CHECK: compared with the bank's own.
    pub token_program: UncheckedAccount,
}

impl Withdraw {
    fn vault(&self) -> Vault<'_> {
        Vault::of(&self.bank, &self.vault, &self.mint, &self.token_program)
    }

    fn validate(&self, amount: u64, now: i64) -> Result<()> {
        require!(amount > 0, FirebreakError::AmountZero);
        self.margin_account.require_owner(self.owner.address())?;
        require_same(
            &self.board.clearinghouse,
            [&self.margin_account.clearinghouse, &self.bank.clearinghouse, &self.breaker.clearinghouse],
        )?;
        self.vault().validate()?;
        self.require_open(now)
    }

    /// The breaker of every market the account is in must permit it; an account in none asks only the global one.
    fn require_open(&self, now: i64) -> Result<()> {
        let account = &self.margin_account;
        let mut activity = Activity::WithdrawFlat;
        // A position that deleveraging closed and nobody touched yet counts as one; `settle` frees it.
        for position in account.in_use(account.as_slice()).iter().filter(|position| position.size != 0) {
            activity = Activity::WithdrawWithPositions;
            self.breaker.require(position.market, activity, now)?;
        }
        self.breaker.require_global(activity, now)
    }

    /// What stays must cover initial margin without counting unsettled gains.
    fn require_covered(&self, now: i64) -> Result<()> {
        let account = &self.margin_account;
        let valuation = value_for_withdrawal(account, account.as_slice(), self.board.as_slice(), 0, now)?;
        require!(valuation.is_covered(), FirebreakError::MarginInsufficient);
        Ok(())
    }
}

pub fn withdraw(ctx: &mut Context<Withdraw>, amount: u64) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let accounts = &mut ctx.accounts;
    accounts.validate(amount, now)?;
    let balance = accounts.margin_account.debit(&accounts.bank, amount)?;
    accounts.bank.pay(amount)?;
    accounts.require_covered(now)?;
    accounts.vault().push(accounts.destination.account(), accounts.bank.address(), amount)?;

    emit!(Withdrawn {
        margin_account: *accounts.margin_account.address(),
        bank: *accounts.bank.address(),
        amount,
        balance,
    });
    Ok(())
}
