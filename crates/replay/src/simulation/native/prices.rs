//! Oracle readings and breakers.

use firebreak::{
    FirebreakError, clearing,
    state::{AssetRow, FeedKind},
};
use risk::{Level, OraclePrice, Stress};

use super::{NativeEngine, Outcome, Rejection, ensure, is_full};
use crate::simulation::{
    cast::{AUTHORITY, GUARDIAN, MARKETS},
    fault::Fault,
    operation::Reading,
    state::State,
};

/// Planted bugs of what a price accrues.
fn break_accrual(fault: Option<Fault>, before: &AssetRow, row: &mut AssetRow) {
    let paid = row.funding_index - before.funding_index;
    match fault {
        Some(Fault::AccruedTwice) => {
            row.long_side.charge += paid;
            row.short_side.charge -= paid;
            row.funding_index += paid;
        }
        // To the last part, what the other side pays, and a little that nobody does.
        Some(Fault::CreditNotReduced) if paid > 0 => row.short_side.charge = before.short_side.charge - paid - 1,
        Some(Fault::CreditNotReduced) if paid < 0 => row.long_side.charge = before.long_side.charge + paid - 1,
        _ => {}
    }
}

impl NativeEngine<'_> {
    pub(super) fn refresh_prices(&mut self, readings: &[Reading], pairs: &[(u8, u8)]) -> Outcome {
        for reading in readings {
            self.feeds[reading.feed as usize] = Some(*reading);
        }
        ensure(!pairs.is_empty(), FirebreakError::PriceAccountsMismatch)?;
        let mut assets: Vec<u8> = pairs.iter().map(|(asset, _)| *asset).collect();
        assets.dedup();
        let mut feeds = pairs.iter().map(|(_, feed)| *feed);
        let mut seen = 0_u64;
        for asset in assets {
            let bit = 1_u64.checked_shl(u32::from(asset)).ok_or(FirebreakError::AssetMissing)?;
            ensure(seen & bit == 0, FirebreakError::PriceAccountsMismatch)?;
            seen |= bit;
            let row = self.state.rows.get(asset as usize).ok_or(FirebreakError::AssetMissing)?;
            let has_secondary = row.has_secondary();
            let feed = feeds.next().ok_or(FirebreakError::PriceAccountsMismatch)?;
            if has_secondary {
                let other = feeds.next().ok_or(FirebreakError::PriceAccountsMismatch)?;
                self.refresh_two(asset, [feed, other])?;
            } else {
                self.refresh_price(asset, feed)?;
            }
        }
        ensure(feeds.next().is_none(), FirebreakError::PriceAccountsMismatch)
    }

    /// What the account of a feed says, passed for an asset's primary (0) or secondary (1); `None` where there is no data in it.
    fn account(&self, asset: u8, which: usize, feed: u8) -> Result<Option<OraclePrice>, Rejection> {
        let Some(reading) = self.feeds.get(feed as usize).copied().flatten() else { return Ok(None) };
        let right = asset as usize + which * MARKETS;
        let kind = self.cast.feed(feed).0;
        let is_owned = reading.is_accepted_owner || self.is(Fault::OracleOwnerIgnored);
        ensure(is_owned && kind == self.cast.feed(right as u8).0, FirebreakError::PriceAccountOwner)?;
        let is_right = feed as usize == right || self.is(Fault::FeedIgnored);
        let is_whole = is_full(&reading) || self.is(Fault::PartialAccepted);
        match kind {
            FeedKind::PythPull => {
                ensure(is_whole, FirebreakError::PriceNotFullyVerified)?;
                ensure(is_right, FirebreakError::PriceFeedMismatch)?;
            }
            FeedKind::PythLegacy => {
                ensure(is_right, FirebreakError::PriceFeedMismatch)?;
                ensure(is_whole, FirebreakError::PriceNotTrading)?;
            }
        }
        let Reading { price, confidence, exponent, publish_time, .. } = reading;
        Ok(Some(OraclePrice { price, confidence, exponent, publish_time }))
    }

    fn refresh_price(&mut self, asset: u8, feed: u8) -> Outcome {
        let oracle_price = self.account(asset, 0, feed)?.ok_or(FirebreakError::PriceAccountOwner)?;
        let row = &self.state.rows[asset as usize];
        let (mut gate, mut last, mut now) = (row.gate(), row.price_state(), self.state.now);
        if self.is(Fault::PublishTimeBackwards) {
            last.publish_time = i64::MIN;
        }
        if self.is(Fault::ConfidenceIgnored) {
            gate.confidence_max_bps = 9_999;
        }
        if self.is(Fault::FutureAccepted) && oracle_price.publish_time.saturating_sub(now) < 1_000 {
            now = now.max(oracle_price.publish_time);
        }
        let state = risk::accept_price(&oracle_price, &gate, &last, now).map_err(FirebreakError::from)?;
        let row = &mut self.state.rows[asset as usize];
        if state.publish_time != row.publish_time {
            let before = *row;
            row.apply_price(&state)?;
            break_accrual(self.fault, &before, row);
        }
        Ok(())
    }

    fn refresh_two(&mut self, asset: u8, feeds: [u8; 2]) -> Outcome {
        let mut readings = [None; 2];
        for (which, reading) in readings.iter_mut().enumerate() {
            let halted = Rejection::from(FirebreakError::PriceNotTrading);
            *reading = match self.account(asset, which, feeds[which]) {
                Err(cause) if cause == halted => None,
                read => read?,
            };
        }
        let row = &self.state.rows[asset as usize];
        let (mut gates, mut last) = (row.feed_gates(), row.feeds_state());
        match self.fault {
            Some(Fault::FeedsNotCompared) => gates.agreement_bps = 1_000_000,
            Some(Fault::LoneVoiceTrusted) if readings[0].is_none() => last.seen[0].publish_time = 0,
            Some(Fault::LoneVoiceTrusted) if readings[1].is_none() => last.seen[1].publish_time = 0,
            Some(Fault::CountsFromLoneVoice) => last.followed = last.seen[0],
            Some(Fault::FeedTimeBackwards) => last.seen.iter_mut().for_each(|seen| seen.publish_time = 0),
            Some(Fault::DoubtForgotten) => last.is_settled = true,
            _ => {}
        }
        let mut state = risk::accept_feeds(readings, &gates, &last, self.state.now).map_err(FirebreakError::from)?;
        match self.fault {
            Some(Fault::ReachForgotten) => {
                state.price.confidence = state.price.confidence.min(state.price.mark / 1_000)
            }
            Some(Fault::StepBetweenFeeds) if state.moved.seconds > 0 => {
                state.moved.from = self.state.rows[asset as usize].mark
            }
            _ => {}
        }
        let row = &mut self.state.rows[asset as usize];
        let before = *row;
        row.apply_feeds(&state)?;
        break_accrual(self.fault, &before, row);
        Ok(())
    }

    pub(super) fn update_funding(&mut self, market: u8) -> Outcome {
        let State { markets, rows, now, .. } = &mut self.state;
        let books = markets.get_mut(market as usize).ok_or(Rejection::Framework)?;
        let row = rows.get_mut(market as usize).ok_or(FirebreakError::AssetMissing)?;
        let time = if self.fault == Some(Fault::StaleRate) { row.publish_time } else { *now };
        let open = books.open_interest();
        if self.fault == Some(Fault::RateOverVolumeAlone) {
            books.set_open_interest(Default::default());
        }
        clearing::update_funding(books, row, time)?;
        books.set_open_interest(open);
        if self.fault == Some(Fault::RateNeverEnds) {
            row.funding_until = i64::MAX;
        }
        Ok(())
    }

    pub(super) fn poke(&mut self, market: u8) -> Outcome {
        let now = self.state.now;
        let books = self.state.markets.get(market as usize).ok_or(Rejection::Framework)?;
        let row = &mut self.state.rows[market as usize];
        match self.fault {
            Some(Fault::PokeLowers) => row.breaker.until = now,
            Some(Fault::PokeForgetsBooks) => row.poke(Stress::default(), now),
            Some(Fault::PokeHoldsOn) => row.poke(Stress { enters: Level::Normal, holds: Level::Halted }, now),
            _ => row.poke(books.seen(now), now),
        }
        Ok(())
    }

    pub(super) fn trip_breaker(&mut self, signer: u8, market: u8, level: u8, seconds: u32) -> Outcome {
        let level = Level::try_from(level).map_err(|_| FirebreakError::LevelOutOfRange)?;
        let now = self.state.now;
        ensure(signer == AUTHORITY || signer == GUARDIAN, FirebreakError::SignerNotGuardian)?;
        let longest = if signer == AUTHORITY && level <= Level::ReduceOnly { 7 * 86_400 } else { 6 * 3_600 };
        ensure(seconds > 0 && seconds <= longest, FirebreakError::TripDurationOutOfRange)?;

        let lowers = self.is(Fault::TripLowers);
        let closes_on = self.is(Fault::ClosesOn);
        let breaker = self.state.breaker.edit();
        let own = breaker.breaker_mut(market)?;
        if lowers {
            own.emergency.expires_at = now;
        }
        if closes_on {
            (own.emergency.closed_from, breaker.global.emergency.closed_from) = (u32::MAX, u32::MAX);
        }
        breaker.trip(market, level, (seconds, 0), now)?;
        if signer == GUARDIAN {
            self.state.guardian_trips = self.state.guardian_trips.saturating_add(1);
        }
        Ok(())
    }

    pub(super) fn reset_breaker(&mut self, signer: u8, market: u8) -> Outcome {
        let now = self.state.now;
        ensure(signer == AUTHORITY, FirebreakError::SignerNotAuthority)?;
        self.state.breaker.edit().breaker_mut(market)?.reset(now)?;
        Ok(())
    }
}
