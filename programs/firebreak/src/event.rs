//! What happened, with the numbers before and after. Fixed layouts: discriminator and the bytes of the struct.

use anchor_lang::{
    Discriminator,
    bytemuck::{Pod, bytes_of},
    event::sol_log_data,
    prelude::*,
};

const DISCRIMINATOR_LEN: usize = 8;
/// Room for the largest, with its discriminator: what a proposal changed, before and after.
const MAX_LEN: usize = 640;

/// Logs an event, byte for byte as `emit!` would: but `emit!` builds each on the heap, with its own copy of the code.
#[inline(always)]
pub fn emit<E: Pod + Discriminator>(event: &E) {
    const {
        assert!(E::DISCRIMINATOR.len() == DISCRIMINATOR_LEN && DISCRIMINATOR_LEN + size_of::<E>() <= MAX_LEN);
    }
    let mut discriminator = [0; DISCRIMINATOR_LEN];
    discriminator.copy_from_slice(E::DISCRIMINATOR);
    log(discriminator, bytes_of(event));
}

#[inline(never)]
fn log(discriminator: [u8; DISCRIMINATOR_LEN], event: &[u8]) {
    let mut data = [0; MAX_LEN];
    let (head, tail) = data.split_at_mut(DISCRIMINATOR_LEN);
    head.copy_from_slice(&discriminator);
    // Whatever is larger does not compile.
    let length = event.len().min(tail.len());
    tail[..length].copy_from_slice(&event[..length]);
    sol_log_data(&[&data[..DISCRIMINATOR_LEN + length]]);
}

#[event(bytemuck)]
pub struct Deposited {
    pub margin_account: Address,
    pub bank: Address,
    pub amount: u64,
    /// The account's balance of this token afterwards.
    pub balance: u64,
}

#[event(bytemuck)]
pub struct Withdrawn {
    pub margin_account: Address,
    pub bank: Address,
    pub amount: u64,
    pub balance: u64,
}

#[event(bytemuck)]
pub struct TrancheFunded {
    pub market: Address,
    pub amount: u64,
    pub tranche: u64,
}

#[event(bytemuck)]
pub struct Traded {
    pub market: Address,
    pub buyer: Address,
    pub seller: Address,
    pub lots: u64,
    /// Quote atoms per lot.
    pub price: u64,
    pub mark: u64,
}

#[event(bytemuck)]
pub struct OfferPlaced {
    pub offer: Address,
    pub bid_lots: u64,
    pub ask_lots: u64,
    pub expires_at: i64,
    pub bid_spread_bps: u32,
    pub ask_spread_bps: u32,
}

#[event(bytemuck)]
pub struct OfferCancelled {
    pub offer: Address,
}

#[event(bytemuck)]
pub struct Settled {
    pub market: Address,
    pub margin_account: Address,
    pub loss_paid: u64,
    pub profit_paid: u64,
    pub pool: u64,
    pub cash: u64,
}

#[event(bytemuck)]
pub struct Liquidated {
    pub market: Address,
    pub liquidatee: Address,
    pub liquidator: Address,
    /// Signed: what the liquidator received.
    pub lots: i64,
    pub price: u64,
    pub mark: u64,
    pub insurance_fee: u64,
    pub insurance_paid: u64,
    pub equity_before: i64,
    pub maintenance_before: u64,
    pub equity_after: i64,
    pub maintenance_after: u64,
    pub tranche: u64,
}

#[event(bytemuck)]
pub struct CollateralLiquidated {
    pub bank: Address,
    pub buyer: Address,
    pub seller: Address,
    pub amount: u64,
    /// Quote atoms.
    pub paid: u64,
    pub equity_before: i64,
    pub maintenance: u64,
    pub equity_after: i64,
}

/// `from_cash + insurance_paid + borne_by_side + borne_by_market + waiting` is what the account had lost in this market.
#[event(bytemuck)]
pub struct AutoDeleveraged {
    pub market: Address,
    pub bankrupt: Address,
    /// Signed: what the bankrupt account held.
    pub lots: i64,
    pub mark: u64,
    pub equity_before: i64,
    pub from_cash: u64,
    pub deficit: u64,
    pub insurance_paid: u64,
    pub borne_by_side: u64,
    pub borne_by_market: u64,
    pub waiting: u64,
    /// What both sides hold afterwards, in whole lots.
    pub long_open_interest: u64,
    pub short_open_interest: u64,
}

#[event(bytemuck)]
pub struct DeficitReported {
    pub fund: Address,
    pub bankrupt: Address,
    pub equity: i64,
    pub closed_until: i64,
}

