//! Attacks that earn nothing, or little, and hurt others: blocking, filling, ageing.

use crate::stage::{SOL, Stage, accepts, assert_sound, fund, move_mark, rejects, rejects_somehow, send, stage};
use firebreak::instructions::{BankConfig, OfferTerms};
use firebreak_client::{FirebreakError, instructions as ix};
use firebreak_replay::{
    chain::Chain,
    listing::DOLLAR,
    world::{Actor, keypair},
};
use firebreak_tests::tamper::unwatched;
use solana_instruction::Instruction;
use solana_signer::Signer;

/// Takes over as much as it may, at any price: a limit is an upper one for longs, a lower one for shorts.
fn liquidate(world: &Stage, market: u8, liquidator: &Actor, liquidatee: &Actor, limit: u64) -> Instruction {
    world.at.liquidate(market, liquidator.address(), liquidator.margin, liquidatee.margin, u64::MAX, limit)
}

#[test]
fn a_stranger_s_collateral_takes_up_nobody_s_slots() {
    let mut world = stage();
    let [alice, mallory] = ["alice", "mallory"].map(|name| world.actor(name, 4, 0).unwrap());
    let mint = keypair("dust");
    world.create_mint(&mint, 6).unwrap();
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let config = BankConfig {
        asset: 0,
        haircut_bps: 1,
        liquidation_discount_bps: 0,
        deposit_cap: 1 << 40,
        surcharge_bps: 0,
        outflow: firebreak_replay::listing::OUTFLOW,
    };
    let add = world.at.add_collateral_bank(payer, authority, mint.pubkey(), world.token_program, 1, config);
    send(&mut world, &[add]).unwrap();
    let tokens = keypair("mallory's dust");
    world.create_token_account(&tokens, &mint.pubkey(), &mallory.address()).unwrap();
    world.mint_to(&mint.pubkey(), &tokens.pubkey(), 100).unwrap();
    let side =
        ix::TokenSide { mint: mint.pubkey(), token_program: world.token_program, token_account: tokens.pubkey() };
    let control = world.at.deposit(1, mallory.address(), mallory.margin, side, 1);
    accepts(&mut world, &[control]);
    let attack = world.at.deposit(1, mallory.address(), alice.margin, side, 1);
    rejects(&mut world, FirebreakError::SignerNotAllowed, &[attack]);
}

#[test]
fn a_gift_of_an_atom_delays_closing_by_one_transaction_and_no_more() {
    let mut world = stage();
    let alice = world.actor("alice", 4, 0).unwrap();
    let mallory = world.actor("mallory", 4, 100).unwrap();
    world.mint_to(&world.mint.pubkey(), &mallory.tokens, 100).unwrap();
    let close = ix::close_margin_account(alice.address(), alice.margin, alice.address());
    accepts(&mut world, std::slice::from_ref(&close));
    let gift = world.at.deposit(0, mallory.address(), alice.margin, world.quote(mallory.tokens), 1);
    send(&mut world, &[gift]).unwrap();
    rejects(&mut world, FirebreakError::AccountNotEmpty, std::slice::from_ref(&close));
    let take = world.at.withdraw(0, alice.address(), alice.margin, world.quote(alice.tokens), 1);
    send(&mut world, &[take, close]).unwrap();
}

#[test]
fn an_offer_outlives_neither_its_account_nor_its_lots() {
    let mut world = stage();
    let [alice, bob] = ["alice", "bob"].map(|name| world.actor(name, 4, 1_000 * DOLLAR).unwrap());
    let terms = OfferTerms { bid_lots: 5, ask_lots: 5, bid_spread_bps: 1, ask_spread_bps: 1, expires_at: i64::MAX };
    world.place_offer(0, &alice, terms).unwrap();
    let take = world.at.take_offer(0, bob.address(), bob.margin, alice.margin, 10, u64::MAX);
    send(&mut world, std::slice::from_ref(&take)).unwrap();
    assert_eq!(world.margin(&bob.margin).position(0).unwrap().size, 5, "no more than offered");
    rejects(&mut world, FirebreakError::OfferEmpty, &[take]);
    world.take_offer(0, &bob, &alice, -5, 0).unwrap();
    world.advance(10_000).unwrap();
    let _ = (world.settle(0, &alice.margin), world.settle(0, &bob.margin));
    let all = crate::stage::cash(&mut world, &alice);
    world.withdraw(&alice, all).unwrap();
    let close = ix::close_margin_account(alice.address(), alice.margin, alice.address());
    rejects(&mut world, FirebreakError::AccountNotEmpty, std::slice::from_ref(&close));
    let cancel = ix::cancel_offer(0, alice.address(), alice.margin, alice.address());
    accepts(&mut world, &[cancel, close]);
}

