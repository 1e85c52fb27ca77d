//! `demo`: a crash, played on a local network with a cast of traders, makers, liquidators and a guardian.

mod acts;
mod arguments;
pub mod cast;
mod collateral;
mod crowd;
mod guardian;
mod loss_tables;
mod losses;
pub mod players;
mod resolve;
mod screen;
mod script;
mod silence;
mod stage;
mod stakers;
mod summary;
mod tables;
mod tally;
mod timeline;
mod trader;
mod waterfall;

use std::{fs::File, io::Write, process::ExitCode};

use anyhow::{Context, Result, anyhow};

pub use arguments::{CandleFile, DemoArguments};
pub use script::{Scene, Script, ScriptError, per_lot};
pub use stage::Stage;
pub use summary::Summary;

use crate::{chain::Chain, surfnet_chain::SurfnetChain};
use screen::Progress;
use tables::Tables;

/// Exit code for input that cannot be played.
const BAD_INPUT: u8 = 2;

/// Plays the crash and shows what came of it. Exit codes: 0 all is well, 1 an identity did not hold or something failed,
/// 2 bad input.
pub fn run(arguments: &DemoArguments) -> Result<ExitCode> {
    let began = std::time::Instant::now();
    let script = match Script::load(arguments) {
        Ok(script) => script,
        Err(error) => {
            eprintln!("error: {error}");
            return Ok(ExitCode::from(BAD_INPUT));
        }
    };
    let json = match arguments.json.as_ref().map(|path| (path, File::create(path))) {
        Some((path, Err(error))) => {
            eprintln!("error: cannot write {}: {error}", path.display());
            return Ok(ExitCode::from(BAD_INPUT));
        }
        Some((_, Ok(file))) => Some(file),
        None => None,
    };
    eprintln!("Starting a local Solana network (Surfpool, offline) and deploying the program");
    let chain = SurfnetChain::new()?;
    eprintln!("The network answers at {} while this runs", chain.rpc_url());
    let summary = play(chain, script, arguments)?;
    // Whoever reads may close the pipe early; the exit code still tells how it went.
    let text = format!("{}Took {:.1} s.\n", Tables(&summary), began.elapsed().as_secs_f64());
    let _closed = std::io::stdout().write_all(text.as_bytes());
    if let (Some(mut file), Some(path)) = (json, &arguments.json) {
        let text = serde_json::to_string_pretty(&summary)? + "\n";
        file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let is_sound = summary.identity_violations == 0 && summary.sum_of_changes_atoms == 0;
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Plays a script on a chain. Stops at the first identity that does not hold.
pub fn play<C: Chain>(chain: C, script: Script, arguments: &DemoArguments) -> Result<Summary> {
    let refused = |refusal| anyhow!("setting the stage was refused: {refusal}");
    let mut stage = Stage::open(chain, script, arguments).map_err(refused)?;
    let roles = stage.plans(arguments);
    let progress = Progress::begin("accounts", roles.len(), 2);
    for (number, role) in roles.into_iter().enumerate() {
        stage.join(role).map_err(refused)?;
        progress.step(number + 1, "everybody opens an account and deposits".to_owned());
    }
    progress.end();
    let progress = Progress::begin("crash", stage.script.scenes.len(), 10);
    for index in 0..stage.script.scenes.len() {
        stage.play(index);
        if let Some(moment) = stage.moments.last() {
            progress.step(index + 1, screen::line(moment));
        }
        if !stage.tally().violations.is_empty() {
            break;
        }
    }
    progress.end();
    stage.end();
    let summary = stage.summary(arguments);
    for violation in &stage.tally().violations {
        eprintln!("VIOLATION: {violation}");
    }
    Ok(summary)
}
