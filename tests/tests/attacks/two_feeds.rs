//! T27, T41 to T45, T48 where an asset has two feeds: whoever brings them chooses which, how old, and when.

use crate::{
    crisis::{actors, deficit},
    feeds::{DUO, MIXED, PAR, feed, hear, list_duo, refresh_duo, says, write},
    stage::{START, Stage, accepts, assert_sound, rejects, rejects_somehow, send, stage},
};
use firebreak::state::{AssetRow, FeedKind};
use firebreak_client::FirebreakError;
use firebreak_replay::{chain::Chain, listing::DOLLAR, world::Actor};
use solana_address::Address;
use solana_instruction::Instruction;

const T: i64 = START + 10;
const UNCERTAIN: u8 = 2;
const FRESH: u8 = 3;

/// The asset with two feeds is priced, and ten seconds have passed.
fn duo(kinds: [FeedKind; 2]) -> Stage {
    let mut world = stage();
    list_duo(&mut world, kinds);
    world.chain.set_now(T);
    world
}

fn addresses(row: &AssetRow) -> [Address; 2] {
    [0, 1].map(|which| feed(row, which).address())
}

fn refresh(world: &mut Stage) -> Instruction {
    let accounts = addresses(&world.row(DUO));
    world.at.refresh_prices(&accounts.map(|account| (DUO, account)))
}

fn trade(world: &Stage, buyer: &Actor, seller: &Actor, lots: u64, price: u64) -> Instruction {
    let sides = ((buyer.address(), buyer.margin), (seller.address(), seller.margin));
    world.at.trade(DUO, sides.0, sides.1, lots, price)
}

fn withdraw(world: &Stage, actor: &Actor, amount: u64) -> Instruction {
    world.at.withdraw(0, actor.address(), actor.margin, world.quote(actor.tokens), amount)
}

/// Two pull feeds, of which anybody can pass any update: the primary fell by a twentieth, the secondary did not follow. Nothing that
/// can be passed makes either price good for new risk.
#[test]
fn t43_nobody_chooses_between_two_living_feeds() {
    let mut world = duo([FeedKind::PythPull; 2]);
    let [alice, bob] = actors(&mut world, [("alice", 10_000), ("bob", 10_000)]);
    let (low, high) = (PAR * 95 / 100, PAR);
    hear(&mut world, [says(PAR, T); 2]).unwrap();
    let row = world.row(DUO);
    let held = world.chain.svm.clone();
    let open = trade(&world, &alice, &bob, 100, high);
    accepts(&mut world, &[open]);
    // Every pair of ages of the two, from now to beyond the maximum age.
    for now in [T + 1, T + 15, T + 40, T + 60] {
        for ages in (0..5).flat_map(|one| (0..5).map(move |other| [one, other])) {
            world.chain.svm = held.clone();
            world.chain.set_now(now);
            let at = ages.map(|step| now - [0, 5, 11, 30, 61][step]);
            let is_passed = hear(&mut world, [says(low, at[0]), says(high, at[1])]).is_ok();
            let left = world.row(DUO);
            assert!(left.publish_time >= row.publish_time, "{ages:?}");
            assert!(left.primary_time >= row.primary_time && left.secondary_time >= row.secondary_time);
            if is_passed {
                assert_eq!(left.quality, UNCERTAIN, "{now} {ages:?}");
                let open = trade(&world, &alice, &bob, 100, left.mark);
                rejects(&mut world, FirebreakError::PriceUncertain, &[open]);
            } else {
                assert_eq!(left, row);
            }
        }
    }
}

