//! What the engine hears, and what it makes of it.

use std::{sync::Arc, time::Instant};

use super::{AT_ONCE, Engine};
use crate::{
    job::Job,
    run::{book::Seen, carry::Outcome, hermes::Update, news::News},
};

impl Engine {
    pub(super) fn hear_all(&mut self) {
        for _ in 0..AT_ONCE {
            let Ok(news) = self.news.try_recv() else { return };
            self.hear(news);
        }
    }

    pub(super) fn hear(&mut self, news: News) {
        let meter = &self.shared.meter;
        match news {
            News::Slot(slot) => {
                let mut seen = meter.statistics();
                (seen.socket_slot, seen.last_news) = (slot, Some(Instant::now()));
            }
            News::Account(seen) => {
                self.book.see(seen);
                meter.statistics().last_news = Some(Instant::now());
            }
            News::Connected => {
                meter.statistics().sockets += 1;
                self.is_followed = true;
                tracing::info!("following the program's accounts");
                self.read_all();
            }
            News::Disconnected(why) => {
                meter.statistics().socket_losses += 1;
                tracing::warn!("the socket is lost: {why}; another one is opened, and all accounts are read again");
                self.shared.link.leave_current(&why);
                self.is_followed = false;
                self.read_all();
            }
            News::Read(Ok((slot, accounts))) => {
                self.is_reading = false;
                self.last_read = Instant::now();
                let unheard = self.book.replace_all(slot, accounts);
                let mut seen = meter.statistics();
                (seen.reads, seen.last_news) = (seen.reads + 1, Some(Instant::now()));
                seen.unheard += unheard as u64;
            }
            News::Read(Err(why)) => {
                self.is_reading = false;
                meter.statistics().rpc_failures += 1;
                tracing::warn!("cannot read all accounts: {why}");
            }
            News::Updates(updates) => {
                for update in updates {
                    let is_newer = |known: &Arc<Update>| known.price.publish_time < update.price.publish_time;
                    if self.updates.get(&update.feed_id).is_none_or(is_newer) {
                        self.updates.insert(update.feed_id, update);
                    }
                }
            }
            News::Finished(finished) => self.hear_finished(*finished),
        }
    }

    fn hear_finished(&mut self, (job, outcome, seen): (Job, Outcome, Vec<Seen>)) {
        let target = job.task.target();
        self.busy.remove(&target);
        for one in seen {
            self.book.see(one);
        }
        self.shared.meter.count(&job, &outcome);
        let (kind, why) = (job.task.kind(), &job.why);
        match &outcome {
            Outcome::Done { signature, lamports, units, .. } => {
                self.patience.done(&target);
                tracing::info!(kind, %signature, lamports, units, "{why}");
            }
            Outcome::Rehearsed { units } => {
                self.patience.refused(target, Instant::now());
                tracing::info!(kind, units, "would do: {why}");
            }
            Outcome::Refused { cause, .. } | Outcome::Withheld { cause } => {
                let pause = self.patience.refused(target, Instant::now());
                tracing::info!(
                    kind,
                    "not done, tried again in {} ms at the earliest: {why}: {cause}",
                    pause.as_millis()
                );
            }
            Outcome::Expired => tracing::warn!(kind, "nobody carried it out before its blockhash expired: {why}"),
            Outcome::Unreached { cause } => {
                self.patience.refused(target, Instant::now());
                tracing::warn!(kind, "no server answered ({cause}): {why}");
            }
        }
    }
}
