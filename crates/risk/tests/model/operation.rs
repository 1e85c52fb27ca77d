//! What may happen, and in which markets.

use risk::{
    AssetParams, CollateralTerms, FundingTerms, GateParams, InsuranceCaps, LiquidationTerms, MarketParams, OraclePrice,
};

pub const ACCOUNTS: usize = 8;
pub const MARKETS: usize = 3;
pub const BANKS: usize = 2;
pub const STAKERS: usize = 3;
/// What a tranche is refilled to, and what it gives back above.
pub const TRANCHE_TARGETS: [u64; MARKETS] = [400_000_000, 1_000_000_007, 250_000_000];
pub const COOLDOWN_SECONDS: i64 = 300;
pub const EXIT_SECONDS: i64 = 172_800;
pub const DEAD_SECONDS: i64 = 259_200;
pub const REPORT_SECONDS: i64 = 3_600;

#[derive(Clone, Copy, Debug)]
pub enum Operation {
    Deposit {
        account: usize,
        amount: u64,
    },
    Withdraw {
        account: usize,
        amount: u64,
    },
    Publish {
        market: usize,
        reading: OraclePrice,
        pause: i64,
    },
    Wait {
        seconds: i64,
    },
    Trade {
        buyer: usize,
        seller: usize,
        market: usize,
        lots: i64,
        price: u64,
    },
    Settle {
        accounts: [bool; ACCOUNTS],
        market: usize,
    },
    Liquidate {
        liquidator: usize,
        liquidatee: usize,
        market: usize,
        max_lots: u64,
        seconds: u64,
    },
    /// A liquidation without lots: the tranche pays a debt.
    Insure {
        account: usize,
        market: usize,
    },
    AutoDeleverage {
        account: usize,
        market: usize,
    },
    ReportDeficit {
        account: usize,
    },
    FillTranche {
        market: usize,
        amount: u64,
    },
    Sweep {
        market: usize,
    },
    Stake {
        staker: usize,
        amount: u64,
    },
    RequestUnstake {
        staker: usize,
        shares: u64,
    },
    /// Tranches passed along give back what the vault lacks.
    Unstake {
        staker: usize,
        passed: [bool; MARKETS],
    },
    AddCollateral {
        account: usize,
        bank: usize,
        amount: u64,
    },
    RemoveCollateral {
        account: usize,
        bank: usize,
        amount: u64,
    },
    Convert {
        buyer: usize,
        seller: usize,
        bank: usize,
        amount: u64,
        most: u64,
    },
}

impl Operation {
    pub const KINDS: usize = 18;

    pub const fn kind(&self) -> usize {
        match self {
            Self::Deposit { .. } => 0,
            Self::Withdraw { .. } => 1,
            Self::Publish { .. } => 2,
            Self::Wait { .. } => 3,
            Self::Trade { .. } => 4,
            Self::Settle { .. } => 5,
            Self::Liquidate { .. } => 6,
            Self::Insure { .. } => 7,
            Self::AutoDeleverage { .. } => 8,
            Self::ReportDeficit { .. } => 9,
            Self::FillTranche { .. } => 10,
            Self::Sweep { .. } => 11,
            Self::Stake { .. } => 12,
            Self::RequestUnstake { .. } => 13,
            Self::Unstake { .. } => 14,
            Self::AddCollateral { .. } => 15,
            Self::RemoveCollateral { .. } => 16,
            Self::Convert { .. } => 17,
        }
    }

    /// Whose accounts it may change.
    pub fn names_account(&self, index: usize) -> bool {
        match *self {
            Self::Deposit { account, .. }
            | Self::Withdraw { account, .. }
            | Self::Insure { account, .. }
            | Self::AutoDeleverage { account, .. }
            | Self::AddCollateral { account, .. }
            | Self::RemoveCollateral { account, .. } => account == index,
            Self::Settle { accounts, .. } => accounts[index],
            Self::Trade { buyer, seller, .. } | Self::Convert { buyer, seller, .. } => {
                buyer == index || seller == index
            }
            Self::Liquidate { liquidator, liquidatee, .. } => liquidator == index || liquidatee == index,
            Self::Publish { .. }
            | Self::Wait { .. }
            | Self::ReportDeficit { .. }
            | Self::FillTranche { .. }
            | Self::Sweep { .. }
            | Self::Stake { .. }
            | Self::RequestUnstake { .. }
            | Self::Unstake { .. } => false,
        }
    }

