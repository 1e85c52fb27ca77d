//! Leave the insurance fund, once the cool-down is over. Only the staker may.

use anchor_lang::{AnchorAccount, prelude::*};
use risk::Activity;

use crate::{
    clearing,
    error::FirebreakError,
    event::{Unstaked, emit},
    instructions::{require_all, require_same},
    state::{BoardAccount, CircuitBreaker, CollateralBank, InsuranceFund, InsuranceStake, Market},
    tokens::Vault,
};

#[derive(Accounts)]
pub struct Unstake {
    pub staker: Signer,
    #[account(mut)]
    pub fund: Account<InsuranceFund>,
    #[account(mut)]
    pub stake: Account<InsuranceStake>,
    /// Says which markets there are. All of them follow as remaining accounts, in the order of their indices, just swept; the
    /// tranches of those passed as writable pay what the fund's vault lacks.
    pub board: BoardAccount,
    /// Must permit withdrawals.
    pub breaker: Account<CircuitBreaker>,
    /// The quote bank.
    #[account(mut)]
    pub bank: Account<CollateralBank>,
    /// CHECK: compared with the bank's own.
    #[account(mut)]
    pub quote_vault: UncheckedAccount,
    /// CHECK: compared with the fund's own.
    #[account(mut)]
    pub insurance_vault: UncheckedAccount,
    /// CHECK: any account of the mint, as the staker chooses; the token program checks the rest.
    #[account(mut)]
    pub destination: UncheckedAccount,
    /// CHECK: compared with the bank's own.
    pub mint: UncheckedAccount,
    /// CHECK: compared with the bank's own.
    pub token_program: UncheckedAccount,
}

impl Unstake {
    fn quote_vault(&self) -> Vault<'_> {
        Vault::of(&self.bank, &self.quote_vault, &self.mint, &self.token_program)
    }

    fn insurance_vault(&self) -> Vault<'_> {
        Vault::of_fund(&self.fund, &self.bank, &self.insurance_vault, &self.mint, &self.token_program)
    }

    fn validate(&mut self, now: i64) -> Result<()> {
        self.stake.require_owner(self.staker.address(), self.fund.address())?;
        require!(self.bank.is_quote(), FirebreakError::BankAccountMismatch);
        require_same(
            &self.board.clearinghouse,
            [&self.fund.clearinghouse, &self.breaker.clearinghouse, &self.bank.clearinghouse],
        )?;
        self.quote_vault().validate()?;
        self.insurance_vault().validate()?;
        self.breaker.require_global(Activity::WithdrawFlat, now)?;
        Ok(clearing::require_exit(&self.fund, &mut self.stake, now)?)
    }
}

pub fn unstake(ctx: &mut Context<Unstake>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let markets = ctx.remaining_accounts()?;
    let accounts = &mut ctx.accounts;
    accounts.validate(now)?;

    require_all(&accounts.board, &markets, |market| clearing::require_swept(market, accounts.board.as_slice(), now))?;
    let mut recalled = 0_u64;
    for view in markets.iter().filter(|view| view.is_writable()) {
        // SAFETY: the only reference to this account's data: markets live one at a time, and no declared account is one.
        let mut market = unsafe { Account::<Market>::load_mut(*view)? };
        let amount = clearing::recall(&mut accounts.fund, &accounts.stake, &mut market, now)?;
        recalled = recalled.checked_add(amount).ok_or(FirebreakError::ArithmeticOverflow)?;
    }
    let (shares, paid) = clearing::unstake(&mut accounts.fund, &mut accounts.stake)?;
    if recalled > 0 {
        accounts.bank.pay(recalled)?;
        accounts.quote_vault().push_to(&accounts.insurance_vault(), accounts.bank.address(), recalled)?;
    }
    if paid > 0 {
        accounts.insurance_vault().push(accounts.destination.account(), accounts.fund.address(), paid)?;
    }

    emit(&Unstaked {
        fund: *accounts.fund.address(),
        staker: *accounts.staker.address(),
        shares,
        paid,
        recalled,
        assets: accounts.fund.assets,
        deployed: accounts.fund.deployed,
        all_shares: accounts.fund.shares,
    });
    Ok(())
}
