//! What transactions cost: a price from recent fees, a cap for each, a budget for the hour.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

use super::config::FeeConfig;

/// Lamports of one signature.
pub const BASE_FEE: u64 = 5_000;
const HOUR: Duration = Duration::from_secs(3_600);
/// How long a price is good for.
const PRICE_AGE: Duration = Duration::from_secs(10);

/// What kind of transaction a price was asked for: its accounts are much the same.
pub type PriceKey = (&'static str, u8);

/// The books of what was paid.
#[derive(Debug)]
pub struct Fees {
    config: FeeConfig,
    prices: HashMap<PriceKey, (Instant, u64)>,
    paid: VecDeque<(Instant, u64)>,
    reserved: u64,
    pub total: u64,
}

/// Nothing more is sent in this hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverBudget {
    pub wanted: u64,
    pub left: u64,
    pub budget: u64,
}

impl std::fmt::Display for OverBudget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { wanted, left, budget } = self;
        write!(
            f,
            "{wanted} lamports of fees are more than the {left} left of this hour's {budget}: raise fees.budget_per_hour, or wait"
        )
    }
}

impl Fees {
    pub fn new(config: FeeConfig) -> Self {
        Self { config, prices: HashMap::new(), paid: VecDeque::new(), reserved: 0, total: 0 }
    }

    /// The price asked for lately, in micro-lamports per compute unit.
    pub fn known_price(&self, key: PriceKey, now: Instant) -> Option<u64> {
        self.prices.get(&key).filter(|(at, _)| now.duration_since(*at) < PRICE_AGE).map(|(_, price)| *price)
    }

    /// The price out of what others paid of late: the percentile, and the floor at least.
    pub fn learn(&mut self, key: PriceKey, mut recent: Vec<u64>, now: Instant) -> u64 {
        recent.sort_unstable();
        let index = recent.len().saturating_sub(1) * usize::from(self.config.percentile.min(100)) / 100;
        let price = recent.get(index).copied().unwrap_or(0).max(self.config.floor);
        self.prices.insert(key, (now, price));
        price
    }

    /// The price at which this many units cost no more than the cap.
    pub fn capped(&self, price: u64, units: u32) -> u64 {
        let most = u128::from(self.config.cap) * 1_000_000 / u128::from(units.max(1));
        price.min(u64::try_from(most).unwrap_or(u64::MAX))
    }

    /// Sets fees aside before sending.
    pub fn reserve(&mut self, lamports: u64, now: Instant) -> Result<(), OverBudget> {
        while self.paid.front().is_some_and(|(at, _)| now.duration_since(*at) >= HOUR) {
            self.paid.pop_front();
        }
        let left = self.left();
        if lamports > left {
            return Err(OverBudget { wanted: lamports, left, budget: self.config.budget_per_hour });
        }
        self.reserved += lamports;
        Ok(())
    }

    /// What became of a reservation: a transaction that landed was paid for, whatever came of it.
    pub fn settle(&mut self, lamports: u64, is_paid: bool, now: Instant) {
        self.reserved = self.reserved.saturating_sub(lamports);
        if is_paid {
            self.paid.push_back((now, lamports));
            self.total += lamports;
        }
    }

    /// Lamports that may still be spent in this hour.
    pub fn left(&self) -> u64 {
        let spent: u64 = self.paid.iter().map(|(_, lamports)| lamports).sum();
        self.config.budget_per_hour.saturating_sub(spent).saturating_sub(self.reserved)
    }

    /// What a transaction costs about now, in lamports: for deciding whether a job is worth it.
    pub fn usual(&self) -> u64 {
        const UNITS: u64 = 30_000;
        let price = self.prices.values().map(|(_, price)| *price).max().unwrap_or(self.config.floor);
        BASE_FEE.saturating_add(priority_fee(self.capped(price, UNITS as u32), UNITS as u32))
    }
}

/// Lamports for units at a price, rounded up as the network does.
pub fn priority_fee(price: u64, units: u32) -> u64 {
    u64::try_from((u128::from(price) * u128::from(units)).div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fees(cap: u64, budget_per_hour: u64) -> Fees {
        Fees::new(FeeConfig { percentile: 75, floor: 10, cap, budget_per_hour })
    }

    #[test]
    fn the_price_is_a_percentile_with_a_floor_and_never_costs_more_than_the_cap() {
        let (mut fees, now) = (fees(1_000, 0), Instant::now());
        assert_eq!(fees.learn(("a", 0), vec![], now), 10);
        assert_eq!(fees.learn(("a", 0), (0..=100).rev().collect(), now), 75);
        assert_eq!(fees.known_price(("a", 0), now), Some(75));
        assert_eq!(fees.known_price(("a", 0), now + PRICE_AGE), None);
        assert_eq!(fees.known_price(("a", 1), now), None);
        assert_eq!(priority_fee(75, 20_000), 2, "1.5 lamports, rounded up");
        for units in [1, 7, 20_000, 1_400_000] {
            assert!(priority_fee(fees.capped(u64::MAX, units), units) <= 1_000);
        }
        assert_eq!(fees.capped(50_000, 20_000), 50_000, "the cap exactly");
        assert_eq!(fees.capped(50_001, 20_000), 50_000);
    }

    #[test]
    fn the_budget_is_never_exceeded_and_comes_back_after_an_hour() {
        let (mut fees, start) = (fees(0, 10_000), Instant::now());
        assert_eq!(fees.reserve(6_000, start), Ok(()));
        let refused = fees.reserve(4_001, start).unwrap_err();
        assert_eq!(refused, OverBudget { wanted: 4_001, left: 4_000, budget: 10_000 });
        assert_eq!(fees.reserve(4_000, start), Ok(()));
        fees.settle(6_000, true, start);
        fees.settle(4_000, false, start);
        assert_eq!((fees.left(), fees.total), (4_000, 6_000), "what expired was not paid");
        assert!(fees.reserve(5_000, start + HOUR / 2).is_err());
        assert_eq!(fees.reserve(10_000, start + HOUR), Ok(()));
    }
}
