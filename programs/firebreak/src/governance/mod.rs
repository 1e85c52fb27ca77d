//! Changes by governance: typed, compared with what they replace, delayed where they loosen.

mod change;
mod parameters;
mod permit;

pub use change::{Change, Payload, Scope, Target};
pub use parameters::{AssetParameters, BankParameters, FundParameters, Parameters};
pub use permit::{permit, use_up};
