//! Show that an account is bankrupt: nobody leaves the insurance fund for an hour. Anyone may.

use anchor_lang::prelude::*;

use crate::{
    clearing,
    error::FirebreakError,
    event::{DeficitReported, emit},
    instructions::require_same,
    state::{BoardAccount, InsuranceFund, MarginSlab},
};

#[derive(Accounts)]
pub struct ReportDeficit {
    /// Equity below zero at mark, every price fresh.
    pub bankrupt: MarginSlab,
    pub board: BoardAccount,
    #[account(mut)]
    pub fund: Account<InsuranceFund>,
}

pub fn report_deficit(ctx: &mut Context<ReportDeficit>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let ReportDeficit { bankrupt, board, fund } = &mut ctx.accounts;
    require_same(&board.clearinghouse, [&bankrupt.clearinghouse, &fund.clearinghouse])?;
    // At fresh prices: then anybody can resolve it, and nobody can be kept in by an account that none can.
    let value = clearing::value_for_deleveraging(bankrupt, bankrupt.as_slice(), board.as_slice(), now)?;
    require!(value.equity < 0, FirebreakError::AccountSolvent);

    fund.close_exits(now);

    emit(&DeficitReported {
        fund: *fund.address(),
        bankrupt: *bankrupt.address(),
        equity: value.equity,
        closed_until: fund.closed_until,
    });
    Ok(())
}
