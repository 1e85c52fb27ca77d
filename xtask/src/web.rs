//! The web page: its packages, its build, and its tests in a real browser against a local network.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::clients;
use crate::step::{Step, announce, run};
use crate::workspace::Workspace;

/// Vite's least.
const NODE_MAJOR: u32 = 20;
/// Where Debian and its like have the browser, by any of its names.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// npm in one of the workspace's folders.
pub fn npm(workspace: &Workspace, folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new("npm");
    workspace.prepare(&mut command);
    command.current_dir(folder).args(words);
    command
}

/// That Node.js is there and new enough.
pub fn require_node() -> Result<()> {
    let advice = format!("install Node.js {NODE_MAJOR} or newer, with npm");
    let version =
        Command::new("node").arg("--version").output().with_context(|| format!("there is no node: {advice}"))?;
    let text = String::from_utf8_lossy(&version.stdout);
    let major = text.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= NODE_MAJOR => Ok(()),
        _ => bail!("node says that it is {}: {advice}", text.trim()),
    }
}

/// Installs what the folder's package-lock.json says, unless that is there already.
pub fn install(workspace: &Workspace, folder: &Path) -> Result<()> {
    require_node()?;
    let lock = fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("{} has no package-lock.json", folder.display()))?;
    let stamp = folder.join("node_modules/.firebreak-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    // Not `npm ci`: it wants an entry for every platform's build of an optional package, those that a registry does not have among
    // them. The versions are the lock's either way, and it is not written.
    let mut install = npm(workspace, folder, &["install", "--no-save", "--no-audit", "--no-fund"]);
    announce(&install);
    run(&mut install, "does package-lock.json match package.json, and can npm's registry be reached?")?;
    fs::write(&stamp, lock).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Builds the page, and the client that it imports, into `app/dist`.
pub fn build(workspace: &Workspace) -> Result<PathBuf> {
    clients::build(workspace)?;
    let app = workspace.root.join("app");
    install(workspace, &app)?;
    let step = Step::begin("the web page");
    let mut build = npm(workspace, &app, &["run", "build"]);
    announce(&build);
    run(&mut build, "see the message above")?;
    step.done("app/dist is up to date");
    Ok(app.join("dist"))
}

/// The page's tests: `firebreak` at `binary` runs the network that the browser talks to.
pub fn test(workspace: &Workspace, binary: &Path, args: &[OsString]) -> Result<()> {
    let browser = browser()?;
    build(workspace)?;
    let step = Step::begin("the tests of the web page, in a browser against a local network");
    let mut test = npm(workspace, &workspace.root.join("app"), &["test", "--"]);
    test.args(args).env("FIREBREAK_BIN", binary).env("FIREBREAK_CHROMIUM", browser);
    announce(&test);
    run(&mut test, "see the test's own message above")?;
    step.done("the web page's tests passed");
    Ok(())
}

fn browser() -> Result<PathBuf> {
    if let Some(told) = std::env::var_os("FIREBREAK_CHROMIUM") {
        return Ok(told.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let places = BROWSERS.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_file()).context(
        "there is no Chromium for the web page's tests: install it (Debian: apt-get install chromium), or say where it is \
         in FIREBREAK_CHROMIUM",
    )
}
