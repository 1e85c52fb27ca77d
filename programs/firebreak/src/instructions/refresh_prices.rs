//! Bring oracle readings onto the board. Anyone may.

use anchor_lang::prelude::*;
use risk::{FeedsState, OraclePrice};

use crate::{
    error::{FirebreakError, Named},
    oracle,
    state::{AssetRow, BoardAccount, RiskBoard},
};

#[derive(Accounts)]
pub struct RefreshPrices {
    /// Where the prices go. For each asset named, its oracle account follows as a remaining account, and for one with two
    /// feeds the secondary's behind it, in the same order.
    #[account(mut)]
    pub board: BoardAccount,
}

/// Every reading named must pass the gate; one that does not fails them all, so that the caller learns which.
pub fn refresh_prices(ctx: &mut Context<RefreshPrices>, assets: &[u8]) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let views = ctx.remaining_accounts()?;
    let mut views = views.iter();
    require!(!assets.is_empty(), FirebreakError::PriceAccountsMismatch);

    // The header by value, so that the rows can be had once and written to: looking one up in the account costs more than this copy.
    let header = *ctx.accounts.board;
    let rows = ctx.accounts.board.as_mut_slice();
    let mut seen = 0_u64;
    for asset in assets {
        let bit = 1_u64.checked_shl(u32::from(*asset)).ok_or(FirebreakError::AssetMissing)?;
        require!(seen & bit == 0, FirebreakError::PriceAccountsMismatch);
        seen |= bit;

        let row = rows.get_mut(*asset as usize).ok_or(FirebreakError::AssetMissing)?;
        let view = views.next().ok_or(FirebreakError::PriceAccountsMismatch)?;
        if row.has_secondary() {
            let other = views.next().ok_or(FirebreakError::PriceAccountsMismatch)?;
            let state = read_both(view, other, row, &header, now)?;
            row.apply_feeds(&state)?;
            continue;
        }
        let reading = oracle::read_primary(view, row, &header)?;
        let state = risk::accept_price(&reading, &row.gate(), &row.price_state(), now).named()?;
        if state.publish_time == row.publish_time {
            continue; // the same reading again changes nothing
        }
        row.apply_price(&state)?; // no event: the board itself is what watchers subscribe to
    }
    require!(views.next().is_none(), FirebreakError::PriceAccountsMismatch);
    Ok(())
}

/// Two feeds of one asset. An account that holds no usable reading counts as an absent feed; one that is not the feed's refuses all.
#[inline(never)]
fn read_both(
    primary: &AccountView,
    secondary: &AccountView,
    row: &AssetRow,
    board: &RiskBoard,
    now: i64,
) -> Result<FeedsState> {
    let readings = [
        present(primary, || oracle::read_primary(primary, row, board))?,
        present(secondary, || oracle::read_secondary(secondary, row, board))?,
    ];
    Ok(risk::accept_feeds(readings, &row.feed_gates(), &row.feeds_state(), now).named()?)
}

/// A feed that says it is not trading is absent, and one whose account is gone: withholding is nothing one could not do anyway.
fn present(view: &AccountView, read: impl Fn() -> Result<OraclePrice>) -> Result<Option<OraclePrice>> {
    if view.data_len() == 0 {
        return Ok(None);
    }
    match read() {
        Ok(reading) => Ok(Some(reading)),
        Err(error) if error == FirebreakError::PriceNotTrading.into() => Ok(None),
        Err(error) => Err(error),
    }
}
