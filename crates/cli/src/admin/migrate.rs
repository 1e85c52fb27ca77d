//! `firebreak admin migrate`.

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use firebreak_client::sending;
use firebreak_replay::migrations::{self, Applied, Local, Migration, Network, Outcome as Became, Signers, Verdict};
use serde::Serialize;
use solana_account::Account;
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use tokio::runtime::Handle;

use crate::{
    context::Context,
    failure::{Failure, Outcome},
    output::{Colour, Output, Page, Report},
};

/// Carries out the set-up steps of a folder, in order, signed by the key, which becomes the authority. Each step first reads the chain: done
/// already, to be done with these values, or there with another value, which is named and left alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  firebreak admin migrate --dry-run
  firebreak admin migrate --dir migrations --to 06 --keypair authority.json")]
pub struct Arguments {
    /// Folder of the steps [default: migrations here if there is one, else those that this program was built with]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Last step to look at: its name, or its number as in the file's name
    #[arg(long, value_name = "STEP")]
    to: Option<String>,
    /// Change nothing; say what would be done
    #[arg(long)]
    dry_run: bool,
}

const FOLDER: &str = "migrations";

fn steps(arguments: &Arguments) -> Outcome<Vec<Migration>> {
    let here = PathBuf::from(FOLDER);
    let read = match &arguments.dir {
        Some(folder) => migrations::read_folder(folder),
        None if here.join("01-deploy.toml").is_file() => migrations::read_folder(&here),
        None => migrations::built_in(),
    };
    let steps = read.map_err(|error| Failure::usage(format!("{error:#}")))?;
    match &arguments.to {
        Some(name) => migrations::up_to(steps, name).map_err(|error| Failure::usage(format!("{error:#}"))),
        None => Ok(steps),
    }
}

/// The network of `--url`.
struct Remote {
    rpc: RpcClient,
    runtime: Handle,
}

impl Network for Remote {
    fn account(&mut self, address: &Address) -> Result<Option<Account>> {
        let found = self.rpc.get_account_with_commitment(address, CommitmentConfig::confirmed());
        Ok(self.runtime.block_on(found).map_err(|error| Failure::from(firebreak_client::Failure::from(error)))?.value)
    }

    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<()> {
        let sent = self.runtime.block_on(sending::send(&self.rpc, instructions, signers, 0));
        sent.map(drop).map_err(|error| anyhow!(Failure::from(error)))
    }

    fn local(&mut self) -> Option<&mut dyn Local> {
        None
    }
}

#[derive(Serialize)]
struct Steps {
    dry_run: bool,
    steps: Vec<Applied>,
}

fn draw(page: &mut Page, step: &Applied) {
    match (&step.verdict, step.outcome) {
        (_, Became::Applied) => page.note(format!("{}: done now", step.step), Colour::Good),
        (Verdict::Done, _) => page.note(format!("{}: done already", step.step), Colour::Dim),
        (Verdict::Blocked { reason }, _) => page.note(format!("{}: blocked: {reason}", step.step), Colour::Bad),
        (Verdict::Will { values }, _) => {
            page.note(format!("{}: will do", step.step), Colour::Warning);
            values.iter().for_each(|(name, value)| page.line(format!("    {name} = {value}")));
        }
        (Verdict::Differs { differences }, _) => {
            page.note(format!("{}: differs", step.step), Colour::Bad);
            for found in differences {
                page.line(format!("    {}: {} on chain, {} in the file", found.field, found.chain, found.file));
            }
        }
    }
}

impl Report for Steps {
    fn draw(&self, page: &mut Page) {
        self.steps.iter().for_each(|step| draw(page, step));
    }
}

pub async fn run(context: &Context, arguments: Arguments) -> Outcome {
    let steps = steps(&arguments)?;
    let key = if arguments.dry_run { None } else { Some(context.keypair()?) };
    let network = Remote { rpc: context.rpc(), runtime: Handle::current() };
    let (id, output) = (context.global.clearinghouse, context.output);
    let work = move || work(network, id, &steps, key.as_ref(), output);
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failure::refused(format!("the migration ended: {error}")))?
}

/// With the step that it was about, and the exit code of what went wrong.
fn of_step(error: anyhow::Error) -> Failure {
    let message = format!("{error:#}");
    match error.downcast::<Failure>() {
        Ok(failure) => Failure { message, ..failure },
        Err(_) => Failure::refused(message),
    }
}

fn work(mut network: Remote, id: u64, steps: &[Migration], key: Option<&Keypair>, output: Output) -> Outcome {
    let planned = migrations::plan(&mut network, id, steps).map_err(of_step)?;
    let differs = migrations::require_no_difference(&planned);
    let Some(key) = key.filter(|_| differs.is_ok()) else {
        let steps = planned;
        output.print(&Steps { dry_run: true, steps })?;
        return Ok(differs?);
    };
    let signers = Signers { payer: key, authority: key };
    let mut told = |step: &Applied| {
        let mut page = Page::new(crate::output::has_colours());
        draw(&mut page, step);
        output.note(page.text().trim_end());
    };
    let steps = migrations::apply(&mut network, id, steps, signers, &mut told).map_err(of_step)?;
    let done = steps.iter().filter(|step| step.outcome == Became::Applied).count();
    if output.is_json {
        return output.print(&Steps { dry_run: false, steps });
    }
    output.print(&Summary { steps: steps.len(), done })
}

#[derive(Serialize)]
struct Summary {
    steps: usize,
    done: usize,
}

impl Report for Summary {
    fn draw(&self, page: &mut Page) {
        page.line(match self.done {
            0 => format!("All {} steps were done already.", self.steps),
            done => format!("{done} of {} steps done now, the others before.", self.steps),
        });
    }
}
