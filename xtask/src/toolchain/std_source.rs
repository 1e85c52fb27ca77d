//! The standard library's source, of exactly the compiler's version, taught the operating system `solana`.
//!
//! anchor-lang 2 is `no_std`, but crates below it (bincode, serde) are not, and nobody ships a compiled `std` for sBPF.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::debian::Apt;
use crate::step::{output, run};
use crate::workspace::beside;

/// Suites that may carry the compiler's version as a Debian package, where rustup cannot reach its own server.
const SUITES: [&str; 2] = ["trixie-backports", "sid"];

/// One place of the library to change. The text must be found, or upstream has moved and a person must look.
struct Edit {
    file: &'static str,
    /// The edit applies to the first occurrence of `find` after this.
    after: &'static str,
    find: &'static str,
    replace: &'static str,
}

/// A file that the library does not have.
const NEW_FILES: [(&str, &str); 1] = [("std/src/sys/alloc/solana.rs", include_str!("../../sbf/sys_alloc_solana.rs"))];

const EDITS: [Edit; 10] = [
    // No system allocator: a program brings its own bump allocator.
    Edit {
        file: "std/src/sys/alloc/mod.rs",
        after: "const MIN_ALIGN",
        find: "target_arch = \"xtensa\",\n)) {\n    8",
        replace: "target_arch = \"xtensa\",\n    target_arch = \"bpf\",\n)) {\n    8",
    },
    Edit {
        file: "std/src/sys/alloc/mod.rs",
        after: "cfg_select!",
        find: "target_os = \"zkvm\" => {\n        mod zkvm;\n    }",
        replace: "target_os = \"zkvm\" => {\n        mod zkvm;\n    }\n    target_os = \"solana\" => {\n        mod solana;\n    }",
    },
    // No randomness, no errno, no threads.
    Edit { file: "std/src/sys/random/mod.rs", after: "xous", find: VEXOS, replace: VEXOS_OR_SOLANA },
    Edit { file: "std/src/sys/random/mod.rs", after: "#[cfg(not(any(", find: VEXOS, replace: VEXOS_OR_SOLANA },
    Edit { file: "std/src/sys/io/error/mod.rs", after: "", find: ZKVM, replace: ZKVM_OR_SOLANA },
    Edit { file: "std/src/sys/thread_local/mod.rs", after: "cfg_select!", find: ZKVM, replace: ZKVM_OR_SOLANA },
    Edit { file: "std/src/sys/thread_local/mod.rs", after: "mod guard", find: ZKVM, replace: ZKVM_OR_SOLANA },
    // Panics report their place through the runtime's syscall; out-of-memory aborts. Neither touches writable
    // statics, which an sBPF program cannot have.
    Edit {
        file: "std/src/panicking.rs",
        after: "",
        find: "#[cfg(not(any(test, doctest)))]\n#[panic_handler]",
        replace: concat!(
            include_str!("../../sbf/panic_handler_solana.rs"),
            "#[cfg(not(any(test, doctest, target_os = \"solana\")))]\n#[panic_handler]"
        ),
    },
    Edit { file: "std/src/panicking.rs", after: "fn panic_with_hook(", find: DIVERGES, replace: DIVERGES_BY_ABORT },
    Edit { file: "std/src/alloc.rs", after: "pub fn rust_oom(", find: DIVERGES, replace: DIVERGES_BY_ABORT },
];

const VEXOS: &str = "target_os = \"vexos\",";
const VEXOS_OR_SOLANA: &str = "target_os = \"vexos\", target_os = \"solana\",";
const ZKVM: &str = "target_os = \"zkvm\",";
const ZKVM_OR_SOLANA: &str = "target_os = \"zkvm\", target_os = \"solana\",";
const DIVERGES: &str = ") -> ! {";
const DIVERGES_BY_ABORT: &str = ") -> ! {
    if cfg!(target_os = \"solana\") {
        core::intrinsics::abort();
    }";

