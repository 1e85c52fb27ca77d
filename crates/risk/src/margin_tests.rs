use super::*;
use crate::{Exposure, MAX_LOTS, MAX_PRICE, View};
use proptest::prelude::*;

prop_compose! {
    fn asset()(mark in 2..=MAX_PRICE / 2, spread in 0..1_000_u64, ratio in 1..5_000_u64, weight in 0..=10_000_u64) -> AssetRisk {
        AssetRisk {
            mark,
            long_price: mark.saturating_sub(spread).max(1),
            short_price: mark + spread,
            initial_margin: crate::bps_up(mark, ratio * 2).unwrap(),
            maintenance_margin: crate::bps_up(mark, ratio).unwrap(),
            gain_weight_bps: weight,
            ..AssetRisk::default()
        }
    }
}
prop_compose! {
    fn leg()(size in -MAX_LOTS..=MAX_LOTS, entry in -(1_i64 << 60)..(1_i64 << 60)) -> Leg { Leg { size, entry } }
}

fn initial(cash: u64, leg: Leg, asset: &AssetRisk) -> Valuation {
    let mut valuation = Exposure::of_cash(cash).unwrap();
    valuation.add(View::Initial, leg, asset).unwrap();
    valuation.valuation()
}

proptest! {
    /// The sum of both sides of a trade is what it was before.
    #[test]
    fn i01_a_trade_creates_nothing(a in leg(), b in leg(), lots in 1..MAX_LOTS, price in 1..=MAX_PRICE) {
        if let (Ok(buyer), Ok(seller)) = (a.traded(lots, price), b.traded(-lots, price)) {
            prop_assert_eq!(buyer.size + seller.size, a.size + b.size);
            prop_assert_eq!(i128::from(buyer.entry) + i128::from(seller.entry), i128::from(a.entry) + i128::from(b.entry));
        }
    }

    #[test]
    fn i06_splitting_a_trade_gains_nothing(a in leg(), first in 1..1_000_i64, second in 1..1_000_i64, price in 1..=MAX_PRICE) {
        let whole = a.traded(first + second, price);
        let parts = a.traded(first, price).and_then(|leg| leg.traded(second, price));
        if let (Ok(whole), Ok(parts)) = (whole, parts) { prop_assert_eq!(whole, parts); }
    }

    #[test]
    fn more_cash_never_worsens_health(leg in leg(), asset in asset(), cash in 0..1_u64 << 60, more in 0..1_u64 << 50) {
        prop_assert!(initial(cash + more, leg, &asset).free_collateral() >= initial(cash, leg, &asset).free_collateral());
    }

    #[test]
    fn initial_equity_is_never_above_equity_at_mark(leg in leg(), asset in asset(), cash in 0..1_u64 << 60) {
        let mut maintenance = Exposure::of_cash(cash).unwrap();
        maintenance.add(View::Maintenance, leg, &asset).unwrap();
        prop_assert!(initial(cash, leg, &asset).equity <= maintenance.valuation().equity);
        prop_assert!(initial(cash, leg, &asset).requirement >= maintenance.valuation().requirement);
        let mut withdrawal = Exposure::of_cash(cash).unwrap();
        withdrawal.add(View::Withdrawal, leg, &asset).unwrap();
        prop_assert!(withdrawal.valuation().equity <= initial(cash, leg, &asset).equity);
    }

    #[test]
    fn a_worse_price_never_improves_a_long(size in 0..=MAX_LOTS, entry in -(1_i64 << 60)..(1_i64 << 60), price in 2..=MAX_PRICE) {
        let leg = Leg { size, entry };
        prop_assert!(leg.pnl(price - 1).unwrap() <= leg.pnl(price).unwrap());
        let short = Leg { size: -size, entry };
        prop_assert!(short.pnl(price - 1).unwrap() >= short.pnl(price).unwrap());
    }

    #[test]
    fn nothing_panics(size: i64, entry: i64, lots: i64, price: u64, cash: u64, margin: u64) {
        let leg = Leg { size, entry };
        let _ = (leg.traded(lots, price), leg.pnl(price), leg.reduced_to(Leg { size: lots, entry }));
        let asset = AssetRisk { mark: price, long_price: price, short_price: price, initial_margin: margin,
            maintenance_margin: margin, gain_weight_bps: price, initial_grouped: margin, maintenance_grouped: price, takeover_grouped: cash, group: size as u8,
            maintenance_liquidity: price, initial_liquidity: margin, takeover_margin: cash, takeover_liquidity: price };
        if let Ok(mut valuation) = Exposure::of_cash(cash) {
            let _ = (valuation.add(View::Initial, leg, &asset), valuation.add(View::Maintenance, leg, &asset));
            let valuation = valuation.valuation();
            let _ = (valuation.free_collateral(), valuation.shortfall(), valuation.is_covered());
        }
    }
}

#[test]
fn covered_means_equity_at_least_the_requirement() {
    let at = |equity| Valuation { equity, requirement: 100 };
    assert_eq!([at(99), at(100), at(101)].map(|v| v.is_covered()), [false, true, true]);
    assert_eq!([at(99), at(100), at(101), at(-5)].map(|v| v.shortfall()), [1, 0, 0, 105]);
    assert_eq!([at(99), at(100), at(101), at(-5)].map(|v| v.free_collateral()), [0, 0, 1, 0]);
}
