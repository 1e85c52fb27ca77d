//! A board row as the program keeps it, on the risk crate; and mistakes in how it is called or kept.

use risk::{
    Action, BPS_ONE, FeedSeen, FeedsState, GateParams, MarginTerms, Moved, OraclePrice, PriceAges, PriceQuality,
    PriceState, Result, Volatility, accept_feeds, accept_price, asset_risk, followed, quality_at, risk_opens_at,
};

use crate::{
    bug::Bug,
    generator::Publish,
    listing::{ASSETS, Asset, assets},
};

#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub price: PriceState,
    pub seen: [FeedSeen; 2],
    pub followed: FeedSeen,
    pub opens_at: i64,
    pub volatility: Volatility,
}

#[derive(Clone)]
pub struct Engine {
    pub now: i64,
    pub rows: [Row; ASSETS],
    assets: [Asset; ASSETS],
    bug: Bug,
}

impl Engine {
    pub fn new(bug: Bug) -> Self {
        let volatility =
            Volatility { variance: 0, initial_multiplier_bps: BPS_ONE, maintenance_multiplier_bps: BPS_ONE };
        let seen = FeedSeen::default();
        let row = Row { price: PriceState::EMPTY, seen: [seen; 2], followed: seen, opens_at: 0, volatility };
        Self { now: 1_000_000, rows: [row; ASSETS], assets: assets(), bug }
    }

    fn is(&self, bug: Bug) -> bool {
        self.bug == bug
    }

    /// A reading and the gate it meets, bent.
    fn bent(&self, mut reading: OraclePrice, mut gate: GateParams) -> (OraclePrice, GateParams) {
        match self.bug {
            Bug::ExponentIgnored => reading.exponent = gate.exponent,
            Bug::ExponentAbsolute => reading.exponent = reading.exponent.checked_abs().map_or(0, |size| -size),
            Bug::NegativeIsPositive => reading.price = reading.price.saturating_abs(),
            Bug::FutureAccepted => reading.publish_time = reading.publish_time.min(self.now + 2),
            Bug::StaleAccepted => gate.max_age_seconds = 3_600,
            Bug::ConfidenceIgnored => reading.confidence = 0,
            Bug::ConfidenceRoundedDown => {
                let units = 10_u64.pow(gate.scale.unsigned_abs());
                reading.confidence -= reading.confidence % units;
            }
            Bug::BandIgnored => gate.ema_band_bps = 9_999_999,
            Bug::AverageWithoutTime => gate.ema_seconds = 1,
            _ => {}
        }
        (reading, gate)
    }

    pub fn publish(&mut self, publish: &Publish) -> Result<()> {
        self.now += publish.pause;
        let mut row = self.rows[publish.asset];
        let asset = self.assets[publish.asset];
        match asset.has_secondary {
            true => self.hear(&asset, &mut row, publish.readings)?,
            false => {
                let Some(reading) = publish.readings[0] else { return Err(risk::RiskError::PriceStale) };
                self.read(&asset, &mut row, reading)?;
            }
        }
        self.rows[publish.asset] = row;
        Ok(())
    }

    fn read(&self, asset: &Asset, row: &mut Row, reading: OraclePrice) -> Result<()> {
        let (reading, gate) = self.bent(reading, asset.gates[0]);
        let mut last = row.price;
        if self.is(Bug::GoesBackInTime) {
            last.publish_time = last.publish_time.min(reading.publish_time.saturating_sub(1));
        }
        let mut state = accept_price(&reading, &gate, &last, self.now)?;
        if self.is(Bug::BandAgainstNewAverage) && state.quality == PriceQuality::Uncertain {
            let settled = PriceState { publish_time: state.publish_time - 1, ..state };
            state.quality = accept_price(&reading, &gate, &settled, self.now)?.quality;
        }
        if state.publish_time == row.price.publish_time && row.price.quality != PriceQuality::Invalid {
            return Ok(());
        }
        let seconds = state.publish_time.saturating_sub(row.price.publish_time);
        let moved = Moved { from: row.price.mark, seconds };
        self.put(asset, row, state, state.quality.permits(Action::AddRisk), moved);
        Ok(())
    }

