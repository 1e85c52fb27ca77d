//! Typed parameter sets, each with the rules that say which way is tighter.
//!
//! A set lists its fields once. From the list come reading it out of an account, writing it back, and its values in the order of the
//! rules in `risk`. A field of the set that the list leaves out, or a list in another order than the rules, does not compile; a field of an
//! account that no set knows fails a test (`tests/tests/instructions/governance_fields.rs`).

use anchor_lang::prelude::*;

use crate::{
    error::FirebreakError,
    instructions::{BreakerConfig, MarketConfig, OutflowConfig},
    state::{AssetRow, CollateralBank, InsuranceFund, Market},
};

/// A parameter set, as numbers.
pub trait Parameters: Copy {
    const RULES: &'static [risk::Rule];
    type Values: AsRef<[u64]>;

    /// In the order of the rules.
    fn values(&self) -> Self::Values;

    /// A set from such values; none where they are too few, or one is too large for its field.
    fn of_values(values: &[u64]) -> Option<Self>;
}

macro_rules! parameters {
    ($set:ident by $rules:ident in $state:ident: $($field:ident)+) => {
        parameters!($set by $rules: $($field)+);

        impl $set {
            /// The set in force.
            pub fn of(state: &$state) -> Self {
                Self { $($field: state.$field),+ }
            }

            /// Writes the set, and nothing else.
            pub fn apply(&self, state: &mut $state) {
                let Self { $($field),+ } = *self;
                $(state.$field = $field;)+
            }
        }
    };
    ($set:ident by $rules:ident: $($field:ident)+) => {
        impl Parameters for $set {
            const RULES: &'static [risk::Rule] = &risk::$rules;
            type Values = [u64; risk::$rules.len()];

            fn values(&self) -> Self::Values {
                let Self { $($field),+ } = *self;
                [$(u64::from($field)),+]
            }

            fn of_values(values: &[u64]) -> Option<Self> {
                let mut values = values.iter();
                Some(Self { $($field: (*values.next()?).try_into().ok()?),+ })
            }
        }

        const _: () = assert!(is_named(&risk::$rules, &[$(stringify!($field)),+]), "the rules' names and order");
    };
    // A set that holds another one, whose fields follow its own.
    ($set:ident by $rules:ident: $($field:ident)+; $part:ident in $kind:ident: $($inner:ident)+) => {
        impl Parameters for $set {
            const RULES: &'static [risk::Rule] = &risk::$rules;
            type Values = [u64; risk::$rules.len()];

            fn values(&self) -> Self::Values {
                let Self { $($field,)+ $part } = *self;
                let $kind { $($inner),+ } = $part;
                [$(u64::from($field),)+ $(u64::from($inner)),+]
            }

            fn of_values(values: &[u64]) -> Option<Self> {
                let mut values = values.iter();
                Some(Self {
                    $($field: (*values.next()?).try_into().ok()?,)+
                    $part: $kind { $($inner: (*values.next()?).try_into().ok()?),+ },
                })
            }
        }

        const _: () = assert!(
            is_named(&risk::$rules, &[$(stringify!($field),)+ $(stringify!($inner)),+]),
            "the rules' names and order"
        );
    };
}

/// Whether the rules have these names, in this order.
const fn is_named(rules: &[risk::Rule], names: &[&str]) -> bool {
    let mut at = 0;
    while at < rules.len() && at < names.len() {
        let (rule, name) = (rules[at].name.as_bytes(), names[at].as_bytes());
        let mut byte = 0;
        while byte < rule.len() && byte < name.len() && rule[byte] == name[byte] {
            byte += 1;
        }
        if byte != rule.len() || byte != name.len() {
            return false;
        }
        at += 1;
    }
    at == rules.len() && at == names.len()
}

