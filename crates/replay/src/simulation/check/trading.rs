//! I-04, I-06, I-10 for trades: margin, fees, price band, breaker, and that nothing is created.

use firebreak_client::MarginAccountView;

use super::{
    Step, breaker, expect, funding,
    prices::{assets, expect_fresh, is_certain_enough, may_add_risk},
    touch::{own_worth, positions_in, touched_leg},
    valuation::{Purpose, Worth, equity, pnl, worth},
};
use crate::simulation::{
    cast::owner_of,
    operation::{Operation, Party},
    state::State,
};

/// A trade that was cleared: signed lots of the first account, at a price.
struct Cleared {
    accounts: [u8; 2],
    market: u8,
    lots: i64,
    price: u64,
    /// How many of the two paid the taker fee.
    payers: u128,
}

pub(super) fn check(step: &Step, found: &mut Vec<String>) {
    let Some(cleared) = cleared(step, found) else { return };
    conservation(step, &cleared, found);
    conditions(step, &cleared, found);
    funding::filled(step, cleared.market, cleared.lots, cleared.price, found);
    for (account, sign) in cleared.accounts.into_iter().zip([1, -1]) {
        position(step, &cleared, account, sign, found);
        margin(step, &cleared, account, found);
    }
}

fn cleared(step: &Step, found: &mut Vec<String>) -> Option<Cleared> {
    match *step.operation {
        Operation::Trade { buyer, seller, market, lots, price } => {
            [buyer, seller].iter().for_each(|party| signed(step, party, found));
            let accounts = [buyer.account, seller.account];
            Some(Cleared { accounts, market, lots: i64::try_from(lots).ok()?, price, payers: 2 })
        }
        Operation::TakeOffer { taker, maker, offer, market, lots, limit_price } => {
            signed(step, &taker, found);
            let terms = |state: &State| state.offers[offer.0 as usize][offer.1 as usize];
            let (before, after) = (terms(step.before)?, terms(step.after)?);
            let (bids, asks) = (before.bid_lots - after.bid_lots, before.ask_lots - after.ask_lots);
            let filled = if lots > 0 { asks } else { bids };
            let expected = if lots > 0 { before.ask_lots } else { before.bid_lots }.min(lots.unsigned_abs());
            expect(found, offer == (maker, market), || "an offer of another maker or market was taken".to_string());
            expect(found, bids.min(asks) == 0 && filled == expected && filled > 0, || {
                format!("an offer lost {bids} bids and {asks} asks to a taker of {lots}")
            });
            expect(found, step.before.now < before.expires_at, || "an expired offer was taken".to_string());
            // Unconfirmed, a print is held against the average, to the maker's good.
            let row = &step.before.rows[market as usize];
            let mark = u128::from(match (may_add_risk(row, step.before.now), lots > 0) {
                (true, _) => row.mark,
                (false, true) => row.short_price,
                (false, false) => row.long_price,
            });
            let price = match lots > 0 {
                true => (mark * (10_000 + u128::from(before.ask_spread_bps))).div_ceil(10_000),
                false => mark * (10_000 - u128::from(before.bid_spread_bps)) / 10_000,
            } as u64;
            let is_within = if lots > 0 { price <= limit_price } else { price >= limit_price };
            expect(found, is_within, || format!("taken at {price}, beyond the limit {limit_price}"));
            let filled = if lots > 0 { filled as i64 } else { -(filled as i64) };
            Some(Cleared { accounts: [taker.account, maker], market, lots: filled, price, payers: 1 })
        }
        _ => None,
    }
}

/// The signer is the owner or the delegate.
pub(super) fn signed(step: &Step, party: &Party, found: &mut Vec<String>) {
    let Some(view) = step.before.account(party.account) else { return };
    let signer = step.cast.address(party.signer);
    let is_allowed = party.signer == owner_of(party.account) || view.header.delegate == signer;
    expect(found, is_allowed, || format!("key {} traded for account {}", party.signer, party.account));
}

/// The two sides' equity at mark falls by exactly the fees; fees are rounded up and paid by nobody else.
fn conservation(step: &Step, cleared: &Cleared, found: &mut Vec<String>) {
    let sum = |state: &State| -> i128 {
        let views = cleared.accounts.iter().filter_map(|account| state.account(*account));
        views.map(|view| equity(view, &step.before.rows)).sum()
    };
    let (old, new) = (&step.before.markets[cleared.market as usize], &step.after.markets[cleared.market as usize]);
    let notional = u128::from(cleared.lots.unsigned_abs()) * u128::from(cleared.price);
    let fee = (notional * u128::from(old.taker_fee_bps)).div_ceil(10_000) * cleared.payers;
    let collected = own_worth(step.after, cleared.market) - own_worth(step.before, cleared.market);
    expect(found, collected == fee as i128, || format!("I-06: fees of {collected} were taken, {fee} were due"));
    let lost = sum(step.before) - sum(step.after);
    expect(found, lost == fee as i128, || format!("I-01: the two sides lost {lost}, the fees are {fee}"));
    expect(found, old.tranche == new.tranche, || "I-07: a trade moved insurance money".to_string());
}

