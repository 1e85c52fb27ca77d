//! Ask for shares to leave the insurance fund after the cool-down, or take the request back. Only the staker may.

use anchor_lang::prelude::*;

use crate::{
    clearing,
    event::{UnstakeRequested, emit},
    state::{InsuranceFund, InsuranceStake},
};

#[derive(Accounts)]
pub struct RequestUnstake {
    pub staker: Signer,
    pub fund: Account<InsuranceFund>,
    #[account(mut)]
    pub stake: Account<InsuranceStake>,
}

/// Replaces an earlier request, whose time is lost; 0 shares only takes it back.
pub fn request_unstake(ctx: &mut Context<RequestUnstake>, shares: u64) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let RequestUnstake { staker, fund, stake } = &mut ctx.accounts;
    stake.require_owner(staker.address(), fund.address())?;

    clearing::request_unstake(fund, stake, shares, now)?;

    emit(&UnstakeRequested {
        fund: *fund.address(),
        staker: *staker.address(),
        shares,
        value: stake.leaving_value,
        leaves_at: stake.leaves_at,
    });
    Ok(())
}
