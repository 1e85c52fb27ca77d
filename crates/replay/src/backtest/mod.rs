//! Fixed margin against margin that follows volatility, over the crash days at hand: how many liquidations, how much bad debt, how
//! much capital locked. Writes `docs/backtest.md` and its plots. Money is whole atoms all the way; only the plots use floats.

mod bars;
mod breakers;
mod course;
mod days;
mod page;
mod population;
mod regime;
mod replay;
pub(crate) mod svg;
mod venue;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

pub use days::{Day, LONGER, OWN};
pub use regime::{REGIMES, Regime};
pub use replay::{Outcome, Point, Run, SEED, Setup, replay};
pub use venue::LIQUIDATOR_CASH;

use crate::candles::{Candle, Order};

/// Populations besides the one that is shown.
const OTHER_SEEDS: u64 = 5;

/// The runs of one day over one path through its candles, a run per regime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runs {
    pub shown: Vec<Run>,
    /// The liquidator with three times its capital.
    pub rich: Vec<Run>,
    /// Other populations.
    pub others: Vec<Vec<Run>>,
}

/// The runs of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Results {
    pub day: Day,
    /// Each candle walked low first, then high first.
    pub paths: [Runs; 2],
}

impl Results {
    /// # Errors
    /// As `replay`.
    pub fn of(day: &Day, candles: &[Candle]) -> Result<Self> {
        let all = |order, liquidator_cash, seed| -> Result<Vec<Run>> {
            let setup = |regime: &Regime| Setup { regime: *regime, order, liquidator_cash, seed, has_breaker: false };
            REGIMES.iter().map(|regime| replay(day, candles, &setup(regime))).collect()
        };
        let runs = |order| -> Result<Runs> {
            let others = (SEED + 1..=SEED + OTHER_SEEDS).map(|seed| all(order, LIQUIDATOR_CASH, seed));
            Ok(Runs {
                shown: all(order, LIQUIDATOR_CASH, SEED)?,
                rich: all(order, 3 * LIQUIDATOR_CASH, SEED)?,
                others: others.collect::<Result<_>>()?,
            })
        };
        Ok(Self { day: *day, paths: [runs(Order::LowFirst)?, runs(Order::HighFirst)?] })
    }
}

/// The workspace's `docs`.
pub fn folder() -> PathBuf {
    let root = std::env::var_os("FIREBREAK_ROOT").map(PathBuf::from);
    root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).join("docs")
}

/// The files below `docs`, by name: the page and its plots. Where the longer series are not at hand, the page keeps what `committed`
/// says of them, and their plots are left alone.
///
/// # Errors
/// A day that cannot be replayed.
pub fn generate(committed: Option<&str>) -> Result<Vec<(String, String)>> {
    let own = results(&OWN)?.context("the project's own table is part of the program")?;
    let longer = results(&LONGER)?;
    let mut files = vec![("backtest.md".to_owned(), page::page(&own, longer.as_deref(), committed)?)];
    let parts = [(Some(own), "own-days", "The project's own table"), (longer, "longer-days", "Longer days")];
    for (results, name, title) in parts {
        let Some(results) = results else { continue };
        let title = format!("{title}: fixed against dynamic margin");
        files.push((format!("backtest/{name}.svg"), bars::bars(&title, &results)));
        for result in results {
            files
                .push((format!("backtest/{}.svg", result.day.id), course::course(&result.day, &result.paths[0].shown)));
        }
    }
    files.extend(breakers::generate()?);
    Ok(files)
}

/// A thread per day. `None` where candles of one of the days are not at hand.
fn results(days: &[Day]) -> Result<Option<Vec<Results>>> {
    let one = |day: &Day| -> Result<Option<Results>> {
        let candles = day.candles()?;
        candles.map(|candles| Results::of(day, &candles)).transpose()
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = days.iter().map(|day| scope.spawn(move || one(day))).collect();
        let joined = threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a replay panicked"))?);
        joined.collect() // of results of options: the first error, else `None` where one is
    })
}

/// Replays every day and writes the page and the plots.
///
/// # Errors
/// A day that cannot be replayed, or a file that cannot be written.
pub fn run() -> Result<()> {
    let folder = folder();
    let committed = std::fs::read_to_string(folder.join("backtest.md")).ok();
    let files = generate(committed.as_deref())?;
    for plots in ["backtest", "breakers"] {
        std::fs::create_dir_all(folder.join(plots)).with_context(|| format!("cannot write in {}", folder.display()))?;
    }
    for (name, text) in &files {
        let file = folder.join(name);
        std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        println!("wrote docs/{name}");
    }
    if files.len() <= 2 * OWN.len() + 3 {
        println!("the longer days were left as they are: no series of theirs in the folder of candles");
    }
    Ok(())
}
