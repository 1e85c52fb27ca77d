//! Why a market, or everything, is restricted, and until when.

use firebreak::state::{AssetRow, Breaker, CircuitBreaker, Market};
use risk::Level;

/// Who or what set a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Guardian or authority, for up to six hours. With the reason they gave.
    Emergency { reason: u8 },
    /// The authority, for up to seven days.
    Standing { reason: u8 },
    /// The market's automatic breaker: its price moved, or was doubtful for long.
    Price,
    /// The market's automatic breaker: liquidations, or what its tranche paid, or a ledger that does not come out even.
    Books,
    /// The market's automatic breaker, its signal gone: it cools down.
    CoolDown,
}

/// A level that is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restriction {
    pub level: Level,
    /// On every market, not on one alone.
    pub is_global: bool,
    pub cause: Cause,
    /// Unix seconds; `None`: for as long as its signal lasts.
    pub until: Option<i64>,
}

fn set(breaker: &Breaker, is_global: bool, now: i64) -> impl Iterator<Item = Restriction> {
    let kinds = [
        (breaker.emergency, Cause::Emergency { reason: breaker.emergency.reason }),
        (breaker.standing, Cause::Standing { reason: breaker.standing.reason }),
    ];
    kinds.into_iter().filter_map(move |(state, cause)| {
        let level = state.level_at(now);
        (level > Level::Normal).then_some(Restriction { level, is_global, cause, until: Some(state.expires_at) })
    })
}

/// What restricts everything at `now`, the highest level first.
pub fn global_restrictions(breaker: &CircuitBreaker, now: i64) -> Vec<Restriction> {
    let mut found: Vec<_> = set(&breaker.global, true, now).collect();
    found.sort_by_key(|restriction| std::cmp::Reverse(restriction.level));
    found
}

/// What restricts a market at `now`, what restricts everything among it, the highest level first: the level in force is that of the
/// first.
pub fn restrictions(breaker: &CircuitBreaker, market: &Market, row: &AssetRow, now: i64) -> Vec<Restriction> {
    let mut found = global_restrictions(breaker, now);
    if let Ok(own) = breaker.breaker(market.index) {
        found.extend(set(own, false, now));
    }
    let (automatic, books) = (row.breaker.level_at(now), market.stress(now));
    if automatic > Level::Normal {
        let is_asked = |stored: u8| stored >= automatic as u8;
        let cause = match () {
            () if books.holds >= automatic => Cause::Books,
            () if is_asked(row.breaker.price_holds) => Cause::Price,
            () => Cause::CoolDown,
        };
        found.push(Restriction { level: automatic, is_global: false, cause, until: Some(row.breaker.until) });
    }
    if books.enters > automatic {
        found.push(Restriction { level: books.enters, is_global: false, cause: Cause::Books, until: None });
    }
    found.sort_by_key(|restriction| std::cmp::Reverse(restriction.level));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;

    #[test]
    fn the_first_restriction_is_the_level_in_force() {
        let (mut breaker, mut market, mut row): (CircuitBreaker, Market, AssetRow) =
            (Zeroable::zeroed(), Zeroable::zeroed(), Zeroable::zeroed());
        market.index = 3;
        assert!(restrictions(&breaker, &market, &row, 1_000).is_empty());

        breaker.trip(3, Level::ReduceOnly, (600, 7), 1_000).unwrap();
        breaker.trip(CircuitBreaker::GLOBAL, Level::Caution, (86_400, 2), 1_000).unwrap();
        (row.breaker.level, row.breaker.until, row.breaker.price_holds) = (3, 1_300, 3);
        for now in [1_000, 1_299, 1_300, 1_599, 1_600, 87_399, 87_400] {
            let found = restrictions(&breaker, &market, &row, now);
            let level = found.first().map_or(Level::Normal, |first| first.level);
            assert_eq!(level, market.level(&breaker, &row, now), "at {now}: {found:?}");
        }
        let found = restrictions(&breaker, &market, &row, 1_000);
        let causes: Vec<_> = found.iter().map(|found| (found.cause, found.until, found.is_global)).collect();
        assert_eq!(
            causes,
            [
                (Cause::Price, Some(1_300), false),
                (Cause::Emergency { reason: 7 }, Some(1_600), false),
                (Cause::Standing { reason: 2 }, Some(87_400), true),
            ]
        );
    }
}
