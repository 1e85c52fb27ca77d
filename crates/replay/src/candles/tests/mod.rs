//! Tests of the candles. Those on real days print a line and pass when `../shared/data` is absent.

mod faults;
mod formats;
mod paths;
mod sources;

use super::*;

/// 10 October 2025, 20:45 UTC.
const T0: i64 = 1_760_129_100;
/// The last candle of the table: 22:15 UTC.
const T1: i64 = T0 + 5_400;

fn parse(text: &str) -> Result<Vec<Candle>, CandleError> {
    parse_csv(text.as_bytes(), "test.csv")
}

/// A candle of whole dollars without volume.
fn candle(time: i64, open: u64, high: u64, low: u64, close: u64) -> Candle {
    let [open_e8, high_e8, low_e8, close_e8] = [open, high, low, close].map(|price| price * ONE_E8);
    Candle { time, open_e8, high_e8, low_e8, close_e8, volume_e8: None }
}

/// An integer of 10^-8 as decimal text, by way of text only.
fn text_of(value_e8: u128) -> String {
    format!("{}.{:08}", value_e8 / 100_000_000, value_e8 % 100_000_000)
}
