//! What a person reads about losses: who paid, who lost what, what became of the stakers.

use std::fmt::{self, Formatter};

use super::{
    losses::LossRow,
    screen::wrapped,
    stakers::Intent,
    summary::{MarketWaterfall, Summary},
    tables::WIDTH,
    timeline::{clock, dollars, exact, minute, price},
    waterfall::Waterfall,
};

fn paragraph(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    writeln!(f, "\n{}", wrapped(text, WIDTH, 0))
}

/// What bankrupt accounts had lost, market by market.
pub fn show_waterfalls(summary: &Summary, f: &mut Formatter<'_>) -> fmt::Result {
    if let Some(silent) = summary.silent_oracle {
        let (before, after) = (silent.price_before_e8, silent.price_after_e8);
        let moved = (after as f64 - before as f64) / before.max(1) as f64 * 100.0;
        let text = format!(
            "The gap. Between {} and {}, {}'s oracle says nothing; this is the demo's own doing (--outage). The market \
             stands still, nobody can be liquidated, and the next price is {} instead of {} ({moved:+.1}%). It is taken, \
             but as uncertain, so far from the average: positions are taken over in small parts, and nobody's deficit \
             is shared out before the price is confirmed.",
            clock(silent.from),
            clock(silent.to),
            silent.asset,
            price(after),
            price(before),
        );
        paragraph(f, &text)?;
    }
    if summary.waterfalls.is_empty() {
        return writeln!(f, "\nNo account went bankrupt.");
    }
    paragraph(
        f,
        "What bankrupt accounts had lost when they were resolved, and who paid it, in this order: their own cash, the market's \
         insurance tranche up to its caps, then the positions of the other side by auto-deleveraging:",
    )?;
    let head = ["loss", "own cash", "tranche", "other side"];
    writeln!(
        f,
        "  {:<6} {:>8} {:>16} {:>16} {:>15} {:>15} {:>7} {:>7}",
        "market", "accounts", head[0], head[1], head[2], head[3], "fees", "waits"
    )?;
    let mut sum = MarketWaterfall { market: "all", accounts: 0, paid: Waterfall::default() };
    for market in &summary.waterfalls {
        sum.accounts += market.accounts;
        sum.paid.add(&market.paid);
        show_waterfall(market, f)?;
    }
    show_waterfall(&sum, f)?;
    let adds_up = if sum.paid.holds() { "The parts add up to the loss, to the atom." } else { "THEY DO NOT ADD UP." };
    writeln!(f, "  {adds_up}")
}

fn show_waterfall(market: &MarketWaterfall, f: &mut Formatter<'_>) -> fmt::Result {
    let Waterfall { loss, cash, tranche, side, fees, waiting } = market.paid;
    let [loss, cash, tranche, side] = [loss, cash, tranche, side].map(|atoms| exact(atoms.into()));
    // Mostly nothing; all digits are in the JSON.
    let [fees, waiting] = [fees, waiting].map(|atoms| dollars(atoms.into()));
    let name = market.market;
    let accounts = market.accounts;
    writeln!(f, "  {name:<6} {accounts:>8} {loss:>16} {cash:>16} {tranche:>15} {side:>15} {fees:>7} {waiting:>7}")
}

/// Who gave up what.
pub fn show_who_lost(summary: &Summary, f: &mut Formatter<'_>) -> fmt::Result {
    if summary.who_lost.is_empty() {
        return Ok(());
    }
    let (from, to) = summary.who_lost_times;
    let text = format!(
        "Who lost what, from {} to {}, when the last deleveraging was done. The other side gives up its share by the lots \
         held, whatever its own profit; nobody else is touched:",
        clock(from),
        clock(to)
    );
    paragraph(f, &text)?;
    writeln!(
        f,
        "  {:<32} {:>8} {:>11} {:>16} {:>9} {:>14}",
        "", "lots", "before", "own trading", "insurance", "deleveraging"
    )?;
    for row in &summary.who_lost {
        show_loss(row, f)?;
    }
    let sum = |column: fn(&LossRow) -> i128| summary.who_lost.iter().map(column).sum::<i128>();
    let sums = [sum(|row| row.trading_atoms), sum(|row| row.insurance_atoms), sum(|row| row.deleveraging_atoms)];
    let [trading, insurance, deleveraging] =
        sums.map(|atoms| if atoms == 0 { "0 atoms".to_owned() } else { exact(atoms) });
    let name = "all together";
    writeln!(f, "  {name:<32} {:>8} {:>11} {trading:>16} {insurance:>9} {deleveraging:>14}", "", "")?;
    let per_lot = summary.deleveraging_per_lot_atoms.map_or_else(String::new, |atoms| {
        format!("Every lot of the side held before gave up {}, whoever held it. ", exact(atoms as i128))
    });
    let text = format!(
        "{per_lot}To the atom, each position bore its lots' part of every charge, and {} atoms of rounding in all, which \
         stay with the market.",
        summary.deleveraging_roundings_atoms
    );
    writeln!(f, "  {}", wrapped(&text, WIDTH, 2))
}

fn show_loss(row: &LossRow, f: &mut Formatter<'_>) -> fmt::Result {
    let name = match row.accounts {
        2.. => format!("{} {}", row.accounts, row.name),
        _ => row.name.clone(),
    };
    let lots = if row.lots == 0 { String::new() } else { row.lots.to_string() };
    let before = dollars(row.before_atoms);
    let [trading, deleveraging] = [row.trading_atoms, row.deleveraging_atoms].map(exact_or_nothing);
    let insurance = if row.insurance_atoms == 0 { "0".to_owned() } else { dollars(row.insurance_atoms) };
    writeln!(f, "  {name:<32} {lots:>8} {before:>11} {trading:>16} {insurance:>9} {deleveraging:>14}")
}

fn exact_or_nothing(atoms: i128) -> String {
    if atoms == 0 { "0".to_owned() } else { exact(atoms) }
}

/// What the stakers' shares were worth, and who got out when.
pub fn show_stakers(summary: &Summary, f: &mut Formatter<'_>) -> fmt::Result {
    paragraph(f, "Stakers insure, and bear what insurance pays: the value of their shares, and their exits:")?;
    writeln!(f, "  {:<10} {:>17} {:>17} {:>17}  exit", "", "staked", "before the crash", "after it")?;
    for row in &summary.stakers {
        let amounts =
            [row.staked_atoms, row.value_before_atoms, row.value_after_atoms].map(|atoms| exact(atoms.into()));
        let [staked, before, after] = amounts;
        writeln!(f, "  {:<10} {staked:>17} {before:>17} {after:>17}  {}", row.name, intent(row.intent))?;
        if let Some((time, cause)) = &row.refused {
            writeln!(f, "{:66}  refused at {}: {cause}", "", clock(*time))?;
        }
        if let Some((time, paid)) = row.left {
            writeln!(f, "{:66}  left on {}", "", minute(time))?;
            writeln!(f, "{:66}  with {}", "", exact(paid.into()))?;
        }
    }
    Ok(())
}

fn intent(intent: Intent) -> &'static str {
    match intent {
        Intent::AskedBefore => "asked 14 days before",
        Intent::AsksAfter => "asks after the crash",
        Intent::Stays => "stays",
    }
}
