//! Starting and stopping a keeper.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use firebreak_client::{Addresses, TOKEN_PROGRAM};
use solana_address::Address;
use solana_signer::Signer;
use tokio::{
    runtime::{Builder, Runtime},
    sync::{mpsc, oneshot, watch},
};

use super::{
    book::Book,
    carry::Carrier,
    config::Config,
    confirm::Confirmer,
    engine::{Engine, Shared},
    fees::Fees,
    follow::follow,
    health,
    hermes::{Poster, fetch},
    key::{KeyError, OwnKey},
    link::{Link, Pauses, short},
    meter::{Meter, Statistics},
    read,
    settings::settings,
    setup,
};
use crate::scene::Own;

/// Why a keeper does not start, or cannot go on.
#[derive(Debug)]
pub enum KeeperError {
    Key(KeyError),
    /// A sentence.
    Setup(String),
}

impl fmt::Display for KeeperError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(error) => error.fmt(f),
            Self::Setup(text) => text.fmt(f),
        }
    }
}

impl std::error::Error for KeeperError {}

impl From<KeyError> for KeeperError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

/// A running keeper.
pub struct Keeper {
    runtime: Option<Runtime>,
    stop: watch::Sender<bool>,
    done: Option<oneshot::Receiver<Result<(), String>>>,
    meter: Arc<Meter>,
    address: Option<SocketAddr>,
    trader: Address,
    /// Locked as long as the keeper lives.
    _key: OwnKey,
}

impl Keeper {
    /// Starts a keeper in threads of its own. Error: its key cannot be used, or it cannot listen; whether servers answer shows later, and
    /// they may come back.
    pub fn start(config: Config) -> Result<Self, KeeperError> {
        let key = OwnKey::open(&config.keypair)?;
        let trader = key.key.pubkey();
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("keeper")
            .enable_all()
            .build()
            .map_err(|error| KeeperError::Setup(format!("cannot start threads: {error}")))?;
        let meter = Meter::new(config.watch.clone());
        let listening = config.watch.address.map(|address| runtime.block_on(health::serve(address, meter.clone())));
        let address = listening.transpose().map_err(KeeperError::Setup)?;
        let (stop, stopped) = watch::channel(false);
        let (tell_done, done) = oneshot::channel();
        let work = work(config, key.key.insecure_clone(), meter.clone(), stopped);
        runtime.spawn(async move {
            let _ = tell_done.send(work.await);
        });
        Ok(Self { runtime: Some(runtime), stop, done: Some(done), meter, address, trader, _key: key })
    }

    /// What it did so far.
    pub fn statistics(&self) -> Statistics {
        self.meter.statistics().clone()
    }

    /// Where it answers for its metrics and health.
    pub fn watch_address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Whose key it signs with.
    pub fn trader(&self) -> Address {
        self.trader
    }

    /// Whether there is progress; else what is missing.
    pub fn health(&self) -> Result<String, String> {
        self.meter.readiness()
    }

    /// Asks it to stop; `wait` says when it has.
    pub fn ask_to_stop(&self) {
        let _ = self.stop.send(true);
    }

    /// Waits until it has stopped. Error: a sentence that says why it could not go on.
    pub fn wait(mut self) -> Result<Statistics, KeeperError> {
        if let (Some(runtime), Some(done)) = (self.runtime.take(), self.done.take()) {
            let ended = runtime.block_on(done).unwrap_or_else(|_| Err("the keeper's task broke off".to_owned()));
            // Until nobody listens any more.
            runtime.shutdown_timeout(Duration::from_secs(2));
            ended.map_err(KeeperError::Setup)?;
        }
        Ok(self.statistics())
    }

    /// Finishes what is under way, and ends.
    pub fn stop(self) -> Result<Statistics, KeeperError> {
        self.ask_to_stop();
        self.wait()
    }

    /// Whether it ended by itself.
    pub fn is_over(&mut self) -> bool {
        !matches!(self.done.as_mut().map(oneshot::Receiver::try_recv), Some(Err(oneshot::error::TryRecvError::Empty)))
    }

    /// Waits until it ends by itself or until the future does, then stops it.
    pub fn until(self, signal: impl Future<Output = ()>) -> Result<Statistics, KeeperError> {
        let mut this = self;
        if let (Some(runtime), Some(mut done)) = (&this.runtime, this.done.take()) {
            let ended = runtime.block_on(async {
                tokio::select! {
                    ended = &mut done => Some(ended),
                    () = signal => None,
                }
            });
            match ended {
                Some(ended) => {
                    ended
                        .unwrap_or_else(|_| Err("the keeper's task broke off".to_owned()))
                        .map_err(KeeperError::Setup)?;
                }
                None => this.done = Some(done),
            }
        }
        this.stop()
    }
}

