//! The bot, its other half: reads, listens, sends, and says what it does.
//!
//! [`Keeper::start`] runs one in threads of its own; [`main`] is what a command calls. What it decides is the pure half's business; here is
//! what can go wrong around it: servers that do not answer, sockets that fall silent, sends that are dropped, fees, keys.

mod arguments;
mod book;
mod carry;
pub mod config;
mod confirm;
mod engine;
mod fees;
mod follow;
mod health;
pub mod hermes;
mod keeper;
mod key;
mod link;
mod meter;
mod news;
mod patience;
mod read;
mod settings;
mod setup;
mod summary;
mod worth;
#[cfg(feature = "yellowstone")]
mod yellowstone;

pub use arguments::{Command, KeeperArguments, Network, main, signal, start_logs};
pub use config::{Config, ConfigError};
pub use keeper::{Keeper, KeeperError};
pub use key::KeyError;
pub use meter::Statistics;
pub use summary::summary;
