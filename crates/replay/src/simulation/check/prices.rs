//! I-10: which prices are accepted, and what they are good for.

use firebreak::state::{AssetRow, Position};
use firebreak_client::MarginAccountView;

use super::{
    Step, expect, feeds,
    touch::touched_leg,
    valuation::{Purpose, quote_worth},
};
use crate::{
    pyth::Verification,
    simulation::{cast::MARKETS, operation::Operation},
};

/// Stored qualities.
const UNCERTAIN: u8 = 2;
const FRESH: u8 = 3;

fn is_young(row: &AssetRow, now: i64) -> bool {
    now - row.publish_time <= i64::from(row.max_age_seconds)
}

pub fn is_fresh(row: &AssetRow, now: i64) -> bool {
    row.quality >= FRESH && now - row.publish_time <= i64::from(row.fresh_age_seconds)
}

pub fn is_certain_enough(row: &AssetRow, now: i64) -> bool {
    row.quality >= UNCERTAIN && is_young(row, now)
}

/// Fresh, and nothing uncertain was accepted within the minute before.
pub fn may_add_risk(row: &AssetRow, now: i64) -> bool {
    is_fresh(row, now) && now >= row.risk_opens_at
}

/// Every price that an account depends on lets it add risk: those of its positions, those of its collateral where the rest does not
/// cover what is asked for.
pub(super) fn expect_fresh(step: &Step, account: &MarginAccountView, purpose: Purpose, found: &mut Vec<String>) {
    for asset in assets(account, &step.before.rows, purpose) {
        let row = &step.before.rows[asset as usize];
        expect(found, may_add_risk(row, step.before.now), || {
            format!("I-10: a price of asset {asset} below fresh was enough for {purpose:?}")
        });
    }
}

/// The assets whose prices decide an account's worth.
pub(super) fn assets(account: &MarginAccountView, rows: &[AssetRow], purpose: Purpose) -> Vec<u8> {
    let is_open = |position: &&Position| touched_leg(position, &rows[position.market as usize]).0 != 0;
    let mut assets: Vec<u8> = account.positions().iter().filter(is_open).map(|position| position.market).collect();
    if !quote_worth(account, rows, purpose).is_covered() {
        assets.extend(account.header.collateral.iter().filter(|slot| slot.amount != 0).map(|slot| slot.asset));
    }
    assets
}

/// Variance and multipliers as the spec says: the first exactly, the root by the squares around it.
pub(super) fn follows_volatility(old: &AssetRow, new: &AssetRow) -> bool {
    let cap = u128::from(new.multiplier_cap_bps);
    let multipliers = (u128::from(new.initial_multiplier_bps), u128::from(new.maintenance_multiplier_bps));
    // From the price before; of two feeds, from the one that averages last followed.
    let step = match new.secondary_kind {
        0 => (old.mark, new.mark, new.publish_time - old.publish_time),
        _ => (old.followed_mark, new.followed_mark, new.followed_time - old.followed_time),
    };
    let seconds = step.2.clamp(0, 1 << 16) as u128;
    if cap == 10_000 || old.quality == 0 || seconds == 0 {
        return new.variance == old.variance && new.initial_multiplier_bps == old.initial_multiplier_bps;
    }
    let change = ((u128::from(step.1.abs_diff(step.0)) << 20) / u128::from(step.0)).min(1 << 20);
    let tau = u128::from(new.variance_seconds);
    let variance = (u128::from(old.variance) * tau + change * change).div_ceil(tau + seconds);
    let calm = u128::from(new.calm_variance);
    // root <= 10^4 * sqrt(variance / calm) < root + 1, but for the 16 fraction bits that the ratio is kept with
    let is_root = |root: u128| {
        root * root * calm <= variance * 100_000_000
            && (root + 1) * (root + 1) * calm + ((calm * 100_000_000) >> 16) + calm > variance * 100_000_000
    };
    let is_capped =
        multipliers.0 == cap && cap * cap * calm <= variance * 100_000_000 + ((calm * 100_000_000) >> 16) + calm;
    let is_calm = multipliers.0 == 10_000 && variance <= calm + calm / 1_000 + 1;
    let ramp = u128::from(old.maintenance_multiplier_bps) + (cap - 10_000) * seconds / u128::from(new.notice_seconds);
    u128::from(new.variance) == variance
        && (is_root(multipliers.0) || is_capped || is_calm)
        && multipliers.1 == multipliers.0.min(ramp)
}

pub(super) fn check(step: &Step, found: &mut Vec<String>) {
    let Operation::RefreshPrices { readings, pairs } = step.operation else { return };
    for (asset, feed) in pairs {
        let index = *asset as usize;
        let (old, new) = (&step.before.rows[index], &step.after.rows[index]);
        // An account that nobody writes is as good as an absent one of two feeds.
        let is_written = (*feed as usize) < MARKETS || step.before.rows[*feed as usize - MARKETS].has_secondary();
        let is_absent = new.has_secondary() && !is_written;
        expect(found, is_absent || asset % MARKETS as u8 == feed % MARKETS as u8, || {
            format!("row {asset} took feed {feed}")
        });
        if new.has_secondary() {
            feeds::check(step, *asset, found);
            continue;
        }
        let is_newer = old.quality == 0 || new.publish_time > old.publish_time || new == old;
        expect(found, is_newer, || format!("I-10: row {asset}'s publish time went backwards, or did not move"));
        // Closed by an uncertain price; a minute after the first one that is none.
        let reopens = match (new == old, new.quality == UNCERTAIN, old.quality == UNCERTAIN) {
            (true, ..) | (false, false, false) => old.risk_opens_at,
            (false, true, _) => i64::MAX,
            (false, false, true) => new.publish_time + 60,
        };
        expect(found, new.risk_opens_at == reopens, || {
            format!("I-10: row {asset} opens to risk at {}, not at {reopens}", new.risk_opens_at)
        });
        let now = step.before.now;
        expect(found, new.publish_time <= now + 2, || format!("row {asset} holds a price from the future"));
        if new == old {
            continue;
        }
        expect(found, is_young(new, now), || format!("row {asset} took a stale price"));
        expect(found, follows_volatility(old, new), || {
            format!(
                "row {asset}: variance {} to {}, multipliers {} and {} to {} and {}",
                old.variance,
                new.variance,
                old.initial_multiplier_bps,
                old.maintenance_multiplier_bps,
                new.initial_multiplier_bps,
                new.maintenance_multiplier_bps
            )
        });
        let confidence = u128::from(new.confidence) * 10_000;
        // Limits are rounded up to the atom.
        let within = |bps: u32| confidence <= (u128::from(new.mark) * u128::from(bps)).next_multiple_of(10_000);
        expect(found, within(new.confidence_max_bps), || format!("row {asset} took too wide a confidence"));
        let ema = if old.quality == 0 { new.mark } else { old.ema >> 16 };
        let band = (u128::from(ema) * u128::from(new.ema_band_bps)).next_multiple_of(10_000);
        let is_near = u128::from(new.mark.abs_diff(ema)) * 10_000 <= band;
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
