//! Files, the built-in table, and the choice between them.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

/// `shared/data` beside the workspace, whatever `FIREBREAK_DATA` says.
fn shared_folder() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let folder = workspace.parent()?.join("shared/data");
    if !folder.is_dir() {
        println!("skipped: {} is absent", folder.display());
        return None;
    }
    Some(folder)
}

/// A folder of its own, empty, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("firebreak-candles-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        File::create(&path).unwrap().write_all(bytes).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Flat candles of `seconds`, from `from` until they end at `to`.
fn flat(from: i64, to: i64, seconds: i64) -> String {
    let times = (0..).map(|n| from + n * seconds).take_while(|time| *time < to);
    times.map(|time| format!("{time},1,1,1,1\n")).collect()
}

#[test]
fn the_table_has_the_window_of_the_crash() {
    let table = crash_table();
    assert_eq!(table.keys().copied().collect::<Vec<_>>(), ["BTC", "ETH", "SOL"]);
    for (asset, seconds, count) in [("BTC", 900, 7), ("ETH", 900, 7), ("SOL", 300, 19)] {
        let candles = &table[asset];
        assert_eq!(candles.len(), count);
        assert_eq!((candles[0].time, candles[count - 1].time), (T0, T1));
        assert!(candles.windows(2).all(|pair| pair[1].time - pair[0].time == seconds));
    }
    let lowest = table["SOL"].iter().map(|candle| candle.low_e8).min();
    assert_eq!(lowest, Some(14_128_000_000));
}

#[test]
fn the_table_agrees_with_the_files_it_was_taken_from() {
    let Some(folder) = shared_folder() else { return };
    let table = crash_table();
    let files = [
        ("SOL", "2025-10-10-sol-5m.csv"),
        ("SOL", "sol-5m-2025-04-to-2026-01.csv.gz"),
        ("BTC", "2025-10-10-btc-15m.csv"),
        ("BTC", "btc-15m-2025-08-to-2026-01.csv.gz"),
        ("ETH", "2025-10-10-eth-15m.csv"),
        ("ETH", "eth-15m-2025-08-to-2026-01.csv.gz"),
    ];
    for (asset, file) in files {
        let candles = load(&folder.join(file)).unwrap();
        let window = candles.into_iter().filter(|candle| (T0..=T1).contains(&candle.time));
        let window: Vec<Candle> = window.map(|candle| Candle { volume_e8: None, ..candle }).collect();
        assert_eq!(window, table[asset], "{file}");
    }
}

#[test]
fn every_file_of_real_days_survives_a_round_trip() {
    let Some(folder) = shared_folder() else { return };
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension == "md") {
            continue;
        }
        let candles = load(&path).unwrap();
        let mut text = String::from("close\tlow\tvolume\topen\thigh\ttimestamp\n");
        for candle in &candles {
            let prices = [candle.close_e8, candle.low_e8, candle.open_e8, candle.high_e8];
            let [close, low, open, high] = prices.map(|price| text_of(u128::from(price)));
            let volume = candle.volume_e8.map(text_of).unwrap();
            text += &format!("{close}\t{low}\t{volume}\t{open}\t{high}\t{}000\n", candle.time);
        }
        assert_eq!(parse(&text).unwrap(), candles, "{}", path.display());
        assert!(interval_seconds(&candles).is_some_and(|seconds| [300, 900, 3_600].contains(&seconds)));
        count += 1;
    }
    assert!(count >= 10, "the README names ten files");
}

#[test]
fn a_compressed_file_is_told_by_its_bytes() {
    let scratch = Scratch::new("gzip");
    let text = flat(T0, T1, 300);
    let plain = load(&scratch.write("plain.csv", text.as_bytes())).unwrap();
    assert_eq!(plain.len(), 18);
    assert_eq!(load(&scratch.write("a.csv.gz", &gzip(&text))).unwrap(), plain);
    assert_eq!(load(&scratch.write("misnamed.csv", &gzip(&text))).unwrap(), plain);
    let parts = [gzip(&text[..40]), gzip(&text[40..])].concat();
    assert_eq!(load(&scratch.write("parts.csv.gz", &parts)).unwrap(), plain);
    let torn = &gzip(&text)[..60];
    let error = load(&scratch.write("torn.csv.gz", torn)).unwrap_err();
    assert_eq!(error.fault, CandleFault::FileUnreadable);
    assert!(error.name.ends_with("torn.csv.gz"), "{error}");
}

#[test]
fn rejects_a_file_that_is_absent() {
    let error = load(Path::new("/nowhere/x.csv")).unwrap_err();
    assert_eq!((error.line, error.fault), (0, CandleFault::FileUnreadable));
    assert!(error.to_string().starts_with("/nowhere/x.csv: "), "{error}");
}

