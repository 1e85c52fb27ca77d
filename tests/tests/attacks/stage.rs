//! The world that attacks begin with, and what it means to reject one.

use firebreak_client::{FirebreakError, PROGRAM_ID, SYSTEM_PROGRAM};
use firebreak_replay::{
    chain::{Chain, ERROR_OFFSET, Receipt, Refusal},
    litesvm_chain::{LiteSvmChain, program_file},
    world::{Actor, World, keypair},
};
use litesvm::LiteSVM;
use solana_account::{Account, AccountSharedData, ReadableAccount};
use solana_address::Address;
use solana_instruction::{Instruction, error::InstructionError};
use solana_signer::Signer;
use solana_transaction::TransactionError;
use std::collections::BTreeMap;

pub type Stage = World<LiteSvmChain>;
pub type Sent = Result<Receipt, Box<Refusal>>;

pub const START: i64 = 1_760_000_000;
/// The venue, which is the attacker's program as well.
pub const VENUE: Address = Address::new_from_array([0x5e; 32]);
/// Marks of the three markets at the start, in quote atoms per lot.
pub const SOL: u64 = 1_500_000;

/// SOL, BTC and ETH listed and priced, and the attacker's program deployed.
pub fn stage() -> Stage {
    let mut chain = LiteSvmChain::new().unwrap();
    let file = program_file("venue");
    chain.svm.add_program_from_file(VENUE, &file).unwrap_or_else(|error| panic!("{}: {error:?}", file.display()));
    let mut world = World::with_majors(chain, START).unwrap();
    let rich = Account { lamports: 1 << 50, rent_epoch: u64::MAX, ..Account::default() };
    world.chain.set_account(keypair("fee payer").pubkey(), rich);
    world
}

/// Sends with a payer of fees that takes no part, every signature given.
pub fn send(world: &mut Stage, instructions: &[Instruction]) -> Sent {
    world.chain.send(instructions, &[&keypair("fee payer")])
}

/// All accounts but the fee payer's and the runtime's own.
pub fn snapshot(svm: &LiteSVM) -> BTreeMap<Address, AccountSharedData> {
    let payer = keypair("fee payer").pubkey();
    let sysvars = Address::from_str_const("Sysvar1111111111111111111111111111111111111");
    let accounts = svm.accounts_db().inner.iter();
    accounts
        .filter(|(address, account)| **address != payer && *account.owner() != sysvars && account.lamports() > 0)
        .map(|(address, account)| (*address, account.clone()))
        .collect()
}

/// Whether the refusal is one that somebody decided on: the program's own code, the framework's, the token or system
/// program's, or one of the runtime's words for a wrong account. A crash or a broken rule of the runtime is not.
pub fn is_named(error: &TransactionError) -> bool {
    use InstructionError as E;
    let TransactionError::InstructionError(_, error) = error else { return false };
    matches!(
        error,
        E::Custom(_)
            | E::IllegalOwner
            | E::InvalidAccountOwner
            | E::InvalidAccountData
            | E::AccountDataTooSmall
            | E::MissingRequiredSignature
            | E::UninitializedAccount
            | E::InvalidSeeds
            | E::IncorrectProgramId
            | E::AccountAlreadyInitialized
            | E::InvalidInstructionData
            | E::AccountBorrowFailed
            | E::MissingAccount
    )
}

/// Runs on a copy of the chain: what would happen.
pub fn would(world: &mut Stage, instructions: &[Instruction]) -> Sent {
    let saved = world.chain.svm.clone();
    let sent = send(world, instructions);
    world.chain.svm = saved;
    sent
}

/// The positive control: succeeds, on a copy of the chain.
#[track_caller]
pub fn accepts(world: &mut Stage, instructions: &[Instruction]) {
    if let Err(refusal) = would(world, instructions) {
        panic!("the positive control was refused: {refusal}");
    }
}

/// Fails, with a named error, and leaves no trace.
#[track_caller]
pub fn rejects_somehow(world: &mut Stage, instructions: &[Instruction]) -> Box<Refusal> {
    let before = snapshot(&world.chain.svm);
    let refusal = match send(world, instructions) {
        Ok(_) => panic!("the attack was accepted"),
        Err(refusal) => refusal,
    };
    assert!(is_named(&refusal.error), "not a named error: {refusal}");
    assert!(snapshot(&world.chain.svm) == before, "a refused transaction left a trace");
    refusal
}

