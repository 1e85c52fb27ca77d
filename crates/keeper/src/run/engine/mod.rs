//! One task owns everything that is known: it hears news, looks, decides and sends jobs off, pass after pass.

mod hear;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use solana_address::Address;
use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender},
        watch,
    },
    task::JoinSet,
};

use super::{
    book::Book,
    carry::Carrier,
    config::{Config, RpcConfig},
    hermes::{Poster, Update},
    link::{Link, Pauses},
    meter::Meter,
    news::News,
    patience::Patience,
    read,
    worth::Worth,
};
use crate::{
    decide::{below, decide_among},
    job::{Job, Target},
    scene::{Own, Settings},
};

/// News that are taken in before the next look.
const AT_ONCE: usize = 10_000;
/// However many news there are, passes come no faster than this part of the time between two where nothing happens: each asks a server.
const QUICKEST: u32 = 4;
/// News that come together are decided together.
const TOGETHER: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// The engine's parts that others hold, too.
pub struct Shared {
    pub config: Config,
    pub link: Arc<Link>,
    pub carrier: Arc<Carrier>,
    pub meter: Arc<Meter>,
    /// Where prices are posted, and whose they are; none where nobody posts.
    pub poster: Option<Poster>,
}

/// What a keeper knows, and what it has under way.
pub struct Engine {
    pub shared: Arc<Shared>,
    pub book: Book,
    pub own: Own,
    pub settings: Settings,
    news: UnboundedReceiver<News>,
    tell: UnboundedSender<News>,
    /// Targets under way, and the account each is about.
    busy: HashMap<Target, Option<Address>>,
    patience: Patience,
    tasks: JoinSet<()>,
    last_read: Instant,
    is_reading: bool,
    /// Whether a socket says what changes.
    is_followed: bool,
    slot_moved: Instant,
    pauses: Pauses,
    /// What Hermes said last of each feed.
    updates: HashMap<[u8; 32], Arc<Update>>,
    /// Assets whose price nobody can use, as of the last pass: said once.
    stale: HashSet<u8>,
}

impl Engine {
    pub fn new(
        shared: Arc<Shared>,
        book: Book,
        (own, settings): (Own, Settings),
        (tell, news): (UnboundedSender<News>, UnboundedReceiver<News>),
    ) -> Self {
        let pace = &shared.config.pace;
        let patience = Patience::new(pace.backoff, pace.backoff_cap);
        let pauses = Pauses::new(pace.pass, LONGEST_PAUSE.max(pace.pass));
        let now = Instant::now();
        Self {
            shared,
            book,
            own,
            settings,
            news,
            tell,
            busy: HashMap::new(),
            patience,
            tasks: JoinSet::new(),
            last_read: now,
            is_reading: false,
            is_followed: false,
            slot_moved: now,
            pauses,
            updates: HashMap::new(),
            stale: HashSet::new(),
        }
    }

