//! All margin accounts in columns per asset, so that after a price tick one pass over that asset's column finds every account
//! that may now be below maintenance.
//!
//! Per account stands a lower bound of its slack, equity less requirement at maintenance:
//!
//! ```text
//! cash + sum over positions (pnl - shock - add-on) + offset within groups + sum over collateral (counted - full surcharge)
//! ```
//!
//! Each term is the program's own (`AssetRow::leg`, `View::count`, `CollateralTerms::value`) and hangs on one row alone, except the
//! offset, which is kept for accounts that are long and short. A tick takes the asset's old terms out of the sums and puts the new ones
//! in. So nothing wears out, and there is no budget to renew. Only the surcharge is a bound: the program takes the lesser of it and the
//! stress of longs. An account without collateral has its exact slack here.
//!
//! It never misses: where the program finds an account below maintenance, the bound is below zero (`tests/columns.rs`). Where
//! a term cannot be valued, the program refuses to value the account, and nobody may liquidate it.
//!
//! Memory: 20 bytes per account (slack 16, hedge 4), 128 more where it is long and short; 60 per position (account 4, position 32, counted
//! 16, grouped 8), 24 per collateral slot, and 15 to 30 for finding each of the two again; what vectors reserve ahead may be as much
//! again. Beside it stand the decoded accounts that the exact check reads: 232 bytes each and 32 per slot.
//!
//! After deleveraging, positions that were not touched since are valued in 128 bits: with half of a column so, a pass took 1.8 times as long.

mod count;

use std::collections::HashMap;

use firebreak::state::{AssetRow, Position};
use firebreak_client::{Board, MarginAccountView};
use risk::{MAX_ASSETS, Valuation};

use self::count::{Hedge, count, count_collateral, is_valued_alike};

/// Marks an account that is not on both sides.
const UNHEDGED: u32 = u32::MAX;

/// An account below maintenance: its number, and the program's own valuation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Below {
    pub account: u32,
    pub valuation: Valuation,
}

/// What all accounts hold in one asset.
#[derive(Debug)]
struct Column {
    row: AssetRow,
    accounts: Vec<u32>,
    positions: Vec<Position>,
    /// What each position adds to its account's slack, and what of its stress moves with the group.
    counted: Vec<i128>,
    grouped: Vec<u64>,
    /// By account and series, and by account and bank.
    places: HashMap<(u32, u8), u32>,
    collateral: Vec<Held>,
    collateral_places: HashMap<(u32, u8), u32>,
}

/// Collateral of one account in one bank.
#[derive(Clone, Copy, Debug)]
struct Held {
    account: u32,
    bank: u8,
    amount: u64,
    /// What it adds to the account's slack, at least.
    counted: u64,
}

impl Default for Column {
    fn default() -> Self {
        Self {
            row: bytemuck::Zeroable::zeroed(),
            accounts: vec![],
            positions: vec![],
            counted: vec![],
            grouped: vec![],
            places: HashMap::new(),
            collateral: vec![],
            collateral_places: HashMap::new(),
        }
    }
}

/// The columns. Accounts are numbered by whoever fills them, from 0.
#[derive(Debug)]
pub struct Columns {
    slack: Vec<i128>,
    hedge_of: Vec<u32>,
    hedges: Vec<Hedge>,
    free_hedges: Vec<u32>,
    columns: Vec<Column>,
}

impl Default for Columns {
    fn default() -> Self {
        let columns = (0..MAX_ASSETS).map(|_| Column::default()).collect();
        Self { slack: vec![], hedge_of: vec![], hedges: vec![], free_hedges: vec![], columns }
    }
}

impl Columns {
    /// Accounts numbered in their order, beside a board.
    pub fn new(accounts: &[MarginAccountView], board: &Board) -> Self {
        let mut columns = Self::default();
        columns.follow(board);
        for (number, account) in (0_u32..).zip(accounts) {
            columns.insert(number, account);
        }
        columns
    }

    /// Accounts that there is room for.
    pub fn len(&self) -> usize {
        self.slack.len()
    }

    pub fn is_empty(&self) -> bool {
        self.slack.is_empty()
    }

    /// Puts an account into the columns. The number must be free (`remove`).
    pub fn insert(&mut self, number: u32, account: &MarginAccountView) {
        let least = number as usize + 1;
        if self.slack.len() < least {
            self.slack.resize(least, 0);
            self.hedge_of.resize(least, UNHEDGED);
        }
        let positions = account.positions();
        let is_on = |side: fn(&Position) -> bool| positions.iter().any(side);
        if is_on(|position| position.size > 0) && is_on(|position| position.size < 0) {
            self.hedge_of[number as usize] = self.new_hedge();
        }
        self.slack[number as usize] = i128::from(account.header.cash);
        for position in positions {
            self.insert_position(number, position);
        }
        for slot in account.header.collateral.iter().filter(|slot| slot.amount != 0) {
            let Some(column) = self.columns.get_mut(slot.asset as usize) else { continue };
            let counted = count_collateral(&column.row, slot.amount);
            self.slack[number as usize] += i128::from(counted);
            column.collateral_places.insert((number, slot.bank), column.collateral.len() as u32);
            column.collateral.push(Held { account: number, bank: slot.bank, amount: slot.amount, counted });
        }
    }

    fn new_hedge(&mut self) -> u32 {
        self.free_hedges.pop().unwrap_or_else(|| {
            self.hedges.push(Hedge::default());
            self.hedges.len() as u32 - 1
        })
    }

