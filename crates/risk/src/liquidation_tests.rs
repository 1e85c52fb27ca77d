use super::*;
use crate::params::tests::{ASSET, MARKET};
use crate::{AssetParams, Leg, MAX_PRICE, MarketParams, liquidity_up, validate_asset, validate_market};
use num_bigint::BigInt;
use proptest::prelude::*;

const TERMS: LiquidationTerms = MARKET.terms;
/// One lot is worth one dollar, and its maintenance margin is 5 %.
const MARK: u64 = 1_000_000;
const MARGIN: u64 = 50_000;

/// Of a position that nothing offsets, in a market without end.
fn alone(shock: u64) -> PositionStress {
    PositionStress { shock, ..PositionStress::default() }
}

/// A single position of `size` lots whose equity is `health_bps` of its maintenance margin.
fn target(size: i64, health_bps: i64) -> Target {
    let requirement = size.unsigned_abs() * MARGIN;
    let equity = requirement as i64 * health_bps / 10_000;
    let account = Valuation { equity, requirement };
    Target { account, size, mark: MARK, stress: alone(MARGIN), seconds_liquidatable: 0 }
}

fn plan(target: &Target, terms: &LiquidationTerms) -> LiquidationPlan {
    plan_liquidation(target, terms, u64::MAX, MAX_LOTS as u64).unwrap()
}

fn big(value: impl Into<BigInt>) -> BigInt {
    value.into()
}

/// Equity over requirement of `a` against that of `b`, exact.
fn ratio_above(a: &Valuation, b: &Valuation) -> bool {
    big(a.equity) * b.requirement > big(b.equity) * a.requirement
}

/// What the account need not hold any more without `lots`.
fn released(target: &Target, lots: u64) -> u64 {
    target.stress.released(target.size.unsigned_abs(), lots).unwrap()
}

/// Whether the account holds maintenance plus the buffer, exact.
fn reaches(equity: &BigInt, requirement: &BigInt, buffer_bps: u64) -> bool {
    equity * BPS_ONE >= requirement * (BPS_ONE + buffer_bps)
}

prop_compose! {
    /// Values of every magnitude up to `2^bits`.
    fn magnitude(bits: u32)(value: u64, shift in 0..bits) -> u64 { (value >> (64 - bits)) >> shift }
}

prop_compose! {
    /// Parameters that validation accepts, and only by construction of its inequalities.
    fn accepted()(
        maintenance in 2..=5_000_u64,
        penalties in (0..=10_000_u64, 0..=10_000_u64),
        shares in (0..=10_000_u64, 0..=10_000_u64, 0..=10_000_u64),
        lots in (magnitude(28), magnitude(28)),
    ) -> (AssetParams, MarketParams) {
        let penalty_max_bps = 1 + penalties.0 % (maintenance - 1);
        let slice_lots = lots.0 + 1;
        let terms = LiquidationTerms {
            penalty_min_bps: penalties.1 % (penalty_max_bps + 1),
            penalty_max_bps,
            penalty_ramp_bps_per_minute: shares.0,
            insurance_share_bps: shares.1 % 10_000,
            buffer_bps: shares.2,
            slice_lots,
            min_position_lots: lots.1 % (slice_lots + 1),
        };
        (
            AssetParams {
                maintenance_ratio_bps: maintenance,
                initial_ratio_bps: (maintenance * (BPS_ONE + shares.2)).div_ceil(BPS_ONE).max(maintenance + 1),
                ..ASSET
            },
            MarketParams { terms, exit_slippage_bps: 0, price_band_bps: 1, taker_fee_bps: 0, ..MARKET },
        )
    }
}

