use crate::anchor::*;
use risk::{Activity, Level};

use crate::error::FirebreakError;

/// A level that holds until its expiry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable, IdlType)]
#[repr(C)]
pub struct BreakerState {
    /// Unix seconds; the level is 0 from then on.
    pub expires_at: i64,
    pub level: u8,
    /// Free for whoever trips it; shown to users.
    pub reason: u8,
    pub trips: u16,
    /// Unix seconds from and until which the level last was above ReduceOnly.
    pub closed_until: u32,
    pub closed_from: u32,
    pub reserved: [u8; 4],
}

impl BreakerState {
    /// Until when it has to stay open, so that nobody is locked in by one closing after the other: as long as it was closed.
    fn rests_until(&self) -> i64 {
        let (from, until) = (i64::from(self.closed_from), i64::from(self.closed_until));
        until + (until - from).max(0) // both below 2^32
    }

    fn is_closed(&self, now: i64) -> bool {
        self.level_at(now) >= Level::LiquidationOnly
    }

    /// The level in force at `now`. A stored level that is none counts as `Halted`.
    #[inline(always)]
    pub fn level_at(&self, now: i64) -> Level {
        if now >= self.expires_at { Level::Normal } else { Level::try_from(self.level).unwrap_or(Level::Halted) }
    }
}

/// One breaker. A short emergency and a standing restriction are kept apart, so that a halt of six hours neither waits
/// for a week of caution to end nor ends it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable, IdlType)]
#[repr(C)]
pub struct Breaker {
    /// Up to six hours, any level: guardian or authority.
    pub emergency: BreakerState,
    /// Up to seven days, ReduceOnly at most: authority.
    pub standing: BreakerState,
}

impl Breaker {
    /// Longest emergency.
    pub const MAX_EMERGENCY_SECONDS: u32 = 6 * 3_600;
    /// Longest standing restriction.
    pub const MAX_STANDING_SECONDS: u32 = 7 * 86_400;

    /// Raises the level for `seconds`; up to six hours count as an emergency. Never lowers a level of its kind that stands,
    /// and never shortens it. What is closed may be closed more tightly, and for no longer. Returns the level of its kind before, and
    /// when the new one expires.
    fn trip(
        &mut self,
        level: Level,
        seconds: u32,
        reason: u8,
        now: i64,
    ) -> core::result::Result<(Level, i64), FirebreakError> {
        let expires_at = now.checked_add(i64::from(seconds)).ok_or(FirebreakError::ArithmeticOverflow)?;
        let state = if seconds <= Self::MAX_EMERGENCY_SECONDS { &mut self.emergency } else { &mut self.standing };
        let before = state.level_at(now);
        let is_raise = level > before && (before == Level::Normal || expires_at >= state.expires_at);
        let is_extension = level == before && level > Level::Normal && expires_at > state.expires_at;
        if !is_raise && !is_extension {
            return Err(FirebreakError::LevelNotRaised);
        }
        let was_closed = before >= Level::LiquidationOnly;
        if was_closed && !is_raise {
            return Err(FirebreakError::ClosedLately);
        }
        let expires_at = if was_closed { state.expires_at } else { expires_at };
        if level >= Level::LiquidationOnly && !was_closed {
            (state.closed_from, state.closed_until) = (seconds_of(now), seconds_of(expires_at));
        }
        let trips = state.trips.saturating_add(1);
        *state = BreakerState { expires_at, level: level as u8, reason, trips, ..*state };
        Ok((before, expires_at))
    }

    /// Ends both kinds. Returns the level before; refuses where none stood.
    pub fn reset(&mut self, now: i64) -> core::result::Result<Level, FirebreakError> {
        let before = self.level_at(now);
        if before == Level::Normal {
            return Err(FirebreakError::LevelNotRaised);
        }
        for state in [&mut self.emergency, &mut self.standing] {
            state.level = Level::Normal as u8;
            state.expires_at = now;
            state.closed_until = state.closed_until.min(seconds_of(now));
        }
        Ok(before)
    }

