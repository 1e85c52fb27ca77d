//! I-10, of an asset with two feeds: the specification's table again, from what both accounts said.

use firebreak::state::AssetRow;

use super::{Step, expect, prices::follows_volatility};
use crate::{
    pyth::Verification,
    simulation::{
        cast::MARKETS,
        operation::{Operation, Reading},
    },
};

const UNCERTAIN: u8 = 2;
const FRESH: u8 = 3;
const CONFIRMED: u8 = 4;
const LEGACY: u8 = 2;

/// A reading in quote atoms per lot.
#[derive(Clone, Copy, Debug)]
pub struct Heard {
    pub mark: i128,
    pub confidence: i128,
    pub time: i64,
}

/// What both feeds said together.
#[derive(Clone, Copy, Debug)]
pub enum Said {
    Together(Heard, Heard),
    /// One of them, and whether the other is silent.
    Alone(Heard, bool),
}

/// What must be on the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Left {
    mark: i128,
    confidence: i128,
    ema: i128,
    publish_time: i64,
    quality: u8,
    opens_at: i64,
    followed: (i128, i64),
}

impl Left {
    fn of(row: &AssetRow) -> Self {
        Self {
            mark: row.mark.into(),
            confidence: row.confidence.into(),
            ema: row.ema.into(),
            publish_time: row.publish_time,
            quality: row.quality,
            opens_at: row.risk_opens_at,
            followed: (row.followed_mark.into(), row.followed_time),
        }
    }
}

fn up(price: i128, bps: u32) -> i128 {
    (price * i128::from(bps) + 9_999) / 10_000
}

/// What one account says: `None` where it counts as absent. Error: why it must refuse all.
fn heard(row: &AssetRow, which: usize, reading: &Reading, now: i64) -> Result<Option<Heard>, &'static str> {
    let (kind, exponent, scale, mark, time) = match which {
        0 => (row.primary_kind, row.primary_exponent, row.scale, row.primary_mark, row.primary_time),
        _ => (row.secondary_kind, row.secondary_exponent, row.secondary_scale, row.secondary_mark, row.secondary_time),
    };
    if !reading.is_accepted_owner {
        return Err("another owner's");
    }
    match (reading.verification, kind) {
        (Verification::Full, _) => {}
        (_, LEGACY) => return Ok(None), // not trading
        _ => return Err("partially verified"),
    }
    if reading.exponent != exponent || reading.price <= 0 {
        return Err("of another exponent, or no price");
    }
    if reading.publish_time.saturating_sub(now) > 2 {
        return Err("from the future");
    }
    if now.saturating_sub(reading.publish_time) > i64::from(row.max_age_seconds) {
        return Ok(None);
    }
    let units = 10_i128.pow(u32::from(scale.unsigned_abs()));
    let said = Heard {
        mark: i128::from(reading.price) / units,
        confidence: (i128::from(reading.confidence) + units - 1) / units,
        time: reading.publish_time,
    };
    if !(1..=1 << 30).contains(&said.mark) {
        return Err("out of bounds");
    }
    if said.confidence > up(said.mark, row.confidence_max_bps) || said.confidence >= said.mark {
        return Ok(None);
    }
    if said.time < time || (said.time == time && said.mark != i128::from(mark)) {
        return Err("behind what that feed said before");
    }
    Ok(Some(said))
}

/// What the two accounts that a refresh brought for an asset say. `None` where it did not write both.
pub fn said(step: &Step, asset: u8) -> Option<Result<Said, &'static str>> {
    let Operation::RefreshPrices { readings, pairs } = step.operation else { return None };
    let feeds = [asset, asset + MARKETS as u8];
    let passed: Vec<u8> = pairs.iter().filter(|(of, _)| *of == asset).map(|(_, feed)| *feed).collect();
    let written = feeds.map(|feed| readings.iter().rev().find(|reading| reading.feed == feed));
    let ([Some(one), Some(other)], true) = (written, passed == feeds) else { return None };
    let (row, now) = (&step.before.rows[asset as usize], step.before.now);
    Some(together(row, [one, other], now))
}

