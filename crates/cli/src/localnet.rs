//! `firebreak localnet`: a local network with everything deployed.

use std::path::PathBuf;

use firebreak_replay::{
    demo::{CandleFile, DemoArguments, Script},
    localnet::{CONTROL_PORT, Course, Localnet, Manifest, Options, RPC_PORT, WS_PORT},
};
use serde::Serialize;

use crate::{
    context::Context,
    failure::{Failure, Outcome},
    output::{Page, Report, Table},
};

/// Starts a Solana network on this machine (Surfpool, offline, in real time) with the program deployed, SOL, BTC and ETH listed by the
/// migrations, insurance staked, makers quoting and prices published every second. It runs until Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  firebreak localnet
  firebreak localnet --wiggle 5
  firebreak localnet --replay --speed 20 --loop --crowd 24    the crash of 10 October 2025, over and over
  firebreak localnet --replay SOL=candles.csv --json
  curl -d '{\"asset\":0,\"price\":\"140.25\"}' http://127.0.0.1:8901/control/price
  curl -d '{\"asset\":0,\"silent\":true}' http://127.0.0.1:8901/control/price
  curl -d '{\"advance_seconds\":3600}' http://127.0.0.1:8901/control/clock
  curl -d '{\"owner\":\"ADDRESS\",\"atoms\":\"1000000000\",\"bank\":0}' http://127.0.0.1:8901/control/faucet

The keys in the folder are the same in every run and known to everybody: nothing of worth may ever be under them.")]
pub struct Arguments {
    /// Port of the RPC, 0 for a free one
    #[arg(long, default_value_t = RPC_PORT)]
    port: u16,
    /// Port of the WebSocket, 0 for a free one
    #[arg(long, default_value_t = WS_PORT)]
    ws_port: u16,
    /// Port of the control server, 0 for a free one
    #[arg(long, default_value_t = CONTROL_PORT)]
    control_port: u16,
    /// Folder for keys and localnet.json
    #[arg(long, default_value = ".firebreak", value_name = "DIR")]
    dir: PathBuf,
    /// Folder of set-up steps [default: those of the project]
    #[arg(long, value_name = "DIR")]
    migrations: Option<PathBuf>,
    /// Leave the clearinghouse unsealed, so that the authority may still list without waiting
    #[arg(long)]
    unsealed: bool,
    /// Play prices instead of holding them: `crash` for 10 October 2025, or candles as [ASSET=]FILE
    #[arg(long, value_name = "crash|[ASSET=]FILE", num_args = 0..=1, default_missing_value = "crash")]
    replay: Option<String>,
    /// Without a replay: let prices move by so many basis points, up or down, every second
    #[arg(long, default_value_t = 0, value_name = "BPS", conflicts_with = "replay",
          value_parser = clap::value_parser!(u32).range(0..=100))]
    wiggle: u32,
    /// How many times as fast as it was
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3600), requires = "replay")]
    speed: u32,
    /// Begin anew when the prices end, instead of holding the last ones
    #[arg(long = "loop", requires = "replay")]
    loops: bool,
    /// Minutes that the oracle of the hardest fall says nothing, in the replay's time
    #[arg(long, default_value_t = 0, value_name = "MINUTES", requires = "replay")]
    outage: u32,
    /// Traders with leveraged positions
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=500))]
    crowd: u16,
    /// Folder of a built web page to serve from the control server
    #[arg(long, value_name = "DIR")]
    app: Option<PathBuf>,
}

impl Arguments {
    fn options(self) -> Outcome<Options> {
        if let Some(app) = self.app.as_ref().filter(|app| !app.join("index.html").is_file()) {
            return Err(Failure::usage(format!("{} holds no index.html: build the page first", app.display())));
        }
        let course = match &self.replay {
            None if self.wiggle == 0 => Course::Hold,
            None => Course::Wiggle { bps: self.wiggle },
            Some(what) => course(what, self.outage, self.speed, self.loops)?,
        };
        Ok(Options {
            rpc_port: self.port,
            ws_port: self.ws_port,
            control_port: self.control_port,
            dir: Some(self.dir),
            migrations: self.migrations,
            seal: !self.unsealed,
            course,
            crowd: self.crowd.into(),
            app: self.app,
            ..Options::default()
        })
    }
}

