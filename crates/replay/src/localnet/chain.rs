//! The network as a chain: what worlds and migrations work on, without a detour over HTTP.

use anyhow::{Context, Result, anyhow};
use firebreak_client::PROGRAM_ID;
use solana_account::Account;
use solana_address::Address;
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{Message, VersionedMessage};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use surfpool_core::types::TimeTravelConfig;
use surfpool_types::{SimnetCommand, TransactionStatusEvent};

use super::net::Net;
use crate::{
    chain::{Chain, Receipt, Refusal},
    litesvm_chain::program_file,
    migrations::{Local, Network},
    surfnet_chain::distinct,
};

const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");
/// What holds as long as the network's thread lives.
const ANSWERS: &str = "the local network answers";

/// A running network.
pub struct LiveChain {
    pub net: Net,
    runtime: tokio::runtime::Runtime,
    sent: u32,
}

impl LiveChain {
    pub fn new(net: Net) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        Ok(Self { net, runtime, sent: 0 })
    }

    fn signed(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<VersionedTransaction> {
        self.sent = self.sent.wrapping_add(1);
        let all = distinct(instructions, self.sent);
        let payer = signers.first().map(|signer| signer.pubkey());
        let blockhash = self.net.locker.latest_absolute_blockhash();
        let message = Message::new_with_blockhash(&all, payer.as_ref(), &blockhash);
        VersionedTransaction::try_new(VersionedMessage::Legacy(message), signers).context("a signer is missing")
    }

    fn process(&mut self, transaction: VersionedTransaction) -> Result<TransactionStatusEvent> {
        let (status, answered) = crossbeam_channel::bounded(1);
        let process = SimnetCommand::ProcessTransaction(None, transaction, status, true, None);
        self.net.commands.send(process).map_err(|_| anyhow!("the local network has ended"))?;
        answered.recv().context("the local network has ended")
    }

    /// Moves the clock to this time.
    pub fn travel(&self, unix_seconds: i64) -> Result<()> {
        let timestamp = u64::try_from(unix_seconds).context("a time before 1970")?.saturating_mul(1_000);
        let slot = self.net.locker.get_latest_absolute_slot() + 1;
        let at = TimeTravelConfig::AbsoluteSlotAt { slot, timestamp };
        let travel = || self.net.locker.time_travel(None, self.net.commands.clone(), at);
        // On a busy machine the network may take longer than it waits for itself, or be a block further on.
        travel()
            .or_else(|_| {
                let slot = self.net.locker.get_latest_absolute_slot() + 2;
                let at = TimeTravelConfig::AbsoluteSlotAt { slot, timestamp };
                self.net.locker.time_travel(None, self.net.commands.clone(), at)
            })
            .map(drop)
            .map_err(|error| anyhow!("the clock could not be moved: {error}"))
    }
}

fn refused(error: TransactionError, logs: Vec<String>, compute_units: u64) -> Box<Refusal> {
    Box::new(Refusal { error, logs, compute_units })
}

impl Chain for LiveChain {
    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Receipt, Box<Refusal>> {
        let sent = self.signed(instructions, signers).and_then(|transaction| self.process(transaction));
        match sent {
            Ok(TransactionStatusEvent::Success(_)) => Ok(Receipt::default()),
            Ok(TransactionStatusEvent::SimulationFailure((error, meta)))
            | Ok(TransactionStatusEvent::ExecutionFailure((error, meta))) => {
                Err(refused(error, meta.logs, meta.compute_units_consumed))
            }
            Ok(TransactionStatusEvent::VerificationFailure(text)) => {
                Err(refused(TransactionError::SignatureFailure, vec![text], 0))
            }
            Err(error) => Err(refused(TransactionError::ClusterMaintenance, vec![format!("{error:#}")], 0)),
        }
    }

    fn account(&mut self, address: &Address) -> Option<Account> {
        self.net.locker.with_svm_reader(|svm| svm.get_account(address)).expect(ANSWERS)
    }

    fn set_account(&mut self, address: Address, account: Account) {
        self.net.locker.with_svm_writer(move |svm| svm.set_account(&address, account)).expect(ANSWERS);
    }

    fn now(&mut self) -> i64 {
        let account = Chain::account(self, &CLOCK).expect("every chain has a clock");
        let at = std::mem::offset_of!(Clock, unix_timestamp);
        account.data.get(at..at + 8).map_or(0, |bytes| i64::from_le_bytes(bytes.try_into().unwrap_or_default()))
    }

    fn set_now(&mut self, unix_seconds: i64) {
        self.travel(unix_seconds).expect(ANSWERS);
    }

    fn program_accounts(&mut self) -> Vec<(Address, Account)> {
        self.net.locker.with_svm_reader(|svm| svm.get_account_owned_by(&PROGRAM_ID)).expect(ANSWERS)
    }
}

impl Network for LiveChain {
    fn account(&mut self, address: &Address) -> Result<Option<Account>> {
        Ok(Chain::account(self, address))
    }

    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<()> {
        Chain::send(self, instructions, signers).map(drop).map_err(|refusal| anyhow!("{refusal}"))
    }

    fn local(&mut self) -> Option<&mut dyn Local> {
        Some(self)
    }
}

impl Local for LiveChain {
    fn deploy(&mut self, program: &Address) -> Result<()> {
        let file = program_file("firebreak");
        let bytes = std::fs::read(&file)
            .with_context(|| format!("cannot read {}: run `cargo xtask build` first", file.display()))?;
        let write = self.net.locker.write_program(*program, None, 0, &bytes, &None);
        self.runtime.block_on(write).map_err(|error| anyhow!("cannot deploy: {error}"))
    }

    fn set_account(&mut self, address: Address, account: Account) -> Result<()> {
        Chain::set_account(self, address, account);
        Ok(())
    }
}
