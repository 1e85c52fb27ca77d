//! One day under one regime: a price a minute, and after each what traders, the liquidator and keepers do.

use anyhow::{Result, anyhow, ensure};
use firebreak::FirebreakError;
use risk::{Action, Activity, Level};

use super::{
    days::Day,
    population::{Trader, traders},
    regime::Regime,
    venue::{FIRST_TRADER, LIQUIDATOR, Venue},
};
use crate::candles::{Candle, Order, PricePath};

pub const STEP_SECONDS: u32 = 60;
/// What each price moves by at most that is not a candle's corner.
pub const NOISE_BPS: u16 = 10;
pub const SEED: u64 = 20_251_010;
/// A maker's distance from the mark, for a trader, and for a liquidator who wants out.
pub const SPREAD_BPS: u32 = 10;
pub const EXIT_SPREAD_BPS: u32 = 50;
/// What makers take from the liquidator in a minute, in quote atoms.
pub const EXIT_DEPTH: u64 = 100_000 * crate::listing::DOLLAR;
/// How long a trader keeps trying to open, in steps.
const PATIENCE: usize = 30;
/// How often watchful traders look, and losses and gains are settled, in steps.
pub const WATCH_STEPS: usize = 5;
const SETTLE_STEPS: usize = 10;
/// Take-overs of one account in one step, at most.
const MOST_SLICES: usize = 8;
/// How soon an account may be liquidated again while its price is not fresh.
const SLICE_PAUSE_SECONDS: i64 = 10;
/// The smallest part of a position that the liquidator cares to take.
const SMALLEST_SLICE: u64 = 16;

/// The numbers of a run; amounts in quote atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Notional that traders opened.
    pub opened: u64,
    pub liquidations: u64,
    pub liquidated_accounts: u64,
    /// Seen with negative equity at mark, and of these, the ones whose deficit somebody paid.
    pub bankrupt_accounts: u64,
    pub paid_for_accounts: u64,
    pub paid_by_tranche: u64,
    pub paid_by_side: u64,
    /// What no side could bear.
    pub owed_by_market: u64,
    /// Negative equity that nobody could resolve by the end.
    pub left_open: u64,
    /// Initial margin per notional of the traders' positions, over the whole run, in basis points, and its peak.
    pub locked_bps: u64,
    pub locked_peak_bps: u64,
    pub refused: u64,
    pub cut: u64,
    /// Times a watchful trader halved its position.
    pub reductions: u64,
    pub highest_multiplier_bps: u64,
    /// Minutes in which the price was not fresh.
    pub uncertain_minutes: u64,
    /// Minutes in which nobody could open: the gate or the breaker refused; the longest of them in a row; of all, those in which nobody
    /// could reduce.
    pub no_opening_minutes: u64,
    pub no_opening_longest: u64,
    pub no_reducing_minutes: u64,
    /// Minutes at Caution or above.
    pub cautious_minutes: u64,
}

impl Outcome {
    pub fn bad_debt(&self) -> u64 {
        self.paid_by_tranche + self.paid_by_side + self.owed_by_market + self.left_open
    }
}

/// What a plot shows of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    pub time: i64,
    pub price_e8: u64,
    pub initial_multiplier_bps: u32,
    pub maintenance_multiplier_bps: u32,
    /// Take-overs in this step.
    pub liquidations: u64,
    pub is_fresh: bool,
    /// Of the automatic breaker.
    pub level: u8,
    /// Accounts liquidated so far.
    pub liquidated_accounts: u64,
}

/// A run: its numbers, and its course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub outcome: Outcome,
    pub course: Vec<Point>,
}

/// What is replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    pub regime: Regime,
    pub order: Order,
    pub liquidator_cash: u64,
    /// Draws the population and the noise.
    pub seed: u64,
    /// Whether the automatic breaker watches, and a keeper pokes it every minute.
    pub has_breaker: bool,
}

