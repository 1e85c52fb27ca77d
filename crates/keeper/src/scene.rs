//! What a keeper knows, who it is, and what it was told to do.

use std::collections::{BTreeMap, BTreeSet};

use firebreak::state::{CircuitBreaker, CollateralBank, InsuranceFund, Market, Offer};
use firebreak_client::{Addresses, Board, MarginAccountView};
use risk::OraclePrice;
use solana_address::Address;

use crate::job::Target;

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
    /// What each asset's feeds say now, in the order of `Settings::feeds`; none where a feed has no reading. Assets that are not
    /// named here are refreshed by the age of their price alone.
    pub readings: BTreeMap<u8, Vec<Option<OraclePrice>>>,
    /// Targets that were refused lately: left out, and what else can be done for the same account is done instead.
    pub held_back: BTreeSet<Target>,
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
    pub unwind: bool,
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
        unwind: true,
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
        unwind: false,
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
    /// How far a feed may be from the board's price, in basis points of it, before it is brought onto the board at once.
    pub refresh_move_bps: u64,
    /// Least that a take-over or a conversion has to gain at mark, after `job_cost`, in quote atoms; negative for a keeper that may lose.
    pub min_profit: i64,
    /// What a transaction costs, in quote atoms.
    pub job_cost: u64,
    /// How much worse than the mark what was taken over may be passed on, in basis points.
    pub unwind_worst_bps: u64,
    /// Kept of the own requirement after a take-over, in basis points of it.
    pub margin_reserve_bps: u64,
    /// How much worse than the mark a take-over or a conversion may turn out, in basis points: 0 for never. Two feeds that disagree make
    /// liquidation dearer than the mark.
    pub worse_bps: u64,
    /// Least that a sweep has to move, in quote atoms.
    pub sweep_from: u64,
    /// Accounts for which something is done in one round, the most urgent first.
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
            refresh_move_bps: 10,
            min_profit: i64::MIN,
            job_cost: 0,
            unwind_worst_bps: 50,
            margin_reserve_bps: 500,
            worse_bps: 0,
            sweep_from: 1_000_000,
            max_accounts: 256,
            quote_mint,
            quote_token_program,
        }
    }
}
