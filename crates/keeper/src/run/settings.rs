//! From the configuration to what the pure half is told.

use std::collections::BTreeMap;

use solana_address::Address;

use super::{
    book::Book,
    config::{Amount, Config},
};
use crate::scene::Settings;

/// What the configuration says to the pure half. Error: an amount that the quote token cannot express.
pub fn settings(config: &Config, book: &Book, token_program: Address) -> Result<Settings, String> {
    let decimals = book.clearinghouse.quote_decimals;
    let atoms = |key: &str, amount: &Option<Amount>, default: i64| match amount {
        None => Ok(default),
        Some(amount) => amount
            .atoms(decimals)
            .ok_or_else(|| format!("`{key}` is `{amount}`; expected: an amount of at most {decimals} decimal places")),
    };
    let (limits, own) = (&config.limits, Settings::new(book.clearinghouse.quote_mint, token_program));
    let sweep_from = atoms("limits.sweep_from", &limits.sweep_from, 1_000_000)?;
    Ok(Settings {
        switches: config.switches,
        shard: config.shard,
        feeds: BTreeMap::new(),
        refresh_lead_seconds: limits.refresh_lead_seconds,
        refresh_move_bps: limits.refresh_move_bps,
        min_profit: atoms("limits.min_profit", &limits.min_profit, 0)?,
        unwind_worst_bps: limits.unwind_worst_bps,
        margin_reserve_bps: limits.margin_reserve_bps,
        worse_bps: limits.worse_bps,
        sweep_from: u64::try_from(sweep_from).unwrap_or(0),
        max_accounts: limits.max_accounts,
        ..own
    })
}
