//! Proposals that there are: listed, executed, vetoed; and sealing, before which none is needed.

use firebreak_client::firebreak::{governance::Change, state::Proposal};
use serde::Serialize;
use solana_address::Address;
use solana_instruction::Instruction;

use super::{
    compare::{self, Field, compare, word},
    desk::{Desk, Role, Signing},
};
use crate::{
    context::Context,
    failure::{Failure, Outcome},
    output::{Colour, Page, Report, cell},
    units::{duration, time},
};

/// Lists proposals.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  firebreak admin proposals\n  firebreak admin proposals --all --json")]
pub struct List {
    /// Executed, vetoed and expired ones, too
    #[arg(long)]
    all: bool,
    /// Only this one
    #[arg(long, value_name = "ID")]
    id: Option<u64>,
}

/// Carries a proposal out, as the authority; for a role, as the key that takes over.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  firebreak admin execute 3 --yes")]
pub struct Execute {
    /// Number of the proposal
    id: u64,
    #[command(flatten)]
    signing: Signing,
}

/// Vetoes a proposal.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  firebreak admin veto 3 --keypair guardian.json")]
pub struct Veto {
    /// Number of the proposal
    id: u64,
    #[command(flatten)]
    signing: Signing,
}

/// Ends set-up, for ever.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  firebreak admin seal --export")]
pub struct Seal {
    #[command(flatten)]
    signing: Signing,
}

/// A proposal for people and programs.
#[derive(Debug, Serialize)]
pub struct Shown {
    pub id: u64,
    pub address: String,
    /// `open`, `executed`, `vetoed`, `expired`.
    pub state: &'static str,
    pub about: String,
    pub direction: &'static str,
    pub created_at: i64,
    pub executes_from: i64,
    pub expires_at: i64,
    /// Whether it can be executed now.
    pub is_due: bool,
    pub changes: Vec<Field>,
    #[serde(skip)]
    now: i64,
}

fn proposal<'a>(desk: &'a Desk, id: u64) -> Outcome<&'a Proposal> {
    desk.proposals.get(&id).ok_or_else(|| {
        let count = desk.found.clearinghouse.proposal_count;
        let known =
            if count == 0 { "none was made yet".to_owned() } else { format!("they are numbered 0 to {}", count - 1) };
        Failure::not_found(format!("there is no proposal {id}: {known}"))
    })
}

fn change(proposal: &Proposal) -> Outcome<Change> {
    Change::decoded(&proposal.change)
        .map_err(|_| Failure::refused(format!("proposal {} holds no change that this version knows", proposal.id)))
}

impl Shown {
    pub fn of(desk: &Desk, id: u64) -> Outcome<Self> {
        let (found, now) = (proposal(desk, id)?, desk.found.now);
        let compared = compare(desk, &change(found)?, &found.before);
        let state = match found.state {
            0 if now >= found.expires_at => "expired",
            0 => "open",
            1 => "executed",
            _ => "vetoed",
        };
        let direction = match found.direction {
            1 => risk::Direction::Tightening,
            2 => risk::Direction::Loosening,
            _ => risk::Direction::Unchanged,
        };
        Ok(Self {
            id,
            address: desk.found.at.proposal(id).to_string(),
            state,
            about: compared.about,
            direction: word(direction),
            created_at: found.created_at,
            executes_from: found.executes_from,
            expires_at: found.expires_at,
            is_due: state == "open" && now >= found.executes_from,
            changes: compared.fields,
            now,
        })
    }

    fn when(&self) -> String {
        match (self.state, self.executes_from - self.now) {
            ("open", left) if left > 0 => format!("in {}", duration(left)),
            ("open", _) => format!("now, for another {}", duration(self.expires_at - self.now)),
            (state, _) => state.to_owned(),
        }
    }
}

impl Report for Shown {
    fn draw(&self, page: &mut Page) {
        let colour = if self.direction == "loosens" { Colour::Warning } else { Colour::Good };
        page.heading(format!("Proposal {}: {}", self.id, self.about));
        page.pairs([
            ("state", self.state.into()),
            ("direction", cell(self.direction, colour)),
            ("can be executed", self.when().into()),
            ("earliest", time(self.executes_from).into()),
            ("expires", time(self.expires_at).into()),
            ("account", self.address.clone().into()),
        ]);
        if !self.changes.is_empty() {
            page.table(&compare::table(&self.changes));
        }
    }
}

