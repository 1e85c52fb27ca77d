//! Pyth's older price account, by its offsets. No longer fed on Solana mainnet; alive on other networks.
//!
//! pyth-sdk-solana casts the bytes to a struct with enums in it, which bytes that nobody checked must not be: its layout is read here
//! field by field, and held against its own types by tests/tests/adapters.

use pyth_sdk_solana::Price;

use crate::error::FirebreakError;

const MAGIC: u32 = 0xa1b2_c3d4;
const VERSION: u32 = 2;
/// Of accounts: a price.
const PRICE: u32 = 3;
/// Of prices.
const TRADING: u8 = 1;
/// Bytes of the account with its publishers, which a price account always has.
const ACCOUNT_LEN: usize = 3_312;
/// Up to and including the aggregate.
const HEAD_LEN: usize = 240;

/// Decodes the aggregate price of an account that is trading.
pub fn decode(data: &[u8]) -> Result<Price, FirebreakError> {
    let head: &[u8; HEAD_LEN] = data.first_chunk().ok_or(FirebreakError::PriceAccountMalformed)?;
    let kind = [0, 4, 8].map(|at| u32::from_le_bytes(bytes(head, at)));
    if data.len() < ACCOUNT_LEN || kind != [MAGIC, VERSION, PRICE] {
        return Err(FirebreakError::PriceAccountMalformed);
    }
    if head[224] != TRADING {
        return Err(FirebreakError::PriceNotTrading);
    }
    Ok(Price {
        price: i64::from_le_bytes(bytes(head, 208)),
        conf: u64::from_le_bytes(bytes(head, 216)),
        expo: i32::from_le_bytes(bytes(head, 20)),
        publish_time: i64::from_le_bytes(bytes(head, 96)),
    })
}

/// `N` bytes at an offset; the callers' offsets lie within `HEAD_LEN`, which `head` has.
#[inline(always)]
fn bytes<const N: usize>(head: &[u8; HEAD_LEN], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&head[at..at + N]);
    bytes
}
