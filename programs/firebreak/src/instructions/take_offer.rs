//! Trade against a maker's standing offer. Only the taker signs; the maker agreed by placing it.

use anchor_lang::{address_eq, prelude::*};

use crate::{
    clearing::{self, Fill, Portfolio, Side},
    error::{FirebreakError, Named},
    event::{Traded, emit},
    instructions::require_same,
    state::{BoardAccount, CircuitBreaker, MarginSlab, Market, Offer},
};

#[derive(Accounts)]
pub struct TakeOffer {
    /// Owner or delegate of the taker.
    pub trader: Signer,
    #[account(mut)]
    pub taker: MarginSlab,
    /// The account that placed the offer.
    #[account(mut)]
    pub maker: MarginSlab,
    /// What is left of it falls by what is taken.
    #[account(mut)]
    pub offer: Account<Offer>,
    #[account(mut)]
    pub market: Account<Market>,
    /// Prices and margins of everything the two accounts hold.
    pub board: BoardAccount,
    /// Must permit what each side does in this market.
    pub breaker: Account<CircuitBreaker>,
}

impl TakeOffer {
    fn validate(&self, lots: i64, now: i64) -> Result<()> {
        require!(lots != 0, FirebreakError::AmountZero);
        self.taker.require_trader(self.trader.address())?;
        require_same(
            &self.board.clearinghouse,
            [
                &self.taker.clearinghouse,
                &self.maker.clearinghouse,
                &self.market.clearinghouse,
                &self.breaker.clearinghouse,
            ],
        )?;
        let is_own =
            address_eq(&self.offer.margin_account, self.maker.address()) && self.offer.market == self.market.index;
        require!(is_own, FirebreakError::OfferMismatch);
        require!(now < self.offer.expires_at, FirebreakError::OfferExpired);
        Ok(())
    }

    /// Lots the offer has for a taker of this direction, at most those asked for; taken off the offer.
    fn fill(&mut self, lots: i64) -> Result<u64> {
        let offered = if lots > 0 { &mut self.offer.ask_lots } else { &mut self.offer.bid_lots };
        let filled = lots.unsigned_abs().min(*offered);
        require!(filled > 0, FirebreakError::OfferEmpty);
        *offered -= filled; // filled <= offered
        Ok(filled)
    }
}

/// Buys up to `lots` (sells where negative), at `limit_price` or better. Fills less where the offer has less.
pub fn take_offer(ctx: &mut Context<TakeOffer>, lots: i64, limit_price: u64) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    ctx.accounts.validate(lots, now)?;
    let filled = ctx.accounts.fill(lots)?;

    let TakeOffer { taker, maker, offer, market, board, breaker, .. } = &mut ctx.accounts;
    let row = board.get(market.index as usize).ok_or(FirebreakError::AssetMissing)?;
    let (mark, buys) = (row.mark, lots > 0);
    let reference = clearing::offer_reference(row, buys, now);
    let price = clearing::offer_price(reference, if buys { offer.ask_spread_bps } else { offer.bid_spread_bps }, buys)?;
    risk::require_price_within_limit(price, limit_price, buys).named()?;

    let level = market.level(breaker, row, now);
    let fee_bps = u64::from(market.taker_fee_bps);
    let (mut taking, mut making) = (Portfolio::of(taker), Portfolio::of(maker));
    let taker_side = Side { portfolio: &mut taking, fee_bps };
    let maker_side = Side { portfolio: &mut making, fee_bps: 0 };
    let (buyer, seller) = if buys { (taker_side, maker_side) } else { (maker_side, taker_side) };
    clearing::trade(market, board.as_slice(), buyer, seller, Fill { lots: filled, price }, level, now)?;

    let (buyer, seller) = if buys { (taker, maker) } else { (maker, taker) };
    emit(&Traded {
        market: *market.address(),
        buyer: *buyer.address(),
        seller: *seller.address(),
        lots: filled,
        price,
        mark,
    });
    Ok(())
}
