//! LiteSVM with the mainnet feature set and the real `.so`.

use anyhow::{Context, Result};
use firebreak_client::PROGRAM_ID;
use litesvm::LiteSVM;
use solana_account::Account;
use solana_address::Address;
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{Message, VersionedMessage};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use std::path::PathBuf;

use crate::chain::{Chain, Receipt, Refusal};

/// A chain in this process.
pub struct LiteSvmChain {
    pub svm: LiteSVM,
}

/// Where built programs are: `$SBF_OUT_DIR`, as solana-program-test has it, else `target/deploy` of the workspace.
pub fn program_file(name: &str) -> PathBuf {
    let folder = std::env::var_os("SBF_OUT_DIR").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/deploy"));
    folder.join(format!("{name}.so"))
}

impl LiteSvmChain {
    /// A new chain with the program deployed. Error: the program is not built.
    pub fn new() -> Result<Self> {
        let mut svm = LiteSVM::new().with_mainnet_features().with_sigverify(false).with_transaction_history(0);
        let file = program_file("firebreak");
        svm.add_program_from_file(PROGRAM_ID, &file)
            .with_context(|| format!("cannot load {}: run `cargo xtask build` first", file.display()))?;
        Ok(Self { svm })
    }
}

impl Chain for LiteSvmChain {
    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Receipt, Box<Refusal>> {
        let payer = signers.first().map(|signer| signer.pubkey()).unwrap_or_default();
        // The same bytes twice are a duplicate to the chain; the simulator means them twice.
        self.svm.expire_blockhash();
        let message = Message::new_with_blockhash(instructions, Some(&payer), &self.svm.latest_blockhash());
        let signatures = vec![Default::default(); message.header.num_required_signatures as usize];
        let transaction = VersionedTransaction { signatures, message: VersionedMessage::Legacy(message) };
        match self.svm.send_transaction(transaction) {
            Ok(done) => Ok(Receipt { compute_units: done.compute_units_consumed, logs: done.logs }),
            Err(failed) => Err(Box::new(Refusal {
                error: failed.err,
                logs: failed.meta.logs,
                compute_units: failed.meta.compute_units_consumed,
            })),
        }
    }

    fn account(&mut self, address: &Address) -> Option<Account> {
        self.svm.get_account(address)
    }

    fn set_account(&mut self, address: Address, account: Account) {
        // Refused only for accounts that are loaded as programs, which no caller writes.
        self.svm.set_account(address, account).expect("an account that is not a program can be written");
    }

    fn now(&mut self) -> i64 {
        self.svm.get_sysvar::<Clock>().unix_timestamp
    }

    fn set_now(&mut self, unix_seconds: i64) {
        let clock = self.svm.get_sysvar::<Clock>();
        self.svm.set_sysvar(&Clock { unix_timestamp: unix_seconds, slot: clock.slot + 1, ..clock });
    }

    fn program_accounts(&mut self) -> Vec<(Address, Account)> {
        self.svm.get_program_accounts(&PROGRAM_ID)
    }
}
