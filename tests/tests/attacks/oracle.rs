//! T28 to T41, T44, T45: bytes that look like a price, through `refresh_prices` on chain.

use crate::stage::{SOL, START, Stage, VENUE, accepts, assert_sound, patch, rejects, rejects_somehow, send, stage};
use firebreak::state::{FeedKind, RiskBoard};
use firebreak_client::FirebreakError;
use firebreak_replay::{
    chain::Chain,
    listing::{DOLLAR, listing},
    pyth::{self, RECEIVER, Update, Verification, feed_address, oracle_account},
};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

/// An update for SOL that would be accepted, ten seconds after the last one.
fn good(world: &mut Stage) -> Update {
    world.chain.set_now(START + 10);
    let row = world.row(0);
    Update {
        feed_id: row.primary_feed,
        verification: Verification::Full,
        price: pyth::raw_price(&row, SOL + 1_000),
        confidence: 0,
        exponent: row.primary_exponent,
        publish_time: START + 10,
    }
}

fn refresh_sol(world: &mut Stage) -> Instruction {
    let feed = feed_address(&world.row(0).primary_feed);
    world.at.refresh_prices(&[(0, feed)])
}

/// Positive control with the good update, then each change of it: rejected for its cause, or accepted where `None`.
fn gate(cases: impl IntoIterator<Item = (Option<FirebreakError>, Update)>) {
    let mut world = stage();
    let good = good(&mut world);
    let refresh = refresh_sol(&mut world);
    world.publish(&good);
    accepts(&mut world, std::slice::from_ref(&refresh));
    for (cause, update) in cases {
        world.publish(&update);
        match cause {
            Some(cause) => rejects(&mut world, cause, std::slice::from_ref(&refresh)),
            None => accepts(&mut world, std::slice::from_ref(&refresh)),
        }
    }
}

/// The good update in a world of its own, to build cases from.
fn template() -> Update {
    good(&mut stage())
}

#[test]
fn t28_a_price_of_another_program_is_refused() {
    let mut world = stage();
    let good = good(&mut world);
    let refresh = refresh_sol(&mut world);
    world.publish(&good);
    accepts(&mut world, std::slice::from_ref(&refresh));
    for owner in [VENUE, pyth::LEGACY_PROGRAM, Address::default(), firebreak_client::PROGRAM_ID] {
        world.chain.set_account(feed_address(&good.feed_id), Account { owner, ..good.to_account() });
        rejects(&mut world, FirebreakError::PriceAccountOwner, std::slice::from_ref(&refresh));
    }
}

#[test]
fn t29_another_account_of_the_receiver_is_refused() {
    let mut world = stage();
    let good = good(&mut world);
    let refresh = refresh_sol(&mut world);
    world.publish(&good);
    accepts(&mut world, std::slice::from_ref(&refresh));
    // sha256("account:TwapUpdate"), and a bit flipped in each byte of the right one.
    let twap = [0x68, 0xc0, 0xbc, 0x48, 0xf6, 0xa6, 0x0c, 0x51];
    let bytes = good.to_bytes();
    let flipped = (0..8).map(|at| {
        let mut discriminator = [0; 8];
        discriminator.copy_from_slice(&bytes[..8]);
        discriminator[at] ^= 1;
        discriminator
    });
    for discriminator in flipped.chain([twap, [0; 8], [u8::MAX; 8]]) {
        let data = [&discriminator[..], &bytes[8..]].concat();
        world.chain.set_account(feed_address(&good.feed_id), oracle_account(data, RECEIVER));
        rejects(&mut world, FirebreakError::PriceAccountMalformed, std::slice::from_ref(&refresh));
    }
    for length in 0..133 {
        let data = bytes[..length].to_vec();
        world.chain.set_account(feed_address(&good.feed_id), oracle_account(data, RECEIVER));
        rejects(&mut world, FirebreakError::PriceAccountMalformed, std::slice::from_ref(&refresh));
    }
}