impl Drop for Keeper {
    /// Ends at once what is still running, as a kill would: what was sent may still land.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn work(
    config: Config,
    key: solana_keypair::Keypair,
    meter: Arc<Meter>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), String> {
    let link = Arc::new(Link::new(&config.rpc));
    let confirmer = Arc::new(Confirmer::default());
    let carrier = Arc::new(Carrier::new(link.clone(), key, Fees::new(config.fees.clone()), confirmer.clone(), &config));
    let confirming = tokio::spawn(confirmer.run(link.clone()));
    let (want, wanted) = watch::channel(vec![]);
    let poster = config.hermes.as_ref().map(|hermes| Poster::new(hermes.receiver, carrier.clone(), want));
    let shared = Arc::new(Shared { config, link, carrier, meter, poster });
    let begun = tokio::select! {
        begun = begin(&shared) => begun?,
        _ = stop.changed() => return Ok(()),
    };
    let (tell, news) = mpsc::unbounded_channel();
    let following = tokio::spawn(source(shared.clone(), tell.clone()));
    let fetching = shared.config.hermes.clone().map(|hermes| tokio::spawn(fetch(hermes, wanted, tell.clone())));
    let (book, own, settings) = begun;
    Engine::new(shared.clone(), book, (own, settings), (tell, news)).run(stop).await;
    following.abort();
    confirming.abort();
    fetching.inspect(tokio::task::JoinHandle::abort);
    if let Ok((_, found)) = shared.link.accounts(&[own.trader], None).await {
        let lamports = found.first().and_then(|(_, account)| account.as_ref()).map(|account| account.lamports);
        shared.meter.statistics().wallet = lamports;
    }
    Ok(())
}

async fn source(shared: Arc<Shared>, tell: mpsc::UnboundedSender<super::news::News>) {
    #[cfg(feature = "yellowstone")]
    if let Some(server) = &shared.config.yellowstone {
        return super::yellowstone::follow(server.clone(), tell, shared.config.rpc.silence).await;
    }
    follow(shared.link.clone(), tell, shared.config.rpc.silence).await;
}

type Begun = (Book, Own, crate::scene::Settings);

/// Reads everything, and prepares the own account: as often as it takes where no server answers.
async fn begin(shared: &Shared) -> Result<Begun, String> {
    let (config, link) = (&shared.config, &shared.link);
    let at = Addresses::of_id(config.clearinghouse);
    let mut pauses = Pauses::new(Duration::from_millis(250), Duration::from_secs(5));
    let (slot, accounts) = loop {
        match read::everything(link, &at).await {
            Ok(read) => break read,
            Err(why) => {
                shared.meter.statistics().rpc_failures += 1;
                let pause = pauses.next();
                tracing::warn!("cannot read the accounts: {why}; tried again in {} ms", pause.as_millis());
                tokio::time::sleep(pause).await;
            }
        }
    };
    let mut book = Book::new(at, slot, accounts)?;
    let (_, mint) = link.accounts(&[book.clearinghouse.quote_mint], None).await.map_err(|error| short(&error))?;
    let token_program =
        mint.first().and_then(|(_, account)| account.as_ref()).map_or(TOKEN_PROGRAM, |account| account.owner);
    let settings = settings(config, &book, token_program)?;
    let trader = shared.carrier.key.pubkey();
    let ready = setup::prepare(&shared.carrier, &book, config, token_program).await?;
    if let Some(margin) = ready.margin_account {
        let (slot, found) = link.accounts(&[margin], None).await.map_err(|error| short(&error))?;
        for (address, account) in found {
            book.see(super::book::Seen { address, slot, account });
        }
    }
    if let Some(poster) = &shared.poster {
        poster.begin(&book).await?;
    }
    let mut seen = shared.meter.statistics();
    seen.is_loaded = true;
    seen.last_news = Some(std::time::Instant::now());
    (seen.deposited, seen.wallet_before) = (ready.deposited, Some(ready.wallet));
    seen.equity_before = ready.margin_account.map(|_| ready.equity);
    seen.accounts = book.scene.accounts.len();
    drop(seen);
    tracing::info!(
        "keeper {trader}: clearinghouse {} with {} accounts and {} markets, shard {}/{}{}",
        config.clearinghouse,
        book.scene.accounts.len(),
        book.scene.markets.len(),
        config.shard.index,
        config.shard.count,
        if config.dry_run { ", dry run" } else { "" }
    );
    Ok((book, Own { trader, margin_account: ready.margin_account }, settings))
}
