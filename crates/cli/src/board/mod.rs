//! `firebreak board`: everything live in the terminal.

mod chart;
mod columns;
mod draw;
mod feed;
mod live;
mod once;
mod view;

use clap::Args;
use std::time::Duration;

use crate::{context::Context, failure::Outcome};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  firebreak board\n  firebreak board --interval 5\n  firebreak board --once\n  firebreak board --once --json"
)]
pub struct Arguments {
    /// Print one frame as text and stop
    #[arg(long)]
    once: bool,
    /// Seconds between two looks at the chain
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=600))]
    interval: u64,
    /// Columns of the frame that `--once` prints
    #[arg(long, default_value_t = 132, value_parser = clap::value_parser!(u16).range(70..=400), requires = "once")]
    width: u16,
    /// Lines of the frame that `--once` prints
    #[arg(long, default_value_t = 36, value_parser = clap::value_parser!(u16).range(16..=200), requires = "once")]
    height: u16,
}

pub async fn run(context: &Context, arguments: Arguments) -> Outcome {
    if arguments.once || context.global.json {
        return once::run(context, (arguments.width, arguments.height)).await;
    }
    live::run(context, Duration::from_secs(arguments.interval)).await
}
