//! A market as people look at it: its price and how good it is, margins, books, the breaker.

use firebreak_client::{
    Overview,
    firebreak::state::{AssetRow, Market},
    restrictions::{Cause, Restriction, restrictions},
};
use risk::{Level, PriceQuality};
use serde::Serialize;

use crate::{
    events::level_name,
    output::{Colour, Value, cell},
    units::{Amount, Price, Size, Units, duration},
};

/// How good a price is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// No price was ever accepted.
    Missing,
    Stale,
    Uncertain,
    Fresh,
    Confirmed,
}

impl From<PriceQuality> for Quality {
    fn from(quality: PriceQuality) -> Self {
        match quality {
            PriceQuality::Invalid => Self::Missing,
            PriceQuality::Stale => Self::Stale,
            PriceQuality::Uncertain => Self::Uncertain,
            PriceQuality::Fresh => Self::Fresh,
            PriceQuality::Confirmed => Self::Confirmed,
        }
    }
}

impl Quality {
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Stale => "stale",
            Self::Uncertain => "uncertain",
            Self::Fresh => "fresh",
            Self::Confirmed => "confirmed",
        }
    }

    pub fn colour(self) -> Colour {
        match self {
            Self::Missing | Self::Stale => Colour::Bad,
            Self::Uncertain => Colour::Warning,
            Self::Fresh | Self::Confirmed => Colour::Good,
        }
    }

    /// With the price's age.
    pub fn text(self, age_seconds: i64) -> String {
        if self == Self::Missing {
            self.name().to_owned()
        } else {
            format!("{} {}", self.name(), duration(age_seconds))
        }
    }

    pub fn cell(self, age_seconds: i64) -> Value {
        cell(self.text(age_seconds), self.colour())
    }
}

/// The breaker of a market.
#[derive(Clone, Debug, Serialize)]
pub struct BreakerView {
    pub level: u8,
    pub name: &'static str,
    /// All that restricts it, the highest level first.
    pub restrictions: Vec<RestrictionView>,
}

#[derive(Clone, Debug, Serialize)]
pub struct RestrictionView {
    pub level: u8,
    pub name: &'static str,
    pub is_global: bool,
    pub cause: &'static str,
    /// As guardian or authority gave it.
    pub reason: Option<u8>,
    /// Unix seconds; `None`: as long as its signal lasts.
    pub until: Option<i64>,
    pub seconds_left: Option<i64>,
}

impl RestrictionView {
    pub fn of(found: &Restriction, now: i64) -> Self {
        let (cause, reason) = match found.cause {
            Cause::Emergency { reason } => ("emergency", Some(reason)),
            Cause::Standing { reason } => ("standing", Some(reason)),
            Cause::Price => ("price", None),
            Cause::Books => ("liquidations_or_losses", None),
            Cause::CoolDown => ("cool_down", None),
        };
        Self {
            level: found.level as u8,
            name: level_name(found.level),
            is_global: found.is_global,
            cause,
            reason,
            until: found.until,
            seconds_left: found.until.map(|until| until.saturating_sub(now)),
        }
    }

    /// Why, and for how long.
    pub fn why(&self) -> String {
        let scope = if self.is_global { ", all markets" } else { "" };
        let cause = match (self.cause, self.reason) {
            ("emergency", Some(reason)) => format!("set by guardian or authority (reason {reason}){scope}"),
            ("standing", Some(reason)) => format!("set by the authority (reason {reason}){scope}"),
            ("price", _) => "the price moved or was doubtful".to_owned(),
            ("cool_down", _) => "cooling down".to_owned(),
            _ => "liquidations or losses".to_owned(),
        };
        let left =
            self.seconds_left.map_or_else(|| "while it lasts".to_owned(), |left| format!("{} left", duration(left)));
        format!("{cause}, {left}")
    }
}

impl BreakerView {
    pub fn colour(&self) -> Colour {
        match self.level {
            0 => Colour::Good,
            1 => Colour::Warning,
            _ => Colour::Bad,
        }
    }

    /// Level, and of one above Normal the time left.
    pub fn text(&self) -> String {
        match self.restrictions.first().and_then(|first| first.seconds_left) {
            Some(left) => format!("{} {}", self.name, duration(left)),
            None => self.name.to_owned(),
        }
    }
}

/// A market and the row of its asset.
#[derive(Clone, Debug, Serialize)]
pub struct MarketView {
    pub index: u8,
    pub symbol: String,
    pub lot: Size,
    pub mark: Price,
    pub confidence: Price,
    pub confidence_bps: u64,
    /// The average that prices are held against.
    pub ema: Price,
    pub quality: Quality,
    pub published_at: i64,
    pub age_seconds: i64,
    pub may_add_risk: bool,
    /// With the volatility multipliers in them.
    pub initial_margin_bps: u64,
    pub maintenance_margin_bps: u64,
    pub initial_multiplier_bps: u32,
    pub maintenance_multiplier_bps: u32,
    pub taker_fee_bps: u32,
    pub price_band_bps: u32,
    pub open_interest: Size,
    pub open_interest_long: Size,
    pub open_interest_short: Size,
    pub open_interest_cap: Size,
    pub open_interest_value: Amount,
    pub pool: Amount,
    pub tranche: Amount,
    pub tranche_target: Amount,
    pub fees: Amount,
    pub breaker: BreakerView,
    pub funding: Funding,
}

