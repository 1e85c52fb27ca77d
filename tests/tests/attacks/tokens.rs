//! T07, T13, T51 to T54: tokens that do not move as told.

use crate::stage::{
    Stage, VENUE, accepts, assert_sound, cash, move_mark, patch, patch_state, rejects, rejects_code, rejects_somehow,
    send, stage,
};
use firebreak::{instructions::BankConfig, state::CollateralBank};
use firebreak_client::{Addresses, FirebreakError, TOKEN_2022_PROGRAM, instructions::TokenSide};
use firebreak_replay::{
    chain::Chain,
    listing::{self, DOLLAR},
    world::{Actor, keypair},
};
use solana_instruction::Instruction;
use solana_signer::Signer;

/// The token programs' `AccountFrozen`.
const FROZEN: u32 = 17;

fn deposit(world: &Stage, actor: &Actor, amount: u64) -> Instruction {
    world.at.deposit(0, actor.address(), actor.margin, world.quote(actor.tokens), amount)
}

fn withdraw(world: &Stage, actor: &Actor, amount: u64) -> Instruction {
    world.at.withdraw(0, actor.address(), actor.margin, world.quote(actor.tokens), amount)
}

fn funded(world: &mut Stage, name: &str) -> Actor {
    let actor = world.actor(name, 4, 1_000 * DOLLAR).unwrap();
    world.mint_to(&world.mint.pubkey(), &actor.tokens, 1_000 * DOLLAR).unwrap();
    actor
}

#[test]
fn t07_a_program_that_only_says_success_is_no_token_program() {
    let mut world = stage();
    let alice = funded(&mut world, "alice");
    let fund = world.at.fund_tranche(0, alice.address(), world.quote(alice.tokens), DOLLAR);
    for (control, slot) in [(deposit(&world, &alice, DOLLAR), 6), (withdraw(&world, &alice, DOLLAR), 8), (fund, 6)] {
        accepts(&mut world, std::slice::from_ref(&control));
        for program in [VENUE, TOKEN_2022_PROGRAM, firebreak_client::SYSTEM_PROGRAM] {
            let mut attack = control.clone();
            attack.accounts[slot].pubkey = program;
            rejects(&mut world, FirebreakError::BankAccountMismatch, &[attack]);
        }
    }
    // Nor can it become a bank's.
    let other = Addresses::of_id(9);
    let config = listing::clearinghouse_config(world.guardian.pubkey());
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let found = other.create_clearinghouse(9, payer, authority, world.mint.pubkey(), VENUE, config);
    rejects(&mut world, FirebreakError::BankAccountMismatch, &[found]);
}

#[test]
fn t13_a_vault_that_did_not_move_by_what_was_booked_fails_the_instruction() {
    let mut world = stage();
    let alice = funded(&mut world, "alice");
    let controls = [deposit(&world, &alice, DOLLAR), withdraw(&world, &alice, DOLLAR)];
    for control in &controls {
        accepts(&mut world, std::slice::from_ref(control));
    }
    // A bank whose token program says success and moves nothing. No instruction can make one; the bytes are written here.
    let bank = world.at.quote_bank;
    patch_state::<CollateralBank>(&mut world, &bank, |bank| bank.token_program = VENUE);
    for (mut attack, slot) in controls.into_iter().zip([6, 8]) {
        attack.accounts[slot].pubkey = VENUE;
        rejects(&mut world, FirebreakError::VaultMismatch, &[attack]);
    }
    let mut fund = world.at.fund_tranche(0, alice.address(), world.quote(alice.tokens), DOLLAR);
    fund.accounts[6].pubkey = VENUE;
    rejects(&mut world, FirebreakError::VaultMismatch, &[fund]);
}

#[test]
fn t51_a_frozen_account_stops_only_itself() {
    let mut world = stage();
    let [alice, bob] = ["alice", "bob"].map(|name| funded(&mut world, name));
    let freeze = |world: &mut Stage, address| patch(world, address, |account| account.data[108] = 2);
    let thaw = |world: &mut Stage, address| patch(world, address, |account| account.data[108] = 1);
    for control in [deposit(&world, &alice, 1), withdraw(&world, &alice, 1), withdraw(&world, &bob, 1)] {
        accepts(&mut world, &[control]);
    }
    freeze(&mut world, &alice.tokens);
    for attack in [deposit(&world, &alice, 1), withdraw(&world, &alice, 1)] {
        rejects_code(&mut world, FROZEN, &[attack]);
    }
    let unaffected = [deposit(&world, &bob, 1), withdraw(&world, &bob, 1)];
    accepts(&mut world, &unaffected);
    // Alice takes her cash elsewhere.
    let elsewhere = world.at.withdraw(0, alice.address(), alice.margin, world.quote(bob.tokens), DOLLAR);
    accepts(&mut world, &[elsewhere]);
    thaw(&mut world, &alice.tokens);

    let vault = world.at.quote_vault;
    freeze(&mut world, &vault);
    for attack in unaffected {
        rejects_code(&mut world, FROZEN, &[attack]);
    }
    // Trading, settling and liquidating go on: they move no tokens.
    let carol = world.actor("carol", 4, 0).unwrap();
    world.trade(0, &alice, &bob, 6_000, 1_500_000).unwrap();
    world.advance(1).unwrap();
    move_mark(&mut world, 0, 1_400_000);
    world.settle(0, &alice.margin).unwrap();
    world.liquidate(0, &bob, &alice.margin, u64::MAX, u64::MAX).unwrap();
    assert_eq!(cash(&mut world, &carol), 0);
    assert_sound(&mut world);
}

