//! The set-up of a clearinghouse as ordered steps, each in a file with every parameter.
//!
//! A step first reads the chain: what is there as the file says is done already, what is not there will be done, and what is
//! there with other values is named, and left alone. So the steps may be run any number of times. They end with sealing, after
//! which parameters change by proposals only.

mod apply;
mod config;
mod network;
mod read;
mod step;
mod verdict;

pub use apply::{Applied, Outcome, Signers, apply, plan, require_no_difference, up_to};
pub use network::{ChainNetwork, Local, Network};
pub use read::{built_in, read_file, read_folder};
pub use step::{Bank, Create, Deploy, List, Seal, Step, Token, Tokens};
pub use verdict::{Difference, Verdict, symbol_text};

/// A step with the name of its file, such as `03-list-sol`.
#[derive(Clone, Debug)]
pub struct Migration {
    pub name: String,
    pub step: Step,
}
