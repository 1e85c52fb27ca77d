//! Accounts of an owner, or of everybody.

use firebreak_client::overview::margin_accounts;
use serde::Serialize;
use solana_address::Address;

use crate::{
    failure::Outcome,
    output::{Colour, Page, Report, Table, cell},
    session::{Session, within},
    summary::Summary,
    units::{percent, short},
};

#[derive(Serialize)]
struct List {
    accounts: Vec<Summary>,
    #[serde(skip)]
    quote: String,
    #[serde(skip)]
    has_owners: bool,
}

impl Report for List {
    fn draw(&self, page: &mut Page) {
        if self.accounts.is_empty() {
            page.note("No accounts. Create one: firebreak account create", Colour::Dim);
            return;
        }
        let mut table =
            Table::new(&["account", "sub", "owner", "markets", ">cash", ">equity", ">maintenance", ">distance"]);
        for account in &self.accounts {
            let address = if self.has_owners { short(&account.address) } else { account.address.clone() };
            let distance = match account.distance_bps {
                _ if account.is_liquidatable => cell("liquidatable", Colour::Bad),
                Some(bps) => cell(percent(bps), if bps < 500 { Colour::Warning } else { Colour::Plain }),
                None => cell("-", Colour::Dim),
            };
            let mut markets = account.markets.join(" ");
            if let Some(isolated) = &account.isolated {
                markets = format!("only {isolated}");
            }
            table.row([
                address.into(),
                account.sub.to_string().into(),
                cell(short(&account.owner), Colour::Dim),
                markets.into(),
                account.cash.pretty().into(),
                account.equity.pretty().into(),
                account.maintenance_margin.pretty().into(),
                distance,
            ]);
        }
        page.table(&table);
        page.note(format!(" {} accounts, amounts in {}", self.accounts.len(), self.quote), Colour::Dim);
    }
}

/// Everybody's where no owner is named.
pub async fn run(session: &Session<'_>, owner: Option<&Address>) -> Outcome {
    let found = within(session.context, margin_accounts(&session.rpc, &session.at, owner)).await?;
    let summaries = found
        .iter()
        .filter_map(|(address, account)| Summary::of(&session.units, &session.overview.board, address, account));
    let mut accounts: Vec<Summary> = summaries.collect();
    match owner {
        Some(_) => accounts.sort_by_key(|account| account.sub),
        None => accounts.sort_by_key(Summary::nearness),
    }
    let quote = session.units.quote.symbol.clone();
    session.context.output.print(&List { accounts, quote, has_owners: owner.is_none() })
}
