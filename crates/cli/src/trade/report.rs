//! What a trade changed.

use firebreak_client::{Event, MarginAccountView, Overview, taking::Taking};
use serde::Serialize;

use crate::{
    failure::{Failure, Outcome},
    output::{Colour, Page, Report, Table, Value, cell},
    sending::Transaction,
    session::{Session, within},
    units::{Amount, Price, Size, Units},
};

/// An account's figures around a trade.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    pub cash: Amount,
    pub equity: Amount,
    pub initial_margin: Amount,
    pub maintenance_margin: Amount,
    pub free_collateral: Amount,
    /// Negative where short.
    pub position: Size,
    pub liquidation_price: Option<Price>,
}

impl Figures {
    fn at(units: &Units, overview: &Overview, account: &MarginAccountView, market: u8) -> Outcome<Self> {
        let does_not_fit = |_| Failure::refused("the account's numbers do not fit: it cannot be valued");
        let (report, holdings) = account.report(&overview.board).map_err(does_not_fit)?;
        let row = overview.board.rows.get(usize::from(market));
        let leg = account.position(market).zip(row).and_then(|(position, row)| row.leg(position).ok());
        let liquidation =
            holdings.iter().find(|(asset, _)| *asset == market).and_then(|(_, held)| held.liquidation_price);
        Ok(Self {
            cash: units.amount(account.header.cash),
            equity: units.amount(report.equity),
            initial_margin: units.amount(report.initial_margin),
            maintenance_margin: units.amount(report.maintenance_margin),
            free_collateral: units.amount(report.free_collateral),
            position: units.size(market, leg.map_or(0, |leg| leg.size)),
            liquidation_price: liquidation.map(|price| units.price(market, price)),
        })
    }

    /// At the prices of when the command began.
    pub fn of(session: &Session<'_>, account: &MarginAccountView, market: u8) -> Outcome<Self> {
        Self::at(&session.units, &session.overview, account, market)
    }

    /// At the prices of now.
    pub async fn of_fresh(session: &Session<'_>, account: &MarginAccountView, market: u8) -> Outcome<Self> {
        let overview = within(session.context, Overview::load(&session.rpc, session.at)).await?;
        Self::at(&session.units, &overview, account, market)
    }
}

/// A trade, done or tried.
#[derive(Serialize)]
pub struct Traded {
    pub dry_run: bool,
    pub market: u8,
    pub symbol: String,
    pub side: &'static str,
    pub limit_price: Price,
    pub filled: Size,
    /// What nobody offered within the limit, or was not reached.
    pub unfilled: Size,
    /// Quote paid or received for what was filled, without the fee.
    pub cost: Amount,
    /// Rounded to the nearest.
    pub average_price: Option<Price>,
    pub fee: Amount,
    pub fills: Vec<Fill>,
    /// Offers within the limit whose makers cannot fill them, or are the taker.
    pub passed_over: usize,
    pub before: Figures,
    /// After a dry run: what it would be at these prices.
    pub after: Option<Figures>,
    pub transactions: Vec<Transaction>,
    /// Why what was left was not taken.
    pub refused: Option<Failure>,
    #[serde(skip)]
    quote: String,
    #[serde(skip)]
    fee_bps: u64,
    #[serde(skip)]
    wanted: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Fill {
    pub maker: String,
    pub size: Size,
    pub price: Price,
}

impl Traded {
    pub fn new(
        session: &Session<'_>,
        (market, buys): (u8, bool),
        plan: &Taking,
        limit_price: u64,
        before: Figures,
    ) -> Self {
        let units = &session.units;
        let wanted = plan.unfilled + plan.takes.iter().map(|take| take.lots).sum::<u64>();
        Self {
            dry_run: false,
            market,
            symbol: units.symbol(market),
            side: if buys { "buy" } else { "sell" },
            limit_price: units.price(market, limit_price),
            filled: units.size(market, 0),
            unfilled: units.size(market, wanted),
            cost: units.amount(0),
            average_price: None,
            fee: units.amount(0),
            fills: vec![],
            passed_over: plan.passed_over,
            before,
            after: None,
            transactions: vec![],
            refused: None,
            quote: units.quote.symbol.clone(),
            fee_bps: session.overview.markets.get(&market).map_or(0, |market| market.taker_fee_bps.into()),
            wanted,
        }
    }

