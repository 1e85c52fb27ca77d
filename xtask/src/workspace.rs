//! Where things are, and how cargo is called from inside cargo.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::step::run;

pub struct Workspace {
    pub root: PathBuf,
    pub target: PathBuf,
}

impl Workspace {
    /// The workspace whose alias was called. `cargo run` says where at run time; the place of compilation is second
    /// best, because clones that share a target folder also share the compiled xtask.
    pub fn locate() -> Result<Self> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest).parent().context("xtask must lie inside the workspace")?.to_path_buf();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => std::path::absolute(folder).context("CARGO_TARGET_DIR is not a usable path")?,
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// Where the finished programs are, under the names that LiteSVM, solana-program-test and validators look for.
    pub fn deploy(&self) -> PathBuf {
        self.target.join("deploy")
    }

    /// cargo, in the workspace, as if typed into a fresh terminal.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        self.prepare(&mut command);
        command
    }

    /// Gives a command the workspace's environment, without what `cargo run` added for xtask itself: ring's build
    /// script, for one, watches CARGO_PKG_NAME and would recompile half of the tree at every change of caller.
    pub fn prepare(&self, command: &mut Command) {
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        command
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("FIREBREAK_ROOT", &self.root)
            .env("SBF_OUT_DIR", self.deploy());
    }

    /// Takes a folder of artifacts over from another clone of the workspace, by having it cleaned of crates.
    ///
    /// cargo tells a crate by its path inside the workspace, and fresh from stale by modification times. So where two
    /// clones share a target folder, it would take the other clone's crate for a fresh build of this one's older file.
    pub fn claim(&self, folder: &Path, clean: impl FnOnce(&mut Command) -> Result<()>) -> Result<()> {
        let stamp = folder.join("workspace");
        let root = self.root.as_os_str().as_encoded_bytes();
        if fs::read(&stamp).is_ok_and(|owner| owner == root) {
            return Ok(());
        }
        let mut cargo = self.cargo();
        cargo.env("CARGO_TARGET_DIR", folder);
        clean(&mut cargo)?;
        write_if_changed(&stamp, root).map(drop)
    }

    /// The same for a folder of ordinary builds.
    pub fn claim_host(&self, folder: &Path) -> Result<()> {
        self.claim(folder, |cargo| {
            run(cargo.args(["clean", "--quiet", "--workspace"]), "remove the target folder by hand")
        })
    }

    /// Keeps a second xtask from writing the same artifacts. Held until dropped.
    pub fn lock(&self) -> Result<File> {
        lock(&self.target.join("xtask.lock"))
    }
}

/// Takes the lock file, saying so where that means waiting.
pub fn lock(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        create_dir(folder)?;
    }
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    if file.try_lock().is_err() {
        eprintln!("firebreak: waiting for another run to release {}", path.display());
        file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    }
    Ok(file)
}

pub fn create_dir(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))
}

/// The path with one more extension, for what is being made before it takes the name.
pub fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

/// Writes a file unless it already says so, and in one move, so that no reader ever sees half of it.
pub fn write_if_changed(path: &Path, contents: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|old| old == contents) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        create_dir(folder)?;
    }
    let partial = beside(path, "partial");
    fs::write(&partial, contents).with_context(|| format!("cannot write {}", path.display()))?;
    fs::rename(&partial, path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}
