//! Shares of the insurance fund.

use crate::{Result, RiskError};

/// What an atom first buys.
const SHARES_PER_ATOM: u128 = 1_000;
/// An atom that is nobody's, so that a share never costs nothing.
const VIRTUAL_ATOMS: u128 = 1;
/// When shares are worth less than this part of what they first cost, their epoch is over.
const WIPED_OUT: u128 = 1_000_000;

/// What stakers own together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fund {
    /// Quote atoms in the fund's vault.
    pub assets: u64,
    /// Quote atoms in the markets' tranches, as of each market's last sweep.
    pub deployed: u64,
    pub shares: u64,
    /// Shares nobody holds: they own what was there before the first staker, and keep what a share costs from being driven
    /// far by whoever comes first.
    pub virtual_shares: u64,
}

impl Fund {
    /// Assets and what is deployed.
    pub const fn total(&self) -> u128 {
        self.assets as u128 + self.deployed as u128
    }

    /// Whether nobody holds a share, or so little is left that shares are worthless: the next stake begins anew (T73).
    pub const fn is_wiped_out(&self) -> bool {
        self.shares == 0 || self.total() * SHARES_PER_ATOM * WIPED_OUT < self.shares as u128
    }

    /// What `shares` are worth, in quote atoms, rounded down.
    pub const fn value_down(&self, shares: u64) -> u64 {
        // Two numbers of 64 bits multiply within 128; deposits are below 2^62.
        let total = if self.total() < u64::MAX as u128 { self.total() } else { u64::MAX as u128 - VIRTUAL_ATOMS };
        let all = self.shares as u128 + self.virtual_shares as u128;
        let Some(value) = (shares as u128 * (total + VIRTUAL_ATOMS)).checked_div(all) else { return 0 };
        (if value < total { value } else { total }) as u64
    }
}

/// A stake. Law: assets rise by `paid`, shares by `shares`; `paid` is at most an atom above what the shares are worth.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StakePlan {
    pub shares: u64,
    pub paid: u64,
    /// Older shares are worthless: all that the fund counted before are gone.
    pub is_new_epoch: bool,
    pub virtual_shares: u64,
}

/// Buys shares for at most `amount`: their number rounded down, what they cost up. Only that is taken, so that nobody pays
/// for a fraction of a share. Errors: `StakeTooSmall` for less than a share, `ArithmeticOverflow`.
pub const fn plan_stake(fund: &Fund, amount: u64) -> Result<StakePlan> {
    let is_new_epoch = fund.is_wiped_out();
    let total = fund.total() + VIRTUAL_ATOMS;
    let (held, unheld) = match is_new_epoch {
        true => (0, total * SHARES_PER_ATOM),
        false => (fund.shares as u128, fund.virtual_shares as u128),
    };
    let all = held + unheld;
    // Every product below is of two numbers of at most 64 bits.
    if amount >> 62 != 0 || total >> 63 != 0 || all > u64::MAX as u128 {
        return Err(RiskError::ArithmeticOverflow);
    }
    let shares = amount as u128 * all / total;
    if shares == 0 {
        return Err(RiskError::StakeTooSmall);
    }
    if shares + all > u64::MAX as u128 {
        return Err(RiskError::ArithmeticOverflow);
    }
    // At most the amount: shares * total <= amount * all.
    let paid = (shares * total).div_ceil(all) as u64;
    Ok(StakePlan { shares: shares as u64, paid, is_new_epoch, virtual_shares: unheld as u64 })
}

/// An exit. Law: assets fall by `paid`, shares by `shares`; nobody else's shares are worth less for it.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnstakePlan {
    pub shares: u64,
    pub paid: u64,
    /// What is left of the value at the time of asking, for shares that the vault could not pay yet.
    pub value_left: u64,
}

