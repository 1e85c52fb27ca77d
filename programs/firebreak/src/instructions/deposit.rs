//! Put tokens into a margin account: quote anyone may, for any account; other collateral only the owner. Open at every
//! breaker level.

use anchor_lang::prelude::*;

use crate::{
    error::FirebreakError,
    event::{Deposited, emit},
    instructions::require_same,
    state::{CollateralBank, MarginSlab},
    tokens::Vault,
};

#[derive(Accounts)]
pub struct Deposit {
    /// Owner of the tokens.
    pub depositor: Signer,
    #[account(mut)]
    pub margin_account: MarginSlab,
    #[account(mut)]
    pub bank: Account<CollateralBank>,
    /// CHECK: the token program checks that it holds the mint and that the depositor may spend from it.
    #[account(mut)]
    pub source: UncheckedAccount,
    /// CHECK: compared with the bank's own.
    #[account(mut)]
    pub vault: UncheckedAccount,
    /// CHECK: compared with the bank's own.
    pub mint: UncheckedAccount,
    /// CHECK: compared with the bank's own.
    pub token_program: UncheckedAccount,
}

impl Deposit {
    fn vault(&self) -> Vault<'_> {
        Vault::of(&self.bank, &self.vault, &self.mint, &self.token_program)
    }

    fn validate(&self, amount: u64) -> Result<()> {
        require!(amount > 0, FirebreakError::AmountZero);
        require_same(&self.bank.clearinghouse, [&self.margin_account.clearinghouse])?;
        if !self.bank.is_quote() {
            // A stranger's atom of collateral would take up a slot, and keep insurance from closing a bankrupt account.
            self.margin_account.require_owner(self.depositor.address())?;
        }
        self.vault().validate()
    }
}

pub fn deposit(ctx: &mut Context<Deposit>, amount: u64) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let accounts = &mut ctx.accounts;
    accounts.validate(amount)?;

    accounts.bank.deposited(amount, now)?;
    accounts.bank.require_probation(now)?;
    let balance = accounts.margin_account.credit(&accounts.bank, amount)?;
    accounts.vault().pull(accounts.source.account(), accounts.depositor.account(), amount)?;

    emit(&Deposited {
        margin_account: *accounts.margin_account.address(),
        bank: *accounts.bank.address(),
        amount,
        balance,
    });
    Ok(())
}
