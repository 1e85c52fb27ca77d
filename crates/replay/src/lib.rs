//! Crash replays and stress simulation on the real program.

pub mod backtest;
pub mod bench;
pub mod candles;
pub mod chain;
pub mod demo;
pub mod governance;
pub mod keeper;
pub mod ledger;
pub mod listing;
pub mod litesvm_chain;
pub mod localnet;
pub mod migrations;
pub mod pyth;
pub mod simulation;
pub mod surfnet_chain;
pub mod world;
