//! From what Hermes says to the instructions before a refresh.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use firebreak::state::{AssetRow, FeedKind};
use solana_address::Address;
use solana_signer::Signer;
use tokio::sync::watch;

use super::{
    post::{Receiver, feed_key},
    update::Update,
};
use crate::{
    job::{Job, Task},
    run::{book::Book, carry::Carrier, link::short},
    scene::Settings,
};

type Updates = HashMap<[u8; 32], Arc<Update>>;

/// Posts prices into accounts of the keeper's own.
pub struct Poster {
    told: Option<Address>,
    receiver: OnceLock<Receiver>,
    carrier: Arc<Carrier>,
    /// Feeds that are asked for.
    want: watch::Sender<Vec<[u8; 32]>>,
}

/// The feeds of an asset that Hermes serves: in which order they come, and their ids.
fn pull_feeds(row: &AssetRow) -> impl Iterator<Item = (usize, [u8; 32])> {
    let kinds = [(row.primary_kind, row.primary_feed), (row.secondary_kind, row.secondary_feed)];
    let pull = FeedKind::PythPull as u8;
    kinds.into_iter().enumerate().filter(move |(_, (kind, _))| *kind == pull).map(|(index, (_, id))| (index, id))
}

impl Poster {
    /// `told` is the receiver; by default the first that the clearinghouse accepts.
    pub fn new(told: Option<Address>, carrier: Arc<Carrier>, want: watch::Sender<Vec<[u8; 32]>>) -> Self {
        Self { told, receiver: OnceLock::new(), carrier, want }
    }

    /// Reads the receiver's configuration. Error: there is none, or the clearinghouse does not accept the receiver.
    pub async fn begin(&self, book: &Book) -> Result<(), String> {
        let accepted = book.scene.board.header.receivers;
        let program = self.told.unwrap_or(accepted[0]);
        if program == Address::default() || !accepted.contains(&program) {
            return Err(format!("the clearinghouse accepts no price updates of {program}: check hermes.receiver"));
        }
        let config = Receiver::config(&program);
        let read = self.carrier.link.accounts(&[config], None).await.map_err(|error| short(&error))?;
        let account = read.1.into_iter().next().and_then(|(_, account)| account);
        let receiver = account.and_then(|account| Receiver::decode(program, &account.data));
        let receiver = receiver.ok_or_else(|| format!("the receiver {program} has no configuration at {config}"))?;
        // Set once: a keeper begins once.
        let _ = self.receiver.set(receiver);
        Ok(())
    }

    /// Its own accounts are the feeds that are read and refreshed from.
    pub fn learn_feeds(&self, book: &Book, settings: &mut Settings) {
        let mut ids = vec![];
        for (asset, row) in (0_u8..).zip(&book.scene.board.rows) {
            let Some(feeds) = settings.feeds.get_mut(&asset).filter(|_| settings.shard.has_asset(asset)) else {
                continue;
            };
            for (index, id) in pull_feeds(row) {
                ids.push(id);
                if !self.want.borrow().contains(&id)
                    && let Some(feed) = feeds.get_mut(index)
                {
                    *feed = self.carrier.adopt(feed_key(&self.carrier.key, &id));
                }
            }
        }
        self.want.send_if_modified(|wanted| std::mem::replace(wanted, ids.clone()) != ids);
    }

    /// Puts what Hermes says in the place of older readings: what is to be refreshed is decided on it.
    pub fn overlay(&self, book: &mut Book, updates: &Updates) -> Posts {
        let mut posts = Posts::default();
        let Some(receiver) = self.receiver.get() else { return posts };
        let payer = self.carrier.key.pubkey();
        for (asset, row) in (0_u8..).zip(&book.scene.board.rows) {
            let readings = book.scene.readings.entry(asset).or_default();
            for (index, id) in pull_feeds(row) {
                let Some(update) = updates.get(&id) else { continue };
                readings.resize(readings.len().max(index + 1), None);
                if readings[index].is_some_and(|read| read.publish_time >= update.price.publish_time) {
                    continue;
                }
                readings[index] = Some(update.price);
                let account = feed_key(&self.carrier.key, &id).pubkey();
                posts.0.entry(asset).or_default().extend(receiver.post(payer, account, update));
            }
        }
        posts
    }
}

/// Instructions that bring an asset's feeds up to date.
#[derive(Debug, Default)]
pub struct Posts(HashMap<u8, Vec<solana_instruction::Instruction>>);

impl Posts {
    /// A refresh with what it needs before it; other jobs as they are.
    pub fn before(&self, job: &Job) -> Job {
        let mut job = job.clone();
        if let Task::RefreshPrice { asset } = job.task
            && let Some(posts) = self.0.get(&asset)
        {
            job.instructions.splice(0..0, posts.iter().cloned());
            job.why += ", as Hermes has it";
        }
        job
    }
}
