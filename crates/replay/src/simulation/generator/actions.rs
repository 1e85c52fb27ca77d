//! Money in and out, and the lives of accounts.

use super::{Generator, delegate_of};
use crate::{
    listing::DOLLAR,
    simulation::{
        cast::{ACCOUNTS, AUTHORITY, GUARDIAN, MARKETS, NOBODY, kind_of, owner_of},
        check::{Purpose, is_current, positions_in, worth},
        operation::Operation,
        state::State,
    },
};

impl Generator {
    fn any_account(&mut self) -> u8 {
        self.dice.below(ACCOUNTS as u64) as u8
    }

    /// A live account where a few tries find one.
    pub(super) fn live_account(&mut self, state: &State) -> u8 {
        let mut account = self.any_account();
        for _ in 0..4 {
            if state.account(account).is_some() {
                break;
            }
            account = self.any_account();
        }
        account
    }

    pub(super) fn deposit(&mut self, state: &State) -> Operation {
        let account = self.live_account(state);
        if self.dice.chance(250) {
            return self.deposit_collateral(account);
        }
        self.deposit_into(account)
    }

    /// A few thousand dollars worth of SOL or BTC.
    fn deposit_collateral(&mut self, account: u8) -> Operation {
        let owner = owner_of(account);
        let depositor = if self.dice.chance(950) { owner } else { self.dice.below(11) as u8 };
        let bank = self.dice.between(1, 2) as u8;
        let amount = match bank {
            1 => self.dice.between(1, 200_000_000_000),
            _ => self.dice.between(1, 25_000_000),
        };
        Operation::Deposit { bank, depositor, source: depositor, account, amount: amount as u64 }
    }

    pub(super) fn deposit_into(&mut self, account: u8) -> Operation {
        // Friends may deposit too.
        let depositor = if self.dice.chance(900) { owner_of(account) } else { self.dice.below(11) as u8 };
        let amount = match self.dice.below(20) {
            0 => self.dice.between(1, 50) as u64,
            1 => self.dice.between(10_000, 200_000) as u64 * DOLLAR,
            _ => self.dice.between(1, 30_000) as u64 * DOLLAR + self.dice.below(DOLLAR),
        };
        Operation::Deposit { bank: 0, depositor, source: depositor, account, amount }
    }

    pub(super) fn withdraw(&mut self, state: &State) -> Operation {
        let account = self.live_account(state);
        let signer = owner_of(account);
        let slots = state.account(account).map(|view| view.header.collateral).unwrap_or_default();
        if let Some(slot) = slots.iter().find(|slot| slot.amount > 0)
            && self.dice.chance(350)
        {
            let amount = match self.dice.below(10) {
                0 => slot.amount + 1,
                1..5 => slot.amount,
                _ => self.dice.share(slot.amount, 1, 100).max(1),
            };
            return Operation::Withdraw { bank: slot.bank, signer, destination: signer, account, amount };
        }
        let (cash, free) = state.account(account).map_or((1, 1), |view| {
            (view.header.cash, worth(view, &state.rows, Purpose::Withdrawal).free().min(view.header.cash))
        });
        let amount = match self.dice.below(20) {
            0 => cash,
            1 => cash.saturating_add(1),
            2 => free.saturating_add(1),
            3 | 4 => free,
            5 => self.dice.between(1, 3) as u64,
            _ => self.dice.share(free, 1, 100).max(1),
        };
        Operation::Withdraw { bank: 0, signer, destination: signer, account, amount }
    }

    pub(super) fn fund_tranche(&mut self, state: &State) -> Operation {
        let market = self.market();
        let thin = state.markets[market as usize].tranche < 1_000 * DOLLAR;
        let amount = if thin && self.dice.chance(300) { 20_000 * DOLLAR } else { self.dice.below(500 * DOLLAR) };
        Operation::FundTranche { market, amount }
    }

    pub(super) fn create_account(&mut self, state: &State) -> Operation {
        let mut account = self.any_account();
        for candidate in 0..ACCOUNTS as u8 {
            if state.account(candidate).is_none() {
                account = candidate;
            }
        }
        let (capacity, isolated_market) = kind_of(account);
        Operation::CreateAccount { account, capacity, isolated_market }
    }

    pub(super) fn close_account(&mut self, state: &State) -> Operation {
        let is_empty = |account: &u8| {
            let header = state.account(*account).map(|view| view.header);
            header.is_some_and(|header| header.holds_nothing())
        };
        let first = self.any_account();
        let found = (0..ACCOUNTS as u8).map(|step| (first + step) % ACCOUNTS as u8).find(is_empty);
        let account = found.unwrap_or(first);
        if found.is_none() && self.dice.chance(700) {
            // Nothing to close: empty one instead.
            let cash = state.account(account).map_or(1, |view| view.header.cash);
            return Operation::Withdraw {
                bank: 0,
                signer: owner_of(account),
                destination: owner_of(account),
                account,
                amount: cash,
            };
        }
        Operation::CloseAccount { signer: owner_of(account), account }
    }

    pub(super) fn grow_account(&mut self, state: &State) -> Operation {
        let account = self.live_account(state);
        let capacity = state.account(account).map_or(8, |view| view.slots.len() as u8 * 2);
        Operation::GrowAccount { signer: owner_of(account), account, capacity }
    }

    pub(super) fn set_delegate(&mut self, state: &State) -> Operation {
        let account = self.live_account(state);
        let delegate = if self.dice.chance(700) { delegate_of(account) } else { NOBODY };
        Operation::SetDelegate { signer: owner_of(account), account, delegate }
    }

    /// Trips that mostly concern one market for a short while, and resets.
    pub(super) fn breaker(&mut self, state: &State) -> Operation {
        let active =
            (0..MARKETS as u8).find(|market| state.breaker.markets[*market as usize].level_at(state.now) as u8 > 0);
        if let (Some(market), true) = (active, self.dice.chance(600)) {
            return Operation::ResetBreaker { signer: AUTHORITY, market };
        }
        if state.breaker.global.level_at(state.now) as u8 > 0 && self.dice.chance(700) {
            return Operation::ResetBreaker { signer: AUTHORITY, market: u8::MAX };
        }
        let market = if self.dice.chance(800) { self.market() } else { u8::MAX };
        let level = self.dice.pick(&[1, 1, 2, 2, 3, 4]);
        let signer = self.dice.pick(&[GUARDIAN, AUTHORITY]);
        Operation::TripBreaker { signer, market, level, seconds: self.dice.between(5, 120) as u32 }
    }

    pub(super) fn settle(&mut self, state: &State) -> Operation {
        for _ in 0..6 {
            let account = self.live_account(state);
            let Some(view) = state.account(account) else { continue };
            if view.positions().is_empty() {
                continue;
            }
            let at = self.dice.below(view.positions().len() as u64) as usize;
            let market = view.positions()[at].market;
            let moves = view.header.cash > 0 || state.markets[market as usize].pool > 0;
            if moves || self.dice.chance(200) {
                let mut accounts = vec![account];
                if self.dice.chance(300) {
                    let more = self.dice.between(1, 6);
                    accounts.extend((0..more).map(|_| self.live_account(state)));
                }
                return Operation::Settle { accounts, market };
            }
        }
        Operation::Settle { accounts: vec![self.any_account()], market: self.market() }
    }

    /// Accounts whose positions in a market have not seen what happened to their side.
    pub(super) fn untouched(&self, state: &State, market: u8) -> Vec<u8> {
        let row = &state.rows[market as usize];
        let behind = positions_in(state, market).filter(|(_, position)| !is_current(position, row));
        behind.map(|(account, _)| account).take(8).collect()
    }
}
