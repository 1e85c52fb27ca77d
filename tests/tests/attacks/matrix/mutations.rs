//! What a slot is tried with, derived from what is in it.

use super::cases::{Case, Cast};
use crate::stage::{Stage, VENUE};
use firebreak_client::{PROGRAM_ID, SYSTEM_PROGRAM, TOKEN_2022_PROGRAM, TOKEN_PROGRAM};
use firebreak_replay::{chain::Chain, pyth, world::keypair};
use solana_account::Account;
use solana_address::Address;
use solana_signer::Signer;

/// One way to make a slot wrong.
pub struct Mutation {
    pub name: String,
    pub substitute: Option<Address>,
    /// Accounts written before, and restored afterwards.
    pub accounts: Vec<(Address, Account)>,
    pub clears_signer: bool,
    pub clears_writable: bool,
}

impl Mutation {
    fn named(name: impl Into<String>) -> Self {
        let accounts = Vec::new();
        Self { name: name.into(), substitute: None, accounts, clears_signer: false, clears_writable: false }
    }

    fn substitute(name: impl Into<String>, address: Address) -> Self {
        Self { substitute: Some(address), ..Self::named(name) }
    }

    fn in_place(name: impl Into<String>, address: Address, account: Account) -> Self {
        Self { accounts: vec![(address, account)], ..Self::named(name) }
    }
}

const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");
const INSTRUCTIONS: Address = Address::from_str_const("Sysvar1nstructions1111111111111111111111111");

/// Everything to try on one instruction: (slot, mutation).
pub fn mutations(case: &Case, cast: &Cast, world: &mut Stage) -> Vec<(usize, Mutation)> {
    let mut all = Vec::new();
    for (slot, meta) in case.instruction.accounts.iter().enumerate() {
        let mut found = Vec::new();
        if meta.is_signer {
            found.push(Mutation { clears_signer: true, ..Mutation::named("not signer") });
            found.push(Mutation::substitute("stranger who signs", keypair("stranger").pubkey()));
        }
        if meta.is_writable {
            found.push(Mutation { clears_writable: true, ..Mutation::named("not writable") });
        }
        for (other, neighbour) in case.instruction.accounts.iter().enumerate() {
            if other != slot && (meta.is_writable || neighbour.is_writable) {
                let name = format!("duplicate of {}", case.slots[other]);
                found.push(Mutation::substitute(name, neighbour.pubkey));
            }
        }
        match world.chain.account(&meta.pubkey).filter(|account| account.lamports > 0) {
            _ if meta.pubkey == SYSTEM_PROGRAM => programs(&mut found, meta.pubkey),
            None if !meta.is_signer && case.slots[slot] != "rent_receiver" => fresh(&mut found, meta.pubkey, cast),
            None => {}
            Some(account) if account.executable => programs(&mut found, meta.pubkey),
            Some(account) if account.owner == PROGRAM_ID => states(&mut found, meta.pubkey, &account, cast),
            Some(account) if [pyth::RECEIVER, pyth::LEGACY_PROGRAM].contains(&account.owner) => {
                feeds(&mut found, meta.pubkey, &account, cast)
            }
            Some(account) if account.owner == TOKEN_PROGRAM && account.data.len() == 82 => {
                mints(&mut found, meta.pubkey, &account, cast);
            }
            Some(account) if account.owner == TOKEN_PROGRAM => tokens(&mut found, meta.pubkey, &account, cast),
            Some(_) => {}
        }
        all.extend(found.into_iter().map(|mutation| (slot, mutation)));
    }
    all
}

/// What no slot for an account with data takes.
fn anything(found: &mut Vec<Mutation>, address: Address, account: &Account) {
    let with_owner = |owner| Account { owner, ..account.clone() };
    found.push(Mutation::in_place("owned by the attacker's program", address, with_owner(VENUE)));
    found.push(Mutation::in_place("owned by the system program", address, with_owner(SYSTEM_PROGRAM)));
    let copy = keypair("copy").pubkey();
    found.push(Mutation {
        substitute: Some(copy),
        ..Mutation::in_place("copy owned by the attacker's program", copy, with_owner(VENUE))
    });
    found.push(Mutation::in_place("closed", address, Account::default()));
    found.push(Mutation::in_place("zero length", address, Account { data: vec![], ..account.clone() }));
    let cut = account.data[..account.data.len() - 1].to_vec();
    found.push(Mutation::in_place("one byte short", address, Account { data: cut, ..account.clone() }));
    found.push(Mutation::in_place(
        "all zero",
        address,
        Account { data: vec![0; account.data.len()], ..account.clone() },
    ));
    found.push(Mutation::substitute("never used address", keypair("never used").pubkey()));
    found.push(Mutation::substitute("a wallet", keypair("fee payer").pubkey()));
    found.push(Mutation::substitute("the program itself", PROGRAM_ID));
    found.push(Mutation::substitute("the token program", TOKEN_PROGRAM));
    found.push(Mutation::substitute("the clock", CLOCK));
    found.push(Mutation::substitute("the instructions sysvar", INSTRUCTIONS));
}

fn states(found: &mut Vec<Mutation>, address: Address, account: &Account, cast: &Cast) {
    anything(found, address, account);
    let mut data = account.data.clone();
    data[0] ^= 1;
    found.push(Mutation::in_place("wrong discriminator", address, Account { data, ..account.clone() }));
    let mut data = account.data.clone();
    data[..8].fill(u8::MAX);
    found.push(Mutation::in_place("closed discriminator", address, Account { data, ..account.clone() }));
    let others = cast.states.iter().filter(|(_, other)| *other != address);
    found.extend(others.map(|(name, other)| Mutation::substitute(name.clone(), *other)));
}

