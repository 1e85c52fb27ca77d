//! The command, run as people run it.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use firebreak_client::{Addresses, Snapshot};
use firebreak_replay::localnet::{Localnet, Options};
use serde_json::Value;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;

/// A network of its own for one test.
pub struct Net {
    pub net: Localnet,
}

/// What a command printed, and its exit code.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The document that `--json` prints.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The command, without whatever the environment of the test says.
pub fn firebreak() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_firebreak"));
    let own = std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("FIREBREAK_"));
    for name in own.filter(|name| name != "FIREBREAK_DATA") {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

impl Net {
    pub fn start() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        Self { net: Localnet::start(options).unwrap() }
    }

    /// Signed by the authority.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_as(&self.net.manifest.keys.authority, arguments)
    }

    pub fn run_as(&self, key: &Path, arguments: &[&str]) -> Ran {
        let mut command = firebreak();
        command.args(["--url", &self.net.manifest.rpc, "--timeout", "120", "--keypair"]).arg(key).args(arguments);
        Ran::of(command.output().unwrap())
    }

    /// By somebody without a key.
    pub fn run_without_key(&self, arguments: &[&str]) -> Ran {
        let mut command = firebreak();
        command.args(["--url", &self.net.manifest.rpc, "--timeout", "120", "--keypair", "/no/such/key.json"]);
        Ran::of(command.args(arguments).output().unwrap())
    }

    /// Succeeds, and prints this document.
    pub fn done(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["--json"];
        all.extend(arguments);
        let ran = self.run(&all);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        ran.json()
    }

    /// Ends with this code, and says this.
    pub fn fails(&self, code: i32, says: &str, arguments: &[&str]) {
        self.fails_as(&self.net.manifest.keys.authority, (code, says), arguments);
    }

    pub fn fails_as(&self, key: &Path, (code, says): (i32, &str), arguments: &[&str]) {
        let ran = self.run_as(key, arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(says), "{arguments:?} should say `{says}`: {}", ran.err);
    }

    pub fn guardian(&self) -> &Path {
        &self.net.manifest.keys.guardian
    }

    /// The clearinghouse with this number, as the chain has it now.
    pub fn snapshot_of(&self, id: u64) -> Result<Snapshot, firebreak_client::Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // What was done is seen at once, not only once it is confirmed.
        let rpc = RpcClient::new_with_commitment(self.net.manifest.rpc.clone(), CommitmentConfig::processed());
        runtime.block_on(async { Snapshot::load(&rpc, Addresses::of_id(id)).await })
    }

    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_of(1).unwrap()
    }
}

/// A folder of this test's own, empty.
pub fn scratch(name: &str) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _absent = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
