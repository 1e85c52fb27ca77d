use crate::anchor::*;

/// How long a proposal may be executed once it may be.
pub const EXECUTION_SECONDS: i64 = 7 * 86_400;

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ProposalState {
    Open = 0,
    Executed = 1,
    /// By the guardian, or withdrawn by the authority.
    Vetoed = 2,
}

/// A change that governance has proposed, and the values that it replaces: in full view, for whoever wants to leave before it is due.
#[account]
#[derive(Debug, PartialEq, Eq)]
pub struct Proposal {
    pub clearinghouse: Address,
    pub id: u64,
    /// Unix seconds, like the others.
    pub created_at: i64,
    pub executes_from: i64,
    pub expires_at: i64,
    /// `governance::Change`, encoded. Its first byte is its kind.
    pub change: [u8; 256],
    /// The values in force when it was made: where they changed, the proposal is void.
    pub before: [u8; 256],
    /// `risk::Direction`.
    pub direction: u8,
    /// `ProposalState`.
    pub state: u8,
    pub bump: u8,
    pub version: u8,
    pub reserved: [u8; 28],
}

const _: () = assert!(core::mem::size_of::<Proposal>() == 608);
