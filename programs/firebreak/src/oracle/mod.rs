//! Adapters: from an oracle's account to pyth-sdk-solana's `Price`. What the price is good for is the gate's business.

mod pyth_legacy;
mod pyth_pull;

use anchor_lang::prelude::*;
use pyth_sdk_solana::Price;
use risk::OraclePrice;

use crate::{
    error::FirebreakError,
    state::{AssetRow, FeedKind, RiskBoard},
};

/// Reads an asset's primary feed out of the account passed for it.
pub fn read_primary(view: &AccountView, row: &AssetRow, board: &RiskBoard) -> Result<OraclePrice> {
    let data = view.try_borrow()?;
    let price = match FeedKind::from_u8(row.primary_kind) {
        Some(FeedKind::PythPull) => {
            let is_accepted = |receiver: &Address| *receiver != Address::default() && view.owned_by(receiver);
            require!(board.receivers.iter().any(is_accepted), FirebreakError::PriceAccountOwner);
            pyth_pull::decode(&data, &row.primary_feed)?
        }
        Some(FeedKind::PythLegacy) => {
            let is_accepted = board.legacy_program != Address::default() && view.owned_by(&board.legacy_program);
            require!(is_accepted, FirebreakError::PriceAccountOwner);
            require!(view.address().as_array() == &row.primary_feed, FirebreakError::PriceFeedMismatch);
            pyth_legacy::decode(&data)?
        }
        None => return Err(FirebreakError::FeedInvalid.into()),
    };
    Ok(reading(&price))
}

fn reading(price: &Price) -> OraclePrice {
    OraclePrice { price: price.price, confidence: price.conf, exponent: price.expo, publish_time: price.publish_time }
}
