//! Signs of stress, and the level that follows them by itself (design, section 8).
//!
//! Every signal has one threshold `t`: at `t` it asks for Caution, at `2 t` for ReduceOnly, at `4 t` for LiquidationOnly, as far up as it may
//! go; a level it asked for is held down to half of where it began, so that nothing chatters.

use crate::{BPS_ONE, Level, MAX_LOTS, Result, RiskError};

/// Counts of what happened lately halve every half hour.
const HALF_LIFE_SECONDS: u64 = 1_800;
/// Trips within this time of each other count as repeated.
const REPEAT_SECONDS: i64 = 86_400;
/// How often a repeated trip doubles the cool-down.
const MOST_DOUBLINGS: u8 = 3;
/// Longest a level holds after its signal was seen last; the longest automatic halt.
const MAX_HOLD_SECONDS: i64 = 6 * 3_600;
/// Least lots that must be liquidated before anybody calls it stress.
const LEAST_LOTS: u64 = 100;

/// One measure of stress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal {
    pub measure: u64,
    /// In the measure's own unit; 0 where nothing is watched.
    pub threshold: u64,
    /// The highest level it may ask for.
    pub highest: Level,
}

/// What signals ask for now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stress {
    /// The highest level whose threshold is reached.
    pub enters: Level,
    /// The highest level that would be held, never below `enters`.
    pub holds: Level,
}

impl Stress {
    /// A ledger that does not come out even: its market, and nothing else, is quarantined (T99).
    pub const BROKEN: Self = Self { enters: Level::Halted, holds: Level::Halted };

    /// What one signal asks for.
    #[inline(always)]
    pub const fn of(signal: Signal) -> Self {
        let Signal { measure, threshold, highest } = signal;
        if threshold == 0 || measure < threshold.div_ceil(2) {
            return Self { enters: Level::Normal, holds: Level::Normal };
        }
        Self { enters: ladder(measure, threshold, highest), holds: ladder(doubled(measure), threshold, highest) }
    }

    /// The higher of two.
    #[inline(always)]
    pub fn and(self, other: Self) -> Self {
        Self { enters: self.enters.max(other.enters), holds: self.holds.max(other.holds) }
    }
}

/// A saturating product would be a 128-bit one on sBPF.
#[inline(always)]
const fn doubled(measure: u64) -> u64 {
    if measure >> 63 == 0 { measure << 1 } else { u64::MAX }
}

/// The level at 1, 2 and 4 times a threshold, at most the highest.
#[inline(always)]
const fn ladder(measure: u64, threshold: u64, highest: Level) -> Level {
    let level = match measure / threshold {
        0 => Level::Normal,
        1 => Level::Caution,
        2 | 3 => Level::ReduceOnly,
        _ => Level::LiquidationOnly,
    };
    if level as u8 > highest as u8 { highest } else { level }
}

/// What a market's breaker watches, and how it answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BreakerParams {
    /// Distance of a price from its average, in basis points; twice that from the slower one, four times from the slowest.
    pub move_bps: u64,
    /// How long a price may stay uncertain.
    pub uncertain_seconds: u64,
    /// Lots liquidated lately, of open interest.
    pub liquidated_bps: u64,
    /// Open interest counts as at least this much, so that few lots never trip anything.
    pub liquidated_floor_lots: u64,
    /// What the tranche paid lately, of its target (or of what it may pay in one event, where that is more).
    pub drawdown_bps: u64,
    /// How long a level holds after its signal was seen last.
    pub cooldown_seconds: u32,
    /// After LiquidationOnly or a halt: how long nobody above half of maintenance is liquidated.
    pub grace_seconds: u32,
}

