//! The figures of a scenario: printed, and with FIREBREAK_BLESS=1 written down.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use firebreak_keeper::run::Statistics;
use serde_json::{Value, json};

use super::watching::Watched;

const BEGIN: &str = "<!-- faults: begin -->";
const END: &str = "<!-- faults: end -->";

fn docs(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs")).join(name)
}

fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 10.0).round() / 10.0
}

/// What a scenario came to.
pub fn record(scenario: &str, watched: &Watched, resolved_in: Duration, keepers: &[Statistics]) {
    let sum = |count: fn(&Statistics) -> u64| keepers.iter().map(count).sum::<u64>();
    let row = json!({
        "accounts_under_water": watched.longest.len(),
        "longest_seconds": seconds(watched.worst()),
        "all_resolved_seconds": seconds(resolved_in),
        "liquidations": sum(|seen| seen.done("liquidate")),
        "refused": sum(|seen| seen.jobs.iter().filter(|((_, outcome), _)| *outcome == "refused").map(|(_, count)| count).sum()),
        "lamports": sum(|seen| seen.lamports),
    });
    println!("{scenario}: {row}");
    if std::env::var("FIREBREAK_BLESS").is_ok() {
        bless(scenario, row);
    }
}

fn bless(scenario: &str, row: Value) {
    let path = docs("benchmarks/keeper-faults.json");
    let mut all: BTreeMap<String, Value> =
        std::fs::read_to_string(&path).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    all.insert(scenario.to_owned(), row);
    std::fs::write(&path, serde_json::to_string_pretty(&all).unwrap() + "\n").unwrap();
    let page = docs("keeper.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let mut table = String::from(
        "\n| scenario | accounts under water | longest, s | all resolved after, s | take-overs | refused jobs |\n|---|---|---|---|---|---|\n",
    );
    for (scenario, row) in &all {
        let names = ["accounts_under_water", "longest_seconds", "all_resolved_seconds", "liquidations", "refused"];
        let cells: Vec<String> = names.iter().map(|name| row[name].to_string()).collect();
        table += &format!("| {scenario} | {} |\n", cells.join(" | "));
    }
    std::fs::write(&page, format!("{before}{BEGIN}\n{table}\n{END}{after}")).unwrap();
}
