//! Offers: placing, changing, cancelling.

use bytemuck::Zeroable;
use firebreak::{
    FirebreakError,
    state::{CROSS, Offer, VERSION},
};
use risk::{BPS_ONE, MAX_LOTS};

use super::{NativeEngine, Outcome, Rejection, ensure};
use crate::simulation::{cast::MARKETS, operation::Terms};

impl NativeEngine<'_> {
    fn validate_terms(&self, terms: &Terms) -> Outcome {
        let most = MAX_LOTS.unsigned_abs();
        ensure(terms.bid_lots <= most && terms.ask_lots <= most, FirebreakError::OfferInvalid)?;
        ensure(terms.bid_lots > 0 || terms.ask_lots > 0, FirebreakError::OfferEmpty)?;
        let is_quote = |spread_bps: u32| u64::from(spread_bps) < BPS_ONE;
        ensure(is_quote(terms.bid_spread_bps) && is_quote(terms.ask_spread_bps), FirebreakError::OfferInvalid)?;
        ensure(self.state.now < terms.expires_at, FirebreakError::OfferExpired)
    }

    pub(super) fn place_offer(&mut self, signer: u8, maker: u8, market: u8, terms: &Terms) -> Outcome {
        let mut view = self.load(maker)?;
        if market as usize >= MARKETS || self.state.offers[maker as usize][market as usize].is_some() {
            return Err(Rejection::Framework);
        }
        view.header.require_trader(&self.cast.address(signer))?;
        let isolated = view.header.isolated_market;
        ensure(isolated == CROSS || isolated == market, FirebreakError::AccountIsolated)?;
        self.validate_terms(terms)?;
        let (_, bump) = self.cast.offers[maker as usize][market as usize];
        let margin_account = self.cast.margin(maker);
        let mut offer = Offer { margin_account, market, bump, version: VERSION, ..Offer::zeroed() };
        apply(terms, &mut offer);
        self.state.offers[maker as usize].edit()[market as usize] = Some(offer);
        view.header.offer_count = view.header.offer_count.checked_add(1).ok_or(FirebreakError::ArithmeticOverflow)?;
        self.store(maker, view);
        Ok(())
    }

    pub(super) fn update_offer(&mut self, signer: u8, maker: u8, at: (u8, u8), terms: &Terms) -> Outcome {
        let view = self.load(maker)?;
        let mut offer = self.offer(at)?;
        view.header.require_trader(&self.cast.address(signer))?;
        ensure(offer.margin_account == self.cast.margin(maker), FirebreakError::OfferMismatch)?;
        self.validate_terms(terms)?;
        apply(terms, &mut offer);
        self.state.offers[at.0 as usize].edit()[at.1 as usize] = Some(offer);
        Ok(())
    }

    pub(super) fn cancel_offer(&mut self, signer: u8, maker: u8, at: (u8, u8)) -> Outcome {
        let mut view = self.load(maker)?;
        let offer = self.offer(at)?;
        view.header.require_trader(&self.cast.address(signer))?;
        ensure(offer.margin_account == self.cast.margin(maker), FirebreakError::OfferMismatch)?;
        view.header.offer_count = view.header.offer_count.checked_sub(1).ok_or(FirebreakError::InvariantBroken)?;
        self.store(maker, view);
        self.state.offers[at.0 as usize].edit()[at.1 as usize] = None;
        Ok(())
    }

    /// An offer that loads.
    pub(super) fn offer(&self, (maker, market): (u8, u8)) -> Result<Offer, Rejection> {
        let offers = self.state.offers.get(maker as usize).ok_or(Rejection::Framework)?;
        offers.get(market as usize).copied().flatten().ok_or(Rejection::Framework)
    }
}

fn apply(terms: &Terms, offer: &mut Offer) {
    offer.bid_lots = terms.bid_lots;
    offer.ask_lots = terms.ask_lots;
    offer.bid_spread_bps = terms.bid_spread_bps;
    offer.ask_spread_bps = terms.ask_spread_bps;
    offer.expires_at = terms.expires_at;
}
