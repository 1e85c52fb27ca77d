//! A market's offers, those that sell above those that buy.

use firebreak_client::{
    overview::{MadeOffer, offers_in},
    taking::quotes,
};
use serde::Serialize;
use solana_address::Address;

use crate::{
    failure::Outcome,
    output::{Colour, Page, Report, Table, cell},
    session::{Session, within},
    units::{Price, Size, duration, percent, short},
};

#[derive(Serialize)]
struct Book {
    market: u8,
    symbol: String,
    mark: Price,
    /// What sells, the lowest price first.
    asks: Vec<Side>,
    /// What buys, the highest price first.
    bids: Vec<Side>,
    /// Offers that nobody can take any more.
    expired: usize,
}

#[derive(Serialize)]
struct Side {
    price: Price,
    size: Size,
    /// With everything at a better price.
    total: Size,
    spread_bps: u32,
    maker: String,
    offer: String,
    /// Unix seconds.
    expires_at: i64,
    seconds_left: i64,
}

impl Report for Book {
    fn draw(&self, page: &mut Page) {
        if self.asks.is_empty() && self.bids.is_empty() {
            page.note(format!("Nobody offers {} now.", self.symbol), Colour::Dim);
        } else {
            let mut table = Table::new(&["", ">price", ">size", ">total", ">spread", "maker", "expires in"]);
            for side in self.asks.iter().rev() {
                table.row(side.row("sells", Colour::Bad));
            }
            table.row([
                cell("mark", Colour::Dim),
                cell(self.mark.pretty(), Colour::Dim),
                "".into(),
                "".into(),
                "".into(),
                "".into(),
                "".into(),
            ]);
            for side in &self.bids {
                table.row(side.row("buys", Colour::Good));
            }
            page.table(&table);
        }
        if self.expired > 0 {
            page.note(format!(" {} offers have expired", self.expired), Colour::Dim);
        }
    }
}

impl Side {
    fn row(&self, name: &str, colour: Colour) -> [crate::output::Value; 7] {
        [
            name.into(),
            cell(self.price.pretty(), colour),
            self.size.pretty().into(),
            self.total.pretty().into(),
            percent(self.spread_bps).into(),
            cell(short(&self.maker), Colour::Dim),
            cell(duration(self.seconds_left), Colour::Dim),
        ]
    }
}

pub async fn run(session: &Session<'_>, typed: &str, maker: Option<&Address>) -> Outcome {
    let market = session.units.market(typed)?;
    let mut offers = within(session.context, offers_in(&session.rpc, &session.at, market)).await?;
    offers.retain(|made| maker.is_none_or(|maker| made.offer.margin_account == *maker));
    let expired = offers.iter().filter(|made| made.offer.expires_at <= session.now()).count();
    let book = Book {
        market,
        symbol: session.units.symbol(market),
        mark: session.units.price(market, session.row(market)?.mark),
        asks: sides(session, &offers, market, true),
        bids: sides(session, &offers, market, false),
        expired,
    };
    session.context.output.print(&book)
}

fn sides(session: &Session<'_>, offers: &[MadeOffer], market: u8, taker_buys: bool) -> Vec<Side> {
    let mut total = 0_i128;
    let quoted = quotes(&session.overview, offers, market, taker_buys);
    let sides = quoted.into_iter().map(|quote| {
        total += i128::from(quote.lots);
        Side {
            price: session.units.price(market, quote.price),
            size: session.units.size(market, quote.lots),
            total: session.units.size(market, total),
            spread_bps: quote.spread_bps,
            maker: quote.maker.to_string(),
            offer: quote.offer.to_string(),
            expires_at: quote.expires_at,
            seconds_left: quote.expires_at.saturating_sub(session.now()),
        }
    });
    sides.collect()
}
