//! The command line: global options and the tree of subcommands.

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;

use crate::{account, admin, board, decode, insurance, keeper, localnet, market, offer, replay, trade};

/// Printed under `--help`, and repeated in docs/cli.md.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  refused by the program, or something was found to be wrong
  2  bad usage or input: nothing was sent
  3  the network did not answer
  4  what was asked for does not exist";

/// Clearing and risk engine for leveraged derivatives on Solana.
///
/// Amounts are typed as decimals ("100.5"), sizes in units of the asset ("1.25") or in lots ("125lots"), prices in quote per unit of the
/// asset ("140.25"). Assets, markets and banks go by index or symbol. Every command takes `--json`.
#[derive(Debug, Parser)]
#[command(name = "firebreak", version, disable_help_subcommand = true, after_help = EXIT_CODES, max_term_width = 110)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes. Each option has an environment variable; the option wins.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// RPC address of the network
    #[arg(long, global = true, env = "FIREBREAK_URL", default_value = "http://127.0.0.1:8899", hide_env_values = true,
          value_parser = web_address)]
    pub url: String,
    /// WebSocket address; by default that of `--url` with the next port
    #[arg(long, global = true, env = "FIREBREAK_WS_URL", hide_env_values = true)]
    pub ws_url: Option<String>,
    /// File with the key that signs and pays, as solana-keygen writes it [default: ~/.config/solana/id.json]
    #[arg(long, global = true, value_name = "FILE", env = "FIREBREAK_KEYPAIR", hide_env_values = true)]
    pub keypair: Option<PathBuf>,
    /// Number of the clearinghouse
    #[arg(
        long,
        global = true,
        value_name = "ID",
        env = "FIREBREAK_CLEARINGHOUSE",
        default_value_t = 1,
        hide_env_values = true
    )]
    pub clearinghouse: u64,
    /// Symbols for tokens: a file as `firebreak localnet` writes it (localnet.json)
    #[arg(long, global = true, value_name = "FILE", env = "FIREBREAK_NAMES", hide_env_values = true)]
    pub names: Option<PathBuf>,
    /// Seconds to wait for the network
    #[arg(long, global = true, value_name = "SECONDS", env = "FIREBREAK_TIMEOUT", hide_env_values = true, default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=600))]
    pub timeout: u64,
    /// Print one JSON document instead of tables
    #[arg(long, global = true, env = "FIREBREAK_JSON", hide_env_values = true)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Margin accounts: list, show, create, deposit, withdraw, settle
    Account(account::Arguments),
    /// Markets: prices, margins, books, breakers
    Market(market::Arguments),
    /// Standing offers: list, place, update, cancel
    Offer(offer::Arguments),
    /// Buy or sell from the best offers
    Trade(trade::Arguments),
    /// The insurance fund: show, stake, leave, fund tranches, sweep
    Insurance(insurance::Arguments),
    /// Watch everything live in the terminal
    ///
    /// Markets with their prices and how good they are, breaker levels, insurance, the accounts nearest to liquidation, and what happens. q or
    /// Esc quits.
    Board(board::Arguments),
    /// Start a local network with everything deployed
    Localnet(localnet::Arguments),
    /// Run the bot that keeps markets safe
    ///
    /// Refreshes prices, liquidates, settles, converts collateral, auto-deleverages, pokes breakers, sweeps insurance. It runs until it is told
    /// to stop (Ctrl-C, SIGTERM) and then says what the run came to. Settings come from the command line, then the environment
    /// (FIREBREAK_...), then the file of --config.
    Keeper(Box<keeper::Arguments>),
    /// Govern: proposals, parameters, roles, breakers, set-up
    Admin(admin::Arguments),
    /// Replay crash days on the real program
    Replay(replay::Arguments),
    /// Explain an error code, an account's bytes or a transaction
    Decode(decode::Arguments),
    /// Print a shell's completions
    #[command(
        after_help = "Example:\n  firebreak completions bash > ~/.local/share/bash-completion/completions/firebreak"
    )]
    Completions {
        /// bash, elvish, fish, powershell or zsh
        shell: Shell,
    },
}

fn web_address(typed: &str) -> Result<String, String> {
    let is_web = typed.starts_with("http://") || typed.starts_with("https://");
    if is_web { Ok(typed.to_owned()) } else { Err("it must begin with http:// or https://".to_owned()) }
}

/// Prints what a shell needs to complete `firebreak`.
pub fn print_completions(shell: Shell) {
    clap_complete::generate(shell, &mut Arguments::command(), "firebreak", &mut std::io::stdout());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_of_arguments_is_consistent() {
        Arguments::command().debug_assert();
    }
}