    fn hear(&self, asset: &Asset, row: &mut Row, readings: [Option<OraclePrice>; 2]) -> Result<()> {
        let mut gates = asset.feed_gates();
        let said = readings;
        let mut readings = readings;
        for (reading, gate) in readings.iter_mut().zip([&mut gates.primary, &mut gates.secondary]) {
            if let Some(found) = *reading {
                let (bent, changed) = self.bent(found, *gate);
                (*reading, *gate) = (Some(bent), changed);
            }
        }
        let is_settled = row.opens_at != i64::MAX;
        let mut last = FeedsState {
            price: row.price,
            seen: row.seen,
            followed: row.followed,
            is_settled,
            moved: Moved::default(),
        };
        self.mislead(&mut readings, &mut gates, &mut last);
        let mut state = accept_feeds(readings, &gates, &last, self.now)?;
        // Whatever the mistake made of a feed's past, what it did not say now is kept as it was.
        for ((seen, misled), own) in state.seen.iter_mut().zip(last.seen).zip(row.seen) {
            if *seen == misled {
                *seen = own;
            }
        }
        if let (Bug::TimesNotCompared, [Some(_), Some(other)]) = (self.bug, said) {
            state.seen[1].publish_time = other.publish_time;
        }
        self.misjudge(&mut state, row, &readings);
        (row.seen, row.followed) = (state.seen, state.followed);
        self.put(asset, row, state.price, state.is_settled, state.moved);
        Ok(())
    }

    /// Mistakes in what the two feeds are held against.
    fn mislead(&self, readings: &mut [Option<OraclePrice>; 2], gates: &mut risk::FeedGates, last: &mut FeedsState) {
        let long_ago = FeedSeen { mark: 0, publish_time: 0 };
        let alone = readings[0].is_some() != readings[1].is_some();
        match self.bug {
            Bug::GoesBackInTime => last.price.publish_time = 0,
            Bug::FeedGoesBackInTime => last.seen = [long_ago; 2],
            Bug::AgreementIgnored => gates.agreement_bps = 10_000_000,
            Bug::SecondaryLeads => {
                readings.swap(0, 1);
                (gates.primary, gates.secondary) = (gates.secondary, gates.primary);
                last.seen.swap(0, 1);
            }
            Bug::TimesNotCompared => {
                if let [Some(one), Some(other)] = readings {
                    other.publish_time = one.publish_time;
                }
            }
            Bug::SecondaryScaledAsPrimary => gates.secondary.scale = gates.primary.scale,
            Bug::LoneVoiceTrusted if alone => last.seen = last.seen.map(|_| long_ago),
            Bug::SilenceIgnored => {
                last.seen =
                    last.seen.map(|seen| FeedSeen { publish_time: seen.publish_time.max(self.now - 60), ..seen })
            }
            Bug::SilentOneSecondEarly if alone => {
                let silent = usize::from(readings[0].is_some());
                last.seen[silent].publish_time -= 1;
            }
            Bug::CountsFromLoneVoice => last.followed = last.seen[0],
            Bug::DoubtForgotten => last.is_settled = true,
            Bug::FaultIsAbsence => {
                for (reading, gate) in readings.iter_mut().zip([gates.primary, gates.secondary]) {
                    *reading = reading.filter(|reading| reading.price > 0 && reading.exponent == gate.exponent);
                }
            }
            Bug::AbsenceIsFault => {
                for reading in readings.iter_mut().flatten() {
                    if self.now.saturating_sub(reading.publish_time) > 60 {
                        reading.price = 0;
                    }
                }
            }
            _ => {}
        }
    }

    /// Mistakes in what is made of the answer.
    fn misjudge(&self, state: &mut FeedsState, row: &Row, readings: &[Option<OraclePrice>; 2]) {
        let is_alone = readings[0].is_some() != readings[1].is_some();
        let is_untrusted = is_alone && state.price.quality == PriceQuality::Uncertain;
        match self.bug {
            Bug::ReachHalved if !is_alone => state.price.confidence /= 2,
            Bug::SeenForgotten => state.seen = row.seen,
            Bug::LoneVoiceMovesAverage if is_untrusted => {
                let step = (i128::from(state.price.mark) << 16) - i128::from(row.price.ema);
                state.price.ema = (i128::from(row.price.ema) + step / 100) as u64;
            }
            Bug::LoneVoiceSettles if is_untrusted => state.is_settled = true,
            Bug::LoneVoiceRaisesDoubt if is_untrusted => state.is_settled = false,
            Bug::FarIsSettledWhereConfirmed => state.is_settled |= state.price.quality == PriceQuality::Confirmed,
            Bug::ConfirmedFarIsUncertain if !state.is_settled => state.price.quality = PriceQuality::Uncertain,
            Bug::StepBetweenFeeds if state.moved.seconds > 0 => state.moved.from = row.price.mark,
            _ => {}
        }
    }

