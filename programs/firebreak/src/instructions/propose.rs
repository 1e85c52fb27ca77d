//! Propose a change: in full view, with the values it replaces. Only the authority. A tightening may be executed at once, everything else
//! after the delay; before sealing, everything at once.
#![allow(unused_variables)] // the derive binds the arguments named for seeds once more than it reads them

use anchor_lang::prelude::*;
use risk::Direction;

use crate::{
    error::FirebreakError,
    event::{Proposed, emit},
    governance::{Change, Scope, Target},
    instructions::require_same,
    seeds,
    state::{BoardAccount, Clearinghouse, EXECUTION_SECONDS, Proposal, VERSION},
};

/// The market, bank, fund or breaker that the change is about follows as a remaining account.
#[derive(Accounts)]
pub struct Propose {
    /// Pays for the proposal, which stays as a record.
    #[account(mut, unsafe(dup))] // often the authority too; a signer has no data to alias
    pub payer: Signer,
    pub authority: Signer,
    /// Counts proposals.
    #[account(mut)]
    pub clearinghouse: Account<Clearinghouse>,
    pub board: BoardAccount,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<Proposal>(),
        seeds = [seeds::PROPOSAL, clearinghouse.address().as_ref(), &clearinghouse.proposal_count.to_le_bytes()],
        bump
    )]
    pub proposal: Account<Proposal>,
    pub system_program: Program<System>,
}

/// Refuses what could never be executed as things stand: no change at all, an inconsistent set, a step too large, a bound exceeded.
pub fn propose(ctx: &mut Context<Propose>, change: Change) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let remaining = ctx.remaining_accounts()?;
    let bump = ctx.bumps.proposal;
    let Propose { authority, clearinghouse, board, proposal, .. } = &mut ctx.accounts;
    require_same(clearinghouse.address(), [&board.clearinghouse])?;
    require!(clearinghouse.authority == *authority.address(), FirebreakError::SignerNotAuthority);

    let target = remaining.first().map_or(Target::None, |view| Target::View(*view));
    let scope = Scope { clearinghouse, board: Some(board), target, now };
    let direction = change.direction(&scope)?;
    require!(direction != Direction::Unchanged, FirebreakError::NothingToChange);
    let before = change.before(&scope)?;
    let waits = clearinghouse.sealed == 1 && direction == Direction::Loosening;
    let delay = if waits { i64::from(clearinghouse.delay_seconds) } else { 0 };

    proposal.clearinghouse = *clearinghouse.address();
    proposal.id = clearinghouse.proposal_count;
    proposal.created_at = now;
    proposal.executes_from = now.saturating_add(delay);
    proposal.expires_at = proposal.executes_from.saturating_add(EXECUTION_SECONDS);
    proposal.change = change.encoded()?;
    proposal.before = before;
    proposal.direction = direction as u8;
    proposal.bump = bump;
    proposal.version = VERSION;
    clearinghouse.proposal_count = proposal.id.checked_add(1).ok_or(FirebreakError::ArithmeticOverflow)?;

    emit(&Proposed {
        clearinghouse: proposal.clearinghouse,
        id: proposal.id,
        executes_from: proposal.executes_from,
        expires_at: proposal.expires_at,
        before: proposal.before,
        change: proposal.change,
        direction: proposal.direction,
        reserved: [0; 7],
    });
    Ok(())
}
