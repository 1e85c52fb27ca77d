//! The books kept from outside: what went in, what came out, who gained. Nothing here reads the program's own sums.

use crate::simulation::{
    cast::{KEYS, OWNERS, WALLET, owner_of},
    check::{Step, equity},
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
    pub donated: i128,
    pub trading_fees: i128,
    pub insurance_fees: i128,
    pub insurance_paid: i128,
    /// Account of each kind of event.
    pub take_overs: usize,
    pub bankruptcies: usize,
    pub deficits_paid: usize,
}

impl Tally {
    /// Counts an accepted operation.
    pub fn count(&mut self, step: &Step) {
        let (before, after) = (step.before, step.after);
        match *step.operation {
            Operation::Deposit { account, amount, .. } => {
                self.deposited[owner_of(account) as usize] += i128::from(amount);
            }
            Operation::Withdraw { account, amount, .. } => {
                self.withdrawn[owner_of(account) as usize] += i128::from(amount);
            }
            Operation::FundTranche { amount, .. } => self.funded += i128::from(amount),
            Operation::Donate { amount } => self.donated += i128::from(amount),
            Operation::Trade { market, .. } | Operation::TakeOffer { market, .. } => {
                let collected = |state: &State| {
                    let market = &state.markets[market as usize];
                    i128::from(market.fees) - i128::from(market.dust_entry)
                };
                self.trading_fees += collected(after) - collected(before);
            }
            Operation::Liquidate { liquidatee, market, .. } => self.count_liquidation(step, liquidatee, market),
            _ => {}
        }
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
    pub fn violations(&self, state: &State) -> Vec<String> {
        let mut found = Vec::new();
        let sum = |of: &[i128]| of.iter().sum::<i128>();
        let held = sum(&self.deposited) - sum(&self.withdrawn) + self.funded + self.donated;
        if held != i128::from(state.vault) {
            found.push(format!("the vault holds {}, what went in less what came out is {held}", state.vault));
        }
        let wallets: i128 = state.wallets.iter().map(|wallet| i128::from(*wallet)).sum();
        let everything = KEYS as i128 * i128::from(WALLET) + self.donated;
        if wallets + i128::from(state.vault) != everything {
            found.push(format!("wallets and vault hold {}, there are {everything}", wallets + i128::from(state.vault)));
        }
        self.coalition(state, &mut found);
        found
    }

    /// I-14, exactly: what some gained, others lost, but for fees and insurance; in value at mark, and in cash.
    fn coalition(&self, state: &State, found: &mut Vec<String>) {
        let (mut gains, mut cash) = ([0; 2], [0; 2]);
        for owner in 0..OWNERS {
            let side = usize::from(owner >= COALITION as usize);
            let moved = self.withdrawn[owner] - self.deposited[owner];
            gains[side] += moved;
            cash[side] += moved;
        }
        for (index, account) in state.accounts.iter().enumerate() {
            let side = usize::from(owner_of(index as u8) >= COALITION);
            let Some(account) = account else { continue };
            gains[side] += equity(account, &state.rows);
            cash[side] += i128::from(account.header.cash);
        }
        let insured = self.insurance_paid - self.insurance_fees;
        if gains[0] + gains[1] != insured - self.trading_fees {
            found.push(format!(
                "I-14: the coalition gained {}, the others {}, insurance paid {insured} net, fees were {}",
                gains[0], gains[1], self.trading_fees
            ));
        }
        let kept: i128 = state.markets.iter().map(|market| i128::from(market.pool) + i128::from(market.fees)).sum();
        if cash[0] + cash[1] != insured - kept {
            found.push(format!(
                "I-14: cash grew by {}, insurance paid {insured} net, {kept} is kept",
                cash[0] + cash[1]
            ));
        }
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
