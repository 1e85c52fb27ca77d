//! What a network says about itself.

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use solana_keypair::Keypair;

/// Addresses are base58, paths absolute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub rpc: String,
    pub ws: String,
    pub control: String,
    pub program: String,
    pub clearinghouse_id: u64,
    pub clearinghouse: String,
    pub quote_mint: String,
    pub quote_decimals: u8,
    pub token_program: String,
    pub assets: Vec<AssetEntry>,
    pub banks: Vec<BankEntry>,
    pub keys: Keys,
}

/// An asset, and the market of the same index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetEntry {
    pub index: u8,
    pub symbol: String,
    pub lot_exponent: i8,
    /// Addresses of the price accounts, the primary first.
    pub feeds: Vec<String>,
}

/// A token that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankEntry {
    pub index: u8,
    pub symbol: String,
    pub mint: String,
    pub decimals: u8,
    /// Whose price values it; none for the quote token.
    pub asset: Option<u8>,
}

/// Files of keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    pub authority: PathBuf,
    pub guardian: PathBuf,
    /// Pays for what the network sets up, and mints its tokens.
    pub payer: PathBuf,
    pub makers: Vec<PathBuf>,
    /// Somebody with SOL and a million dollars in the wallet: for a keeper, or a trader.
    pub keeper: PathBuf,
}

/// The manifest's file in a network's folder.
pub const FILE: &str = "localnet.json";

impl Manifest {
    pub fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(FILE);
        let text = serde_json::to_string_pretty(self).context("the manifest")? + "\n";
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Writes a key as Solana's tools do, readable by its owner only.
pub fn write_key(folder: &Path, name: &str, key: &Keypair) -> Result<PathBuf> {
    let path = folder.join(format!("{name}.json"));
    let write = || -> std::io::Result<()> {
        if path.exists() {
            fs::remove_file(&path)?; // whatever its mode was
        }
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(format!("{:?}", key.to_bytes()).as_bytes())
    };
    write().with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
