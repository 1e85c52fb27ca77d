//! The insurance fund's people: keepers who sweep, stakers who come, wait and leave.

use super::{Agenda, Generator};
use crate::{
    listing::DOLLAR,
    simulation::{
        cast::{MARKETS, STRANGER},
        operation::Operation,
        state::State,
    },
};

/// How long an exit stays open, in seconds.
const OPEN: i64 = 2 * 86_400;

fn every_market() -> Vec<u8> {
    (0..MARKETS as u8).collect()
}

fn leaving(staker: u8, recall: u8) -> Operation {
    Operation::Unstake { signer: staker, staker, destination: staker, markets: every_market(), recall }
}

impl Generator {
    /// Everybody who owns a margin account, and the stranger, may stake.
    fn staker(&mut self) -> u8 {
        self.dice.below(u64::from(STRANGER) + 1) as u8
    }

    fn stakers(&mut self, state: &State, fits: impl Fn(&firebreak::state::InsuranceStake) -> bool) -> Option<u8> {
        let first = self.staker();
        let all = (0..=STRANGER).map(|step| (first + step) % (STRANGER + 1));
        all.into_iter().find(|staker| state.stakes[*staker as usize].as_ref().is_some_and(&fits))
    }

    pub(super) fn fund_life(&mut self, state: &State) -> Operation {
        match self.dice.below(100) {
            0..55 => Operation::SweepInsurance { market: self.market() },
            55..70 => {
                let staker = self.staker();
                let amount = match self.dice.below(7) {
                    0 => self.dice.between(1, 5_000) as u64,
                    6 => 1,
                    1 => self.dice.between(1, 300_000) as u64 * DOLLAR,
                    _ => self.dice.between(1, 5_000) as u64 * DOLLAR + self.dice.below(DOLLAR),
                };
                self.swept(state, Operation::Stake { staker, source: staker, amount, markets: every_market() })
            }
            70..80 => self.request(state),
            _ => self.leave(state),
        }
    }

    /// Sweeps everything at good prices before an operation that needs it; now and then not quite.
    fn swept(&mut self, state: &State, then: Operation) -> Operation {
        let steps = if self.dice.chance(60) { self.dice.below(5) as u8 } else { 30 };
        let any_price = self.dice.chance(60);
        self.pursue(state, Agenda { goal: then, steps, any_price })
    }

    fn request(&mut self, state: &State) -> Operation {
        let Some(staker) = self.stakers(state, |stake| stake.shares > 0) else {
            return Operation::SweepInsurance { market: self.market() };
        };
        let held = state.stakes[staker as usize].map_or(0, |stake| stake.shares);
        let shares = match self.dice.below(10) {
            0 => 0,
            1 => held + 1,
            2..6 => held,
            _ => self.dice.share(held, 1, 100).max(1),
        };
        Operation::RequestUnstake { signer: staker, staker, shares }
    }

    /// Leaves where an exit is open; else waits for the next one, or asks for one.
    fn leave(&mut self, state: &State) -> Operation {
        let now = state.now;
        let is_open = |leaves_at: i64| now >= leaves_at && now < leaves_at + OPEN;
        let open = self.stakers(state, |stake| stake.leaving_shares > 0 && is_open(stake.leaves_at));
        if let Some(staker) = open {
            let recall = if self.dice.chance(500) { self.dice.bits() as u8 } else { 0 };
            return self.swept(state, leaving(staker, recall));
        }
        let waiting = self.stakers(state, |stake| stake.leaving_shares > 0 && stake.leaves_at > now);
        match waiting.and_then(|staker| state.stakes[staker as usize]) {
            Some(stake) if self.dice.chance(150) => {
                let seconds = (stake.leaves_at - now + self.dice.between(-3, 90_000)).max(1);
                Operation::PassTime { seconds }
            }
            Some(_) if self.dice.chance(950) => Operation::SweepInsurance { market: self.market() },
            Some(_) => {
                let staker = waiting.unwrap_or(0);
                self.swept(state, leaving(staker, u8::MAX))
            }
            None => self.request(state),
        }
    }
}
