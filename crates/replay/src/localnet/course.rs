//! Where prices go.

use std::time::Duration;

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

use crate::demo::Script;

/// 10^-8 dollars, by asset: SOL, BTC and ETH.
pub type Prices = [u64; 3];

/// Prices of a network that replays nothing.
pub const STILL: Prices = [15_000_000_000, 12_000_000_000_000, 400_000_000_000];

/// The course of prices.
#[derive(Clone, Debug)]
pub enum Course {
    /// Everything holds still.
    Hold,
    /// Everything stays within so many basis points of where it would hold still, another price every second.
    Wiggle { bps: u32 },
    /// A script, so many times as fast; from the beginning again once it ends, where it loops.
    Replay { script: Box<Script>, speed: u32, loops: bool },
}

impl Course {
    /// What oracles say so long after the beginning, no price where one is silent; and how often a loop was played to its end.
    pub fn at(&self, elapsed: Duration) -> (u64, [Option<u64>; 3]) {
        let (script, speed, loops) = match self {
            Self::Hold => return (0, STILL.map(Some)),
            Self::Wiggle { bps } => return (0, wiggled(*bps, elapsed.as_secs())),
            Self::Replay { script, speed, loops } => (script, speed, loops),
        };
        let step = u64::from(script.step_seconds.max(1)) * 1_000;
        let played = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).saturating_mul(u64::from(*speed)) / step;
        let count = script.scenes.len().max(1) as u64;
        let (round, index) = match loops {
            true => (played / count, played % count),
            false => (0, played.min(count - 1)),
        };
        let Some(scene) = script.scenes.get(index as usize) else { return (0, STILL.map(Some)) };
        let mut said = scene.prices_e8.map(Some);
        if let Some(silence) = script.silence.filter(|silence| silence.covers(silence.asset, index as usize)) {
            said[silence.asset] = None;
        }
        (round, said)
    }
}

/// The prices of one second, each a little off.
fn wiggled(bps: u32, second: u64) -> [Option<u64>; 3] {
    let mut generator = ChaCha8Rng::seed_from_u64(second);
    STILL.map(|price| {
        let most = price / 10_000 * u64::from(bps);
        Some(price - most + generator.next_u64() % (2 * most + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::Scene;

    fn replay(loops: bool) -> Course {
        let scenes = [100, 90, 80].map(|price| Scene { time: 0, prices_e8: [price, 2, 3] }).to_vec();
        let script = Script { scenes, step_seconds: 60, sources: vec![], lot_exponents: [0; 3], silence: None };
        Course::Replay { script: Box::new(script), speed: 10, loops }
    }

    #[test]
    fn a_replay_runs_so_many_times_as_fast_and_ends_or_begins_anew() {
        let at = |loops, milliseconds| replay(loops).at(Duration::from_millis(milliseconds));
        assert_eq!(at(false, 0), (0, [Some(100), Some(2), Some(3)]));
        assert_eq!(at(false, 5_999).1[0], Some(100));
        assert_eq!(at(false, 6_000).1[0], Some(90));
        assert_eq!(at(false, 600_000), (0, [Some(80), Some(2), Some(3)]));
        assert_eq!(at(true, 17_999), (0, [Some(80), Some(2), Some(3)]));
        assert_eq!(at(true, 18_000), (1, [Some(100), Some(2), Some(3)]));
        assert_eq!(Course::Hold.at(Duration::MAX), (0, STILL.map(Some)));
    }

    #[test]
    fn a_wiggle_moves_every_second_and_stays_close() {
        let at = |second| Course::Wiggle { bps: 5 }.at(Duration::from_secs(second)).1;
        assert_eq!(at(7), at(7));
        for second in 0..1_000 {
            assert_ne!(at(second), at(second + 1));
            for (price, still) in at(second).into_iter().zip(STILL) {
                assert!(price.unwrap().abs_diff(still) <= still / 2_000);
            }
        }
        assert_eq!(Course::Wiggle { bps: 0 }.at(Duration::ZERO).1, STILL.map(Some));
    }
}
