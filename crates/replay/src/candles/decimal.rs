//! Decimal text to integers of 10^-8, exactly.

use super::MAX_PRICE_E8;
use super::error::CandleFault;

/// Digits kept after the point.
const DECIMALS: i64 = 8;
/// Digits accepted in an exponent. `1e-05` is how some exports write a small price.
const MAX_EXPONENT_DIGITS: usize = 4;

/// A price: positive, at most [`MAX_PRICE_E8`]. A ninth decimal rounds half up.
///
/// # Errors
/// `NumberInvalid`, `NumberNotFinite`, `NumberTooLarge`, `PriceNotPositive`.
pub(super) fn parse_price_e8(text: &str) -> Result<u64, CandleFault> {
    let (is_negative, value_e8) = parse_e8(text)?;
    if is_negative || value_e8 == 0 {
        return Err(CandleFault::PriceNotPositive);
    }
    let price_e8 = u64::try_from(value_e8).map_err(|_| CandleFault::NumberTooLarge)?;
    if price_e8 > MAX_PRICE_E8 {
        return Err(CandleFault::NumberTooLarge);
    }
    Ok(price_e8)
}

/// A volume: zero or more. A ninth decimal rounds half up.
///
/// # Errors
/// `NumberInvalid`, `NumberNotFinite`, `NumberTooLarge`, `VolumeNegative`.
pub(super) fn parse_volume_e8(text: &str) -> Result<u128, CandleFault> {
    match parse_e8(text)? {
        (true, value_e8) if value_e8 > 0 => Err(CandleFault::VolumeNegative),
        (_, value_e8) => Ok(value_e8),
    }
}

/// The sign, and the magnitude rounded half up.
fn parse_e8(text: &str) -> Result<(bool, u128), CandleFault> {
    let (is_negative, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let is_not_finite = ["nan", "inf", "infinity"].iter().any(|name| unsigned.eq_ignore_ascii_case(name));
    if is_not_finite {
        return Err(CandleFault::NumberNotFinite);
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !is_digits(whole) || !is_digits(fraction) {
        return Err(CandleFault::NumberInvalid);
    }
    // How many of the digits stand at or before the eighth decimal. Lines are short, so the length fits.
    let kept = whole.len() as i64 + exponent + DECIMALS;
    let magnitude = rounded_half_up(whole.bytes().chain(fraction.bytes()), kept)?;
    Ok((is_negative, magnitude))
}

fn parse_exponent(text: &str) -> Result<i64, CandleFault> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || digits.len() > MAX_EXPONENT_DIGITS || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(CandleFault::NumberInvalid);
    }
    text.parse().map_err(|_| CandleFault::NumberInvalid)
}

/// The first `kept` digits as an integer, zeros added where there are fewer, rounded half up by the next digit.
fn rounded_half_up(digits: impl Iterator<Item = u8>, kept: i64) -> Result<u128, CandleFault> {
    if kept < 0 {
        return Ok(0);
    }
    let mut digits = digits.map(|byte| u128::from(byte - b'0'));
    let mut value = 0u128;
    for _ in 0..kept {
        let digit = match digits.next() {
            Some(digit) => digit,
            None if value == 0 => return Ok(0),
            None => 0,
        };
        let shifted = value.checked_mul(10).and_then(|value| value.checked_add(digit));
        value = shifted.ok_or(CandleFault::NumberTooLarge)?;
    }
    let rounds_up = digits.next().is_some_and(|digit| digit >= 5);
    value.checked_add(u128::from(rounds_up)).ok_or(CandleFault::NumberTooLarge)
}