/// The course of a replay. Error: candles that cannot be played.
pub fn course(what: &str, outage: u32, speed: u32, loops: bool) -> Outcome<Course> {
    let candles = match what {
        "crash" => vec![],
        file => vec![file.parse::<CandleFile>().map_err(Failure::usage)?],
    };
    let arguments = DemoArguments { quick: false, seed: 1, candles, outage };
    let script = Script::load(&arguments).map_err(Failure::usage)?;
    Ok(Course::Replay { script: Box::new(script), speed, loops })
}

pub async fn run(context: &Context, arguments: Arguments) -> Outcome {
    let options = arguments.options()?;
    let started = tokio::task::spawn_blocking(|| Localnet::start(options)).await;
    let net = started.map_err(|error| Failure::refused(format!("the local network ended: {error}")))??;
    context.output.print(&Started { manifest: &net.manifest })?;
    context.output.note(&format!("\nStarted in {:.2} s. Ctrl-C stops it.", net.started_in.as_secs_f64()));
    wait_for_the_end(&net).await?;
    context.output.note("Stopping.");
    let stopped = tokio::task::spawn_blocking(|| net.stop()).await;
    Ok(stopped.map_err(|error| Failure::refused(format!("the local network ended: {error}")))??)
}

/// Returns once the process is asked to end, or the network has ended by itself.
pub async fn wait_for_the_end(net: &Localnet) -> Outcome {
    const LOOKS_EVERY: std::time::Duration = std::time::Duration::from_millis(500);
    let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .map_err(|error| Failure::refused(format!("signals cannot be heard: {error}")))?;
    let ended = async {
        while net.is_running() {
            tokio::time::sleep(LOOKS_EVERY).await;
        }
    };
    tokio::select! {
        heard = tokio::signal::ctrl_c() => {
            heard.map_err(|error| Failure::refused(format!("Ctrl-C cannot be heard: {error}")))
        }
        _ = terminated.recv() => Ok(()),
        () = ended => Ok(()), // what went wrong comes with its stopping
    }
}

#[derive(Serialize)]
#[serde(transparent)]
struct Started<'a> {
    manifest: &'a Manifest,
}

impl Report for Started<'_> {
    fn draw(&self, page: &mut Page) {
        let found = self.manifest;
        page.heading("Local network");
        page.pairs([
            ("RPC", found.rpc.clone().into()),
            ("WebSocket", found.ws.clone().into()),
            ("Control", found.control.clone().into()),
            ("Program", found.program.clone().into()),
            ("Clearinghouse", format!("{} (number {})", found.clearinghouse, found.clearinghouse_id).into()),
        ]);
        page.heading("Assets and markets");
        let mut table = Table::new(&[">index", "symbol", "lot", "price account"]);
        for asset in &found.assets {
            let lot = format!("10^{} {}", asset.lot_exponent, asset.symbol);
            table.row([
                asset.index.to_string().into(),
                asset.symbol.clone().into(),
                lot.into(),
                asset.feeds.join(" ").into(),
            ]);
        }
        page.table(&table);
        page.heading("Banks");
        let mut table = Table::new(&[">index", "symbol", ">decimals", "mint"]);
        for bank in &found.banks {
            let decimals = bank.decimals.to_string();
            table.row([
                bank.index.to_string().into(),
                bank.symbol.clone().into(),
                decimals.into(),
                bank.mint.clone().into(),
            ]);
        }
        page.table(&table);
        page.heading("Keys");
        let mut table = Table::new(&["who", "file"]);
        let keys =
            [("authority", &found.keys.authority), ("guardian", &found.keys.guardian), ("payer", &found.keys.payer)];
        for (who, path) in keys {
            table.row([who.into(), path.display().to_string().into()]);
        }
        table.row(["keeper".into(), found.keys.keeper.display().to_string().into()]);
        for (number, path) in found.keys.makers.iter().enumerate() {
            table.row([format!("maker {number}").into(), path.display().to_string().into()]);
        }
        page.table(&table);
    }
}
