//! The tree of commands: each has good and bad cases, examples, and a line that says what it does.

use clap::Command;
use std::path::Path;

/// Every command that does something itself, by its words.
fn leaves(command: &Command, words: &str, found: &mut Vec<(String, Command)>) {
    let subcommands: Vec<&Command> = command.get_subcommands().collect();
    if subcommands.is_empty() {
        found.push((words.trim().to_owned(), command.clone()));
    }
    for subcommand in subcommands {
        leaves(subcommand, &format!("{words} {}", subcommand.get_name()), found);
    }
}

/// Good cases that need a network of their own kind, or are one: where they are.
const ELSEWHERE: [(&str, &str); 6] = [
    ("localnet", "local/localnet.rs"),
    ("replay", "local/replay.rs"),
    ("admin seal", "local/admin.rs"),
    ("admin execute", "local/admin.rs"),
    ("admin propose reset", "local/admin.rs"),
    ("admin propose listing", "local/listing.rs"),
];

pub fn all() -> Vec<(String, Command)> {
    let mut found = Vec::new();
    leaves(&firebreak_cli::command(), "", &mut found);
    found
}

fn sources(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &sources(&path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text += &std::fs::read_to_string(&path).unwrap();
        }
    }
    text
}

#[test]
fn every_command_has_a_good_and_a_bad_case() {
    let text = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"));
    let has = |kind: &str, words: &str| {
        let starts = [format!("{kind}(\"{words}"), format!("{kind}(&format!(\"{words}")];
        starts.iter().any(|start| {
            text.match_indices(start.as_str()).any(|(at, _)| text[at + start.len()..].starts_with([' ', '"']))
        })
    };
    let mut missing = Vec::new();
    for (words, _) in all() {
        let other = ELSEWHERE.iter().find(|(elsewhere, _)| *elsewhere == words);
        let last = words.split(' ').next_back().unwrap_or_default();
        let is_elsewhere = other.is_some_and(|(_, file)| {
            let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file));
            text.is_ok_and(|text| text.contains(&format!("\"{last}\"")))
        });
        if !has("good", &words) && !is_elsewhere {
            missing.push(format!("good {words}"));
        }
        if !has("bad", &words) {
            missing.push(format!("bad {words}"));
        }
    }
    assert!(missing.is_empty(), "commands without a test: {missing:#?}");
}

/// What `--help` prints for the command of these words.
fn help_of(words: &str) -> String {
    let mut root = firebreak_cli::command();
    let mut command = &mut root;
    for word in words.split(' ') {
        command = command.find_subcommand_mut(word).unwrap();
    }
    command.render_long_help().to_string()
}

#[test]
fn every_command_says_what_it_does_and_shows_an_example() {
    let mut lacking = Vec::new();
    for (words, command) in all() {
        // Where commands differ in a word, the one above them has the examples.
        let above = words.rsplit_once(' ').map_or(words.as_str(), |(above, _)| above);
        let helps = [words.as_str(), above].map(help_of);
        let has_example =
            helps.iter().any(|help| help.contains("Example") && help.contains(&format!("firebreak {words}")));
        if command.get_about().is_none() || !has_example {
            lacking.push(words);
        }
    }
    assert!(lacking.is_empty(), "commands that do not say what they do, or have no example: {lacking:#?}");
}

#[test]
fn the_arguments_are_consistent() {
    firebreak_cli::command().debug_assert();
}
