//! End set-up, for ever: from now on whatever loosens waits. Only the authority.

use anchor_lang::prelude::*;

use crate::{
    error::FirebreakError,
    event::{ClearinghouseSealed, emit},
    state::Clearinghouse,
};

#[derive(Accounts)]
pub struct Seal {
    pub authority: Signer,
    #[account(mut)]
    pub clearinghouse: Account<Clearinghouse>,
}

pub fn seal(ctx: &mut Context<Seal>) -> Result<()> {
    let Seal { authority, clearinghouse } = &mut ctx.accounts;
    require!(clearinghouse.authority == *authority.address(), FirebreakError::SignerNotAuthority);
    require!(clearinghouse.sealed == 0, FirebreakError::Sealed);

    clearinghouse.sealed = 1;
    emit(&ClearinghouseSealed {
        clearinghouse: *clearinghouse.address(),
        authority: clearinghouse.authority,
        guardian: clearinghouse.guardian,
        delay_seconds: clearinghouse.delay_seconds,
        reserved: [0; 4],
    });
    Ok(())
}