prop_compose! {
    /// An account below maintenance, of whose requirement the position is only a part.
    fn unhealthy(maintenance_ratio_bps: u64)(
        mark in magnitude(30),
        lots in magnitude(28),
        is_long: bool,
        others in magnitude(60),
        has_others: bool,
        equity in magnitude(62),
        kind in 0..4_u8,
        seconds_liquidatable in magnitude(40),
        depth in prop_oneof![Just(0), 1..=MAX_LOTS as u64],
        group in (prop_oneof![Just(0), 0..=9_000_u64], magnitude(50), magnitude(50)),
    ) -> Target {
        let (mark, lots) = (mark.clamp(1, MAX_PRICE), lots.clamp(1, MAX_LOTS as u64));
        let maintenance_margin = bps_up(mark, maintenance_ratio_bps).unwrap();
        let stress = PositionStress {
            shock: maintenance_margin,
            // Where a lot's margin is a few atoms, rounding hides what offsets and add-ons do.
            liquidity: if maintenance_margin < 100 { 0 } else { liquidity_up(maintenance_margin, depth) },
            grouped: if maintenance_margin < 100 { 0 } else { bps_down(maintenance_margin, group.0).unwrap() },
            same_side: group.1,
            other_side: group.2,
        };
        let requirement = stress.released(lots, lots).unwrap() + if has_others { others } else { 0 };
        let equity = match kind {
            0 => -(equity as i64),
            1 => requirement as i64 - 1 - (equity % requirement) as i64 / 1_000,
            _ => (equity % requirement) as i64,
        };
        let size = if is_long { lots as i64 } else { -(lots as i64) };
        let account = Valuation { equity, requirement };
        Target { account, size, mark, stress, seconds_liquidatable }
    }
}

fn case() -> impl Strategy<Value = (AssetParams, MarketParams, Target)> {
    accepted().prop_flat_map(|(asset, market)| {
        unhealthy(asset.maintenance_ratio_bps).prop_map(move |target| (asset, market, target))
    })
}

#[test]
fn t75_equity_at_maintenance_is_healthy_and_one_atom_below_is_not() {
    let at = |offset| {
        let account = Valuation { equity: 1_000 * MARGIN as i64 + offset, requirement: 1_000 * MARGIN };
        plan_liquidation(&Target { account, ..target(1_000, 0) }, &TERMS, 1, 1)
    };
    assert_eq!(at(1), Err(RiskError::AccountHealthy));
    assert_eq!(at(0), Err(RiskError::AccountHealthy));
    assert!(at(-1).is_ok());
}

#[test]
fn what_cannot_be_planned_is_named() {
    let unhealthy = target(1_000, 5_000);
    let planned = |target: &Target, max_lots, window| plan_liquidation(target, &TERMS, max_lots, window);
    assert_eq!(planned(&Target { size: 0, ..unhealthy }, 1, 1), Err(RiskError::PositionMissing));
    assert_eq!(planned(&unhealthy, 0, 1), Err(RiskError::SizeOutOfRange));
    assert_eq!(planned(&unhealthy, 1, 0), Err(RiskError::LiquidationWindowExhausted));
    assert_eq!(planned(&target(1_000, -1), 1_000, 0).unwrap().lots, 1_000, "no window where equity is gone");
    let empty = Target { account: Valuation { equity: -1, requirement: 0 }, ..unhealthy };
    assert_eq!(planned(&empty, 1, 1), Err(RiskError::ArithmeticOverflow), "a position without its margin");
}

#[test]
fn a_plan_in_numbers() {
    // Health 50 %: u = 0.5, penalty 50 + 200 * 0.25 = 100 bps. Aim 27.5 of 25, equity 12.5, each lot brings 55 - 10.
    let long = plan(&target(500, 5_000), &TERMS);
    assert_eq!((long.lots, long.price, long.penalty_per_lot), (334, 990_000, 10_000));
    assert_eq!(long.insurance_fee, 334 * 3_000);
    assert_eq!(long.after, Valuation { equity: 12_500_000 - 334 * 10_000, requirement: (500 - 334) * MARGIN });
    let short = plan(&target(-500, 5_000), &TERMS);
    assert_eq!((short.lots, short.price), (-334, 1_010_000));
    assert_eq!((short.after, short.insurance_fee), (long.after, long.insurance_fee));
}

