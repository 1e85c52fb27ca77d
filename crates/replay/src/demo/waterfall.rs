//! Who paid what a bankrupt account had lost, measured on the accounts before and after.

use risk::Leg;
use serde::Serialize;

/// How a loss was paid, in quote atoms. Law (`holds`): the parts add up to the loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Waterfall {
    pub loss: u64,
    /// The bankrupt account's own.
    pub cash: u64,
    pub tranche: u64,
    /// Taken from the positions of the other side.
    pub side: u64,
    /// Owed by the market's own position, which fees pay.
    pub fees: u64,
    /// A debt that the account's claims in other markets pay.
    pub waiting: u64,
}

/// What a resolution can change: the bankrupt account's cash and leg, the market's tranche.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub cash: u64,
    pub leg: Leg,
    pub tranche: u64,
}

impl Waterfall {
    /// From what was there before and after, what was charged to others, and a penalty that the tranche got meanwhile.
    pub fn between(before: &Reading, after: &Reading, mark: u64, (side, fees): (u64, u64), penalty: u64) -> Self {
        // A notional is at most 2^58.
        let loss = |leg: &Leg| u64::try_from(leg.entry - leg.size * mark as i64).unwrap_or_default();
        // Lots that stay keep their part of the loss; what a flat leg still owes waits for claims.
        let (left, waiting) = if after.leg.size == 0 { (0, loss(&after.leg)) } else { (loss(&after.leg), 0) };
        Self {
            loss: loss(&before.leg).saturating_sub(left),
            cash: before.cash.saturating_sub(after.cash),
            tranche: (before.tranche + penalty).saturating_sub(after.tranche),
            side,
            fees,
            waiting,
        }
    }

    pub fn holds(&self) -> bool {
        let parts = [self.cash, self.tranche, self.side, self.fees, self.waiting];
        parts.iter().map(|part| u128::from(*part)).sum::<u128>() == u128::from(self.loss)
    }

    pub fn add(&mut self, other: &Self) {
        self.loss += other.loss;
        self.cash += other.cash;
        self.tranche += other.tranche;
        self.side += other.side;
        self.fees += other.fees;
        self.waiting += other.waiting;
    }
}

/// What one position gave up, and what it should have: its part of each charge by the lots it held then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Burden {
    pub market: u8,
    /// Signed, before the first charge.
    pub lots: i64,
    pub events: u64,
    /// Atoms, rounded down per event.
    pub share: u128,
    /// Atoms of its worth.
    pub taken: i128,
}

impl Burden {
    /// One more charge of `charge` atoms, of a side that holds `all`, this position `held` of it.
    pub fn charged(&mut self, charge: u64, held: u64, all: u128, taken: i128) {
        self.events += 1;
        self.share += u128::from(charge) * u128::from(held) / all.max(1);
        self.taken += taken;
    }

    /// Roundings go against the position, per event: 1 atom for the charge, 1 for the fraction of a lot, 1 for the share above,
    /// and its lots * 2^-23.
    pub fn holds(&self) -> bool {
        let per_event = 3 + i128::from(self.lots.unsigned_abs().div_ceil(1 << 23));
        let over = self.taken - self.share as i128;
        (0..=per_event * i128::from(self.events)).contains(&over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zoe_s_loss_is_paid_as_in_the_documentation() {
        let before = Reading { cash: 40_000_000, leg: Leg { size: 250, entry: 375_000_000 }, tranche: 4_000_000 };
        let after = Reading { cash: 0, leg: Leg::default(), tranche: 0 };
        let paid = Waterfall::between(&before, &after, 1_300_000, (6_000_000, 0), 0);
        let expected = Waterfall { loss: 50_000_000, cash: 40_000_000, tranche: 4_000_000, side: 6_000_000, ..paid };
        assert_eq!(paid, expected);
        assert!(paid.holds() && (paid.fees, paid.waiting) == (0, 0));
        assert!(!Waterfall { side: 5_999_999, ..paid }.holds());
        let mut both = paid;
        both.add(&paid);
        assert!(both.holds() && both.loss == 100_000_000);
    }

    #[test]
    fn a_debt_waits_and_a_penalty_is_not_counted_as_paid() {
        let before = Reading { cash: 5, leg: Leg { size: -10, entry: -900 }, tranche: 50 };
        let after = Reading { cash: 0, leg: Leg { size: 0, entry: 60 }, tranche: 23 };
        let paid = Waterfall::between(&before, &after, 100, (0, 5), 3);
        assert_eq!(paid, Waterfall { loss: 100, cash: 5, tranche: 30, side: 0, fees: 5, waiting: 60 });
        assert!(paid.holds());
    }

    #[test]
    fn lots_taken_in_part_pay_their_part_of_the_loss() {
        let before = Reading { cash: 40, leg: Leg { size: 10, entry: 1_100 }, tranche: 500 };
        let after = Reading { cash: 24, leg: Leg { size: 6, entry: 660 }, tranche: 476 };
        let paid = Waterfall::between(&before, &after, 100, (0, 0), 0);
        assert_eq!(paid, Waterfall { loss: 40, cash: 16, tranche: 24, ..Waterfall::default() });
        assert!(paid.holds());
    }

    #[test]
    fn a_side_gives_up_its_share_by_lots_and_a_few_atoms_of_rounding_at_most() {
        // Ann, Ben and Cid hold 600, 300 and 100 lots and bear 6,000,000.
        for (lots, taken) in [(600, 3_600_000), (300, 1_800_000), (100, 600_000)] {
            let mut burden = Burden { lots: -lots, ..Burden::default() };
            burden.charged(6_000_000, (lots as u64) << 32, 1_000 << 32, taken);
            assert!(burden.holds() && burden.share == taken as u128);
            assert!(Burden { taken: taken + 4, ..burden }.holds());
            assert!(!Burden { taken: taken + 5, ..burden }.holds());
            assert!(!Burden { taken: taken - 1, ..burden }.holds());
        }
    }
}
