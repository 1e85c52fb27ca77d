//! `firebreak keeper`: the bot.

use firebreak_keeper::run::{Keeper, KeeperArguments, KeeperError, Network, Statistics, signal, start_logs, summary};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

use crate::{
    context::Context,
    failure::{Failure, Outcome},
    output::{Page, Report},
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  firebreak keeper --keypair keeper.json --deposit 1000\n  firebreak keeper --config keeper.toml --watch 127.0.0.1:9100\n  firebreak keeper --keypair keeper.json --dry-run --seconds 30\n  firebreak keeper --keypair second.json --shard 1/2"
)]
pub struct Arguments {
    #[command(flatten)]
    keeper: KeeperArguments,
}

/// What a run came to. Amounts are atoms of the quote token.
#[derive(Serialize)]
struct Ran {
    passes: u64,
    /// How many of each kind, by outcome.
    jobs: Map<String, Value>,
    accounts: usize,
    below_maintenance: usize,
    equity_before: Option<String>,
    equity: Option<String>,
    gained: String,
    fees_lamports: u64,
    /// The last of each kind of job.
    refusals: Map<String, Value>,
    #[serde(skip)]
    text: String,
}

impl Report for Ran {
    fn draw(&self, page: &mut Page) {
        page.line(self.text.trim_end());
    }
}

impl Ran {
    fn of(seen: &Statistics) -> Self {
        let mut jobs = Map::new();
        for ((kind, outcome), count) in &seen.jobs {
            let of_kind = jobs.entry(*kind).or_insert_with(|| json!({}));
            of_kind[*outcome] = json!(count);
        }
        Self {
            passes: seen.passes,
            jobs,
            accounts: seen.accounts,
            below_maintenance: seen.below,
            equity_before: seen.equity_before.map(|atoms| atoms.to_string()),
            equity: seen.equity.map(|atoms| atoms.to_string()),
            gained: seen.gained.to_string(),
            fees_lamports: seen.lamports,
            refusals: seen.refusals.iter().map(|(kind, cause)| ((*kind).to_owned(), json!(cause))).collect(),
            text: summary(seen, 6),
        }
    }
}

pub async fn run(context: &Context, arguments: Arguments) -> Outcome {
    let (global, given) = (&context.global, context.given);
    // A file of settings comes before defaults, not before what was said.
    let network = Network {
        url: given.url.then(|| global.url.clone()),
        ws_url: global.ws_url.clone(),
        keypair: global.keypair.as_ref().map(|path| path.display().to_string()),
        clearinghouse: given.clearinghouse.then(|| global.clearinghouse.to_string()),
    };
    let config = arguments.keeper.config(&network).map_err(Failure::usage)?;
    start_logs(&config);
    let seconds = arguments.keeper.seconds.map(Duration::from_secs);
    // The keeper has threads and a runtime of its own.
    let work = tokio::task::spawn_blocking(move || {
        let keeper = Keeper::start(config).map_err(of_start)?;
        keeper.until(signal(seconds)).map_err(Failure::refused)
    });
    let seen = work.await.map_err(|error| Failure::refused(format!("the keeper ended unexpectedly: {error}")))??;
    context.output.print(&Ran::of(&seen))
}

/// Another keeper with the same key is a refusal; everything else a setting that does not do.
fn of_start(error: KeeperError) -> Failure {
    match error {
        KeeperError::Key(firebreak_keeper::run::KeyError::Taken { .. }) => Failure::refused(error),
        error => Failure::usage(error),
    }
}
