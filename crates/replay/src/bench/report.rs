//! The figures beside their targets.

use std::fmt::Write as _;

/// One measured number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    pub key: String,
    /// Compute units, or bytes where the key says so.
    pub value: u64,
}

/// What we want and what the best peer has, for a key. From the project's targets; N is the number of positions.
pub fn targets(key: &str) -> Option<(u64, &'static str)> {
    let key = key.replace("_portfolio", "");
    let (name, count) = match key.rsplit_once('/') {
        Some((name, count)) => (name, count.parse::<u64>().unwrap_or(0)),
        None => (key.as_str(), 0),
    };
    Some(match name {
        "create_margin_account" => (2_000, "1,381 (plain Anchor 2 PDA)"),
        "deposit" => (2_200, "40,000 to 80,000 (Mango, limit)"),
        "withdraw" => (2_400 + 130 * count, "88,164 (marginfi)"),
        "trade" | "take_offer" | "take_offer_reducing" => (3_000 + 260 * count, "4,600 to 6,300 (Percolator slab)"),
        "liquidate" => (
            match count {
                0 | 1 => 2_500,
                2..=8 => 3_800,
                _ => 6_000,
            },
            "84,000 (Mango)",
        ),
        "auto_deleverage" => (2_000, "800,000 (GMX-Solana); 675 per account (Percolator)"),
        "refresh_prices" => (250 * count, "2,000 per feed (Switchboard read)"),
        "per_position" => (130, "1,675 (Mango)"),
        "unknown_instruction" => (100, "1,760 (Drift)"),
        "bytes/margin_account" if count == 8 => (640, "2,312 (marginfi)"),
        "bytes/margin_account" if count == 16 => (1_024, "2,312 (marginfi)"),
        "bytes" if key == "bytes/program" => (160 * 1_024, "369,664 (Percolator)"),
        _ => return None,
    })
}

/// `{"deposit": 2162, ...}`, a line each, so that a change shows in review.
pub fn to_json(figures: &[Figure]) -> String {
    let lines: Vec<String> = figures.iter().map(|figure| format!("  \"{}\": {}", figure.key, figure.value)).collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

/// The table beside it.
pub fn markdown(figures: &[Figure]) -> String {
    let mut text = String::from(
        "# Compute units and sizes\n\nWritten by `cargo xtask bench` from the release `.so` with the mainnet feature set, in \
         LiteSVM. The number behind a\nslash is the number of open positions of each account (position slots for \
         accounts, feeds for `refresh_prices`).\n\n| what | measured | target | measured / target | best peer |\n\
         |---|---:|---:|---:|---|\n",
    );
    for figure in figures {
        let (target, ratio, peer) = match targets(&figure.key) {
            Some((target, peer)) => {
                let percent = figure.value * 100 / target.max(1);
                (thousands(target), format!("{}.{:02}", percent / 100, percent % 100), peer)
            }
            None => (String::new(), String::new(), ""),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| `{}` | {} | {target} | {ratio} | {peer} |", figure.key, thousands(figure.value));
    }
    text
}

pub(super) fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_targets_and_ratios() {
        let figures =
            [Figure { key: "deposit".into(), value: 1_100 }, Figure { key: "settle/1".into(), value: 1_234_567 }];
        let table = markdown(&figures);
        assert!(table.contains("| `deposit` | 1,100 | 2,200 | 0.50 |"), "{table}");
        assert!(table.contains("| `settle/1` | 1,234,567 |  |  |  |"), "{table}");
        assert_eq!(to_json(&figures), "{\n  \"deposit\": 1100,\n  \"settle/1\": 1234567\n}\n");
    }
}
