//! Bends a reasonable operation into a hostile one.

use super::{Generator, delegate_of};
use crate::{
    listing::DOLLAR,
    simulation::{
        cast::{ACCOUNTS, KEYS, MARKETS, TOKENS, VAULT, VAULTS},
        operation::{Forgery, Operation, Terms},
        state::State,
        twin::is_mixture,
    },
};

impl Generator {
    fn any_key(&mut self) -> u8 {
        self.dice.below(KEYS as u64) as u8
    }

    fn any(&mut self) -> u8 {
        self.dice.below(ACCOUNTS as u64) as u8
    }

    pub(super) fn bend(&mut self, operation: Operation, state: &State) -> Operation {
        if self.dice.chance(180) {
            return self.forge(operation);
        }
        match operation {
            Operation::RefreshPrices { readings, pairs } => self.bend_prices(state, readings, pairs),
            Operation::Trade { .. } | Operation::TakeOffer { .. } | Operation::Liquidate { .. } => {
                self.bend_trading(operation)
            }
            Operation::PlaceOffer { .. } | Operation::UpdateOffer { .. } | Operation::CancelOffer { .. } => {
                self.bend_offer(operation)
            }
            Operation::Deposit { .. } | Operation::Withdraw { .. } | Operation::FundTranche { .. } => {
                self.bend_money(operation)
            }
            Operation::TripBreaker { .. } | Operation::ResetBreaker { .. } => self.bend_breaker(operation),
            Operation::PassTime { .. } => {
                Operation::Donate { vault: self.dice.below(VAULTS as u64) as u8, amount: self.dice.below(DOLLAR) + 1 }
            }
            Operation::AutoDeleverage { .. }
            | Operation::LiquidateCollateral { .. }
            | Operation::ReportDeficit { .. }
            | Operation::Settle { .. } => self.bend_losses(operation),
            Operation::SweepInsurance { .. }
            | Operation::UpdateFunding { .. }
            | Operation::Stake { .. }
            | Operation::RequestUnstake { .. }
            | Operation::Unstake { .. } => self.bend_fund(operation),
            other => self.bend_account(other),
        }
    }

    /// One account of the instruction is not what it should be.
    fn forge(&mut self, operation: Operation) -> Operation {
        const FORGERIES: [Forgery; 6] =
            [Forgery::ForeignCopy, Forgery::OtherKind, Forgery::Twin, Forgery::Twin, Forgery::Empty, Forgery::Unsigned];
        let forgery = match self.dice.pick(&FORGERIES) {
            Forgery::Twin if !is_mixture(&operation) => Forgery::ForeignCopy,
            forgery => forgery,
        };
        let slots = if forgery == Forgery::Unsigned { operation.signed() } else { operation.forgeable() };
        if slots.is_empty() {
            return operation;
        }
        let slot = self.dice.pick(slots);
        Operation::Forged { operation: Box::new(operation), slot, forgery }
    }

    fn bend_trading(&mut self, mut operation: Operation) -> Operation {
        let (key, account, extreme) = (self.any_key(), self.any(), self.dice.extreme());
        let other_market = self.market();
        let choice = self.dice.below(8);
        match (&mut operation, choice) {
            (Operation::Trade { buyer, .. }, 0) => buyer.signer = key,
            (Operation::Trade { seller, .. }, 1) => seller.signer = key,
            (Operation::Trade { buyer, seller, .. }, 2) => *seller = *buyer,
            (Operation::Trade { lots, .. }, 3 | 4) => *lots = extreme,
            (Operation::Trade { price, .. }, 5) => *price = extreme,
            (Operation::Trade { price, .. }, 6) => *price = self.dice.share(*price, 50, 150),
            (Operation::Trade { market, .. }, _) => *market = other_market,
            (Operation::TakeOffer { taker, .. }, 0) => taker.signer = key,
            (Operation::TakeOffer { taker, maker, .. }, 1) => taker.account = *maker,
            (Operation::TakeOffer { maker, .. }, 2) => *maker = account,
            (Operation::TakeOffer { offer, .. }, 3) => *offer = (account, offer.1),
            (Operation::TakeOffer { market, .. }, 4) => *market = other_market,
            (Operation::TakeOffer { limit_price, .. }, 5) => *limit_price = extreme,
            (Operation::TakeOffer { lots, .. }, _) => *lots = self.dice.pick(&[0, i64::MIN, i64::MAX, extreme as i64]),
            (Operation::Liquidate { liquidator, .. }, 0) => liquidator.signer = key,
            (Operation::Liquidate { liquidator, liquidatee, .. }, 1) => liquidator.account = *liquidatee,
            (Operation::Liquidate { liquidatee, .. }, 2) => *liquidatee = account,
            (Operation::Liquidate { market, .. }, 3) => *market = other_market,
            (Operation::Liquidate { limit_price, .. }, 4) => *limit_price = extreme,
            (Operation::Liquidate { liquidator, .. }, 5) => liquidator.account = account,
            (Operation::Liquidate { max_lots, .. }, _) => *max_lots = extreme,
            _ => {}
        }
        operation
    }

