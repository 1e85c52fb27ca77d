//! What was wrong with a setting.

use std::{fmt, path::PathBuf};

/// A configuration that is refused.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read.
    File { path: PathBuf, cause: std::io::Error },
    /// The file is no TOML.
    Syntax { path: PathBuf, cause: String },
    /// A key that does not exist, and those that do in its section.
    Unknown { key: String, source: String, known: String },
    /// A value that is not what the key needs. Secrets are not shown.
    Bad { key: String, value: String, source: String, expected: String },
    /// A key that has to be given.
    Missing { key: String, expected: String },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, cause } => write!(f, "cannot read the configuration {}: {cause}", path.display()),
            Self::Syntax { path, cause } => write!(f, "{} is not valid TOML: {cause}", path.display()),
            Self::Unknown { key, source, known } => {
                write!(f, "`{key}` ({source}) is no setting of the keeper; there are: {known}")
            }
            Self::Bad { key, value, source, expected } => {
                write!(f, "`{key}` is `{value}` ({source}); expected: {expected}")
            }
            Self::Missing { key, expected } => write!(f, "`{key}` is missing; expected: {expected}"),
        }
    }
}

impl std::error::Error for ConfigError {}
