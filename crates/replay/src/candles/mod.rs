//! Candles of real days: parsed from CSV, kept in a short built-in table, and walked as price paths.
//!
//! Prices are integers of 10^-8 of the quote currency (USD, or USDT where the source says so): `_e8`. No floats.
//! Times are unix seconds, UTC, and name the start of a candle.

mod align;
mod columns;
mod decimal;
mod error;
mod lines;
mod parse;
mod path;
mod series;
mod table;
mod time;

#[cfg(test)]
mod tests;

pub use align::aligned;
pub use error::{CandleError, CandleFault, Column, PathError, SeriesError};
pub use parse::{load, parse_csv};
pub use path::{Order, PricePath};
pub use series::{Series, data_folder};
pub use table::{TABLE_SOURCE, crash_table};

/// One unit of price, in the units of `_e8` fields.
pub const ONE_E8: u64 = 100_000_000;
/// The highest price accepted: one billion. The arithmetic of paths has room for many times that.
pub const MAX_PRICE_E8: u64 = 1_000_000_000 * ONE_E8;
/// The first time not accepted, in unix seconds: the year 5138.
pub const MAX_TIME: i64 = 100_000_000_000;

/// Open, high, low and close over one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candle {
    /// Start, unix seconds.
    pub time: i64,
    pub open_e8: u64,
    pub high_e8: u64,
    pub low_e8: u64,
    pub close_e8: u64,
    /// Base units traded, 10^-8 of one; `None` where the source does not say. Wider than a price because
    /// coins of a thousandth of a cent trade by the trillion.
    pub volume_e8: Option<u128>,
}

impl Candle {
    /// The law of a candle: 0 < low <= open, close <= high <= [`MAX_PRICE_E8`] and 0 <= time < [`MAX_TIME`].
    ///
    /// # Errors
    /// The first column that breaks it, and how.
    pub fn invariant(&self) -> Result<(), (Column, CandleFault)> {
        if !(0..MAX_TIME).contains(&self.time) {
            return Err((Column::Time, CandleFault::TimeInvalid));
        }
        for (column, price_e8) in self.prices_e8() {
            if price_e8 == 0 {
                return Err((column, CandleFault::PriceNotPositive));
            }
            if price_e8 > MAX_PRICE_E8 {
                return Err((column, CandleFault::NumberTooLarge));
            }
        }
        if self.high_e8 < self.low_e8 {
            return Err((Column::High, CandleFault::HighBelowLow));
        }
        for (column, price_e8) in [(Column::Open, self.open_e8), (Column::Close, self.close_e8)] {
            if !(self.low_e8..=self.high_e8).contains(&price_e8) {
                return Err((column, CandleFault::PriceOutsideRange));
            }
        }
        Ok(())
    }

    fn prices_e8(&self) -> [(Column, u64); 4] {
        [
            (Column::Open, self.open_e8),
            (Column::High, self.high_e8),
            (Column::Low, self.low_e8),
            (Column::Close, self.close_e8),
        ]
    }
}

/// The length of a candle in seconds: the shortest distance between two neighbours, so that a hole in the data does
/// not stretch the rest. `None` for fewer than two candles, or for times that do not increase.
#[must_use]
pub fn interval_seconds(candles: &[Candle]) -> Option<i64> {
    let distance = |pair: &[Candle]| pair[1].time.checked_sub(pair[0].time);
    let shortest = candles.windows(2).map(distance).min().flatten();
    shortest.filter(|seconds| *seconds > 0)
}
