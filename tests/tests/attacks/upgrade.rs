//! The program as it is deployed: who can replace it (T117), and whom to tell about a bug in it.
//!
//! The loader is the runtime's own; what is shown is what docs/operations.md relies on.

use crate::stage::{Stage, accepts, patch, send, snapshot, stage};
use firebreak_client::PROGRAM_ID;
use firebreak_replay::{chain::Chain, listing::DOLLAR, litesvm_chain::program_file, world::keypair};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction, error::InstructionError};
use solana_security_txt::{Contact, find_and_parse};
use solana_signer::Signer;
use solana_transaction_error::TransactionError;

const LOADER: Address = Address::from_str_const("BPFLoaderUpgradeab1e11111111111111111111111");
const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");
const RENT: Address = Address::from_str_const("SysvarRent111111111111111111111111111111111");
/// Where the program's data keeps its authority: after the kind (4 bytes) and the slot (8), as an option.
const AUTHORITY: usize = 12;

fn program_data() -> Address {
    Address::find_program_address(&[PROGRAM_ID.as_ref()], &LOADER).0
}

/// A buffer with another program in it, whose authority is this key.
fn buffer(world: &mut Stage, authority: Address) -> Address {
    let address = keypair("buffer").pubkey();
    let program = std::fs::read(program_file("venue")).expect("the venue is built");
    let header = [&1_u32.to_le_bytes()[..], &[1], authority.as_ref()].concat();
    let data = [header, program].concat();
    let account = Account { lamports: 1 << 40, owner: LOADER, data, rent_epoch: u64::MAX, ..Account::default() };
    world.chain.set_account(address, account);
    address
}

fn upgrade(world: &mut Stage, authority: Address) -> Instruction {
    let accounts = vec![
        AccountMeta::new(program_data(), false),
        AccountMeta::new(PROGRAM_ID, false),
        AccountMeta::new(buffer(world, authority), false),
        AccountMeta::new(keypair("spill").pubkey(), false),
        AccountMeta::new_readonly(RENT, false),
        AccountMeta::new_readonly(CLOCK, false),
        AccountMeta::new_readonly(authority, true),
    ];
    Instruction::new_with_bytes(LOADER, &3_u32.to_le_bytes(), accounts)
}

/// Hands the authority to another key, or to nobody.
fn set_authority(present: Address, next: Option<Address>) -> Instruction {
    let mut accounts = vec![AccountMeta::new(program_data(), false), AccountMeta::new_readonly(present, true)];
    accounts.extend(next.map(|next| AccountMeta::new_readonly(next, false)));
    Instruction::new_with_bytes(LOADER, &4_u32.to_le_bytes(), accounts)
}

/// The program as the runbook deploys it: its upgrade authority is a multisig's vault of its own.
fn deployed() -> (Stage, Address) {
    let mut world = stage();
    let vault = keypair("upgrade vault").pubkey();
    patch(&mut world, &program_data(), |account| {
        account.data[AUTHORITY] = 1;
        account.data[AUTHORITY + 1..AUTHORITY + 33].copy_from_slice(vault.as_ref());
    });
    let now = world.chain.now();
    world.chain.set_now(now + 1); // nothing is upgraded in the slot it was deployed in
    (world, vault)
}

/// Fails in the loader, with this word of its own, and leaves no trace.
#[track_caller]
fn refuses(world: &mut Stage, error: InstructionError, instructions: &[Instruction]) {
    let before = snapshot(&world.chain.svm);
    let refusal = send(world, instructions).expect_err("the loader asks for its authority");
    assert_eq!(refusal.error, TransactionError::InstructionError(0, error));
    assert!(snapshot(&world.chain.svm) == before, "a refused transaction left a trace");
}

/// The steps of docs/operations.md: only the vault upgrades; a vault that hands over is dead; given up, nobody ever does again.
#[test]
fn t117_only_its_authority_replaces_the_program_and_once_frozen_nobody() {
    let (mut world, vault) = deployed();
    let [heir, authority, guardian, stranger] =
        ["heir", "authority", "guardian", "stranger"].map(|name| keypair(name).pubkey());
    let by_vault = upgrade(&mut world, vault);
    accepts(&mut world, &[by_vault]);
    for attacker in [heir, authority, guardian, stranger] {
        let attack = upgrade(&mut world, attacker);
        refuses(&mut world, InstructionError::IncorrectAuthority, &[attack]);
        for next in [None, Some(attacker)] {
            refuses(&mut world, InstructionError::IncorrectAuthority, &[set_authority(attacker, next)]);
        }
    }
    // Handed to another multisig.
    send(&mut world, &[set_authority(vault, Some(heir))]).unwrap();
    let by_old = upgrade(&mut world, vault);
    refuses(&mut world, InstructionError::IncorrectAuthority, &[by_old]);
    let by_heir = upgrade(&mut world, heir);
    accepts(&mut world, &[by_heir]);
    // Frozen.
    send(&mut world, &[set_authority(heir, None)]).unwrap();
    for key in [heir, vault, authority] {
        let attack = upgrade(&mut world, key);
        refuses(&mut world, InstructionError::Immutable, &[attack]);
        refuses(&mut world, InstructionError::Immutable, &[set_authority(key, Some(key))]);
    }
}

/// Whoever may upgrade stands above every rule here: a program that does nothing says that it paid. Only a frozen program, or an
/// authority with a delay of its own, is a limit.
#[test]
fn known_limit_an_upgrade_asks_no_rule_of_this_program() {
    let (mut world, vault) = deployed();
    let alice = world.actor("alice", 4, 1_000 * DOLLAR).unwrap();
    world.seal().unwrap();
    let withdraw = world.at.withdraw(0, alice.address(), alice.margin, world.quote(alice.tokens), DOLLAR);
    let paid = |world: &mut Stage| {
        let saved = world.chain.svm.clone();
        send(world, std::slice::from_ref(&withdraw)).unwrap();
        let held = firebreak_replay::ledger::token_amount(&world.chain.account(&alice.tokens).expect("she has tokens"));
        world.chain.svm = saved;
        held
    };
    assert_eq!(paid(&mut world), DOLLAR);
    let replace = upgrade(&mut world, vault);
    send(&mut world, &[replace]).unwrap();
    let now = world.chain.now();
    world.chain.set_now(now + 1);
    assert_eq!(paid(&mut world), 0);
    let nonsense = world.at.seal(alice.address());
    accepts(&mut world, &[nonsense]);
}

/// The binary says whom to tell about a bug, in the words of SECURITY.md, and names no contact that is not there.
#[test]
fn the_binary_says_what_security_md_says() {
    let binary = std::fs::read(program_file("firebreak")).expect("the program is built");
    let found = find_and_parse(&binary).expect("the binary has a security.txt");
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../SECURITY.md"))
        .expect("there is a SECURITY.md");
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ").replace('"', "");
    assert_eq!(found.name, "Firebreak");
    assert_eq!(found.preferred_languages, ["en"]);
    assert_eq!(found.auditors, ["None"]);
    assert!(page.contains("Not audited"));
    let [Contact::Other(contact)] = &found.contacts[..] else { panic!("one contact, which is no address") };
    assert!(page.contains(contact), "{contact}");
    assert!(found.policy.starts_with("SECURITY.md"), "{}", found.policy);
    // The words that a naive reader looks for stand there once.
    let count = |text: &str| binary.windows(text.len()).filter(|window| *window == text.as_bytes()).count();
    assert_eq!([count("=======BEGIN SECURITY.TXT V1======="), count("=======END SECURITY.TXT V1=======")], [1, 1]);
}
