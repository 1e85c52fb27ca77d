//! The sBPF programs: which there are, which compiler builds them, where they end up.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::artifact::{SBPF_VERSION, require_sbpf_version};
use crate::step::{Step, run};
use crate::toolchain::{CODEGEN, Toolchain};
use crate::workspace::{Workspace, write_if_changed};

struct Program {
    /// The package, and the stem of the `.so`.
    name: String,
    folder: PathBuf,
    features: &'static [&'static str],
}

impl Program {
    /// The `Program log: Instruction: …` line costs about 100 compute units; events say the same and more.
    fn firebreak(workspace: &Workspace) -> Self {
        Self {
            name: "firebreak".into(),
            folder: workspace.root.join("programs/firebreak"),
            features: &["no-log-ix-name"],
        }
    }

    fn file_name(&self) -> String {
        format!("{}.so", self.name.replace('-', "_"))
    }

    /// Every folder of tests/programs is a program for the tests, called as its package is.
    fn for_tests(workspace: &Workspace) -> Result<Vec<Self>> {
        let folder = workspace.root.join("tests/programs");
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
        let mut programs = Vec::new();
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot list {}", folder.display()))?;
            if entry.path().join("Cargo.toml").exists() {
                let name = entry.file_name().to_string_lossy().into_owned();
                programs.push(Self { name, folder: entry.path(), features: &[] });
            }
        }
        programs.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(programs)
    }
}

/// Builds every program into `<target>/deploy`. cargo decides what is fresh.
pub fn build(workspace: &Workspace) -> Result<()> {
    let _lock = workspace.lock()?;
    let toolchain = Toolchain::find()?;
    let target = workspace.target.join("sbf");
    workspace.claim(&target, |cargo| forget_crates(cargo, &toolchain, &target))?;
    let mut programs = vec![Program::firebreak(workspace)];
    programs.extend(Program::for_tests(workspace)?);
    for program in &programs {
        let step = Step::begin(&format!("program {} for sBPF v{SBPF_VERSION}, {}", program.name, toolchain.name()));
        let elf = compile(workspace, &toolchain, program, &target)?;
        step.done(&format!("{} is {} bytes", workspace.deploy().join(program.file_name()).display(), elf.len()));
    }
    Ok(())
}

/// Platform-tools choose the name of their target by themselves, so all of it goes.
fn forget_crates(cargo: &mut Command, toolchain: &Toolchain, target: &Path) -> Result<()> {
    match toolchain {
        Toolchain::Upstream(upstream) => {
            upstream.clean(cargo);
            run(cargo, "remove the target folder by hand")
        }
        Toolchain::PlatformTools if target.exists() => {
            fs::remove_dir_all(target).with_context(|| format!("cannot remove {}", target.display()))
        }
        Toolchain::PlatformTools => Ok(()),
    }
}

fn compile(workspace: &Workspace, toolchain: &Toolchain, program: &Program, target: &Path) -> Result<Vec<u8>> {
    let mut command = workspace.cargo();
    command.current_dir(&program.folder).env("CARGO_TARGET_DIR", target);
    let built = match toolchain {
        Toolchain::PlatformTools => {
            let out = target.join("out");
            command.args(["build-sbf", "--arch", &format!("v{SBPF_VERSION}"), "--sbf-out-dir"]).arg(&out);
            out.join(program.file_name())
        }
        Toolchain::Upstream(upstream) => {
            upstream.build(&mut command)?;
            target.join("sbpf-solana-solana/release").join(format!("lib{}", program.file_name()))
        }
    };
    if !program.features.is_empty() {
        command.arg("--features").arg(program.features.join(","));
    }
    match toolchain {
        Toolchain::PlatformTools => command.args(["--", "--ignore-rust-version"]),
        Toolchain::Upstream(_) => command.arg("--ignore-rust-version").args(CODEGEN),
    };
    run(&mut command, toolchain.advice())?;
    publish(&built, &workspace.deploy().join(program.file_name()))
}

/// Hands a checked program over to whoever loads it, in one move: a test of another run may be reading the old one.
fn publish(built: &Path, deployed: &Path) -> Result<Vec<u8>> {
    let elf = fs::read(built).with_context(|| format!("cargo reported success but there is no {}", built.display()))?;
    if let Err(error) = require_sbpf_version(&elf) {
        bail!("{}: {error}", built.display());
    }
    write_if_changed(deployed, &elf)?;
    Ok(elf)
}
