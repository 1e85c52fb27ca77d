//! Accept another token as collateral. Free before sealing; then by a proposal, and with a deposit cap that
//! begins small and doubles every day.
#![allow(unused_variables)] // the derive binds the arguments named for seeds once more than it reads them

use anchor_lang::prelude::*;
use anchor_spl::token_interface::Mint;

use crate::{
    error::{FirebreakError, Named},
    event::CollateralBankAdded,
    governance::{Change, Scope, Target, permit},
    instructions::require_same,
    seeds,
    state::{BoardAccount, Clearinghouse, CollateralBank, VERSION},
    tokens,
};

/// What a bank starts with.
#[derive(Clone, Copy, Debug, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct BankConfig {
    /// The token's row on the board.
    pub asset: u8,
    pub haircut_bps: u32,
    pub liquidation_discount_bps: u32,
    /// Most atoms accounts may hold together.
    pub deposit_cap: u64,
}

/// Once sealed, the proposal follows as a remaining account.
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
    fn validate(&self, index: u8, config: BankConfig, remaining: &[AccountView], now: i64) -> Result<()> {
        require_same(self.clearinghouse.address(), [&self.board.clearinghouse])?;
        let change = Change::AddCollateralBank { index, mint: *self.mint.address(), config };
        let scope = Scope { clearinghouse: &self.clearinghouse, board: Some(&self.board), target: Target::None, now };
        permit(self.authority.address(), &change, &scope, remaining, now)?;
        require!(index == self.clearinghouse.bank_count, FirebreakError::IndexNotNext);
        require!(self.mint.address() != &self.clearinghouse.quote_mint, FirebreakError::BankAccountMismatch);
        tokens::validate_mint(&self.mint)
    }

    /// Writes into the token's row what it counts as collateral. Returns its lot, as a power of ten of its atoms.
    fn list(&mut self, index: u8, config: &BankConfig) -> Result<u8> {
        let decimals = self.mint.decimals();
        let row = self.board.get_mut(config.asset as usize).ok_or(FirebreakError::AssetMissing)?;
        require!(row.collateral_bank == 0, FirebreakError::BankExists);
        let exponent = u8::try_from(i16::from(row.lot_exponent) + i16::from(decimals));
        row.collateral_bank = index;
        row.lot_atoms_exponent = exponent.map_err(|_| FirebreakError::LotOutOfRange)?;
        // Whatever else of the row is on its way up: a haircut that is listed counts at once.
        (row.haircut_bps, row.haircut_from_bps) = (config.haircut_bps, config.haircut_bps);
        row.discount_bps = config.liquidation_discount_bps;
        risk::validate_collateral(&row.collateral(), config.deposit_cap).named()?;
        Ok(row.lot_atoms_exponent)
    }
}

/// `index` is the next free one; the quote bank is 0.
pub fn add_collateral_bank(ctx: &mut Context<AddCollateralBank>, index: u8, config: BankConfig) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let remaining = ctx.remaining_accounts()?;
    let accounts = &mut ctx.accounts;
    accounts.validate(index, config, &remaining, now)?;
    let lot_atoms_exponent = accounts.list(index, &config)?;
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
    bank.asset = config.asset;
    bank.index = index;
    bank.decimals = accounts.mint.decimals();
    bank.bump = ctx.bumps.bank;
    bank.vault_bump = vault_bump;
    if accounts.clearinghouse.sealed == 1 {
        bank.listed_at = now;
        bank.first_day_cap = risk::probation_atoms(lot_atoms_exponent).named()?;
    }
    bank.version = VERSION;

    emit!(CollateralBankAdded {
        clearinghouse: *accounts.clearinghouse.address(),
        bank: *accounts.bank.address(),
        mint: *accounts.mint.address(),
    });
    Ok(())
}
