//! Two feeds of one asset: where they agree, where they do not, and where one of them is silent.

use crate::{
    GateParams, OraclePrice, PriceQuality, PriceState, Result, RiskError, bps_up,
    oracle::{Screened, advanced, screen},
};

/// Furthest two readings may be apart in time and still speak of the same price, in seconds.
const MAX_APART_SECONDS: u64 = 10;

/// What was last accepted from one feed. A publish time of 0: nothing yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedSeen {
    /// Quote atoms per lot.
    pub mark: u64,
    /// Unix seconds.
    pub publish_time: i64,
}

/// An asset with two feeds, as the board keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedsState {
    pub price: PriceState,
    /// The primary and the secondary feed.
    pub seen: [FeedSeen; 2],
    /// What averages last followed: the primary where both spoke, whoever was trusted where one did. A lone voice next to a living one
    /// leaves it alone, so that both, heard again, count for all the time since.
    pub followed: FeedSeen,
    /// Whether nothing speaks against the price, not even its distance from the average: a price that both feeds confirm is
    /// good for everything but new risk while the average has not followed.
    pub is_settled: bool,
    /// What the price moved from, as far as averages follow it.
    pub moved: Moved,
}

/// A step of one price, for averages to follow: not from one feed's price to the other's, which whoever chooses between two living feeds
/// could make as volatile as their distance. Nothing where no time passed, or nobody vouches for the step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Quote atoms per lot; 0 for no step.
    pub from: u64,
    pub seconds: i64,
}

impl Moved {
    fn of(from: FeedSeen, to: i64) -> Self {
        let seconds = to.saturating_sub(from.publish_time);
        if from.mark == 0 || seconds <= 0 { Self::default() } else { Self { from: from.mark, seconds } }
    }
}

/// What both feeds are held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedGates {
    pub primary: GateParams,
    pub secondary: GateParams,
    /// Furthest the two prices may be apart and still agree, in basis points of the primary's.
    pub agreement_bps: u64,
}

/// Decides what two feeds say together (design, section 5).
///
/// - Both, at most 10 s apart in time, and within the agreement: `Confirmed`, however far from the average; `Uncertain` where the
///   confidence of either is wide. The mark is the primary's.
/// - Both, and they disagree: `Uncertain`, at the primary's mark, with a confidence that reaches to the other price.
/// - One alone: as a single feed, if the other has been silent for longer than its maximum age; else at most `Uncertain`, because whoever
///   brings one price chooses which.
///
/// A feed counts as absent where `None` is passed, its reading is stale, or its confidence is beyond the hard limit. Every other fault
/// refuses all, like a publish time behind what was accepted before, of this feed or of the price.
pub fn accept_feeds(
    readings: [Option<OraclePrice>; 2],
    gates: &FeedGates,
    last: &FeedsState,
    now: i64,
) -> Result<FeedsState> {
    let [first, second] = readings;
    let primary = present(first, &gates.primary, &last.seen[0], now)?;
    let secondary = present(second, &gates.secondary, &last.seen[1], now)?;
    let state = match (primary, secondary) {
        (Ok(one), Ok(other)) if one.publish_time.abs_diff(other.publish_time) <= MAX_APART_SECONDS => {
            together(one, other, gates, last)?
        }
        // Too far apart in time: the younger speaks alone, and the other is alive.
        (Ok(one), Ok(other)) if one.publish_time >= other.publish_time => alone(one, &gates.primary, last, false)?,
        (Ok(_), Ok(other)) => alone(other, &gates.secondary, last, false)?,
        (Ok(one), Err(_)) => alone(one, &gates.primary, last, is_silent(&last.seen[1], &gates.secondary, now))?,
        (Err(_), Ok(other)) => alone(other, &gates.secondary, last, is_silent(&last.seen[0], &gates.primary, now))?,
        (Err(error), Err(_)) => return Err(error),
    };
    Ok(FeedsState { seen: [seen(primary, last.seen[0]), seen(secondary, last.seen[1])], ..state })
}

/// A feed's reading; inside, why it counts as absent. Outside, what refuses everything.
fn present(
    reading: Option<OraclePrice>,
    gate: &GateParams,
    seen: &FeedSeen,
    now: i64,
) -> Result<core::result::Result<Screened, RiskError>> {
    let Some(reading) = reading else { return Ok(Err(RiskError::PriceStale)) };
    let screened = match screen(&reading, gate, now) {
        Ok(screened) => screened,
        Err(error @ (RiskError::PriceStale | RiskError::PriceConfidenceTooWide)) => return Ok(Err(error)),
        Err(error) => return Err(error),
    };
    let is_older = screened.publish_time < seen.publish_time;
    let is_another = screened.publish_time == seen.publish_time && screened.mark != seen.mark;
    if is_older || is_another { Err(RiskError::PriceRegressed) } else { Ok(Ok(screened)) }
}

