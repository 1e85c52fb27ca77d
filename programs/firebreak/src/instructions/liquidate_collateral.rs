//! Buy collateral of an account that needs quote, at a discount, between margin accounts. Anyone may who can pay.

use anchor_lang::prelude::*;
use risk::Activity;

use crate::{
    clearing::{self, ConversionRequest, Portfolio},
    event::{CollateralLiquidated, emit},
    instructions::require_same,
    state::{BoardAccount, CircuitBreaker, CollateralBank, MarginSlab},
};

#[derive(Accounts)]
pub struct LiquidateCollateral {
    /// Owner or delegate of the buyer's account.
    pub trader: Signer,
    /// Pays cash and receives the collateral.
    #[account(mut)]
    pub buyer: MarginSlab,
    /// Below maintenance, or with losses that its cash does not cover.
    #[account(mut)]
    pub seller: MarginSlab,
    /// Of the token that is sold. Its vault keeps what it holds.
    pub bank: Account<CollateralBank>,
    pub board: BoardAccount,
    /// Must permit liquidation.
    pub breaker: Account<CircuitBreaker>,
}

impl LiquidateCollateral {
    fn validate(&self, now: i64) -> Result<()> {
        self.buyer.require_trader(self.trader.address())?;
        require_same(
            &self.board.clearinghouse,
            [
                &self.buyer.clearinghouse,
                &self.seller.clearinghouse,
                &self.bank.clearinghouse,
                &self.breaker.clearinghouse,
            ],
        )?;
        self.breaker.require_global(Activity::Liquidate, now)
    }
}

/// Buys up to `amount` atoms for at most `max_paid` quote atoms.
pub fn liquidate_collateral(ctx: &mut Context<LiquidateCollateral>, amount: u64, max_paid: u64) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    ctx.accounts.validate(now)?;

    let LiquidateCollateral { buyer, seller, bank, board, .. } = &mut ctx.accounts;
    let request = ConversionRequest { amount, max_paid };
    let (mut buying, mut selling) = (Portfolio::of(buyer), Portfolio::of(seller));
    let done = clearing::convert_collateral(bank, board.as_slice(), &mut buying, &mut selling, request, now)?;

    emit(&CollateralLiquidated {
        bank: *bank.address(),
        buyer: *buyer.address(),
        seller: *seller.address(),
        amount: done.amount,
        paid: done.paid,
        equity_before: done.before.equity,
        maintenance: done.before.requirement,
        equity_after: done.equity_after,
    });
    Ok(())
}
