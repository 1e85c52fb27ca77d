//! The same crash with the automatic breaker off and on: `docs/breakers.md` and its plots.

use std::fmt::Write;

use anyhow::Result;

use super::{
    course::{Axis, clock},
    days::{Day, OWN},
    page::{PATHS, dollars},
    regime::REGIMES,
    replay::{Outcome, Point, Run, SEED, Setup, replay},
    svg::{Drawing, FAINT, INK, REGIME_COLOURS, ticks},
    venue::LIQUIDATOR_CASH,
};
use crate::candles::{Candle, ONE_E8, Order};

const TEMPLATE: &str = include_str!("breakers.md");
/// Populations besides the one that is shown.
const OTHER_SEEDS: u64 = 9;
const NAMES: [&str; 2] = ["off", "on"];
/// Caution, ReduceOnly, LiquidationOnly.
const LEVEL_COLOURS: [&str; 3] = ["#fbe7b2", "#f5b98a", "#e58a80"];

const WIDTH: f64 = 960.0;
const LEFT: f64 = 96.0;
const RIGHT: f64 = 940.0;
const PRICE: (f64, f64) = (78.0, 300.0);
const ACCOUNTS: (f64, f64) = (334.0, 470.0);

type Measure = fn(&Outcome) -> u64;
type Text = fn(u64) -> String;

/// A path through a day's candles: off and on, shown and in other populations.
struct Pair {
    shown: [Run; 2],
    others: Vec<[Outcome; 2]>,
}

impl Pair {
    fn of(day: &Day, candles: &[Candle], order: Order) -> Result<Self> {
        let run = |seed, has_breaker| {
            let setup = Setup { regime: REGIMES[0], order, liquidator_cash: LIQUIDATOR_CASH, seed, has_breaker };
            replay(day, candles, &setup)
        };
        let outcomes = |seed| -> Result<[Outcome; 2]> { Ok([run(seed, false)?.outcome, run(seed, true)?.outcome]) };
        let others = (SEED + 1..=SEED + OTHER_SEEDS).map(outcomes).collect::<Result<_>>()?;
        Ok(Self { shown: [run(SEED, false)?, run(SEED, true)?], others })
    }
}

/// The page and a plot per day, by their names below `docs`.
///
/// # Errors
/// A day that cannot be replayed.
pub fn generate() -> Result<Vec<(String, String)>> {
    let (mut table, mut spread, mut plots) = (head(), spread_head(), Vec::new());
    for day in &OWN {
        let candles = day.candles()?.unwrap_or_default();
        for (path, order) in PATHS.into_iter().zip([Order::LowFirst, Order::HighFirst]) {
            let pair = Pair::of(day, &candles, order)?;
            rows(&mut table, (day.title, path), &pair.shown);
            spread_row(&mut spread, (day.title, path), &pair.others);
            if order == Order::LowFirst {
                plots.push((format!("breakers/{}.svg", day.id), plot(day, &pair.shown)));
            }
        }
    }
    let page = TEMPLATE.replace("{own}\n", &table).replace("{spread}\n", &spread);
    let mut files = vec![("breakers.md".to_owned(), page)];
    files.extend(plots);
    Ok(files)
}

fn head() -> String {
    "| day | path | breaker | opened | liquidations | accounts | bad debt | left open | minutes without opening | longest | without reducing | at Caution or above | openings refused |\n\
     |---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
        .to_owned()
}

fn rows(text: &mut String, (day, path): (&str, &str), runs: &[Run; 2]) {
    for (name, run) in NAMES.into_iter().zip(runs) {
        let outcome = &run.outcome;
        let cells = [
            dollars(outcome.opened),
            outcome.liquidations.to_string(),
            outcome.liquidated_accounts.to_string(),
            dollars(outcome.bad_debt()),
            dollars(outcome.left_open),
            outcome.no_opening_minutes.to_string(),
            outcome.no_opening_longest.to_string(),
            outcome.no_reducing_minutes.to_string(),
            outcome.cautious_minutes.to_string(),
            outcome.refused.to_string(),
        ];
        let _infallible = writeln!(text, "| {day} | {path} | {name} | {} |", cells.join(" | "));
    }
}

fn spread_head() -> String {
    "| day | path | bad debt, off: mean (least to most) | on | accounts liquidated, off | on | minutes without opening, off | on |\n\
     |---|---|--:|--:|--:|--:|--:|--:|\n"
        .to_owned()
}