/// What a side pays the other.
#[derive(Clone, Debug, Serialize)]
pub struct Funding {
    /// Whether the market has funding at all.
    pub is_on: bool,
    /// What longs pay shorts over `period_seconds`, in millionths of the mark: negative where shorts pay. Rounded toward zero.
    pub rate_ppm: i64,
    pub period_seconds: u32,
    /// Unix seconds; the rate is 0 from then on.
    pub until: i64,
}

impl Funding {
    fn of(market: &Market, row: &AssetRow, now: i64) -> Self {
        let rate = if now < row.funding_until { i128::from(row.funding_rate) } else { 0 };
        let paid = rate * i128::from(market.funding_seconds) * 1_000_000 / (1 << 24);
        let ppm = if row.mark == 0 { 0 } else { paid / i128::from(row.mark) };
        Self {
            is_on: market.funding_cap_bps != 0,
            rate_ppm: i64::try_from(ppm).unwrap_or(i64::MAX),
            period_seconds: market.funding_seconds,
            until: row.funding_until,
        }
    }

    /// In a few columns: positive where longs pay.
    pub fn short(&self) -> String {
        let sign = if self.rate_ppm > 0 { "+" } else { "" };
        match self.rate_ppm {
            _ if !self.is_on => "none".to_owned(),
            rate => {
                format!("{sign}{} %/{}", crate::decimal::format(rate.into(), 4), duration(self.period_seconds.into()))
            }
        }
    }

    pub fn text(&self) -> String {
        let share = |ppm: i64| crate::decimal::format(ppm.unsigned_abs().into(), 4);
        match self.rate_ppm {
            _ if !self.is_on => "none".to_owned(),
            0 => "0 %".to_owned(),
            rate => {
                let who = if rate > 0 { "longs pay" } else { "shorts pay" };
                format!("{who} {} % per {}", share(rate), duration(self.period_seconds.into()))
            }
        }
    }
}

impl MarketView {
    /// At the time of the overview.
    pub fn of(units: &Units, overview: &Overview, market: &Market, row: &AssetRow) -> Self {
        let (index, now) = (market.index, overview.now);
        let ratio = |ratio: u32, multiplier: u32| u64::from(ratio) * u64::from(multiplier) / risk::BPS_ONE;
        let held = market.long_open_interest.max(market.short_open_interest);
        let found = restrictions(&overview.breaker, market, row, now);
        let level = found.first().map_or(Level::Normal, |first| first.level);
        Self {
            index,
            symbol: units.symbol(index),
            lot: units.size(index, 1),
            mark: units.price(index, row.mark),
            confidence: units.price(index, row.confidence),
            confidence_bps: (row.confidence * risk::BPS_ONE).checked_div(row.mark).unwrap_or(0),
            ema: units.price(index, row.ema >> 16),
            quality: row.quality_at(now).into(),
            published_at: row.publish_time,
            age_seconds: now.saturating_sub(row.publish_time).max(0),
            may_add_risk: row.require(risk::Action::AddRisk, now).is_ok(),
            initial_margin_bps: ratio(row.initial_ratio_bps, row.initial_multiplier_bps),
            maintenance_margin_bps: ratio(row.maintenance_in_force(row.publish_time), row.maintenance_multiplier_bps),
            initial_multiplier_bps: row.initial_multiplier_bps,
            maintenance_multiplier_bps: row.maintenance_multiplier_bps,
            taker_fee_bps: market.taker_fee_bps,
            price_band_bps: market.price_band_bps,
            open_interest: units.size(index, held),
            open_interest_long: units.size(index, market.long_open_interest),
            open_interest_short: units.size(index, market.short_open_interest),
            open_interest_cap: units.size(index, market.max_open_interest_lots),
            open_interest_value: units.amount(i128::from(held) * i128::from(row.mark)),
            pool: units.amount(market.pool),
            tranche: units.amount(market.tranche),
            tranche_target: units.amount(market.tranche_target),
            fees: units.amount(market.fees),
            breaker: BreakerView {
                level: level as u8,
                name: level_name(level),
                restrictions: found.iter().map(|found| RestrictionView::of(found, now)).collect(),
            },
            funding: Funding::of(market, row, now),
        }
    }

    /// Every market of an overview, in order.
    pub fn all(units: &Units, overview: &Overview) -> Vec<Self> {
        let rows = &overview.board.rows;
        let known =
            overview.markets.iter().filter_map(|(index, market)| Some((market, rows.get(usize::from(*index))?)));
        known.map(|(market, row)| Self::of(units, overview, market, row)).collect()
    }

    /// How many times margins are what they are in calm times.
    pub fn multiplier(&self) -> String {
        format!("{}x", crate::decimal::pretty(self.initial_multiplier_bps.into(), 4, 2))
    }
}