    fn bend_offer(&mut self, mut operation: Operation) -> Operation {
        let (key, account, extreme) = (self.any_key(), self.any(), self.dice.extreme());
        let choice = self.dice.below(6);
        match &mut operation {
            Operation::PlaceOffer { signer, .. }
            | Operation::UpdateOffer { signer, .. }
            | Operation::CancelOffer { signer, .. }
                if choice == 0 =>
            {
                *signer = key;
            }
            Operation::PlaceOffer { maker, .. } if choice == 1 => *maker = account,
            Operation::UpdateOffer { maker, .. } | Operation::CancelOffer { maker, .. } if choice == 1 => {
                *maker = account;
            }
            Operation::PlaceOffer { terms, .. } | Operation::UpdateOffer { terms, .. } => {
                bend_terms(terms, choice, extreme);
            }
            Operation::CancelOffer { offer, .. } => *offer = (account, offer.1),
            _ => {}
        }
        operation
    }

    fn bend_money(&mut self, mut operation: Operation) -> Operation {
        let (key, account, extreme) = (self.any_key(), self.any(), self.dice.extreme());
        match (&mut operation, self.dice.below(5)) {
            (Operation::Deposit { depositor, .. }, 0) => *depositor = key,
            (Operation::Deposit { bank, .. } | Operation::Withdraw { bank, .. }, 3) if self.dice.chance(300) => {
                *bank = self.dice.below(TOKENS as u64 + 1) as u8;
            }
            (Operation::Deposit { source, .. }, 1) => *source = self.dice.pick(&[VAULT, key]),
            (Operation::Withdraw { signer, account, .. }, 0) => *signer = self.dice.pick(&[key, delegate_of(*account)]),
            (Operation::Withdraw { destination, .. }, 1) => *destination = self.dice.pick(&[VAULT, key]),
            (Operation::Withdraw { account: from, .. }, 2) => *from = account,
            (
                Operation::Deposit { amount, .. }
                | Operation::Withdraw { amount, .. }
                | Operation::FundTranche { amount, .. },
                _,
            ) => *amount = extreme,
            _ => {}
        }
        operation
    }

    fn bend_losses(&mut self, mut operation: Operation) -> Operation {
        let (key, other, other_market) = (self.any_key(), self.any(), self.market());
        match (&mut operation, self.dice.below(6)) {
            (Operation::Settle { accounts, .. }, 0) => accounts.clear(),
            (Operation::Settle { accounts, .. }, 1) => accounts.extend(accounts.clone()),
            (Operation::Settle { market, .. } | Operation::AutoDeleverage { market, .. }, 2) => *market = other_market,
            (Operation::Settle { accounts, .. }, _) => accounts.push(other),
            (Operation::AutoDeleverage { market, .. }, 3) => *market = MARKETS as u8,
            (Operation::AutoDeleverage { account, .. } | Operation::ReportDeficit { account }, _) => *account = other,
            (Operation::LiquidateCollateral { buyer, .. }, 0) => buyer.signer = key,
            (Operation::LiquidateCollateral { buyer, seller, .. }, 1) => buyer.account = *seller,
            (Operation::LiquidateCollateral { seller, .. }, 2) => *seller = other,
            (Operation::LiquidateCollateral { bank, .. }, 3) => *bank = self.dice.below(TOKENS as u64 + 1) as u8,
            (Operation::LiquidateCollateral { amount, .. }, 4) => *amount = self.dice.extreme(),
            (Operation::LiquidateCollateral { max_paid, .. }, _) => *max_paid = self.dice.extreme(),
            _ => {}
        }
        operation
    }

