//! What a person reads at the end.

use std::fmt::{self, Display, Formatter};

use super::{
    arguments::ASSETS,
    loss_tables,
    screen::{state, wrapped},
    summary::{LevelReached, Summary},
    timeline::{Moment, clock, dollars, price},
};

/// Columns of the terminal that everything fits into.
pub const WIDTH: usize = 100;
/// Rows of the time line, about.
const ROWS: i64 = 12;

/// A summary as tables.
pub struct Tables<'a>(pub &'a Summary);

impl Display for Tables<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let summary = self.0;
        writeln!(f, "\nPrices, {} to {}", summary.from, summary.to)?;
        show_sources(&summary.sources, f)?;
        show_timeline(summary, f)?;
        loss_tables::show_waterfalls(summary, f)?;
        loss_tables::show_who_lost(summary, f)?;
        loss_tables::show_stakers(summary, f)?;
        show_groups(summary, f)?;
        show_units(summary, f)?;
        show_figures(summary, f)?;
        writeln!(f, "\n{}", conclusion(summary))
    }
}

/// Assets by where their prices come from, which is said once.
fn show_sources(sources: &[String], f: &mut Formatter<'_>) -> fmt::Result {
    let mut last = "";
    for source in sources {
        let (asset, rest) = source.split_once(": ").unwrap_or(("", source));
        let (origin, candles) = rest.rsplit_once(": ").unwrap_or((rest, ""));
        if origin != last {
            writeln!(f, "  {}", wrapped(origin, WIDTH, 2))?;
        }
        writeln!(f, "    {asset} {}", wrapped(candles, WIDTH, 8))?;
        last = origin;
    }
    Ok(())
}

fn show_timeline(summary: &Summary, f: &mut Formatter<'_>) -> fmt::Result {
    let about = "Time line (UTC). Liquidations and auto-deleveragings since the row above; accounts left below maintenance; \
                 one side's open interest; insurance in tranches and fund; breaker levels, 1 caution, 2 reduce only:";
    writeln!(f, "\n{}", wrapped(about, WIDTH, 0))?;
    writeln!(
        f,
        "  {:>5} {:>7} {:>6} {:>7} {:>6} {:>3} {:>5} {:>10} {:>8} {:>8}  breakers",
        "time", "SOL", "BTC", "ETH", "liquid", "ADL", "below", "open", "pools", "insured"
    )?;
    let (mut liquidations, mut deleveragings) = (0, 0);
    for (moment, is_low) in rows(&summary.timeline) {
        let [sol, btc, eth] = moment.prices_e8.map(price);
        let line = format!(
            "  {:>5} {sol:>7} {btc:>6} {eth:>7} {:>6} {:>3} {:>5} {:>10} {:>8} {:>8}  {}{}",
            clock(moment.time),
            format!("+{}", moment.liquidations - liquidations),
            format!("+{}", moment.deleveragings - deleveragings),
            moment.below_maintenance,
            dollars(moment.open_interest_atoms.into()),
            dollars(moment.pools_atoms.into()),
            dollars((moment.tranches_atoms + moment.fund_atoms).into()),
            state(moment),
            if is_low { " low" } else { "" },
        );
        writeln!(f, "{}", line.trim_end())?;
        (liquidations, deleveragings) = (moment.liquidations, moment.deleveragings);
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
    writeln!(f, "  {name:<20} {}", wrapped(value, WIDTH, 23))
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
    if summary.collateral_sales > 0 {
        let [sold, worth] = [summary.collateral_sold_atoms, summary.collateral_value_atoms].map(|a| dollars(a.into()));
        let sales = summary.collateral_sales;
        row(f, "collateral", &format!("{sales} sales for {sold}, worth {worth} at the mark"))?;
    }
    row(f, "withdrawn meanwhile", &dollars(summary.withdrawn_atoms as i128))?;
    let waiting = &summary.deficits_waiting;
    let bankrupt = summary.accounts_bankrupt as u64 + waiting.accounts;
    row(f, "bad debt", &format!("{}, {bankrupt} bankrupt accounts", dollars(summary.bad_debt_atoms.into())))?;
    let paid = dollars(summary.insurance_paid_atoms.into());
    let earned = [summary.insurance_fees_atoms, summary.insurance_fund_fees_atoms].map(|atoms| dollars(atoms.into()));
    let insurance = format!("paid {paid}; earned {} of penalties, {} of fees", earned[0], earned[1]);
    row(f, "insurance", &insurance)?;
    let moved = [summary.tranches_refilled_atoms, summary.tranches_returned_atoms].map(|atoms| dollars(atoms.into()));
    row(f, "sweeps", &format!("tranches refilled with {}, surplus {} returned to the fund", moved[0], moved[1]))?;
    let (events, lots) = (summary.adl_events, summary.deleveraged_lots);
    let (touched, settles) = (summary.positions_touched, summary.touching_instructions);
    let adl = format!("{events} events, {lots} lots; {touched} positions touched afterwards, by {settles} settle");
    row(f, "auto-deleveraging", &adl)?;
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

/// Compute units of the program, two instructions a line.
fn show_units(summary: &Summary, f: &mut Formatter<'_>) -> fmt::Result {
    let head = format!("{:<22} {:>6} {:>8} {:>7}", "Compute units", "count", "median", "max");
    writeln!(f, "\n  {head}    {}", head.replace("Compute units", "             "))?;
    let cell = |(name, units): (&&str, &super::summary::Units)| {
        format!("{name:<22} {:>6} {:>8} {:>7}", units.count, units.median, units.max)
    };
    let cells: Vec<String> = summary.compute_units.iter().map(cell).collect();
    let half = cells.len().div_ceil(2);
    for (row, left) in cells.iter().take(half).enumerate() {
        let right = cells.get(half + row).map_or("", String::as_str);
        writeln!(f, "  {}", format!("{left}    {right}").trim_end())?;
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
    let charged: u64 = summary.waterfalls.iter().map(|market| market.paid.side + market.paid.fees).sum();
    let deleveraged = match summary.adl_events {
        0 => String::new(),
        _ => format!(", and the other side bore {}", dollars(charged.into())),
    };
    let books = match summary.sum_of_changes_atoms == 0 && summary.identity_violations == 0 {
        true => "The books held after every step, and not an atom was created or lost.",
        false => "THE BOOKS DO NOT ADD UP.",
    };
    let liquidated = dollars(summary.liquidated_notional_atoms as i128);
    let first = format!("{} liquidations cleared {liquidated}; {insurance}{deleveraged}.", summary.liquidations);
    format!("{}\n{books}", wrapped(&first, WIDTH, 0))
}
