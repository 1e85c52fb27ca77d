//! The automatic breaker and the outflow limit, against those who would trip them, keep them tripped, or get around them.

use crate::stage::{SOL, Stage, accepts, assert_sound, move_mark, rejects, send, stage};
use firebreak::state::CollateralBank;
use firebreak_client::{FirebreakError, decode};
use firebreak_replay::{chain::Chain, listing::DOLLAR, world::Actor};
use solana_instruction::Instruction;
use solana_signer::Signer;

const DAY: i64 = 86_400;

fn trade(world: &Stage, buyer: &Actor, seller: &Actor, lots: u64, price: u64) -> Instruction {
    world.at.trade(0, (buyer.address(), buyer.margin), (seller.address(), seller.margin), lots, price)
}

pub fn withdraw(world: &Stage, actor: &Actor, amount: u64) -> Instruction {
    world.at.withdraw(0, actor.address(), actor.margin, world.quote(actor.tokens), amount)
}

pub fn levels(world: &mut Stage) -> [u8; 3] {
    let now = world.chain.now();
    [0, 1, 2].map(|market| world.row(market).breaker.level_at(now) as u8)
}

pub fn actors<const N: usize>(world: &mut Stage, named: [(&str, u64); N]) -> [Actor; N] {
    named.map(|(name, dollars)| world.actor(name, 4, dollars * DOLLAR).unwrap())
}

/// What leaves, what reduces, who is liquidated: open all the way; new risk: closed at once, and for a cool-down.
#[test]
fn t48_t96_a_crash_closes_new_risk_by_itself_and_nothing_else() {
    let mut world = stage();
    let [alice, bob, carol, dave] =
        actors(&mut world, [("alice", 2_200), ("bob", 20_000), ("carol", 20_000), ("dave", 500)]);
    world.trade(0, &alice, &bob, 6_000, SOL).unwrap();
    world.mint_to(&world.mint.pubkey(), &alice.tokens, DOLLAR).unwrap();
    let deposit = world.at.deposit(0, alice.address(), alice.margin, world.quote(alice.tokens), DOLLAR);
    move_mark(&mut world, 0, SOL / 100 * 79);
    assert_eq!(levels(&mut world), [2, 0, 0]);
    let mark = SOL / 100 * 79;
    let reduce = trade(&world, &bob, &alice, 100, mark);
    let liquidate = world.at.liquidate(0, carol.address(), carol.margin, alice.margin, u64::MAX, u64::MAX);
    let flat = withdraw(&world, &dave, 500 * DOLLAR);
    let settle = world.at.settle(0, &[alice.margin]);
    let refresh_elsewhere =
        world.at.trade(1, (carol.address(), carol.margin), (dave.address(), dave.margin), 1, 1_200_000);
    for open in [deposit, reduce, liquidate, flat, settle, refresh_elsewhere, world.at.poke(0)] {
        accepts(&mut world, &[open]);
    }
    // Also where the averages have followed, and the price is fresh: the level outlasts its signal by the cool-down.
    let add = trade(&world, &carol, &bob, 1, mark);
    let mut refused_by = std::collections::BTreeMap::new();
    let started = world.chain.now();
    while let Err(refusal) = crate::stage::would(&mut world, std::slice::from_ref(&add)) {
        *refused_by.entry(refusal.code()).or_insert(0) += 10;
        world.advance(10).unwrap();
    }
    let closed = world.chain.now() - started;
    println!("closed for {closed} s: {refused_by:?}");
    assert!((300..=1_500).contains(&closed), "{closed}");
    assert_sound(&mut world);
}

/// T99: whatever trips, trips in its own market; the global level is nobody's but the guardian's and the authority's.
#[test]
fn t99_no_user_reaches_a_global_level_and_a_broken_market_stays_alone() {
    let mut world = stage();
    let [alice, bob, flat] = actors(&mut world, [("alice", 10_000), ("bob", 10_000), ("carol", 100)]);
    world.trade(0, &alice, &bob, 100, SOL).unwrap();
    let before = world.chain.account(&world.at.breaker).unwrap();
    let market = world.at.market(0);
    crate::stage::patch_state::<firebreak::state::Market>(&mut world, &market, |market| market.dust_size += 1);
    for market in [0, 1, 2, 0] {
        let poke = world.at.poke(market);
        send(&mut world, &[poke]).unwrap();
    }
    assert_eq!(levels(&mut world), [4, 0, 0]);
    assert_eq!(world.chain.account(&world.at.breaker).unwrap(), before);
    let (reduce, elsewhere) = (
        trade(&world, &bob, &alice, 1, SOL),
        world.at.trade(1, (alice.address(), alice.margin), (bob.address(), bob.margin), 1, 1_200_000),
    );
    rejects(&mut world, FirebreakError::BreakerActive, &[reduce]);
    accepts(&mut world, &[elsewhere]);
    let exit = withdraw(&world, &flat, 100 * DOLLAR);
    accepts(&mut world, &[exit]);
}

fn left(world: &mut Stage, is_small_exit: bool) -> u64 {
    let account = world.chain.account(&world.at.quote_bank).unwrap();
    let bank: CollateralBank = decode(&account.data).unwrap();
    bank.outflow().left(&bank.outflow_params(), bank.total, is_small_exit, world.chain.now())
}

/// A million of others' dollars, settled for days, and an attacker with as much in its wallet.
fn savings() -> (Stage, [Actor; 2]) {
    let mut world = stage();
    let [whale, attacker] = actors(&mut world, [("alice", 1_000_000), ("mallory", 0)]);
    world.mint_to(&world.mint.pubkey(), &attacker.tokens, 1_000_000 * DOLLAR).unwrap();
    world.advance(3 * DAY).unwrap();
    (world, [whale, attacker])
}

