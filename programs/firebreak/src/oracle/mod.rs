//! Adapters: from an oracle's account to pyth-sdk-solana's `Price`. What the price is good for is the gate's business.

pub mod pyth_legacy;
pub mod pyth_pull;

use anchor_lang::{address_eq, prelude::*};
use pyth_sdk_solana::Price;
use risk::OraclePrice;

use crate::{
    error::FirebreakError,
    state::{AssetRow, FeedKind, RiskBoard},
};

/// Reads an asset's primary feed out of the account passed for it.
pub fn read_primary(view: &AccountView, row: &AssetRow, board: &RiskBoard) -> Result<OraclePrice> {
    read(view, row.primary_kind, &row.primary_feed, board)
}

/// Reads an asset's secondary feed.
pub fn read_secondary(view: &AccountView, row: &AssetRow, board: &RiskBoard) -> Result<OraclePrice> {
    read(view, row.secondary_kind, &row.secondary_feed, board)
}

fn read(view: &AccountView, kind: u8, feed: &[u8; 32], board: &RiskBoard) -> Result<OraclePrice> {
    let data = view.try_borrow()?;
    let price = match FeedKind::from_u8(kind) {
        Some(FeedKind::PythPull) => {
            let is_accepted = |receiver: &Address| view.owned_by(receiver) && !is_none(receiver);
            require!(board.receivers.iter().any(is_accepted), FirebreakError::PriceAccountOwner);
            pyth_pull::decode(&data, feed)?
        }
        Some(FeedKind::PythLegacy) => {
            let is_accepted = view.owned_by(&board.legacy_program) && !is_none(&board.legacy_program);
            require!(is_accepted, FirebreakError::PriceAccountOwner);
            require!(view.address().as_array() == feed, FirebreakError::PriceFeedMismatch);
            pyth_legacy::decode(&data)?
        }
        None => return Err(FirebreakError::FeedInvalid.into()),
    };
    Ok(reading(&price))
}

/// The default key marks a free place; as an owner it is the system program, which anybody's accounts have.
#[inline(always)]
fn is_none(program: &Address) -> bool {
    address_eq(program, &Address::default())
}

fn reading(price: &Price) -> OraclePrice {
    OraclePrice { price: price.price, confidence: price.conf, exponent: price.expo, publish_time: price.publish_time }
}
