//! `docs/backtest.md`: a template, with tables of what was measured.

use std::fmt::Write;

use anyhow::{Context, Result};

use super::{
    Results,
    regime::REGIMES,
    replay::{Outcome, Run},
};
use crate::listing::DOLLAR;

pub(super) const PATHS: [&str; 2] = ["low first", "high first"];
const TEMPLATE: &str = include_str!("page.md");
/// Around what needs the longer series, and stays as it is where they are not at hand.
const LONGER: (&str, &str) = ("<!-- longer days -->\n", "<!-- end of longer days -->\n");

/// The page. `longer`: `None` keeps what `committed` says of them.
///
/// # Errors
/// Nothing to keep.
pub fn page(own: &[Results], longer: Option<&[Results]>, committed: Option<&str>) -> Result<String> {
    let page = filled(TEMPLATE, "own", own);
    if let Some(longer) = longer {
        return Ok(filled(&page, "longer", longer));
    }
    let kept = committed.and_then(longer_part).context("no committed docs/backtest.md to keep the longer days of")?;
    let replaced = longer_part(&page).context("the template has no longer days")?;
    Ok(page.replace(replaced, kept))
}

fn filled(page: &str, name: &str, results: &[Results]) -> String {
    let tables = [("", table(results)), ("-conditions", conditions(results)), ("-control", control(results))];
    let fill = |page: String, (what, text): (&str, String)| page.replace(&format!("{{{name}{what}}}\n"), &text);
    tables.into_iter().fold(page.to_owned(), fill)
}

/// What is between the two marks.
fn longer_part(page: &str) -> Option<&str> {
    Some(page.split_once(LONGER.0)?.1.split_once(LONGER.1)?.0)
}

fn table(results: &[Results]) -> String {
    let mut text = String::from(
        "| day | path | margin | liquidations | accounts | bad debt | tranche | other side | left open | locked, mean | locked, peak |\n\
         |---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    rows(&mut text, results, |outcome| {
        vec![
            outcome.liquidations.to_string(),
            outcome.liquidated_accounts.to_string(),
            dollars(outcome.bad_debt()),
            dollars(outcome.paid_by_tranche),
            dollars(outcome.paid_by_side + outcome.owed_by_market),
            dollars(outcome.left_open),
            percent(outcome.locked_bps),
            percent(outcome.locked_peak_bps),
        ]
    });
    text
}

/// What led to it.
fn conditions(results: &[Results]) -> String {
    let mut text = String::from(
        "| day | path | margin | opened | openings cut | refused | halved | once below zero | of them paid for | highest multiplier | minutes not Fresh |\n\
         |---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    rows(&mut text, results, |outcome| {
        vec![
            dollars(outcome.opened),
            outcome.cut.to_string(),
            outcome.refused.to_string(),
            outcome.reductions.to_string(),
            outcome.bankrupt_accounts.to_string(),
            outcome.paid_for_accounts.to_string(),
            format!("{}.{:02}", outcome.highest_multiplier_bps / 10_000, outcome.highest_multiplier_bps % 10_000 / 100),
            outcome.uncertain_minutes.to_string(),
        ]
    });
    text
}

fn rows(text: &mut String, results: &[Results], cells: impl Fn(&Outcome) -> Vec<String>) {
    for result in results {
        for (path, runs) in PATHS.into_iter().zip(&result.paths) {
            for (run, regime) in runs.shown.iter().zip(&REGIMES) {
                let cells = cells(&run.outcome).join(" | ");
                let _infallible = writeln!(text, "| {} | {path} | {} | {cells} |", result.day.title, regime.name);
            }
        }
    }
}

/// Bad debt per regime: as above, of other populations, and with a richer liquidator.
fn control(results: &[Results]) -> String {
    let mut text = String::from("| day | path | bad debt |");
    REGIMES.iter().for_each(|regime| text.push_str(&format!(" {} |", regime.name)));
    text.push_str("\n|---|---|---|--:|--:|--:|\n");
    let debts = |runs: &[Run]| runs.iter().map(|run| dollars(run.outcome.bad_debt())).collect();
    for (result, (path, runs)) in
        results.iter().flat_map(|result| PATHS.into_iter().zip(&result.paths).map(move |runs| (result, runs)))
    {
        let others = (0..REGIMES.len()).map(|regime| {
            let debts = || runs.others.iter().map(|runs| runs[regime].outcome.bad_debt());
            let mean = debts().sum::<u64>() / runs.others.len().max(1) as u64;
            let ends = [debts().min(), debts().max()].map(|end| dollars(end.unwrap_or(0)));
            format!("{} ({} to {})", dollars(mean), ends[0], ends[1])
        });
        let lines: [(&str, Vec<String>); 3] = [
            ("as above", debts(&runs.shown)),
            ("5 other populations: mean (least to most)", others.collect()),
            ("liquidator with three times the capital", debts(&runs.rich)),
        ];
        for (name, cells) in lines {
            let _infallible = writeln!(text, "| {} | {path} | {name} | {} |", result.day.title, cells.join(" | "));
        }
    }
    text
}

/// Whole dollars, with commas, rounded up: no debt reads as none.
pub(super) fn dollars(atoms: u64) -> String {
    let digits = atoms.div_ceil(DOLLAR).to_string();
    let mut grouped = String::from("$");
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn percent(bps: u64) -> String {
    format!("{}.{} %", bps / 100, bps % 100 / 10)
}
