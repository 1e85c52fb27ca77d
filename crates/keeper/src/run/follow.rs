//! Following the program's accounts by WebSocket: a socket that breaks or falls silent is given up, and another one opened.

use std::{sync::Arc, time::Duration};

use firebreak_client::PROGRAM_ID;
use futures_util::StreamExt;
use solana_pubsub_client::nonblocking::pubsub_client::PubsubClient;
use solana_rpc_client_api::config::{RpcAccountInfoConfig, RpcProgramAccountsConfig, UiAccountEncoding};
use tokio::{sync::mpsc::UnboundedSender, time::timeout};

use super::{
    book::Seen,
    link::{Link, Pauses},
    news::News,
};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long a connection and its two subscriptions may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Follows for ever; every socket of its own task.
pub async fn follow(link: Arc<Link>, news: UnboundedSender<News>, silence: Duration) {
    let mut pauses = Pauses::new(FIRST_PAUSE, LONGEST_PAUSE);
    loop {
        let why = match one_socket(&link, &news, silence).await {
            Ok(heard) => {
                if heard > 0 {
                    pauses.reset();
                }
                format!("the socket was silent for {} ms", silence.as_millis())
            }
            Err(why) => why,
        };
        if news.send(News::Disconnected(why)).is_err() {
            return;
        }
        tokio::time::sleep(pauses.next()).await;
    }
}

/// One socket until it breaks. The number of slots heard where it fell silent.
async fn one_socket(link: &Link, news: &UnboundedSender<News>, silence: Duration) -> Result<u64, String> {
    let url = link.ws_url().to_owned();
    let connecting = timeout(PATIENCE, PubsubClient::new(url.as_str())).await;
    let client = connecting.map_err(|_| "no connection in time".to_owned())?.map_err(|error| error.to_string())?;
    let config = RpcProgramAccountsConfig {
        account_config: RpcAccountInfoConfig {
            encoding: Some(UiAccountEncoding::Base64),
            commitment: Some(link.commitment),
            ..RpcAccountInfoConfig::default()
        },
        ..RpcProgramAccountsConfig::default()
    };
    let subscribing = timeout(PATIENCE, async {
        let (slots, _) = client.slot_subscribe().await?;
        let (accounts, _) = client.program_subscribe(&PROGRAM_ID, Some(config)).await?;
        Ok::<_, solana_pubsub_client::pubsub_client::PubsubClientError>((slots, accounts))
    });
    let (mut slots, mut accounts) =
        subscribing.await.map_err(|_| "no subscription in time".to_owned())?.map_err(|error| error.to_string())?;
    let mut heard = 0;
    let _ = news.send(News::Connected);
    loop {
        let next = async {
            tokio::select! {
                slot = slots.next() => slot.map(|info| News::Slot(info.slot)),
                keyed = accounts.next() => keyed.and_then(|keyed| {
                    let address = keyed.value.pubkey.parse().ok()?;
                    let account = keyed.value.account.to_account();
                    Some(News::Account(Seen { address, slot: keyed.context.slot, account }))
                }),
            }
        };
        match timeout(silence, next).await {
            Ok(Some(told)) => {
                heard += u64::from(matches!(told, News::Slot(_)));
                if news.send(told).is_err() {
                    return Ok(heard);
                }
            }
            Ok(None) => return Err("the connection was closed".to_owned()),
            Err(_) => return Ok(heard),
        }
    }
}
