//! List an asset: a row on the board, with its feed and its risk parameters. Free before sealing, then by a proposal.

use anchor_lang::{AccountRealloc, prelude::*};
use bytemuck::Zeroable;
use risk::AssetParams;

use crate::{
    error::{FirebreakError, Named},
    event::{AssetAdded, emit},
    governance::{Change, Scope, Target, permit},
    instructions::require_same,
    state::{AssetRow, BoardAccount, Clearinghouse, FeedKind, RiskBoard, VERSION},
};

/// Everything an asset is listed with.
#[derive(Clone, Copy, Debug, AnchorSerialize, AnchorDeserialize, IdlType)]
pub struct AssetConfig {
    /// ASCII, padded with zeros.
    pub symbol: [u8; 8],
    /// 1: Pyth pull, `feed` is the feed id. 2: older Pyth account, `feed` is its address.
    pub feed_kind: u8,
    pub feed: [u8; 32],
    /// The feed's exponent; a reading with another one is refused.
    pub exponent: i32,
    /// A lot is `10^lot_exponent` units of the asset; choose it so that one is worth about 1 to 10 quote tokens.
    pub lot_exponent: i8,
    /// Correlation group, 1 to 7; 0: none.
    pub group: u8,
    /// The part of a position's stress that moves with its group, and that opposite positions there may offset.
    pub group_weight_bps: u32,
    pub initial_ratio_bps: u32,
    pub maintenance_ratio_bps: u32,
    pub gain_weight_bps: u32,
    pub max_age_seconds: u32,
    /// Age up to which a price is good enough to add risk on.
    pub fresh_age_seconds: u32,
    pub confidence_fresh_bps: u32,
    pub confidence_max_bps: u32,
    pub ema_band_bps: u32,
    pub ema_seconds: u32,
    /// The second feed, of another kind or another feed; 0 where there is none.
    pub secondary_kind: u8,
    pub secondary_feed: [u8; 32],
    pub secondary_exponent: i32,
    /// Furthest the two may be apart and agree.
    pub agreement_bps: u32,
    /// Highest multiple of its margin ratios that volatility may ask for; 10,000 (1) keeps them fixed.
    pub multiplier_cap_bps: u32,
    /// The volatility up to which the multiplier is 1, per day.
    pub calm_volatility_bps: u32,
    /// Time constant of the realised variance.
    pub variance_seconds: u32,
    /// How long maintenance margin takes at least from its ratio to the cap.
    pub notice_seconds: u32,
}

impl AssetConfig {
    /// The row to list, as the arithmetic accepts it. Errors: an unknown feed kind, a feed id of zeros, a lot out of range, or
    /// the broken inequality.
    pub fn row(&self, quote_decimals: u8) -> Result<AssetRow> {
        let is_feed = FeedKind::from_u8(self.feed_kind).is_some() && self.feed != [0; 32];
        require!(is_feed, FirebreakError::FeedInvalid);
        let scale_of = |exponent: i32| {
            let scale = exponent.checked_add(i32::from(quote_decimals) + i32::from(self.lot_exponent));
            scale.and_then(|scale| i8::try_from(scale).ok()).ok_or(FirebreakError::LotOutOfRange)
        };
        let row = AssetRow {
            primary_feed: self.feed,
            primary_kind: self.feed_kind,
            primary_exponent: self.exponent,
            lot_exponent: self.lot_exponent,
            scale: scale_of(self.exponent)?,
            symbol: self.symbol,
            group: self.group,
            group_weight_bps: self.group_weight_bps,
            initial_ratio_bps: self.initial_ratio_bps,
            maintenance_ratio_bps: self.maintenance_ratio_bps,
            gain_weight_bps: self.gain_weight_bps,
            initial_multiplier_bps: risk::BPS_ONE as u32,
            maintenance_multiplier_bps: risk::BPS_ONE as u32,
            max_age_seconds: self.max_age_seconds,
            fresh_age_seconds: self.fresh_age_seconds,
            confidence_fresh_bps: self.confidence_fresh_bps,
            confidence_max_bps: self.confidence_max_bps,
            ema_band_bps: self.ema_band_bps,
            ema_seconds: self.ema_seconds,
            long_side: risk::SideIndex::NEW.into(),
            short_side: risk::SideIndex::NEW.into(),
            calm_variance: risk::calm_variance(u64::from(self.calm_volatility_bps)),
            multiplier_cap_bps: self.multiplier_cap_bps,
            variance_seconds: self.variance_seconds,
            notice_seconds: self.notice_seconds,
            version: VERSION,
            ..AssetRow::zeroed()
        };
        let row = self.with_secondary(row, scale_of)?;
        risk::validate_asset(&row.params()).named()?;
        risk::validate_volatility(&row.volatility_params(), u64::from(row.initial_ratio_bps)).named()?;
        Ok(row)
    }
}

