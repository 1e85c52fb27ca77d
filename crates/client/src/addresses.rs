//! Where accounts live.

use firebreak::seeds;
use solana_address::Address;

use crate::PROGRAM_ID;

fn derive(seeds: &[&[u8]]) -> Address {
    Address::find_program_address(seeds, &PROGRAM_ID).0
}

/// The addresses that belong to one clearinghouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    pub clearinghouse: Address,
    pub board: Address,
    pub breaker: Address,
    pub insurance_fund: Address,
    pub insurance_vault: Address,
    pub quote_bank: Address,
    pub quote_vault: Address,
}

impl Addresses {
    /// Of the clearinghouse created with this id.
    pub fn of_id(id: u64) -> Self {
        let clearinghouse = derive(&[seeds::CLEARINGHOUSE, &id.to_le_bytes()]);
        let insurance_fund = derive(&[seeds::INSURANCE, clearinghouse.as_ref()]);
        let quote_bank = bank(&clearinghouse, 0);
        Self {
            clearinghouse,
            board: derive(&[seeds::BOARD, clearinghouse.as_ref()]),
            breaker: derive(&[seeds::BREAKER, clearinghouse.as_ref()]),
            insurance_fund,
            insurance_vault: vault(&insurance_fund),
            quote_bank,
            quote_vault: vault(&quote_bank),
        }
    }

    pub fn market(&self, index: u8) -> Address {
        derive(&[seeds::MARKET, self.clearinghouse.as_ref(), &[index]])
    }

    pub fn bank(&self, index: u8) -> Address {
        bank(&self.clearinghouse, index)
    }

    /// The proposal with this number.
    pub fn proposal(&self, id: u64) -> Address {
        derive(&[seeds::PROPOSAL, self.clearinghouse.as_ref(), &id.to_le_bytes()])
    }

    /// A staker's shares of the insurance fund.
    pub fn stake(&self, staker: &Address) -> Address {
        derive(&[seeds::STAKE, self.insurance_fund.as_ref(), staker.as_ref()])
    }

    pub fn margin_account(&self, owner: &Address, sub_id: u16) -> Address {
        derive(&[seeds::MARGIN, self.clearinghouse.as_ref(), owner.as_ref(), &sub_id.to_le_bytes()])
    }
}

fn bank(clearinghouse: &Address, index: u8) -> Address {
    derive(&[seeds::COLLATERAL, clearinghouse.as_ref(), &[index]])
}

/// The token account that a bank or the insurance fund keeps.
pub fn vault(holder: &Address) -> Address {
    derive(&[seeds::VAULT, holder.as_ref()])
}

/// A maker's offer in a market.
pub fn offer(margin_account: &Address, market: u8) -> Address {
    derive(&[seeds::OFFER, margin_account.as_ref(), &[market]])
}
