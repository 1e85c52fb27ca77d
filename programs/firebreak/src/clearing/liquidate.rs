use risk::{
    Action, BankruptcyShare, InsurancePlan, Level, LiquidationPlan, PositionStress, PriceQuality, Target, Valuation,
    Window, plan_insurance, plan_liquidation, ratio_improves,
};

use crate::{
    clearing::{
        portfolio::{Change, Portfolio},
        settle::settle_loss,
        trade::exchange,
        value::{Valued, losses_at_mark, value_at_mark},
    },
    error::{FirebreakError, Named},
    state::{AssetRow, Market, Position},
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
    /// Whether the market was closed until lately: an account above half of maintenance has time to top up.
    pub is_grace: bool,
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
    stress: PositionStress,
    /// Who bears the position's loss, where equity is negative.
    share: Option<BankruptcyShare>,
    before: Valuation,
    /// The worst among the prices the account depends on.
    quality: PriceQuality,
    now: i64,
}

/// Takes over (part of) a position of an account below maintenance (design, section 7 steps 1, 3 and 4): a trade at the
/// planned price, the insurance fee from the liquidator's cash to the tranche, losses settled on both sides. Where equity is
/// negative, lots go only together with their part of the market's share of the deficit, and only where the tranche can pay that
/// share whole: no lot leaves its deficit to those that stay.
///
/// I-05: only below maintenance, and the margin ratio strictly improves. I-07: insurance pays the deficit, never the
/// penalty, and only after cash and collateral.
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
    let Valued { valuation: before, exposure, quality } =
        value_at_mark(liquidatee.account, liquidatee.slots, rows, Action::Liquidate, now)?;
    if before.is_covered() {
        return Err(FirebreakError::AccountHealthy);
    }
    if request.is_grace && before.is_half_covered() {
        return Err(FirebreakError::GraceRunning);
    }
    let index = liquidatee.find(market.index).ok_or(FirebreakError::PositionMissing)?;
    let leg = liquidatee.touch(index, market, row)?;
    let mut done = Liquidation { before, after: before, ..Liquidation::default() };
    let share = match before.equity < 0 {
        true => Some(bankruptcy_share(liquidatee, rows, (index, leg.pnl(row.mark).named()?), before.equity)?),
        false => None,
    };
    if leg.size != 0 {
        let stress = exposure.stress_of(leg.size.unsigned_abs(), leg.size > 0, &row.risk()).named()?;
        let case = Case { rows, row, size: leg.size, stress, share, before, quality, now };
        take_over(market, liquidator, liquidatee, &request, &case, &mut done)?;
    } else {
        let most_cash = share.map_or(u64::MAX, |share| share.from_cash);
        let _paid = settle_loss(liquidatee, market, row.mark, index, leg, most_cash)?;
    }
    if let Some(share) = share
        && share.deficit > 0
    {
        let part = share.of_lots(done.lots.unsigned_abs(), leg.size.unsigned_abs()).named()?;
        pay_deficit(market, liquidatee, (share.deficit, part.deficit), quality, &mut done, now)?;
        if done.lots == leg.size {
            liquidatee.mark_shared_out(market.index);
        }
    }
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

