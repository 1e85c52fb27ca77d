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
    /// Plain lines in all, about.
    lines: u64,
}

impl Progress {
    pub fn begin(name: &'static str, length: usize, lines: u64) -> Self {
        let is_plain = !std::io::stderr().is_terminal();
        let bar = if is_plain { ProgressBar::hidden() } else { ProgressBar::new(length as u64) };
        let style =
            ProgressStyle::with_template("{prefix:>9} {bar:14.yellow/black} {pos:>4}/{len} {elapsed:>4}  {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(name);
        if !is_plain {
            bar.enable_steady_tick(Duration::from_millis(250));
        }
        Self { bar, is_plain, name, length: length as u64, lines: lines.max(1) }
    }

    /// One more done.
    pub fn step(&self, done: usize, message: String) {
        let done = done as u64;
        let every = (self.length / self.lines).max(1);
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
    let (time, sol) = (clock(moment.time), price(moment.prices_e8[0]));
    let mut line = format!("{time} SOL {sol}, {} liquidations", moment.liquidations);
    if moment.deleveragings > 0 {
        line += &format!(", {} ADL", moment.deleveragings);
    }
    let state = state(moment);
    if state.is_empty() { line } else { line + ", " + &state }
}

/// The breaker levels above normal, by market, and the oracle that is silent.
pub fn state(moment: &Moment) -> String {
    let shown = moment.levels.iter().zip(ASSETS).filter_map(|(level, asset)| match level {
        _ if moment.silent == Some(asset) => Some(format!("{asset} silent")),
        0 => None,
        _ => Some(format!("{asset} {level}")),
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// Text from column `indent` to column `width`, in as many lines as it takes.
pub fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let (mut lines, mut line) = (Vec::new(), String::new());
    let room = width.saturating_sub(indent);
    for word in text.split(' ') {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            lines.push(std::mem::take(&mut line));
        }
        line += if line.is_empty() { "" } else { " " };
        line += word;
    }
    lines.push(line);
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_broken_between_words() {
        assert_eq!(wrapped("one two three four", 9, 2), "one two\n  three\n  four");
        assert_eq!(wrapped("one two", 7, 0), "one two");
        assert_eq!(wrapped("unbreakable", 4, 2), "unbreakable");
        assert_eq!(wrapped("", 4, 2), "");
    }
}
