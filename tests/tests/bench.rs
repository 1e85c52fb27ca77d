//! The bench runs, and the committed figures name everything it measures. Speed itself is the bench's business.

use std::collections::BTreeMap;

use firebreak_replay::bench;

#[test]
fn every_figure_is_committed() {
    let measured = bench::measure().unwrap();
    println!("{}", bench::markdown(&measured));
    let file = bench::folder().join("compute-units.json");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let committed: BTreeMap<String, u64> = serde_json::from_str(&text).unwrap();
    let keys = |keys: Vec<&String>| keys.into_iter().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(measured.iter().map(|figure| &figure.key).collect()),
        keys(committed.keys().collect()),
        "run `cargo xtask bench` and commit what it wrote"
    );
}
