//! clients/ts: the TypeScript client, generated from the IDL, and its tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::step::{Step, announce, run};
use crate::workspace::{Workspace, create_dir};
use crate::{wasm, web};

const FOLDER: &str = "clients/ts";
const GENERATED: &str = "src/generated";

/// Generates the client anew, and builds it.
pub fn generate(workspace: &Workspace) -> Result<()> {
    web::install(workspace, &folder(workspace))?;
    node(workspace, &["generate.mjs"])?;
    build(workspace)
}

/// Builds what a page imports: the client, and its WebAssembly.
pub fn build(workspace: &Workspace) -> Result<()> {
    wasm::build(workspace)?;
    web::install(workspace, &folder(workspace))?;
    let step = Step::begin("the TypeScript client");
    npm(workspace, &["run", "--silent", "build"], "see the TypeScript compiler's message above")?;
    step.done(&format!("{FOLDER}/dist is up to date"));
    Ok(())
}

/// Generates after a change of the interface, where Node.js is there to do it: building the program does not need it.
pub fn refresh(workspace: &Workspace) -> Result<()> {
    let is_ready = folder(workspace).join("node_modules").exists() && web::require_node().is_ok();
    if !is_ready {
        eprintln!(
            "firebreak: {FOLDER} is not generated anew without Node.js and its packages: `cargo xtask clients` does it"
        );
        return Ok(());
    }
    node(workspace, &["generate.mjs"])
}

/// Builds it, and fails where the committed code is not what the interface says.
pub fn check(workspace: &Workspace) -> Result<()> {
    build(workspace)?;
    let step = Step::begin("the TypeScript client against the interface");
    let fresh = workspace.target.join("clients");
    create_dir(&fresh)?;
    node(workspace, &["generate.mjs", &fresh.to_string_lossy()])?;
    let committed = folder(workspace).join(GENERATED);
    if contents(&fresh.join(GENERATED))? != contents(&committed)? {
        bail!(
            "{FOLDER}/{GENERATED} does not match idl/firebreak.json and docs/benchmarks: run `cargo xtask clients` and commit it"
        );
    }
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

fn npm(workspace: &Workspace, words: &[&str], advice: &str) -> Result<()> {
    let mut command = web::npm(workspace, &folder(workspace), words);
    announce(&command);
    run(&mut command, advice)
}

fn node(workspace: &Workspace, words: &[&str]) -> Result<()> {
    let mut command = Command::new("node");
    workspace.prepare(&mut command);
    command.current_dir(folder(workspace)).args(words);
    announce(&command);
    run(&mut command, "see the generator's message above")
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root.join(FOLDER)
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
