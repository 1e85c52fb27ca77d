//! Following the program's accounts by Yellowstone gRPC instead of the RPC server's WebSocket.
//!
//! It compiles; it was never run against a server: there is none to be had where this was written. What it tells the engine is what the
//! socket tells it, so that full reads, gap detection and pauses are the same.

use std::{collections::HashMap, time::Duration};

use firebreak_client::PROGRAM_ID;
use futures_util::StreamExt;
use solana_account::Account;
use solana_address::Address;
use tokio::{sync::mpsc::UnboundedSender, time::timeout};
use yellowstone_grpc_client::{ClientTlsConfig, GeyserGrpcClient};
use yellowstone_grpc_proto::prelude::{
    CommitmentLevel, SubscribeRequest, SubscribeRequestFilterAccounts, SubscribeRequestFilterSlots, SubscribeUpdate,
    subscribe_update::UpdateOneof,
};

use super::{book::Seen, link::Pauses, news::News};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Follows for ever; a stream that breaks or falls silent is given up, and another one opened.
pub async fn follow((url, token): (String, Option<String>), news: UnboundedSender<News>, silence: Duration) {
    let mut pauses = Pauses::new(FIRST_PAUSE, LONGEST_PAUSE);
    loop {
        let why = match one_stream(&url, token.clone(), &news, silence).await {
            Ok(heard) => {
                if heard > 0 {
                    pauses.reset();
                }
                format!("the stream was silent for {} ms", silence.as_millis())
            }
            Err(why) => why,
        };
        if news.send(News::Disconnected(why)).is_err() {
            return;
        }
        tokio::time::sleep(pauses.next()).await;
    }
}

fn request() -> SubscribeRequest {
    let accounts = SubscribeRequestFilterAccounts { owner: vec![PROGRAM_ID.to_string()], ..Default::default() };
    SubscribeRequest {
        accounts: HashMap::from([("firebreak".to_owned(), accounts)]),
        slots: HashMap::from([("slots".to_owned(), SubscribeRequestFilterSlots::default())]),
        commitment: Some(CommitmentLevel::Processed as i32),
        ..Default::default()
    }
}

async fn one_stream(
    url: &str,
    token: Option<String>,
    news: &UnboundedSender<News>,
    silence: Duration,
) -> Result<u64, String> {
    let builder = GeyserGrpcClient::build_from_shared(url.to_owned()).map_err(|error| error.to_string())?;
    let builder = builder.x_token(token).map_err(|error| error.to_string())?;
    let builder = match url.starts_with("https") {
        true => builder.tls_config(ClientTlsConfig::new().with_native_roots()).map_err(|error| error.to_string())?,
        false => builder,
    };
    let mut client = builder.connect().await.map_err(|error| error.to_string())?;
    let mut stream = client.subscribe_once(request()).await.map_err(|error| error.to_string())?;
    let mut heard = 0;
    let _ = news.send(News::Connected);
    loop {
        match timeout(silence, stream.next()).await {
            Ok(Some(Ok(update))) => {
                let Some(told) = told(update) else { continue };
                heard += u64::from(matches!(told, News::Slot(_)));
                if news.send(told).is_err() {
                    return Ok(heard);
                }
            }
            Ok(Some(Err(status))) => return Err(status.to_string()),
            Ok(None) => return Err("the stream was closed".to_owned()),
            Err(_) => return Ok(heard),
        }
    }
}

/// What an update says, where it is about an account or a slot.
fn told(update: SubscribeUpdate) -> Option<News> {
    match update.update_oneof? {
        UpdateOneof::Slot(slot) => Some(News::Slot(slot.slot)),
        UpdateOneof::Account(found) => {
            let account = found.account?;
            let address = Address::try_from(account.pubkey.as_slice()).ok()?;
            let owner = Address::try_from(account.owner.as_slice()).ok()?;
            let account = Account {
                lamports: account.lamports,
                data: account.data,
                owner,
                executable: account.executable,
                rent_epoch: account.rent_epoch,
            };
            Some(News::Account(Seen { address, slot: found.slot, account: Some(account) }))
        }
        _ => None,
    }
}
