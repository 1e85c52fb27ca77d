//! docs/cli.md lists every command as `--help` does.

use std::{fmt::Write, path::PathBuf};

use crate::tree::all;

const BEGIN: &str = "<!-- commands: written by a test, FIREBREAK_BLESS=1 -->\n";
const END: &str = "<!-- end of commands -->";

#[test]
fn the_documentation_lists_every_command() {
    let mut table = String::from("| command | what it does |\n|---|---|\n");
    for (words, command) in all() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        writeln!(table, "| `firebreak {words}` | {} |", about.lines().next().unwrap_or_default()).unwrap();
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once(BEGIN).expect("docs/cli.md has a place for the commands");
    let (printed, tail) = rest.split_once(END).expect("docs/cli.md says where the commands end");
    if std::env::var_os("FIREBREAK_BLESS").is_some() {
        std::fs::write(&path, format!("{head}{BEGIN}{table}{END}{tail}")).unwrap();
        return;
    }
    assert_eq!(printed, table, "docs/cli.md is out of date: run this test with FIREBREAK_BLESS=1");
    let codes = firebreak_cli::command().get_after_help().unwrap().to_string();
    for line in codes.lines().skip(1) {
        let (code, meaning) = line.trim().split_once("  ").unwrap();
        assert!(text.contains(&format!("| {code} | {meaning} |")), "docs/cli.md lacks exit code {code}: {meaning}");
    }
}
