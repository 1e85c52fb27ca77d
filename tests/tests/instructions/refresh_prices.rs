use crate::scene::*;
use bytemuck::Zeroable;
use firebreak_replay::pyth::{self, Update, Verification};
use pyth_sdk_solana::state::{PriceStatus, SolanaPriceAccount};
use solana_instruction::AccountMeta;

/// SOL at 150 dollars with 7.5 cents of confidence, published ten seconds after the world's first prices.
fn reading(world: &mut Bank) -> Update {
    Update {
        feed_id: world.row(0).primary_feed,
        verification: Verification::Full,
        price: 15_000_000_000,
        confidence: 7_500_000,
        exponent: -8,
        publish_time: NOW + 10,
    }
}

fn world_ten_seconds_on() -> (Bank, Update) {
    let mut world = world();
    world.chain.set_now(NOW + 10);
    let update = reading(&mut world);
    (world, update)
}

fn publish(world: &mut Bank, update: Update) -> Sent {
    world.publish(&update);
    world.refresh(&[0])
}

#[test]
fn an_accepted_reading_changes_its_row_and_all_that_follows_from_it() {
    let (mut world, update) = world_ten_seconds_on();
    world.publish(&Update { price: 15_300_000_000, confidence: 7_500_001, ..update });

    let step = succeeds(&mut world, |world| world.refresh(&[0]));

    // The average moves by 10 / 310 of 30,000, with 16 fraction bits; confidence rounds up to 751.
    let ema = (1_500_000_u64 << 16) + (30_000_u64 << 16) * 10 / 310;
    let first_ema = 1_500_000_u64 << 16;
    step.changes_only([
        change("board.rows[0].mark", 1_500_000, 1_530_000),
        change("board.rows[0].confidence", 750, 751),
        change("board.rows[0].ema", first_ema, ema),
        change("board.rows[0].publish_time", NOW, NOW + 10),
        change("board.rows[0].long_price", 1_499_250, ema >> 16),
        change("board.rows[0].short_price", 1_500_750, 1_530_751),
        change("board.rows[0].initial_margin", 150_075, 153_076),
        change("board.rows[0].takeover_margin", 150_075, 153_076),
        change("board.rows[0].fresh_until", NOW + 15, NOW + 25),
        change("board.rows[0].maintenance_margin", 75_000, 76_500),
    ])
    .emits([]);
}

#[test]
fn the_same_reading_again_changes_nothing_and_says_nothing() {
    let (mut world, update) = world_ten_seconds_on();
    publish(&mut world, update).unwrap();
    world.chain.set_now(NOW + 20);
    succeeds(&mut world, |world| world.refresh(&[0])).changes_only([]).emits([]);
}

#[test]
fn several_assets_are_refreshed_at_once_in_any_order() {
    let (mut world, update) = world_ten_seconds_on();
    world.publish(&update);
    let btc = Update { feed_id: world.row(1).primary_feed, price: 12_000_000_000_000, ..update };
    world.publish(&btc);
    succeeds(&mut world, |world| world.refresh(&[1, 0])).changes_only([
        change("board.rows[0].fresh_until", NOW + 15, NOW + 25),
        change("board.rows[0].publish_time", NOW, NOW + 10),
        change("board.rows[1].publish_time", NOW, NOW + 10),
        // 7.5 cents are less than one atom per lot of 0.00001 BTC, and 0.05 % of it were 600.
        change("board.rows[1].confidence", 600, 1),
        change("board.rows[1].long_price", 1_199_400, 1_199_999),
        change("board.rows[1].short_price", 1_200_600, 1_200_001),
        change("board.rows[1].initial_margin", 120_060, 120_001),
        change("board.rows[1].takeover_margin", 120_060, 120_001),
        change("board.rows[1].fresh_until", NOW + 15, NOW + 25),
    ]);
}

#[test]
fn a_wide_confidence_or_a_price_far_from_its_average_is_uncertain() {
    let (mut world, update) = world_ten_seconds_on();
    // Exactly 1 % of the price is still fresh.
    for (at, price, confidence, quality) in [
        (10, 15_000_000_000, 150_000_000, 3),
        (11, 15_000_000_000, 150_010_000, 2),
        (12, 15_000_000_000, 7_500_000, 3),
        (13, 16_500_000_000, 7_500_000, 3),
        (14, 16_700_000_000, 7_500_000, 2),
    ] {
        world.chain.set_now(NOW + at);
        publish(&mut world, Update { price, confidence, publish_time: NOW + at, ..update }).unwrap();
        assert_eq!(world.row(0).quality, quality, "at {at}");
    }
}

/// Sends each reading in a world of its own; a good one first shows that it is the reading that is refused.
fn rejects(error: FirebreakError, good: &[fn(&mut Update)], bad: &[fn(&mut Update)]) {
    for change in good {
        let (mut world, mut update) = world_ten_seconds_on();
        change(&mut update);
        publish(&mut world, update).unwrap();
    }
    for change in bad {
        let (mut world, mut update) = world_ten_seconds_on();
        change(&mut update);
        world.publish(&update);
        assert_rejects(&mut world, error, |world| world.refresh(&[0]));
    }
}

