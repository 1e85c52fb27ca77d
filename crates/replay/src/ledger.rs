//! Everything a clearinghouse holds, read from accounts, and the identities over it.

use firebreak::state::{CollateralBank, InsuranceFund, InsuranceStake, Market};
use firebreak_client::{Addresses, Board, MarginAccountView, decode};
use risk::{Leg, PositionTotals};
use solana_account::Account;
use solana_address::Address;
use std::collections::BTreeMap;

/// All accounts of one clearinghouse that count money.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    pub markets: BTreeMap<u8, Market>,
    pub margin_accounts: BTreeMap<Address, MarginAccountView>,
    pub board: Option<Board>,
    /// The quote bank's booked total and its vault's balance.
    pub booked: u64,
    pub vault: u64,
    pub fund: Option<InsuranceFund>,
    pub stakes: BTreeMap<Address, InsuranceStake>,
    pub insurance_vault: u64,
    /// Banks other than the quote bank.
    pub banks: BTreeMap<u8, CollateralBank>,
}

/// Balance of a token account.
pub fn token_amount(account: &Account) -> u64 {
    account.data.get(64..72).map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().unwrap_or_default()))
}

impl Ledger {
    /// Reads every account of the program that belongs to the clearinghouse. `vaults` are the quote vault and the insurance vault.
    pub fn read(addresses: &Addresses, accounts: &[(Address, Account)], vaults: [Option<Account>; 2]) -> Self {
        let [vault, insurance_vault] = vaults.map(|vault| vault.as_ref().map_or(0, token_amount));
        let mut ledger = Self { vault, insurance_vault, ..Self::default() };
        for (address, account) in accounts {
            if let Ok(market) = decode::<Market>(&account.data) {
                if market.clearinghouse == addresses.clearinghouse {
                    ledger.markets.insert(market.index, market);
                }
            } else if let Ok(margin_account) = MarginAccountView::decode(&account.data) {
                if margin_account.header.clearinghouse == addresses.clearinghouse {
                    ledger.margin_accounts.insert(*address, margin_account);
                }
            } else if *address == addresses.board {
                ledger.board = Board::decode(&account.data).ok();
            } else if *address == addresses.quote_bank {
                ledger.booked = decode::<CollateralBank>(&account.data).map_or(0, |bank| bank.total);
            } else if *address == addresses.insurance_fund {
                ledger.fund = decode(&account.data).ok();
            } else if let Ok(stake) = decode::<InsuranceStake>(&account.data) {
                if stake.fund == addresses.insurance_fund {
                    ledger.stakes.insert(*address, stake);
                }
            } else if let Ok(bank) = decode::<CollateralBank>(&account.data)
                && bank.clearinghouse == addresses.clearinghouse
            {
                ledger.banks.insert(bank.index, bank);
            }
        }
        ledger
    }

    /// What breaks the identities of the design (I-01 to I-03), a sentence each; empty where they hold. `donated` is what
    /// was sent to the vault without an instruction.
    pub fn violations(&self, donated: u64) -> Vec<String> {
        let mut found = Vec::new();
        let mut backed: u128 = self.margin_accounts.values().map(|account| u128::from(account.header.cash)).sum();
        for (index, market) in &self.markets {
            let own = [market.pool, market.tranche, market.fees, market.protocol_fees];
            backed += own.iter().map(|amount| u128::from(*amount)).sum::<u128>();
            let mut totals = PositionTotals::default();
            for account in self.margin_accounts.values() {
                let legs = account.positions().iter().filter(|position| position.market == *index);
                legs.for_each(|position| totals.add(position.leg()));
            }
            if !market.totals().holds(&totals) {
                found
                    .push(format!("market {index}: positions {totals:?} do not match its books {:?}", market.totals()));
            }
        }
        if backed != u128::from(self.booked) {
            found.push(format!("cash, pools, tranches and fees add up to {backed}, the bank booked {}", self.booked));
        }
        if self.vault.checked_sub(donated) != Some(self.booked) {
            found.push(format!(
                "the vault holds {}, of it donated {donated}, the bank booked {}",
                self.vault, self.booked
            ));
        }
        self.insurance_violations(&mut found);
        for (index, bank) in &self.banks {
            let held: u128 = self
                .margin_accounts
                .values()
                .flat_map(|account| account.header.collateral)
                .filter(|slot| slot.bank == *index)
                .map(|slot| u128::from(slot.amount))
                .sum();
            if held != u128::from(bank.total) {
                found.push(format!("accounts hold {held} of bank {index}'s token, it booked {}", bank.total));
            }
        }
        for (address, account) in &self.margin_accounts {
            if account.slots.iter().skip(account.positions().len()).any(|slot| *slot != Default::default()) {
                found.push(format!("account {address}: a slot not in use is not empty"));
            }
            if account.positions().iter().any(|position| position.leg() == Leg::default()) {
                found.push(format!("account {address}: an empty position is kept"));
            }
        }
        found
    }

    /// The fund's identities: its vault is its assets, its shares are the stakers', what it counts as deployed was reported.
    fn insurance_violations(&self, found: &mut Vec<String>) {
        let Some(fund) = &self.fund else { return };
        if self.insurance_vault != fund.assets {
            found.push(format!("the insurance vault holds {}, the fund counts {}", self.insurance_vault, fund.assets));
        }
        let reported: u128 = self.markets.values().map(|market| u128::from(market.tranche_reported)).sum();
        if reported != u128::from(fund.deployed) {
            found.push(format!("markets reported {reported} in tranches, the fund counts {}", fund.deployed));
        }
        let current = self.stakes.values().filter(|stake| stake.epoch == fund.epoch);
        let shares: u128 = current.map(|stake| u128::from(stake.shares)).sum();
        if shares != u128::from(fund.shares) {
            found.push(format!("stakers hold {shares} shares, the fund counts {}", fund.shares));
        }
    }
}
