//! How results reach people and programs: tables, or one JSON document.

mod page;

pub use page::{Colour, Page, Table, Value, cell};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use crate::failure::{Failure, Outcome};

/// Something a command found out or did: serialised it is the documented JSON, drawn it is for people.
pub trait Report: Serialize {
    fn draw(&self, page: &mut Page);
}

/// Where results go: standard output, results only. Progress and notes go to standard error.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub is_json: bool,
}

impl Output {
    /// Prints a result.
    pub fn print(&self, report: &impl Report) -> Outcome {
        if self.is_json {
            return self.write(&to_json(report)?);
        }
        let mut page = Page::new(has_colours());
        report.draw(&mut page);
        self.write(page.text().trim_end())
    }

    /// Prints text as it is. A reader that has gone away is no error.
    fn write(&self, text: &str) -> Outcome {
        match writeln!(std::io::stdout().lock(), "{text}") {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Failure::refused(format!("the result could not be written: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Prints what went wrong, to standard error; as JSON to standard output, so that there always is one document.
    pub fn fail(&self, failure: &Failure) -> ExitCode {
        if failure.is_told {
            return ExitCode::from(failure.exit_code());
        }
        if self.is_json {
            let document = serde_json::json!({ "error": failure, "exit_code": failure.exit_code() });
            // Nothing is left to do where even this cannot be written.
            let _ = self.write(&format!("{document:#}"));
        } else {
            eprintln!("error: {failure}");
        }
        ExitCode::from(failure.exit_code())
    }

    /// Shows on a terminal's standard error that something takes its time.
    pub fn spinner(&self, what: &'static str) -> ProgressBar {
        if self.is_json || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let spinner = ProgressBar::new_spinner().with_message(what);
        spinner.enable_steady_tick(Duration::from_millis(120));
        spinner
    }

    /// The same where it is known how much there is.
    pub fn progress(&self, length: usize, what: &'static str) -> ProgressBar {
        if self.is_json || length < 2 || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos} of {len}");
        ProgressBar::new(length as u64)
            .with_message(what)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }

    /// A line on standard error that is no result.
    pub fn note(&self, text: &str) {
        if !self.is_json {
            eprintln!("{text}");
        }
    }
}

fn to_json(report: &impl Report) -> Outcome<String> {
    serde_json::to_string_pretty(report)
        .map_err(|error| Failure::refused(format!("the result could not be written as JSON: {error}")))
}

/// Colours are for terminals only, and for people who want them (`NO_COLOR`).
pub fn has_colours() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
