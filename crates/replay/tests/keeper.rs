//! Keepers in a real world: what they decide is carried out by the program, round by round, until nobody is below maintenance.

use firebreak_client::explain;
use firebreak_keeper::{Own, Settings, Shard, Task, decide};
use firebreak_replay::{
    chain::{Chain, Refusal},
    listing::DOLLAR,
    litesvm_chain::LiteSvmChain,
    world::{Actor, World},
};
use solana_address::Address;

const NOW: i64 = 1_760_000_000;
const SOL: u64 = 1_500_000;
const BTC: u64 = 1_200_000;
/// Rounds of ten seconds: prices that nothing confirms are liquidated an eighth at a time.
const ROUNDS: usize = 90;

type W = World<LiteSvmChain>;

/// Sixty longs of SOL, every third long of BTC as well, on 11 to 15 % of margin, against one rich short; a tranche of 40 dollars in each market.
fn crowd() -> (W, Vec<Actor>, Actor) {
    let mut world = World::with_majors(LiteSvmChain::new().unwrap(), NOW).unwrap();
    let house = world.actor("house", 4, 2_000_000 * DOLLAR).unwrap();
    let keeper = world.actor("keeper", 8, 400_000 * DOLLAR).unwrap();
    let mut crowd = vec![];
    for number in 0..60_u64 {
        let more = if number % 3 == 0 { 80 } else { 0 };
        let cash = (330 + number * 2 + more) * DOLLAR;
        let trader = world.actor(&format!("trader {number}"), 4, cash).unwrap();
        world.trade(0, &trader, &house, 2_000, SOL).unwrap();
        if number % 3 == 0 {
            world.trade(1, &trader, &house, 600, BTC).unwrap();
        }
        crowd.push(trader);
    }
    for market in 0..3 {
        world.fund_tranche(market, 40 * DOLLAR).unwrap();
    }
    (world, crowd, keeper)
}

/// Ten seconds on, with these marks published and not yet on the board.
fn pass(world: &mut W, marks: &[(u8, u64)]) {
    let now = world.chain.now() + 10;
    world.chain.set_now(now);
    for (asset, mark) in marks {
        world.publish_mark(*asset, *mark);
    }
}

fn below(world: &mut W, of: impl Fn(&Address) -> bool) -> usize {
    let scene = world.scene();
    let value = |address: &Address| scene.accounts[address].value_for_maintenance(&scene.board, scene.now);
    let is_below = |address: &&Address| of(address) && value(address).is_ok_and(|value| !value.is_covered());
    scene.accounts.keys().filter(is_below).count()
}

/// One round: every job is one that the program carries out.
fn round(world: &mut W, keeper: &Actor, settings: &Settings, may_fail: impl Fn(&Task, &Refusal) -> bool) -> Vec<Task> {
    let mut done = vec![];
    for (job, sent) in world.keeper_round(keeper, settings) {
        match sent {
            Ok(()) => done.push(job.task),
            Err(refusal) => assert!(may_fail(&job.task, &refusal), "{}\n{:?}\n{refusal}", job.why, job.task),
        }
    }
    assert_eq!(world.violations(), Vec::<String>::new());
    done
}

#[test]
fn i12_sixty_accounts_under_water_are_resolved_round_by_round() {
    let (mut world, _crowd, keeper) = crowd();
    let settings = world.keeper_settings();
    let (mut all, mut rounds, mut worst) = (vec![], 0, 0);
    for step in 0..ROUNDS {
        let marks = [(0, SOL / 100 * 87), (1, BTC / 100 * 90), (2, 4_000_000)];
        pass(&mut world, &marks);
        all.extend(round(&mut world, &keeper, &settings, |_, _| false));
        let left = below(&mut world, |_| true);
        worst = worst.max(left);
        rounds = step + 1;
        println!("round {rounds}: {left} below, {} jobs so far", all.len());
        if left == 0 && step > 0 {
            break;
        }
    }
    let count = |is: fn(&Task) -> bool| all.iter().filter(|task| is(task)).count();
    println!(
        "{rounds} rounds, at most {worst} below; {} liquidations, {} deleveragings, {} refreshes, {} pokes, {} reports",
        count(|task| matches!(task, Task::Liquidate { .. })),
        count(|task| matches!(task, Task::AutoDeleverage { .. })),
        count(|task| matches!(task, Task::RefreshPrice { .. })),
        count(|task| matches!(task, Task::Poke { .. })),
        count(|task| matches!(task, Task::ReportDeficit { .. })),
    );
    assert!(worst >= 50, "a crash: {worst}");
    let (liquidated, deleveraged) = (
        |task: &Task| matches!(task, Task::Liquidate { .. }),
        |task: &Task| matches!(task, Task::AutoDeleverage { .. }),
    );
    assert!(count(liquidated) >= 40 && count(deleveraged) > 0, "and every step of the order of losses is reached");
    assert!(world.market(0).insurance_paid > 0);
    assert_eq!(below(&mut world, |_| true), 0);
}

