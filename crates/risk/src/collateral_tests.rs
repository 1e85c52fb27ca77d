use super::*;
use proptest::prelude::*;

const TERMS: CollateralTerms =
    CollateralTerms { lot_atoms_exponent: 7, haircut_bps: 1_000, discount_bps: 200, cap_lots: 0, surcharge_bps: 0 };

fn seller(equity: i64, requirement: u64, available: u64) -> Converted {
    Converted {
        account: Valuation { equity, requirement },
        quote_equity: 0,
        uncovered_losses: 0,
        available,
        long_stress: 0,
    }
}

#[test]
fn the_value_is_rounded_down_and_the_haircut_up() {
    // 1.5 lots at 1,300,000, less a tenth.
    assert_eq!(TERMS.value(15_000_000, 1_300_000), Ok(1_755_000));
    assert_eq!(TERMS.value(7, 1_300_000), Ok(0));
    assert_eq!(TERMS.value(8, 1_300_000), Ok(0));
    assert_eq!(TERMS.value(16, 1_300_000), Ok(1));
    assert_eq!(TERMS.value(u64::MAX, 1), Err(RiskError::ArithmeticOverflow));
    assert_eq!(CollateralTerms { lot_atoms_exponent: 10, ..TERMS }.value(1, 1), Err(RiskError::LotOutOfRange));
}

#[test]
fn terms_that_would_make_selling_a_loss_are_refused() {
    let with =
        |haircut_bps, discount_bps| validate_collateral(&CollateralTerms { haircut_bps, discount_bps, ..TERMS }, 1);
    assert_eq!(with(1_000, 999), Ok(1));
    assert_eq!(with(1_000, 1_000), Err(RiskError::DiscountExceedsHaircut));
    assert_eq!(with(10_001, 0), Err(RiskError::ShareAboveOne));
    assert_eq!(validate_collateral(&TERMS, (1 << 28) * 10_000_000 + 9_999_999), Ok((1 << 28) + 1));
    assert_eq!(validate_collateral(&TERMS, ((1 << 28) + 1) * 10_000_000), Err(RiskError::CapOutOfRange));
}

#[test]
fn a_sale_goes_no_further_than_it_has_to() {
    let lots = |lots: u64| lots * 10_000_000;
    let plan = |seller: &Converted, wanted| plan_conversion(seller, &TERMS, 1_000_000, 1_000_000, wanted);
    // Missing 10,000,001 to 110 %: quote of 10,000,001 * 0.98 / 0.08, at 980,000 a lot.
    let short = seller(100_000_000, 100_000_000, lots(1_000));
    let done =
        plan(&Converted { account: Valuation { equity: 99_999_999, requirement: 100_000_000 }, ..short }, u64::MAX);
    let done = done.unwrap();
    assert_eq!((done.amount, done.paid), (lots(125) + 133, 122_500_014));
    assert!(done.equity >= 10_000_001 && done.equity <= 10_000_003, "{done:?}");
    // At the margin it is healthy: only losses that cash does not cover, at half the discount.
    assert_eq!(plan(&short, 1), Err(RiskError::ConversionNotNeeded));
    let owing = Converted { uncovered_losses: 990_000, ..short };
    assert_eq!(plan(&owing, u64::MAX).map(|plan| (plan.amount, plan.paid)), Ok((lots(1), 990_000)));
    // Equity gone: everything.
    assert_eq!(plan(&seller(0, 1, lots(1_000)), u64::MAX).unwrap().amount, lots(1_000));
    assert_eq!(plan(&seller(0, 1, 1), u64::MAX).map(|plan| (plan.amount, plan.paid)), Ok((1, 1)));
    assert_eq!(plan(&seller(0, 1, 5), 0), Err(RiskError::SizeOutOfRange));
}

proptest! {
    #[test]
    fn a_sale_never_lowers_equity(equity in -(1_i64 << 40)..1_i64 << 40, requirement in 0..1_u64 << 40, available in 1..1_u64 << 50,
        wanted in 1..1_u64 << 50, mark in 1..MAX_PRICE, owed in 0..1_u64 << 40, haircut in 2..10_000_u64, discount in 0..10_000_u64) {
        let terms = CollateralTerms { haircut_bps: haircut, discount_bps: discount % haircut, ..TERMS };
        let seller = Converted { uncovered_losses: owed, quote_equity: -(owed as i64), ..seller(equity, requirement, available) };
        if let Ok(plan) = plan_conversion(&seller, &terms, mark, mark, wanted) {
            prop_assert!(plan.amount <= available && plan.amount <= wanted);
            // One atom of the token may be worth less than an atom of quote: values round.
            prop_assert!(plan.equity >= -1, "{plan:?}");
        }
    }

    #[test]
    fn i06_splitting_a_sale_costs_the_buyer_no_less(available in 2..1_u64 << 50, cut in 1..1_u64 << 50, price in 1..MAX_PRICE) {
        let cut = cut % (available - 1) + 1;
        let paid = |amount| plan_conversion(&seller(-1, 1, available), &TERMS, price, price, amount).unwrap().paid;
        prop_assert!(paid(cut) + paid(available - cut) >= paid(available));
    }

    #[test]
    fn nothing_panics(equity: i64, requirement: u64, quote_equity: i64, owed: u64, available: u64, wanted: u64, price: u64, bps: u64, exponent: u8) {
        let terms = CollateralTerms { lot_atoms_exponent: exponent, haircut_bps: bps, discount_bps: owed, cap_lots: quote_equity as u64, surcharge_bps: price };
        let seller = Converted { account: Valuation { equity, requirement }, quote_equity, uncovered_losses: owed, available, long_stress: wanted };
        let _ = (terms.value(wanted, price), plan_conversion(&seller, &terms, price, price, wanted), validate_collateral(&terms, wanted));
    }
}