#[test]
fn t52_a_vault_is_the_bank_s_own_and_its_own_authority() {
    let mut world = stage();
    let alice = funded(&mut world, "alice");
    let vault = world.chain.account(&world.at.quote_vault).unwrap();
    assert_eq!(vault.data[32..64], world.at.quote_vault.to_bytes(), "its owner is itself");
    assert_eq!(vault.data[72..76], [0; 4], "it has no delegate");
    assert_eq!(vault.data[129..133], [0; 4], "it has no close authority");
    // A token account of the right mint that belongs to the vault's address is not the vault.
    let fake = keypair("fake vault");
    let owner = world.at.quote_vault;
    world.create_token_account(&fake, &world.mint.pubkey(), &owner).unwrap();
    for (control, slot) in [(deposit(&world, &alice, 1), 4), (withdraw(&world, &alice, 1), 6)] {
        accepts(&mut world, std::slice::from_ref(&control));
        let mut attack = control;
        attack.accounts[slot].pubkey = fake.pubkey();
        rejects(&mut world, FirebreakError::BankAccountMismatch, &[attack]);
    }
}

#[test]
fn t53_a_donation_to_the_vault_is_nobody_s() {
    let mut world = stage();
    let [alice, bob] = ["alice", "bob"].map(|name| funded(&mut world, name));
    let before = world.ledger();
    let donated = 123 * DOLLAR;
    let vault = world.at.quote_vault;
    world.mint_to(&world.mint.pubkey(), &vault, donated).unwrap();
    assert_eq!(world.ledger().booked, before.booked);
    assert_eq!(world.ledger().margin_accounts, before.margin_accounts);
    assert!(!world.violations().is_empty(), "the donation is seen");
    world.donated = donated;
    assert_sound(&mut world);
    let more = withdraw(&world, &alice, 1_000 * DOLLAR + 1);
    rejects(&mut world, FirebreakError::CashInsufficient, &[more]);
    world.withdraw(&alice, 1_000 * DOLLAR).unwrap();
    world.withdraw(&bob, 1_000 * DOLLAR).unwrap();
    let empty = withdraw(&world, &bob, 1);
    rejects(&mut world, FirebreakError::CashInsufficient, &[empty]);
    assert_eq!(world.ledger().vault, donated);
    assert_sound(&mut world);
}

#[test]
fn t54_decimals_up_to_nine_and_extreme_amounts() {
    let mut world = stage();
    let alice = world.actor("alice", 4, 0).unwrap();
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let asset = world.at.add_asset(payer, authority, listing::listing("DOGE", 1).asset);
    send(&mut world, &[asset]).unwrap();
    let mut index = 1;
    // Atoms in a lot, by the asset's lot and the token's decimals: 10, 10^4, 10^6.
    for (decimals, asset, lot_atoms) in
        [(0, 3, 10_u64), (6, 0, 10_000), (9, 2, 1_000_000), (10, 1, 0), (18, 1, 0), (255, 1, 0)]
    {
        let mint = keypair(&format!("mint of {decimals} decimals"));
        world.create_mint(&mint, decimals).unwrap();
        let add = |cap| {
            let config = BankConfig {
                asset,
                haircut_bps: 1,
                liquidation_discount_bps: 0,
                deposit_cap: cap,
                surcharge_bps: 0,
                outflow: listing::OUTFLOW,
            };
            world.at.add_collateral_bank(payer, authority, mint.pubkey(), world.token_program, index, config)
        };
        let most = (1 << 28) * lot_atoms + lot_atoms.saturating_sub(1);
        let [too_much, add] = [add(most + 1), add(most)];
        let found = Addresses::of_id(100 + u64::from(decimals));
        let ch = listing::clearinghouse_config(world.guardian.pubkey());
        let id = 100 + u64::from(decimals);
        let found = found.create_clearinghouse(id, payer, authority, mint.pubkey(), world.token_program, ch);
        if lot_atoms == 0 {
            rejects(&mut world, FirebreakError::MintDecimalsOutOfRange, &[add]);
            rejects(&mut world, FirebreakError::MintDecimalsOutOfRange, &[found]);
            continue;
        }
        accepts(&mut world, &[found]);
        rejects(&mut world, FirebreakError::CapOutOfRange, &[too_much]);
        send(&mut world, &[add]).unwrap();
        let tokens = keypair(&format!("alice's tokens of {decimals} decimals"));
        world.create_token_account(&tokens, &mint.pubkey(), &alice.address()).unwrap();
        world.mint_to(&mint.pubkey(), &tokens.pubkey(), u64::MAX).unwrap();
        let side =
            TokenSide { mint: mint.pubkey(), token_program: world.token_program, token_account: tokens.pubkey() };
        let deposit = |amount| world.at.deposit(index, alice.address(), alice.margin, side, amount);
        let [beyond, all, one_more, everything] = [most + 1, most, 1, u64::MAX].map(deposit);
        rejects(&mut world, FirebreakError::DepositCapExceeded, &[beyond]);
        send(&mut world, &[all]).unwrap();
        rejects(&mut world, FirebreakError::DepositCapExceeded, &[one_more]);
        rejects(&mut world, FirebreakError::ArithmeticOverflow, &[everything]);
        assert_sound(&mut world);
        let withdraw = |amount| world.at.withdraw(index, alice.address(), alice.margin, side, amount);
        let [back, again] = [most, 1].map(withdraw);
        send(&mut world, &[back]).unwrap();
        rejects_somehow(&mut world, &[again]);
        index += 1;
    }
}