/// Fails for this cause and leaves no trace.
#[track_caller]
pub fn rejects(world: &mut Stage, cause: FirebreakError, instructions: &[Instruction]) {
    let refusal = rejects_somehow(world, instructions);
    assert_eq!(refusal.code(), Some(ERROR_OFFSET + cause as u32), "expected {cause:?}, got {refusal}");
}

/// Fails with this code, which is not the program's own, and leaves no trace.
#[track_caller]
pub fn rejects_code(world: &mut Stage, code: u32, instructions: &[Instruction]) {
    let refusal = rejects_somehow(world, instructions);
    assert_eq!(refusal.code(), Some(code), "{refusal}");
}

/// Fails with this word of the runtime and leaves no trace.
#[track_caller]
pub fn rejects_with(world: &mut Stage, error: InstructionError, instructions: &[Instruction]) {
    let refusal = rejects_somehow(world, instructions);
    assert!(matches!(&refusal.error, TransactionError::InstructionError(_, found) if *found == error), "{refusal}");
}

/// The ledger identities hold.
#[track_caller]
pub fn assert_sound(world: &mut Stage) {
    assert_eq!(world.violations(), Vec::<String>::new());
}

/// Changes an account's bytes in place.
pub fn patch(world: &mut Stage, address: &Address, change: impl FnOnce(&mut Account)) {
    let mut account = world.chain.account(address).expect("the account exists");
    change(&mut account);
    world.chain.set_account(*address, account);
}

/// Changes a program account's header in place.
pub fn patch_state<T: bytemuck::Pod>(world: &mut Stage, address: &Address, change: impl FnOnce(&mut T)) {
    patch(world, address, |account| {
        let end = 8 + size_of::<T>();
        let mut state: T = bytemuck::pod_read_unaligned(&account.data[8..end]);
        change(&mut state);
        account.data[8..end].copy_from_slice(bytemuck::bytes_of(&state));
    });
}

/// A second clearinghouse on the same chain, with the same listings and the same keys in every role. Leaves the world
/// turned to the first.
pub fn add_second_clearinghouse(world: &mut Stage) -> firebreak_client::Addresses {
    let first = (world.id, world.at);
    (world.id, world.at) = (2, firebreak_client::Addresses::of_id(2));
    let config = firebreak_replay::listing::clearinghouse_config(world.guardian.pubkey());
    let (payer, authority, mint) = (world.payer.pubkey(), world.authority.pubkey(), world.mint.pubkey());
    let create = world.at.create_clearinghouse(2, payer, authority, mint, world.token_program, config);
    send(world, &[create]).unwrap();
    for (index, listing) in firebreak_replay::listing::majors().iter().enumerate() {
        world.list(index as u8, listing).unwrap();
        world.set_mark(index as u8, SOL).unwrap();
    }
    let second = world.at;
    (world.id, world.at) = first;
    second
}

/// Moves the clock on by a second and publishes a mark.
pub fn move_mark(world: &mut Stage, asset: u8, per_lot: u64) {
    let now = world.chain.now();
    world.chain.set_now(now + 1);
    world.set_mark(asset, per_lot).unwrap();
}

/// `move_mark`, and then all marks again until the averages have followed and every price is fresh: for what is not about
/// the wait after a jump.
pub fn confirm_mark(world: &mut Stage, asset: u8, per_lot: u64) {
    move_mark(world, asset, per_lot);
    let is_fresh = |world: &mut Stage| {
        let now = world.chain.now();
        world.board().rows.iter().all(|row| row.mark == 0 || row.require(risk::Action::AddRisk, now).is_ok())
    };
    for _ in 0..10 {
        if is_fresh(world) {
            return;
        }
        world.advance(3_600).unwrap();
    }
    panic!("the averages do not follow");
}

/// Takes an actor's cash as it stands.
pub fn cash(world: &mut Stage, actor: &Actor) -> u64 {
    world.margin(&actor.margin).header.cash
}

/// A signer's worth of lamports at an address of the system program's.
pub fn fund(world: &mut Stage, address: Address, lamports: u64) {
    let account = Account { lamports, owner: SYSTEM_PROGRAM, rent_epoch: u64::MAX, ..Account::default() };
    world.chain.set_account(address, account);
}

/// Addresses that the seeds give with each bump but the canonical one.
pub fn other_bumps(seeds: &[&[u8]]) -> Vec<Address> {
    let (canonical, _) = Address::find_program_address(seeds, &PROGRAM_ID);
    let with_bump = |bump: u8| Address::create_program_address(&[seeds, &[&[bump]]].concat(), &PROGRAM_ID).ok();
    (0..=u8::MAX).filter_map(with_bump).filter(|address| *address != canonical).collect()
}
