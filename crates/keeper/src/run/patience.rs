//! Targets that were refused wait, each for itself and longer every time, and never for ever.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use crate::job::Target;

/// A dead oracle costs one request in this time: when it comes back nobody should wait long.
const LONGEST_FOR_PRICES: Duration = Duration::from_secs(4);
/// Targets that are remembered; the oldest are forgotten.
const MOST: usize = 100_000;

/// How long each target waits.
#[derive(Debug)]
pub struct Patience {
    first: Duration,
    longest: Duration,
    waiting: BTreeMap<Target, (u32, Instant)>,
}

impl Patience {
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest: longest.max(first), waiting: BTreeMap::new() }
    }

    /// A refusal: the target waits twice as long as the last time. Returns for how long.
    pub fn refused(&mut self, target: Target, now: Instant) -> Duration {
        let longest = match target {
            Target::Price { .. } => self.longest.min(LONGEST_FOR_PRICES),
            _ => self.longest,
        };
        let (times, until) = self.waiting.entry(target).or_insert((0, now));
        let pause = self.first.saturating_mul(1_u32.checked_shl((*times).min(20)).unwrap_or(u32::MAX)).min(longest);
        (*times, *until) = (times.saturating_add(1), now + pause);
        if self.waiting.len() > MOST {
            self.forget(now);
        }
        pause
    }

    /// It worked: no more waiting.
    pub fn done(&mut self, target: &Target) {
        self.waiting.remove(target);
    }

    /// Targets that still wait.
    pub fn waiting(&self, now: Instant) -> BTreeSet<Target> {
        self.waiting.iter().filter(|(_, (_, until))| *until > now).map(|(target, _)| *target).collect()
    }

    /// Forgets who has waited long enough for a refusal to be a new one.
    pub fn forget(&mut self, now: Instant) {
        let longest = self.longest;
        self.waiting.retain(|_, (_, until)| now.saturating_duration_since(*until) < longest);
        while self.waiting.len() > MOST {
            self.waiting.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_target_waits_longer_each_time_up_to_the_cap_and_holds_up_nobody_else() {
        let (mut patience, start) = (Patience::new(Duration::from_secs(1), Duration::from_secs(9)), Instant::now());
        let (bad, good) = (Target::Breaker { market: 1 }, Target::Breaker { market: 2 });
        let pauses: Vec<u64> = (0..6).map(|_| patience.refused(bad, start).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 9, 9]);
        assert_eq!(patience.waiting(start), [bad].into());
        assert!(!patience.waiting(start).contains(&good));
        assert!(patience.waiting(start + Duration::from_secs(9)).is_empty(), "tried again, and not held back for ever");
        patience.done(&bad);
        assert_eq!(patience.refused(bad, start).as_secs(), 1);
        let price = Target::Price { asset: 0 };
        assert_eq!((0..9).map(|_| patience.refused(price, start).as_secs()).max(), Some(4));
        patience.forget(start + Duration::from_secs(60));
        assert!(patience.waiting.is_empty());
    }
}
