//! Attacks on the real program, named by the numbers of docs/attacks.md.
//!
//! To reject is to fail with a named error and to leave every account as it was, but for the fee. Before an attack is
//! rejected, the same transaction with the right accounts succeeds, so that the rejection cannot be for a wrong reason.

mod accounts;
mod amounts;
mod breakers;
mod cpi;
mod deficits;
mod extensions;
mod extraction;
mod griefing;
mod liquidation;
mod matrix;
mod oracle;
mod oracle_legacy;
mod stage;
mod tokens;
