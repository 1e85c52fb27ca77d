//! What a person sees while it runs: bars on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::{
    arguments::ASSETS,
    timeline::{Moment, clock, price},
};

/// A bar on a terminal; elsewhere a plain line now and then.
pub struct Progress {
    bar: ProgressBar,
    is_plain: bool,
    name: &'static str,
    length: u64,
}

impl Progress {
    pub fn begin(name: &'static str, length: usize) -> Self {
        let is_plain = !std::io::stderr().is_terminal();
        let bar = if is_plain { ProgressBar::hidden() } else { ProgressBar::new(length as u64) };
        let style =
            ProgressStyle::with_template("{prefix:>9} {bar:24.yellow/black} {pos:>4}/{len} {elapsed:>4}  {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(name);
        if !is_plain {
            bar.enable_steady_tick(Duration::from_millis(250));
        }
        Self { bar, is_plain, name, length: length as u64 }
    }

    /// One more done; about ten plain lines in all.
    pub fn step(&self, done: usize, message: String) {
        let done = done as u64;
        let every = (self.length / 10).max(1);
        if self.is_plain && (done.is_multiple_of(every) || done == self.length) {
            eprintln!("{} {done}/{}: {message}", self.name, self.length);
        }
        self.bar.set_message(message);
        self.bar.set_position(done);
    }

    pub fn end(self) {
        self.bar.finish();
    }
}

/// One line about a scene.
pub fn line(moment: &Moment) -> String {
    let levels = levels(moment);
    let breakers = if levels.is_empty() { levels } else { format!(", breakers {levels}") };
    format!(
        "{} SOL {}, {} trades, {} liquidations{breakers}",
        clock(moment.time),
        price(moment.prices_e8[0]),
        moment.trades,
        moment.liquidations
    )
}

/// The levels above normal, by market.
pub fn levels(moment: &Moment) -> String {
    let raised = moment.levels.iter().zip(ASSETS).filter(|(level, _)| **level > 0);
    raised.map(|(level, asset)| format!("{asset} {level}")).collect::<Vec<_>>().join(", ")
}
