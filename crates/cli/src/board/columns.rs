//! The table of markets: as many columns as fit, none of them cut.

use ratatui::{
    layout::{Alignment, Constraint},
    style::Style,
    text::Line,
    widgets::{Cell, Row, Table},
};

use super::{
    chart::compact,
    draw::{BOLD, DIM, style},
};
use crate::{market::MarketView, output::Colour, units::percent};

/// A place with fewer columns has no room for what must be seen.
pub const NARROWEST: u16 = 70;

/// One column.
struct Column {
    heading: &'static str,
    width: u16,
    is_number: bool,
    /// Columns of 0 are always there; the others give way from the highest on.
    rank: u8,
    of: fn(&MarketView) -> (String, Style),
}

const COLUMNS: [Column; 12] = [
    column("market", 8, false, 0, |market| (market.symbol.clone(), BOLD)),
    column("mark", 12, true, 0, |market| (market.mark.pretty(), Style::new())),
    column("±", 7, true, 6, |market| (percent(market.confidence_bps), DIM)),
    column("price", 17, false, 0, |market| (market.quality.text(market.age_seconds), style(market.quality.colour()))),
    column("margin", 8, true, 3, |market| (percent(market.initial_margin_bps), Style::new())),
    column("vol", 6, true, 2, |market| {
        let is_raised = u64::from(market.initial_multiplier_bps) > risk::BPS_ONE;
        (market.multiplier(), if is_raised { style(Colour::Warning) } else { DIM })
    }),
    column("interest", 10, true, 5, |market| whole(market.open_interest.lots, &market.open_interest.human)),
    column("value", 13, true, 1, |market| whole(market.open_interest_value.atoms, &market.open_interest_value.human)),
    column("pool", 12, true, 4, |market| whole(market.pool.atoms, &market.pool.human)),
    column("tranche", 12, true, 4, |market| whole(market.tranche.atoms, &market.tranche.human)),
    column("breaker", 23, false, 0, |market| (market.breaker.text(), style(market.breaker.colour()))),
    column("funding", 12, false, 7, |market| (market.funding.short(), DIM)),
];

const fn column(
    heading: &'static str,
    width: u16,
    is_number: bool,
    rank: u8,
    of: fn(&MarketView) -> (String, Style),
) -> Column {
    Column { heading, width, is_number, rank, of }
}

fn whole(atoms: i128, human: &str) -> (String, Style) {
    (compact(atoms, human), Style::new())
}

/// Those that fit into `width`, in their order.
fn fitting(width: u16) -> Vec<&'static Column> {
    let needs =
        |rank: u8| COLUMNS.iter().filter(|column| column.rank <= rank).map(|column| column.width + 1).sum::<u16>();
    let highest = (0..=7).rev().find(|rank| needs(*rank) <= width + 1).unwrap_or(0);
    COLUMNS.iter().filter(|column| column.rank <= highest).collect()
}

/// The table, for a place of this width.
pub fn table(markets: &[MarketView], width: u16) -> Table<'static> {
    let columns = fitting(width);
    let cell = |column: &Column, text: String, style: Style| {
        let alignment = if column.is_number { Alignment::Right } else { Alignment::Left };
        Cell::from(Line::from(text).alignment(alignment)).style(style)
    };
    let header = Row::new(columns.iter().map(|column| cell(column, column.heading.to_owned(), DIM)));
    let rows = markets.iter().map(|market| {
        Row::new(columns.iter().map(|column| {
            let (text, style) = (column.of)(market);
            cell(column, text, style)
        }))
    });
    let widths = columns.iter().map(|column| Constraint::Length(column.width));
    Table::new(rows.collect::<Vec<_>>(), widths.collect::<Vec<_>>()).header(header).column_spacing(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_left_out_and_never_cut() {
        for width in NARROWEST - 2..300 {
            let columns = fitting(width);
            let needed: u16 = columns.iter().map(|column| column.width + 1).sum();
            assert!(needed <= width + 1, "{needed} of {width}");
            for always in ["market", "mark", "price", "breaker"] {
                assert!(columns.iter().any(|column| column.heading == always));
            }
        }
        assert_eq!(fitting(200).len(), COLUMNS.len());
    }
}
