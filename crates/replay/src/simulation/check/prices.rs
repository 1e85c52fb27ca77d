//! I-10: which prices are accepted, and what they are good for.

use firebreak::state::AssetRow;
use firebreak_client::MarginAccountView;

use super::{Step, expect};
use crate::{pyth::Verification, simulation::operation::Operation};

/// Stored qualities.
const UNCERTAIN: u8 = 2;
const FRESH: u8 = 3;

fn is_young(row: &AssetRow, now: i64) -> bool {
    now - row.publish_time <= i64::from(row.max_age_seconds)
}

pub(super) fn is_fresh(row: &AssetRow, now: i64) -> bool {
    row.quality >= FRESH && now - row.publish_time <= i64::from(row.fresh_age_seconds)
}

pub(super) fn is_certain_enough(row: &AssetRow, now: i64) -> bool {
    row.quality >= UNCERTAIN && is_young(row, now)
}

/// Every price that an account with positions depends on is fresh.
pub(super) fn expect_fresh(step: &Step, account: &MarginAccountView, what: &str, found: &mut Vec<String>) {
    for position in account.positions().iter().filter(|position| position.size != 0) {
        let row = &step.before.rows[position.market as usize];
        expect(found, is_fresh(row, step.before.now), || {
            format!("I-10: {what} on a price of market {} below fresh", position.market)
        });
    }
}

pub(super) fn check(step: &Step, found: &mut Vec<String>) {
    let Operation::RefreshPrices { readings, pairs } = step.operation else { return };
    for (asset, feed) in pairs {
        let index = *asset as usize;
        let (old, new) = (&step.before.rows[index], &step.after.rows[index]);
        let is_newer = old.quality == 0 || new.publish_time > old.publish_time || new == old;
        expect(found, is_newer, || format!("I-10: row {asset}'s publish time went backwards, or did not move"));
        expect(found, asset == feed, || format!("row {asset} took feed {feed}"));
        let now = step.before.now;
        expect(found, new.publish_time <= now + 2, || format!("row {asset} holds a price from the future"));
        if new == old {
            continue;
        }
        expect(found, is_young(new, now), || format!("row {asset} took a stale price"));
        let confidence = u128::from(new.confidence) * 10_000;
        // Limits are rounded up to the atom.
        let within = |bps: u32| confidence <= (u128::from(new.mark) * u128::from(bps)).next_multiple_of(10_000);
        expect(found, within(new.confidence_max_bps), || format!("row {asset} took too wide a confidence"));
        let ema = if old.quality == 0 { new.mark } else { old.ema >> 16 };
        let is_near = u128::from(new.mark.abs_diff(ema)) * 10_000 <= u128::from(ema) * u128::from(new.ema_band_bps);
        let is_fresh = within(new.confidence_fresh_bps) && is_near;
        expect(found, is_fresh || new.quality <= UNCERTAIN, || format!("row {asset} calls an uncertain price fresh"));
        expect(found, (1..=risk::MAX_PRICE).contains(&new.mark), || format!("row {asset}: mark {}", new.mark));
        let Some(reading) = readings.iter().find(|reading| reading.feed == *asset) else { continue };
        let power = 10_u128.pow(u32::from(new.scale.unsigned_abs()));
        let per_lot = reading.price.max(0) as u128 / power;
        let is_true = u128::from(new.mark) == per_lot
            && reading.verification == Verification::Full
            && reading.is_accepted_owner
            && reading.exponent == new.primary_exponent;
        expect(found, is_true, || format!("row {asset} took {reading:?} as {}", new.mark));
    }
}
