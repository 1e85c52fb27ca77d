//! Chooses the next operation: mostly what people do, some of it bent into what an attacker would try.

mod actions;
mod fund;
mod hostile;
mod losses;
mod oracle;
mod targeted;
mod trading;

use firebreak::state::{AssetRow, Market};

use crate::{
    listing::DOLLAR,
    simulation::{
        cast::{ACCOUNTS, MARKETS, STRANGER, kind_of, owner_of},
        check::{is_fresh, may_add_risk},
        dice::Dice,
        operation::Operation,
        state::State,
    },
};
use oracle::Oracle;

/// Who takes part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Population {
    /// Everybody trades with everybody.
    #[default]
    Everyone,
    /// Only the first owners trade, with each other; the others hold cash (I-14).
    Coalition,
}

/// Owners of a coalition.
pub const COALITION: u8 = 4;
/// Share of operations that are bent, per mille.
const HOSTILE: u64 = 200;

/// What somebody prepares.
struct Agenda {
    goal: Operation,
    /// How many it may still take.
    steps: u8,
    /// Whether prices are not waited for.
    any_price: bool,
}

/// Draws operations from a seed.
pub struct Generator {
    dice: Dice,
    oracle: Oracle,
    population: Population,
    agenda: Option<Agenda>,
}

impl Generator {
    pub fn new(seed: u64, population: Population, prices: [u64; MARKETS]) -> Self {
        let mut dice = Dice::new(seed);
        let oracle = Oracle::new(&mut dice, prices);
        Self { dice, oracle, population, agenda: None }
    }

    /// What every run begins with: prices, insurance money, accounts with cash.
    pub fn prelude(&mut self, state: &State) -> Vec<Operation> {
        let mut operations = vec![self.oracle.first(state)];
        // Whoever stakes first finds the tranches empty.
        operations.extend((0..MARKETS as u8).map(|market| Operation::SweepInsurance { market }));
        let amount = self.dice.pick(&[1, 300, 20_000, 200_000]) * DOLLAR;
        let markets = (0..MARKETS as u8).collect();
        operations.push(Operation::Stake { staker: STRANGER, source: STRANGER, amount, markets });
        for market in 0..MARKETS as u8 {
            operations.push(Operation::FundTranche { market, amount: self.dice.pick(&[1, 1_000, 50_000]) * DOLLAR });
        }
        for account in 0..ACCOUNTS as u8 {
            let (capacity, isolated_market) = kind_of(account);
            operations.push(Operation::CreateAccount { account, capacity, isolated_market });
            let amount = match account {
                0..4 => 400_000 * DOLLAR,
                _ => self.dice.between(100, 40_000) as u64 * DOLLAR,
            };
            let depositor = owner_of(account);
            operations.push(Operation::Deposit { bank: 0, depositor, source: depositor, account, amount });
        }
        operations
    }

    /// The next operation in this state.
    pub fn next(&mut self, state: &State) -> Operation {
        if let Some(agenda) = self.agenda.take() {
            return self.pursue(state, agenda);
        }
        let operation = self.sensible(state);
        if self.dice.chance(HOSTILE) { self.bend(operation, state) } else { operation }
    }

    /// What somebody reasonable might do.
    fn sensible(&mut self, state: &State) -> Operation {
        const WEIGHTS: [u64; 24] =
            [170, 105, 60, 60, 150, 40, 15, 15, 115, 90, 110, 4, 10, 10, 5, 12, 5, 25, 45, 45, 30, 2, 15, 25];
        match self.dice.weighted(&WEIGHTS) {
            0 => self.keeper(state),
            1 => self.pass_time(),
            2 => self.deposit(state),
            3 => self.withdraw(state),
            4 => self.trade(state),
            5 => self.place_offer(state),
            6 => self.update_offer(state),
            7 => self.cancel_offer(state),
            8 => self.take_offer(state),
            9 => self.settle(state),
            10 => self.liquidate(state),
            11 => self.fund_tranche(state),
            12 => self.create_account(state),
            13 => self.close_account(state),
            14 => self.grow_account(state),
            15 => self.set_delegate(state),
            16 => self.breaker(state),
            17 => self.targeted(state),
            18 => self.fund_life(state),
            19 => self.deleverage(state),
            20 => self.convert(state),
            21 => self.report(state),
            22 => Operation::Poke { market: self.market() },
            _ => Operation::UpdateFunding { market: self.open_market(state) },
        }
    }

