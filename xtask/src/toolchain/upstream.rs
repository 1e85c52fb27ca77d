//! The upstream toolchain: set up once per machine, then one folder of read-only parts.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::debian::Apt;
use super::std_source;
use crate::artifact::SBPF_VERSION;
use crate::step::{Step, output, run};
use crate::workspace::{beside, create_dir, lock, write_if_changed};

const LINKER_VERSION: &str = "0.2.6";
const TARGET_FILE: &str = "sbpf-solana-solana.json";
const TARGET: &str = include_str!("../../sbf/sbpf-solana-solana.json");
/// What the VM itself must be given by name, and the linker would otherwise drop as unused.
const EXPORTS: &str = "--export=__multi3,__udivti3,__umodti3,__divti3,__modti3,memcpy,memmove,memset,memcmp,bcmp";

/// For the program's own crate, in which everything else is linked: what goes behind `--`.
pub const CODEGEN: [&str; 3] = ["--", "-C", "llvm-args=-inline-threshold=100"];

/// The parts, each in a folder whose name says its version: a part that exists is complete.
pub struct Upstream {
    home: PathBuf,
    library: PathBuf,
    llvm: PathBuf,
    linker: PathBuf,
    bin: PathBuf,
    target: PathBuf,
}

impl Upstream {
    /// Finds the toolchain, setting up what is missing.
    pub fn ensure() -> Result<Self> {
        let rustc = rustc_version()?;
        let upstream = Self::at(home()?, &rustc);
        if upstream.is_complete() {
            return Ok(upstream);
        }
        let _lock = lock(&upstream.home.join("setup.lock"))?;
        let step = Step::begin(&format!("setting up the sBPF toolchain in {}, once", upstream.home.display()));
        upstream.provide(&upstream.library, "standard library source", |to| std_source::install(&rustc, to))?;
        upstream.provide(&upstream.llvm, "LLVM 23 from Debian", |to| upstream.install_llvm(to))?;
        upstream.provide(&upstream.linker, "sbpf-linker, compiled here, a minute or two", install_linker)?;
        upstream.provide(&upstream.target, "target description", |to| write_text(&to.join(TARGET_FILE), TARGET))?;
        upstream.provide(&upstream.bin, "linker script", |to| upstream.install_launcher(to))?;
        step.done("the sBPF toolchain is ready");
        Ok(upstream)
    }

    fn at(home: PathBuf, rustc: &str) -> Self {
        let mut recipe = DefaultHasher::new();
        (std_source::recipe(), TARGET).hash(&mut recipe);
        let recipe = recipe.finish() as u32;
        Self {
            library: home.join(format!("std-{rustc}-{recipe:08x}")),
            llvm: home.join("llvm-23"),
            linker: home.join(format!("sbpf-linker-{LINKER_VERSION}")),
            bin: home.join(format!("bin-{LINKER_VERSION}")),
            // Named by content, outside of any clone: cargo recompiles `std` for a target description that moved.
            target: home.join(format!("target-{recipe:08x}")),
            home,
        }
    }

    fn is_complete(&self) -> bool {
        [&self.library, &self.llvm, &self.linker, &self.bin, &self.target].into_iter().all(|part| part.exists())
    }

    /// Makes one part under another name and moves it into place, so that an interrupted run leaves none half done.
    fn provide(&self, part: &Path, what: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        if part.exists() {
            return Ok(());
        }
        let step = Step::begin(&format!("  {what}"));
        let partial = beside(part, "partial");
        if partial.exists() {
            fs::remove_dir_all(&partial).with_context(|| format!("cannot remove {}", partial.display()))?;
        }
        make(&partial)?;
        fs::rename(&partial, part).with_context(|| format!("cannot create {}", part.display()))?;
        step.done(&format!("  {}", part.display()));
        Ok(())
    }

    /// rustc 1.95 carries LLVM 22, whose BPF backend passes at most five arguments; LLVM 23 passes more.
    fn install_llvm(&self, folder: &Path) -> Result<()> {
        let scratch = self.home.join("apt");
        Apt::open(&scratch, "sid")?.unpack_with_dependencies(&["libllvm23"], folder)?;
        // A scratch folder left behind costs space and nothing else.
        let _ = fs::remove_dir_all(&scratch);
        Ok(())
    }

