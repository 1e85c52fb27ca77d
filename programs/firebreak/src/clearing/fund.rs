use risk::{
    Action, InsuranceCaps, Tranche, plan_insurance, plan_own_settlement, plan_recall, plan_stake, plan_sweep,
    plan_unstake,
};

use crate::{
    clearing::liquidate::apply_insurance,
    error::{FirebreakError, Named},
    state::{AssetRow, EXIT_SECONDS, InsuranceFund, InsuranceStake, Market},
};

type Checked<T> = core::result::Result<T, FirebreakError>;

/// After how long without a price a market no longer keeps stakers in.
const DEAD_SECONDS: i64 = 3 * 86_400;

/// What a sweep moved, in quote atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    pub fees_to_fund: u64,
    pub fees_kept: u64,
    /// From the tranche to the fund.
    pub returned: u64,
    /// From the fund to the tranche.
    pub refilled: u64,
}

/// Brings a market and the insurance fund to terms (design, section 7 step 4): the market's own position is settled with its
/// fees, fees are shared, the tranche gives what it has above its target or is refilled, at a bounded rate.
pub fn sweep(market: &mut Market, rows: &[AssetRow], fund: &mut InsuranceFund, now: i64) -> Checked<Sweep> {
    let row = rows.get(market.index as usize).ok_or(FirebreakError::AssetMissing)?;
    let is_fresh = row.require(Action::AddRisk, now).is_ok();
    settle_own(market, row, is_fresh, now)?;

    let window = market.refill_window(now);
    let tranche = Tranche {
        held: market.tranche,
        reported: market.tranche_reported,
        target: market.tranche_target,
        window_left: window.left(market.insurance_window_cap),
        fees: market.fees,
        fee_share_bps: u64::from(market.fee_share_bps),
    };
    let plan = plan_sweep(&fund.fund(), &tranche).named()?;
    let window = window.using(plan.refilled);
    market.refill_window_started = window.started;
    market.refill_window_used = window.used;
    market.fees = 0;
    market.protocol_fees =
        market.protocol_fees.checked_add(plan.fees_kept).ok_or(FirebreakError::ArithmeticOverflow)?;
    market.tranche = plan.tranche;
    market.tranche_reported = plan.tranche;
    (fund.assets, fund.deployed) = (plan.fund.assets, plan.fund.deployed);
    Ok(Sweep {
        fees_to_fund: plan.fees_to_fund,
        fees_kept: plan.fees_kept,
        returned: plan.returned,
        refilled: plan.refilled,
    })
}

/// Settles the market's own position with its fees, and has its debts insured. Where it
/// holds (fractions of) lots, only at a fresh price.
fn settle_own(market: &mut Market, row: &AssetRow, is_fresh: bool, now: i64) -> Checked<()> {
    market.fund_own(row)?;
    let own_lots = market.own_lots()?;
    if own_lots != 0 && !is_fresh {
        return Ok(());
    }
    let prices = (row.mark, row.risk().worse_price(own_lots));
    let done = plan_own_settlement(own_lots, market.dust_entry, prices, market.fees, market.pool);
    let move_between = |from: u64, to: u64, amount: u64| Some((from.checked_sub(amount)?, to.checked_add(amount)?));
    let paid = move_between(market.fees, market.pool, done.paid);
    let (fees, pool) = paid.ok_or(FirebreakError::ArithmeticOverflow)?;
    let received = move_between(pool, fees, done.received);
    (market.pool, market.fees) = received.ok_or(FirebreakError::ArithmeticOverflow)?;
    let entry = market.dust_entry.checked_sub_unsigned(done.paid);
    let entry = entry.and_then(|entry| entry.checked_add_unsigned(done.received));
    market.dust_entry = entry.ok_or(FirebreakError::ArithmeticOverflow)?;
    insure_own_debt(market, done.unpaid, now)
}

/// The tranche pays what the market's own position owes for bankrupt accounts, and fees did not: never what fractions of lots lose with
/// the price, and at most one event's cap per window, however often somebody sweeps.
fn insure_own_debt(market: &mut Market, unpaid: u64, now: i64) -> Checked<()> {
    market.own_debt = market.own_debt.min(unpaid);
    let window = market.insurance_window().at(now, market.insurance_window_seconds);
    let caps = InsuranceCaps { per_event: window.left(market.insurance_event_cap), ..market.insurance_caps() };
    let plan = plan_insurance(market.own_debt, market.tranche, &caps, window, now).named()?;
    if plan.paid > 0 {
        apply_insurance(market, &plan, now)?;
        market.own_debt = plan.uncovered;
        let entry = market.dust_entry.checked_sub_unsigned(plan.paid);
        market.dust_entry = entry.ok_or(FirebreakError::ArithmeticOverflow)?;
    }
    Ok(())
}