    fn insert_position(&mut self, number: u32, position: &Position) {
        // A row that does not exist yet: the program refuses to value the account.
        let Some(column) = self.columns.get_mut(position.market as usize) else { return };
        let (counted, grouped) = count(&column.row, &column.row.risk(), position);
        self.slack[number as usize] += counted;
        if let Some(hedge) = self.hedges.get_mut(self.hedge_of[number as usize] as usize) {
            let before = hedge.offset();
            hedge.add(position.size > 0, column.row.group, grouped);
            self.slack[number as usize] += hedge.offset() - before;
        }
        column.places.insert((number, position.series), column.accounts.len() as u32);
        column.accounts.push(number);
        column.positions.push(*position);
        column.counted.push(counted);
        column.grouped.push(grouped);
    }

    /// Takes an account out, as it was put in. Its number is free.
    pub fn remove(&mut self, number: u32, account: &MarginAccountView) {
        for position in account.positions() {
            if let Some(column) = self.columns.get_mut(position.market as usize) {
                column.remove_position((number, position.series));
            }
        }
        for slot in account.header.collateral.iter().filter(|slot| slot.amount != 0) {
            if let Some(column) = self.columns.get_mut(slot.asset as usize) {
                column.remove_collateral((number, slot.bank));
            }
        }
        let Some(slack) = self.slack.get_mut(number as usize) else { return };
        *slack = 0;
        let hedge = std::mem::replace(&mut self.hedge_of[number as usize], UNHEDGED);
        if let Some(found) = self.hedges.get_mut(hedge as usize) {
            *found = Hedge::default();
            self.free_hedges.push(hedge);
        }
    }

    /// An account that changed.
    pub fn replace(&mut self, number: u32, before: &MarginAccountView, after: &MarginAccountView) {
        self.remove(number, before);
        self.insert(number, after);
    }

    /// Brings every row that changed into the sums.
    pub fn follow(&mut self, board: &Board) {
        for asset in 0..board.rows.len().min(MAX_ASSETS) {
            if !is_valued_alike(&self.columns[asset].row, &board.rows[asset]) {
                self.tick(asset, &board.rows[asset]);
            }
        }
    }

    /// One pass over an asset's column.
    fn tick(&mut self, asset: usize, row: &AssetRow) {
        let Self { slack, hedge_of, hedges, columns, .. } = self;
        let Column { row: old, accounts, positions, counted, grouped, collateral, .. } = &mut columns[asset];
        let risk = row.risk();
        let entries = accounts.iter().zip(positions.iter()).zip(counted.iter_mut().zip(grouped.iter_mut()));
        for ((account, position), (last, last_grouped)) in entries {
            let account = *account as usize;
            let (value, now_grouped) = count(row, &risk, position);
            slack[account] += value - *last;
            *last = value;
            if now_grouped | *last_grouped != 0 {
                if let Some(hedge) = hedges.get_mut(hedge_of[account] as usize) {
                    let (before, is_long) = (hedge.offset(), position.size > 0);
                    hedge.add(is_long, old.group, last_grouped.wrapping_neg());
                    hedge.add(is_long, row.group, now_grouped);
                    slack[account] += hedge.offset() - before;
                }
                *last_grouped = now_grouped;
            }
        }
        for held in collateral {
            let value = count_collateral(row, held.amount);
            slack[held.account as usize] += i128::from(value) - i128::from(held.counted);
            held.counted = value;
        }
        *old = *row;
    }

    /// The bound of an account's slack, in quote atoms.
    pub fn slack(&self, number: u32) -> Option<i128> {
        self.slack.get(number as usize).copied()
    }

    /// Accounts that may be below maintenance, in order: all that are, and those which a surcharge that does not apply makes look so.
    pub fn candidates(&self) -> impl Iterator<Item = u32> {
        (0_u32..).zip(&self.slack).filter(|(_, slack)| **slack < 0).map(|(number, _)| number)
    }

    /// Follows the board, then values the candidates with the program's own code: the accounts that anybody may liquidate at `now` (unix
    /// seconds), in order. `accounts` are those in the columns.
    pub fn scan(&mut self, accounts: &[MarginAccountView], board: &Board, now: i64) -> Vec<Below> {
        self.follow(board);
        let value = |account: u32| {
            let valuation = accounts.get(account as usize)?.value_for_maintenance(board, now).ok()?;
            (!valuation.is_covered()).then_some(Below { account, valuation })
        };
        self.candidates().filter_map(value).collect()
    }
}

impl Column {
    fn remove_position(&mut self, key: (u32, u8)) {
        let Some(place) = self.places.remove(&key) else { return };
        let at = place as usize;
        self.accounts.swap_remove(at);
        self.positions.swap_remove(at);
        self.counted.swap_remove(at);
        self.grouped.swap_remove(at);
        if let (Some(account), Some(position)) = (self.accounts.get(at), self.positions.get(at)) {
            self.places.insert((*account, position.series), place);
        }
    }

    fn remove_collateral(&mut self, key: (u32, u8)) {
        let Some(place) = self.collateral_places.remove(&key) else { return };
        self.collateral.swap_remove(place as usize);
        if let Some(moved) = self.collateral.get(place as usize) {
            self.collateral_places.insert((moved.account, moved.bank), place);
        }
    }
}
