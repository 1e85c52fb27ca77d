use risk::{Action, Activity, BPS_ONE, Level, bps_down, bps_up, plan_fee};

use crate::{
    clearing::{
        portfolio::{Change, Portfolio},
        settle::settle_loss,
    },
    error::{FirebreakError, Named},
    state::{AssetRow, Market},
};

type Checked<T> = core::result::Result<T, FirebreakError>;

/// One side of a fill: the account and what it pays for taking.
pub struct Side<'p, 'a> {
    pub portfolio: &'p mut Portfolio<'a>,
    pub fee_bps: u64,
}

/// A trade to be cleared: the buyer receives `lots` at `price`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fill {
    pub lots: u64,
    pub price: u64,
}

/// Clears a trade between two accounts: positions, fees, losses, open interest, then both margins.
///
/// Needs: the market's price at least `Uncertain`, and `Fresh` prices for whoever adds risk; the price inside the band
/// (half of it under Caution); the breaker to permit what each side does. Under Caution who adds risk needs a quarter more initial margin.
#[inline(always)]
pub fn trade(
    market: &mut Market,
    rows: &[AssetRow],
    buyer: Side,
    seller: Side,
    fill: Fill,
    level: Level,
    now: i64,
) -> Checked<()> {
    let row = rows.get(market.index as usize).ok_or(FirebreakError::AssetMissing)?;
    let lots = i64::try_from(fill.lots).map_err(|_| FirebreakError::SizeOutOfRange)?;
    if lots == 0 {
        return Err(FirebreakError::AmountZero);
    }
    let quality = row.require(Action::ReduceRisk, now)?;
    let caution = if level >= Level::Caution { 2 } else { 1 };
    risk::require_price_within_band(fill.price, row.mark, u64::from(market.price_band_bps) / caution).named()?;

    let bought = exchange(buyer.portfolio, market, row, lots, (fill.price, buyer.fee_bps), u64::MAX)?;
    let sold = exchange(seller.portfolio, market, row, -lots, (fill.price, seller.fee_bps), u64::MAX)?;
    let after = market.open_interest();

    // By what the trade itself changed: a touch that comes with it may lower what positions store.
    let has_grown = bought.opened.saturating_add(sold.opened) > 0;
    if has_grown && after.long.max(after.short) > market.max_open_interest_lots / caution {
        return Err(FirebreakError::OpenInterestCapExceeded);
    }
    for change in [&bought, &sold] {
        let activity = if change.is_reduction { Activity::ReduceRisk } else { Activity::AddRisk };
        if !level.permits(activity) {
            return Err(FirebreakError::BreakerActive);
        }
    }
    buyer.portfolio.require_margin(&bought, rows, (Action::AddRisk, level), now)?;
    seller.portfolio.require_margin(&sold, rows, (Action::AddRisk, level), now)?;
    // Beside a price that is not fresh, a fill says nothing about the premium.
    if market.funding_cap_bps != 0 && quality.permits(Action::AddRisk) {
        market.count_fill(fill.lots, (fill.price, row.mark), now);
    }
    market.invariant()
}

/// Moves `lots` (signed) at `price` into one account, charges the fee, settles a loss at mark (from at most `most_cash` of its
/// cash) and follows open interest.
#[inline(never)]
pub(super) fn exchange(
    portfolio: &mut Portfolio,
    market: &mut Market,
    row: &AssetRow,
    lots: i64,
    (price, fee_bps): (u64, u64),
    most_cash: u64,
) -> Checked<Change> {
    let index = portfolio.find_or_open(market.index)?;
    let before = portfolio.touch(index, market, row)?;
    let traded = before.traded(lots, price).named()?;
    // What the trade itself is worth at mark; everything below moves money between pockets, or is the fee.
    let value = risk::signed_notional(lots, row.mark).named()?;
    let cost = risk::signed_notional(lots, price).named()?;

    let fee = plan_fee(lots, price, fee_bps, portfolio.account.cash, traded, market.dust()).named()?;
    portfolio.account.take_cash(fee.from_cash)?;
    market.fees = market.fees.checked_add(fee.from_cash).ok_or(FirebreakError::ArithmeticOverflow)?;
    market.dust_entry = fee.dust.entry;

    market.set_open_interest(market.open_interest().moved(before.size, traded.size).named()?);
    if traded.size != 0 && (before.size > 0) != (traded.size > 0) || before.size == 0 {
        portfolio.stamp(index, row, traded.size > 0);
    }
    let loss = settle_loss(portfolio, market, row.mark, index, fee.payer, most_cash)?;
    let charged = i64::try_from(fee.from_cash + fee.from_entry).map_err(|_| FirebreakError::ArithmeticOverflow)?;
    let equity = value.checked_sub(cost).and_then(|gain| gain.checked_sub(charged));
    Ok(Change {
        is_reduction: before.reduced_to(traded),
        opened: (traded.size.unsigned_abs() as i64).saturating_sub(before.size.unsigned_abs() as i64),
        equity: equity.ok_or(FirebreakError::ArithmeticOverflow)?,
        fee: charged,
        market: market.index,
        is_unpaid: loss.unpaid > 0,
        lots: before.size.unsigned_abs(),
        closed: before.size.unsigned_abs().saturating_sub(traded.size.unsigned_abs()),
        was_long: before.size > 0,
    })
}

/// What a taker's price starts from: the mark; while it is not fresh, the worse of mark and EMA for the taker, because the
/// maker did not agree to a print that nothing confirms.
#[inline(always)]
pub fn offer_reference(row: &AssetRow, taker_buys: bool, now: i64) -> u64 {
    if row.require(Action::AddRisk, now).is_ok() {
        return row.mark;
    }
    if taker_buys { row.short_price } else { row.long_price }
}

/// A maker's price: the mark plus the spread for one who buys from it, less the spread for one who sells to it; rounded
/// against the taker, who asks. A spread of 100 % or more is no quote.
#[inline(always)]
pub fn offer_price(mark: u64, spread_bps: u32, taker_buys: bool) -> Checked<u64> {
    let spread_bps = u64::from(spread_bps);
    if taker_buys {
        return bps_up(mark, BPS_ONE + spread_bps).named();
    }
    let kept = BPS_ONE.checked_sub(spread_bps).ok_or(FirebreakError::OfferInvalid)?;
    bps_down(mark, kept).named()
}