/// Refuses a market whose books hold income or a loss that the fund has not seen, or might: swept to the last atom, and its price
/// fresh where anybody has a position. An oracle silent for days keeps nobody in.
pub fn require_swept(market: &Market, rows: &[AssetRow], now: i64) -> Checked<()> {
    let row = rows.get(market.index as usize).ok_or(FirebreakError::AssetMissing)?;
    let is_idle = market.long_open_interest == 0 && market.short_open_interest == 0;
    let is_dead = now.saturating_sub(row.publish_time) > DEAD_SECONDS;
    let is_known = is_idle || is_dead || row.require(Action::AddRisk, now).is_ok();
    let is_swept = market.fees == 0 && market.tranche == market.tranche_reported;
    if is_known && is_swept { Ok(()) } else { Err(FirebreakError::MarketsNotSwept) }
}

/// Buys shares for at most `amount`. Returns shares and what they cost.
pub fn stake(fund: &mut InsuranceFund, stake: &mut InsuranceStake, amount: u64) -> Checked<(u64, u64)> {
    let plan = plan_stake(&fund.fund(), amount).named()?;
    if plan.is_new_epoch {
        fund.shares = 0;
        fund.epoch = fund.epoch.checked_add(1).ok_or(FirebreakError::ArithmeticOverflow)?;
    }
    stake.enter_epoch(fund.epoch);
    fund.virtual_shares = plan.virtual_shares;
    fund.assets = fund.assets.checked_add(plan.paid).ok_or(FirebreakError::ArithmeticOverflow)?;
    fund.shares = fund.shares.checked_add(plan.shares).ok_or(FirebreakError::ArithmeticOverflow)?;
    stake.shares = stake.shares.checked_add(plan.shares).ok_or(FirebreakError::ArithmeticOverflow)?;
    Ok((plan.shares, plan.paid))
}

/// Asks for `shares` to leave, in place of whatever was asked before; 0 takes the request back.
pub fn request_unstake(fund: &InsuranceFund, stake: &mut InsuranceStake, shares: u64, now: i64) -> Checked<()> {
    stake.enter_epoch(fund.epoch);
    if shares > stake.shares {
        return Err(FirebreakError::SharesInsufficient);
    }
    stake.forget_request();
    if shares > 0 {
        stake.leaving_shares = shares;
        stake.leaving_value = fund.fund().value_down(shares);
        stake.leaves_at = now.saturating_add(i64::from(fund.cooldown_seconds));
    }
    Ok(())
}

/// Refuses an exit that nobody asked for, is not open, or meets a deficit that was reported.
pub fn require_exit(fund: &InsuranceFund, stake: &mut InsuranceStake, now: i64) -> Checked<()> {
    stake.enter_epoch(fund.epoch);
    if stake.leaving_shares == 0 {
        return Err(FirebreakError::SharesInsufficient);
    }
    if now < stake.leaves_at || now >= stake.leaves_at.saturating_add(EXIT_SECONDS) {
        return Err(FirebreakError::ExitNotOpen);
    }
    if now < fund.closed_until { Err(FirebreakError::DeficitOpen) } else { Ok(()) }
}

/// Brings back from a market's tranche what the fund's vault lacks for an exit. Returns what moved.
pub fn recall(fund: &mut InsuranceFund, stake: &InsuranceStake, market: &mut Market, now: i64) -> Checked<u64> {
    let worth = fund.fund().value_down(stake.leaving_shares).min(stake.leaving_value);
    let window = market.refill_window(now);
    let insured = market.insurance_window().at(now, market.insurance_window_seconds);
    let wanted = worth.saturating_sub(fund.assets);
    let left = window.left(market.insurance_window_cap);
    let recalled = plan_recall(market.tranche, left, insured.used > 0, wanted);
    let window = window.using(recalled);
    (market.refill_window_started, market.refill_window_used) = (window.started, window.used);
    market.tranche = market.tranche.checked_sub(recalled).ok_or(FirebreakError::InvariantBroken)?;
    let elsewhere = fund.deployed.checked_sub(market.tranche_reported).ok_or(FirebreakError::InvariantBroken)?;
    fund.deployed = elsewhere.checked_add(market.tranche).ok_or(FirebreakError::ArithmeticOverflow)?;
    market.tranche_reported = market.tranche;
    fund.assets = fund.assets.checked_add(recalled).ok_or(FirebreakError::ArithmeticOverflow)?;
    Ok(recalled)
}

/// Pays out what was asked for, as far as the vault reaches. Returns shares and what they brought.
pub fn unstake(fund: &mut InsuranceFund, stake: &mut InsuranceStake) -> Checked<(u64, u64)> {
    let plan = plan_unstake(&fund.fund(), stake.leaving_shares, stake.leaving_value).named()?;
    fund.assets = fund.assets.checked_sub(plan.paid).ok_or(FirebreakError::InvariantBroken)?;
    fund.shares = fund.shares.checked_sub(plan.shares).ok_or(FirebreakError::InvariantBroken)?;
    stake.shares = stake.shares.checked_sub(plan.shares).ok_or(FirebreakError::InvariantBroken)?;
    stake.leaving_shares = stake.leaving_shares.checked_sub(plan.shares).ok_or(FirebreakError::InvariantBroken)?;
    stake.leaving_value = plan.value_left;
    if stake.leaving_shares == 0 {
        stake.forget_request();
    }
    Ok((plan.shares, plan.paid))
}
