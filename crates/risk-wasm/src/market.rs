//! Prices and breakers.

use firebreak::state::{AssetRow, Breaker, BreakerState, CircuitBreaker};
use risk::{Action, Level};
use serde_json::{Value, json};

use crate::{
    accounts::{Board, BreakerData, MarketData},
    json::{Problem, figure, refusal},
};

/// What a price is an average of is kept with 16 fraction bits; shown rounded down.
const FRACTION_BITS: u32 = 16;

pub fn prices(board: &Board, now: i64) -> Value {
    Value::Array((0_u8..).zip(&board.rows).map(|(asset, row)| price(asset, row, now)).collect())
}

fn price(asset: u8, row: &AssetRow, now: i64) -> Value {
    let symbol: String = row.symbol.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte)).collect();
    json!({
        "asset": asset,
        "symbol": symbol,
        "mark": figure(row.mark),
        "confidence": figure(row.confidence),
        "confidenceBps": figure(confidence_bps(row)),
        "ema": figure(row.ema >> FRACTION_BITS),
        "longPrice": figure(row.long_price),
        "shortPrice": figure(row.short_price),
        "publishTime": figure(row.publish_time),
        "age": figure(now.saturating_sub(row.publish_time)),
        "quality": row.quality_at(now) as u8,
        "addRisk": refusal(&row.require(Action::AddRisk, now)),
        "reduceRisk": refusal(&row.require(Action::ReduceRisk, now)),
        "liquidate": refusal(&row.require(Action::Liquidate, now)),
        "riskOpensAt": figure(row.risk_opens_at),
        "initialMultiplierBps": row.initial_multiplier_bps,
        "maintenanceMultiplierBps": row.maintenance_multiplier_bps,
        "maintenanceRatioBps": row.maintenance_in_force(row.publish_time),
        "haircutBps": row.haircut_in_force(row.publish_time),
        "isRamping": row.is_ramping(now),
    })
}

/// Of the mark, rounded up.
fn confidence_bps(row: &AssetRow) -> u64 {
    row.confidence.saturating_mul(risk::BPS_ONE).div_ceil(row.mark.max(1))
}

/// What one who may set levels has set.
fn state(state: &BreakerState, now: i64) -> Value {
    json!({
        "level": state.level_at(now) as u8,
        "until": figure(state.expires_at),
        "reason": state.reason,
        "trips": state.trips,
    })
}

fn set(breaker: &Breaker, now: i64) -> Value {
    json!({ "emergency": state(&breaker.emergency, now), "standing": state(&breaker.standing, now) })
}

pub fn levels(breaker: &BreakerData, board: &Board, markets: &[MarketData], now: i64) -> Result<Value, Problem> {
    let breaker = &breaker.0;
    let global = breaker.global.level_at(now);
    let mut all =
        vec![json!({ "market": CircuitBreaker::GLOBAL, "level": global as u8, "set": set(&breaker.global, now) })];
    for market in markets.iter().map(|market| &market.0) {
        let row = board.row(market.index)?;
        let (automatic, books) = (&row.breaker, market.stress(now).enters);
        all.push(json!({
            "market": market.index,
            "level": market.level(breaker, row, now) as u8,
            "set": set(breaker.breaker(market.index)?, now),
            "automatic": {
                "level": automatic.level_at(now) as u8,
                "until": figure(automatic.until),
                "trips": automatic.trips,
                "byPrice": automatic.price_enters,
            },
            "books": books as u8,
            "isGrace": market.is_grace(breaker, row, now),
            "isClosed": market.level(breaker, row, now) >= Level::LiquidationOnly,
        }));
    }
    Ok(Value::Array(all))
}
