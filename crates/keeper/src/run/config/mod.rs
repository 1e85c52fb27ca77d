//! What a keeper is told: a TOML file, environment variables over it, the command line over both. Everything but the key file has a default.

mod amount;
mod error;
mod given;
mod parse;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use solana_address::Address;
use solana_commitment_config::CommitmentConfig;

use crate::scene::{Shard, Switches};

pub use amount::Amount;
pub use error::ConfigError;
pub use given::{Given, PREFIX};

/// One RPC server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub url: String,
    pub ws_url: String,
}

/// How the network is reached.
#[derive(Clone, Debug)]
pub struct RpcConfig {
    /// The first, and what is used while it does not answer.
    pub endpoints: Vec<Endpoint>,
    /// How long one request may take.
    pub timeout: Duration,
    pub commitment: CommitmentConfig,
    /// All accounts are read again after this long, whatever the socket said.
    pub reread: Duration,
    /// The socket is given up when it says nothing for this long while slots go on.
    pub silence: Duration,
}

/// How often, how much at once, how hard.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Between two passes where nothing happens.
    pub pass: Duration,
    /// Transactions under way at once.
    pub concurrency: usize,
    /// Between two sends of the same transaction.
    pub resend: Duration,
    /// First and longest pause of a target that was refused; each refusal doubles it.
    pub backoff: Duration,
    pub backoff_cap: Duration,
    /// How long a stop waits for what is under way.
    pub grace: Duration,
}

/// What transactions may cost, in lamports.
#[derive(Clone, Debug)]
pub struct FeeConfig {
    /// Which of the recent priority fees is paid, in percent of them.
    pub percentile: u8,
    /// Micro-lamports per compute unit, at least.
    pub floor: u64,
    /// Priority fee of one transaction, at most.
    pub cap: u64,
    /// All fees of an hour, at most.
    pub budget_per_hour: u64,
}

/// Where updates of prices come from.
#[derive(Clone)]
pub struct HermesConfig {
    pub url: String,
    /// Sent as a bearer token; never shown.
    pub api_key: Option<String>,
    /// Between two fetches.
    pub every: Duration,
    /// The receiver program that updates are posted to; by default the first that the clearinghouse accepts.
    pub receiver: Option<Address>,
}

impl std::fmt::Debug for HermesConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = if self.api_key.is_some() { "given" } else { "none" };
        f.debug_struct("HermesConfig")
            .field("url", &self.url)
            .field("api_key", &key)
            .field("every", &self.every)
            .finish()
    }
}

/// What goes into the pure half besides switches and shard.
#[derive(Clone, Debug)]
pub struct Limits {
    /// In quote tokens, as text, until the token's decimals are known.
    pub min_profit: Option<Amount>,
    pub sweep_from: Option<Amount>,
    pub margin_reserve_bps: u64,
    pub worse_bps: u64,
    pub unwind_worst_bps: u64,
    pub refresh_lead_seconds: i64,
    pub refresh_move_bps: u64,
    pub max_accounts: usize,
}

/// How the keeper is watched.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Serves `/metrics`, `/healthz` and `/readyz`; a loopback address.
    pub address: Option<SocketAddr>,
    /// Without a completed pass, or news of accounts, for this long the keeper is not healthy.
    pub stalled_after: Duration,
    /// Slots that the socket may be behind.
    pub slot_lag: u64,
    pub json_logs: bool,
    pub log: String,
}

/// Everything.
#[derive(Clone, Debug)]
pub struct Config {
    pub keypair: PathBuf,
    pub clearinghouse: u64,
    /// Which of the own margin accounts takes positions over; created where it is missing.
    pub sub_id: u16,
    /// Position slots of an account that is created.
    pub capacity: u8,
    /// Quote tokens that the own margin account is filled up to from the own token account.
    pub deposit: Option<Amount>,
    /// Where deposits come from; by default the key's associated token account.
    pub token_account: Option<Address>,
    pub dry_run: bool,
    pub shard: Shard,
    pub switches: Switches,
    pub rpc: RpcConfig,
    pub pace: Pace,
    pub fees: FeeConfig,
    pub limits: Limits,
    pub watch: Watch,
    /// Accounts of pull feeds by asset, the primary first, where they are not the push oracle's.
    pub feeds: BTreeMap<u8, Vec<Address>>,
    /// The program whose derived addresses hold pull feeds, by default the one that goes with the receiver; and its shard.
    pub push_oracle: (Option<Address>, u16),
    pub hermes: Option<HermesConfig>,
    /// Address and token of a Yellowstone gRPC server, used instead of the socket where the feature is compiled in.
    pub yellowstone: Option<(String, Option<String>)>,
}

impl Config {
    /// The defaults with this key file and RPC server.
    pub fn new(keypair: impl Into<PathBuf>, url: &str) -> Result<Self, ConfigError> {
        let path = keypair.into().display().to_string();
        Self::read(Given::default().with("keypair", Some(path)).with("rpc.url", Some(url.to_owned())))
    }

    /// From a file, the environment and the command line. Errors name the key, its value and what is expected.
    pub fn read(given: Given) -> Result<Self, ConfigError> {
        parse::config(given)
    }
}
