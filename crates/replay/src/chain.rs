//! What a world needs of a chain. LiteSVM, solana-program-test and a network over RPC each provide it.

use firebreak_client::FirebreakError;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_transaction_error::TransactionError;
use std::fmt;

/// A transaction that was carried out.
#[derive(Clone, Debug, Default)]
pub struct Receipt {
    /// Of the whole transaction.
    pub compute_units: u64,
    pub logs: Vec<String>,
}

/// A transaction that was refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub error: TransactionError,
    pub logs: Vec<String>,
    pub compute_units: u64,
}

/// Anchor numbers a program's own errors from here.
pub const ERROR_OFFSET: u32 = 6_000;

impl Refusal {
    /// The program's own code, where it gave one.
    pub fn code(&self) -> Option<u32> {
        match &self.error {
            TransactionError::InstructionError(_, solana_instruction::error::InstructionError::Custom(code)) => {
                Some(*code)
            }
            _ => None,
        }
    }

    /// Whether the program refused for this cause.
    pub fn is(&self, cause: FirebreakError) -> bool {
        self.code() == Some(ERROR_OFFSET + cause as u32)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code().and_then(firebreak_client::explain) {
            Some(text) => write!(f, "{}: {} ({})", text.name, text.sentence, self.error)?,
            None => write!(f, "{}", self.error)?,
        }
        self.logs.iter().try_for_each(|line| write!(f, "\n    {line}"))
    }
}

impl std::error::Error for Refusal {}

/// A chain that runs transactions one after the other.
pub trait Chain {
    /// Runs a transaction; the first signer pays. A refusal leaves no trace but the fee.
    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Receipt, Box<Refusal>>;
    fn account(&mut self, address: &Address) -> Option<Account>;
    /// Writes an account directly: oracle accounts, and what attackers would like to.
    fn set_account(&mut self, address: Address, account: Account);
    /// The clock's unix time.
    fn now(&mut self) -> i64;
    fn set_now(&mut self, unix_seconds: i64);
    /// Every account the program owns.
    fn program_accounts(&mut self) -> Vec<(Address, Account)>;
}
