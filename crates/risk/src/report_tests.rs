use super::*;
use proptest::prelude::*;

fn holding(size: i64, price: u64, mark: u64, collateral: u64, haircut_bps: u64) -> Holding {
    Holding {
        leg: Leg { size, entry: size * price as i64 },
        collateral,
        terms: CollateralTerms { lot_atoms_exponent: 7, haircut_bps, ..CollateralTerms::default() },
        terms_for_initial: CollateralTerms { lot_atoms_exponent: 7, haircut_bps, ..CollateralTerms::default() },
        risk: AssetRisk {
            mark,
            long_price: mark,
            short_price: mark,
            initial_margin: mark / 10,
            maintenance_margin: bps_up(mark, 500).unwrap(),
            ..AssetRisk::default()
        },
        margin: MarginTerms { maintenance_ratio_bps: 500, ..MarginTerms::default() },
    }
}

#[test]
fn a_long_of_ten_times_its_cash_is_liquidated_where_five_percent_are_left() {
    // 6,000 lots at 1,500,000, cash 1,000 dollars: 1,000 + 6,000 (p - 1.5) < 300 p at p < 8,000 / 5,700, and an atom
    // earlier, because margin is rounded up per lot.
    let mut reports = [HoldingReport::default()];
    let account = report(1_000_000_000, &[holding(6_000, 1_500_000, 1_500_000, 0, 0)], &mut reports).unwrap();
    assert_eq!(
        (account.equity, account.maintenance_margin, account.initial_margin),
        (1_000_000_000, 450_000_000, 900_000_000)
    );
    assert_eq!((account.free_of_maintenance, account.shortfall), (550_000_000, 0));
    assert_eq!((reports[0].liquidation_price, reports[0].distance_bps), (Some(1_403_509), Some(643)));
    assert_eq!((reports[0].notional, reports[0].pnl), (9_000_000_000, 0));
}

#[test]
fn an_account_that_nothing_can_bring_down_has_no_liquidation_price() {
    let price = |cash, holding| liquidation_price(cash, &[holding], 0).unwrap();
    assert_eq!(price(10_000_000_000, holding(1_000, 1_500_000, 1_500_000, 0, 0)), None);
    assert_eq!(price(0, holding(0, 0, 1_500_000, 5, 1_000)), None);
    assert_eq!(price(0, holding(1_000, 1_500_000, 1_500_000, 0, 0)), Some(1_500_000), "already below");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Beside another position of the same group, in markets with a depth: the mark itself is not safe, and all between it and
    /// the present one are.
    #[test]
    fn the_liquidation_price_is_exact(
        size in -1_000_000_i64..1_000_000, price in 1..1_u64 << 24, mark in 1..1_u64 << 24, cash in 0..1_u64 << 44,
        collateral in prop_oneof![Just(0), 0..1_u64 << 40], haircut in 0..10_000_u64, other in -1_000_000_i64..1_000_000,
        weight in 0..=9_000_u64, depth in prop_oneof![Just(0), 2_000_000..1_u64 << 28], probe: u64,
    ) {
        let collateral = if size > 0 { collateral } else { 0 }; // a short beside it may round another way
        let mut holdings = [holding(size, price, mark, collateral, haircut), holding(other, 1_500_000, 1_400_000, 0, 0)];
        for holding in &mut holdings {
            (holding.risk.group, holding.margin.group, holding.margin.group_weight_bps) = (1, 1, weight);
            holding.margin.depth_lots = depth;
            holding.risk.maintenance_grouped = holding.margin.grouped_down(holding.risk.maintenance_margin).unwrap();
            holding.risk.maintenance_liquidity = liquidity_up(holding.risk.maintenance_margin, depth);
        }
        let is_below = |price| !value_at(cash, &holdings, (0, price)).unwrap().is_covered();
        match liquidation_price(cash, &holdings, 0).unwrap() {
            Some(found) if found == mark => prop_assert!(is_below(mark)),
            Some(found) => {
                let between = found.min(mark) + probe % (found.abs_diff(mark) + 1);
                let nearer = if found < mark { found + 1 } else { found - 1 };
                prop_assert!(is_below(found) && !is_below(nearer));
                prop_assert!(between == found || !is_below(between));
            }
            None => prop_assert!(!is_below(mark) && (size == 0 || !is_below(1) && !is_below(MAX_PRICE))),
        }
    }

    /// Named in the design: more cash never worsens health, and never brings the liquidation price nearer.
    #[test]
    fn more_cash_never_brings_the_liquidation_price_nearer(size in -1_000_000_i64..1_000_000, price in 1..1_u64 << 24, cash in 0..1_u64 << 44, more in 0..1_u64 << 40) {
        let holding = holding(size, price, price, 0, 0);
        let distance = |cash| {
            let found = liquidation_price(cash, &[holding], 0).unwrap();
            found.map_or(u64::MAX, |found| found.abs_diff(price))
        };
        prop_assert!(distance(cash + more) >= distance(cash));
    }

    /// Reasons add up to the requirement, and the requirement is what a liquidation holds the account against.
    #[test]
    fn the_reasons_add_up(sizes in prop::array::uniform3(-1_000_000_i64..1_000_000), cash in 0..1_u64 << 44, weight in 0..=9_000_u64, depth in 0..1_u64 << 28, collateral in 0..1_u64 << 40) {
        let mut holdings = sizes.map(|size| holding(size, 1_500_000, 1_400_000, 0, 1_000));
        for holding in &mut holdings {
            (holding.risk.group, holding.margin.group, holding.margin.group_weight_bps) = (1, 1, weight);
            holding.margin.depth_lots = depth;
            holding.risk.maintenance_grouped = holding.margin.grouped_down(holding.risk.maintenance_margin).unwrap();
            holding.risk.maintenance_liquidity = liquidity_up(holding.risk.maintenance_margin, depth);
        }
        holdings[0].collateral = collateral;
        holdings[0].terms.surcharge_bps = 2_000;
        let mut reports = [HoldingReport::default(); 3];
        let account = report(cash, &holdings, &mut reports).unwrap();
        let valuation = value_at(cash, &holdings, (0, 1_400_000)).unwrap();
        prop_assert_eq!(account.maintenance_margin, account.shock + account.liquidity - account.offset);
        prop_assert_eq!((account.equity, account.maintenance_margin), (valuation.equity, valuation.requirement));
        let pnl: i64 = reports.iter().map(|report| report.pnl).sum();
        let collateral = holdings[0].terms.value_whole(collateral, 1_400_000).unwrap();
        prop_assert_eq!(account.equity, cash as i64 + pnl + collateral as i64 - account.haircut as i64);
        prop_assert_eq!(account.free_of_maintenance, valuation.free_collateral());
    }

    #[test]
    fn nothing_panics(cash: u64, size: i64, entry: i64, mark: u64, collateral: u64, haircut_bps: u64, exponent in 0..12_u8, ratio: u64) {
        let terms = CollateralTerms { lot_atoms_exponent: exponent, haircut_bps, discount_bps: 0, cap_lots: cash, surcharge_bps: ratio };
        let risk = AssetRisk { mark, initial_margin: mark, group: exponent, maintenance_grouped: ratio, maintenance_liquidity: cash, ..AssetRisk::default() };
        let margin = MarginTerms { maintenance_ratio_bps: ratio, depth_lots: collateral, group_weight_bps: mark, ..MarginTerms::default() };
        let holding = Holding { leg: Leg { size, entry }, collateral, terms, terms_for_initial: terms, risk, margin };
        let _ = report(cash, &[holding; 2], &mut [HoldingReport::default(); 2]);
    }
}
