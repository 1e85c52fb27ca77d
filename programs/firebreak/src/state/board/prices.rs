//! What a row knows of its price, and how an accepted one is put on it.

use risk::{
    Accrual, Action, FeedGates, FeedSeen, FeedsState, GateParams, Moved, PriceAges, PriceQuality, PriceState,
    quality_at, risk_opens_at,
};

use crate::{error::FirebreakError, state::AssetRow};

impl AssetRow {
    /// Quality of the stored price at `now`.
    #[inline(always)]
    pub fn quality_at(&self, now: i64) -> PriceQuality {
        let ages = PriceAges { fresh_seconds: self.fresh_age_seconds, max_seconds: self.max_age_seconds };
        quality_at(PriceQuality::from_u8(self.quality), self.publish_time, ages, now)
    }

    /// The price's quality; refuses where it is not good enough, naming why.
    #[inline(always)]
    pub fn require(&self, action: Action, now: i64) -> core::result::Result<PriceQuality, FirebreakError> {
        if now <= self.fresh_until && (action != Action::AddRisk || now >= self.risk_opens_at) {
            return Ok(PriceQuality::Fresh); // good for everything, and asked for at every position
        }
        self.require_less(action, now)
    }

    #[inline(never)]
    fn require_less(&self, action: Action, now: i64) -> core::result::Result<PriceQuality, FirebreakError> {
        let quality = self.quality_at(now);
        if quality.permits(action) && (action != Action::AddRisk || now >= self.risk_opens_at) {
            return Ok(quality);
        }
        Err(match quality {
            PriceQuality::Invalid => FirebreakError::PriceMissing,
            PriceQuality::Stale => FirebreakError::PriceStale,
            _ => FirebreakError::PriceUncertain,
        })
    }

    /// What the gate left.
    pub fn price_state(&self) -> PriceState {
        PriceState {
            mark: self.mark,
            confidence: self.confidence,
            ema: self.ema,
            publish_time: self.publish_time,
            quality: PriceQuality::from_u8(self.quality),
        }
    }

    /// What the gate holds the primary feed against.
    pub fn gate(&self) -> GateParams {
        GateParams {
            exponent: self.primary_exponent,
            scale: i32::from(self.scale),
            max_age_seconds: self.max_age_seconds,
            confidence_fresh_bps: u64::from(self.confidence_fresh_bps),
            confidence_max_bps: u64::from(self.confidence_max_bps),
            ema_band_bps: u64::from(self.ema_band_bps),
            ema_seconds: self.ema_seconds,
        }
    }

    /// Whether the asset has a second feed.
    pub fn has_secondary(&self) -> bool {
        self.secondary_kind != 0
    }

    /// What two feeds are held against.
    pub fn feed_gates(&self) -> FeedGates {
        let primary = self.gate();
        let secondary =
            GateParams { exponent: self.secondary_exponent, scale: i32::from(self.secondary_scale), ..primary };
        FeedGates { primary, secondary, agreement_bps: u64::from(self.agreement_bps) }
    }

    /// The price, of those that feeds gave lately, which is best for whoever gives up a position: while they do not agree, nobody
    /// is taken over at the one that happens to be worse.
    pub fn protective_mark(&self, is_long: bool) -> u64 {
        let is_recent = |time: i64| self.publish_time.saturating_sub(time) <= i64::from(self.max_age_seconds);
        let seen = [(self.primary_mark, self.primary_time), (self.secondary_mark, self.secondary_time)];
        let recent = seen.iter().filter(|(mark, time)| self.has_secondary() && *mark > 0 && is_recent(*time));
        recent.fold(self.mark, |best, (mark, _)| if is_long { best.max(*mark) } else { best.min(*mark) })
    }

    /// What two feeds left.
    pub fn feeds_state(&self) -> FeedsState {
        let seen = [
            FeedSeen { mark: self.primary_mark, publish_time: self.primary_time },
            FeedSeen { mark: self.secondary_mark, publish_time: self.secondary_time },
        ];
        FeedsState {
            price: self.price_state(),
            seen,
            followed: FeedSeen { mark: self.followed_mark, publish_time: self.followed_time },
            is_settled: self.risk_opens_at != i64::MAX,
            moved: Moved::default(),
        }
    }

    /// Puts what two feeds said on the row.
    pub fn apply_feeds(&mut self, state: &FeedsState) -> core::result::Result<(), FirebreakError> {
        let [primary, secondary] = state.seen;
        (self.primary_mark, self.primary_time) = (primary.mark, primary.publish_time);
        (self.secondary_mark, self.secondary_time) = (secondary.mark, secondary.publish_time);
        (self.followed_mark, self.followed_time) = (state.followed.mark, state.followed.publish_time);
        self.put(&state.price, state.is_settled, state.moved)
    }

    /// Puts what an only feed said on the row.
    pub fn apply_price(&mut self, state: &PriceState) -> core::result::Result<(), FirebreakError> {
        let seconds = state.publish_time.saturating_sub(self.publish_time);
        self.put(state, state.quality.permits(Action::AddRisk), Moved { from: self.mark, seconds })
    }

    /// Puts an accepted price on the row, with everything that follows from it.
    fn put(&mut self, state: &PriceState, is_settled: bool, moved: Moved) -> core::result::Result<(), FirebreakError> {
        self.follow(state.mark, moved);
        if self.funding_rate != 0 {
            self.accrue(state.publish_time);
        }
        self.watch(state, is_settled, moved);
        self.risk_opens_at = risk_opens_at(self.risk_opens_at, is_settled, state.publish_time);
        self.mark = state.mark;
        self.confidence = state.confidence;
        self.ema = state.ema;
        self.publish_time = state.publish_time;
        self.quality = state.quality as u8;
        self.derive()
    }

    /// Lets funding run from the last price to one published at `time`. Who opened since paid for a price of seconds ago.
    #[inline(never)]
    fn accrue(&mut self, time: i64) {
        let seconds = time.min(self.funding_until).saturating_sub(self.publish_time).min(risk::MAX_ACCRUAL_SECONDS);
        let last = Accrual {
            long_charge: self.long_side.charge,
            short_charge: self.short_side.charge,
            index: self.funding_index,
        };
        let next = risk::accrued(self.funding_rate, seconds, last, (self.long_side.scale, self.short_side.scale));
        (self.long_side.charge, self.short_side.charge) = (next.long_charge, next.short_charge);
        self.funding_index = next.index;
        if time >= self.funding_until {
            self.funding_rate = 0;
        }
    }
}