/// Pays leavers the lower of what their shares were worth when they asked (`value_then`) and are worth now; where the vault
/// holds less, as many shares leave as it pays for, rounded up. Error: `FundIlliquid` where it pays nothing.
pub const fn plan_unstake(fund: &Fund, shares: u64, value_then: u64) -> Result<UnstakePlan> {
    let now = fund.value_down(shares);
    let worth = if value_then < now { value_then } else { now };
    if worth <= fund.assets {
        return Ok(UnstakePlan { shares, paid: worth, value_left: 0 });
    }
    if fund.assets == 0 {
        return Err(RiskError::FundIlliquid);
    }
    // Assets are below the worth: both quotients are at most what they are a part of.
    let leaving = (shares as u128 * fund.assets as u128).div_ceil(worth as u128) as u64;
    let value_left = (value_then as u128 * (shares - leaving) as u128 / shares as u128) as u64;
    Ok(UnstakePlan { shares: leaving, paid: fund.assets, value_left })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn fund()(assets in 0..1_u64 << 50, deployed in 0..1_u64 << 50, shares in 0..1_u64 << 58, virtual_shares in 1..1_u64 << 58) -> Fund {
            Fund { assets, deployed, shares, virtual_shares }
        }
    }

    fn staked(fund: Fund, plan: StakePlan) -> Fund {
        let shares = if plan.is_new_epoch { 0 } else { fund.shares };
        let virtual_shares = plan.virtual_shares;
        Fund { assets: fund.assets + plan.paid, shares: shares + plan.shares, virtual_shares, ..fund }
    }

    proptest! {
        #[test]
        fn t55_staking_and_leaving_never_gains_and_costs_at_most_an_atom(fund in fund(), amount in 1..1_u64 << 50) {
            if let Ok(plan) = plan_stake(&fund, amount) {
                prop_assert!(plan.paid <= amount);
                let worth = staked(fund, plan).value_down(plan.shares);
                prop_assert!(worth <= plan.paid && worth + 1 >= plan.paid, "{worth} of {}", plan.paid);
            }
        }

        #[test]
        fn i06_splitting_a_stake_gains_nothing(fund in fund(), amount in 2..1_u64 << 50, cut in 1..1_u64 << 50) {
            let cut = cut % (amount - 1) + 1;
            let whole = plan_stake(&fund, amount);
            let first = plan_stake(&fund, cut);
            if let (Ok(whole), Ok(first)) = (whole, first) {
                let then = staked(fund, first);
                if let Ok(second) = plan_stake(&then, amount - cut) {
                    let parts = staked(then, second);
                    let once = staked(fund, whole);
                    prop_assert!(parts.value_down(first.shares + second.shares) - (first.paid + second.paid).min(parts.value_down(first.shares + second.shares))
                        <= once.value_down(whole.shares) - whole.paid.min(once.value_down(whole.shares)));
                }
            }
        }

        /// T66: two who leave together get what they are worth in either order, to the atom.
        #[test]
        fn t66_leaving_is_pro_rata_in_any_order(total in 0..1_u64 << 50, a in 1..1_u64 << 50, b in 1..1_u64 << 50, others in 0..1_u64 << 50) {
            let fund = Fund { assets: total, deployed: 0, shares: a + b + others, virtual_shares: 1_000 };
            let leave = |fund: Fund, shares| {
                let paid = plan_unstake(&fund, shares, u64::MAX).unwrap().paid;
                (paid, Fund { assets: fund.assets - paid, shares: fund.shares - shares, ..fund })
            };
            let (a_first, rest) = leave(fund, a);
            let (b_second, _) = leave(rest, b);
            let (b_first, rest) = leave(fund, b);
            let (a_second, _) = leave(rest, a);
            prop_assert!(a_first.abs_diff(a_second) <= 1 && b_first.abs_diff(b_second) <= 1);
        }

        #[test]
        fn nothing_panics(assets: u64, deployed: u64, shares: u64, virtual_shares: u64, amount: u64) {
            let fund = Fund { assets, deployed, shares, virtual_shares };
            let _ = (plan_stake(&fund, amount), plan_unstake(&fund, amount, amount), fund.is_wiped_out());
        }
    }

    #[test]
    fn t63_the_first_staker_cannot_make_the_next_one_pay_for_nothing() {
        let first = plan_stake(&Fund::default(), 1).unwrap();
        assert_eq!((first.shares, first.paid), (1_000, 1));
        let inflated = Fund { assets: 1, deployed: 1_000_000_000_000, shares: 1_000, virtual_shares: 1_000 };
        let victim = plan_stake(&inflated, 10_000_000_000).unwrap();
        assert!(victim.paid <= staked(inflated, victim).value_down(victim.shares) + 1);
        // Too little for one share is refused rather than taken.
        assert_eq!(plan_stake(&inflated, 1_000), Err(RiskError::StakeTooSmall));
    }

    #[test]
    fn what_was_there_before_the_first_staker_is_nobody_s() {
        let donated = Fund { assets: 0, deployed: 1_000_000_000_000, shares: 0, virtual_shares: 0 };
        let first = plan_stake(&donated, 500).unwrap();
        assert_eq!((first.shares, first.paid, first.virtual_shares), (500_000, 500, 1_000_000_000_001_000));
        assert_eq!(staked(donated, first).value_down(first.shares), 500);
    }

    #[test]
    fn t73_a_wiped_out_fund_starts_again() {
        let fund = Fund { assets: 0, deployed: 0, shares: 1_000_000_000, virtual_shares: 1_000 };
        assert_eq!(fund.value_down(1_000_000_000), 0);
        let again = StakePlan { shares: 7_000, paid: 7, is_new_epoch: true, virtual_shares: 1_000 };
        assert_eq!(plan_stake(&fund, 7), Ok(again));
        assert_eq!(plan_stake(&Fund { assets: 1, ..fund }, 7).map(|plan| plan.is_new_epoch), Ok(false));
    }

    #[test]
    fn leavers_get_the_lower_of_then_and_now_from_what_is_there() {
        let fund = Fund { assets: 60, deployed: 40, shares: 100_000 - 1_000, virtual_shares: 1_000 };
        let leave =
            |shares, then| plan_unstake(&fund, shares, then).map(|plan| (plan.shares, plan.paid, plan.value_left));
        assert_eq!(leave(50_000, 40), Ok((50_000, 40, 0)));
        assert_eq!(leave(50_000, 70), Ok((50_000, 50, 0)));
        // 70,000 shares are worth 70, the vault has 60: 60,000 leave, the rest waits with its part of what was asked.
        assert_eq!(leave(70_000, 80), Ok((60_000, 60, 11)));
        assert_eq!(plan_unstake(&Fund { assets: 0, ..fund }, 70_000, 70), Err(RiskError::FundIlliquid));
    }
}
