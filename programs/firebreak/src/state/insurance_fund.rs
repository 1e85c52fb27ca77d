use anchor_lang::prelude::*;

/// The shared insurance book. Its vault is a token account of its own, so that no error in the trading ledger can reach
/// the stakers' money.
#[account]
#[derive(Debug, PartialEq, Eq)]
pub struct InsuranceFund {
    pub clearinghouse: Address,
    pub vault: Address,
    /// Quote atoms that the ledger knows of; a donation to the vault is not among them.
    pub assets: u64,
    pub shares: u64,
    /// Of `shares`, those waiting to leave.
    pub cooling_shares: u64,
    /// Deficits known and not yet resolved, in quote atoms: while there are any, nobody leaves.
    pub open_deficit: u64,
    /// Raised when all assets were lost: older shares are worthless.
    pub epoch: u32,
    pub cooldown_seconds: u32,
    pub bump: u8,
    pub vault_bump: u8,
    pub version: u8,
    pub reserved: [u8; 85],
}

const _: () = assert!(core::mem::size_of::<InsuranceFund>() == 192);
