//! Name who may trade for an account, or nobody (the default key).

use anchor_lang::prelude::*;

use crate::{
    error::FirebreakError,
    event::{DelegateSet, emit},
    state::MarginSlab,
};

#[derive(Accounts)]
pub struct SetDelegate {
    pub owner: Signer,
    #[account(mut)]
    pub margin_account: MarginSlab,
}

pub fn set_delegate(ctx: &mut Context<SetDelegate>, delegate: Address) -> Result<()> {
    let SetDelegate { owner, margin_account } = &mut ctx.accounts;
    margin_account.require_owner(owner.address())?;
    require!(delegate != *owner.address(), FirebreakError::DelegateInvalid);

    let before = margin_account.delegate;
    margin_account.delegate = delegate;

    emit(&DelegateSet { margin_account: *margin_account.address(), before, after: delegate });
    Ok(())
}
