//! Parameters are accepted only as a consistent set, and the error names the broken inequality.

use crate::{
    BPS_ONE, FundingTerms, GROUPS, GateParams, InsuranceCaps, LiquidationTerms, MAX_LOTS, Result, RiskError, bps_down,
};

const MAX_AGE_SECONDS: u32 = 3_600;
const MAX_DURATION_SECONDS: u32 = 7 * 86_400;
/// Longest time constant of a premium: a rate lasts as long, and accrues at most that in one step.
const MAX_PREMIUM_SECONDS: u32 = crate::MAX_ACCRUAL_SECONDS as u32;
/// Largest power of ten between an oracle's integer and quote atoms per lot.
const MAX_SCALE: i32 = 19;
/// What is left of a stress however well it is hedged: a tenth.
const MAX_GROUP_WEIGHT_BPS: u64 = 9_000;
/// Least depth: with it, what a lot adds to the margin of others fits its field at every price (`liquidity_up`).
const MIN_DEPTH_LOTS: u64 = 1 << 12;

/// Risk parameters of one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssetParams {
    pub initial_ratio_bps: u64,
    pub maintenance_ratio_bps: u64,
    /// Weight of unrealised gains in initial margin.
    pub gain_weight_bps: u64,
    /// How long a price is fresh; at most the gate's maximum age.
    pub fresh_age_seconds: u32,
    /// Correlation group; 0: none.
    pub group: u8,
    /// The part of a position's stress that moves with its group, and that opposite positions there may offset.
    pub group_weight_bps: u64,
    pub gate: GateParams,
}

/// Risk parameters of one market, all against its asset's margin ratios.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketParams {
    pub terms: LiquidationTerms,
    /// What closing a taken-over slice is expected to cost the liquidator.
    pub exit_slippage_bps: u64,
    /// Furthest a trade's price may be from the mark.
    pub price_band_bps: u64,
    pub taker_fee_bps: u64,
    pub max_open_interest_lots: u64,
    /// The size at which margin per lot has doubled; 0: it never grows.
    pub depth_lots: u64,
    /// Lots that staged liquidations may take per window.
    pub liquidation_window_lots: u64,
    pub liquidation_window_seconds: u32,
    pub insurance: InsuranceCaps,
    /// The insurance fund's part of trading fees.
    pub fee_share_bps: u64,
    pub funding: FundingTerms,
}

const fn max(a: u64, b: u64) -> u64 {
    if a > b { a } else { b }
}

const fn is_duration(seconds: u32) -> bool {
    seconds > 0 && seconds <= MAX_DURATION_SECONDS
}

/// 0 < maintenance < initial <= 1; weights and bands within one; a group weight at most 9/10, and only in a group; limits within range.
pub const fn validate_asset(asset: &AssetParams) -> Result<()> {
    let gate = &asset.gate;
    if asset.maintenance_ratio_bps == 0
        || asset.maintenance_ratio_bps >= asset.initial_ratio_bps
        || asset.initial_ratio_bps > BPS_ONE
    {
        return Err(RiskError::RatiosInconsistent);
    }
    if asset.gain_weight_bps > BPS_ONE {
        return Err(RiskError::ShareAboveOne);
    }
    if asset.group as usize >= GROUPS
        || asset.group_weight_bps > MAX_GROUP_WEIGHT_BPS
        || (asset.group == 0 && asset.group_weight_bps > 0)
    {
        return Err(RiskError::GroupOutOfRange);
    }
    if gate.confidence_fresh_bps == 0
        || gate.confidence_fresh_bps > gate.confidence_max_bps
        || gate.confidence_max_bps >= BPS_ONE
    {
        return Err(RiskError::ConfidenceLimitsInconsistent);
    }
    let is_fresh_age = asset.fresh_age_seconds > 0 && asset.fresh_age_seconds <= gate.max_age_seconds;
    if !is_fresh_age || gate.max_age_seconds > MAX_AGE_SECONDS || !is_duration(gate.ema_seconds) {
        return Err(RiskError::DurationOutOfRange);
    }
    if gate.ema_band_bps == 0 || gate.ema_band_bps >= BPS_ONE {
        return Err(RiskError::EmaBandOutOfRange);
    }
    if gate.scale < -MAX_SCALE || gate.scale > MAX_SCALE {
        return Err(RiskError::LotOutOfRange);
    }
    Ok(())
}

