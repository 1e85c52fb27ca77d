//! Compute units of every instruction, account bytes and program size, on the release `.so` with the mainnet feature set; and how long the
//! keeper's scan takes.

pub mod keeper;
mod losses;
mod measure;
mod report;

pub use measure::measure;
pub use report::{Figure, markdown, targets, to_json};

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Where the committed figures are.
pub fn folder() -> PathBuf {
    let root = std::env::var_os("FIREBREAK_ROOT").map(PathBuf::from);
    let root = root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    root.join("docs/benchmarks")
}

/// `bench`: what is measured.
#[derive(clap::Args)]
pub struct BenchArguments {
    /// Measure the keeper's scan instead: milliseconds for 10^4, 10^5 and 10^6 accounts, into keeper-scan.json and keeper-scan.svg
    #[arg(long)]
    keeper: bool,
}

/// Measures what was asked for.
pub fn run(arguments: &BenchArguments) -> Result<()> {
    if arguments.keeper { keeper::run() } else { compute_units() }
}

/// Measures, writes `compute-units.json` and `compute-units.md`, and prints the table.
fn compute_units() -> Result<()> {
    let figures = measure()?;
    let folder = folder();
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for (name, text) in [("compute-units.json", to_json(&figures)), ("compute-units.md", markdown(&figures))] {
        let file = folder.join(name);
        std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    print!("{}", markdown(&figures));
    Ok(())
}
