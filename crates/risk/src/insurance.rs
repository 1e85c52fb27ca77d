//! What a market's tranche pays for a bankrupt account.

use crate::{BPS_ONE, Result, Window, bps_down};

/// Bounds on what a tranche pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InsuranceCaps {
    /// Quote atoms per event.
    pub per_event: u64,
    /// Quote atoms per window.
    pub per_window: u64,
    pub window_seconds: u32,
    /// Part of every deficit that the tranche never pays, in basis points.
    pub coinsurance_bps: u64,
}

/// What the tranche pays of a deficit. Law: the tranche falls by `paid`, the pool rises by `paid`, the bankrupt leg's entry
/// falls by `paid`; `window.used` rises by `paid`; `paid + uncovered` is the deficit.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InsurancePlan {
    pub paid: u64,
    /// Left to auto-deleveraging.
    pub uncovered: u64,
    pub window: Window,
}

/// Plans what a tranche pays: the deficit less the co-insurance share (rounded up), within the tranche, the cap per event and
/// what the window has left.
#[inline(always)]
pub const fn plan_insurance(
    deficit: u64,
    tranche: u64,
    caps: &InsuranceCaps,
    window: Window,
    now: i64,
) -> Result<InsurancePlan> {
    let window = window.at(now, caps.window_seconds);
    let insured = match bps_down(deficit, BPS_ONE.saturating_sub(caps.coinsurance_bps)) {
        Ok(insured) => insured,
        Err(error) => return Err(error),
    };
    let paid = min(min(insured, tranche), min(caps.per_event, window.left(caps.per_window)));
    Ok(InsurancePlan { paid, uncovered: deficit - paid, window: window.using(paid) }) // paid <= deficit
}

const fn min(a: u64, b: u64) -> u64 {
    if a < b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPS: InsuranceCaps =
        InsuranceCaps { per_event: 100, per_window: 150, window_seconds: 60, coinsurance_bps: 0 };

    #[test]
    fn i07_insurance_pays_a_deficit_within_each_bound_and_not_one_atom_beyond() {
        for (deficit, tranche, used, paid) in [
            (100, 1_000, 0, 100),
            (101, 1_000, 0, 100),
            (50, 50, 0, 50),
            (51, 50, 0, 50),
            (50, 1_000, 100, 50),
            (51, 1_000, 100, 50),
            (51, 1_000, 150, 0),
        ] {
            let plan = plan_insurance(deficit, tranche, &CAPS, Window { started: 0, used }, 59).unwrap();
            assert_eq!((plan.paid, plan.uncovered, plan.window.used), (paid, deficit - paid, used + paid));
        }
        assert_eq!(plan_insurance(51, 1_000, &CAPS, Window { started: 0, used: 100 }, 60).unwrap().window.used, 51);
    }

    #[test]
    fn i07_the_co_insurance_share_is_never_paid() {
        let caps = InsuranceCaps { coinsurance_bps: 1_000, ..CAPS };
        let paid = |deficit| plan_insurance(deficit, 1_000, &caps, Window::default(), 0).unwrap().paid;
        assert_eq!([0, 1, 9, 10, 11, 100, 111, 112].map(paid), [0, 0, 8, 9, 9, 90, 99, 100]);
        let all = InsuranceCaps { coinsurance_bps: 10_000, ..CAPS };
        assert_eq!(plan_insurance(77, 1_000, &all, Window::default(), 0).unwrap().uncovered, 77);
    }
}
