//! What a row makes of its parameters and its price: ratios in force, margins, collateral.

use risk::{
    AssetParams, AssetRisk, BPS_ONE, CollateralTerms, Holding, Leg, MarginTerms, Moved, PriceQuality, Volatility,
    VolatilityParams,
};

use crate::{
    error::{FirebreakError, Named},
    state::AssetRow,
};

impl AssetRow {
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
    pub(super) fn follow(&mut self, mark: u64, moved: Moved) {
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
    pub(super) fn margin_terms(&self) -> core::result::Result<MarginTerms, FirebreakError> {
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
