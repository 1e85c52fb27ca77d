//! What there is to do.

use solana_address::Address;
use solana_instruction::Instruction;

/// What a job does. Sizes in lots, prices and amounts in quote atoms, tokens in their atoms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    RefreshPrice {
        asset: u8,
    },
    ReportDeficit {
        account: Address,
    },
    Poke {
        market: u8,
    },
    /// Of an account below maintenance: what it has won becomes cash.
    SettleClaim {
        account: Address,
        market: u8,
        expected: u64,
    },
    ConvertCollateral {
        account: Address,
        bank: u8,
        amount: u64,
        max_paid: u64,
    },
    /// `expected` lots at most at `limit_price`, signed as the liquidator receives them; 0 where the tranche only pays a debt.
    Liquidate {
        account: Address,
        market: u8,
        max_lots: u64,
        limit_price: u64,
        expected: i64,
    },
    AutoDeleverage {
        account: Address,
        market: u8,
        deficit: u64,
    },
    /// Positions of the epoch before, which would keep deleveraging from going on.
    TouchLeftBehind {
        market: u8,
        accounts: Vec<Address>,
    },
    UpdateFunding {
        market: u8,
    },
    SweepInsurance {
        market: u8,
    },
    /// The keeper's own: nobody else may cancel an offer.
    CancelOwnOffer {
        offer: Address,
    },
    /// What was taken over goes on to a maker: `lots` bought, sold where negative, at `limit_price` or better.
    Unwind {
        market: u8,
        maker: Address,
        lots: i64,
        limit_price: u64,
    },
}

/// What a job is about: at most one job per target is under way, and each target is held back on its own where it keeps being refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    Price { asset: u8 },
    Deficit,
    Breaker { market: u8 },
    Claim { account: Address, market: u8 },
    Collateral { account: Address, bank: u8 },
    Position { account: Address, market: u8 },
    Bankruptcy { account: Address, market: u8 },
    Touch { market: u8, first: Address },
    Funding { market: u8 },
    Sweep { market: u8 },
    Offer { offer: Address },
    Own { market: u8 },
}

/// The order of jobs: what others depend on first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Prices,
    Deficits,
    Breakers,
    /// All jobs of one account follow each other: settle, convert, liquidate, deleverage.
    Accounts,
    Unwinding,
    Touches,
    Upkeep,
}

impl Task {
    pub fn stage(&self) -> Stage {
        match self {
            Self::RefreshPrice { .. } => Stage::Prices,
            Self::ReportDeficit { .. } => Stage::Deficits,
            Self::Poke { .. } => Stage::Breakers,
            Self::SettleClaim { .. }
            | Self::ConvertCollateral { .. }
            | Self::Liquidate { .. }
            | Self::AutoDeleverage { .. } => Stage::Accounts,
            Self::Unwind { .. } => Stage::Unwinding,
            Self::TouchLeftBehind { .. } => Stage::Touches,
            Self::UpdateFunding { .. } | Self::SweepInsurance { .. } | Self::CancelOwnOffer { .. } => Stage::Upkeep,
        }
    }

    /// The account below maintenance that it is about.
    pub fn account(&self) -> Option<Address> {
        match self {
            Self::ReportDeficit { account }
            | Self::SettleClaim { account, .. }
            | Self::ConvertCollateral { account, .. }
            | Self::Liquidate { account, .. }
            | Self::AutoDeleverage { account, .. } => Some(*account),
            _ => None,
        }
    }

    pub fn target(&self) -> Target {
        match self {
            Self::RefreshPrice { asset } => Target::Price { asset: *asset },
            Self::ReportDeficit { .. } => Target::Deficit,
            Self::Poke { market } => Target::Breaker { market: *market },
            Self::SettleClaim { account, market, .. } => Target::Claim { account: *account, market: *market },
            Self::ConvertCollateral { account, bank, .. } => Target::Collateral { account: *account, bank: *bank },
            Self::Liquidate { account, market, .. } => Target::Position { account: *account, market: *market },
            Self::AutoDeleverage { account, market, .. } => Target::Bankruptcy { account: *account, market: *market },
            Self::TouchLeftBehind { market, accounts } => {
                Target::Touch { market: *market, first: accounts.first().copied().unwrap_or_default() }
            }
            Self::UpdateFunding { market } => Target::Funding { market: *market },
            Self::SweepInsurance { market } => Target::Sweep { market: *market },
            Self::CancelOwnOffer { offer } => Target::Offer { offer: *offer },
            Self::Unwind { market, .. } => Target::Own { market: *market },
        }
    }

    /// The kind of job, as configuration and metrics name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RefreshPrice { .. } => "refresh_prices",
            Self::ReportDeficit { .. } => "report_deficit",
            Self::Poke { .. } => "poke",
            Self::SettleClaim { .. } | Self::TouchLeftBehind { .. } => "settle",
            Self::ConvertCollateral { .. } => "convert_collateral",
            Self::Liquidate { .. } => "liquidate",
            Self::AutoDeleverage { .. } => "auto_deleverage",
            Self::UpdateFunding { .. } => "update_funding",
            Self::SweepInsurance { .. } => "sweep_insurance",
            Self::CancelOwnOffer { .. } => "expire_offers",
            Self::Unwind { .. } => "unwind",
        }
    }
}

/// A job: what to send, and why. One transaction each: a job that is refused must not take others with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub task: Task,
    pub instructions: Vec<Instruction>,
    /// A sentence for the log.
    pub why: String,
    /// What the keeper's account gains by it at mark, before the fees of the network, in quote atoms; none where nothing is taken over.
    pub profit: Option<i64>,
}

impl Job {
    pub(crate) fn new(task: Task, instruction: Instruction, why: String) -> Self {
        Self { task, instructions: vec![instruction], why, profit: None }
    }

    pub(crate) fn with_profit(self, profit: i64) -> Self {
        Self { profit: Some(profit), ..self }
    }
}
