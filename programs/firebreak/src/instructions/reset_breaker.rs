//! End a breaker before its expiry. Only the authority; once sealed, by a proposal like any other loosening. The guardian can only make
//! things safer, so it cannot reset.

use anchor_lang::prelude::*;

use crate::{
    event::{BreakerReset, emit},
    governance::{Change, Scope, Target, permit},
    instructions::require_same,
    state::{CircuitBreaker, Clearinghouse},
};

#[derive(Accounts)]
/// Once sealed, the proposal follows as a remaining account.
pub struct ResetBreaker {
    pub authority: Signer,
    pub clearinghouse: Account<Clearinghouse>,
    #[account(mut)]
    pub breaker: Account<CircuitBreaker>,
}

pub fn reset_breaker(ctx: &mut Context<ResetBreaker>, market: u8) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let remaining = ctx.remaining_accounts()?;
    let accounts = &mut ctx.accounts;
    require_same(accounts.clearinghouse.address(), [&accounts.breaker.clearinghouse])?;
    let target = Target::Breaker(&accounts.breaker);
    let scope = Scope { clearinghouse: &accounts.clearinghouse, board: None, target, now };
    permit(accounts.authority.address(), &Change::ResetBreaker { market }, &scope, &remaining, now)?;

    let before = accounts.breaker.breaker_mut(market)?.reset(now)?;

    emit(&BreakerReset {
        clearinghouse: *accounts.clearinghouse.address(),
        by: *accounts.authority.address(),
        market,
        level_before: before as u8,
        reserved: [0; 6],
    });
    Ok(())
}
