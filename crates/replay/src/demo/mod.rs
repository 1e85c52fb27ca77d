//! `firebreak replay`: a crash, played on a local network with a cast of traders, makers, liquidators and a guardian.

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

use anyhow::{Result, anyhow};

pub use arguments::{CandleFile, DemoArguments};
pub use script::{Scene, Script, ScriptError, per_lot};
pub use stage::Stage;
pub use summary::Summary;
pub use tables::Tables;

use crate::{chain::Chain, surfnet_chain::SurfnetChain};
use screen::Progress;

/// Plays a script on a local network, everybody acting through real transactions.
pub fn perform(script: Script, arguments: &DemoArguments) -> Result<Summary> {
    eprintln!("Starting a local Solana network (Surfpool, offline) and deploying the program");
    let chain = SurfnetChain::new()?;
    eprintln!("The network answers at {} while this runs", chain.rpc_url());
    play(chain, script, arguments)
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
