//! How the program's own parameter sets are written in a file: the same names, with symbols and feeds as text.

use firebreak::instructions::{AssetConfig, BankConfig, BreakerConfig, MarketConfig, OutflowConfig};
use serde::{Deserialize, Deserializer, Serialize};
use solana_address::Address;

/// An address in base58.
pub fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Address, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(|_| serde::de::Error::custom(format!("`{text}` is no address in base58")))
}

/// Several addresses.
pub fn addresses<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Address>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    let parse = |text: String| text.parse().map_err(|_| format!("`{text}` is no address in base58"));
    texts.into_iter().map(parse).collect::<Result<_, _>>().map_err(serde::de::Error::custom)
}

fn symbol<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 8], D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() || text.len() > 8 || !text.is_ascii() {
        return Err(serde::de::Error::custom(format!("the symbol `{text}` is not one to eight ASCII letters")));
    }
    let mut symbol = [0; 8];
    symbol[..text.len()].copy_from_slice(text.as_bytes());
    Ok(symbol)
}

/// A feed id as 64 hexadecimal digits, or the address of an older price account in base58.
fn feed<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(from)?;
    parse_feed(&text).ok_or_else(|| {
        let message = format!("the feed `{text}` is neither 64 hexadecimal digits nor an address in base58");
        serde::de::Error::custom(message)
    })
}

/// See `feed`.
pub fn parse_feed(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 {
        return text.parse::<Address>().ok().map(|address| address.to_bytes());
    }
    let mut id = [0; 32];
    for (byte, digits) in id.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(id)
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "AssetConfig", deny_unknown_fields)]
pub struct AssetFields {
    #[serde(deserialize_with = "symbol")]
    symbol: [u8; 8],
    feed_kind: u8,
    #[serde(deserialize_with = "feed")]
    feed: [u8; 32],
    exponent: i32,
    lot_exponent: i8,
    group: u8,
    group_weight_bps: u32,
    initial_ratio_bps: u32,
    maintenance_ratio_bps: u32,
    gain_weight_bps: u32,
    max_age_seconds: u32,
    fresh_age_seconds: u32,
    confidence_fresh_bps: u32,
    confidence_max_bps: u32,
    ema_band_bps: u32,
    ema_seconds: u32,
    /// The second feed's fields are left out where there is none.
    #[serde(default)]
    secondary_kind: u8,
    #[serde(default, deserialize_with = "feed")]
    secondary_feed: [u8; 32],
    #[serde(default)]
    secondary_exponent: i32,
    #[serde(default)]
    agreement_bps: u32,
    multiplier_cap_bps: u32,
    calm_volatility_bps: u32,
    variance_seconds: u32,
    notice_seconds: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "MarketConfig", deny_unknown_fields)]
pub struct MarketFields {
    penalty_min_bps: u32,
    penalty_max_bps: u32,
    penalty_ramp_bps_per_minute: u32,
    insurance_share_bps: u32,
    buffer_bps: u32,
    exit_slippage_bps: u32,
    price_band_bps: u32,
    taker_fee_bps: u32,
    liquidation_window_seconds: u32,
    insurance_window_seconds: u32,
    max_open_interest_lots: u64,
    slice_lots: u64,
    min_position_lots: u64,
    liquidation_window_lots: u64,
    depth_lots: u64,
    insurance_event_cap: u64,
    insurance_window_cap: u64,
    tranche_target: u64,
    coinsurance_share_bps: u32,
    fee_share_bps: u32,
    funding_cap_bps: u32,
    funding_seconds: u32,
    premium_seconds: u32,
    #[serde(with = "BreakerFields")]
    breaker: BreakerConfig,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "BreakerConfig", deny_unknown_fields)]
struct BreakerFields {
    move_bps: u32,
    uncertain_seconds: u32,
    liquidated_bps: u32,
    liquidated_floor_lots: u64,
    drawdown_bps: u32,
    cooldown_seconds: u32,
    grace_seconds: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "OutflowConfig", deny_unknown_fields)]
pub struct OutflowFields {
    hourly_share_bps: u32,
    daily_share_bps: u32,
    outflow_floor: u64,
    small_exit: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "BankConfig", deny_unknown_fields)]
pub struct BankFields {
    asset: u8,
    haircut_bps: u32,
    liquidation_discount_bps: u32,
    deposit_cap: u64,
    #[serde(with = "OutflowFields")]
    outflow: OutflowConfig,
    surcharge_bps: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_is_hexadecimal_or_an_address() {
        assert_eq!(parse_feed(&"0f".repeat(32)), Some([15; 32]));
        assert_eq!(parse_feed("11111111111111111111111111111111"), Some([0; 32]));
        for wrong in ["", "zz", &"zz".repeat(32), &"é".repeat(32), "0f0f"] {
            assert_eq!(parse_feed(wrong), None, "{wrong}");
        }
    }
}
