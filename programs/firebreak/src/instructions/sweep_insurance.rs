//! Bring a market and the insurance fund to terms: fees and surplus to the fund, a refill to the tranche. Anyone may.

use anchor_lang::prelude::*;

use crate::{
    clearing::{self, Sweep},
    error::FirebreakError,
    event::{InsuranceSwept, emit},
    instructions::require_same,
    state::{BoardAccount, CollateralBank, InsuranceFund, Market},
    tokens::Vault,
};

#[derive(Accounts)]
pub struct SweepInsurance {
    #[account(mut)]
    pub market: Account<Market>,
    pub board: BoardAccount,
    #[account(mut)]
    pub fund: Account<InsuranceFund>,
    /// CHECK: compared with the fund's own.
    #[account(mut)]
    pub insurance_vault: UncheckedAccount,
    /// The quote bank.
    #[account(mut)]
    pub bank: Account<CollateralBank>,
    /// CHECK: compared with the bank's own.
    #[account(mut)]
    pub quote_vault: UncheckedAccount,
    /// CHECK: compared with the bank's own.
    pub mint: UncheckedAccount,
    /// CHECK: compared with the bank's own.
    pub token_program: UncheckedAccount,
}

impl SweepInsurance {
    fn validate(&self) -> Result<()> {
        require!(self.bank.is_quote(), FirebreakError::BankAccountMismatch);
        require_same(
            &self.board.clearinghouse,
            [&self.market.clearinghouse, &self.fund.clearinghouse, &self.bank.clearinghouse],
        )?;
        self.quote_vault().validate()?;
        self.insurance_vault().validate()
    }

    fn quote_vault(&self) -> Vault<'_> {
        Vault::of(&self.bank, &self.quote_vault, &self.mint, &self.token_program)
    }

    fn insurance_vault(&self) -> Vault<'_> {
        Vault::of_fund(&self.fund, &self.bank, &self.insurance_vault, &self.mint, &self.token_program)
    }

    /// What goes to the fund and what comes from it meet in one transfer.
    fn transfer(&mut self, done: &Sweep) -> Result<()> {
        let paid_in = done.fees_to_fund.checked_add(done.returned).ok_or(FirebreakError::ArithmeticOverflow)?;
        if paid_in > done.refilled {
            let amount = paid_in - done.refilled; // just compared
            self.bank.pay(amount)?;
            self.quote_vault().push_to(&self.insurance_vault(), self.bank.address(), amount)?;
        } else if done.refilled > paid_in {
            let amount = done.refilled - paid_in; // just compared
            self.bank.receive_own(amount)?;
            self.insurance_vault().push_to(&self.quote_vault(), self.fund.address(), amount)?;
        }
        Ok(())
    }
}

pub fn sweep_insurance(ctx: &mut Context<SweepInsurance>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let accounts = &mut ctx.accounts;
    accounts.validate()?;

    let done = clearing::sweep(&mut accounts.market, accounts.board.as_slice(), &mut accounts.fund, now)?;
    accounts.transfer(&done)?;

    emit(&InsuranceSwept {
        market: *accounts.market.address(),
        fees_to_fund: done.fees_to_fund,
        fees_kept: done.fees_kept,
        returned: done.returned,
        refilled: done.refilled,
        tranche: accounts.market.tranche,
        assets: accounts.fund.assets,
        deployed: accounts.fund.deployed,
        shares: accounts.fund.shares,
    });
    Ok(())
}