#[test]
fn i09_a_dead_oracle_and_a_halted_market_hold_nobody_else_up() {
    let (mut world, crowd, keeper) = crowd();
    let settings = world.keeper_settings();
    let rich = world.actor("rich", 4, 1_000_000 * DOLLAR).unwrap();
    for (name, market, lots, price) in [("only ether", 2, 500, 4_000_000), ("only bitcoin", 1, 1_000, BTC)] {
        let trader = world.actor(name, 4, lots * price / 10 + 10 * DOLLAR).unwrap();
        world.trade(market, &trader, &rich, lots, price).unwrap();
    }
    // Bitcoin's oracle dies; ether is halted by the guardian; all three fall.
    let guardian = firebreak_replay::world::keypair("guardian");
    let halt = world.at.trip_breaker(solana_signer::Signer::pubkey(&guardian), 2, 4, 6 * 3_600, 1);
    world.chain.send(&[halt], &[&guardian]).unwrap();
    let holds = |scene: &firebreak_keeper::Scene, address: &Address, markets: [u8; 2]| {
        scene.accounts[address].positions().iter().any(|position| markets.contains(&position.market))
    };
    let is_dead = |task: &Task, _: &Refusal| matches!(task, Task::RefreshPrice { asset: 1 });
    let mut resolved = 0;
    for _ in 0..ROUNDS {
        pass(&mut world, &[(0, SOL / 100 * 90), (2, 3_600_000)]);
        let done = round(&mut world, &keeper, &settings, is_dead);
        let touches = |task: &Task| {
            matches!(task, Task::Liquidate { market: 1 | 2, .. } | Task::AutoDeleverage { market: 1 | 2, .. })
        };
        resolved += done.iter().filter(|task| matches!(task, Task::Liquidate { market: 0, .. })).count();
        let is_late = world.chain.now() > NOW + 100;
        assert!(!is_late || !done.iter().any(touches), "neither market can be liquidated in");
    }
    assert!(resolved >= 20, "{resolved}");
    let scene = world.scene();
    assert_eq!(below(&mut world, |address| !holds(&scene, address, [1, 2])), 0, "those who hold neither are resolved");
    assert!(below(&mut world, |address| holds(&scene, address, [2, 2])) > 0, "ether waits for its halt to end");
    drop(crowd);
}

#[test]
fn i13_two_keepers_share_the_work_and_an_overlapping_one_is_refused_by_name() {
    let (mut world, _crowd, first) = crowd();
    let second = world.actor("second keeper", 8, 400_000 * DOLLAR).unwrap();
    let settings = world.keeper_settings();
    pass(&mut world, &[(0, SOL / 100 * 92), (1, BTC / 100 * 99), (2, 4_000_000)]);
    world.refresh(&[0, 1, 2]).unwrap();
    let scene = world.scene();
    let of = |keeper: &Actor, index, count| {
        let own = Own { trader: keeper.address(), margin_account: Some(keeper.margin) };
        decide(&scene, &own, &Settings { shard: Shard { index, count }, ..settings.clone() })
    };
    let accounts = |jobs: &[firebreak_keeper::Job]| -> std::collections::BTreeSet<Address> {
        jobs.iter().filter_map(|job| job.task.account()).collect()
    };

    // Halves do not meet, and are the whole together.
    let (one, other) = (of(&first, 0, 2), of(&second, 1, 2));
    let whole = of(&first, 0, 1);
    assert!(accounts(&one).is_disjoint(&accounts(&other)));
    assert!(accounts(&one).len() > 5 && accounts(&other).len() > 5);
    assert_eq!(
        accounts(&one).union(&accounts(&other)).copied().collect::<std::collections::BTreeSet<_>>(),
        accounts(&whole)
    );

    // Two that overlap decided on the same accounts: the second comes too late, everywhere, and is told why.
    let late = of(&second, 0, 1);
    assert_eq!(accounts(&late), accounts(&whole));
    for (job, sent) in world.carry_out(&first, whole) {
        sent.unwrap_or_else(|refusal| panic!("{}\n{refusal}", job.why));
    }
    assert_eq!(below(&mut world, |_| true), 0);
    let (before, mut refused) = (world.ledger(), 0);
    for (job, sent) in world.carry_out(&second, late) {
        if job.task.account().is_some() {
            let refusal = sent.expect_err("done already");
            let named = refusal.code().and_then(explain).unwrap_or_else(|| panic!("{refusal}"));
            assert_eq!(named.name, "AccountHealthy", "{}", job.why);
            refused += 1;
        }
    }
    assert!(refused >= 10);
    assert_eq!(world.ledger(), before, "nothing is done twice");
    assert_eq!(world.violations(), Vec::<String>::new());
}

#[test]
fn i12_the_two_halves_resolve_what_one_would() {
    let (mut world, _crowd, first) = crowd();
    let second = world.actor("second keeper", 8, 400_000 * DOLLAR).unwrap();
    let settings = world.keeper_settings();
    let half = |index| Settings { shard: Shard { index, count: 2 }, ..settings.clone() };
    for step in 0..ROUNDS {
        pass(&mut world, &[(0, SOL / 100 * 91), (1, BTC / 100 * 95), (2, 4_000_000)]);
        round(&mut world, &first, &half(0), |_, _| false);
        round(&mut world, &second, &half(1), |_, _| false);
        if step > 0 && below(&mut world, |_| true) == 0 {
            return;
        }
    }
    panic!("{} are left", below(&mut world, |_| true));
}
