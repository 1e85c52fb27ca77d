//! The board in a terminal: looks at the chain again and again, and draws what it sees and how old that is.

use ratatui::{
    DefaultTerminal,
    crossterm::event::{self, Event as Key, KeyCode, KeyEventKind, KeyModifiers},
};
use std::{
    collections::VecDeque,
    io::IsTerminal,
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

use super::{
    draw::{Health, Screen, draw},
    feed::{self, Entry, Seen},
    view::{Look, look},
};
use crate::{
    context::Context,
    failure::{Failure, Outcome},
};

/// Between two looks at the keyboard.
const TICK: Duration = Duration::from_millis(100);
/// Events that are kept.
const EVENTS: usize = 200;

/// What has been seen so far.
struct Live {
    look: Option<Look>,
    looked_at: Instant,
    error: Option<String>,
    feed_error: Option<String>,
    events: VecDeque<Seen>,
    interval: Duration,
}

impl Live {
    fn take(&mut self, found: Outcome<Look>) {
        match found {
            Ok(look) => (self.look, self.looked_at, self.error) = (Some(look), Instant::now(), None),
            Err(failure) => self.error = Some(failure.message),
        }
        self.retell();
    }

    fn hear(&mut self, heard: Result<Seen, String>) {
        match heard {
            Ok(seen) => {
                self.feed_error = None;
                self.events.push_front(seen);
                self.events.truncate(EVENTS);
            }
            Err(error) => self.feed_error = Some(error),
        }
        self.retell();
    }

    /// Puts the events into the view, in words.
    fn retell(&mut self) {
        let Some(look) = &mut self.look else { return };
        let told: Vec<Entry> = self.events.iter().map(|seen| Entry::of(seen, look)).collect();
        look.view.events = told;
    }

    fn health(&self) -> Health<'_> {
        let age = self.looked_at.elapsed();
        match &self.error {
            Some(error) => Health::Stale { age, error },
            None if age > self.interval * 3 + Duration::from_secs(2) => Health::Stale { age, error: "no answer yet" },
            None => Health::Live,
        }
    }
}

pub async fn run(context: &Context, interval: Duration) -> Outcome {
    if !std::io::stdout().is_terminal() {
        return Err(Failure::usage("the board needs a terminal: print one frame with --once"));
    }
    let names = context.names()?;
    let rpc = context.rpc();
    let first = look(context, &rpc, &names).await?;
    let (seen, mut events) = mpsc::unbounded_channel();
    let following = tokio::spawn(feed::follow(context.ws_url()?, seen));
    let (looked, mut looks) = mpsc::channel(1);
    let looking = async {
        loop {
            tokio::time::sleep(interval).await;
            if looked.send(look(context, &rpc, &names).await).await.is_err() {
                return;
            }
        }
    };
    let mut live = Live {
        look: None,
        looked_at: Instant::now(),
        error: None,
        feed_error: None,
        events: feed::recent(&rpc).await.into(),
        interval,
    };
    live.take(Ok(first));
    let mut terminal = ratatui::init();
    let done = tokio::select! {
        () = looking => Ok(()),
        done = show(&mut terminal, &mut live, &mut looks, &mut events) => done,
    };
    ratatui::restore();
    following.abort();
    done
}

async fn show(
    terminal: &mut DefaultTerminal,
    live: &mut Live,
    looks: &mut mpsc::Receiver<Outcome<Look>>,
    events: &mut mpsc::UnboundedReceiver<Result<Seen, String>>,
) -> Outcome {
    let failed = |error: std::io::Error| Failure::refused(format!("the terminal cannot be drawn on: {error}"));
    loop {
        let view = live.look.as_ref().map(|look| &look.view);
        let screen = Screen { view, health: live.health(), feed_error: live.feed_error.as_deref() };
        terminal.draw(|frame| draw(frame, &screen)).map_err(failed)?;
        if tokio::task::block_in_place(wants_to_quit).map_err(failed)? {
            return Ok(());
        }
        while let Ok(found) = looks.try_recv() {
            live.take(found);
        }
        while let Ok(heard) = events.try_recv() {
            live.hear(heard);
        }
        // Lets the look at the chain go on, which shares this task.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits a tick for a key.
fn wants_to_quit() -> std::io::Result<bool> {
    if !event::poll(TICK)? {
        return Ok(false);
    }
    let Key::Key(key) = event::read()? else { return Ok(false) };
    let is_interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    Ok(key.kind == KeyEventKind::Press && (is_interrupt || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc)))
}
