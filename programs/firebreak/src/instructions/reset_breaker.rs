//! End a breaker before its expiry. Only the authority, and only before sealing: afterwards it is a loosening like any
//! other. The guardian can only make things safer, so it cannot reset.

use anchor_lang::prelude::*;

use crate::{
    event::BreakerReset,
    instructions::require_same,
    state::{CircuitBreaker, Clearinghouse},
};

#[derive(Accounts)]
pub struct ResetBreaker {
    pub authority: Signer,
    pub clearinghouse: Account<Clearinghouse>,
    #[account(mut)]
    pub breaker: Account<CircuitBreaker>,
}

impl ResetBreaker {
    fn validate(&self) -> Result<()> {
        require_same(self.clearinghouse.address(), [&self.breaker.clearinghouse])?;
        self.clearinghouse.require_setup(self.authority.address())
    }
}

pub fn reset_breaker(ctx: &mut Context<ResetBreaker>, market: u8) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let accounts = &mut ctx.accounts;
    accounts.validate()?;

    let before = accounts.breaker.breaker_mut(market)?.reset(now)?;

    emit!(BreakerReset {
        clearinghouse: *accounts.clearinghouse.address(),
        by: *accounts.authority.address(),
        market,
        level_before: before as u8,
        reserved: [0; 6],
    });
    Ok(())
}
