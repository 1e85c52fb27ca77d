//! Debian packages from a suite that the machine's own sources need not list, unpacked without installing anything:
//! through the machine's own mirror, proxy and keyring, with no need to be root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::step::{output, run};
use crate::workspace::create_dir;

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
const ADVICE: &str = "is the Debian mirror of this machine reachable? `apt-get update` should work";

/// An apt of our own, in a scratch folder, that believes nothing is installed.
pub struct Apt {
    scratch: PathBuf,
}

impl Apt {
    /// Reads the package lists of one suite.
    pub fn open(scratch: &Path, suite: &str) -> Result<Self> {
        if !Path::new(KEYRING).exists() {
            bail!(
                "this machine has neither `cargo build-sbf` nor Debian's package keyring: install the Solana CLI \
                 (it brings cargo build-sbf), or build on Debian"
            );
        }
        let apt = Self { scratch: scratch.to_path_buf() };
        for folder in ["lists/partial", "cache/archives/partial"] {
            create_dir(&scratch.join(folder))?;
        }
        apt.write("sources.list", &format!("deb [signed-by={KEYRING}] {} {suite} main\n", mirror()?))?;
        apt.write("status", "")?;
        run(apt.command().arg("update"), ADVICE)?;
        Ok(apt)
    }

    /// Unpacks the packages and all that they depend on, below `folder`.
    pub fn unpack_with_dependencies(&self, packages: &[&str], folder: &Path) -> Result<()> {
        let mut command = self.command();
        command.args(["install", "--yes", "--download-only", "--no-install-recommends"]).args(packages);
        run(&mut command, ADVICE)?;
        self.unpack(folder)
    }

    /// Unpacks one package, given as apt writes it, without what it depends on.
    pub fn unpack_alone(&self, package: &str, folder: &Path) -> Result<()> {
        let archives = self.scratch.join("cache/archives");
        run(self.command().current_dir(archives).args(["download", package]), ADVICE)?;
        self.unpack(folder)
    }

    fn unpack(&self, folder: &Path) -> Result<()> {
        create_dir(folder)?;
        let archives = self.scratch.join("cache/archives");
        for entry in fs::read_dir(&archives).context("cannot list the downloaded packages")? {
            let package = entry.context("cannot list the downloaded packages")?.path();
            if package.extension().is_some_and(|extension| extension == "deb") {
                run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(folder), "is the disk full?")?;
                fs::remove_file(&package).with_context(|| format!("cannot remove {}", package.display()))?;
            }
        }
        Ok(())
    }

    fn command(&self) -> Command {
        let mut command = Command::new("apt-get");
        for (option, value) in [
            ("Dir::Etc::sourcelist", self.scratch.join("sources.list")),
            ("Dir::Etc::sourceparts", "/dev/null".into()),
            ("Dir::Etc::preferences", "/dev/null".into()),
            ("Dir::Etc::preferencesparts", "/dev/null".into()),
            ("Dir::State::lists", self.scratch.join("lists")),
            ("Dir::State::status", self.scratch.join("status")),
            ("Dir::Cache", self.scratch.join("cache")),
            ("Debug::NoLocking", "true".into()),
            ("Acquire::Languages", "none".into()),
            ("Acquire::Retries", "3".into()),
            ("APT::Default-Release", "".into()),
            // The unprivileged user apt would drop to cannot write to a folder of ours.
            ("APT::Sandbox::User", "".into()),
        ] {
            command.arg("-o").arg(format!("{option}={}", value.display()));
        }
        command.arg("-qq");
        command
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.scratch.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// The mirror this machine gets Debian itself from, which is not the one of its security updates.
fn mirror() -> Result<String> {
    let mut command = Command::new("apt-get");
    command.args(["indextargets", "--format", "$(SITE) $(LABEL)", "Created-By: Packages"]);
    let targets = output(&mut command, "building without `cargo build-sbf` needs Debian's apt-get")?;
    let known = targets.lines().find_map(|line| line.strip_suffix(" Debian"));
    match known.map(str::to_owned).or_else(listed_mirror) {
        Some(mirror) => Ok(mirror),
        None => bail!("cannot tell this machine's Debian mirror: run `apt-get update` as root, then try again"),
    }
}

/// The same from the source lists, for machines on which `apt-get update` never ran.
fn listed_mirror() -> Option<String> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    files.extend(fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten().map(|entry| entry.path()));
    let texts = files.iter().filter_map(|file| fs::read_to_string(file).ok());
    texts.collect::<Vec<_>>().iter().find_map(|text| mirror_in(text))
}

fn mirror_in(sources: &str) -> Option<String> {
    let lines = sources.lines().filter(|line| !line.trim_start().starts_with('#'));
    let mut words = lines.flat_map(str::split_whitespace).map(|word| word.trim_end_matches('/'));
    words.find(|word| word.contains("://") && word.ends_with("/debian")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::mirror_in;

    #[test]
    fn finds_the_mirror_in_both_formats_of_source_lists() {
        let deb822 = "Types: deb\n# http://old/debian\nURIs: http://mirror.example/debian/\nSuites: bookworm\n";
        assert_eq!(mirror_in(deb822).as_deref(), Some("http://mirror.example/debian"));
        let one_line =
            "deb http://mirror.example/debian-security s main\ndeb [arch=amd64] https://m.example/debian s main";
        assert_eq!(mirror_in(one_line).as_deref(), Some("https://m.example/debian"));
        assert_eq!(mirror_in("deb http://other.example/node nodistro main"), None);
    }
}
