//! The real binary against a real local network: runs commands, reads what they print, and sees what they changed.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use firebreak_client::{
    Addresses, MarginAccountView, Overview, PROGRAM_ID,
    addresses::offer,
    overview::{accounts_at, margin_accounts},
    tokens::associated_token_account,
};
use firebreak_replay::localnet::Localnet;
use serde_json::Value;
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_keypair::{Keypair, write_keypair_file};
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_signer::Signer;
use tokio::runtime::Runtime;

pub const USDC: u8 = 0;
pub const WSOL: u8 = 1;
pub const SOL: u8 = 0;
/// Atoms of a dollar.
pub const DOLLAR: u64 = 1_000_000;
const TOKEN_PROGRAM: Address = firebreak_client::TOKEN_PROGRAM;

/// A local network and a folder for key files.
pub struct Net {
    pub localnet: Localnet,
    pub dir: PathBuf,
    runtime: Runtime,
}

impl Net {
    pub fn start(localnet: Localnet) -> Self {
        let dir = std::env::temp_dir().join(format!("firebreak-command-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let net = Self { localnet, dir, runtime: Runtime::new().unwrap() };
        let manifest = serde_json::to_string(&net.localnet.manifest).unwrap();
        std::fs::write(net.dir.join("localnet.json"), manifest).unwrap();
        net
    }

    pub fn stop(self) {
        std::fs::remove_dir_all(&self.dir).unwrap();
        self.localnet.stop().unwrap();
    }

    fn rpc(&self) -> RpcClient {
        RpcClient::new_with_commitment(self.localnet.manifest.rpc.clone(), CommitmentConfig::confirmed())
    }

    pub fn at(&self) -> Addresses {
        Addresses::of_id(1)
    }

    pub fn overview(&self) -> Overview {
        self.runtime.block_on(Overview::load(&self.rpc(), self.at())).unwrap()
    }

    /// Of everybody, or of one owner.
    pub fn accounts(&self, owner: Option<&Address>) -> BTreeMap<Address, MarginAccountView> {
        self.runtime.block_on(margin_accounts(&self.rpc(), &self.at(), owner)).unwrap()
    }

    /// The bytes of accounts, `None` where there is none.
    pub fn bytes(&self, addresses: &[Address]) -> Vec<Option<Vec<u8>>> {
        let (_, found) = self.runtime.block_on(accounts_at(&self.rpc(), addresses)).unwrap();
        found.into_iter().map(|account| account.map(|account| account.data)).collect()
    }

    /// Somebody with a key file, 10 SOL and so many dollars.
    pub fn person(&self, name: &str, dollars: u64) -> Person<'_> {
        let key = Keypair::new();
        let file = self.dir.join(format!("{name}.json"));
        write_keypair_file(&key, &file).unwrap();
        only_for_the_owner(&file);
        let address = key.pubkey();
        self.localnet.faucet(address, dollars * DOLLAR, USDC).unwrap();
        Person { net: self, file, address }
    }

    /// Somebody whose key the network has: `authority`, `guardian`, a maker.
    pub fn known(&self, file: &Path) -> Person<'_> {
        let key = solana_keypair::read_keypair_file(file).unwrap();
        Person { net: self, file: file.to_path_buf(), address: key.pubkey() }
    }

    /// Runs the binary for nobody in particular.
    pub fn run(&self, line: &str) -> Ran {
        run(self, line, None)
    }

    /// A command that needs no key and is done.
    pub fn good(&self, line: &str) -> String {
        self.run(line).done(line)
    }

    /// A command that needs no key and is refused with this exit code, in plain words and as JSON.
    pub fn bad(&self, line: &str, code: i32, because: &str) {
        self.run(line).refused(line, code, because);
        self.run(&format!("{line} --json")).refused_as_json(line, code, because);
    }
}