#[test]
fn t43_withholding_one_feed_stops_new_risk_and_gains_and_brings_insurance_to_nobody() {
    for (kinds, which) in MIXED.into_iter().flat_map(|kinds| [(kinds, 0), (kinds, 1)]) {
        let mut world = duo(kinds);
        world.fund_tranche(DUO, 10_000 * DOLLAR).unwrap();
        let [long, short, keeper] = actors(&mut world, [("long", 1_000), ("short", 20_000), ("keeper", 20_000)]);
        let open = trade(&world, &long, &short, 6_000, PAR);
        send(&mut world, &[open]).unwrap();
        let mut one = [None; 2];
        one[which] = says(1_300_000, T);
        hear(&mut world, one).unwrap();
        assert_eq!(world.row(DUO).quality, UNCERTAIN);
        let owed = deficit(&mut world, &long);
        assert_eq!(owed, 204_500_000);
        let attempts = [
            world.at.liquidate(DUO, keeper.address(), keeper.margin, long.margin, u64::MAX, u64::MAX),
            world.at.auto_deleverage(DUO, long.margin),
            world.at.settle(DUO, &[short.margin]),
            withdraw(&world, &short, DOLLAR),
            trade(&world, &keeper, &short, 10, 1_300_000),
        ];
        for attempt in &attempts {
            rejects(&mut world, FirebreakError::PriceUncertain, std::slice::from_ref(attempt));
        }
        // Once the other is brought too, the deficit is paid at once.
        hear(&mut world, [says(1_300_000, T); 2]).unwrap();
        accepts(&mut world, &attempts[..1]);
        assert_sound(&mut world);
    }
}

/// Ten seconds apart at most, the primary's price at its own time: it counts as fresh for 15 s from then, as one feed does.
#[test]
fn t48_a_fresh_feed_does_not_lend_its_freshness_to_an_aged_one() {
    for kinds in MIXED {
        let mut world = duo(kinds);
        let [alice, bob] = actors(&mut world, [("alice", 10_000), ("bob", 10_000)]);
        let now = T + 30;
        world.chain.set_now(now);
        let held = world.chain.svm.clone();
        let open = trade(&world, &alice, &bob, 100, PAR);
        for (ages, is_open) in [
            ([0, 10], true),
            ([0, 11], false),
            ([10, 0], true),
            ([11, 0], false),
            ([15, 5], true),
            ([16, 6], false), // confirmed, but 16 s old
            ([16, 0], false),
            ([15, 15], true),
            ([16, 16], false),
        ] {
            world.chain.svm = held.clone();
            let both = [says(PAR, now - ages[0]), says(PAR, now - ages[1])];
            hear(&mut world, both).unwrap();
            match is_open {
                true => accepts(&mut world, std::slice::from_ref(&open)),
                false => rejects(&mut world, FirebreakError::PriceUncertain, std::slice::from_ref(&open)),
            }
        }
    }
}

#[test]
fn t41_an_older_update_of_either_feed_is_refused_within_one_transaction_too() {
    let mut world = duo([FeedKind::PythPull; 2]);
    let right = refresh(&mut world);
    write(&mut world, [says(PAR, T); 2]);
    let row = world.row(DUO);
    for which in [0, 1] {
        let older = Address::new_from_array([0x79 + which as u8; 32]);
        world.chain.set_account(older, feed(&row, which).account(says(PAR * 2, T - 5)));
        let mut accounts = addresses(&row);
        accounts[which] = older;
        let wrong = world.at.refresh_prices(&accounts.map(|account| (DUO, account)));
        accepts(&mut world, &[wrong.clone(), right.clone()]);
        rejects(&mut world, FirebreakError::PriceRegressed, &[right.clone(), wrong]);
    }
}

