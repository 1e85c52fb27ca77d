//! The command line of the simulation.

use std::{
    io::IsTerminal,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::simulation::{AuthorityPlan, Plan, misgovern, simulate};

/// What `simulate` takes.
#[derive(Args, Clone, Debug)]
pub struct SimulateArguments {
    /// Operations to run; after every 50,000 a new clearinghouse begins, with the next seed
    #[arg(long, default_value_t = 20_000)]
    pub operations: usize,
    /// The seed: the same one gives the same run, to the byte
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Send every operation to the program in LiteSVM as well, in lock-step
    #[arg(long)]
    pub on_chain: bool,
    /// Let only the first owners trade, with each other
    #[arg(long)]
    pub coalition: bool,
    /// Hold the keys of authority and guardian of a sealed clearinghouse, on the program in LiteSVM
    #[arg(long, conflicts_with_all = ["on_chain", "coalition", "json"])]
    pub malicious_authority: bool,
    /// Write operations, accepted, rejected, violations and more to this file
    #[arg(long)]
    pub json: Option<PathBuf>,
}

/// Runs the simulation; exit code 1 where an invariant broke.
pub fn run(arguments: &SimulateArguments) -> Result<ExitCode> {
    if arguments.malicious_authority {
        return run_authority(arguments);
    }
    let plan = Plan {
        seed: arguments.seed,
        operations: arguments.operations,
        on_chain: arguments.on_chain,
        population: if arguments.coalition { super::Population::Coalition } else { super::Population::Everyone },
        fault: None,
    };
    let bar = progress(plan.operations);
    let started = Instant::now();
    let report = simulate(&plan, || bar.inc(1))?;
    bar.finish_and_clear();
    print!("{report}");
    println!("{} operations in {}", report.accepted() + report.rejected(), pace(started.elapsed(), plan.operations));
    if let Some(path) = &arguments.json {
        let text = serde_json::to_string_pretty(&report.to_json())?;
        std::fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(if report.failure.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run_authority(arguments: &SimulateArguments) -> Result<ExitCode> {
    let plan = AuthorityPlan { seed: arguments.seed, operations: arguments.operations, fault: None };
    let bar = progress(plan.operations);
    let started = Instant::now();
    let report = misgovern(&plan, || bar.inc(1))?;
    bar.finish_and_clear();
    print!("{report}");
    println!("{} operations in {}", plan.operations, pace(started.elapsed(), plan.operations));
    Ok(if report.failure.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A bar where somebody looks at it.
fn progress(operations: usize) -> ProgressBar {
    let bar = ProgressBar::new(operations as u64);
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} operations, {eta} left") {
        bar.set_style(style);
    }
    bar
}

fn pace(taken: Duration, operations: usize) -> String {
    let seconds = taken.as_secs_f64();
    format!("{seconds:.1} s, {:.0} a second", operations as f64 / seconds.max(0.001))
}
