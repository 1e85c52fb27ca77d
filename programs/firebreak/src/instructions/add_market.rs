//! Open a perpetual market on a listed asset. Free before sealing, then by a proposal.
#![allow(unused_variables)] // the derive binds the arguments named for seeds once more than it reads them

use anchor_lang::prelude::*;

use crate::{
    error::{FirebreakError, Named},
    event::{MarketAdded, emit},
    governance::{Change, Scope, Target, permit},
    instructions::require_same,
    seeds,
    state::{AssetRow, BoardAccount, Clearinghouse, Market, VERSION},
};

/// What a market's automatic breaker watches (`risk::BreakerParams`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct BreakerConfig {
    /// Distance of the price from its average at which caution begins; twice and four times that from slower ones.
    pub move_bps: u32,
    /// How long a price may stay uncertain.
    pub uncertain_seconds: u32,
    /// Lots liquidated of late, of open interest, which counts as at least so many lots.
    pub liquidated_bps: u32,
    pub liquidated_floor_lots: u64,
    /// What the tranche paid of late, of its target.
    pub drawdown_bps: u32,
    pub cooldown_seconds: u32,
    /// After LiquidationOnly or a halt.
    pub grace_seconds: u32,
}

impl BreakerConfig {
    /// What a market's breaker watches now.
    pub fn of(market: &Market, row: &AssetRow) -> Self {
        Self {
            move_bps: row.move_bps,
            uncertain_seconds: row.uncertain_seconds,
            liquidated_bps: market.liquidated_bps,
            liquidated_floor_lots: market.liquidated_floor_lots,
            drawdown_bps: market.drawdown_bps,
            cooldown_seconds: row.cooldown_seconds,
            grace_seconds: market.grace_seconds,
        }
    }

    /// Writes what the breaker watches into a market and its row.
    pub fn apply(&self, market: &mut Market, row: &mut AssetRow) {
        row.move_bps = self.move_bps;
        row.uncertain_seconds = self.uncertain_seconds;
        row.cooldown_seconds = self.cooldown_seconds;
        market.liquidated_bps = self.liquidated_bps;
        market.liquidated_floor_lots = self.liquidated_floor_lots;
        market.drawdown_bps = self.drawdown_bps;
        market.grace_seconds = self.grace_seconds;
    }
}

/// Everything a market is opened with. Sizes in lots, caps in quote atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct MarketConfig {
    pub penalty_min_bps: u32,
    pub penalty_max_bps: u32,
    pub penalty_ramp_bps_per_minute: u32,
    pub insurance_share_bps: u32,
    pub buffer_bps: u32,
    pub exit_slippage_bps: u32,
    pub price_band_bps: u32,
    pub taker_fee_bps: u32,
    pub liquidation_window_seconds: u32,
    pub insurance_window_seconds: u32,
    pub max_open_interest_lots: u64,
    pub slice_lots: u64,
    pub min_position_lots: u64,
    pub liquidation_window_lots: u64,
    /// The size at which margin per lot has doubled; 0: it never grows.
    pub depth_lots: u64,
    pub insurance_event_cap: u64,
    pub insurance_window_cap: u64,
    pub tranche_target: u64,
    /// Part of every deficit that the tranche never pays.
    pub coinsurance_share_bps: u32,
    /// The insurance fund's part of trading fees.
    pub fee_share_bps: u32,
    /// Largest premium that funding counts; 0: none is paid.
    pub funding_cap_bps: u32,
    /// Period over which a premium is paid once, and time constant of its average.
    pub funding_seconds: u32,
    pub premium_seconds: u32,
    pub breaker: BreakerConfig,
}

impl MarketConfig {
    /// Writes the parameters into a new market and its asset's row.
    pub fn list(&self, market: &mut Market, row: &mut AssetRow) -> core::result::Result<(), FirebreakError> {
        row.has_market = 1;
        self.apply(market, row)?;
        row.derive()
    }
}

/// Once sealed, the proposal follows as a remaining account.
#[derive(Accounts)]
#[instruction(index: u8)]
pub struct AddMarket {
    #[account(mut, unsafe(dup))] // often the owner too; a signer has no data to alias
    pub payer: Signer,
    pub authority: Signer,
    pub clearinghouse: Account<Clearinghouse>,
    #[account(mut)]
    pub board: BoardAccount,
    #[account(
        init,
        payer = payer,
        space = 8 + core::mem::size_of::<Market>(),
        seeds = [seeds::MARKET, clearinghouse.address().as_ref(), &[index]],
        bump
    )]
    pub market: Account<Market>,
    pub system_program: Program<System>,
}

/// `index` is the asset's row, and becomes the market's.
pub fn add_market(ctx: &mut Context<AddMarket>, index: u8, config: MarketConfig) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let remaining = ctx.remaining_accounts()?;
    let AddMarket { authority, clearinghouse, board, market, .. } = &mut ctx.accounts;
    require_same(clearinghouse.address(), [&board.clearinghouse])?;
    let scope = Scope { clearinghouse, board: Some(board), target: Target::None, now };
    permit(authority.address(), &Change::AddMarket { index, config }, &scope, &remaining, now)?;
    let row = board.get_mut(index as usize).ok_or(FirebreakError::AssetMissing)?;
    require!(row.has_market == 0, FirebreakError::MarketExists);

    market.clearinghouse = *clearinghouse.address();
    market.index = index;
    market.bump = ctx.bumps.market;
    market.version = VERSION;
    config.list(market, row)?;
    risk::validate_market(&market.params(), &row.params()).named()?;
    risk::validate_breaker(&market.breaker_params(row)).named()?;

    emit(&MarketAdded { clearinghouse: *clearinghouse.address(), market: *market.address() });
    Ok(())
}
