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
}

/// The order of jobs: what others depend on first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Prices,
    Deficits,
    Breakers,
    /// All jobs of one account follow each other: settle, convert, liquidate, deleverage.
    Accounts,
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
}

/// A job: what to send, and why. One transaction each: a job that is refused must not take others with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub task: Task,
    pub instructions: Vec<Instruction>,
    /// A sentence for the log.
    pub why: String,
}

impl Job {
    pub(crate) fn new(task: Task, instruction: Instruction, why: String) -> Self {
        Self { task, instructions: vec![instruction], why }
    }
}
