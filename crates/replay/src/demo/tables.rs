//! What a person reads at the end.

use std::fmt::{self, Display, Formatter};

use super::{
    arguments::ASSETS,
    screen::levels,
    summary::{LevelReached, Summary},
    timeline::{Moment, clock, dollars, price},
};

/// Rows of the time line, about.
const ROWS: i64 = 12;

/// A summary as tables.
pub struct Tables<'a>(pub &'a Summary);

impl Display for Tables<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let summary = self.0;
        writeln!(f, "\nPrices, {} to {}\n  {}", summary.from, summary.to, summary.sources.join("\n  "))?;
        show_timeline(summary, f)?;
        show_groups(summary, f)?;
        show_units(summary, f)?;
        show_figures(summary, f)?;
        writeln!(f, "\n{}", conclusion(summary))
    }
}

fn show_timeline(summary: &Summary, f: &mut Formatter<'_>) -> fmt::Result {
    writeln!(
        f,
        "\nTime line (UTC). Liquidations since the row above; accounts left below maintenance; breaker levels:"
    )?;
    writeln!(f, "1 caution, 2 reduce only")?;
    writeln!(
        f,
        "  {:>5} {:>9} {:>10} {:>9}  {:>6} {:>5} {:>13} {:>10} {:>10}  breakers",
        "time", "SOL", "BTC", "ETH", "liquid", "below", "open interest", "pools", "tranches"
    )?;
    let mut last = 0;
    for (moment, is_low) in rows(&summary.timeline) {
        let [sol, btc, eth] = moment.prices_e8.map(price);
        writeln!(
            f,
            "  {:>5} {sol:>9} {btc:>10} {eth:>9}  {:>6} {:>5} {:>13} {:>10} {:>10}  {}{}",
            clock(moment.time),
            format!("+{}", moment.liquidations - last),
            moment.below_maintenance,
            dollars(moment.open_interest_atoms.into()),
            dollars(moment.pools_atoms.into()),
            dollars(moment.tranches_atoms.into()),
            levels(moment),
            if is_low { " (low)" } else { "" },
        )?;
        last = moment.liquidations;
    }
    Ok(())
}

/// A dozen moments evenly spread, the last one, and the first asset's low.
fn rows(timeline: &[Moment]) -> Vec<(&Moment, bool)> {
    let (Some(first), Some(last)) = (timeline.first(), timeline.last()) else { return vec![] };
    let apart = ((last.time - first.time) / ROWS).max(1);
    let low = timeline.iter().min_by_key(|moment| moment.prices_e8[0]).map(|moment| moment.time);
    let mut next = first.time;
    let mut rows = Vec::new();
    for moment in timeline {
        let is_low = Some(moment.time) == low;
        if moment.time >= next || is_low || moment.time == last.time {
            rows.push((moment, is_low));
        }
        while next <= moment.time {
            next += apart;
        }
    }
    rows
}

fn row(f: &mut Formatter<'_>, name: &str, value: &str) -> fmt::Result {
    writeln!(f, "  {name:<20} {value}")
}