/// T97: in and out at once, or over hours: what others may take is as it was at once, or when as much time has passed.
#[test]
fn t97_washing_money_through_a_bank_uses_nobody_s_limit_up() {
    let (mut world, [_, mallory]) = savings();
    let open = left(&mut world, false);
    for (pause, amount) in [(0, 1), (0, 1_000_000), (60, 10_000), (1_800, 1_000_000), (3_600, 100_000)] {
        world.deposit(&mallory, amount * DOLLAR).unwrap();
        let now = world.chain.now();
        world.chain.set_now(now + pause);
        // What stayed for longer leaves as anybody's does, in parts.
        while world.margin(&mallory.margin).header.cash > 0 {
            let part = left(&mut world, false).min(world.margin(&mallory.margin).header.cash);
            let out = withdraw(&world, &mallory, part);
            send(&mut world, &[out]).unwrap();
            let now = world.chain.now();
            world.chain.set_now(now + if pause == 0 { 0 } else { 3_600 });
        }
        if pause > 0 {
            let now = world.chain.now();
            world.chain.set_now(now + 2 * DAY);
        }
        assert!(left(&mut world, false) >= open / 1_000 * 999, "{pause} {amount}");
    }
}

/// T97: a deposit, however large, lets nobody take more of others' money than without it.
#[test]
fn t97_a_borrowed_deposit_opens_nothing() {
    let (mut world, [whale, mallory]) = savings();
    let open = left(&mut world, false);
    let (deposit, back) = (
        world.at.deposit(0, mallory.address(), mallory.margin, world.quote(mallory.tokens), 1_000_000 * DOLLAR),
        withdraw(&world, &mallory, 1_000_000 * DOLLAR),
    );
    let (most, more) = (withdraw(&world, &whale, open), withdraw(&world, &whale, open + 1));
    accepts(&mut world, &[deposit.clone(), back.clone(), most.clone()]);
    rejects(&mut world, FirebreakError::OutflowLimited, &[deposit.clone(), back, more]);
    // While it lies there, it is what it brought that may leave besides; not more.
    let with_it = withdraw(&world, &whale, open);
    accepts(&mut world, &[deposit, with_it]);
}

/// T97: who takes what is there for small accounts has to bring, and take away, real money; a day later it is there again.
#[test]
fn t97_a_crowd_of_small_accounts_uses_up_a_quarter_and_no_more() {
    let (mut world, [whale, _]) = savings();
    let crowd: Vec<Actor> =
        (0..30).map(|index| world.actor(&format!("sybil {index}"), 4, 1_000 * DOLLAR).unwrap()).collect();
    world.advance(3 * DAY).unwrap();
    let most = left(&mut world, false);
    let all = withdraw(&world, &whale, most);
    send(&mut world, &[all]).unwrap();
    let mut gone = 0;
    for actor in &crowd {
        let exit = withdraw(&world, actor, 1_000 * DOLLAR);
        gone += u64::from(send(&mut world, &[exit]).is_ok());
    }
    assert_eq!(gone, most / 3 / (1_000 * DOLLAR));
    assert!(gone >= 25, "{gone}");
    let last = withdraw(&world, &crowd[29], 1_000 * DOLLAR);
    rejects(&mut world, FirebreakError::OutflowLimited, std::slice::from_ref(&last));
    world.advance(3_600).unwrap();
    accepts(&mut world, &[last]);
}

/// T118: after the longest halt a flat account leaves at once; below a halt, during it.
#[test]
fn t118_a_pause_keeps_a_flat_account_in_for_six_hours_at_most() {
    let mut world = stage();
    let [alice] = actors(&mut world, [("alice", 10_000)]);
    let exit = withdraw(&world, &alice, 10_000 * DOLLAR);
    for level in [1, 2, 3] {
        let trip = world.at.trip_breaker(world.guardian.pubkey(), 255, level, 6 * 3_600, 0);
        send(&mut world, &[trip]).unwrap();
        accepts(&mut world, std::slice::from_ref(&exit));
    }
    let halt = world.at.trip_breaker(world.guardian.pubkey(), 255, 4, 6 * 3_600, 0);
    send(&mut world, &[halt]).unwrap();
    rejects(&mut world, FirebreakError::BreakerActive, std::slice::from_ref(&exit));
    let now = world.chain.now();
    world.chain.set_now(now + 6 * 3_600);
    accepts(&mut world, &[exit]);
}

/// T46: with every oracle dead the gates are the safe mode: nobody has to call for it, and nobody can make it worse by poking.
#[test]
fn t46_with_every_oracle_dead_the_safe_mode_needs_nobody() {
    let mut world = stage();
    let [alice, bob, flat] = actors(&mut world, [("alice", 10_000), ("bob", 10_000), ("carol", 100)]);
    world.trade(0, &alice, &bob, 100, SOL).unwrap();
    let now = world.chain.now();
    world.chain.set_now(now + DAY);
    let (add, leave) = (trade(&world, &alice, &bob, 1, SOL), withdraw(&world, &alice, 1));
    for attack in [add, leave] {
        rejects(&mut world, FirebreakError::PriceStale, &[attack]);
    }
    for _ in 0..10 {
        let poke = world.at.poke(0);
        send(&mut world, &[poke]).unwrap();
        assert_eq!(levels(&mut world), [0; 3]);
    }
    let exit = withdraw(&world, &flat, 100 * DOLLAR);
    accepts(&mut world, &[exit]);
    // The oracle speaks again, a fifth lower: that is a jump, and new risk waits for it.
    world.set_mark(0, SOL / 10 * 8).unwrap();
    assert_eq!(levels(&mut world), [2, 0, 0]);
}