fn feeds(found: &mut Vec<Mutation>, address: Address, account: &Account, cast: &Cast) {
    anything(found, address, account);
    let mut data = account.data.clone();
    data[0] ^= 1;
    found.push(Mutation::in_place("wrong discriminator", address, Account { data, ..account.clone() }));
    let others = cast.feeds.iter().filter(|(_, other)| *other != address);
    found.extend(others.map(|(name, other)| Mutation::substitute(format!("feed of {name}"), *other)));
    found.extend(cast.states.iter().map(|(name, other)| Mutation::substitute(name.clone(), *other)));
}

/// Bytes written at an offset.
type Edit = (usize, Vec<u8>);

/// Offsets in a token account: mint, owner, delegate, state, delegated amount, close authority.
fn tokens(found: &mut Vec<Mutation>, address: Address, account: &Account, cast: &Cast) {
    anything(found, address, account);
    let stranger = keypair("stranger").pubkey();
    let option = |key: Address| [&1_u32.to_le_bytes()[..], key.as_ref()].concat();
    let edits: [(&str, Vec<Edit>); 7] = [
        ("wrong mint", vec![(0, keypair("another mint").pubkey().to_bytes().to_vec())]),
        ("wrong owner", vec![(32, stranger.to_bytes().to_vec())]),
        ("with a delegate", vec![(72, option(stranger)), (121, u64::MAX.to_le_bytes().to_vec())]),
        ("with a close authority", vec![(129, option(stranger))]),
        ("frozen", vec![(108, vec![2])]),
        ("uninitialised", vec![(108, vec![0])]),
        ("empty", vec![(64, vec![0; 8])]),
    ];
    for (name, edits) in edits {
        let mut data = account.data.clone();
        for (at, bytes) in edits {
            data[at..at + bytes.len()].copy_from_slice(&bytes);
        }
        found.push(Mutation::in_place(name, address, Account { data, ..account.clone() }));
    }
    let owner = TOKEN_2022_PROGRAM;
    found.push(Mutation::in_place("owned by Token-2022", address, Account { owner, ..account.clone() }));
    let others = cast.tokens.iter().filter(|(_, other)| *other != address);
    found.extend(others.map(|(name, other)| Mutation::substitute(*name, *other)));
    found.extend(cast.states.iter().map(|(name, other)| Mutation::substitute(name.clone(), *other)));
}

fn mints(found: &mut Vec<Mutation>, address: Address, account: &Account, cast: &Cast) {
    anything(found, address, account);
    for (name, at, byte) in [("of 10 decimals", 44, 10), ("uninitialised", 45, 0)] {
        let mut data = account.data.clone();
        data[at] = byte;
        found.push(Mutation::in_place(name, address, Account { data, ..account.clone() }));
    }
    let owner = TOKEN_2022_PROGRAM;
    found.push(Mutation::in_place("owned by Token-2022", address, Account { owner, ..account.clone() }));
    let others = cast.mints.iter().filter(|(_, other)| *other != address);
    found.extend(others.map(|(name, other)| Mutation::substitute(*name, *other)));
    found.extend(cast.tokens.iter().map(|(name, other)| Mutation::substitute(*name, *other)));
}

fn programs(found: &mut Vec<Mutation>, address: Address) {
    let programs = [
        ("the token program", TOKEN_PROGRAM),
        ("Token-2022", TOKEN_2022_PROGRAM),
        ("the system program", SYSTEM_PROGRAM),
        ("a program that answers with success", VENUE),
        ("the program itself", PROGRAM_ID),
        ("a wallet", keypair("fee payer").pubkey()),
        ("never used address", keypair("never used").pubkey()),
        ("the clock", CLOCK),
    ];
    let others = programs.into_iter().filter(|(_, program)| *program != address);
    found.extend(others.map(|(name, program)| Mutation::substitute(name, program)));
}

/// A slot whose account the instruction creates.
fn fresh(found: &mut Vec<Mutation>, address: Address, cast: &Cast) {
    let account = |lamports, owner, length| Account { lamports, owner, data: vec![0; length], ..Account::default() };
    found.push(Mutation::in_place("funded beforehand", address, account(5_000_000, SYSTEM_PROGRAM, 0)));
    found.push(Mutation::in_place("of the attacker's program", address, account(5_000_000, VENUE, 200)));
    found.push(Mutation::in_place("of the system program with data", address, account(5_000_000, SYSTEM_PROGRAM, 200)));
    found.push(Mutation::in_place("empty, of this program", address, account(50_000_000, PROGRAM_ID, 0)));
    found.push(Mutation::in_place("zeroed, of this program", address, account(50_000_000, PROGRAM_ID, 1_096)));
    found.push(Mutation::substitute("never used address", keypair("never used").pubkey()));
    found.push(Mutation::substitute("a wallet", keypair("fee payer").pubkey()));
    found.push(Mutation::substitute("the program itself", PROGRAM_ID));
    found.push(Mutation::substitute("the clock", CLOCK));
    found.extend(cast.states.iter().map(|(name, other)| Mutation::substitute(name.clone(), *other)));
    found.extend(cast.tokens.iter().map(|(name, other)| Mutation::substitute(*name, *other)));
}
