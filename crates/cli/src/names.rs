//! What tokens are called. Assets say their symbols on the board; a bank of the quote token has none there, and is known by its mint.

use serde::Deserialize;
use std::{collections::BTreeMap, path::Path};

use firebreak_client::firebreak::state::CollateralBank;

use crate::failure::{Failure, Outcome};

/// Mints that everybody knows.
const KNOWN: [(&str, &str); 3] = [
    ("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", "USDC"),
    ("4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU", "USDC"),
    ("Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB", "USDT"),
];
/// Where `firebreak localnet` writes its names unless told otherwise.
const LOCALNET: &str = ".firebreak/localnet.json";
/// Where the name is not known.
const QUOTE: &str = "quote";

/// Symbols by mint.
#[derive(Clone, Debug, Default)]
pub struct Names {
    by_mint: BTreeMap<String, String>,
}

/// What of localnet.json matters here.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    rpc: String,
    #[serde(default)]
    banks: Vec<NamedBank>,
}

#[derive(Deserialize)]
struct NamedBank {
    symbol: String,
    mint: String,
}

impl Names {
    /// Reads a file as `firebreak localnet` writes it.
    pub fn read(path: &Path) -> Outcome<Self> {
        let bad = |why: String| Failure::usage(format!("no names can be read from {}: {why}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
        let manifest: Manifest = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
        Ok(Self::of(manifest))
    }

    /// What the network of this address calls its tokens, where `firebreak localnet` runs it and has left its file here.
    pub fn of_localnet(url: &str) -> Self {
        let text = std::fs::read_to_string(LOCALNET).unwrap_or_default();
        let found: Option<Manifest> = serde_json::from_str(&text).ok();
        found.filter(|manifest| manifest.rpc == url).map(Self::of).unwrap_or_default()
    }

    fn of(manifest: Manifest) -> Self {
        Self { by_mint: manifest.banks.into_iter().map(|bank| (bank.mint, bank.symbol)).collect() }
    }

    /// The symbol of a bank's token, where it is known by its mint.
    fn of_mint(&self, bank: &CollateralBank) -> Option<&str> {
        let mint = bank.mint.to_string();
        let known = || KNOWN.iter().find(|(known, _)| *known == mint).map(|(_, symbol)| *symbol);
        self.by_mint.get(&mint).map(String::as_str).or_else(known)
    }

    /// The symbol of a bank's token; `asset` is what the board calls it.
    pub fn of_bank(&self, bank: &CollateralBank, asset: Option<&str>) -> String {
        let symbol = self.of_mint(bank).or(asset).filter(|symbol| !symbol.is_empty());
        match symbol {
            Some(symbol) => symbol.to_owned(),
            None if bank.is_quote() => QUOTE.to_owned(),
            None => format!("bank {}", bank.index),
        }
    }
}
