//! `firebreak-replay`: what stresses and measures the real program. `cargo xtask` builds and starts it.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use firebreak_replay::{backtest, bench, simulation};

#[derive(Parser)]
#[command(name = "firebreak-replay", about, disable_help_subcommand = true)]
enum Command {
    /// Run random and hostile operations from one seed, every invariant checked after each
    Simulate(simulation::SimulateArguments),
    /// Replay crash days with fixed and with dynamic margin into docs/backtest.md
    Backtest,
    /// Measure compute units and sizes, or with `--keeper` the keeper's scan, into docs/benchmarks
    Bench(bench::BenchArguments),
}

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Simulate(arguments) => simulation::run(&arguments),
        Command::Backtest => backtest::run().map(|()| ExitCode::SUCCESS),
        Command::Bench(arguments) => bench::run(&arguments).map(|()| ExitCode::SUCCESS),
    };
    exit_code(done)
}

/// 0 where all is well, 1 where a command found something wrong or could not run.
fn exit_code(done: Result<ExitCode>) -> ExitCode {
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
