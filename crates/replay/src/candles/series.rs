//! The best candles at hand for an asset and a window of time, and where they come from.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::error::SeriesError;
use super::parse::load;
use super::table::{TABLE_SOURCE, crash_table};
use super::{Candle, interval_seconds};

/// The variable that names a folder of CSV files to prefer over the built-in table.
const DATA_VARIABLE: &str = "FIREBREAK_DATA";
/// Files looked at in that folder.
const MAX_FILES: usize = 1_000;

/// Candles of one asset, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// The symbol in capitals.
    pub asset: String,
    pub candles: Vec<Candle>,
    /// The length of a candle.
    pub interval_seconds: i64,
    /// Where the candles come from, in words for a report.
    pub source: String,
    /// Whether they reach from one end of the window asked for to the other. Only the built-in table may not.
    pub covers_window: bool,
}

impl Series {
    /// The finest candles at hand of `asset` (`"SOL"`) that touch the window from `from` to `to`, unix seconds, both
    /// inclusive.
    ///
    /// A file in [`data_folder`] that covers the whole window is taken first, told by its name: it has the asset and
    /// the length of a candle between dashes, as `sol-5m-2025.csv` or `.csv.gz`. Otherwise [`crash_table`], cut to
    /// the window.
    ///
    /// # Errors
    /// `WindowReversed`; `SeriesAbsent` if nothing has the asset in the window; `File` and `FolderUnreadable` if what
    /// should be read cannot be.
    pub fn best_for(asset: &str, from: i64, to: i64) -> Result<Self, SeriesError> {
        Self::best_in(data_folder().as_deref(), asset, from, to)
    }

    pub(super) fn best_in(folder: Option<&Path>, asset: &str, from: i64, to: i64) -> Result<Self, SeriesError> {
        if from > to {
            return Err(SeriesError::WindowReversed { from, to });
        }
        let asset = asset.to_uppercase();
        let files = folder.map(|folder| files_of(folder, &asset)).transpose()?.unwrap_or_default();
        for file in files {
            let source = format!("file {}", file.display());
            let series = Self::cut(&asset, load(&file)?, source, (from, to));
            if let Some(series) = series.filter(|series| series.covers_window) {
                return Ok(series);
            }
        }
        let table = crash_table().remove(asset.as_str()).unwrap_or_default();
        let source = format!("built-in table of 10 October 2025 ({TABLE_SOURCE})");
        let series = Self::cut(&asset, table, source, (from, to));
        series.ok_or(SeriesError::SeriesAbsent { asset, from, to })
    }

    /// The candles that touch the window; `None` if there are none, or if their length is unknown.
    fn cut(asset: &str, candles: Vec<Candle>, source: String, (from, to): (i64, i64)) -> Option<Self> {
        let interval_seconds = interval_seconds(&candles)?;
        let end_of = |candle: &Candle| candle.time.saturating_add(interval_seconds);
        let covers_window = candles.first()?.time <= from && candles.last().is_some_and(|last| end_of(last) > to);
        let touches = |candle: &Candle| candle.time <= to && end_of(candle) > from;
        let candles: Vec<Candle> = candles.into_iter().filter(touches).collect();
        let (first, last) = (candles.first()?, candles.last()?);
        let source = format!(
            "{source}: {} candles of {interval_seconds} s, {} to {}{}",
            candles.len(),
            iso(first.time),
            iso(end_of(last)),
            if covers_window { "" } else { ", which is only a part of the window asked for" },
        );
        Some(Self { asset: asset.to_owned(), candles, interval_seconds, source, covers_window })
    }
}

/// The folder of longer series: what `FIREBREAK_DATA` names, else `shared/data` beside the workspace if it exists.
#[must_use]
pub fn data_folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(DATA_VARIABLE) {
        // Not checked for existence: a folder asked for by name and absent is an error, not a reason to use another.
        return Some(PathBuf::from(folder));
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let beside = workspace.parent()?.join("shared/data");
    beside.is_dir().then_some(beside)
}

/// The folder's files of the asset: the finest candles first, and of those the smallest file.
fn files_of(folder: &Path, asset: &str) -> Result<Vec<PathBuf>, SeriesError> {
    let unreadable = |error: std::io::Error| SeriesError::FolderUnreadable {
        folder: folder.display().to_string(),
        reason: error.to_string(),
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)?.take(MAX_FILES) {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().to_lowercase();
        let Some(stem) = name.strip_suffix(".gz").unwrap_or(&name).strip_suffix(".csv") else { continue };
        let words: Vec<&str> = stem.split(['-', '_', '.']).collect();
        if words.iter().any(|word| word.eq_ignore_ascii_case(asset)) {
            let interval = words.iter().find_map(|word| named_interval(word)).unwrap_or(u64::MAX);
            let length = entry.metadata().map_err(unreadable)?.len();
            found.push((interval, length, entry.path()));
        }
    }
    found.sort();
    Ok(found.into_iter().map(|(_, _, path)| path).collect())
}

/// Seconds of `5m`, `15m`, `1h`, `1d`.
fn named_interval(word: &str) -> Option<u64> {
    let units = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];
    units.into_iter().find_map(|(unit, seconds)| {
        let count: u64 = word.strip_suffix(unit)?.parse().ok()?;
        count.checked_mul(seconds)
    })
}

fn iso(time: i64) -> String {
    Timestamp::from_second(time).map_or_else(|_| time.to_string(), |time| time.to_string())
}
