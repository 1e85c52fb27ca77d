//! Accept another token as collateral. Free before sealing.
#![allow(unused_variables)] // the derive binds the arguments named for seeds once more than it reads them

use anchor_lang::prelude::*;
use anchor_spl::token_interface::Mint;

use crate::{
    error::{FirebreakError, Named},
    event::CollateralBankAdded,
    instructions::require_same,
    seeds,
    state::{AssetRow, BoardAccount, Clearinghouse, CollateralBank, VERSION},
    tokens,
};

/// How much may leave a bank within an hour and a day (`risk::OutflowParams`).
#[derive(Clone, Copy, Debug, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct OutflowConfig {
    /// Of what the bank holds.
    pub hourly_share_bps: u32,
    pub daily_share_bps: u32,
    /// Atoms that may leave in any case.
    pub floor: u64,
    /// Up to how many atoms an account is small.
    pub small_exit: u64,
}

impl OutflowConfig {
    /// Writes the limits into a bank. Refuses an inconsistent set.
    pub fn apply(&self, bank: &mut CollateralBank) -> Result<()> {
        bank.hourly_share_bps = self.hourly_share_bps;
        bank.daily_share_bps = self.daily_share_bps;
        bank.outflow_floor = self.floor;
        bank.small_exit = self.small_exit;
        Ok(risk::validate_outflow(&bank.outflow_params()).named()?)
    }
}

/// What a bank starts with.
#[derive(Clone, Copy, Debug, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct BankConfig {
    /// The token's row on the board.
    pub asset: u8,
    pub haircut_bps: u32,
    pub liquidation_discount_bps: u32,
    /// Most atoms accounts may hold together.
    pub deposit_cap: u64,
    pub outflow: OutflowConfig,
    /// Taken off what is left after the haircut, at most, where the account is long in the token's correlation group.
    pub surcharge_bps: u32,
}

impl BankConfig {
    /// Writes into the token's row what it counts as collateral. Errors: a lot out of range, or the broken inequality.
    pub fn list(&self, row: &mut AssetRow, index: u8, decimals: u8) -> core::result::Result<(), FirebreakError> {
        let exponent = u8::try_from(i16::from(row.lot_exponent) + i16::from(decimals));
        row.collateral_bank = index;
        row.lot_atoms_exponent = exponent.map_err(|_| FirebreakError::LotOutOfRange)?;
        row.haircut_bps = self.haircut_bps;
        row.discount_bps = self.liquidation_discount_bps;
        row.surcharge_bps = self.surcharge_bps;
        let terms = row.collateral();
        row.cap_lots = risk::validate_collateral(&terms, self.deposit_cap).named()?;
        Ok(())
    }
}

#[derive(Accounts)]
#[instruction(index: u8)]
pub struct AddCollateralBank {
    #[account(mut, unsafe(dup))] // often the owner too; a signer has no data to alias
    pub payer: Signer,
    pub authority: Signer,
    #[account(mut)]
    pub clearinghouse: Account<Clearinghouse>,
    /// The row of the token's asset learns what it is worth as collateral.
    #[account(mut)]
    pub board: BoardAccount,
    pub mint: InterfaceAccount<Mint>,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<CollateralBank>(),
        seeds = [seeds::COLLATERAL, clearinghouse.address().as_ref(), &[index]],
        bump
    )]
    pub bank: Account<CollateralBank>,
    /// CHECK: created here, at `["vault", bank]`.
    #[account(mut)]
    pub vault: UncheckedAccount,
    /// CHECK: owns the mint; only the two token programs own mints that load.
    pub token_program: UncheckedAccount,
    pub system_program: Program<System>,
}

impl AddCollateralBank {
    fn validate(&self, index: u8, config: &BankConfig) -> Result<()> {
        require_same(self.clearinghouse.address(), [&self.board.clearinghouse])?;
        self.clearinghouse.require_setup(self.authority.address())?;
        require!(index == self.clearinghouse.bank_count, FirebreakError::IndexNotNext);
        require!(self.mint.address() != &self.clearinghouse.quote_mint, FirebreakError::BankAccountMismatch);
        tokens::validate_mint(&self.mint)
    }

    /// Writes into the token's row what it counts as collateral.
    fn list(&mut self, index: u8, config: &BankConfig) -> Result<()> {
        let decimals = self.mint.decimals();
        let row = self.board.get_mut(config.asset as usize).ok_or(FirebreakError::AssetMissing)?;
        require!(row.collateral_bank == 0, FirebreakError::BankExists);
        Ok(config.list(row, index, decimals)?)
    }
}

/// `index` is the next free one; the quote bank is 0.
pub fn add_collateral_bank(ctx: &mut Context<AddCollateralBank>, index: u8, config: BankConfig) -> Result<()> {
    let accounts = &mut ctx.accounts;
    accounts.validate(index, &config)?;
    accounts.list(index, &config)?;
    let vault_bump = tokens::create_vault(
        accounts.payer.account(),
        accounts.vault.account(),
        accounts.bank.address(),
        accounts.mint.account(),
        accounts.token_program.account(),
    )?;

    accounts.clearinghouse.bank_count = index.checked_add(1).ok_or(FirebreakError::ArithmeticOverflow)?;
    let bank = &mut accounts.bank;
    bank.clearinghouse = *accounts.clearinghouse.address();
    bank.mint = *accounts.mint.address();
    bank.vault = *accounts.vault.address();
    bank.token_program = *accounts.token_program.address();
    bank.deposit_cap = config.deposit_cap;
    config.outflow.apply(bank)?;
    bank.asset = config.asset;
    bank.index = index;
    bank.decimals = accounts.mint.decimals();
    bank.bump = ctx.bumps.bank;
    bank.vault_bump = vault_bump;
    bank.version = VERSION;

    emit!(CollateralBankAdded {
        clearinghouse: *accounts.clearinghouse.address(),
        bank: *accounts.bank.address(),
        mint: *accounts.mint.address(),
    });
    Ok(())
}
