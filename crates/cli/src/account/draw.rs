//! An account as people look at it.

use super::show::Shown;
use crate::{
    output::{Colour, Page, Report, Table, Value, cell},
    units::{Amount, Price, percent, time},
};

impl Report for Shown {
    fn draw(&self, page: &mut Page) {
        self.draw_head(page);
        if !self.positions.is_empty() {
            page.heading("Positions");
            page.table(&self.positions_table());
        }
        if !self.collateral.is_empty() {
            page.heading("Collateral");
            page.table(&self.collateral_table());
        }
    }
}

impl Shown {
    fn draw_head(&self, page: &mut Page) {
        let kind = self.isolated.as_ref().map_or("cross".to_owned(), |market| format!("isolated to {market}"));
        page.heading(format!("Account {}", self.address));
        let money = |amount: &Amount| format!("{:>22} {}", amount.pretty_whole(), self.quote);
        let nobody = || cell("nobody", Colour::Dim);
        page.pairs([
            ("owner", format!("{}, sub {}", self.owner, self.sub).into()),
            ("delegate", self.delegate.clone().map_or_else(nobody, Into::into)),
            (
                "kind",
                format!("{kind}, {} of {} slots used, {} offers", self.slots_used, self.slots, self.offers).into(),
            ),
        ]);
        page.heading("Value");
        page.pairs([
            ("cash, senior", money(&self.cash).into()),
            ("waiting profit, junior", cell(money(&self.waiting_profit), Colour::Dim)),
            ("unpaid loss", money(&self.unpaid_loss).into()),
            ("collateral, counted", money(&self.collateral_value).into()),
            ("equity", money(&self.equity).into()),
        ]);
        page.heading("Requirement");
        page.pairs([
            ("price shock", money(&self.requirement.shock).into()),
            ("liquidity", money(&self.requirement.liquidity).into()),
            ("less offset of hedges", money(&self.requirement.offset).into()),
            ("maintenance margin", money(&self.requirement.total).into()),
            ("initial margin", money(&self.initial_margin).into()),
            ("free for new risk", money(&self.free_collateral).into()),
            ("until liquidation", money(&self.free_of_maintenance).into()),
        ]);
        if self.is_liquidatable {
            let since = self.liquidatable_since.map_or(String::new(), |since| format!(", found at {}", time(since)));
            page.note(
                format!(
                    " Liquidatable: {} {} are missing{since}. Deposit, or reduce.",
                    self.shortfall.pretty(),
                    self.quote
                ),
                Colour::Bad,
            );
        }
    }

    fn positions_table(&self) -> Table {
        let mut table = Table::new(&[
            "market",
            "side",
            ">size",
            ">entry",
            ">mark",
            "price",
            ">notional",
            ">profit",
            ">margin",
            ">liquidation",
            ">distance",
        ]);
        for held in &self.positions {
            let is_loss = held.pnl.atoms < 0;
            table.row([
                held.symbol.as_str().into(),
                held.side.into(),
                held.size.pretty().into(),
                held.entry_price.as_ref().map_or_else(|| "-".to_owned(), Price::pretty).into(),
                held.mark.pretty().into(),
                held.quality.cell(held.price_age_seconds),
                held.notional.pretty().into(),
                cell(held.pnl.pretty(), if is_loss { Colour::Bad } else { Colour::Good }),
                held.maintenance_margin.pretty().into(),
                price_or_none(held.liquidation_price.as_ref()),
                distance(held.distance_bps),
            ]);
        }
        table
    }

    fn collateral_table(&self) -> Table {
        let mut table =
            Table::new(&["token", ">amount", ">value", ">haircut", ">counted", ">liquidation", ">distance"]);
        for pledged in &self.collateral {
            table.row([
                pledged.symbol.as_str().into(),
                pledged.amount.pretty().into(),
                pledged.value.pretty().into(),
                pledged.haircut.pretty().into(),
                pledged.counted.pretty().into(),
                price_or_none(pledged.liquidation_price.as_ref()),
                distance(pledged.distance_bps),
            ]);
        }
        table
    }
}

fn price_or_none(price: Option<&Price>) -> Value {
    price.map_or_else(|| cell("none", Colour::Dim), |price| price.pretty().into())
}

fn distance(bps: Option<u64>) -> Value {
    match bps {
        None => cell("-", Colour::Dim),
        Some(bps) if bps < 200 => cell(percent(bps), Colour::Bad),
        Some(bps) if bps < 500 => cell(percent(bps), Colour::Warning),
        Some(bps) => cell(percent(bps), Colour::Good),
    }
}
