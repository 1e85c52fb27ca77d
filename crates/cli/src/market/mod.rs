//! `firebreak market`: prices, margins, books and breakers.

mod list;
mod show;
mod view;

pub use view::{MarketView, Quality, RestrictionView};

use clap::{Args, Subcommand};

use crate::{context::Context, failure::Outcome, session::Session};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List all markets
    #[command(after_help = "Examples:\n  firebreak market list\n  firebreak market list --json")]
    List,
    /// Show a market: price, margins, books, breaker, funding
    #[command(after_help = "Examples:\n  firebreak market show SOL\n  firebreak market show 0 --json")]
    Show {
        /// Index or symbol
        market: String,
    },
}

pub async fn run(context: &Context, arguments: Arguments) -> Outcome {
    let session = Session::open(context).await?;
    match arguments.command {
        Command::List => list::run(&session),
        Command::Show { market } => show::run(&session, &market),
    }
}