    fn bend_fund(&mut self, mut operation: Operation) -> Operation {
        let (key, extreme) = (self.any_key(), self.dice.extreme());
        match (&mut operation, self.dice.below(5)) {
            (Operation::SweepInsurance { market } | Operation::UpdateFunding { market }, _) => {
                *market = self.dice.below(MARKETS as u64 + 2) as u8
            }
            (Operation::Stake { source, .. }, 0) => *source = self.dice.pick(&[VAULT, key]),
            (Operation::Stake { staker, .. }, 1) => *staker = key,
            (Operation::Stake { markets, .. }, 2) => bend_markets(markets, extreme),
            (Operation::Stake { amount, .. }, _) => *amount = extreme,
            (Operation::RequestUnstake { signer, .. } | Operation::Unstake { signer, .. }, 0 | 1) => *signer = key,
            (Operation::RequestUnstake { staker, .. } | Operation::Unstake { staker, .. }, 2) => *staker = key,
            (Operation::RequestUnstake { shares, .. }, _) => *shares = extreme,
            (Operation::Unstake { destination, .. }, 3) => *destination = self.dice.pick(&[VAULT, key]),
            (Operation::Unstake { markets, .. }, _) => bend_markets(markets, extreme),
            _ => {}
        }
        operation
    }

    fn bend_breaker(&mut self, mut operation: Operation) -> Operation {
        let (key, number) = (self.any_key(), self.dice.bits() as u8);
        match (&mut operation, self.dice.below(4)) {
            (Operation::TripBreaker { signer, .. } | Operation::ResetBreaker { signer, .. }, 0) => *signer = key,
            (Operation::TripBreaker { level, .. }, 1) => *level = number % 7,
            (Operation::TripBreaker { market, .. } | Operation::ResetBreaker { market, .. }, 2) => *market = number,
            (Operation::TripBreaker { seconds, .. }, _) => {
                *seconds = self.dice.pick(&[0, 1, 21_600, 21_601, 604_801, u32::MAX]);
            }
            _ => {}
        }
        operation
    }

    fn bend_account(&mut self, mut operation: Operation) -> Operation {
        let (key, other) = (self.any_key(), self.any());
        match (&mut operation, self.dice.below(3)) {
            (Operation::CreateAccount { account, .. }, 0) => *account = other,
            (Operation::CreateAccount { capacity, .. }, 1) => *capacity = self.dice.pick(&[1, 5, 15, 17, 255]),
            (Operation::CreateAccount { isolated_market, .. }, _) => {
                *isolated_market = self.dice.pick(&[MARKETS as u8, 63, 64, 254]);
            }
            (Operation::GrowAccount { capacity, .. }, 0) => *capacity = self.dice.pick(&[0, 4, 8, 16, 32, 255]),
            (
                Operation::GrowAccount { signer, .. }
                | Operation::CloseAccount { signer, .. }
                | Operation::SetDelegate { signer, .. },
                1,
            ) => *signer = key,
            (Operation::SetDelegate { delegate, .. }, 0) => *delegate = key,
            (Operation::CloseAccount { account, .. }, _) => *account = other,
            _ => {}
        }
        operation
    }
}

/// One missing, one too many, or two in each other's place.
fn bend_markets(markets: &mut Vec<u8>, chance: u64) {
    match chance % 4 {
        0 => _ = markets.pop(),
        1 => markets.push(MARKETS as u8),
        2 => markets.extend([0]),
        _ => markets.reverse(),
    }
}

fn bend_terms(terms: &mut Terms, choice: u64, extreme: u64) {
    match choice {
        2 => terms.bid_lots = extreme,
        3 => (terms.bid_lots, terms.ask_lots) = (0, 0),
        4 => terms.ask_spread_bps = extreme as u32,
        _ => terms.expires_at = extreme as i64,
    }
}
