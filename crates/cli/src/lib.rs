//! The `firebreak` command, as a library: so that tests can ask what commands there are.

mod account;
mod admin;
mod arguments;
mod board;
mod context;
mod decimal;
mod decode;
mod events;
mod failure;
mod insurance;
mod keeper;
mod localnet;
mod market;
mod names;
mod offer;
mod output;
mod replay;
mod sending;
mod session;
mod summary;
mod trade;
mod units;

use clap::{CommandFactory, FromArgMatches};
use std::process::ExitCode;

use arguments::{Arguments, Command};
use context::{Context, Given};
use failure::{Failure, Outcome};

/// The tree of commands with their options.
pub fn command() -> clap::Command {
    Arguments::command()
}

/// Reads the command line, does what it says and returns the exit code.
pub fn main() -> ExitCode {
    let parsed = Arguments::command().try_get_matches();
    let parsed = parsed.and_then(|matches| Ok((Arguments::from_arg_matches(&matches)?, Given::of(&matches))));
    let (arguments, given) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return failure::of_arguments(&error),
    };
    let context = Context::new(arguments.global, given);
    let done = runtime().and_then(|runtime| runtime.block_on(run(&context, arguments.command)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => context.output.fail(&failure),
    }
}

fn runtime() -> Outcome<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| Failure::refused(format!("the program's threads could not be started: {error}")))
}

async fn run(context: &Context, command: Command) -> Outcome {
    match command {
        Command::Account(arguments) => account::run(context, arguments).await,
        Command::Market(arguments) => market::run(context, arguments).await,
        Command::Offer(arguments) => offer::run(context, arguments).await,
        Command::Trade(arguments) => trade::run(context, arguments).await,
        Command::Insurance(arguments) => insurance::run(context, arguments).await,
        Command::Board(arguments) => board::run(context, arguments).await,
        Command::Localnet(arguments) => localnet::run(context, arguments).await,
        Command::Keeper(arguments) => keeper::run(context, *arguments).await,
        Command::Admin(arguments) => admin::run(context, arguments).await,
        Command::Replay(arguments) => replay::run(context, arguments).await,
        Command::Decode(arguments) => decode::run(context, arguments).await,
        Command::Completions { shell } => {
            arguments::print_completions(shell);
            Ok(())
        }
    }
}
