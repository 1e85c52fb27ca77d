//! How much of a position is taken over, and at what price.

use crate::{BPS_ONE, MAX_LOTS, PositionStress, Result, RiskError, Valuation, bps_down, bps_up, notional};

/// Share of an account's equity, relative to its margin, that penalties may take, in percent. Below 100, so that the
/// margin ratio strictly improves and penalties alone never exhaust the equity.
const EQUITY_SHARE_PERCENT: u64 = 90;
/// Most steps towards the fewest lots.
const MOST_ROUNDS: u32 = 40;

/// A market's terms for liquidation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationTerms {
    pub penalty_min_bps: u64,
    pub penalty_max_bps: u64,
    /// Growth of the penalty with time since the account first became liquidatable, in basis points per minute.
    pub penalty_ramp_bps_per_minute: u64,
    /// Share of the penalty that the liquidator passes on to the tranche.
    pub insurance_share_bps: u64,
    /// How far above maintenance a liquidation aims, in basis points of maintenance.
    pub buffer_bps: u64,
    /// Most lots in one step, unless equity is gone.
    pub slice_lots: u64,
    /// A remainder smaller than this is taken along.
    pub min_position_lots: u64,
}

/// The account to be liquidated, as seen in one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The whole account at maintenance.
    pub account: Valuation,
    /// Its position in this market, in lots.
    pub size: i64,
    /// Mark price, quote atoms per lot.
    pub mark: u64,
    /// What the account must hold because of it.
    pub stress: PositionStress,
    pub seconds_liquidatable: u64,
}

/// A take-over. Law: the liquidatee trades `-lots` and the liquidator `+lots` at `price`; the liquidator pays
/// `insurance_fee` from cash to the tranche; nothing else moves. `after` is the liquidatee's valuation then.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationPlan {
    /// Signed: what the liquidator receives (> 0 takes over a long).
    pub lots: i64,
    pub price: u64,
    /// Distance of `price` from mark, in quote atoms per lot.
    pub penalty_per_lot: u64,
    /// Quote atoms, from the liquidator's cash to the tranche.
    pub insurance_fee: u64,
    pub after: Valuation,
}

/// Plans a staged take-over (design, section 7 step 3).
///
/// Penalty: `min + (max - min) * u^2` with `u = 1 - equity / maintenance`, plus the ramp, never above `max`, and never
/// above 90 % of the position's share of the remaining equity. Amount: the fewest lots that bring the account to
/// maintenance plus the buffer; at most the slice and what the window allows; the whole position where the remainder
/// would be dust or equity is gone; below half of maintenance the window no longer counts. `max_lots` is the liquidator's own bound, `window_lots` what the market still allows.
///
/// Errors: `AccountHealthy` at or above maintenance, `PositionMissing` without a position, `LiquidationWindowExhausted`.
#[inline(always)]
pub fn plan_liquidation(
    target: &Target,
    terms: &LiquidationTerms,
    max_lots: u64,
    window_lots: u64,
) -> Result<LiquidationPlan> {
    if target.account.is_covered() {
        return Err(RiskError::AccountHealthy);
    }
    if target.size == 0 {
        return Err(RiskError::PositionMissing);
    }
    if max_lots == 0 {
        return Err(RiskError::SizeOutOfRange);
    }
    let health_bps = health_bps_down(&target.account);
    // The window spreads a cascade over time; it must not hold up an account until it is insurance's problem.
    let is_deep = health_bps < BPS_ONE / 2;
    let penalty = penalty_per_lot(target, terms, health_bps)?;
    let window_lots = if is_deep { u64::MAX } else { window_lots };
    let lots = lots_to_take(target, terms, penalty, max_lots.min(MAX_LOTS as u64), window_lots)?;
    take_over(target, terms, penalty, lots)
}

/// Equity over maintenance in basis points, rounded down; 0 where equity is gone. Both are shifted into 49 bits first:
/// the numerator loses at most what rounding down loses anyway.
#[inline(always)]
const fn health_bps_down(account: &Valuation) -> u64 {
    if account.equity <= 0 || account.requirement == 0 {
        return 0;
    }
    let shift = 64_u32.saturating_sub(account.requirement.leading_zeros()).saturating_sub(49);
    let (equity, requirement) = ((account.equity as u64) >> shift, account.requirement >> shift);
    // The shifted requirement may round down: one more keeps the ratio from rounding up.
    let requirement = if shift == 0 { requirement } else { requirement + 1 };
    // equity < 2^49.
    equity.wrapping_mul(BPS_ONE) / requirement
}

#[inline(always)]
fn penalty_per_lot(target: &Target, terms: &LiquidationTerms, health_bps: u64) -> Result<u64> {
    let urgency_bps = BPS_ONE.saturating_sub(health_bps);
    // urgency <= 10^4 and penalties <= 10^4: every product stays far below 2^64.
    let range_bps = terms.penalty_max_bps.saturating_sub(terms.penalty_min_bps);
    let by_health_bps = range_bps.wrapping_mul(urgency_bps.wrapping_mul(urgency_bps) / BPS_ONE) / BPS_ONE;
    // The ramp is at most 10^4 and no more time counts than fits 32 bits.
    let by_time_bps =
        terms.penalty_ramp_bps_per_minute.wrapping_mul(target.seconds_liquidatable.min(u32::MAX.into())) / 60;
    let wanted_bps = terms.penalty_min_bps.saturating_add(by_health_bps).saturating_add(by_time_bps);
    let wanted = bps_down(target.mark, wanted_bps.min(terms.penalty_max_bps))?;
    let share = bps_down(least_released_per_lot(target, terms)?, health_bps)?;
    // A release per lot is below 2^33.
    Ok(wanted.min(share.wrapping_mul(EQUITY_SHARE_PERCENT) / 100))
}

