//! Attacks that are right in everything but one: they must fail for that one reason.

use super::{Generator, delegate_of};
use crate::simulation::{
    cast::{GUARDIAN, owner_of},
    check::{Purpose, worth},
    operation::{Operation, Party},
    state::State,
};

impl Generator {
    pub(super) fn targeted(&mut self, state: &State) -> Operation {
        let attack = match self.dice.below(5) {
            0 => self.delegate_withdraws(state),
            1 => self.liquidates_itself(state),
            2 => self.liquidates_healthy(state),
            3 => Some(self.trips_lower(state)),
            _ => self.withdraws_an_atom_too_much(state),
        };
        attack.unwrap_or_else(|| self.set_delegate(state))
    }

    fn delegate_withdraws(&mut self, state: &State) -> Option<Operation> {
        let free = |account| {
            let view = state.account(account)?;
            Some(worth(view, &state.rows, Purpose::Withdrawal).free().min(view.header.cash))
        };
        let account = self.find(|account| {
            let delegate = state.account(account).map(|view| view.header.delegate).unwrap_or_default();
            delegate != Default::default() && free(account) > Some(1)
        })?;
        let (signer, amount) = (delegate_of(account), self.dice.share(free(account)?, 1, 100).max(1));
        Some(Operation::Withdraw { bank: 0, signer, destination: signer, account, amount })
    }

    fn liquidates_itself(&mut self, state: &State) -> Option<Operation> {
        let account = self.find(|account| {
            let view = state.account(account).filter(|view| view.positions().iter().any(|position| position.size != 0));
            view.is_some_and(|view| !worth(view, &state.rows, Purpose::Maintenance).is_covered())
        })?;
        self.liquidation(state, account, account)
    }

    fn liquidates_healthy(&mut self, state: &State) -> Option<Operation> {
        let has_position = |account: u8| state.account(account).is_some_and(|view| !view.positions().is_empty());
        let liquidatee = self.find(has_position)?;
        let liquidator = self.find(|account| account != liquidatee && state.account(account).is_some())?;
        self.liquidation(state, liquidator, liquidatee)
    }

    fn liquidation(&mut self, state: &State, liquidator: u8, liquidatee: u8) -> Option<Operation> {
        let positions = state.account(liquidatee)?.positions();
        let market = positions[self.dice.below(positions.len() as u64) as usize].market;
        let liquidator = Party { signer: owner_of(liquidator), account: liquidator };
        let limit_price = if state.size(liquidatee, market) > 0 { u64::MAX } else { 0 };
        Some(Operation::Liquidate { liquidator, liquidatee, market, max_lots: u64::MAX, limit_price })
    }

    fn withdraws_an_atom_too_much(&mut self, state: &State) -> Option<Operation> {
        let holds = |account: u8| {
            state.account(account).is_some_and(|view| view.positions().iter().any(|position| position.entry != 0))
        };
        let account = self.find(holds)?;
        let view = state.account(account)?;
        let amount = worth(view, &state.rows, Purpose::Withdrawal).free().min(view.header.cash) + 1;
        let signer = owner_of(account);
        Some(Operation::Withdraw { bank: 0, signer, destination: signer, account, amount })
    }

    /// A guardian who would end a restriction by setting a milder or shorter one.
    fn trips_lower(&mut self, state: &State) -> Operation {
        let market = self.market();
        let standing = state.breaker.markets[market as usize].level_at(state.now) as u8;
        let (level, seconds) = match standing {
            0 => (self.dice.pick(&[1, 2, 3]), self.dice.between(20, 200)),
            _ => (self.dice.between(1, i64::from(standing)) as u8, self.dice.between(1, 10)),
        };
        Operation::TripBreaker { signer: GUARDIAN, market, level, seconds: seconds as u32 }
    }
}
