use super::*;
use crate::{CollateralTerms, MAX_LOTS, MAX_PRICE};
use num_bigint::BigInt;
use proptest::prelude::*;

fn big(value: impl Into<BigInt>) -> BigInt {
    value.into()
}

/// Of numbers that are not negative.
fn ceil(numerator: BigInt, denominator: u64) -> BigInt {
    (numerator + denominator - 1_u8) / denominator
}

prop_compose! {
    fn asset()(mark in 2..=MAX_PRICE / 2, spread in 0..1_000_u64, ratio in 1..5_000_u64, gains in 0..=10_000_u64, weight in 0..=9_000_u64,
        group in 0..3_u8, depth in prop_oneof![Just(0), 1..=MAX_LOTS as u64], calm in 5_000..=10_000_u64) -> AssetRisk {
        let terms = crate::MarginTerms {
            initial_ratio_bps: ratio * 2, maintenance_ratio_bps: ratio, takeover_ratio_bps: (ratio * 2 * calm).div_ceil(10_000), gain_weight_bps: gains,
            group_weight_bps: if group == 0 { 0 } else { weight }, group, depth_lots: depth,
        };
        let state = crate::PriceState { mark, confidence: spread.min(mark - 1), ema: mark << 16, publish_time: 1, quality: crate::PriceQuality::Fresh };
        crate::asset_risk(&state, &terms).unwrap()
    }
}
prop_compose! {
    fn size()(whole in -MAX_LOTS..=MAX_LOTS, shift in 0..28_u32) -> i64 { whole >> shift }
}
prop_compose! {
    fn account()(positions in prop::collection::vec((size(), asset()), 1..6), cash in 0..1_u64 << 60) -> (u64, Vec<(i64, AssetRisk)>) { (cash, positions) }
}

fn exposure(cash: u64, positions: &[(i64, AssetRisk)]) -> Exposure {
    let mut exposure = Exposure::of_cash(cash).unwrap();
    for (size, asset) in positions {
        exposure.add(View::Maintenance, Leg { size: *size, entry: 0 }, asset).unwrap();
    }
    exposure
}

/// The requirement once more, from the spec, in numbers without bounds. The add-on's limits (2^35, 2^29) are its own.
fn requirement(positions: &[(i64, AssetRisk)]) -> BigInt {
    let mut sum = big(0);
    let mut groups = [(big(0), big(0)), (big(0), big(0)), (big(0), big(0))];
    for (size, asset) in positions {
        let lots = big(size.unsigned_abs());
        let shock = &lots * asset.maintenance_margin;
        let per_lot = &lots * asset.maintenance_liquidity;
        let add_on = if per_lot >= big(1_u64 << 45) { &lots << 29 } else { ceil(&lots * per_lot, 1 << 16) };
        sum += &shock + add_on;
        if asset.group > 0 {
            let part = &lots * asset.maintenance_grouped;
            let side = &mut groups[asset.group as usize];
            if *size >= 0 { side.0 += part } else { side.1 += part }
        }
    }
    groups.into_iter().fold(sum, |sum, (long, short)| sum - long.min(short))
}