#[test]
fn t30_t31_the_feed_id_is_what_is_pinned() {
    let mut world = stage();
    let good = good(&mut world);
    let refresh = refresh_sol(&mut world);
    // T30: a pull feed is pinned by its id, so that anybody's account of the receiver will do (design, section 5).
    let elsewhere = world.at.refresh_prices(&[(0, Address::new_from_array([0x77; 32]))]);
    world.chain.set_account(Address::new_from_array([0x77; 32]), good.to_account());
    accepts(&mut world, &[elsewhere]);
    for at in 0..32 {
        let mut update = good;
        update.feed_id[at] ^= 1;
        world.chain.set_account(feed_address(&good.feed_id), update.to_account());
        rejects(&mut world, FirebreakError::PriceFeedMismatch, std::slice::from_ref(&refresh));
    }
}

#[test]
fn t32_a_feed_of_zeros_cannot_be_listed() {
    let mut world = stage();
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let config = listing("DOGE", 1).asset;
    let control = world.at.add_asset(payer, authority, config);
    accepts(&mut world, &[control]);
    for (feed, feed_kind) in [([0; 32], 1), ([0; 32], 2), (config.feed, 0), (config.feed, 3), (config.feed, 255)] {
        let mut config = config;
        (config.feed, config.feed_kind) = (feed, feed_kind);
        let attack = world.at.add_asset(payer, authority, config);
        rejects(&mut world, FirebreakError::FeedInvalid, &[attack]);
    }
}

#[test]
fn t33_partial_verification_is_refused_whatever_it_counts() {
    let good = template();
    gate((0..=u8::MAX).map(|signatures| {
        (
            Some(FirebreakError::PriceNotFullyVerified),
            Update { verification: Verification::Partial(signatures), ..good },
        )
    }));
}

#[test]
fn t34_partial_bytes_that_a_fixed_offset_would_take_for_a_price_are_refused() {
    let mut world = stage();
    let good = good(&mut world);
    let refresh = refresh_sol(&mut world);
    world.publish(&good);
    accepts(&mut world, std::slice::from_ref(&refresh));
    // All that a parser for full updates reads is as in the good one; the byte before says partial, with as many
    // signatures as the feed id's first byte happens to be.
    let mut data = good.to_bytes();
    data[40] = 0;
    world.chain.set_account(feed_address(&good.feed_id), oracle_account(data.clone(), RECEIVER));
    rejects(&mut world, FirebreakError::PriceNotFullyVerified, std::slice::from_ref(&refresh));
    // And what a parser for partial ones would take, with a level that is none.
    for level in 2..=u8::MAX {
        data[40] = level;
        world.chain.set_account(feed_address(&good.feed_id), oracle_account(data.clone(), RECEIVER));
        rejects(&mut world, FirebreakError::PriceAccountMalformed, std::slice::from_ref(&refresh));
    }
    let shifted = Update { verification: Verification::Partial(1), ..good }.to_bytes();
    let mut shifted = shifted;
    shifted[40] = 1; // says full, everything behind is one byte later
    world.chain.set_account(feed_address(&good.feed_id), oracle_account(shifted, RECEIVER));
    rejects(&mut world, FirebreakError::PriceFeedMismatch, &[refresh]);
}

#[test]
fn t35_t36_publish_times_at_and_beyond_every_limit() {
    use FirebreakError::{PriceFromFuture, PriceRegressed, PriceStale};
    let good = template();
    let now = START + 10;
    let at = |cause, publish_time| (cause, Update { publish_time, ..good });
    // The board's last reading is of START, ten seconds old; an age of 60 is tried on an asset that has none, below.
    gate([
        at(None, now),
        at(None, now + 1),
        at(None, now + 2),
        at(Some(PriceFromFuture), now + 3),
        at(Some(PriceFromFuture), i64::MAX),
        at(Some(PriceStale), i64::MIN),
        at(Some(PriceStale), i64::MIN + 1),
        at(Some(PriceStale), -1),
        at(Some(PriceStale), 0),
        at(Some(PriceStale), now - 61),
        at(Some(PriceRegressed), now - 60),
        at(Some(PriceRegressed), START),
        at(None, START + 1),
    ]);

    let mut world = stage();
    world.chain.set_now(START + 1_000);
    let refresh = refresh_sol(&mut world);
    for (age, cause) in [(60, None), (61, Some(PriceStale))] {
        world.publish(&Update { publish_time: START + 1_000 - age, ..good });
        match cause {
            None => accepts(&mut world, std::slice::from_ref(&refresh)),
            Some(cause) => rejects(&mut world, cause, std::slice::from_ref(&refresh)),
        }
    }
}

