//! Resolve a bankrupt account that the tranche cannot pay for: the other side of the market closes its lots, pro rata, at its
//! bankruptcy price. Anyone may.

use anchor_lang::prelude::*;
use risk::Activity;

use crate::{
    clearing::{self, Portfolio},
    error::FirebreakError,
    event::{AutoDeleveraged, emit},
    instructions::require_same,
    state::{BoardAccount, CircuitBreaker, MarginSlab, Market},
};

#[derive(Accounts)]
pub struct AutoDeleverage {
    /// Equity below zero at fresh prices, and no collateral left.
    #[account(mut)]
    pub bankrupt: MarginSlab,
    #[account(mut)]
    pub market: Account<Market>,
    /// Keeps the indices that every position of the other side follows.
    #[account(mut)]
    pub board: BoardAccount,
    /// Must permit liquidation in this market.
    pub breaker: Account<CircuitBreaker>,
}

impl AutoDeleverage {
    fn validate(&self, now: i64) -> Result<()> {
        require_same(
            &self.board.clearinghouse,
            [&self.bankrupt.clearinghouse, &self.market.clearinghouse, &self.breaker.clearinghouse],
        )?;
        let row = self.board.get(self.market.index as usize).ok_or(FirebreakError::AssetMissing)?;
        let level = self.market.level(&self.breaker, row, now);
        require!(level.permits(Activity::Liquidate), FirebreakError::BreakerActive);
        Ok(())
    }
}

pub fn auto_deleverage(ctx: &mut Context<AutoDeleverage>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    ctx.accounts.validate(now)?;

    let AutoDeleverage { bankrupt, market, board, .. } = &mut ctx.accounts;
    let mut portfolio = Portfolio::of(bankrupt);
    let done = clearing::auto_deleverage(market, board.as_mut_slice(), &mut portfolio, now)?;

    let row = board.get(market.index as usize).ok_or(FirebreakError::AssetMissing)?;
    emit(&AutoDeleveraged {
        market: *market.address(),
        bankrupt: *bankrupt.address(),
        lots: done.lots,
        mark: row.mark,
        equity_before: done.equity_before,
        from_cash: done.from_cash,
        deficit: done.deficit,
        insurance_paid: done.insurance_paid,
        borne_by_side: done.borne_by_side,
        borne_by_market: done.borne_by_market,
        waiting: done.waiting,
        long_open_interest: market.side(true, row).held().div_ceil(1 << 32),
        short_open_interest: market.side(false, row).held().div_ceil(1 << 32),
    });
    Ok(())
}