    /// LLVM 23 is linked against a newer libc than the machine may have, so the linker runs under LLVM's own loader.
    fn install_launcher(&self, folder: &Path) -> Result<()> {
        let library = find(&self.llvm.join("usr/lib"), "-linux-gnu")?;
        let loader = find(&library, "ld-linux-")?;
        let script = format!(
            "#!/bin/sh\nLD_LIBRARY_PATH={library} exec {loader} --library-path {library} {linker}/bin/sbpf-linker \"$@\"\n",
            library = library.display(),
            loader = loader.display(),
            linker = self.linker.display(),
        );
        let path = folder.join("sbpf-linker");
        write_text(&path, &script)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("cannot make {} executable", path.display()))
    }

    /// Makes a cargo command build for sBPF. Every switch is explained in `xtask/sbf/README.md`.
    pub fn build(&self, cargo: &mut Command) -> Result<()> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.bin.clone()).chain(std::env::split_paths(&path));
        let path = std::env::join_paths(folders).context("PATH has a folder that cannot be named in it")?;
        cargo
            .args([
                "rustc",
                "--lib",
                "--crate-type=cdylib",
                "--release",
                "-Z",
                "build-std=std,panic_abort",
                "-Z",
                "build-std-features=",
            ])
            .env("PATH", path)
            .env("__CARGO_TESTS_ONLY_SRC_ROOT", &self.library)
            .env("RUSTC_BOOTSTRAP_SYNTHETIC_TARGET", "1")
            .env("CARGO_ENCODED_RUSTFLAGS", self.rustflags().join("\x1f"));
        self.select_target(cargo);
        Ok(())
    }

    /// Makes a cargo command forget the workspace's own crates, compiled for sBPF.
    pub fn clean(&self, cargo: &mut Command) {
        cargo.args(["clean", "--quiet", "--workspace", "--release"]);
        self.select_target(cargo);
    }

    fn select_target(&self, cargo: &mut Command) {
        cargo.env("RUSTC_BOOTSTRAP", "1").args(["-Z", "json-target-spec", "--target"]);
        cargo.arg(self.target.join(TARGET_FILE));
    }

    fn rustflags(&self) -> Vec<String> {
        let arch = format!("link-arg=--arch=v{SBPF_VERSION}");
        let link = format!("link-arg={EXPORTS}");
        let codegen = [
            "panic=abort",
            "relocation-model=static",
            "passes=lower-atomic",
            &arch,
            &link,
            "link-arg=--llvm-args=-bpf-stack-size=4096",
            "link-arg=--llvm-args=--bpf-max-stores-per-memfunc=5",
            "link-arg=--llvm-args=--disable-gotox,--disable-gotol,--disable-ldsx,--disable-movsx,--disable-bswap",
            "link-arg=--deploy=false",
        ];
        let mut flags: Vec<String> = codegen.iter().flat_map(|flag| ["-C".into(), flag.to_string()]).collect();
        flags.push("--cfg=target_feature=\"static-syscalls\"".into());
        flags.extend(["-A".into(), "explicit_builtin_cfgs_in_flags".into()]);
        // A panic names its source file: the same bytes on every machine, and no home folders on the chain.
        flags.push(format!("--remap-path-prefix={}=std", self.library.display()));
        if let Some(registry) = registry() {
            flags.push(format!("--remap-path-prefix={}=registry", registry.display()));
        }
        flags
    }
}

/// `$FIREBREAK_SBF_HOME`, or a folder in the user's cache.
fn home() -> Result<PathBuf> {
    if let Some(home) = std::env::var_os("FIREBREAK_SBF_HOME") {
        return std::path::absolute(home).context("FIREBREAK_SBF_HOME is not a usable path");
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let cache = cache.context("no place for the sBPF toolchain: set FIREBREAK_SBF_HOME, XDG_CACHE_HOME or HOME")?;
    Ok(cache.join("firebreak/sbf"))
}

fn registry() -> Option<PathBuf> {
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    Some(cargo?.join("registry/src"))
}

fn rustc_version() -> Result<String> {
    let advice = "is Rust installed? Firebreak is built with Rust 1.95";
    let text = output(Command::new("rustc").args(["--version", "--verbose"]), advice)?;
    let release = text.lines().find_map(|line| line.strip_prefix("release: "));
    release.map(str::to_owned).with_context(|| format!("rustc does not say its version: {advice}"))
}

fn install_linker(folder: &Path) -> Result<()> {
    let build = beside(folder, "build");
    create_dir(folder)?;
    let mut cargo = Command::new("cargo");
    cargo
        // Away from the workspace, whose cargo configuration is not meant for this.
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", &build)
        .args(["install", "--quiet", "--locked", "sbpf-linker", "--version", LINKER_VERSION, "--root"])
        .arg(folder);
    run(&mut cargo, "is the crates registry reachable, and is a C compiler installed?")?;
    fs::remove_dir_all(&build).with_context(|| format!("cannot remove {}", build.display()))
}

/// The one entry of a folder that holds LLVM or its loader.
fn find(folder: &Path, part_of_name: &str) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut names = entries.flatten().map(|entry| entry.path());
    match names.find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains(part_of_name))) {
        Some(path) => Ok(path),
        None => bail!("Debian's packages no longer have {part_of_name} in {}", folder.display()),
    }
}

fn write_text(path: &Path, text: &str) -> Result<()> {
    write_if_changed(path, text.as_bytes()).map(drop)
}
