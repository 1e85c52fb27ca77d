//! Ratios, lengths of time, times and addresses in words.

use std::fmt::Display;

use crate::decimal;

/// Hundredths of a percent, as a percentage.
pub fn percent(bps: impl Into<i128>) -> String {
    format!("{} %", decimal::pretty(bps.into(), 2, 2))
}

/// A length of time, in its two largest units.
pub fn duration(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let parts = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let counted = parts.map(|(length, name)| (seconds / length, name));
    let first = counted.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let mut text = format!("{}{}", counted[first].0, counted[first].1);
    if let Some((length, _)) = parts.get(first)
        && let Some((next, name)) = parts.get(first + 1)
    {
        let rest = seconds % length / next;
        if rest > 0 {
            text += &format!(" {rest}{name}");
        }
    }
    text
}

/// A time, in UTC.
pub fn time(unix_seconds: i64) -> String {
    jiff::Timestamp::from_second(unix_seconds).map_or_else(|_| unix_seconds.to_string(), |time| time.to_string())
}

/// A shortened address, for tables: the whole one is in the JSON.
pub fn short(address: &impl Display) -> String {
    let text = address.to_string();
    match (text.get(..4), text.get(text.len().saturating_sub(4)..)) {
        (Some(head), Some(tail)) if text.len() > 12 => format!("{head}…{tail}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_two_units() {
        let told = [0, 59, 60, 61, 3_600, 3_661, 90_000, 86_400, -5].map(duration);
        assert_eq!(told, ["0s", "59s", "1m", "1m 1s", "1h", "1h 1m", "1d 1h", "1d", "0s"]);
        assert_eq!(time(0), "1970-01-01T00:00:00Z");
        assert_eq!(percent(1_234), "12.34 %");
    }
}
