//! One file per instruction. A handler's beats: validate, load, plan, apply, move, verify, emit.

pub mod add_asset;
pub mod add_collateral_bank;
pub mod add_market;
pub mod cancel_offer;
pub mod close_margin_account;
pub mod create_clearinghouse;
pub mod create_margin_account;
pub mod deposit;
pub mod fund_tranche;
pub mod grow_margin_account;
pub mod liquidate;
pub mod place_offer;
pub mod refresh_prices;
pub mod reset_breaker;
pub mod set_delegate;
pub mod set_price_programs;
pub mod settle;
pub mod take_offer;
pub mod trade;
pub mod trip_breaker;
pub mod update_offer;
pub mod withdraw;

use anchor_lang::prelude::*;

pub use {
    add_asset::*, add_collateral_bank::*, add_market::*, cancel_offer::*, close_margin_account::*,
    create_clearinghouse::*, create_margin_account::*, deposit::*, fund_tranche::*, grow_margin_account::*,
    liquidate::*, place_offer::*, refresh_prices::*, reset_breaker::*, set_delegate::*, set_price_programs::*,
    settle::*, take_offer::*, trade::*, trip_breaker::*, update_offer::*, withdraw::*,
};

use crate::error::FirebreakError;

/// Refuses accounts of different clearinghouses. One board, one breaker and one market per index exist for each, because
/// only their creation writes this field, so that this is all it takes to know that accounts belong together.
#[inline(always)]
pub(crate) fn require_same<const N: usize>(clearinghouse: &Address, others: [&Address; N]) -> Result<()> {
    for other in others {
        require!(anchor_lang::address_eq(clearinghouse, other), FirebreakError::ClearinghouseMismatch);
    }
    Ok(())
}
