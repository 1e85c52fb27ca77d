use anchor_lang::{AnchorAccount, prelude::*};
use risk::Direction;

use crate::{
    error::FirebreakError,
    event::{ProposalExecuted, emit},
    governance::{Change, Scope},
    state::{Proposal, ProposalState},
};

/// Lets the authority list assets, choose oracles and reset breakers: freely before sealing; afterwards by using up a proposal of exactly
/// this change, passed as the first remaining account. Errors: `SignerNotAuthority`, `Sealed`, and those of `use_up`.
#[cold]
#[inline(never)]
pub fn permit(signer: &Address, change: &Change, scope: &Scope, remaining: &[AccountView], now: i64) -> Result<()> {
    require!(scope.clearinghouse.authority == *signer, FirebreakError::SignerNotAuthority);
    if scope.clearinghouse.sealed == 0 {
        return Ok(());
    }
    let view = remaining.first().ok_or(FirebreakError::Sealed)?;
    require!(view.is_writable(), ErrorCode::ConstraintMut);
    // SAFETY: the only reference to this account's data: no declared account of these instructions is a proposal.
    let mut proposal = unsafe { Account::<Proposal>::load_mut(*view)? };
    require!(proposal.change == change.encoded()?, FirebreakError::ProposalMismatch);
    use_up(&mut proposal, change, scope, signer, now)
}

/// Marks a proposal as executed, once it may be: open, of this clearinghouse, against the values in force, due and not expired. Direction,
/// bounds, steps and consistency are judged anew. Errors: `ClearinghouseMismatch`, `ProposalClosed`, `ProposalVoid`,
/// `ProposalTooEarly`, `ProposalExpired`, and those of `Change::direction`.
#[cold]
#[inline(never)]
pub fn use_up(proposal: &mut Account<Proposal>, change: &Change, scope: &Scope, by: &Address, now: i64) -> Result<()> {
    require!(proposal.clearinghouse == *scope.clearinghouse.address(), FirebreakError::ClearinghouseMismatch);
    require!(proposal.state == ProposalState::Open as u8, FirebreakError::ProposalClosed);
    require!(proposal.before == change.before(scope)?, FirebreakError::ProposalVoid);
    let direction = change.direction(scope)?;
    // From the root as it is now: a proposal made before sealing, or before the delay was raised, waits like any other.
    let waits = scope.clearinghouse.sealed == 1 && direction == Direction::Loosening;
    let delay = if waits { i64::from(scope.clearinghouse.delay_seconds) } else { 0 };
    require!(now >= proposal.created_at.saturating_add(delay), FirebreakError::ProposalTooEarly);
    require!(now < proposal.expires_at, FirebreakError::ProposalExpired);

    proposal.state = ProposalState::Executed as u8;
    emit(&ProposalExecuted {
        clearinghouse: *scope.clearinghouse.address(),
        by: *by,
        id: proposal.id,
        before: proposal.before,
        change: proposal.change,
        direction: direction as u8,
        reserved: [0; 7],
    });
    Ok(())
}
