//! Everything the program keeps, as values: what an engine changes and what the checks compare.

use bytemuck::Zeroable;
use firebreak::{
    instructions::{AssetConfig, MarketConfig},
    seeds,
    state::{AssetRow, CircuitBreaker, CollateralBank, Market, Offer, VERSION},
};
use firebreak_client::{MarginAccountView, PROGRAM_ID, TOKEN_PROGRAM};
use solana_address::Address;

use crate::{
    listing,
    simulation::cast::{ACCOUNTS, Cast, GENESIS, KEYS, MARKETS, WALLET, listings},
    world::keypair,
};
use solana_signer::Signer;

/// The program's accounts, the quote vault, the wallets and the clock.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub now: i64,
    pub rows: Vec<AssetRow>,
    pub markets: Vec<Market>,
    pub bank: CollateralBank,
    pub breaker: CircuitBreaker,
    pub guardian_trips: u32,
    pub accounts: Vec<Option<MarginAccountView>>,
    /// By maker and market.
    pub offers: Vec<[Option<Offer>; MARKETS]>,
    pub vault: u64,
    /// Sent to the vault without an instruction.
    pub donated: u64,
    /// Quote atoms, by key.
    pub wallets: Vec<u64>,
}

impl State {
    /// A clearinghouse with its markets listed, as the program's own set-up leaves it (checked against the chain by every
    /// run in lock-step): no price, no margin account yet.
    pub fn genesis(cast: &Cast) -> Self {
        let listings = listings();
        let rows: Vec<AssetRow> = listings.iter().map(|listing| row(&listing.asset)).collect();
        let markets = (0_u8..).zip(&listings).map(|(index, listing)| market(cast, index, &listing.market)).collect();
        let breaker = CircuitBreaker {
            clearinghouse: cast.at.clearinghouse,
            bump: bump(&[seeds::BREAKER, cast.at.clearinghouse.as_ref()]),
            version: VERSION,
            ..CircuitBreaker::zeroed()
        };
        Self {
            now: GENESIS,
            rows,
            markets,
            bank: bank(cast),
            breaker,
            guardian_trips: 0,
            accounts: vec![None; ACCOUNTS],
            offers: vec![[None; MARKETS]; ACCOUNTS],
            vault: 0,
            donated: 0,
            wallets: vec![WALLET; KEYS],
        }
    }

    /// A live margin account.
    pub fn account(&self, account: u8) -> Option<&MarginAccountView> {
        self.accounts.get(account as usize).and_then(Option::as_ref)
    }

    /// Signed lots of an account in a market.
    pub fn size(&self, account: u8, market: u8) -> i64 {
        let position = self.account(account).and_then(|account| account.position(market));
        position.map_or(0, |position| i64::from(position.size))
    }
}

fn bump(seeds: &[&[u8]]) -> u8 {
    Address::find_program_address(seeds, &PROGRAM_ID).1
}

fn row(config: &AssetConfig) -> AssetRow {
    let row = config.row(6).expect("the listings are accepted");
    AssetRow { has_market: 1, ..row }
}

fn market(cast: &Cast, index: u8, config: &MarketConfig) -> Market {
    let mut market = Market {
        clearinghouse: cast.at.clearinghouse,
        index,
        bump: bump(&[seeds::MARKET, cast.at.clearinghouse.as_ref(), &[index]]),
        version: VERSION,
        ..Market::zeroed()
    };
    config.apply(&mut market);
    market
}

fn bank(cast: &Cast) -> CollateralBank {
    CollateralBank {
        clearinghouse: cast.at.clearinghouse,
        mint: keypair("quote mint").pubkey(),
        vault: cast.at.quote_vault,
        token_program: TOKEN_PROGRAM,
        deposit_cap: listing::clearinghouse_config(Address::default()).quote_deposit_cap,
        asset: u8::MAX,
        index: CollateralBank::QUOTE,
        decimals: 6,
        bump: bump(&[seeds::COLLATERAL, cast.at.clearinghouse.as_ref(), &[CollateralBank::QUOTE]]),
        vault_bump: bump(&[seeds::VAULT, cast.at.quote_bank.as_ref()]),
        version: VERSION,
        ..CollateralBank::zeroed()
    }
}
