//! `firebreak admin propose`.

use std::path::PathBuf;

use clap::Subcommand;
use firebreak_client::firebreak::governance::{Change, Payload};
use firebreak_replay::migrations::{self, Step};
use solana_address::Address;

use super::{
    change::Assignment,
    compare::{self, compare},
    desk::{Desk, Role, Signing},
    proposals::Shown,
};
use crate::{
    context::Context,
    failure::{Failure, Outcome},
    output::Page,
    units::{duration, time},
};

/// Proposes a change: shows old and new values and what it waits for, asks, and sends.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  firebreak admin propose market SOL max_open_interest_lots=60_000_000 taker_fee_bps=6
  firebreak admin propose asset BTC initial_ratio_bps=1_100 --yes
  firebreak admin propose bank quote deposit_cap=1_000_000_000_000
  firebreak admin propose authority 9xQe... --export --authority <the multisig's vault>
  firebreak admin propose guardian 7xKX...
  firebreak admin propose fund cooldown_seconds=1_300_000
  firebreak admin propose delay 259200
  firebreak admin propose price-programs --receiver rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ
  firebreak admin propose reset SOL
  firebreak admin propose listing migrations/09-list-jup.toml
Names, directions and bounds of parameters: firebreak admin show market SOL")]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Parameters of an asset
    Asset(Set),
    /// Parameters of a market
    Market(Set),
    /// Parameters of a bank: `quote`, an index, or its asset's symbol
    Bank(Set),
    /// Parameters of the insurance fund
    Fund {
        #[arg(required = true, value_name = "NAME=VALUE")]
        values: Vec<Assignment>,
        #[command(flatten)]
        signing: Signing,
    },
    /// How long a loosening waits; it can only be raised
    Delay {
        seconds: u32,
        #[command(flatten)]
        signing: Signing,
    },
    /// Another authority; the new key signs the execution itself
    Authority(Successor),
    /// Another guardian, likewise
    Guardian(Successor),
    /// The programs that may own price accounts; those not named are accepted no longer
    PricePrograms {
        /// Owner of price updates, four at most
        #[arg(long = "receiver", value_name = "PROGRAM")]
        receivers: Vec<Address>,
        /// Owner of older price accounts
        #[arg(long, value_name = "PROGRAM")]
        legacy: Option<Address>,
        #[command(flatten)]
        signing: Signing,
    },
    /// End a breaker before its expiry: a market, or `all` for the global one
    Reset {
        market: String,
        #[command(flatten)]
        signing: Signing,
    },
    /// List what a file describes, as a migration would before sealing: the asset, and once it is listed its market; or a bank
    Listing {
        /// A file as in migrations/, with `step = "list"` or `step = "bank"`
        file: PathBuf,
        #[command(flatten)]
        signing: Signing,
    },
}

#[derive(Debug, clap::Args)]
struct Set {
    /// Symbol or index
    name: String,
    #[arg(required = true, value_name = "NAME=VALUE")]
    values: Vec<Assignment>,
    #[command(flatten)]
    signing: Signing,
}

#[derive(Debug, clap::Args)]
struct Successor {
    key: Address,
    #[command(flatten)]
    signing: Signing,
}

impl What {
    fn signing(&self) -> &Signing {
        match self {
            Self::Asset(set) | Self::Market(set) | Self::Bank(set) => &set.signing,
            Self::Authority(successor) | Self::Guardian(successor) => &successor.signing,
            Self::Fund { signing, .. }
            | Self::Delay { signing, .. }
            | Self::PricePrograms { signing, .. }
            | Self::Reset { signing, .. }
            | Self::Listing { signing, .. } => signing,
        }
    }

    /// The change, and what it replaces.
    fn change(&self, desk: &Desk) -> Outcome<(Change, Payload)> {
        match self {
            Self::Asset(set) => desk.asset_change(&set.name, &set.values),
            Self::Market(set) => desk.market_change(&set.name, &set.values),
            Self::Bank(set) => desk.bank_change(&set.name, &set.values),
            Self::Fund { values, .. } => desk.fund_change(values),
            Self::Delay { seconds, .. } => Ok(desk.delay_change(*seconds)),
            Self::Authority(successor) => Ok((Change::Authority { key: successor.key }, desk.roles())),
            Self::Guardian(successor) => Ok((Change::Guardian { key: successor.key }, desk.roles())),
            Self::PricePrograms { receivers, legacy, .. } => desk.price_programs_change(receivers, *legacy),
            Self::Reset { market, .. } => Ok((Change::ResetBreaker { market: desk.market_or_all(market)? }, [0; 256])),
            Self::Listing { file, .. } => Ok((listing(desk, file)?, [0; 256])),
        }
    }
}

/// The next listing that a file asks for.
fn listing(desk: &Desk, file: &std::path::Path) -> Outcome<Change> {
    let step = migrations::read_file(file).map_err(|error| Failure::usage(format!("{error:#}")))?.step;
    let rows = desk.found.board.rows.len();
    match step {
        Step::List(list) if usize::from(list.index) > rows => Err(Failure::usage(format!(
            "the file lists asset {}, and the next one is {rows}: assets are listed in order",
            list.index
        ))),
        Step::List(list) if usize::from(list.index) == rows => Ok(Change::AddAsset { config: list.asset }),
        Step::List(list) if desk.found.markets.contains_key(&list.index) => {
            Err(Failure::refused(format!("asset {} and its market are listed already", list.index)))
        }
        Step::List(list) => Ok(Change::AddMarket { index: list.index, config: list.market }),
        Step::Bank(bank) if desk.found.banks.contains_key(&bank.index) => {
            Err(Failure::refused(format!("bank {} is listed already", bank.index)))
        }
        Step::Bank(bank) => Ok(Change::AddCollateralBank { index: bank.index, mint: bank.mint, config: bank.terms }),
        _ => Err(Failure::usage(format!(
            "{} lists nothing: expected a file with step = \"list\" or step = \"bank\"",
            file.display()
        ))),
    }
}

pub async fn run(context: &Context, arguments: Arguments) -> Outcome {
    let desk = Desk::open(context).await?;
    let signing = arguments.what.signing().clone();
    let (change, before) = arguments.what.change(&desk)?;
    let signer = desk.signer(Role::Authority, &signing)?;
    let id = desk.found.clearinghouse.proposal_count;
    if !context.output.is_json {
        eprint!("{}", preview(&desk, id, &change, &before));
    }
    desk.confirm(&signing, "Propose this?")?;
    let propose = desk.found.at.propose(id, signer, signer, change);
    if desk.sign(&signing, signer, propose).await?.is_some() {
        let again = Desk::open(context).await?;
        context.output.print(&Shown::of(&again, id)?)?;
    }
    Ok(())
}

/// What is about to be proposed.
fn preview(desk: &Desk, id: u64, change: &Change, before: &Payload) -> String {
    let compared = compare(desk, change, before);
    let root = &desk.found.clearinghouse;
    let waits = root.sealed == 1 && compared.direction == risk::Direction::Loosening;
    let mut page = Page::new(false);
    page.heading(format!("Proposal {id}: {}", compared.about));
    if !compared.fields.is_empty() {
        page.table(&compare::table(&compared.fields));
    }
    page.line(match waits {
        true => format!(
            "It loosens, and can be executed from {} on (in {}).",
            time(desk.found.now + i64::from(root.delay_seconds)),
            duration(i64::from(root.delay_seconds))
        ),
        false if compared.direction == risk::Direction::Unchanged => "It changes nothing.".to_owned(),
        false => format!("It {}, and can be executed at once.", compare::word(compared.direction)),
    });
    page.text().to_owned() + "\n"
}
