//! Section "Prices" of docs/spec.md again, in whole numbers without bounds. Nothing here calls the risk crate. Where the spec leaves a
//! rounding (the root of the multiplier), the engine proposes and is judged.

use num_bigint::BigInt;
use risk::{GateParams, OraclePrice};

use crate::{
    generator::Publish,
    listing::{ASSETS, Asset, assets},
};

const ONE: u32 = 10_000;
const UNCERTAIN: u8 = 2;
const FRESH: u8 = 3;
const CONFIRMED: u8 = 4;

/// A price at a time.
#[derive(Clone, Default)]
struct Said {
    mark: BigInt,
    time: i64,
}

#[derive(Clone, Default)]
struct Book {
    mark: BigInt,
    confidence: BigInt,
    /// In 2^-16 atoms.
    ema: BigInt,
    published: Option<i64>,
    quality: u8,
    /// What each of two feeds last said.
    seen: [Option<Said>; 2],
    /// What averages last followed, where there are two feeds.
    followed: Option<Said>,
    /// From when on risk may be added; `None` while something speaks against the price.
    opens_at: Option<i64>,
    /// In 2^-40.
    variance: BigInt,
    initial: BigInt,
    maintenance: BigInt,
    /// The multipliers' last step, to be judged: seconds, and what maintenance was.
    stepped: Option<(i64, BigInt)>,
}

pub struct Model {
    now: i64,
    books: Vec<Book>,
    assets: [Asset; ASSETS],
    pub reached: Vec<&'static str>,
}

/// A reading in quote atoms per lot.
struct Reading {
    mark: BigInt,
    confidence: BigInt,
    time: i64,
}

