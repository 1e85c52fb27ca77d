//! Rust SDK for Firebreak: addresses, instructions, accounts.
//!
//! Accounts are valued with the program's own code (`firebreak::clearing`), so that what a client shows is what the
//! program does.

pub mod accounts;
pub mod addresses;
pub mod errors;
mod governance;
pub mod instructions;

pub use accounts::{Board, DecodeError, MarginAccountView, decode};
pub use addresses::Addresses;
pub use errors::{explain, explain_outflow};
pub use firebreak::{self, FirebreakError};

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