#[test]
fn rejects_another_exponent() {
    rejects(FirebreakError::PriceExponentChanged, &[|_| {}], &[|u| u.exponent = -7, |u| u.exponent = -9]);
}

#[test]
fn rejects_a_price_that_is_not_positive() {
    rejects(FirebreakError::PriceNotPositive, &[|_| {}], &[|u| u.price = 0, |u| u.price = -1, |u| u.price = i64::MIN]);
}

#[test]
fn rejects_a_price_from_the_future() {
    rejects(
        FirebreakError::PriceFromFuture,
        &[|u| u.publish_time = NOW + 12],
        &[|u| u.publish_time = NOW + 13, |u| u.publish_time = i64::MAX],
    );
}

#[test]
fn rejects_a_stale_reading() {
    let mut world = world();
    let update = reading(&mut world);
    world.publish(&update);
    world.chain.set_now(NOW + 71);
    assert_rejects(&mut world, FirebreakError::PriceStale, |world| world.refresh(&[0]));
    world.chain.set_now(NOW + 70);
    world.refresh(&[0]).unwrap();
}

#[test]
fn i10_rejects_an_older_reading_or_another_one_of_the_same_second() {
    rejects(
        FirebreakError::PriceRegressed,
        &[|u| u.publish_time = NOW + 1, |u| u.publish_time = NOW],
        &[
            |u| u.publish_time = NOW - 1,
            |u| (u.publish_time, u.price) = (NOW, 15_000_010_000),
            |u| (u.publish_time, u.confidence) = (NOW, 7_510_000),
        ],
    );
}

#[test]
fn rejects_a_price_per_lot_of_zero_or_beyond_2_to_the_30() {
    // 10^4 of the oracle's units are one atom per lot. The mark may be far from its average: it is uncertain then.
    rejects(
        FirebreakError::PriceOutOfRange,
        &[|u| (u.price, u.confidence) = (10_000, 0), |u| u.price = (1 << 30) * 10_000],
        &[|u| (u.price, u.confidence) = (9_999, 0), |u| u.price = ((1 << 30) + 1) * 10_000, |u| u.price = i64::MAX],
    );
}

#[test]
fn rejects_a_confidence_interval_beyond_the_limit() {
    rejects(
        FirebreakError::PriceConfidenceTooWide,
        &[|u| u.confidence = 750_000_000],
        &[|u| u.confidence = 750_000_001, |u| u.confidence = u64::MAX],
    );
}

#[test]
fn rejects_an_update_that_is_only_partially_verified() {
    rejects(
        FirebreakError::PriceNotFullyVerified,
        &[|_| {}],
        &[|u| u.verification = Verification::Partial(5), |u| u.verification = Verification::Partial(255)],
    );
}

/// Sends altered bytes of a good reading, from an owner, instead of it.
fn rejects_account(error: FirebreakError, owner: Address, alter: impl Fn(&mut Vec<u8>)) {
    let (mut world, update) = world_ten_seconds_on();
    let feed = pyth::feed_address(&update.feed_id);
    let mut data = update.to_bytes();
    alter(&mut data);
    world.chain.set_account(feed, pyth::oracle_account(data, owner));
    assert_rejects(&mut world, error, |world| world.refresh(&[0]));
    publish(&mut world, update).unwrap();
}

#[test]
fn rejects_a_price_account_of_another_owner() {
    for owner in [firebreak_client::SYSTEM_PROGRAM, pyth::LEGACY_PROGRAM, firebreak_client::PROGRAM_ID] {
        rejects_account(FirebreakError::PriceAccountOwner, owner, |_| {});
    }
}

#[test]
fn rejects_bytes_that_are_not_a_price_update() {
    let malformed = FirebreakError::PriceAccountMalformed;
    rejects_account(malformed, pyth::RECEIVER, |data| data.truncate(132));
    rejects_account(malformed, pyth::RECEIVER, |data| data.clear());
    rejects_account(malformed, pyth::RECEIVER, |data| data[7] ^= 1);
    rejects_account(malformed, pyth::RECEIVER, |data| data[40] = 2);
}

#[test]
fn rejects_the_update_of_another_feed() {
    rejects_account(FirebreakError::PriceFeedMismatch, pyth::RECEIVER, |data| data[41] ^= 1);
    let (mut world, update) = world_ten_seconds_on();
    world.publish(&update);
    let sol_for_btc = world.at.refresh_prices(&[(1, pyth::feed_address(&update.feed_id))]);
    assert_rejects(&mut world, FirebreakError::PriceFeedMismatch, |world| send(world, sol_for_btc, &[&payer()]));
}

#[test]
fn rejects_other_than_one_price_account_for_each_asset() {
    let (mut world, update) = world_ten_seconds_on();
    world.publish(&update);
    let feed = pyth::feed_address(&update.feed_id);
    let none = world.at.refresh_prices(&[]);
    let twice = world.at.refresh_prices(&[(0, feed), (0, feed)]);
    let mut missing = world.at.refresh_prices(&[(0, feed)]);
    missing.accounts.pop();
    let mut spare = world.at.refresh_prices(&[(0, feed)]);
    spare.accounts.push(AccountMeta::new_readonly(feed, false));
    for wrong in [none, twice, missing, spare] {
        assert_rejects(&mut world, FirebreakError::PriceAccountsMismatch, |world| send(world, wrong, &[&payer()]));
    }
    world.refresh(&[0]).unwrap();
}

