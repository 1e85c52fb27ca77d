//! How an asset's margin is listed: with fixed ratios, or following volatility.

use crate::listing::{Listing, listing};

/// One way to list an asset; everything else is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regime {
    pub name: &'static str,
    pub cap_bps: u32,
}

/// Fixed ratios, and two caps over the same measure of volatility.
pub const REGIMES: [Regime; 3] = [
    Regime { name: "fixed", cap_bps: 10_000 },
    Regime { name: "up to 2x", cap_bps: 20_000 },
    Regime { name: "up to 3x", cap_bps: 30_000 },
];

/// Volatility at which the multiplier is 1, in basis points per day.
pub const CALM_VOLATILITY_BPS: u32 = 400;
pub const VARIANCE_SECONDS: u32 = 3_600;
pub const NOTICE_SECONDS: u32 = 3_600;

impl Regime {
    /// The asset and its market: ratios of 10 % and 5 %, as every local world lists them.
    pub fn listing(&self, asset: &str, lot_exponent: i8) -> Listing {
        let mut listing = listing(asset, lot_exponent);
        listing.asset.multiplier_cap_bps = self.cap_bps;
        listing.asset.calm_volatility_bps = CALM_VOLATILITY_BPS;
        listing.asset.variance_seconds = VARIANCE_SECONDS;
        listing.asset.notice_seconds = NOTICE_SECONDS;
        listing
    }
}
