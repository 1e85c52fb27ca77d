use risk::{
    Action, LiquidationPlan, PriceQuality, Target, Valuation, Window, plan_insurance, plan_liquidation, ratio_improves,
};

use crate::{
    clearing::{
        portfolio::{Change, Portfolio, value_with_quality},
        settle::settle_loss,
        trade::exchange,
    },
    error::{FirebreakError, Named},
    state::{AssetRow, Market},
};

type Checked<T> = core::result::Result<T, FirebreakError>;

/// How soon the next liquidation must follow for the penalty's ramp to go on. An account that was healthy in between starts
/// anew, and no keeper can age a victim for later.
const RAMP_MEMORY_SECONDS: i64 = 60;
/// While a price the account holds is unconfirmed (uncertain, or no longer fresh), one liquidation takes at most this part of
/// the position, for the smallest penalty, and the next may follow after the pause: one wrong print, or one leg left behind
/// on purpose, costs a slice and not the account.
const UNCONFIRMED_PARTS: u64 = 8;
const UNCONFIRMED_PAUSE_SECONDS: i64 = 10;

/// A liquidator's bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationRequest {
    pub max_lots: u64,
    /// The worst price the liquidator accepts, quote atoms per lot.
    pub limit_price: u64,
}

/// What a liquidation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Liquidation {
    /// Signed lots the liquidator received; 0 where only a deficit was paid.
    pub lots: i64,
    pub price: u64,
    pub penalty_per_lot: u64,
    pub insurance_fee: u64,
    /// Paid by the tranche for the bankrupt account.
    pub insurance_paid: u64,
    pub before: Valuation,
    pub after: Valuation,
}

/// What a take-over starts from.
struct Case<'a> {
    rows: &'a [AssetRow],
    /// The position's own row.
    row: &'a AssetRow,
    size: i64,
    before: Valuation,
    /// The worst among the prices the account depends on.
    quality: PriceQuality,
    now: i64,
}

/// Takes over (part of) a position of an account below maintenance (design, section 7 steps 1, 3 and 4): a trade at the
/// planned price, the insurance fee from the liquidator's cash to the tranche, losses settled on both sides, and, where
/// the account's last position is gone and its equity with it, the deficit paid by the market's tranche.
///
/// I-05: only below maintenance, and the margin ratio strictly improves. I-07: insurance pays the deficit, never the
/// penalty, and only after cash.
#[inline(always)]
pub fn liquidate(
    market: &mut Market,
    rows: &[AssetRow],
    liquidator: &mut Portfolio,
    liquidatee: &mut Portfolio,
    request: LiquidationRequest,
    now: i64,
) -> Checked<Liquidation> {
    let row = rows.get(market.index as usize).ok_or(FirebreakError::AssetMissing)?;
    let (before, quality) = value_with_quality(liquidatee.account, liquidatee.slots, rows, now)?;
    if before.is_covered() {
        return Err(FirebreakError::AccountHealthy);
    }
    let index = liquidatee.find(market.index).ok_or(FirebreakError::PositionMissing)?;
    let leg = liquidatee.leg(index);
    let mut done = Liquidation { before, after: before, ..Liquidation::default() };
    if leg.size != 0 {
        let case = Case { rows, row, size: leg.size, before, quality, now };
        take_over(market, liquidator, liquidatee, &request, &case, &mut done)?;
    } else {
        settle_loss(liquidatee, market, row.mark, index, leg)?;
    }
    pay_deficit(market, liquidatee, &mut done, now)?;
    let was_resolved = done.insurance_paid > 0 && done.after.equity > before.equity;
    if !ratio_improves(&before, &done.after) && !was_resolved {
        return Err(FirebreakError::LiquidationNotImproving);
    }
    liquidatee.account.liquidatable_since = match done.after.is_covered() {
        true => 0,
        false => since(liquidatee, now),
    };
    liquidatee.account.liquidated_at = now;
    market.invariant()?;
    Ok(done)
}

/// Since when the account counts as liquidatable, without a break.
fn since(liquidatee: &Portfolio, now: i64) -> i64 {
    let (since, last) = (liquidatee.account.liquidatable_since, liquidatee.account.liquidated_at);
    let goes_on = since > 0 && since <= now && last <= now && now - last <= RAMP_MEMORY_SECONDS;
    if goes_on { since } else { now }
}

/// The lots an unconfirmed price lets a liquidator take: a whole slice, of the position that needs the most margin.
/// Otherwise a friend of the account would take a lot, or an eighth of its smallest leg, every ten seconds, and keep
/// everybody else away.
fn unconfirmed_slice(case: &Case, liquidatee: &Portfolio, max_lots: u64) -> Checked<u64> {
    let last = liquidatee.account.liquidated_at;
    if last <= case.now && case.now - last < UNCONFIRMED_PAUSE_SECONDS {
        return Err(FirebreakError::LiquidationTooSoon);
    }
    let slice = case.size.unsigned_abs().div_ceil(UNCONFIRMED_PARTS);
    let own = risk::notional(case.size, case.row.maintenance_margin).named()?;
    let is_largest = liquidatee.positions().iter().all(|position| {
        let margin = case.rows.get(position.market as usize).map_or(0, |row| row.maintenance_margin);
        risk::notional(i64::from(position.size), margin).is_ok_and(|margin| margin <= own)
    });
    if max_lots < slice || !is_largest { Err(FirebreakError::LiquidationSliceTooSmall) } else { Ok(slice) }
}

