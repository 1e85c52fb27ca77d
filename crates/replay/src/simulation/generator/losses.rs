//! What somebody does about accounts that cannot pay: sells their collateral, deleverages, reports.

use super::Generator;
use crate::simulation::{
    cast::ACCOUNTS,
    check::{Purpose, bankruptcy_share, losses, most_insured, pnl, quote_worth, worth},
    operation::{Operation, Party},
    state::State,
};

impl Generator {
    /// The first account from a random one on that fits.
    pub(super) fn find(&mut self, fits: impl Fn(u8) -> bool) -> Option<u8> {
        let first = self.dice.below(ACCOUNTS as u64) as u8;
        (0..ACCOUNTS as u8).map(|step| (first + step) % ACCOUNTS as u8).find(|account| fits(*account))
    }

    pub(super) fn bankrupt(&mut self, state: &State) -> Option<u8> {
        self.find(|account| {
            let view = state.account(account).filter(|view| !view.positions().is_empty());
            view.is_some_and(|view| quote_worth(view, &state.rows, Purpose::Maintenance).equity < 0)
        })
    }

    /// Goes for a bankrupt account where there is one, preparing what has to be prepared.
    pub(super) fn deleverage(&mut self, state: &State) -> Operation {
        let Some(account) = self.bankrupt(state) else {
            return if self.dice.chance(30) { self.pointless(state) } else { self.keeper(state) };
        };
        let Some(view) = state.account(account) else { return self.keeper(state) };
        if view.header.has_collateral() && self.dice.chance(900) {
            return self.buy_collateral(state, account);
        }
        let lost = |market: u8| {
            let row = &state.rows[market as usize];
            view.position(market).is_some_and(|position| pnl(position, row, i128::from(row.mark)) < 0)
        };
        let legs: Vec<u8> = view.positions().iter().map(|position| position.market).filter(|leg| lost(*leg)).collect();
        if legs.is_empty() {
            return self.settle(state);
        }
        let market = self.dice.pick(&legs);
        let books = &state.markets[market as usize];
        if books.long_left_behind + books.short_left_behind > 0 && self.dice.chance(500) {
            let accounts = self.untouched(state, market);
            if !accounts.is_empty() {
                return Operation::Settle { accounts, market };
            }
        }
        let is_insured = bankruptcy_share(view, &state.rows, market)
            .is_some_and(|share| share.deficit <= most_insured(books, share.deficit, state.now).0);
        if is_insured && self.dice.chance(850) {
            return self.liquidate_account(state, account, market);
        }
        let steps = if self.dice.chance(850) { 12 } else { 0 };
        self.prepare(state, Operation::AutoDeleverage { account, market }, steps)
    }

    /// Deleveraging somebody who is not bankrupt.
    fn pointless(&mut self, state: &State) -> Operation {
        let account = self.live_account(state);
        let market = state.account(account).and_then(|view| Some(view.positions().first()?.market)).unwrap_or(0);
        Operation::AutoDeleverage { account, market }
    }

    /// Looks for an account that needs quote and has collateral.
    pub(super) fn convert(&mut self, state: &State) -> Operation {
        let holds = |account: u8| state.account(account).filter(|view| view.header.has_collateral());
        let needy = self.find(|account| {
            holds(account).is_some_and(|view| {
                let needs = losses(view, &state.rows) > i128::from(view.header.cash);
                needs || !worth(view, &state.rows, Purpose::Maintenance).is_covered()
            })
        });
        match needy.or_else(|| self.find(|account| holds(account).is_some())) {
            Some(seller) if needy.is_some() || self.dice.chance(60) => self.buy_collateral(state, seller),
            _ => self.deposit(state),
        }
    }

    fn buy_collateral(&mut self, state: &State, seller: u8) -> Operation {
        let cash = |account: u8| state.account(account).map_or(0, |view| view.header.cash);
        let mut buyer = self.trader(state, 0);
        for _ in 0..4 {
            let other = self.trader(state, 0);
            if other != seller && (buyer == seller || cash(other) > cash(buyer)) {
                buyer = other;
            }
        }
        let slots = state.account(seller).map(|view| view.header.collateral).unwrap_or_default();
        let held: Vec<_> = slots.iter().filter(|slot| slot.amount > 0).collect();
        let Some(slot) = (!held.is_empty()).then(|| held[self.dice.below(held.len() as u64) as usize]) else {
            return self.deposit(state);
        };
        let amount = match self.dice.below(10) {
            0..6 => u64::MAX,
            6 => slot.amount,
            7 => self.dice.between(1, 10_000_000) as u64,
            _ => self.dice.share(slot.amount, 1, 100).max(1),
        };
        let max_paid = if self.dice.chance(900) { u64::MAX } else { self.dice.share(cash(buyer), 0, 100) };
        let buyer = Party { signer: self.signer(state, buyer), account: buyer };
        Operation::LiquidateCollateral { buyer, seller, bank: slot.bank, amount, max_paid }
    }

    pub(super) fn report(&mut self, state: &State) -> Operation {
        match self.bankrupt(state) {
            Some(account) => self.prepare(state, Operation::ReportDeficit { account }, 6),
            None if self.dice.chance(300) => Operation::ReportDeficit { account: self.live_account(state) },
            None => self.settle(state),
        }
    }
}
