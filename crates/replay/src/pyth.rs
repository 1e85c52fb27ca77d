//! Oracle accounts as Pyth writes them, for local chains.

use firebreak::state::{AssetRow, FeedKind};
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

/// An older price account, trading, as Pyth's C header lays it out: `price * 10^exponent` dollars.
pub fn legacy_account(price: i64, confidence: u64, exponent: i32, publish_time: i64) -> Account {
    const LEN: usize = 3_312;
    let mut data = vec![0; LEN];
    let mut write = |at: usize, bytes: &[u8]| data[at..at + bytes.len()].copy_from_slice(bytes);
    write(0, &0xa1b2_c3d4_u32.to_le_bytes()); // magic
    write(4, &2_u32.to_le_bytes()); // version
    write(8, &3_u32.to_le_bytes()); // of accounts, a price
    write(20, &exponent.to_le_bytes());
    write(96, &publish_time.to_le_bytes());
    write(208, &price.to_le_bytes());
    write(216, &confidence.to_le_bytes());
    write(224, &[1]); // trading
    oracle_account(data, LEGACY_PROGRAM)
}

/// An account with these bytes.
pub fn oracle_account(data: Vec<u8>, owner: Address) -> Account {
    Account { lamports: 10_000_000, data, owner, executable: false, rent_epoch: u64::MAX }
}

/// The push oracle that goes with the receiver.
pub const PUSH_ORACLE: Address = Address::from_str_const("pythWSnswVUd12oZpeFP8e9CVaEqJg25g1Vtc2biRsT");

/// Where a world keeps the update account of a feed: any address would do, since the feed id is what is checked; this is where the
/// push oracle has it (shard 0), so that keepers find it as they do on public networks.
pub fn feed_address(feed_id: &[u8; 32]) -> Address {
    Address::find_program_address(&[&0_u16.to_le_bytes(), feed_id], &PUSH_ORACLE).0
}

/// One of an asset's feeds, as its row names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feed {
    pub kind: FeedKind,
    pub id: [u8; 32],
    pub exponent: i32,
    /// Decimal places from the oracle's integer to quote atoms per lot.
    pub scale: i8,
}

impl Feed {
    /// The feeds of an asset, the primary first: one or two. A kind that nobody knows counts as a pull feed.
    pub fn of(row: &AssetRow) -> impl Iterator<Item = Self> {
        let feed = |kind, id, exponent, scale| Self {
            kind: FeedKind::from_u8(kind).unwrap_or(FeedKind::PythPull),
            id,
            exponent,
            scale,
        };
        let primary = feed(row.primary_kind, row.primary_feed, row.primary_exponent, row.scale);
        let secondary = feed(row.secondary_kind, row.secondary_feed, row.secondary_exponent, row.secondary_scale);
        [Some(primary), row.has_secondary().then_some(secondary)].into_iter().flatten()
    }

    /// The account it is read from in local worlds.
    pub fn address(&self) -> Address {
        match self.kind {
            FeedKind::PythPull => feed_address(&self.id),
            FeedKind::PythLegacy => Address::new_from_array(self.id),
        }
    }

    /// The account that says this price (quote atoms per lot), fully verified, with a confidence of 0.05 %.
    pub fn account(&self, per_lot: u64, publish_time: i64) -> Account {
        let price = raw(self.scale, per_lot);
        let confidence = price.unsigned_abs() / 2_000;
        match self.kind {
            FeedKind::PythPull => Update {
                feed_id: self.id,
                verification: Verification::Full,
                price,
                confidence,
                exponent: self.exponent,
                publish_time,
            }
            .to_account(),
            FeedKind::PythLegacy => legacy_account(price, confidence, self.exponent, publish_time),
        }
    }
}

/// The primary oracle's integer for a price in quote atoms per lot, the inverse of what the board does (rounded down).
pub fn raw_price(row: &AssetRow, per_lot: u64) -> i64 {
    raw(row.scale, per_lot)
}

/// The integer of an oracle with this scale (`Feed::scale`) for a price in quote atoms per lot, rounded down.
pub fn raw(scale: i8, per_lot: u64) -> i64 {
    let power = 10_i128.pow(u32::from(scale.unsigned_abs()));
    let raw = if scale < 0 { i128::from(per_lot) * power } else { i128::from(per_lot) / power };
    i64::try_from(raw).unwrap_or(i64::MAX)
}
