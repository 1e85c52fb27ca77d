//! The project's own table: the crash of 10 October 2025, 20:45 to 22:15 UTC.

use std::collections::BTreeMap;

use super::Candle;
use super::parse::parse_csv;

const TABLE: &str = include_str!("../../data/crash-2025-10-10.csv");
const TABLE_NAME: &str = "crates/replay/data/crash-2025-10-10.csv";
const TABLE_ASSETS: [&str; 3] = ["BTC", "ETH", "SOL"];

/// Where the table's figures come from.
pub const TABLE_SOURCE: &str = "Binance's public market data, USDT perpetual futures, via the public repository \
                                Roshan7869/algotrading (commit db07ceb71)";

/// The candles that start from 20:45 to 22:15 UTC on 10 October 2025, by asset: SOL of 5 minutes, BTC and ETH of 15.
/// Prices in USDT; no volumes.
///
/// # Panics
/// Never: the table is part of the program, and a test parses it.
#[must_use]
pub fn crash_table() -> BTreeMap<&'static str, Vec<Candle>> {
    TABLE_ASSETS.into_iter().map(|asset| (asset, candles_of(asset))).collect()
}

fn candles_of(asset: &str) -> Vec<Candle> {
    let belongs = |line: &&str| {
        let first = line.split(',').next();
        first == Some("asset") || first == Some(asset)
    };
    let lines: Vec<&str> = TABLE.lines().filter(belongs).collect();
    parse_csv(lines.join("\n").as_bytes(), TABLE_NAME).expect("a test parses the built-in table")
}
