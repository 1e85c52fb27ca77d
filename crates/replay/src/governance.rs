//! Worlds whose governance proposes, waits and executes.

use firebreak::{
    governance::{AssetParameters, BankParameters, Change},
    instructions::MarketConfig,
    state::{Clearinghouse, CollateralBank, Proposal},
};
use firebreak_client::decode;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::{
    chain::{Chain, Receipt, Refusal},
    world::World,
};

type Sent = Result<Receipt, Box<Refusal>>;

impl<C: Chain> World<C> {
    /// Ends set-up.
    pub fn seal(&mut self) -> Sent {
        let seal = self.at.seal(self.authority.pubkey());
        self.chain.send(&[seal], &[&self.authority])
    }

    /// The number of the next proposal.
    pub fn next_proposal(&mut self) -> u64 {
        self.clearinghouse().proposal_count
    }

    /// Proposes a change; the proposal's number is `next_proposal` of before.
    pub fn propose(&mut self, change: Change) -> Sent {
        let id = self.next_proposal();
        let propose = self.at.propose(id, self.payer.pubkey(), self.authority.pubkey(), change);
        self.chain.send(&[propose], &[&self.payer, &self.authority])
    }

    /// Executes a proposal as the authority.
    pub fn execute(&mut self, id: u64) -> Sent {
        let change = self.proposed(id);
        let execute = self.at.execute_proposal(id, self.authority.pubkey(), &change);
        self.chain.send(&[execute], &[&self.authority])
    }

    pub fn veto(&mut self, id: u64, by: &Keypair) -> Sent {
        let veto = self.at.veto_proposal(id, by.pubkey());
        self.chain.send(&[veto], &[by])
    }

    pub fn clearinghouse(&mut self) -> Clearinghouse {
        let account = self.chain.account(&self.at.clearinghouse).expect("the clearinghouse exists");
        decode(&account.data).expect("the clearinghouse decodes")
    }

    pub fn proposal(&mut self, id: u64) -> Proposal {
        let account = self.chain.account(&self.at.proposal(id)).expect("the proposal exists");
        decode(&account.data).expect("the proposal decodes")
    }

    /// The change that a proposal is for.
    pub fn proposed(&mut self, id: u64) -> Change {
        Change::decoded(&self.proposal(id).change).expect("a proposal holds a change")
    }

    pub fn bank(&mut self, index: u8) -> CollateralBank {
        let account = self.chain.account(&self.at.bank(index)).expect("the bank exists");
        decode(&account.data).expect("the bank decodes")
    }

    /// An asset's parameters as they are, with something changed.
    pub fn asset_change(&mut self, index: u8, change: impl FnOnce(&mut AssetParameters)) -> Change {
        let mut parameters = AssetParameters::of(&self.row(index));
        change(&mut parameters);
        Change::Asset { index, parameters }
    }

    /// A market's, likewise.
    pub fn market_change(&mut self, index: u8, change: impl FnOnce(&mut MarketConfig)) -> Change {
        let mut parameters = MarketConfig::of(&self.market(index), &self.row(index));
        change(&mut parameters);
        Change::Market { index, parameters }
    }

    /// A bank's, likewise.
    pub fn bank_change(&mut self, index: u8, change: impl FnOnce(&mut BankParameters)) -> Change {
        let bank = self.bank(index);
        let row = (!bank.is_quote()).then(|| self.row(bank.asset));
        let mut parameters = BankParameters::of(&bank, row.as_ref());
        change(&mut parameters);
        Change::Bank { index, parameters }
    }
}
