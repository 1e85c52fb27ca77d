//! Crash replays and stress simulation on the real program.

pub mod candles;
pub mod chain;
pub mod ledger;
pub mod listing;
pub mod litesvm_chain;
pub mod pyth;
pub mod world;
