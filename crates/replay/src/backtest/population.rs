//! Who trades on a day: drawn once from the day's seed, the same for every regime.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

use crate::listing::DOLLAR;

pub const TRADERS: usize = 240;
/// Most leverage anybody wants: what 10 % initial margin leaves after spread and fee, in hundredths.
const MOST_LEVERAGE: u64 = 950;

/// What one trader wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trader {
    /// When it opens, in steps from the first price.
    pub arrives: usize,
    pub cash: u64,
    /// In hundredths.
    pub leverage: u64,
    pub is_long: bool,
    /// Looks at its account from time to time, and reduces.
    pub is_watchful: bool,
}

/// Even draws from one seed.
struct Dice(ChaCha8Rng);

impl Dice {
    /// 0 up to, not including, `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }
}

/// The traders of a day of so many steps: two of three arrive within its first tenth, the others any time.
pub fn traders(seed: u64, steps: usize) -> Vec<Trader> {
    let mut dice = Dice(ChaCha8Rng::seed_from_u64(seed));
    let trader = |_| {
        let early = dice.below(3) < 2;
        let within = if early { steps / 10 } else { steps } as u64;
        Trader {
            arrives: dice.below(within.max(1)) as usize,
            cash: ((500 * DOLLAR) << dice.below(6)) / 1_000 * (1_000 + dice.below(1_000)),
            leverage: 100 + dice.below(MOST_LEVERAGE - 99),
            is_long: dice.below(100) < 65,
            is_watchful: dice.below(3) == 0,
        }
    };
    (0..TRADERS).map(trader).collect()
}
