//! Prices: calm, trending, crashing, stale, and wrong in every field.

use crate::{
    pyth::{Verification, raw_price},
    simulation::{
        cast::MARKETS,
        dice::Dice,
        generator::Generator,
        operation::{Operation, Reading},
        state::State,
    },
};

/// The market's own mind: where each price is and where it tends.
pub struct Oracle {
    /// Quote atoms per lot, in thousandths.
    prices: [u64; MARKETS],
    /// Where each began, in quote atoms per lot.
    home: [u64; MARKETS],
    /// Basis points per step.
    trend: [i64; MARKETS],
}

const FRACTION: u64 = 1_000;

impl Oracle {
    pub fn new(dice: &mut Dice, home: [u64; MARKETS]) -> Self {
        Self { prices: home.map(|price| price * FRACTION), home, trend: home.map(|_| dice.between(-5, 5)) }
    }

    pub fn first(&self, state: &State) -> Operation {
        let markets: Vec<u8> = (0..MARKETS as u8).collect();
        refresh(markets.iter().map(|market| self.reading(state, *market, 5)).collect())
    }

    /// An honest reading, with a confidence of this many basis points.
    fn reading(&self, state: &State, market: u8, confidence_bps: u64) -> Reading {
        let index = market as usize;
        let row = &state.rows[index];
        let raw = i128::from(raw_price(row, self.prices[index])) / i128::from(FRACTION);
        Reading {
            feed: market,
            price: raw as i64,
            confidence: (raw as u64 / 10_000).saturating_mul(confidence_bps),
            exponent: row.primary_exponent,
            publish_time: state.now,
            verification: Verification::Full,
            is_accepted_owner: true,
        }
    }

    /// Moves one price a step, at times a gap of 5 to 70 %.
    fn step(&mut self, dice: &mut Dice, market: usize) {
        if dice.chance(20) {
            self.trend[market] = dice.between(-20, 20);
        }
        // The thin market jumps more often.
        let jump = match dice.below(if market == MARKETS - 1 { 300 } else { 1_000 }) {
            0..6 => dice.between(500, 3_000),
            6..8 => dice.between(3_000, 7_000),
            8..15 => return self.prices[market] = self.home[market] * FRACTION,
            15..60 => dice.between(100, 450),
            _ => 0,
        };
        let step = self.trend[market] + dice.between(-30, 30);
        let bps = 10_000 + if dice.chance(450) { step + jump } else { step - jump };
        let moved = u128::from(self.prices[market]) * bps.unsigned_abs() as u128 / 10_000;
        let home = u128::from(self.home[market] * FRACTION);
        self.prices[market] = moved.clamp(home / 10, home * 6) as u64;
    }
}

impl Oracle {
    /// Every price falls, or rises, by 10 to 50 %.
    fn crash(&mut self, dice: &mut Dice) {
        let falls = dice.chance(650);
        for (price, home) in self.prices.iter_mut().zip(self.home) {
            let bps = dice.between(1_000, 5_000) as u64;
            let bps = if falls { 10_000 - bps } else { 10_000 + bps };
            *price = (*price / 10_000 * bps).clamp(home * FRACTION / 10, home * FRACTION * 6);
        }
    }
}

fn refresh(readings: Vec<Reading>) -> Operation {
    let pairs = readings.iter().map(|reading| (reading.feed, reading.feed)).collect();
    Operation::RefreshPrices { readings, pairs }
}

impl Generator {
    /// A keeper brings new prices, of all markets or of some; rarely all of them fall together.
    pub(super) fn keeper(&mut self, state: &State) -> Operation {
        let all = self.dice.chance(800);
        if self.dice.chance(6) {
            self.oracle.crash(&mut self.dice);
        }
        let mut readings = Vec::new();
        for market in 0..MARKETS as u8 {
            if state.rows[market as usize].publish_time >= state.now || !(all || self.dice.chance(300)) {
                continue;
            }
            self.oracle.step(&mut self.dice, market as usize);
            let confidence_bps = if self.dice.chance(8) { self.dice.between(100, 480) } else { 5 } as u64;
            readings.push(self.oracle.reading(state, market, confidence_bps));
        }
        if readings.is_empty() { self.pass_time() } else { refresh(readings) }
    }

    /// Every price that is not of this second said again, so that what follows finds it fresh.
    pub(super) fn repeat_prices(&mut self, state: &State) -> Option<Operation> {
        let old = (0..MARKETS as u8).filter(|market| state.rows[*market as usize].publish_time < state.now);
        let readings: Vec<Reading> = old.map(|market| self.oracle.reading(state, market, 5)).collect();
        (!readings.is_empty()).then(|| refresh(readings))
    }

    pub(super) fn pass_time(&mut self) -> Operation {
        let seconds = match self.dice.below(1_000) {
            0..640 => self.dice.between(1, 4),
            640..880 => self.dice.between(5, 25),
            880..950 => self.dice.between(30, 90),
            950..985 => self.dice.between(100, 2_000),
            985..992 => self.dice.between(3_600, 30_000),
            992..996 => self.dice.between(-3, -1),
            _ => 0,
        };
        Operation::PassTime { seconds }
    }

    /// A reading that is wrong somewhere, or an assignment of feeds to assets that is.
    pub(super) fn bend_prices(
        &mut self,
        state: &State,
        mut readings: Vec<Reading>,
        mut pairs: Vec<(u8, u8)>,
    ) -> Operation {
        let market = self.market();
        if readings.is_empty() || self.dice.chance(300) {
            readings = vec![self.oracle.reading(state, market, 5)];
            pairs = vec![(market, market)];
        }
        let at = self.dice.below(readings.len() as u64) as usize;
        let last = state.rows[readings[at].feed as usize].publish_time;
        let (now, dice) = (state.now, &mut self.dice);
        let reading = &mut readings[at];
        match dice.below(14) {
            0 => reading.price = dice.pick(&[0, -1, i64::MIN, i64::MAX, 1, 1 << 40]),
            1 => reading.price = reading.price.saturating_mul(dice.pick(&[10, 1_000, 100_000, -1])),
            2 => reading.confidence = dice.extreme(),
            3 => reading.confidence = dice.share(reading.price.unsigned_abs(), 1, 9),
            4 => reading.exponent = dice.pick(&[-9, -7, 0, 8, -18, -19, i32::MIN, i32::MAX]),
            5 => reading.publish_time = now + dice.between(1, 4),
            6 => reading.publish_time = dice.pick(&[i64::MIN, -1, 0, i64::MAX, now + 100, now - 60, now - 61]),
            7 | 8 => reading.publish_time = last - dice.between(0, 20),
            9 => reading.verification = Verification::Partial(dice.below(20) as u8),
            10 => reading.is_accepted_owner = false,
            11 => pairs.push(dice.pick(&pairs.clone())),
            12 => pairs[at].1 = (pairs[at].1 + 1) % MARKETS as u8,
            _ => pairs[at].0 = dice.pick(&[MARKETS as u8, 63, 64, 200, 255]),
        }
        Operation::RefreshPrices { readings, pairs }
    }
}
