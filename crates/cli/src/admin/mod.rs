//! `firebreak admin`: governance.

mod breaker;
mod change;
mod compare;
mod desk;
mod export;
mod migrate;
mod proposals;
mod propose;
mod show;

use clap::Subcommand;

use crate::{context::Context, failure::Outcome};

/// Everything that authority and guardian do: look at parameters, propose, execute and veto changes, trip breakers, set up, seal.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show roles and parameters, with the way that is tighter and the hard bounds
    Show(show::Arguments),
    /// List proposals: old and new values, direction, earliest time, expiry
    Proposals(proposals::List),
    /// Propose a change, in full view
    Propose(propose::Arguments),
    /// Carry out a proposal that is due
    Execute(proposals::Execute),
    /// Veto a proposal as the guardian, or withdraw it as the authority
    Veto(proposals::Veto),
    /// Raise a breaker
    Trip(breaker::Arguments),
    /// End set-up, for ever: from then on what loosens waits
    Seal(proposals::Seal),
    /// Carry out the set-up steps that are not done yet
    Migrate(migrate::Arguments),
}

pub async fn run(context: &Context, arguments: Arguments) -> Outcome {
    match arguments.command {
        Command::Show(arguments) => show::run(context, arguments).await,
        Command::Proposals(arguments) => proposals::list(context, arguments).await,
        Command::Propose(arguments) => propose::run(context, arguments).await,
        Command::Execute(arguments) => proposals::execute(context, arguments).await,
        Command::Veto(arguments) => proposals::veto(context, arguments).await,
        Command::Trip(arguments) => breaker::run(context, arguments).await,
        Command::Seal(arguments) => proposals::seal(context, arguments).await,
        Command::Migrate(arguments) => migrate::run(context, arguments).await,
    }
}
