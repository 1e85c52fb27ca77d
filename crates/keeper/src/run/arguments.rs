//! The command: arguments, logs, signals, exit codes.

use std::{path::PathBuf, time::Duration};

use super::{
    config::{Config, Given},
    keeper::{Keeper, KeeperError},
    key::create_key,
    summary::summary,
};

/// How the network is reached and who signs, where the command line says so; nothing where it does not.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Network {
    /// RPC server [default: the local network's, http://127.0.0.1:8899]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Its WebSocket [default: derived from --url]
    #[arg(long, value_name = "URL")]
    pub ws_url: Option<String>,
    /// Key file of the keeper; nobody else may be able to read it
    #[arg(long, value_name = "FILE")]
    pub keypair: Option<String>,
    /// Id of the clearinghouse [default: 1]
    #[arg(long, value_name = "ID")]
    pub clearinghouse: Option<String>,
}

/// What else a keeper is told on the command line: it comes before the environment, and that before the file.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct KeeperArguments {
    /// Configuration in TOML; keeper.example.toml lists all settings
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Create the key file where there is none
    #[arg(long)]
    pub create_key: bool,
    /// Simulate, say what would be done, and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// This keeper's part of the work, such as 0/2
    #[arg(long, value_name = "I/N")]
    pub shard: Option<String>,
    /// Quote tokens that the own margin account is filled up to at the start
    #[arg(long, value_name = "AMOUNT")]
    pub deposit: Option<String>,
    /// Serve /metrics, /healthz and /readyz on this loopback address
    #[arg(long, value_name = "ADDRESS")]
    pub watch: Option<String>,
    /// Stop after so many seconds
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<u64>,
}

/// A keeper as a command of its own.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Command {
    #[command(flatten)]
    pub network: Network,
    #[command(flatten)]
    pub keeper: KeeperArguments,
}

impl KeeperArguments {
    /// All settings together; the key file is made where that was asked for and there is none. Error: a sentence that names the key.
    pub fn config(&self, network: &Network) -> Result<Config, super::ConfigError> {
        let given = match &self.config {
            Some(path) => Given::file(path)?,
            None => Given::default(),
        };
        let given = given
            .with_environment(std::env::vars())
            .with("rpc.url", network.url.clone())
            .with("rpc.ws_url", network.ws_url.clone())
            .with("keypair", network.keypair.clone())
            .with("clearinghouse", network.clearinghouse.clone())
            .with("shard", self.shard.clone())
            .with("deposit", self.deposit.clone())
            .with("watch.address", self.watch.clone())
            .with("dry_run", self.dry_run.then(|| "true".to_owned()));
        let config = Config::read(given)?;
        if self.create_key {
            let cause = |cause| super::ConfigError::File { path: config.keypair.clone(), cause };
            create_key(&config.keypair).map_err(cause)?;
        }
        Ok(config)
    }
}

/// Runs a keeper until it is told to stop (SIGINT, SIGTERM), and prints what the run came to. The exit code: 0 after a stop, 1 where it
/// cannot work (no such clearinghouse, another keeper with this key, no SOL), 2 for a bad setting or key file.
pub fn main(arguments: &KeeperArguments, network: &Network) -> i32 {
    let config = match arguments.config(network) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("error: {error}");
            return 2;
        }
    };
    start_logs(&config);
    let keeper = match Keeper::start(config) {
        Ok(keeper) => keeper,
        Err(error) => {
            eprintln!("error: {error}");
            return if matches!(error, KeeperError::Key(super::KeyError::Taken { .. })) { 1 } else { 2 };
        }
    };
    if let Some(address) = keeper.watch_address() {
        tracing::info!("metrics, /healthz and /readyz on http://{address}");
    }
    let seconds = arguments.seconds.map(Duration::from_secs);
    match keeper.until(signal(seconds)) {
        Ok(seen) => {
            print!("{}", summary(&seen, 6));
            0
        }
        Err(error) => {
            eprintln!("error: {error}");
            1
        }
    }
}

/// Logs to stderr, so that stdout is the summary's. Does nothing where logs are written already.
pub fn start_logs(config: &Config) {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.watch.log).unwrap_or_default();
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let logs = logs.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    // Another subscriber may be there already, in a program that is more than a keeper.
    let _ = match config.watch.json_logs {
        true => logs.json().try_init(),
        false => logs.with_target(false).try_init(),
    };
}

/// Ends when the process is told to stop (SIGINT, SIGTERM), or after so long.
pub async fn signal(seconds: Option<Duration>) {
    let over = async {
        match seconds {
            Some(seconds) => tokio::time::sleep(seconds).await,
            None => std::future::pending().await,
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).ok();
        let terminated = async {
            match &mut terminate {
                Some(signal) => drop(signal.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = terminated => {}
            () = over => {}
        }
    }
    #[cfg(not(unix))]
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = over => {}
    }
}