/// Thresholds above zero, the highest level of each reachable; a move of less than 25 %; at least 100 lots before
/// liquidations count; two minutes to an hour of cool-down, at most an hour of grace and of doubt.
pub const fn validate_breaker(params: &BreakerParams) -> Result<()> {
    if params.move_bps == 0 || params.move_bps >= BPS_ONE / 4 {
        return Err(RiskError::BreakerThresholdOutOfRange);
    }
    if params.liquidated_bps == 0
        || params.liquidated_bps > BPS_ONE
        || params.drawdown_bps == 0
        || params.drawdown_bps > BPS_ONE
    {
        return Err(RiskError::BreakerThresholdOutOfRange);
    }
    // Both factors are bounded: 2^28 lots and 10^4.
    if params.liquidated_floor_lots > MAX_LOTS as u64
        || params.liquidated_floor_lots * params.liquidated_bps < LEAST_LOTS * BPS_ONE
    {
        return Err(RiskError::BreakerThresholdOutOfRange);
    }
    let is_cooldown = params.cooldown_seconds >= 120 && params.cooldown_seconds <= 3_600;
    if !is_cooldown || params.grace_seconds > 3_600 || params.uncertain_seconds == 0 || params.uncertain_seconds > 3_600
    {
        return Err(RiskError::DurationOutOfRange);
    }
    Ok(())
}

/// How far a price is from an average with 16 fraction bits, in basis points of the average, rounded down. 0 before there is one.
#[inline(always)]
pub const fn distance_bps(mark: u64, average: u64) -> u64 {
    // 2^46 * 10^4 fits; a mark beyond 2^32, or an average beyond 2^48, is none.
    if average == 0 || average >> 48 != 0 || mark >> 32 != 0 {
        return 0;
    }
    (mark << 16).abs_diff(average) * BPS_ONE / average
}

/// What a price says: its distance from each average, before the average follows it, and how long it has been uncertain. It never asks
/// for more than ReduceOnly: whoever wants out of a crash may leave.
#[inline(always)]
pub fn price_stress(distances_bps: [u64; 3], uncertain_seconds: u64, params: &BreakerParams) -> Stress {
    let [near, far, farthest] = distances_bps;
    let moved = |measure, factor| {
        Stress::of(Signal { measure, threshold: params.move_bps.wrapping_mul(factor), highest: Level::ReduceOnly })
    };
    let doubt = Signal { measure: uncertain_seconds, threshold: params.uncertain_seconds, highest: Level::ReduceOnly };
    moved(near, 1).and(moved(far, 2)).and(moved(farthest, 4)).and(Stress::of(doubt))
}

/// What a market's books say: lots liquidated and quote atoms paid by the tranche, both of late. Liquidations ask for Caution only: where nobody
/// may add risk, liquidators cannot pass on what they took, and the losses grow (docs/breakers.md).
pub fn books_stress(
    (liquidated, open_interest): (u64, u64),
    (paid, target): (u64, u64),
    params: &BreakerParams,
) -> Stress {
    if liquidated == 0 && paid == 0 {
        return Stress::default();
    }
    let held = if open_interest > params.liquidated_floor_lots { open_interest } else { params.liquidated_floor_lots };
    let cascade =
        Signal { measure: share_bps(liquidated, held), threshold: params.liquidated_bps, highest: Level::Caution };
    let drawdown =
        Signal { measure: share_bps(paid, target), threshold: params.drawdown_bps, highest: Level::LiquidationOnly };
    Stress::of(cascade).and(Stress::of(drawdown))
}

/// `part / whole` in basis points, rounded down, at most 2^49 of them.
#[inline(always)]
const fn share_bps(part: u64, whole: u64) -> u64 {
    // What is lost beyond 2^50 is less than a basis point of it.
    let (part, whole) = if (part | whole) >> 50 == 0 { (part, whole) } else { (part >> 14, whole >> 14) };
    if part == 0 {
        return 0;
    }
    part * BPS_ONE / if whole == 0 { 1 } else { whole }
}

/// How much of something happened of late: it halves every half hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recent {
    /// Unix seconds, when `amount` was last worked out.
    pub at: i64,
    pub amount: u64,
}

