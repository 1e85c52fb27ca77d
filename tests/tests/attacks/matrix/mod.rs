//! T00: every account slot of every instruction, with every account that it should not take.
//!
//! For each instruction there is a transaction that succeeds. Each of its slots then gets a wrong owner, a wrong
//! discriminator, an account of another type, of another clearinghouse, of another user, of another market, a closed, an
//! empty and a cut one, a program, a sysvar, its neighbours; flags are cleared; token accounts, mints and programs get
//! what hurts them. What is accepted must be in `exceptions`, with the reason.

pub mod cases;
mod exceptions;
mod mutations;

use crate::stage::{Stage, is_named, send, snapshot, would};
use cases::{Case, theatre};
use exceptions::Verdict;
use mutations::{Mutation, mutations};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn t00_no_slot_takes_an_account_it_should_not() {
    let (mut world, cast, cases) = theatre();
    let opcodes: BTreeSet<u8> = cases.iter().map(|case| case.instruction.data[0]).collect();
    assert_eq!(opcodes, (0..34).filter(|code| *code != 29).chain([40, 45]).collect(), "an instruction has no case");

    assert_slots_are_those_of_the_idl(&cases);

    let mut tried: BTreeMap<&str, usize> = BTreeMap::new();
    let mut faults = Vec::new();
    let mut excused = BTreeSet::new();
    for case in &cases {
        if let Err(refusal) = would(&mut world, std::slice::from_ref(&case.instruction)) {
            panic!("{}: the positive control was refused: {refusal}", case.name);
        }
        for (slot, mutation) in mutations(case, &cast, &mut world) {
            *tried.entry(case.name).or_default() += 1;
            let Err((verdict, fault)) = attempt(&mut world, case, slot, &mutation) else { continue };
            match exceptions::find(verdict, case.name, case.slots[slot], &mutation.name) {
                Some(index) => {
                    excused.insert(index);
                }
                None => faults.push(format!("{}.{} [{}]: {fault}", case.name, case.slots[slot], mutation.name)),
            }
        }
    }
    let total: usize = tried.values().sum();
    println!("{total} cases: {tried:?}");
    assert!(faults.is_empty(), "{} of {total} cases:\n{}", faults.len(), faults.join("\n"));
    assert!(total > 5_000, "only {total} cases");
    let unused = exceptions::EXCEPTIONS.iter().enumerate().filter(|(index, _)| !excused.contains(index));
    let unused: Vec<_> = unused.map(|(_, exception)| (exception.1, exception.2, exception.3)).collect();
    assert!(unused.is_empty(), "exceptions that nothing needs: {unused:?}");
}

/// Tries one mutation and restores the world. Error: it was accepted, or left a trace; or only the runtime refused it.
fn attempt(world: &mut Stage, case: &Case, slot: usize, mutation: &Mutation) -> Result<(), (Verdict, String)> {
    let saved: Vec<_> =
        mutation.accounts.iter().map(|(address, _)| (*address, world.chain.svm.get_account(address))).collect();
    for (address, account) in &mutation.accounts {
        world.chain.svm.set_account(*address, account.clone()).expect("an account that is no program");
    }
    let mut instruction = case.instruction.clone();
    let meta = &mut instruction.accounts[slot];
    if let Some(address) = mutation.substitute {
        meta.pubkey = address;
    }
    meta.is_signer &= !mutation.clears_signer;
    meta.is_writable &= !mutation.clears_writable;

    let before = snapshot(&world.chain.svm);
    let checkpoint = world.chain.svm.clone();
    let outcome = match send(world, &[instruction]) {
        Ok(_) => {
            world.chain.svm = checkpoint;
            Err((Verdict::Accepted, "accepted".to_string()))
        }
        Err(_) if snapshot(&world.chain.svm) != before => panic!("{}: a refused transaction left a trace", case.name),
        Err(refusal) if !is_named(&refusal.error) => Err((Verdict::ByRuntime, refusal.error.to_string())),
        Err(_) => Ok(()),
    };
    for (address, account) in saved {
        let account = account.unwrap_or_default();
        world.chain.svm.set_account(address, account).expect("an account that is no program");
    }
    outcome
}

/// Where the IDL is built: the names and the order of every instruction's accounts are its.
fn assert_slots_are_those_of_the_idl(cases: &[Case]) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../idl/firebreak.json");
    let Ok(text) = std::fs::read_to_string(file) else { return };
    let idl: serde_json::Value = serde_json::from_str(&text).expect("the IDL is JSON");
    let instructions = idl["instructions"].as_array().expect("the IDL lists instructions");
    let named: BTreeSet<_> = cases.iter().map(|case| case.name).collect();
    assert_eq!(instructions.len(), named.len());
    for instruction in instructions {
        let name = instruction["name"].as_str().unwrap_or_default();
        assert!(named.contains(name), "no case for {name}");
        let accounts = instruction["accounts"].as_array().expect("an instruction lists accounts");
        let names: Vec<_> = accounts.iter().filter_map(|account| account["name"].as_str()).collect();
        for case in cases.iter().filter(|case| case.name == name) {
            assert_eq!(names, case.slots[..names.len()], "{name}");
        }
    }
}
