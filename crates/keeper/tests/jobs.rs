//! What a keeper leaves alone, what it passes on, and what it looks at before it refreshes.

mod made;

use std::collections::BTreeSet;

use bytemuck::Zeroable;
use firebreak::state::{Offer, Position};
use firebreak_keeper::{Own, Scene, Settings, Shard, Target, Task, decide, population};
use made::{KEEPER, scene, settings};
use risk::{OraclePrice, PriceQuality, SideIndex};
use solana_address::Address;

const MAKER: Address = Address::new_from_array([8; 32]);
const OTHER_MAKER: Address = Address::new_from_array([6; 32]);
const MARK: u64 = 1_000_000;

/// Nobody but a keeper that holds so many lots of the first market, and two makers with a million dollars each.
fn held(size: i32) -> Scene {
    let mut scene = scene(0, 1, MARK, 1_000_000_000_000);
    let own = KEEPER.margin_account.unwrap();
    let rich = scene.accounts[&own].clone();
    for maker in [MAKER, OTHER_MAKER] {
        let mut account = rich.clone();
        account.header.owner = maker;
        scene.accounts.insert(maker, account);
    }
    let books = scene.markets.get_mut(&0).unwrap();
    (books.price_band_bps, books.taker_fee_bps) = (200, 5);
    let lots = u64::from(size.unsigned_abs());
    if size != 0 {
        (books.long_open_interest, books.short_open_interest) = (lots, lots);
        let mut slot = |address: Address, size: i32| {
            let account = scene.accounts.get_mut(&address).unwrap();
            account.slots[0] = Position { size, entry: i64::from(size) * MARK as i64, ..Position::default() };
            account.slots[0].set_stamp(SideIndex::NEW.stamp());
            account.header.position_count = 1;
        };
        slot(own, size);
        slot(MAKER, -size);
    }
    scene
}

fn offer(maker: Address, (lots, spread_bps): (u64, u32), expires_in: i64) -> (Address, Offer) {
    let offer = Offer {
        margin_account: maker,
        bid_lots: lots,
        ask_lots: lots,
        bid_spread_bps: spread_bps,
        ask_spread_bps: spread_bps,
        expires_at: population::NOW + expires_in,
        ..Offer::zeroed()
    };
    (maker, offer)
}

fn unwinds(scene: &Scene, settings: &Settings) -> Vec<(Address, i64, u64)> {
    let unwind = |task: &Task| match task {
        Task::Unwind { maker, lots, limit_price, .. } => Some((*maker, *lots, *limit_price)),
        _ => None,
    };
    decide(scene, &KEEPER, settings).iter().filter_map(|job| unwind(&job.task)).collect()
}

#[test]
fn what_was_taken_over_goes_to_the_best_maker_first_and_never_further_than_flat() {
    for (size, limit) in [(100, 995_000), (-100, 1_005_000)] {
        let mut scene = held(size);
        let whole = settings(Shard::WHOLE);
        assert_eq!(unwinds(&scene, &whole), [], "nobody quotes");
        scene.offers = [offer(MAKER, (70, 20), 60), offer(OTHER_MAKER, (80, 10), 60)].into();
        let sign = -i64::from(size.signum());
        assert_eq!(unwinds(&scene, &whole), [(OTHER_MAKER, sign * 80, limit), (MAKER, sign * 20, limit)]);
        let jobs = decide(&scene, &KEEPER, &whole);
        assert!(jobs.iter().all(|job| job.instructions.len() == 1 && !job.why.is_empty()));
    }
    assert_eq!(unwinds(&held(0), &settings(Shard::WHOLE)), []);
}

#[test]
fn nothing_is_passed_on_beyond_the_worst_price_or_at_a_price_that_nothing_confirms() {
    let mut scene = held(100);
    let whole = settings(Shard::WHOLE);
    for (spread_bps, is_taken) in [(49, true), (50, true), (51, false)] {
        scene.offers = [offer(MAKER, (100, spread_bps), 60)].into();
        assert_eq!(!unwinds(&scene, &whole).is_empty(), is_taken, "{spread_bps}");
    }
    let offers = [
        ("expired", offer(MAKER, (100, 1), 0)),
        ("empty", offer(MAKER, (0, 1), 60)),
        ("the own one", offer(KEEPER.margin_account.unwrap(), (100, 1), 60)),
        ("of an account that is not there", offer(Address::new_from_array([5; 32]), (100, 1), 60)),
    ];
    for (what, one) in offers {
        scene.offers = [one].into();
        assert_eq!(unwinds(&scene, &whole), [], "{what}");
    }
    scene.offers = [offer(MAKER, (100, 1), 60)].into();
    assert_eq!(unwinds(&scene, &whole).len(), 1);
    let mut held_back = scene.clone();
    held_back.held_back = [Target::Own { market: 0 }].into();
    assert_eq!(unwinds(&held_back, &whole), []);
    let mut off = whole.clone();
    off.switches.unwind = false;
    assert_eq!(unwinds(&scene, &off), []);
    scene.board.rows[0].quality = PriceQuality::Uncertain as u8;
    scene.board.rows[0].fresh_until = 0;
    assert_eq!(unwinds(&scene, &whole), [], "not at a price that nothing confirms");
}