/// How far the price may move, in basis points of the mark, between the moment an account of this market meets maintenance exactly and its
/// liquidation, so that equity still pays the highest penalty and the expected slippage: maintenance less both. Of two legs that offset each other each may
/// move as far, against the account. Rounded down; above zero for whatever `validate_market` accepts.
pub const fn gap_bps(market: &MarketParams, asset: &AssetParams) -> u64 {
    // Both legs together hold (2 - weight) times the maintenance of one.
    let held =
        bps_down_or_zero(asset.maintenance_ratio_bps, BPS_ONE.saturating_sub(asset.group_weight_bps.div_ceil(2)));
    held.saturating_sub(market.terms.penalty_max_bps).saturating_sub(market.exit_slippage_bps)
}

const fn bps_down_or_zero(amount: u64, bps: u64) -> u64 {
    match bps_down(amount, bps) {
        Ok(value) => value,
        Err(_) => 0,
    }
}

/// expected exit slippage < the liquidator's part of the highest penalty; penalty + slippage < maintenance, and less than
/// what of it is left when half of the group's weight is offset; maintenance with the buffer <= initial; fee < price band < maintenance; shares within one; caps in range.
pub const fn validate_market(market: &MarketParams, asset: &AssetParams) -> Result<()> {
    let terms = &market.terms;
    let maintenance_ratio_bps = asset.maintenance_ratio_bps;
    if terms.penalty_min_bps > terms.penalty_max_bps {
        return Err(RiskError::PenaltyRangeInverted);
    }
    if terms.penalty_max_bps > BPS_ONE || market.exit_slippage_bps > BPS_ONE || gap_bps(market, asset) == 0 {
        return Err(RiskError::PenaltyExceedsMaintenance);
    }
    if terms.insurance_share_bps > BPS_ONE || terms.buffer_bps > BPS_ONE || terms.penalty_ramp_bps_per_minute > BPS_ONE
    {
        return Err(RiskError::ShareAboveOne);
    }
    // Every factor is at most 10^4 by now: penalty and slippage are below the maintenance ratio.
    if terms.penalty_max_bps * (BPS_ONE - terms.insurance_share_bps) <= market.exit_slippage_bps * BPS_ONE {
        return Err(RiskError::PenaltyBelowSlippage);
    }
    if maintenance_ratio_bps * (BPS_ONE + terms.buffer_bps) > asset.initial_ratio_bps * BPS_ONE {
        return Err(RiskError::BufferExceedsInitial);
    }
    if market.price_band_bps == 0 || market.price_band_bps >= maintenance_ratio_bps {
        return Err(RiskError::PriceBandExceedsMaintenance);
    }
    if market.taker_fee_bps >= market.price_band_bps {
        return Err(RiskError::FeeExceedsBand);
    }
    if market.insurance.coinsurance_bps > BPS_ONE || market.fee_share_bps > BPS_ONE {
        return Err(RiskError::ShareAboveOne);
    }
    if market.insurance.per_event > market.insurance.per_window {
        return Err(RiskError::InsuranceCapsInverted);
    }
    let most = MAX_LOTS as u64;
    if market.max_open_interest_lots == 0
        || market.max_open_interest_lots > most
        || terms.slice_lots == 0
        || terms.slice_lots > most
        || market.liquidation_window_lots == 0
        || market.liquidation_window_lots > most
        || terms.min_position_lots > terms.slice_lots
        || (market.depth_lots > 0 && market.depth_lots < max(terms.slice_lots, MIN_DEPTH_LOTS))
        || market.depth_lots > most
    {
        return Err(RiskError::CapOutOfRange);
    }
    if !is_duration(market.liquidation_window_seconds) || !is_duration(market.insurance.window_seconds) {
        return Err(RiskError::DurationOutOfRange);
    }
    validate_funding(market, asset)
}

