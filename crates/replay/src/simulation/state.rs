//! Everything the program keeps, as values: what an engine changes and what the checks compare.

use std::{ops::Deref, rc::Rc};

use bytemuck::Zeroable;
use firebreak::{
    instructions::MarketConfig,
    seeds,
    state::{AssetRow, CircuitBreaker, CollateralBank, InsuranceFund, InsuranceStake, Market, Offer, VERSION},
};
use firebreak_client::{MarginAccountView, PROGRAM_ID, TOKEN_PROGRAM, addresses::vault};
use solana_address::Address;
use solana_signer::Signer;

use crate::{
    listing,
    listing::Listing,
    simulation::{
        cast::{ACCOUNTS, Cast, DECIMALS, GENESIS, KEYS, MARKETS, TOKENS, VAULTS, WALLET},
        check::touched_leg,
    },
};

/// How long an unstake waits, as every clearinghouse is created with.
const COOLDOWN_SECONDS: u32 = 14 * 86_400;

/// A part of the state that most operations leave alone: the states before and after share it, and comparing them costs
/// nothing then.
#[derive(Debug)]
pub struct Shared<T>(Rc<T>);

impl<T> Shared<T> {
    pub fn new(value: T) -> Self {
        Self(Rc::new(value))
    }

    /// Whether the two are one.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T: Clone> Shared<T> {
    /// The value, to be changed; a copy of it where somebody shares it.
    pub fn edit(&mut self) -> &mut T {
        Rc::make_mut(&mut self.0)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || *self.0 == *other.0
    }
}

/// The program's accounts, the vaults, the wallets and the clock.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub now: i64,
    pub rows: Vec<AssetRow>,
    pub markets: Vec<Market>,
    /// By index; the quote bank first.
    pub banks: Vec<CollateralBank>,
    pub fund: InsuranceFund,
    pub breaker: Shared<CircuitBreaker>,
    pub guardian_trips: u32,
    pub accounts: Vec<Option<Shared<MarginAccountView>>>,
    /// By maker and market.
    pub offers: Vec<Shared<[Option<Offer>; MARKETS]>>,
    /// By key.
    pub stakes: Vec<Option<InsuranceStake>>,
    pub vaults: [u64; VAULTS],
    /// Sent to vaults without an instruction.
    pub donated: [u64; VAULTS],
    /// Atoms, by key and token.
    pub wallets: Vec<[u64; TOKENS]>,
}

impl State {
    /// A clearinghouse with its markets and banks listed, as the program's own set-up leaves it (checked against the chain by
    /// every run in lock-step): no price, no margin account yet.
    pub fn genesis(cast: &Cast) -> Self {
        let mut rows: Vec<AssetRow> = cast.listings.iter().map(row).collect();
        for (bank, config) in (1_u8..).zip(cast.banks) {
            let row = &mut rows[config.asset as usize];
            config.list(row, bank, DECIMALS[bank as usize]).expect("the banks are accepted");
        }
        let markets = (0_u8..).zip(&cast.listings).zip(&mut rows);
        let markets = markets.map(|((index, listing), row)| market(cast, index, &listing.market, row)).collect();
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
            banks: (0..TOKENS as u8).map(|index| bank(cast, index)).collect(),
            fund: fund(cast),
            breaker: Shared::new(breaker),
            guardian_trips: 0,
            accounts: vec![None; ACCOUNTS],
            offers: vec![Shared::new([None; MARKETS]); ACCOUNTS],
            stakes: vec![None; KEYS],
            vaults: [0; VAULTS],
            donated: [0; VAULTS],
            wallets: vec![WALLET; KEYS],
        }
    }

    /// A live margin account.
    pub fn account(&self, account: u8) -> Option<&MarginAccountView> {
        self.accounts.get(account as usize).and_then(Option::as_deref)
    }

    /// Live margin accounts with their numbers.
    pub fn live(&self) -> impl Iterator<Item = (u8, &MarginAccountView)> {
        (0_u8..).zip(&self.accounts).filter_map(|(index, account)| Some((index, &**account.as_ref()?)))
    }

    /// Signed lots of an account in a market, whatever its side went through since it was touched.
    pub fn size(&self, account: u8, market: u8) -> i64 {
        let position = self.account(account).and_then(|account| account.position(market));
        position.map_or(0, |position| touched_leg(position, &self.rows[market as usize]).0 as i64)
    }
}

fn bump(seeds: &[&[u8]]) -> u8 {
    Address::find_program_address(seeds, &PROGRAM_ID).1
}

fn row(listing: &Listing) -> AssetRow {
    listing.asset.row(DECIMALS[0]).expect("the listings are accepted")
}

fn market(cast: &Cast, index: u8, config: &MarketConfig, row: &mut AssetRow) -> Market {
    let mut market = Market {
        clearinghouse: cast.at.clearinghouse,
        index,
        bump: bump(&[seeds::MARKET, cast.at.clearinghouse.as_ref(), &[index]]),
        version: VERSION,
        ..Market::zeroed()
    };
    config.list(&mut market, row).expect("the listings are accepted");
    market
}

fn fund(cast: &Cast) -> InsuranceFund {
    InsuranceFund {
        clearinghouse: cast.at.clearinghouse,
        vault: cast.at.insurance_vault,
        cooldown_seconds: COOLDOWN_SECONDS,
        bump: bump(&[seeds::INSURANCE, cast.at.clearinghouse.as_ref()]),
        vault_bump: bump(&[seeds::VAULT, cast.at.insurance_fund.as_ref()]),
        version: VERSION,
        ..InsuranceFund::zeroed()
    }
}

fn bank(cast: &Cast, index: u8) -> CollateralBank {
    let address = cast.at.bank(index);
    let quote = listing::clearinghouse_config(Address::default());
    let (asset, deposit_cap, outflow) = match (index as usize).checked_sub(1) {
        Some(other) => (cast.banks[other].asset, cast.banks[other].deposit_cap, cast.banks[other].outflow),
        None => (u8::MAX, quote.quote_deposit_cap, quote.outflow),
    };
    let mut bank = CollateralBank {
        clearinghouse: cast.at.clearinghouse,
        mint: cast.mints[index as usize].pubkey(),
        vault: vault(&address),
        token_program: TOKEN_PROGRAM,
        deposit_cap,
        asset,
        index,
        decimals: DECIMALS[index as usize],
        bump: bump(&[seeds::COLLATERAL, cast.at.clearinghouse.as_ref(), &[index]]),
        vault_bump: bump(&[seeds::VAULT, address.as_ref()]),
        version: VERSION,
        ..CollateralBank::zeroed()
    };
    outflow.apply(&mut bank).expect("the limits are accepted");
    bank
}
