//! An unsigned transaction for a multisig.

use base64::{Engine, prelude::BASE64_STANDARD};
use firebreak_client::sending;
use serde::Serialize;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;

use crate::{
    failure::{Failure, Outcome},
    output::{Page, Report},
};

/// As multisigs import it. It sets no compute budget, since a multisig calls it from inside its own transaction.
#[derive(Serialize)]
pub struct Exported {
    /// Signs and pays.
    pub signer: String,
    /// The transaction with empty signatures.
    pub base58: String,
    pub base64: String,
    /// The message alone, as some multisigs want it.
    pub message_base58: String,
    pub message_base64: String,
}

impl Exported {
    pub async fn of(rpc: &RpcClient, instructions: &[Instruction], signer: Address) -> Outcome<Self> {
        let blockhash = rpc.get_latest_blockhash().await.map_err(firebreak_client::Failure::from)?;
        let transaction = sending::unsigned(instructions, &signer, blockhash)?;
        let message = transaction.message.serialize();
        let count = u8::try_from(transaction.signatures.len()).ok().filter(|count| *count < 128);
        let count = count.ok_or_else(|| Failure::refused("the transaction needs more signatures than one may have"))?;
        let mut bytes = vec![count];
        transaction.signatures.iter().for_each(|signature| bytes.extend(signature.as_ref()));
        bytes.extend(&message);
        Ok(Self {
            signer: signer.to_string(),
            base58: bs58::encode(&bytes).into_string(),
            base64: BASE64_STANDARD.encode(&bytes),
            message_base58: bs58::encode(&message).into_string(),
            message_base64: BASE64_STANDARD.encode(&message),
        })
    }
}

impl Report for Exported {
    fn draw(&self, page: &mut Page) {
        page.heading(format!("Unsigned transaction, to be signed and paid by {}", self.signer));
        for (name, text) in
            [("base58", &self.base58), ("base64", &self.base64), ("message in base58", &self.message_base58)]
        {
            page.line(format!("{name}:"));
            page.line(text);
            page.line("");
        }
    }
}