fn liquidations(scene: &Scene, settings: &Settings) -> Vec<(Address, u8, i64)> {
    let of = |job: &firebreak_keeper::Job| match job.task {
        Task::Liquidate { account, market, .. } => Some((account, market, job.profit.unwrap())),
        _ => None,
    };
    decide(scene, &KEEPER, settings).iter().filter_map(of).collect()
}

#[test]
fn a_take_over_that_gains_too_little_is_left_to_others() {
    let scene = scene(200, 3, 900_000, 1_000_000_000_000);
    let whole = settings(Shard::WHOLE);
    let all = liquidations(&scene, &whole);
    assert!(all.len() > 5);
    let mut gains: Vec<i64> = all.iter().map(|(_, _, gain)| *gain).collect();
    gains.sort_unstable();
    let middle = gains[gains.len() / 2];
    let some = liquidations(&scene, &Settings { min_profit: middle, ..whole.clone() });
    assert!(!some.is_empty() && some.iter().all(|(_, _, gain)| *gain >= middle), "{some:?}");
    let costly =
        liquidations(&scene, &Settings { min_profit: 0, job_cost: middle.unsigned_abs() + 1, ..whole.clone() });
    assert!(costly.iter().all(|(_, _, gain)| *gain > middle), "{costly:?}");
    assert_eq!(liquidations(&scene, &Settings { min_profit: i64::MAX, ..whole }), []);
}

#[test]
fn a_target_that_is_held_back_holds_up_neither_others_nor_the_accounts_other_positions() {
    let mut scene = scene(200, 3, 900_000, 1_000_000_000_000);
    let whole = settings(Shard::WHOLE);
    let all = liquidations(&scene, &whole);
    let (account, market, _) = all[0];
    scene.held_back = [Target::Position { account, market }].into();
    let now = liquidations(&scene, &whole);
    assert!(now.iter().all(|(one, other, _)| (*one, *other) != (account, market)));
    let others = |found: &[(Address, u8, i64)]| -> BTreeSet<Address> {
        found.iter().map(|(one, _, _)| *one).filter(|one| *one != account).collect()
    };
    assert!(others(&all).is_subset(&others(&now)));
}

#[test]
fn those_for_whom_nothing_can_be_done_take_nobodys_place() {
    // Everybody in a closed market is more urgent; one place is enough for the others all the same.
    let mut scene = scene(200, 3, 900_000, 1_000_000_000_000);
    let whole = settings(Shard::WHOLE);
    let first = liquidations(&scene, &whole)[0].0;
    scene.held_back = (0..8).map(|market| Target::Position { account: first, market }).collect();
    let one = liquidations(&scene, &Settings { max_accounts: 1, ..whole });
    assert!(!one.is_empty() && one.iter().all(|(account, _, _)| *account != first), "{one:?}");
}

#[test]
fn a_price_is_refreshed_when_it_grows_old_or_its_feed_is_far_and_never_where_the_feed_says_nothing_new() {
    let mut scene = scene(0, 1, MARK, 0);
    let row = &mut scene.board.rows[0];
    (row.primary_kind, row.primary_exponent, row.scale) = (2, 0, 0);
    (row.confidence_fresh_bps, row.confidence_max_bps, row.ema_band_bps, row.ema_seconds) = (100, 500, 1_000, 300);
    (row.ema, row.publish_time) = (MARK << 16, population::NOW - 2);
    for row in &mut scene.board.rows[1..] {
        row.primary_kind = 1; // nobody told where these are
    }
    let refreshes = |scene: &Scene, settings: &Settings| {
        decide(scene, &Own { margin_account: None, ..KEEPER }, settings)
            .iter()
            .filter(|job| matches!(job.task, Task::RefreshPrice { asset: 0 }))
            .count()
    };
    let whole = settings(Shard::WHOLE);
    assert_eq!(refreshes(&scene, &whole), 0, "young, and nobody knows what the feed says");
    let mut says = |price: i64, publish_time: i64| {
        let reading = OraclePrice { price, confidence: 100, exponent: 0, publish_time };
        scene.readings.insert(0, vec![Some(reading)]);
        refreshes(&scene, &whole)
    };
    let (now, mark) = (population::NOW, MARK as i64);
    assert_eq!(says(mark + 999, now - 1), 0, "near");
    assert_eq!(says(mark + 1_000, now - 1), 1, "ten basis points");
    assert_eq!(says(mark - 1_000, now - 1), 1);
    assert_eq!(says(mark - 1_000, now - 2), 0, "what the board has already");
    assert_eq!(says(mark - 1_000, now - 100), 0, "older than the board");
    assert_eq!(says(0, now - 1), 0, "what the gate refuses");
    let seconds = i64::from(scene.board.rows[0].fresh_age_seconds) - whole.refresh_lead_seconds;
    scene.board.rows[0].publish_time = now - seconds;
    let reading = OraclePrice { price: mark, confidence: 100, exponent: 0, publish_time: now - 1 };
    scene.readings.insert(0, vec![Some(reading)]);
    assert_eq!(refreshes(&scene, &whole), 1, "old");
    scene.readings.insert(0, vec![None]);
    assert_eq!(refreshes(&scene, &whole), 0, "old, and its feed is dead");
}
