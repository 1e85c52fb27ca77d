//! The prices that are played: a price per asset for every step of time, and where they come from.

use std::fmt;

use crate::candles::{
    self, Candle, CandleError, Order, PathError, PricePath, Series, SeriesError, aligned, crash_table, interval_seconds,
};

use super::{
    arguments::{ASSETS, DemoArguments},
    silence::Silence,
};

/// 10 October 2025, 20:45 and 22:15 UTC: what the project's own table has.
const TABLE_WINDOW: (i64, i64) = (1_760_129_100, 1_760_134_500);
/// 20:30 and 22:30 UTC, where longer series are at hand.
const FULL_WINDOW: (i64, i64) = (1_760_128_200, 1_760_135_400);
const QUICK_STEP_SECONDS: u32 = 60;
const FULL_STEP_SECONDS: u32 = 30;
/// Noise between the known prices.
const NOISE_BPS: u16 = 5;
/// Steps of a quick and of a full run, where a file has more.
const MAX_STEPS: (i64, i64) = (100, 240);

/// Prices at one time, 10^-8 dollars, by asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scene {
    /// Unix seconds.
    pub time: i64,
    pub prices_e8: [u64; 3],
}

/// Everything that will happen to prices.
#[derive(Clone, Debug)]
pub struct Script {
    pub scenes: Vec<Scene>,
    pub step_seconds: u32,
    /// Where each asset's prices come from, a sentence each.
    pub sources: Vec<String>,
    /// A lot is `10^lot_exponent` of the asset: worth 1 to 10 dollars at the first price.
    pub lot_exponents: [i8; 3],
    /// When an oracle says nothing.
    pub silence: Option<Silence>,
}

/// Input that cannot be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptError {
    Candles(CandleError),
    Series(SeriesError),
    Path(&'static str, PathError),
    Together(PathError),
    PriceOutOfRange { asset: &'static str, time: i64, price_e8: u64 },
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Candles(error) => error.fmt(f),
            Self::Series(error) => error.fmt(f),
            Self::Path(asset, error) => write!(f, "the candles of {asset} cannot be played: {error}"),
            Self::Together(error) => write!(f, "the candles cannot be played together: {error}"),
            Self::PriceOutOfRange { asset, time, price_e8 } => write!(
                f,
                "{asset} at unix time {time}: a price of {} dollars is too far from the first one for a market's lot; \
                 play a shorter file",
                *price_e8 as f64 / candles::ONE_E8 as f64
            ),
        }
    }
}

impl std::error::Error for ScriptError {}

impl Script {
    /// Reads the candles asked for, or the crash.
    pub fn load(arguments: &DemoArguments) -> Result<Self, ScriptError> {
        let (wanted, max_steps) = match arguments.quick {
            true => (QUICK_STEP_SECONDS, MAX_STEPS.0),
            false => (FULL_STEP_SECONDS, MAX_STEPS.1),
        };
        let mut given: [Option<Series>; 3] = [None, None, None];
        for file in &arguments.candles {
            let candles = candles::load(&file.path).map_err(ScriptError::Candles)?;
            let asset = ASSETS[file.asset];
            let interval_seconds =
                interval_seconds(&candles).ok_or(ScriptError::Path(asset, PathError::CandlesTooFew))?;
            let source = format!("file {}: {} candles of {interval_seconds} s", file.path.display(), candles.len());
            let series = Series { asset: asset.to_owned(), candles, interval_seconds, source, covers_window: true };
            given[file.asset] = Some(series);
        }
        let lead = given.iter().flatten().max_by_key(|series| series.interval_seconds);
        let (window, step_seconds) = match lead {
            Some(series) => {
                let step = step_of(series.interval_seconds, wanted);
                (steepest(series, i64::from(step) * max_steps), step)
            }
            None if arguments.quick => (TABLE_WINDOW, wanted),
            None => (FULL_WINDOW, wanted),
        };
        let series = all_series(given, window)?;
        let mut script = Self::of(&series, window, step_seconds, arguments.seed)?;
        script.silence = Silence::worst(&script.scenes, script.step_seconds, arguments.outage);
        Ok(script)
    }

    fn of(series: &[Series; 3], window: (i64, i64), step_seconds: u32, seed: u64) -> Result<Self, ScriptError> {
        let mut paths = Vec::new();
        for (index, series) in series.iter().enumerate() {
            let own_step = u32::try_from(series.interval_seconds / 3).unwrap_or(u32::MAX).clamp(1, step_seconds);
            let path = PricePath::new(&series.candles, Order::LowFirst, own_step, NOISE_BPS, seed + index as u64);
            paths.push(path.map_err(|error| ScriptError::Path(ASSETS[index], error))?);
        }
        let rows = aligned(paths).map_err(ScriptError::Together)?;
        let in_window =
            rows.into_iter().filter(|(time, _)| (window.0..=window.1 + i64::from(step_seconds)).contains(time));
        let scenes: Vec<Scene> =
            in_window.map(|(time, prices)| Scene { time, prices_e8: [prices[0], prices[1], prices[2]] }).collect();
        let first = scenes.first().ok_or(ScriptError::Together(PathError::PathsDisjoint))?;
        let lot_exponents = first.prices_e8.map(lot_exponent);
        require_in_range(&scenes, lot_exponents)?;
        let sources = series.iter().map(|series| format!("{}: {}", series.asset, series.source)).collect();
        Ok(Self { scenes, step_seconds, sources, lot_exponents, silence: None })
    }
}

