//! Turn accounts' losses in a market into the pool's money, or their gains into cash as far as the pool reaches. Anyone may.

use anchor_lang::{AnchorAccount, prelude::*};

use crate::{
    clearing::{self, Portfolio, Settlement},
    error::FirebreakError,
    event::{Settled, emit},
    instructions::require_same,
    state::{BoardAccount, CircuitBreaker, MarginSlab, Market},
};

#[derive(Accounts)]
pub struct Settle {
    /// One margin account, or several, follow as remaining accounts.
    #[account(mut)]
    pub market: Account<Market>,
    pub board: BoardAccount,
    /// Must permit settling gains; losses always settle.
    pub breaker: Account<CircuitBreaker>,
}

/// Accounts with nothing to settle, and among several those whose gain may not be taken now, are passed over; refused where that is so
/// for all.
pub fn settle(ctx: &mut Context<Settle>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let views = ctx.remaining_accounts()?;
    let Settle { market, board, breaker } = &mut ctx.accounts;
    require_same(&board.clearinghouse, [&market.clearinghouse, &breaker.clearinghouse])?;

    let row = board.get(market.index as usize).ok_or(FirebreakError::AssetMissing)?;
    let how = (market.level(breaker, row, now), views.len() > 1);
    let mut settled = 0_usize;
    for view in views {
        require!(view.is_writable(), ErrorCode::ConstraintMut);
        // SAFETY: the only reference to this account's data: slabs live one at a time, and no declared account is a margin
        // account (its discriminator would not have let it load).
        let mut margin_account = unsafe { MarginSlab::load_mut(view)? };
        require_same(&board.clearinghouse, [&margin_account.clearinghouse])?;
        let done = match clearing::settle(&mut Portfolio::of(&mut margin_account), market, board.as_slice(), how, now) {
            Err(FirebreakError::PositionMissing) => Settlement::default(),
            done => done?,
        };
        if !done.is_something() {
            continue;
        }
        settled += 1;
        emit(&Settled {
            market: *market.address(),
            margin_account: *margin_account.address(),
            loss_paid: done.loss_paid,
            profit_paid: done.profit_paid,
            pool: market.pool,
            cash: margin_account.cash,
        });
    }
    require!(settled > 0, FirebreakError::NothingToSettle);
    Ok(())
}
