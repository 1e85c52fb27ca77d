//! What the person at the terminal sees: each step as it begins and how long it took, each command as it runs.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// A piece of work worth announcing.
pub struct Step {
    started: Instant,
}

impl Step {
    pub fn begin(what: &str) -> Self {
        eprintln!("firebreak: {what}");
        Self { started: Instant::now() }
    }

    pub fn done(self, outcome: &str) {
        eprintln!("firebreak: {outcome} ({:.1} s)", self.started.elapsed().as_secs_f64());
    }
}

/// Runs a command with its output on the terminal. `advice` is what to do when it fails.
pub fn run(command: &mut Command, advice: &str) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {:?}", command.get_program()))?;
    if !status.success() {
        bail!("{} failed ({status}): {advice}", shown(command));
    }
    Ok(())
}

/// Runs a command for what it prints. Its errors go to the terminal.
pub fn output(command: &mut Command, advice: &str) -> Result<String> {
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {:?}: {advice}", command.get_program()))?;
    if !output.status.success() {
        bail!("{} failed ({}): {advice}", shown(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} printed something that is not text", shown(command)))
}

/// Prints a command the way one would type it.
pub fn announce(command: &Command) {
    eprintln!("firebreak: $ {}", shown(command));
}

fn shown(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit('/').next().unwrap_or(&program).to_owned();
    let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
    std::iter::once(name).chain(words).collect::<Vec<_>>().join(" ")
}
