//! What a parameter set promises: a move within its own gap never ends in bad debt.

use super::*;
use crate::params::tests::{ASSET, MARKET};
use crate::{
    AssetParams, AssetRisk, Exposure, GateParams, Leg, MarginTerms, MarketParams, PriceQuality, PriceState, View,
};
use crate::{asset_risk, gap_bps, validate_asset, validate_market};
use proptest::prelude::*;

prop_compose! {
    /// Any numbers near those that make sense: validation says which are parameters.
    fn numbers()(
        ratios in (1..6_000_u64, 1..9_000_u64), penalties in (0..3_000_u64, 0..3_000_u64, 0..3_000_u64), shares in (0..10_000_u64, 0..10_000_u64, 0..10_000_u64),
        weight in 0..=9_000_u64, slice in 1..100_000_u64, least in 0..1_000_u64, depth in prop_oneof![Just(0), 4_096..1_u64 << 28],
    ) -> (AssetParams, MarketParams) {
        let asset = AssetParams {
            maintenance_ratio_bps: ratios.0, initial_ratio_bps: (ratios.0 + ratios.1).min(10_000), group: 1, group_weight_bps: weight,
            gate: GateParams { ..ASSET.gate }, ..ASSET
        };
        let terms = LiquidationTerms {
            penalty_min_bps: penalties.0, penalty_max_bps: penalties.1, penalty_ramp_bps_per_minute: shares.0, insurance_share_bps: shares.1,
            buffer_bps: shares.2, slice_lots: slice, min_position_lots: least,
        };
        (asset, MarketParams { terms, exit_slippage_bps: penalties.2, price_band_bps: 1, taker_fee_bps: 0, depth_lots: depth, ..MARKET })
    }
}

fn accepted() -> impl Strategy<Value = (AssetParams, MarketParams)> {
    numbers().prop_filter("accepted", |(asset, market)| {
        validate_asset(asset).is_ok() && validate_market(market, asset).is_ok()
    })
}

/// The asset at a mark, valued as the program does.
fn at(mark: u64, asset: &AssetParams, market: &MarketParams) -> AssetRisk {
    let price = PriceState { mark, confidence: 0, ema: mark << 16, publish_time: 1, quality: PriceQuality::Fresh };
    let terms = MarginTerms {
        initial_ratio_bps: asset.initial_ratio_bps,
        maintenance_ratio_bps: asset.maintenance_ratio_bps,
        takeover_ratio_bps: asset.initial_ratio_bps,
        gain_weight_bps: 0,
        group_weight_bps: asset.group_weight_bps,
        group: asset.group,
        depth_lots: market.depth_lots,
    };
    asset_risk(&price, &terms).unwrap()
}

/// An account's legs, each in a market of its own.
struct Account {
    cash: u64,
    legs: [Leg; 2],
}

impl Account {
    fn exposure(&self, risks: &[AssetRisk; 2]) -> Exposure {
        let mut exposure = Exposure::of_cash(self.cash).unwrap();
        for (leg, risk) in self.legs.iter().zip(risks) {
            exposure.add(View::Maintenance, *leg, risk).unwrap();
        }
        exposure
    }

    /// Liquidates, the larger leg first, until the account is healthy or flat. Returns its equity.
    fn liquidated(&mut self, risks: &[AssetRisk; 2], terms: &LiquidationTerms, seconds_liquidatable: u64) -> i64 {
        for _ in 0..2_000 {
            let exposure = self.exposure(risks);
            let account = exposure.valuation();
            if account.is_covered() {
                return account.equity;
            }
            let which = usize::from(self.legs[1].size.unsigned_abs() > self.legs[0].size.unsigned_abs());
            let (size, risk) = (self.legs[which].size, &risks[which]);
            let stress = exposure.stress_of(size.unsigned_abs(), size > 0, risk).unwrap();
            let target = Target { account, size, mark: risk.mark, stress, seconds_liquidatable };
            let plan = plan_liquidation(&target, terms, u64::MAX, u64::MAX).unwrap();
            self.legs[which] = self.legs[which].traded(-plan.lots, plan.price).unwrap();
        }
        panic!("2,000 steps were not enough");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    /// One position, at maintenance to the atom, then a move of up to the gap against it, at once.
    #[test]
    fn no_accepted_set_ends_in_bad_debt_within_its_gap((asset, market) in accepted(), dollars in 10_u64..500, lots in 1..1_000_000_i64, is_long: bool, part in 0..=100_u64, seconds in 0..10_000_u64) {
        let mark = dollars * 100_000;
        let before = at(mark, &asset, &market);
        let size = if is_long { lots } else { -lots };
        let mut account = Account { cash: 0, legs: [Leg { size, entry: size * mark as i64 }, Leg::default()] };
        account.cash = account.exposure(&[before; 2]).valuation().requirement;
        prop_assert!(account.exposure(&[before; 2]).valuation().is_covered());
        prop_assert!(gap_bps(&market, &asset) > 0);
        let moved = bps_down(mark, gap_bps(&market, &asset)).unwrap() * part / 100;
        let after = at(if is_long { mark - moved } else { mark + moved }, &asset, &market);
        let equity = account.exposure(&[after; 2]).valuation().equity;
        let costs = market.terms.penalty_max_bps + market.exit_slippage_bps;
        prop_assert!(equity.unsigned_abs() >= bps_down(lots as u64 * mark, costs).unwrap() && equity > 0, "what penalty and slippage take is still there");
        // Steps large enough that a test ends.
        let terms = LiquidationTerms { slice_lots: market.terms.slice_lots.max(lots as u64 / 500 + 1), ..market.terms };
        let left = account.liquidated(&[after; 2], &terms, seconds);
        prop_assert!(left >= 0, "{left}");
    }

    /// Two legs that offset each other as far as their group allows, and both move against the account.
    #[test]
    fn no_hedge_ends_in_bad_debt_within_its_gap((asset, market) in accepted(), dollars in 10_u64..500, lots in 1..1_000_000_i64, part in 0..=100_u64, seconds in 0..10_000_u64) {
        let mark = dollars * 100_000;
        let before = at(mark, &asset, &market);
        let legs = [lots, -lots].map(|size| Leg { size, entry: size * mark as i64 });
        let mut account = Account { cash: 0, legs };
        account.cash = account.exposure(&[before; 2]).valuation().requirement;
        let moved = bps_down(mark, gap_bps(&market, &asset)).unwrap() * part / 100;
        let after = [at(mark - moved, &asset, &market), at(mark + moved, &asset, &market)];
        let equity = account.exposure(&after).valuation().equity;
        let costs = market.terms.penalty_max_bps + market.exit_slippage_bps;
        prop_assert!(equity > 0 && equity.unsigned_abs() >= bps_down(2 * lots as u64 * mark, costs).unwrap());
        let terms = LiquidationTerms { slice_lots: market.terms.slice_lots.max(lots as u64 / 500 + 1), ..market.terms };
        let left = account.liquidated(&after, &terms, seconds);
        prop_assert!(left >= 0, "{left}");
    }
}
