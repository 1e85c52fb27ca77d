//! The keeper's eyes and hands in a world: what the accounts say now, and jobs as transactions.

use firebreak::state::{CircuitBreaker, Offer};
use firebreak_client::decode;
use firebreak_keeper::{Job, Own, Scene, Settings, decide};
use solana_signer::Signer;

use crate::{
    chain::{Chain, Refusal},
    ledger::Ledger,
    pyth::Feed,
    world::{Actor, World},
};

impl<C: Chain> World<C> {
    /// Everything a keeper reads, as the chain has it now.
    pub fn scene(&mut self) -> Scene {
        let accounts = self.chain.program_accounts();
        let ledger = Ledger::read(&self.at, &accounts, [None, None]);
        let find = |address| accounts.iter().find(|(found, _)| *found == address);
        let breaker = find(self.at.breaker).and_then(|(_, account)| decode::<CircuitBreaker>(&account.data).ok());
        let offers =
            accounts.iter().filter_map(|(address, account)| Some((*address, decode::<Offer>(&account.data).ok()?)));
        Scene {
            at: self.at,
            now: self.chain.now(),
            board: ledger.board.expect("the board exists"),
            breaker: breaker.expect("the breaker exists"),
            markets: ledger.markets,
            banks: ledger.banks,
            fund: ledger.fund,
            accounts: ledger.margin_accounts,
            offers: offers.collect(),
            suspects: None,
            readings: Default::default(),
            held_back: Default::default(),
        }
    }

    /// What a keeper of this world is told: where its feeds are, and everything switched on.
    pub fn keeper_settings(&mut self) -> Settings {
        let mut settings = Settings::new(self.mint.pubkey(), self.token_program);
        for (asset, row) in (0_u8..).zip(&self.board().rows) {
            settings.feeds.insert(asset, Feed::of(row).map(|feed| feed.address()).collect());
        }
        settings
    }

    /// Sends a keeper's jobs in order, a transaction each. What became of each.
    pub fn carry_out(&mut self, keeper: &Actor, jobs: Vec<Job>) -> Vec<(Job, Result<(), Box<Refusal>>)> {
        let mut send = |job: &Job| self.chain.send(&job.instructions, &[&keeper.key]).map(drop);
        jobs.into_iter()
            .map(|job| {
                let sent = send(&job);
                (job, sent)
            })
            .collect()
    }

    /// One round of a keeper: look, decide, send.
    pub fn keeper_round(&mut self, keeper: &Actor, settings: &Settings) -> Vec<(Job, Result<(), Box<Refusal>>)> {
        let own = Own { trader: keeper.address(), margin_account: Some(keeper.margin) };
        let jobs = decide(&self.scene(), &own, settings);
        self.carry_out(keeper, jobs)
    }
}
