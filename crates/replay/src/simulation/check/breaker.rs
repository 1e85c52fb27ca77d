//! The automatic breaker and the outflow limit, worked out once more in whole numbers without bounds.

use firebreak::state::{AssetRow, CollateralBank, Market};

use super::{Step, expect};
use crate::simulation::{operation::Operation, state::State};

const HALF_LIFE: i128 = 1_800;
const LONGEST: i64 = 6 * 3_600;

/// The level that holds in a market: what guardian and authority set, what the board keeps, what the books ask for.
pub fn level(state: &State, market: u8) -> u8 {
    let books = &state.markets[market as usize];
    kept_level(state, market).max(asked(books, state.now, 1))
}

/// The same without the books: as far as a withdrawal reads.
pub(super) fn kept_level(state: &State, market: u8) -> u8 {
    let kept = automatic(&state.rows[market as usize], state.now);
    (state.breaker.level(market, state.now) as u8).max(kept)
}

/// Whether an account between half of maintenance and all of it has time to top up.
pub(super) fn is_grace(state: &State, market: u8) -> bool {
    let breaker = &state.breaker;
    let set = [&breaker.markets[market as usize], &breaker.global];
    let closed = set
        .iter()
        .map(|breaker| breaker.emergency.closed_until)
        .map(i64::from)
        .max()
        .unwrap_or(0)
        .max(state.rows[market as usize].breaker.closed_until);
    let since = state.now - closed;
    (0..i64::from(state.markets[market as usize].grace_seconds)).contains(&since)
}

fn automatic(row: &AssetRow, now: i64) -> u8 {
    if now < row.breaker.until { row.breaker.level } else { 0 }
}

/// What is left of a count, rounded down.
fn left(amount: u64, at: i64, now: i64) -> i128 {
    let seconds = i128::from((now - at).max(0));
    let halved = i128::from(amount) >> (seconds / HALF_LIFE).min(100);
    halved - (halved * (seconds % HALF_LIFE) + 2 * HALF_LIFE - 1) / (2 * HALF_LIFE)
}

/// The level at 1, 2 and 4 times a threshold; `times` 2 for the level that would be held.
fn ladder(measure: i128, threshold: u32, highest: u8, times: i128) -> u8 {
    match measure * times / i128::from(threshold.max(1)) {
        0 => 0,
        1 => 1.min(highest),
        2 | 3 => 2.min(highest),
        _ => 3.min(highest),
    }
}

/// The level a market's books ask for (`times` 1), or would hold (2).
fn asked(books: &Market, now: i64, times: i128) -> u8 {
    let lots = left(books.recently_liquidated, books.recently_liquidated_at, now);
    let held = books.long_open_interest.max(books.short_open_interest).max(books.liquidated_floor_lots);
    let paid = left(books.recently_paid, books.recently_paid_at, now);
    let target = books.tranche_target.max(books.insurance_event_cap).max(1);
    let cascade = ladder(lots * 10_000 / i128::from(held), books.liquidated_bps, 1, times);
    cascade.max(ladder(paid * 10_000 / i128::from(target), books.drawdown_bps, 3, times))
}

/// Whether a new price was put on the row, or its second feed caught up with the first.
fn is_heard(old: &AssetRow, new: &AssetRow) -> bool {
    (old.publish_time, old.followed_time) != (new.publish_time, new.followed_time)
}

pub(super) fn check(step: &Step, found: &mut Vec<String>) {
    for (old, new) in step.before.markets.iter().zip(&step.after.markets) {
        counts(step, old, new, found);
    }
    for (index, (old, new)) in step.before.rows.iter().zip(&step.after.rows).enumerate() {
        if old.breaker != new.breaker {
            never_shorter(step.before.now, old, new, found);
        }
        match step.operation {
            Operation::Poke { market } if *market as usize == index => poked(step, index, old, new, found),
            Operation::RefreshPrices { .. } if is_heard(old, new) => priced(old, new, found),
            _ => expect(found, old.breaker == new.breaker, || format!("the breaker of market {index} changed")),
        }
    }
    match *step.operation {
        Operation::Deposit { bank, amount, .. } => {
            flows(step, bank, -i128::from(amount), found);
        }
        Operation::Withdraw { bank, account, amount, .. } => {
            flows(step, bank, i128::from(amount), found);
            within_limits(step, bank, account, amount, found);
        }
        _ => {}
    }
}

/// Everything liquidated and paid is counted, and nothing else.
fn counts(step: &Step, old: &Market, new: &Market, found: &mut Vec<String>) {
    let now = step.after.now;
    for (was, is, more) in [
        (
            (old.recently_liquidated, old.recently_liquidated_at),
            (new.recently_liquidated, new.recently_liquidated_at),
            new.liquidated_lots - old.liquidated_lots,
        ),
        (
            (old.recently_paid, old.recently_paid_at),
            (new.recently_paid, new.recently_paid_at),
            new.insurance_paid - old.insurance_paid,
        ),
    ] {
        let expected = left(was.0, was.1, now) + i128::from(more);
        expect(found, more == 0 && was == is || is == (expected as u64, now), || {
            format!("market {}: {was:?} and {more} more became {is:?}, not {expected}", new.index)
        });
    }
}