#[test]
fn an_isolated_account_is_reached_through_no_other_market() {
    let mut world = stage();
    let bob = world.actor("bob", 4, 10_000 * DOLLAR).unwrap();
    let owner = keypair("alice").pubkey();
    fund(&mut world, owner, 1 << 40);
    let margin = world.at.margin_account(&owner, 0);
    let create = world.at.create_margin_account(world.payer.pubkey(), owner, 0, 4, 1);
    let gift = world.at.deposit(0, bob.address(), margin, world.quote(bob.tokens), 1_000 * DOLLAR);
    world.mint_to(&world.mint.pubkey(), &bob.tokens, 1_000 * DOLLAR).unwrap();
    send(&mut world, &[create, gift]).unwrap();
    let trade = |market, price| world.at.trade(market, (owner, margin), (bob.address(), bob.margin), 1, price);
    let (own, other) = (trade(1, 1_200_000), trade(0, SOL));
    accepts(&mut world, &[own]);
    rejects(&mut world, FirebreakError::AccountIsolated, &[other]);
    let terms = OfferTerms { bid_lots: 1, ask_lots: 1, bid_spread_bps: 1, ask_spread_bps: 1, expires_at: i64::MAX };
    let offer = world.at.place_offer(0, world.payer.pubkey(), owner, margin, terms);
    rejects(&mut world, FirebreakError::AccountIsolated, &[offer]);
}

/// Alice hedged and close to her margin: long BTC, short ETH, worth the same.
fn hedged() -> (Stage, [Actor; 3]) {
    let mut world = stage();
    let actors = [("alice", 8_100), ("bob", 100_000), ("carol", 100_000)]
        .map(|(name, dollars)| world.actor(name, 4, dollars * DOLLAR).unwrap());
    world.trade(1, &actors[0], &actors[1], 33_333, 1_200_000).unwrap();
    world.trade(2, &actors[1], &actors[0], 10_000, 4_000_000).unwrap();
    world.advance(9).unwrap();
    (world, actors)
}

#[test]
fn t27_refreshing_only_the_leg_that_loses_costs_a_hedged_account_a_slice_at_the_smallest_penalty() {
    let (mut world, [alice, _, carol]) = hedged();
    let attack = liquidate(&world, 2, &carol, &alice, 0);
    let saved = world.chain.svm.clone();
    // Both assets rise within the minute; Alice is neither richer nor poorer for it.
    let both = |world: &mut Stage, seconds, percent| {
        let now = world.chain.now();
        world.chain.set_now(now + seconds);
        world.set_mark(2, 40_000 * (100 + percent)).unwrap();
        let one = world.chain.svm.clone();
        world.set_mark(1, 12_000 * (100 + percent)).unwrap();
        rejects(world, FirebreakError::AccountHealthy, std::slice::from_ref(&attack));
        world.chain.svm = one;
    };
    let size = |world: &mut Stage| world.margin(&alice.margin).position(2).unwrap().size;
    let equity = |world: &mut Stage| {
        let (board, now) = (world.board(), world.chain.now());
        world.margin(&alice.margin).value_for_maintenance(&board, now).unwrap().equity
    };
    // At 10 % the price that is refreshed is fresh itself; at 12 % it is beyond the band.
    for (age, percent, then) in [
        (16, 10, FirebreakError::AccountHealthy),
        (30, 10, FirebreakError::AccountHealthy),
        (60, 10, FirebreakError::AccountHealthy),
        (16, 12, FirebreakError::LiquidationTooSoon),
        (51, 12, FirebreakError::LiquidationTooSoon),
    ] {
        both(&mut world, age, percent);
        let before = equity(&mut world);
        let part = world.at.liquidate(2, carol.address(), carol.margin, alice.margin, 1_249, 0);
        rejects(&mut world, FirebreakError::LiquidationSliceTooSmall, &[part]);
        send(&mut world, std::slice::from_ref(&attack)).unwrap();
        assert_eq!(size(&mut world), -8_750);
        assert_eq!(
            before - equity(&mut world),
            1_250 * 200 * (100 + percent as i64),
            "0.5 % of an eighth: 27.5 dollars"
        );
        rejects(&mut world, then, std::slice::from_ref(&attack));
        let now = world.chain.now();
        world.chain.set_now(now + 9);
        rejects_somehow(&mut world, std::slice::from_ref(&attack));
        world.set_mark(1, 12_000 * (100 + percent)).unwrap();
        rejects(&mut world, FirebreakError::AccountHealthy, std::slice::from_ref(&attack));
        assert_sound(&mut world);
        world.chain.svm = saved.clone();
    }
    // Up to 15 s both legs are fresh, and the ordinary rules hold: a rise of a tenth within them is not protected.
    both(&mut world, 15, 10);
    send(&mut world, std::slice::from_ref(&attack)).unwrap();
    assert!(size(&mut world) > -8_750);
    assert_sound(&mut world);
}

