//! Open a perpetual market on a listed asset. Free before sealing.
#![allow(unused_variables)] // the derive binds the arguments named for seeds once more than it reads them

use anchor_lang::prelude::*;

use crate::{
    error::{FirebreakError, Named},
    event::MarketAdded,
    instructions::require_same,
    seeds,
    state::{AssetRow, BoardAccount, Clearinghouse, Market, VERSION},
};

/// Everything a market is opened with. Sizes in lots, caps in quote atoms.
#[derive(Clone, Copy, Debug, AnchorSerialize, AnchorDeserialize, IdlType)]
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
}

impl MarketConfig {
    /// Writes into the asset's row what its market adds.
    pub fn list(&self, row: &mut AssetRow) -> core::result::Result<(), FirebreakError> {
        row.has_market = 1;
        row.depth_lots = u32::try_from(self.depth_lots).map_err(|_| FirebreakError::CapOutOfRange)?;
        row.derive()
    }

    /// Writes the parameters into a market.
    pub fn apply(&self, market: &mut Market) {
        market.penalty_min_bps = self.penalty_min_bps;
        market.penalty_max_bps = self.penalty_max_bps;
        market.penalty_ramp_bps_per_minute = self.penalty_ramp_bps_per_minute;
        market.insurance_share_bps = self.insurance_share_bps;
        market.buffer_bps = self.buffer_bps;
        market.exit_slippage_bps = self.exit_slippage_bps;
        market.price_band_bps = self.price_band_bps;
        market.taker_fee_bps = self.taker_fee_bps;
        market.liquidation_window_seconds = self.liquidation_window_seconds;
        market.insurance_window_seconds = self.insurance_window_seconds;
        market.max_open_interest_lots = self.max_open_interest_lots;
        market.slice_lots = self.slice_lots;
        market.min_position_lots = self.min_position_lots;
        market.liquidation_window_lots = self.liquidation_window_lots;
        market.depth_lots = self.depth_lots;
        market.insurance_event_cap = self.insurance_event_cap;
        market.insurance_window_cap = self.insurance_window_cap;
        market.tranche_target = self.tranche_target;
        market.coinsurance_share_bps = self.coinsurance_share_bps;
        market.fee_share_bps = self.fee_share_bps;
        market.funding_cap_bps = self.funding_cap_bps;
        market.funding_seconds = self.funding_seconds;
        market.premium_seconds = self.premium_seconds;
    }
}

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
    let AddMarket { authority, clearinghouse, board, market, .. } = &mut ctx.accounts;
    require_same(clearinghouse.address(), [&board.clearinghouse])?;
    clearinghouse.require_setup(authority.address())?;
    let row = board.get_mut(index as usize).ok_or(FirebreakError::AssetMissing)?;
    require!(row.has_market == 0, FirebreakError::MarketExists);

    config.list(row)?;
    let asset = row.params();
    market.clearinghouse = *clearinghouse.address();
    market.index = index;
    market.bump = ctx.bumps.market;
    market.version = VERSION;
    config.apply(market);
    risk::validate_market(&market.params(), &asset).named()?;

    emit!(MarketAdded { clearinghouse: *clearinghouse.address(), market: *market.address() });
    Ok(())
}
