//! Give quote to a market's insurance tranche. Anyone may; nobody gets it back.

use anchor_lang::prelude::*;

use crate::{
    error::FirebreakError,
    event::{TrancheFunded, emit},
    instructions::require_same,
    state::{CollateralBank, Market},
    tokens::Vault,
};

#[derive(Accounts)]
pub struct FundTranche {
    /// Owner of the tokens.
    pub funder: Signer,
    #[account(mut)]
    pub market: Account<Market>,
    /// The quote bank.
    #[account(mut)]
    pub bank: Account<CollateralBank>,
    /// CHECK: the token program checks that it holds the mint and that the funder may spend from it.
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

impl FundTranche {
    fn vault(&self) -> Vault<'_> {
        Vault::of(&self.bank, &self.vault, &self.mint, &self.token_program)
    }

    fn validate(&self, amount: u64) -> Result<()> {
        require!(amount > 0, FirebreakError::AmountZero);
        require!(self.bank.is_quote(), FirebreakError::BankAccountMismatch);
        require_same(&self.bank.clearinghouse, [&self.market.clearinghouse])?;
        self.vault().validate()
    }
}

pub fn fund_tranche(ctx: &mut Context<FundTranche>, amount: u64) -> Result<()> {
    let accounts = &mut ctx.accounts;
    accounts.validate(amount)?;

    accounts.bank.receive(amount)?;
    let tranche = accounts.market.tranche.checked_add(amount).ok_or(FirebreakError::ArithmeticOverflow)?;
    accounts.market.tranche = tranche;
    accounts.vault().pull(accounts.source.account(), accounts.funder.account(), amount)?;

    emit(&TrancheFunded { market: *accounts.market.address(), amount, tranche });
    Ok(())
}
