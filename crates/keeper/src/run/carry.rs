//! Carrying a job out: simulated first, budgeted, signed, sent again until it is confirmed or its blockhash expires.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use firebreak_client::{Budget, Refused};
use solana_address::Address;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::{
    config::{RpcSendTransactionConfig, RpcSimulateTransactionConfig},
    response::{RpcPrioritizationFee, RpcSimulateTransactionResult},
};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::Transaction;
use solana_transaction_error::TransactionError;

use super::{
    book::Seen,
    config::Config,
    confirm::{Confirmer, Fate},
    fees::{BASE_FEE, Fees, PriceKey},
    link::{Link, short},
    worth::Worth,
};
use crate::job::Job;

/// How old a blockhash may be before another is fetched.
const HASH_AGE: Duration = Duration::from_millis(1_500);
/// Bytes of a signature, and of the largest transaction.
const SIGNATURE: usize = 64;
const MOST_BYTES: usize = 1_232;
/// What a simulation may use: all that the chain lets one transaction have.
const MOST: Budget = Budget { compute_units: 1_400_000, loaded_bytes: 64 << 20, unit_price: 0 };

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is on chain.
    Done { signature: Signature, slot: u64, units: u32, lamports: u64 },
    /// It was simulated, and would have been sent.
    Rehearsed { units: u32 },
    /// The program said no, in the simulation or on chain (which costs a fee): its error by name.
    Refused { cause: String, lamports: u64 },
    /// The fees of this hour are spent, or the gain does not pay for them.
    Withheld { cause: String },
    /// Nobody took it up in time.
    Expired,
    /// No server answered.
    Unreached { cause: String },
}

impl Outcome {
    /// As metrics name it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Rehearsed { .. } => "rehearsed",
            Self::Refused { .. } => "refused",
            Self::Withheld { .. } => "withheld",
            Self::Expired => "expired",
            Self::Unreached { .. } => "unreached",
        }
    }
}

/// Sends what one key signs.
pub struct Carrier {
    pub link: Arc<Link>,
    pub key: Keypair,
    pub fees: Mutex<Fees>,
    pub confirmer: Arc<Confirmer>,
    pub resend: Duration,
    pub dry_run: bool,
    /// Accounts of the keeper's own that sign beside it when they are written.
    keys: Mutex<HashMap<Address, Keypair>>,
    hash: tokio::sync::Mutex<Option<(Instant, Hash, u64)>>,
    sent: std::sync::atomic::AtomicU32,
}

impl Carrier {
    pub fn new(link: Arc<Link>, key: Keypair, fees: Fees, confirmer: Arc<Confirmer>, config: &Config) -> Self {
        let (hash, sent) = (tokio::sync::Mutex::new(None), std::sync::atomic::AtomicU32::new(0));
        let (resend, dry_run) = (config.pace.resend, config.dry_run);
        let (fees, keys) = (Mutex::new(fees), Mutex::default());
        Self { link, key, fees, confirmer, resend, dry_run, keys, hash, sent }
    }

    /// The books of fees; a panic elsewhere leaves them as they are.
    pub fn fees(&self) -> MutexGuard<'_, Fees> {
        self.fees.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Signs with this key, too, where an instruction asks for it. Its address.
    pub fn adopt(&self, key: Keypair) -> Address {
        let address = key.pubkey();
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(address, key);
        address
    }

    /// Signed by everybody who has to. Error: a signer whose key is not here, or more bytes than a transaction may have.
    fn signed(&self, message: Message, hash: Hash) -> Result<Transaction, String> {
        let needed = &message.account_keys[..usize::from(message.header.num_required_signatures)];
        let bytes = message.serialize().len() + 1 + needed.len() * SIGNATURE;
        if bytes > MOST_BYTES {
            return Err(format!("the transaction would have {bytes} bytes, and may have {MOST_BYTES}"));
        }
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let mut signers = vec![];
        for address in needed {
            let own = (*address == self.key.pubkey()).then_some(&self.key);
            signers.push(own.or_else(|| keys.get(address)).ok_or_else(|| format!("the key of {address} is missing"))?);
        }
        let mut transaction = Transaction::new_unsigned(message);
        transaction.try_sign(&signers, hash).map_err(|error| error.to_string())?;
        Ok(transaction)
    }

