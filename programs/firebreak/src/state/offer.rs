use crate::anchor::*;

/// A maker's standing quote, pegged to the mark: it moves with the oracle and needs no upkeep.
#[account]
#[derive(Debug, PartialEq, Eq)]
pub struct Offer {
    pub margin_account: Address,
    /// Lots the maker still buys and sells.
    pub bid_lots: u64,
    pub ask_lots: u64,
    /// Unix seconds.
    pub expires_at: i64,
    /// Distance below and above the mark.
    pub bid_spread_bps: u32,
    pub ask_spread_bps: u32,
    pub market: u8,
    pub bump: u8,
    pub version: u8,
    pub reserved: [u8; 29],
}

const _: () = assert!(core::mem::size_of::<Offer>() == 96);
