//! The automatic breaker of a market, as the market's row on the board keeps it.

use crate::anchor::*;
use risk::{Automatic, BreakerParams, Level, Moved, PriceQuality, PriceState, Stress};

use crate::state::AssetRow;

/// The automatic breaker of a market (`risk::Automatic`), with what the last price asked of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable, IdlType)]
#[repr(C)]
pub struct AutomaticState {
    /// Unix seconds; the level is 0 from then on.
    pub until: i64,
    pub tripped_at: i64,
    /// Until when the level last was above ReduceOnly.
    pub closed_until: i64,
    pub level: u8,
    /// Trips that followed each other within a day.
    pub trips: u8,
    /// The level the last price asked for, and the one it held.
    pub price_enters: u8,
    pub price_holds: u8,
    pub reserved: [u8; 4],
}

/// A stored level; one that is none counts as `Halted`.
fn stored(level: u8) -> Level {
    Level::try_from(level).unwrap_or(Level::Halted)
}

impl AutomaticState {
    /// The level in force at `now`.
    #[inline(always)]
    pub fn level_at(&self, now: i64) -> Level {
        if now >= self.until { Level::Normal } else { stored(self.level) }
    }

    /// Lets the level follow what is seen at `now`.
    #[inline(never)]
    fn follow(&mut self, stress: Stress, cooldown_seconds: u32, now: i64) {
        let Self { until, tripped_at, closed_until, trips, .. } = *self;
        let last = Automatic { level: stored(self.level), until, tripped_at, closed_until, trips };
        let next = last.followed(stress, cooldown_seconds, now);
        *self = Self {
            until: next.until,
            tripped_at: next.tripped_at,
            closed_until: next.closed_until,
            level: next.level as u8,
            trips: next.trips,
            ..*self
        };
    }
}

impl AssetRow {
    /// What the breaker of a market on this asset watches of its price.
    pub fn breaker_params(&self) -> BreakerParams {
        BreakerParams {
            move_bps: u64::from(self.move_bps),
            uncertain_seconds: u64::from(self.uncertain_seconds),
            cooldown_seconds: self.cooldown_seconds,
            ..BreakerParams::default()
        }
    }

    /// Lets the automatic breaker see a price that is about to be put on the row. A step that nobody vouches for says nothing.
    #[inline(always)]
    pub(super) fn watch(&mut self, state: &PriceState, is_settled: bool, moved: Moved) {
        if self.move_bps == 0 {
            return;
        }
        let is_doubtful = state.quality == PriceQuality::Uncertain && !is_settled;
        self.uncertain_since = match (is_doubtful, self.uncertain_since) {
            (false, _) => 0,
            (true, 0) => state.publish_time,
            (true, since) => since,
        };
        if moved.from != 0 && moved.seconds > 0 {
            let averages = [self.ema, self.slow_ema, self.slowest_ema];
            let distances = averages.map(|average| risk::distance_bps(state.mark, average));
            let uncertain = if is_doubtful { state.publish_time.saturating_sub(self.uncertain_since) } else { 0 };
            let stress = risk::price_stress(distances, uncertain.unsigned_abs(), &self.breaker_params());
            self.breaker.price_enters = stress.enters as u8;
            self.breaker.price_holds = stress.holds as u8;
            // Calm: nothing to follow, and nothing to let run out.
            if stress != Stress::default() || self.breaker.level != 0 {
                self.breaker.follow(stress, self.cooldown_seconds, state.publish_time);
            }
        }
        let follow =
            |average, times| risk::slow_ema(average, state.mark, moved.seconds, self.ema_seconds.wrapping_mul(times));
        (self.slow_ema, self.slowest_ema) = (follow(self.slow_ema, 12), follow(self.slowest_ema, 288));
    }

    /// Lets the automatic breaker see what a market's books say, and the last price as long as it is not stale.
    pub fn poke(&mut self, books: Stress, now: i64) {
        let is_known = self.quality_at(now) >= PriceQuality::Uncertain;
        let (enters, holds) = (stored(self.breaker.price_enters), stored(self.breaker.price_holds));
        let price = if is_known { Stress { enters, holds } } else { Stress::default() };
        self.breaker.follow(books.and(price), self.cooldown_seconds, now);
    }
}
