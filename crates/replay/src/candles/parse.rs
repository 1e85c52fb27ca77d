//! CSV to candles.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::Candle;
use super::columns::{Columns, Fields};
use super::decimal::{parse_price_e8, parse_volume_e8};
use super::error::{CandleError, CandleFault, Column};
use super::lines::Lines;
use super::time::parse_time;

const GZIP_MAGIC: &[u8] = &[0x1F, 0x8B];

/// Candles from CSV, oldest first. `name` is what errors call the file.
///
/// A header names the columns in any order and case: `time` (or `timestamp`, `date`, `open_time`, `datetime`, `unix`),
/// `open`, `high`, `low`, `close`, and `volume` if there is one; others are ignored. Without a header the order is
/// that one. Separated by commas, semicolons or tabs. Blank lines and lines that start with `#` are skipped.
///
/// # Errors
/// The first fault, with its line and column. Also when there are more than 5 million lines.
pub fn parse_csv(reader: impl Read, name: &str) -> Result<Vec<Candle>, CandleError> {
    parse_lines(Lines::new(BufReader::new(reader))).map_err(|error| error.in_file(name))
}

/// Candles from a CSV file, plain or compressed with gzip (told by its first bytes, not by its name).
///
/// # Errors
/// Those of [`parse_csv`], and `FileUnreadable`.
pub fn load(path: &Path) -> Result<Vec<Candle>, CandleError> {
    let name = path.display().to_string();
    let unreadable = |error: std::io::Error| {
        CandleError::new(0, None, &error.to_string(), CandleFault::FileUnreadable).in_file(&name)
    };
    let mut reader = BufReader::new(File::open(path).map_err(unreadable)?);
    let is_compressed = reader.fill_buf().map_err(unreadable)?.starts_with(GZIP_MAGIC);
    if is_compressed { parse_csv(MultiGzDecoder::new(reader), &name) } else { parse_csv(reader, &name) }
}

pub(super) fn parse_lines<R: BufRead>(mut lines: Lines<R>) -> Result<Vec<Candle>, CandleError> {
    let empty = CandleError::new(0, None, "", CandleFault::FileEmpty);
    let mut candles: Vec<Candle> = Vec::new();
    let Some((number, first)) = lines.next_content()? else { return Err(empty) };
    let (columns, is_header) =
        Columns::from_first_line(first).map_err(|(column, fault)| CandleError::new(number, column, first, fault))?;
    if !is_header {
        candles.push(parse_candle(&columns, number, first, None)?);
    }
    while let Some((number, line)) = lines.next_content()? {
        let candle = parse_candle(&columns, number, line, candles.last())?;
        candles.push(candle);
    }
    if candles.is_empty() { Err(empty) } else { Ok(candles) }
}

fn parse_candle(columns: &Columns, number: u64, line: &str, previous: Option<&Candle>) -> Result<Candle, CandleError> {
    let Fields { required, volume } =
        columns.pick(line).map_err(|(column, fault)| CandleError::new(number, column, line, fault))?;
    let at = |column: Column, text: &str| {
        let text = text.to_owned();
        move |fault: CandleFault| CandleError::new(number, Some(column), &text, fault)
    };
    let [time, open, high, low, close] = required;
    let candle = Candle {
        time: parse_time(time).map_err(at(Column::Time, time))?,
        open_e8: parse_price_e8(open).map_err(at(Column::Open, open))?,
        high_e8: parse_price_e8(high).map_err(at(Column::High, high))?,
        low_e8: parse_price_e8(low).map_err(at(Column::Low, low))?,
        close_e8: parse_price_e8(close).map_err(at(Column::Close, close))?,
        volume_e8: match volume {
            Some(text) => Some(parse_volume_e8(text).map_err(at(Column::Volume, text))?),
            None => None,
        },
    };
    candle.invariant().map_err(|(column, fault)| {
        let text = format!("open {open}, high {high}, low {low}, close {close}");
        CandleError::new(number, Some(column), &text, fault)
    })?;
    if previous.is_some_and(|previous| previous.time >= candle.time) {
        return Err(at(Column::Time, time)(CandleFault::TimeNotIncreasing));
    }
    Ok(candle)
}
