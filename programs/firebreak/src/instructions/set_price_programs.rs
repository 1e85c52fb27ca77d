//! Choose the programs whose price accounts are accepted. Free before sealing, then by a proposal.

use anchor_lang::prelude::*;

use crate::{
    error::FirebreakError,
    governance::{Change, Scope, Target, permit},
    instructions::require_same,
    state::{BoardAccount, Clearinghouse, RiskBoard},
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
    /// Those in force.
    pub fn of(board: &RiskBoard) -> Self {
        Self { receivers: board.receivers, legacy_program: board.legacy_program }
    }

    pub(crate) fn validate(&self) -> Result<()> {
        let is_named = |program: &Address| *program != Address::default();
        let any = self.receivers.iter().any(is_named) || is_named(&self.legacy_program);
        require!(any, FirebreakError::PriceProgramsInvalid);
        Ok(())
    }
}

#[derive(Accounts)]
/// Once sealed, the proposal follows as a remaining account.
pub struct SetPricePrograms {
    pub authority: Signer,
    pub clearinghouse: Account<Clearinghouse>,
    #[account(mut)]
    pub board: BoardAccount,
}

pub fn set_price_programs(ctx: &mut Context<SetPricePrograms>, programs: PricePrograms) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let remaining = ctx.remaining_accounts()?;
    let SetPricePrograms { authority, clearinghouse, board } = &mut ctx.accounts;
    require_same(clearinghouse.address(), [&board.clearinghouse])?;
    let scope = Scope { clearinghouse, board: Some(board), target: Target::None, now };
    permit(authority.address(), &Change::SetPricePrograms { programs }, &scope, &remaining, now)?;
    programs.validate()?;

    board.receivers = programs.receivers;
    board.legacy_program = programs.legacy_program;
    Ok(())
}
