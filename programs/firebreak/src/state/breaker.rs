use anchor_lang::prelude::*;
use risk::{Activity, Level};

use crate::error::FirebreakError;

/// One breaker: a level that holds until its expiry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable, IdlType)]
#[repr(C)]
pub struct BreakerState {
    /// Unix seconds; the level is 0 from then on.
    pub expires_at: i64,
    pub level: u8,
    /// Free for whoever trips it; shown to users.
    pub reason: u8,
    pub trips: u16,
    pub reserved: [u8; 4],
}

impl BreakerState {
    /// The level in force at `now`. A stored level that is none counts as `Halted`.
    #[inline(always)]
    pub fn level_at(&self, now: i64) -> Level {
        if now >= self.expires_at { Level::Normal } else { Level::try_from(self.level).unwrap_or(Level::Halted) }
    }
}

/// Levels set by the guardian and the authority: global and per market. The effective level is the higher one.
#[account]
#[derive(Debug, PartialEq, Eq)]
pub struct CircuitBreaker {
    pub clearinghouse: Address,
    pub global: BreakerState,
    pub markets: [BreakerState; 64],
    pub bump: u8,
    pub version: u8,
    pub reserved: [u8; 14],
}

const _: () = assert!(core::mem::size_of::<CircuitBreaker>() == 1_088);

impl CircuitBreaker {
    /// The level for one market.
    #[inline(always)]
    pub fn level(&self, market: u8, now: i64) -> Level {
        let own = self.markets.get(market as usize).map_or(Level::Halted, |state| state.level_at(now));
        own.max(self.global.level_at(now))
    }

    /// Refuses with `BreakerActive` what the market's level does not leave open.
    #[inline(always)]
    pub fn require(&self, market: u8, activity: Activity, now: i64) -> Result<()> {
        require!(self.level(market, now).permits(activity), FirebreakError::BreakerActive);
        Ok(())
    }

    /// The same for what concerns no market.
    #[inline(always)]
    pub fn require_global(&self, activity: Activity, now: i64) -> Result<()> {
        require!(self.global.level_at(now).permits(activity), FirebreakError::BreakerActive);
        Ok(())
    }
}
