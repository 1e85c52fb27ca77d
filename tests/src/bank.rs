//! The chain of solana-program-test, behind the interface that worlds use.

use firebreak_client::PROGRAM_ID;
use firebreak_replay::{
    chain::{Chain, Receipt, Refusal},
    litesvm_chain::program_file,
};
use solana_account::{Account, AccountSharedData};
use solana_address::Address;
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_program_test::{ProgramTest, ProgramTestContext};
use solana_signer::Signer;
use solana_transaction::Transaction;
use solana_transaction_error::TransactionError;
use std::collections::BTreeSet;
use tokio::runtime::{Builder, Runtime};

const COMPUTE_BUDGET: Address = Address::from_str_const("ComputeBudget111111111111111111111111111111");
const BPF_LOADER: Address = Address::from_str_const("BPFLoader2111111111111111111111111111111111");
const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");
const MAX_COMPUTE_UNITS: u32 = 1_400_000;

/// A bank with the program deployed, on a runtime of its own, so that its callers need not be asynchronous.
pub struct BankChain {
    context: ProgramTestContext,
    runtime: Runtime,
    /// Every address that a transaction named or a test wrote: a bank lists no accounts by owner.
    seen: BTreeSet<Address>,
    sent: u32,
}

impl Default for BankChain {
    fn default() -> Self {
        Self::new()
    }
}

impl BankChain {
    /// A new bank. Panics where the program is not built.
    pub fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime of one thread starts");
        let mut test = ProgramTest::default();
        // It logs every instruction unless told otherwise; a refusal carries its own logs.
        log::set_max_level(log::LevelFilter::Off);
        test.add_account(PROGRAM_ID, program_account());
        let context = runtime.block_on(test.start_with_context());
        Self { context, runtime, seen: BTreeSet::new(), sent: 0 }
    }

    /// Limits the compute units, each time a little differently: the same bytes twice under one blockhash would be a
    /// duplicate to the bank, and the tests mean them twice. Last, so that it moves no instruction's index.
    fn unique_limit(&mut self) -> Instruction {
        self.sent += 1;
        let limit = MAX_COMPUTE_UNITS - self.sent;
        Instruction::new_with_bytes(COMPUTE_BUDGET, &[&[2], &limit.to_le_bytes()[..]].concat(), vec![])
    }

    fn signed(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Transaction, TransactionError> {
        let blockhash = self.runtime.block_on(self.context.banks_client.get_latest_blockhash());
        let blockhash = blockhash.expect("a bank in this process answers");
        let payer = signers.first().map(|signer| signer.pubkey());
        let mut transaction = Transaction::new_unsigned(Message::new(instructions, payer.as_ref()));
        transaction.try_sign(signers, blockhash).map_err(|_| TransactionError::SignatureFailure)?;
        Ok(transaction)
    }
}

/// The program as a loader keeps it.
fn program_account() -> Account {
    let file = program_file("firebreak");
    let data = std::fs::read(&file)
        .unwrap_or_else(|error| panic!("{}: {error}: run `cargo xtask build` first", file.display()));
    Account { lamports: 10_000_000_000, data, owner: BPF_LOADER, executable: true, rent_epoch: 0 }
}

fn refusal(error: TransactionError) -> Box<Refusal> {
    Box::new(Refusal { error, logs: Vec::new(), compute_units: 0 })
}

impl Chain for BankChain {
    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Receipt, Box<Refusal>> {
        let named = instructions.iter().flat_map(|instruction| &instruction.accounts);
        self.seen.extend(named.map(|account| account.pubkey));
        let mut instructions = instructions.to_vec();
        instructions.push(self.unique_limit());
        let transaction = self.signed(&instructions, signers).map_err(refusal)?;

        let outcome = self.runtime.block_on(self.context.banks_client.process_transaction_with_metadata(transaction));
        let outcome = outcome.expect("a bank in this process answers");
        let (logs, compute_units) = match outcome.metadata {
            Some(metadata) => (metadata.log_messages, metadata.compute_units_consumed),
            None => (Vec::new(), 0),
        };
        match outcome.result {
            Ok(()) => Ok(Receipt { compute_units, logs }),
            Err(error) => Err(Box::new(Refusal { error, logs, compute_units })),
        }
    }

    fn account(&mut self, address: &Address) -> Option<Account> {
        let account = self.runtime.block_on(self.context.banks_client.get_account(*address));
        account.expect("a bank in this process answers").filter(|account| account.lamports > 0)
    }

    fn set_account(&mut self, address: Address, account: Account) {
        self.seen.insert(address);
        self.context.set_account(&address, &AccountSharedData::from(account));
    }

    fn now(&mut self) -> i64 {
        let clock: Clock = self.clock();
        clock.unix_timestamp
    }

    fn set_now(&mut self, unix_seconds: i64) {
        let clock = self.clock();
        self.context.set_sysvar(&Clock { unix_timestamp: unix_seconds, ..clock });
    }

    fn program_accounts(&mut self) -> Vec<(Address, Account)> {
        let seen: Vec<_> = self.seen.iter().copied().collect();
        let accounts = seen.into_iter().filter_map(|address| Some((address, self.account(&address)?)));
        accounts.filter(|(_, account)| account.owner == PROGRAM_ID).collect()
    }
}

impl BankChain {
    fn clock(&mut self) -> Clock {
        let data = self.account(&CLOCK).expect("every bank has a clock").data;
        let word = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&data[at..at + 8]);
            i64::from_le_bytes(bytes)
        };
        Clock {
            slot: word(0) as u64,
            epoch_start_timestamp: word(8),
            epoch: word(16) as u64,
            leader_schedule_epoch: word(24) as u64,
            unix_timestamp: word(32),
        }
    }
}
