//! What a simulation does: plain numbers, so that any engine can carry it out and a log of it can be read.

use std::hash::{Hash, Hasher};

use firebreak::state::AssetRow;

use crate::{
    pyth::{Verification, raw},
    simulation::cast::MARKETS,
};

/// A maker's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Terms {
    pub bid_lots: u64,
    pub ask_lots: u64,
    pub bid_spread_bps: u32,
    pub ask_spread_bps: u32,
    pub expires_at: i64,
}

/// One side of a matched trade: the account and who signs for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Party {
    pub signer: u8,
    pub account: u8,
}

/// What an oracle account is made to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub feed: u8,
    pub price: i64,
    pub confidence: u64,
    pub exponent: i32,
    pub publish_time: i64,
    /// Of an older account, which knows no verification: whether it is trading.
    pub verification: Verification,
    /// Whether a receiver program that the clearinghouse accepts owns the account.
    pub is_accepted_owner: bool,
}

impl Reading {
    /// What a market's feeds say, the primary's price and the secondary's: in thousandths of quote atoms per lot, fully verified, with no
    /// confidence interval.
    pub fn honest(row: &AssetRow, market: u8, thousandths: [u64; 2], publish_time: i64) -> Vec<Self> {
        let sources = [(row.scale, row.primary_exponent), (row.secondary_scale, row.secondary_exponent)];
        let feeds = if row.has_secondary() { 2 } else { 1 };
        (0..feeds)
            .map(|which| Self {
                feed: market + (which * MARKETS) as u8,
                price: (i128::from(raw(sources[which].0, thousandths[which])) / 1_000) as i64,
                confidence: 0,
                exponent: sources[which].1,
                publish_time,
                verification: Verification::Full,
                is_accepted_owner: true,
            })
            .collect()
    }

    /// With a confidence of so many basis points.
    pub fn unsure(self, bps: u64) -> Self {
        Self { confidence: (self.price.unsigned_abs() / 10_000).saturating_mul(bps), ..self }
    }
}

impl Hash for Reading {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let verified = match self.verification {
            Verification::Full => u8::MAX,
            Verification::Partial(signatures) => signatures,
        };
        let owner = (self.feed, verified, self.is_accepted_owner);
        (owner, self.price, self.confidence, self.exponent, self.publish_time).hash(hasher);
    }
}

/// How one account of an instruction is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Forgery {
    /// The same bytes, owned by another program.
    ForeignCopy,
    /// An account of the program, of another kind.
    OtherKind,
    /// Its like of another clearinghouse.
    Twin,
    /// A wallet without data.
    Empty,
    /// The right key, which did not sign.
    Unsigned,
}

/// One operation. Accounts, markets and keys are numbers of the `Cast`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    CreateAccount {
        account: u8,
        capacity: u8,
        isolated_market: u8,
    },
    GrowAccount {
        signer: u8,
        account: u8,
        capacity: u8,
    },
    CloseAccount {
        signer: u8,
        account: u8,
    },
    SetDelegate {
        signer: u8,
        account: u8,
        delegate: u8,
    },
    Deposit {
        bank: u8,
        depositor: u8,
        source: u8,
        account: u8,
        amount: u64,
    },
    Withdraw {
        bank: u8,
        signer: u8,
        destination: u8,
        account: u8,
        amount: u64,
    },
    FundTranche {
        market: u8,
        amount: u64,
    },
    /// Tokens sent to a vault without an instruction.
    Donate {
        vault: u8,
        amount: u64,
    },
    PlaceOffer {
        signer: u8,
        maker: u8,
        market: u8,
        terms: Terms,
    },
    UpdateOffer {
        signer: u8,
        maker: u8,
        offer: (u8, u8),
        terms: Terms,
    },
    CancelOffer {
        signer: u8,
        maker: u8,
        offer: (u8, u8),
    },
    TakeOffer {
        taker: Party,
        maker: u8,
        offer: (u8, u8),
        market: u8,
        lots: i64,
        limit_price: u64,
    },
    Trade {
        buyer: Party,
        seller: Party,
        market: u8,
        lots: u64,
        price: u64,
    },
    Settle {
        accounts: Vec<u8>,
        market: u8,
    },
    AutoDeleverage {
        account: u8,
        market: u8,
    },
    LiquidateCollateral {
        buyer: Party,
        seller: u8,
        bank: u8,
        amount: u64,
        max_paid: u64,
    },
    SweepInsurance {
        market: u8,
    },
    UpdateFunding {
        market: u8,
    },
    /// With tokens of `source`'s wallet.
    Stake {
        staker: u8,
        source: u8,
        amount: u64,
        markets: Vec<u8>,
    },
    /// Signed by one, of another's stake where an attacker tries that.
    RequestUnstake {
        signer: u8,
        staker: u8,
        shares: u64,
    },
    Unstake {
        signer: u8,
        staker: u8,
        destination: u8,
        markets: Vec<u8>,
        /// The markets whose tranches may pay, one bit each.
        recall: u8,
    },
    ReportDeficit {
        account: u8,
    },
    Liquidate {
        liquidator: Party,
        liquidatee: u8,
        market: u8,
        max_lots: u64,
        limit_price: u64,
    },
    /// Writes oracle accounts, then brings (asset, feed) pairs onto the board: of an asset with two feeds, two pairs in a row.
    RefreshPrices {
        readings: Vec<Reading>,
        pairs: Vec<(u8, u8)>,
    },
    Poke {
        market: u8,
    },
    TripBreaker {
        signer: u8,
        market: u8,
        level: u8,
        seconds: u32,
    },
    ResetBreaker {
        signer: u8,
        market: u8,
    },
    PassTime {
        seconds: i64,
    },
    /// An operation with one account of its instruction replaced.
    Forged {
        operation: Box<Operation>,
        slot: u8,
        forgery: Forgery,
    },
}