    /// Carries a job out, then reads again what it wrote.
    /// `worth` is what its gain must exceed: quote atoms per 1,000,000 lamports, and the least profit.
    pub async fn carry(&self, job: &Job, worth: Worth) -> (Outcome, Vec<Seen>) {
        let key = (job.task.kind(), price_class(job));
        let outcome = self.send(&job.instructions, key, |lamports| worth.require(job.profit, lamports)).await;
        let at_least = match &outcome {
            Outcome::Done { slot, .. } => Some(*slot),
            Outcome::Unreached { .. } | Outcome::Withheld { .. } => return (outcome, vec![]),
            _ => None,
        };
        let written = writable(&job.instructions);
        let read = match self.link.accounts(&written, at_least).await {
            Ok(read) => Ok(read),
            // A server that lags behind the slot: what it has is better than nothing.
            Err(_) => self.link.accounts(&written, None).await,
        };
        let seen = read.map(|(slot, accounts)| {
            accounts.into_iter().map(|(address, account)| Seen { address, slot, account }).collect()
        });
        (outcome, seen.unwrap_or_default())
    }

    /// Simulates, prices, signs and sends. `allow` may refuse at the price.
    pub async fn send(
        &self,
        instructions: &[Instruction],
        key: PriceKey,
        allow: impl Fn(u64) -> Result<(), String>,
    ) -> Outcome {
        let simulated = match self.simulate(instructions).await {
            Ok(simulated) => simulated,
            Err(outcome) => return outcome,
        };
        let units = simulated.units_consumed.unwrap_or(0);
        // Where a server does not say what was loaded, the limit is left as it is.
        let loaded = simulated.loaded_accounts_data_size.filter(|size| *size > 0).unwrap_or(MOST.loaded_bytes);
        let mut budget = Budget::simulated(units, loaded);
        // Transactions that would otherwise be the same must differ: the chain takes the second for a repeat.
        budget.compute_units += self.sent.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 256;
        let budget = budget.paying(self.price(instructions, key, budget.compute_units).await);
        let signatures = Message::new(instructions, Some(&self.key.pubkey())).header.num_required_signatures;
        let lamports = BASE_FEE * u64::from(signatures) + budget.priority_fee();
        if let Err(cause) = allow(lamports) {
            return Outcome::Withheld { cause };
        }
        if self.dry_run {
            return Outcome::Rehearsed { units: u32::try_from(units).unwrap_or(u32::MAX) };
        }
        if let Err(over) = self.fees().reserve(lamports, Instant::now()) {
            return Outcome::Withheld { cause: over.to_string() };
        }
        let outcome = self.send_until_confirmed(instructions, budget, lamports).await;
        let is_paid = match &outcome {
            Outcome::Done { .. } => true,
            Outcome::Refused { lamports, .. } => *lamports > 0,
            _ => false,
        };
        self.fees().settle(lamports, is_paid, Instant::now());
        outcome
    }

    async fn simulate(&self, instructions: &[Instruction]) -> Result<RpcSimulateTransactionResult, Outcome> {
        let all = MOST.wrap(instructions);
        let transaction = Transaction::new_unsigned(Message::new(&all, Some(&self.key.pubkey())));
        let config = RpcSimulateTransactionConfig {
            sig_verify: false,
            replace_recent_blockhash: true,
            commitment: Some(self.link.commitment),
            ..RpcSimulateTransactionConfig::default()
        };
        let ask = |client: Arc<RpcClient>| {
            let (transaction, config) = (transaction.clone(), config.clone());
            async move { client.simulate_transaction_with_config(&transaction, config).await }
        };
        let unreached = |error| Outcome::Unreached { cause: short(&error) };
        let simulated = self.link.call(ask).await.map_err(unreached)?.value;
        match simulated.err.clone() {
            None => Ok(simulated),
            Some(error) => {
                let cause = named(&TransactionError::from(error), simulated.logs.as_deref().unwrap_or_default());
                Err(Outcome::Refused { cause, lamports: 0 })
            }
        }
    }