#[test]
fn the_slice_and_the_window_bound_a_step() {
    let big = target(100_000, 5_000);
    let lots = |max_lots, window| plan_liquidation(&big, &TERMS, max_lots, window).unwrap().lots;
    assert_eq!([9_999, 10_000, 10_001].map(|window| lots(u64::MAX, window)), [9_999, 10_000, 10_000]);
    assert_eq!([9_999, 10_000, 10_001].map(|max_lots| lots(max_lots, u64::MAX)), [9_999, 10_000, 10_000]);
    assert_eq!(lots(1, 1), 1);
    assert_eq!(plan(&target(100_000, 0), &TERMS).lots, 100_000, "no slice where equity is gone");
    assert_eq!(plan(&target(100_000, 1), &TERMS).lots, 10_000, "but while any is left");
}

#[test]
fn a_remainder_that_would_be_dust_is_taken_along() {
    let lots = |size| plan(&target(size, 5_000), &TERMS).lots;
    // Two thirds are needed, and ten lots are a position.
    assert_eq!([30, 29, 28, 27].map(lots), [20, 29, 28, 27]);
    assert_eq!([10_009, 10_010, 10_011].map(|size| plan(&target(size, 10), &TERMS).lots), [10_009, 10_000, 10_000]);
    assert_eq!([-10_009, -10_010].map(|size| plan(&target(size, 10), &TERMS).lots), [-10_009, -10_000]);
}

#[test]
fn the_ramp_grows_by_the_minute_and_stops_at_the_maximum() {
    let at = |seconds| plan(&Target { seconds_liquidatable: seconds, ..target(500, 9_999) }, &TERMS).penalty_per_lot;
    assert_eq!(
        [0, 5, 6, 60, 600, 1_199, 1_200, 1_201, u64::MAX].map(at),
        [5_000, 5_000, 5_100, 6_000, 15_000, 24_900, 25_000, 25_000, 25_000]
    );
}

#[test]
fn health_does_not_round_up_where_the_requirement_is_shifted() {
    // Just above 2^49: E / (R - 1) is 50 % exactly, E / R a hair less.
    let requirement = 600_000_000_000_001;
    assert_eq!(health_bps_down(&Valuation { equity: 300_000_000_000_000, requirement }), 4_999);
    assert_eq!(health_bps_down(&Valuation { equity: 300_000_000_060_000, requirement }), 5_000);
    assert_eq!(health_bps_down(&Valuation { equity: i64::MAX, requirement: u64::MAX }), 4_999);
}

