//! Carry out a proposal that is due: the authority, or for a transfer of a role the key that takes over. Nobody else: when a change
//! takes effect is part of what it does.

use anchor_lang::{AnchorAccount, prelude::*};

use crate::{
    error::FirebreakError,
    governance::{Change, Scope, Target, use_up},
    instructions::require_same,
    state::{BoardAccount, Clearinghouse, CollateralBank, InsuranceFund, Market, Proposal},
};

/// The market, bank or fund that the change is about follows as a remaining account.
#[derive(Accounts)]
pub struct ExecuteProposal {
    pub signer: Signer,
    #[account(mut)]
    pub clearinghouse: Account<Clearinghouse>,
    #[account(mut)]
    pub board: BoardAccount,
    #[account(mut)]
    pub proposal: Account<Proposal>,
}

impl ExecuteProposal {
    /// The successor of a role signs itself: no role goes to a key that nobody holds.
    fn validate(&self, change: &Change) -> Result<()> {
        require_same(self.clearinghouse.address(), [&self.board.clearinghouse, &self.proposal.clearinghouse])?;
        let signer = self.signer.address();
        if let Change::Authority { key } | Change::Guardian { key } = change {
            require!(key == signer, FirebreakError::SignerNotSuccessor);
        } else {
            require!(self.clearinghouse.authority == *signer, FirebreakError::SignerNotAuthority);
        }
        Ok(())
    }

    /// Writes the change, which was judged: its own account, its own fields.
    fn apply(&mut self, change: &Change, target: Option<AccountView>, now: i64) -> Result<()> {
        match change {
            Change::Asset { index, parameters } => {
                let row = self.board.get_mut(*index as usize).ok_or(FirebreakError::AssetMissing)?;
                row.begin_ramp(parameters.maintenance_ratio_bps, row.haircut_bps, now);
                parameters.apply(row);
            }
            // SAFETY (all three): the only reference to this account's data: no declared account is of its kind.
            Change::Market { index, parameters } => {
                let row = self.board.get_mut(*index as usize).ok_or(FirebreakError::AssetMissing)?;
                parameters.apply(&mut *unsafe { writable::<Account<Market>>(target) }?, row)?
            }
            Change::Fund { parameters } => {
                parameters.apply(&mut *unsafe { writable::<Account<InsuranceFund>>(target) }?)
            }
            Change::Bank { parameters, .. } => {
                let mut bank = unsafe { writable::<Account<CollateralBank>>(target) }?;
                parameters.apply(&mut bank);
                if !bank.is_quote() {
                    let row = self.board.get_mut(bank.asset as usize).ok_or(FirebreakError::AssetMissing)?;
                    row.begin_ramp(row.maintenance_ratio_bps, parameters.haircut_bps, now);
                    row.haircut_bps = parameters.haircut_bps;
                    row.discount_bps = parameters.discount_bps;
                    row.surcharge_bps = parameters.surcharge_bps;
                }
            }
            Change::Delay { seconds } => self.clearinghouse.delay_seconds = *seconds,
            Change::Authority { key } => self.clearinghouse.authority = *key,
            Change::Guardian { key } => self.clearinghouse.guardian = *key,
            _ => return Err(FirebreakError::ProposalMismatch.into()),
        }
        Ok(())
    }
}

/// Loads the account the change is about, to write to.
///
/// # Safety
/// No other reference to the account's data may be alive.
unsafe fn writable<A: AnchorAccount>(target: Option<AccountView>) -> Result<A> {
    let view = target.filter(AccountView::is_writable).ok_or(ErrorCode::ConstraintMut)?;
    // SAFETY: as the caller promises.
    Ok(unsafe { A::load_mut(view)? })
}

pub fn execute_proposal(ctx: &mut Context<ExecuteProposal>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let target = ctx.remaining_accounts()?.first().copied();
    let accounts = &mut ctx.accounts;
    let change = Change::decoded(&accounts.proposal.change)?;
    accounts.validate(&change)?;

    let ExecuteProposal { signer, clearinghouse, board, proposal } = accounts;
    let scope = Scope { clearinghouse, board: Some(board), target: target.map_or(Target::None, Target::View), now };
    use_up(proposal, &change, &scope, signer.address(), now)?; // emits old and new values
    accounts.apply(&change, target, now)
}
