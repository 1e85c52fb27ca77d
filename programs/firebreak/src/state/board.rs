//! The one account that valuations read: a row per asset, with its price and what follows from it.

mod margins;
mod prices;

use crate::anchor::*;
use risk::{Leg, SideIndex};

use crate::{
    error::{FirebreakError, Named},
    state::{AutomaticState, Position},
};

/// Where an asset's price comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FeedKind {
    /// `PriceUpdateV2` with this feed id, owned by an accepted receiver program.
    PythPull = 1,
    /// Pyth's older price account at this address, owned by the accepted oracle program.
    PythLegacy = 2,
}

impl FeedKind {
    pub const fn from_u8(value: u8) -> Option<Self> {
        match value {
            1 => Some(Self::PythPull),
            2 => Some(Self::PythLegacy),
            _ => None,
        }
    }
}

/// The one account a valuation reads: a row per asset.
#[account]
#[derive(Debug, PartialEq, Eq)]
pub struct RiskBoard {
    pub clearinghouse: Address,
    /// Programs that may own `PriceUpdateV2` accounts; the default key marks a free place.
    pub receivers: [Address; 4],
    /// Program that may own older Pyth price accounts; the default key where none is accepted.
    pub legacy_program: Address,
    pub bump: u8,
    pub version: u8,
    pub reserved: [u8; 62],
}

const _: () = assert!(core::mem::size_of::<RiskBoard>() == 256);

/// The indices that auto-deleveraging moves for one side of a market (`risk::SideIndex`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable, IdlType)]
#[repr(C)]
pub struct SideIndices {
    pub scale: u64,
    pub charge: i64,
    pub last_scale: u64,
    pub last_charge: i64,
    pub epoch: u16,
    pub reserved: [u8; 6],
}

impl SideIndices {
    pub fn index(&self) -> SideIndex {
        let Self { scale, charge, last_scale, last_charge, epoch, .. } = *self;
        SideIndex { scale, charge, last_scale, last_charge, epoch }
    }

    /// Whether a position saw them as they are.
    #[inline(always)]
    pub fn is_seen_by(&self, position: &Position) -> bool {
        position.side_scale == self.scale && position.side_charge == self.charge && position.side_epoch == self.epoch
    }

    /// What a position pays, in quote atoms, where nothing but charges happened to its side (`risk::charge_since`).
    #[inline(always)]
    pub fn charge_of(&self, position: &Position) -> Option<i64> {
        if position.side_scale != self.scale || position.side_epoch != self.epoch {
            return None;
        }
        let step = self.charge.checked_sub(position.side_charge)?;
        risk::charge_since(position.size.unsigned_abs(), step, self.scale)
    }
}

impl From<SideIndex> for SideIndices {
    fn from(index: SideIndex) -> Self {
        let SideIndex { scale, charge, last_scale, last_charge, epoch } = index;
        Self { scale, charge, last_scale, last_charge, epoch, reserved: [0; 6] }
    }
}

