//! Funding, worked out a second time from its own page (docs/funding.md): what fills leave, the rate they ask for, what prices accrue.

use firebreak::state::{AssetRow, Market};

use super::{
    Step, expect,
    prices::may_add_risk,
    touch::{LOT, ceil},
};
use crate::simulation::state::State;

/// Bits of charges and of scales.
const CHARGE: i128 = 1 << 24;
const SCALE: i128 = 1 << 62;

/// What the market's own lots pay for the way of the index since they paid last, up.
pub fn own_charge(books: &Market, row: &AssetRow) -> i128 {
    let own = i128::from(books.dust_size) * LOT + i128::from(books.long_owed) - i128::from(books.short_owed);
    ceil(own * (i128::from(row.funding_index) - i128::from(books.funding_seen)), LOT * CHARGE)
}

/// The market's own position pays its part.
pub(super) fn fund_own(books: &mut Market, row: &AssetRow) {
    let charge = own_charge(books, row) as i64;
    books.dust_entry += charge;
    books.carry -= charge;
    books.funding_seen = row.funding_index;
}

/// Sum and lots of fills as they count at `now`.
fn aged(books: &Market, now: i64) -> (i128, i128) {
    let tau = i128::from(books.premium_seconds);
    let elapsed = i128::from((now - books.premium_time).max(0));
    let (sum, lots) = (i128::from(books.premium_sum), i128::from(books.premium_lots));
    if elapsed == 0 { (sum, lots) } else { (sum * tau / (tau + elapsed), lots * tau / (tau + elapsed)) }
}

fn cap(books: &Market, row: &AssetRow) -> i128 {
    i128::from(row.mark) * i128::from(books.funding_cap_bps) / 10_000
}

fn put(books: &mut Market, (sum, lots): (i128, i128), now: i64) {
    (books.premium_sum, books.premium_lots) = (sum as i64, lots as u64);
    books.premium_time = books.premium_time.max(now);
}

/// A rate set anew.
pub(super) fn update(state: &mut State, market: u8, found: &mut Vec<String>) {
    let (row, books) = (&mut state.rows[market as usize], &mut state.markets[market as usize]);
    expect(found, may_add_risk(row, state.now), || "I-10: a rate was set on a price below fresh".to_string());
    let sums = aged(books, state.now);
    put(books, sums, state.now);
    let most = cap(books, row) * CHARGE;
    let open = i128::from(books.long_open_interest.max(books.short_open_interest));
    // Where nobody traded lately and nobody holds a lot, there is nothing to average.
    let average = (sums.0 * CHARGE).checked_div(sums.1.max(open)).unwrap_or(0).clamp(-most, most);
    row.funding_rate = (average / i128::from(books.funding_seconds.max(1))) as i64;
    row.funding_until = row.publish_time + i64::from(books.premium_seconds);
}

pub(super) fn check(step: &Step, found: &mut Vec<String>) {
    for (market, (old, new)) in step.before.rows.iter().zip(&step.after.rows).enumerate() {
        if old.publish_time != new.publish_time || old.funding_index != new.funding_index {
            accrual(market, old, new, found);
        }
    }
}

/// From price to price, and not beyond the rate's end: the paying side at least what its lots owe, the other at most that, less 2^-16.
fn accrual(market: usize, old: &AssetRow, new: &AssetRow, found: &mut Vec<String>) {
    let seconds = (new.publish_time.min(old.funding_until) - old.publish_time).max(0);
    let paid = i128::from(old.funding_rate) * i128::from(seconds);
    let index = i128::from(new.funding_index) - i128::from(old.funding_index);
    expect(found, index == paid, || format!("funding of market {market}: {index} a lot, {paid} are due"));
    let is_over = old.funding_rate == 0 || new.publish_time >= old.funding_until;
    let rate = if is_over { 0 } else { old.funding_rate };
    expect(found, new.funding_rate == rate, || format!("funding of market {market}: the rate became {rate}"));
    for (is_long, due) in [(true, paid), (false, -paid)] {
        let (was, is) = (old.side(is_long), new.side(is_long));
        let step = i128::from(is.charge) - i128::from(was.charge);
        let scale = i128::from(was.scale);
        let is_right = match due {
            0 => step == 0,
            // Exactly the least that covers it.
            1.. => step * SCALE >= due * scale && (step - 1) * SCALE < due * scale,
            // Less a 65,536th, and two parts of 2^24 of an atom at most.
            _ => {
                let (received, exact) = (-step * SCALE, -due * scale);
                received >= 0 && received <= exact - (exact >> 16) && received >= exact - (exact >> 16) - 3 * SCALE
            }
        };
        expect(found, is_right, || {
            format!("funding of market {market}: longs {is_long} were charged {step} for {due}")
        });
    }
}

/// What a fill leaves in its market's sums.
pub(super) fn filled(step: &Step, market: u8, lots: i64, price: u64, found: &mut Vec<String>) {
    let (row, now) = (&step.before.rows[market as usize], step.before.now);
    let (mut expected, new) = (step.before.markets[market as usize], &step.after.markets[market as usize]);
    let is_fresh = super::is_fresh(row, now);
    if expected.funding_cap_bps > 0 && is_fresh {
        let (sum, count) = aged(&expected, now);
        let most = cap(&expected, row);
        let premium = (i128::from(price) - i128::from(row.mark)).clamp(-most, most);
        let lots = i128::from(lots.unsigned_abs());
        put(&mut expected, (sum + lots * premium, count + lots), now);
    }
    let of = |books: &Market| (books.premium_sum, books.premium_lots, books.premium_time);
    expect(found, of(&expected) == of(new), || {
        format!("fills of market {market} leave {:?}, not {:?}", of(new), of(&expected))
    });
}
