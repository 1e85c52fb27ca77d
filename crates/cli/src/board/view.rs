//! What the board shows: one look at the chain.

use firebreak_client::{MarginAccountView, Overview, overview::margin_accounts, restrictions::global_restrictions};
use serde::Serialize;
use solana_address::Address;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use std::collections::BTreeMap;

use super::feed::Entry;
use crate::{
    context::Context,
    failure::Outcome,
    insurance,
    market::{MarketView, RestrictionView},
    names::Names,
    session::within,
    summary::Summary,
    units::{Amount, Units},
};

/// Accounts that are listed, the nearest to liquidation first.
const ACCOUNTS: usize = 50;

/// One look at a clearinghouse.
#[derive(Clone, Debug, Serialize)]
pub struct View {
    pub url: String,
    pub clearinghouse: u64,
    pub slot: u64,
    /// Unix seconds of the chain's clock.
    pub now: i64,
    pub quote: String,
    pub markets: Vec<MarketView>,
    /// What restricts everything.
    pub restrictions: Vec<RestrictionView>,
    pub insurance: Insurance,
    /// The nearest to liquidation first.
    pub accounts: Vec<Summary>,
    pub account_count: usize,
    pub liquidatable_count: usize,
    /// The latest first.
    pub events: Vec<Entry>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Insurance {
    pub assets: Amount,
    pub deployed: Amount,
    pub share_price: Amount,
    /// Unix seconds until which a reported deficit keeps everybody in.
    pub closed_until: Option<i64>,
}

/// The chain as it was read, with what names its numbers.
pub struct Look {
    pub overview: Overview,
    pub units: Units,
    pub view: View,
}

/// Looks once.
pub async fn look(context: &Context, rpc: &RpcClient, names: &Names) -> Outcome<Look> {
    let at = context.addresses();
    let overview = within(context, Overview::load(rpc, at)).await?;
    let accounts = within(context, margin_accounts(rpc, &at, None)).await?;
    let units = Units::of(&overview, names);
    let view = view(context, &overview, &units, &accounts);
    Ok(Look { overview, units, view })
}

fn view(
    context: &Context,
    overview: &Overview,
    units: &Units,
    accounts: &BTreeMap<Address, MarginAccountView>,
) -> View {
    let summaries =
        accounts.iter().filter_map(|(address, account)| Summary::of(units, &overview.board, address, account));
    let mut summaries: Vec<Summary> =
        summaries.filter(|summary| !summary.markets.is_empty() || summary.is_liquidatable).collect();
    summaries.sort_by_key(Summary::nearness);
    let liquidatable_count = summaries.iter().filter(|summary| summary.is_liquidatable).count();
    summaries.truncate(ACCOUNTS);
    let fund = &overview.fund;
    View {
        url: context.global.url.clone(),
        clearinghouse: context.global.clearinghouse,
        slot: overview.slot,
        now: overview.now,
        quote: units.quote.symbol.clone(),
        markets: MarketView::all(units, overview),
        restrictions: global_restrictions(&overview.breaker, overview.now)
            .iter()
            .map(|found| RestrictionView::of(found, overview.now))
            .collect(),
        insurance: Insurance {
            assets: units.amount(fund.assets),
            deployed: units.amount(fund.deployed),
            share_price: units.amount(insurance::share_price(overview)),
            closed_until: (overview.now < fund.closed_until).then_some(fund.closed_until),
        },
        accounts: summaries,
        account_count: accounts.len(),
        liquidatable_count,
        events: vec![],
    }
}
