//! Everything a clearinghouse holds, read from accounts, and the identities over it.

use firebreak::state::{CollateralBank, Market};
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
}

/// Balance of a token account.
pub fn token_amount(account: &Account) -> u64 {
    account.data.get(64..72).map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().unwrap_or_default()))
}

impl Ledger {
    /// Reads every account of the program that belongs to the clearinghouse.
    pub fn read(addresses: &Addresses, accounts: &[(Address, Account)], vault: Option<&Account>) -> Self {
        let mut ledger = Self { vault: vault.map_or(0, token_amount), ..Self::default() };
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
            backed += u128::from(market.pool) + u128::from(market.tranche) + u128::from(market.fees);
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
}
