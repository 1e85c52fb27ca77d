//! Optional: prices fetched from Hermes and posted through the receiver program that the clearinghouse accepts.
//!
//! Each feed is posted into an account of the keeper's own, in one transaction with the refresh that brings it onto the board. The
//! clearinghouse takes fully verified updates only: where a receiver marks what was posted this way as partial, the simulation refuses it
//! by that name, and nothing is sent.

mod fetch;
mod post;
mod poster;
mod update;

pub use fetch::fetch;
pub use post::{Receiver, feed_key};
pub use poster::{Poster, Posts};
pub use update::{Update, decode};
