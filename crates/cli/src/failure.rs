//! What went wrong, in a sentence, and the exit code that says of which kind it is.

use serde::Serialize;
use std::{fmt, process::ExitCode};

pub type Outcome<T = ()> = Result<T, Failure>;

/// Exit codes other than 0, as `--help` and docs/cli.md list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// By the program; or something was found to be wrong.
    Refused = 1,
    Usage = 2,
    NetworkUnreachable = 3,
    NotFound = 4,
}

/// One sentence for people: what was wrong with the numbers, and what to do.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    pub kind: Kind,
    pub message: String,
    /// Name and code of the program's error, where it refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program_error: Option<ProgramError>,
    /// It is part of a result that was printed: only the exit code is left to give.
    #[serde(skip)]
    pub is_told: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct ProgramError {
    pub code: u32,
    pub name: String,
}

impl Failure {
    fn new(kind: Kind, message: impl fmt::Display) -> Self {
        Self { kind, message: message.to_string(), program_error: None, is_told: false }
    }

    /// Exit code 1.
    pub fn refused(message: impl fmt::Display) -> Self {
        Self::new(Kind::Refused, message)
    }

    /// Exit code 2.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Exit code 3.
    pub fn unreachable(message: impl fmt::Display) -> Self {
        Self::new(Kind::NetworkUnreachable, message)
    }

    /// Exit code 4.
    pub fn not_found(message: impl fmt::Display) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// The same, said already.
    pub fn told(self) -> Self {
        Self { is_told: true, ..self }
    }

    pub fn exit_code(&self) -> u8 {
        self.kind as u8
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// What a library reports without saying of which kind it is.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<Failure>() {
            Ok(failure) => failure,
            Err(error) => Self::refused(format!("{error:#}")),
        }
    }
}

/// Prints what clap says: help and version to standard output with code 0, mistakes to standard error with code 2. With `--json` a mistake is a
/// document, too.
pub fn of_arguments(error: &clap::Error) -> ExitCode {
    let is_set =
        std::env::var("FIREBREAK_JSON").is_ok_and(|value| ["1", "true", "yes", "on"].contains(&value.as_str()));
    let is_json = is_set || std::env::args().any(|argument| argument == "--json");
    if error.use_stderr() && is_json {
        let text = error.to_string();
        // What is wrong, without the usage behind it: one line, however many clap makes of it.
        let what = text.trim_start_matches("error: ").split("\n\nUsage:").next().unwrap_or_default();
        let what = what.split("\n\nFor more information").next().unwrap_or_default();
        let message = what.split_whitespace().collect::<Vec<_>>().join(" ");
        return crate::output::Output { is_json }.fail(&Failure::usage(message));
    }
    // A closed pipe is no reason to panic.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(Kind::Usage as u8) } else { ExitCode::SUCCESS }
}