    fn prepare(&mut self, state: &State, goal: Operation, steps: u8) -> Operation {
        self.pursue(state, Agenda { goal, steps, any_price: false })
    }

    /// The next step toward an operation that needs good prices, and where it is a stake or an exit, markets that are swept.
    fn pursue(&mut self, state: &State, agenda: Agenda) -> Operation {
        let Agenda { goal, steps, any_price } = agenda;
        let Some(steps) = steps.checked_sub(1) else { return goal };
        let is_fund = matches!(goal, Operation::Stake { .. } | Operation::Unstake { .. });
        let is_ready = |row: &AssetRow| match is_fund {
            _ if any_price => true,
            true => may_add_risk(row, state.now),
            false => is_fresh(row, state.now),
        };
        let step = match self.repeat_prices(state) {
            Some(refresh) if !state.rows.iter().all(is_ready) => Some(refresh),
            _ if !state.rows.iter().all(is_ready) => Some(Operation::PassTime { seconds: self.dice.between(5, 70) }),
            _ if is_fund => {
                let unseen = |market: &&Market| market.fees > 0 || market.tranche != market.tranche_reported;
                let market = state.markets.iter().find(unseen).map(|market| market.index);
                market.map(|market| Operation::SweepInsurance { market })
            }
            _ => None,
        };
        let Some(step) = step else { return goal };
        self.agenda = Some(Agenda { goal, steps, any_price });
        step
    }

    fn market(&mut self) -> u8 {
        self.dice.below(MARKETS as u64) as u8
    }

    /// Whether an account takes part in trading.
    fn trades(&self, account: u8) -> bool {
        self.population == Population::Everyone || owner_of(account) < COALITION
    }

    /// A market that can be traded, where a few tries find one.
    fn open_market(&mut self, state: &State) -> u8 {
        let mut market = self.market();
        for _ in 0..4 {
            let row = &state.rows[market as usize];
            if row.require(risk::Action::AddRisk, state.now).is_ok() {
                break;
            }
            market = self.market();
        }
        market
    }

    /// A live account that may trade in a market; any number where none is found.
    fn trader(&mut self, state: &State, market: u8) -> u8 {
        if market == THIN && self.population == Population::Everyone && !self.dice.chance(30) {
            // Where somebody was left behind by an epoch, others meet.
            let books = &state.markets[market as usize];
            return self.dice.pick(&DUELLISTS[usize::from(books.long_left_behind + books.short_left_behind > 0)]);
        }
        let mut account = 0;
        for _ in 0..12 {
            account = self.dice.below(ACCOUNTS as u64) as u8;
            let Some(view) = state.account(account) else { continue };
            let isolated = view.header.isolated_market;
            let has_room = view.positions().len() < view.slots.len() || view.position(market).is_some();
            if self.trades(account) && has_room && (isolated == market || isolated == u8::MAX) {
                return account;
            }
        }
        account
    }

    /// Who signs for an account: its owner, sometimes its delegate.
    fn signer(&mut self, state: &State, account: u8) -> u8 {
        let has_delegate = state.account(account).is_some_and(|view| view.header.delegate != Default::default());
        if has_delegate && self.dice.chance(300) { delegate_of(account) } else { owner_of(account) }
    }
}

/// The market of few traders: there, whole sides go bankrupt.
const THIN: u8 = 4;

/// Those few.
const DUELLISTS: [[u8; 2]; 2] = [[5, 11], [17, 23]];

/// The key that an account's owner usually trusts.
const fn delegate_of(account: u8) -> u8 {
    (owner_of(account) + 1) % crate::simulation::cast::OWNERS as u8
}
