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

/// Commands whose tests and examples are being written.
const ELSEWHERE: [&str; 3] = ["localnet", "admin", "replay"];

fn is_elsewhere(words: &str) -> bool {
    ELSEWHERE.iter().any(|first| words.split(' ').next() == Some(first))
}

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
    for (words, _) in all().into_iter().filter(|(words, _)| !is_elsewhere(words)) {
        if !has("good", &words) {
            missing.push(format!("good {words}"));
        }
        if !has("bad", &words) {
            missing.push(format!("bad {words}"));
        }
    }
    assert!(missing.is_empty(), "commands without a test: {missing:#?}");
}

#[test]
fn every_command_says_what_it_does_and_shows_an_example() {
    let mut lacking = Vec::new();
    for (words, command) in all().into_iter().filter(|(words, _)| !is_elsewhere(words)) {
        let help = command.clone().render_long_help().to_string();
        if command.get_about().is_none() || !help.contains("Example") || !help.contains(&format!("firebreak {words}")) {
            lacking.push(words);
        }
    }
    assert!(lacking.is_empty(), "commands that do not say what they do, or have no example: {lacking:#?}");
}

#[test]
fn the_arguments_are_consistent() {
    firebreak_cli::command().debug_assert();
}
