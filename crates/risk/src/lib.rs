//! The arithmetic of margin, pure: prices in, plans out.
//!
//! Everything that counts money lives here and nowhere else. Amounts are quote atoms, sizes are lots, a price is
//! quote atoms per lot, so a notional is one exact 64-bit product. Time and price are arguments. Nothing here
//! panics on any input; every rounding names its direction in the function's name.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod bankruptcy;
mod breaker;
mod collateral;
mod deleverage;
mod error;
mod fee;
mod feeds;
mod fund;
mod funding;
mod governance;
mod insurance;
mod ledger;
mod liquidation;
mod margin;
mod oracle;
mod outflow;
mod params;
mod quality;
mod report;
mod signals;
mod stress;
mod sweep;
mod units;
mod volatility;
mod window;

pub use bankruptcy::{BankruptcyShare, plan_bankruptcy};
pub use breaker::{Activity, Level, LevelOutOfRange};
pub use collateral::{
    CollateralTerms, ConversionPlan, Converted, MAX_LOT_ATOMS_EXPONENT, plan_conversion, validate_collateral,
};
pub use deleverage::{
    DeleveragePlan, SCALE_ONE, Side, SideIndex, Stamp, Touch, charge_since, plan_deleveraging, plan_touch,
};
pub use error::{Result, RiskError};
pub use fee::{FeePlan, plan_fee};
pub use feeds::{FeedGates, FeedSeen, FeedsState, Moved, accept_feeds};
pub use fund::{Fund, StakePlan, UnstakePlan, plan_stake, plan_unstake};
pub use funding::{Accrual, FundingTerms, MAX_ACCRUAL_SECONDS, Premium, accrued, own_funding};
pub use governance::{
    ASSET_RULES, BANK_RULES, Direction, FUND_RULES, MARKET_RULES, Rule, Step, Tighter, direction, probation_atoms,
    probation_cap, ramp_seconds, ramped, require_bounds, require_step,
};
pub use insurance::{InsuranceCaps, InsurancePlan, plan_insurance};
pub use ledger::{
    LedgerTotals, LossPlan, OpenInterest, PositionTotals, ProfitPlan, plan_loss_settlement, plan_profit_settlement,
    require_price_within_band, require_price_within_limit,
};
pub use liquidation::{LiquidationPlan, LiquidationTerms, Target, plan_liquidation, ratio_improves};
pub use margin::{AssetRisk, Leg, Valuation};
pub use oracle::{GateParams, MarginTerms, OraclePrice, PriceState, accept_price, asset_risk, slow_ema};
pub use outflow::{Outflow, OutflowParams, validate_outflow};
pub use params::{AssetParams, MarketParams, gap_bps, validate_asset, validate_market};
pub use quality::{Action, PriceAges, PriceQuality, quality_at, risk_opens_at};
pub use report::{AccountReport, Holding, HoldingReport, liquidation_price, report};
pub use signals::{
    Automatic, BreakerParams, Recent, Signal, Stress, books_stress, distance_bps, is_grace, price_stress,
    validate_breaker,
};
pub use stress::{Counted, Exposure, GROUPS, Groups, PositionStress, View, liquidity_up};
pub use sweep::{OwnSettlement, SweepPlan, Tranche, plan_own_settlement, plan_recall, plan_sweep};
pub use units::{
    BPS_ONE, MAX_ASSETS, MAX_LOTS, MAX_NOTIONAL, MAX_POSITIONS, MAX_PRICE, bps_down, bps_up, notional, signed_notional,
};
pub use volatility::{Volatility, VolatilityParams, calm_variance, followed, validate_volatility};
pub use window::Window;
