//! What integration tests stand on: the real program in a bank, snapshots of everything it keeps, and steps that either
//! change exactly what is named or change nothing.

pub mod bank;
pub mod mints;
pub mod proxy;
pub mod snapshot;
pub mod step;
pub mod tamper;

pub use bank::BankChain;
pub use snapshot::{Change, Snapshot, change, closed, created};
pub use step::{Step, assert_rejects, succeeds};