fn spread_row(text: &mut String, (day, path): (&str, &str), others: &[[Outcome; 2]]) {
    let measures: [(Measure, Text); 3] = [
        (Outcome::bad_debt, dollars),
        (|outcome| outcome.liquidated_accounts, |count| count.to_string()),
        (|outcome| outcome.no_opening_minutes, |count| count.to_string()),
    ];
    let mut cells = Vec::new();
    for (of, text) in measures {
        for which in 0..NAMES.len() {
            let values = || others.iter().map(|pair| of(&pair[which]));
            let mean = values().sum::<u64>() / others.len().max(1) as u64;
            let ends = [values().min(), values().max()].map(|end| text(end.unwrap_or(0)));
            cells.push(format!("{} ({} to {})", text(mean), ends[0], ends[1]));
        }
    }
    let _infallible = writeln!(text, "| {day} | {path} | {} |", cells.join(" | "));
}

/// Price with the levels behind it, and accounts liquidated so far, off and on.
fn plot(day: &Day, runs: &[Run; 2]) -> String {
    let mut drawing = Drawing::new(WIDTH as u32, 530);
    let points = &runs[1].course;
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return drawing.finish() };
    let time = Axis { from: first.time as f64, to: last.time as f64 + 60.0, at: (LEFT, RIGHT) };
    drawing.text((LEFT, 26.0), "start", 17, &format!("{}: the automatic breaker, off and on", day.title));
    let mut x = LEFT;
    for (colour, name) in LEVEL_COLOURS.into_iter().zip(["Caution", "ReduceOnly", "LiquidationOnly"]) {
        drawing.rect((x, 41.0), (14.0, 12.0), colour, 1.0);
        drawing.text((x + 20.0, 51.0), "start", 12, name);
        x += 130.0;
    }
    for point in points.iter().filter(|point| point.level > 0) {
        let (from, to) = (time.place(point.time as f64), time.place(point.time as f64 + 60.0));
        let colour = LEVEL_COLOURS[usize::from(point.level.min(3)) - 1];
        drawing.rect((from, PRICE.0), (to - from, ACCOUNTS.1 - PRICE.0), colour, 1.0);
    }
    hours(&mut drawing, &time);
    let price = |point: &Point| point.price_e8 as f64 / ONE_E8 as f64;
    panel(&mut drawing, (&time, PRICE, "price (USDT)"), &[(points, INK)], price);
    let lines: [(&[Point], &str); 2] = [(&runs[0].course, REGIME_COLOURS[0]), (points, REGIME_COLOURS[2])];
    drawing.text((LEFT, ACCOUNTS.0 - 10.0), "start", 12, "accounts liquidated so far: grey off, blue on");
    panel(&mut drawing, (&time, ACCOUNTS, "accounts"), &lines, |point| point.liquidated_accounts as f64);
    drawing.finish()
}

fn hours(drawing: &mut Drawing, time: &Axis) {
    let span = time.to - time.from;
    let steps = [600.0, 900.0, 1_800.0, 3_600.0, 7_200.0];
    let step = steps.into_iter().find(|step| span / step <= 12.0).unwrap_or(14_400.0);
    let mut at = (time.from / step).ceil() * step;
    while at <= time.to {
        let x = time.place(at);
        drawing.line((x, PRICE.0), (x, ACCOUNTS.1), FAINT);
        drawing.text((x, ACCOUNTS.1 + 17.0), "middle", 12, &clock(at as i64));
        at += step;
    }
    drawing.text(((LEFT + RIGHT) / 2.0, ACCOUNTS.1 + 38.0), "middle", 12, "time (UTC)");
}

/// One panel: lines over time, with their axis.
fn panel(
    drawing: &mut Drawing,
    (time, at, unit): (&Axis, (f64, f64), &str),
    lines: &[(&[Point], &str)],
    of: impl Fn(&Point) -> f64,
) {
    let values = || lines.iter().flat_map(|(points, _)| points.iter()).map(&of);
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
    let room = ((high - low) * 0.05).max(0.5);
    let axis = Axis { from: (low - room).max(0.0), to: high + room, at: (at.1, at.0) };
    for value in ticks(axis.from, axis.to, 5.0) {
        let y = axis.place(value);
        drawing.line((LEFT, y), (RIGHT, y), FAINT);
        drawing.text((LEFT - 8.0, y + 4.0), "end", 12, &format!("{value:.0}"));
    }
    drawing.line((LEFT, at.0), (LEFT, at.1), INK);
    drawing.line((LEFT, at.1), (RIGHT, at.1), INK);
    drawing.text_up((24.0, (at.0 + at.1) / 2.0), unit);
    for (points, colour) in lines {
        let line: Vec<(f64, f64)> =
            points.iter().map(|point| (time.place(point.time as f64), axis.place(of(point)))).collect();
        drawing.curve(&line, colour, "");
    }
}
