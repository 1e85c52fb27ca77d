//! Readings: honest walks, jumps that both feeds see or only one, feeds that fall silent, and everything that is wrong.

use risk::OraclePrice;

use crate::{
    engine::Engine,
    listing::{ASSETS, Asset, assets},
};

/// What is brought for an asset after a pause. Of an asset with one feed only the first counts.
#[derive(Clone, Copy, Debug)]
pub struct Publish {
    pub asset: usize,
    pub readings: [Option<OraclePrice>; 2],
    pub pause: i64,
}

pub struct Generator {
    state: u64,
    assets: [Asset; ASSETS],
    /// What each feed of each asset says now, in quote atoms per lot, with thousandths.
    says: [[u64; 2]; ASSETS],
    /// Operations for which a feed of an asset stays silent.
    silent: [(usize, u64); ASSETS],
    last: Option<Publish>,
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        let assets = assets();
        let says = assets.map(|asset| [asset.home * 1_000; 2]);
        let state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xd1b5_4a32_d192_ed03;
        Self { state, assets, says, silent: [(0, 0); ASSETS], last: None }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) % bound
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }

    /// A step of both feeds, at times a jump; a jump that only one sees comes back.
    fn walk(&mut self, asset: usize) {
        let home = self.assets[asset].home * 1_000;
        let width = if self.one_in(25) { 3_000 } else { 25 };
        let up = 10_000 - width + self.below(2 * width + 1);
        let step = |price: u64| (price / 10_000 * up + 1).clamp(home / 8, home * 8).min((1 << 30) * 999);
        let [one, other] = self.says[asset];
        self.says[asset] = match self.below(40) {
            0 => [step(one), other],
            1 => [one, step(other)],
            2..6 => [one, one], // agreed again
            _ => [step(one), step(other)],
        };
        if self.one_in(200) {
            self.says[asset] = [home; 2];
        }
    }

    /// What a feed's account holds for this price.
    fn reading(&mut self, asset: usize, which: usize, publish_time: i64) -> OraclePrice {
        let gate = self.assets[asset].gates[which];
        let units = 10_u64.pow(gate.scale.unsigned_abs());
        let raw = u128::from(self.says[asset][which]) * u128::from(units) / 1_000;
        let price = i64::try_from(raw).unwrap_or(i64::MAX);
        let limit = match self.below(12) {
            0 => gate.confidence_fresh_bps,
            1 => gate.confidence_max_bps,
            _ => gate.confidence_fresh_bps / 8,
        };
        let around = if self.one_in(3) { self.below(3 * units) as i64 - units as i64 } else { 0 };
        let confidence = (price as u64 / 10_000 * limit).saturating_add_signed(around);
        OraclePrice { price, confidence, exponent: gate.exponent, publish_time }
    }

    pub fn next(&mut self, engine: &Engine) -> Publish {
        if let Some(last) = self.last.filter(|_| self.one_in(12)) {
            return Publish { pause: self.below(3) as i64, ..last }; // the very same again
        }
        let asset = self.below(ASSETS as u64) as usize;
        let pause = match self.below(30) {
            0..4 => 0,
            4..27 => 1 + self.below(6) as i64,
            27 | 28 => 15 + self.below(60) as i64,
            _ => self.below(5_000) as i64,
        };
        let now = engine.now + pause;
        if !self.one_in(5) {
            self.walk(asset);
        }
        if self.one_in(30) {
            self.silent[asset] = (self.below(2) as usize, self.below(60));
        }
        let mut readings = [0, 1].map(|which| {
            let lag = match self.below(12) {
                0 => self.below(13) as i64,
                1 => self.below(64) as i64,
                2 => -(self.below(4) as i64),
                _ => 0,
            };
            Some(self.reading(asset, which, now - lag))
        });
        let (who, left) = self.silent[asset];
        if left > 0 {
            self.silent[asset].1 -= 1;
            readings[who] = None;
        } else if self.one_in(8) {
            readings[self.below(2) as usize] = None;
        }
        if self.one_in(6) {
            self.bend(engine, asset, now, &mut readings);
        }
        let publish = Publish { asset, readings, pause };
        self.last = Some(publish);
        publish
    }

    /// One of the readings is wrong somewhere, or at a limit.
    fn bend(&mut self, engine: &Engine, asset: usize, now: i64, readings: &mut [Option<OraclePrice>; 2]) {
        let which = if self.one_in(2) { 0 } else { 1 };
        let mut pick = |choices: &[i64]| choices[self.below(choices.len() as u64) as usize];
        let Some(reading) = &mut readings[which] else { return };
        let seen = engine.rows[asset].seen[which];
        match pick(&[0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9]) {
            0 => reading.price = pick(&[0, -1, i64::MIN]),
            1 => reading.price = pick(&[i64::MAX, 1, 9_999, 10_000, (1 << 30) * 10_000, (1 << 30) * 10_000 + 10_000]),
            2 => reading.exponent = pick(&[0, 1, 8, -7, -9, -18, -19, i32::MIN.into(), i32::MAX.into()]) as i32,
            3 => reading.publish_time = pick(&[i64::MIN, i64::MAX, 0, -1]),
            4 => reading.publish_time = now + pick(&[-61, -60, 1, 2, 3]),
            5 => reading.confidence = pick(&[0, 1, i64::MAX]) as u64,
            6 => reading.confidence = reading.price.unsigned_abs() + pick(&[0, 1]) as u64,
            7 => reading.publish_time = seen.publish_time - pick(&[0, 1, 5]),
            8 => reading.publish_time = engine.rows[asset].price.publish_time - pick(&[0, 1, 2]),
            _ => readings[which] = None,
        }
    }
}
