//! Asking Hermes, again and again.

use std::{sync::Arc, time::Duration};

use base64::Engine;
use serde::Deserialize;
use tokio::sync::{mpsc::UnboundedSender, watch};

use super::update::{Update, decode};
use crate::run::{config::HermesConfig, news::News};

const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Answer {
    binary: Binary,
}

#[derive(Deserialize)]
struct Binary {
    encoding: String,
    data: Vec<String>,
}

/// Fetches the feeds that `wanted` names for ever. A failure is said, and changes nothing.
pub async fn fetch(config: HermesConfig, wanted: watch::Receiver<Vec<[u8; 32]>>, news: UnboundedSender<News>) {
    let client = reqwest::Client::builder().timeout(TIMEOUT).build().unwrap_or_default();
    let mut every = tokio::time::interval(config.every);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let ids = wanted.borrow().clone();
        if ids.is_empty() {
            continue;
        }
        match ask(&client, &config, &ids).await {
            Ok(updates) => {
                if news.send(News::Updates(updates)).is_err() {
                    return;
                }
            }
            Err(why) => tracing::warn!("Hermes gives no prices: {why}"),
        }
    }
}

async fn ask(client: &reqwest::Client, config: &HermesConfig, ids: &[[u8; 32]]) -> Result<Vec<Arc<Update>>, String> {
    let hex = |id: &[u8; 32]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let ids: String = ids.iter().map(|id| format!("ids[]={}&", hex(id))).collect();
    let url = format!("{}/v2/updates/price/latest?{ids}encoding=base64&parsed=false", config.url.trim_end_matches('/'));
    let mut request = client.get(url);
    if let Some(key) = &config.api_key {
        request = request.bearer_auth(key);
    }
    // Errors are told without the address: it may hold a key.
    let answer = request.send().await.map_err(|error| error.without_url().to_string())?;
    let status = answer.status();
    if !status.is_success() {
        return Err(format!(
            "HTTP {status}{}",
            if status == 401 || status == 403 { ": check hermes.api_key" } else { "" }
        ));
    }
    let answer: Answer = answer.json().await.map_err(|error| error.without_url().to_string())?;
    if answer.binary.encoding != "base64" {
        return Err(format!("it answers in `{}`, base64 was asked for", answer.binary.encoding));
    }
    let mut updates = vec![];
    for text in &answer.binary.data {
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).map_err(|error| error.to_string())?;
        updates.extend(decode(&bytes)?.into_iter().map(Arc::new));
    }
    Ok(updates)
}
