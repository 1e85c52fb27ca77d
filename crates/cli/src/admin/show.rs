//! `firebreak admin show`.

use clap::ValueEnum;
use firebreak_client::{
    firebreak::governance::{AssetParameters, FundParameters, Parameters},
    symbol,
};
use risk::Tighter;
use serde::Serialize;

use super::desk::Desk;
use crate::{
    context::Context,
    failure::{Failure, Outcome},
    output::{Page, Report, Table},
    units::{duration, time},
};

/// Shows roles and parameters.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  firebreak admin show
  firebreak admin show market SOL
  firebreak admin show bank quote --json")]
pub struct Arguments {
    /// Without it: roles, price programs, breakers, and what is listed
    what: Option<Kind>,
    /// Of an asset or market its symbol or index; of a bank its index, `quote`, or its asset's symbol
    name: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Asset,
    Market,
    Bank,
    Fund,
}

/// A parameter in force.
#[derive(Serialize)]
struct Parameter {
    name: &'static str,
    value: u64,
    /// `up`, `down`, or `neither`: both ways loosen.
    tighter: &'static str,
    least: u64,
    most: u64,
}

#[derive(Serialize)]
struct Set {
    about: String,
    parameters: Vec<Parameter>,
}

impl Set {
    fn of<P: Parameters>(about: String, parameters: &P) -> Self {
        let values = parameters.values().as_ref().to_vec();
        let rows = P::RULES.iter().zip(values).map(|(rule, value)| Parameter {
            name: rule.name,
            value,
            tighter: match rule.tighter {
                Tighter::Up => "up",
                Tighter::Down => "down",
                Tighter::Neither => "neither",
            },
            least: rule.least,
            most: rule.most,
        });
        Self { about, parameters: rows.collect() }
    }
}

impl Report for Set {
    fn draw(&self, page: &mut Page) {
        page.heading(&self.about);
        let mut table = Table::new(&["parameter", ">value", "tighter", ">least", ">most"]);
        for found in &self.parameters {
            let numbers = [found.least, found.most].map(|number| number.to_string());
            let [least, most] = numbers;
            table.row([
                found.name.into(),
                found.value.to_string().into(),
                found.tighter.into(),
                least.into(),
                most.into(),
            ]);
        }
        page.table(&table);
        page.line("What gets tighter takes effect at once; anything else waits, and moves by a step at a time.");
    }
}

#[derive(Serialize)]
struct Root {
    clearinghouse: String,
    authority: String,
    guardian: String,
    sealed: bool,
    delay_seconds: u32,
    guardian_trips: u32,
    proposals: u64,
    receivers: Vec<String>,
    legacy_program: Option<String>,
    assets: Vec<String>,
    banks: Vec<String>,
    breakers: Vec<Standing>,
}

/// A breaker that somebody tripped.
#[derive(Serialize)]
struct Standing {
    market: String,
    level: String,
    expires_at: i64,
    reason: u8,
}

impl Root {
    fn of(desk: &Desk) -> Self {
        let (found, root) = (&desk.found, &desk.found.clearinghouse);
        let nobody = solana_address::Address::default();
        let programs = &found.board.header;
        let named = |key: &solana_address::Address| (*key != nobody).then(|| key.to_string());
        let markets = (0_u8..).zip(&found.breaker.markets).map(|(index, breaker)| (index, *breaker));
        let all = std::iter::once((u8::MAX, found.breaker.global)).chain(markets);
        let standing = all.flat_map(|(market, breaker)| [(market, breaker.emergency), (market, breaker.standing)]);
        let standing = standing.filter(|(_, state)| state.level_at(found.now) != risk::Level::Normal);
        let breakers = standing.map(|(market, state)| Standing {
            market: desk.market_name(market),
            level: format!("{:?}", state.level_at(found.now)),
            expires_at: state.expires_at,
            reason: state.reason,
        });
        Self {
            clearinghouse: found.at.clearinghouse.to_string(),
            authority: root.authority.to_string(),
            guardian: root.guardian.to_string(),
            sealed: root.sealed == 1,
            delay_seconds: root.delay_seconds,
            guardian_trips: root.guardian_trips,
            proposals: root.proposal_count,
            receivers: programs.receivers.iter().filter_map(named).collect(),
            legacy_program: named(&programs.legacy_program),
            assets: found.board.rows.iter().map(symbol).collect(),
            banks: found.banks.keys().map(|index| desk.units.bank(*index).symbol).collect(),
            breakers: breakers.collect(),
        }
    }
}

impl Report for Root {
    fn draw(&self, page: &mut Page) {
        page.heading(format!("Clearinghouse {}", self.clearinghouse));
        page.pairs([
            ("authority", self.authority.clone().into()),
            ("guardian", self.guardian.clone().into()),
            ("sealed", if self.sealed { "yes".into() } else { "no: the authority lists and loosens freely".into() }),
            ("delay", duration(self.delay_seconds.into()).into()),
            ("trips by the guardian", self.guardian_trips.to_string().into()),
            ("proposals made", self.proposals.to_string().into()),
            ("price updates of", self.receivers.join(" ").into()),
            ("older prices of", self.legacy_program.clone().unwrap_or_else(|| "nobody".to_owned()).into()),
            ("assets", self.assets.join(", ").into()),
            ("banks", self.banks.join(", ").into()),
        ]);
        page.heading("Breakers");
        if self.breakers.is_empty() {
            page.line("None is tripped.");
            return;
        }
        let mut table = Table::new(&["market", "level", "until", ">reason"]);
        for found in &self.breakers {
            let reason = found.reason.to_string();
            table.row([
                found.market.clone().into(),
                found.level.clone().into(),
                time(found.expires_at).into(),
                reason.into(),
            ]);
        }
        page.table(&table);
    }
}

pub async fn run(context: &Context, arguments: Arguments) -> Outcome {
    let desk = Desk::open(context).await?;
    let Some(kind) = arguments.what else { return context.output.print(&Root::of(&desk)) };
    let name = || {
        let missing = || Failure::usage("name it, too: firebreak admin show market SOL, for example");
        arguments.name.as_deref().ok_or_else(missing)
    };
    let set = match kind {
        Kind::Asset => {
            let index = desk.units.find_asset(name()?)?;
            let row = &desk.found.board.rows[index as usize];
            Set::of(format!("Asset {}", symbol(row)), &AssetParameters::of(row))
        }
        Kind::Market => {
            let index = desk.units.find_asset(name()?)?;
            Set::of(format!("Market {}", desk.market_name(index)), &desk.market_parameters(index)?)
        }
        Kind::Bank => {
            let index = desk.bank(name()?)?;
            Set::of(format!("Bank {}", desk.units.bank(index).symbol), &desk.bank_parameters(index)?)
        }
        Kind::Fund => Set::of("Insurance fund".to_owned(), &FundParameters::of(&desk.found.fund)),
    };
    context.output.print(&set)
}
