//! Between a market and the insurance fund: fees and surplus one way, refills the other.

use crate::{BPS_ONE, Fund, Result, RiskError, bps_down};

/// The market's own position (dust), settled with its fees as if they were its cash. Law: a loss moves `paid` from fees to
/// pool and its entry falls by it; a gain moves `received` from pool to fees and its entry rises by it.
#[must_use]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnSettlement {
    pub paid: u64,
    /// Of a loss, what fees did not cover.
    pub unpaid: u64,
    pub received: u64,
}

/// Settles `own_lots` (signed, with 32 fraction bits: the dust's size less what it owes sides) of cost `entry`: a loss at `mark`
/// as far as fees reach, a gain at `worse_price` as far as the pool does. Values are rounded down.
pub const fn plan_own_settlement(
    own_lots: i64,
    entry: i64,
    (mark, worse_price): (u64, u64),
    fees: u64,
    pool: u64,
) -> OwnSettlement {
    let at_mark = ((own_lots as i128 * mark as i128) >> 32) - entry as i128;
    if at_mark < 0 {
        let loss = if -at_mark > u64::MAX as i128 { u64::MAX } else { -at_mark as u64 };
        let paid = if fees < loss { fees } else { loss };
        return OwnSettlement { paid, unpaid: loss - paid, received: 0 };
    }
    let gain = ((own_lots as i128 * worse_price as i128) >> 32) - entry as i128;
    if gain <= 0 {
        return OwnSettlement { paid: 0, unpaid: 0, received: 0 };
    }
    OwnSettlement { paid: 0, unpaid: 0, received: if (pool as i128) < gain { pool } else { gain as u64 } }
}

/// A market's insurance money, as a sweep finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tranche {
    pub held: u64,
    /// What the fund last counted as deployed here.
    pub reported: u64,
    pub target: u64,
    /// What the running window still lets the fund pay in.
    pub window_left: u64,
    pub fees: u64,
    /// The fund's part of the fees.
    pub fee_share_bps: u64,
}

/// A sweep. Law: fees fall to nothing, `fees_to_fund + fees_kept` is what they were; the fund's assets change by
/// `fees_to_fund + returned - refilled`, the tranche by `refilled - returned`; `fund.deployed` follows the tranche.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepPlan {
    pub fees_to_fund: u64,
    pub fees_kept: u64,
    pub returned: u64,
    pub refilled: u64,
    pub fund: Fund,
    pub tranche: u64,
}

/// Plans a sweep (design, section 7 step 4). The fund's part of fees is rounded down.
pub const fn plan_sweep(fund: &Fund, tranche: &Tranche) -> Result<SweepPlan> {
    let share_bps = if tranche.fee_share_bps < BPS_ONE { tranche.fee_share_bps } else { BPS_ONE };
    let fees_to_fund = match bps_down(tranche.fees, share_bps) {
        Ok(fees) => fees,
        Err(error) => return Err(error),
    };
    let (Some(assets), Some(elsewhere)) =
        (fund.assets.checked_add(fees_to_fund), fund.deployed.checked_sub(tranche.reported))
    else {
        return Err(RiskError::ArithmeticOverflow);
    };
    let returned = tranche.held.saturating_sub(tranche.target);
    let refilled = least(tranche.target.saturating_sub(tranche.held), assets, tranche.window_left);
    // Returned is at most what is held; refilled is at most the assets.
    let held = tranche.held - returned + refilled;
    let (Some(assets), Some(deployed)) = ((assets - refilled).checked_add(returned), elsewhere.checked_add(held))
    else {
        return Err(RiskError::ArithmeticOverflow);
    };
    Ok(SweepPlan {
        fees_to_fund,
        fees_kept: tranche.fees - fees_to_fund,
        returned,
        refilled,
        fund: Fund { assets, deployed, ..*fund },
        tranche: held,
    })
}

/// What a tranche gives back for stakers who leave, of the `wanted` that the fund's vault lacks: within the refill window, and nothing
/// where it `has_paid` for a deficit in the running insurance window.
pub const fn plan_recall(held: u64, window_left: u64, has_paid: bool, wanted: u64) -> u64 {
    if has_paid { 0 } else { least(held, window_left, wanted) }
}