/// Everything that decides what the patched source says, for a name that changes with it: cargo would not notice.
pub fn recipe() -> impl std::hash::Hash {
    (EDITS.map(|edit| (edit.file, edit.after, edit.find, edit.replace)), NEW_FILES)
}

/// Puts the patched source of rustc `version` into `folder`.
pub fn install(version: &str, folder: &Path) -> Result<()> {
    match rustup_source()? {
        Some(source) => copy(&source, folder)?,
        None => unpack_debian_source(version, folder)?,
    }
    patch(folder).with_context(|| format!("the standard library of rustc {version} cannot be patched"))
}

/// Where rustup keeps the source, asking rustup to fetch it if need be.
fn rustup_source() -> Result<Option<PathBuf>> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]), "is Rust installed?")?;
    let source = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library");
    let present = || source.join("std/src/lib.rs").exists();
    if !present() {
        // Not every machine has rustup, and not every network lets it through: then Debian's package will do.
        let mut command = Command::new("timeout");
        command.args(["120", "rustup", "component", "add", "rust-src"]).stdout(Stdio::null()).stderr(Stdio::null());
        let _ = command.status();
    }
    Ok(present().then_some(source))
}

fn unpack_debian_source(version: &str, folder: &Path) -> Result<()> {
    let scratch = beside(folder, "apt");
    let unpacked = beside(folder, "deb");
    for suite in SUITES {
        let found = Apt::open(&scratch, suite)
            .and_then(|apt| apt.unpack_alone(&format!("rust-src={version}*"), &unpacked))
            .and_then(|()| copy(&unpacked.join(format!("usr/src/rustc-{version}/library")), folder));
        // A scratch folder left behind costs space and nothing else.
        let _ = (fs::remove_dir_all(&scratch), fs::remove_dir_all(&unpacked));
        match found {
            Ok(()) => return Ok(()),
            Err(error) => eprintln!("firebreak: no rust-src {version} in Debian {suite}: {error:#}"),
        }
    }
    bail!(
        "the source of the standard library of rustc {version} is needed: `rustup component add rust-src`, or use a \
         rustc whose version is that of a rust-src package in Debian {}",
        SUITES.join(" or ")
    )
}

/// `cp -L`: Debian's package links to its neighbours.
fn copy(source: &Path, folder: &Path) -> Result<()> {
    if !source.join("std/src/lib.rs").exists() {
        bail!("there is no standard library in {}", source.display());
    }
    run(Command::new("cp").arg("-RL").arg(source).arg(folder), "is the disk full?")
}

fn patch(library: &Path) -> Result<()> {
    for (file, text) in NEW_FILES {
        fs::write(library.join(file), text).with_context(|| format!("cannot write {file}"))?;
    }
    for edit in &EDITS {
        let path = library.join(edit.file);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", edit.file))?;
        let edited = edit.apply(&text).with_context(|| {
            format!("{} has changed upstream and no longer says {:?} after {:?}", edit.file, edit.find, edit.after)
        })?;
        fs::write(&path, edited).with_context(|| format!("cannot write {}", edit.file))?;
    }
    Ok(())
}

impl Edit {
    fn apply(&self, text: &str) -> Option<String> {
        let after = text.find(self.after)? + self.after.len();
        let start = after + text[after..].find(self.find)?;
        Some([&text[..start], self.replace, &text[start + self.find.len()..]].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::Edit;

    #[test]
    fn edits_the_first_place_after_the_mark_and_nothing_else() {
        let edit = Edit { file: "", after: "fn b", find: "x", replace: "yy" };
        assert_eq!(edit.apply("fn a x fn b x x").as_deref(), Some("fn a x fn b yy x"));
        assert_eq!(edit.apply("fn a x"), None, "the mark is gone");
        assert_eq!(edit.apply("x fn b"), None, "the text is gone");
    }
}
