//! Draws the board.

use ratatui::{
    Frame,
    layout::{Alignment, Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::{Block, BorderType, Cell, Paragraph, Row, Table},
};
use std::time::Duration;

use super::{
    chart::{bar, compact},
    view::View,
};
use crate::{
    market::MarketView,
    output::Colour,
    units::{duration, percent, time},
};

/// Whether what is shown is what is.
#[derive(Clone, Copy, Debug)]
pub enum Health<'a> {
    Live,
    /// One frame.
    Once,
    Stale {
        age: Duration,
        error: &'a str,
    },
}

/// What a frame is drawn from.
pub struct Screen<'a> {
    pub view: Option<&'a View>,
    pub health: Health<'a>,
    /// Why events are not heard.
    pub feed_error: Option<&'a str>,
}

const DIM: Style = Style::new().add_modifier(Modifier::DIM);
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
/// Lines that the block around insurance takes.
const INSURANCE_LINES: u16 = 6;

fn style(colour: Colour) -> Style {
    match colour {
        Colour::Plain => Style::new(),
        Colour::Good => Style::new().fg(Color::Green),
        Colour::Warning => Style::new().fg(Color::Yellow),
        Colour::Bad => Style::new().fg(Color::Red),
        Colour::Dim => DIM,
    }
}

fn block(title: impl Into<Line<'static>>) -> Block<'static> {
    Block::bordered().border_type(BorderType::Rounded).border_style(DIM).title(title)
}

fn title(text: &str) -> Line<'static> {
    Line::styled(format!(" {text} "), BOLD)
}

pub fn draw(frame: &mut Frame<'_>, screen: &Screen<'_>) {
    let Some(view) = screen.view else {
        frame.render_widget(Paragraph::new("waiting for the network"), frame.area());
        return;
    };
    let markets = u16::try_from(view.markets.len()).unwrap_or(u16::MAX).saturating_add(3);
    let [head, top, middle, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(markets),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let [accounts, right] = Layout::horizontal([Constraint::Percentage(46), Constraint::Fill(1)]).areas(middle);
    let [insurance, events] = Layout::vertical([Constraint::Length(INSURANCE_LINES), Constraint::Fill(1)]).areas(right);
    draw_head(frame, head, view, screen.health);
    draw_markets(frame, top, view);
    draw_accounts(frame, accounts, view);
    draw_insurance(frame, insurance, view);
    draw_events(frame, events, view, screen.feed_error);
    draw_foot(frame, foot, screen.health);
}

fn draw_head(frame: &mut Frame<'_>, area: Rect, view: &View, health: Health<'_>) {
    let (state, colour) = match health {
        Health::Live => (" live ".to_owned(), Colour::Good),
        Health::Once => (" once ".to_owned(), Colour::Plain),
        Health::Stale { age, .. } => {
            (format!(" STALE for {} ", duration(i64::try_from(age.as_secs()).unwrap_or(i64::MAX))), Colour::Bad)
        }
    };
    let mut spans = vec![
        Span::styled(" firebreak ", BOLD),
        Span::styled(state, style(colour).add_modifier(Modifier::REVERSED)),
        Span::styled(format!("  {}  clearinghouse {}  slot {}", view.url, view.clearinghouse, view.slot), DIM),
    ];
    if let Some(first) = view.restrictions.first() {
        spans.push(Span::styled(format!("  {}: {}", first.name, first.why()), style(Colour::Bad)));
    }
    frame.render_widget(Line::from(spans), area);
    frame.render_widget(Line::styled(format!("{} ", time(view.now)), DIM).alignment(Alignment::Right), area);
}

fn right(text: String, style: Style) -> Cell<'static> {
    Cell::from(Line::from(text).alignment(Alignment::Right)).style(style)
}