    /// Works until it is told to stop, then waits for what is under way.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let (mut pause, mut passed) = (Duration::ZERO, Instant::now());
        while !*stop.borrow() {
            tokio::select! {
                _ = stop.changed() => break,
                () = tokio::time::sleep(pause) => {}
                Some(first) = self.news.recv() => {
                    self.hear(first);
                    let rest = (self.shared.config.pace.pass / QUICKEST).saturating_sub(passed.elapsed());
                    tokio::time::sleep(rest.max(TOGETHER)).await;
                }
            }
            self.hear_all();
            passed = Instant::now();
            pause = self.pass().await;
        }
        self.finish().await;
    }

    async fn finish(&mut self) {
        let grace = self.shared.config.pace.grace;
        tracing::info!("stopping: {} transactions are under way", self.busy.len());
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, all).await.is_err() {
            tracing::warn!("{} transactions had not come to an end after {} s", self.busy.len(), grace.as_secs());
            self.tasks.abort_all();
        }
        self.hear_all();
        if let Ok((_, found)) = read::hot(&self.shared.link, &self.book, &self.own, &self.settings).await {
            read::apply(&mut self.book, found, &self.settings);
        }
        self.measure();
    }

    /// Looks, decides, sends off. How long to wait for news before the next pass.
    async fn pass(&mut self) -> Duration {
        let started = Instant::now();
        let looked = read::hot(&self.shared.link, &self.book, &self.own, &self.settings).await;
        let slot = match looked {
            Ok((slot, found)) => {
                read::apply(&mut self.book, found, &self.settings);
                slot
            }
            Err(why) => {
                self.shared.meter.statistics().rpc_failures += 1;
                let pause = self.pauses.next();
                tracing::warn!("no server answers ({why}): tried again in {} ms", pause.as_millis());
                return pause;
            }
        };
        self.pauses.reset();
        self.hear_all();
        self.mind_slots(slot);
        let RpcConfig { reread, silence, .. } = self.shared.config.rpc;
        if self.last_read.elapsed() >= if self.is_followed { reread } else { reread.min(silence) } {
            self.read_all();
        }
        read::learn_feeds(&self.book, &mut self.settings, &self.shared.config);
        if let Some(poster) = &self.shared.poster {
            poster.learn_feeds(&self.book, &mut self.settings);
        }
        self.say_stale();
        self.decide();
        self.measure();
        self.shared.meter.passed(started.elapsed());
        self.shared.config.pace.pass
    }

    /// Slots that stop: another server may know better. A socket that is behind: all accounts are read again when it is replaced.
    fn mind_slots(&mut self, slot: u64) {
        let mut seen = self.shared.meter.statistics();
        if slot != seen.slot {
            self.slot_moved = Instant::now();
        }
        seen.slot = slot;
        seen.switches = self.shared.link.switched();
        drop(seen);
        let stopped = self.slot_moved.elapsed();
        if stopped > self.shared.config.rpc.silence.max(Duration::from_secs(2)) {
            tracing::warn!("the network's slot {slot} has not moved for {} ms", stopped.as_millis());
            self.shared.link.leave_current("its slot does not move");
            self.slot_moved = Instant::now();
        }
    }

    /// Reads everything again, beside what goes on.
    fn read_all(&mut self) {
        if std::mem::replace(&mut self.is_reading, true) {
            return;
        }
        self.last_read = Instant::now();
        let (link, tell, at) = (self.shared.link.clone(), self.tell.clone(), self.book.scene.at);
        tokio::spawn(async move {
            let read = read::everything(&link, &at).await;
            let _ = tell.send(News::Read(read));
        });
    }

    fn decide(&mut self) {
        let now = Instant::now();
        let posts = self.shared.poster.as_ref().map(|poster| poster.overlay(&mut self.book, &self.updates));
        self.book.suspect();
        self.book.scene.held_back = self.patience.waiting(now);
        let worth = self.worth();
        self.settings.job_cost = worth.cost(self.shared.carrier.fees().usual());
        let below = below(&self.book.scene, &self.own, &self.settings);
        let jobs = decide_among(&self.book.scene, &self.own, &self.settings, &below);
        let mut seen = self.shared.meter.statistics();
        (seen.below, seen.held_back) = (below.len(), self.book.scene.held_back.len());
        drop(seen);
        let mut taken: HashSet<Address> = self.busy.values().filter_map(|account| *account).collect();
        for job in jobs {
            if self.busy.len() >= self.shared.config.pace.concurrency {
                break;
            }
            // One job of an account at a time: the next one is decided on what this one leaves. An account whose turn has not come is
            // left to the next pass, and so is all that depends on it.
            let account = job.task.account();
            let is_free = account.is_none_or(|account| taken.insert(account));
            if is_free && !self.busy.contains_key(&job.task.target()) {
                let job = posts.as_ref().map_or_else(|| job.clone(), |posts| posts.before(&job));
                self.begin(job, worth);
            }
        }
        self.shared.meter.statistics().in_flight = self.busy.len();
    }

    fn begin(&mut self, job: Job, worth: Worth) {
        self.busy.insert(job.task.target(), job.task.account());
        let (carrier, tell) = (self.shared.carrier.clone(), self.tell.clone());
        self.tasks.spawn(async move {
            let (outcome, seen) = carrier.carry(&job, worth).await;
            let _ = tell.send(News::Finished(Box::new((job, outcome, seen))));
        });
        while self.tasks.try_join_next().is_some() {}
    }

    /// What fees are worth, by the board's own price of SOL.
    fn worth(&self) -> Worth {
        let row = self.book.scene.board.rows.iter().find(|row| row.symbol.starts_with(b"SOL\0"));
        let per_sol = row.filter(|row| row.mark > 0).and_then(|row| {
            let power = 10_u64.checked_pow(u32::from(row.lot_exponent.unsigned_abs()))?;
            if row.lot_exponent <= 0 { row.mark.checked_mul(power) } else { row.mark.checked_div(power) }
        });
        Worth { least: self.settings.min_profit, per_sol }
    }

    fn say_stale(&mut self) {
        let scene = &self.book.scene;
        for (asset, row) in (0_u8..).zip(&scene.board.rows) {
            let age = scene.now.saturating_sub(row.publish_time);
            self.shared.meter.price_age(asset, age);
            let is_stale = age > i64::from(row.max_age_seconds);
            if is_stale && self.stale.insert(asset) {
                tracing::warn!(
                    "asset {asset}'s price is {age} seconds old: its feed is silent, and nobody who holds it can be valued"
                );
            }
            if !is_stale && self.stale.remove(&asset) {
                tracing::info!("asset {asset} has a price again");
            }
        }
    }

    fn measure(&self) {
        let scene = &self.book.scene;
        let own = self.own.margin_account.and_then(|address| scene.accounts.get(&address));
        let equity = own.and_then(|account| Some(account.report(&scene.board).ok()?.0.equity));
        let paid = self.shared.carrier.fees().total;
        let mut seen = self.shared.meter.statistics();
        seen.accounts = scene.accounts.len();
        seen.equity = equity.or(seen.equity);
        seen.in_flight = self.busy.len();
        seen.lamports = paid;
    }
}