/// One asset: its guarded price, what a valuation multiplies by, and its parameters. Prices and margins are quote atoms
/// per lot. A market has the index of its asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable, IdlType)]
#[repr(C)]
pub struct AssetRow {
    pub mark: u64,
    pub confidence: u64,
    /// With 16 fraction bits.
    pub ema: u64,
    /// Unix seconds.
    pub publish_time: i64,
    pub long_price: u64,
    pub short_price: u64,
    pub initial_margin: u64,
    pub maintenance_margin: u64,
    /// Realised variance, for the dynamic margin.
    pub variance: u64,
    /// Unix seconds from which risk may be added again, after a price that was uncertain.
    pub risk_opens_at: i64,
    pub long_side: SideIndices,
    pub short_side: SideIndices,
    /// Feed id or account address, as `primary_kind` says.
    pub primary_feed: [u8; 32],
    pub secondary_feed: [u8; 32],
    pub initial_ratio_bps: u32,
    pub maintenance_ratio_bps: u32,
    pub gain_weight_bps: u32,
    pub initial_multiplier_bps: u32,
    pub maintenance_multiplier_bps: u32,
    pub max_age_seconds: u32,
    pub confidence_fresh_bps: u32,
    pub confidence_max_bps: u32,
    pub ema_band_bps: u32,
    pub ema_seconds: u32,
    /// Age up to which a price is fresh.
    pub fresh_age_seconds: u32,
    /// Taken off the value of collateral, and off its price where it is sold; as its bank was listed.
    pub haircut_bps: u32,
    pub discount_bps: u32,
    pub primary_exponent: i32,
    pub secondary_exponent: i32,
    /// Furthest the two feeds' prices may be apart and agree.
    pub agreement_bps: u32,
    /// `PriceQuality` as the gate left it; age is judged when it is read.
    pub quality: u8,
    pub primary_kind: u8,
    pub secondary_kind: u8,
    /// Correlation group.
    pub group: u8,
    /// 1 where a market exists.
    pub has_market: u8,
    /// Index of the bank whose token this asset is; 0 where there is none.
    pub collateral_bank: u8,
    /// A lot is `10^lot_atoms_exponent` atoms of that token.
    pub lot_atoms_exponent: u8,
    /// A lot is `10^lot_exponent` units of the asset.
    pub lot_exponent: i8,
    /// Decimal places from the primary, and the secondary, oracle's integer to quote atoms per lot.
    pub scale: i8,
    pub secondary_scale: i8,
    pub version: u8,
    pub padding: [u8; 5],
    /// What each of two feeds last said: quote atoms per lot, unix seconds. Unused where there is one.
    pub primary_mark: u64,
    pub primary_time: i64,
    pub secondary_mark: u64,
    pub secondary_time: i64,
    /// What averages last followed where there are two feeds: quote atoms per lot, unix seconds.
    pub followed_mark: u64,
    pub followed_time: i64,
    /// How the multipliers follow the variance (`risk::VolatilityParams`).
    pub calm_variance: u64,
    pub multiplier_cap_bps: u32,
    pub variance_seconds: u32,
    pub notice_seconds: u32,
    /// What the automatic breaker watches; a threshold of 0 where there is no market.
    pub move_bps: u32,
    /// ASCII, padded with zeros.
    pub symbol: [u8; 8],
    /// The part of a position's stress that moves with its group.
    pub group_weight_bps: u32,
    /// The size at which margin per lot has doubled; 0: it never grows.
    pub depth_lots: u32,
    /// As collateral: most lots that accounts may hold together, and what counts less beside longs of the same group.
    pub cap_lots: u32,
    pub surcharge_bps: u32,
    pub uncertain_seconds: u32,
    pub cooldown_seconds: u32,
    /// Initial margin at the maintenance multiplier: what whoever takes over a position must hold.
    pub takeover_margin: u64,
    /// What each lot adds to the margin of every lot, with 16 fraction bits.
    pub initial_liquidity: u64,
    pub maintenance_liquidity: u64,
    pub takeover_liquidity: u64,
    /// Of each margin, what moves with the group.
    pub initial_grouped: u64,
    pub maintenance_grouped: u64,
    pub takeover_grouped: u64,
    /// Unix seconds up to which the price is fresh; 0 where it is not.
    pub fresh_until: i64,
    /// What a long lot pays per second, and was charged so far (shorts the opposite): quote atoms with 24 fraction bits. Unix seconds
    /// of publishing at which the rate ends.
    pub funding_rate: i64,
    pub funding_index: i64,
    pub funding_until: i64,
    /// Averages like `ema`, 12 and 288 times as slow.
    pub slow_ema: u64,
    pub slowest_ema: u64,
    /// Unix seconds since when the price has been uncertain; 0 where it is not.
    pub uncertain_since: i64,
    pub breaker: AutomaticState,
    /// Where the maintenance ratio and the haircut began their way up, and when (unix seconds): see `risk::ramped`.
    pub ramp_started: i64,
    pub maintenance_from_bps: u32,
    pub haircut_from_bps: u32,
    pub reserved: [u8; 72],
}

const _: () = assert!(core::mem::size_of::<AssetRow>() == 640);

impl AssetRow {
    /// What the positions of a side share.
    #[inline(always)]
    pub fn side(&self, is_long: bool) -> &SideIndices {
        if is_long { &self.long_side } else { &self.short_side }
    }

    /// A position as it is now, whatever happened to its side since it was touched.
    #[inline(always)]
    pub fn leg(&self, position: &Position) -> core::result::Result<Leg, FirebreakError> {
        let side = self.side(position.size > 0);
        if position.size == 0 || side.is_seen_by(position) {
            return Ok(position.leg());
        }
        match side.charge_of(position).and_then(|charge| position.entry.checked_add(charge)) {
            Some(entry) => Ok(Leg { size: i64::from(position.size), entry }),
            None => self.touched(position),
        }
    }

    #[cold]
    #[inline(never)]
    fn touched(&self, position: &Position) -> core::result::Result<Leg, FirebreakError> {
        let index = self.side(position.size > 0).index();
        Ok(risk::plan_touch(position.leg(), position.stamp(), &index, self.mark).named()?.leg)
    }
}