/// The least margin that a lot releases on average, whatever part of the position this step takes: that of the most it may
/// take, since the first lots release most. Rounded down.
#[inline(always)]
fn least_released_per_lot(target: &Target, terms: &LiquidationTerms) -> Result<u64> {
    let stress = &target.stress;
    if stress.is_linear() {
        return Ok(stress.shock);
    }
    let all = target.size.unsigned_abs();
    let most = all.min(terms.slice_lots.saturating_add(terms.min_position_lots)).max(1);
    // Two atoms less, because the ends round, and a step may take one lot.
    Ok((stress.released(all, most)? / most).saturating_sub(2))
}

#[inline(always)]
fn lots_to_take(
    target: &Target,
    terms: &LiquidationTerms,
    penalty: u64,
    max_lots: u64,
    window_lots: u64,
) -> Result<u64> {
    let all = target.size.unsigned_abs();
    if target.account.equity <= 0 {
        return Ok(all.min(max_lots));
    }
    let allowed = terms.slice_lots.min(window_lots);
    if allowed == 0 {
        return Err(RiskError::LiquidationWindowExhausted);
    }
    let lots = fewest_lots(target, BPS_ONE.saturating_add(terms.buffer_bps), penalty, all.min(allowed))?.min(max_lots);
    let leaves_dust = all - lots < terms.min_position_lots; // lots <= all
    Ok(if leaves_dust && max_lots >= all { all } else { lots })
}

/// The fewest lots, at most `limit`, after which equity is `aim_bps` of the requirement. From below: the requirement is convex, so
/// that no lot releases more than the next one does, and a step that counts on it never goes too far. Without add-on and offsets the first step
/// arrives; a bend or a curve takes a few more, and where the rounds end early, the next liquidation goes on.
#[inline(always)]
fn fewest_lots(target: &Target, aim_bps: u64, penalty: u64, limit: u64) -> Result<u64> {
    let (all, equity) = (target.size.unsigned_abs(), target.account.equity as u64); // positive here
    let mut lots = 0;
    for _ in 0..MOST_ROUNDS {
        let requirement = target.account.requirement.saturating_sub(target.stress.released(all, lots)?);
        // Penalties and lots are below 2^31.
        let missing = bps_up(requirement, aim_bps)?.saturating_add(lots.wrapping_mul(penalty)).saturating_sub(equity);
        if missing == 0 || lots >= limit {
            break;
        }
        let gained = bps_up(target.stress.next_lot_up(all - lots)?, aim_bps)?.saturating_sub(penalty);
        if gained == 0 {
            return Ok(limit);
        }
        lots = lots.saturating_add(missing.div_ceil(gained)).min(limit);
    }
    Ok(lots)
}

#[inline(always)]
fn take_over(target: &Target, terms: &LiquidationTerms, penalty: u64, lots: u64) -> Result<LiquidationPlan> {
    if lots > MAX_LOTS as u64 {
        return Err(RiskError::SizeOutOfRange);
    }
    let price = if target.size > 0 { target.mark.saturating_sub(penalty) } else { target.mark.saturating_add(penalty) };
    let signed = lots as i64; // lots <= MAX_LOTS
    let cost = notional(signed, penalty)?;
    let released = target.stress.released(target.size.unsigned_abs(), lots)?;
    let equity = target.account.equity.checked_sub_unsigned(cost).ok_or(RiskError::ArithmeticOverflow)?;
    let requirement = target.account.requirement.checked_sub(released).ok_or(RiskError::ArithmeticOverflow)?;
    Ok(LiquidationPlan {
        lots: if target.size > 0 { signed } else { -signed },
        price,
        penalty_per_lot: penalty,
        insurance_fee: bps_up(cost, terms.insurance_share_bps)?,
        after: Valuation { equity, requirement },
    })
}

/// I-05: with equity left, equity over maintenance strictly rises (or nothing is left to require margin); with equity
/// gone, margin strictly falls and equity does not.
#[inline(always)]
pub const fn ratio_improves(before: &Valuation, after: &Valuation) -> bool {
    if before.equity <= 0 {
        return after.requirement < before.requirement && after.equity >= before.equity;
    }
    if after.equity < 0 {
        return false;
    }
    let (high, low) = wide_product(after.equity as u64, before.requirement);
    let (limit_high, limit_low) = wide_product(before.equity as u64, after.requirement);
    after.requirement == 0 || high > limit_high || (high == limit_high && low > limit_low)
}

/// `a * b` as (high, low): schoolbook on 32-bit halves, whose sums fit 64 bits. sBPF has no 128-bit product, and the
/// compiler's substitute costs three times as much.
#[inline(always)]
const fn wide_product(a: u64, b: u64) -> (u64, u64) {
    const HALF: u64 = u32::MAX as u64;
    let low = (a & HALF).wrapping_mul(b & HALF);
    let middle = (a >> 32).wrapping_mul(b & HALF).wrapping_add(low >> 32);
    let other = (a & HALF).wrapping_mul(b >> 32).wrapping_add(middle & HALF);
    let high = (a >> 32).wrapping_mul(b >> 32).wrapping_add(middle >> 32).wrapping_add(other >> 32);
    (high, (other << 32) | (low & HALF))
}

#[cfg(test)]
#[path = "gap_tests.rs"]
mod gap_tests;
#[cfg(test)]
#[path = "liquidation_tests.rs"]
mod tests;