/// Why a reading is not taken.
enum No {
    /// It counts as absent where there is another.
    Absent(&'static str),
    /// It refuses all.
    Fault(&'static str),
}

fn big(value: impl Into<BigInt>) -> BigInt {
    value.into()
}

fn ceiling(numerator: &BigInt, denominator: &BigInt) -> BigInt {
    (numerator + denominator - 1) / denominator // of numbers that are not negative
}

fn distance(one: &BigInt, other: &BigInt) -> BigInt {
    if one > other { one - other } else { other - one }
}

/// Basis points of a price, rounded up.
fn share(price: &BigInt, bps: u64) -> BigInt {
    ceiling(&(price * bps), &big(ONE))
}

fn power(exponent: u32) -> BigInt {
    big(10).pow(exponent)
}

impl Model {
    pub fn new() -> Self {
        let book = Book { opens_at: Some(0), initial: big(ONE), maintenance: big(ONE), ..Book::default() };
        Self { now: 1_000_000, books: vec![book; ASSETS], assets: assets(), reached: Vec::new() }
    }

    fn reach(&mut self, condition: bool, branch: &'static str) {
        if condition {
            self.reached.push(branch);
        }
    }

    /// Whether it is accepted.
    pub fn publish(&mut self, publish: &Publish) -> bool {
        self.now += publish.pause;
        let asset = self.assets[publish.asset];
        let mut book = self.books[publish.asset].clone();
        book.stepped = None;
        let answer = match asset.has_secondary {
            true => self.hear(&asset, &mut book, &publish.readings),
            false => self.read(&asset, &mut book, publish.readings[0].as_ref()),
        };
        match answer {
            Ok(()) => self.books[publish.asset] = book,
            Err(No::Absent(why) | No::Fault(why)) => {
                self.books[publish.asset].stepped = None;
                self.reached.push(why);
                return false;
            }
        }
        true
    }

    /// Every check that needs nothing but the reading.
    fn screen(&self, reading: &OraclePrice, gate: &GateParams) -> Result<Reading, No> {
        let (time, now) = (i128::from(reading.publish_time), i128::from(self.now));
        if reading.exponent != gate.exponent {
            return Err(No::Fault("refused: the exponent changed"));
        }
        if reading.price <= 0 {
            return Err(No::Fault("refused: not positive"));
        }
        if time > now + 2 {
            return Err(No::Fault("refused: from the future"));
        }
        if time < now - i128::from(gate.max_age_seconds) {
            return Err(No::Absent("refused: stale"));
        }
        // Every listing here has at most as many atoms as the oracle has units.
        let units = power(gate.scale.unsigned_abs());
        let (mark, confidence) = (big(reading.price) / &units, ceiling(&big(reading.confidence), &units));
        if mark < big(1) || mark > big(1 << 30) {
            return Err(No::Fault("refused: out of bounds"));
        }
        if confidence > share(&mark, gate.confidence_max_bps) || confidence >= mark {
            return Err(No::Absent("refused: confidence too wide"));
        }
        Ok(Reading { mark, confidence, time: reading.publish_time })
    }

    fn read(&mut self, asset: &Asset, book: &mut Book, reading: Option<&OraclePrice>) -> Result<(), No> {
        let reading = self.screen(reading.ok_or(No::Absent("refused: stale"))?, &asset.gates[0])?;
        if let Some(published) = book.published {
            if reading.time == published && reading.mark == book.mark && reading.confidence == book.confidence {
                self.reached.push("one: the same again");
                return Ok(());
            }
            if reading.time <= published {
                return Err(No::Fault("refused: back in time"));
            }
        }
        let is_far = is_far(book, &reading.mark, asset);
        let is_wide = reading.confidence > share(&reading.mark, asset.gates[0].confidence_fresh_bps);
        self.reach(is_far, "one: far from the average");
        self.reach(is_wide, "one: a wide confidence");
        let last = book.published.map(|time| Said { mark: book.mark.clone(), time });
        self.follow(asset, book, last.as_ref(), &reading);
        let quality = if is_far || is_wide { UNCERTAIN } else { FRESH };
        settle(book, quality == FRESH, reading.time);
        (book.mark, book.confidence) = (reading.mark, reading.confidence);
        (book.published, book.quality) = (Some(reading.time), quality);
        Ok(())
    }

    /// One of two feeds: what it says, or why it counts as absent.
    fn one_of_two(
        &self,
        asset: &Asset,
        seen: Option<&Said>,
        which: usize,
        reading: Option<&OraclePrice>,
    ) -> Result<Option<Reading>, No> {
        let Some(reading) = reading else { return Ok(None) };
        let reading = match self.screen(reading, &asset.gates[which]) {
            Ok(reading) => reading,
            Err(No::Absent(_)) => return Ok(None),
            Err(fault) => return Err(fault),
        };
        if let Some(seen) = seen {
            let is_another = reading.time == seen.time && reading.mark != seen.mark;
            if reading.time < seen.time || is_another {
                return Err(No::Fault("two: a feed goes back in time"));
            }
        }
        Ok(Some(reading))
    }

    fn hear(&mut self, asset: &Asset, book: &mut Book, readings: &[Option<OraclePrice>; 2]) -> Result<(), No> {
        let before = book.seen.clone();
        let one = self.one_of_two(asset, before[0].as_ref(), 0, readings[0].as_ref())?;
        let other = self.one_of_two(asset, before[1].as_ref(), 1, readings[1].as_ref())?;
        for (seen, reading) in book.seen.iter_mut().zip([&one, &other]) {
            if let Some(Reading { mark, time, .. }) = reading {
                *seen = Some(Said { mark: mark.clone(), time: *time });
            }
        }
        let is_silent = |which: usize| {
            before[which]
                .as_ref()
                .is_none_or(|seen| self.now - seen.time > i64::from(asset.gates[which].max_age_seconds))
        };
        let silent = [is_silent(0), is_silent(1)];
        match (one, other) {
            (None, None) => Err(No::Fault("two: neither is heard")),
            (Some(one), Some(other)) if (one.time - other.time).abs() <= 10 => self.together(asset, book, one, &other),
            (Some(one), Some(other)) => {
                self.reached.push("two: too far apart in time");
                let which = usize::from(other.time > one.time);
                self.alone(asset, book, [one, other].into_iter().nth(which).expect("there are two"), which, false)
            }
            (Some(one), None) => self.alone(asset, book, one, 0, silent[1]),
            (None, Some(other)) => self.alone(asset, book, other, 1, silent[0]),
        }
    }

    fn alone(
        &mut self,
        asset: &Asset,
        book: &mut Book,
        reading: Reading,
        which: usize,
        is_trusted: bool,
    ) -> Result<(), No> {
        if book.published.is_some_and(|published| reading.time < published) {
            return Err(No::Fault("two: the price would go back in time"));
        }
        let is_newer = book.followed.as_ref().is_none_or(|followed| reading.time > followed.time);
        let was_settled = book.opens_at.is_some();
        let is_far = is_far(book, &reading.mark, asset);
        let is_wide = reading.confidence > share(&reading.mark, asset.gates[which].confidence_fresh_bps);
        let has_doubt = is_far || is_wide || (!is_newer && !was_settled);
        self.reach(!is_trusted, "two: one alone, the other alive");
        self.reach(is_trusted, "two: one alone, the other silent");
        self.reach(is_trusted && is_far, "two: one alone, silent, far from the average");
        self.reach(!is_trusted && !was_settled, "two: a lone voice in a doubt");
        let is_settled = !has_doubt && (is_trusted || was_settled);
        let quality = if is_trusted && is_settled { FRESH } else { UNCERTAIN };
        // Whoever is first is what the average begins with.
        if (is_trusted || book.published.is_none()) && is_newer {
            let last = book.followed.clone();
            self.reach(
                last.as_ref().is_some_and(|last| last.time != reading.time && last.mark != reading.mark),
                "two: averages step from one feed to the other",
            );
            self.follow(asset, book, last.as_ref(), &reading);
            book.followed = Some(Said { mark: reading.mark.clone(), time: reading.time });
        }
        settle(book, is_settled, reading.time);
        (book.mark, book.confidence) = (reading.mark, reading.confidence);
        (book.published, book.quality) = (Some(reading.time), quality);
        Ok(())
    }

    fn together(&mut self, asset: &Asset, book: &mut Book, one: Reading, other: &Reading) -> Result<(), No> {
        let younger = one.time.max(other.time);
        if book.published.is_some_and(|published| younger < published) {
            return Err(No::Fault("two: the price would go back in time"));
        }
        let apart = distance(&one.mark, &other.mark);
        let agree = apart <= share(&one.mark, asset.agreement_bps);
        let is_wide = *(&one.confidence).max(&other.confidence) > share(&one.mark, asset.gates[0].confidence_fresh_bps);
        let reach = (&apart + &other.confidence).max(one.confidence.clone());
        let confidence = reach.clone().min(&one.mark - 1);
        let is_newer = book.followed.as_ref().is_none_or(|followed| one.time > followed.time);
        let was_settled = book.opens_at.is_some();
        let is_far = is_far(book, &one.mark, asset);
        let is_confirmed = agree && !is_wide;
        self.reach(is_confirmed && !is_far, "two: confirmed");
        self.reach(is_confirmed && is_far, "two: confirmed, far from the average");
        self.reach(agree && is_wide, "two: they agree, one is unsure");
        self.reach(!agree, "two: disagree");
        self.reach(reach > one.confidence, "two: the confidence reaches the other");
        self.reach(confidence < reach, "two: the reach is cut below the price");
        self.reach(one.time < other.time, "two: the primary is the older one");
        self.reach(!is_newer && !was_settled, "two: nothing new, and a doubt stays");
        self.reach(!is_newer && was_settled, "two: nothing new, and none rises");
        let was_alone =
            book.published.zip(book.followed.as_ref()).is_some_and(|(published, followed)| published != followed.time);
        self.reach(was_alone && is_newer, "two: heard again after a lone voice");
        let reading = Reading { confidence, ..one };
        if is_newer {
            let last = book.followed.clone();
            self.follow(asset, book, last.as_ref(), &reading);
            book.followed = Some(Said { mark: reading.mark.clone(), time: reading.time });
        }
        let published = book.published.map_or(reading.time, |published| published.max(reading.time));
        settle(book, is_confirmed && !is_far && (is_newer || was_settled), published);
        (book.mark, book.confidence, book.published) = (reading.mark, reading.confidence, Some(published));
        book.quality = if is_confirmed { CONFIRMED } else { UNCERTAIN };
        Ok(())
    }

    /// Averages follow a step from what they followed last: `ema += (mark - ema) * t / (tau + t)` toward the old value, and the
    /// variance as the spec has it. Of a first price the average is the price.
    fn follow(&mut self, asset: &Asset, book: &mut Book, last: Option<&Said>, reading: &Reading) {
        let target = &reading.mark << 16;
        let Some(last) = last else {
            book.ema = target;
            return;
        };
        let seconds = (reading.time - last.time).min(1 << 16);
        // Division of big integers truncates: toward the old value.
        book.ema = &book.ema + (target - &book.ema) * seconds / (seconds + i64::from(asset.gates[0].ema_seconds));
        let params = &asset.volatility;
        if params.cap_bps == u64::from(ONE) {
            return;
        }
        let change = ((distance(&reading.mark, &last.mark) << 20_u32) / &last.mark).min(big(1 << 20));
        let tau = big(params.variance_seconds);
        book.variance = ceiling(&(&book.variance * &tau + &change * &change), &(tau + seconds));
        book.stepped = Some((seconds, book.maintenance.clone()));
    }

    /// Takes over the engine's root, `sqrt(variance / calm)` between 1 and the cap, and works out maintenance from it.
    pub fn adopt_root(&mut self, asset: usize, proposed: u64) -> Result<(), &'static str> {
        let params = self.assets[asset].volatility;
        let cap = params.cap_bps;
        let book = &mut self.books[asset];
        let Some((seconds, maintenance)) = book.stepped.take() else { return Ok(()) };
        if proposed < u64::from(ONE) {
            return Err("at least 1");
        }
        if proposed > cap {
            return Err("at most the cap");
        }
        let root = (&book.variance * 100_000_000_u64 / params.calm_variance).sqrt();
        let exact = root.clamp(big(ONE), big(cap));
        // The engine's ratio has 16 fraction bits: a root of 10^4 and more is at most one short.
        let proposed = big(proposed);
        if proposed > exact || &proposed + 1 < exact {
            return Err("the multiplier is the root of the ratio");
        }
        let ramp = maintenance + big(cap - u64::from(ONE)) * seconds / params.notice_seconds;
        let (is_capped, is_waiting) = (proposed == big(cap), ramp < proposed);
        book.maintenance = ramp.min(proposed.clone());
        book.initial = proposed;
        self.reach(is_capped, "volatility: at the cap");
        self.reach(is_waiting, "volatility: maintenance waits for its notice");
        Ok(())
    }

    /// Everything that the engine has, in its order.
    pub fn numbers(&self, asset: usize) -> Vec<BigInt> {
        let book = &self.books[asset];
        let said =
            |said: &Option<Said>| said.as_ref().map_or([big(0), big(0)], |said| [said.mark.clone(), big(said.time)]);
        let [[primary, primary_time], [secondary, secondary_time]] = [said(&book.seen[0]), said(&book.seen[1])];
        let [followed, followed_time] = said(&book.followed);
        let low = (&book.mark - &book.confidence).min(&book.ema >> 16);
        let high = (&book.mark + &book.confidence).max(ceiling(&book.ema, &big(1 << 16)));
        vec![
            book.mark.clone(),
            book.confidence.clone(),
            book.ema.clone(),
            big(book.published.unwrap_or(0)),
            big(book.quality),
            big(book.opens_at.unwrap_or(i64::MAX)),
            primary,
            primary_time,
            secondary,
            secondary_time,
            followed,
            followed_time,
            book.variance.clone(),
            book.initial.clone(),
            book.maintenance.clone(),
            low,
            high,
        ]
    }

    /// Adding risk, and reducing it: the table of qualities.
    pub fn good_for(&self, asset: usize, now: i64) -> (bool, bool) {
        let (book, listed) = (&self.books[asset], &self.assets[asset]);
        let Some(published) = book.published else { return (false, false) };
        let age = now - published;
        let is_live = age <= i64::from(listed.gates[0].max_age_seconds);
        let is_young = age <= i64::from(listed.fresh_age_seconds);
        let is_open = book.opens_at.is_some_and(|opens_at| now >= opens_at);
        (is_live && is_young && book.quality >= FRESH && is_open, is_live && book.quality >= UNCERTAIN)
    }
}

/// Further from the average before it than the band. The average is cut to whole atoms, so the band around it is rounded up.
fn is_far(book: &Book, mark: &BigInt, asset: &Asset) -> bool {
    let average: BigInt = &book.ema >> 16;
    book.published.is_some() && distance(mark, &average) > share(&average, asset.gates[0].ema_band_bps)
}

/// Closed by a doubt; a minute after the first price without one.
fn settle(book: &mut Book, is_settled: bool, time: i64) {
    book.opens_at = match (is_settled, book.opens_at) {
        (false, _) => None,
        (true, None) => Some(time + 60),
        (true, open) => open,
    };
}