fn draw_markets(frame: &mut Frame<'_>, area: Rect, view: &View) {
    let plain = Style::new();
    let headings =
        ["market", "mark", "±", "price", "margin", "vol", "interest", "value", "pool", "tranche", "breaker", "funding"];
    let is_number = |index: usize| matches!(index, 1 | 2 | 4..=9);
    let header = Row::new(headings.iter().enumerate().map(|(index, heading)| {
        let alignment = if is_number(index) { Alignment::Right } else { Alignment::Left };
        Cell::from(Line::from(*heading).alignment(alignment)).style(DIM)
    }));
    let rows = view.markets.iter().map(|market: &MarketView| {
        Row::new([
            Cell::from(market.symbol.clone()).style(BOLD),
            right(market.mark.pretty(), plain),
            right(percent(market.confidence_bps), DIM),
            Cell::from(market.quality.text(market.age_seconds)).style(style(market.quality.colour())),
            right(percent(market.initial_margin_bps), plain),
            right(
                market.multiplier(),
                if market.initial_multiplier_bps > 10_000 { style(Colour::Warning) } else { DIM },
            ),
            right(compact(market.open_interest.lots, &market.open_interest.human), plain),
            right(compact(market.open_interest_value.atoms, &market.open_interest_value.human), plain),
            right(compact(market.pool.atoms, &market.pool.human), plain),
            right(compact(market.tranche.atoms, &market.tranche.human), plain),
            Cell::from(market.breaker.text()).style(style(market.breaker.colour())),
            Cell::from(market.funding.short()).style(DIM),
        ])
    });
    let widths =
        [7, 10, 7, 13, 8, 6, 8, 11, 9, 10, 24].map(Constraint::Length).into_iter().chain([Constraint::Fill(1)]);
    let table = Table::new(rows, widths).header(header).column_spacing(1);
    frame.render_widget(table.block(block(title(&format!("Markets, in {}", view.quote)))), area);
}

fn draw_accounts(frame: &mut Frame<'_>, area: Rect, view: &View) {
    let counted =
        format!("Nearest to liquidation: {} accounts, {} liquidatable", view.account_count, view.liquidatable_count);
    let frame_block = block(title(&counted));
    let inner = frame_block.inner(area);
    let mut lines: Vec<Line<'_>> =
        view.accounts.iter().take(usize::from(inner.height)).map(|account| bar(account, inner.width)).collect();
    if lines.is_empty() {
        lines.push(Line::styled(" nobody has a position", DIM));
    }
    frame.render_widget(Paragraph::new(lines).block(frame_block), area);
}

fn draw_insurance(frame: &mut Frame<'_>, area: Rect, view: &View) {
    let insurance = &view.insurance;
    let pair =
        |name: &str, value: String| Line::from(vec![Span::styled(format!(" {name:<14}"), DIM), Span::raw(value)]);
    let mut lines = vec![
        pair("in the vault", format!("{:>18} {}", insurance.assets.pretty(), view.quote)),
        pair("in tranches", format!("{:>18} {}", insurance.deployed.pretty(), view.quote)),
        pair("a share", format!("{:>18} {}", insurance.share_price.pretty(), view.quote)),
    ];
    lines.push(match insurance.closed_until {
        Some(until) => {
            let left = duration(until.saturating_sub(view.now));
            Line::styled(format!(" exits closed for {left}: a deficit was reported"), style(Colour::Bad))
        }
        None => Line::styled(" exits are open after their cool-down", DIM),
    });
    frame.render_widget(Paragraph::new(lines).block(block(title("Insurance"))), area);
}

fn draw_events(frame: &mut Frame<'_>, area: Rect, view: &View, error: Option<&str>) {
    let name = match error {
        Some(error) => format!("Events: not heard now ({error})"),
        None => "Events".to_owned(),
    };
    let frame_block = block(title(&name));
    let height = usize::from(frame_block.inner(area).height);
    let told = view.events.iter().take(height).map(|entry| {
        let clock = time(entry.at);
        let clock = clock.get(11..19).unwrap_or_default().to_owned();
        Line::from(vec![
            Span::styled(format!(" {clock} "), DIM),
            Span::styled(entry.text.clone(), style(entry.colour())),
        ])
    });
    let mut lines: Vec<Line<'_>> = told.collect();
    if lines.is_empty() {
        lines.push(Line::styled(" nothing yet", DIM));
    }
    frame.render_widget(Paragraph::new(lines).block(frame_block), area);
}

fn draw_foot(frame: &mut Frame<'_>, area: Rect, health: Health<'_>) {
    let line = match health {
        Health::Stale { error, .. } => Line::styled(format!(" {error}"), style(Colour::Bad)),
        Health::Live => Line::styled(" q quits", DIM),
        Health::Once => Line::default(),
    };
    frame.render_widget(line, area);
}
