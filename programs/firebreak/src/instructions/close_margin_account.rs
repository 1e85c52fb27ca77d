//! Close an empty margin account; its rent returns to whom the owner names.

use anchor_lang::{AccountClose, prelude::*};

use crate::{
    error::FirebreakError,
    event::{MarginAccountClosed, emit},
    state::MarginSlab,
};

#[derive(Accounts)]
pub struct CloseMarginAccount {
    pub owner: Signer,
    #[account(mut)]
    pub margin_account: MarginSlab,
    /// CHECK: receives the rent; any account, often the signer. Only its lamports are written.
    #[account(mut, unsafe(dup))]
    pub rent_receiver: UncheckedAccount,
}

impl CloseMarginAccount {
    fn validate(&self) -> Result<()> {
        let account = &self.margin_account;
        account.require_owner(self.owner.address())?;
        require!(account.holds_nothing(), FirebreakError::AccountNotEmpty);
        Ok(())
    }
}

pub fn close_margin_account(ctx: &mut Context<CloseMarginAccount>) -> Result<()> {
    ctx.accounts.validate()?;

    let CloseMarginAccount { owner, margin_account, rent_receiver } = &mut ctx.accounts;
    let address = *margin_account.address();
    margin_account.close(*rent_receiver.account())?;

    emit(&MarginAccountClosed { margin_account: address, owner: *owner.address() });
    Ok(())
}