/// Replays a day.
///
/// # Errors
/// A price or a listing that the program refuses; an identity that does not hold after a step.
pub fn replay(day: &Day, candles: &[Candle], setup: &Setup) -> Result<Run> {
    let prices: Vec<(i64, u64)> = PricePath::new(candles, setup.order, STEP_SECONDS, NOISE_BPS, setup.seed)?.collect();
    let listing = setup.regime.listing(day.asset, day.lot_exponent);
    let refused = |error: FirebreakError| anyhow!("{}: {error:?}", day.title);
    let venue = Venue::new(&listing, setup.liquidator_cash, setup.has_breaker).map_err(refused)?;
    let mut floor = Floor::new(venue, traders(setup.seed, prices.len()));
    let mut course = Vec::with_capacity(prices.len());
    let mut last_e8 = prices.first().map_or(0, |(_, price_e8)| *price_e8);
    for (step, (time, price_e8)) in prices.into_iter().enumerate() {
        // Wider while the price runs, as an oracle's is: 0.05 %, and a tenth of the last minute's move.
        let confidence_e8 = price_e8 / 2_000 + price_e8.abs_diff(last_e8) / 10;
        let confidence_e8 = confidence_e8.min(price_e8 / 25); // below the limit beyond which a reading is refused
        last_e8 = price_e8;
        floor.venue.refresh(time, price_e8, confidence_e8).map_err(refused)?;
        let before = floor.outcome.liquidations;
        floor.step(step);
        ensure!(floor.venue.is_conserved(), "{}: an identity does not hold at {time}", day.title);
        let row = floor.venue.row();
        course.push(Point {
            time,
            price_e8,
            initial_multiplier_bps: row.initial_multiplier_bps,
            maintenance_multiplier_bps: row.maintenance_multiplier_bps,
            liquidations: floor.outcome.liquidations - before,
            is_fresh: row.quality_at(time).permits(Action::AddRisk),
            level: floor.venue.level() as u8,
            liquidated_accounts: floor.outcome.liquidated_accounts,
        });
    }
    Ok(Run { outcome: floor.close(), course })
}

/// What one trader has come to.
#[derive(Clone, Copy)]
struct Standing {
    trader: Trader,
    account: usize,
    wants_to_open: bool,
    was_liquidated: bool,
    was_bankrupt: bool,
    was_paid_for: bool,
}

/// The market and everybody who acts in it.
struct Floor {
    venue: Venue,
    standings: Vec<Standing>,
    outcome: Outcome,
    /// Sums over steps: initial margin, and notional.
    locked: (u128, u128),
    /// Minutes in a row in which nobody could open.
    closed_for: u64,
}

impl Floor {
    fn new(mut venue: Venue, traders: Vec<Trader>) -> Self {
        let standing = |trader: Trader| Standing {
            trader,
            account: venue.open_account(trader.cash),
            wants_to_open: true,
            was_liquidated: false,
            was_bankrupt: false,
            was_paid_for: false,
        };
        let standings = traders.into_iter().map(standing).collect();
        Self { venue, standings, outcome: Outcome::default(), locked: (0, 0), closed_for: 0 }
    }

    fn step(&mut self, step: usize) {
        self.liquidate();
        self.unwind();
        if step.is_multiple_of(WATCH_STEPS) {
            self.watch();
        }
        for index in 0..self.standings.len() {
            let Standing { trader, wants_to_open, .. } = self.standings[index];
            if wants_to_open && trader.arrives <= step {
                self.open(index, step >= trader.arrives + PATIENCE);
            }
        }
        if step.is_multiple_of(SETTLE_STEPS) {
            self.venue.settle_all();
        }
        self.liquidate_in_slices();
        self.venue.poke();
        self.measure();
    }