    pub fn is_started(&self) -> bool {
        !self.transactions.is_empty()
    }

    /// Counts what a transaction did, by its events.
    pub fn add(&mut self, session: &Session<'_>, transaction: Transaction) {
        self.dry_run = transaction.signature.is_none();
        for event in &transaction.decoded {
            if let Event::Traded(event) = event {
                let maker = if self.side == "buy" { event.seller } else { event.buyer };
                self.fills.push(Fill {
                    maker: maker.to_string(),
                    size: session.units.size(self.market, event.lots),
                    price: session.units.price(self.market, event.price),
                });
            }
        }
        self.transactions.push(transaction);
    }

    pub fn finish(&mut self, session: &Session<'_>, after: Figures) {
        let units = &session.units;
        let cost = |fill: &Fill| fill.size.lots * fill.price.atoms_per_lot;
        let lots: i128 = self.fills.iter().map(|fill| fill.size.lots).sum();
        let paid: i128 = self.fills.iter().map(cost).sum();
        // Each fill's fee rounds up, as the program has it.
        let fee = |fill: &Fill| u64::try_from(cost(fill)).ok().and_then(|cost| risk::bps_up(cost, self.fee_bps).ok());
        let fees: i128 = self.fills.iter().filter_map(fee).map(i128::from).sum();
        self.filled = units.size(self.market, lots);
        self.unfilled = units.size(self.market, i128::from(self.wanted) - lots);
        self.cost = units.amount(paid);
        self.fee = units.amount(fees);
        self.average_price = (lots > 0).then(|| units.price(self.market, (paid * 2 + lots) / (lots * 2)));
        self.after = Some(after);
    }

    fn draw_table(&self, page: &mut Page, after: &Figures) {
        let before = &self.before;
        let mut table = Table::new(&["", ">before", ">after"]);
        let price = |price: Option<&Price>| {
            price.map_or_else(|| cell("none", Colour::Dim), |price| Value::from(price.pretty()))
        };
        let mut row = |name: &str, before: Value, after: Value| table.row([name.into(), before, after]);
        row("position", before.position.pretty().into(), after.position.pretty().into());
        row("cash", before.cash.pretty().into(), after.cash.pretty().into());
        row("equity", before.equity.pretty().into(), after.equity.pretty().into());
        row("initial margin", before.initial_margin.pretty().into(), after.initial_margin.pretty().into());
        row("maintenance margin", before.maintenance_margin.pretty().into(), after.maintenance_margin.pretty().into());
        row("free for new risk", before.free_collateral.pretty().into(), after.free_collateral.pretty().into());
        row("liquidation price", price(before.liquidation_price.as_ref()), price(after.liquidation_price.as_ref()));
        page.table(&table);
    }
}

impl Report for Traded {
    fn draw(&self, page: &mut Page) {
        let verb = match (self.side, self.dry_run) {
            ("buy", false) => "Bought",
            ("buy", true) => "Would buy",
            (_, false) => "Sold",
            (_, true) => "Would sell",
        };
        let average = self.average_price.as_ref().map_or_else(|| "-".to_owned(), Price::pretty);
        page.heading(format!(
            "{verb} {} {} at {average} for {} {}, fee {}",
            self.filled.pretty(),
            self.symbol,
            self.cost.pretty(),
            self.quote,
            self.fee.pretty()
        ));
        if self.unfilled.lots > 0 {
            let limit = self.limit_price.pretty();
            page.note(
                format!(
                    "{} {} stay unfilled: nobody could fill them at {limit} or better.",
                    self.unfilled.pretty(),
                    self.symbol
                ),
                Colour::Warning,
            );
        }
        if self.passed_over > 0 {
            let text =
                format!("{} offers were passed over: their makers cannot fill them, or are you.", self.passed_over);
            page.note(text, Colour::Dim);
        }
        if let Some(refused) = &self.refused {
            page.note(format!("The rest was refused: {refused}"), Colour::Warning);
        }
        page.gap();
        if let Some(after) = &self.after {
            self.draw_table(page, after);
            page.gap();
        }
        for transaction in &self.transactions {
            transaction.draw_costs(page);
        }
    }
}
