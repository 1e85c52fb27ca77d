//! One frame as plain text, for pipes and tests.

use ratatui::{Terminal, backend::TestBackend, buffer::Buffer};

use super::{
    draw::{Health, Screen, draw},
    feed::{self, Entry},
    view::{View, look},
};
use crate::{
    context::Context,
    failure::{Failure, Outcome},
    output::{Page, Report},
};

#[derive(serde::Serialize)]
struct Frame {
    #[serde(flatten)]
    view: View,
    #[serde(skip)]
    text: String,
}

impl Report for Frame {
    fn draw(&self, page: &mut Page) {
        page.line(&self.text);
    }
}

pub async fn run(context: &Context, (width, height): (u16, u16)) -> Outcome {
    let rpc = context.rpc();
    let names = context.names()?;
    let mut found = look(context, &rpc, &names).await?;
    let recent = feed::recent(&rpc).await;
    found.view.events = recent.iter().map(|seen| Entry::of(seen, &found)).collect();
    let screen = Screen { view: Some(&found.view), health: Health::Once, feed_error: None };
    let text = text(&screen, (width, height))?;
    context.output.print(&Frame { view: found.view, text })
}

fn text(screen: &Screen<'_>, (width, height): (u16, u16)) -> Outcome<String> {
    let failed = |error: std::convert::Infallible| Failure::refused(format!("the frame cannot be drawn: {error}"));
    let mut terminal = Terminal::new(TestBackend::new(width, height)).map_err(failed)?;
    terminal.draw(|frame| draw(frame, screen)).map_err(failed)?;
    Ok(lines(terminal.backend().buffer()))
}

/// The symbols of a buffer, line by line.
fn lines(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let lines = buffer.content.chunks(width).map(|cells| {
        let line: String = cells.iter().map(|cell| cell.symbol()).collect();
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        board::view::Insurance,
        units::{Token, Units},
    };
    use std::time::Duration;

    fn view() -> View {
        let token = Token { symbol: "USDC".to_owned(), decimals: 6 };
        let amount = || Units::amount_of(&token, 1_500_000_u64);
        View {
            url: "http://127.0.0.1:8899".to_owned(),
            clearinghouse: 1,
            slot: 7,
            now: 0,
            quote: "USDC".to_owned(),
            markets: vec![],
            restrictions: vec![],
            insurance: Insurance {
                assets: amount(),
                deployed: amount(),
                share_price: amount(),
                closed_until: Some(90),
            },
            accounts: vec![],
            account_count: 0,
            liquidatable_count: 0,
            events: vec![Entry { at: 3_661, event: "Traded", text: "somebody bought".to_owned() }],
        }
    }

    #[test]
    fn data_that_is_old_says_so() {
        let view = view();
        let health = Health::Stale { age: Duration::from_secs(75), error: "the network did not answer" };
        let screen = Screen { view: Some(&view), health, feed_error: Some("connection refused") };
        let stale = text(&screen, (120, 24)).unwrap();
        for part in ["STALE for 1m 15s", "the network did not answer", "not heard now (connection refused)"] {
            assert!(stale.contains(part), "{part} in\n{stale}");
        }
        let live = text(&Screen { health: Health::Live, feed_error: None, ..screen }, (120, 24)).unwrap();
        assert!(live.contains(" live ") && !live.contains("STALE"), "{live}");
        for part in
            ["1.500000 USDC", "exits closed for 1m 30s", "01:01:01 somebody bought", "nobody has a position", "q quits"]
        {
            assert!(live.contains(part), "{part} in\n{live}");
        }
    }

    #[test]
    fn no_size_is_too_small_to_draw() {
        let view = view();
        for (width, height) in [(1, 1), (2, 30), (10, 5), (400, 2), (60, 16)] {
            let screen = Screen { view: Some(&view), health: Health::Live, feed_error: None };
            assert!(text(&screen, (width, height)).is_ok(), "{width} x {height}");
        }
        assert!(
            text(&Screen { view: None, health: Health::Live, feed_error: None }, (40, 3)).unwrap().contains("waiting")
        );
    }
}
