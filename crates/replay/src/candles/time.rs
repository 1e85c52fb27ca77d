//! Times of candles: unix numbers of any usual unit, or ISO 8601.

use jiff::Timestamp;

use super::MAX_TIME;
use super::error::CandleFault;

/// The first time accepted from a file: 3 March 1973. Between this and [`MAX_TIME`] each unit of unix time has its own
/// thousandfold range, so the magnitude names the unit; and `20251010` is not mistaken for a day in 1970.
const MIN_TIME: i64 = MAX_TIME / 1_000;

/// Unix seconds.
///
/// # Errors
/// `TimeInvalid` for anything else, also for fractions of a second: a candle that starts on one is not a candle.
pub(super) fn parse_time(text: &str) -> Result<i64, CandleFault> {
    let seconds = match parse_unix(text) {
        Some(seconds) => seconds,
        None => parse_iso(text),
    };
    seconds.filter(|time| (MIN_TIME..MAX_TIME).contains(time)).ok_or(CandleFault::TimeInvalid)
}

/// `None` when the text is not a number, `Some(None)` when it is one that names no whole second.
fn parse_unix(text: &str) -> Option<Option<i64>> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return None;
    }
    // Exports through floating point end in `.0`.
    let is_whole = fraction.bytes().all(|byte| byte == b'0');
    Some(whole.parse().ok().filter(|_| is_whole).and_then(whole_seconds))
}

fn whole_seconds(number: u64) -> Option<i64> {
    let max = MAX_TIME as u64;
    let units_per_second = [1, 1_000, 1_000_000, 1_000_000_000];
    let unit = units_per_second.into_iter().find(|unit| number / unit < max)?;
    if number.is_multiple_of(unit) { i64::try_from(number / unit).ok() } else { None }
}

/// With `Z` or an offset, or without a zone (UTC), or a date alone (its first second, UTC).
fn parse_iso(text: &str) -> Option<i64> {
    let text = text.strip_suffix("UTC").map_or(text, str::trim_end);
    let candidates = [text.to_owned(), format!("{text}Z"), format!("{text}T00:00:00Z")];
    let timestamp = candidates.iter().find_map(|candidate| candidate.parse::<Timestamp>().ok())?;
    (timestamp.subsec_nanosecond() == 0).then(|| timestamp.as_second())
}
