//! Parameter sets: their rules, and which way a change goes.

use firebreak::FirebreakError;
use risk::{ASSET_RULES, BANK_RULES, FUND_RULES, MARKET_RULES, Rule, Tighter};
use serde_json::{Value, json};

use crate::json::{Problem, figure, refusal};

fn set_of(name: &str) -> Result<&'static [Rule], Problem> {
    Ok(match name {
        "asset" => &ASSET_RULES,
        "market" => &MARKET_RULES,
        "bank" => &BANK_RULES,
        "fund" => &FUND_RULES,
        _ => return Err(Problem(format!("there is no parameter set {name}: asset, market, bank or fund"))),
    })
}

pub fn rules(set: &str) -> Result<Value, Problem> {
    let one = |rule: &Rule| {
        let tighter = match rule.tighter {
            Tighter::Up => "Up",
            Tighter::Down => "Down",
            Tighter::Neither => "Neither",
        };
        json!({ "name": rule.name, "tighter": tighter, "least": figure(rule.least), "most": figure(rule.most) })
    };
    Ok(Value::Array(set_of(set)?.iter().map(one).collect()))
}

pub fn direction(set: &str, old: &[u64], new: &[u64]) -> Result<Value, Problem> {
    let rules = set_of(set)?;
    if old.len() != rules.len() || new.len() != rules.len() {
        return Err(Problem(format!(
            "the set {set} has {} values, {} and {} were passed",
            rules.len(),
            old.len(),
            new.len()
        )));
    }
    let field = |index: usize| {
        let (rule, old, new) = (&rules[index..=index], &old[index..=index], &new[index..=index]);
        let step = risk::require_step(rule, old, new).map_err(FirebreakError::from);
        json!({
            "name": rule[0].name,
            "old": figure(old[0]),
            "new": figure(new[0]),
            "direction": risk::direction(rule, old, new) as u8,
            "refusal": refusal(&step),
        })
    };
    let whole = risk::require_step(rules, old, new).map_err(FirebreakError::from);
    Ok(json!({
        "direction": risk::direction(rules, old, new) as u8,
        "refusal": refusal(&whole),
        "fields": (0..rules.len()).map(field).collect::<Vec<_>>(),
    }))
}
