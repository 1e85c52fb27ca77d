//! I-05 and I-07: who may be liquidated, at what cost, and who pays a deficit.

use firebreak::state::{AssetRow, Market};
use firebreak_client::MarginAccountView;

use super::{
    Step, breaker, expect,
    prices::{assets, is_certain_enough, is_fresh},
    trading::{expect_covered, is_smaller, signed},
    valuation::{Purpose, Worth, bankruptcy_share, equity, quote_worth, worth},
};
use crate::simulation::{
    operation::{Operation, Party},
    state::State,
};

/// A liquidation that was carried out.
struct Done<'a> {
    liquidator: Party,
    liquidatee: u8,
    market: u8,
    max_lots: u64,
    limit_price: u64,
    before: &'a MarginAccountView,
    after: &'a MarginAccountView,
    worth: Worth,
    worth_after: Worth,
}

pub(super) fn check(step: &Step, found: &mut Vec<String>) {
    let Operation::Liquidate { liquidator, liquidatee, market, max_lots, limit_price } = *step.operation else {
        return;
    };
    expect(found, liquidator.account != liquidatee, || "T08: an account liquidated itself".to_string());
    let (Some(before), Some(after)) = (step.before.account(liquidatee), step.after.account(liquidatee)) else { return };
    let rows = &step.before.rows;
    let done = Done {
        liquidator,
        liquidatee,
        market,
        max_lots,
        limit_price,
        before,
        after,
        worth: worth(before, rows, Purpose::Maintenance),
        worth_after: worth(after, rows, Purpose::Maintenance),
    };
    signed(step, &liquidator, found);
    conditions(step, &done, found);
    let (old, new) = (&step.before.markets[market as usize], &step.after.markets[market as usize]);
    let paid = new.insurance_paid - old.insurance_paid;
    improvement(&done, paid, found);
    insurance(step, &done, (old, new), paid, found);
    take_over(step, &done, (old, new), paid, found);
}

fn conditions(step: &Step, done: &Done, found: &mut Vec<String>) {
    let now = step.before.now;
    expect(found, !done.worth.is_covered(), || format!("I-05: a healthy account was liquidated: {:?}", done.worth));
    let level = breaker::level(step.before, done.market);
    expect(found, level <= 3, || "a liquidation while halted".to_string());
    let has_half = done.worth.equity >= 0 && done.worth.equity * 2 >= done.worth.requirement;
    expect(found, !has_half || !breaker::is_grace(step.before, done.market), || {
        "a liquidation within the grace".to_string()
    });
    for asset in assets(done.before, &step.before.rows, Purpose::Maintenance) {
        let row = &step.before.rows[asset as usize];
        expect(found, is_certain_enough(row, now), || "I-10: a liquidation on a stale price".to_string());
    }
}

/// I-05: the ratio of equity to margin strictly rises; or, with equity gone, margin falls, or the deficit is paid.
fn improvement(done: &Done, paid: u64, found: &mut Vec<String>) {
    let (old, new) = (&done.worth, &done.worth_after);
    let improves = match old.equity <= 0 {
        true => new.equity >= old.equity && (new.requirement < old.requirement || paid > 0),
        false => old.improves_to(new),
    };
    expect(found, improves, || format!("I-05: {old:?} became {new:?}"));
}

/// I-07: the tranche pays a bankrupt account's share in this market, whole and once its lots are gone, within both caps, after
/// its cash and its collateral; nothing else.
fn insurance(step: &Step, done: &Done, (old, new): (&Market, &Market), paid: u64, found: &mut Vec<String>) {
    let fee = i128::from(new.tranche) - i128::from(old.tranche) + i128::from(paid);
    expect(found, fee >= 0, || "I-07: the tranche lost more than it paid for a deficit".to_string());
    let rows = &step.before.rows;
    let share = bankruptcy_share(done.before, rows, done.market);
    let spent = i128::from(done.before.header.cash) - i128::from(done.after.header.cash);
    let size = |state: &State| i128::from(state.size(done.liquidatee, done.market)).abs();
    let (all, taken) = (size(step.before), size(step.before) - size(step.after));
    if let (true, Some(share)) = (done.worth.equity < 0, share) {
        // A deficit goes with its lots: no lot stays behind with more than its part.
        let part = |of: i128, up: i128| if taken == all { of } else { (of * taken + up * (all - 1)) / all };
        let (own, due) = (part(share.from_cash, 0), part(share.deficit, 1));
        expect(found, spent == own, || format!("I-07: a bankrupt account's cash paid {spent}, its part is {own}"));
        expect(found, i128::from(paid) == due, || {
            format!("I-07: insurance paid {paid}, the part is {due} of {share:?}")
        });
        expect(found, taken == all || share.waiting == 0, || format!("I-07: lots were parted from {share:?}"));
        let most = most_insured(old, share.deficit, step.before.now).0;
        expect(found, share.deficit <= most, || format!("I-07: the tranche may pay {most} of {share:?}"));
    } else if done.worth.equity < 0 {
        expect(found, spent == 0 && paid == 0, || {
            format!("I-07: cash paid {spent} and insurance {paid} where nothing was lost")
        });
    }
    if paid == 0 {
        return;
    }
    expect(found, share.is_some() && !done.before.header.has_collateral(), || {
        format!("I-07: insurance paid {paid} to an account with {:?}", done.worth)
    });
    for asset in assets(done.before, rows, Purpose::Maintenance) {
        let is_fresh = is_fresh(&rows[asset as usize], step.before.now);
        expect(found, is_fresh, || format!("I-10: insurance paid on a price of asset {asset} below fresh"));
    }
    let insured = most_insured(old, i128::from(paid), step.before.now);
    expect(found, i128::from(paid) <= insured.0 && new.insurance_window_used == insured.1 + paid, || {
        format!("I-07: insurance paid {paid}, may pay {insured:?}")
    });
}

