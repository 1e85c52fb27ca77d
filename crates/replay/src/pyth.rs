//! Oracle accounts as Pyth writes them, for local chains.

use firebreak::state::AssetRow;
use solana_account::Account;
use solana_address::Address;

/// One of the two receiver programs of Pyth (2026).
pub const RECEIVER: Address = Address::from_str_const("rec5EKMGg6MxZYaMdyBfgwp4d5rB9T1VQH5pJv5LtFJ");
/// Owner of the older price accounts on mainnet.
pub const LEGACY_PROGRAM: Address = Address::from_str_const("FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH");
const DISCRIMINATOR: [u8; 8] = [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd];

/// How far an update was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    Full,
    Partial(u8),
}

/// A price update: `price * 10^exponent` dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update {
    pub feed_id: [u8; 32],
    pub verification: Verification,
    pub price: i64,
    pub confidence: u64,
    pub exponent: i32,
    pub publish_time: i64,
}

impl Update {
    /// The bytes of a `PriceUpdateV2`, 134 of them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut data = DISCRIMINATOR.to_vec();
        data.extend([7; 32]); // write authority: anybody's
        match self.verification {
            Verification::Full => data.push(1),
            Verification::Partial(signatures) => data.extend([0, signatures]),
        }
        data.extend(self.feed_id);
        data.extend(self.price.to_le_bytes());
        data.extend(self.confidence.to_le_bytes());
        data.extend(self.exponent.to_le_bytes());
        data.extend(self.publish_time.to_le_bytes());
        data.extend(self.publish_time.wrapping_sub(1).to_le_bytes());
        data.extend(self.price.to_le_bytes());
        data.extend(self.confidence.to_le_bytes());
        data.extend(1_u64.to_le_bytes()); // posted slot
        data.resize(134, 0);
        data
    }

    /// The account of a receiver program.
    pub fn to_account(&self) -> Account {
        oracle_account(self.to_bytes(), RECEIVER)
    }
}

/// An account with these bytes.
pub fn oracle_account(data: Vec<u8>, owner: Address) -> Account {
    Account { lamports: 10_000_000, data, owner, executable: false, rent_epoch: u64::MAX }
}

/// Where a world keeps the update account of a feed: any address will do, since the feed id is what is checked.
pub fn feed_address(feed_id: &[u8; 32]) -> Address {
    Address::find_program_address(&[b"feed", feed_id], &RECEIVER).0
}

/// The oracle's integer for a price in quote atoms per lot, the inverse of what the board does (rounded down).
pub fn raw_price(row: &AssetRow, per_lot: u64) -> i64 {
    let power = 10_i128.pow(u32::from(row.scale.unsigned_abs()));
    let raw = if row.scale < 0 { i128::from(per_lot) * power } else { i128::from(per_lot) / power };
    i64::try_from(raw).unwrap_or(i64::MAX)
}
