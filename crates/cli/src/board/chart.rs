//! The accounts nearest to liquidation, as bars of their distance.

use ratatui::{
    style::{Color, Modifier, Style},
    text::{Line, Span},
};

use crate::{
    summary::Summary,
    units::{percent, short},
};

/// A bar this long, in basis points, is full.
const FULL_BPS: u64 = 2_500;
const DANGER_BPS: u64 = 200;
const WARNING_BPS: u64 = 500;
/// Columns beside the bar.
const BESIDE: u16 = 46;
/// Eighths of a column.
const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// One account in a line of `width` columns.
pub fn bar(account: &Summary, width: u16) -> Line<'static> {
    let colour = match account.distance_bps {
        _ if account.is_liquidatable => Color::Red,
        Some(bps) if bps < DANGER_BPS => Color::Red,
        Some(bps) if bps < WARNING_BPS => Color::Yellow,
        _ => Color::Green,
    };
    let distance = match account.distance_bps {
        _ if account.is_liquidatable => "liquidatable".to_owned(),
        Some(bps) => percent(bps),
        None => "none".to_owned(),
    };
    let columns = u64::from(width.saturating_sub(BESIDE).max(4));
    let bps = if account.is_liquidatable { 0 } else { account.distance_bps.unwrap_or(FULL_BPS).min(FULL_BPS) };
    let eighths = columns * 8 * bps / FULL_BPS;
    let mut filled = "█".repeat((eighths / 8) as usize) + PARTS[(eighths % 8) as usize];
    let drawn = filled.chars().count();
    filled += &" ".repeat((columns as usize).saturating_sub(drawn));
    let equity = compact(account.equity.atoms, &account.equity.human);
    Line::from(vec![
        Span::raw(format!(" {:<10}", short(&account.address))),
        Span::styled(format!("{:<9}", joined(&account.markets)), Style::new().add_modifier(Modifier::DIM)),
        Span::styled(filled, Style::new().fg(colour)),
        Span::styled(format!("{distance:>13}"), Style::new().fg(colour)),
        Span::styled(format!("{equity:>12}"), Style::new().add_modifier(Modifier::DIM)),
    ])
}

fn joined(markets: &[String]) -> String {
    match markets {
        [] => "-".to_owned(),
        [one] => one.clone(),
        [one, other] if one.len() + other.len() < 8 => format!("{one} {other}"),
        [one, rest @ ..] => format!("{one} +{}", rest.len()),
    }
}

/// Whole units, thousands apart: for looking at, not for reckoning with.
pub fn compact(atoms: i128, human: &str) -> String {
    let whole = human.split('.').next().unwrap_or_default();
    let digits = whole.trim_start_matches('-').to_owned();
    let grouped = crate::decimal::pretty(digits.parse().unwrap_or(0), 0, 0);
    if atoms < 0 { format!("-{grouped}") } else { grouped }
}