    fn put(&self, asset: &Asset, row: &mut Row, price: PriceState, is_settled: bool, moved: Moved) {
        let mut params = asset.volatility;
        if params.cap_bps > BPS_ONE {
            let before = row.volatility;
            let seconds = if self.is(Bug::VarianceWithoutTime) { moved.seconds.min(1) } else { moved.seconds };
            match self.bug {
                Bug::CapIgnored => params.cap_bps = 10 * BPS_ONE,
                Bug::MaintenanceWithoutNotice => params.notice_seconds = 1,
                _ => {}
            }
            let mut next = followed(&before, &params, moved.from, price.mark, seconds);
            match self.bug {
                Bug::VarianceRoundedDown if next.variance > 0 && next != before => next.variance -= 1,
                Bug::MaintenanceFallsSlowly => {
                    let least = before.maintenance_multiplier_bps.saturating_sub(100);
                    next.maintenance_multiplier_bps = next.maintenance_multiplier_bps.max(least);
                }
                Bug::MultiplierBelowOne if moved.seconds > 0 && next.variance < params.calm_variance / 2 => {
                    next.initial_multiplier_bps = BPS_ONE / 2;
                }
                _ => {}
            }
            row.volatility = next;
        }
        row.opens_at = match self.bug {
            Bug::OpensAtOnce if is_settled => row.opens_at.min(price.publish_time),
            Bug::OpensFromNow => risk_opens_at(row.opens_at, is_settled, self.now),
            _ => risk_opens_at(row.opens_at, is_settled, price.publish_time),
        };
        row.price = price;
    }

    pub fn initial_multiplier(&self, asset: usize) -> u64 {
        self.rows[asset].volatility.initial_multiplier_bps
    }

    /// Everything that the model knows too, by name.
    pub fn numbers(&self, asset: usize) -> Vec<(&'static str, i128)> {
        let Row { price, seen, followed, opens_at, volatility } = self.rows[asset];
        let mut worse = asset_risk(&price, &MarginTerms::default()).expect("an accepted price has margins");
        if self.is(Bug::WorsePriceIgnoresAverage) {
            worse.long_price = price.mark - price.confidence;
        }
        let followed = if self.assets[asset].has_secondary { followed } else { FeedSeen::default() };
        vec![
            ("mark", price.mark.into()),
            ("confidence", price.confidence.into()),
            ("average", price.ema.into()),
            ("publish time", price.publish_time.into()),
            ("quality", (price.quality as u8).into()),
            ("opens at", opens_at.into()),
            ("primary mark", seen[0].mark.into()),
            ("primary time", seen[0].publish_time.into()),
            ("secondary mark", seen[1].mark.into()),
            ("secondary time", seen[1].publish_time.into()),
            ("followed mark", followed.mark.into()),
            ("followed time", followed.publish_time.into()),
            ("variance", volatility.variance.into()),
            ("initial multiplier", volatility.initial_multiplier_bps.into()),
            ("maintenance multiplier", volatility.maintenance_multiplier_bps.into()),
            ("price for longs", worse.long_price.into()),
            ("price for shorts", worse.short_price.into()),
        ]
    }

    /// Whether the price is good for adding risk, and for reducing it, at a time.
    pub fn good_for(&self, asset: usize, now: i64) -> (bool, bool) {
        let (row, listed) = (self.rows[asset], self.assets[asset]);
        let max_seconds = if self.is(Bug::AgeIgnored) { u32::MAX } else { listed.gates[0].max_age_seconds };
        let ages = PriceAges { fresh_seconds: listed.fresh_age_seconds, max_seconds };
        let quality = quality_at(row.price.quality, row.price.publish_time, ages, now);
        (quality.permits(Action::AddRisk) && now >= row.opens_at, quality.permits(Action::ReduceRisk))
    }
}