    /// Unix seconds until which the level last was above ReduceOnly.
    fn closed_until(&self) -> i64 {
        i64::from(self.emergency.closed_until)
    }

    /// The higher of the two.
    #[inline(always)]
    pub fn level_at(&self, now: i64) -> Level {
        self.emergency.level_at(now).max(self.standing.level_at(now))
    }
}

/// A unix time in 32 bits, which last until 2106.
fn seconds_of(time: i64) -> u32 {
    u32::try_from(time).unwrap_or(if time < 0 { 0 } else { u32::MAX })
}

/// Levels set by the guardian and the authority: global and per market. The effective level is the higher one.
#[account]
#[derive(Debug, PartialEq, Eq)]
pub struct CircuitBreaker {
    pub clearinghouse: Address,
    pub global: Breaker,
    pub markets: [Breaker; 64],
    /// Unix seconds at which the last level set for any market expires: from then on none is looked at.
    pub markets_until: i64,
    pub bump: u8,
    pub version: u8,
    pub reserved: [u8; 6],
}

const _: () = assert!(core::mem::size_of::<CircuitBreaker>() == 3_168);

impl CircuitBreaker {
    /// Names the global breaker where a market index is expected.
    pub const GLOBAL: u8 = u8::MAX;

    /// Raises the breaker of a market, or the global one: `Breaker::trip`. Whoever holds the keys, nobody is locked in for more than twelve
    /// hours: what was closed stays open for as long, by its market's breaker and by that of everything alike; a market may be closed while
    /// everything is, and no longer. Error: `ClosedLately`.
    pub fn trip(
        &mut self,
        market: u8,
        level: Level,
        (seconds, reason): (u32, u8),
        now: i64,
    ) -> core::result::Result<(Level, i64), FirebreakError> {
        let (own, all) = (self.breaker(market)?.emergency, self.global.emergency);
        let is_within = all.is_closed(now) && now.saturating_add(i64::from(seconds)) <= all.expires_at;
        let has_rested = now >= own.rests_until() && (is_within || now >= all.rests_until());
        if level >= Level::LiquidationOnly && !own.is_closed(now) && !has_rested {
            return Err(FirebreakError::ClosedLately);
        }
        let done = self.breaker_mut(market)?.trip(level, seconds, reason, now)?;
        if market != Self::GLOBAL {
            self.markets_until = self.markets_until.max(done.1);
        }
        Ok(done)
    }

    /// The breaker of a market, or the global one.
    pub fn breaker_mut(&mut self, market: u8) -> core::result::Result<&mut Breaker, FirebreakError> {
        if market == Self::GLOBAL {
            return Ok(&mut self.global);
        }
        self.markets.get_mut(market as usize).ok_or(FirebreakError::AssetMissing)
    }

    /// The breaker of a market, or the global one, to look at.
    pub fn breaker(&self, market: u8) -> core::result::Result<&Breaker, FirebreakError> {
        if market == Self::GLOBAL {
            return Ok(&self.global);
        }
        self.markets.get(market as usize).ok_or(FirebreakError::AssetMissing)
    }

    /// The level for one market.
    #[inline(always)]
    pub fn level(&self, market: u8, now: i64) -> Level {
        self.own_level(market, now).max(self.global.level_at(now))
    }

    /// The level of one market, without the global one.
    #[inline(always)]
    pub fn own_level(&self, market: u8, now: i64) -> Level {
        if now >= self.markets_until {
            return Level::Normal;
        }
        self.markets.get(market as usize).map_or(Level::Halted, |state| state.level_at(now))
    }

    /// Unix seconds until which the market, or everything, last was above ReduceOnly; 0 where it never was.
    pub fn closed_until(&self, market: u8) -> i64 {
        let own = self.markets.get(market as usize).map_or(0, Breaker::closed_until);
        own.max(self.global.closed_until())
    }

    /// Refuses with `BreakerActive` what the global level does not leave open: for what concerns no market.
    #[inline(always)]
    pub fn require_global(&self, activity: Activity, now: i64) -> Result<()> {
        require!(self.global.level_at(now).permits(activity), FirebreakError::BreakerActive);
        Ok(())
    }
}
