use crate::anchor::*;

/// The root: who governs, in what currency. Written by governance only, so that no trade ever waits for it.
#[account]
#[derive(Debug, PartialEq, Eq)]
pub struct Clearinghouse {
    pub authority: Address,
    pub guardian: Address,
    pub quote_mint: Address,
    /// Chosen at creation; part of the address.
    pub id: u64,
    pub proposal_count: u64,
    /// Seconds a loosening waits after sealing.
    pub delay_seconds: u32,
    pub guardian_trips: u32,
    pub quote_decimals: u8,
    /// Collateral banks, the quote bank included.
    pub bank_count: u8,
    /// 1 once set-up is over, for ever.
    pub sealed: u8,
    pub bump: u8,
    pub version: u8,
    pub reserved: [u8; 99],
}

const _: () = assert!(core::mem::size_of::<Clearinghouse>() == 224);
