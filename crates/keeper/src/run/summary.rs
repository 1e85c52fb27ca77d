//! What a run came to, in a table for people.

use std::fmt::Write;

use super::meter::Statistics;

/// Lamports of one SOL.
const SOL: u64 = 1_000_000_000;

/// An amount of atoms with its decimal places.
fn amount(atoms: i128, decimals: u32) -> String {
    let unit = 10_u128.pow(decimals);
    let (sign, size) = (if atoms < 0 { "-" } else { "" }, atoms.unsigned_abs());
    format!("{sign}{}.{:0width$}", size / unit, size % unit, width = decimals as usize)
}

/// The run in sentences and numbers; `decimals` are the quote token's.
pub fn summary(seen: &Statistics, decimals: u32) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<34} {value}");
    };
    line("passes", seen.passes.to_string());
    for ((kind, outcome), count) in &seen.jobs {
        line(&format!("jobs: {kind}, {outcome}"), count.to_string());
    }
    if let (Some(before), Some(after)) = (seen.equity_before, seen.equity) {
        line("equity before (at mark)", amount(before.into(), decimals));
        line("equity after (at mark)", amount(after.into(), decimals));
        line("profit", amount(i128::from(after) - i128::from(before), decimals));
    }
    line("gained by take-overs, expected", amount(seen.gained.into(), decimals));
    line("fees paid, SOL", amount(seen.lamports.into(), SOL.ilog10()));
    if let (Some(before), Some(after)) = (seen.wallet_before, seen.wallet) {
        line("wallet before, SOL", amount(before.into(), SOL.ilog10()));
        line("wallet after, SOL", amount(after.into(), SOL.ilog10()));
    }
    for (kind, cause) in &seen.refusals {
        line(&format!("last refusal: {kind}"), cause.clone());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_their_places_and_sign() {
        assert_eq!(amount(-1_500_000, 6), "-1.500000");
        assert_eq!(amount(5_000, 9), "0.000005000");
        let seen = Statistics { equity_before: Some(10), equity: Some(25), ..Statistics::default() };
        assert!(summary(&seen, 6).contains("0.000015"));
    }
}