#[derive(Serialize)]
struct Listed {
    proposals: Vec<Shown>,
}

impl Report for Listed {
    fn draw(&self, page: &mut Page) {
        if self.proposals.is_empty() {
            page.line("There are no open proposals.");
        }
        self.proposals.iter().for_each(|shown| shown.draw(page));
    }
}

pub async fn list(context: &Context, arguments: List) -> Outcome {
    let desk = Desk::open(context).await?;
    if let Some(id) = arguments.id {
        return context.output.print(&Listed { proposals: vec![Shown::of(&desk, id)?] });
    }
    let mut proposals = Vec::new();
    for id in desk.proposals.keys() {
        let shown = Shown::of(&desk, *id)?;
        if arguments.all || shown.state == "open" {
            proposals.push(shown);
        }
    }
    context.output.print(&Listed { proposals })
}

pub async fn execute(context: &Context, arguments: Execute) -> Outcome {
    let desk = Desk::open(context).await?;
    let change = change(proposal(&desk, arguments.id)?)?;
    let role = match &change {
        Change::Authority { key } | Change::Guardian { key } => Role::Key(*key),
        _ => Role::Authority,
    };
    let signer = desk.signer(role, &arguments.signing)?;
    let execute = execution(&desk, arguments.id, &change, signer).await?;
    act(&desk, arguments.id, &arguments.signing, ("Execute this?", signer), execute).await
}

/// The instruction that uses a proposal up.
async fn execution(desk: &Desk<'_>, id: u64, change: &Change, signer: Address) -> Outcome<Instruction> {
    let at = &desk.found.at;
    let listing = match change {
        Change::AddAsset { config } => at.add_asset(signer, signer, *config),
        Change::AddMarket { index, config } => at.add_market(signer, signer, *index, *config),
        Change::AddCollateralBank { index, mint, config } => {
            let account = desk.rpc.get_account(mint).await.map_err(firebreak_client::Failure::from)?;
            at.add_collateral_bank(signer, signer, *mint, account.owner, *index, *config)
        }
        Change::SetPricePrograms { programs } => at.set_price_programs(signer, *programs),
        Change::ResetBreaker { market } => at.reset_breaker(signer, *market),
        _ => return Ok(at.execute_proposal(id, signer, change)),
    };
    Ok(at.under_proposal(id, listing))
}

pub async fn veto(context: &Context, arguments: Veto) -> Outcome {
    let desk = Desk::open(context).await?;
    proposal(&desk, arguments.id)?;
    let signer = desk.signer(Role::Either, &arguments.signing)?;
    let veto = desk.found.at.veto_proposal(arguments.id, signer);
    act(&desk, arguments.id, &arguments.signing, ("Veto this?", signer), veto).await
}

/// Shows a proposal, asks, signs, and shows what became of it.
async fn act(
    desk: &Desk<'_>,
    id: u64,
    signing: &Signing,
    (question, signer): (&str, Address),
    instruction: Instruction,
) -> Outcome {
    if !desk.context.output.is_json {
        let mut page = Page::new(false);
        Shown::of(desk, id)?.draw(&mut page);
        eprintln!("{}", page.text());
    }
    desk.confirm(signing, question)?;
    if desk.sign(signing, signer, instruction).await?.is_some() {
        let again = Desk::open(desk.context).await?;
        desk.context.output.print(&Shown::of(&again, id)?)?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Sealed {
    clearinghouse: String,
    sealed: bool,
    delay_seconds: u32,
}

impl Report for Sealed {
    fn draw(&self, page: &mut Page) {
        page.line(format!(
            "Clearinghouse {} is sealed: what loosens waits {}.",
            self.clearinghouse,
            duration(self.delay_seconds.into())
        ));
    }
}

pub async fn seal(context: &Context, arguments: Seal) -> Outcome {
    let desk = Desk::open(context).await?;
    let root = &desk.found.clearinghouse;
    let signer = desk.signer(Role::Authority, &arguments.signing)?;
    desk.confirm(
        &arguments.signing,
        "Seal it for ever? Listings, oracles and whatever loosens will wait from then on.",
    )?;
    let seal = desk.found.at.seal(signer);
    if desk.sign(&arguments.signing, signer, seal).await?.is_some() {
        let clearinghouse = desk.found.at.clearinghouse.to_string();
        context.output.print(&Sealed { clearinghouse, sealed: true, delay_seconds: root.delay_seconds })?;
    }
    Ok(())
}