fn seen(reading: core::result::Result<Screened, RiskError>, last: FeedSeen) -> FeedSeen {
    reading.map_or(last, |screened| FeedSeen { mark: screened.mark, publish_time: screened.publish_time })
}

const fn is_silent(seen: &FeedSeen, gate: &GateParams, now: i64) -> bool {
    now.saturating_sub(seen.publish_time) > gate.max_age_seconds as i64
}

/// The state after a price, whether it is far from the average, and whether its confidence is wide. A price that is no newer than what
/// the average last followed says nothing new about it, so that a doubt stays, and no jump confirms itself by being passed twice.
fn moved(screened: Screened, gate: &GateParams, last: &FeedsState) -> Result<(PriceState, bool, bool)> {
    let since = last.followed.publish_time;
    let is_newer = last.price.quality == PriceQuality::Invalid || screened.publish_time > since;
    let (state, doubt) = advanced(screened, gate, &PriceState { publish_time: since, ..last.price })?;
    Ok((state, doubt.is_far || (!is_newer && !last.is_settled), doubt.is_wide))
}

/// With averages that followed a price, where it is newer than the last one they did.
fn follow(screened: Screened, last: &FeedsState) -> (FeedSeen, Moved) {
    let Screened { mark, publish_time, .. } = screened;
    match publish_time > last.followed.publish_time {
        true => (FeedSeen { mark, publish_time }, Moved::of(last.followed, publish_time)),
        false => (last.followed, Moved::default()),
    }
}

/// One feed. Where the other is alive its word lacks quality, but nothing speaks against it: else anybody could close an asset for a
/// minute by withholding a feed. Nor does it settle a doubt, or move the average.
fn alone(screened: Screened, gate: &GateParams, last: &FeedsState, is_trusted: bool) -> Result<FeedsState> {
    let is_first = last.price.quality == PriceQuality::Invalid;
    if !is_first && screened.publish_time < last.price.publish_time {
        return Err(RiskError::PriceRegressed);
    }
    let (state, is_far, is_wide) = moved(screened, gate, last)?;
    let is_settled = !is_far && !is_wide && (is_trusted || last.is_settled);
    let quality = if is_trusted && is_settled { PriceQuality::Fresh } else { PriceQuality::Uncertain };
    if !is_trusted && !is_first {
        let price = PriceState { quality, ema: last.price.ema, ..state };
        return Ok(FeedsState { price, is_settled, moved: Moved::default(), ..*last });
    }
    let (followed, moved) = follow(screened, last);
    Ok(FeedsState { price: PriceState { quality, ..state }, is_settled, followed, moved, ..*last })
}

/// Both. The younger one must not be behind the price; the mark may be the older one's, whose own time went forward.
fn together(one: Screened, other: Screened, gates: &FeedGates, last: &FeedsState) -> Result<FeedsState> {
    if one.publish_time.max(other.publish_time) < last.price.publish_time {
        return Err(RiskError::PriceRegressed);
    }
    let distance = one.mark.abs_diff(other.mark);
    let agrees = distance <= bps_up(one.mark, gates.agreement_bps)?;
    let is_wide = one.confidence.max(other.confidence) > bps_up(one.mark, gates.primary.confidence_fresh_bps)?;
    // Far enough to reach the other price and its own doubt; below the price, so that its low end stays a price.
    let reach = distance.saturating_add(other.confidence).max(one.confidence).min(one.mark - 1);
    let (state, is_far, _) = moved(Screened { confidence: reach, ..one }, &gates.primary, last)?;
    let is_confirmed = agrees && !is_wide;
    let quality = if is_confirmed { PriceQuality::Confirmed } else { PriceQuality::Uncertain };
    let publish_time = one.publish_time.max(last.price.publish_time);
    let (followed, moved) = follow(one, last);
    let price = PriceState { quality, publish_time, ..state };
    Ok(FeedsState { price, is_settled: is_confirmed && !is_far, followed, moved, ..*last })
}

#[cfg(test)]
#[path = "feeds_tests.rs"]
mod tests;
