//! What may leave a bank within an hour and a day.

use crate::scene::*;
use firebreak::state::CollateralBank;

/// Alice with 1,000,000 dollars, Bob with 2,000, Carol with 1,000, three days ago: 200,600 per hour, half of it at once.
fn world_with_savings() -> (Bank, [Actor; 3]) {
    let mut world = world();
    let actors = [("alice", 1_000_000), ("bob", 2_000), ("carol", 1_000)]
        .map(|(name, dollars)| world.actor(name, 4, dollars * DOLLAR).unwrap());
    world.chain.set_now(NOW + 3 * 86_400);
    (world, actors)
}

fn quote_bank(world: &mut Bank) -> CollateralBank {
    firebreak_client::decode(&world.chain.account(&world.at.quote_bank).unwrap().data).unwrap()
}

fn open_now(world: &mut Bank) -> u64 {
    let (bank, now) = (quote_bank(world), world.chain.now());
    bank.outflow().left(&bank.outflow_params(), bank.total, false, now)
}

#[test]
fn t97_rejects_an_atom_more_than_the_hour_leaves_and_names_the_wait() {
    let (mut world, [alice, bob, carol]) = world_with_savings();
    let open = open_now(&mut world);
    assert_eq!(open, 1_003_000 * DOLLAR / 10 / 4 * 3);
    assert_rejects(&mut world, FirebreakError::OutflowLimited, |world| world.withdraw(&alice, open + 1));
    let step = succeeds(&mut world, |world| world.withdraw(&alice, open));
    step.changes_only([
        change("alice.cash", 1_000_000 * DOLLAR, 1_000_000 * DOLLAR - open),
        change("alice's tokens.amount", 0, open),
        change("bank 0.total", 1_003_000 * DOLLAR, 1_003_000 * DOLLAR - open),
        change("vault 0.amount", 1_003_000 * DOLLAR, 1_003_000 * DOLLAR - open),
        change("bank 0.outflow_at", NOW, NOW + 3 * 86_400),
        change("bank 0.hour_outflow", -1_003_000 * DOLLAR as i64, open),
        change("bank 0.day_outflow", -1_003_000 * DOLLAR as i64, open),
    ]);
    // The rest of the hour is for small accounts that leave with everything; Bob's is not one.
    assert_rejects(&mut world, FirebreakError::OutflowLimited, |world| world.withdraw(&bob, 2_000 * DOLLAR));
    assert_rejects(&mut world, FirebreakError::OutflowLimited, |world| world.withdraw(&carol, 999 * DOLLAR));
    world.withdraw(&carol, 1_000 * DOLLAR).unwrap();

    let (bank, now) = (quote_bank(&mut world), world.chain.now());
    let wait = bank.outflow().seconds_until(&bank.outflow_params(), bank.total, 2_000 * DOLLAR, now).unwrap();
    let sentence = firebreak_client::explain_outflow(&bank, 2_000 * DOLLAR, now);
    assert_eq!(sentence, format!("0 atoms may leave now, 2000000000 in {wait} seconds"));
    world.chain.set_now(now + wait as i64 - 1);
    assert_rejects(&mut world, FirebreakError::OutflowLimited, |world| world.withdraw(&bob, 2_000 * DOLLAR));
    world.chain.set_now(now + wait as i64);
    world.withdraw(&bob, 2_000 * DOLLAR).unwrap();
}

#[test]
fn t97_what_is_deposited_leaves_again_at_once_and_uses_nothing_up() {
    let (mut world, [alice, bob, _]) = world_with_savings();
    let open = open_now(&mut world);
    world.mint_to(&world.mint.pubkey(), &bob.tokens, 5_000_000 * DOLLAR).unwrap();
    world.deposit(&bob, 5_000_000 * DOLLAR).unwrap();
    world.withdraw(&bob, 5_000_000 * DOLLAR).unwrap();
    assert_eq!(open_now(&mut world), open);
    world.withdraw(&alice, open).unwrap();
    // In the other order it is what somebody else may take out that a deposit brings back.
    world.mint_to(&world.mint.pubkey(), &bob.tokens, open).unwrap();
    world.deposit(&bob, open).unwrap();
    assert_eq!(open_now(&mut world), open);
}

/// T118: everything leaves, in parts, within days; at every breaker level below a halt.
#[test]
fn t118_a_flat_account_with_nearly_everything_is_out_within_a_month() {
    let (mut world, [alice, _, _]) = world_with_savings();
    let trip = world.at.trip_breaker(guardian().pubkey(), 255, 3, 6 * 3_600, 0);
    send(&mut world, trip, &[&guardian()]).unwrap();
    let started = world.chain.now();
    loop {
        let amount = open_now(&mut world).min(world.margin(&alice.margin).header.cash);
        world.withdraw(&alice, amount).unwrap();
        if world.margin(&alice.margin).header.cash == 0 {
            break;
        }
        let now = world.chain.now();
        world.chain.set_now(now + 6 * 3_600);
    }
    let days = (world.chain.now() - started) / 86_400;
    assert!((2..=10).contains(&days), "{days} days");
}

#[test]
fn collateral_has_limits_of_its_own() {
    let (mut world, alice, _) = world_with_two();
    let tokens = collateral(&mut world, 1, &alice, 1 << 40);
    let deposit = world.at.deposit(1, alice.address(), alice.margin, tokens, 1 << 40);
    send(&mut world, deposit, &[&alice.key]).unwrap();
    world.chain.set_now(NOW + 3 * 86_400);
    world.withdraw(&alice, 10_000 * DOLLAR).unwrap();
    let withdraw = |world: &Bank, amount| world.at.withdraw(1, alice.address(), alice.margin, tokens, amount);
    let open = (1_u64 << 40) / 10_000 * 2_000 / 2;
    let (most, more) = (withdraw(&world, open - open / 4), withdraw(&world, open - open / 4 + 1));
    send(&mut world, more, &[&alice.key]).unwrap_err();
    send(&mut world, most, &[&alice.key]).unwrap();
}
