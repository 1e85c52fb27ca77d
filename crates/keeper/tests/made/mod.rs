//! Scenes made up from a seed.
#![allow(dead_code)] // each test file takes what it needs

use std::collections::{BTreeMap, BTreeSet};

use bytemuck::Zeroable;
use firebreak::state::{CircuitBreaker, Market};
use firebreak_client::Addresses;
use firebreak_keeper::{Own, Scene, Settings, Shard, population};
use solana_address::Address;

pub const KEEPER: Own =
    Own { trader: Address::new_from_array([9; 32]), margin_account: Some(Address::new_from_array([7; 32])) };

pub fn address(number: u32) -> Address {
    let mut bytes = [1; 32];
    bytes[..8].copy_from_slice(&(u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_be_bytes());
    Address::new_from_array(bytes)
}

pub fn market(index: u8) -> Market {
    Market {
        index,
        slice_lots: 100_000,
        min_position_lots: 10,
        penalty_min_bps: 50,
        penalty_max_bps: 250,
        insurance_share_bps: 3_000,
        buffer_bps: 1_000,
        liquidation_window_lots: 1 << 27,
        liquidation_window_seconds: 60,
        max_open_interest_lots: 1 << 27,
        insurance_event_cap: 1 << 40,
        insurance_window_cap: 1 << 41,
        insurance_window_seconds: 3_600,
        tranche: 1 << 30,
        ..Market::zeroed()
    }
}

/// Some accounts after the first market's price moved, with the market's own position as the other side, and a keeper with `cash`.
pub fn scene(count: usize, seed: u64, mark: u64, cash: u64) -> Scene {
    let mut board = population::board();
    population::set_mark(&mut board, 0, mark);
    let accounts = population::accounts(count, seed);
    let mut markets: BTreeMap<u8, Market> = (0..8).map(|index| (index, market(index))).collect();
    for position in accounts.iter().flat_map(|account| account.positions()) {
        let books = markets.get_mut(&position.market).unwrap();
        let lots = u64::from(position.size.unsigned_abs());
        if position.size > 0 {
            books.long_open_interest += lots
        } else {
            books.short_open_interest += lots
        }
        books.dust_size -= i64::from(position.size);
        books.dust_entry -= position.entry;
    }
    let mut accounts: BTreeMap<_, _> = (0_u32..).map(address).zip(accounts).collect();
    let mut own = population::accounts(1, 0).remove(0);
    own.slots.iter_mut().for_each(|slot| *slot = Default::default());
    (own.header.position_count, own.header.cash, own.header.collateral) = (0, cash, Default::default());
    own.header.owner = KEEPER.trader;
    own.slots.resize(16, Default::default());
    accounts.insert(KEEPER.margin_account.unwrap(), own);
    Scene {
        at: Addresses::of_id(1),
        now: population::NOW,
        board,
        breaker: CircuitBreaker::zeroed(),
        markets,
        banks: BTreeMap::new(),
        fund: None,
        accounts,
        offers: BTreeMap::new(),
        suspects: None,
        readings: BTreeMap::new(),
        held_back: BTreeSet::new(),
    }
}

pub fn settings(shard: Shard) -> Settings {
    Settings { shard, ..Settings::new(Address::default(), Address::default()) }
}
