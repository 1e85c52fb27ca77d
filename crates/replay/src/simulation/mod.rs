//! A seeded simulation: random and hostile operations, every invariant checked after each one.
//!
//! One `u64` seed drives everything. The operations run through the program's own code on plain values (`native`), and,
//! where asked, as real instructions through the program in LiteSVM (`program`), which must agree byte for byte. `check`
//! looks at every step from outside, `tally` keeps the books of the whole run, `coverage` counts the branches it went through,
//! and `liveness` tries on a copy whether everybody below maintenance can be resolved. `authority` is a run of its own, in which the fuzzer
//! holds the keys of governance.

mod authority;
mod cast;
mod catalog;
mod check;
mod command;
mod coverage;
pub mod dice;
mod fault;
mod generator;
mod instructions;
mod liveness;
mod native;
mod operation;
mod program;
mod report;
mod simulate;
mod state;
mod tally;
mod twin;

pub use authority::{AuthorityFault, AuthorityPlan, AuthorityReport, misgovern};
pub use command::{SimulateArguments, run};
pub use coverage::{Branch, Coverage};
#[doc(hidden)]
pub use fault::Fault;
pub use generator::Population;
pub use report::{Failure, Report};
pub use simulate::{Plan, simulate};
