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