/// A cap within the price band; and nobody gains by trading with himself to move the rate (docs/funding.md):
/// `2 * cap * (2 * premium_seconds + fresh_age) <= fee * (1 - band) * funding_seconds`.
const fn validate_funding(market: &MarketParams, asset: &AssetParams) -> Result<()> {
    let FundingTerms { cap_bps, funding_seconds, premium_seconds } = market.funding;
    if cap_bps == 0 {
        return Ok(());
    }
    if cap_bps > market.price_band_bps {
        return Err(RiskError::CapOutOfRange);
    }
    if !is_duration(funding_seconds) || premium_seconds == 0 || premium_seconds > MAX_PREMIUM_SECONDS {
        return Err(RiskError::DurationOutOfRange);
    }
    // Every basis point is at most 10^4 and every duration below 2^20 by now.
    let lasts = 2 * premium_seconds as u64 + asset.fresh_age_seconds as u64;
    let gained = 2 * cap_bps * lasts * BPS_ONE;
    if gained > market.taker_fee_bps * (BPS_ONE - market.price_band_bps) * funding_seconds as u64 {
        return Err(RiskError::FundingExceedsFee);
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub const ASSET: AssetParams = AssetParams {
        initial_ratio_bps: 1_000,
        maintenance_ratio_bps: 500,
        gain_weight_bps: 8_000,
        fresh_age_seconds: 15,
        group: 0,
        group_weight_bps: 0,
        gate: GateParams {
            exponent: -8,
            scale: -4,
            max_age_seconds: 60,
            confidence_fresh_bps: 100,
            confidence_max_bps: 500,
            ema_band_bps: 1_000,
            ema_seconds: 300,
        },
    };
    pub const MARKET: MarketParams = MarketParams {
        terms: LiquidationTerms {
            penalty_min_bps: 50,
            penalty_max_bps: 250,
            penalty_ramp_bps_per_minute: 10,
            insurance_share_bps: 3_000,
            buffer_bps: 1_000,
            slice_lots: 10_000,
            min_position_lots: 10,
        },
        exit_slippage_bps: 100,
        price_band_bps: 200,
        taker_fee_bps: 5,
        max_open_interest_lots: 1_000_000,
        depth_lots: 0,
        liquidation_window_lots: 100_000,
        liquidation_window_seconds: 60,
        insurance: InsuranceCaps {
            per_event: 1_000_000_000,
            per_window: 5_000_000_000,
            window_seconds: 3_600,
            coinsurance_bps: 0,
        },
        fee_share_bps: 5_000,
        funding: FundingTerms { cap_bps: 0, funding_seconds: 0, premium_seconds: 0 },
    };

    #[test]
    fn a_consistent_set_is_accepted_and_each_broken_inequality_is_named() {
        assert_eq!(validate_asset(&ASSET), Ok(()));
        assert_eq!(validate_market(&MARKET, &ASSET), Ok(()));
        let asset = |change: fn(&mut AssetParams)| {
            let mut changed = ASSET;
            change(&mut changed);
            validate_asset(&changed)
        };
        assert_eq!(asset(|a| a.maintenance_ratio_bps = 0), Err(RiskError::RatiosInconsistent));
        assert_eq!(asset(|a| a.maintenance_ratio_bps = 1_000), Err(RiskError::RatiosInconsistent));
        assert_eq!(asset(|a| a.maintenance_ratio_bps = 999), Ok(()));
        assert_eq!(asset(|a| a.initial_ratio_bps = 10_001), Err(RiskError::RatiosInconsistent));
        assert_eq!(asset(|a| a.gain_weight_bps = 10_001), Err(RiskError::ShareAboveOne));
        assert_eq!(asset(|a| a.group = 8), Err(RiskError::GroupOutOfRange));
        assert_eq!(asset(|a| (a.group, a.group_weight_bps) = (7, 9_000)), Ok(()));
        assert_eq!(asset(|a| (a.group, a.group_weight_bps) = (7, 9_001)), Err(RiskError::GroupOutOfRange));
        assert_eq!(asset(|a| a.group_weight_bps = 1), Err(RiskError::GroupOutOfRange));
        assert_eq!(asset(|a| a.gate.confidence_fresh_bps = 501), Err(RiskError::ConfidenceLimitsInconsistent));
        assert_eq!(asset(|a| a.gate.confidence_max_bps = 10_000), Err(RiskError::ConfidenceLimitsInconsistent));
        assert_eq!(asset(|a| a.gate.max_age_seconds = 14), Err(RiskError::DurationOutOfRange));
        assert_eq!(asset(|a| a.gate.max_age_seconds = 15), Ok(()));
        assert_eq!(asset(|a| a.fresh_age_seconds = 0), Err(RiskError::DurationOutOfRange));
        assert_eq!(asset(|a| a.gate.max_age_seconds = 3_601), Err(RiskError::DurationOutOfRange));
        assert_eq!(asset(|a| a.gate.ema_seconds = 0), Err(RiskError::DurationOutOfRange));
        assert_eq!(asset(|a| a.gate.ema_band_bps = 0), Err(RiskError::EmaBandOutOfRange));
        assert_eq!(asset(|a| a.gate.scale = -20), Err(RiskError::LotOutOfRange));

        let market = |change: fn(&mut MarketParams)| {
            let mut changed = MARKET;
            change(&mut changed);
            validate_market(&changed, &ASSET)
        };
        assert_eq!(market(|m| m.terms.penalty_max_bps = 143), Ok(()));
        assert_eq!(market(|m| m.terms.penalty_max_bps = 142), Err(RiskError::PenaltyBelowSlippage));
        assert_eq!(market(|m| m.terms.insurance_share_bps = 10_000), Err(RiskError::PenaltyBelowSlippage));
        assert_eq!(market(|m| m.terms.buffer_bps = 10_000), Ok(()));
        let narrow = AssetParams { maintenance_ratio_bps: 951, ..ASSET };
        let buffered = |buffer_bps| {
            let terms = LiquidationTerms { buffer_bps, ..MARKET.terms };
            validate_market(&MarketParams { terms, ..MARKET }, &narrow)
        };
        assert_eq!((buffered(515), buffered(516)), (Ok(()), Err(RiskError::BufferExceedsInitial)));
        assert_eq!(market(|m| m.insurance.per_event = 5_000_000_001), Err(RiskError::InsuranceCapsInverted));
        assert_eq!(market(|m| m.terms.penalty_max_bps = 399), Ok(()));
        assert_eq!(market(|m| m.terms.penalty_max_bps = 400), Err(RiskError::PenaltyExceedsMaintenance));
        // Half of the weight is offset: 500 * (1 - 0.3) against 250 + 100.
        let grouped = |group_weight_bps| validate_market(&MARKET, &AssetParams { group: 1, group_weight_bps, ..ASSET });
        assert_eq!([grouped(5_960), grouped(5_961)], [Ok(()), Err(RiskError::PenaltyExceedsMaintenance)]);
        assert_eq!(gap_bps(&MARKET, &ASSET), 150);
        assert_eq!(market(|m| m.exit_slippage_bps = u64::MAX), Err(RiskError::PenaltyExceedsMaintenance));
        assert_eq!(market(|m| m.terms.penalty_min_bps = 251), Err(RiskError::PenaltyRangeInverted));
        assert_eq!(market(|m| m.price_band_bps = 499), Ok(()));
        assert_eq!(market(|m| m.price_band_bps = 500), Err(RiskError::PriceBandExceedsMaintenance));
        assert_eq!(market(|m| m.price_band_bps = 0), Err(RiskError::PriceBandExceedsMaintenance));
        assert_eq!(market(|m| m.taker_fee_bps = 200), Err(RiskError::FeeExceedsBand));
        assert_eq!(market(|m| m.terms.insurance_share_bps = 10_001), Err(RiskError::ShareAboveOne));
        assert_eq!(market(|m| m.insurance.coinsurance_bps = 10_001), Err(RiskError::ShareAboveOne));
        assert_eq!(market(|m| m.fee_share_bps = 10_001), Err(RiskError::ShareAboveOne));
        assert_eq!(market(|m| (m.fee_share_bps, m.insurance.coinsurance_bps) = (10_000, 10_000)), Ok(()));
        assert_eq!(market(|m| m.terms.slice_lots = 0), Err(RiskError::CapOutOfRange));
        assert_eq!(market(|m| m.max_open_interest_lots = 1 << 29), Err(RiskError::CapOutOfRange));
        assert_eq!(market(|m| m.depth_lots = 9_999), Err(RiskError::CapOutOfRange), "below a slice");
        assert_eq!(market(|m| m.depth_lots = 10_000), Ok(()));
        assert_eq!(market(|m| (m.terms.slice_lots, m.depth_lots) = (10, 4_095)), Err(RiskError::CapOutOfRange));
        assert_eq!(market(|m| (m.terms.slice_lots, m.depth_lots) = (10, 4_096)), Ok(()));
        assert_eq!(market(|m| m.depth_lots = (1 << 28) + 1), Err(RiskError::CapOutOfRange));
        // 2 * 50 * (2 * 600 + 15) * 10_000 over 5 * 9_800 is 24,795.9 seconds.
        let funded = |cap_bps, funding_seconds, premium_seconds| {
            let funding = FundingTerms { cap_bps, funding_seconds, premium_seconds };
            validate_market(&MarketParams { funding, ..MARKET }, &ASSET)
        };
        assert_eq!([funded(50, 24_796, 600), funded(50, 24_795, 600)], [Ok(()), Err(RiskError::FundingExceedsFee)]);
        assert_eq!(
            [funded(200, 144_000, 900), funded(201, 604_800, 600)].map(Result::err),
            [Some(RiskError::FundingExceedsFee), Some(RiskError::CapOutOfRange)]
        );
        assert_eq!(funded(200, 604_800, 900), Ok(()));
        for (period, premium) in [(604_801, 600), (0, 600), (28_800, 0), (28_800, 3_601)] {
            assert_eq!(funded(1, period, premium), Err(RiskError::DurationOutOfRange));
            assert_eq!(funded(0, period, premium), Ok(()), "off");
        }
        assert_eq!(market(|m| m.terms.min_position_lots = 10_001), Err(RiskError::CapOutOfRange));
        assert_eq!(market(|m| m.liquidation_window_seconds = 0), Err(RiskError::DurationOutOfRange));
        assert_eq!(market(|m| m.insurance.window_seconds = 604_801), Err(RiskError::DurationOutOfRange));
    }
}
