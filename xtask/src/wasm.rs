//! clients/ts/wasm: the program's valuation for browsers, as WebAssembly with its JavaScript.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::step::{Step, output, run};
use crate::workspace::{Workspace, write_if_changed};

const PACKAGE: &str = "firebreak-risk-wasm";
const NAME: &str = "firebreak_risk_wasm";
const TARGET: &str = "wasm32-unknown-unknown";
const FOLDER: &str = "clients/ts/wasm";

/// Builds it where it is not up to date.
pub fn build(workspace: &Workspace) -> Result<()> {
    let _lock = workspace.lock()?;
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]), "is Rust installed?")?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib");
    require_target(&library)?;
    let step = Step::begin("the valuation for browsers, as WebAssembly");
    // Not among the host's artifacts: a profile and target of its own, which `cargo clean --workspace` there would not find.
    let target = workspace.target.join("wasm");
    workspace.claim_host(&target)?;
    let mut cargo = workspace.cargo();
    cargo.env("CARGO_TARGET_DIR", &target);
    cargo.args(["rustc", "--package", PACKAGE, "--lib", "--crate-type", "cdylib", "--profile", "wasm"]);
    cargo.args(["--target", TARGET, "--ignore-rust-version"]);
    cargo.env("RUSTFLAGS", paths_left_out(workspace, &library));
    run(&mut cargo, "see the compiler's message above")?;
    bind(workspace, &target)?;
    let size = fs::metadata(workspace.root.join(FOLDER).join(format!("{NAME}_bg.wasm"))).map_or(0, |file| file.len());
    step.done(&format!("{FOLDER}/{NAME}_bg.wasm is {size} bytes"));
    Ok(())
}

/// What keeps this machine's folders out of the messages of panics.
fn paths_left_out(workspace: &Workspace, library: &Path) -> String {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let folders =
        [Some(workspace.root.clone()), Some(library.join("src/rust")), home.map(|home| home.join("registry/src"))];
    let flags = folders.into_iter().flatten().map(|folder| format!("--remap-path-prefix={}=", folder.display()));
    flags.collect::<Vec<_>>().join(" ")
}

/// Writes the module and its JavaScript, each only where it changed, so that a page being served does not reload for nothing.
fn bind(workspace: &Workspace, target: &Path) -> Result<()> {
    let bound = target.join("bound");
    Bindgen::new()
        .input_path(target.join(TARGET).join("wasm").join(format!("{NAME}.wasm")))
        .web(true)
        .and_then(|bindgen| {
            bindgen.typescript(true).remove_name_section(true).remove_producers_section(true).generate(&bound)
        })
        .context("wasm-bindgen cannot read the module")?;
    let folder = workspace.root.join(FOLDER);
    for file in
        [format!("{NAME}.js"), format!("{NAME}.d.ts"), format!("{NAME}_bg.wasm"), format!("{NAME}_bg.wasm.d.ts")]
    {
        let path = bound.join(&file);
        let contents = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        write_if_changed(&folder.join(file), &contents)?;
    }
    Ok(())
}

/// Installs the standard library for WebAssembly where it is missing.
fn require_target(library: &Path) -> Result<()> {
    if library.join(TARGET).join("lib").exists() {
        return Ok(());
    }
    let mut rustup = Command::new("rustup");
    let added = run(rustup.args(["target", "add", TARGET]), "is there a network?");
    match added {
        Ok(()) => Ok(()),
        Err(error) => bail!(
            "the valuation for browsers needs Rust's standard library for {TARGET}: `rustup target add {TARGET}` ({error:#})"
        ),
    }
}
