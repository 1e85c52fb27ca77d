//! Raise a breaker: an emergency of up to six hours by the guardian or the authority, at any level; a standing restriction of
//! up to seven days, ReduceOnly at most, by the authority.

use anchor_lang::prelude::*;
use risk::Level;

use crate::{
    error::FirebreakError,
    event::{BreakerTripped, emit},
    instructions::require_same,
    state::{Breaker, CircuitBreaker, Clearinghouse},
};

#[derive(Accounts)]
pub struct TripBreaker {
    /// Guardian or authority.
    pub signer: Signer,
    /// Counts the guardian's trips.
    #[account(mut)]
    pub clearinghouse: Account<Clearinghouse>,
    #[account(mut)]
    pub breaker: Account<CircuitBreaker>,
}

impl TripBreaker {
    fn validate(&self, level: Level, seconds: u32) -> Result<()> {
        require_same(self.clearinghouse.address(), [&self.breaker.clearinghouse])?;
        let signer = self.signer.address();
        let is_authority = self.clearinghouse.authority == *signer;
        require!(is_authority || self.clearinghouse.guardian == *signer, FirebreakError::SignerNotGuardian);
        let longest = match is_authority && level <= Level::ReduceOnly {
            true => Breaker::MAX_STANDING_SECONDS,
            false => Breaker::MAX_EMERGENCY_SECONDS,
        };
        require!(seconds > 0 && seconds <= longest, FirebreakError::TripDurationOutOfRange);
        Ok(())
    }
}

/// Raises `market`'s breaker (255: the global one) to `level` for `seconds`; up to six hours count as an emergency. A trip
/// never lowers a level of its kind that stands, and never shortens it; and what was closed stays open for as long as it was.
pub fn trip_breaker(ctx: &mut Context<TripBreaker>, market: u8, level: u8, seconds: u32, reason: u8) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let accounts = &mut ctx.accounts;
    let level = Level::try_from(level).map_err(|_| FirebreakError::LevelOutOfRange)?;
    accounts.validate(level, seconds)?;

    let (before, expires_at) = accounts.breaker.trip(market, level, (seconds, reason), now)?;
    if accounts.clearinghouse.guardian == *accounts.signer.address() {
        accounts.clearinghouse.guardian_trips = accounts.clearinghouse.guardian_trips.saturating_add(1);
    }

    emit(&BreakerTripped {
        clearinghouse: *accounts.clearinghouse.address(),
        by: *accounts.signer.address(),
        expires_at,
        market,
        level_before: before as u8,
        level: level as u8,
        reason,
        reserved: [0; 4],
    });
    Ok(())
}
