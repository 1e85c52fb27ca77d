//! The local network: it starts, is what its manifest says, obeys, and stops.

mod control;
mod network;
