//! Accounts: fixed layouts, integers only, versioned, sizes asserted at compile time.

mod automatic;
mod bank;
mod board;
mod breaker;
mod clearinghouse;
mod insurance_fund;
mod margin_account;
mod market;
mod offer;
mod proposal;

pub use automatic::AutomaticState;
pub use bank::CollateralBank;
pub use board::{AssetRow, FeedKind, RiskBoard, SideIndices};
pub use breaker::{Breaker, BreakerState, CircuitBreaker};
pub use clearinghouse::Clearinghouse;
pub use insurance_fund::{EXIT_SECONDS, InsuranceFund, InsuranceStake};
pub use margin_account::{CROSS, CollateralSlot, MarginAccount, Position};
pub use market::Market;
pub use offer::Offer;
pub use proposal::{EXECUTION_SECONDS, Proposal, ProposalState};

#[cfg(not(target_arch = "wasm32"))]
use crate::anchor::Slab;

/// The board with its rows.
#[cfg(not(target_arch = "wasm32"))]
pub type BoardAccount = Slab<RiskBoard, AssetRow>;
/// A margin account with its position slots.
#[cfg(not(target_arch = "wasm32"))]
pub type MarginSlab = Slab<MarginAccount, Position>;

/// Layout version written into every account.
pub const VERSION: u8 = 1;
