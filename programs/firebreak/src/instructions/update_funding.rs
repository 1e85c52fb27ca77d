//! Set a market's funding rate from the average premium of its fills. Anyone may.

use anchor_lang::prelude::*;

use crate::{
    clearing,
    error::FirebreakError,
    event::{FundingUpdated, emit},
    instructions::require_same,
    state::{BoardAccount, Market},
};

#[derive(Accounts)]
pub struct UpdateFunding {
    /// Carries the rate.
    #[account(mut)]
    pub board: BoardAccount,
    #[account(mut)]
    pub market: Account<Market>,
}

pub fn update_funding(ctx: &mut Context<UpdateFunding>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let UpdateFunding { board, market } = &mut ctx.accounts;
    require_same(&board.clearinghouse, [&market.clearinghouse])?;

    let row = board.get_mut(market.index as usize).ok_or(FirebreakError::AssetMissing)?;
    clearing::update_funding(market, row, now)?;

    emit(&FundingUpdated {
        market: *market.address(),
        premium_sum: market.premium_sum,
        premium_lots: market.premium_lots,
        rate: row.funding_rate,
        until: row.funding_until,
        index: row.funding_index,
    });
    Ok(())
}
