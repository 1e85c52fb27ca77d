//! Oracle readings and breakers.

use firebreak::FirebreakError;
use risk::{Level, OraclePrice, Stress};

use super::{NativeEngine, Outcome, Rejection, ensure, is_full};
use crate::simulation::{
    cast::{AUTHORITY, GUARDIAN},
    fault::Fault,
    operation::Reading,
};

impl NativeEngine<'_> {
    pub(super) fn refresh_prices(&mut self, readings: &[Reading], pairs: &[(u8, u8)]) -> Outcome {
        for reading in readings {
            self.feeds[reading.feed as usize] = Some(*reading);
        }
        ensure(!pairs.is_empty(), FirebreakError::PriceAccountsMismatch)?;
        let mut seen = 0_u64;
        for (asset, feed) in pairs {
            let bit = 1_u64.checked_shl(u32::from(*asset)).ok_or(FirebreakError::AssetMissing)?;
            ensure(seen & bit == 0, FirebreakError::PriceAccountsMismatch)?;
            seen |= bit;
            self.refresh_price(*asset, *feed)?;
        }
        Ok(())
    }

    fn refresh_price(&mut self, asset: u8, feed: u8) -> Outcome {
        let row = self.state.rows.get(asset as usize).ok_or(FirebreakError::AssetMissing)?;
        let reading = self.feeds.get(feed as usize).copied().flatten().ok_or(FirebreakError::PriceAccountOwner)?;
        ensure(reading.is_accepted_owner || self.is(Fault::OracleOwnerIgnored), FirebreakError::PriceAccountOwner)?;
        ensure(is_full(&reading) || self.is(Fault::PartialAccepted), FirebreakError::PriceNotFullyVerified)?;
        ensure(asset == feed || self.is(Fault::FeedIgnored), FirebreakError::PriceFeedMismatch)?;

        let Reading { price, confidence, exponent, publish_time, .. } = reading;
        let oracle_price = OraclePrice { price, confidence, exponent, publish_time };
        let (mut gate, mut last, mut now) = (row.gate(), row.price_state(), self.state.now);
        if self.is(Fault::PublishTimeBackwards) {
            last.publish_time = i64::MIN;
        }
        if self.is(Fault::ConfidenceIgnored) {
            gate.confidence_max_bps = 9_999;
        }
        if self.is(Fault::FutureAccepted) && publish_time.saturating_sub(now) < 1_000 {
            now = now.max(publish_time);
        }
        let state = risk::accept_price(&oracle_price, &gate, &last, now).map_err(FirebreakError::from)?;
        let row = &mut self.state.rows[asset as usize];
        if state.publish_time != row.publish_time {
            row.apply_price(&state)?;
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
        let longest = if signer == AUTHORITY && level < Level::Halted { 7 * 86_400 } else { 6 * 3_600 };
        ensure(seconds > 0 && seconds <= longest, FirebreakError::TripDurationOutOfRange)?;

        let lowers = self.is(Fault::TripLowers);
        let breaker = self.state.breaker.edit().breaker_mut(market)?;
        if lowers {
            breaker.emergency.expires_at = now;
        }
        breaker.trip(level, seconds, 0, now)?;
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
