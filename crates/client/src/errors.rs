//! From the program's error codes to names and sentences, out of its IDL.

use firebreak::state::CollateralBank;
use serde::Deserialize;
use std::sync::OnceLock;

/// One of the program's errors.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ErrorText {
    pub code: u32,
    pub name: String,
    /// What was wrong, and what to do.
    #[serde(rename = "msg")]
    pub sentence: String,
}

#[derive(Deserialize)]
struct Idl {
    errors: Vec<ErrorText>,
}

/// All of the program's errors, by code.
pub fn all() -> &'static [ErrorText] {
    static ERRORS: OnceLock<Vec<ErrorText>> = OnceLock::new();
    let read = || {
        let idl: Idl =
            serde_json::from_str(include_str!("../../../idl/firebreak.json")).expect("the committed IDL parses");
        idl.errors
    };
    ERRORS.get_or_init(read)
}

/// Name and sentence of a code that the program gave; `None` for codes of others.
pub fn explain(code: u32) -> Option<&'static ErrorText> {
    all().iter().find(|error| error.code == code)
}

/// What `OutflowLimited` does not say: how much may leave a bank now, and when `amount` may. Atoms and unix seconds.
pub fn explain_outflow(bank: &CollateralBank, amount: u64, now: i64) -> String {
    let (flows, params) = (bank.outflow(), bank.outflow_params());
    let left = flows.left(&params, bank.total, false, now);
    match flows.seconds_until(&params, bank.total, amount, now) {
        Some(seconds) => format!("{left} atoms may leave now, {amount} in {seconds} seconds"),
        None => format!("{left} atoms may leave now; {amount} are more than may leave at once: withdraw them in parts"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use firebreak::FirebreakError;

    #[test]
    fn every_code_has_the_name_of_its_variant_and_a_sentence() {
        for cause in
            [FirebreakError::ArithmeticOverflow, FirebreakError::MarginInsufficient, FirebreakError::LiquidationTooSoon]
        {
            let text = explain(6_000 + cause as u32).unwrap();
            assert_eq!(text.name, format!("{cause:?}"));
            assert!(text.sentence.len() > 20, "{}", text.sentence);
        }
        assert_eq!(explain(5_999), None);
        assert_eq!(explain(60_000), None);
    }
}
