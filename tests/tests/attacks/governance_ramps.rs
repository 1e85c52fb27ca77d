//! T111: requirements that are raised, and those who are healthy when it happens.

use crate::{
    governance::{pass, proposed, sealed_stage},
    stage::{SOL, Stage, confirm_mark, move_mark, rejects, send, stage, would},
};
use firebreak::instructions::BankConfig;
use firebreak_client::{FirebreakError, instructions::TokenSide};
use firebreak_replay::{
    chain::Chain,
    listing::DOLLAR,
    world::{Actor, keypair},
};
use solana_signer::Signer;

/// Raising the maintenance ratio above what a healthy account holds: it has two days to react, and initial margin counts at once.
#[test]
fn t111_a_higher_requirement_liquidates_nobody_at_once() {
    let (mut world, alice, bob) = sealed_stage();
    // She keeps what initial margin asks for; then SOL falls by 4.8 %: she holds 5.6 %, above 5 % and below 6 %.
    let cash = world.margin(&alice.margin).header.cash;
    let keep = SOL * 1_000 / 1_000 * 102;
    let withdraw = world.at.withdraw(0, alice.address(), alice.margin, world.quote(alice.tokens), cash - keep);
    send(&mut world, &[withdraw]).unwrap();
    let mark = SOL - SOL / 1_000 * 48;
    confirm_mark(&mut world, 0, mark);

    let higher = world.asset_change(0, |asset| (asset.initial_ratio_bps, asset.maintenance_ratio_bps) = (1_100, 600));
    let id = proposed(&mut world, higher);
    world.execute(id).unwrap();
    let started = world.chain.now();
    let attack = world.at.liquidate(0, bob.address(), bob.margin, alice.margin, u64::MAX, u64::MAX);
    rejects(&mut world, FirebreakError::AccountHealthy, std::slice::from_ref(&attack));
    // At once for initial margin; over two days for maintenance, and no faster by raising again.
    pass(&mut world, 10);
    world.set_mark(0, mark).unwrap();
    assert_eq!(world.row(0).initial_margin, risk::bps_up(mark + mark / 2_000, 1_100).unwrap());
    assert_eq!(world.row(0).maintenance_margin, risk::bps_up(mark, 500).unwrap());
    let again = world.asset_change(0, |asset| asset.maintenance_ratio_bps = 601);
    let again = world.at.propose(1, world.payer.pubkey(), world.authority.pubkey(), again);
    rejects(&mut world, FirebreakError::RampUnderWay, &[again]);
    let mut fell = None;
    for hour in 1..=48 {
        world.chain.set_now(started + hour * 3_600);
        world.set_mark(0, mark).unwrap();
        let ratio = 500 + 100 * hour as u64 / 48;
        assert_eq!(world.row(0).maintenance_margin, risk::bps_up(mark, ratio).unwrap(), "after {hour} hours");
        if fell.is_none() && would(&mut world, std::slice::from_ref(&attack)).is_ok() {
            fell = Some(hour);
        }
    }
    assert!(fell.is_some_and(|hour| (24..44).contains(&hour)), "{fell:?}");
}

/// The bank these tests add for a token that counts as asset 1.
const WRAPPED: BankConfig = BankConfig {
    asset: 1,
    haircut_bps: 1_000,
    liquidation_discount_bps: 200,
    deposit_cap: 1 << 40,
    outflow: firebreak_replay::listing::OUTFLOW,
    surcharge_bps: 0,
};

