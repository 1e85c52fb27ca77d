//! Trading fees: senior from cash, the rest a junior claim on the pool.

use crate::{Leg, Result, RiskError, bps_up, notional};

/// A fee of which `from_cash` moves from the payer's cash to the market's fees at once, and `from_entry` raises the
/// payer's entry and lowers the market's own (dust) entry: a claim that is paid when the pool can.
/// Law: the payer's equity falls by exactly the fee.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeePlan {
    pub from_cash: u64,
    pub from_entry: u64,
    pub payer: Leg,
    pub dust: Leg,
}

/// The fee on `lots` at `price`, rounded up, so that no trade is free.
#[inline(always)]
pub const fn plan_fee(lots: i64, price: u64, fee_bps: u64, cash: u64, payer: Leg, dust: Leg) -> Result<FeePlan> {
    let fee = match notional(lots, price) {
        Ok(notional) => match bps_up(notional, fee_bps) {
            Ok(fee) => fee,
            Err(error) => return Err(error),
        },
        Err(error) => return Err(error),
    };
    let from_cash = if fee < cash { fee } else { cash };
    let from_entry = fee - from_cash;
    let (Some(payer_entry), Some(dust_entry)) =
        (payer.entry.checked_add_unsigned(from_entry), dust.entry.checked_sub_unsigned(from_entry))
    else {
        return Err(RiskError::ArithmeticOverflow);
    };
    Ok(FeePlan {
        from_cash,
        from_entry,
        payer: Leg { size: payer.size, entry: payer_entry },
        dust: Leg { size: dust.size, entry: dust_entry },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn i01_a_fee_is_paid_once_and_in_full(lots in 1..1_000_i64, price in 1..1_000_000_u64, bps in 0..1_000_u64, cash in 0..1_000_000_u64) {
            let payer = Leg { size: 5, entry: 77 };
            let plan = plan_fee(lots, price, bps, cash, payer, Leg::default()).unwrap();
            prop_assert_eq!(plan.payer.entry - payer.entry, plan.from_entry as i64);
            prop_assert_eq!(plan.payer.entry + plan.dust.entry, payer.entry);
            prop_assert!(plan.from_cash <= cash);
            prop_assert!(plan.from_entry == 0 || plan.from_cash == cash);
        }

        #[test]
        fn i06_splitting_a_trade_never_saves_fees(lots in 2..1_000_i64, cut in 1..1_000_i64, price in 1..1_000_000_u64, bps in 1..1_000_u64) {
            let cut = cut % (lots - 1) + 1;
            let fee = |lots| plan_fee(lots, price, bps, u64::MAX, Leg::default(), Leg::default()).unwrap().from_cash;
            prop_assert!(fee(cut) + fee(lots - cut) >= fee(lots));
        }
    }

    #[test]
    fn t56_a_one_atom_trade_is_not_free() {
        assert_eq!(plan_fee(1, 1, 5, 10, Leg::default(), Leg::default()).unwrap().from_cash, 1);
    }
}
