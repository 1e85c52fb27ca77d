//! Transactions: simulated for their limits, signed, and sent again until they are in or can no longer be.

use std::time::{Duration, Instant};

use solana_address::Address;
use solana_hash::Hash;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::{VersionedMessage, v0};
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::config::{RpcSendTransactionConfig, RpcSimulateTransactionConfig, RpcTransactionConfig};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use crate::{Budget, Event, Failure, events, failure::Refused};

/// Between two looks at whether it is in.
const POLL: Duration = Duration::from_millis(200);
/// Between two sendings of the same bytes.
const RESEND: Duration = Duration::from_secs(2);
/// Looks for what a transaction did, once it is in: some nodes know later than others.
const LOOKS: u32 = 20;

/// What a transaction would do.
#[derive(Clone, Debug)]
pub struct Simulated {
    pub budget: Budget,
    pub compute_units: u64,
    pub events: Vec<Event>,
    pub logs: Vec<String>,
}

/// What a transaction did.
#[derive(Clone, Debug)]
pub struct Sent {
    pub signature: Signature,
    pub slot: u64,
    pub compute_units: u64,
    /// Lamports.
    pub fee: u64,
    pub events: Vec<Event>,
    pub logs: Vec<String>,
}

fn message(instructions: &[Instruction], payer: &Address, blockhash: Hash) -> Result<VersionedMessage, Failure> {
    v0::Message::try_compile(payer, instructions, &[], blockhash)
        .map(VersionedMessage::V0)
        .map_err(|error| Failure::Unsigned { why: error.to_string() })
}

/// The transaction without signatures, for a wallet or a multisig to sign.
///
/// # Errors
/// Where the instructions name more accounts than a transaction may.
pub fn unsigned(
    instructions: &[Instruction],
    payer: &Address,
    blockhash: Hash,
) -> Result<VersionedTransaction, Failure> {
    let message = message(instructions, payer, blockhash)?;
    let signatures = vec![Signature::default(); message.header().num_required_signatures as usize];
    Ok(VersionedTransaction { signatures, message })
}

/// Runs instructions on the chain as it is, without signatures, and changes nothing. The budget that comes with it is what the same
/// instructions need.
///
/// # Errors
/// Refused where the program would refuse; nothing was sent.
pub async fn simulate(rpc: &RpcClient, instructions: &[Instruction], payer: &Address) -> Result<Simulated, Failure> {
    // With the largest limits: a simulation has to find out what is needed.
    let most = Budget { compute_units: 1_400_000, loaded_bytes: 64 * 1_024 * 1_024, unit_price: 0 };
    let transaction = unsigned(&most.wrap(instructions), payer, Hash::default())?;
    let config = RpcSimulateTransactionConfig {
        sig_verify: false,
        replace_recent_blockhash: true,
        commitment: Some(rpc.commitment()),
        ..Default::default()
    };
    let found = rpc.simulate_transaction_with_config(&transaction, config).await?.value;
    let logs = found.logs.unwrap_or_default();
    if let Some(error) = found.err {
        return Err(Failure::Refused(Box::new(Refused { error: error.into(), logs })));
    }
    let compute_units = found.units_consumed.unwrap_or(u64::from(most.compute_units));
    let budget = match found.loaded_accounts_data_size {
        Some(bytes) => Budget::simulated(compute_units, bytes),
        None => Budget { loaded_bytes: most.loaded_bytes, ..Budget::simulated(compute_units, 0) },
    };
    Ok(Simulated { budget, compute_units, events: events(&logs), logs })
}

/// Simulates, signs with the first signer paying, sends, and waits until the transaction is in. `unit_price` is the priority fee in
/// millionths of a lamport per compute unit.
///
/// # Errors
/// Refused, by the simulation or on the chain; expired; or no answer, where it is not known whether it will be in.
pub async fn send(
    rpc: &RpcClient,
    instructions: &[Instruction],
    signers: &[&Keypair],
    unit_price: u64,
) -> Result<Sent, Failure> {
    let payer = signers
        .first()
        .map(|signer| signer.pubkey())
        .ok_or_else(|| Failure::Unsigned { why: "nobody pays for it: name at least one key".to_owned() })?;
    let budget = simulate(rpc, instructions, &payer).await?.budget.paying(unit_price);
    let (blockhash, last_block) = rpc.get_latest_blockhash_with_commitment(rpc.commitment()).await?;
    let message = message(&budget.wrap(instructions), &payer, blockhash)?;
    let transaction = VersionedTransaction::try_new(message, signers)
        .map_err(|error| Failure::Unsigned { why: error.to_string() })?;
    confirm(rpc, &transaction, last_block).await
}

/// Sends a signed transaction, and sends it again until it is in or its blockhash has ended (after block `last_block`).
///
/// # Errors
/// As `send`.
pub async fn confirm(rpc: &RpcClient, transaction: &VersionedTransaction, last_block: u64) -> Result<Sent, Failure> {
    let signature = transaction.signatures.first().copied().unwrap_or_default();
    let config = RpcSendTransactionConfig { skip_preflight: true, max_retries: Some(0), ..Default::default() };
    let mut sent_at: Option<Instant> = None;
    loop {
        if sent_at.is_none_or(|at| at.elapsed() >= RESEND) {
            let sent = rpc.send_transaction_with_config(transaction, config).await;
            // One that is in already may be refused when it is sent again; its status says what became of it.
            if let (Err(error), None) = (sent, sent_at) {
                return Err(error.into());
            }
            sent_at = Some(Instant::now());
        }
        let statuses = rpc.get_signature_statuses(&[signature]).await?.value;
        if let Some(status) = statuses.into_iter().next().flatten()
            && status.satisfies_commitment(rpc.commitment())
        {
            return done(rpc, signature, status.slot, status.err).await;
        }
        if rpc.get_block_height_with_commitment(rpc.commitment()).await? > last_block {
            return Err(Failure::Expired { signature });
        }
        tokio::time::sleep(POLL).await;
    }
}

/// What a transaction that is in did.
async fn done(
    rpc: &RpcClient,
    signature: Signature,
    slot: u64,
    error: Option<solana_transaction_error::TransactionError>,
) -> Result<Sent, Failure> {
    let config =
        RpcTransactionConfig { max_supported_transaction_version: Some(0), commitment: None, ..Default::default() };
    let mut sent = Sent { signature, slot, compute_units: 0, fee: 0, events: vec![], logs: vec![] };
    for _ in 0..LOOKS {
        let found = rpc.get_transaction_with_config(&signature, config).await;
        let Some(meta) = found.ok().and_then(|found| found.transaction.meta) else {
            tokio::time::sleep(POLL).await;
            continue;
        };
        sent.logs = Option::<Vec<String>>::from(meta.log_messages).unwrap_or_default();
        sent.compute_units = Option::<u64>::from(meta.compute_units_consumed).unwrap_or_default();
        sent.fee = meta.fee;
        sent.events = events(&sent.logs);
        break;
    }
    match error {
        Some(error) => Err(Failure::Refused(Box::new(Refused { error, logs: sent.logs }))),
        None => Ok(sent),
    }
}