    /// Those below maintenance, the worst ratio of equity to maintenance first.
    fn in_trouble(&self) -> Vec<usize> {
        let ratio = |index: usize| {
            let value = self.venue.for_maintenance(self.standings[index].account).ok()?;
            let ratio = i128::from(value.equity) * 1_000_000 / i128::from(value.requirement.max(1));
            (!value.is_covered()).then_some((ratio, index))
        };
        let mut found: Vec<(i128, usize)> = (0..self.standings.len()).filter_map(ratio).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, index)| index).collect()
    }

    /// Everybody below maintenance: taken over where the liquidator has the means; where neither equity nor the tranche covers the
    /// loss, deleveraged.
    fn liquidate(&mut self) {
        for index in self.in_trouble() {
            let account = self.standings[index].account;
            for _ in 0..MOST_SLICES {
                let Ok(value) = self.venue.for_maintenance(account) else { break };
                if value.is_covered() {
                    break;
                }
                if value.equity < 0 && !self.standings[index].was_bankrupt {
                    self.standings[index].was_bankrupt = true;
                    self.outcome.bankrupt_accounts += 1;
                }
                let paid = self.outcome.bad_debt();
                let is_smaller = self.take_over(index, account) || self.deleverage(account);
                let is_new = self.outcome.bad_debt() > paid && !self.standings[index].was_paid_for;
                self.standings[index].was_paid_for |= is_new;
                self.outcome.paid_for_accounts += u64::from(is_new);
                if !is_smaller {
                    break;
                }
            }
        }
        while self.deleverage(LIQUIDATOR) {}
        for maker in LIQUIDATOR + 1..FIRST_TRADER {
            self.deleverage(maker);
        }
    }

    /// While the price is not fresh an account gives up a slice every ten seconds: the rest of the minute's.
    fn liquidate_in_slices(&mut self) {
        let now = self.venue.now;
        if self.venue.row().quality_at(now).permits(Action::AddRisk) {
            return;
        }
        for pause in 1..i64::from(STEP_SECONDS) / SLICE_PAUSE_SECONDS {
            self.venue.now = now + pause * SLICE_PAUSE_SECONDS;
            self.liquidate();
        }
        self.venue.now = now;
    }

    /// As much as the liquidator's margin allows, found by halving.
    fn take_over(&mut self, index: usize, account: usize) -> bool {
        let mut lots = self.venue.size(account).unsigned_abs();
        let least = lots / SMALLEST_SLICE;
        loop {
            match self.venue.liquidate(account, lots) {
                Ok(done) => {
                    self.outcome.liquidations += 1;
                    self.outcome.paid_by_tranche += done.insurance_paid;
                    if !self.standings[index].was_liquidated {
                        self.standings[index].was_liquidated = true;
                        self.outcome.liquidated_accounts += 1;
                    }
                    return true;
                }
                Err(FirebreakError::MarginInsufficient | FirebreakError::CashInsufficient) if lots / 2 > least => {
                    lots /= 2
                }
                Err(_) => return false,
            }
        }
    }

    fn deleverage(&mut self, account: usize) -> bool {
        let Ok(done) = self.venue.auto_deleverage(account) else { return false };
        self.outcome.paid_by_tranche += done.insurance_paid;
        self.outcome.paid_by_side += done.borne_by_side;
        self.outcome.owed_by_market += done.borne_by_market;
        true
    }

    /// The liquidator gives to makers what they take in a minute.
    fn unwind(&mut self) {
        let size = self.venue.size(LIQUIDATOR);
        let depth = (EXIT_DEPTH / self.venue.row().mark.max(1)).max(1);
        let lots = size.unsigned_abs().min(depth) as i64;
        if lots > 0 {
            // Where makers' offers are outside the band now, it waits.
            let _waits = self.venue.take(LIQUIDATOR, -size.signum() * lots, EXIT_SPREAD_BPS);
        }
    }

    /// Watchful traders below one and a half times maintenance halve their position.
    fn watch(&mut self) {
        for index in 0..self.standings.len() {
            let Standing { trader, account, .. } = self.standings[index];
            let size = self.venue.size(account);
            let Ok(value) = self.venue.for_maintenance(account) else { continue };
            let is_near = i128::from(value.equity) * 2 < i128::from(value.requirement) * 3;
            if trader.is_watchful
                && size.abs() > 1
                && is_near
                && self.venue.take(account, -size / 2, SPREAD_BPS).is_ok()
            {
                self.outcome.reductions += 1;
            }
        }
    }

    /// Opens what the trader wants, or as much of it as its margin allows, to a thousandth of what it wants.
    fn open(&mut self, index: usize, is_last_try: bool) {
        let Standing { trader, account, .. } = self.standings[index];
        let mark = self.venue.row().mark.max(1);
        let wanted = u128::from(trader.cash) * u128::from(trader.leverage) / 100 / u128::from(mark);
        let least = self.venue.market.min_position_lots;
        let wanted = (wanted as u64).max(least);
        let signed = |lots: u64| if trader.is_long { lots as i64 } else { -(lots as i64) }; // at most 2^28
        let try_lots = |venue: &Venue, lots| venue.taken(account, signed(lots), SPREAD_BPS).map(|_| ());
        let mut fits = match try_lots(&self.venue, wanted) {
            Ok(()) => wanted,
            Err(FirebreakError::MarginInsufficient) => 0,
            Err(_) if is_last_try => return self.give_up(index),
            Err(_) => return, // no price to open at: tries again
        };
        let mut fails = wanted + u64::from(fits == wanted);
        while fails - fits > 1 + wanted / 1_000 {
            let middle = fits + (fails - fits) / 2;
            let is_open = try_lots(&self.venue, middle).is_ok();
            *(if is_open { &mut fits } else { &mut fails }) = middle;
        }
        if fits < least || self.venue.take(account, signed(fits), SPREAD_BPS).is_err() {
            return self.give_up(index);
        }
        self.standings[index].wants_to_open = false;
        self.outcome.opened += fits * mark;
        self.outcome.cut += u64::from(fits < wanted);
    }

    fn give_up(&mut self, index: usize) {
        self.standings[index].wants_to_open = false;
        self.outcome.refused += 1;
    }

    fn measure(&mut self) {
        let row = *self.venue.row();
        let accounts = FIRST_TRADER..self.venue.accounts.len();
        let notional: u64 = accounts.clone().map(|account| self.venue.size(account).unsigned_abs() * row.mark).sum();
        let locked: u64 = accounts.map(|account| self.venue.initial_margin(account)).sum();
        if notional > 0 {
            self.locked.0 += u128::from(locked);
            self.locked.1 += u128::from(notional);
            let bps = (u128::from(locked) * 10_000 / u128::from(notional)) as u64;
            self.outcome.locked_peak_bps = self.outcome.locked_peak_bps.max(bps);
        }
        let highest = u64::from(row.initial_multiplier_bps);
        self.outcome.highest_multiplier_bps = self.outcome.highest_multiplier_bps.max(highest);
        let is_fresh = row.quality_at(self.venue.now).permits(Action::AddRisk);
        self.outcome.uncertain_minutes += u64::from(!is_fresh);
        let (level, now) = (self.venue.level(), self.venue.now);
        let is_closed = row.require(Action::AddRisk, now).is_err() || !level.permits(Activity::AddRisk);
        let is_stuck = row.require(Action::ReduceRisk, now).is_err() || !level.permits(Activity::ReduceRisk);
        self.closed_for = if is_closed { self.closed_for + 1 } else { 0 };
        self.outcome.no_opening_minutes += u64::from(is_closed);
        self.outcome.no_opening_longest = self.outcome.no_opening_longest.max(self.closed_for);
        self.outcome.no_reducing_minutes += u64::from(is_stuck);
        self.outcome.cautious_minutes += u64::from(level >= Level::Caution);
    }

    /// The numbers, with what is still unresolved.
    fn close(mut self) -> Outcome {
        for account in 0..self.venue.accounts.len() {
            if let Ok(value) = self.venue.for_maintenance(account)
                && value.equity < 0
            {
                self.outcome.left_open += value.equity.unsigned_abs();
            }
        }
        self.outcome.locked_bps = (self.locked.0 * 10_000 / self.locked.1.max(1)) as u64;
        self.outcome
    }
}
