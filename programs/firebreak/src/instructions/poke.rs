//! Let a market's automatic breaker see what the market's books and its price say now. Anyone may, at every level.

use anchor_lang::prelude::*;

use crate::{
    error::FirebreakError,
    event::{Poked, emit},
    instructions::require_same,
    state::{BoardAccount, Market},
};

#[derive(Accounts)]
pub struct Poke {
    /// Its books are read, not written.
    pub market: Account<Market>,
    /// The market's row keeps the level.
    #[account(mut)]
    pub board: BoardAccount,
}

pub fn poke(ctx: &mut Context<Poke>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let Poke { market, board } = &mut ctx.accounts;
    require_same(&board.clearinghouse, [&market.clearinghouse])?;

    let row = board.get_mut(market.index as usize).ok_or(FirebreakError::AssetMissing)?;
    let before = row.breaker.level_at(now);
    row.poke(market.seen(now), now);

    emit(&Poked {
        market: *market.address(),
        holds_until: row.breaker.until,
        level_before: before as u8,
        level: row.breaker.level_at(now) as u8,
        trips: row.breaker.trips,
        reserved: [0; 5],
    });
    Ok(())
}
