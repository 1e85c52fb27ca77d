//! T28 to T41 for Pyth's older price accounts, written with the SDK's own struct.

use crate::stage::{START, Stage, VENUE, accepts, rejects, stage};
use firebreak_client::FirebreakError;
use firebreak_replay::{chain::Chain, listing::listing, pyth::LEGACY_PROGRAM, pyth::oracle_account, world::keypair};
use pyth_sdk_solana::state::{AccountType, MAGIC, PriceInfo, PriceStatus, PriceType, SolanaPriceAccount, VERSION_2};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

const ASSET: u8 = 3;

fn feed() -> Address {
    keypair("older feed").pubkey()
}

fn good() -> SolanaPriceAccount {
    SolanaPriceAccount {
        magic: MAGIC,
        ver: VERSION_2,
        atype: AccountType::Price as u32,
        size: size_of::<SolanaPriceAccount>() as u32,
        ptype: PriceType::Price,
        expo: -8,
        timestamp: START,
        agg: PriceInfo { price: 15_000_000_000, conf: 1_000_000, status: PriceStatus::Trading, ..PriceInfo::default() },
        ..SolanaPriceAccount::default()
    }
}

/// A world with an asset of an older feed, and the instruction that refreshes it.
fn legacy() -> (Stage, Instruction) {
    let mut world = stage();
    let mut listing = listing("OLD", -2);
    (listing.asset.feed_kind, listing.asset.feed) = (2, feed().to_bytes());
    world.list(ASSET, &listing).unwrap();
    let refresh = world.at.refresh_prices(&[(ASSET, feed())]);
    (world, refresh)
}

fn write(world: &mut Stage, price: &SolanaPriceAccount) {
    world.chain.set_account(feed(), oracle_account(bytemuck::bytes_of(price).to_vec(), LEGACY_PROGRAM));
}

/// Positive control, then each change of the good account: rejected for its cause, or accepted where `None`.
fn gate<C: Into<Option<FirebreakError>>>(cases: Vec<(C, SolanaPriceAccount)>) {
    let (mut world, refresh) = legacy();
    write(&mut world, &good());
    accepts(&mut world, std::slice::from_ref(&refresh));
    for (cause, price) in cases {
        write(&mut world, &price);
        match cause.into() {
            Some(cause) => rejects(&mut world, cause, std::slice::from_ref(&refresh)),
            None => accepts(&mut world, std::slice::from_ref(&refresh)),
        }
    }
}

#[test]
fn t28_t30_an_older_account_is_pinned_by_address_and_owner() {
    let (mut world, refresh) = legacy();
    write(&mut world, &good());
    accepts(&mut world, std::slice::from_ref(&refresh));
    let account = world.chain.account(&feed()).unwrap();
    let elsewhere = keypair("copy of the older feed").pubkey();
    world.chain.set_account(elsewhere, account.clone());
    let attack = world.at.refresh_prices(&[(ASSET, elsewhere)]);
    rejects(&mut world, FirebreakError::PriceFeedMismatch, &[attack]);
    for owner in [VENUE, firebreak_replay::pyth::RECEIVER, Address::default()] {
        world.chain.set_account(feed(), solana_account::Account { owner, ..account.clone() });
        rejects(&mut world, FirebreakError::PriceAccountOwner, std::slice::from_ref(&refresh));
    }
}

#[test]
fn t29_an_older_account_of_another_kind_is_refused() {
    let with = |change: fn(&mut SolanaPriceAccount)| {
        let mut price = good();
        change(&mut price);
        (FirebreakError::PriceAccountMalformed, price)
    };
    gate(vec![
        with(|price| price.magic = 0),
        with(|price| price.magic ^= 1),
        with(|price| price.ver = 1),
        with(|price| price.ver = 3),
        with(|price| price.atype = AccountType::Unknown as u32),
        with(|price| price.atype = AccountType::Mapping as u32),
        with(|price| price.atype = AccountType::Product as u32),
        with(|price| price.atype = u32::MAX),
    ]);
}

