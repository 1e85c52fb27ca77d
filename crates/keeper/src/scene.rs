//! What a keeper knows, who it is, and what it was told to do.

use std::collections::BTreeMap;

use firebreak::state::{CircuitBreaker, CollateralBank, InsuranceFund, Market, Offer};
use firebreak_client::{Addresses, Board, MarginAccountView};
use solana_address::Address;

/// The accounts of one clearinghouse, decoded, as of one moment.
#[derive(Clone, Debug)]
pub struct Scene {
    pub at: Addresses,
    /// Unix seconds, as the chain's clock has them.
    pub now: i64,
    pub board: Board,
    pub breaker: CircuitBreaker,
    pub markets: BTreeMap<u8, Market>,
    /// Without the quote bank.
    pub banks: BTreeMap<u8, CollateralBank>,
    pub fund: Option<InsuranceFund>,
    pub accounts: BTreeMap<Address, MarginAccountView>,
    pub offers: BTreeMap<Address, Offer>,
    /// Accounts that may be below maintenance (`Columns::candidates`); every account is valued where nobody says.
    pub suspects: Option<Vec<Address>>,
}

/// Whom a keeper acts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// Signs: owner or delegate of the margin account.
    pub trader: Address,
    /// Takes over positions and collateral. Without one, only jobs that need no capital are done.
    pub margin_account: Option<Address>,
}

/// One keeper's part of the work: `index` of `count`. Accounts are dealt out by their address, assets and markets by their index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    pub index: u32,
    pub count: u32,
}

impl Shard {
    /// Everything.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Whether an account is this keeper's. Each is exactly one shard's of a count; addresses are derived by hash and so spread evenly.
    pub fn has_account(self, account: &Address) -> bool {
        let mut first = [0; 8];
        first.copy_from_slice(&account.as_ref()[..8]);
        let part = (u128::from(u64::from_be_bytes(first)) * u128::from(self.count.max(1))) >> 64;
        part == u128::from(self.index)
    }

    /// Whether what concerns a whole asset or market is this keeper's.
    pub fn has_asset(self, asset: u8) -> bool {
        u32::from(asset) % self.count.max(1) == self.index
    }
}

/// Which kinds of jobs are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switches {
    pub refresh_prices: bool,
    pub report_deficit: bool,
    pub poke: bool,
    pub settle: bool,
    pub convert_collateral: bool,
    pub liquidate: bool,
    pub auto_deleverage: bool,
    pub update_funding: bool,
    pub sweep_insurance: bool,
    pub expire_offers: bool,
}

impl Switches {
    pub const ALL: Self = Self {
        refresh_prices: true,
        report_deficit: true,
        poke: true,
        settle: true,
        convert_collateral: true,
        liquidate: true,
        auto_deleverage: true,
        update_funding: true,
        sweep_insurance: true,
        expire_offers: true,
    };
    pub const NONE: Self = Self {
        refresh_prices: false,
        report_deficit: false,
        poke: false,
        settle: false,
        convert_collateral: false,
        liquidate: false,
        auto_deleverage: false,
        update_funding: false,
        sweep_insurance: false,
        expire_offers: false,
    };
}

/// What a keeper was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub switches: Switches,
    pub shard: Shard,
    /// The accounts that hold each asset's readings, the primary first. An older Pyth account needs none: the row names it.
    pub feeds: BTreeMap<u8, Vec<Address>>,
    /// How long before a price is no longer fresh it is refreshed, in seconds.
    pub refresh_lead_seconds: i64,
    /// Kept of the own requirement after a take-over, in basis points of it.
    pub margin_reserve_bps: u64,
    /// How much worse than the mark a take-over or a conversion may turn out, in basis points: 0 for never. Two feeds that disagree make
    /// liquidation dearer than the mark.
    pub worse_bps: u64,
    /// Least that a sweep has to move, in quote atoms.
    pub sweep_from: u64,
    /// Accounts resolved in one round, the most urgent first.
    pub max_accounts: usize,
    pub quote_mint: Address,
    pub quote_token_program: Address,
}

impl Settings {
    /// Everything, for a clearinghouse with this quote token.
    pub fn new(quote_mint: Address, quote_token_program: Address) -> Self {
        Self {
            switches: Switches::ALL,
            shard: Shard::WHOLE,
            feeds: BTreeMap::new(),
            refresh_lead_seconds: 5,
            margin_reserve_bps: 500,
            worse_bps: 0,
            sweep_from: 1_000_000,
            max_accounts: 256,
            quote_mint,
            quote_token_program,
        }
    }
}
