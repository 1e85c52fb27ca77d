//! The run: scene by scene, prices move and everybody acts through transactions.

use std::collections::{BTreeMap, BTreeSet};

use firebreak::state::{CircuitBreaker, Offer};
use firebreak_client::{Addresses, Board, addresses, decode};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use risk::{Action, Activity, Level};
use solana_address::Address;

use crate::{
    chain::{Chain, Refusal},
    ledger::{Ledger, token_amount},
    world::{Actor, World},
};

use super::{
    arguments::DemoArguments,
    cast,
    collateral::{self, Sold, pledged},
    guardian::Watch,
    losses::{Belongings, Losses, Standing, insurance_worth, own_worth, worth},
    players::{self, Insurance, Trader},
    script::{Scene, Script},
    stakers::{self, Staker},
    tally::{Counted, Tally},
    timeline::{Moment, Reached},
};

/// Traders of a quick and of a full run.
const TRADERS: (usize, usize) = (36, 108);
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
    /// The same in a keeper's terms.
    pub fn seen_by_a_keeper(self, at: Addresses) -> firebreak_keeper::Scene {
        let offers = self.offers.into_iter();
        let offers = offers.map(|((maker, market), offer)| (addresses::offer(&maker, market), offer)).collect();
        firebreak_keeper::Scene {
            at,
            now: self.now,
            board: self.board,
            breaker: self.breaker,
            markets: self.ledger.markets,
            banks: self.ledger.banks,
            fund: self.ledger.fund,
            accounts: self.ledger.margin_accounts,
            offers,
            suspects: None,
            readings: BTreeMap::new(),
            held_back: BTreeSet::new(),
        }
    }

    pub fn levels(&self) -> [Level; 3] {
        [0, 1, 2].map(|market| self.breaker.level(market, self.now))
    }

    /// Lots that a maker may sell to one who buys `lots` (or buy, where negative): what is offered, and where no risk may
    /// be added, no more than what the maker's own position has to reduce.
    pub fn room(&self, maker: &Address, market: u8, lots: i64) -> u64 {
        let Some(offer) = self.offers.get(&(*maker, market)) else { return 0 };
        let offered = if lots > 0 { offer.ask_lots } else { offer.bid_lots };
        let is_fresh = self.board.rows[market as usize].require(Action::AddRisk, self.now).is_ok();
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
    /// Whether collateral could be listed.
    pub takes_tokens: bool,
    pub traders: Vec<Trader>,
    pub makers: Vec<Actor>,
    pub liquidators: Vec<Actor>,
    pub stakers: Vec<Staker>,
    pub losses: Losses,
    /// Positions that settling brought to their side's indices.
    pub touched: u64,
    /// Instructions that took.
    pub touches: u64,
    pub sold: Sold,
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
    /// Creates the clearinghouse and its markets, lets stakers fund the tranches, and prices everything at the script's
    /// first scene.
    pub fn open(chain: C, script: Script, arguments: &DemoArguments) -> Begun<Self> {
        let first = script.scenes[0];
        let insurance = Insurance::of(arguments.quick);
        let opens = first.time - stakers::OPENS_BEFORE_SECONDS;
        let mut world = World::listed(Counted::new(chain), opens, &players::listings(&script, insurance))?;
        let takes_tokens = collateral::list(&mut world, script.lot_exponents[collateral::ASSET as usize])?;
        let stakers = stakers::join(&mut world, insurance.stake, first.time)?;
        players::publish(&mut world, &first, None);
        players::refresh(&mut world, None)?;
        Ok(Self {
            world,
            script,
            takes_tokens,
            traders: Vec::new(),
            makers: Vec::new(),
            liquidators: Vec::new(),
            stakers,
            losses: Losses::default(),
            touched: 0,
            touches: 0,
            sold: Sold::default(),
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
            Role::Trader(plan) => {
                let mark = self.world.row(collateral::ASSET).mark;
                let pledge = if self.takes_tokens { plan.pledge(mark) } else { 0 };
                self.traders.push(players::trader(&mut self.world, plan, (pledge, mark))?);
            }
        }
        Ok(())
    }

    /// Plays one scene and checks the identities after each of its parts.
    pub fn play(&mut self, index: usize) {
        let scene = self.script.scenes[index];
        let silence = self.script.silence;
        let silent = silence.filter(|silence| silence.covers(silence.asset, index)).map(|silence| silence.asset);
        if index == silence.map_or(0, |silence| silence.first) {
            let snapshot = self.look();
            self.losses.before = Some(self.standing(&snapshot));
        }
        self.set_prices(&scene, silent);
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
        let moment = Moment::of(&snapshot, &scene, silent, (self.tally(), &self.losses));
        self.moments.push(moment);
    }

    /// After the last scene: everybody is touched, and stakers leave.
    pub fn end(&mut self) {
        self.touch_everybody();
        self.let_stakers_leave();
    }

    /// Everybody's money now.
    pub(super) fn standing(&mut self, snapshot: &Snapshot) -> Standing {
        let actors = self.traders.iter().map(|trader| &trader.actor).chain(&self.makers).chain(&self.liquidators);
        let chain = &mut self.world.chain;
        let mut standing = Standing {
            time: snapshot.now,
            insurance: insurance_worth(&snapshot.ledger),
            own: own_worth(&snapshot.ledger, &snapshot.board),
            mark: snapshot.board.rows[collateral::ASSET as usize].mark,
            ..Standing::default()
        };
        for actor in actors {
            let Some(account) = snapshot.ledger.margin_accounts.get(&actor.margin) else { continue };
            let wallet = chain.account(&actor.tokens).map_or(0, |account| token_amount(&account));
            let is_open = account.positions().iter().any(|position| position.size != 0);
            let quote = worth(account, &snapshot.board) + i128::from(wallet);
            let belongings = Belongings { quote, pledged: pledged(account), is_open };
            standing.accounts.insert(actor.margin, belongings);
        }
        standing
    }

    fn set_prices(&mut self, scene: &Scene, silent: Option<usize>) {
        if self.world.chain.now() != scene.time {
            self.world.chain.set_now(scene.time);
        }
        players::publish(&mut self.world, scene, silent);
        // A refusal is counted; the prices on the board then age, as they would.
        let _counted = players::refresh(&mut self.world, silent);
    }

    /// Reads everything, and checks the identities over it.
    pub fn look(&mut self) -> Snapshot {
        let accounts = self.world.chain.program_accounts();
        let at = self.world.at;
        let vaults = [at.quote_vault, at.insurance_vault].map(|vault| self.world.chain.account(&vault));
        let ledger = Ledger::read(&at, &accounts, vaults);
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
