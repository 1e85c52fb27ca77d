//! Amounts as people write them.

/// An amount of quote tokens as people write it: `1250.50`, `-0.10`. Exact; it becomes atoms when the token's decimals are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    is_negative: bool,
    whole: u64,
    fraction: String,
}

impl Amount {
    /// None where it is no such number.
    pub fn parse(text: &str) -> Option<Self> {
        let (is_negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(fraction) || fraction.len() > 12 {
            return None;
        }
        Some(Self { is_negative, whole: whole.parse().ok()?, fraction: fraction.trim_end_matches('0').to_owned() })
    }

    /// Atoms of a token with these decimals. None where it has more places than the token, or does not fit.
    pub fn atoms(&self, decimals: u8) -> Option<i64> {
        let places = usize::from(decimals);
        if self.fraction.len() > places {
            return None;
        }
        let fraction: u64 = format!("0{:0<places$}", self.fraction).parse().ok()?;
        let atoms = self.whole.checked_mul(10_u64.checked_pow(u32::from(decimals))?)?.checked_add(fraction)?;
        let atoms = i64::try_from(atoms).ok()?;
        Some(if self.is_negative { -atoms } else { atoms })
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.is_negative { "-" } else { "" };
        let point = if self.fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{}{point}{}", self.whole, self.fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact() {
        let atoms = |text: &str| Amount::parse(text).and_then(|amount| amount.atoms(6));
        assert_eq!(atoms("1250.50"), Some(1_250_500_000));
        assert_eq!(atoms("-0.1"), Some(-100_000));
        assert_eq!(atoms("0.000001"), Some(1));
        assert_eq!(atoms("0.0000001"), None, "finer than an atom");
        assert_eq!(atoms("18446744073709551615"), None);
        assert_eq!(Amount::parse("7").unwrap().atoms(0), Some(7));
        for bad in ["", "-", ".5", "1e3", "1,5", "--1", "1.2.3", "99999999999999999999"] {
            assert_eq!(Amount::parse(bad), None, "{bad}");
        }
        assert_eq!(Amount::parse("-1250.50").unwrap().to_string(), "-1250.5");
    }
}
