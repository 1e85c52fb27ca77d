//! Mints of Token-2022: what only describes the token is accepted, everything else is refused.

use crate::scene::*;
use firebreak::state::CollateralBank;
use firebreak_client::{TOKEN_2022_PROGRAM, TOKEN_PROGRAM, decode};
use firebreak_tests::mints::{DESCRIPTIVE, FORBIDDEN, mint_account, mint_bytes};
use solana_instruction::AccountMeta;

fn mint_to(world: &mut Bank, mint: Address, to: Address, amount: u64) {
    let mut data = vec![7];
    data.extend(amount.to_le_bytes());
    let accounts = vec![
        AccountMeta::new(mint, false),
        AccountMeta::new(to, false),
        AccountMeta::new_readonly(payer().pubkey(), true),
    ];
    send(world, Instruction { program_id: TOKEN_2022_PROGRAM, accounts, data }, &[&payer()]).unwrap();
}

/// A mint with these extensions, written as its bytes.
fn mint(world: &mut Bank, name: &str, extensions: &[(u16, usize)]) -> Address {
    let mint = keypair(name).pubkey();
    let data = mint_bytes(&payer().pubkey(), 6, extensions);
    world.chain.set_account(mint, mint_account(TOKEN_2022_PROGRAM, data));
    mint
}

/// A clearinghouse in a mint of Token-2022, which the world then goes on with.
fn world_in(extensions: &[(u16, usize)]) -> Bank {
    let mut world = world();
    let quote = mint(&mut world, "token 2022 quote", extensions);
    world.at = Addresses::of_id(2);
    (world.mint, world.token_program) = (keypair("token 2022 quote"), TOKEN_2022_PROGRAM);
    let config = listing::clearinghouse_config(guardian().pubkey());
    let (payer, authority) = (payer(), authority());
    let create =
        world.at.create_clearinghouse(2, payer.pubkey(), authority.pubkey(), quote, TOKEN_2022_PROGRAM, config);
    send(&mut world, create, &[&payer, &authority]).unwrap();
    world.list(0, &listing::listing("SOL", -2)).unwrap();
    world.set_mark(0, MARK).unwrap();
    world
}

/// Deposit, trade, fall, settle, withdraw: each to the atom, in every mint that is accepted.
fn goes_from_end_to_end(extensions: &[(u16, usize)]) {
    let mut world = world_in(extensions);
    let alice = world.actor("alice", 4, 10_000 * DOLLAR).unwrap();
    let bob = world.actor("bob", 4, 10_000 * DOLLAR).unwrap();
    let funder = world.actor("carol", 4, 0).unwrap();
    mint_to(&mut world, keypair("token 2022 quote").pubkey(), funder.tokens, 50);
    let fund = world.at.fund_tranche(0, funder.address(), world.quote(funder.tokens), 50);
    succeeds(&mut world, |world| send(world, fund, &[&funder.key]));
    succeeds(&mut world, |world| world.trade(0, &alice, &bob, 1_000, MARK));
    world.chain.set_now(NOW + 10);
    world.set_mark(0, 1_490_000).unwrap();
    succeeds(&mut world, |world| world.settle(0, &alice.margin));
    succeeds(&mut world, |world| world.trade(0, &bob, &alice, 1_000, 1_490_000));
    succeeds(&mut world, |world| world.settle(0, &bob.margin));

    // Fees: 1,000 lots at 1,500,000 and at 1,490,000, 0.05 % each; Alice lost 10 dollars to Bob.
    let (fees, lost) = (750_000 + 745_000, 10_000_000);
    for (actor, left) in [(&alice, 10_000 * DOLLAR - fees - lost), (&bob, 10_000 * DOLLAR - fees + lost)] {
        let step = succeeds(&mut world, |world| world.withdraw(actor, left));
        assert_eq!(step.changes.iter().filter(|change| !change.at.contains("outflow")).count(), 4);
        let account = world.chain.account(&actor.tokens).unwrap();
        assert_eq!(firebreak_replay::ledger::token_amount(&account), left);
    }
}

#[test]
fn a_quote_mint_without_extensions_works_from_end_to_end() {
    goes_from_end_to_end(&[]);
}

/// Metadata pointer: authority and address.
#[test]
fn a_quote_mint_with_a_metadata_pointer_works_from_end_to_end() {
    goes_from_end_to_end(&[(18, 64)]);
}

#[test]
fn a_collateral_mint_of_token_2022_works_beside_a_quote_mint_of_the_older_program() {
    let (mut world, alice, _) = world_with_two();
    let mint = mint(&mut world, "token 2022 collateral", &[(18, 64)]);
    let (payer, authority) = (payer(), authority());
    let add =
        world.at.add_collateral_bank(payer.pubkey(), authority.pubkey(), mint, TOKEN_2022_PROGRAM, 1, bank_config());
    send(&mut world, add, &[&payer, &authority]).unwrap();
    let tokens = keypair("tokens of mint 1");
    world.token_program = TOKEN_2022_PROGRAM;
    world.create_token_account(&tokens, &mint, &alice.address()).unwrap();
    world.token_program = TOKEN_PROGRAM;
    mint_to(&mut world, mint, tokens.pubkey(), 100);
    let side = ix::TokenSide { mint, token_program: TOKEN_2022_PROGRAM, token_account: tokens.pubkey() };
    let deposit = world.at.deposit(1, alice.address(), alice.margin, side, 100);
    let withdraw = world.at.withdraw(1, alice.address(), alice.margin, side, 99);

    succeeds(&mut world, |world| send(world, deposit, &[&alice.key]));
    succeeds(&mut world, |world| send(world, withdraw, &[&alice.key])).changes_only([
        change("alice.collateral[0].amount", 100, 1),
        change("bank 1.total", 100, 1),
        change("tokens of mint 1.amount", 0, 99),
        change("vault 1.amount", 100, 1),
    ]);
}