fn conditions(step: &Step, cleared: &Cleared, found: &mut Vec<String>) {
    let Step { before, after, .. } = step;
    let (row, books) = (&before.rows[cleared.market as usize], &before.markets[cleared.market as usize]);
    let level = breaker::level(before, cleared.market);
    let caution = if level >= 1 { 2 } else { 1 };
    let band = u128::from(row.mark) * u128::from(books.price_band_bps / caution) / 10_000;
    expect(found, u128::from(cleared.price.abs_diff(row.mark)) <= band, || {
        format!("a trade at {} with the mark at {}", cleared.price, row.mark)
    });
    expect(found, is_certain_enough(row, before.now), || "I-10: a trade on a stale price".to_string());
    let (old, new) = (open_lots(before, cleared.market), open_lots(after, cleared.market));
    let is_within = new <= old || new <= i128::from(books.max_open_interest_lots / u64::from(caution));
    expect(found, is_within, || format!("open interest rose from {old} to {new}, beyond the cap"));
    expect(found, level <= 2, || format!("a trade at breaker level {level}"));
}

/// Lots of the larger side, as positions really have them.
fn open_lots(state: &State, market: u8) -> i128 {
    let row = &state.rows[market as usize];
    let sizes = || positions_in(state, market).map(|(_, position)| touched_leg(position, row).0);
    let side = |sign: i128| sizes().map(|size| (size * sign).max(0)).sum::<i128>();
    side(1).max(side(-1))
}

fn position(step: &Step, cleared: &Cleared, account: u8, sign: i64, found: &mut Vec<String>) {
    let size = |state: &State| state.size(account, cleared.market);
    let change = size(step.after) - size(step.before);
    expect(found, change == sign * cleared.lots, || {
        format!("account {account} traded {change} lots instead of {}", sign * cleared.lots)
    });
}

/// I-04: initial margin, at fresh prices; or a smaller position, and then no worse off at mark, still at maintenance, or
/// nearer to it; no worse but for the fee where a price held is dead.
fn margin(step: &Step, cleared: &Cleared, account: u8, found: &mut Vec<String>) {
    let (Some(old), Some(new)) = (step.before.account(account), step.after.account(account)) else { return };
    let (size, next) = (step.before.size(account, cleared.market), step.after.size(account, cleared.market));
    if is_smaller(size, next) {
        let rows = &step.before.rows;
        let is_dead = |asset: &u8| !is_certain_enough(&rows[*asset as usize], step.before.now);
        let is_blind = assets(new, rows, Purpose::Maintenance).iter().any(is_dead);
        let fee_bps = i128::from(step.before.markets[cleared.market as usize].taker_fee_bps);
        let fee = (i128::from(cleared.lots.unsigned_abs()) * i128::from(cleared.price) * fee_bps + 9_999) / 10_000;
        let is_no_worse = equity(new, rows) + if is_blind { fee } else { 0 } >= equity(old, rows);
        let [had, has] = [old, new].map(|view| worth(view, rows, Purpose::Maintenance));
        // A loss that cash did not pay stays with its lots, unless the account is at maintenance without them.
        let row = &rows[cleared.market as usize];
        let leg = new.position(cleared.market);
        let is_unpaid = leg.is_some_and(|position| pnl(position, row, i128::from(row.mark)) < 0);
        // Collateral aside: where a surcharge falls with the longs that were sold, the account is better off than the trade made it.
        let was = Worth { equity: has.equity - (equity(new, rows) - equity(old, rows)), ..had };
        let is_own = !is_blind && (has.is_covered() || !is_unpaid && was.improves_to(&has));
        // A bankrupt account's cash is for all its markets to share: no trade settles one of them with it.
        let is_alone = new.positions().iter().all(|position| position.market == cleared.market);
        let is_free = is_no_worse && !is_unpaid && (is_alone || is_blind || has.equity >= 0);
        expect(found, is_free || is_own, || {
            format!("I-04: account {account} gave value away, or left a loss, had {had:?} and is left with {has:?}")
        });
        return;
    }
    let level = breaker::level(step.before, cleared.market);
    expect(found, level <= 1, || "risk was added at a breaker level that forbids it".to_string());
    expect_initial(step, (account, level), new, found);
    expect_fresh(step, new, Purpose::Initial, found);
}

pub(super) const fn is_smaller(size: i64, next: i64) -> bool {
    next.unsigned_abs() < size.unsigned_abs() && (next == 0 || (next > 0) == (size > 0))
}

/// Initial margin, under Caution a quarter more.
pub(super) fn expect_initial(
    step: &Step,
    (account, level): (u8, u8),
    view: &MarginAccountView,
    found: &mut Vec<String>,
) {
    expect_covered(step, (account, Purpose::Initial, level), view, found);
}

pub(super) fn expect_covered(
    step: &Step,
    (account, purpose, level): (u8, Purpose, u8),
    view: &MarginAccountView,
    found: &mut Vec<String>,
) {
    let worth = worth(view, &step.before.rows, purpose).at_level(level);
    expect(found, worth.is_covered(), || format!("I-04: account {account} took on risk and is left with {worth:?}"));
}
