//! Draws the board.

use ratatui::{
    Frame,
    layout::{Alignment, Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::{Block, BorderType, Paragraph, Wrap},
};
use std::time::Duration;

use super::{chart::bar, columns, view::View};
use crate::{
    output::Colour,
    units::{Amount, duration, time},
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

pub const DIM: Style = Style::new().add_modifier(Modifier::DIM);
pub const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
/// Lines that the block around insurance takes.
const INSURANCE_LINES: u16 = 6;

pub fn style(colour: Colour) -> Style {
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
    if frame.area().width < columns::NARROWEST {
        let text = format!("the board needs {} columns: widen the terminal", columns::NARROWEST);
        frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), frame.area());
        return;
    }
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

fn draw_markets(frame: &mut Frame<'_>, area: Rect, view: &View) {
    let frame_block = block(title(&format!("Markets, in {}", view.quote)));
    let table = columns::table(&view.markets, frame_block.inner(area).width);
    frame.render_widget(table.block(frame_block), area);
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
    let pair = |name: &str, amount: &Amount| {
        let value = format!("{:>20} {}", amount.pretty_whole(), view.quote);
        Line::from(vec![Span::styled(format!(" {name:<14}"), DIM), Span::raw(value)])
    };
    let mut lines = vec![
        pair("in the vault", &insurance.assets),
        pair("in tranches", &insurance.deployed),
        pair("a share", &insurance.share_price),
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
