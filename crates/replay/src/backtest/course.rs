//! The plot of a day: price, liquidations under each regime, multipliers.

use super::{
    days::Day,
    regime::REGIMES,
    replay::{Point, Run},
    svg::{Drawing, FAINT, INK, REGIME_COLOURS, ticks},
};
use crate::candles::ONE_E8;

const WIDTH: f64 = 960.0;
const LEFT: f64 = 96.0;
const RIGHT: f64 = 940.0;
const PRICE: (f64, f64) = (64.0, 300.0);
const MARKS: (f64, f64) = (326.0, 422.0);
const MULTIPLIERS: (f64, f64) = (452.0, 590.0);
const UNCERTAIN: &str = "#f3c6c2";
const MAINTENANCE: &str = "#c0392b";

/// Where times and values fall on the plot.
pub(super) struct Axis {
    pub from: f64,
    pub to: f64,
    pub at: (f64, f64),
}

impl Axis {
    pub fn place(&self, value: f64) -> f64 {
        self.at.0 + (self.at.1 - self.at.0) * (value - self.from) / (self.to - self.from).max(1e-9)
    }
}

/// `runs`: one per regime, of the same prices.
pub fn course(day: &Day, runs: &[Run]) -> String {
    let mut drawing = Drawing::new(WIDTH as u32, 640);
    let Some(last) = runs.last() else { return drawing.finish() };
    let points = &last.course;
    let (Some(first), Some(end)) = (points.first(), points.last()) else { return drawing.finish() };
    let time = Axis { from: first.time as f64, to: end.time as f64, at: (LEFT, RIGHT) };
    drawing.text((LEFT, 26.0), "start", 17, &format!("{}: price, liquidations and multipliers", day.title));
    drawing.text(
        (LEFT, 46.0),
        "start",
        12,
        "Candles walked open, low, high, close; one price a minute. Red bands: minutes with a price that is not fresh.",
    );
    bands(&mut drawing, points, &time);
    hours(&mut drawing, &time);
    prices(&mut drawing, points, &time);
    marks(&mut drawing, runs, &time);
    multipliers(&mut drawing, points, &time);
    drawing.finish()
}

fn frame(drawing: &mut Drawing, (top, bottom): (f64, f64)) {
    drawing.line((LEFT, top), (LEFT, bottom), INK);
    drawing.line((LEFT, bottom), (RIGHT, bottom), INK);
}

fn bands(drawing: &mut Drawing, points: &[Point], time: &Axis) {
    for point in points.iter().filter(|point| !point.is_fresh) {
        let (from, to) = (time.place(point.time as f64), time.place(point.time as f64 + 60.0).min(RIGHT));
        drawing.rect((from, PRICE.0), (to - from, MULTIPLIERS.1 - PRICE.0), UNCERTAIN, 0.6);
    }
}

fn hours(drawing: &mut Drawing, time: &Axis) {
    let span = time.to - time.from;
    let steps = [600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 10_800.0, 14_400.0, 21_600.0];
    let step = steps.into_iter().find(|step| span / step <= 12.0).unwrap_or(43_200.0);
    let mut at = (time.from / step).ceil() * step;
    while at <= time.to {
        let x = time.place(at);
        for (top, bottom) in [PRICE, MARKS, MULTIPLIERS] {
            drawing.line((x, top), (x, bottom), FAINT);
        }
        drawing.text((x, MULTIPLIERS.1 + 17.0), "middle", 12, &clock(at as i64));
        at += step;
    }
    drawing.text(((LEFT + RIGHT) / 2.0, MULTIPLIERS.1 + 38.0), "middle", 12, "time (UTC)");
}

