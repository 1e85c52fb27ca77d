//! What a market's tranche pays for a bankrupt account.

use crate::{Result, RiskError, Window};

/// Bounds on what a tranche pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InsuranceCaps {
    /// Quote atoms per event.
    pub per_event: u64,
    /// Quote atoms per window.
    pub per_window: u64,
    pub window_seconds: u32,
}

/// A deficit paid by the tranche. Law: the tranche falls by `paid`, the pool rises by `paid`, the bankrupt leg's entry
/// falls by `paid`; `window.used` rises by `paid`.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InsurancePlan {
    pub paid: u64,
    pub window: Window,
}

/// Plans the payment of the whole `deficit`. Error `TrancheInsufficient` where the tranche or a cap does not reach:
/// nothing is paid in part, because what is left belongs to auto-deleveraging.
#[inline(always)]
pub const fn plan_insurance(
    deficit: u64,
    tranche: u64,
    caps: &InsuranceCaps,
    window: Window,
    now: i64,
) -> Result<InsurancePlan> {
    let window = window.at(now, caps.window_seconds);
    if deficit > tranche || deficit > caps.per_event || deficit > window.left(caps.per_window) {
        return Err(RiskError::TrancheInsufficient);
    }
    Ok(InsurancePlan { paid: deficit, window: window.using(deficit) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPS: InsuranceCaps = InsuranceCaps { per_event: 100, per_window: 150, window_seconds: 60 };

    #[test]
    fn i07_insurance_pays_a_deficit_within_each_bound_and_not_one_atom_beyond() {
        for (deficit, tranche, used, ok) in [
            (100, 1_000, 0, true),
            (101, 1_000, 0, false),
            (50, 50, 0, true),
            (51, 50, 0, false),
            (50, 1_000, 100, true),
            (51, 1_000, 100, false),
        ] {
            let plan = plan_insurance(deficit, tranche, &CAPS, Window { started: 0, used }, 59);
            match plan {
                Ok(plan) => assert!(ok && plan.paid == deficit && plan.window.used == used + deficit),
                Err(error) => assert!(!ok && error == RiskError::TrancheInsufficient),
            }
        }
        assert_eq!(plan_insurance(51, 1_000, &CAPS, Window { started: 0, used: 100 }, 60).unwrap().window.used, 51);
    }
}
