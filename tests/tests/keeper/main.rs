//! The keeper on a real network, through a proxy that fails: RPC, WebSocket, sends; oracles and markets that stop; bots that die.
//!
//! Each scenario puts many accounts under water at once, and measures on the chain how long one stayed so at most. `FIREBREAK_BLESS=1`
//! writes the figures into docs/benchmarks/keeper-faults.json and docs/keeper.md.

mod faults;
mod figures;
mod hermes;
mod keys;
mod stage;
mod starting;
mod watching;
