//! What simulated clearinghouses list.

use firebreak::{instructions::BankConfig, state::FeedKind};

use crate::{
    listing::{DOLLAR, Listing, OUTFLOW, listing},
    simulation::cast::{MARKETS, TOKENS},
};

/// First prices, quote atoms per lot.
pub const PRICES: [u64; MARKETS] = [1_500_000, 1_200_000, 4_000_000, 60, 2_000_000];

/// A lot worth less than any margin rounds to, and one whose price, at its highest, is nearly the largest there may be.
pub const EXTREME_PRICES: [u64; MARKETS] = [1_500_000, 1_200_000, 4_000_000, 40, 170_000_000];

/// Three usual markets: one whose tranche is often too small, one with caps that a crash reaches, one with co-insurance. One
/// whose lot is worth so little that every rounding shows; one so thin that every cap binds.
pub fn listings() -> Vec<Listing> {
    let mut sol = listing("SOL", -2);
    sol.market.tranche_target = 60_000 * DOLLAR;
    sol.market.insurance_window_cap = 500_000 * DOLLAR;
    let mut btc = listing("BTC", -5);
    btc.market.insurance_event_cap = 4_000 * DOLLAR;
    btc.market.insurance_window_cap = 15_000 * DOLLAR;
    btc.market.tranche_target = 150_000 * DOLLAR;
    second_feed(&mut btc, FeedKind::PythLegacy, -5);
    follow_volatility(&mut btc);
    let mut eth = listing("ETH", -3);
    eth.market.coinsurance_share_bps = 2_000;
    eth.market.tranche_target = 80_000 * DOLLAR;
    eth.market.fee_share_bps = 2_500;
    follow_volatility(&mut eth);
    let mut coarse = listing("COARSE", -4);
    coarse.asset.initial_ratio_bps = 2_000;
    coarse.asset.maintenance_ratio_bps = 1_000;
    coarse.market.max_open_interest_lots = 1 << 28;
    coarse.market.slice_lots = 1 << 22;
    coarse.market.liquidation_window_lots = 1 << 26;
    coarse.market.price_band_bps = 500;
    coarse.market.insurance_event_cap = 2_000 * DOLLAR;
    coarse.market.tranche_target = 5_000 * DOLLAR;
    let mut thin = listing("THIN", -2);
    thin.market.taker_fee_bps = 30;
    thin.market.slice_lots = 5_000;
    thin.market.liquidation_window_lots = 20_000;
    thin.market.max_open_interest_lots = 200_000;
    thin.market.insurance_event_cap = 300 * DOLLAR;
    thin.market.insurance_window_cap = 500 * DOLLAR;
    thin.market.tranche_target = 1_000 * DOLLAR;
    second_feed(&mut thin, FeedKind::PythPull, -8);
    // What closing costs, and what moves together.
    (sol.asset.group_weight_bps, btc.asset.group_weight_bps, eth.asset.group_weight_bps) = (5_000, 4_000, 5_500);
    (thin.asset.group, coarse.asset.group) = (0, 2);
    coarse.asset.group_weight_bps = 9_000;
    (sol.market.depth_lots, eth.market.depth_lots, thin.market.depth_lots) = (2_000_000, 500_000, 20_000);
    funding(&mut sol, 50, 28_800, 600);
    funding(&mut coarse, 400, 40_000, 100);
    funding(&mut thin, 190, 8_000, 300);
    let mut listings = vec![sol, btc, eth, coarse, thin];
    // Averages that follow within minutes: what waits for them gets its turn.
    // Breakers that trip in every crisis, for minutes; two markets in which they hardly do.
    for (listing, move_bps) in listings.iter_mut().zip([1_000, 2_499, 1_500, 2_499, 2_000]) {
        listing.asset.ema_seconds = 60;
        let breaker = &mut listing.market.breaker;
        (breaker.move_bps, breaker.cooldown_seconds, breaker.grace_seconds) = (move_bps, 120, 30);
        breaker.liquidated_floor_lots = listing.market.max_open_interest_lots / 200;
        if move_bps == 2_499 {
            (breaker.liquidated_bps, breaker.drawdown_bps) = (10_000, 10_000);
        }
    }
    listings
}