/// Lots and price, within both sides' bounds.
#[inline(always)]
fn plan(
    market: &Market,
    liquidatee: &Portfolio,
    request: &LiquidationRequest,
    case: &Case,
    window: Window,
) -> Checked<LiquidationPlan> {
    let target = Target {
        account: case.before,
        size: case.size,
        mark: case.row.mark,
        maintenance_margin: case.row.maintenance_margin,
        seconds_liquidatable: (case.now - since(liquidatee, case.now)).unsigned_abs(),
    };
    let (mut terms, mut max_lots) = (market.terms(), request.max_lots);
    if !case.quality.permits(Action::AddRisk) {
        max_lots = unconfirmed_slice(case, liquidatee, max_lots)?;
        terms.penalty_max_bps = terms.penalty_min_bps;
    }
    let window_lots = window.left(market.liquidation_window_lots);
    let plan = plan_liquidation(&target, &terms, max_lots, window_lots).named()?;
    risk::require_price_within_limit(plan.price, request.limit_price, plan.lots > 0).named()?;
    Ok(plan)
}

#[inline(always)]
fn take_over(
    market: &mut Market,
    liquidator: &mut Portfolio,
    liquidatee: &mut Portfolio,
    request: &LiquidationRequest,
    case: &Case,
    done: &mut Liquidation,
) -> Checked<()> {
    let Case { rows, row, now, .. } = *case;
    let window = market.liquidation_window(now);
    let plan = plan(market, liquidatee, request, case, window)?;
    exchange(liquidatee, market, row, -plan.lots, plan.price, 0)?;
    let taken = exchange(liquidator, market, row, plan.lots, plan.price, 0)?;
    liquidator.account.take_cash(plan.insurance_fee)?;
    market.tranche = market.tranche.checked_add(plan.insurance_fee).ok_or(FirebreakError::ArithmeticOverflow)?;
    count_lots(market, window, plan.lots.unsigned_abs());
    let fee = i64::try_from(plan.insurance_fee).map_err(|_| FirebreakError::ArithmeticOverflow)?;
    let change = Change { equity: taken.equity.saturating_sub(fee), fee, ..taken };
    liquidator.require_margin(&change, rows, Action::Liquidate, now)?;

    done.lots = plan.lots;
    done.price = plan.price;
    done.penalty_per_lot = plan.penalty_per_lot;
    done.insurance_fee = plan.insurance_fee;
    done.after = plan.after;
    Ok(())
}

fn count_lots(market: &mut Market, window: Window, lots: u64) {
    let window = window.using(lots);
    market.liquidation_window_started = window.started;
    market.liquidation_window_used = window.used;
    market.liquidated_lots = market.liquidated_lots.saturating_add(lots);
}

/// The tranche pays what a bankrupt account with no position and no collateral left owes in this market; never more than
/// its negative equity, because claims in other markets still count for it.
fn pay_deficit(market: &mut Market, liquidatee: &mut Portfolio, done: &mut Liquidation, now: i64) -> Checked<()> {
    let Some(index) = liquidatee.find(market.index) else { return Ok(()) };
    let leg = liquidatee.leg(index);
    if leg.entry <= 0 || done.after.equity >= 0 || !liquidatee.is_flat() || liquidatee.account.has_collateral() {
        return Ok(());
    }
    let deficit = leg.entry.unsigned_abs().min(done.after.equity.unsigned_abs());
    let plan =
        plan_insurance(deficit, market.tranche, &market.insurance_caps(), market.insurance_window(), now).named()?;
    market.tranche = market.tranche.checked_sub(plan.paid).ok_or(FirebreakError::InvariantBroken)?;
    market.pool = market.pool.checked_add(plan.paid).ok_or(FirebreakError::ArithmeticOverflow)?;
    market.insurance_window_started = plan.window.started;
    market.insurance_window_used = plan.window.used;
    market.insurance_paid = market.insurance_paid.saturating_add(plan.paid);
    let entry = leg.entry.checked_sub_unsigned(plan.paid).ok_or(FirebreakError::ArithmeticOverflow)?;
    liquidatee.set_leg(index, risk::Leg { size: leg.size, entry })?;
    done.insurance_paid = plan.paid;
    done.after.equity = done.after.equity.checked_add_unsigned(plan.paid).ok_or(FirebreakError::ArithmeticOverflow)?;
    Ok(())
}
