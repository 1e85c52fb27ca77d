//! idl/firebreak.json: what the program's accounts, instructions, events and errors look like from outside.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anchor_lang_idl::build::IdlBuilder;
use anyhow::{Context, Result, bail};

use crate::step::{Step, output};
use crate::workspace::{Workspace, write_if_changed};

const COMMITTED: &str = "idl/firebreak.json";
const PROGRAM: &str = "programs/firebreak";
/// Everything that the IDL is derived from.
const SOURCES: [&str; 4] = ["Cargo.toml", "Cargo.lock", PROGRAM, "crates/risk"];

/// Brings the committed file up to date. Returns whether it was not.
pub fn write(workspace: &Workspace) -> Result<bool> {
    let idl = from_sources(workspace)?;
    let has_changed = write_if_changed(&workspace.root.join(COMMITTED), idl.as_bytes())?;
    if has_changed {
        eprintln!("firebreak: wrote {COMMITTED}: commit it with the change that caused it");
    }
    Ok(has_changed)
}

/// Fails where the committed file is not what the sources say.
pub fn check(workspace: &Workspace) -> Result<()> {
    let idl = from_sources(workspace)?;
    let committed = fs::read_to_string(workspace.root.join(COMMITTED)).unwrap_or_default();
    if committed != idl {
        bail!("{COMMITTED} does not match the program: run `cargo xtask idl` and commit the file");
    }
    Ok(())
}

/// Prints the IDL. Anchor's builder reads the environment of its own process and calls whatever `cargo` it finds, so
/// `from_sources` prepares a process for it.
pub fn print(workspace: &Workspace) -> Result<()> {
    let idl = IdlBuilder::new()
        .program_path(workspace.root.join(PROGRAM))
        .skip_lint(true)
        .cargo_args(["--lib", "--ignore-rust-version"].map(str::to_owned).to_vec())
        .build()
        .context("the IDL cannot be built")?;
    println!("{}", serde_json::to_string_pretty(&idl).context("the IDL cannot be written as JSON")?);
    Ok(())
}

/// The IDL as the sources say it, from the last run where they have not changed since.
fn from_sources(workspace: &Workspace) -> Result<String> {
    let _lock = workspace.lock()?;
    let folder = workspace.target.join("idl");
    let cached = folder.join(format!("firebreak-{:016x}.json", fingerprint(&workspace.root)?));
    if let Ok(idl) = fs::read_to_string(&cached) {
        return Ok(idl);
    }
    let step = Step::begin("IDL of the program");
    workspace.claim_host(&folder)?;
    let mut command = Command::new(std::env::current_exe().context("cannot tell where xtask is")?);
    workspace.prepare(&mut command);
    command
        .arg("idl-print")
        .env("CARGO_MANIFEST_DIR", workspace.root.join("xtask"))
        .env("CARGO_TARGET_DIR", &folder)
        .env("PATH", path_with_this_toolchain()?)
        // anchor-lang-idl 0.2.0 mistakes the variable that rustup sets for a toolchain to be installed.
        .env_remove("RUSTUP_TOOLCHAIN");
    let idl = output(&mut command, "see the compiler's message above")?;
    write_if_changed(&cached, idl.as_bytes())?;
    step.done("the IDL is up to date");
    Ok(idl)
}

/// PATH with the present toolchain's own folder in front, which is what RUSTUP_TOOLCHAIN would have selected.
fn path_with_this_toolchain() -> Result<std::ffi::OsString> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]), "is Rust installed?")?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(Path::new(sysroot.trim()).join("bin")).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).context("PATH has a folder that cannot be named in it")
}

/// A number that changes whenever a source of the IDL does.
fn fingerprint(root: &Path) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    for source in SOURCES {
        for file in files(&root.join(source))? {
            let contents = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            (file.strip_prefix(root).unwrap_or(&file), contents).hash(&mut hasher);
        }
    }
    Ok(hasher.finish())
}

/// A file, or every file below a folder, in an order that does not change.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))? {
        found.extend(files(&entry.with_context(|| format!("cannot list {}", path.display()))?.path())?);
    }
    found.sort();
    Ok(found)
}