fn prices(drawing: &mut Drawing, points: &[Point], time: &Axis) {
    let dollars = |point: &Point| point.price_e8 as f64 / ONE_E8 as f64;
    let low = points.iter().map(dollars).fold(f64::INFINITY, f64::min);
    let high = points.iter().map(dollars).fold(0.0, f64::max);
    let room = (high - low) * 0.05;
    let axis = Axis { from: low - room, to: high + room, at: (PRICE.1, PRICE.0) };
    for value in ticks(axis.from, axis.to, 6.0) {
        let y = axis.place(value);
        drawing.line((LEFT, y), (RIGHT, y), FAINT);
        let label = if high < 100.0 && value.fract() != 0.0 { format!("{value:.1}") } else { format!("{value:.0}") };
        drawing.text((LEFT - 8.0, y + 4.0), "end", 12, &label);
    }
    frame(drawing, PRICE);
    drawing.text_up((24.0, (PRICE.0 + PRICE.1) / 2.0), "price (USDT)");
    let line: Vec<(f64, f64)> =
        points.iter().map(|point| (time.place(point.time as f64), axis.place(dollars(point)))).collect();
    drawing.curve(&line, INK, "");
}

/// A row per regime: a stroke for each minute with take-overs, the taller the more.
fn marks(drawing: &mut Drawing, runs: &[Run], time: &Axis) {
    let most = runs.iter().flat_map(|run| &run.course).map(|point| point.liquidations).max().unwrap_or(1).max(1);
    let height = (MARKS.1 - MARKS.0) / REGIMES.len() as f64;
    drawing.text(
        (LEFT, MARKS.0 - 8.0),
        "start",
        12,
        &format!("liquidations per minute under each regime; full height: {most}"),
    );
    for (index, (run, regime)) in runs.iter().zip(&REGIMES).enumerate() {
        let bottom = MARKS.0 + height * (index + 1) as f64;
        drawing.line((LEFT, bottom), (RIGHT, bottom), INK);
        drawing.text((LEFT - 8.0, bottom - height / 2.0 + 4.0), "end", 12, regime.name);
        let width = (time.place(60.0) - time.place(0.0)).max(1.2);
        let mut columns: Vec<(f64, u64)> = Vec::new();
        for point in run.course.iter().filter(|point| point.liquidations > 0) {
            let x = time.place(point.time as f64).floor();
            match columns.last_mut().filter(|(last, _)| *last == x) {
                Some((_, count)) => *count = (*count).max(point.liquidations),
                None => columns.push((x, point.liquidations)),
            }
        }
        for (x, count) in columns {
            let tall = ((height - 4.0) * count as f64 / most as f64).max(2.0);
            drawing.rect((x, bottom - tall), (width, tall), REGIME_COLOURS[index], 1.0);
        }
    }
    drawing.line((LEFT, MARKS.0), (LEFT, MARKS.1), INK);
}

fn multipliers(drawing: &mut Drawing, points: &[Point], time: &Axis) {
    let axis = Axis { from: 0.8, to: 3.2, at: (MULTIPLIERS.1, MULTIPLIERS.0) };
    for value in [1.0, 1.5, 2.0, 2.5, 3.0] {
        let y = axis.place(value);
        drawing.line((LEFT, y), (RIGHT, y), FAINT);
        drawing.text((LEFT - 8.0, y + 4.0), "end", 12, &format!("{value:.1}"));
    }
    frame(drawing, MULTIPLIERS);
    drawing.text_up((24.0, (MULTIPLIERS.0 + MULTIPLIERS.1) / 2.0), "multiplier");
    let line = |of: fn(&Point) -> u32| -> Vec<(f64, f64)> {
        points
            .iter()
            .map(|point| (time.place(point.time as f64), axis.place(f64::from(of(point)) / 10_000.0)))
            .collect()
    };
    drawing.curve(&line(|point| point.initial_multiplier_bps), REGIME_COLOURS[2], "");
    drawing.curve(&line(|point| point.maintenance_multiplier_bps), MAINTENANCE, "6 3");
    let y = MULTIPLIERS.0 - 8.0;
    drawing.text((LEFT, y), "start", 12, "multipliers where the cap is 3:");
    for (x, colour, label) in
        [(LEFT + 200.0, REGIME_COLOURS[2], "initial"), (LEFT + 300.0, MAINTENANCE, "maintenance (dashed)")]
    {
        drawing.rect((x, y - 6.0), (22.0, 3.0), colour, 1.0);
        drawing.text((x + 28.0, y), "start", 12, label);
    }
}

/// Hours and minutes, UTC.
pub(super) fn clock(time: i64) -> String {
    format!("{:02}:{:02}", time.rem_euclid(86_400) / 3_600, time.rem_euclid(3_600) / 60)
}
