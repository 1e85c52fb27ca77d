//! Clear a trade that two accounts agreed on: both authorities sign. A venue is a program whose address both made their
//! delegate; it signs once for both, by CPI.

use anchor_lang::prelude::*;

use crate::{
    clearing::{self, Fill, Portfolio, Side},
    error::FirebreakError,
    event::{Traded, emit},
    instructions::require_same,
    state::{BoardAccount, CircuitBreaker, MarginSlab, Market},
};

#[derive(Accounts)]
pub struct Trade {
    /// Owner or delegate of the buyer.
    pub buyer_trader: Signer,
    /// Owner or delegate of the seller.
    pub seller_trader: Signer,
    /// Receives the lots.
    #[account(mut)]
    pub buyer: MarginSlab,
    /// Gives the lots.
    #[account(mut)]
    pub seller: MarginSlab,
    #[account(mut)]
    pub market: Account<Market>,
    /// Prices and margins of everything the two accounts hold.
    pub board: BoardAccount,
    /// Must permit what each side does in this market.
    pub breaker: Account<CircuitBreaker>,
}

impl Trade {
    fn validate(&self) -> Result<()> {
        self.buyer.require_trader(self.buyer_trader.address())?;
        self.seller.require_trader(self.seller_trader.address())?;
        require_same(
            &self.board.clearinghouse,
            [
                &self.buyer.clearinghouse,
                &self.seller.clearinghouse,
                &self.market.clearinghouse,
                &self.breaker.clearinghouse,
            ],
        )
    }
}

/// The buyer receives `lots` at `price` (quote atoms per lot). Both pay the taker fee: there is no maker in a match.
pub fn trade(ctx: &mut Context<Trade>, lots: u64, price: u64) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    ctx.accounts.validate()?;

    let Trade { buyer, seller, market, board, breaker, .. } = &mut ctx.accounts;
    let row = board.get(market.index as usize).ok_or(FirebreakError::AssetMissing)?;
    let level = market.level(breaker, row, now);
    let fee_bps = u64::from(market.taker_fee_bps);
    let (mut buying, mut selling) = (Portfolio::of(buyer), Portfolio::of(seller));
    clearing::trade(
        market,
        board.as_slice(),
        Side { portfolio: &mut buying, fee_bps },
        Side { portfolio: &mut selling, fee_bps },
        Fill { lots, price },
        level,
        now,
    )?;

    let row = board.get(market.index as usize).ok_or(FirebreakError::AssetMissing)?;
    emit(&Traded {
        market: *market.address(),
        buyer: *buyer.address(),
        seller: *seller.address(),
        lots,
        price,
        mark: row.mark,
    });
    Ok(())
}
