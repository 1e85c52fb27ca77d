//! Buy shares of the insurance fund. Anyone may, once every market was swept.

use anchor_lang::prelude::*;

use crate::{
    clearing,
    error::FirebreakError,
    event::{Staked, emit},
    instructions::{require_all, require_same},
    seeds,
    state::{BoardAccount, CollateralBank, InsuranceFund, InsuranceStake, VERSION},
    tokens::Vault,
};

#[derive(Accounts)]
pub struct Stake {
    /// Pays for the stake's account where there is none yet.
    #[account(mut, unsafe(dup))] // often the staker too; a signer has no data to alias
    pub payer: Signer,
    /// Owner of the tokens and of the shares.
    pub staker: Signer,
    #[account(mut)]
    pub fund: Account<InsuranceFund>,
    #[account(
        init_if_needed,
        payer = payer,
        space = 8 + core::mem::size_of::<InsuranceStake>(),
        seeds = [seeds::STAKE, fund.address().as_ref(), staker.address().as_ref()],
        bump
    )]
    pub stake: Account<InsuranceStake>,
    /// Says which markets there are. All of them follow as remaining accounts, in the order of their indices, just swept.
    pub board: BoardAccount,
    /// The quote bank.
    pub bank: Account<CollateralBank>,
    /// CHECK: the token program checks that it holds the mint and that the staker may spend from it.
    #[account(mut)]
    pub source: UncheckedAccount,
    /// CHECK: compared with the fund's own.
    #[account(mut)]
    pub insurance_vault: UncheckedAccount,
    /// CHECK: compared with the bank's own.
    pub mint: UncheckedAccount,
    /// CHECK: compared with the bank's own.
    pub token_program: UncheckedAccount,
    pub system_program: Program<System>,
}

impl Stake {
    fn vault(&self) -> Vault<'_> {
        Vault::of_fund(&self.fund, &self.bank, &self.insurance_vault, &self.mint, &self.token_program)
    }

    fn validate(&self, amount: u64) -> Result<()> {
        require!(amount > 0, FirebreakError::AmountZero);
        require!(self.bank.is_quote(), FirebreakError::BankAccountMismatch);
        require_same(&self.board.clearinghouse, [&self.fund.clearinghouse, &self.bank.clearinghouse])?;
        self.vault().validate()
    }
}

/// Buys as many shares as `amount` pays for, and takes what they cost.
pub fn stake(ctx: &mut Context<Stake>, amount: u64) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let markets = ctx.remaining_accounts()?;
    let accounts = &mut ctx.accounts;
    accounts.validate(amount)?;
    require_all(&accounts.board, &markets, |market| clearing::require_swept(market, accounts.board.as_slice(), now))?;
    if accounts.stake.version == 0 {
        accounts.stake.fund = *accounts.fund.address();
        accounts.stake.owner = *accounts.staker.address();
        accounts.stake.epoch = accounts.fund.epoch;
        accounts.stake.bump = ctx.bumps.stake;
        accounts.stake.version = VERSION;
    }

    let (shares, paid) = clearing::stake(&mut accounts.fund, &mut accounts.stake, amount)?;
    accounts.vault().pull(accounts.source.account(), accounts.staker.account(), paid)?;

    emit(&Staked {
        fund: *accounts.fund.address(),
        staker: *accounts.staker.address(),
        shares,
        paid,
        assets: accounts.fund.assets,
        deployed: accounts.fund.deployed,
        all_shares: accounts.fund.shares,
    });
    Ok(())
}