fn show_figures(summary: &Summary, f: &mut Formatter<'_>) -> fmt::Result {
    writeln!(f, "\nSummary")?;
    let refused: u64 = summary.transactions_refused.values().sum();
    let causes = summary.transactions_refused.iter().map(|(cause, count)| format!("{count} {cause}"));
    let causes = causes.collect::<Vec<_>>().join(", ");
    let why = if refused > 0 { format!(" ({causes})") } else { String::new() };
    row(f, "transactions", &format!("{}, {refused} refused{why}", summary.transactions))?;
    row(f, "trades", &format!("{}, {}", summary.trades, dollars(summary.traded_notional_atoms as i128)))?;
    let liquidated = dollars(summary.liquidated_notional_atoms as i128);
    let stages = format!("up to {} stages", summary.most_stages_of_one_account);
    let accounts = summary.accounts_liquidated;
    row(f, "liquidations", &format!("{} of {accounts} accounts ({stages}), {liquidated}", summary.liquidations))?;
    let (losses, gains) = (dollars(summary.losses_settled_atoms as i128), dollars(summary.gains_settled_atoms as i128));
    row(f, "settled by keepers", &format!("losses {losses}, gains {gains}"))?;
    row(f, "withdrawn meanwhile", &dollars(summary.withdrawn_atoms as i128))?;
    let waiting = &summary.deficits_waiting;
    let bankrupt = summary.accounts_bankrupt as u64 + waiting.accounts;
    row(f, "bad debt", &format!("{}, {bankrupt} bankrupt accounts", dollars(summary.bad_debt_atoms.into())))?;
    let (paid, earned) = (dollars(summary.insurance_paid_atoms.into()), dollars(summary.insurance_fees_atoms.into()));
    row(f, "insurance", &format!("paid {paid}, earned {earned}"))?;
    row(f, "deficits waiting", &format!("{}, {} accounts", dollars(waiting.atoms.into()), waiting.accounts))?;
    row(f, "breakers", &breakers(&summary.levels_reached))?;
    let violations = summary.identity_violations;
    row(f, "ledger identities", &format!("checked {} times, {violations} violations", summary.identity_checks))
}

/// The highest level of each market, and when it was reached first.
fn breakers(reached: &[LevelReached]) -> String {
    let highest = ASSETS.into_iter().filter_map(|asset| {
        let of_asset = || reached.iter().filter(move |reached| reached.market == asset);
        let level = of_asset().map(|reached| reached.level).max()?;
        let first = of_asset().find(|reached| reached.level == level)?;
        let moved = first.move_bps as f64 / 100.0;
        Some(format!("{asset} {} at {} ({moved:.1} %)", first.name, clock(first.time)))
    });
    let highest: Vec<String> = highest.collect();
    if highest.is_empty() { "none tripped".to_owned() } else { highest.join(", ") }
}

fn show_groups(summary: &Summary, f: &mut Formatter<'_>) -> fmt::Result {
    writeln!(f, "\n  {:<22} {:>8} {:>13} {:>13} {:>13}", "Who won and lost", "accounts", "brought", "has", "change")?;
    for group in &summary.groups {
        let accounts = if group.accounts > 0 { group.accounts.to_string() } else { String::new() };
        let [brought, has, change] = [group.brought_atoms, group.has_atoms, group.change_atoms].map(dollars);
        writeln!(f, "  {:<22} {accounts:>8} {brought:>13} {has:>13} {change:>13}", group.name)?;
    }
    let sum = format!("{} atoms", summary.sum_of_changes_atoms);
    writeln!(f, "  {:<22} {:>8} {:>13} {:>13} {sum:>13}", "all together", "", "", "")
}

fn show_units(summary: &Summary, f: &mut Formatter<'_>) -> fmt::Result {
    writeln!(f, "\n  {:<22} {:>8} {:>8} {:>8} {:>8}", "Compute units", "count", "min", "median", "max")?;
    for (name, units) in &summary.compute_units {
        writeln!(f, "  {name:<22} {:>8} {:>8} {:>8} {:>8}", units.count, units.min, units.median, units.max)?;
    }
    Ok(())
}

/// The run in a sentence or two.
fn conclusion(summary: &Summary) -> String {
    let accounts = summary.accounts_bankrupt;
    let paid = dollars(summary.insurance_paid_atoms.into());
    let insurance = match accounts {
        0 => "no account went bankrupt".to_owned(),
        _ => format!("insurance paid {paid} for {accounts} bankrupt accounts"),
    };
    let books = match summary.sum_of_changes_atoms == 0 && summary.identity_violations == 0 {
        true => "The books held after every step, and not an atom was created or lost.",
        false => "THE BOOKS DO NOT ADD UP.",
    };
    let liquidated = dollars(summary.liquidated_notional_atoms as i128);
    format!("{} liquidations cleared {liquidated}; {insurance}.\n{books}", summary.liquidations)
}
