//! Every refusal the program can give has a test that provokes it.

use std::{collections::BTreeSet, fs, path::Path};

/// What nobody can provoke at all, and why: nothing.
const UNREACHABLE: [(&str, &str); 0] = [];

/// What nobody can provoke by instructions: the tests write accounts behind the program's back to see that it would hold.
const BY_TAMPERING_ONLY: [(&str, &str); 3] = [
    (
        "InvariantBroken",
        "every instruction moves both sides of a market by the same lots, and counts offers up and down",
    ),
    (
        "MarketExists",
        "a row has a market exactly where the market's account exists, which the system program refuses first",
    ),
    (
        "VaultMismatch",
        "no token that is allowed arrives incomplete, and nobody can pass the vault as its own counterparty",
    ),
];

/// The variants of `FirebreakError`, as its source lists them.
fn variants() -> BTreeSet<String> {
    let source = include_str!("../../../programs/firebreak/src/error.rs");
    let body = source.split_once("pub enum FirebreakError {").expect("the enum is there").1;
    let body = body.split_once("\n}").expect("the enum ends").0;
    let names = body.lines().map(str::trim).filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()));
    names.map(|line| line.trim_end_matches(',').to_owned()).collect()
}

/// Errors named inside functions whose name says that they reject, in one file.
fn rejected_in(source: &str) -> BTreeSet<String> {
    let functions = source.split("\nfn ").filter(|text| {
        let name = text.split(['(', '<']).next().unwrap_or_default();
        name.contains("rejects")
    });
    let errors = functions.flat_map(|text| text.split("FirebreakError::").skip(1));
    errors.map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric()).collect()).collect()
}

fn rejected() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/instructions");
    let files = fs::read_dir(folder).expect("the tests' own folder can be read");
    let sources = files.map(|file| fs::read_to_string(file.expect("a file").path()).expect("a source file"));
    sources.flat_map(|source| rejected_in(&source)).collect()
}

#[test]
fn every_error_has_a_test_that_provokes_it() {
    let unreachable: BTreeSet<_> = UNREACHABLE.iter().map(|(name, _)| name.to_string()).collect();
    let (all, rejected) = (variants(), rejected());
    assert!(all.len() > 70, "{}", all.len());
    assert!(unreachable.is_subset(&all), "an unreachable error that does not exist");
    for (name, why) in BY_TAMPERING_ONLY {
        assert!(rejected.contains(name), "{name} ({why}) is provoked by tampering");
    }
    assert!(rejected.is_subset(&all), "{:?}", rejected.difference(&all));

    let missing: Vec<_> = all.difference(&rejected).filter(|name| !unreachable.contains(*name)).collect();
    assert_eq!(missing, Vec::<&String>::new(), "errors without a test that provokes them");
    let reached: Vec<_> = unreachable.intersection(&rejected).collect();
    assert_eq!(reached, Vec::<&String>::new(), "errors called unreachable that a test provokes");
}
