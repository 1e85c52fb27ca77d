//! The assets and markets that worlds list: SOL, BTC and ETH with sensible parameters.

use firebreak::instructions::{
    AssetConfig, BreakerConfig, ClearinghouseConfig, MarketConfig, OutflowConfig, PricePrograms,
};
use solana_address::Address;

use crate::pyth;

/// Quote atoms of one dollar.
pub const DOLLAR: u64 = 1_000_000;

/// An asset and its market.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    pub asset: AssetConfig,
    pub market: MarketConfig,
}

/// A feed id for a symbol: in local worlds any constant does.
pub fn feed_id(symbol: &str) -> [u8; 32] {
    let mut id = [0xfb; 32];
    id[..symbol.len().min(32)].copy_from_slice(&symbol.as_bytes()[..symbol.len().min(32)]);
    id
}

/// Caution at 10 % from the five minutes' average, 20 % from the hour's, 40 % from the day's; with a quarter of open interest
/// liquidated, or a tenth of the tranche paid, of late.
pub const BREAKER: BreakerConfig = BreakerConfig {
    move_bps: 1_000,
    uncertain_seconds: 120,
    liquidated_bps: 2_500,
    liquidated_floor_lots: 100_000,
    drawdown_bps: 1_000,
    cooldown_seconds: 300,
    grace_seconds: 300,
};

/// A fifth of a bank per hour, a half per day, in any case 200,000 dollars (of six decimals).
pub const OUTFLOW: OutflowConfig = OutflowConfig {
    hourly_share_bps: 2_000,
    daily_share_bps: 5_000,
    outflow_floor: 200_000 * DOLLAR,
    small_exit: 1_000 * DOLLAR,
};

/// A listing with ratios of 10 % and 5 %, and a lot of `10^lot_exponent` units.
pub fn listing(symbol: &str, lot_exponent: i8) -> Listing {
    let mut padded = [0; 8];
    padded[..symbol.len().min(8)].copy_from_slice(&symbol.as_bytes()[..symbol.len().min(8)]);
    Listing {
        asset: AssetConfig {
            symbol: padded,
            feed_kind: 1,
            feed: feed_id(symbol),
            exponent: -8,
            lot_exponent,
            group: 1,
            group_weight_bps: 0,
            initial_ratio_bps: 1_000,
            maintenance_ratio_bps: 500,
            gain_weight_bps: 8_000,
            max_age_seconds: 60,
            fresh_age_seconds: 15,
            confidence_fresh_bps: 100,
            confidence_max_bps: 500,
            ema_band_bps: 1_000,
            ema_seconds: 300,
            secondary_kind: 0,
            secondary_feed: [0; 32],
            secondary_exponent: 0,
            agreement_bps: 0,
            multiplier_cap_bps: 10_000,
            calm_volatility_bps: 400,
            variance_seconds: 3_600,
            notice_seconds: 3_600,
        },
        market: MarketConfig {
            penalty_min_bps: 50,
            penalty_max_bps: 250,
            penalty_ramp_bps_per_minute: 10,
            insurance_share_bps: 3_000,
            buffer_bps: 1_000,
            exit_slippage_bps: 100,
            price_band_bps: 200,
            taker_fee_bps: 5,
            liquidation_window_seconds: 60,
            insurance_window_seconds: 3_600,
            max_open_interest_lots: 50_000_000,
            slice_lots: 500_000,
            min_position_lots: 10,
            liquidation_window_lots: 5_000_000,
            depth_lots: 0,
            insurance_event_cap: 500_000 * DOLLAR,
            insurance_window_cap: 2_000_000 * DOLLAR,
            tranche_target: 1_000_000 * DOLLAR,
            coinsurance_share_bps: 0,
            fee_share_bps: 5_000,
            funding_cap_bps: 0,
            funding_seconds: 0,
            premium_seconds: 0,
            breaker: BREAKER,
        },
    }
}

/// The same with funding: premiums up to half a percent, paid over eight hours, averaged over ten minutes.
pub fn funded(mut listing: Listing) -> Listing {
    let market = &mut listing.market;
    (market.funding_cap_bps, market.funding_seconds, market.premium_seconds) = (50, 28_800, 600);
    listing
}

/// SOL (a lot is 0.01), BTC (0.00001) and ETH (0.001).
pub fn majors() -> Vec<Listing> {
    vec![listing("SOL", -2), listing("BTC", -5), listing("ETH", -3)]
}

/// A clearinghouse that accepts the local oracle programs.
pub fn clearinghouse_config(guardian: Address) -> ClearinghouseConfig {
    let mut receivers = [Address::default(); 4];
    receivers[0] = pyth::RECEIVER;
    ClearinghouseConfig {
        guardian,
        delay_seconds: 48 * 3_600,
        quote_deposit_cap: 1 << 56,
        price_programs: PricePrograms { receivers, legacy_program: pyth::LEGACY_PROGRAM },
        outflow: OUTFLOW,
    }
}
