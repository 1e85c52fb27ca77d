//! Chooses the next operation: mostly what people do, some of it bent into what an attacker would try.

mod actions;
mod hostile;
mod oracle;
mod targeted;
mod trading;

use crate::{
    listing::DOLLAR,
    simulation::{
        cast::{ACCOUNTS, MARKETS, kind_of, owner_of},
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

/// Draws operations from a seed.
pub struct Generator {
    dice: Dice,
    oracle: Oracle,
    population: Population,
}

impl Generator {
    pub fn new(seed: u64, population: Population) -> Self {
        let mut dice = Dice::new(seed);
        let oracle = Oracle::new(&mut dice);
        Self { dice, oracle, population }
    }

    /// What every run begins with: prices, insurance money, accounts with cash.
    pub fn prelude(&mut self, state: &State) -> Vec<Operation> {
        let mut operations = vec![self.oracle.first(state)];
        for market in 0..MARKETS as u8 {
            operations.push(Operation::FundTranche { market, amount: 100_000 * DOLLAR });
        }
        for account in 0..ACCOUNTS as u8 {
            let (capacity, isolated_market) = kind_of(account);
            operations.push(Operation::CreateAccount { account, capacity, isolated_market });
            let amount = match account {
                0..4 => 400_000 * DOLLAR,
                _ => self.dice.between(100, 40_000) as u64 * DOLLAR,
            };
            let depositor = owner_of(account);
            operations.push(Operation::Deposit { depositor, source: depositor, account, amount });
        }
        operations
    }

    /// The next operation in this state.
    pub fn next(&mut self, state: &State) -> Operation {
        let operation = self.sensible(state);
        if self.dice.chance(HOSTILE) { self.bend(operation, state) } else { operation }
    }

    /// What somebody reasonable might do.
    fn sensible(&mut self, state: &State) -> Operation {
        const WEIGHTS: [u64; 18] = [170, 105, 45, 55, 150, 40, 15, 15, 115, 90, 120, 6, 10, 10, 5, 12, 5, 25];
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
            _ => self.targeted(state),
        }
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

/// The key that an account's owner usually trusts.
const fn delegate_of(account: u8) -> u8 {
    (owner_of(account) + 1) % crate::simulation::cast::OWNERS as u8
}
