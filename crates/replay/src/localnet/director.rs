//! The thread that owns the network: prices every second, makers kept fresh, orders carried out.

use std::{
    path::PathBuf,
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender},
    },
    time::{Duration, Instant},
};

use anyhow::Result;
use solana_address::Address;

use super::{
    Options,
    manifest::Manifest,
    net::Ports,
    orders::{Letter, Order, Refused},
    people,
    setup::{self, Stage},
};
use crate::chain::Chain;

/// Between two publications.
const TICK: Duration = Duration::from_secs(1);
/// Ticks between two looks at the makers' offers.
const TICKS_PER_RENEWAL: u64 = 5;
/// Furthest that one order moves the clock.
const MAX_ADVANCE_SECONDS: u32 = 366 * 86_400;

/// What holds an asset's price against the course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    At(u64),
    Silent,
}

struct Director<'a> {
    options: &'a Options,
    stage: Stage,
    held: [Option<Held>; 3],
    began: Instant,
    round: u64,
    ticks: u64,
}

/// Sets the network up, tells `ready`, and runs it until it is told to stop.
pub fn run(options: &Options, ports: Ports, inbox: Receiver<Letter>, ready: &Sender<Manifest>) -> Result<()> {
    let (_, first) = options.course.at(Duration::ZERO);
    let stage = setup::set_stage(options, ports, first.map(Option::unwrap_or_default))?;
    let folder = options.dir.clone().unwrap_or_else(own_folder);
    let manifest = setup::write_files(&folder, &stage, ports)?;
    let mut director = Director { options, stage, held: [None; 3], began: Instant::now(), round: 0, ticks: 0 };
    // Whoever started it may have gone meanwhile; then nobody gives orders either.
    let _gone = ready.send(manifest);
    director.work(&inbox);
    if options.dir.is_none() {
        // A folder that stays behind does no harm.
        let _stays = std::fs::remove_dir_all(&folder);
    }
    director.stage.world.chain.net.stop()
}

/// A folder that no other network uses.
fn own_folder() -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("firebreak-localnet-{}-{number}", std::process::id()))
}

impl Director<'_> {
    fn work(&mut self, inbox: &Receiver<Letter>) {
        let mut next = Instant::now();
        loop {
            match inbox.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok((Order::Stop, answer)) => {
                    let _unheard = answer.send(Ok(()));
                    return;
                }
                Ok((order, answer)) => {
                    let _unheard = answer.send(self.obey(order));
                }
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    self.tick();
                    next += TICK;
                    // Where the machine could not keep up, the seconds that were missed stay missed.
                    next = next.max(Instant::now());
                }
            }
        }
    }

    fn tick(&mut self) {
        self.stage.world.chain.net.drain();
        self.publish();
        if self.options.refreshes {
            self.refresh();
        }
        let Stage { world, makers, crowd, assets, .. } = &mut self.stage;
        if self.ticks.is_multiple_of(TICKS_PER_RENEWAL) {
            let markets: Vec<u8> = assets.iter().map(|asset| asset.index).collect();
            for (number, maker) in makers.iter().enumerate() {
                // A refusal passes: a halted market, a maker under water. The next renewal tries again.
                let _passes = people::renew(world, number, maker, &markets);
            }
        }
        let (round, _) = self.options.course.at(self.began.elapsed());
        if round > self.round {
            self.round = round;
            crowd.enter(world, makers);
        } else if !crowd.is_empty() && self.ticks.is_multiple_of(2) {
            crowd.stir(world, makers);
        }
        self.ticks += 1;
    }

    /// What each oracle says now.
    fn said(&self) -> [Option<u64>; 3] {
        let (_, mut said) = self.options.course.at(self.began.elapsed());
        for (price, held) in said.iter_mut().zip(self.held) {
            match held {
                Some(Held::At(price_e8)) => *price = Some(price_e8),
                Some(Held::Silent) => *price = None,
                None => {}
            }
        }
        said
    }

    fn publish(&mut self) {
        let said = self.said();
        let Stage { world, assets, .. } = &mut self.stage;
        setup::publish(world, assets, said);
    }

    /// A silent feed stays as it is on the board and grows old; a refusal of one price would keep the others off it, so each has
    /// its own transaction where together they are refused.
    fn refresh(&mut self) {
        let Stage { world, assets, .. } = &mut self.stage;
        if setup::refresh(world, assets).is_err() {
            for asset in assets {
                let _grows_old = world.refresh(&[asset.index]);
            }
        }
    }

    fn obey(&mut self, order: Order) -> Result<(), Refused> {
        match order {
            Order::Price { asset, price_e8 } => {
                self.require_price(asset, price_e8)?;
                self.hold(asset, Some(Held::At(price_e8)))
            }
            Order::Silence { asset } => self.hold(asset, Some(Held::Silent)),
            Order::Release { asset } => self.hold(asset, None),
            Order::Advance { seconds } => self.advance(seconds),
            Order::Faucet { owner, atoms, bank } => self.pay(&owner, atoms, bank),
            Order::Stop => Ok(()),
        }
    }

    fn require_price(&mut self, asset: u8, price_e8: u64) -> Result<(), Refused> {
        let row = self.stage.world.board().rows.get(asset as usize).copied();
        let Some(row) = row else { return Err(self.no_asset(asset)) };
        let per_lot = crate::demo::per_lot(price_e8, row.lot_exponent);
        match (1..=risk::MAX_PRICE).contains(&per_lot) {
            true => Ok(()),
            false => Err(Refused(format!(
                "a lot of asset {asset} would cost {per_lot} quote atoms: between 1 and {} are possible",
                risk::MAX_PRICE
            ))),
        }
    }

    fn no_asset(&self, asset: u8) -> Refused {
        Refused(format!("there is no asset {asset}: this network has {}, numbered from 0", self.stage.assets.len()))
    }

    fn hold(&mut self, asset: u8, held: Option<Held>) -> Result<(), Refused> {
        let is_listed = usize::from(asset) < self.stage.assets.len();
        match self.held.get_mut(asset as usize).filter(|_| is_listed) {
            Some(place) => *place = held,
            None => return Err(self.no_asset(asset)),
        }
        self.publish();
        if self.options.refreshes {
            self.refresh();
        }
        Ok(())
    }

    fn advance(&mut self, seconds: u32) -> Result<(), Refused> {
        if seconds > MAX_ADVANCE_SECONDS {
            return Err(Refused(format!("{seconds} seconds are too many at once: at most {MAX_ADVANCE_SECONDS}")));
        }
        let chain = &mut self.stage.world.chain;
        let then = chain.now() + i64::from(seconds);
        chain.travel(then).map_err(|error| Refused(format!("{error:#}")))?;
        self.publish();
        if self.options.refreshes {
            self.refresh();
        }
        Ok(())
    }

    fn pay(&mut self, owner: &Address, atoms: u64, bank: u8) -> Result<(), Refused> {
        let Stage { world, banks, .. } = &mut self.stage;
        let mint = banks.iter().find(|entry| entry.index == bank).and_then(|entry| entry.mint.parse().ok());
        let Some(mint) = mint else {
            let known: Vec<_> = banks.iter().map(|entry| format!("{} ({})", entry.index, entry.symbol)).collect();
            return Err(Refused(format!("there is no bank {bank}: this network has {}", known.join(", "))));
        };
        people::faucet(world, owner, &mint, atoms)
            .map_err(|refusal| Refused(format!("the faucet was refused: {refusal}")))
    }
}
