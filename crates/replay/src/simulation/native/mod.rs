//! The native engine: the program's own state and the very functions its handlers call, without a chain around them.
//!
//! What a handler checks itself (who signs, which accounts belong together) is mirrored here, thinly; running in
//! lock-step with the program shows that the mirror is true.

mod accounts;
mod fund;
mod losses;
mod offers;
mod prices;
mod settlement;
mod trading;

use anchor_lang::prelude::ProgramError;
use firebreak::{
    FirebreakError,
    clearing::{ConversionRequest, Portfolio},
};
use firebreak_client::MarginAccountView;
use risk::Level;

use crate::{
    chain::ERROR_OFFSET,
    pyth::Verification,
    simulation::{
        cast::{Cast, FEEDS},
        fault::Fault,
        operation::{Operation, Reading},
        state::{Shared, State},
    },
};

/// Why an operation was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// By the program, with this code.
    Program(u32),
    /// By the framework, the token program or the runtime: an account is missing, twice there, or of the wrong kind.
    Framework,
}

impl From<FirebreakError> for Rejection {
    fn from(cause: FirebreakError) -> Self {
        Self::Program(ERROR_OFFSET + cause as u32)
    }
}

impl From<ProgramError> for Rejection {
    fn from(cause: ProgramError) -> Self {
        match cause {
            ProgramError::Custom(code) if code >= ERROR_OFFSET => Self::Program(code),
            _ => Self::Framework,
        }
    }
}

pub type Outcome = Result<(), Rejection>;

/// Refuses with a cause unless a fact holds.
fn ensure(holds: bool, cause: FirebreakError) -> Outcome {
    if holds { Ok(()) } else { Err(cause.into()) }
}

/// State, and what applies operations to it.
pub struct NativeEngine<'c> {
    cast: &'c Cast,
    state: State,
    /// What each oracle account says; no part of the program's state.
    feeds: Vec<Option<Reading>>,
    fault: Option<Fault>,
}

impl<'c> NativeEngine<'c> {
    pub fn new(cast: &'c Cast, fault: Option<Fault>) -> Self {
        Self { cast, state: State::genesis(cast), feeds: vec![None; FEEDS], fault }
    }

    /// Goes on from a state, with oracle accounts that are empty.
    pub fn resume(cast: &'c Cast, state: State) -> Self {
        Self { state, ..Self::new(cast, None) }
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// Carries an operation out in full, or refuses it and changes nothing. Returns the state before.
    pub fn apply(&mut self, operation: &Operation) -> (State, Outcome) {
        let before = self.state.clone();
        let outcome = self.dispatch(operation);
        let leaves_trace = self.is(Fault::RejectionLeavesTrace) && matches!(operation, Operation::Trade { .. });
        if outcome.is_err() && !leaves_trace {
            self.state = before.clone(); // shares what is large
        }
        (before, outcome)
    }

    /// Whether an operation would be carried out now.
    pub fn would_accept(&self, operation: &Operation) -> bool {
        let mut copy = Self { state: self.state.clone(), feeds: self.feeds.clone(), ..*self };
        copy.apply(operation).1.is_ok()
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn dispatch(&mut self, operation: &Operation) -> Outcome {
        use Operation::*;
        match *operation {
            CreateAccount { account, capacity, isolated_market } => {
                self.create_account(account, capacity, isolated_market)
            }
            GrowAccount { signer, account, capacity } => self.grow_account(signer, account, capacity),
            CloseAccount { signer, account } => self.close_account(signer, account),
            SetDelegate { signer, account, delegate } => self.set_delegate(signer, account, delegate),
            Deposit { bank, depositor, source, account, amount } => {
                self.deposit(bank, (depositor, source), account, amount)
            }
            Withdraw { bank, signer, destination, account, amount } => {
                self.withdraw(bank, (signer, destination), account, amount)
            }
            FundTranche { market, amount } => self.fund_tranche(market, amount),
            Donate { vault, amount } => self.donate(vault, amount),
            PlaceOffer { signer, maker, market, terms } => self.place_offer(signer, maker, market, &terms),
            UpdateOffer { signer, maker, offer, terms } => self.update_offer(signer, maker, offer, &terms),
            CancelOffer { signer, maker, offer } => self.cancel_offer(signer, maker, offer),
            TakeOffer { .. } => self.take_offer(operation),
            Trade { buyer, seller, market, lots, price } => self.trade(buyer, seller, market, lots, price),
            Settle { ref accounts, market } => self.settle(accounts, market),
            Liquidate { .. } => self.liquidate(operation),
            AutoDeleverage { account, market } => self.auto_deleverage(account, market),
            LiquidateCollateral { buyer, seller, bank, amount, max_paid } => {
                self.convert(buyer, seller, bank, ConversionRequest { amount, max_paid })
            }
            SweepInsurance { market } => self.sweep(market),
            UpdateFunding { market } => self.update_funding(market),
            Stake { staker, source, amount, ref markets } => self.stake(staker, source, amount, markets),
            RequestUnstake { signer, staker, shares } => self.request_unstake(signer, staker, shares),
            Unstake { signer, staker, destination, ref markets, recall } => {
                self.unstake((signer, staker), destination, markets, recall)
            }
            ReportDeficit { account } => self.report_deficit(account),
            Poke { market } => self.poke(market),
            RefreshPrices { ref readings, ref pairs } => self.refresh_prices(readings, pairs),
            TripBreaker { signer, market, level, seconds } => self.trip_breaker(signer, market, level, seconds),
            ResetBreaker { signer, market } => self.reset_breaker(signer, market),
            PassTime { seconds } => {
                self.state.now += seconds;
                Ok(())
            }
            Forged { .. } => Err(Rejection::Framework),
        }
    }

    /// The level in force in a market that exists.
    fn level(&self, market: u8) -> Level {
        let State { markets, rows, breaker, now, .. } = &self.state;
        markets[market as usize].level(breaker, &rows[market as usize], *now)
    }

    /// Whether a market was closed until lately.
    fn is_grace(&self, market: u8) -> bool {
        let State { markets, rows, breaker, now, .. } = &self.state;
        markets[market as usize].is_grace(breaker, &rows[market as usize], *now)
    }

    /// A copy of a margin account that loads.
    fn load(&self, account: u8) -> Result<MarginAccountView, Rejection> {
        self.state.account(account).cloned().ok_or(Rejection::Framework)
    }

    fn store(&mut self, account: u8, view: MarginAccountView) {
        self.state.accounts[account as usize] = Some(Shared::new(view));
    }
}

/// A loaded account, as the program's functions want it.
fn portfolio(view: &mut MarginAccountView) -> Portfolio<'_> {
    Portfolio { account: &mut view.header, slots: &mut view.slots }
}

/// Whether an update is verified in full.
fn is_full(reading: &Reading) -> bool {
    reading.verification == Verification::Full
}
