//! Writing accounts behind the program's back: states that are tedious, or impossible, to reach by instructions.

use bytemuck::Pod;
use firebreak::state::{AssetRow, CollateralBank, Market, RiskBoard};
use firebreak_client::decode;
use firebreak_replay::{chain::Chain, world::World};
use solana_address::Address;

/// Rewrites an account's header.
pub fn edit<T: Pod + anchor_lang::Discriminator, C: Chain>(
    world: &mut World<C>,
    address: &Address,
    change: impl FnOnce(&mut T),
) {
    let mut account = world.chain.account(address).expect("the account to edit exists");
    let mut value: T = decode(&account.data).expect("the account to edit is of this kind");
    change(&mut value);
    account.data[8..8 + size_of::<T>()].copy_from_slice(bytemuck::bytes_of(&value));
    world.chain.set_account(*address, account);
}

/// Rewrites an asset's row on the board.
pub fn edit_row<C: Chain>(world: &mut World<C>, asset: u8, change: impl FnOnce(&mut AssetRow)) {
    let mut row = world.row(asset);
    change(&mut row);
    let mut account = world.chain.account(&world.at.board).expect("the board exists");
    let start = 8 + size_of::<RiskBoard>() + 8 + asset as usize * size_of::<AssetRow>();
    account.data[start..start + size_of::<AssetRow>()].copy_from_slice(bytemuck::bytes_of(&row));
    let board = world.at.board;
    world.chain.set_account(board, account);
}

/// As if no market had an automatic breaker and no bank a limit: for what happens at moves and sums that they would not let happen.
pub fn unwatched<C: Chain>(world: &mut World<C>) {
    for asset in 0..world.board().rows.len() as u8 {
        edit_row(world, asset, |row| (row.move_bps, row.breaker) = (0, Default::default()));
        let market = world.at.market(asset);
        if world.chain.account(&market).is_some() {
            edit::<Market, _>(world, &market, |market| (market.liquidated_bps, market.drawdown_bps) = (0, 0));
        }
    }
    let bank = world.at.quote_bank;
    edit::<CollateralBank, _>(world, &bank, |bank| bank.outflow_floor = 1 << 62);
}
