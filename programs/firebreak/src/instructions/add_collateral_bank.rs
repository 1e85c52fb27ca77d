//! Accept another token as collateral. Free before sealing; then by a proposal, and with a deposit cap that
//! begins small and doubles every day.
#![allow(unused_variables)] // the derive binds the arguments named for seeds once more than it reads them

use anchor_lang::prelude::*;
use anchor_spl::token_interface::Mint;

use crate::{
    error::{FirebreakError, Named},
    event::{CollateralBankAdded, emit},
    governance::{Change, Scope, Target, permit},
    instructions::require_same,
    seeds,
    state::{AssetRow, BoardAccount, Clearinghouse, CollateralBank, VERSION},
    tokens,
};

/// How much may leave a bank within an hour and a day (`risk::OutflowParams`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct OutflowConfig {
    /// Of what the bank holds.
    pub hourly_share_bps: u32,
    pub daily_share_bps: u32,
    /// Atoms that may leave in any case.
    pub outflow_floor: u64,
    /// Up to how many atoms an account is small.
    pub small_exit: u64,
}

impl OutflowConfig {
    /// A bank's limits now.
    pub fn of(bank: &CollateralBank) -> Self {
        let CollateralBank { hourly_share_bps, daily_share_bps, outflow_floor, small_exit, .. } = *bank;
        Self { hourly_share_bps, daily_share_bps, outflow_floor, small_exit }
    }

    /// Writes the limits into a bank.
    pub fn write(&self, bank: &mut CollateralBank) {
        bank.hourly_share_bps = self.hourly_share_bps;
        bank.daily_share_bps = self.daily_share_bps;
        bank.outflow_floor = self.outflow_floor;
        bank.small_exit = self.small_exit;
    }

    /// The same. Refuses an inconsistent set.
    pub fn apply(&self, bank: &mut CollateralBank) -> Result<()> {
        self.write(bank);
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
        // Whatever else of the row is on its way up: a haircut that is listed counts at once.
        (row.haircut_bps, row.haircut_from_bps) = (self.haircut_bps, self.haircut_bps);
        row.discount_bps = self.liquidation_discount_bps;
        row.surcharge_bps = self.surcharge_bps;
        let terms = row.collateral();
        row.cap_lots = risk::validate_collateral(&terms, self.deposit_cap).named()?;
        Ok(())
    }
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
        config.list(row, index, decimals)?;
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
    config.outflow.apply(bank)?;
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

    emit(&CollateralBankAdded {
        clearinghouse: *accounts.clearinghouse.address(),
        bank: *accounts.bank.address(),
        mint: *accounts.mint.address(),
    });
    Ok(())
}
