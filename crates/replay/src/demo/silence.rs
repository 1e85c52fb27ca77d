//! The demo's one invention beside its cast: an oracle that says nothing while the price falls.

use super::script::Scene;

/// How long the price has to stay down after the silence, so that it counts as a gap and not as a spike.
const STAYS_SECONDS: u32 = 180;
/// Falls from which on a silence is worth showing, in basis points.
const LEAST_FALL_BPS: u64 = 500;

/// An asset whose oracle says nothing from one scene to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    pub asset: usize,
    /// Scenes, both inclusive; neither is the script's first or last one.
    pub first: usize,
    pub last: usize,
}

impl Silence {
    /// Whether an asset's oracle is silent in a scene.
    pub fn covers(&self, asset: usize, scene: usize) -> bool {
        self.asset == asset && (self.first..=self.last).contains(&scene)
    }

    /// Where `minutes` of silence hide the deepest lasting fall: from the last price before to the highest one of the three
    /// minutes after. `None` where nothing falls by 5 %, or for no minutes.
    pub fn worst(scenes: &[Scene], step_seconds: u32, minutes: u32) -> Option<Self> {
        let step = step_seconds.max(1);
        let steps = |seconds: u32| seconds.div_ceil(step) as usize;
        let (length, stays) = (steps(minutes.saturating_mul(60)), steps(STAYS_SECONDS).max(1));
        if length == 0 {
            return None;
        }
        let mut worst = (LEAST_FALL_BPS - 1, None);
        for asset in 0..3 {
            for first in 1..scenes.len().saturating_sub(length + stays) {
                let last = first + length - 1;
                let before = scenes[first - 1].prices_e8[asset];
                let after =
                    scenes[last + 1..=last + stays].iter().map(|scene| scene.prices_e8[asset]).max().unwrap_or(0);
                let fall_bps = before.saturating_sub(after) * 10_000 / before.max(1);
                if fall_bps > worst.0 {
                    worst = (fall_bps, Some(Self { asset, first, last }));
                }
            }
        }
        worst.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_silence_hides_the_deepest_fall_that_lasts() {
        let scene = |(index, price): (usize, u64)| Scene { time: index as i64 * 60, prices_e8: [100, price, 100] };
        let falls = |prices: &[u64]| -> Vec<Scene> { prices.iter().copied().enumerate().map(scene).collect() };
        // A spike to 40 comes back at once; from 100 to 85 it stays.
        let scenes = falls(&[100, 100, 40, 100, 99, 98, 90, 85, 84, 85, 90, 95]);
        assert_eq!(Silence::worst(&scenes, 60, 2), Some(Silence { asset: 1, first: 5, last: 6 }));
        assert_eq!(Silence::worst(&scenes, 60, 0), None);
        assert_eq!(Silence::worst(&falls(&[100, 99, 98, 97, 96, 96, 96, 96]), 60, 2), None);
        assert_eq!(Silence::worst(&scenes[..4], 60, 2), None);
        let silence = Silence { asset: 1, first: 5, last: 6 };
        assert_eq!([4, 5, 6, 7].map(|scene| silence.covers(1, scene)), [false, true, true, false]);
        assert!(!silence.covers(0, 5));
    }
}
