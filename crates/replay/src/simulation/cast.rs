//! Who and what a simulation is about: keys, margin accounts, markets, each named by a small number.

use firebreak::{
    instructions::BankConfig,
    seeds,
    state::{CROSS, FeedKind},
};
use firebreak_client::{Addresses, PROGRAM_ID};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::{
    listing::{DOLLAR, Listing},
    pyth,
    simulation::catalog,
    world::keypair,
};

pub const MARKETS: usize = 5;
/// Oracle accounts: each market's primary has its number, its secondary, where there is one, that and `MARKETS`.
pub const FEEDS: usize = 2 * MARKETS;
/// Keys that own margin accounts; the other keys follow them.
pub const OWNERS: usize = 10;
pub const ACCOUNTS: usize = 24;
/// Kinds of tokens: quote, then those that are collateral. A bank has its token's number.
pub const TOKENS: usize = 3;
/// The insurance fund's vault; the banks' vaults have their tokens' numbers.
pub const INSURANCE: usize = TOKENS;
pub const VAULTS: usize = TOKENS + 1;
/// Owns tokens, but no margin account.
pub const STRANGER: u8 = 10;
pub const AUTHORITY: u8 = 11;
pub const GUARDIAN: u8 = 12;
/// Pays for accounts and fills tranches.
pub const PAYER: u8 = 13;
pub const KEYS: usize = 14;
/// The default key, where a delegate is named.
pub const NOBODY: u8 = 14;
/// The quote vault, where a wallet is named.
pub const VAULT: u8 = 255;
/// Atoms of each token that every wallet begins with: dollars, SOL, BTC.
pub const WALLET: [u64; TOKENS] = [50_000_000 * DOLLAR, 300_000_000_000_000, 40_000_000_000];
/// Decimals of each token.
pub const DECIMALS: [u8; TOKENS] = [6, 9, 8];
/// The clock at the beginning.
pub const GENESIS: i64 = 1_760_000_000;

/// Keys and addresses.
pub struct Cast {
    pub at: Addresses,
    /// Assets and markets; the banks other than the quote bank.
    pub listings: Vec<Listing>,
    pub banks: [BankConfig; TOKENS - 1],
    /// First prices, quote atoms per lot.
    pub prices: [u64; MARKETS],
    pub keys: Vec<Keypair>,
    pub mints: [Keypair; TOKENS],
    /// By key and token.
    pub wallets: Vec<[Address; TOKENS]>,
    /// Margin accounts with their bumps.
    pub margins: Vec<(Address, u8)>,
    /// Offers with their bumps, by maker and market.
    pub offers: Vec<[(Address, u8); MARKETS]>,
    /// Stakes in the insurance fund with their bumps, by key.
    pub stakes: Vec<(Address, u8)>,
}

impl Cast {
    /// With the usual listings, or with parameters at the ends of what is accepted.
    pub fn new(is_extreme: bool) -> Self {
        let at = Addresses::of_id(1);
        let keys: Vec<Keypair> = (0..KEYS as u8).map(key).collect();
        let wallets = (0..KEYS).map(|index| core::array::from_fn(|token| wallet_key(index, token).pubkey())).collect();
        let find = |seeds: &[&[u8]]| Address::find_program_address(seeds, &PROGRAM_ID);
        let margins: Vec<_> = (0..ACCOUNTS)
            .map(|account| {
                let owner = keys[owner_of(account as u8) as usize].pubkey();
                let sub_id = sub_id_of(account as u8).to_le_bytes();
                find(&[seeds::MARGIN, at.clearinghouse.as_ref(), owner.as_ref(), &sub_id])
            })
            .collect();
        let offers = margins
            .iter()
            .map(|(maker, _)| core::array::from_fn(|market| find(&[seeds::OFFER, maker.as_ref(), &[market as u8]])))
            .collect();
        let stake = |key: &Keypair| find(&[seeds::STAKE, at.insurance_fund.as_ref(), key.pubkey().as_ref()]);
        let stakes = keys.iter().map(stake).collect();
        let mints = ["quote mint", "SOL mint", "BTC mint"].map(keypair);
        let (listings, banks, prices) = match is_extreme {
            true => (catalog::extreme_listings(), catalog::extreme_banks(), catalog::EXTREME_PRICES),
            false => (catalog::listings(), catalog::banks(), catalog::PRICES),
        };
        Self { at, listings, banks, prices, keys, mints, wallets, margins, offers, stakes }
    }

    /// A key's address; the default one for `NOBODY`.
    pub fn address(&self, key: u8) -> Address {
        self.keys.get(key as usize).map(|key| key.pubkey()).unwrap_or_default()
    }

    /// What kind of account a feed is, and its id. A number that no asset has is a feed that nobody writes.
    pub fn feed(&self, feed: u8) -> (FeedKind, [u8; 32]) {
        let asset = &self.listings[feed as usize % MARKETS].asset;
        let (kind, id) = match (feed as usize) < MARKETS {
            true => (asset.feed_kind, asset.feed),
            false => (asset.secondary_kind, asset.secondary_feed),
        };
        FeedKind::from_u8(kind).map_or((FeedKind::PythPull, [feed; 32]), |kind| (kind, id))
    }

    /// Where that account is.
    pub fn feed_address(&self, feed: u8) -> Address {
        match self.feed(feed) {
            (FeedKind::PythPull, id) => pyth::feed_address(&id),
            (FeedKind::PythLegacy, id) => Address::new_from_array(id),
        }
    }

    pub fn margin(&self, account: u8) -> Address {
        self.margins[account as usize].0
    }
}

fn key(index: u8) -> Keypair {
    match index {
        STRANGER => keypair("stranger"),
        AUTHORITY => keypair("authority"),
        GUARDIAN => keypair("guardian"),
        PAYER => keypair("payer"),
        owner => keypair(&format!("owner {owner}")),
    }
}

/// The key at whose address somebody's tokens of one kind are.
pub fn wallet_key(index: usize, token: usize) -> Keypair {
    match token {
        0 => keypair(&format!("wallet {index}")),
        _ => keypair(&format!("wallet {index} of token {token}")),
    }
}

pub const fn owner_of(account: u8) -> u8 {
    account % OWNERS as u8
}

pub const fn sub_id_of(account: u8) -> u16 {
    (account / OWNERS as u8) as u16
}

/// Position slots and market (or `CROSS`) that an account is first created with.
pub const fn kind_of(account: u8) -> (u8, u8) {
    match (sub_id_of(account), account % 2) {
        (0, 0) => (8, CROSS),
        (0, _) => (4, CROSS),
        (1, 0) => (4, account % MARKETS as u8),
        (1, _) => (4, CROSS),
        _ => (16, CROSS),
    }
}
