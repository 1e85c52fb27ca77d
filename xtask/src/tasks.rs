//! The tasks that are more than one step: build, test, and the ones that hand over to `firebreak-replay`.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::step::{Step, announce, run};
use crate::workspace::Workspace;
use crate::{clients, idl, programs};

pub fn build(workspace: &Workspace) -> Result<()> {
    programs::build(workspace)?;
    if idl::write(workspace)? {
        clients::refresh(workspace)?;
    }
    Ok(())
}

pub fn test(workspace: &Workspace, args: &[OsString]) -> Result<()> {
    if args.first().is_some_and(|first| first == "web") {
        return test_web(workspace, &args[1..]);
    }
    programs::build(workspace)?;
    idl::check(workspace)?;
    clients::check(workspace)?;

    workspace.claim_host(&workspace.target)?;
    let mut tests = workspace.cargo();
    tests.args(["test", "--workspace", "--ignore-rust-version"]).args(args);
    announce(&tests);
    let step = Step::begin("the tests, each against the program just built");
    run(&mut tests, "see the test's own message above")?;
    step.done("all tests passed");
    clients::test(workspace)
}

fn test_web(workspace: &Workspace, args: &[OsString]) -> Result<()> {
    let web = workspace.root.join("web");
    if !web.join("package.json").exists() {
        bail!("there is no web/package.json to test; `cargo xtask test` runs everything else");
    }
    let npm = |words: &[&str], more: &[OsString]| {
        let mut command = Command::new("npm");
        workspace.prepare(&mut command);
        command.current_dir(&web).args(words).args(more);
        announce(&command);
        run(&mut command, "is Node.js installed, and does web/package-lock.json match package.json?")
    };
    if !web.join("node_modules").exists() {
        npm(&["ci"], &[])?;
    }
    npm(&["test", "--"], args)
}

/// Builds and becomes `firebreak-replay`. `--workspace` makes cargo choose the same features for the dependencies as
/// it does for the tests, so that nothing is compiled twice.
pub fn replay(workspace: &Workspace, task: &str, args: &[OsString]) -> Result<()> {
    const BINARY: &str = "firebreak-replay";
    programs::build(workspace)?;
    workspace.claim_host(&workspace.target)?;
    let step = Step::begin(BINARY);
    let mut build = workspace.cargo();
    build.args(["build", "--workspace", "--bin", BINARY, "--ignore-rust-version"]);
    run(&mut build, "see the compiler's message above")?;
    step.done(&format!("{BINARY} is up to date"));

    let mut binary = Command::new(workspace.target.join("debug").join(BINARY));
    workspace.prepare(&mut binary);
    binary.arg(task).args(args);
    if let Ok(here) = std::env::current_dir() {
        binary.current_dir(here);
    }
    Err(binary.exec()).with_context(|| format!("cannot start {BINARY}"))
}
