//! What a person may ask of the demo.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

/// Plays the crash of 10 October 2025 against the program on a local network.
#[derive(Args, Clone, Debug)]
pub struct DemoArguments {
    /// Fewer traders and a price a minute: done within a minute
    #[arg(long)]
    pub quick: bool,
    /// Decides who trades what, and the noise between the known prices
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Candles to play instead, as ASSET=FILE (SOL, BTC or ETH; may be repeated) or FILE for SOL: CSV of time, open,
    /// high, low, close, plain or gzip, with or without a header. Of a long file the hours around its steepest fall are
    /// played. The other assets use what is known of that time, and hold still where nothing is
    #[arg(long, value_name = "[ASSET=]FILE")]
    pub candles: Vec<CandleFile>,
    /// How many minutes the oracle of the asset that falls hardest says nothing, right through the fall: prices come back
    /// in a gap that no liquidation could follow. 0 for an oracle that never fails
    #[arg(long, value_name = "MINUTES", default_value_t = 10)]
    pub outage: u32,
}

/// The assets of the demo; a market has the index of its asset.
pub const ASSETS: [&str; 3] = ["SOL", "BTC", "ETH"];

/// A file of candles for one of the assets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandleFile {
    pub asset: usize,
    pub path: PathBuf,
}

impl FromStr for CandleFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, path) = match text.split_once('=') {
            // A path may hold the sign, too: `a/b=c.csv` names no asset.
            Some((name, path)) if !name.contains(['/', '.']) => (name, path),
            _ => (ASSETS[0], text),
        };
        let asset = ASSETS.iter().position(|asset| asset.eq_ignore_ascii_case(name));
        let asset = asset.ok_or_else(|| format!("there is no market for {name}: take SOL, BTC or ETH"))?;
        if path.is_empty() {
            return Err("a file is missing after the sign".to_owned());
        }
        Ok(Self { asset, path: PathBuf::from(path) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_its_asset_or_is_sol_s() {
        let parsed = |text: &str| text.parse::<CandleFile>().map(|file| (file.asset, file.path.display().to_string()));
        assert_eq!(parsed("a.csv"), Ok((0, "a.csv".to_owned())));
        assert_eq!(parsed("BTC=a.csv"), Ok((1, "a.csv".to_owned())));
        assert_eq!(parsed("eth=x/a=b.csv"), Ok((2, "x/a=b.csv".to_owned())));
        assert_eq!(parsed("x/a=b.csv"), Ok((0, "x/a=b.csv".to_owned())));
        assert!(parsed("DOGE=a.csv").unwrap_err().contains("no market for DOGE"));
        assert!(parsed("SOL=").is_err());
    }
}