#[cfg(unix)]
fn only_for_the_owner(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
fn only_for_the_owner(_: &Path) {}

fn run(net: &Net, line: &str, key: Option<&PathBuf>) -> Ran {
    let manifest = &net.localnet.manifest;
    let mut command = Command::new(env!("CARGO_BIN_EXE_firebreak"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FIREBREAK_")) {
        command.env_remove(name);
    }
    command.env("FIREBREAK_URL", &manifest.rpc).env("FIREBREAK_WS_URL", &manifest.ws);
    command.env("FIREBREAK_NAMES", net.dir.join("localnet.json")).env("FIREBREAK_TIMEOUT", "120");
    command.env("FIREBREAK_KEYPAIR", key.cloned().unwrap_or_else(|| net.dir.join("no-such-key.json")));
    command.current_dir(&net.dir).args(line.split_whitespace());
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: status.code().unwrap(), stdout: text(stdout), stderr: text(stderr) }
}

/// What a run of the binary left.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Done, with nothing but results on standard output. Returns them.
    pub fn done(self, line: &str) -> String {
        assert_eq!(self.code, 0, "firebreak {line}: {self:?}");
        assert!(!self.stdout.contains('\x1b'), "firebreak {line}: colours in a pipe");
        self.stdout
    }

    fn refused(self, line: &str, code: i32, because: &str) {
        assert_eq!(self.code, code, "firebreak {line}: {self:?}");
        assert!(self.stdout.is_empty(), "firebreak {line}: a refusal printed a result: {self:?}");
        assert!(self.stderr.lines().any(|line| line.starts_with("error: ")), "firebreak {line}: {self:?}");
        assert!(self.stderr.contains(because), "firebreak {line}: wanted \"{because}\" in {self:?}");
    }

    fn refused_as_json(self, line: &str, code: i32, because: &str) {
        assert_eq!(self.code, code, "firebreak {line} --json: {self:?}");
        let document: Value =
            serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{line}: {error}: {self:?}"));
        let message = document["error"]["message"].as_str().unwrap();
        assert!(message.contains(because), "firebreak {line} --json: wanted \"{because}\" in {message}");
        assert_eq!(document["exit_code"], code);
    }
}

/// Somebody with a key file.
pub struct Person<'a> {
    pub net: &'a Net,
    pub file: PathBuf,
    pub address: Address,
}

impl Person<'_> {
    pub fn run(&self, line: &str) -> Ran {
        run(self.net, line, Some(&self.file))
    }

    /// A command that is done. Returns what it printed.
    pub fn good(&self, line: &str) -> String {
        self.run(line).done(line)
    }

    /// The same as JSON.
    pub fn json(&self, line: &str) -> Value {
        let printed = self.good(&format!("{line} --json"));
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("firebreak {line} --json: {error}: {printed}"))
    }

    /// A command that is refused with this exit code, in plain words and as JSON, and that changes nothing of the person's.
    pub fn bad(&self, line: &str, code: i32, because: &str) {
        let before = self.belongings();
        self.run(line).refused(line, code, because);
        self.run(&format!("{line} --json")).refused_as_json(line, code, because);
        assert_eq!(self.belongings(), before, "firebreak {line} was refused and changed something");
    }

    /// With `--dry-run` the same is said, and nothing happens.
    pub fn tried(&self, line: &str) -> Value {
        let before = self.belongings();
        let told = self.json(&format!("{line} --dry-run"));
        assert_eq!(told["dry_run"], true, "firebreak {line} --dry-run: {told}");
        assert_eq!(self.belongings(), before, "firebreak {line} --dry-run changed something");
        told
    }

    pub fn account(&self, sub: u16) -> Address {
        self.net.at().margin_account(&self.address, sub)
    }

    /// The margin account with this number, as the chain has it.
    pub fn view(&self, sub: u16) -> MarginAccountView {
        let accounts = self.net.accounts(Some(&self.address));
        accounts.get(&self.account(sub)).cloned().unwrap_or_else(|| panic!("there is no account {sub}"))
    }

    pub fn token_account(&self, bank: u8) -> Address {
        let mint = self.net.overview().banks[&bank].mint;
        associated_token_account(&self.address, &TOKEN_PROGRAM, &mint)
    }

    /// Atoms in the own token account of a bank.
    pub fn tokens(&self, bank: u8) -> u64 {
        let found = self.net.bytes(&[self.token_account(bank)]);
        found[0].as_ref().map_or(0, |data| firebreak_client::tokens::token_balance(data).unwrap().1)
    }

    /// Everything of the person's on the chain: tokens, SOL, margin accounts, offers, stake.
    fn belongings(&self) -> (Vec<Option<Vec<u8>>>, u64) {
        let at = self.net.at();
        let own: Vec<Address> = (0..3).map(|sub| self.account(sub)).collect();
        let mut addresses = vec![self.token_account(USDC), self.token_account(WSOL), at.stake(&self.address)];
        for account in &own {
            addresses.extend((0..3).map(|market| offer(account, market)));
        }
        addresses.extend(own);
        let lamports = self.net.runtime.block_on(self.net.rpc().get_balance(&self.address)).unwrap();
        (self.net.bytes(&addresses), lamports)
    }
}

/// An amount in JSON: its atoms, lots or atoms per lot as a number.
pub fn atoms(value: &Value) -> i128 {
    let of = ["atoms", "lots", "atoms_per_lot"].into_iter().find_map(|key| value[key].as_str());
    of.unwrap_or_else(|| panic!("{value} is no amount")).parse().unwrap()
}

/// What is needed to know that everything belongs to the program under test.
pub fn program() -> Address {
    PROGRAM_ID
}
