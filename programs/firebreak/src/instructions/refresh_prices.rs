//! Bring oracle readings onto the board. Anyone may.

use anchor_lang::prelude::*;

use crate::{
    error::{FirebreakError, Named},
    oracle,
    state::BoardAccount,
};

#[derive(Accounts)]
pub struct RefreshPrices {
    /// Where the prices go. One oracle account per asset named follows as a remaining account, in the same order.
    #[account(mut)]
    pub board: BoardAccount,
}

/// Every reading named must pass the gate; one that does not fails them all, so that the caller learns which.
pub fn refresh_prices(ctx: &mut Context<RefreshPrices>, assets: &[u8]) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let feeds = ctx.remaining_accounts()?;
    require!(!assets.is_empty() && feeds.len() == assets.len(), FirebreakError::PriceAccountsMismatch);

    let mut seen = 0_u64;
    for (asset, feed) in assets.iter().zip(&feeds) {
        let bit = 1_u64.checked_shl(u32::from(*asset)).ok_or(FirebreakError::AssetMissing)?;
        require!(seen & bit == 0, FirebreakError::PriceAccountsMismatch);
        seen |= bit;

        let board = &mut ctx.accounts.board;
        let row = board.get(*asset as usize).ok_or(FirebreakError::AssetMissing)?;
        let reading = oracle::read_primary(feed, row, board)?;
        let state = risk::accept_price(&reading, &row.gate(), &row.price_state(), now).named()?;

        let row = board.get_mut(*asset as usize).ok_or(FirebreakError::AssetMissing)?;
        if state.publish_time == row.publish_time {
            continue; // the same reading again changes nothing
        }
        row.apply_price(&state)?; // no event: the board itself is what watchers subscribe to
    }
    Ok(())
}
