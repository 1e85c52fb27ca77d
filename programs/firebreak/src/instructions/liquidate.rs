//! Take over a position of an account below maintenance, or have the tranche pay what a bankrupt one owes. Anyone may.

use anchor_lang::prelude::*;
use risk::Activity;

use crate::{
    clearing::{self, LiquidationRequest, Portfolio},
    error::FirebreakError,
    event::{Liquidated, emit},
    instructions::require_same,
    state::{BoardAccount, CircuitBreaker, MarginSlab, Market},
};

#[derive(Accounts)]
pub struct Liquidate {
    /// Owner or delegate of the liquidator's account.
    pub trader: Signer,
    /// Receives the position and pays the insurance fee.
    #[account(mut)]
    pub liquidator: MarginSlab,
    /// Below maintenance margin.
    #[account(mut)]
    pub liquidatee: MarginSlab,
    /// The market of the position.
    #[account(mut)]
    pub market: Account<Market>,
    /// Prices and margins of everything the two accounts hold.
    pub board: BoardAccount,
    /// Must permit liquidation in this market.
    pub breaker: Account<CircuitBreaker>,
}

impl Liquidate {
    fn validate(&self, now: i64) -> Result<()> {
        self.liquidator.require_trader(self.trader.address())?;
        require_same(
            &self.board.clearinghouse,
            [
                &self.liquidator.clearinghouse,
                &self.liquidatee.clearinghouse,
                &self.market.clearinghouse,
                &self.breaker.clearinghouse,
            ],
        )?;
        let row = self.board.get(self.market.index as usize).ok_or(FirebreakError::AssetMissing)?;
        let level = self.market.level(&self.breaker, row, now);
        require!(level.permits(Activity::Liquidate), FirebreakError::BreakerActive);
        Ok(())
    }
}

/// `max_lots` and `limit_price` are the liquidator's own bounds.
pub fn liquidate(ctx: &mut Context<Liquidate>, max_lots: u64, limit_price: u64) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    ctx.accounts.validate(now)?;

    let Liquidate { liquidator, liquidatee, market, board, breaker, .. } = &mut ctx.accounts;
    let row = board.get(market.index as usize).ok_or(FirebreakError::AssetMissing)?;
    let is_grace = market.is_grace(breaker, row, now);
    let request = LiquidationRequest { max_lots, limit_price, is_grace };
    let (mut taker, mut target) = (Portfolio::of(liquidator), Portfolio::of(liquidatee));
    let done = clearing::liquidate(market, board.as_slice(), &mut taker, &mut target, request, now)?;

    let row = board.get(market.index as usize).ok_or(FirebreakError::AssetMissing)?;
    emit(&Liquidated {
        market: *market.address(),
        liquidatee: *liquidatee.address(),
        liquidator: *liquidator.address(),
        lots: done.lots,
        price: done.price,
        mark: row.mark,
        insurance_fee: done.insurance_fee,
        insurance_paid: done.insurance_paid,
        equity_before: done.before.equity,
        maintenance_before: done.before.requirement,
        equity_after: done.after.equity,
        maintenance_after: done.after.requirement,
        tranche: market.tranche,
    });
    Ok(())
}