    /// Which markets it may change.
    pub const fn names_market(&self, index: usize) -> bool {
        match *self {
            Self::Publish { market, .. }
            | Self::Trade { market, .. }
            | Self::Settle { market, .. }
            | Self::Liquidate { market, .. }
            | Self::Insure { market, .. }
            | Self::AutoDeleverage { market, .. }
            | Self::FillTranche { market, .. }
            | Self::Sweep { market } => market == index,
            Self::Unstake { passed, .. } => passed[index],
            _ => false,
        }
    }

    /// Whether it may change the fund.
    pub const fn names_fund(&self) -> bool {
        matches!(
            self,
            Self::Sweep { .. }
                | Self::Stake { .. }
                | Self::RequestUnstake { .. }
                | Self::Unstake { .. }
                | Self::ReportDeficit { .. }
        )
    }
}

/// Each bank's token is the asset of the market of its index: one of many atoms per lot, one of few.
pub fn banks() -> [CollateralTerms; BANKS] {
    [
        CollateralTerms {
            lot_atoms_exponent: 6,
            haircut_bps: 1_000,
            discount_bps: 500,
            cap_lots: 400,
            surcharge_bps: 2_500,
        },
        CollateralTerms { lot_atoms_exponent: 2, haircut_bps: 3_333, discount_bps: 777, cap_lots: 0, surcharge_bps: 0 },
    ]
}

/// A market of round numbers, one whose every number rounds, and one of coarse lots that jumps.
pub fn parameters() -> [(AssetParams, MarketParams, i64); MARKETS] {
    let set = |ratios: (u64, u64, u64),
               scale,
               price,
               penalties: (u64, u64),
               shares: (u64, u64, u64),
               lots: (u64, u64),
               bands: (u64, u32),
               caps: (u64, u64),
               group: (u8, u64, u64)| {
        let gate = GateParams {
            exponent: -8,
            scale,
            max_age_seconds: 60,
            confidence_fresh_bps: 150,
            confidence_max_bps: 500,
            ema_band_bps: bands.0,
            ema_seconds: bands.1,
        };
        let (maintenance, initial, weight) = ratios;
        let asset = AssetParams {
            initial_ratio_bps: initial,
            maintenance_ratio_bps: maintenance,
            gain_weight_bps: weight,
            fresh_age_seconds: 20,
            group: group.0,
            group_weight_bps: group.1,
            gate,
        };
        let terms = LiquidationTerms {
            penalty_min_bps: penalties.0,
            penalty_max_bps: penalties.1,
            penalty_ramp_bps_per_minute: 10,
            insurance_share_bps: shares.0,
            buffer_bps: shares.1,
            slice_lots: lots.0,
            min_position_lots: lots.1,
        };
        let market = MarketParams {
            terms,
            exit_slippage_bps: 50,
            price_band_bps: maintenance / 3,
            taker_fee_bps: 7,
            max_open_interest_lots: 1 << 28,
            depth_lots: group.2,
            liquidation_window_lots: lots.0 * 5,
            liquidation_window_seconds: 60,
            insurance: InsuranceCaps {
                per_event: caps.0,
                per_window: caps.1,
                window_seconds: 600,
                coinsurance_bps: shares.2,
            },
            fee_share_bps: shares.0,
            funding: FundingTerms { cap_bps: 0, funding_seconds: 0, premium_seconds: 0 },
        };
        (asset, market, price)
    };
    [
        set(
            (500, 1_000, 8_000),
            -4,
            10_000_000_000,
            (50, 250),
            (3_000, 1_000, 0),
            (2_000, 10),
            (5_000, 30),
            (20_000_000, 150_000_000),
            (1, 7_000, 0),
        ),
        set(
            (333, 777, 3_333),
            -3,
            1_234_567,
            (37, 211),
            (3_333, 1_234, 333),
            (300_000, 77),
            (5_000, 23),
            (15_000_000, 30_000_000),
            (1, 4_000, 1_000_000),
        ),
        set(
            (1_999, 3_001, 9_999),
            -5,
            7_777_777_777_777,
            (1, 1_777),
            (9_700, 3_210, 0),
            (7, 0),
            (9_000, 41),
            (30_000_000, 60_000_000),
            (0, 0, 5_000),
        ),
    ]
}
