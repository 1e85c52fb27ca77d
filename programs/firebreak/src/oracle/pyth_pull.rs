//! `PriceUpdateV2` of Pyth's receiver programs.
//!
//! Borsh, with a verification level of one byte (full) or two (partial) before the message: all offsets behind it depend
//! on its variant, so the variant is read first and partial updates are refused before any offset is used.

use pyth_sdk_solana::Price;

use crate::error::FirebreakError;

const DISCRIMINATOR: [u8; 8] = [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd];
/// Behind the discriminator and the write authority.
const VERIFICATION: usize = 40;
const PARTIAL: u8 = 0;
const FULL: u8 = 1;
/// Up to and including the posted slot, for a full update.
const FULL_LEN: usize = 133;

/// Decodes a fully verified update of `feed_id`.
pub fn decode(data: &[u8], feed_id: &[u8; 32]) -> Result<Price, FirebreakError> {
    let update: &[u8; FULL_LEN] = data.first_chunk().ok_or(FirebreakError::PriceAccountMalformed)?;
    if u64::from_le_bytes(bytes(update, 0)) != u64::from_le_bytes(DISCRIMINATOR) {
        return Err(FirebreakError::PriceAccountMalformed);
    }
    match update[VERIFICATION] {
        FULL => {}
        PARTIAL => return Err(FirebreakError::PriceNotFullyVerified),
        _ => return Err(FirebreakError::PriceAccountMalformed),
    }
    if update[41..73] != *feed_id {
        return Err(FirebreakError::PriceFeedMismatch);
    }
    Ok(Price {
        price: i64::from_le_bytes(bytes(update, 73)),
        conf: u64::from_le_bytes(bytes(update, 81)),
        expo: i32::from_le_bytes(bytes(update, 89)),
        publish_time: i64::from_le_bytes(bytes(update, 93)),
    })
}

/// `N` bytes at an offset; the callers' offsets lie within `FULL_LEN`, which `update` has.
#[inline(always)]
fn bytes<const N: usize>(update: &[u8; FULL_LEN], at: usize) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&update[at..at + N]);
    bytes
}
