//! `refresh_prices` for an asset with two feeds: what refuses all of it.

use crate::{feeds::*, scene::*};
use firebreak::state::FeedKind;
use firebreak_replay::pyth::{self, Verification};
use solana_account::Account;
use solana_instruction::AccountMeta;

const T: i64 = NOW + 10;

/// Good readings of both feeds wait in their accounts.
fn duo(kinds: [FeedKind; 2]) -> Bank {
    let mut world = world();
    list_duo(&mut world, kinds);
    world.chain.set_now(T);
    write(&mut world, [says(PAR, T); 2]);
    world
}

fn addresses(world: &mut Bank) -> [Address; 2] {
    let row = world.row(DUO);
    [0, 1].map(|which| feed(&row, which).address())
}

/// Refused for its cause with these accounts, and then accepted with the right ones.
fn rejects_accounts(error: FirebreakError, accounts: fn([Address; 2]) -> Vec<Address>) {
    for kinds in MIXED {
        let mut world = duo(kinds);
        let right = addresses(&mut world);
        let mut refresh = world.at.refresh_prices(&[(DUO, right[0])]);
        refresh.accounts.pop();
        refresh.accounts.extend(accounts(right).into_iter().map(|account| AccountMeta::new_readonly(account, false)));
        assert_rejects(&mut world, error, |world| send(world, refresh, &[&payer()]));
        refresh_duo(&mut world).unwrap();
    }
}

#[test]
fn rejects_a_missing_and_a_spare_account() {
    rejects_accounts(FirebreakError::PriceAccountsMismatch, |_| vec![]);
    rejects_accounts(FirebreakError::PriceAccountsMismatch, |[one, _]| vec![one]);
    rejects_accounts(FirebreakError::PriceAccountsMismatch, |[_, other]| vec![other]);
    rejects_accounts(FirebreakError::PriceAccountsMismatch, |[one, other]| vec![one, other, other]);
    rejects_accounts(FirebreakError::PriceAccountsMismatch, |[one, other]| vec![one, other, one, other]);
}

#[test]
fn rejects_the_two_in_the_other_order_and_one_of_them_twice() {
    rejects_accounts(FirebreakError::PriceAccountOwner, |[one, other]| vec![other, one]);
    rejects_accounts(FirebreakError::PriceAccountOwner, |[one, _]| vec![one, one]);
    rejects_accounts(FirebreakError::PriceAccountOwner, |[_, other]| vec![other, other]);
    // Where both are of one kind, it is the feed that is wrong.
    for kind in [FeedKind::PythPull, FeedKind::PythLegacy] {
        let mut world = duo([kind; 2]);
        let [one, other] = addresses(&mut world);
        for wrong in [[other, one], [one, one], [other, other]] {
            let wrong = world.at.refresh_prices(&wrong.map(|account| (DUO, account)));
            assert_rejects(&mut world, FirebreakError::PriceFeedMismatch, |world| send(world, wrong, &[&payer()]));
        }
        refresh_duo(&mut world).unwrap();
    }
}

#[test]
fn rejects_the_asset_named_twice() {
    let mut world = duo(MIXED[0]);
    let [one, other] = addresses(&mut world);
    let sol = pyth::feed_address(&world.row(0).primary_feed);
    let twice = world.at.refresh_prices(&[(DUO, one), (DUO, other), (0, sol), (DUO, one), (DUO, other)]);
    world.publish_mark(0, MARK);
    assert_rejects(&mut world, FirebreakError::PriceAccountsMismatch, |world| send(world, twice, &[&payer()]));
    let once = world.at.refresh_prices(&[(DUO, one), (DUO, other), (0, sol)]);
    send(&mut world, once, &[&payer()]).unwrap();
}