#[test]
fn t37_t38_prices_that_are_none() {
    use FirebreakError::{PriceNotPositive, PriceOutOfRange};
    let good = template();
    let price = |cause, price| (cause, Update { price, ..good });
    gate([
        price(Some(PriceNotPositive), 0),
        price(Some(PriceNotPositive), -1),
        price(Some(PriceNotPositive), i64::MIN),
        price(Some(PriceOutOfRange), i64::MAX),
        price(Some(PriceOutOfRange), 1), // less than an atom per lot
        price(Some(PriceOutOfRange), 9_999),
        price(None, 10_000),                     // an atom
        price(None, 10_000 * (1 << 30) + 9_999), // rounded down to the highest
        price(Some(PriceOutOfRange), 10_000 * (1 << 30) + 10_000),
    ]);
}

#[test]
fn t39_an_exponent_other_than_the_listed_one_is_refused() {
    let good = template();
    let exponents = [1, 0, -7, -9, -18, -19, 8, i32::MIN, i32::MAX];
    gate(exponents.map(|exponent| (Some(FirebreakError::PriceExponentChanged), Update { exponent, ..good })));
}

#[test]
fn t39_exponents_that_cannot_be_listed() {
    let mut world = stage();
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    for (exponent, lot_exponent, ok) in [
        (-8, -2, true),
        (0, 0, true),
        (-18, 0, true),
        (i32::MIN, 0, false),
        (i32::MAX, 127, false),
        (-128, -128, false),
    ] {
        let mut config = listing("DOGE", 1).asset;
        (config.exponent, config.lot_exponent) = (exponent, lot_exponent);
        let list = world.at.add_asset(payer, authority, config);
        match ok {
            true => accepts(&mut world, &[list]),
            false => rejects(&mut world, FirebreakError::LotOutOfRange, &[list]),
        }
    }
}

#[test]
fn t40_confidence_at_and_beyond_the_limit() {
    use FirebreakError::PriceConfidenceTooWide;
    let good = template();
    let scale = 10_000; // of the oracle's integer to atoms per lot
    let limit = (SOL + 1_000) * 500 / 10_000;
    let wide = |cause, confidence| (cause, Update { confidence, ..good });
    gate([
        wide(None, 0), // a confidence of zero is the oracle's best
        wide(None, limit * scale),
        wide(Some(PriceConfidenceTooWide), limit * scale + 1),
        wide(Some(PriceConfidenceTooWide), (limit + 1) * scale),
        wide(Some(PriceConfidenceTooWide), good.price as u64),
        wide(Some(PriceConfidenceTooWide), good.price as u64 + 1),
        wide(Some(PriceConfidenceTooWide), 21_623 * 100_000_000),
        wide(Some(PriceConfidenceTooWide), u64::MAX),
    ]);
}

#[test]
fn t41_an_older_price_and_another_at_the_same_time_are_refused_even_when_fresh() {
    let mut world = stage();
    let good = good(&mut world);
    let refresh = refresh_sol(&mut world);
    world.publish(&good);
    send(&mut world, std::slice::from_ref(&refresh)).unwrap();
    let board = world.board();
    for update in [
        Update { publish_time: START + 9, ..good },
        Update { price: good.price + 10_000, ..good },
        Update { confidence: 10_000, ..good },
    ] {
        world.publish(&update);
        rejects(&mut world, FirebreakError::PriceRegressed, std::slice::from_ref(&refresh));
    }
    // The same again is accepted and changes nothing.
    world.publish(&good);
    send(&mut world, &[refresh]).unwrap();
    assert_eq!(world.board(), board);
}

