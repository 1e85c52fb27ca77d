//! One market in full.

use serde::Serialize;

use super::MarketView;
use crate::{
    failure::Outcome,
    output::{Colour, Page, Report, cell},
    session::Session,
    units::{Amount, duration, percent, time},
};

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    market: MarketView,
    address: String,
    #[serde(skip)]
    quote: String,
}

impl Report for Shown {
    fn draw(&self, page: &mut Page) {
        let market = &self.market;
        let quote = &self.quote;
        let money = |amount: &Amount| format!("{} {quote}", amount.pretty());
        let opens = if market.may_add_risk { "risk may be added" } else { "risk may not be added now" };
        page.heading(format!("Market {} ({})", market.symbol, market.index));
        page.pairs([
            ("account", self.address.as_str().into()),
            ("a lot", format!("{} {}", market.lot.pretty(), market.symbol).into()),
        ]);
        page.heading("Price");
        page.pairs([
            ("mark", format!("{} {quote}", market.mark.pretty()).into()),
            ("confidence", format!("± {} ({})", market.confidence.pretty(), percent(market.confidence_bps)).into()),
            ("average", market.ema.pretty().into()),
            ("quality", cell(format!("{}, {opens}", market.quality.name()), market.quality.colour())),
            ("published", format!("{} ({} ago)", time(market.published_at), duration(market.age_seconds)).into()),
        ]);
        page.heading("Margins");
        page.pairs([
            ("initial", percent(market.initial_margin_bps).into()),
            ("maintenance", percent(market.maintenance_margin_bps).into()),
            ("volatility", format!("{} of calm margins", market.multiplier()).into()),
            ("taker fee", percent(market.taker_fee_bps).into()),
            ("price band", format!("± {}", percent(market.price_band_bps)).into()),
            ("funding", market.funding.text().into()),
        ]);
        page.heading("Books");
        page.pairs([
            (
                "open interest",
                format!(
                    "{} {} of at most {}",
                    market.open_interest.pretty(),
                    market.symbol,
                    market.open_interest_cap.pretty()
                )
                .into(),
            ),
            (
                "long, short",
                format!("{}, {}", market.open_interest_long.pretty(), market.open_interest_short.pretty()).into(),
            ),
            ("worth", money(&market.open_interest_value).into()),
            ("pool", money(&market.pool).into()),
            ("tranche", format!("{} of {} {quote}", market.tranche.pretty(), market.tranche_target.pretty()).into()),
            ("fees not swept", money(&market.fees).into()),
        ]);
        page.heading("Breaker");
        page.pairs([("level", cell(market.breaker.name, market.breaker.colour()))]);
        for restriction in &market.breaker.restrictions {
            page.note(format!(" {}: {}", restriction.name, restriction.why()), Colour::Warning);
        }
    }
}

pub fn run(session: &Session<'_>, typed: &str) -> Outcome {
    let index = session.units.market(typed)?;
    let market = MarketView::of(&session.units, &session.overview, session.market(index)?, session.row(index)?);
    let (address, quote) = (session.at.market(index).to_string(), session.units.quote.symbol.clone());
    session.context.output.print(&Shown { market, address, quote })
}