/// A level is never lowered or shortened before its time, and never set for longer than six hours.
fn never_shorter(now: i64, old: &AssetRow, new: &AssetRow, found: &mut Vec<String>) {
    let is_kept = automatic(old, now) <= automatic(new, now)
        && (new.breaker.level != old.breaker.level || new.breaker.until >= old.breaker.until);
    let stood = now < old.breaker.until;
    expect(found, is_kept || !stood, || format!("a level was cut short: {:?} to {:?}", old.breaker, new.breaker));
    expect(
        found,
        new.breaker.until <= now.max(new.publish_time) + LONGEST || new.breaker.until == old.breaker.until,
        || format!("a level holds until {}", new.breaker.until),
    );
}

/// A poke changes the level and nothing else; it answers what the books ask for, and holds on to nothing whose signal is gone.
fn poked(step: &Step, index: usize, old: &AssetRow, new: &AssetRow, found: &mut Vec<String>) {
    let now = step.before.now;
    let books = &step.before.markets[index];
    let rest = AssetRow { breaker: old.breaker, ..*new };
    expect(found, rest == *old, || format!("a poke changed more of row {index} than its breaker"));
    let level = automatic(new, now);
    expect(found, level >= asked(books, now, 1), || format!("market {index} stands at {level} after a poke"));
    let is_known = old.quality > 0 && now - old.publish_time <= i64::from(old.max_age_seconds);
    let price = if is_known { old.breaker.price_holds } else { 0 };
    let held = asked(books, now, 2).max(price);
    expect(found, level <= automatic(old, now).max(held), || format!("a poke raised market {index} to {level}"));
    let was_extended = new.breaker.until > old.breaker.until;
    expect(found, !was_extended || held >= level, || {
        format!("a poke held market {index} at {level}, {held} is what signals hold: {:?}", new.breaker)
    });
}

/// A price's distance from each average before it, and averages that move toward it.
fn priced(old: &AssetRow, new: &AssetRow, found: &mut Vec<String>) {
    let mark = i128::from(new.mark) << 16;
    let measured = [(old.ema, 1), (old.slow_ema, 2), (old.slowest_ema, 4)].map(|(average, factor)| {
        let distance = (mark - i128::from(average)).abs() * 10_000 / i128::from(average.max(1));
        if average == 0 { 0 } else { ladder(distance, new.move_bps * factor, 2, 1) }
    });
    // A lone voice of two, which no average follows, trips nothing: whoever brings one feed alone chooses which.
    let is_lone = new.secondary_kind != 0 && new.followed_time == old.followed_time;
    let asks = if old.quality == 0 || is_lone { 0 } else { measured.into_iter().max().unwrap_or(0) };
    let level = automatic(new, new.publish_time);
    expect(found, new.breaker.price_enters >= asks && level >= asks, || {
        format!("a price asks for {asks}, its market stands at {level}: {:?}", new.breaker)
    });
    let is_between = |was: u64, is: u64| {
        let (low, high) = (i128::from(was).min(mark), i128::from(was).max(mark));
        was == 0 && i128::from(is) == mark || (low..=high).contains(&i128::from(is))
    };
    let follows = is_between(old.slow_ema, new.slow_ema) && is_between(old.slowest_ema, new.slowest_ema);
    expect(found, follows, || "an average ran away from its price".to_string());
}

/// What left of late, run on to now.
fn run_on(bank: &CollateralBank, used: i64, share_bps: u32, window: i128, now: i64) -> i128 {
    let seconds = i128::from((now - bank.outflow_at).max(0));
    let used = i128::from(used);
    if used < 0 {
        let forgotten = if seconds > 0 { -used * seconds / window + 1 } else { 0 };
        return if seconds >= window { 0 } else { (used + forgotten).min(0) };
    }
    (used - at_once(bank, share_bps, i128::from(bank.day_outflow)) * seconds / window).max(0)
}

fn at_once(bank: &CollateralBank, share_bps: u32, day: i128) -> i128 {
    let base = (i128::from(bank.total) + day).max(0);
    (base / 10_000 * i128::from(share_bps)).max(i128::from(bank.outflow_floor)) / 2
}

/// Both windows at `now`, before the operation.
fn windows(bank: &CollateralBank, now: i64) -> [i128; 2] {
    [
        run_on(bank, bank.hour_outflow, bank.hourly_share_bps, 3_600, now),
        run_on(bank, bank.day_outflow, bank.daily_share_bps, 86_400, now),
    ]
}

fn flows(step: &Step, bank: u8, left: i128, found: &mut Vec<String>) {
    let (old, new) = (&step.before.banks[bank as usize], &step.after.banks[bank as usize]);
    let expected = windows(old, step.before.now).map(|used| used + left);
    let is = [new.hour_outflow, new.day_outflow].map(i128::from);
    expect(found, is == expected, || format!("T97: bank {bank} counts {is:?} as left, not {expected:?}"));
}

/// T97: within both limits; the last quarter of either only for small accounts that leave.
fn within_limits(step: &Step, bank: u8, account: u8, amount: u64, found: &mut Vec<String>) {
    let old = &step.before.banks[bank as usize];
    let [hour, day] = windows(old, step.before.now);
    let is_gone = step.after.account(account).is_some_and(|view| {
        let kept = if bank == 0 { view.header.cash } else { view.header.collateral_of(old) };
        view.positions().is_empty() && kept == 0
    });
    let is_small = is_gone && amount <= old.small_exit;
    for (used, share_bps) in [(hour, old.hourly_share_bps), (day, old.daily_share_bps)] {
        let all = at_once(old, share_bps, day);
        let most = if is_small { all } else { all - all / 4 };
        expect(found, used + i128::from(amount) <= most, || {
            format!("T97: {amount} left bank {bank} after {used}, {most} may")
        });
    }
}