/// What counts is what is in both accounts when they are read: a pull feed's may be rewritten, or closed, in the same transaction.
#[test]
fn t44_accounts_replaced_between_two_refreshes_are_read_anew() {
    let mut world = duo([FeedKind::PythPull; 2]);
    write(&mut world, [says(PAR, T); 2]);
    let right = refresh(&mut world);
    let row = world.row(DUO);
    for which in [0, 1] {
        accepts(&mut world, std::slice::from_ref(&right));
        let account = feed(&row, which).account(says(PAR, T));
        for wrong in [
            solana_account::Account { owner: Address::default(), ..account.clone() },
            solana_account::Account { data: account.data[..100].to_vec(), ..account.clone() },
            feed(&row, 1 - which).account(says(PAR, T)),
        ] {
            world.chain.set_account(feed(&row, which).address(), wrong);
            let cause = rejects_somehow(&mut world, std::slice::from_ref(&right)).code();
            assert!(cause.is_some());
        }
        world.chain.set_account(feed(&row, which).address(), account);
    }
    // Both readings in one transaction, a dispute and the agreement after it: the second stands, and the minute runs from it.
    let elsewhere = Address::new_from_array([0x7a; 32]);
    world.chain.set_account(elsewhere, feed(&row, 0).account(says(PAR * 2, T - 1)));
    let dispute = world.at.refresh_prices(&[(DUO, elsewhere), (DUO, feed(&row, 1).address())]);
    send(&mut world, &[dispute, right]).unwrap();
    let left = world.row(DUO);
    assert_eq!((left.mark, left.quality, left.risk_opens_at), (PAR, 4, T + 60));
}

/// An older account that says it is not trading, whatever else it says, is as good as none: it neither prices nor blocks.
#[test]
fn t37_an_account_that_is_not_trading_neither_prices_nor_blocks() {
    use pyth_sdk_solana::state::PriceStatus;
    for (kinds, legacy) in [(MIXED[0], 1), (MIXED[1], 0)] {
        let mut world = duo(kinds);
        let row = world.row(DUO);
        let older = feed(&row, legacy);
        write(&mut world, [says(PAR, T); 2]);
        let right = refresh(&mut world);
        accepts(&mut world, std::slice::from_ref(&right));
        for status in [PriceStatus::Unknown, PriceStatus::Halted, PriceStatus::Auction, PriceStatus::Ignored] {
            let mut account = older.older(says(1, T + 1_000).unwrap());
            (account.agg.status, account.expo) = (status, 77);
            let data = bytemuck::bytes_of(&account).to_vec();
            let account = firebreak_replay::pyth::oracle_account(data, firebreak_replay::pyth::LEGACY_PROGRAM);
            world.chain.set_account(older.address(), account);
            let held = world.chain.svm.clone();
            refresh_duo(&mut world).unwrap();
            let left = world.row(DUO);
            assert_eq!((left.mark, left.publish_time, left.quality), (PAR, T, UNCERTAIN));
            let seen = [(left.primary_mark, left.primary_time), (left.secondary_mark, left.secondary_time)];
            assert_eq!(seen[legacy], (PAR, START));
            world.chain.svm = held;
        }
    }
}

/// Whoever brings only one feed, newer than the other has one yet, must not keep others from bringing both.
#[test]
fn t98_bringing_one_feed_ahead_of_the_other_does_not_keep_both_from_being_heard() {
    for kinds in MIXED {
        let mut world = duo(kinds);
        hear(&mut world, [says(PAR, T - 1), says(PAR, T)]).unwrap();
        // The primary's newest is always two seconds behind the secondary's.
        for second in 1..20 {
            let now = T + second;
            world.chain.set_now(now);
            hear(&mut world, [None, says(PAR, now)]).unwrap();
            let heard = hear(&mut world, [says(PAR, now - 2), says(PAR, now)]);
            assert!(heard.is_ok(), "second {second}: {:?}", heard.err());
        }
    }
}

/// A feed is silent where nobody brought it for its maximum age: after a minute without any refresh, one of two living feeds is taken as
/// one feed alone would be, average and all.
#[test]
fn known_limit_after_a_minute_in_which_nobody_refreshed_one_living_feed_will_do() {
    let mut world = duo([FeedKind::PythPull; 2]);
    for (seconds, quality) in [(60, UNCERTAIN), (61, FRESH)] {
        let held = world.chain.svm.clone();
        let now = START + seconds;
        world.chain.set_now(now);
        hear(&mut world, [None, says(PAR * 91 / 100, now)]).unwrap();
        assert_eq!(world.row(DUO).quality, quality);
        // One transaction with the other takes it back: they disagree.
        hear(&mut world, [says(PAR, now), says(PAR * 91 / 100, now)]).unwrap();
        assert_eq!(world.row(DUO).quality, UNCERTAIN);
        world.chain.svm = held.clone();
        // Beyond the average's band it is no better than it was.
        world.chain.set_now(now);
        hear(&mut world, [None, says(PAR * 89 / 100, now)]).unwrap();
        assert_eq!(world.row(DUO).quality, UNCERTAIN);
        world.chain.svm = held;
    }
}

