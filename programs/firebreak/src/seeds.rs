//! First seed of each kind of address; the account docs say what follows it.

pub const CLEARINGHOUSE: &[u8] = b"clearinghouse";
pub const BOARD: &[u8] = b"board";
pub const BREAKER: &[u8] = b"breaker";
pub const MARKET: &[u8] = b"market";
pub const COLLATERAL: &[u8] = b"collateral";
pub const VAULT: &[u8] = b"vault";
pub const MARGIN: &[u8] = b"margin";
pub const OFFER: &[u8] = b"offer";
pub const INSURANCE: &[u8] = b"insurance";
pub const STAKE: &[u8] = b"stake";
pub const PROPOSAL: &[u8] = b"proposal";
