//! Bars per day and regime: accounts liquidated, bad debt, capital locked.

use super::{
    Results,
    regime::REGIMES,
    replay::Outcome,
    svg::{Drawing, FAINT, INK, REGIME_COLOURS, ticks},
};

const LEFT: f64 = 80.0;
const WIDTH: f64 = 960.0;
const PANEL: f64 = 150.0;
const GAP: f64 = 62.0;
const TOP: f64 = 92.0;

struct Measure {
    title: &'static str,
    unit: &'static str,
    of: fn(&Outcome) -> f64,
}

const MEASURES: [Measure; 3] = [
    Measure {
        title: "Accounts liquidated, of 240",
        unit: "accounts",
        of: |outcome| outcome.liquidated_accounts as f64,
    },
    Measure {
        title: "Bad debt: paid by the tranche, by the other side, or left open",
        unit: "thousand dollars",
        of: |outcome| outcome.bad_debt() as f64 / 1e9,
    },
    Measure {
        title: "Capital locked: initial margin per notional held, average over time",
        unit: "% of notional",
        of: |outcome| outcome.locked_bps as f64 / 100.0,
    },
];

/// `results`: one per day.
pub fn bars(title: &str, results: &[Results]) -> String {
    let height = TOP + MEASURES.len() as f64 * (PANEL + GAP) - 26.0;
    let mut drawing = Drawing::new(WIDTH as u32, height as u32);
    drawing.text((LEFT, 26.0), "start", 17, title);
    legend(&mut drawing);
    for (index, measure) in MEASURES.iter().enumerate() {
        panel(&mut drawing, measure, results, TOP + index as f64 * (PANEL + GAP));
    }
    drawing.finish()
}

fn legend(drawing: &mut Drawing) {
    let mut x = LEFT;
    for (regime, colour) in REGIMES.iter().zip(REGIME_COLOURS) {
        drawing.rect((x, 41.0), (14.0, 12.0), colour, 1.0);
        drawing.text((x + 20.0, 51.0), "start", 12, regime.name);
        x += 100.0;
    }
    drawing.text((x, 51.0), "start", 12, "full colour: each candle walked low first; pale: high first");
}

fn panel(drawing: &mut Drawing, measure: &Measure, results: &[Results], top: f64) {
    let bottom = top + PANEL;
    let values = || {
        results
            .iter()
            .flat_map(|result| result.paths.iter().flat_map(|runs| &runs.shown))
            .map(|run| (measure.of)(&run.outcome))
    };
    let high = values().fold(0.0, f64::max).max(0.001) * 1.08;
    let place = |value: f64| bottom - PANEL * value / high;
    drawing.text((LEFT, top - 8.0), "start", 13, measure.title);
    drawing.text_up((22.0, top + PANEL / 2.0), measure.unit);
    for value in ticks(0.0, high, 4.0) {
        let label = if high < 4.0 { format!("{value:.1}") } else { format!("{value:.0}") };
        drawing.line((LEFT, place(value)), (WIDTH - 20.0, place(value)), FAINT);
        drawing.text((LEFT - 8.0, place(value) + 4.0), "end", 12, &label);
    }
    let group = (WIDTH - 20.0 - LEFT) / results.len().max(1) as f64;
    let bar = (group * 0.74 / 6.0).min(30.0);
    for (index, result) in results.iter().enumerate() {
        let centre = LEFT + group * (index as f64 + 0.5);
        let orders = result.paths[0].shown.iter().zip(&result.paths[1].shown).enumerate();
        for (regime, (low_first, high_first)) in orders {
            for (order, run) in [low_first, high_first].into_iter().enumerate() {
                let x = centre + bar * ((regime * 2 + order) as f64 - 3.0) + (regime as f64 - 1.0) * 4.0;
                let y = place((measure.of)(&run.outcome));
                let opacity = if order == 0 { 1.0 } else { 0.45 };
                drawing.rect((x, y), (bar - 1.0, (bottom - y).max(0.0)), REGIME_COLOURS[regime], opacity);
            }
        }
        drawing.text((centre, bottom + 17.0), "middle", 12, result.day.title);
    }
    drawing.line((LEFT, top), (LEFT, bottom), INK);
    drawing.line((LEFT, bottom), (WIDTH - 20.0, bottom), INK);
}
