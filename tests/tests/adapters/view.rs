//! An account as the runtime passes it: a header with the data right behind it, from an address divisible by 8.

use anchor_lang::pinocchio::account::{AccountView, NOT_BORROWED, RuntimeAccount};
use anchor_lang::prelude::{Address, Error};
use bytemuck::Zeroable;
use firebreak::oracle::read_primary;
use firebreak::state::{AssetRow, FeedKind, RiskBoard};
use firebreak_replay::pyth::{LEGACY_PROGRAM, RECEIVER};
use risk::OraclePrice;

const HEADER: usize = size_of::<RuntimeAccount>();

/// What the adapter makes of an account with these bytes, owned by a receiver, for this feed.
pub fn read_pull(data: &[u8], feed_id: &[u8; 32]) -> Result<OraclePrice, Error> {
    let address = Address::new_from_array([1; 32]);
    read(FeedKind::PythPull, feed_id, RuntimeAccount { address, owner: RECEIVER, ..header() }, data)
}

/// What the adapter makes of an account with these bytes, owned by the older oracle program, at the feed's address.
pub fn read_legacy(data: &[u8]) -> Result<OraclePrice, Error> {
    let feed = [2; 32];
    let address = Address::new_from_array(feed);
    read(FeedKind::PythLegacy, &feed, RuntimeAccount { address, owner: LEGACY_PROGRAM, ..header() }, data)
}

fn header() -> RuntimeAccount {
    RuntimeAccount { borrow_state: NOT_BORROWED, ..RuntimeAccount::default() }
}

fn read(kind: FeedKind, feed: &[u8; 32], header: RuntimeAccount, data: &[u8]) -> Result<OraclePrice, Error> {
    let row = AssetRow { primary_kind: kind as u8, primary_feed: *feed, ..AssetRow::zeroed() };
    let mut board = RiskBoard { legacy_program: LEGACY_PROGRAM, ..RiskBoard::zeroed() };
    board.receivers[0] = RECEIVER;

    let mut memory = vec![0_u64; (HEADER + data.len()).div_ceil(size_of::<u64>())];
    bytemuck::cast_slice_mut(&mut memory)[HEADER..HEADER + data.len()].copy_from_slice(data);
    let account: *mut RuntimeAccount = memory.as_mut_ptr().cast();
    // SAFETY: `memory` is aligned for the header, holds it and `data_len` bytes behind it, and outlives the view.
    let view = unsafe {
        account.write(RuntimeAccount { data_len: data.len() as u64, ..header });
        AccountView::new_unchecked(account)
    };
    read_primary(&view, &row, &board)
}
