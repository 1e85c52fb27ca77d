//! What happens, as the program's events tell it: those of the last transactions first, then each as it comes.

use firebreak_client::{Event, PROGRAM_ID, events};
use futures_util::StreamExt;
use serde::Serialize;
use solana_commitment_config::CommitmentConfig;
use solana_pubsub_client::nonblocking::pubsub_client::PubsubClient;
use solana_rpc_client::{nonblocking::rpc_client::RpcClient, rpc_client::GetConfirmedSignaturesForAddress2Config};
use solana_rpc_client_api::config::{RpcTransactionConfig, RpcTransactionLogsConfig, RpcTransactionLogsFilter};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;

use super::view::Look;
use crate::{events::sentence, output::Colour};

/// Transactions that are looked back at. Most only refresh prices.
const BACK: usize = 40;
/// Between two attempts to follow.
const RETRY: Duration = Duration::from_secs(3);

/// One event in a line.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Unix seconds.
    pub at: i64,
    pub event: &'static str,
    pub text: String,
}

/// An event that just came.
#[derive(Clone)]
pub struct Seen {
    pub at: i64,
    pub event: Event,
}

impl Entry {
    pub fn of(seen: &Seen, look: &Look) -> Self {
        Self { at: seen.at, event: seen.event.name(), text: sentence(&seen.event, &look.overview, &look.units) }
    }

    pub fn colour(&self) -> Colour {
        match self.event {
            "Liquidated" | "AutoDeleveraged" | "DeficitReported" | "BreakerTripped" => Colour::Bad,
            "CollateralLiquidated" | "Poked" | "Proposed" | "ProposalVetoed" => Colour::Warning,
            "Traded" | "Deposited" | "Staked" => Colour::Good,
            _ => Colour::Plain,
        }
    }
}

/// Events of the last transactions, the latest first. A node without history has none.
pub async fn recent(rpc: &RpcClient) -> Vec<Seen> {
    let config = GetConfirmedSignaturesForAddress2Config {
        limit: Some(BACK),
        commitment: Some(CommitmentConfig::confirmed()),
        ..Default::default()
    };
    let Ok(found) = rpc.get_signatures_for_address_with_config(&PROGRAM_ID, config).await else { return vec![] };
    let mut seen = Vec::new();
    for status in found.iter().filter(|status| status.err.is_none()) {
        let Ok(signature) = status.signature.parse() else { continue };
        let config = RpcTransactionConfig {
            max_supported_transaction_version: Some(0),
            commitment: Some(CommitmentConfig::confirmed()),
            ..Default::default()
        };
        let Ok(transaction) = rpc.get_transaction_with_config(&signature, config).await else { continue };
        let logs = transaction.transaction.meta.and_then(|meta| Option::<Vec<String>>::from(meta.log_messages));
        let at = transaction.block_time.or(status.block_time).unwrap_or_else(unix_now);
        seen.extend(events(&logs.unwrap_or_default()).into_iter().rev().map(|event| Seen { at, event }));
    }
    seen
}

/// Follows the program's logs by WebSocket for as long as somebody listens, connecting again where the connection ends.
pub async fn follow(ws_url: String, listener: mpsc::UnboundedSender<Result<Seen, String>>) {
    while !listener.is_closed() {
        if let Err(error) = subscribe(&ws_url, &listener).await {
            let _ = listener.send(Err(error));
        }
        tokio::time::sleep(RETRY).await;
    }
}

async fn subscribe(ws_url: &str, listener: &mpsc::UnboundedSender<Result<Seen, String>>) -> Result<(), String> {
    let client = PubsubClient::new(ws_url).await.map_err(|error| error.to_string())?;
    let filter = RpcTransactionLogsFilter::Mentions(vec![PROGRAM_ID.to_string()]);
    let config = RpcTransactionLogsConfig { commitment: Some(CommitmentConfig::confirmed()) };
    let (mut logs, _) = client.logs_subscribe(filter, config).await.map_err(|error| error.to_string())?;
    while let Some(found) = logs.next().await {
        if found.value.err.is_some() {
            continue;
        }
        for event in events(&found.value.logs) {
            if listener.send(Ok(Seen { at: unix_now(), event })).is_err() {
                return Ok(());
            }
        }
    }
    Err("the connection ended".to_owned())
}

fn unix_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0))
}