/// A haircut that is raised counts at once for what is added, and over two days for what stands.
#[test]
fn t111_a_higher_haircut_liquidates_nobody_at_once() {
    let mut world = stage();
    let [alice, bob] = ["alice", "bob"].map(|name| world.actor(name, 4, 10_000 * DOLLAR).unwrap());
    let mint = keypair("wrapped");
    world.create_mint(&mint, 9).unwrap();
    let (payer, authority, token_program) = (world.payer.pubkey(), world.authority.pubkey(), world.token_program);
    let add = world.at.add_collateral_bank(payer, authority, mint.pubkey(), token_program, 1, WRAPPED);
    send(&mut world, &[add]).unwrap();
    let tokens = keypair("alice's wrapped");
    world.create_token_account(&tokens, &mint.pubkey(), &alice.address()).unwrap();
    world.mint_to(&mint.pubkey(), &tokens.pubkey(), 1 << 40).unwrap();
    let side = TokenSide { mint: mint.pubkey(), token_program, token_account: tokens.pubkey() };
    // 100 lots of collateral count 108 dollars, and her cash is gone: her margin is the token.
    let deposit = world.at.deposit(1, alice.address(), alice.margin, side, 1_000_000);
    send(&mut world, &[deposit]).unwrap();
    let all = world.margin(&alice.margin).header.cash;
    let withdraw = world.at.withdraw(0, alice.address(), alice.margin, world.quote(alice.tokens), all);
    send(&mut world, &[withdraw]).unwrap();
    world.trade(0, &alice, &bob, 650, SOL).unwrap();
    world.seal().unwrap();
    // SOL falls until a dollar and a bit is left above maintenance; the raise will take 2.40.
    let mut mark = SOL;
    while above_maintenance(&mut world, &alice) > 1_300_000 {
        mark -= 1_000;
        move_mark(&mut world, 0, mark);
        world.set_mark(1, 1_200_000).unwrap();
    }
    confirm_mark(&mut world, 0, mark);
    assert!(above_maintenance(&mut world, &alice) > 0);

    let higher = world.bank_change(1, |bank| bank.haircut_bps = 1_200);
    let left = above_maintenance(&mut world, &alice);
    let id = proposed(&mut world, higher);
    world.execute(id).unwrap();
    assert_eq!(above_maintenance(&mut world, &alice), left);
    assert_eq!(
        (
            world.row(1).collateral_for_maintenance().unwrap().haircut_bps,
            world.row(1).collateral_for_initial().unwrap().haircut_bps,
        ),
        (1_000, 1_200)
    );
    let again = world.bank_change(1, |bank| bank.haircut_bps = 1_201);
    let again = world.at.propose(1, payer, authority, again);
    rejects(&mut world, FirebreakError::RampUnderWay, &[again]);
    let started = world.chain.now();
    let attack = world.at.liquidate(0, bob.address(), bob.margin, alice.margin, u64::MAX, u64::MAX);
    rejects(&mut world, FirebreakError::AccountHealthy, std::slice::from_ref(&attack));
    let mut fell = None;
    for hour in 1..=48 {
        world.chain.set_now(started + hour * 3_600);
        world.set_mark(0, mark).unwrap();
        world.set_mark(1, 1_200_000).unwrap();
        if fell.is_none() && would(&mut world, std::slice::from_ref(&attack)).is_ok() {
            fell = Some(hour);
        }
    }
    assert_eq!(world.row(1).collateral().haircut_bps, 1_200);
    assert!(fell.is_some_and(|hour| (12..44).contains(&hour)), "{fell:?}");
}

/// Equity less maintenance, in quote atoms.
fn above_maintenance(world: &mut Stage, actor: &Actor) -> i64 {
    let (board, now) = (world.board(), world.chain.now());
    let value = world.margin(&actor.margin).value_for_maintenance(&board, now).unwrap();
    value.equity - value.requirement as i64
}

/// One raise of an asset at a time, be it of its ratio or of its token's haircut; and what is listed meanwhile counts at once.
#[test]
fn t111_a_ramp_under_way_neither_hurries_nor_softens_anything_else() {
    let mut world = stage();
    let mint = keypair("wrapped");
    world.create_mint(&mint, 9).unwrap();
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let higher = world.asset_change(1, |asset| asset.maintenance_ratio_bps = 600);
    let id = proposed(&mut world, higher);
    world.execute(id).unwrap();
    pass(&mut world, 3_600);
    world.set_mark(1, 1_200_000).unwrap();
    let add = world.at.add_collateral_bank(payer, authority, mint.pubkey(), world.token_program, 1, WRAPPED);
    send(&mut world, &[add]).unwrap();
    assert_eq!(world.row(1).collateral().haircut_bps, 1_000);
    world.seal().unwrap();
    let raise = world.bank_change(1, |bank| bank.haircut_bps = 1_100);
    let raise = world.at.propose(1, payer, authority, raise);
    rejects(&mut world, FirebreakError::RampUnderWay, std::slice::from_ref(&raise));
    pass(&mut world, 47 * 3_600);
    world.set_mark(1, 1_200_000).unwrap(); // a ramp counts as far as prices have shown it
    send(&mut world, &[raise]).unwrap();
    world.execute(1).unwrap();
    assert_eq!(world.row(1).maintenance_in_force(world.chain.now()), 600);
    assert_eq!(world.row(1).haircut_in_force(world.chain.now()), 1_000);
}
