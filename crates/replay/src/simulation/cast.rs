//! Who and what a simulation is about: keys, margin accounts, markets, each named by a small number.

use firebreak::{seeds, state::CROSS};
use firebreak_client::{Addresses, PROGRAM_ID};
use solana_address::Address;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::{
    listing::{DOLLAR, Listing, listing},
    world::keypair,
};

pub const MARKETS: usize = 5;
/// Keys that own margin accounts; the other keys follow them.
pub const OWNERS: usize = 10;
pub const ACCOUNTS: usize = 24;
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
/// Quote atoms every wallet begins with.
pub const WALLET: u64 = 50_000_000 * DOLLAR;
/// The clock at the beginning.
pub const GENESIS: i64 = 1_760_000_000;

/// Keys and addresses.
pub struct Cast {
    pub at: Addresses,
    pub keys: Vec<Keypair>,
    pub wallets: Vec<Address>,
    /// Margin accounts with their bumps.
    pub margins: Vec<(Address, u8)>,
    /// Offers with their bumps, by maker and market.
    pub offers: Vec<[(Address, u8); MARKETS]>,
}

impl Cast {
    pub fn new() -> Self {
        let at = Addresses::of_id(1);
        let keys: Vec<Keypair> = (0..KEYS as u8).map(key).collect();
        let wallets = (0..KEYS).map(|index| wallet_key(index).pubkey()).collect();
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
        Self { at, keys, wallets, margins, offers }
    }

    /// A key's address; the default one for `NOBODY`.
    pub fn address(&self, key: u8) -> Address {
        self.keys.get(key as usize).map(|key| key.pubkey()).unwrap_or_default()
    }

    pub fn margin(&self, account: u8) -> Address {
        self.margins[account as usize].0
    }
}

impl Default for Cast {
    fn default() -> Self {
        Self::new()
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

/// The key at whose address somebody's quote tokens are.
pub fn wallet_key(index: usize) -> Keypair {
    keypair(&format!("wallet {index}"))
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

/// First prices, quote atoms per lot.
pub const PRICES: [u64; MARKETS] = [1_500_000, 1_200_000, 4_000_000, 60, 2_000_000];

/// Three usual markets; one whose lot is worth so little that every rounding shows; one so thin that every cap binds.
pub fn listings() -> Vec<Listing> {
    let mut coarse = listing("COARSE", -4);
    coarse.asset.initial_ratio_bps = 2_000;
    coarse.asset.maintenance_ratio_bps = 1_000;
    coarse.market.max_open_interest_lots = 1 << 28;
    coarse.market.slice_lots = 1 << 22;
    coarse.market.liquidation_window_lots = 1 << 26;
    coarse.market.price_band_bps = 500;
    coarse.market.insurance_event_cap = 2_000 * DOLLAR;
    let mut thin = listing("THIN", -2);
    thin.market.taker_fee_bps = 30;
    thin.market.slice_lots = 500;
    thin.market.liquidation_window_lots = 2_000;
    thin.market.max_open_interest_lots = 20_000;
    thin.market.insurance_event_cap = 3_000 * DOLLAR;
    thin.market.insurance_window_cap = 5_000 * DOLLAR;
    vec![listing("SOL", -2), listing("BTC", -5), listing("ETH", -3), coarse, thin]
}
