//! Who pays what an account without equity lost: its own means first, then each market its share.

use crate::{Result, RiskError};

/// What a market's loss is made of. Law: `deficit + from_cash + waiting` is the loss.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BankruptcyShare {
    /// Borne by the market: its tranche, then the other side.
    pub deficit: u64,
    /// From the account's cash, now.
    pub from_cash: u64,
    /// Backed by claims in other markets; a debt until they are settled.
    pub waiting: u64,
}

/// One market's share in the bankruptcy of an account with negative `equity`, of whose `losses` (at mark, over all markets that
/// have not borne their share yet) `loss` is this market's: the deficit in proportion to the loss, rounded up, at most the loss.
/// Because cash pays no more than what is left of the loss, the proportion is the same for the markets still to be
/// resolved, in any order.
/// Error: `AccountSolvent` where equity is not negative.
pub const fn plan_bankruptcy(equity: i64, losses: u64, loss: u64, cash: u64) -> Result<BankruptcyShare> {
    if equity >= 0 {
        return Err(RiskError::AccountSolvent);
    }
    let missing = equity.unsigned_abs();
    if loss > losses {
        return Err(RiskError::ArithmeticOverflow);
    }
    let deficit = match losses {
        0 => 0,
        // Means that fell short after other markets bore their share leave more missing than losses.
        _ if missing >= losses => loss,
        // Up, so that the last atom is somebody's: the markets left have that much less to bear.
        _ => (missing as u128 * loss as u128).div_ceil(losses as u128) as u64,
    };
    let own = loss - deficit; // at most the loss in each case
    let from_cash = if own < cash { own } else { cash };
    Ok(BankruptcyShare { deficit, from_cash, waiting: own - from_cash })
}

impl BankruptcyShare {
    /// What goes with `lots` of the position's `all`: of the deficit rounded up, of the cash down, so that no lot stays behind with more
    /// than its part. Error: `SizeOutOfRange` for more lots than there are; `LotsInseparable` where a part is taken of a loss
    /// that partly waits for claims.
    pub const fn of_lots(&self, lots: u64, all: u64) -> Result<Self> {
        if lots == all {
            return Ok(*self);
        }
        if lots > all {
            return Err(RiskError::SizeOutOfRange);
        }
        if self.waiting > 0 {
            return Err(RiskError::LotsInseparable);
        }
        let deficit = (self.deficit as u128 * lots as u128).div_ceil(all as u128) as u64; // at most the whole
        let from_cash = (self.from_cash as u128 * lots as u128 / all as u128) as u64;
        Ok(Self { deficit, from_cash, waiting: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What the markets bear adds up to the deficit, whichever is resolved first, but for an atom of rounding per market.
        #[test]
        fn i07_markets_share_a_deficit_in_proportion_in_any_order(
            losses in prop::collection::vec(0..1_u64 << 50, 1..8), means in 0..1_u64 << 50, cash in 0..1_u64 << 50, first in 0..8_usize,
        ) {
            let total: u64 = losses.iter().sum();
            prop_assume!(total > means);
            let (mut left, mut equity, mut cash, mut borne) = (total, means as i64 - total as i64, cash.min(means), 0);
            let turn = first % losses.len();
            let order: Vec<u64> = losses[turn..].iter().chain(&losses[..turn]).copied().collect();
            // What waits for claims stays a debt, which counts in equity and no longer in the losses.
            for (done, loss) in order.iter().enumerate() {
                if equity == 0 { break; }
                let share = plan_bankruptcy(equity, left, *loss, cash).unwrap();
                prop_assert_eq!(share.deficit + share.from_cash + share.waiting, *loss);
                let exact = u128::from(total - means) * u128::from(*loss) / u128::from(total);
                prop_assert!(u128::from(share.deficit).abs_diff(exact) <= done as u128 + 1);
                borne += share.deficit;
                left -= loss;
                equity += share.deficit as i64;
                cash -= share.from_cash;
            }
            prop_assert_eq!(borne, total - means);
        }

        #[test]
        fn nothing_panics(equity: i64, losses: u64, loss: u64, cash: u64) { let _ = plan_bankruptcy(equity, losses, loss, cash); }
    }

    #[test]
    fn lots_take_their_part_of_the_deficit_with_them() {
        let share = BankruptcyShare { deficit: 100, from_cash: 50, waiting: 0 };
        assert_eq!(share.of_lots(3, 7), Ok(BankruptcyShare { deficit: 43, from_cash: 21, waiting: 0 }));
        assert_eq!(share.of_lots(7, 7), Ok(share));
        assert_eq!(share.of_lots(8, 7), Err(RiskError::SizeOutOfRange));
        let waiting = BankruptcyShare { waiting: 1, ..share };
        assert_eq!(waiting.of_lots(6, 7), Err(RiskError::LotsInseparable));
        assert_eq!(waiting.of_lots(7, 7), Ok(waiting));
    }

    #[test]
    fn only_negative_equity_is_bankrupt() {
        assert_eq!(plan_bankruptcy(0, 5, 5, 0), Err(RiskError::AccountSolvent));
        assert_eq!(plan_bankruptcy(-1, 5, 5, 9), Ok(BankruptcyShare { deficit: 1, from_cash: 4, waiting: 0 }));
    }
}