    /// Micro-lamports per unit: what others paid of late for writing these accounts, within the cap.
    async fn price(&self, instructions: &[Instruction], key: PriceKey, limit: u32) -> u64 {
        let known = self.fees().known_price(key, Instant::now());
        let price = match known {
            Some(price) => price,
            None => {
                let written = writable(instructions);
                let ask = |client: Arc<RpcClient>| {
                    let written = written.clone();
                    async move { client.get_recent_prioritization_fees(&written).await }
                };
                let recent: Vec<RpcPrioritizationFee> = self.link.call(ask).await.unwrap_or_default();
                let paid = recent.into_iter().map(|fee| fee.prioritization_fee).collect();
                self.fees().learn(key, paid, Instant::now())
            }
        };
        self.fees().capped(price, limit)
    }

    async fn blockhash(&self) -> Result<(Hash, u64), String> {
        let mut kept = self.hash.lock().await;
        if let Some((at, hash, last)) = *kept
            && at.elapsed() < HASH_AGE
        {
            return Ok((hash, last));
        }
        let commitment = solana_commitment_config::CommitmentConfig::confirmed();
        let ask = |client: Arc<RpcClient>| async move { client.get_latest_blockhash_with_commitment(commitment).await };
        let (hash, last) = self.link.call(ask).await.map_err(|error| short(&error))?;
        *kept = Some((Instant::now(), hash, last));
        Ok((hash, last))
    }

    async fn send_until_confirmed(&self, instructions: &[Instruction], budget: Budget, lamports: u64) -> Outcome {
        let (hash, last_height) = match self.blockhash().await {
            Ok(found) => found,
            Err(cause) => return Outcome::Unreached { cause },
        };
        let all = budget.wrap(instructions);
        let message = Message::new_with_blockhash(&all, Some(&self.key.pubkey()), &hash);
        let transaction = match self.signed(message, hash) {
            Ok(transaction) => transaction,
            Err(cause) => return Outcome::Withheld { cause },
        };
        let signature = transaction.signatures[0];
        let mut fate = self.confirmer.watch(signature, last_height);
        let mut again = tokio::time::interval(self.resend);
        loop {
            tokio::select! {
                told = &mut fate => return match told {
                    Ok(Fate::Landed { slot, error: None }) => Outcome::Done { signature, slot, units: budget.compute_units, lamports },
                    Ok(Fate::Landed { error: Some(error), .. }) => {
                        Outcome::Refused { cause: format!("on chain: {}", named(&error, &[])), lamports }
                    }
                    _ => Outcome::Expired,
                },
                _ = again.tick() => self.post(&transaction),
            }
        }
    }

    /// Sends once, without waiting: a server that does not answer must not keep the next send from going out.
    fn post(&self, transaction: &Transaction) {
        let config = RpcSendTransactionConfig {
            skip_preflight: true,
            max_retries: Some(0),
            ..RpcSendTransactionConfig::default()
        };
        let (link, transaction) = (self.link.clone(), transaction.clone());
        tokio::spawn(async move {
            let ask = |client: Arc<RpcClient>| {
                let transaction = transaction.clone();
                async move { client.send_transaction_with_config(&transaction, config).await }
            };
            if let Err(error) = link.call(ask).await {
                tracing::debug!("a send was not taken: {}", short(&error));
            }
        });
    }
}

/// The accounts that instructions write, each once.
pub fn writable(instructions: &[Instruction]) -> Vec<Address> {
    let mut found: Vec<Address> = instructions
        .iter()
        .flat_map(|instruction| instruction.accounts.iter().filter(|meta| meta.is_writable).map(|meta| meta.pubkey))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Jobs of a kind in one market write much the same accounts.
fn price_class(job: &Job) -> u8 {
    use crate::job::Task;
    match &job.task {
        Task::RefreshPrice { asset } => *asset,
        Task::Liquidate { market, .. }
        | Task::SettleClaim { market, .. }
        | Task::AutoDeleverage { market, .. }
        | Task::Unwind { market, .. } => *market,
        _ => u8::MAX,
    }
}

/// An error in the program's own words, where it is the program's; else the last line that says something.
pub fn named(error: &TransactionError, logs: &[String]) -> String {
    if let Some(text) = (Refused { error: error.clone(), logs: vec![] }).text() {
        return format!("{}: {}", text.name, text.sentence);
    }
    let said = logs.iter().rev().find(|line| line.contains("Error") || line.contains("failed"));
    said.map_or_else(|| error.to_string(), |line| format!("{error} ({line})"))
}
