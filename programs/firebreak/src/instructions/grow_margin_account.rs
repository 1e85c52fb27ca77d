//! Give a margin account more position slots.

use anchor_lang::{AccountRealloc, prelude::*};

use crate::{
    error::FirebreakError,
    instructions::create_margin_account::fill_slots,
    state::{MarginAccount, MarginSlab},
};

#[derive(Accounts)]
pub struct GrowMarginAccount {
    /// Pays for the new bytes.
    #[account(mut, unsafe(dup))] // often the owner too; a signer has no data to alias
    pub payer: Signer,
    pub owner: Signer,
    #[account(mut)]
    pub margin_account: MarginSlab,
    pub system_program: Program<System>,
}

/// `capacity` is 8 or 16, and more than the account has.
pub fn grow_margin_account(ctx: &mut Context<GrowMarginAccount>, capacity: u8) -> Result<()> {
    let GrowMarginAccount { payer, owner, margin_account, .. } = &mut ctx.accounts;
    margin_account.require_owner(owner.address())?;
    let grows = MarginAccount::is_capacity(capacity) && capacity as usize > margin_account.len();
    require!(grows, FirebreakError::CapacityInvalid);

    margin_account.realloc_account(MarginAccount::space(capacity), *payer.account(), true)?;
    fill_slots(margin_account, capacity)
}
