//! The run: scene by scene, prices move and everybody acts through transactions.

use std::collections::BTreeMap;

use firebreak::state::{CircuitBreaker, Offer};
use firebreak_client::{Board, decode};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use risk::{Action, Activity, Level};
use solana_address::Address;

use crate::{
    chain::{Chain, Refusal},
    ledger::Ledger,
    world::{Actor, World},
};

use super::{
    arguments::DemoArguments,
    cast,
    guardian::Watch,
    players::{self, Trader},
    script::{Scene, Script},
    tally::{Counted, Tally},
    timeline::{Moment, Reached},
};

/// Traders of a quick and of a full run.
const TRADERS: (usize, usize) = (36, 132);
const MAKERS: usize = 3;
const LIQUIDATORS: usize = 2;

/// Everything of the clearinghouse at one instant.
pub struct Snapshot {
    pub ledger: Ledger,
    pub board: Board,
    /// By the maker's margin account and market.
    pub offers: BTreeMap<(Address, u8), Offer>,
    pub breaker: CircuitBreaker,
    pub now: i64,
}

impl Snapshot {
    pub fn levels(&self) -> [Level; 3] {
        [0, 1, 2].map(|market| self.breaker.level(market, self.now))
    }

    /// Lots that a maker may sell to one who buys `lots` (or buy, where negative): what is offered, and where no risk may
    /// be added, no more than what the maker's own position has to reduce.
    pub fn room(&self, maker: &Address, market: u8, lots: i64) -> u64 {
        let Some(offer) = self.offers.get(&(*maker, market)) else { return 0 };
        let offered = if lots > 0 { offer.ask_lots } else { offer.bid_lots };
        let is_fresh = self.board.rows[market as usize].quality_at(self.now).permits(Action::AddRisk);
        if is_fresh && self.breaker.level(market, self.now).permits(Activity::AddRisk) {
            return offered;
        }
        let position = self.ledger.margin_accounts.get(maker).and_then(|account| account.position(market));
        let size = position.map_or(0, |position| i64::from(position.size));
        let reduces = size.signum() == lots.signum();
        if reduces { offered.min(size.unsigned_abs()) } else { 0 }
    }
}

/// A run on some chain.
pub struct Stage<C> {
    pub world: World<Counted<C>>,
    pub script: Script,
    pub traders: Vec<Trader>,
    pub makers: Vec<Actor>,
    pub liquidators: Vec<Actor>,
    pub watches: [Watch; 3],
    /// The move that each market's guardian sees now, in basis points.
    pub moves_bps: [u64; 3],
    pub generator: ChaCha8Rng,
    pub reached: Vec<Reached>,
    pub moments: Vec<Moment>,
    /// Whose turn it is among the makers.
    pub turn: usize,
}

type Begun<T> = Result<T, Box<Refusal>>;

impl<C: Chain> Stage<C> {
    /// Creates the clearinghouse and its markets, funds the tranches, and prices everything at the script's first scene.
    pub fn open(chain: C, script: Script, arguments: &DemoArguments) -> Begun<Self> {
        let first = script.scenes[0];
        let mut world = World::listed(Counted::new(chain), first.time, &players::listings(&script))?;
        players::publish(&mut world, &first);
        players::refresh(&mut world)?;
        for (market, amount) in players::TRANCHES.into_iter().enumerate() {
            world.fund_tranche(market as u8, amount)?;
        }
        Ok(Self {
            world,
            script,
            traders: Vec::new(),
            makers: Vec::new(),
            liquidators: Vec::new(),
            watches: Default::default(),
            moves_bps: [0; 3],
            generator: ChaCha8Rng::seed_from_u64(arguments.seed),
            reached: Vec::new(),
            moments: Vec::new(),
            turn: 0,
        })
    }

    /// Everybody who is to take part, in order.
    pub fn plans(&mut self, arguments: &DemoArguments) -> Vec<Role> {
        let count = if arguments.quick { TRADERS.0 } else { TRADERS.1 };
        let makers = (0..MAKERS).map(Role::Maker);
        let liquidators = (0..LIQUIDATORS).map(Role::Liquidator);
        let traders = cast::traders(count, &mut self.generator).into_iter().map(Role::Trader);
        makers.chain(liquidators).chain(traders).collect()
    }

    /// Opens the accounts of one participant.
    pub fn join(&mut self, role: Role) -> Begun<()> {
        match role {
            Role::Maker(number) => {
                let (board, now) = (self.world.board(), self.world.chain.now());
                let terms = [0, 1, 2].map(|market: usize| players::terms(board.rows[market].mark, 4, now));
                self.makers.push(players::maker(&mut self.world, number, terms)?);
            }
            Role::Liquidator(number) => {
                let name = format!("liquidator {number}");
                self.liquidators.push(self.world.actor(&name, 8, players::LIQUIDATOR_CASH)?);
            }
            Role::Trader(plan) => self.traders.push(players::trader(&mut self.world, plan)?),
        }
        Ok(())
    }

    /// Plays one scene and checks the identities after each of its parts.
    pub fn play(&mut self, index: usize) {
        let scene = self.script.scenes[index];
        self.set_prices(&scene);
        let snapshot = self.look();
        self.guard(&snapshot);
        self.quote(&snapshot);
        // Who is first in a block is chance: defences before liquidations, or after.
        let traders_first = cast::below(&mut self.generator, 2) == 0;
        if traders_first {
            self.let_traders_act(index);
        }
        self.liquidate();
        if !traders_first {
            self.let_traders_act(index);
        }
        self.settle(index);
        let snapshot = self.look();
        self.moments.push(Moment::of(&snapshot, &scene, self.tally()));
    }

    fn set_prices(&mut self, scene: &Scene) {
        if self.world.chain.now() != scene.time {
            self.world.chain.set_now(scene.time);
        }
        players::publish(&mut self.world, scene);
        // A refusal is counted; the prices on the board then age, as they would.
        let _counted = players::refresh(&mut self.world);
    }

    /// Reads everything, and checks the identities over it.
    pub fn look(&mut self) -> Snapshot {
        let accounts = self.world.chain.program_accounts();
        let vault = self.world.chain.account(&self.world.at.quote_vault);
        let ledger = Ledger::read(&self.world.at, &accounts, vault.as_ref());
        let tally = &mut self.world.chain.tally;
        tally.identity_checks += 1;
        tally.violations.extend(ledger.violations(self.world.donated));
        let mut offers = BTreeMap::new();
        let mut breaker: CircuitBreaker = bytemuck::Zeroable::zeroed();
        for (address, account) in &accounts {
            if let Ok(offer) = decode::<Offer>(&account.data) {
                offers.insert((offer.margin_account, offer.market), offer);
            } else if *address == self.world.at.breaker {
                breaker = decode(&account.data).unwrap_or(breaker);
            }
        }
        let board = ledger.board.clone().expect("the board exists as long as the clearinghouse");
        Snapshot { ledger, board, offers, breaker, now: self.world.chain.now() }
    }

    pub fn tally(&self) -> &Tally {
        &self.world.chain.tally
    }
}

/// A participant to come.
pub enum Role {
    Maker(usize),
    Liquidator(usize),
    Trader(cast::Plan),
}
