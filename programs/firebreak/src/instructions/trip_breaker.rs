//! Raise a breaker: the guardian for up to six hours, the authority for up to seven days (a halt: six hours for both).

use anchor_lang::prelude::*;
use risk::Level;

use crate::{
    error::FirebreakError,
    event::BreakerTripped,
    instructions::require_same,
    state::{BreakerState, CircuitBreaker, Clearinghouse},
};

/// Names the global breaker where a market index is expected.
pub const GLOBAL: u8 = u8::MAX;
/// Longest trip of the guardian, and longest halt of anybody.
const MAX_GUARDIAN_SECONDS: i64 = 6 * 3_600;
const MAX_AUTHORITY_SECONDS: i64 = 7 * 86_400;

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
    fn validate(&self, level: Level, seconds: i64) -> Result<()> {
        require_same(self.clearinghouse.address(), [&self.breaker.clearinghouse])?;
        let signer = self.signer.address();
        let is_authority = self.clearinghouse.authority == *signer;
        require!(is_authority || self.clearinghouse.guardian == *signer, FirebreakError::SignerNotGuardian);
        let longest = match is_authority && level < Level::Halted {
            true => MAX_AUTHORITY_SECONDS,
            false => MAX_GUARDIAN_SECONDS,
        };
        require!(seconds > 0 && seconds <= longest, FirebreakError::TripDurationOutOfRange);
        Ok(())
    }
}

/// The breaker named by `market`.
pub(crate) fn breaker_of(breaker: &mut CircuitBreaker, market: u8) -> Result<&mut BreakerState> {
    if market == GLOBAL {
        return Ok(&mut breaker.global);
    }
    Ok(breaker.markets.get_mut(market as usize).ok_or(FirebreakError::AssetMissing)?)
}

/// Raises `market`'s breaker (255: the global one) to `level` for `seconds`. A trip never lowers a level that stands, and
/// never shortens it.
pub fn trip_breaker(ctx: &mut Context<TripBreaker>, market: u8, level: u8, seconds: u32, reason: u8) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let accounts = &mut ctx.accounts;
    let level = Level::try_from(level).map_err(|_| FirebreakError::LevelOutOfRange)?;
    accounts.validate(level, i64::from(seconds))?;

    let expires_at = now.checked_add(i64::from(seconds)).ok_or(FirebreakError::ArithmeticOverflow)?;
    let state = breaker_of(&mut accounts.breaker, market)?;
    let before = state.level_at(now);
    let is_raise = level > before && (before == Level::Normal || expires_at >= state.expires_at);
    let is_extension = level == before && level > Level::Normal && expires_at > state.expires_at;
    require!(is_raise || is_extension, FirebreakError::LevelNotRaised);
    *state = BreakerState { expires_at, level: level as u8, reason, trips: state.trips.saturating_add(1), ..*state };
    if accounts.clearinghouse.guardian == *accounts.signer.address() {
        accounts.clearinghouse.guardian_trips = accounts.clearinghouse.guardian_trips.saturating_add(1);
    }

    emit!(BreakerTripped {
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