/// The step for candles of this length: what was wanted where they are fine enough, else a fifteenth of a candle.
fn step_of(interval_seconds: i64, wanted: u32) -> u32 {
    let interval = u32::try_from(interval_seconds).unwrap_or(u32::MAX);
    if interval <= 900 { wanted.min(interval / 3).max(1) } else { interval / 15 }
}

/// The window of at most `seconds` around the steepest fall: a third of it before the lowest low.
fn steepest(series: &Series, seconds: i64) -> (i64, i64) {
    let candles = &series.candles;
    let (first, last) = (candles.first().map_or(0, |c| c.time), candles.last().map_or(0, |c| c.time));
    if last - first <= seconds {
        return (first, last);
    }
    let back = usize::try_from(seconds / series.interval_seconds / 3).unwrap_or(0).max(1);
    let fall = |index: usize| {
        let high = candles[index.saturating_sub(back)..=index].iter().map(|candle| candle.high_e8).max().unwrap_or(1);
        u128::from(high - candles[index].low_e8) * 1_000_000 / u128::from(high)
    };
    let low = (0..candles.len()).max_by_key(|index| fall(*index)).map_or(first, |index| candles[index].time);
    let from = (low - seconds / 3).clamp(first, last - seconds);
    // At a candle's start, so that series of the same kind share the steps.
    let from = from - (from - first) % series.interval_seconds;
    (from, from + seconds)
}

/// Series for all three assets in the window: those given, else the best at hand, else a price that holds still.
fn all_series(given: [Option<Series>; 3], window: (i64, i64)) -> Result<[Series; 3], ScriptError> {
    let mut all = Vec::with_capacity(3);
    let is_any_given = given.iter().any(Option::is_some);
    for (asset, series) in ASSETS.into_iter().zip(given) {
        all.push(match series {
            Some(series) => series,
            None => match Series::best_for(asset, window.0, window.1) {
                Err(SeriesError::SeriesAbsent { .. }) if is_any_given => still(asset, window),
                // A table that ends inside the window would cut what was given.
                Ok(series) if is_any_given && !series.covers_window => still(asset, window),
                found => found.map_err(ScriptError::Series)?,
            },
        });
    }
    Ok(all.try_into().unwrap_or_else(|_| unreachable!("one series was pushed for each of three assets")))
}

/// The first price of the built-in table, held for the whole window.
fn still(asset: &str, (from, to): (i64, i64)) -> Series {
    let price = crash_table().get(asset).and_then(|candles| candles.first()).map_or(candles::ONE_E8, |c| c.open_e8);
    let interval_seconds = (to - from).max(3);
    let at = |time| Candle { time, open_e8: price, high_e8: price, low_e8: price, close_e8: price, volume_e8: None };
    Series {
        asset: asset.to_owned(),
        candles: vec![at(from), at(from + interval_seconds)],
        interval_seconds,
        source: "nothing is known of that time, the price holds still".to_owned(),
        covers_window: true,
    }
}

/// The power of ten units that is worth 1 to 10 dollars.
fn lot_exponent(price_e8: u64) -> i8 {
    let digits = price_e8.checked_ilog10().unwrap_or(0) as i8;
    8 - digits
}

/// Every price as quote atoms per lot must be one that the program can count in, with room for a lot to move.
fn require_in_range(scenes: &[Scene], lot_exponents: [i8; 3]) -> Result<(), ScriptError> {
    for scene in scenes {
        for (asset, price_e8) in scene.prices_e8.into_iter().enumerate() {
            let per_lot = per_lot(price_e8, lot_exponents[asset]);
            if !(1_000..=risk::MAX_PRICE / 2).contains(&per_lot) {
                return Err(ScriptError::PriceOutOfRange { asset: ASSETS[asset], time: scene.time, price_e8 });
            }
        }
    }
    Ok(())
}

/// Quote atoms per lot.
pub fn per_lot(price_e8: u64, lot_exponent: i8) -> u64 {
    let places = i32::from(lot_exponent) - 2; // 8 decimals of the price, 6 of the quote token
    let power = 10_u128.saturating_pow(places.unsigned_abs());
    let price = u128::from(price_e8);
    u64::try_from(if places < 0 { price / power } else { price.saturating_mul(power) }).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lot_is_worth_one_to_ten_dollars_whatever_the_asset() {
        for (price_e8, exponent, atoms) in [
            (20_736_000_000, -2, 2_073_600),
            (11_697_010_000_000, -5, 1_169_701),
            (401_401_000_000, -3, 4_014_010),
            (20_000_000, 1, 2_000_000),
            (100_000_000, 0, 1_000_000),
            (999, 6, 9_990_000),
        ] {
            assert_eq!(lot_exponent(price_e8), exponent);
            assert_eq!(per_lot(price_e8, exponent), atoms);
        }
    }

    #[test]
    fn of_a_long_file_the_steepest_fall_is_played() {
        let at = |index: i64, low: u64| Candle {
            time: 1_700_000_000 + index * 300,
            open_e8: 100,
            high_e8: 100,
            low_e8: low,
            close_e8: 100,
            volume_e8: None,
        };
        let candles: Vec<Candle> = (0..1_000).map(|index| at(index, if index == 700 { 60 } else { 95 })).collect();
        let series = Series {
            asset: "SOL".to_owned(),
            candles,
            interval_seconds: 300,
            source: String::new(),
            covers_window: true,
        };
        let (from, to) = steepest(&series, 6_000);
        let low = 1_700_000_000 + 700 * 300;
        assert_eq!(to - from, 6_000);
        assert_eq!(low - from, 2_100);
    }
}
