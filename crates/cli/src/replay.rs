//! `firebreak replay`: crash days on the real program.

use std::{fs::File, io::Write, path::PathBuf, time::Instant};

use firebreak_keeper::run::{Keeper, KeeperArguments, Network};
use firebreak_replay::{
    demo::{self, DemoArguments, Script, Summary, Tables},
    localnet::{CONTROL_PORT, Course, Localnet, Options, RPC_PORT, WS_PORT},
};
use serde::Serialize;

use crate::{
    context::Context,
    failure::{Failure, Outcome},
    localnet::wait_for_the_end,
    output::{Page, Report},
};

/// Plays the crash of 10 October 2025 against the program on a local network: stakers, makers, traders and liquidators, who are keepers,
/// act through real transactions, and the ledger's identities are checked after every step.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  firebreak replay --quick
  firebreak replay --candles SOL=candles.csv --outage 0 --json summary.json
  firebreak replay --web --app app/dist    the crash in real time, to watch in a browser
Exit code 1 where an identity did not hold.")]
pub struct Arguments {
    #[command(flatten)]
    demo: DemoArguments,
    /// With --json: write the summary into this file, and print the tables all the same
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Play it on a network that runs in real time, with a crowd and a keeper, and serve the web page that shows it
    #[arg(long, requires = "app")]
    web: bool,
    /// Folder of the built web page
    #[arg(long, value_name = "DIR", requires = "web")]
    app: Option<PathBuf>,
    /// With --web: how many times as fast as it was
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=3600), requires = "web")]
    speed: u32,
    /// With --web: port of the RPC, 0 for a free one
    #[arg(long, default_value_t = RPC_PORT, requires = "web")]
    port: u16,
    /// With --web: port of the WebSocket
    #[arg(long, default_value_t = WS_PORT, requires = "web")]
    ws_port: u16,
    /// With --web: port of the page
    #[arg(long, default_value_t = CONTROL_PORT, requires = "web")]
    control_port: u16,
    /// With --web: traders with leveraged positions
    #[arg(long, default_value_t = 36, value_parser = clap::value_parser!(u16).range(0..=500), requires = "web")]
    crowd: u16,
}

/// What a keeper in the background deposits, in quote tokens.
const KEEPER_DEPOSIT: &str = "500000";

pub async fn run(context: &Context, arguments: Arguments) -> Outcome {
    let script = Script::load(&arguments.demo).map_err(Failure::usage)?;
    if arguments.web {
        return show(context, arguments, script).await;
    }
    if arguments.file.is_some() && !context.output.is_json {
        return Err(Failure::usage("a file is for the summary in JSON: add --json before it"));
    }
    let created = |path: &PathBuf| {
        File::create(path).map_err(|error| Failure::usage(format!("cannot write {}: {error}", path.display())))
    };
    let file = arguments.file.as_ref().map(created).transpose()?;
    let began = Instant::now();
    let performed = tokio::task::spawn_blocking(move || demo::perform(script, &arguments.demo)).await;
    let summary = performed.map_err(|error| Failure::refused(format!("the replay ended: {error}")))??;
    print(context, &summary, file, began.elapsed().as_secs_f64())?;
    match summary.identity_violations == 0 && summary.sum_of_changes_atoms == 0 {
        true => Ok(()),
        false => Err(Failure::refused(format!(
            "{} identities did not hold, and {} atoms were created or lost: this is a bug in the program",
            summary.identity_violations, summary.sum_of_changes_atoms
        ))),
    }
}

/// Tables; or the summary as a document; or tables here and the document in a file.
fn print(context: &Context, summary: &Summary, file: Option<File>, seconds: f64) -> Outcome {
    if context.output.is_json && file.is_none() {
        return context.output.print(&Played { summary });
    }
    // Whoever reads may close the pipe early; the exit code still tells how it went.
    let _closed = std::io::stdout().write_all(format!("{}Took {seconds:.1} s.\n", Tables(summary)).as_bytes());
    if let Some(mut file) = file {
        let text = serde_json::to_string_pretty(summary).map_err(|error| Failure::refused(error.to_string()))? + "\n";
        file.write_all(text.as_bytes())
            .map_err(|error| Failure::refused(format!("the summary could not be written: {error}")))?;
    }
    Ok(())
}

#[derive(Serialize)]
#[serde(transparent)]
struct Played<'a> {
    summary: &'a Summary,
}

impl Report for Played<'_> {
    fn draw(&self, page: &mut Page) {
        page.line(Tables(self.summary));
    }
}

#[derive(Serialize)]
struct Watched {
    /// To be opened in a browser.
    page: String,
    rpc: String,
    ws: String,
}

impl Report for Watched {
    fn draw(&self, page: &mut Page) {
        page.line(format!("Open {}#/risk in a browser.", self.page));
    }
}

/// Plays the crash over and over on a network in real time, a keeper at work, the page served.
async fn show(context: &Context, arguments: Arguments, script: Script) -> Outcome {
    let app = arguments.app.unwrap_or_default();
    if !app.join("index.html").is_file() {
        return Err(Failure::usage(format!("{} holds no index.html: build the page first", app.display())));
    }
    let options = Options {
        rpc_port: arguments.port,
        ws_port: arguments.ws_port,
        control_port: arguments.control_port,
        course: Course::Replay { script: Box::new(script), speed: arguments.speed, loops: true },
        crowd: arguments.crowd.into(),
        app: Some(app),
        ..Options::default()
    };
    let started = tokio::task::spawn_blocking(|| -> anyhow::Result<(Localnet, Keeper)> {
        let net = Localnet::start(options)?;
        let keeper = keeper(&net)?;
        Ok((net, keeper))
    });
    let (net, keeper) = started.await.map_err(|error| Failure::refused(format!("the replay ended: {error}")))??;
    let manifest = &net.manifest;
    let (page, rpc, ws) = (format!("{}/", manifest.control), manifest.rpc.clone(), manifest.ws.clone());
    context.output.print(&Watched { page, rpc, ws })?;
    context.output.note("The crash is played over and over. Ctrl-C stops it.");
    wait_for_the_end(&net).await?;
    let stopped = tokio::task::spawn_blocking(move || {
        // What it did is on the page.
        let _stopped = keeper.stop();
        net.stop()
    });
    Ok(stopped.await.map_err(|error| Failure::refused(format!("the replay ended: {error}")))??)
}

/// A keeper in this process, with the key that the network funded for it.
fn keeper(net: &Localnet) -> anyhow::Result<Keeper> {
    let network = Network {
        url: Some(net.manifest.rpc.clone()),
        ws_url: Some(net.manifest.ws.clone()),
        keypair: Some(net.manifest.keys.keeper.display().to_string()),
        clearinghouse: Some(net.manifest.clearinghouse_id.to_string()),
    };
    let arguments = KeeperArguments { deposit: Some(KEEPER_DEPOSIT.to_owned()), ..KeeperArguments::default() };
    Ok(Keeper::start(arguments.config(&network)?)?)
}
