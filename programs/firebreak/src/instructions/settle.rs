//! Turn an account's loss in a market into the pool's money, or its gain into cash as far as the pool reaches. Anyone may.

use anchor_lang::prelude::*;

use crate::{
    clearing::{self, Portfolio},
    event::Settled,
    instructions::require_same,
    state::{BoardAccount, CircuitBreaker, MarginSlab, Market},
};

#[derive(Accounts)]
pub struct Settle {
    #[account(mut)]
    pub margin_account: MarginSlab,
    #[account(mut)]
    pub market: Account<Market>,
    pub board: BoardAccount,
    /// Must permit settling gains; losses always settle.
    pub breaker: Account<CircuitBreaker>,
}

impl Settle {
    fn validate(&self) -> Result<()> {
        require_same(
            &self.board.clearinghouse,
            [&self.margin_account.clearinghouse, &self.market.clearinghouse, &self.breaker.clearinghouse],
        )
    }
}

pub fn settle(ctx: &mut Context<Settle>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    ctx.accounts.validate()?;

    let Settle { margin_account, market, board, breaker } = &mut ctx.accounts;
    let level = breaker.level(market.index, now);
    let done = clearing::settle(&mut Portfolio::of(margin_account), market, board.as_slice(), level, now)?;

    emit!(Settled {
        market: *market.address(),
        margin_account: *margin_account.address(),
        loss_paid: done.loss_paid,
        profit_paid: done.profit_paid,
        pool: market.pool,
        cash: margin_account.cash,
    });
    Ok(())
}
