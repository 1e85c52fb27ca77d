//! T55 to T58, T98 for the insurance fund: atoms, the largest numbers, other people's stakes, doors held shut.

use crate::{
    crisis::{actors, ask_to_leave, enters, fund, leaves, mint_quote, set_targets, stake, stake_of, swept, tokens},
    stage::{Stage, accepts, assert_sound, patch, rejects, rejects_somehow, send, stage},
};
use firebreak_client::FirebreakError;
use firebreak_replay::{chain::Chain, listing::DOLLAR, pyth, world::Actor};

const COOLDOWN: i64 = 14 * 86_400;

#[test]
fn t55_t56_staking_and_leaving_by_atoms_profits_nobody() {
    let mut world = stage();
    let [alice, mallory] = actors(&mut world, [("alice", 0), ("mallory", 0)]);
    set_targets(&mut world, 0);
    stake(&mut world, &alice, 77);
    // A price of a share that is no round number: income that nobody bought.
    world.fund_tranche(0, 12_345_677).unwrap();
    world.sweep_all().unwrap();
    mint_quote(&mut world, &mallory, 1);
    let mut random = 0x9e37_79b9_u64;
    for _ in 0..60 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let amount = 1 + (random >> 33) % 5;
        let had = tokens(&mut world, &mallory);
        let all = fund(&mut world).fund().total();
        if world.stake(&mallory, amount).is_err() {
            continue;
        }
        ask_to_leave(&mut world, &mallory);
        world.advance(COOLDOWN).unwrap();
        world.unstake(&mallory).unwrap();
        assert!(tokens(&mut world, &mallory) <= had, "{amount} atoms came back with more");
        assert!(fund(&mut world).fund().total() >= all, "at somebody's cost");
        assert_sound(&mut world);
    }
    // In parts or at once: a hundred stakes of an atom buy no more than one of a hundred.
    let saved = world.chain.svm.clone();
    let bought = [(100, 1), (1, 100)].map(|(times, amount)| {
        world.chain.svm = saved.clone();
        (0..times).for_each(|_| drop(world.stake(&mallory, amount).unwrap()));
        stake_of(&mut world, &mallory).shares
    });
    assert!(bought[0] <= bought[1], "{bought:?}");
}

#[test]
fn t57_t58_zero_and_the_largest_numbers_are_refused_by_name() {
    use FirebreakError::*;
    let mut world = stage();
    let alice = world.actor("alice", 4, 0).unwrap();
    stake(&mut world, &alice, 10);
    mint_quote(&mut world, &alice, 10);
    let [one, none, most, beyond] = [1, 0, u64::MAX, 1 << 62].map(|amount| enters(&world, &alice, amount));
    accepts(&mut world, &[one]);
    rejects(&mut world, AmountZero, &[none]);
    rejects(&mut world, ArithmeticOverflow, &[most]);
    rejects(&mut world, ArithmeticOverflow, &[beyond]);
    // More than its token account holds: the token program's refusal, and nothing is booked.
    let more = enters(&world, &alice, 11 * DOLLAR);
    rejects_somehow(&mut world, &[more]);
    let leave = leaves(&world, &alice, &[]);
    rejects(&mut world, SharesInsufficient, &[leave]);
    let ask = world.at.request_unstake(alice.address(), u64::MAX);
    rejects(&mut world, SharesInsufficient, &[ask]);
}

