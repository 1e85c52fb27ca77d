//! Decimals as people type them, exact: no floating point near money.

use std::{fmt, str::FromStr};

/// A number that is not negative: `digits / 10^places`, without trailing zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    digits: u128,
    places: u32,
}

/// Why a typed number cannot be used. Display names the number and says what to type instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecimalError {
    NotANumber(String),
    Negative(String),
    /// Finer than the `decimals` that there are.
    TooPrecise {
        typed: Decimal,
        decimals: i32,
    },
    TooLarge {
        typed: String,
        most: String,
    },
}

impl fmt::Display for DecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber(typed) => {
                write!(f, "\"{typed}\" is no number: type digits, with a dot before decimals, like 100.5")
            }
            Self::Negative(typed) => write!(f, "{typed} is negative: type a number above 0"),
            Self::TooPrecise { typed, decimals } if *decimals > 0 => {
                write!(f, "{typed} has {} decimals, at most {decimals} are possible", typed.places)
            }
            Self::TooPrecise { typed, decimals } => {
                write!(f, "{typed} is no multiple of {}", format(1, *decimals))
            }
            Self::TooLarge { typed, most } => write!(f, "{typed} is too large: {most} is the most"),
        }
    }
}

impl std::error::Error for DecimalError {}

impl FromStr for Decimal {
    type Err = DecimalError;

    /// Digits, optionally a dot and more digits; `_` may stand between digits.
    fn from_str(typed: &str) -> Result<Self, DecimalError> {
        let bad = || DecimalError::NotANumber(typed.to_owned());
        let (whole, fraction) = typed.split_once('.').unwrap_or((typed, "0"));
        let is_grouped = |part: &str| !part.starts_with('_') && !part.ends_with('_') && !part.contains("__");
        let is_part = |part: &str| {
            !part.is_empty() && is_grouped(part) && part.chars().all(|digit| digit.is_ascii_digit() || digit == '_')
        };
        if typed.strip_prefix('-').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit())) {
            return Err(DecimalError::Negative(typed.to_owned()));
        }
        if !is_part(whole) || !is_part(fraction) {
            return Err(bad());
        }
        let (whole, fraction) = (whole.replace('_', ""), fraction.replace('_', ""));
        let fraction = fraction.trim_end_matches('0');
        let too_large = |_| DecimalError::TooLarge { typed: typed.to_owned(), most: u64::MAX.to_string() };
        let digits = format!("{whole}{fraction}").parse().map_err(too_large)?;
        Ok(Self { digits, places: fraction.len() as u32 })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = i128::try_from(self.digits).map_err(|_| fmt::Error)?;
        f.write_str(&format(digits, self.places as i32))
    }
}

impl Decimal {
    pub const ZERO: Self = Self { digits: 0, places: 0 };

    /// The integer of which `10^decimals` make one: exactly, never rounded. `decimals` may be negative.
    /// Errors: `TooPrecise` where it is no whole number, `TooLarge` beyond 64 bits.
    pub fn to_integer(self, decimals: i32) -> Result<u64, DecimalError> {
        let too_large =
            || DecimalError::TooLarge { typed: self.to_string(), most: format(i128::from(u64::MAX), decimals) };
        let shift = i64::from(decimals) - i64::from(self.places);
        let power = |exponent: i64| u32::try_from(exponent).ok().and_then(|exponent| 10_u128.checked_pow(exponent));
        if self.digits == 0 {
            return Ok(0);
        }
        if shift < 0 {
            let divisor = power(-shift).filter(|divisor| self.digits.is_multiple_of(*divisor));
            let divisor = divisor.ok_or(DecimalError::TooPrecise { typed: self, decimals })?;
            return u64::try_from(self.digits / divisor).map_err(|_| too_large());
        }
        let scaled = power(shift).and_then(|factor| self.digits.checked_mul(factor)).ok_or_else(too_large)?;
        u64::try_from(scaled).map_err(|_| too_large())
    }
}

/// `value / 10^decimals` with all its decimals; without any where `decimals` is 0 or below.
pub fn format(value: i128, decimals: i32) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = value.unsigned_abs().to_string();
    let Some(places) = usize::try_from(decimals).ok().filter(|places| *places > 0) else {
        let zeros = if value == 0 { 0 } else { decimals.unsigned_abs() as usize };
        return format!("{sign}{digits}{}", "0".repeat(zeros));
    };
    let padded = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = padded.split_at(padded.len() - places);
    format!("{sign}{whole}.{fraction}")
}

/// The same for people: thousands apart, trailing zeros left out beyond `keep` decimals.
pub fn pretty(value: i128, decimals: i32, keep: usize) -> String {
    let plain = format(value, decimals);
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let kept = fraction.trim_end_matches('0').len().max(keep.min(fraction.len()));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("-", whole));
    let mut grouped = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if kept > 0 { format!("{grouped}.{}", &fraction[..kept]) } else { grouped }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(typed: &str, decimals: i32) -> Result<u64, String> {
        let decimal = typed.parse::<Decimal>().map_err(|error| error.to_string())?;
        decimal.to_integer(decimals).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_typed_is_read_exactly() {
        assert_eq!(integer("100.5", 6), Ok(100_500_000));
        assert_eq!(integer("0.000001", 6), Ok(1));
        assert_eq!(integer("1_000_000", 6), Ok(1_000_000_000_000));
        assert_eq!(integer("1.2500000000", 2), Ok(125));
        assert_eq!(integer("007", 0), Ok(7));
        assert_eq!(integer("0.0", 0), Ok(0));
        assert_eq!(integer("250", -1), Ok(25));
        assert_eq!(integer("18446744073709.551615", 6), Ok(u64::MAX));
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_number_and_the_limit() {
        let refused = |typed: &str, decimals| integer(typed, decimals).unwrap_err();
        for typed in
            ["", ".", "1.", ".5", "+1", "1e6", "1,000", "0x10", "1.2.3", " 1", "١", "--1", "-", "_1", "1__0", "1_.5"]
        {
            assert!(refused(typed, 6).contains("is no number"), "{typed}: {}", refused(typed, 6));
        }
        assert_eq!(refused("-5", 6), "-5 is negative: type a number above 0");
        assert_eq!(refused("0.0000001", 6), "0.0000001 has 7 decimals, at most 6 are possible");
        assert_eq!(refused("0.5", 0), "0.5 is no multiple of 1");
        assert_eq!(refused("255", -1), "255 is no multiple of 10");
        assert_eq!(
            refused("18446744073709.551616", 6),
            "18446744073709.551616 is too large: 18446744073709.551615 is the most"
        );
        assert!(refused(&"9".repeat(60), 6).contains("is too large"));
        assert!(refused(&"9".repeat(38), 6).contains("is too large"));
    }

    #[test]
    fn what_is_printed_can_be_typed_again() {
        for (value, decimals) in
            [(0, 6), (1, 6), (100_500_000, 6), (u64::MAX, 6), (25, -1), (0, -2), (7, 0), (u64::MAX, 18)]
        {
            let text = format(i128::from(value), decimals);
            assert_eq!(integer(&text, decimals), Ok(value), "{text}");
        }
        assert_eq!(format(-1, 6), "-0.000001");
        assert_eq!(pretty(1_234_567_500_000, 6, 2), "1,234,567.50");
        assert_eq!(pretty(-999_000_001, 6, 2), "-999.000001");
        assert_eq!(pretty(123_456, 0, 2), "123,456");
        assert_eq!(pretty(25, -1, 2), "250");
    }
}
