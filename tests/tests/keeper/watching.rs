//! Looking at the chain from outside: who is liquidatable, since when, and for how long at most.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use firebreak_client::{
    Addresses, PROGRAM_ID, Snapshot,
    snapshot::{CLOCK, unix_seconds},
};
use firebreak_replay::ledger::Ledger;
use solana_account::Account;
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::rpc_client::RpcClient;
use solana_rpc_client_api::config::{RpcAccountInfoConfig, RpcProgramAccountsConfig, UiAccountEncoding};

use super::stage::Stage;

const EVERY: Duration = Duration::from_millis(150);

/// What was seen.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// Accounts that were liquidatable at some time, and the longest that each was without a break.
    pub longest: BTreeMap<Address, Duration>,
    since: BTreeMap<Address, Instant>,
    /// Accounts liquidatable at the last look.
    pub now: BTreeSet<Address>,
}

impl Watched {
    fn look(&mut self, below: BTreeSet<Address>, at: Instant) {
        for address in &below {
            let since = *self.since.entry(*address).or_insert(at);
            let longest = self.longest.entry(*address).or_default();
            *longest = (*longest).max(at - since);
        }
        // Until it was seen to be well: one look longer than it was seen under water.
        for address in self.now.difference(&below) {
            if let Some(since) = self.since.remove(address) {
                let longest = self.longest.entry(*address).or_default();
                *longest = (*longest).max(at - since);
            }
        }
        self.now = below;
    }

    /// The longest of all.
    pub fn worst(&self) -> Duration {
        self.longest.values().max().copied().unwrap_or_default()
    }
}

/// Looks at the chain until it is told to stop.
pub struct Watcher {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Watched>>,
    counts: mpsc::Receiver<usize>,
    last: usize,
}

impl Watcher {
    pub fn start(stage: &Stage) -> Self {
        Self::start_without(stage, &[])
    }

    /// Leaves out accounts that nobody may resolve.
    pub fn start_without(stage: &Stage, left_out: &[Address]) -> Self {
        let left_out = left_out.to_vec();
        let (stop, (tell, counts)) = (Arc::new(AtomicBool::new(false)), mpsc::channel());
        let (stopped, at, url) = (stop.clone(), stage.at, stage.net.manifest.rpc.clone());
        let thread = std::thread::spawn(move || {
            let rpc = RpcClient::new_with_commitment(url, CommitmentConfig::processed());
            let mut watched = Watched::default();
            while !stopped.load(Ordering::Relaxed) {
                let seen = snapshot(&rpc, at);
                let mut below = below(&seen);
                below.retain(|address| !left_out.contains(address));
                watched.look(below, Instant::now());
                let _gone = tell.send(watched.now.len());
                std::thread::sleep(EVERY);
            }
            watched
        });
        Self { stop, thread: Some(thread), counts, last: 0 }
    }

    /// How many were liquidatable at the last look.
    pub fn count(&mut self) -> usize {
        if let Some(last) = self.counts.try_iter().last() {
            self.last = last;
        }
        self.last
    }

    pub fn stop(mut self) -> Watched {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap()
    }
}

fn accounts(rpc: &RpcClient) -> Vec<(Address, Account)> {
    let encoding = Some(UiAccountEncoding::Base64);
    let config = RpcProgramAccountsConfig {
        account_config: RpcAccountInfoConfig { encoding, ..Default::default() },
        ..Default::default()
    };
    let found = rpc.get_program_ui_accounts_with_config(&PROGRAM_ID, config).unwrap();
    found.into_iter().map(|(address, account)| (address, account.to_account().unwrap())).collect()
}

pub fn snapshot(rpc: &RpcClient, at: Addresses) -> Snapshot {
    let now = unix_seconds(&rpc.get_account(&CLOCK).unwrap().data).unwrap();
    let all = accounts(rpc);
    Snapshot::from_accounts(at, now, all.iter().map(|(address, account)| (address, account.data.as_slice()))).unwrap()
}

/// Accounts that anybody may take something from now, by what the program says: valued, and below maintenance.
pub fn below(seen: &Snapshot) -> BTreeSet<Address> {
    let is_below = |account: &firebreak_client::MarginAccountView| {
        account.value_for_maintenance(&seen.board, seen.now).is_ok_and(|value| !value.is_covered())
    };
    seen.accounts.iter().filter(|(_, account)| is_below(account)).map(|(address, _)| *address).collect()
}

/// The identities of the ledger that do not hold.
pub fn violations(stage: &Stage) -> Vec<String> {
    // Read together: nobody moves anything while a test looks. Where somebody does, the next look agrees.
    let mut found = vec![];
    for _ in 0..5 {
        let all = accounts(&stage.rpc);
        let vaults = [stage.at.quote_vault, stage.at.insurance_vault].map(|vault| stage.rpc.get_account(&vault).ok());
        found = Ledger::read(&stage.at, &all, vaults).violations(0);
        if found.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(300));
    }
    found
}