/// What may be changed of an asset after listing: all but its feeds, its lot, and what belongs to its collateral bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct AssetParameters {
    pub initial_ratio_bps: u32,
    pub maintenance_ratio_bps: u32,
    pub gain_weight_bps: u32,
    pub max_age_seconds: u32,
    pub fresh_age_seconds: u32,
    pub confidence_fresh_bps: u32,
    pub confidence_max_bps: u32,
    pub ema_band_bps: u32,
    pub ema_seconds: u32,
    pub agreement_bps: u32,
    /// Variance per second (40 fraction bits) at which the multiplier is 1: `risk::calm_variance`.
    pub calm_variance: u64,
    pub multiplier_cap_bps: u32,
    pub variance_seconds: u32,
    pub notice_seconds: u32,
    pub group: u8,
    pub group_weight_bps: u32,
}

parameters!(AssetParameters by ASSET_RULES in AssetRow:
    initial_ratio_bps maintenance_ratio_bps gain_weight_bps max_age_seconds fresh_age_seconds confidence_fresh_bps
    confidence_max_bps ema_band_bps ema_seconds agreement_bps calm_variance multiplier_cap_bps variance_seconds
    notice_seconds group group_weight_bps);

macro_rules! market_parameters {
    ($($field:ident)+) => {
        parameters!(MarketConfig by MARKET_RULES: $($field)+;
            breaker in BreakerConfig:
            move_bps uncertain_seconds liquidated_bps liquidated_floor_lots drawdown_bps cooldown_seconds grace_seconds);

        impl MarketConfig {
            /// The set in force; `row` is the asset's.
            pub fn of(market: &Market, row: &AssetRow) -> Self {
                Self { $($field: market.$field,)+ breaker: BreakerConfig::of(market, row) }
            }

            /// Writes the set, and nothing else, into the market and its asset's row.
            pub fn apply(&self, market: &mut Market, row: &mut AssetRow) -> core::result::Result<(), FirebreakError> {
                let Self { $($field,)+ breaker } = *self;
                $(market.$field = $field;)+
                breaker.apply(market, row);
                row.depth_lots = u32::try_from(self.depth_lots).map_err(|_| FirebreakError::CapOutOfRange)?;
                Ok(())
            }
        }
    };
}

market_parameters!(penalty_min_bps penalty_max_bps penalty_ramp_bps_per_minute insurance_share_bps buffer_bps
    exit_slippage_bps price_band_bps taker_fee_bps liquidation_window_seconds insurance_window_seconds
    max_open_interest_lots slice_lots min_position_lots liquidation_window_lots depth_lots insurance_event_cap
    insurance_window_cap tranche_target coinsurance_share_bps fee_share_bps funding_cap_bps funding_seconds premium_seconds);

/// What may be changed of a collateral bank, and of its token's row. The quote bank has no haircut, discount or surcharge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct BankParameters {
    pub deposit_cap: u64,
    pub haircut_bps: u32,
    pub discount_bps: u32,
    pub surcharge_bps: u32,
    pub outflow: OutflowConfig,
}

parameters!(BankParameters by BANK_RULES: deposit_cap haircut_bps discount_bps surcharge_bps;
    outflow in OutflowConfig: hourly_share_bps daily_share_bps outflow_floor small_exit);

impl BankParameters {
    /// The set in force; `row` is the token's, where it has one.
    pub fn of(bank: &CollateralBank, row: Option<&AssetRow>) -> Self {
        let terms = |row: &AssetRow| (row.haircut_bps, row.discount_bps, row.surcharge_bps);
        let (haircut_bps, discount_bps, surcharge_bps) = row.map_or((0, 0, 0), terms);
        let outflow = OutflowConfig::of(bank);
        Self { deposit_cap: bank.deposit_cap, haircut_bps, discount_bps, surcharge_bps, outflow }
    }

    /// Writes what the bank holds of it.
    pub fn apply(&self, bank: &mut CollateralBank) {
        bank.deposit_cap = self.deposit_cap;
        self.outflow.write(bank);
    }
}

/// What may be changed of the insurance fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct FundParameters {
    pub cooldown_seconds: u32,
}

parameters!(FundParameters by FUND_RULES in InsuranceFund: cooldown_seconds);