#[test]
fn t44_an_account_replaced_or_closed_between_instructions_is_read_anew() {
    let mut world = stage();
    let good = good(&mut world);
    let refresh = refresh_sol(&mut world);
    let feed = feed_address(&good.feed_id);
    world.publish(&good);
    accepts(&mut world, std::slice::from_ref(&refresh));
    // Closed, resized, another write authority, its exponent of a race: what counts is what is in it when it is read.
    world.chain.set_account(feed, Account::default());
    rejects(&mut world, FirebreakError::PriceAccountOwner, std::slice::from_ref(&refresh));
    world.publish(&good);
    patch(&mut world, &feed, |account| account.data.truncate(100));
    rejects(&mut world, FirebreakError::PriceAccountMalformed, std::slice::from_ref(&refresh));
    world.publish(&good);
    patch(&mut world, &feed, |account| account.data.resize(10_000, 0xff));
    accepts(&mut world, std::slice::from_ref(&refresh));
    patch(&mut world, &feed, |account| account.data[8..40].fill(0xaa));
    accepts(&mut world, std::slice::from_ref(&refresh));
    // Of two readings in one transaction the older one fails them both.
    let older = Address::new_from_array([0x78; 32]);
    world.chain.set_account(older, Update { publish_time: START + 5, price: good.price * 2, ..good }.to_account());
    let second = world.at.refresh_prices(&[(0, older)]);
    rejects(&mut world, FirebreakError::PriceRegressed, &[refresh.clone(), second.clone()]);
    accepts(&mut world, &[second, refresh]);
}

#[test]
fn t45_a_dead_oracle_stops_only_who_holds_its_asset() {
    let mut world = stage();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| world.actor(name, 4, 2_000 * DOLLAR).unwrap());
    world.trade(0, &alice, &bob, 6_000, 1_500_000).unwrap();
    world.trade(1, &carol, &bob, 10, 1_200_000).unwrap();
    world.trade(1, &alice, &bob, 10, 1_200_000).unwrap();
    world.trade(1, &bob, &alice, 10, 1_200_000).unwrap();
    assert!(world.margin(&alice.margin).position(1).is_none(), "a leg brought to zero is not kept");
    // Asset 1 dies; asset 0 lives on.
    world.chain.set_now(START + 100);
    world.set_mark(0, 1_500_000).unwrap();
    world.withdraw(&alice, DOLLAR).unwrap();
    let (owner, quote) = (carol.address(), world.quote(carol.tokens));
    let attack = world.at.withdraw(0, owner, carol.margin, quote, DOLLAR);
    rejects(&mut world, FirebreakError::PriceStale, &[attack]);
    world.deposit(&alice, DOLLAR).unwrap();
    world.chain.set_now(START + 101);
    world.set_mark(0, 1_200_000).unwrap();
    world.settle(0, &alice.margin).unwrap();
    // Alice holds nothing of the dead asset, and is liquidated by somebody who does not either.
    let dave = world.actor("dave", 4, 5_000 * DOLLAR).unwrap();
    world.liquidate(0, &dave, &alice.margin, u64::MAX, u64::MAX).unwrap();
    assert_sound(&mut world);
}

#[test]
fn t28_a_free_place_among_the_receivers_accepts_nobody() {
    let mut world = stage();
    let good = good(&mut world);
    let refresh = refresh_sol(&mut world);
    let board = world.board().header;
    assert!(board.receivers[1..].iter().all(|receiver| *receiver == Address::default()));
    // An account of the system program, whose address is the mark of a free place.
    let feed = feed_address(&good.feed_id);
    world.chain.set_account(feed, Account { owner: Address::default(), ..good.to_account() });
    rejects(&mut world, FirebreakError::PriceAccountOwner, std::slice::from_ref(&refresh));
    assert_eq!(FeedKind::from_u8(world.row(0).primary_kind), Some(FeedKind::PythPull));
    let board = world.at.board;
    crate::stage::patch_state::<RiskBoard>(&mut world, &board, |board| board.receivers = Default::default());
    world.publish(&good);
    rejects_somehow(&mut world, &[refresh]);
}
