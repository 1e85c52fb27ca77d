//! Take quote or collateral out of a margin account. Only the owner may.

use anchor_lang::prelude::*;
use risk::{Activity, Level};

use crate::{
    clearing::value_for_withdrawal,
    error::FirebreakError,
    event::{Withdrawn, emit},
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

    fn validate(&self, amount: u64) -> Result<()> {
        require!(amount > 0, FirebreakError::AmountZero);
        self.margin_account.require_owner(self.owner.address())?;
        require_same(
            &self.board.clearinghouse,
            [&self.margin_account.clearinghouse, &self.bank.clearinghouse, &self.breaker.clearinghouse],
        )?;
        self.vault().validate()
    }

    /// The breaker of every market the account is in must permit it, as the board knows it; an account in none asks only the global
    /// one. Returns the highest level.
    fn require_open(&self, now: i64) -> Result<Level> {
        let (account, rows) = (&self.margin_account, self.board.as_slice());
        let (mut activity, mut level) = (Activity::WithdrawFlat, self.breaker.global.level_at(now));
        // A position that deleveraging closed and nobody touched yet counts as one; `settle` frees it.
        for position in account.in_use(account.as_slice()).iter().filter(|position| position.size != 0) {
            activity = Activity::WithdrawWithPositions;
            let row = rows.get(position.market as usize).ok_or(FirebreakError::AssetMissing)?;
            level = level.max(self.breaker.own_level(position.market, now)).max(row.breaker.level_at(now));
        }
        require!(level.permits(activity), FirebreakError::BreakerActive);
        Ok(level)
    }

    /// What stays must cover initial margin without counting unsettled gains.
    fn require_covered(&self, level: Level, now: i64) -> Result<()> {
        let account = &self.margin_account;
        let valuation = value_for_withdrawal(account, account.as_slice(), self.board.as_slice(), (0, level), now)?;
        require!(valuation.is_covered(), FirebreakError::MarginInsufficient);
        Ok(())
    }

    /// Whether an account without positions takes all it has of a token, and that is little.
    fn is_small_exit(&self, amount: u64, balance: u64) -> bool {
        self.margin_account.position_count == 0 && balance == 0 && amount <= self.bank.small_exit
    }
}

pub fn withdraw(ctx: &mut Context<Withdraw>, amount: u64) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let accounts = &mut ctx.accounts;
    accounts.validate(amount)?;
    let level = accounts.require_open(now)?;
    let balance = accounts.margin_account.debit(&accounts.bank, amount)?;
    let is_small_exit = accounts.is_small_exit(amount, balance);
    accounts.bank.withdrawn(amount, is_small_exit, now)?;
    accounts.require_covered(level, now)?;
    accounts.vault().push(accounts.destination.account(), accounts.bank.address(), amount)?;

    emit(&Withdrawn {
        margin_account: *accounts.margin_account.address(),
        bank: *accounts.bank.address(),
        amount,
        balance,
    });
    Ok(())
}
