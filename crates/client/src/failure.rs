//! Why a transaction did not happen, in sentences.

use std::fmt;

use solana_instruction::error::InstructionError;
use solana_rpc_client_api::client_error::Error as ClientError;
use solana_transaction_error::TransactionError;

use crate::{FirebreakError, errors::ErrorText, explain};

/// Anchor numbers a program's own errors from here.
pub const ERROR_OFFSET: u32 = 6_000;

/// A transaction that was refused, by the program or by the chain. Nothing but the fee changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    pub error: TransactionError,
    pub logs: Vec<String>,
}

impl Refused {
    /// The code that a program gave.
    pub fn code(&self) -> Option<u32> {
        match &self.error {
            TransactionError::InstructionError(_, InstructionError::Custom(code)) => Some(*code),
            _ => None,
        }
    }

    /// Whether Firebreak refused for this cause.
    pub fn is(&self, cause: FirebreakError) -> bool {
        self.code() == Some(ERROR_OFFSET + cause as u32)
    }

    /// Name and sentence, where the code is Firebreak's.
    pub fn text(&self) -> Option<&'static ErrorText> {
        self.code().and_then(explain)
    }

    /// The program that failed, as the logs say.
    fn program(&self) -> Option<&str> {
        self.logs.iter().rev().find_map(|line| line.strip_prefix("Program ")?.split_once(" failed: ").map(|(id, _)| id))
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = self.text() {
            return write!(f, "{} ({}, code {})", text.sentence, text.name, text.code);
        }
        let is_token = self.program().is_some_and(|id| id.starts_with("Token"));
        match (&self.error, self.code()) {
            (_, Some(1)) if is_token => {
                f.write_str("the token account holds less than is to be moved: fund it, or choose a smaller amount")
            }
            (_, Some(4)) if is_token => f.write_str("the signer does not own the token account: sign with its owner"),
            (_, Some(code)) => {
                write!(f, "program {} refused with its code {code}", self.program().unwrap_or("unknown"))
            }
            (TransactionError::AccountNotFound, _) => {
                f.write_str("the payer has no SOL: fund it with some before it pays fees")
            }
            (TransactionError::InsufficientFundsForFee, _) => {
                f.write_str("the payer has too little SOL for the fee: fund it")
            }
            (TransactionError::InsufficientFundsForRent { .. }, _) => {
                f.write_str("the payer has too little SOL for the rent of a new account: fund it")
            }
            (TransactionError::BlockhashNotFound, _) => {
                f.write_str("the transaction's blockhash is too old: build and sign it again")
            }
            (error, None) => write!(f, "the chain refused the transaction: {error}"),
        }
    }
}

impl std::error::Error for Refused {}

/// Why nothing was read, or a transaction not carried out.
#[derive(Debug)]
pub enum Failure {
    /// Refused, with nothing changed.
    Refused(Box<Refused>),
    /// The network did not answer, or not with what was asked. A transaction sent may still be carried out.
    Network(Box<ClientError>),
    /// Not carried out before its blockhash ended, and never will be.
    Expired { signature: solana_signature::Signature },
    /// There is no such account.
    Missing { what: String },
    /// An account holds something else.
    Malformed { what: String, why: String },
    /// The program's own code refuses to value an account: for want of a price, for example.
    Unvalued { cause: FirebreakError },
    /// The transaction cannot be built or signed.
    Unsigned { why: String },
}

impl Failure {
    /// Whether Firebreak refused for this cause.
    pub fn is(&self, cause: FirebreakError) -> bool {
        match self {
            Self::Refused(refused) => refused.is(cause),
            Self::Unvalued { cause: found } => *found == cause,
            _ => false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::Network(error) => write!(f, "the network did not answer: {error}; check the address of the RPC"),
            Self::Expired { signature } => {
                write!(f, "transaction {signature} was not included before its blockhash ended: send it again")
            }
            Self::Missing { what } => write!(f, "there is no {what}"),
            Self::Malformed { what, why } => write!(f, "{what} cannot be read: {why}"),
            Self::Unvalued { cause } => match explain(ERROR_OFFSET + *cause as u32) {
                Some(text) => write!(f, "the account cannot be valued: {} ({})", text.sentence, text.name),
                None => write!(f, "the account cannot be valued: {cause:?}"),
            },
            Self::Unsigned { why } => write!(f, "the transaction cannot be signed: {why}"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<FirebreakError> for Failure {
    fn from(cause: FirebreakError) -> Self {
        Self::Unvalued { cause }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error.get_transaction_error() {
            Some(error) => Self::Refused(Box::new(Refused { error, logs: vec![] })),
            None => Self::Network(Box::new(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: u32, logs: &[&str]) -> Refused {
        let error = TransactionError::InstructionError(0, InstructionError::Custom(code));
        Refused { error, logs: logs.iter().map(|line| (*line).to_owned()).collect() }
    }

    #[test]
    fn a_code_is_told_by_whose_it_is() {
        let own = refused(ERROR_OFFSET + FirebreakError::MarginInsufficient as u32, &[]);
        assert!(own.is(FirebreakError::MarginInsufficient) && !own.is(FirebreakError::PriceStale));
        assert!(own.to_string().contains("MarginInsufficient"), "{own}");
        let token = "Program TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA failed: custom program error: 0x1";
        assert!(refused(1, &[token]).to_string().contains("token account holds less"));
        let other = "Program Other111 failed: custom program error: 0x1";
        assert_eq!(refused(1, &[other]).to_string(), "program Other111 refused with its code 1");
    }
}
