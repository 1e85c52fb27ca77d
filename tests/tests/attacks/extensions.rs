//! T49, T50: Token-2022 mints, an extension each.

use crate::stage::{Stage, accepts, assert_sound, rejects, send, stage};
use firebreak::instructions::BankConfig;
use firebreak_client::{Addresses, FirebreakError, TOKEN_2022_PROGRAM, instructions::TokenSide};
use firebreak_replay::{chain::Chain, listing, world::keypair};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

/// Metadata pointer, metadata, group pointer, group, member pointer, member.
const DESCRIPTIVE: std::ops::RangeInclusive<u16> = 18..=23;
/// The extensions of mints, with the length of each.
const MINT_EXTENSIONS: [(&str, u16, usize); 20] = [
    ("transfer fee, now zero", 1, 108),
    ("mint close authority", 3, 32),
    ("confidential transfer", 4, 65),
    ("default account state", 6, 1),
    ("non transferable", 9, 0),
    ("interest bearing", 10, 52),
    ("permanent delegate", 12, 32),
    ("transfer hook", 14, 64),
    ("confidential transfer fee", 16, 129),
    ("metadata pointer", 18, 64),
    ("metadata", 19, 80),
    ("group pointer", 20, 64),
    ("group", 21, 80),
    ("member pointer", 22, 64),
    ("member", 23, 72),
    ("confidential mint and burn", 24, 196),
    ("scaled amount", 25, 56),
    ("pausable", 26, 33),
    ("permissioned burn", 28, 32),
    ("not known yet", 4_711, 8),
];

fn mint_bytes(decimals: u8, extensions: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut data = vec![0; 82];
    data[36..44].copy_from_slice(&1_000_000_u64.to_le_bytes());
    (data[44], data[45]) = (decimals, 1);
    if !extensions.is_empty() {
        data.resize(165, 0);
        data.push(1); // a mint
    }
    for (kind, value) in extensions {
        data.extend(kind.to_le_bytes());
        data.extend((value.len() as u16).to_le_bytes());
        data.extend(value);
    }
    data
}

fn write_mint(world: &mut Stage, data: Vec<u8>) -> Address {
    let mint = keypair("Token-2022 mint").pubkey();
    let account = Account { lamports: 1 << 32, data, owner: TOKEN_2022_PROGRAM, ..Account::default() };
    world.chain.set_account(mint, account);
    mint
}

/// As collateral, and as the quote token of another clearinghouse.
fn listings(world: &Stage, mint: Address) -> [Instruction; 2] {
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let bank = BankConfig {
        asset: 0,
        haircut_bps: 1,
        liquidation_discount_bps: 0,
        deposit_cap: 1 << 40,
        surcharge_bps: 0,
        outflow: listing::OUTFLOW,
    };
    let config = listing::clearinghouse_config(world.guardian.pubkey());
    [
        world.at.add_collateral_bank(payer, authority, mint, TOKEN_2022_PROGRAM, 1, bank),
        Addresses::of_id(9).create_clearinghouse(9, payer, authority, mint, TOKEN_2022_PROGRAM, config),
    ]
}

#[test]
fn t49_only_extensions_that_describe_are_listed() {
    let mut world = stage();
    let mint = write_mint(&mut world, mint_bytes(6, &[]));
    for control in listings(&world, mint) {
        accepts(&mut world, &[control]);
    }
    for (name, kind, length) in MINT_EXTENSIONS {
        write_mint(&mut world, mint_bytes(6, &[(kind, vec![0; length])]));
        for list in listings(&world, mint) {
            println!("{name}");
            match DESCRIPTIVE.contains(&kind) {
                true => accepts(&mut world, &[list]),
                false => rejects(&mut world, FirebreakError::MintExtensionForbidden, &[list]),
            }
        }
    }
    // Every number there is below a hundred, of a mint or of an account.
    for kind in (1..100).filter(|kind| !DESCRIPTIVE.contains(kind)) {
        write_mint(&mut world, mint_bytes(6, &[(kind, vec![0; 8])]));
        for list in listings(&world, mint) {
            rejects(&mut world, FirebreakError::MintExtensionForbidden, &[list]);
        }
    }
}

#[test]
fn t49_an_extension_does_not_hide_behind_another() {
    let mut world = stage();
    let pointer = (18, vec![0; 64]);
    let mint = write_mint(&mut world, mint_bytes(6, &[pointer.clone(), (20, vec![0; 64])]));
    for control in listings(&world, mint) {
        accepts(&mut world, &[control]);
    }
    let hook = (14, vec![0; 64]);
    let empty = (19, vec![]);
    for extensions in [vec![pointer.clone(), hook.clone()], vec![hook.clone(), pointer.clone()], vec![empty, hook]] {
        write_mint(&mut world, mint_bytes(6, &extensions));
        for list in listings(&world, mint) {
            rejects(&mut world, FirebreakError::MintExtensionForbidden, &[list]);
        }
    }
    // A length that points beyond the end.
    let mut data = mint_bytes(6, &[pointer]);
    data[168..170].copy_from_slice(&u16::MAX.to_le_bytes());
    write_mint(&mut world, data);
    for list in listings(&world, mint) {
        rejects(&mut world, FirebreakError::MintExtensionForbidden, &[list]);
    }
}

#[test]
fn t50_a_fee_cannot_come_after_the_listing_and_a_token_2022_bank_moves_exact_amounts() {
    // A transfer fee, a hook and a pause exist only in mints that were created with them, and those are refused at
    // listing whatever their values are (t49). What is left moves what it is told to; the vault is read again (t13).
    let mut world = stage();
    let alice = world.actor("alice", 4, 0).unwrap();
    let mint = write_mint(&mut world, mint_bytes(6, &[(18, vec![0; 64])]));
    let [list, _] = listings(&world, mint);
    send(&mut world, &[list]).unwrap();
    let token_account = keypair("alice's Token-2022 tokens").pubkey();
    let mut data = vec![0; 165];
    data[..32].copy_from_slice(mint.as_ref());
    data[32..64].copy_from_slice(alice.address().as_ref());
    data[64..72].copy_from_slice(&1_000_000_u64.to_le_bytes());
    data[108] = 1;
    let account = Account { lamports: 1 << 32, data, owner: TOKEN_2022_PROGRAM, ..Account::default() };
    world.chain.set_account(token_account, account);
    let side = TokenSide { mint, token_program: TOKEN_2022_PROGRAM, token_account };
    let deposit = world.at.deposit(1, alice.address(), alice.margin, side, 1_000_000);
    let withdraw = world.at.withdraw(1, alice.address(), alice.margin, side, 999_999);
    send(&mut world, std::slice::from_ref(&deposit)).unwrap();
    send(&mut world, &[withdraw]).unwrap();
    // The other token program is not this bank's.
    let mut swapped = deposit;
    swapped.accounts[6].pubkey = firebreak_client::TOKEN_PROGRAM;
    rejects(&mut world, FirebreakError::BankAccountMismatch, &[swapped]);
    assert_eq!(world.margin(&alice.margin).header.collateral[0].amount, 1);
    assert_sound(&mut world);
}
