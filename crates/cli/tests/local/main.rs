//! The local network, what governs it, and what replays on it: the real command against the real program.

mod admin;
mod commands;
mod control;
mod listing;
mod localnet;
mod migrate;
mod replay;
