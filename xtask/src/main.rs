//! `cargo xtask`: build, test, demo, bench, simulate. What a newcomer runs, and what CI runs.

mod artifact;
mod clients;
mod idl;
mod programs;
mod step;
mod tasks;
mod toolchain;
mod wasm;
mod web;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser};

use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about, disable_help_subcommand = true)]
enum Task {
    /// Build the program and the test programs for sBPF v3, and refresh idl/firebreak.json
    Build,
    /// Write idl/firebreak.json, the interface of the program
    Idl {
        /// Write nothing; fail where the committed file differs from what the sources say
        #[arg(long)]
        check: bool,
    },
    /// Print the IDL that the sources say (`idl` runs this in a process of its own)
    #[command(hide = true)]
    IdlPrint,
    /// Generate and build the TypeScript client in clients/ts, with its WebAssembly (needs Node.js)
    Clients {
        /// Change nothing committed; fail where it differs from what the interface says
        #[arg(long)]
        check: bool,
    },
    /// Build the valuation for browsers into clients/ts/wasm
    Wasm,
    /// Build, check the IDL and the TypeScript client, run every test; arguments go to `cargo test`; `test web` runs the tests of the web page
    Test(PassedOn),
    /// Replay market crashes against the program, with `--web` for the web page to watch; see `demo --help`
    #[command(disable_help_flag = true)]
    Demo(PassedOn),
    /// Replay crash days with fixed and with dynamic margin into docs/backtest.md
    #[command(disable_help_flag = true)]
    Backtest(PassedOn),
    /// Measure compute units, or with `--keeper` the keeper's scan; see `bench --help`
    #[command(disable_help_flag = true)]
    Bench(PassedOn),
    /// Run random and hostile operations from one seed; see `simulate --help`
    #[command(disable_help_flag = true)]
    Simulate(PassedOn),
}

#[derive(Args)]
struct PassedOn {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<OsString>,
}

fn main() -> ExitCode {
    match run(Task::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    let workspace = Workspace::locate()?;
    match task {
        Task::Build => tasks::build(&workspace),
        Task::Idl { check: false } => idl::write(&workspace).map(drop),
        Task::Idl { check: true } => idl::check(&workspace),
        Task::IdlPrint => idl::print(&workspace),
        Task::Clients { check: false } => clients::generate(&workspace),
        Task::Clients { check: true } => clients::check(&workspace),
        Task::Wasm => wasm::build(&workspace),
        Task::Test(PassedOn { args }) => tasks::test(&workspace, &args),
        Task::Demo(PassedOn { args }) => tasks::demo(&workspace, &args),
        Task::Backtest(PassedOn { args }) => tasks::replay(&workspace, "backtest", &args),
        Task::Bench(PassedOn { args }) => tasks::replay(&workspace, "bench", &args),
        Task::Simulate(PassedOn { args }) => tasks::replay(&workspace, "simulate", &args),
    }
}
