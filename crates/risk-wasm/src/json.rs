//! Figures as JSON.

use firebreak::FirebreakError;
use risk::RiskError;
use serde_json::{Value, json};

/// Why there is no answer: the bytes are not what they should be, or the figures left 64 bits.
#[derive(Debug)]
pub struct Problem(pub String);

impl From<FirebreakError> for Problem {
    fn from(error: FirebreakError) -> Self {
        Self(format!("the program would refuse with {error:?}"))
    }
}

impl From<RiskError> for Problem {
    fn from(error: RiskError) -> Self {
        FirebreakError::from(error).into()
    }
}

/// The text of an answer, or of what kept it from being worked out.
pub fn answer(work: impl FnOnce() -> Result<Value, Problem>) -> String {
    work().unwrap_or_else(|Problem(problem)| json!({ "problem": problem })).to_string()
}

/// A number that JavaScript reads as a BigInt.
pub fn figure(number: impl ToString) -> Value {
    Value::String(number.to_string())
}

/// The same, or null.
pub fn figure_or_null(number: Option<impl ToString>) -> Value {
    number.map_or(Value::Null, figure)
}

/// The name of a refusal, or null.
pub fn refusal<T>(outcome: &Result<T, FirebreakError>) -> Value {
    outcome.as_ref().err().map_or(Value::Null, |error| Value::String(format!("{error:?}")))
}