#[test]
fn t79_little_equity_is_not_taken_whole() {
    // Health 10 %: 10 % of the margin per lot is left, and 90 % of that may go.
    let taken = plan(&target(500, 1_000), &TERMS);
    assert_eq!(taken.penalty_per_lot, 4_500);
    assert!(taken.after.equity > 0);
    assert_eq!(plan(&target(500, 0), &TERMS).penalty_per_lot, 0);
    assert_eq!(plan(&target(500, -1), &TERMS).insurance_fee, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The generator is what the name says: only sets that validation accepts.
    #[test]
    fn the_generated_parameters_are_accepted((asset, market, target) in case()) {
        prop_assert_eq!(validate_asset(&asset), Ok(()));
        prop_assert_eq!(validate_market(&market, &asset), Ok(()));
        prop_assert!(!target.account.is_covered());
    }

    #[test]
    fn i01_a_plan_adds_up((_, market, target) in case(), max_lots in magnitude(29), window in magnitude(28)) {
        let Ok(plan) = plan_liquidation(&target, &market.terms, max_lots + 1, window + 1) else { return Ok(()) };
        let lots = plan.lots.unsigned_abs();
        prop_assert_eq!(plan.lots.signum(), target.size.signum());
        prop_assert_eq!(plan.price.abs_diff(target.mark), plan.penalty_per_lot);
        prop_assert!(plan.price == target.mark || (plan.price > target.mark) == (target.size < 0));
        prop_assert!(plan.price > 0);
        prop_assert_eq!(big(plan.after.equity), big(target.account.equity) - big(lots) * plan.penalty_per_lot);
        prop_assert_eq!(plan.after.requirement, target.account.requirement - released(&target, lots));
        // What the liquidatee's leg loses at mark, the liquidator's gains.
        let liquidatee = Leg { size: target.size, entry: 77 };
        let loss = liquidatee.pnl(target.mark).unwrap() - liquidatee.traded(-plan.lots, plan.price).unwrap().pnl(target.mark).unwrap();
        let gain = Leg::default().traded(plan.lots, plan.price).unwrap().pnl(target.mark).unwrap();
        prop_assert_eq!((loss, gain), ((lots * plan.penalty_per_lot) as i64, (lots * plan.penalty_per_lot) as i64));
    }

    #[test]
    fn i05_t76_every_plan_strictly_improves_the_ratio((_, market, target) in case(), max_lots in magnitude(29), window in magnitude(28)) {
        let plan = plan_liquidation(&target, &market.terms, max_lots + 1, window + 1).unwrap();
        let (before, after) = (target.account, plan.after);
        prop_assert!(ratio_improves(&before, &after));
        prop_assert!(after.requirement < before.requirement, "less risk");
        if before.equity > 0 {
            prop_assert!(after.equity > 0, "something is left");
            prop_assert!(after.requirement == 0 || ratio_above(&after, &before));
        } else {
            prop_assert_eq!(after.equity, before.equity);
        }
    }

    #[test]
    fn every_bound_is_kept((_, market, target) in case(), max_lots in magnitude(29), window in magnitude(28)) {
        let (max_lots, window, terms) = (max_lots + 1, window + 1, market.terms);
        let lots = plan_liquidation(&target, &terms, max_lots, window).unwrap().lots.unsigned_abs();
        let size = target.size.unsigned_abs();
        prop_assert!(lots >= 1 && lots <= max_lots && lots <= size);
        if target.account.equity <= 0 {
            prop_assert_eq!(lots, size.min(max_lots));
            return Ok(());
        }
        let is_deep = big(target.account.equity) * 2_u8 < big(target.account.requirement);
        let allowed = if is_deep { terms.slice_lots } else { terms.slice_lots.min(window) };
        // Beyond the slice and the window only by a remainder that would be dust.
        prop_assert!(lots <= allowed || size < allowed + terms.min_position_lots);
        prop_assert!(max_lots < size || lots == size || size - lots >= terms.min_position_lots, "dust is left only by the caller");
    }

    /// T77 against exact fractions: the target is reached where nothing else limits the plan, and not by one lot less.
    #[test]
    fn t77_no_more_lots_than_the_target_needs((_, mut market, target) in case(), no_dust: bool) {
        if no_dust { market.terms.min_position_lots = 0; }
        let (terms, size) = (market.terms, target.size.unsigned_abs());
        let plan = plan_liquidation(&target, &terms, u64::MAX, MAX_LOTS as u64).unwrap();
        let lots = plan.lots.unsigned_abs();
        if target.account.equity <= 0 { return Ok(()); }
        let is_enough = |lots: u64| reaches(
            &(big(target.account.equity) - big(lots) * plan.penalty_per_lot),
            &big(target.account.requirement - released(&target, lots)),
            terms.buffer_bps,
        );
        prop_assert!(lots == size || lots == terms.slice_lots || is_enough(lots), "the aim is reached");
        prop_assert!(lots == size && !no_dust || !is_enough(lots - 1), "{lots} lots of {size}");
    }

    /// T77 to the lot, where the aims do not round: margins are multiples of 10,000.
    #[test]
    fn t77_one_lot_less_would_not_do(size in 1..=MAX_LOTS, dollars in 1..1_000_u64, health in 1..10_000_u64, buffer_bps in 0..=10_000_u64) {
        let terms = LiquidationTerms { buffer_bps, slice_lots: MAX_LOTS as u64, min_position_lots: 0, ..TERMS };
        let requirement = size as u64 * dollars * 50_000;
        let account = Valuation { equity: bps_down(requirement, health).unwrap() as i64, requirement };
        let (mark, maintenance_margin) = (dollars * MARK, dollars * MARGIN);
        let plan = plan(&Target { account, size, mark, stress: alone(maintenance_margin), seconds_liquidatable: 0 }, &terms);
        let is_enough = |lots: i64| reaches(
            &(big(account.equity) - big(lots) * plan.penalty_per_lot),
            &(big(requirement) - big(lots) * maintenance_margin),
            buffer_bps,
        );
        prop_assert!(is_enough(plan.lots) || plan.lots == size);
        prop_assert!(!is_enough(plan.lots - 1));
    }

    #[test]
    fn wide_products_agree_with_wide_arithmetic(a: u64, b: u64) {
        let (high, low) = wide_product(a, b);
        prop_assert_eq!((u128::from(high) << 64) | u128::from(low), u128::from(a) * u128::from(b));
    }

    #[test]
    fn t79_penalties_never_exceed_the_equity((_, market, target) in case(), max_lots in magnitude(29)) {
        let plan = plan_liquidation(&target, &market.terms, max_lots + 1, MAX_LOTS as u64).unwrap();
        let cost = big(plan.lots.unsigned_abs()) * plan.penalty_per_lot;
        prop_assert!(&cost * 10_u8 <= big(target.account.equity.max(0)) * 9_u8);
        let share = &cost * market.terms.insurance_share_bps;
        prop_assert!(big(plan.insurance_fee) * BPS_ONE >= share);
        prop_assert!((big(plan.insurance_fee) - 1_u8) * BPS_ONE < share || plan.insurance_fee == 0);
        // Never more than the position's own share of the equity, so that other markets' liquidators find theirs.
        let lots = plan.lots.unsigned_abs();
        prop_assert!(big(plan.penalty_per_lot) * lots * target.account.requirement * 10_u8
            <= big(released(&target, lots)) * target.account.equity.max(0) * 9_u8);
        prop_assert!(big(plan.penalty_per_lot) * BPS_ONE <= big(target.mark) * market.terms.penalty_max_bps);
    }

    #[test]
    fn i12_liquidation_ends((_, market, target) in case()) {
        let (terms, mut target) = (market.terms, target);
        // Alone in its account, as many steps as slices; each ends healthy, flat, or a slice smaller.
        target.account.requirement = released(&target, target.size.unsigned_abs());
        target.account.equity = target.account.equity.min(target.account.requirement as i64 - 1);
        let terms = LiquidationTerms { slice_lots: terms.slice_lots.max(target.size.unsigned_abs().div_ceil(50)), ..terms };
        for _ in 0..50 {
            match plan_liquidation(&target, &terms, u64::MAX, MAX_LOTS as u64) {
                Ok(plan) => { target.size -= plan.lots; target.account = plan.after; }
                Err(error) => {
                    let cause = if target.account.is_covered() { RiskError::AccountHealthy } else { RiskError::PositionMissing };
                    prop_assert_eq!(error, cause);
                    prop_assert!(target.account.is_covered() || target.account.equity < 0 && target.size == 0);
                    return Ok(());
                }
            }
        }
        prop_assert!(target.account.is_covered() || target.size == 0);
    }

    #[test]
    fn health_is_never_above_the_exact_ratio(equity in magnitude(63), requirement in magnitude(63), lost: bool) {
        let requirement = requirement.max(1);
        let equity = if lost { -(equity as i64) } else { (equity % requirement) as i64 };
        let health = health_bps_down(&Valuation { equity, requirement });
        let exact = big(equity.max(0)) * BPS_ONE;
        prop_assert!(big(health) * requirement <= exact);
        prop_assert!(big(health + 2) * requirement > exact, "nor more than two points below");
        if requirement < 1 << 49 { prop_assert!(big(health + 1) * requirement > exact, "nor one, where nothing is shifted"); }
    }

    #[test]
    fn a_worse_account_never_gets_a_lower_penalty_before_its_share_caps_it((_, market, target) in case(), a in 0..10_000_u64, b in 0..10_000_u64) {
        let penalty = |health| penalty_per_lot(&target, &market.terms, health).unwrap();
        let released = least_released_per_lot(&target, &market.terms).unwrap();
        let share = |health| bps_down(released, health).unwrap() * EQUITY_SHARE_PERCENT / 100;
        let (worse, better) = (a.min(b), a.max(b));
        prop_assert!(penalty(worse) >= penalty(better).min(share(worse)));
        prop_assert!(penalty(worse) <= share(worse));
    }

    #[test]
    fn the_ramp_never_falls_with_time((_, market, target) in case(), sooner in magnitude(63), more in magnitude(63), health in 0..10_000_u64) {
        let at = |seconds_liquidatable| penalty_per_lot(&Target { seconds_liquidatable, ..target }, &market.terms, health).unwrap();
        prop_assert!(at(sooner) <= at(sooner + more));
        prop_assert!(at(u64::MAX) <= bps_down(target.mark, market.terms.penalty_max_bps).unwrap());
    }

    #[test]
    fn improving_is_exact_arithmetic(before in (any::<i64>(), any::<u64>()), after in (any::<i64>(), any::<u64>()), shifts in (0..64_u32, 0..64_u32), near in 0..3_i64) {
        let before = Valuation { equity: before.0 >> shifts.0, requirement: before.1 >> shifts.1 };
        let far = Valuation { equity: after.0 >> shifts.0, requirement: after.1 >> shifts.1 };
        let close = Valuation { equity: before.equity.saturating_sub(near), requirement: before.requirement.saturating_sub(1) };
        for after in [far, close, before] {
            let expected = if before.equity <= 0 {
                after.requirement < before.requirement && after.equity >= before.equity
            } else {
                after.equity >= 0 && (after.requirement == 0 || ratio_above(&after, &before))
            };
            prop_assert_eq!(ratio_improves(&before, &after), expected);
        }
    }

    /// Any state at all, under terms that validation accepts.
    #[test]
    fn nothing_panics((_, market, target) in case(), equity: i64, requirement: u64, size: i64, max_lots: u64, window: u64, seconds: u64) {
        let account = Valuation { equity, requirement };
        let strange = Target { account, size, seconds_liquidatable: seconds, ..target };
        let _ = plan_liquidation(&strange, &market.terms, max_lots, window);
    }

    #[test]
    fn nothing_panics_even_on_refused_terms((_, market, target) in case(), mark: u64, maintenance_margin: u64, range: u64, share: u64, buffer_bps: u64) {
        let terms = LiquidationTerms { penalty_max_bps: range, insurance_share_bps: share, buffer_bps, ..market.terms };
        let _ = plan_liquidation(&Target { mark, stress: alone(maintenance_margin), ..target }, &terms, u64::MAX, u64::MAX);
    }
}

/// The liquidator's penalties when it bounds each step by `each`.
fn penalties_in_steps(mut target: Target, each: u64) -> u64 {
    let mut sum = 0;
    while let Ok(plan) = plan_liquidation(&target, &TERMS, each, MAX_LOTS as u64) {
        sum += plan.lots.unsigned_abs() * plan.penalty_per_lot;
        target = Target { account: plan.after, size: target.size - plan.lots, ..target };
    }
    sum
}

/// Splitting lets a liquidator take a little more of what is left, because the ratio it leaves behind is better each
/// time (strict improvement asks for that); never more than there is, and never what insurance would have to pay.
#[test]
fn t79_penalties_in_any_number_of_steps_leave_equity() {
    for (health, each) in
        [500, 1_000, 2_000, 3_000, 5_000, 9_000].iter().flat_map(|h| [5_000, 1_000, 100, 1].map(|e| (*h, e)))
    {
        let start = target(10_000, health);
        let parts = penalties_in_steps(start, each);
        assert!(i128::from(parts) < i128::from(start.account.equity), "health {health}: {parts} in steps of {each}");
    }
}

#[test]
fn t77_a_liquidators_bound_leaves_no_dust_beyond_what_is_needed() {
    // Twenty of 29 lots are needed; the nine that would remain are dust, so all 29 are planned, and 28 allowed.
    assert_eq!(plan_liquidation(&target(29, 5_000), &TERMS, 28, MAX_LOTS as u64).unwrap().lots, 20);
}
