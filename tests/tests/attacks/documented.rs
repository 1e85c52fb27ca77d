//! The documents name tests: each of them exists, and each attack on oracles, breakers and governance of the list has one.

use std::{collections::BTreeSet, fs, path::Path};

/// Every `module::test` of the workspace's tests, module being the file's stem.
fn tests() -> BTreeSet<String> {
    fn walk(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).expect("a folder of tests").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                walk(&entry, found);
                continue;
            }
            if entry.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let stem = entry.file_stem().expect("a name").to_string_lossy().into_owned();
            let module = match stem.as_str() {
                "mod" | "main" => {
                    entry.parent().expect("a folder").file_name().expect("a name").to_string_lossy().into()
                }
                _ => stem,
            };
            let text = fs::read_to_string(&entry).expect("a source file");
            let functions = text.lines().filter_map(|line| line.trim_start().strip_prefix("fn "));
            found.extend(
                functions.filter_map(|rest| rest.split(['(', '<']).next()).map(|name| format!("{module}::{name}")),
            );
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut found = BTreeSet::new();
    for folder in ["tests/tests", "crates/risk", "crates/replay/tests", "crates/replay/src"] {
        walk(&root.join(folder), &mut found);
    }
    found
}

/// What stands between backquotes and is `module::name`.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let is_word =
        |part: &str| !part.is_empty() && part.chars().all(|letter| letter.is_alphanumeric() || "_…".contains(letter));
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(move |name| name.split_once("::").is_some_and(|(module, test)| is_word(module) && is_word(test)))
}

#[test]
fn every_test_that_the_documents_name_exists() {
    let tests = tests();
    let exists = |name: &str| match name.split_once('…') {
        Some((beginning, rest)) => tests.iter().any(|test| test.starts_with(beginning) && test.ends_with(rest)),
        None => tests.contains(name),
    };
    assert!(!exists("oracle::t28_a_test_that_nobody_wrote") && !exists("oracle::t99_…"), "it can say no");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/attacks.md");
    let text = fs::read_to_string(file).expect("docs/attacks.md");
    let missing: Vec<&str> = named(&text).filter(|name| !exists(name)).collect();
    assert!(named(&text).count() > 150, "it is read");
    assert!(missing.is_empty(), "named but not there: {missing:#?}");
    for page in ["docs/threat-model.md", "docs/operations.md", "docs/decisions.md", "SECURITY.md"] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page);
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{page}: {error}"));
        let missing: Vec<&str> = named(&text).filter(|name| !exists(name) && !name.starts_with("risk::")).collect();
        assert!(missing.is_empty(), "{page} names, but not there: {missing:#?}");
    }
    // Each of these has a row that names at least one.
    for number in (21..=45).chain([47]).chain(96..=99).chain(108..=115).chain([117, 118]) {
        let row = text.lines().find(|line| {
            let first = line.trim_start_matches('|').split('|').next().unwrap_or_default();
            first.split(',').any(|part| match part.trim().trim_start_matches('T').split_once('-') {
                None => part.trim() == format!("T{number}"),
                Some((from, to)) => {
                    let [from, to] = [from, to].map(|end| end.trim_start_matches('T').parse().unwrap_or(0));
                    (from..=to).contains(&number)
                }
            })
        });
        let row = row.unwrap_or_else(|| panic!("T{number} has no row"));
        assert!(named(row).next().is_some(), "T{number} names no test: {row}");
    }
}
