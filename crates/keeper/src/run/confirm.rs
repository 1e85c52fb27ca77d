//! What became of the signatures that are under way: asked about together, every quarter of a second.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_signature::Signature;
use solana_transaction_error::TransactionError;
use tokio::sync::oneshot;

use super::link::Link;

const EVERY: Duration = Duration::from_millis(250);
/// Signatures that one request may name.
const PER_REQUEST: usize = 256;

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    Landed {
        slot: u64,
        error: Option<TransactionError>,
    },
    /// Its blockhash is no longer accepted, and nobody carried it out.
    Expired,
}

struct Waiting {
    last_height: u64,
    /// Whether the height was already past once: the status is asked once more after that.
    is_past: bool,
    tell: oneshot::Sender<Fate>,
}

/// Watches signatures.
#[derive(Default)]
pub struct Confirmer {
    waiting: Mutex<HashMap<Signature, Waiting>>,
}

impl Confirmer {
    fn waiting(&self) -> MutexGuard<'_, HashMap<Signature, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what becomes of a transaction whose blockhash is good up to a block height.
    pub fn watch(&self, signature: Signature, last_height: u64) -> oneshot::Receiver<Fate> {
        let (tell, told) = oneshot::channel();
        self.waiting().insert(signature, Waiting { last_height, is_past: false, tell });
        told
    }

    /// Asks for ever.
    pub async fn run(self: Arc<Self>, link: Arc<Link>) {
        loop {
            tokio::time::sleep(EVERY).await;
            let all: Vec<Signature> = self.waiting().keys().copied().collect();
            for some in all.chunks(PER_REQUEST) {
                self.ask(&link, some).await;
            }
        }
    }

    async fn ask(&self, link: &Link, signatures: &[Signature]) {
        // The height first: what is found missing afterwards was not there at this height either.
        let commitment = CommitmentConfig::confirmed();
        let height = |client: Arc<RpcClient>| async move { client.get_block_height_with_commitment(commitment).await };
        let Ok(height) = link.call(height).await else { return };
        let statuses = |client: Arc<RpcClient>| {
            let signatures = signatures.to_vec();
            async move { client.get_signature_statuses(&signatures).await }
        };
        let Ok(statuses) = link.call(statuses).await else { return };
        let mut waiting = self.waiting();
        for (signature, status) in signatures.iter().zip(statuses.value) {
            let fate = match status {
                Some(status) => Fate::Landed { slot: status.slot, error: status.err },
                None => {
                    let Some(one) = waiting.get_mut(signature).filter(|one| height > one.last_height) else { continue };
                    if !std::mem::replace(&mut one.is_past, true) {
                        continue;
                    }
                    Fate::Expired
                }
            };
            if let Some(one) = waiting.remove(signature) {
                let _ = one.tell.send(fate);
            }
        }
    }
}