const fn least(a: u64, b: u64, c: u64) -> u64 {
    let ab = if a < b { a } else { b };
    if ab < c { ab } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FUND: Fund = Fund { assets: 1_000, deployed: 500, shares: 1_500_000, virtual_shares: 1_000 };
    const TRANCHE: Tranche =
        Tranche { held: 300, reported: 300, target: 300, window_left: 100, fees: 0, fee_share_bps: 5_000 };

    proptest! {
        #[test]
        fn i01_a_sweep_creates_nothing(
            assets in 0..1_u64 << 50, others in 0..1_u64 << 50, held in 0..1_u64 << 50, reported in 0..1_u64 << 50,
            target in 0..1_u64 << 50, window_left in 0..1_u64 << 50, fees in 0..1_u64 << 50,
            fee_share_bps in 0..=10_000_u64, shares in 1..1_u64 << 60,
        ) {
            let fund = Fund { assets, deployed: others + reported, shares, virtual_shares: 1_000 };
            let tranche = Tranche { held, reported, target, window_left, fees, fee_share_bps };
            let plan = plan_sweep(&fund, &tranche).unwrap();
            prop_assert_eq!(plan.fund.assets + plan.tranche + plan.fees_kept, assets + held + fees);
            prop_assert_eq!(plan.fund.deployed, others + plan.tranche);
            prop_assert!(plan.refilled <= window_left);
            prop_assert!(plan.refilled == 0 || plan.returned == 0);
            prop_assert!(plan.refilled == 0 || plan.tranche <= target);
            prop_assert_eq!(plan.returned, held.saturating_sub(target));
        }

        #[test]
        fn the_market_s_own_position_settles_what_it_has(own in -(1_i64 << 55)..1_i64 << 55, entry in -(1_i64 << 55)..1_i64 << 55, mark in 1..1_u64 << 30, fees in 0..1_u64 << 50, pool in 0..1_u64 << 50) {
            let done = plan_own_settlement(own, entry, (mark, mark), fees, pool);
            let worth = ((i128::from(own) * i128::from(mark)) >> 32) - i128::from(entry);
            prop_assert_eq!(i128::from(done.paid), (-worth).clamp(0, i128::from(fees)));
            prop_assert_eq!(i128::from(done.paid) + i128::from(done.unpaid), (-worth).clamp(0, i128::from(u64::MAX)));
            prop_assert_eq!(i128::from(done.received), worth.clamp(0, i128::from(pool)));
        }

        #[test]
        fn nothing_panics(own: i64, entry: i64, mark in 0..1_u64 << 32, money: u64, share: u64) {
            let _ = plan_own_settlement(own, entry, (mark, mark), money, share);
            let tranche = Tranche { held: money, reported: share, target: mark, fees: money, fee_share_bps: share, ..TRANCHE };
            let _ = plan_sweep(&Fund { assets: money, deployed: share, shares: mark, virtual_shares: 0 }, &tranche);
        }
    }

    #[test]
    fn a_refill_is_bounded_by_target_window_and_assets() {
        let refilled = |fund: &Fund, tranche| plan_sweep(fund, &tranche).unwrap().refilled;
        assert_eq!(refilled(&FUND, TRANCHE), 0);
        assert_eq!(refilled(&FUND, Tranche { held: 250, ..TRANCHE }), 50);
        assert_eq!(refilled(&FUND, Tranche { held: 150, ..TRANCHE }), 100);
        assert_eq!(refilled(&Fund { assets: 7, ..FUND }, Tranche { held: 150, ..TRANCHE }), 7);
    }

    #[test]
    fn a_recall_is_bounded_by_window_and_need_and_waits_for_deficits() {
        assert_eq!(plan_recall(100, 70, false, 50), 50);
        assert_eq!(plan_recall(100, 40, false, 50), 40);
        assert_eq!(plan_recall(30, 40, false, 50), 30);
        assert_eq!(plan_recall(100, 70, true, 50), 0);
    }

    #[test]
    fn fees_are_shared_and_a_surplus_returns() {
        let plan = plan_sweep(&FUND, &Tranche { held: 450, fees: 101, ..TRANCHE }).unwrap();
        assert_eq!((plan.fees_to_fund, plan.fees_kept, plan.returned, plan.refilled), (50, 51, 150, 0));
        assert_eq!(plan.fund, Fund { assets: 1_200, deployed: 500, ..FUND });
    }
}