/// An account of its own for an actor, which holds nothing but one market's positions.
fn isolated(world: &mut Stage, name: &str, market: u8, cash: u64) -> Actor {
    let actor = world.actor(name, 4, 0).unwrap();
    let margin = world.at.margin_account(&actor.address(), 1);
    let create = world.at.create_margin_account(world.payer.pubkey(), actor.address(), 1, 4, market);
    send(world, &[create]).unwrap();
    world.mint_to(&world.mint.pubkey(), &actor.tokens, cash).unwrap();
    let actor = Actor { margin, ..actor };
    world.deposit(&actor, cash).unwrap();
    actor
}

#[test]
fn known_limit_one_dead_leg_keeps_a_cross_account_from_liquidation_until_its_oracle_speaks() {
    let mut world = stage();
    let [alice, bob, carol] = [("alice", 1_000), ("bob", 40_000), ("carol", 100_000)]
        .map(|(name, dollars)| world.actor(name, 4, dollars * DOLLAR).unwrap());
    let dora = isolated(&mut world, "dora", 0, 1_000 * DOLLAR);
    for long in [&alice, &dora] {
        world.trade(0, long, &bob, 6_000, SOL).unwrap();
    }
    world.trade(2, &alice, &bob, 1, 4_000_000).unwrap();
    let now = world.chain.now();
    world.chain.set_now(now + 61);
    world.set_mark(0, 1_400_000).unwrap();
    let [attack, of_isolated] = [&alice, &dora].map(|victim| liquidate(&world, 0, &carol, victim, u64::MAX));
    rejects(&mut world, FirebreakError::PriceStale, std::slice::from_ref(&attack));
    accepts(&mut world, &[of_isolated]);
    // All the while nothing but the fee can be given away, and nothing withdrawn.
    let gift = world.at.trade(0, (bob.address(), bob.margin), (alice.address(), alice.margin), 1, 1_399_999);
    rejects(&mut world, FirebreakError::PriceStale, &[gift]);
    let take = world.at.withdraw(0, alice.address(), alice.margin, world.quote(alice.tokens), 1);
    rejects(&mut world, FirebreakError::PriceStale, &[take]);
    world.set_mark(2, 4_000_000).unwrap();
    accepts(&mut world, &[attack]);
}

#[test]
fn slices_of_a_small_leg_keep_nobody_from_the_large_one_while_a_price_is_unconfirmed() {
    let mut world = stage();
    let [alice, friend, carol] = [("alice", 1_100), ("friend", 40_000), ("carol", 100_000)]
        .map(|(name, dollars)| world.actor(name, 4, dollars * DOLLAR).unwrap());
    world.trade(0, &alice, &friend, 5_900, SOL).unwrap();
    world.trade(2, &alice, &friend, 20, 4_000_000).unwrap();
    world.advance(9).unwrap();
    let [small, large] =
        [(2, &friend), (0, &carol)].map(|(market, who)| liquidate(&world, market, who, &alice, u64::MAX));
    // SOL falls by 11.3 %, further than the band: Alice's pause is one for all her positions.
    move_mark(&mut world, 0, 1_330_000);
    assert_eq!(world.row(0).quality, risk::PriceQuality::Uncertain as u8);
    accepts(&mut world, std::slice::from_ref(&large));
    // A friend who is first with an eighth of the smallest leg would start it again and again.
    rejects(&mut world, FirebreakError::LiquidationSliceTooSmall, std::slice::from_ref(&small));
    send(&mut world, std::slice::from_ref(&large)).unwrap();
    assert_eq!(world.margin(&alice.margin).position(0).unwrap().size, 5_900 - 738);
    assert_sound(&mut world);
}

