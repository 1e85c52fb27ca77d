//! Cancel a standing quote. Open at every breaker level. The offer's rent returns to whom the owner names; a delegate can
//! only return it to the owner.

use anchor_lang::{AccountClose, prelude::*};

use crate::{
    error::FirebreakError,
    event::{OfferCancelled, emit},
    state::{MarginSlab, Offer},
};

#[derive(Accounts)]
pub struct CancelOffer {
    /// Owner or delegate of the maker.
    pub trader: Signer,
    #[account(mut)]
    pub maker: MarginSlab,
    #[account(mut)]
    pub offer: Account<Offer>,
    /// CHECK: receives the rent; the owner's choice, often the signer. Only its lamports are written.
    #[account(mut, unsafe(dup))]
    pub rent_receiver: UncheckedAccount,
}

impl CancelOffer {
    fn validate(&self) -> Result<()> {
        self.maker.require_trader(self.trader.address())?;
        require!(self.offer.margin_account == *self.maker.address(), FirebreakError::OfferMismatch);
        let is_owners = self.maker.owner == *self.trader.address() || self.maker.owner == *self.rent_receiver.address();
        require!(is_owners, FirebreakError::SignerNotAllowed);
        Ok(())
    }
}

pub fn cancel_offer(ctx: &mut Context<CancelOffer>) -> Result<()> {
    ctx.accounts.validate()?;

    let CancelOffer { maker, offer, rent_receiver, .. } = &mut ctx.accounts;
    maker.offer_count = maker.offer_count.checked_sub(1).ok_or(FirebreakError::InvariantBroken)?;
    let address = *offer.address();
    offer.close(*rent_receiver.account())?;

    emit(&OfferCancelled { offer: address });
    Ok(())
}
