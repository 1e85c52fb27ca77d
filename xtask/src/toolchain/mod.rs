//! The compiler for sBPF: Solana's own where it is installed, otherwise one set up from ordinary registries.
//!
//! `cargo build-sbf` downloads Anza's platform-tools, which not every network lets through. What replaces it, and why
//! each piece is needed, is told in `xtask/sbf/README.md`.

mod debian;
mod std_source;
mod upstream;

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

pub use upstream::{CODEGEN, Upstream};

pub enum Toolchain {
    PlatformTools,
    Upstream(Upstream),
}

/// Overrides the choice, for machines where `cargo build-sbf` is there but cannot build.
const CHOICE: &str = "FIREBREAK_SBF_TOOLCHAIN";

impl Toolchain {
    pub fn find() -> Result<Self> {
        let choice = std::env::var(CHOICE).unwrap_or_default();
        match choice.as_str() {
            "platform-tools" => Ok(Self::PlatformTools),
            "upstream" => Ok(Self::Upstream(Upstream::ensure()?)),
            "" if platform_tools_installed() => Ok(Self::PlatformTools),
            "" => Ok(Self::Upstream(Upstream::ensure()?)),
            other => bail!("{CHOICE} is platform-tools or upstream, not {other}"),
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::PlatformTools => "cargo build-sbf",
            Self::Upstream(_) => "upstream rustc and LLVM",
        }
    }

    /// What to do when a build fails.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::PlatformTools => {
                "see the message above; FIREBREAK_SBF_TOOLCHAIN=upstream builds without cargo build-sbf"
            }
            Self::Upstream(_) => {
                "see the message above (a \"BPF stack limit\" is a function whose locals are more than 4096 bytes)"
            }
        }
    }
}

fn platform_tools_installed() -> bool {
    Command::new("cargo-build-sbf")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
