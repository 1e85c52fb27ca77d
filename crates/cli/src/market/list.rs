//! All markets in a table.

use serde::Serialize;

use super::MarketView;
use crate::{
    failure::Outcome,
    output::{Colour, Page, Report, Table, cell},
    session::Session,
    units::percent,
};

#[derive(Serialize)]
struct List {
    markets: Vec<MarketView>,
    #[serde(skip)]
    quote: String,
}

impl Report for List {
    fn draw(&self, page: &mut Page) {
        if self.markets.is_empty() {
            page.note("No markets are listed yet.", Colour::Dim);
            return;
        }
        let mut table = Table::new(&[
            ">#",
            "market",
            ">mark",
            ">±",
            "price",
            ">initial",
            ">maintenance",
            ">vol",
            ">open interest",
            ">value",
            ">pool",
            ">tranche",
            "breaker",
            "funding",
        ]);
        for market in &self.markets {
            table.row([
                cell(market.index, Colour::Dim),
                market.symbol.as_str().into(),
                market.mark.pretty().into(),
                percent(market.confidence_bps).into(),
                market.quality.cell(market.age_seconds),
                percent(market.initial_margin_bps).into(),
                percent(market.maintenance_margin_bps).into(),
                market.multiplier().into(),
                market.open_interest.pretty().into(),
                market.open_interest_value.pretty().into(),
                market.pool.pretty().into(),
                market.tranche.pretty().into(),
                cell(market.breaker.text(), market.breaker.colour()),
                market.funding.text().into(),
            ]);
        }
        page.table(&table);
        page.note(format!(" amounts in {}, prices per unit", self.quote), Colour::Dim);
    }
}

pub fn run(session: &Session<'_>) -> Outcome {
    let markets = MarketView::all(&session.units, &session.overview);
    let quote = session.units.quote.symbol.clone();
    session.context.output.print(&List { markets, quote })
}