/// What this market and the account's own means bear of a leg's loss, where equity is negative. A debt that was shared out
/// bears nothing more, unless there is nothing else left to bear it.
pub(super) fn bankruptcy_share(
    bankrupt: &Portfolio,
    rows: &[AssetRow],
    (index, pnl): (usize, i64),
    equity: i64,
) -> Checked<BankruptcyShare> {
    let loss = if pnl < 0 { pnl.unsigned_abs() } else { 0 };
    let losses = losses_at_mark(bankrupt.positions(), rows)?;
    let is_shared_out = bankrupt.positions().get(index).is_some_and(Position::is_shared_out);
    let (losses, loss) = match (losses.others, is_shared_out) {
        (0, _) => (losses.shared_out, loss),
        (others, true) => (others, 0),
        (others, false) => (others, loss),
    };
    risk::plan_bankruptcy(equity, losses, loss, bankrupt.account.cash).named()
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
        let Some(row) = case.rows.get(position.market as usize) else { return false };
        let margin = row.leg(position).map(|leg| risk::notional(leg.size, row.maintenance_margin));
        margin.is_ok_and(|margin| margin.is_ok_and(|margin| margin <= own))
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
    let mut target = Target {
        account: case.before,
        size: case.size,
        mark: case.row.mark,
        stress: case.stress,
        seconds_liquidatable: (case.now - since(liquidatee, case.now)).unsigned_abs(),
    };
    let (mut terms, mut max_lots) = (market.terms(), request.max_lots);
    if !case.quality.permits(Action::AddRisk) {
        max_lots = unconfirmed_slice(case, liquidatee, max_lots)?;
        terms.penalty_max_bps = terms.penalty_min_bps;
        target.mark = case.row.protective_mark(case.size > 0);
    }
    let window_lots = window.left(market.liquidation_window_lots);
    let mut plan = plan_liquidation(&target, &terms, max_lots, window_lots).named()?;
    // What a protective price is better than the mark, the liquidatee keeps.
    let kept = risk::notional(plan.lots, target.mark.abs_diff(case.row.mark)).named()?;
    plan.after.equity = plan.after.equity.checked_add_unsigned(kept).ok_or(FirebreakError::ArithmeticOverflow)?;
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
    // A bankrupt account's cash pays these lots' part of it.
    let most_cash = match case.share {
        Some(share) => share.of_lots(plan.lots.unsigned_abs(), case.size.unsigned_abs()).named()?.from_cash,
        None => u64::MAX,
    };
    exchange(liquidatee, market, row, -plan.lots, (plan.price, 0), most_cash)?;
    let taken = exchange(liquidator, market, row, plan.lots, (plan.price, 0), u64::MAX)?;
    liquidator.account.take_cash(plan.insurance_fee)?;
    market.tranche = market.tranche.checked_add(plan.insurance_fee).ok_or(FirebreakError::ArithmeticOverflow)?;
    count_lots(market, window, plan.lots.unsigned_abs(), now);
    let fee = i64::try_from(plan.insurance_fee).map_err(|_| FirebreakError::ArithmeticOverflow)?;
    let change = Change { equity: taken.equity.saturating_sub(fee), fee, ..taken };
    liquidator.require_margin(&change, rows, (Action::Liquidate, Level::Normal), now)?;

    done.lots = plan.lots;
    done.price = plan.price;
    done.penalty_per_lot = plan.penalty_per_lot;
    done.insurance_fee = plan.insurance_fee;
    done.after = plan.after;
    Ok(())
}

fn count_lots(market: &mut Market, window: Window, lots: u64, now: i64) {
    let window = window.using(lots);
    market.liquidation_window_started = window.started;
    market.liquidation_window_used = window.used;
    market.count_liquidated(lots, now);
}

/// The tranche, which must be able to pay the market's `whole` share of a deficit, pays the `part` that goes with the lots taken, at
/// prices that are fresh, and once no collateral is left.
fn pay_deficit(
    market: &mut Market,
    liquidatee: &mut Portfolio,
    (whole, part): (u64, u64),
    quality: PriceQuality,
    done: &mut Liquidation,
    now: i64,
) -> Checked<()> {
    if liquidatee.account.has_collateral() {
        return Err(FirebreakError::CollateralRemains);
    }
    if !quality.permits(Action::AutoDeleverage) {
        return Err(FirebreakError::PriceUncertain);
    }
    let index = liquidatee.find(market.index).ok_or(FirebreakError::InvariantBroken)?;
    let leg = liquidatee.slots.get(index).ok_or(FirebreakError::InvariantBroken)?.leg();
    let insured = |market: &Market, deficit| {
        plan_insurance(deficit, market.tranche, &market.insurance_caps(), market.insurance_window(), now).named()
    };
    if insured(market, whole)?.uncovered > 0 {
        return Err(FirebreakError::TrancheInsufficient);
    }
    // A part of what is covered is covered.
    let plan = insured(market, part)?;
    apply_insurance(market, &plan, now)?;
    let entry = leg.entry.checked_sub_unsigned(plan.paid).ok_or(FirebreakError::ArithmeticOverflow)?;
    liquidatee.set_leg(index, risk::Leg { size: leg.size, entry })?;
    done.insurance_paid = plan.paid;
    done.after.equity = done.after.equity.checked_add_unsigned(plan.paid).ok_or(FirebreakError::ArithmeticOverflow)?;
    Ok(())
}

/// Moves what the tranche pays into the pool.
pub(super) fn apply_insurance(market: &mut Market, plan: &InsurancePlan, now: i64) -> Checked<()> {
    market.tranche = market.tranche.checked_sub(plan.paid).ok_or(FirebreakError::InvariantBroken)?;
    market.pool = market.pool.checked_add(plan.paid).ok_or(FirebreakError::ArithmeticOverflow)?;
    market.insurance_window_started = plan.window.started;
    market.insurance_window_used = plan.window.used;
    market.count_paid(plan.paid, now);
    Ok(())
}
