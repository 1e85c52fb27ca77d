//! The tasks that are more than one step: build, test, and the ones that hand over to one of the commands.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::step::{Step, announce, run};
use crate::workspace::Workspace;
use crate::{clients, idl, programs, web};

pub fn build(workspace: &Workspace) -> Result<()> {
    programs::build(workspace)?;
    if idl::write(workspace)? {
        clients::refresh(workspace)?;
    }
    Ok(())
}

/// Everything; with arguments that choose tests, only those of cargo.
pub fn test(workspace: &Workspace, args: &[OsString]) -> Result<()> {
    programs::build(workspace)?;
    if args.first().is_some_and(|first| first == "web") {
        return web::test(workspace, &binary(workspace, "firebreak")?, &args[1..]);
    }
    idl::check(workspace)?;
    clients::check(workspace)?;

    workspace.claim_host(&workspace.target)?;
    let mut tests = workspace.cargo();
    tests.args(["test", "--workspace", "--ignore-rust-version"]).args(args);
    announce(&tests);
    let step = Step::begin("the tests, each against the program just built");
    run(&mut tests, "see the test's own message above")?;
    step.done("all tests passed");
    clients::test(workspace)?;
    match args.iter().all(|arg| arg == "--no-fail-fast") {
        true => web::test(workspace, &binary(workspace, "firebreak")?, &[]),
        false => Ok(()),
    }
}

/// Builds one of the workspace's commands. `--workspace` makes cargo choose the same features for the dependencies as it does for
/// the tests, so that nothing is compiled twice.
fn binary(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    workspace.claim_host(&workspace.target)?;
    let step = Step::begin(name);
    let mut build = workspace.cargo();
    build.args(["build", "--workspace", "--bin", name, "--ignore-rust-version"]);
    run(&mut build, "see the compiler's message above")?;
    step.done(&format!("{name} is up to date"));
    Ok(workspace.target.join("debug").join(name))
}

/// Builds and becomes `firebreak-replay`.
pub fn replay(workspace: &Workspace, task: &str, args: &[OsString]) -> Result<()> {
    programs::build(workspace)?;
    become_binary(workspace, "firebreak-replay", task, args)
}

/// Builds and becomes `firebreak replay`; with `--web` the page that it serves is built before.
pub fn demo(workspace: &Workspace, args: &[OsString]) -> Result<()> {
    programs::build(workspace)?;
    let mut args = args.to_vec();
    if args.iter().any(|arg| arg == "--web") {
        let page = web::build(workspace)?;
        if !args.iter().any(|arg| arg == "--app") {
            args.extend(["--app".into(), page.into()]);
        }
    }
    become_binary(workspace, "firebreak", "replay", &args)
}

fn become_binary(workspace: &Workspace, name: &str, task: &str, args: &[OsString]) -> Result<()> {
    let mut command = Command::new(binary(workspace, name)?);
    workspace.prepare(&mut command);
    command.arg(task).args(args);
    if let Ok(here) = std::env::current_dir() {
        command.current_dir(here);
    }
    Err(command.exec()).with_context(|| format!("cannot start {name}"))
}