/// Premiums up to a cap, paid over one time, averaged over another.
fn funding(listing: &mut Listing, cap_bps: u32, funding_seconds: u32, premium_seconds: u32) {
    let market = &mut listing.market;
    (market.funding_cap_bps, market.funding_seconds, market.premium_seconds) =
        (cap_bps, funding_seconds, premium_seconds);
}

/// Margin that follows volatility within minutes, up to three times as much.
fn follow_volatility(listing: &mut Listing) {
    listing.asset.multiplier_cap_bps = 30_000;
    listing.asset.calm_volatility_bps = 300;
    (listing.asset.variance_seconds, listing.asset.notice_seconds) = (600, 600);
}

/// Gives an asset a second feed, which may be half a percent away from the first.
fn second_feed(listing: &mut Listing, kind: FeedKind, exponent: i32) {
    let mut feed = listing.asset.feed;
    feed[31] ^= 1;
    (listing.asset.secondary_kind, listing.asset.secondary_feed) = (kind as u8, feed);
    (listing.asset.secondary_exponent, listing.asset.agreement_bps) = (exponent, 50);
}

/// The banks other than the quote bank: SOL and BTC as collateral.
pub fn banks() -> [BankConfig; TOKENS - 1] {
    [bank(0, 2_000, 1_000, 1_000_000_000_000_000, 2_500), bank(1, 1_000, 301, 100_000_000_000, 0)]
}

const fn bank(
    asset: u8,
    haircut_bps: u32,
    liquidation_discount_bps: u32,
    deposit_cap: u64,
    surcharge_bps: u32,
) -> BankConfig {
    BankConfig { asset, haircut_bps, liquidation_discount_bps, deposit_cap, surcharge_bps, outflow: OUTFLOW }
}

/// The same assets with high leverage, gains in full, no insurance here and all of the fees there.
pub fn extreme_listings() -> Vec<Listing> {
    let mut listings = listings();
    for listing in &mut listings {
        listing.asset.initial_ratio_bps = 200;
        listing.asset.maintenance_ratio_bps = 100;
        listing.asset.gain_weight_bps = 10_000;
        listing.market.penalty_min_bps = 0;
        listing.market.penalty_max_bps = 60;
        listing.market.exit_slippage_bps = 30;
        listing.market.price_band_bps = 90;
        listing.market.taker_fee_bps = 3;
        funding(listing, 90, 40_000, 300);
        listing.market.buffer_bps = 10_000;
        listing.market.insurance_window_seconds = 120;
        listing.asset.group_weight_bps = listing.asset.group_weight_bps.min(1_000);
    }
    // Never pays; never refilled, and pays all of a deficit at once; a fund that gets everything; one that gets nothing.
    listings[1].market.coinsurance_share_bps = 10_000;
    (listings[2].market.coinsurance_share_bps, listings[2].market.tranche_target) = (0, 0);
    (listings[2].market.insurance_event_cap, listings[2].market.insurance_window_cap) = (1 << 50, 1 << 50);
    (listings[0].market.fee_share_bps, listings[3].market.fee_share_bps) = (10_000, 0);
    listings[4].asset.initial_ratio_bps = 10_000;
    listings[4].asset.maintenance_ratio_bps = 5_000;
    listings[4].asset.gain_weight_bps = 0;
    listings
}

/// Collateral that counts almost in full, and collateral that counts nothing.
pub fn extreme_banks() -> [BankConfig; TOKENS - 1] {
    [bank(0, 2, 0, 1_000_000_000_000_000, 10_000), bank(1, 10_000, 9_999, 100_000_000_000, 5_000)]
}