#[test]
fn a_keeper_cannot_age_a_victim_for_later() {
    let mut world = stage();
    let [alice, bob, carol] = [("alice", 1_000), ("bob", 20_000), ("carol", 100_000)]
        .map(|(name, dollars)| world.actor(name, 4, dollars * DOLLAR).unwrap());
    world.trade(0, &alice, &bob, 6_000, SOL).unwrap();
    world.advance(9).unwrap();
    let penalty_then = |world: &mut Stage, ages: bool| {
        let saved = world.chain.svm.clone();
        move_mark(world, 0, 1_403_000);
        if ages {
            world.liquidate(0, &carol, &alice.margin, 1, u64::MAX).unwrap();
        }
        move_mark(world, 0, 1_500_000); // healthy for most of an hour
        world.advance(3_000).unwrap();
        move_mark(world, 0, 1_403_000);
        let before = world.ledger().markets[&0].tranche;
        let lots = world.ledger().markets[&0].liquidated_lots;
        world.liquidate(0, &carol, &alice.margin, 100, u64::MAX).unwrap();
        let market = world.ledger().markets[&0];
        let per_lot = (market.tranche - before) / (market.liquidated_lots - lots);
        world.chain.svm = saved;
        per_lot
    };
    let [plain, aged] = [false, true].map(|ages| penalty_then(&mut world, ages));
    println!("tranche's share per lot: {plain} atoms, {aged} after one lot taken fifty minutes earlier");
    assert!(aged <= plain + 1, "{aged} instead of {plain}");
}

#[test]
fn i12_an_owner_below_maintenance_can_reduce_at_mark() {
    let mut world = stage();
    unwatched(&mut world);
    let [alice, bob] =
        [("alice", 1_000), ("bob", 20_000)].map(|(name, dollars)| world.actor(name, 4, dollars * DOLLAR).unwrap());
    world.trade(0, &alice, &bob, 6_000, SOL).unwrap();
    world.advance(9).unwrap();
    move_mark(&mut world, 0, 1_400_000);
    // Whatever brings it nearer to maintenance: at mark, by any lot. What is left of its equity it cannot give away.
    let reduce =
        |lots, price| world.at.trade(0, (bob.address(), bob.margin), (alice.address(), alice.margin), lots, price);
    let (enough, a_lot) = (reduce(3_000, 1_400_000), reduce(1, 1_400_000));
    let (last_exit, given_away) = (reduce(1, 1_345_000), reduce(1, 1_345_000 - 26_900));
    accepts(&mut world, &[enough]);
    accepts(&mut world, &[a_lot]);
    move_mark(&mut world, 0, 1_345_000);
    accepts(&mut world, &[last_exit]);
    rejects(&mut world, FirebreakError::MarginInsufficient, &[given_away]);
    assert_sound(&mut world);
}

#[test]
fn a_delegate_does_not_collect_the_rent_that_another_paid() {
    let mut world = stage();
    let [alice, mallory] = ["alice", "mallory"].map(|name| world.actor(name, 4, 1_000 * DOLLAR).unwrap());
    let terms = OfferTerms { bid_lots: 1, ask_lots: 1, bid_spread_bps: 1, ask_spread_bps: 1, expires_at: i64::MAX };
    world.place_offer(0, &alice, terms).unwrap();
    send(&mut world, &[ix::set_delegate(alice.address(), alice.margin, mallory.address())]).unwrap();
    let thief = keypair("thief").pubkey();
    for (signer, receiver) in [(&mallory, alice.address()), (&alice, alice.address()), (&alice, thief)] {
        let control = ix::cancel_offer(0, signer.address(), alice.margin, receiver);
        accepts(&mut world, &[control]);
    }
    for receiver in [thief, mallory.address(), world.payer.pubkey()] {
        let attack = ix::cancel_offer(0, mallory.address(), alice.margin, receiver);
        rejects(&mut world, FirebreakError::SignerNotAllowed, &[attack]);
    }
}