/// A minute of "no" for one transaction, again and again, while both feeds say the same: a lone voice is not good for new risk, but what
/// both say a second later is.
#[test]
fn t98_one_feed_withheld_once_a_minute_does_not_close_the_market() {
    for (kinds, which) in MIXED.into_iter().flat_map(|kinds| [(kinds, 0), (kinds, 1)]) {
        let mut world = duo(kinds);
        let [alice, bob] = actors(&mut world, [("alice", 10_000), ("bob", 10_000)]);
        hear(&mut world, [says(PAR, T); 2]).unwrap();
        let open = trade(&world, &alice, &bob, 100, PAR);
        send(&mut world, &[open]).unwrap();
        let leave = withdraw(&world, &alice, DOLLAR);
        for minute in 1..4 {
            let now = T + 60 * minute;
            world.chain.set_now(now - 1);
            hear(&mut world, [says(PAR, now - 1); 2]).unwrap();
            accepts(&mut world, std::slice::from_ref(&leave));
            let mut lone = [None; 2];
            lone[which] = says(PAR, now);
            world.chain.set_now(now);
            hear(&mut world, lone).unwrap();
            rejects(&mut world, FirebreakError::PriceUncertain, std::slice::from_ref(&leave));
            world.chain.set_now(now + 1);
            hear(&mut world, [says(PAR, now + 1); 2]).unwrap();
            accepts(&mut world, std::slice::from_ref(&leave));
        }
    }
}

/// After a dispute, whoever brings one feed ahead of the other each time both are heard must not keep the doubt alive.
#[test]
fn t98_bringing_one_feed_ahead_of_the_other_does_not_keep_a_doubt_alive() {
    for kinds in MIXED {
        let mut world = duo(kinds);
        hear(&mut world, [says(PAR, T - 1), says(PAR * 2, T)]).unwrap();
        assert_eq!(world.row(DUO).risk_opens_at, i64::MAX);
        for second in 1..20 {
            let now = T + second;
            world.chain.set_now(now);
            hear(&mut world, [None, says(PAR, now)]).unwrap();
            hear(&mut world, [says(PAR, now - 2), says(PAR, now)]).unwrap();
        }
        assert!(world.row(DUO).risk_opens_at < T + 80, "the feeds have agreed for twenty seconds");
    }
}

/// A feed's account that no longer exists is as good as silent: the other goes on, alone after the maximum age.
#[test]
fn t45_a_feed_whose_account_is_gone_does_not_take_the_other_with_it() {
    for (kinds, which) in MIXED.into_iter().flat_map(|kinds| [(kinds, 0), (kinds, 1)]) {
        for (seconds, quality) in [(60, UNCERTAIN), (61, FRESH)] {
            let mut world = duo(kinds);
            let now = START + seconds;
            world.chain.set_now(now);
            let row = world.row(DUO);
            write(&mut world, [says(PAR, now); 2]);
            let gone = feed(&row, which).address();
            world.chain.set_account(gone, solana_account::Account::default());
            refresh_duo(&mut world).unwrap();
            let left = world.row(DUO);
            assert_eq!((left.mark, left.publish_time, left.quality), (PAR, now, quality));
            // With both gone there is no price.
            let other = feed(&row, 1 - which).address();
            world.chain.set_account(other, solana_account::Account::default());
            let right = refresh(&mut world);
            rejects(&mut world, FirebreakError::PriceStale, &[right]);
        }
    }
}
