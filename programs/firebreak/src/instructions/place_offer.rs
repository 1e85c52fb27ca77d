//! Place a standing quote, pegged to the mark.

use anchor_lang::prelude::*;

use crate::{
    error::FirebreakError,
    event::{OfferPlaced, emit},
    instructions::require_same,
    seeds,
    state::{CROSS, MarginSlab, Market, Offer, VERSION},
};

/// What a maker offers: lots on each side, the distance of each from the mark, and until when.
#[derive(Clone, Copy, Debug, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct OfferTerms {
    pub bid_lots: u64,
    pub ask_lots: u64,
    pub bid_spread_bps: u32,
    pub ask_spread_bps: u32,
    /// Unix seconds.
    pub expires_at: i64,
}

impl OfferTerms {
    /// Refuses terms that nobody could take, or that could not be cleared.
    pub(crate) fn validate(&self, now: i64) -> Result<()> {
        let most = risk::MAX_LOTS.unsigned_abs();
        require!(self.bid_lots <= most && self.ask_lots <= most, FirebreakError::OfferInvalid);
        require!(self.bid_lots > 0 || self.ask_lots > 0, FirebreakError::OfferEmpty);
        let is_quote = |spread_bps: u32| u64::from(spread_bps) < risk::BPS_ONE;
        require!(is_quote(self.bid_spread_bps) && is_quote(self.ask_spread_bps), FirebreakError::OfferInvalid);
        require!(now < self.expires_at, FirebreakError::OfferExpired);
        Ok(())
    }

    pub(crate) fn apply(&self, offer: &mut Offer) {
        offer.bid_lots = self.bid_lots;
        offer.ask_lots = self.ask_lots;
        offer.bid_spread_bps = self.bid_spread_bps;
        offer.ask_spread_bps = self.ask_spread_bps;
        offer.expires_at = self.expires_at;
    }

    pub(crate) fn placed(&self, offer: &Address) -> OfferPlaced {
        OfferPlaced {
            offer: *offer,
            bid_lots: self.bid_lots,
            ask_lots: self.ask_lots,
            expires_at: self.expires_at,
            bid_spread_bps: self.bid_spread_bps,
            ask_spread_bps: self.ask_spread_bps,
        }
    }
}

#[derive(Accounts)]
pub struct PlaceOffer {
    /// Pays for the offer's account.
    #[account(mut, unsafe(dup))] // often the owner too; a signer has no data to alias
    pub payer: Signer,
    /// Owner or delegate of the maker.
    pub trader: Signer,
    #[account(mut)]
    pub maker: MarginSlab,
    pub market: Account<Market>,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<Offer>(),
        seeds = [seeds::OFFER, maker.address().as_ref(), &[market.index]],
        bump
    )]
    pub offer: Account<Offer>,
    pub system_program: Program<System>,
}

impl PlaceOffer {
    fn validate(&self) -> Result<()> {
        self.maker.require_trader(self.trader.address())?;
        require_same(&self.market.clearinghouse, [&self.maker.clearinghouse])?;
        let isolated = self.maker.isolated_market;
        require!(isolated == CROSS || isolated == self.market.index, FirebreakError::AccountIsolated);
        Ok(())
    }
}

pub fn place_offer(ctx: &mut Context<PlaceOffer>, terms: OfferTerms) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    ctx.accounts.validate()?;
    terms.validate(now)?;

    let PlaceOffer { maker, market, offer, .. } = &mut ctx.accounts;
    offer.margin_account = *maker.address();
    offer.market = market.index;
    offer.bump = ctx.bumps.offer;
    offer.version = VERSION;
    terms.apply(offer);
    maker.offer_count = maker.offer_count.checked_add(1).ok_or(FirebreakError::ArithmeticOverflow)?;

    emit(&terms.placed(offer.address()));
    Ok(())
}
