//! Create a clearinghouse with its board, breaker, insurance fund and quote bank.
#![allow(unused_variables)] // the derive binds the arguments named for seeds once more than it reads them

use anchor_lang::prelude::*;
use anchor_spl::token_interface::Mint;

use crate::{
    error::FirebreakError,
    event::{ClearinghouseCreated, emit},
    instructions::{OutflowConfig, PricePrograms},
    seeds,
    state::{BoardAccount, CircuitBreaker, Clearinghouse, CollateralBank, InsuranceFund, RiskBoard, VERSION},
    tokens,
};

/// `CollateralBank::asset` of a bank without a price.
const NO_ASSET: u8 = u8::MAX;
/// Shortest time a loosening waits after sealing.
const MIN_DELAY_SECONDS: u32 = 48 * 3_600;
/// And the longest: nobody can freeze governance by raising it.
pub const MAX_DELAY_SECONDS: u32 = 30 * 86_400;
/// Most quote atoms a clearinghouse may hold: cash, and sums with it, stay signed 64-bit numbers.
pub const MAX_QUOTE_DEPOSIT_CAP: u64 = 1 << 62;
/// How long an unstake waits.
const COOLDOWN_SECONDS: u32 = 14 * 86_400;

/// What a clearinghouse starts with.
#[derive(Clone, Copy, Debug, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct ClearinghouseConfig {
    /// Trips breakers and vetoes; never the authority.
    pub guardian: Address,
    /// Seconds a loosening waits after sealing, at least 48 hours.
    pub delay_seconds: u32,
    /// Most quote atoms the clearinghouse may hold.
    pub quote_deposit_cap: u64,
    pub price_programs: PricePrograms,
    /// Of the quote bank.
    pub outflow: OutflowConfig,
}

#[derive(Accounts)]
#[instruction(id: u64)]
pub struct CreateClearinghouse {
    #[account(mut, unsafe(dup))] // often the owner too; a signer has no data to alias
    pub payer: Signer,
    /// Governs from now on.
    pub authority: Signer,
    pub quote_mint: InterfaceAccount<Mint>,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<Clearinghouse>(),
        seeds = [seeds::CLEARINGHOUSE, &id.to_le_bytes()],
        bump
    )]
    pub clearinghouse: Account<Clearinghouse>,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<RiskBoard>() + 8,
        seeds = [seeds::BOARD, clearinghouse.address().as_ref()],
        bump
    )]
    pub board: BoardAccount,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<CircuitBreaker>(),
        seeds = [seeds::BREAKER, clearinghouse.address().as_ref()],
        bump
    )]
    pub breaker: Account<CircuitBreaker>,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<InsuranceFund>(),
        seeds = [seeds::INSURANCE, clearinghouse.address().as_ref()],
        bump
    )]
    pub insurance_fund: Account<InsuranceFund>,
    /// CHECK: created here, at `["vault", insurance_fund]`.
    #[account(mut)]
    pub insurance_vault: UncheckedAccount,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<CollateralBank>(),
        seeds = [seeds::COLLATERAL, clearinghouse.address().as_ref(), &[CollateralBank::QUOTE]],
        bump
    )]
    pub quote_bank: Account<CollateralBank>,
    /// CHECK: created here, at `["vault", quote_bank]`.
    #[account(mut)]
    pub quote_vault: UncheckedAccount,
    /// CHECK: owns the mint; only the two token programs own mints that load.
    pub token_program: UncheckedAccount,
    pub system_program: Program<System>,
}

impl CreateClearinghouse {
    fn validate(&self, config: &ClearinghouseConfig) -> Result<()> {
        let (authority, guardian) = (self.authority.address(), &config.guardian);
        let none = Address::default();
        require!(authority != guardian && *authority != none && *guardian != none, FirebreakError::KeysNotDistinct);
        let is_delay = (MIN_DELAY_SECONDS..=MAX_DELAY_SECONDS).contains(&config.delay_seconds);
        require!(is_delay, FirebreakError::DurationOutOfRange);
        let is_cap = (1..=MAX_QUOTE_DEPOSIT_CAP).contains(&config.quote_deposit_cap);
        require!(is_cap, FirebreakError::CapOutOfRange);
        config.price_programs.validate()?;
        tokens::validate_mint(&self.quote_mint)
    }

    fn create_vault(&self, vault: &UncheckedAccount, holder: &Address) -> Result<u8> {
        let (payer, mint) = (self.payer.account(), self.quote_mint.account());
        tokens::create_vault(payer, vault.account(), holder, mint, self.token_program.account())
    }
}

pub fn create_clearinghouse(
    ctx: &mut Context<CreateClearinghouse>,
    id: u64,
    config: ClearinghouseConfig,
) -> Result<()> {
    let accounts = &mut ctx.accounts;
    accounts.validate(&config)?;
    let bank_vault_bump = accounts.create_vault(&accounts.quote_vault, accounts.quote_bank.address())?;
    let fund_vault_bump = accounts.create_vault(&accounts.insurance_vault, accounts.insurance_fund.address())?;

    let address = *accounts.clearinghouse.address();
    let clearinghouse = &mut accounts.clearinghouse;
    clearinghouse.authority = *accounts.authority.address();
    clearinghouse.guardian = config.guardian;
    clearinghouse.quote_mint = *accounts.quote_mint.address();
    clearinghouse.quote_decimals = accounts.quote_mint.decimals();
    clearinghouse.id = id;
    clearinghouse.delay_seconds = config.delay_seconds;
    clearinghouse.bank_count = 1;
    clearinghouse.bump = ctx.bumps.clearinghouse;
    clearinghouse.version = VERSION;

    let board = &mut accounts.board;
    board.clearinghouse = address;
    board.receivers = config.price_programs.receivers;
    board.legacy_program = config.price_programs.legacy_program;
    board.bump = ctx.bumps.board;
    board.version = VERSION;

    accounts.breaker.clearinghouse = address;
    accounts.breaker.bump = ctx.bumps.breaker;
    accounts.breaker.version = VERSION;

    let fund = &mut accounts.insurance_fund;
    fund.clearinghouse = address;
    fund.vault = *accounts.insurance_vault.address();
    fund.cooldown_seconds = COOLDOWN_SECONDS;
    fund.bump = ctx.bumps.insurance_fund;
    fund.vault_bump = fund_vault_bump;
    fund.version = VERSION;

    let bank = &mut accounts.quote_bank;
    bank.clearinghouse = address;
    bank.mint = *accounts.quote_mint.address();
    bank.vault = *accounts.quote_vault.address();
    bank.token_program = *accounts.token_program.address();
    bank.deposit_cap = config.quote_deposit_cap;
    config.outflow.apply(bank)?;
    bank.asset = NO_ASSET;
    bank.index = CollateralBank::QUOTE;
    bank.decimals = accounts.quote_mint.decimals();
    bank.bump = ctx.bumps.quote_bank;
    bank.vault_bump = bank_vault_bump;
    bank.version = VERSION;

    emit(&ClearinghouseCreated {
        clearinghouse: address,
        authority: *accounts.authority.address(),
        guardian: config.guardian,
        quote_mint: *accounts.quote_mint.address(),
    });
    Ok(())
}
