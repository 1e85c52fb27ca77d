//! An embedded Surfpool network, offline: real signed transactions over its RPC on loopback ports.
//!
//! Blocks are produced only when the clock moves, so that a block is what happened at one second of the replay, and the
//! clock stands exactly where the replay put it, in the past too.

use anyhow::{Context, Result, anyhow};
use firebreak_client::PROGRAM_ID;
use serde_json::{Value, json};
use solana_account::Account;
use solana_address::Address;
use solana_clock::Clock;
use solana_commitment_config::CommitmentConfig;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_rpc_client_api::{
    client_error::Error as ClientError,
    config::{RpcSendTransactionConfig, RpcTransactionConfig},
    request::RpcRequest,
};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::Transaction;
use solana_transaction_error::TransactionError;
use surfpool_sdk::{BlockProductionMode, RpcClient, SimnetCommand, Surfnet, cheatcodes::builders::DeployProgram};

use crate::{
    chain::{Chain, Receipt, Refusal},
    litesvm_chain::program_file,
};

const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");
const COMPUTE_BUDGET: Address = Address::from_str_const("ComputeBudget111111111111111111111111111111");
/// What a transaction may at least use; the largest takes about 100,000.
const COMPUTE_UNIT_LIMIT: u32 = 400_000;
/// Different limits make otherwise equal transactions different; after this many the first limit comes again, in
/// another block.
const DISTINCT_LIMITS: u32 = 1_000_000;
/// What holds as long as the network's thread lives.
const ANSWERS: &str = "the embedded network answers";

/// These instructions as the transaction with this number: behind a limit of compute units that differs from number to number.
pub(crate) fn distinct(instructions: &[Instruction], number: u32) -> Vec<Instruction> {
    let mut data = vec![2]; // SetComputeUnitLimit
    data.extend((COMPUTE_UNIT_LIMIT + number % DISTINCT_LIMITS).to_le_bytes());
    let limit = Instruction { program_id: COMPUTE_BUDGET, accounts: vec![], data };
    std::iter::once(limit).chain(instructions.iter().cloned()).collect()
}

/// A local network in this process.
pub struct SurfnetChain {
    net: Surfnet,
    rpc: RpcClient,
    blockhash: Hash,
    sent: u32,
}

impl SurfnetChain {
    /// Starts a network and deploys the program. Errors: no free port, or the program is not built.
    pub fn new() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let start = || {
            let builder = Surfnet::builder().offline(true).block_production_mode(BlockProductionMode::Manual);
            runtime.block_on(builder.start())
        };
        // A free port may be taken by somebody else before the network listens on it: once more, then.
        let net = start().or_else(|_| start()).map_err(|error| anyhow!("the local network: {error}"))?;
        // Profiling runs every transaction once more for each of its instructions, on copies of the chain. It is off while
        // a runbook runs, and this one runs as long as the network.
        net.send_command(SimnetCommand::StartRunbookExecution("firebreak".to_owned()))
            .map_err(|error| anyhow!("{error}"))?;
        let file = program_file("firebreak");
        net.cheatcodes()
            .deploy(DeployProgram::new(PROGRAM_ID).so_path(&file))
            .map_err(|error| anyhow!("{error}"))
            .with_context(|| format!("cannot deploy {}: run `cargo xtask build` first", file.display()))?;
        let rpc = RpcClient::new_with_commitment(net.rpc_url().to_owned(), CommitmentConfig::processed());
        let blockhash = rpc.get_latest_blockhash()?;
        Ok(Self { net, rpc, blockhash, sent: 0 })
    }

    /// Where wallets and explorers find the network while it runs.
    pub fn rpc_url(&self) -> &str {
        self.net.rpc_url()
    }

    fn signed(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Transaction {
        let number = self.sent;
        self.sent = number.wrapping_add(1);
        let all = distinct(instructions, number);
        let payer = signers.first().map(|signer| signer.pubkey());
        let message = Message::new_with_blockhash(&all, payer.as_ref(), &self.blockhash);
        Transaction::new(signers, message, self.blockhash)
    }

    /// What the network kept of a transaction: it carries transactions out before it answers.
    fn outcome(&self, signature: &Signature) -> Result<Receipt, Box<Refusal>> {
        let config = RpcTransactionConfig { commitment: Some(CommitmentConfig::confirmed()), ..Default::default() };
        let kept = self.rpc.get_transaction_with_config(signature, config).expect(ANSWERS);
        let meta = kept.transaction.meta.expect("the network keeps what a transaction did");
        let logs = Option::<Vec<String>>::from(meta.log_messages).unwrap_or_default();
        let compute_units = Option::<u64>::from(meta.compute_units_consumed).unwrap_or_default();
        match meta.err {
            None => Ok(Receipt { compute_units, logs }),
            Some(error) => Err(Box::new(Refusal { error: error.into(), logs, compute_units })),
        }
    }

    /// The open slot.
    fn slot(&self) -> u64 {
        self.rpc.get_slot().expect(ANSWERS)
    }
}

/// A transaction that did not reach the chain: a signature or blockhash it does not know.
fn unsent(error: &ClientError) -> Box<Refusal> {
    let error_text = vec![error.to_string()];
    let cause = error.get_transaction_error().unwrap_or(TransactionError::ClusterMaintenance);
    Box::new(Refusal { error: cause, logs: error_text, compute_units: 0 })
}

impl Chain for SurfnetChain {
    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Receipt, Box<Refusal>> {
        let transaction = self.signed(instructions, signers);
        // Nobody reads the network's own news; they must not pile up.
        while self.net.events().try_recv().is_ok() {}
        // Preflight would only carry everything out twice: a transaction that fails is kept with its error.
        let config = RpcSendTransactionConfig { skip_preflight: true, ..Default::default() };
        let sent = self.rpc.send_transaction_with_config(&transaction, config);
        self.outcome(&sent.map_err(|error| unsent(&error))?)
    }

    fn account(&mut self, address: &Address) -> Option<Account> {
        self.rpc.get_account_with_commitment(address, CommitmentConfig::processed()).expect(ANSWERS).value
    }

    fn set_account(&mut self, address: Address, account: Account) {
        let cheats = self.net.cheatcodes();
        cheats.set_account(&address, account.lamports, &account.data, &account.owner).expect(ANSWERS);
    }

    fn now(&mut self) -> i64 {
        let account = self.account(&CLOCK).expect("every chain has a clock");
        let at = std::mem::offset_of!(Clock, unix_timestamp);
        account.data.get(at..at + 8).map_or(0, |bytes| i64::from_le_bytes(bytes.try_into().unwrap_or_default()))
    }

    /// Closes the block, and opens the next one at this time: earlier or later than the last.
    fn set_now(&mut self, unix_seconds: i64) {
        let at = json!([{ "absoluteSlotAt": { "slot": self.slot(), "timestamp": unix_seconds * 1_000 } }]);
        let travel = || {
            let method = RpcRequest::Custom { method: "surfnet_timeTravel" };
            self.rpc.send::<Value>(method, at.clone())
        };
        // On a busy machine the network may take longer than it waits for itself; the same time twice does no harm.
        travel().or_else(|_| travel()).expect(ANSWERS);
        self.blockhash = self.rpc.get_latest_blockhash().expect(ANSWERS);
    }

    fn program_accounts(&mut self) -> Vec<(Address, Account)> {
        self.rpc.get_program_accounts(&PROGRAM_ID).expect(ANSWERS)
    }
}
