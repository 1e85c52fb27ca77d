//! Choose the programs whose price accounts are accepted. Free before sealing.

use anchor_lang::prelude::*;

use crate::{
    error::FirebreakError,
    instructions::require_same,
    state::{BoardAccount, Clearinghouse},
};

/// Owners of price accounts; the default key marks a free place.
#[derive(Clone, Copy, Debug, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct PricePrograms {
    /// Of `PriceUpdateV2`.
    pub receivers: [Address; 4],
    /// Of the older Pyth price accounts.
    pub legacy_program: Address,
}

impl PricePrograms {
    pub(crate) fn validate(&self) -> Result<()> {
        let is_named = |program: &Address| *program != Address::default();
        let any = self.receivers.iter().any(is_named) || is_named(&self.legacy_program);
        require!(any, FirebreakError::PriceProgramsInvalid);
        Ok(())
    }
}

#[derive(Accounts)]
pub struct SetPricePrograms {
    pub authority: Signer,
    pub clearinghouse: Account<Clearinghouse>,
    #[account(mut)]
    pub board: BoardAccount,
}

pub fn set_price_programs(ctx: &mut Context<SetPricePrograms>, programs: PricePrograms) -> Result<()> {
    let SetPricePrograms { authority, clearinghouse, board } = &mut ctx.accounts;
    require_same(clearinghouse.address(), [&board.clearinghouse])?;
    clearinghouse.require_setup(authority.address())?;
    programs.validate()?;

    board.receivers = programs.receivers;
    board.legacy_program = programs.legacy_program;
    Ok(())
}