/// Lists a mint with each extension, alone and behind one that is allowed, as quote and as collateral: all are
/// accepted, or all refused.
fn lists_or_rejects(extensions: &[(&str, u16)], is_allowed: bool) {
    let mut world = world();
    let (payer, authority) = (payer(), authority());
    let (by, config) = ((payer.pubkey(), authority.pubkey()), listing::clearinghouse_config(guardian().pubkey()));
    let (mut id, mut bank) = (2, 1);
    for (name, kind) in extensions {
        let alone = mint(&mut world, &format!("{name} alone"), &[(*kind, 32)]);
        let second = mint(&mut world, &format!("{name} behind a pointer"), &[(18, 64), (*kind, 32)]);
        for mint in [alone, second] {
            println!("{name}");
            let quote = Addresses::of_id(id).create_clearinghouse(id, by.0, by.1, mint, TOKEN_2022_PROGRAM, config);
            let asset = asset_of(&mut world, bank);
            let bank_config = BankConfig { asset, deposit_cap: 1, ..bank_config() };
            let collateral = world.at.add_collateral_bank(by.0, by.1, mint, TOKEN_2022_PROGRAM, bank, bank_config);
            for listing in [quote, collateral] {
                match is_allowed {
                    true => drop(send(&mut world, listing, &[&payer, &authority]).unwrap()),
                    false => assert_rejects(&mut world, FirebreakError::MintExtensionForbidden, |world| {
                        send(world, listing, &[&payer, &authority])
                    }),
                }
            }
            if is_allowed {
                (id, bank) = (id + 1, bank + 1);
            }
        }
    }
}

#[test]
fn t49_rejects_every_extension_that_could_change_what_a_balance_means() {
    lists_or_rejects(&FORBIDDEN, false);
}

#[test]
fn extensions_that_only_describe_the_token_are_accepted() {
    lists_or_rejects(&DESCRIPTIVE, true);
}

/// An extension that claims more bytes than the mint has.
#[test]
fn t49_rejects_extensions_that_are_cut_off() {
    let mut world = world();
    let (payer, authority) = (payer(), authority());
    let address = keypair("cut off").pubkey();
    let mut data = mint_bytes(&payer.pubkey(), 6, &[(18, 64)]);
    let whole = mint_account(TOKEN_2022_PROGRAM, data.clone());
    data.truncate(data.len() - 1);
    world.chain.set_account(address, mint_account(TOKEN_2022_PROGRAM, data));
    let by = (payer.pubkey(), authority.pubkey());
    let add = world.at.add_collateral_bank(by.0, by.1, address, TOKEN_2022_PROGRAM, 1, bank_config());
    assert_rejects(&mut world, FirebreakError::MintExtensionForbidden, |world| {
        send(world, add.clone(), &[&payer, &authority])
    });
    world.chain.set_account(address, whole);
    send(&mut world, add, &[&payer, &authority]).unwrap();
}

/// A transfer fee that appears on a mint after it was listed, which Token-2022 itself does not allow: the vault receives
/// less than is booked, and that is refused.
#[test]
fn i02_rejects_a_transfer_that_arrives_incomplete() {
    let mut world = world_in(&[]);
    let alice = world.actor("alice", 4, 100).unwrap();
    mint_to(&mut world, keypair("token 2022 quote").pubkey(), alice.tokens, 20_000);
    world.deposit(&alice, 10_000).unwrap();

    // 1 % of every transfer, from the first epoch on, withheld at the receiver.
    let mut fee = vec![0; 72];
    for _ in 0..2 {
        fee.extend([0_u64.to_le_bytes(), u64::MAX.to_le_bytes()].concat());
        fee.extend(100_u16.to_le_bytes());
    }
    let mint = keypair("token 2022 quote").pubkey();
    extend(&mut world, mint, 1, 1, &fee);
    let vault = world.at.quote_vault;
    for holder in [vault, alice.tokens] {
        extend(&mut world, holder, 2, 2, &[0; 8]);
    }
    let bank: CollateralBank = decode(&world.chain.account(&world.at.quote_bank).unwrap().data).unwrap();
    assert_eq!(bank.total, 10_100);
    assert_rejects(&mut world, FirebreakError::VaultMismatch, |world| world.deposit(&alice, 10_000));
    // Paying out, the vault loses what is booked; the fee is the receiver's.
    world.withdraw(&alice, 10_000).unwrap();
}

/// Gives a token account or mint an extension behind its account type.
fn extend(world: &mut Bank, address: Address, account_type: u8, kind: u16, content: &[u8]) {
    let mut account = world.chain.account(&address).unwrap();
    account.data.resize(165, 0);
    account.data.push(account_type);
    account.data.extend(kind.to_le_bytes());
    account.data.extend((content.len() as u16).to_le_bytes());
    account.data.extend(content);
    account.lamports += 100_000_000;
    world.chain.set_account(address, account);
}
