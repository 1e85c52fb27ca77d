//! Pyth's older price account, through pyth-sdk-solana. No longer fed on Solana mainnet; alive on other networks.

use pyth_sdk_solana::{
    Price,
    state::{PriceStatus, SolanaPriceAccount, load_price_account},
};

use crate::error::FirebreakError;

/// Decodes the aggregate price of an account that is trading.
pub fn decode(data: &[u8]) -> Result<Price, FirebreakError> {
    let account: &SolanaPriceAccount = load_price_account(data).map_err(|_| FirebreakError::PriceAccountMalformed)?;
    if account.agg.status != PriceStatus::Trading {
        return Err(FirebreakError::PriceNotTrading);
    }
    Ok(Price { price: account.agg.price, conf: account.agg.conf, expo: account.expo, publish_time: account.timestamp })
}