#[test]
fn rejects_an_asset_that_is_not_on_the_board_and_with_it_all_the_others() {
    let (mut world, update) = world_ten_seconds_on();
    world.publish(&update);
    let feed = pyth::feed_address(&update.feed_id);
    for asset in [3, 63, 64, 255] {
        let wrong = world.at.refresh_prices(&[(0, feed), (asset, feed)]);
        assert_rejects(&mut world, FirebreakError::AssetMissing, |world| send(world, wrong, &[&payer()]));
    }
    world.refresh(&[0]).unwrap();
}

/// Listing checks the kind of a feed; a row that holds another one reads no price.
#[test]
fn rejects_a_feed_of_an_unknown_kind() {
    let (mut world, update) = world_ten_seconds_on();
    publish(&mut world, update).unwrap();
    edit_row(&mut world, 0, |row| row.primary_kind = 3);
    assert_rejects(&mut world, FirebreakError::FeedInvalid, |world| world.refresh(&[0]));
}

// ---- the older accounts ---------------------------------------------------------------------------------------------

/// A world whose fourth asset is priced by an older Pyth account at this address.
fn world_with_a_legacy_feed() -> (Bank, Address) {
    let (mut world, feed) = (world(), keypair("legacy feed").pubkey());
    let mut listing = listing::listing("JTO", 0);
    (listing.asset.feed_kind, listing.asset.feed) = (2, feed.to_bytes());
    world.list(3, &listing).unwrap();
    (world, feed)
}

/// JTO at 2.5 dollars.
fn legacy_account() -> SolanaPriceAccount {
    let mut account = SolanaPriceAccount::zeroed();
    (account.magic, account.ver, account.atype) = (0xa1b2_c3d4, 2, 3);
    (account.expo, account.timestamp) = (-8, NOW);
    (account.agg.price, account.agg.conf) = (250_000_000, 125_000);
    account.agg.status = PriceStatus::Trading;
    account
}

fn refresh_legacy(world: &mut Bank, feed: Address, owner: Address, bytes: &[u8]) -> Sent {
    world.chain.set_account(feed, pyth::oracle_account(bytes.to_vec(), owner));
    let refresh = world.at.refresh_prices(&[(3, feed)]);
    send(world, refresh, &[&payer()])
}

#[test]
fn an_older_account_is_read_where_it_is_pinned() {
    let (mut world, feed) = world_with_a_legacy_feed();
    refresh_legacy(&mut world, feed, pyth::LEGACY_PROGRAM, bytemuck::bytes_of(&legacy_account())).unwrap();
    let row = world.row(3);
    assert_eq!((row.mark, row.confidence, row.publish_time, row.quality), (2_500_000, 1_250, NOW, 3));
}

#[test]
fn rejects_an_older_account_that_is_not_trading() {
    let (mut world, feed) = world_with_a_legacy_feed();
    for status in [PriceStatus::Unknown, PriceStatus::Halted, PriceStatus::Auction, PriceStatus::Ignored] {
        let mut account = legacy_account();
        account.agg.status = status;
        assert_rejects(&mut world, FirebreakError::PriceNotTrading, |world| {
            refresh_legacy(world, feed, pyth::LEGACY_PROGRAM, bytemuck::bytes_of(&account))
        });
    }
    refresh_legacy(&mut world, feed, pyth::LEGACY_PROGRAM, bytemuck::bytes_of(&legacy_account())).unwrap();
}

#[test]
fn rejects_an_older_account_at_another_address_of_another_owner_or_of_another_shape() {
    let (mut world, feed) = world_with_a_legacy_feed();
    let (elsewhere, bytes) = (keypair("another feed").pubkey(), bytemuck::bytes_of(&legacy_account()).to_vec());
    let mut wrong_magic = bytes.clone();
    wrong_magic[0] ^= 1;
    let cases = [
        (FirebreakError::PriceFeedMismatch, elsewhere, pyth::LEGACY_PROGRAM, &bytes[..]),
        (FirebreakError::PriceAccountOwner, feed, pyth::RECEIVER, &bytes[..]),
        (FirebreakError::PriceAccountMalformed, feed, pyth::LEGACY_PROGRAM, &bytes[..bytes.len() - 1]),
        (FirebreakError::PriceAccountMalformed, feed, pyth::LEGACY_PROGRAM, &[]),
        (FirebreakError::PriceAccountMalformed, feed, pyth::LEGACY_PROGRAM, &wrong_magic),
    ];
    for (error, address, owner, bytes) in cases {
        assert_rejects(&mut world, error, |world| refresh_legacy(world, address, owner, bytes));
    }
    refresh_legacy(&mut world, feed, pyth::LEGACY_PROGRAM, &bytes).unwrap();
}