#[test]
fn rejects_accounts_of_another_board_s_assets() {
    let mut world = duo(MIXED[0]);
    let theirs = other_clearinghouse(&mut world);
    let right = addresses(&mut world).map(|account| (DUO, account));
    // They have one asset, which has one feed.
    let foreign = theirs.refresh_prices(&right);
    assert_rejects(&mut world, FirebreakError::AssetMissing, |world| send(world, foreign, &[&payer()]));
    let foreign = theirs.refresh_prices(&right.map(|(_, account)| (0, account)));
    assert_rejects(&mut world, FirebreakError::PriceFeedMismatch, |world| send(world, foreign, &[&payer()]));
    refresh_duo(&mut world).unwrap();
}

/// Refused for its cause while either feed's account is altered like this, and then accepted.
fn rejects_altered(error: FirebreakError, alter: impl Fn(&Feed) -> Option<Account>) {
    for kinds in MIXED {
        for which in [0, 1] {
            let mut world = duo(kinds);
            let feed = feed(&world.row(DUO), which);
            let Some(altered) = alter(&feed) else { continue };
            let right = world.chain.account(&feed.address()).unwrap();
            world.chain.set_account(feed.address(), altered);
            assert_rejects(&mut world, error, refresh_duo);
            world.chain.set_account(feed.address(), right);
            refresh_duo(&mut world).unwrap();
        }
    }
}

#[test]
fn rejects_a_feed_s_account_of_another_owner() {
    for owner in [firebreak_client::SYSTEM_PROGRAM, firebreak_client::PROGRAM_ID] {
        let error = FirebreakError::PriceAccountOwner;
        rejects_altered(error, |feed| Some(Account { owner, ..feed.account(says(PAR, T)) }));
    }
    rejects_altered(FirebreakError::PriceAccountOwner, |feed| {
        let owner = match feed.kind {
            FeedKind::PythPull => pyth::LEGACY_PROGRAM,
            FeedKind::PythLegacy => pyth::RECEIVER,
        };
        Some(Account { owner, ..feed.account(says(PAR, T)) })
    });
}

#[test]
fn rejects_another_feed_s_update_a_partial_one_and_other_bytes() {
    let pull = |change: fn(&mut pyth::Update)| {
        move |feed: &Feed| {
            let mut update = feed.update(says(PAR, T)?);
            change(&mut update);
            (feed.kind == FeedKind::PythPull).then(|| update.to_account())
        }
    };
    rejects_altered(FirebreakError::PriceFeedMismatch, pull(|update| update.feed_id[31] ^= 1));
    for signatures in [0, 5, 255] {
        rejects_altered(FirebreakError::PriceNotFullyVerified, |feed| {
            let update = pyth::Update { verification: Verification::Partial(signatures), ..feed.update(says(PAR, T)?) };
            (feed.kind == FeedKind::PythPull).then(|| update.to_account())
        });
    }
    rejects_altered(FirebreakError::PriceAccountMalformed, |feed| {
        let mut account = feed.account(says(PAR, T));
        account.data[0] ^= 1;
        Some(account)
    });
    rejects_altered(FirebreakError::PriceAccountMalformed, |feed| {
        let mut account = feed.account(says(PAR, T));
        account.data.truncate(100);
        Some(account)
    });
}

/// The account of a feed whose raw reading was changed, whatever its kind.
fn raw(feed: &Feed, price: i64, exponent: i32) -> Account {
    let reading = Reading { mark: PAR, confidence: 0, time: T };
    match feed.kind {
        FeedKind::PythPull => pyth::Update { price, exponent, ..feed.update(reading) }.to_account(),
        FeedKind::PythLegacy => {
            let mut account = feed.older(reading);
            (account.agg.price, account.expo) = (price, exponent);
            pyth::oracle_account(bytemuck::bytes_of(&account).to_vec(), pyth::LEGACY_PROGRAM)
        }
    }
}

#[test]
fn rejects_any_other_fault_of_either_reading_however_good_the_other_is() {
    for price in [0, -1, i64::MIN] {
        rejects_altered(FirebreakError::PriceNotPositive, |feed| Some(raw(feed, price, feed.exponent)));
    }
    for step in [-1, 1, 3, -3] {
        rejects_altered(FirebreakError::PriceExponentChanged, |feed| {
            Some(raw(feed, feed.raw(PAR) as i64, feed.exponent + step))
        });
    }
    for atoms in [(1 << 30) + 1, 1 << 40] {
        rejects_altered(FirebreakError::PriceOutOfRange, |feed| Some(raw(feed, feed.raw(atoms) as i64, feed.exponent)));
    }
    rejects_altered(FirebreakError::PriceOutOfRange, |feed| Some(raw(feed, 1, feed.exponent)));
    for time in [T + 3, i64::MAX] {
        rejects_altered(FirebreakError::PriceFromFuture, |feed| Some(feed.account(says(PAR, time))));
    }
}

