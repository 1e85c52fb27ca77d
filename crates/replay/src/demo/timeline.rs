//! What a person would have seen on a screen, scene by scene.

use jiff::{Timestamp, tz::TimeZone};
use risk::Level;
use serde::Serialize;

use super::{arguments::ASSETS, losses::Losses, script::Scene, stage::Snapshot, tally::Tally};

/// A market's breaker raised by the guardian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    pub market: u8,
    pub level: Level,
    pub time: i64,
    pub move_bps: u64,
}

/// The whole at one scene's end; amounts in quote atoms.
#[derive(Clone, Debug, Serialize)]
pub struct Moment {
    /// Unix seconds.
    pub time: i64,
    pub prices_e8: [u64; 3],
    pub liquidations: u64,
    pub trades: u64,
    /// One side, at mark, over all markets.
    pub open_interest_atoms: u64,
    pub pools_atoms: u64,
    pub tranches_atoms: u64,
    /// In the insurance fund's own vault.
    pub fund_atoms: u64,
    pub insurance_paid_atoms: u64,
    pub deleveragings: u64,
    /// The asset whose oracle says nothing.
    pub silent: Option<&'static str>,
    /// Accounts below maintenance that nobody could resolve in this scene.
    pub below_maintenance: usize,
    /// By market.
    pub levels: [u8; 3],
}

impl Moment {
    pub fn of(snapshot: &Snapshot, scene: &Scene, silent: Option<usize>, (tally, losses): (&Tally, &Losses)) -> Self {
        let markets = snapshot.ledger.markets.values();
        let mark = |index: u8| snapshot.board.rows.get(index as usize).map_or(0, |row| row.mark);
        let is_below = |account: &&firebreak_client::MarginAccountView| {
            let value = account.value_for_maintenance(&snapshot.board, snapshot.now);
            value.is_ok_and(|value| !value.is_covered())
        };
        Self {
            time: scene.time,
            prices_e8: scene.prices_e8,
            liquidations: tally.liquidations,
            trades: tally.trades,
            open_interest_atoms: markets.clone().map(|m| m.long_open_interest * mark(m.index)).sum(),
            pools_atoms: markets.clone().map(|market| market.pool).sum(),
            tranches_atoms: markets.map(|market| market.tranche).sum(),
            fund_atoms: snapshot.ledger.fund.map_or(0, |fund| fund.assets),
            insurance_paid_atoms: losses.sum().tranche,
            deleveragings: losses.adl_events,
            silent: silent.map(|asset| ASSETS[asset]),
            below_maintenance: snapshot.ledger.margin_accounts.values().filter(is_below).count(),
            levels: snapshot.levels().map(|level| level as u8),
        }
    }
}

/// Hours and minutes, UTC.
pub fn clock(time: i64) -> String {
    zoned(time, "%H:%M")
}

/// Day, hours and minutes, UTC.
pub fn minute(time: i64) -> String {
    zoned(time, "%Y-%m-%d %H:%M")
}

/// Day and time, UTC.
pub fn day(time: i64) -> String {
    zoned(time, "%Y-%m-%d %H:%M:%S UTC")
}

fn zoned(time: i64, format: &str) -> String {
    let zoned = Timestamp::from_second(time).map(|time| time.to_zoned(TimeZone::UTC));
    zoned.map_or_else(|_| time.to_string(), |zoned| zoned.strftime(format).to_string())
}

/// Whole dollars of quote atoms, with commas.
pub fn dollars(atoms: i128) -> String {
    let whole = (atoms.abs() + 500_000) / 1_000_000;
    let digits = whole.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if atoms < 0 && whole > 0 { "-" } else { "" };
    format!("{sign}${grouped}")
}

/// Dollars of quote atoms, to the atom, with commas.
pub fn exact(atoms: i128) -> String {
    let (whole, rest) = (atoms.unsigned_abs() / 1_000_000, atoms.unsigned_abs() % 1_000_000);
    let sign = if atoms < 0 { "-" } else { "" };
    format!("{sign}{}.{rest:06}", dollars(whole as i128 * 1_000_000))
}

/// A price in dollars, of about six digits.
pub fn price(price_e8: u64) -> String {
    let dollars = price_e8 as f64 / crate::candles::ONE_E8 as f64;
    match dollars {
        10_000.0.. => format!("{dollars:.0}"),
        10.0.. => format!("{dollars:.2}"),
        _ => format!("{dollars:.5}"),
    }
}

/// A market's name.
pub fn symbol(market: u8) -> &'static str {
    ASSETS.get(market as usize).copied().unwrap_or("?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!(dollars(1_234_567_890_000), "$1,234,568");
        assert_eq!(dollars(-999_600_000), "-$1,000");
        assert_eq!(dollars(-400_000), "$0");
        assert_eq!(dollars(0), "$0");
        assert_eq!(exact(-1_234_567_890_123), "-$1,234,567.890123");
        assert_eq!([0, -1, 1_000_000].map(exact), ["$0.000000", "-$0.000001", "$1.000000"]);
        assert_eq!(price(20_736_000_000), "207.36");
        assert_eq!(price(11_697_010_000_000), "116970");
        assert_eq!(price(20_000_000), "0.20000");
        assert_eq!(day(1_760_129_100), "2025-10-10 20:45:00 UTC");
        assert_eq!(clock(1_760_129_100), "20:45");
        assert_eq!(minute(1_760_129_130), "2025-10-10 20:45");
    }
}