#[test]
fn a_requirement_in_numbers() {
    // A lot is worth a dollar, 5 %; 1,000 lots where 10,000 double it: a tenth more.
    let asset = AssetRisk {
        mark: 1_000_000,
        maintenance_margin: 50_000,
        maintenance_liquidity: liquidity_up(50_000, 10_000),
        ..AssetRisk::default()
    };
    assert_eq!(exposure(0, &[(1_000, asset)]).valuation().requirement, 55_000_000);
    assert_eq!(exposure(0, &[(-10_000, asset)]).valuation().requirement, 1_000_000_000);
    // Longs of 100 and shorts of 60 dollars of stress, eight tenths of it the group's: 160 - 48.
    let grouped = AssetRisk { maintenance_liquidity: 0, group: 2, maintenance_grouped: 40_000, ..asset };
    let hedged = exposure(0, &[(2_000, grouped), (-1_200, grouped)]);
    assert_eq!((hedged.offset(), hedged.valuation().requirement), (48_000_000, 112_000_000));
    assert_eq!(hedged.long_stress(2), 80_000_000);
    let apart = exposure(0, &[(2_000, grouped), (-1_200, AssetRisk { group: 1, ..grouped })]);
    assert_eq!((apart.offset(), apart.valuation().requirement), (0, 160_000_000));
    assert_eq!(
        [liquidity_up(1, 0), liquidity_up(0, 5), liquidity_up(1, 1), liquidity_up(u64::MAX, 1)],
        [0, 0, 1 << 16, 1 << 35]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_requirement_agrees_with_wide_arithmetic((cash, positions) in account()) {
        prop_assert_eq!(big(exposure(cash, &positions).valuation().requirement), requirement(&positions));
    }

    #[test]
    fn closing_never_raises_the_requirement((cash, positions) in account(), which: prop::sample::Index, part in 0..=100_u64) {
        let which = which.index(positions.len());
        let mut closed = positions.clone();
        closed[which].0 = (i128::from(closed[which].0) * i128::from(part) / 100) as i64;
        let (before, after) = (exposure(cash, &positions).valuation(), exposure(cash, &closed).valuation());
        prop_assert!(after.requirement <= before.requirement);
    }

    #[test]
    fn a_hedge_never_costs_more_than_it_does_alone((cash, positions) in account(), size in size(), asset in asset()) {
        let alone = exposure(0, &[(size, asset)]).valuation().requirement;
        let before = exposure(cash, &positions).valuation().requirement;
        let mut hedged = positions;
        hedged.push((size, asset));
        prop_assert!(exposure(cash, &hedged).valuation().requirement <= before + alone);
    }

    /// At most nine tenths of the smaller side of each group, and so less than half of all.
    #[test]
    fn offsets_never_exceed_their_bound((cash, positions) in account()) {
        let exposure = exposure(cash, &positions);
        let mut bound = big(0);
        for group in 1..3 {
            let side = |is_long| positions.iter().filter(|(size, asset)| asset.group == group && (*size >= 0) == is_long)
                .fold(big(0), |sum, (size, asset)| sum + big(size.unsigned_abs()) * asset.maintenance_margin);
            bound += side(true).min(side(false)) * 9 / 10;
        }
        prop_assert!(big(exposure.offset()) <= bound);
        prop_assert!(big(exposure.offset()) * 2 <= big(exposure.gross.requirement));
    }

    #[test]
    fn more_lots_of_a_side_never_lower_the_requirement_of_that_side(size in 1..MAX_LOTS, asset in asset()) {
        for sign in [-1, 1] {
            let of = |size| exposure(0, &[(sign * size, asset)]).valuation().requirement;
            prop_assert!(of(size - 1) <= of(size));
        }
    }

    /// The first lots release most: what a bound per lot counts on is never less than what lots release.
    #[test]
    fn a_requirement_is_convex((cash, positions) in account(), which: prop::sample::Index, more in 1..1_000_u64) {
        let (size, asset) = positions[which.index(positions.len())];
        let lots = size.unsigned_abs();
        prop_assume!(lots > 0);
        let stress = exposure(cash, &positions).stress_of(size.unsigned_abs(), size > 0, &asset).unwrap();
        let first = stress.next_lot_up(lots).unwrap();
        let taken = more.min(lots);
        prop_assert!(big(stress.released(lots, taken).unwrap()) <= big(first) * taken);
    }

    /// What a position's stress says is what the account's requirement does.
    #[test]
    fn a_part_taken_releases_what_the_account_no_longer_needs((cash, mut positions) in account(), which: prop::sample::Index, part in 0..=100_u64) {
        let which = which.index(positions.len());
        let (size, asset) = positions[which];
        let before = exposure(cash, &positions);
        let taken = (u128::from(size.unsigned_abs()) * u128::from(part) / 100) as u64;
        positions[which].0 -= size.signum() * taken as i64;
        let after = exposure(cash, &positions).valuation().requirement;
        let released = before.stress_of(size.unsigned_abs(), size > 0, &asset).unwrap().released(size.unsigned_abs(), taken).unwrap();
        prop_assert_eq!(before.valuation().requirement - released, after);
    }

    /// Initial is never below what a take-over needs, and that never below maintenance.
    #[test]
    fn new_risk_needs_at_least_what_a_takeover_needs(size in size(), asset in asset(), entry in -(1_i64 << 58)..1_i64 << 58, cash in 0..1_u64 << 60) {
        let of = |view: View| {
            let mut exposure = Exposure::of_cash(cash).unwrap();
            exposure.add(view, Leg { size, entry }, &asset).unwrap();
            exposure.valuation()
        };
        let [maintenance, takeover, initial, withdrawal] =
            [View::Maintenance, View::Takeover, View::Initial, View::Withdrawal].map(of);
        prop_assert!(maintenance.requirement <= takeover.requirement && takeover.requirement <= initial.requirement);
        prop_assert!(maintenance.equity >= takeover.equity && takeover.equity >= initial.equity && initial.equity >= withdrawal.equity);
    }

    #[test]
    fn a_worse_price_never_improves_an_account_of_one_side(lots in 1..1_i64 << 20, price in 1_000..1_u64 << 28, fall in 1..1_000_u64, ratio in 1..5_000_u64, depth in 1_u64 << 20..1 << 28) {
        let health = |price: u64, size: i64| {
            let margin = crate::bps_up(price, ratio).unwrap();
            let asset = AssetRisk { mark: price, maintenance_margin: margin, maintenance_liquidity: liquidity_up(margin, depth), ..AssetRisk::default() };
            let valuation = exposure(0, &[(size, asset)]).valuation();
            i128::from(valuation.equity) - i128::from(valuation.requirement)
        };
        // Margins round by an atom per lot: half of a lot's price is at least 500.
        prop_assume!(fall * (10_000 - 2 * ratio) > 30_000);
        prop_assert!(health(price - fall, lots) <= health(price, lots));
        prop_assert!(health(price + fall, -lots) <= health(price, -lots));
    }

    #[test]
    fn more_collateral_never_counts_less(amount in 0..1_u64 << 50, more in 0..1_u64 << 40, price in 1..MAX_PRICE, haircut in 0..=10_000_u64, cap in 0..1_u64 << 28, surcharge in 0..=10_000_u64, stress in 0..1_u64 << 50) {
        let terms = CollateralTerms { lot_atoms_exponent: 6, haircut_bps: haircut, discount_bps: 0, cap_lots: cap, surcharge_bps: surcharge };
        let counted = |amount| {
            let counted = terms.value(amount, price).unwrap();
            counted - terms.surcharge_up(counted, stress).unwrap()
        };
        prop_assert!(counted(amount) <= counted(amount + more));
        prop_assert!(counted(amount) <= terms.value_whole(amount, price).unwrap());
    }

    #[test]
    fn nothing_panics(sizes: [i64; 3], entry: i64, cash: u64, numbers: [u64; 9], group: u8, taken: u64) {
        let asset = AssetRisk {
            mark: numbers[0], long_price: numbers[1], short_price: numbers[2], initial_margin: numbers[3], maintenance_margin: numbers[4],
            takeover_margin: numbers[5], initial_liquidity: numbers[6], maintenance_liquidity: numbers[7], takeover_liquidity: numbers[8],
            gain_weight_bps: numbers[0], initial_grouped: numbers[1], maintenance_grouped: numbers[2], takeover_grouped: numbers[3], group,
        };
        let Ok(mut exposure) = Exposure::of_cash(cash) else { return Ok(()) };
        for size in sizes {
            let leg = Leg { size, entry };
            let _ = (exposure.add(View::Maintenance, leg, &asset), exposure.add(View::Initial, leg, &asset));
            let _ = (exposure.add(View::Takeover, leg, &asset), exposure.add(View::Withdrawal, leg, &asset));
            if let Ok(stress) = exposure.stress_of(size.unsigned_abs(), size > 0, &asset) {
                let _ = (stress.released(size.unsigned_abs(), taken), stress.next_lot_up(taken));
            }
        }
        let _ = (exposure.valuation(), exposure.long_stress(group), liquidity_up(cash, taken));
    }
}