#[test]
fn rejects_two_feeds_of_which_none_can_be_used() {
    let wide = |mark: u64| Some(Reading { mark, confidence: mark / 20 + 1, time: T });
    let cases = [
        ([None, None], FirebreakError::PriceStale),
        ([says(PAR, T - 61), None], FirebreakError::PriceStale),
        ([None, says(PAR, T - 61)], FirebreakError::PriceStale),
        ([wide(PAR), None], FirebreakError::PriceConfidenceTooWide),
        ([None, wide(PAR)], FirebreakError::PriceStale), // what the primary lacks is what is said
    ];
    for kinds in MIXED {
        for (readings, error) in cases {
            let mut world = duo(kinds);
            write(&mut world, readings);
            assert_rejects(&mut world, error, refresh_duo);
            hear(&mut world, [says(PAR, T); 2]).unwrap();
        }
    }
}

#[test]
fn i10_rejects_an_older_reading_of_either_feed_or_another_of_the_same_second() {
    for kinds in MIXED {
        for which in [0, 1] {
            let mut world = duo(kinds);
            refresh_duo(&mut world).unwrap();
            world.chain.set_now(T + 5);
            for wrong in [says(PAR, T - 1), says(PAR, NOW), says(PAR + 1, T), says(PAR - 1, T)] {
                let mut readings = [says(PAR, T + 5); 2];
                readings[which] = wrong;
                write(&mut world, readings);
                assert_rejects(&mut world, FirebreakError::PriceRegressed, refresh_duo);
            }
            let mut readings = [says(PAR, T + 5); 2];
            readings[which] = says(PAR, T);
            hear(&mut world, readings).unwrap();
            let row = world.row(DUO);
            let expected = if which == 0 { [T, T + 5, T] } else { [T + 5, T, T + 5] };
            assert_eq!([row.primary_time, row.secondary_time, row.publish_time], expected);
        }
    }
}

/// The price is the younger feed's already; the other alone, younger than it was itself, would take it back.
#[test]
fn i10_rejects_a_feed_that_would_take_the_price_back_in_time() {
    for kinds in MIXED {
        for which in [0, 1] {
            let mut world = duo(kinds);
            let alone = |time| {
                let mut readings = [None, None];
                readings[which] = says(PAR, time);
                readings
            };
            let mut first = [None, None];
            first[1 - which] = says(PAR, T);
            hear(&mut world, first).unwrap();
            for time in [NOW, T - 1] {
                write(&mut world, alone(time));
                assert_rejects(&mut world, FirebreakError::PriceRegressed, refresh_duo);
            }
            hear(&mut world, alone(T)).unwrap();
        }
    }
}

#[test]
fn rejects_all_assets_where_one_feed_of_one_of_them_is_at_fault() {
    for kinds in MIXED {
        let mut world = duo(kinds);
        world.publish_mark(0, MARK + 1_000);
        let sol = pyth::feed_address(&world.row(0).primary_feed);
        let [one, other] = addresses(&mut world);
        let refresh = world.at.refresh_prices(&[(0, sol), (DUO, one), (DUO, other)]);
        write(&mut world, [says(PAR, T), says(PAR, T + 3)]);
        assert_rejects(&mut world, FirebreakError::PriceFromFuture, |world| send(world, refresh.clone(), &[&payer()]));
        write(&mut world, [says(PAR, T), says(PAR, T + 2)]);
        send(&mut world, refresh, &[&payer()]).unwrap();
        assert_eq!([world.row(0).publish_time, world.row(DUO).publish_time], [T, T]);
    }
}
