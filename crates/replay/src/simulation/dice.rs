//! Random draws from one seed.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

/// The only source of chance in a simulation.
pub struct Dice(ChaCha8Rng);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// 0 up to, not including, `bound`; 0 where that is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// Both ends included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as u64) as i64
    }

    /// True `per_mille` times in a thousand.
    pub fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// `amount` times a random number of percent.
    pub fn share(&mut self, amount: u64, low_percent: i64, high_percent: i64) -> u64 {
        let percent = self.between(low_percent, high_percent) as u128;
        u64::try_from(u128::from(amount) * percent / 100).unwrap_or(u64::MAX)
    }

    /// An index, by weight.
    pub fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        0
    }

    /// A number from where arithmetic breaks.
    pub fn extreme(&mut self) -> u64 {
        const EDGES: [u64; 14] = [
            0,
            1,
            2,
            1 << 28,
            (1 << 28) + 1,
            1 << 30,
            (1 << 30) + 1,
            1 << 31,
            1 << 32,
            1 << 58,
            i64::MAX as u64,
            1 << 63,
            (1 << 63) + 1,
            u64::MAX,
        ];
        if self.chance(100) { self.bits() } else { self.pick(&EDGES) }
    }
}
