//! Prices: calm, trending, crashing, stale, and wrong in every field.

use crate::{
    pyth::Verification,
    simulation::{
        cast::{FEEDS, MARKETS},
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
    /// Basis points from the primary feed's price to the secondary's, where there is one.
    apart: [i64; MARKETS],
    /// Which of two feeds says nothing, for how many refreshes.
    silent: [(usize, u64); MARKETS],
}

const FRACTION: u64 = 1_000;

impl Oracle {
    pub fn new(dice: &mut Dice, home: [u64; MARKETS]) -> Self {
        let trend = home.map(|_| dice.between(-5, 5));
        let (apart, silent) = ([0; MARKETS], [(0, 0); MARKETS]);
        Self { prices: home.map(|price| price * FRACTION), home, trend, apart, silent }
    }

    pub fn first(&self, state: &State) -> Operation {
        let markets: Vec<u8> = (0..MARKETS as u8).collect();
        refresh(markets.iter().flat_map(|market| self.readings(state, *market, 5)).collect())
    }

    /// What a market's feeds say, with a confidence of this many basis points.
    fn readings(&self, state: &State, market: u8, confidence_bps: u64) -> Vec<Reading> {
        let index = market as usize;
        let price = self.prices[index];
        let other = u128::from(price) * (10_000 + self.apart[index]).unsigned_abs() as u128 / 10_000;
        let readings = Reading::honest(&state.rows[index], market, [price, other as u64], state.now);
        readings.into_iter().map(|reading| reading.unsure(confidence_bps)).collect()
    }

    /// Both of two feeds close together again.
    fn agree(&mut self, dice: &mut Dice, market: usize) {
        self.apart[market] = dice.between(-20, 20);
        self.silent[market].1 = 0;
    }

    /// Two feeds drift apart, meet again, lag behind each other, and one falls silent for a while.
    fn disturb(&mut self, dice: &mut Dice, market: usize, now: i64, readings: &mut [Reading]) {
        match dice.below(1_000) {
            0..20 => self.apart[market] = dice.between(-1_500, 1_500),
            20..160 => self.apart[market] = dice.between(-20, 20),
            160..180 => self.silent[market] = (dice.below(2) as usize, dice.below(40)),
            _ => {}
        }
        if dice.chance(80) {
            readings[dice.below(2) as usize].publish_time -= dice.between(1, 14);
        }
        let (who, left) = &mut self.silent[market];
        if *left == 0 && dice.chance(970) {
            return;
        }
        // Of a pull feed an update of long ago; an older account that is not trading.
        *left = left.saturating_sub(1);
        let reading = &mut readings[*who];
        match market + MARKETS == reading.feed as usize && dice.chance(500) {
            true => reading.publish_time = now - dice.between(61, 1_000),
            false => reading.publish_time = 1,
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
        // A jump that the secondary does not follow.
        if jump >= 500 && dice.chance(350) {
            self.apart[market] = (self.apart[market] + 10_000 - bps).clamp(-5_000, 5_000);
        }
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
    let pairs = readings.iter().map(|reading| (reading.feed % MARKETS as u8, reading.feed)).collect();
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
            let mut own = self.oracle.readings(state, market, confidence_bps);
            if own.len() > 1 {
                self.oracle.disturb(&mut self.dice, market as usize, state.now, &mut own);
            }
            readings.extend(own);
        }
        if readings.is_empty() { self.pass_time() } else { refresh(readings) }
    }

    /// Every price that is not of this second said again, so that what follows finds it fresh.
    pub(super) fn repeat_prices(&mut self, state: &State) -> Option<Operation> {
        let old = (0..MARKETS as u8).filter(|market| state.rows[*market as usize].publish_time < state.now);
        let mut readings = Vec::new();
        for market in old {
            self.oracle.agree(&mut self.dice, market as usize);
            readings.extend(self.oracle.readings(state, market, 5));
        }
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
            readings = self.oracle.readings(state, market, 5);
            pairs = readings.iter().map(|reading| (market, reading.feed)).collect();
        }
        let at = self.dice.below(readings.len() as u64) as usize;
        let last = state.rows[readings[at].feed as usize % MARKETS].publish_time;
        let (now, dice) = (state.now, &mut self.dice);
        let reading = &mut readings[at];
        match dice.below(18) {
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
            12 => pairs[at].1 = (pairs[at].1 + dice.below(FEEDS as u64) as u8) % FEEDS as u8,
            13 => drop(pairs.remove(at)),
            14 => pairs.insert(at, pairs[at]),
            15 => pairs.reverse(),
            16 => reading.publish_time = 1,
            _ => pairs[at].0 = dice.pick(&[MARKETS as u8, 63, 64, 200, 255]),
        }
        Operation::RefreshPrices { readings, pairs }
    }
}
