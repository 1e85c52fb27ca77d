//! Change a standing quote.

use anchor_lang::prelude::*;

use crate::{
    error::FirebreakError,
    event::emit,
    instructions::OfferTerms,
    state::{MarginSlab, Offer},
};

#[derive(Accounts)]
pub struct UpdateOffer {
    /// Owner or delegate of the maker.
    pub trader: Signer,
    pub maker: MarginSlab,
    #[account(mut)]
    pub offer: Account<Offer>,
}

impl UpdateOffer {
    fn validate(&self) -> Result<()> {
        self.maker.require_trader(self.trader.address())?;
        require!(self.offer.margin_account == *self.maker.address(), FirebreakError::OfferMismatch);
        Ok(())
    }
}

pub fn update_offer(ctx: &mut Context<UpdateOffer>, terms: OfferTerms) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    ctx.accounts.validate()?;
    terms.validate(now)?;

    terms.apply(&mut ctx.accounts.offer);

    emit(&terms.placed(ctx.accounts.offer.address()));
    Ok(())
}