#[test]
fn t29_an_older_account_of_any_shorter_length_is_refused() {
    let (mut world, refresh) = legacy();
    write(&mut world, &good());
    accepts(&mut world, std::slice::from_ref(&refresh));
    let whole = bytemuck::bytes_of(&good()).to_vec();
    for length in 0..whole.len() {
        world.chain.set_account(feed(), oracle_account(whole[..length].to_vec(), LEGACY_PROGRAM));
        rejects(&mut world, FirebreakError::PriceAccountMalformed, std::slice::from_ref(&refresh));
    }
    let longer = [&whole[..], &[0xff; 1_000]].concat();
    world.chain.set_account(feed(), oracle_account(longer, LEGACY_PROGRAM));
    accepts(&mut world, &[refresh]);
}

#[test]
fn t37_an_older_price_that_is_not_trading_is_none() {
    let with = |status| {
        let mut price = good();
        price.agg.status = status;
        (FirebreakError::PriceNotTrading, price)
    };
    let statuses = [PriceStatus::Unknown, PriceStatus::Halted, PriceStatus::Auction, PriceStatus::Ignored];
    gate(statuses.map(with).to_vec());
}

#[test]
fn t35_to_t40_an_older_price_passes_the_same_gate() {
    use FirebreakError::{
        PriceConfidenceTooWide, PriceExponentChanged, PriceFromFuture, PriceNotPositive, PriceOutOfRange, PriceStale,
    };
    let changed = |change: fn(&mut SolanaPriceAccount)| {
        let mut price = good();
        change(&mut price);
        price
    };
    let with = |cause, change| (Some(cause), changed(change));
    let passes = |change| (None, changed(change));
    gate(vec![
        passes(|price| price.timestamp = START + 1),
        passes(|price| price.timestamp = START + 2),
        with(PriceFromFuture, |price| price.timestamp = START + 3),
        with(PriceFromFuture, |price| price.timestamp = i64::MAX),
        passes(|price| price.timestamp = START - 60),
        with(PriceStale, |price| price.timestamp = START - 61),
        with(PriceStale, |price| price.timestamp = 0),
        with(PriceStale, |price| price.timestamp = -1),
        with(PriceStale, |price| price.timestamp = i64::MIN),
        with(PriceNotPositive, |price| price.agg.price = 0),
        with(PriceNotPositive, |price| price.agg.price = -1),
        with(PriceNotPositive, |price| price.agg.price = i64::MIN),
        with(PriceOutOfRange, |price| price.agg.price = i64::MAX),
        with(PriceExponentChanged, |price| price.expo = 1),
        with(PriceExponentChanged, |price| price.expo = 0),
        with(PriceExponentChanged, |price| price.expo = -18),
        with(PriceExponentChanged, |price| price.expo = -19),
        with(PriceExponentChanged, |price| price.expo = 8),
        with(PriceExponentChanged, |price| price.expo = i32::MIN),
        with(PriceExponentChanged, |price| price.expo = i32::MAX),
        // 5 % of 150 dollars, and a ten-thousandth of an atom more.
        passes(|price| price.agg.conf = 0),
        passes(|price| price.agg.conf = 750_000_000),
        with(PriceConfidenceTooWide, |price| price.agg.conf = 750_000_001),
        with(PriceConfidenceTooWide, |price| price.agg.conf = price.agg.price.unsigned_abs() + 1),
        with(PriceConfidenceTooWide, |price| price.agg.conf = u64::MAX),
        with(PriceConfidenceTooWide, |price| price.agg.conf = price.agg.price.unsigned_abs()),
    ]);
}

#[test]
fn t28_a_pull_update_is_no_older_price_and_the_other_way_round() {
    let (mut world, refresh) = legacy();
    write(&mut world, &good());
    accepts(&mut world, std::slice::from_ref(&refresh));
    let update = firebreak_replay::pyth::Update {
        feed_id: feed().to_bytes(),
        verification: firebreak_replay::pyth::Verification::Full,
        price: 15_000_000_000,
        confidence: 0,
        exponent: -8,
        publish_time: START,
    };
    world.chain.set_account(feed(), oracle_account(update.to_bytes(), LEGACY_PROGRAM));
    rejects(&mut world, FirebreakError::PriceAccountMalformed, std::slice::from_ref(&refresh));
    let older = oracle_account(bytemuck::bytes_of(&good()).to_vec(), firebreak_replay::pyth::RECEIVER);
    world.chain.set_account(feed(), older);
    let sol = world.at.refresh_prices(&[(0, feed())]);
    rejects(&mut world, FirebreakError::PriceAccountMalformed, &[sol]);
}