#[test]
fn nobody_opens_spends_or_ends_a_stake_for_another_and_lamports_at_its_address_change_nothing() {
    let mut world = stage();
    let [alice, mallory] = actors(&mut world, [("alice", 0), ("mallory", 0)]);
    stake(&mut world, &alice, 10);
    mint_quote(&mut world, &mallory, 10);
    let control = enters(&world, &mallory, DOLLAR);
    accepts(&mut world, std::slice::from_ref(&control));
    // Mallory's tokens for Alice's stake, and Alice's account in Mallory's place (T06: nothing is opened twice).
    let mut attack = control.clone();
    attack.accounts[3].pubkey = world.at.stake(&alice.address());
    rejects_somehow(&mut world, &[attack]);
    let mut unsigned = enters(&world, &alice, DOLLAR);
    unsigned.accounts[1].is_signer = false;
    rejects_somehow(&mut world, &[unsigned]);
    for mut attack in [world.at.request_unstake(mallory.address(), 1), leaves(&world, &mallory, &[])] {
        let slot = attack.accounts.iter().position(|meta| meta.pubkey == world.at.stake(&mallory.address())).unwrap();
        attack.accounts[slot].pubkey = world.at.stake(&alice.address());
        rejects(&mut world, FirebreakError::SignerNotAllowed, &[attack]);
    }
    // T62, T105: lamports are not money, wherever they are sent, before or after.
    let before = (fund(&mut world), stake_of(&mut world, &alice));
    for address in [world.at.stake(&alice.address()), world.at.insurance_fund, world.at.insurance_vault] {
        patch(&mut world, &address, |account| account.lamports += 1 << 40);
    }
    let at = world.at.stake(&mallory.address());
    crate::stage::fund(&mut world, at, 123_456);
    assert_eq!((fund(&mut world), stake_of(&mut world, &alice)), before);
    send(&mut world, &[control]).unwrap();
    assert_eq!(stake_of(&mut world, &mallory).owner, mallory.address());
    assert_sound(&mut world);
}

/// Publishes a mark's reading with a confidence of so many hundredths of a percent, a second later.
fn print(world: &mut Stage, asset: u8, confidence_bps: u64) {
    let (row, now) = (world.row(asset), world.chain.now() + 1);
    world.chain.set_now(now);
    let price = pyth::raw_price(&row, row.mark);
    let confidence = price.unsigned_abs() * confidence_bps / 10_000;
    let (feed_id, exponent, verification) = (row.primary_feed, row.primary_exponent, pyth::Verification::Full);
    world.publish(&pyth::Update { feed_id, verification, price, confidence, exponent, publish_time: now });
    world.refresh(&[asset]).unwrap();
}

/// Advances by a second at a time with sharp prices until the instruction would be accepted. Returns how many it took.
fn waits_for(world: &mut Stage, instructions: &[solana_instruction::Instruction]) -> u64 {
    for seconds in 0..200 {
        if crate::stage::would(world, instructions).is_ok() {
            return seconds;
        }
        world.advance(1).unwrap();
    }
    panic!("never accepted");
}

#[test]
fn t98_one_wide_print_closes_new_risk_and_the_fund_s_doors_for_a_minute_and_ageing_does_not() {
    let mut world = stage();
    let [alice, long, short] = actors(&mut world, [("alice", 0), ("long", 1_000), ("short", 1_000)]);
    stake(&mut world, &alice, 10);
    mint_quote(&mut world, &alice, 10);
    world.trade(0, &long, &short, 10, 1_500_000).unwrap();
    let enter = enters(&world, &alice, DOLLAR);
    let enter = swept(&world, &enter);
    let side = |actor: &Actor| (actor.address(), actor.margin);
    let more = world.at.trade(0, side(&long), side(&short), 1, 1_500_000);
    let less = world.at.trade(0, side(&short), side(&long), 1, 1_500_000);
    // Old, and fresh again: no waiting.
    let now = world.chain.now();
    world.chain.set_now(now + 16);
    rejects(&mut world, FirebreakError::PriceUncertain, std::slice::from_ref(&more));
    world.advance(1).unwrap();
    accepts(&mut world, std::slice::from_ref(&more));
    // A print whose confidence is 2 %: whoever puts it on the board closes these doors for a minute after the next sharp one;
    // reducing, and settling losses, stay open. It takes one such print of the oracle's own per minute to keep them closed.
    print(&mut world, 0, 200);
    accepts(&mut world, std::slice::from_ref(&less));
    rejects(&mut world, FirebreakError::PriceUncertain, std::slice::from_ref(&more));
    rejects(&mut world, FirebreakError::MarketsNotSwept, &enter);
    let waited = [std::slice::from_ref(&more), &enter].map(|instructions| {
        let saved = world.chain.svm.clone();
        let waited = waits_for(&mut world, instructions);
        world.chain.svm = saved;
        waited
    });
    println!("closed for {waited:?} s");
    assert!(waited.iter().all(|seconds| (60..=62).contains(seconds)), "{waited:?}");
}
