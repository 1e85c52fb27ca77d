//! Rust SDK for Firebreak.
//!
//! - [`Addresses`]: where accounts live, and one builder per instruction.
//! - [`Portfolio`]: one margin account with all that values it, in one call; [`Snapshot`]: a whole clearinghouse.
//! - [`sending`]: transactions with tight limits ([`Budget`]), sent until they are in; what they did as [`Event`]s, why they did not as a
//!   [`Failure`] that says so in a sentence.
//!
//! Reading and sending is async over any RPC that `solana_rpc_client` can speak to. Accounts are valued with the program's own code
//! (`firebreak::clearing`), so that what a client shows is what the program does. See `examples/`.

pub mod accounts;
pub mod addresses;
mod budget;
pub mod errors;
mod events;
pub mod failure;
mod fields;
mod governance;
pub mod instructions;
pub mod overview;
mod portfolio;
pub mod restrictions;
pub mod sending;
pub mod snapshot;
pub mod taking;
pub mod tokens;

pub use accounts::{Board, DecodeError, MarginAccountView, decode};
pub use addresses::Addresses;
pub use budget::Budget;
pub use errors::{explain, explain_outflow};
pub use events::{Event, events};
pub use failure::{Failure, Refused};
pub use fields::{account_fields, event_fields};
pub use firebreak::{self, FirebreakError};
pub use overview::Overview;
pub use portfolio::Portfolio;
pub use snapshot::{Part, Snapshot};

/// Address of the program.
pub const PROGRAM_ID: solana_address::Address = firebreak::ID;
/// SPL Token.
pub const TOKEN_PROGRAM: solana_address::Address =
    solana_address::Address::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
/// Token-2022.
pub const TOKEN_2022_PROGRAM: solana_address::Address =
    solana_address::Address::from_str_const("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
/// The system program.
pub const SYSTEM_PROGRAM: solana_address::Address = solana_address::Address::new_from_array([0; 32]);

/// The name an asset was listed under.
pub fn symbol(row: &firebreak::state::AssetRow) -> String {
    let length = row.symbol.iter().position(|byte| *byte == 0).unwrap_or(row.symbol.len());
    String::from_utf8_lossy(&row.symbol[..length]).into_owned()
}
