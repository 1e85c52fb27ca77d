//! The books kept from outside: what went in, what came out, who gained. Nothing here reads the program's own sums.

use crate::simulation::{
    cast::{INSURANCE, KEYS, OWNERS, TOKENS, WALLET, owner_of},
    check::{Step, equity, own_worth},
    generator::COALITION,
    operation::Operation,
    state::State,
};

/// Sums over a whole run, in quote atoms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Into and out of each owner's margin accounts.
    pub deposited: [i128; OWNERS],
    pub withdrawn: [i128; OWNERS],
    /// Given to tranches.
    pub funded: i128,
    /// From the quote vault to the insurance fund's, and from stakers to it.
    pub to_fund: i128,
    pub staked: i128,
    pub trading_fees: i128,
    pub insurance_fees: i128,
    pub insurance_paid: i128,
    /// Account of each kind of event.
    pub take_overs: usize,
    pub bankruptcies: usize,
    pub deficits_paid: usize,
    pub deleveraged: usize,
    /// Deficits that were charged to sides, or to markets.
    pub charged: i128,
}

impl Tally {
    /// Adds another run's sums.
    pub fn add(&mut self, other: &Self) {
        for owner in 0..OWNERS {
            self.deposited[owner] += other.deposited[owner];
            self.withdrawn[owner] += other.withdrawn[owner];
        }
        self.funded += other.funded;
        self.to_fund += other.to_fund;
        self.staked += other.staked;
        self.trading_fees += other.trading_fees;
        self.insurance_fees += other.insurance_fees;
        self.insurance_paid += other.insurance_paid;
        self.take_overs += other.take_overs;
        self.bankruptcies += other.bankruptcies;
        self.deficits_paid += other.deficits_paid;
        self.deleveraged += other.deleveraged;
        self.charged += other.charged;
    }

    /// Counts an accepted operation.
    pub fn count(&mut self, step: &Step) {
        let (before, after) = (step.before, step.after);
        match *step.operation {
            Operation::Deposit { bank: 0, account, amount, .. } => {
                self.deposited[owner_of(account) as usize] += i128::from(amount);
            }
            Operation::Withdraw { bank: 0, account, amount, .. } => {
                self.withdrawn[owner_of(account) as usize] += i128::from(amount);
            }
            Operation::FundTranche { amount, .. } => self.funded += i128::from(amount),
            Operation::Trade { market, .. } | Operation::TakeOffer { market, .. } => {
                self.trading_fees += own_worth(after, market) - own_worth(before, market);
            }
            Operation::Liquidate { liquidatee, market, .. } => self.count_liquidation(step, liquidatee, market),
            Operation::AutoDeleverage { account, market } => self.count_deleveraging(step, account, market),
            Operation::SweepInsurance { market } => {
                self.count_to_fund(step);
                let paid = |state: &State| i128::from(state.markets[market as usize].insurance_paid);
                self.insurance_paid += paid(after) - paid(before);
            }
            Operation::Stake { .. } => {
                self.staked += i128::from(after.vaults[INSURANCE]) - i128::from(before.vaults[INSURANCE]);
            }
            Operation::Unstake { destination, .. } => {
                self.count_to_fund(step);
                let wallet = |state: &State| i128::from(state.wallets[destination as usize][0]);
                self.staked -= wallet(after) - wallet(before);
            }
            _ => {}
        }
    }

    fn count_to_fund(&mut self, step: &Step) {
        self.to_fund += i128::from(step.before.vaults[0]) - i128::from(step.after.vaults[0]);
    }

    fn count_deleveraging(&mut self, step: &Step, account: u8, market: u8) {
        let (before, after) = (&step.before.markets[market as usize], &step.after.markets[market as usize]);
        let paid = i128::from(after.insurance_paid) - i128::from(before.insurance_paid);
        self.insurance_paid += paid;
        self.deleveraged += 1;
        let worth = |state: &State| state.account(account).map_or(0, |view| equity(view, &state.rows));
        self.charged += worth(step.after) - worth(step.before) - paid;
    }

    fn count_liquidation(&mut self, step: &Step, liquidatee: u8, market: u8) {
        let (before, after) = (&step.before.markets[market as usize], &step.after.markets[market as usize]);
        let paid = i128::from(after.insurance_paid) - i128::from(before.insurance_paid);
        self.insurance_paid += paid;
        self.insurance_fees += i128::from(after.tranche) - i128::from(before.tranche) + paid;
        self.deficits_paid += usize::from(paid > 0);
        self.take_overs += usize::from(before.liquidated_lots != after.liquidated_lots);
        let had = step.before.account(liquidatee).map_or(0, |view| equity(view, &step.before.rows));
        self.bankruptcies += usize::from(had < 0);
    }

    /// What does not add up, a sentence each.
    pub fn violations(&self, step: &Step) -> Vec<String> {
        let mut found = Vec::new();
        let state = step.after;
        let sum = |of: &[i128]| of.iter().sum::<i128>();
        let held = sum(&self.deposited) - sum(&self.withdrawn) + self.funded - self.to_fund;
        if held != i128::from(state.vaults[0]) - i128::from(state.donated[0]) {
            found.push(format!("the vault holds {}, what went in less what came out is {held}", state.vaults[0]));
        }
        let insured = self.staked + self.to_fund + i128::from(state.donated[INSURANCE]);
        if insured != i128::from(state.vaults[INSURANCE]) {
            let vault = state.vaults[INSURANCE];
            found.push(format!("the insurance vault holds {vault}, what went in less what came out is {insured}"));
        }
        for token in 0..TOKENS {
            let wallets: i128 = state.wallets.iter().map(|wallet| i128::from(wallet[token])).sum();
            let vaults = |of: &[u64]| i128::from(of[token]) + if token == 0 { i128::from(of[INSURANCE]) } else { 0 };
            let everything = KEYS as i128 * i128::from(WALLET[token]) + vaults(&state.donated);
            let there = wallets + vaults(&state.vaults);
            if there != everything {
                found.push(format!("wallets and vaults hold {there} of token {token}, there are {everything}"));
            }
        }
        found
    }

    /// Cash that owners `0..COALITION` hold or took out beyond what they put in.
    pub fn coalition_cash(&self, state: &State) -> i128 {
        let accounts = state.accounts.iter().enumerate();
        let own = accounts
            .filter(|(index, _)| owner_of(*index as u8) < COALITION)
            .filter_map(|(_, account)| account.as_ref());
        let cash: i128 = own.map(|account| i128::from(account.header.cash)).sum();
        let owners = 0..COALITION as usize;
        cash + owners.map(|owner| self.withdrawn[owner] - self.deposited[owner]).sum::<i128>()
    }
}