#[test]
fn without_a_folder_the_table_is_used_and_says_so() {
    let whole = Series::best_in(None, "sol", T0, T1).unwrap();
    assert_eq!((whole.asset.as_str(), whole.interval_seconds, whole.covers_window), ("SOL", 300, true));
    assert_eq!(whole.candles, crash_table()["SOL"]);
    assert!(whole.source.starts_with("built-in table"), "{}", whole.source);
    assert!(whole.source.contains("Binance"), "{}", whole.source);

    let longer = Series::best_in(None, "SOL", T0 - 1, T1).unwrap();
    assert_eq!((longer.candles.len(), longer.covers_window), (19, false));
    assert!(longer.source.ends_with("only a part of the window asked for"), "{}", longer.source);
    assert!(Series::best_in(None, "SOL", T0, T1 + 299).unwrap().covers_window);
    assert!(!Series::best_in(None, "SOL", T0, T1 + 300).unwrap().covers_window);
}

#[test]
fn a_window_cuts_to_the_candles_it_touches() {
    let count = |from: i64, to: i64| Series::best_in(None, "SOL", from, to).unwrap().candles.len();
    assert_eq!(count(T0, T0), 1);
    assert_eq!(count(T0, T0 + 299), 1);
    assert_eq!(count(T0, T0 + 300), 2);
    assert_eq!(count(T0 + 299, T0 + 300), 2);
    assert_eq!(count(T0 + 300, T0 + 300), 1);
}

#[test]
fn rejects_windows_and_assets_without_candles() {
    let absent = |asset: &str, from: i64, to: i64| SeriesError::SeriesAbsent { asset: asset.into(), from, to };
    let best = |asset: &str, from: i64, to: i64| Series::best_in(None, asset, from, to).unwrap_err();
    assert_eq!(best("SOL", T1 + 300, T1 + 600), absent("SOL", T1 + 300, T1 + 600));
    assert_eq!(best("SOL", T0 - 9, T0 - 1), absent("SOL", T0 - 9, T0 - 1));
    assert_eq!(best("DOGE", T0, T1), absent("DOGE", T0, T1));
    assert_eq!(best("SOL", T1, T0), SeriesError::WindowReversed { from: T1, to: T0 });
    let folder = Path::new("/nowhere");
    let error = Series::best_in(Some(folder), "SOL", T0, T1).unwrap_err();
    assert!(matches!(error, SeriesError::FolderUnreadable { .. }), "{error}");
}

#[test]
fn the_finest_file_that_covers_the_window_wins() {
    let scratch = Scratch::new("finest");
    scratch.write("sol-1h-all.csv", flat(T0 - 36_000, T1 + 36_000, 3_600).as_bytes());
    scratch.write("sol-5m-day.csv.gz", &gzip(&flat(T0 - 3_000, T1 + 3_000, 300)));
    scratch.write("solid-1m.csv", b"not a series of SOL");
    scratch.write("sol-1m.txt", b"not a CSV file");
    let best = |from: i64, to: i64| Series::best_in(Some(&scratch.0), "SOL", from, to).unwrap();
    let day = best(T0, T1);
    assert!(day.source.contains("sol-5m-day.csv.gz: 19 candles of 300 s"), "{}", day.source);
    assert!(day.source.ends_with("2025-10-10T20:45:00Z to 2025-10-10T22:20:00Z"), "{}", day.source);
    assert!(best(T0 - 3_600, T1).source.contains("sol-1h-all.csv"));
    assert!(best(T0 - 90_000, T1).source.starts_with("built-in table"));

    scratch.write("sol-1s-broken.csv", b"time,open\n");
    let error = Series::best_in(Some(&scratch.0), "SOL", T0, T1).unwrap_err();
    assert!(error.to_string().contains("sol-1s-broken.csv:1: column `high`"), "{error}");
}

#[test]
fn the_files_of_real_days_serve_the_day_and_the_years() {
    let Some(folder) = shared_folder() else { return };
    let best = |asset: &str, from: i64, to: i64| Series::best_in(Some(&folder), asset, from, to).unwrap();
    let day = best("SOL", T0, T1);
    assert!(day.source.contains("2025-10-10-sol-5m.csv"), "{}", day.source);
    assert!(best("BTC", T0 - 86_400 * 9, T1).source.contains("btc-15m-2025-08"));
    let ftx = best("SOL", 1_667_865_600, 1_668_038_399);
    assert!(ftx.source.contains("sol-1h-to-2024-07.csv.gz: 48 candles of 3600 s"), "{}", ftx.source);
    assert_eq!(best("DOGE", T0, T1).interval_seconds, 300);
}
