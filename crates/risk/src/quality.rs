//! What a price may be used for. `PriceQuality::permits` is the only policy table.

/// Outcome of the gate, from worst to best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum PriceQuality {
    /// Never accepted.
    Invalid = 0,
    /// Older than the asset's limit.
    Stale = 1,
    /// Wide confidence, or far from the EMA.
    Uncertain = 2,
    /// Passed every check of the gate.
    Fresh = 3,
    /// Two feeds agree.
    Confirmed = 4,
}

/// What somebody wants to do with a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Increase a position, withdraw while holding positions, or turn a gain into cash.
    AddRisk,
    /// Reduce a position.
    ReduceRisk,
    /// Take over a position of an account below maintenance.
    Liquidate,
    /// Close a bankrupt position against the other side.
    AutoDeleverage,
    /// Move a loss of an open position to the pool.
    SettleLoss,
}

impl PriceQuality {
    /// The stored form; anything unknown counts as `Invalid`.
    pub const fn from_u8(value: u8) -> Self {
        match value {
            1 => Self::Stale,
            2 => Self::Uncertain,
            3 => Self::Fresh,
            4 => Self::Confirmed,
            _ => Self::Invalid,
        }
    }

    /// Whether a price of this quality is good enough for the action (design, section 5).
    #[inline(always)]
    pub const fn permits(self, action: Action) -> bool {
        let needed = match action {
            Action::AddRisk | Action::AutoDeleverage => Self::Fresh,
            Action::ReduceRisk | Action::Liquidate | Action::SettleLoss => Self::Uncertain,
        };
        self as u8 >= needed as u8
    }
}

/// How long after an uncertain price nobody adds risk, takes out a gain or leaves with positions, in seconds. Bankruptcies are resolved first:
/// otherwise winners would hand their positions to accounts that hold little, and leave the deficit to others.
const REOPENS_AFTER_SECONDS: i64 = 60;

/// From when on risk may be added, in unix seconds, after a price published at `publish_time`: never while something speaks against
/// the price, and a minute after the first one that is settled again. `opens_at` is what it was before.
pub const fn risk_opens_at(opens_at: i64, is_settled: bool, publish_time: i64) -> i64 {
    match (is_settled, opens_at) {
        (false, _) => i64::MAX,
        (true, i64::MAX) => publish_time.saturating_add(REOPENS_AFTER_SECONDS),
        (true, _) => opens_at,
    }
}

/// How long a price stays good for what, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceAges {
    /// `Fresh` up to this age, `Uncertain` beyond: whoever adds risk on an older price may know the next one already.
    pub fresh_seconds: u32,
    /// `Stale` beyond this age.
    pub max_seconds: u32,
}

/// The quality of a stored price now: what the gate said then, or less with age.
/// Times are unix seconds; a publish time ahead of `now` counts as age zero.
#[inline(always)]
pub const fn quality_at(gated: PriceQuality, publish_time: i64, ages: PriceAges, now: i64) -> PriceQuality {
    let age = now.saturating_sub(publish_time);
    match gated {
        PriceQuality::Invalid => PriceQuality::Invalid,
        _ if age > ages.max_seconds as i64 => PriceQuality::Stale,
        PriceQuality::Fresh | PriceQuality::Confirmed if age > ages.fresh_seconds as i64 => PriceQuality::Uncertain,
        _ => gated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_table_is_the_design_s() {
        use {Action::*, PriceQuality::*};
        for (action, least) in [
            (AddRisk, Fresh),
            (ReduceRisk, Uncertain),
            (Liquidate, Uncertain),
            (AutoDeleverage, Fresh),
            (SettleLoss, Uncertain),
        ] {
            for quality in [Invalid, Stale, Uncertain, Fresh, Confirmed] {
                assert_eq!(quality.permits(action), quality >= least, "{quality:?} {action:?}");
            }
        }
    }

    #[test]
    fn age_is_counted_to_the_second() {
        let ages = PriceAges { fresh_seconds: 15, max_seconds: 60 };
        let at = |now| quality_at(PriceQuality::Fresh, 1_000, ages, now) as u8;
        assert_eq!([998, 1_015, 1_016, 1_060, 1_061].map(at), [3, 3, 2, 2, 1]);
        assert_eq!(quality_at(PriceQuality::Confirmed, 0, ages, 16), PriceQuality::Uncertain);
        assert_eq!(quality_at(PriceQuality::Fresh, i64::MIN, ages, i64::MAX), PriceQuality::Stale);
        assert_eq!(quality_at(PriceQuality::Invalid, 0, ages, 0), PriceQuality::Invalid);
    }

    #[test]
    fn risk_reopens_a_minute_after_a_price_became_settled_again() {
        let closed = risk_opens_at(7, false, 1_000);
        assert_eq!([closed, risk_opens_at(closed, false, 1_001)], [i64::MAX; 2]);
        assert_eq!(risk_opens_at(closed, true, 1_002), 1_062);
        assert_eq!([risk_opens_at(1_062, true, 1_030), risk_opens_at(0, true, 1_030)], [1_062, 0]);
    }

    #[test]
    fn stored_form_round_trips() {
        for value in 0..=255 {
            let quality = PriceQuality::from_u8(value);
            assert_eq!(quality as u8, if value <= 4 { value } else { 0 });
        }
    }
}
