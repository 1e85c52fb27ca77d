//! What reaches the engine.

use std::sync::Arc;

use solana_account::Account;
use solana_address::Address;

use super::{book::Seen, carry::Outcome, hermes::Update};
use crate::job::Job;

/// A full read: as of a slot, all accounts of the clearinghouse; or why there is none.
pub type FullRead = Result<(u64, Vec<(Address, Account)>), String>;

/// Something that happened.
pub enum News {
    /// A socket is subscribed: what happened before it must be read.
    Connected,
    Disconnected(String),
    /// The socket's slot.
    Slot(u64),
    Account(Seen),
    Read(FullRead),
    /// What Hermes says now.
    Updates(Vec<Arc<Update>>),
    /// What became of a job, and the accounts it wrote as they are now.
    Finished(Box<(Job, Outcome, Vec<Seen>)>),
}
