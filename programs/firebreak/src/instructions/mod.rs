//! One file per instruction. A handler's beats: validate, load, plan, apply, move, verify, emit.

pub mod add_asset;
pub mod add_collateral_bank;
pub mod add_market;
pub mod auto_deleverage;
pub mod cancel_offer;
pub mod close_margin_account;
pub mod create_clearinghouse;
pub mod create_margin_account;
pub mod deposit;
pub mod execute_proposal;
pub mod fund_tranche;
pub mod grow_margin_account;
pub mod liquidate;
pub mod liquidate_collateral;
pub mod place_offer;
pub mod poke;
pub mod propose;
pub mod refresh_prices;
pub mod report_deficit;
pub mod request_unstake;
pub mod reset_breaker;
pub mod seal;
pub mod set_delegate;
pub mod set_price_programs;
pub mod settle;
pub mod stake;
pub mod sweep_insurance;
pub mod take_offer;
pub mod trade;
pub mod trip_breaker;
pub mod unstake;
pub mod update_funding;
pub mod update_offer;
pub mod veto_proposal;
pub mod withdraw;

use anchor_lang::{AnchorAccount, prelude::*};

pub use {
    add_asset::*, add_collateral_bank::*, add_market::*, auto_deleverage::*, cancel_offer::*, close_margin_account::*,
    create_clearinghouse::*, create_margin_account::*, deposit::*, execute_proposal::*, fund_tranche::*,
    grow_margin_account::*, liquidate::*, liquidate_collateral::*, place_offer::*, poke::*, propose::*,
    refresh_prices::*, report_deficit::*, request_unstake::*, reset_breaker::*, seal::*, set_delegate::*,
    set_price_programs::*, settle::*, stake::*, sweep_insurance::*, take_offer::*, trade::*, trip_breaker::*,
    unstake::*, update_funding::*, update_offer::*, veto_proposal::*, withdraw::*,
};

use crate::{
    error::FirebreakError,
    state::{BoardAccount, Market},
};

/// Walks all markets of a clearinghouse, passed in the order of their indices, one account each. Refuses with `MarketsNotSwept` where one is
/// missing, or is not what the board says, or `check` refuses it.
pub(crate) fn require_all(
    board: &BoardAccount,
    views: &[AccountView],
    check: impl Fn(&Market) -> core::result::Result<(), FirebreakError>,
) -> Result<()> {
    let mut views = views.iter();
    for (index, _) in board.iter().enumerate().filter(|(_, row)| row.has_market == 1) {
        let view = views.next().ok_or(FirebreakError::MarketsNotSwept)?;
        let market = Account::<Market>::load(*view)?;
        require_same(&board.clearinghouse, [&market.clearinghouse])?;
        require!(market.index as usize == index, FirebreakError::MarketsNotSwept);
        check(&market)?;
    }
    require!(views.next().is_none(), FirebreakError::MarketsNotSwept);
    Ok(())
}

/// Refuses accounts of different clearinghouses. One board, one breaker and one market per index exist for each, because
/// only their creation writes this field, so that this is all it takes to know that accounts belong together.
#[inline(always)]
pub(crate) fn require_same<const N: usize>(clearinghouse: &Address, others: [&Address; N]) -> Result<()> {
    for other in others {
        require!(anchor_lang::address_eq(clearinghouse, other), FirebreakError::ClearinghouseMismatch);
    }
    Ok(())
}
