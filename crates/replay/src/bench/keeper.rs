//! How long the keeper's scan takes by number of accounts, as JSON and as a plot.

use anyhow::{Context, Result};
use firebreak_keeper::scan::{Scanned, measure};

use crate::backtest::svg::{Drawing, FAINT, INK, REGIME_COLOURS, ticks};

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
/// What docs ask for, at the largest size.
const TARGET_MILLISECONDS: f64 = 50.0;
/// The plot's frame: left, right, top, bottom.
const FRAME: (f64, f64, f64, f64) = (70.0, 700.0, 60.0, 320.0);

/// Measures, and writes `keeper-scan.json` and `keeper-scan.svg`.
pub fn run() -> Result<()> {
    let scanned = measure(&SIZES);
    let folder = super::folder();
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for (name, text) in [("keeper-scan.json", to_json(&scanned)), ("keeper-scan.svg", plot(&scanned))] {
        let file = folder.join(name);
        std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    print!("{}", to_json(&scanned));
    Ok(())
}

/// A line for each number of accounts.
pub fn to_json(scanned: &[Scanned]) -> String {
    let line = |one: &Scanned| {
        format!(
            "  {{\"accounts\": {}, \"positions\": {}, \"in_market\": {}, \"candidates\": {}, \"below\": {}, \"prefilter_milliseconds\": {:.2}, \"milliseconds\": {:.2}}}",
            one.accounts,
            one.positions,
            one.in_market,
            one.candidates,
            one.below,
            one.prefilter_milliseconds,
            one.milliseconds
        )
    };
    format!("[\n{}\n]\n", scanned.iter().map(line).collect::<Vec<_>>().join(",\n"))
}

/// Milliseconds by accounts, both axes logarithmic: a straight line of slope one is linear growth.
fn plot(scanned: &[Scanned]) -> String {
    let (left, right, top, bottom) = FRAME;
    let mut drawing = Drawing::new(760, 380);
    drawing.text((left, 26.0), "start", 17, "Keeper: accounts checked after a price tick, one core");
    drawing.text(
        (left, 46.0),
        "start",
        12,
        "Every account holds the market that moved. Solid: with exact checks; dashed: the pass alone; grey: the target.",
    );
    let x = |accounts: f64| left + (accounts.log10() - 4.0) / 2.0 * (right - left);
    let y = |milliseconds: f64| bottom - (milliseconds.max(0.01).log10() + 2.0) / 4.0 * (bottom - top);
    for power in ticks(-2.0, 2.0, 4.0) {
        let at = y(10_f64.powf(power));
        drawing.line((left, at), (right, at), FAINT);
        drawing.text((left - 8.0, at + 4.0), "end", 12, &format!("{}", 10_f64.powf(power)));
    }
    for accounts in SIZES {
        let at = x(accounts as f64);
        drawing.line((at, top), (at, bottom), FAINT);
        drawing.text((at, bottom + 18.0), "middle", 12, &super::report::thousands(accounts as u64));
    }
    drawing.text(((left + right) / 2.0, bottom + 42.0), "middle", 12, "accounts");
    drawing.text_up((22.0, (top + bottom) / 2.0), "milliseconds");
    drawing.line((left, y(TARGET_MILLISECONDS)), (right, y(TARGET_MILLISECONDS)), REGIME_COLOURS[0]);
    let curve = |of: fn(&Scanned) -> f64| -> Vec<(f64, f64)> {
        scanned.iter().map(|one| (x(one.accounts as f64), y(of(one)))).collect()
    };
    drawing.curve(&curve(|one| one.milliseconds), REGIME_COLOURS[2], "");
    drawing.curve(&curve(|one| one.prefilter_milliseconds), REGIME_COLOURS[2], "4 3");
    for one in scanned {
        // The first stands beside the axis.
        let (beside, anchor) = if x(one.accounts as f64) > left { (-6.0, "end") } else { (8.0, "start") };
        let at = (x(one.accounts as f64) + beside, y(one.milliseconds) - 8.0);
        drawing.text(at, anchor, 12, &format!("{:.1}", one.milliseconds));
    }
    drawing.line((left, top), (left, bottom), INK);
    drawing.line((left, bottom), (right, bottom), INK);
    drawing.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_a_line_and_a_point() {
        let one = |accounts, milliseconds| Scanned {
            accounts,
            positions: accounts * 2,
            in_market: accounts,
            candidates: 3,
            below: 2,
            prefilter_milliseconds: milliseconds / 2.0,
            milliseconds,
        };
        let scanned = [one(10_000, 0.25), one(100_000, 2.5), one(1_000_000, 25.0)];
        let parsed: serde_json::Value = serde_json::from_str(&to_json(&scanned)).unwrap();
        assert_eq!(parsed[2]["accounts"], 1_000_000);
        assert_eq!(parsed[1]["milliseconds"], 2.5);
        let drawn = plot(&scanned);
        assert!(drawn.contains(">0.2<") && drawn.contains(">25.0<") && drawn.contains(">1,000,000<"), "{drawn}");
        // Ten times the accounts in ten times the time is twice as far on both axes.
        assert!(drawn.contains("points=\"70.0,229.1 385.0,164.1 700.0,99.1\""), "{drawn}");
    }
}
