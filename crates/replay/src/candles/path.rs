//! A price for every step of time, walked through the four prices of each candle.
//!
//! Within a candle the price goes open, low, high, close (or open, high, low, close) in straight lines over equal
//! thirds. What the market really did between the four prices is not known: run both orders.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::error::{CandleFault, Column, PathError};
use super::{Candle, interval_seconds};

/// Noise beyond the price itself would be clamped anyway.
pub(super) const MAX_NOISE_BPS: u16 = 10_000;
const BPS: i128 = 10_000;

/// Which extreme a candle visits first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    LowFirst,
    HighFirst,
}

/// An iterator of `(time, price_e8)`: unix seconds, and 10^-8 of the quote currency. The same arguments give the same
/// path.
///
/// Samples stand at the first candle's start and every `step_seconds` after it, and at the last candle's end.
/// - A sample at a candle's start is its open; the last sample is the last close. Where two candles meet, the next open
///   wins: a gap between close and open is a jump.
/// - The low and the high of every candle are always visited: at the sample that falls on them, else at the nearest.
/// - Between the end of a candle and the start of the next, where the data has a hole, the close holds.
/// - Noise moves none of these, and never takes a price outside its candle.
#[derive(Debug, Clone)]
pub struct PricePath {
    candles: Vec<Candle>,
    order: Order,
    interval_seconds: i64,
    step_seconds: i64,
    noise_bps: u16,
    generator: ChaCha8Rng,
    index: usize,
    next_time: Option<i64>,
}

impl PricePath {
    /// The length of a candle is the shortest distance between two neighbours. Each sample that is not a corner moves
    /// by up to `noise_bps` of its price either way, drawn evenly from a generator seeded with `seed`.
    ///
    /// # Errors
    /// `CandlesTooFew` (fewer than two), `CandleInvalid`, `StepZero`, `StepTooLong` (over a third of a candle: it
    /// could not visit both extremes), `NoiseTooLarge`.
    pub fn new(
        candles: &[Candle],
        order: Order,
        step_seconds: u32,
        noise_bps: u16,
        seed: u64,
    ) -> Result<Self, PathError> {
        for (index, candle) in candles.iter().enumerate() {
            let invalid = |(column, fault)| PathError::CandleInvalid { index, column, fault };
            candle.invariant().map_err(invalid)?;
            if index > 0 && candles[index - 1].time >= candle.time {
                return Err(invalid((Column::Time, CandleFault::TimeNotIncreasing)));
            }
        }
        let interval_seconds = interval_seconds(candles).ok_or(PathError::CandlesTooFew)?;
        if step_seconds == 0 {
            return Err(PathError::StepZero);
        }
        if i64::from(step_seconds) * 3 > interval_seconds {
            return Err(PathError::StepTooLong { step_seconds, interval_seconds });
        }
        if noise_bps > MAX_NOISE_BPS {
            return Err(PathError::NoiseTooLarge { noise_bps });
        }
        Ok(Self {
            candles: candles.to_vec(),
            order,
            interval_seconds,
            step_seconds: i64::from(step_seconds),
            noise_bps,
            generator: ChaCha8Rng::seed_from_u64(seed),
            index: 0,
            next_time: candles.first().map(|candle| candle.time),
        })
    }

    /// The time of the first sample, unix seconds.
    #[must_use]
    pub fn start(&self) -> i64 {
        self.candles.first().map_or(0, |candle| candle.time)
    }

    /// The time of the last sample, unix seconds: the end of the last candle.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.candles.last().map_or(0, |candle| candle.time + self.interval_seconds)
    }

    /// The length of a candle, seconds.
    #[must_use]
    pub fn interval_seconds(&self) -> i64 {
        self.interval_seconds
    }

    /// The price at `time` in `candle`, and whether it is one that noise must not move.
    fn sample(&self, candle: &Candle, time: i64) -> (u64, bool) {
        let corners = match self.order {
            Order::LowFirst => [candle.open_e8, candle.low_e8, candle.high_e8, candle.close_e8],
            Order::HighFirst => [candle.open_e8, candle.high_e8, candle.low_e8, candle.close_e8],
        };
        let elapsed = time - candle.time;
        if elapsed == 0 {
            return (corners[0], true);
        }
        if elapsed >= self.interval_seconds {
            return (corners[3], true);
        }
        // Thirds of a candle need not be whole seconds, so distances are counted in thirds of a second, and each leg is
        // `interval_seconds` of them long.
        let thirds = elapsed * 3;
        for (corner, place) in [(corners[1], self.interval_seconds), (corners[2], self.interval_seconds * 2)] {
            if self.is_nearest(thirds, place) {
                return (corner, true);
            }
        }
        let leg = (thirds / self.interval_seconds) as usize;
        let along = i128::from(thirds % self.interval_seconds);
        let (from, to) = (i128::from(corners[leg]), i128::from(corners[leg + 1]));
        // Division goes towards the corner the leg comes from, so the price stays between the two.
        let price = from + (to - from) * along / i128::from(self.interval_seconds);
        (price as u64, false)
    }

    /// Whether of all samples the one at `thirds` is the nearest to the corner at `place`, the earlier of two as near.
    ///
    /// A corner is a third of a candle from either end and from the other corner, and a step is at most that: so the
    /// nearest sample is inside the candle, and no sample is the nearest to both.
    fn is_nearest(&self, thirds: i64, place: i64) -> bool {
        let distance = (place - thirds) * 2;
        let step = self.step_seconds * 3;
        -step < distance && distance <= step
    }

    /// The price moved by up to `noise_bps` of itself, within the candle.
    fn with_noise(&mut self, candle: &Candle, price_e8: u64) -> u64 {
        if self.noise_bps == 0 {
            return price_e8;
        }
        let price = i128::from(price_e8);
        let reach = price * i128::from(self.noise_bps) / BPS;
        // The high word of the product is even over 0..=2 * reach but for one part in 2^64 / reach.
        let drawn = (i128::from(self.generator.next_u64()) * (reach * 2 + 1)) >> 64;
        let moved = price - reach + drawn;
        moved.clamp(i128::from(candle.low_e8), i128::from(candle.high_e8)) as u64
    }
}

impl Iterator for PricePath {
    type Item = (i64, u64);

    fn next(&mut self) -> Option<(i64, u64)> {
        let time = self.next_time?;
        while self.candles.get(self.index + 1).is_some_and(|next| next.time <= time) {
            self.index += 1;
        }
        let candle = self.candles[self.index];
        let (price_e8, is_fixed) = self.sample(&candle, time);
        let price_e8 = if is_fixed { price_e8 } else { self.with_noise(&candle, price_e8) };
        let end = self.end();
        self.next_time = (time < end).then(|| end.min(time + self.step_seconds));
        Some((time, price_e8))
    }
}
