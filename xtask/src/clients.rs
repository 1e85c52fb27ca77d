//! clients/ts: the TypeScript client, generated from the IDL, and its tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::step::{Step, announce, run};
use crate::wasm;
use crate::workspace::{Workspace, create_dir, write_if_changed};

const FOLDER: &str = "clients/ts";
const GENERATED: &str = "src/generated";

/// Generates the client anew, builds it and its WebAssembly.
pub fn build(workspace: &Workspace) -> Result<()> {
    wasm::build(workspace)?;
    install(workspace)?;
    let step = Step::begin("the TypeScript client");
    node(workspace, &["generate.mjs"])?;
    compile(workspace)?;
    step.done(&format!("{FOLDER}/{GENERATED} and {FOLDER}/dist are up to date"));
    Ok(())
}

/// Generates after a change of the interface, where Node.js is there to do it: building the program does not need it.
pub fn refresh(workspace: &Workspace) -> Result<()> {
    let is_ready = workspace.root.join(FOLDER).join("node_modules").exists() && has_node();
    if !is_ready {
        eprintln!(
            "firebreak: {FOLDER} is not generated anew without Node.js and its packages: `cargo xtask clients` does it"
        );
        return Ok(());
    }
    node(workspace, &["generate.mjs"])
}

/// Builds all that a page imports, and fails where the committed code is not what the interface says.
pub fn check(workspace: &Workspace) -> Result<()> {
    wasm::build(workspace)?;
    install(workspace)?;
    let step = Step::begin("the TypeScript client against the interface");
    let fresh = workspace.target.join("clients");
    create_dir(&fresh)?;
    node(workspace, &["generate.mjs", &fresh.to_string_lossy()])?;
    let committed = workspace.root.join(FOLDER).join(GENERATED);
    if contents(&fresh.join(GENERATED))? != contents(&committed)? {
        bail!(
            "{FOLDER}/{GENERATED} does not match idl/firebreak.json and docs/benchmarks: run `cargo xtask clients` and commit it"
        );
    }
    compile(workspace)?;
    step.done("the TypeScript client is what the interface says");
    Ok(())
}

/// The client's own tests, in Node.js: `npm test`.
pub fn test(workspace: &Workspace) -> Result<()> {
    let step = Step::begin("the tests of the TypeScript client");
    npm(workspace, &["test", "--silent"], "see the test's own message above")?;
    step.done("the TypeScript client passed");
    Ok(())
}

fn has_node() -> bool {
    Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// The packages that the lock names, where they are not there yet.
fn install(workspace: &Workspace) -> Result<()> {
    if !has_node() {
        bail!("the TypeScript client needs Node.js 20 or later, with npm, in PATH");
    }
    let folder = workspace.root.join(FOLDER);
    let lock = fs::read(folder.join("package-lock.json")).context("cannot read clients/ts/package-lock.json")?;
    let stamp = folder.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    npm(
        workspace,
        &["ci", "--silent"],
        "does the network reach the npm registry, and does package-lock.json match package.json?",
    )?;
    write_if_changed(&stamp, &lock).map(drop)
}

fn compile(workspace: &Workspace) -> Result<()> {
    npm(workspace, &["run", "--silent", "build"], "see the TypeScript compiler's message above")
}

fn npm(workspace: &Workspace, words: &[&str], advice: &str) -> Result<()> {
    command(workspace, "npm", words, advice)
}

fn node(workspace: &Workspace, words: &[&str]) -> Result<()> {
    command(workspace, "node", words, "see the generator's message above")
}

fn command(workspace: &Workspace, program: &str, words: &[&str], advice: &str) -> Result<()> {
    let mut command = Command::new(program);
    workspace.prepare(&mut command);
    command.current_dir(workspace.root.join(FOLDER)).args(words);
    announce(&command);
    run(&mut command, advice)
}

/// Every file below a folder, with what it says.
fn contents(folder: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(here) = folders.pop() {
        for entry in fs::read_dir(&here).with_context(|| format!("cannot list {}", here.display()))? {
            let path = entry.with_context(|| format!("cannot list {}", here.display()))?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
                found.push((path.strip_prefix(folder).unwrap_or(&path).to_path_buf(), bytes));
            }
        }
    }
    found.sort();
    Ok(found)
}