/// What a tranche may pay of a deficit, and what of its window is used before.
pub fn most_insured(market: &Market, deficit: i128, now: i64) -> (i128, u64) {
    let started = market.insurance_window_started;
    let is_same = now >= started && now - started < i64::from(market.insurance_window_seconds);
    let used = if is_same { market.insurance_window_used } else { 0 };
    let insured = deficit * (10_000 - i128::from(market.coinsurance_share_bps)) / 10_000;
    let caps = [market.tranche, market.insurance_event_cap, market.insurance_window_cap.saturating_sub(used)];
    (caps.into_iter().map(i128::from).fold(insured, i128::min), used)
}

/// What a lot is worth to whoever gives it up: at mark, or while a price it depends on is not fresh, at the better one.
fn protective_price(step: &Step, done: &Done, is_long: bool) -> u128 {
    let rows = &step.before.rows;
    let row = &rows[done.market as usize];
    let held = assets(done.before, rows, Purpose::Maintenance);
    match held.iter().all(|asset| is_fresh(&rows[*asset as usize], step.before.now)) {
        true => u128::from(row.mark),
        false => u128::from(better_price(row, is_long)),
    }
}

/// The better, for whoever gives up a long or a short, of mark and what either of two feeds said within the maximum age of it.
pub(super) fn better_price(row: &AssetRow, is_long: bool) -> u64 {
    let seen = [(row.primary_mark, row.primary_time), (row.secondary_mark, row.secondary_time)];
    let is_recent = |time: i64| row.publish_time - time <= i64::from(row.max_age_seconds);
    let recent = seen.into_iter().filter(|(mark, time)| row.secondary_kind != 0 && *mark > 0 && is_recent(*time));
    let prices = recent.map(|(mark, _)| mark).chain([row.mark]);
    let best = if is_long { prices.max() } else { prices.min() };
    best.unwrap_or_default()
}

/// What the two accounts exchanged: within the bounds asked for, the penalty within its maximum.
fn take_over(step: &Step, done: &Done, (old, new): (&Market, &Market), paid: u64, found: &mut Vec<String>) {
    let account = done.liquidator.account;
    let (Some(took), Some(has)) = (step.before.account(account), step.after.account(account)) else { return };
    let size = |state: &crate::simulation::state::State, of: u8| state.size(of, done.market);
    let (before, after) = (size(step.before, done.liquidatee), size(step.after, done.liquidatee));
    let taken = size(step.after, account) - size(step.before, account);
    expect(found, taken == before - after, || format!("I-03: {taken} lots arrived of {}", before - after));
    expect(found, after == before || is_smaller(before, after), || "a liquidation made a position larger".to_string());
    expect(found, taken.unsigned_abs() <= done.max_lots, || format!("{taken} lots, {} allowed", done.max_lots));
    let rows = &step.before.rows;
    // Without insurance: what the liquidatee lost is the penalty, which the liquidator and the tranche received.
    // Collateral aside: what it counts rises where a surcharge falls with the longs that are taken.
    let quote = |view| quote_worth(view, rows, Purpose::Maintenance).equity;
    let penalty = quote(done.before) - (quote(done.after) - i128::from(paid));
    let fee = i128::from(new.tranche) - i128::from(old.tranche) + i128::from(paid);
    let gained = equity(has, rows) - equity(took, rows);
    let mark = u128::from(rows[done.market as usize].mark);
    let lots = u128::from(taken.unsigned_abs());
    // On a price that is not fresh, the penalty is of the price that is better for the liquidatee, of those that feeds gave lately.
    let fair = protective_price(step, done, taken > 0);
    let kept = (lots * mark.abs_diff(fair)) as i128;
    expect(found, penalty == gained + fee && gained + kept >= 0, || {
        format!("I-01: the penalty is {penalty}, the liquidator gained {gained}, the tranche {fee}")
    });
    let most = lots * fair * u128::from(old.penalty_max_bps) / 10_000;
    expect(found, (0..=most as i128).contains(&(penalty + kept)), || {
        format!("a penalty of {penalty} with {kept} kept, at most {most}")
    });
    if taken == 0 {
        return;
    }
    let price = if taken > 0 { mark as i128 - penalty / lots as i128 } else { mark as i128 + penalty / lots as i128 };
    let limit = i128::from(done.limit_price);
    expect(found, if taken > 0 { price <= limit } else { price >= limit }, || format!("{price} is beyond {limit}"));
    if !is_smaller(size(step.before, account), size(step.after, account)) {
        expect_covered(step, (account, Purpose::Takeover, 0), has, found);
    }
}