#[event(bytemuck)]
pub struct InsuranceSwept {
    pub market: Address,
    pub fees_to_fund: u64,
    pub fees_kept: u64,
    /// From the tranche to the fund, and back.
    pub returned: u64,
    pub refilled: u64,
    pub tranche: u64,
    pub assets: u64,
    pub deployed: u64,
    pub shares: u64,
}

#[event(bytemuck)]
pub struct Staked {
    pub fund: Address,
    pub staker: Address,
    pub shares: u64,
    pub paid: u64,
    pub assets: u64,
    pub deployed: u64,
    pub all_shares: u64,
}

#[event(bytemuck)]
pub struct UnstakeRequested {
    pub fund: Address,
    pub staker: Address,
    pub shares: u64,
    pub value: u64,
    pub leaves_at: i64,
}

#[event(bytemuck)]
pub struct Unstaked {
    pub fund: Address,
    pub staker: Address,
    pub shares: u64,
    pub paid: u64,
    /// From tranches, for what the vault lacked.
    pub recalled: u64,
    pub assets: u64,
    pub deployed: u64,
    pub all_shares: u64,
}

#[event(bytemuck)]
pub struct BreakerTripped {
    pub clearinghouse: Address,
    pub by: Address,
    pub expires_at: i64,
    /// 255 for the global breaker.
    pub market: u8,
    pub level_before: u8,
    pub level: u8,
    pub reason: u8,
    pub reserved: [u8; 4],
}

#[event(bytemuck)]
pub struct BreakerReset {
    pub clearinghouse: Address,
    pub by: Address,
    pub market: u8,
    pub level_before: u8,
    pub reserved: [u8; 6],
}

#[event(bytemuck)]
pub struct Poked {
    pub market: Address,
    /// Unix seconds.
    pub holds_until: i64,
    pub level_before: u8,
    pub level: u8,
    /// That followed each other within a day.
    pub trips: u8,
    pub reserved: [u8; 5],
}

#[event(bytemuck)]
pub struct MarginAccountCreated {
    pub margin_account: Address,
    pub owner: Address,
    pub sub_id: u16,
    pub capacity: u8,
    pub isolated_market: u8,
    pub reserved: [u8; 4],
}

#[event(bytemuck)]
pub struct MarginAccountClosed {
    pub margin_account: Address,
    pub owner: Address,
}

#[event(bytemuck)]
pub struct DelegateSet {
    pub margin_account: Address,
    pub before: Address,
    pub after: Address,
}

/// `rate` and `index` in quote atoms per lot (per second) with 24 fraction bits: longs pay where positive.
#[event(bytemuck)]
pub struct FundingUpdated {
    pub market: Address,
    pub premium_sum: i64,
    pub premium_lots: u64,
    pub rate: i64,
    pub until: i64,
    pub index: i64,
}

#[event(bytemuck)]
pub struct AssetAdded {
    pub clearinghouse: Address,
    pub feed: [u8; 32],
    pub symbol: [u8; 8],
    pub index: u8,
    pub feed_kind: u8,
    pub reserved: [u8; 6],
}

#[event(bytemuck)]
pub struct MarketAdded {
    pub clearinghouse: Address,
    pub market: Address,
}

#[event(bytemuck)]
pub struct CollateralBankAdded {
    pub clearinghouse: Address,
    pub bank: Address,
    pub mint: Address,
}

#[event(bytemuck)]
pub struct ClearinghouseCreated {
    pub clearinghouse: Address,
    pub authority: Address,
    pub guardian: Address,
    pub quote_mint: Address,
}

#[event(bytemuck)]
pub struct Proposed {
    pub clearinghouse: Address,
    pub id: u64,
    pub executes_from: i64,
    pub expires_at: i64,
    /// The values in force, and the change (`governance::Change`), encoded.
    pub before: [u8; 256],
    pub change: [u8; 256],
    pub direction: u8,
    pub reserved: [u8; 7],
}

/// Old and new values of a change that took effect.
#[event(bytemuck)]
pub struct ProposalExecuted {
    pub clearinghouse: Address,
    pub by: Address,
    pub id: u64,
    pub before: [u8; 256],
    pub change: [u8; 256],
    pub direction: u8,
    pub reserved: [u8; 7],
}

#[event(bytemuck)]
pub struct ProposalVetoed {
    pub clearinghouse: Address,
    /// The guardian, or the authority that withdrew it.
    pub by: Address,
    pub id: u64,
}

#[event(bytemuck)]
pub struct ClearinghouseSealed {
    pub clearinghouse: Address,
    pub authority: Address,
    pub guardian: Address,
    pub delay_seconds: u32,
    pub reserved: [u8; 4],
}
