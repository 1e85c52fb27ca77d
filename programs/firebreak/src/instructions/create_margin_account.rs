//! Create a margin account: cross, or isolated to one market.
#![allow(unused_variables)] // the derive binds the arguments named for seeds once more than it reads them

use anchor_lang::prelude::*;

use crate::{
    error::FirebreakError,
    event::{MarginAccountCreated, emit},
    seeds,
    state::{CROSS, MarginAccount, MarginSlab, RiskBoard, VERSION},
};

#[derive(Accounts)]
#[instruction(sub_id: u16, capacity: u8)]
pub struct CreateMarginAccount {
    /// Pays for the account.
    #[account(mut, unsafe(dup))] // often the owner too; a signer has no data to alias
    pub payer: Signer,
    /// Whose account it becomes; signs, so that nobody else can choose its kind.
    pub owner: Signer,
    pub board: Account<RiskBoard>,
    #[account(
        init,
        payer = payer,
        space = MarginAccount::space(capacity),
        seeds = [seeds::MARGIN, board.clearinghouse.as_ref(), owner.address().as_ref(), &sub_id.to_le_bytes()],
        bump
    )]
    pub margin_account: MarginSlab,
    pub system_program: Program<System>,
}

/// `capacity` is 4, 8 or 16 positions; `isolated_market` is the only market it may trade, or 255 for all.
pub fn create_margin_account(
    ctx: &mut Context<CreateMarginAccount>,
    sub_id: u16,
    capacity: u8,
    isolated_market: u8,
) -> Result<()> {
    require!(MarginAccount::is_capacity(capacity), FirebreakError::CapacityInvalid);
    require!(isolated_market == CROSS || isolated_market < 64, FirebreakError::AssetMissing);

    let CreateMarginAccount { owner, board, margin_account, .. } = &mut ctx.accounts;
    margin_account.clearinghouse = board.clearinghouse;
    margin_account.owner = *owner.address();
    margin_account.sub_id = sub_id;
    margin_account.isolated_market = isolated_market;
    margin_account.bump = ctx.bumps.margin_account;
    margin_account.version = VERSION;
    fill_slots(margin_account, capacity)?;

    emit(&MarginAccountCreated {
        margin_account: *margin_account.address(),
        owner: *owner.address(),
        sub_id,
        capacity,
        isolated_market,
        reserved: [0; 4],
    });
    Ok(())
}

/// Makes every slot that the account has room for addressable, at once: the bytes are zero, which is an empty slot.
pub(crate) fn fill_slots(margin_account: &mut MarginSlab, capacity: u8) -> Result<()> {
    const LENGTH_AT: usize = 8 + core::mem::size_of::<MarginAccount>();
    let mut view = *margin_account.view();
    // SAFETY: the slab is loaded as mutable, and no reference into its data is alive while these four bytes are written.
    let data = unsafe { view.borrow_unchecked_mut() };
    let is_room = data.len() >= MarginAccount::space(capacity);
    let length = data.get_mut(LENGTH_AT..LENGTH_AT + 4).filter(|_| is_room).ok_or(FirebreakError::InvariantBroken)?;
    length.copy_from_slice(&u32::from(capacity).to_le_bytes());
    Ok(())
}
