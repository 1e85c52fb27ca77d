//! I-07, I-08, I-09 for auto-deleveraging: who is resolved, who pays, in what order, and that nobody else does.

use firebreak::state::Market;
use firebreak_client::MarginAccountView;

use super::{
    Step, expect,
    liquidation::most_insured,
    prices::{assets, is_fresh},
    touch::{LOT, own_worth, touch, touched_leg},
    valuation::{Purpose, Share, bankruptcy_share, equity, worth},
};
use crate::simulation::operation::Operation;

/// What roundings may move, in atoms, beside the bounds that grow with sizes.
const ATOMS: i128 = 4;

pub(super) fn check(step: &Step, found: &mut Vec<String>) {
    let Operation::AutoDeleverage { account, market } = *step.operation else { return };
    let (Some(before), Some(after)) = (step.before.account(account), step.after.account(account)) else { return };
    conditions(step, before, market, found);
    let rows = &step.before.rows;
    let Some(share) = bankruptcy_share(before, rows, market) else {
        return found.push(format!("I-07: nothing was lost in market {market}, and it was shared out"));
    };
    let (old, new) = (&step.before.markets[market as usize], &step.after.markets[market as usize]);
    let (insured, used) = most_insured(old, share.deficit, step.before.now);
    let paid = i128::from(new.insurance_paid) - i128::from(old.insurance_paid);
    expect(found, paid == insured && i128::from(old.tranche) - i128::from(new.tranche) == paid, || {
        format!("I-07: the tranche paid {paid} of {share:?}, may pay {insured}")
    });
    expect(found, i128::from(new.insurance_window_used) == i128::from(used) + paid, || {
        "I-07: the window does not count what insurance paid".to_string()
    });
    let charged = share.deficit - paid;
    expect(found, charged > 0, || "T95: the tranche could have paid all of it".to_string());
    own_means(before, after, market, &share, found);
    borne(step, account, market, charged, found);
    closed(step, account, (old, new), found);
}

/// Bankrupt at fresh prices, no collateral left, not while halted.
fn conditions(step: &Step, before: &MarginAccountView, market: u8, found: &mut Vec<String>) {
    let rows = &step.before.rows;
    let had = worth(before, rows, Purpose::Maintenance);
    expect(found, had.equity < 0 && !before.header.has_collateral(), || {
        format!("I-07: an account with {had:?} and {:?} was resolved", before.header.collateral)
    });
    for asset in assets(before, rows, Purpose::Maintenance) {
        let is_fresh = is_fresh(&rows[asset as usize], step.before.now);
        expect(found, is_fresh, || format!("I-10: deleveraged on a price of asset {asset} below fresh"));
    }
    let level = super::breaker::level(step.before, market);
    expect(found, level <= 3, || "deleveraged while halted".to_string());
}

/// Its cash pays its part, what is missing stays a debt, and it is flat.
fn own_means(
    before: &MarginAccountView,
    after: &MarginAccountView,
    market: u8,
    share: &Share,
    found: &mut Vec<String>,
) {
    let spent = i128::from(before.header.cash) - i128::from(after.header.cash);
    expect(found, spent == share.from_cash, || format!("I-07: cash paid {spent} of {share:?}"));
    let left = after.position(market).map_or((0, 0), |position| (position.size, i128::from(position.entry)));
    expect(found, left == (0, share.waiting), || format!("I-07: {left:?} is left of {share:?}"));
    let is_marked = after.position(market).is_none_or(|position| position.side_scale == 0);
    expect(found, is_marked, || "I-07: a debt that was shared out could be shared out again".to_string());
}

