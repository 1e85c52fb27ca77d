use crate::anchor::*;
use risk::{
    Accrual, Action, AssetParams, AssetRisk, BPS_ONE, CollateralTerms, FeedGates, FeedSeen, FeedsState, GateParams,
    Holding, Leg, MarginTerms, Moved, PriceAges, PriceQuality, PriceState, SideIndex, Volatility, VolatilityParams,
    quality_at, risk_opens_at,
};

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

    /// How margin follows volatility.
    pub fn volatility_params(&self) -> VolatilityParams {
        VolatilityParams {
            calm_variance: self.calm_variance,
            cap_bps: u64::from(self.multiplier_cap_bps),
            variance_seconds: self.variance_seconds,
            notice_seconds: self.notice_seconds,
        }
    }

    /// Lets variance and multipliers follow a price that is about to be put on the row. Fixed margins cost nothing.
    fn follow(&mut self, mark: u64, moved: Moved) {
        if u64::from(self.multiplier_cap_bps) <= BPS_ONE {
            return;
        }
        let last = Volatility {
            variance: self.variance,
            initial_multiplier_bps: u64::from(self.initial_multiplier_bps),
            maintenance_multiplier_bps: u64::from(self.maintenance_multiplier_bps),
        };
        let next = risk::followed(&last, &self.volatility_params(), moved.from, mark, moved.seconds);
        self.variance = next.variance;
        self.initial_multiplier_bps = next.initial_multiplier_bps as u32; // at most the cap, which fits
        self.maintenance_multiplier_bps = next.maintenance_multiplier_bps as u32;
    }

    /// What an account has in this asset, as a report wants it.
    pub fn holding(&self, leg: Leg, collateral: u64) -> core::result::Result<Holding, FirebreakError> {
        Ok(Holding {
            leg,
            collateral,
            terms: self.collateral_for_maintenance()?,
            terms_for_initial: self.collateral_for_initial()?,
            risk: self.risk(),
            margin: self.margin_terms()?,
        })
    }

    /// The maintenance ratio at a price of this time, before its multiplier: on its way up after it was raised.
    pub fn maintenance_in_force(&self, publish_time: i64) -> u32 {
        self.ramped(self.maintenance_from_bps, self.maintenance_ratio_bps, publish_time)
    }

    /// The haircut that maintenance knows, likewise.
    pub fn haircut_in_force(&self, publish_time: i64) -> u32 {
        self.ramped(self.haircut_from_bps, self.haircut_bps, publish_time)
    }

    fn ramped(&self, from: u32, to: u32, publish_time: i64) -> u32 {
        if to <= from || self.ramp_started == 0 {
            return to;
        }
        let seconds = publish_time.saturating_sub(self.ramp_started);
        risk::ramped(u64::from(from), u64::from(to), seconds, self.notice_seconds) as u32 // at most `to`
    }

    /// Whether a requirement is on its way up at `now`.
    pub fn is_ramping(&self, now: i64) -> bool {
        let is_rising =
            self.maintenance_from_bps < self.maintenance_ratio_bps || self.haircut_from_bps < self.haircut_bps;
        let length = i64::from(risk::ramp_seconds(self.notice_seconds));
        self.ramp_started != 0 && is_rising && now.saturating_sub(self.ramp_started) < length
    }

    /// Notes, before new values are written, where those that could liquidate somebody begin: T111.
    pub fn begin_ramp(&mut self, maintenance_ratio_bps: u32, haircut_bps: u32, now: i64) {
        if maintenance_ratio_bps == self.maintenance_ratio_bps && haircut_bps == self.haircut_bps {
            return;
        }
        self.maintenance_from_bps = self.maintenance_in_force(self.publish_time).min(maintenance_ratio_bps);
        self.haircut_from_bps = self.haircut_in_force(self.publish_time).min(haircut_bps);
        self.ramp_started = now;
    }

    /// A ratio with its multiplier, rounded up.
    fn effective(ratio_bps: u32, multiplier_bps: u32) -> core::result::Result<u64, FirebreakError> {
        if u64::from(multiplier_bps) == BPS_ONE {
            return Ok(u64::from(ratio_bps)); // as the product would be: most multipliers are 1 most of the time
        }
        risk::bps_up(u64::from(ratio_bps), u64::from(multiplier_bps)).named()
    }

    /// Margin ratios with their multipliers, and what else goes into margins.
    fn margin_terms(&self) -> core::result::Result<MarginTerms, FirebreakError> {
        Ok(MarginTerms {
            initial_ratio_bps: Self::effective(self.initial_ratio_bps, self.initial_multiplier_bps)?,
            maintenance_ratio_bps: Self::effective(
                self.maintenance_in_force(self.publish_time),
                self.maintenance_multiplier_bps,
            )?,
            takeover_ratio_bps: Self::effective(self.initial_ratio_bps, self.maintenance_multiplier_bps)?,
            gain_weight_bps: u64::from(self.gain_weight_bps),
            group_weight_bps: u64::from(self.group_weight_bps),
            group: self.group,
            depth_lots: u64::from(self.depth_lots),
        })
    }

    /// What this asset's token is worth as collateral: as its bank's parameters say, before what volatility adds.
    pub fn collateral(&self) -> CollateralTerms {
        CollateralTerms {
            lot_atoms_exponent: self.lot_atoms_exponent,
            haircut_bps: u64::from(self.haircut_bps),
            discount_bps: u64::from(self.discount_bps),
            cap_lots: u64::from(self.cap_lots),
            surcharge_bps: u64::from(self.surcharge_bps),
        }
    }

    /// The same for new risk: a haircut that was raised, and one that volatility raises, count at once.
    pub fn collateral_for_initial(&self) -> core::result::Result<CollateralTerms, FirebreakError> {
        self.collateral_at(self.haircut_bps, self.initial_multiplier_bps)
    }

    /// The same for maintenance: both count with notice.
    pub fn collateral_for_maintenance(&self) -> core::result::Result<CollateralTerms, FirebreakError> {
        self.collateral_at(self.haircut_in_force(self.publish_time), self.maintenance_multiplier_bps)
    }

    fn collateral_at(
        &self,
        haircut_bps: u32,
        multiplier_bps: u32,
    ) -> core::result::Result<CollateralTerms, FirebreakError> {
        let haircut_bps = Self::effective(haircut_bps, multiplier_bps)?.min(BPS_ONE);
        Ok(CollateralTerms { haircut_bps, ..self.collateral() })
    }

    /// The numbers of a valuation.
    #[inline(always)]
    pub fn risk(&self) -> AssetRisk {
        AssetRisk {
            mark: self.mark,
            long_price: self.long_price,
            short_price: self.short_price,
            initial_margin: self.initial_margin,
            maintenance_margin: self.maintenance_margin,
            takeover_margin: self.takeover_margin,
            initial_liquidity: self.initial_liquidity,
            maintenance_liquidity: self.maintenance_liquidity,
            takeover_liquidity: self.takeover_liquidity,
            initial_grouped: self.initial_grouped,
            maintenance_grouped: self.maintenance_grouped,
            takeover_grouped: self.takeover_grouped,
            gain_weight_bps: u64::from(self.gain_weight_bps),
            group: self.group,
        }
    }

    /// Quality of the stored price at `now`.
    #[inline(always)]
    pub fn quality_at(&self, now: i64) -> PriceQuality {
        let ages = PriceAges { fresh_seconds: self.fresh_age_seconds, max_seconds: self.max_age_seconds };
        quality_at(PriceQuality::from_u8(self.quality), self.publish_time, ages, now)
    }

    /// The price's quality; refuses where it is not good enough, naming why.
    #[inline(always)]
    pub fn require(&self, action: Action, now: i64) -> core::result::Result<PriceQuality, FirebreakError> {
        if now <= self.fresh_until && (action != Action::AddRisk || now >= self.risk_opens_at) {
            return Ok(PriceQuality::Fresh); // good for everything, and asked for at every position
        }
        self.require_less(action, now)
    }

    #[inline(never)]
    fn require_less(&self, action: Action, now: i64) -> core::result::Result<PriceQuality, FirebreakError> {
        let quality = self.quality_at(now);
        if quality.permits(action) && (action != Action::AddRisk || now >= self.risk_opens_at) {
            return Ok(quality);
        }
        Err(match quality {
            PriceQuality::Invalid => FirebreakError::PriceMissing,
            PriceQuality::Stale => FirebreakError::PriceStale,
            _ => FirebreakError::PriceUncertain,
        })
    }

    /// What the gate left.
    pub fn price_state(&self) -> PriceState {
        PriceState {
            mark: self.mark,
            confidence: self.confidence,
            ema: self.ema,
            publish_time: self.publish_time,
            quality: PriceQuality::from_u8(self.quality),
        }
    }

    /// What the gate holds the primary feed against.
    pub fn gate(&self) -> GateParams {
        GateParams {
            exponent: self.primary_exponent,
            scale: i32::from(self.scale),
            max_age_seconds: self.max_age_seconds,
            confidence_fresh_bps: u64::from(self.confidence_fresh_bps),
            confidence_max_bps: u64::from(self.confidence_max_bps),
            ema_band_bps: u64::from(self.ema_band_bps),
            ema_seconds: self.ema_seconds,
        }
    }

    /// Whether the asset has a second feed.
    pub fn has_secondary(&self) -> bool {
        self.secondary_kind != 0
    }

    /// What two feeds are held against.
    pub fn feed_gates(&self) -> FeedGates {
        let primary = self.gate();
        let secondary =
            GateParams { exponent: self.secondary_exponent, scale: i32::from(self.secondary_scale), ..primary };
        FeedGates { primary, secondary, agreement_bps: u64::from(self.agreement_bps) }
    }

    /// The price, of those that feeds gave lately, which is best for whoever gives up a position: while they do not agree, nobody
    /// is taken over at the one that happens to be worse.
    pub fn protective_mark(&self, is_long: bool) -> u64 {
        let is_recent = |time: i64| self.publish_time.saturating_sub(time) <= i64::from(self.max_age_seconds);
        let seen = [(self.primary_mark, self.primary_time), (self.secondary_mark, self.secondary_time)];
        let recent = seen.iter().filter(|(mark, time)| self.has_secondary() && *mark > 0 && is_recent(*time));
        recent.fold(self.mark, |best, (mark, _)| if is_long { best.max(*mark) } else { best.min(*mark) })
    }

    /// What two feeds left.
    pub fn feeds_state(&self) -> FeedsState {
        let seen = [
            FeedSeen { mark: self.primary_mark, publish_time: self.primary_time },
            FeedSeen { mark: self.secondary_mark, publish_time: self.secondary_time },
        ];
        FeedsState {
            price: self.price_state(),
            seen,
            followed: FeedSeen { mark: self.followed_mark, publish_time: self.followed_time },
            is_settled: self.risk_opens_at != i64::MAX,
            moved: Moved::default(),
        }
    }

    /// Puts what two feeds said on the row.
    pub fn apply_feeds(&mut self, state: &FeedsState) -> core::result::Result<(), FirebreakError> {
        let [primary, secondary] = state.seen;
        (self.primary_mark, self.primary_time) = (primary.mark, primary.publish_time);
        (self.secondary_mark, self.secondary_time) = (secondary.mark, secondary.publish_time);
        (self.followed_mark, self.followed_time) = (state.followed.mark, state.followed.publish_time);
        self.put(&state.price, state.is_settled, state.moved)
    }

    /// The parameters, as the arithmetic validates them.
    pub fn params(&self) -> AssetParams {
        AssetParams {
            initial_ratio_bps: u64::from(self.initial_ratio_bps),
            maintenance_ratio_bps: u64::from(self.maintenance_ratio_bps),
            gain_weight_bps: u64::from(self.gain_weight_bps),
            fresh_age_seconds: self.fresh_age_seconds,
            group: self.group,
            group_weight_bps: u64::from(self.group_weight_bps),
            gate: self.gate(),
        }
    }

    /// Puts what an only feed said on the row.
    pub fn apply_price(&mut self, state: &PriceState) -> core::result::Result<(), FirebreakError> {
        let seconds = state.publish_time.saturating_sub(self.publish_time);
        self.put(state, state.quality.permits(Action::AddRisk), Moved { from: self.mark, seconds })
    }

    /// Puts an accepted price on the row, with everything that follows from it.
    fn put(&mut self, state: &PriceState, is_settled: bool, moved: Moved) -> core::result::Result<(), FirebreakError> {
        self.follow(state.mark, moved);
        if self.funding_rate != 0 {
            self.accrue(state.publish_time);
        }
        self.watch(state, is_settled, moved);
        self.risk_opens_at = risk_opens_at(self.risk_opens_at, is_settled, state.publish_time);
        self.mark = state.mark;
        self.confidence = state.confidence;
        self.ema = state.ema;
        self.publish_time = state.publish_time;
        self.quality = state.quality as u8;
        self.derive()
    }

    /// Lets funding run from the last price to one published at `time`. Who opened since paid for a price of seconds ago.
    #[inline(never)]
    fn accrue(&mut self, time: i64) {
        let seconds = time.min(self.funding_until).saturating_sub(self.publish_time).min(risk::MAX_ACCRUAL_SECONDS);
        let last = Accrual {
            long_charge: self.long_side.charge,
            short_charge: self.short_side.charge,
            index: self.funding_index,
        };
        let next = risk::accrued(self.funding_rate, seconds, last, (self.long_side.scale, self.short_side.scale));
        (self.long_side.charge, self.short_side.charge) = (next.long_charge, next.short_charge);
        self.funding_index = next.index;
        if time >= self.funding_until {
            self.funding_rate = 0;
        }
    }

    /// Works out what valuations multiply by, from the price and the parameters as they stand.
    pub fn derive(&mut self) -> core::result::Result<(), FirebreakError> {
        self.fresh_until = match PriceQuality::from_u8(self.quality) >= PriceQuality::Fresh {
            true => self.publish_time.saturating_add(i64::from(self.fresh_age_seconds)),
            false => 0,
        };
        let asset = risk::asset_risk(&self.price_state(), &self.margin_terms()?).named()?;
        self.long_price = asset.long_price;
        self.short_price = asset.short_price;
        self.initial_margin = asset.initial_margin;
        self.maintenance_margin = asset.maintenance_margin;
        self.takeover_margin = asset.takeover_margin;
        self.initial_liquidity = asset.initial_liquidity;
        self.maintenance_liquidity = asset.maintenance_liquidity;
        self.takeover_liquidity = asset.takeover_liquidity;
        self.initial_grouped = asset.initial_grouped;
        self.maintenance_grouped = asset.maintenance_grouped;
        self.takeover_grouped = asset.takeover_grouped;
        Ok(())
    }
}
