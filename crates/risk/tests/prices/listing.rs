//! Six assets: of one feed and of two, of round numbers and of numbers that all round.

use risk::{AssetParams, FeedGates, GateParams, VolatilityParams, calm_variance};

pub const ASSETS: usize = 6;

#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// The primary's and the secondary's: exponent and scale differ, all else is the asset's.
    pub gates: [GateParams; 2],
    pub has_secondary: bool,
    pub agreement_bps: u64,
    pub volatility: VolatilityParams,
    pub fresh_age_seconds: u32,
    /// Where its price walks around, in quote atoms per lot.
    pub home: u64,
}

impl Asset {
    pub const fn feed_gates(&self) -> FeedGates {
        FeedGates { primary: self.gates[0], secondary: self.gates[1], agreement_bps: self.agreement_bps }
    }

    pub const fn params(&self) -> AssetParams {
        AssetParams {
            group: 0,
            group_weight_bps: 0,
            initial_ratio_bps: 1_000,
            maintenance_ratio_bps: 500,
            gain_weight_bps: 8_000,
            fresh_age_seconds: self.fresh_age_seconds,
            gate: self.gates[0],
        }
    }
}

pub fn assets() -> [Asset; ASSETS] {
    let gate = |exponent, scale, confidence: (u64, u64), ema: (u64, u32)| GateParams {
        exponent,
        scale,
        max_age_seconds: 60,
        confidence_fresh_bps: confidence.0,
        confidence_max_bps: confidence.1,
        ema_band_bps: ema.0,
        ema_seconds: ema.1,
    };
    let volatility = |cap_bps, calm, variance_seconds, notice_seconds| VolatilityParams {
        calm_variance: calm_variance(calm),
        cap_bps,
        variance_seconds,
        notice_seconds,
    };
    let two = |gates, agreement_bps, volatility, home| Asset {
        gates,
        has_secondary: true,
        agreement_bps,
        volatility,
        fresh_age_seconds: 15,
        home,
    };
    let (usual, odd) = ((100, 500), (37, 333));
    let one = [gate(-8, -4, usual, (1_000, 300)); 2];
    let coarse = [gate(-8, -7, (2_000, 4_000), (777, 41)); 2];
    [
        Asset { has_secondary: false, ..two(one, 1, volatility(30_000, 300, 600, 600), 1_500_000) },
        Asset { has_secondary: false, ..two(coarse, 1, volatility(77_777, 123, 59, 7), 40) },
        two(
            [gate(-8, -4, usual, (1_000, 300)), gate(-5, -1, usual, (1_000, 300))],
            50,
            volatility(30_000, 300, 600, 600),
            1_500_000,
        ),
        two(
            [gate(-10, -3, odd, (333, 23)), gate(-7, 0, odd, (333, 23))],
            7,
            volatility(100_000, 77, 3_601, 1_801),
            1_000_000_007,
        ),
        two(coarse, 999, volatility(20_000, 1_000, 30, 5), 35),
        two(one, 200, volatility(10_000, 400, 3_600, 3_600), 80_000_000),
    ]
}