/// The charge falls on the other side, pro rata; what it cannot bear on the market. Nobody else has an atom less.
fn borne(step: &Step, bankrupt: u8, market: u8, charged: i128, found: &mut Vec<String>) {
    let (row, size) = (&step.before.rows[market as usize], i128::from(step.before.size(bankrupt, market)));
    // Lots with 32 fraction bits that bear it.
    let lots = |view: &MarginAccountView| match view.position(market) {
        Some(position) if i128::from(position.size).signum() * size.signum() == -1 => touch(position, row).left,
        _ => 0,
    };
    let others = step.before.live().filter(|(index, _)| *index != bankrupt);
    let bearers: Vec<(u8, i128)> = others.map(|(index, view)| (index, lots(view))).collect();
    let held: i128 = bearers.iter().map(|(_, lots)| lots).sum();
    // A lot bears at most what one of the bankrupt account's is short of, and at most its mark.
    let wanted = size.abs() * LOT;
    let part = if wanted > held { charged * held / wanted } else { charged };
    let due = if size == 0 { 0 } else { part.min(held * i128::from(row.mark) / LOT) };

    let lost = parts(step, market, (due, held), &bearers, found);
    let change = |of: fn(&Market) -> u64| {
        let [old, new] = [step.before, step.after].map(|state| i128::from(of(&state.markets[market as usize])));
        new - old
    };
    let (counted, owes) = (change(|market| market.own_debt), charged - due);
    expect(found, (counted - owes).abs() <= ATOMS + (i128::from(row.mark) >> 12), || {
        format!("I-07: the market owes {owes} of {charged}, counted are {counted}")
    });
    // What the deficit is made of, exactly: insurance, the accounts, the market.
    let kept = own_worth(step.after, market) - own_worth(step.before, market) - change(|market| market.tranche);
    expect(found, lost - kept == charged, || {
        format!("I-07: of {charged}, accounts lost {lost}, the market kept {kept}")
    });
    let least = due - ATOMS - (i128::from(row.mark) >> 12);
    expect(found, lost >= least, || format!("I-07: the side lost {lost} of the {due} it has to bear"));
}

/// Each account loses its part of what is `due`, by the lots it has of those `held`; one without lots nothing. Returns what they
/// lose together.
fn parts(step: &Step, market: u8, (due, held): (i128, i128), bearers: &[(u8, i128)], found: &mut Vec<String>) -> i128 {
    let mark = i128::from(step.before.rows[market as usize].mark);
    let mut lost = 0;
    for (index, lots) in bearers {
        let (Some(view), Some(now)) = (step.before.account(*index), step.after.account(*index)) else { continue };
        let loss = equity(view, &step.before.rows) - equity(now, &step.after.rows);
        let part = due * lots / held.max(1);
        // Roundings grow with the early lots of a position (2^-20 of an atom each), the price of a fraction, and what is charged.
        let early = view.position(market).map_or(0, |position| {
            (i128::from(position.size.unsigned_abs()) << 62) / i128::from(position.side_scale.max(1))
        });
        let tolerance = if *lots == 0 { 0 } else { ATOMS + (early >> 20) + (mark >> 20) + (part >> 24) };
        expect(found, (loss - part).abs() <= tolerance, || {
            format!("I-07, I-08: account {index} lost {loss}, its part of {due} is {part}")
        });
        lost += loss;
    }
    lost
}

/// The side has the bankrupt account's lots less, or is closed wholly.
fn closed(step: &Step, bankrupt: u8, (old, new): (&Market, &Market), found: &mut Vec<String>) {
    let lots = step.before.size(bankrupt, old.index);
    if lots == 0 {
        return;
    }
    let held = |market: &Market| match lots > 0 {
        true => (i128::from(market.short_open_interest) * LOT - i128::from(market.short_owed)).max(0),
        false => (i128::from(market.long_open_interest) * LOT - i128::from(market.long_owed)).max(0),
    };
    let expected = (held(old) - i128::from(lots.unsigned_abs()) * LOT).max(0);
    let (closed, tolerance) = (expected - held(new), LOT / 1_024 + (expected >> 20));
    expect(found, (0..=tolerance).contains(&closed) || held(new) == 0 && closed <= LOT, || {
        format!("I-03: {} / 2^32 lots are left of the side, {expected} should be", held(new))
    });
    let row = &step.after.rows[old.index as usize];
    let of_side = |index: u8| {
        let position = step.after.account(index)?.position(old.index)?;
        (position.size != 0 && (position.size > 0) != (lots > 0)).then(|| touched_leg(position, row).0)
    };
    let is_gone = (0..step.after.accounts.len() as u8).filter_map(of_side).all(|size| size == 0);
    expect(found, held(new) != 0 || is_gone, || "I-03: a side that was closed wholly still has lots".to_string());
}