impl Operation {
    pub const KINDS: [&'static str; 29] = [
        "create account",
        "grow account",
        "close account",
        "set delegate",
        "deposit",
        "withdraw",
        "fund tranche",
        "donate",
        "place offer",
        "update offer",
        "cancel offer",
        "take offer",
        "trade",
        "settle",
        "auto-deleverage",
        "convert",
        "sweep",
        "stake",
        "request unstake",
        "unstake",
        "report deficit",
        "liquidate",
        "refresh prices",
        "trip breaker",
        "reset breaker",
        "pass time",
        "poke",
        "update funding",
        "forged",
    ];

    /// Index into `KINDS`.
    pub const fn kind(&self) -> usize {
        match self {
            Self::CreateAccount { .. } => 0,
            Self::GrowAccount { .. } => 1,
            Self::CloseAccount { .. } => 2,
            Self::SetDelegate { .. } => 3,
            Self::Deposit { .. } => 4,
            Self::Withdraw { .. } => 5,
            Self::FundTranche { .. } => 6,
            Self::Donate { .. } => 7,
            Self::PlaceOffer { .. } => 8,
            Self::UpdateOffer { .. } => 9,
            Self::CancelOffer { .. } => 10,
            Self::TakeOffer { .. } => 11,
            Self::Trade { .. } => 12,
            Self::Settle { .. } => 13,
            Self::AutoDeleverage { .. } => 14,
            Self::LiquidateCollateral { .. } => 15,
            Self::SweepInsurance { .. } => 16,
            Self::Stake { .. } => 17,
            Self::RequestUnstake { .. } => 18,
            Self::Unstake { .. } => 19,
            Self::ReportDeficit { .. } => 20,
            Self::Liquidate { .. } => 21,
            Self::RefreshPrices { .. } => 22,
            Self::TripBreaker { .. } => 23,
            Self::ResetBreaker { .. } => 24,
            Self::PassTime { .. } => 25,
            Self::Poke { .. } => 26,
            Self::UpdateFunding { .. } => 27,
            Self::Forged { .. } => 28,
        }
    }

    /// Places of its instruction where a replaced account must be refused.
    pub const fn forgeable(&self) -> &'static [u8] {
        match self {
            Self::CreateAccount { .. } => &[2, 3],
            Self::GrowAccount { .. } => &[2],
            Self::CloseAccount { .. } | Self::SetDelegate { .. } => &[1],
            Self::Deposit { .. } | Self::FundTranche { .. } => &[1, 2, 4, 5, 6],
            Self::Withdraw { .. } => &[1, 2, 3, 4, 6, 7, 8],
            Self::PlaceOffer { .. } => &[2, 3, 4],
            Self::UpdateOffer { .. } | Self::CancelOffer { .. } => &[1, 2],
            Self::TakeOffer { .. } => &[1, 2, 3, 4, 5, 6],
            Self::Trade { .. } => &[2, 3, 4, 5, 6],
            Self::Settle { .. } => &[0, 1, 2, 3],
            Self::AutoDeleverage { .. } => &[0, 1, 2, 3],
            Self::Liquidate { .. } | Self::LiquidateCollateral { .. } => &[1, 2, 3, 4, 5],
            Self::SweepInsurance { .. } => &[0, 1, 2, 3, 4, 5, 6, 7],
            Self::Stake { markets, .. } if markets.is_empty() => &[2, 3, 4, 5, 7, 8, 9],
            Self::Stake { .. } => &[2, 3, 4, 5, 7, 8, 9, 11],
            Self::RequestUnstake { .. } => &[1, 2],
            Self::Unstake { markets, .. } if markets.is_empty() => &[1, 2, 3, 4, 5, 6, 7, 9, 10],
            Self::Unstake { .. } => &[1, 2, 3, 4, 5, 6, 7, 9, 10, 11],
            Self::ReportDeficit { .. } => &[0, 1, 2],
            Self::Poke { .. } => &[0, 1],
            Self::RefreshPrices { .. } => &[0],
            Self::UpdateFunding { .. } => &[0, 1],
            Self::TripBreaker { .. } | Self::ResetBreaker { .. } => &[1, 2],
            Self::Donate { .. } | Self::PassTime { .. } | Self::Forged { .. } => &[],
        }
    }

    /// Places of its instruction whose key has to sign, the one that pays for the transaction left out.
    pub const fn signed(&self) -> &'static [u8] {
        match self {
            Self::CreateAccount { .. } | Self::GrowAccount { .. } | Self::PlaceOffer { .. } | Self::Stake { .. } => {
                &[1]
            }
            Self::Trade { .. } => &[0, 1],
            Self::AutoDeleverage { .. } | Self::SweepInsurance { .. } | Self::ReportDeficit { .. } => &[],
            Self::Settle { .. } | Self::FundTranche { .. } | Self::RefreshPrices { .. } | Self::Poke { .. } => &[],
            Self::UpdateFunding { .. } => &[],
            Self::Donate { .. } | Self::PassTime { .. } | Self::Forged { .. } => &[],
            _ => &[0],
        }
    }
}
