//! Attacks on the real program, named by the numbers of docs/attacks.md.
//!
//! To reject is to fail with a named error and to leave every account as it was, but for the fee. Before an attack is
//! rejected, the same transaction with the right accounts succeeds, so that the rejection cannot be for a wrong reason.

mod accounts;
mod amounts;
mod automatic;
mod bankruptcy;
mod breakers;
mod coalition;
mod coalition_escape;
mod coalition_random;
mod coalition_table;
mod collateral;
mod conservative;
mod cpi;
mod crisis;
mod deficits;
mod deleveraging;
mod documented;
mod extensions;
mod extraction;
#[path = "../instructions/feeds.rs"]
mod feeds;
mod funding;
mod gaps;
mod governance;
mod governance_listing;
mod governance_ramps;
mod governance_roles;
mod griefing;
mod indices;
mod insurance;
mod lagging;
mod liquidation;
mod matrix;
mod multisig;
mod oracle;
mod oracle_legacy;
mod own;
mod permutation;
mod permutation_exits;
mod permutation_order;
mod picking;
mod picking_scene;
mod remaining;
mod roles;
mod roles_changes;
mod stage;
mod stakes;
mod tokens;
mod tripping;
mod two_feeds;
mod two_feeds_ahead;
mod two_feeds_jump;
mod upgrade;
