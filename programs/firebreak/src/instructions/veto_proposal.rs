//! End a proposal before it is executed: the guardian vetoes, or the authority withdraws.

use anchor_lang::prelude::*;

use crate::{
    error::FirebreakError,
    event::{ProposalVetoed, emit},
    instructions::require_same,
    state::{Clearinghouse, Proposal, ProposalState},
};

#[derive(Accounts)]
pub struct VetoProposal {
    /// Guardian or authority.
    pub signer: Signer,
    pub clearinghouse: Account<Clearinghouse>,
    #[account(mut)]
    pub proposal: Account<Proposal>,
}

pub fn veto_proposal(ctx: &mut Context<VetoProposal>) -> Result<()> {
    let VetoProposal { signer, clearinghouse, proposal } = &mut ctx.accounts;
    require_same(clearinghouse.address(), [&proposal.clearinghouse])?;
    let by = signer.address();
    let is_allowed = clearinghouse.guardian == *by || clearinghouse.authority == *by;
    require!(is_allowed, FirebreakError::SignerNotGuardian);
    require!(proposal.state == ProposalState::Open as u8, FirebreakError::ProposalClosed);

    proposal.state = ProposalState::Vetoed as u8;
    emit(&ProposalVetoed { clearinghouse: *clearinghouse.address(), by: *by, id: proposal.id });
    Ok(())
}