impl Recent {
    /// What is left of it at `now`. What goes is rounded up, so that nobody keeps it by asking often; a clock that ran
    /// backwards takes nothing off.
    #[inline(always)]
    pub const fn at(self, now: i64) -> Self {
        if self.amount == 0 || now <= self.at {
            return Self { at: now, amount: self.amount };
        }
        let seconds = now.saturating_sub(self.at) as u64;
        let halvings = seconds / HALF_LIFE_SECONDS;
        if halvings >= 64 {
            return Self { at: now, amount: 0 };
        }
        let (halved, rest) = (self.amount >> halvings, seconds % HALF_LIFE_SECONDS);
        let gone = if halved >> 52 == 0 {
            (halved * rest).div_ceil(2 * HALF_LIFE_SECONDS)
        } else {
            (halved / (2 * HALF_LIFE_SECONDS)) * rest
        };
        Self { at: now, amount: halved.saturating_sub(gone) }
    }

    /// The same with `amount` more.
    #[inline(always)]
    pub const fn adding(self, amount: u64, now: i64) -> Self {
        let left = self.at(now);
        Self { at: now, amount: left.amount.saturating_add(amount) }
    }
}

/// A level that signals set, and time takes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Automatic {
    pub level: Level,
    /// Unix seconds; Normal from then on, unless a signal is seen again.
    pub until: i64,
    /// When it was last raised.
    pub tripped_at: i64,
    /// Until when it last was above ReduceOnly.
    pub closed_until: i64,
    /// Trips that followed each other within a day.
    pub trips: u8,
}

impl Automatic {
    /// The level in force.
    #[inline(always)]
    pub const fn level_at(&self, now: i64) -> Level {
        if now < self.until { self.level } else { Level::Normal }
    }

    /// The state after `stress` was seen at `now`.
    ///
    /// A higher level than the one in force is a trip, and holds for the cool-down: doubled with each trip within a day of the last, at
    /// most eightfold, and six hours. While the signal lasts it is held on to, from now. When it ends it steps down to what the signals
    /// still hold, and from there to Normal. A level never holds for longer than a cool-down after its signal was seen last, so that
    /// it ends by itself if nobody looks.
    pub const fn followed(self, stress: Stress, cooldown_seconds: u32, now: i64) -> Self {
        let current = self.level_at(now);
        if stress.enters as u8 > current as u8 {
            let is_repeated = self.trips > 0 && now.saturating_sub(self.tripped_at) < REPEAT_SECONDS;
            let trips = if is_repeated { self.trips.saturating_add(1) } else { 1 };
            return Self { trips, tripped_at: now, ..self }.held(stress.enters, cooldown_seconds, now);
        }
        let was_tripped = self.level as u8 > Level::Normal as u8;
        if !was_tripped {
            return self;
        }
        if current as u8 > Level::Normal as u8 {
            // In force: held on to where the signal lasts, left to run out where it does not.
            return if stress.holds as u8 >= current as u8 { self.held(current, cooldown_seconds, now) } else { self };
        }
        // It has just run out, or ran out while nobody looked: what is still held goes on, at most the level that was.
        let next = if (stress.holds as u8) < self.level as u8 { stress.holds } else { self.level };
        match next {
            Level::Normal => Self { level: Level::Normal, ..self },
            next => self.held(next, cooldown_seconds, now),
        }
    }

    /// `level`, for a cool-down from now; never shorter than it stands.
    const fn held(self, level: Level, cooldown_seconds: u32, now: i64) -> Self {
        let doublings = match self.trips.saturating_sub(1) {
            many if many > MOST_DOUBLINGS => MOST_DOUBLINGS,
            few => few,
        };
        let hold = (cooldown_seconds as i64) << doublings;
        let until = now.saturating_add(if hold > MAX_HOLD_SECONDS { MAX_HOLD_SECONDS } else { hold });
        let is_same = level as u8 == self.level as u8;
        let until = if is_same && until < self.until { self.until } else { until };
        let is_closed = level as u8 >= Level::LiquidationOnly as u8;
        Self { level, until, closed_until: if is_closed { until } else { self.closed_until }, ..self }
    }
}

/// Whether `now` lies in the grace after a market was closed until `closed_until` (unix seconds; 0 where it never was).
#[inline(always)]
pub const fn is_grace(closed_until: i64, grace_seconds: u32, now: i64) -> bool {
    now >= closed_until && now.saturating_sub(closed_until) < grace_seconds as i64
}

#[cfg(test)]
#[path = "signals_tests.rs"]
mod tests;
