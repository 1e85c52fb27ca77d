use risk::{Action, Target, Valuation, Window, plan_insurance, plan_liquidation, plan_loss_settlement, ratio_improves};

use crate::{
    clearing::{
        portfolio::{Change, Portfolio, value_for_maintenance},
        trade::exchange,
    },
    error::{FirebreakError, Named},
    state::{AssetRow, Market},
};

type Checked<T> = core::result::Result<T, FirebreakError>;

/// The longest that an earlier finding counts for the penalty's ramp. An account that was healthy in between starts anew
/// soon enough, and no keeper can age a victim for later.
const RAMP_MEMORY_SECONDS: i64 = 3_600;

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
    let before = value_for_maintenance(liquidatee.account, liquidatee.slots, rows, now)?;
    if before.is_covered() {
        return Err(FirebreakError::AccountHealthy);
    }
    let index = liquidatee.find(market.index).ok_or(FirebreakError::PositionMissing)?;
    let size = liquidatee.leg(index).size;
    let mut done = Liquidation { before, after: before, ..Liquidation::default() };
    if size != 0 {
        take_over(market, rows, row, liquidator, liquidatee, &request, &mut done, size, now)?;
    } else {
        settle_loss(market, row, liquidatee)?;
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
    market.invariant()?;
    Ok(done)
}

/// Since when the account counts as liquidatable.
fn since(liquidatee: &Portfolio, now: i64) -> i64 {
    let found = liquidatee.account.liquidatable_since;
    if found > 0 && found <= now && now - found <= RAMP_MEMORY_SECONDS { found } else { now }
}

#[allow(clippy::too_many_arguments)] // one call site; a struct of these would only be taken apart again
#[inline(always)]
fn take_over(
    market: &mut Market,
    rows: &[AssetRow],
    row: &AssetRow,
    liquidator: &mut Portfolio,
    liquidatee: &mut Portfolio,
    request: &LiquidationRequest,
    done: &mut Liquidation,
    size: i64,
    now: i64,
) -> Checked<()> {
    let window = market.liquidation_window(now);
    let target = Target {
        account: done.before,
        size,
        mark: row.mark,
        maintenance_margin: row.maintenance_margin,
        seconds_liquidatable: (now - since(liquidatee, now)).unsigned_abs(),
    };
    let plan =
        plan_liquidation(&target, &market.terms(), request.max_lots, window.left(market.liquidation_window_lots))
            .named()?;
    let is_within_limit =
        if plan.lots > 0 { plan.price <= request.limit_price } else { plan.price >= request.limit_price };
    if !is_within_limit {
        return Err(FirebreakError::LimitPriceExceeded);
    }
    exchange(liquidatee, market, row, -plan.lots, plan.price, 0)?;
    let taken = exchange(liquidator, market, row, plan.lots, plan.price, 0)?;
    liquidator.take_cash(plan.insurance_fee)?;
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

/// Cash pays what a flat leg still owes.
fn settle_loss(market: &mut Market, row: &AssetRow, liquidatee: &mut Portfolio) -> Checked<()> {
    let index = liquidatee.find(market.index).ok_or(FirebreakError::PositionMissing)?;
    let loss = plan_loss_settlement(liquidatee.leg(index), row.mark, liquidatee.account.cash).named()?;
    liquidatee.take_cash(loss.paid)?;
    market.pool = market.pool.checked_add(loss.paid).ok_or(FirebreakError::ArithmeticOverflow)?;
    liquidatee.set_leg(index, loss.leg)
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