fn together(row: &AssetRow, readings: [&Reading; 2], now: i64) -> Result<Said, &'static str> {
    let one = heard(row, 0, readings[0], now)?;
    let other = heard(row, 1, readings[1], now)?;
    let is_silent = |time: i64| now - time > i64::from(row.max_age_seconds);
    match (one, other) {
        (Some(one), Some(other)) if (one.time - other.time).abs() <= 10 => Ok(Said::Together(one, other)),
        (Some(one), Some(other)) if one.time > other.time => Ok(Said::Alone(one, false)),
        (Some(_), Some(other)) => Ok(Said::Alone(other, false)),
        (Some(one), None) => Ok(Said::Alone(one, is_silent(row.secondary_time))),
        (None, Some(other)) => Ok(Said::Alone(other, is_silent(row.primary_time))),
        (None, None) => Err("not there, neither of them"),
    }
}

/// Whether a price is outside the average's band.
pub fn is_far(row: &AssetRow, mark: i128) -> bool {
    let average = i128::from(row.ema >> 16);
    row.quality != 0 && (mark - average).abs() > up(average, row.ema_band_bps)
}

/// The row after what both said.
fn expected(old: &AssetRow, said: Said) -> Left {
    let is_first = old.quality == 0;
    let was_settled = old.risk_opens_at != i64::MAX;
    let (price, is_followed) = match said {
        Said::Together(one, _) => (one, true),
        Said::Alone(one, is_trusted) => (one, is_trusted || is_first),
    };
    let is_newer = is_first || price.time > old.followed_time;
    let is_wide = |confidence: i128| confidence > up(price.mark, old.confidence_fresh_bps);
    let has_doubt = is_far(old, price.mark) || (!is_newer && !was_settled);
    let (confidence, quality, is_settled, published) = match said {
        Said::Together(one, other) => {
            let apart = (one.mark - other.mark).abs();
            let is_sure = !is_wide(one.confidence) && !is_wide(other.confidence);
            let agree = apart <= up(one.mark, old.agreement_bps) && is_sure;
            let reach = (apart + other.confidence).max(one.confidence).min(one.mark - 1);
            let quality = if agree { CONFIRMED } else { UNCERTAIN };
            (reach, quality, agree && !has_doubt, one.time.max(old.publish_time))
        }
        Said::Alone(one, is_trusted) => {
            let is_settled = !has_doubt && !is_wide(one.confidence) && (is_trusted || was_settled);
            (one.confidence, if is_trusted && is_settled { FRESH } else { UNCERTAIN }, is_settled, one.time)
        }
    };
    let target = price.mark << 16;
    let mut left = Left {
        mark: price.mark,
        confidence,
        publish_time: published,
        quality,
        opens_at: match (is_settled, was_settled) {
            (false, _) => i64::MAX,
            (true, false) => published + 60,
            (true, true) => old.risk_opens_at,
        },
        ..Left::of(old)
    };
    if is_followed && is_newer {
        let seconds = i128::from((price.time - old.followed_time).min(1 << 16));
        left.followed = (price.mark, price.time);
        left.ema = match is_first {
            true => target,
            false => left.ema + (target - left.ema) * seconds / (seconds + i128::from(old.ema_seconds)),
        };
    }
    left
}

pub(super) fn check(step: &Step, asset: u8, found: &mut Vec<String>) {
    let (old, new) = (&step.before.rows[asset as usize], &step.after.rows[asset as usize]);
    let times = |row: &AssetRow| [row.publish_time, row.primary_time, row.secondary_time, row.followed_time];
    let is_back = times(old).iter().zip(times(new)).any(|(old, new)| new < *old);
    expect(found, !is_back, || format!("I-10: row {asset} went back in time: {:?} to {:?}", times(old), times(new)));
    expect(found, follows_volatility(old, new), || {
        format!(
            "row {asset}: variance {} to {}, initial multiplier {}",
            old.variance, new.variance, new.initial_multiplier_bps
        )
    });
    match said(step, asset) {
        None => {}
        Some(Err(fault)) => found.push(format!("I-10: row {asset} took a reading that is {fault}")),
        Some(Ok(said)) => {
            let (left, right) = (Left::of(new), expected(old, said));
            expect(found, left == right, || format!("I-10: row {asset} of {said:?} is {left:?}, not {right:?}"));
        }
    }
}
