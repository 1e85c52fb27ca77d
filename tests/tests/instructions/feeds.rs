//! An asset with two feeds, one of each kind, and what is written into their accounts. Shared with the attacks.

use firebreak::state::{AssetRow, FeedKind};
use firebreak_replay::{
    chain::{Chain, Receipt, Refusal},
    listing::{Listing, listing},
    pyth::{self, Update, Verification},
    world::{World, keypair},
};
use pyth_sdk_solana::state::{AccountType, MAGIC, PriceInfo, PriceStatus, PriceType, SolanaPriceAccount, VERSION_2};
use solana_account::Account;
use solana_address::Address;
use solana_signer::Signer;

/// The asset with two feeds, behind SOL, BTC and ETH; otherwise listed as SOL is.
pub const DUO: u8 = 3;
/// Its first price, in quote atoms per lot.
pub const PAR: u64 = 1_500_000;
/// Half width of every confidence interval that is not said otherwise.
pub const NARROW: u64 = 750;
/// Furthest its feeds may be apart and agree.
pub const AGREEMENT_BPS: u32 = 50;
/// The kinds of the primary and the secondary, both ways round.
pub const MIXED: [[FeedKind; 2]; 2] =
    [[FeedKind::PythPull, FeedKind::PythLegacy], [FeedKind::PythLegacy, FeedKind::PythPull]];

/// What a feed says: quote atoms per lot, unix seconds.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    pub mark: u64,
    pub confidence: u64,
    pub time: i64,
}

/// A reading of `NARROW` confidence.
pub const fn says(mark: u64, time: i64) -> Option<Reading> {
    Some(Reading { mark, confidence: NARROW, time })
}

/// Pull feeds have eight decimals, older accounts five.
pub fn two_feeds(kinds: [FeedKind; 2]) -> Listing {
    let mut listing = listing("DUO", -2);
    let of = |kind: FeedKind, name: &str| (kind as u8, keypair(name).pubkey().to_bytes(), exponent(kind));
    let asset = &mut listing.asset;
    (asset.feed_kind, asset.feed, asset.exponent) = of(kinds[0], "primary feed");
    (asset.secondary_kind, asset.secondary_feed, asset.secondary_exponent) = of(kinds[1], "secondary feed");
    asset.agreement_bps = AGREEMENT_BPS;
    listing
}

pub fn exponent(kind: FeedKind) -> i32 {
    match kind {
        FeedKind::PythPull => -8,
        FeedKind::PythLegacy => -5,
    }
}

/// A feed of the asset with two: 0 is the primary.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    pub kind: FeedKind,
    pub id: [u8; 32],
    pub exponent: i32,
    pub scale: i8,
}

pub fn feed(row: &AssetRow, which: usize) -> Feed {
    let (kind, id, exponent, scale) = match which {
        0 => (row.primary_kind, row.primary_feed, row.primary_exponent, row.scale),
        _ => (row.secondary_kind, row.secondary_feed, row.secondary_exponent, row.secondary_scale),
    };
    Feed { kind: FeedKind::from_u8(kind).unwrap(), id, exponent, scale }
}

impl Feed {
    pub fn address(&self) -> Address {
        match self.kind {
            FeedKind::PythPull => pyth::feed_address(&self.id),
            FeedKind::PythLegacy => Address::new_from_array(self.id),
        }
    }

    /// The oracle's integer for so many quote atoms per lot.
    pub fn raw(&self, atoms: u64) -> u64 {
        atoms * 10_u64.pow(u32::from(self.scale.unsigned_abs()))
    }

    pub fn update(&self, reading: Reading) -> Update {
        Update {
            feed_id: self.id,
            verification: Verification::Full,
            price: self.raw(reading.mark) as i64,
            confidence: self.raw(reading.confidence),
            exponent: self.exponent,
            publish_time: reading.time,
        }
    }

    pub fn older(&self, reading: Reading) -> SolanaPriceAccount {
        let (price, conf) = (self.raw(reading.mark) as i64, self.raw(reading.confidence));
        SolanaPriceAccount {
            magic: MAGIC,
            ver: VERSION_2,
            atype: AccountType::Price as u32,
            size: size_of::<SolanaPriceAccount>() as u32,
            ptype: PriceType::Price,
            expo: self.exponent,
            timestamp: reading.time,
            agg: PriceInfo { price, conf, status: PriceStatus::Trading, ..PriceInfo::default() },
            ..SolanaPriceAccount::default()
        }
    }

    /// The account that says it. Where there is nothing to say: of a pull feed an update of long ago, which anybody can pass
    /// instead of a newer one; an older account that is not trading.
    pub fn account(&self, reading: Option<Reading>) -> Account {
        let silent = Reading { mark: PAR, confidence: 0, time: 1 };
        match self.kind {
            FeedKind::PythPull => self.update(reading.unwrap_or(silent)).to_account(),
            FeedKind::PythLegacy => {
                let mut price = self.older(reading.unwrap_or(silent));
                if reading.is_none() {
                    price.agg.status = PriceStatus::Halted;
                }
                pyth::oracle_account(bytemuck::bytes_of(&price).to_vec(), pyth::LEGACY_PROGRAM)
            }
        }
    }
}

/// Writes both feeds' accounts, the primary's first.
pub fn write<C: Chain>(world: &mut World<C>, readings: [Option<Reading>; 2]) {
    let row = world.row(DUO);
    for (which, reading) in readings.into_iter().enumerate() {
        let feed = feed(&row, which);
        world.chain.set_account(feed.address(), feed.account(reading));
    }
}

/// Brings what stands in both accounts onto the board.
pub fn refresh_duo<C: Chain>(world: &mut World<C>) -> Result<Receipt, Box<Refusal>> {
    let row = world.row(DUO);
    let refresh = world.at.refresh_prices(&[0, 1].map(|which| (DUO, feed(&row, which).address())));
    world.chain.send(&[refresh], &[&world.payer])
}

/// Writes both, and brings them onto the board.
pub fn hear<C: Chain>(world: &mut World<C>, readings: [Option<Reading>; 2]) -> Result<Receipt, Box<Refusal>> {
    write(world, readings);
    refresh_duo(world)
}

/// Lists the asset and brings both feeds' first price onto the board.
pub fn list_duo<C: Chain>(world: &mut World<C>, kinds: [FeedKind; 2]) {
    world.list(DUO, &two_feeds(kinds)).unwrap();
    let now = world.chain.now();
    hear(world, [says(PAR, now); 2]).unwrap();
    assert_eq!(world.row(DUO).quality, risk::PriceQuality::Confirmed as u8);
}
