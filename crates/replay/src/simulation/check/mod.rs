//! What must hold after every operation (design, section 9), looked at from outside the program's code.

mod breaker;
mod conversion;
mod deleverage;
mod effects;
mod feeds;
mod frame;
mod fund;
mod funding;
mod ledger;
mod liquidation;
mod prices;
mod settlement;
mod touch;
mod trading;
mod valuation;

pub use feeds::{Said, is_far, said};
pub use funding::own_charge;
pub use liquidation::most_insured;
pub use prices::{is_fresh, may_add_risk};
pub use touch::{is_current, own_worth, positions_in, touch, touched_leg};
pub use valuation::{Purpose, bankruptcy_share, equity, losses, margin, pnl, quote_worth, worth};

use crate::simulation::{cast::Cast, native::Outcome, operation::Operation, state::State};

/// One operation, with everything before and after it.
pub struct Step<'a> {
    pub cast: &'a Cast,
    pub operation: &'a Operation,
    pub before: &'a State,
    pub after: &'a State,
    pub outcome: Outcome,
}

/// Everything that is wrong with a step, a sentence each; empty where nothing is.
pub fn violations(step: &Step) -> Vec<String> {
    let mut found = Vec::new();
    if step.outcome.is_err() {
        if step.before != step.after {
            found.push("I-13: a refused operation changed something".to_string());
        }
        return found;
    }
    ledger::check(step.after, &mut found);
    frame::check(step, &mut found);
    effects::check(step, &mut found);
    trading::check(step, &mut found);
    liquidation::check(step, &mut found);
    conversion::check(step, &mut found);
    deleverage::check(step, &mut found);
    prices::check(step, &mut found);
    breaker::check(step, &mut found);
    funding::check(step, &mut found);
    found
}

/// Adds a sentence where a fact does not hold.
fn expect(found: &mut Vec<String>, holds: bool, sentence: impl FnOnce() -> String) {
    if !holds {
        found.push(sentence());
    }
}