impl AssetConfig {
    /// Adds the second feed. Errors: an unknown kind, an id of zeros, the primary once more, an agreement of nothing, or of 100 % and more.
    fn with_secondary(
        &self,
        row: AssetRow,
        scale_of: impl Fn(i32) -> core::result::Result<i8, FirebreakError>,
    ) -> Result<AssetRow> {
        if self.secondary_kind == 0 {
            let is_none = self.secondary_feed == [0; 32] && self.secondary_exponent == 0 && self.agreement_bps == 0;
            require!(is_none, FirebreakError::FeedInvalid);
            return Ok(row);
        }
        let is_feed = FeedKind::from_u8(self.secondary_kind).is_some() && self.secondary_feed != [0; 32];
        let is_other = self.secondary_kind != self.feed_kind || self.secondary_feed != self.feed;
        let is_share = (1..risk::BPS_ONE).contains(&u64::from(self.agreement_bps));
        require!(is_feed && is_other && is_share, FirebreakError::FeedInvalid);
        let row = AssetRow {
            secondary_kind: self.secondary_kind,
            secondary_feed: self.secondary_feed,
            secondary_exponent: self.secondary_exponent,
            secondary_scale: scale_of(self.secondary_exponent)?,
            agreement_bps: self.agreement_bps,
            ..row
        };
        risk::validate_asset(&AssetParams { gate: row.feed_gates().secondary, ..row.params() }).named()?;
        Ok(row)
    }
}

/// Once sealed, the proposal follows as a remaining account.
#[derive(Accounts)]
pub struct AddAsset {
    /// Pays for the row.
    #[account(mut, unsafe(dup))] // often the owner too; a signer has no data to alias
    pub payer: Signer,
    pub authority: Signer,
    pub clearinghouse: Account<Clearinghouse>,
    #[account(mut)]
    pub board: BoardAccount,
    pub system_program: Program<System>,
}

impl AddAsset {
    fn validate(&self, config: AssetConfig, remaining: &[AccountView], now: i64) -> Result<()> {
        require_same(self.clearinghouse.address(), [&self.board.clearinghouse])?;
        let scope = Scope { clearinghouse: &self.clearinghouse, board: Some(&self.board), target: Target::None, now };
        permit(self.authority.address(), &Change::AddAsset { config }, &scope, remaining, now)?;
        require!(self.board.len() < risk::MAX_ASSETS, FirebreakError::BoardFull);
        Ok(())
    }
}

pub fn add_asset(ctx: &mut Context<AddAsset>, config: AssetConfig) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let remaining = ctx.remaining_accounts()?;
    let accounts = &mut ctx.accounts;
    accounts.validate(config, &remaining, now)?;
    let row = config.row(accounts.clearinghouse.quote_decimals)?;

    let index = accounts.board.len();
    let space = 8 + core::mem::size_of::<RiskBoard>() + 8 + (index + 1) * core::mem::size_of::<AssetRow>();
    accounts.board.realloc_account(space, *accounts.payer.account(), true)?;
    accounts.board.try_push(row)?;

    emit(&AssetAdded {
        clearinghouse: *accounts.clearinghouse.address(),
        feed: config.feed,
        symbol: config.symbol,
        index: index as u8,
        feed_kind: config.feed_kind,
        reserved: [0; 6],
    });
    Ok(())
}
