//! Builders for proposals.

use firebreak::{accounts, governance::Change, instruction};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use crate::{Addresses, SYSTEM_PROGRAM, instructions::build};

impl Addresses {
    /// The account that a change is about, where it is neither the root nor the board.
    fn target(&self, change: &Change) -> Option<Address> {
        match change {
            Change::Asset { index, .. } | Change::Market { index, .. } => Some(self.market(*index)),
            Change::Bank { index, .. } => Some(self.bank(*index)),
            Change::Fund { .. } => Some(self.insurance_fund),
            Change::ResetBreaker { .. } => Some(self.breaker),
            _ => None,
        }
    }

    /// `id` is the clearinghouse's count of proposals.
    pub fn propose(&self, id: u64, payer: Address, authority: Address, change: Change) -> Instruction {
        let mut propose = build(
            instruction::Propose { change },
            accounts::Propose {
                payer,
                authority,
                clearinghouse: self.clearinghouse,
                board: self.board,
                proposal: self.proposal(id),
                system_program: SYSTEM_PROGRAM,
            },
        );
        propose.accounts.extend(self.target(&change).map(|target| AccountMeta::new_readonly(target, false)));
        propose
    }

    /// Of a change of parameters or roles. The signer is the authority, or for a role the key that takes over.
    pub fn execute_proposal(&self, id: u64, signer: Address, change: &Change) -> Instruction {
        let mut execute = build(
            instruction::ExecuteProposal {},
            accounts::ExecuteProposal {
                signer,
                clearinghouse: self.clearinghouse,
                board: self.board,
                proposal: self.proposal(id),
            },
        );
        execute.accounts.extend(self.target(change).map(|target| AccountMeta::new(target, false)));
        execute
    }

    /// A listing, a choice of oracles or a reset, by the proposal of exactly that.
    pub fn under_proposal(&self, id: u64, mut instruction: Instruction) -> Instruction {
        instruction.accounts.push(AccountMeta::new(self.proposal(id), false));
        instruction
    }

    /// By the guardian; the authority withdraws.
    pub fn veto_proposal(&self, id: u64, signer: Address) -> Instruction {
        build(
            instruction::VetoProposal {},
            accounts::VetoProposal { signer, clearinghouse: self.clearinghouse, proposal: self.proposal(id) },
        )
    }

    pub fn seal(&self, authority: Address) -> Instruction {
        build(instruction::Seal {}, accounts::Seal { authority, clearinghouse: self.clearinghouse })
    }
}
