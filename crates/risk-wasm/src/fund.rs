//! Insurance: what shares are worth.

use firebreak::{FirebreakError, clearing, state::EXIT_SECONDS};
use serde_json::{Value, json};

use crate::{
    accounts::{FundData, StakeData},
    json::{Problem, figure, refusal},
};

/// Shares that an atom first buys, times a million: a price per that many is a price per quote token of six decimals staked at first.
const SHARES_PRICED: u64 = 1_000_000_000;

pub fn figures(fund: &FundData, amount: u64, now: i64) -> Value {
    let (fund, book) = (&fund.0, fund.0.fund());
    let bought = risk::plan_stake(&book, amount).map_err(FirebreakError::from);
    let (shares, paid) = bought.map_or((0, 0), |plan| (plan.shares, plan.paid));
    json!({
        "assets": figure(fund.assets),
        "deployed": figure(fund.deployed),
        "total": figure(book.total()),
        "shares": figure(fund.shares),
        "epoch": fund.epoch,
        "cooldownSeconds": fund.cooldown_seconds,
        "closedUntil": figure(fund.closed_until),
        "isClosed": now < fund.closed_until,
        "isWipedOut": book.is_wiped_out(),
        "sharesPriced": figure(SHARES_PRICED),
        "price": figure(book.value_down(SHARES_PRICED)),
        "buys": { "shares": figure(shares), "paid": figure(paid), "refusal": refusal(&bought) },
    })
}

pub fn stake(fund: FundData, stake: StakeData, now: i64) -> Result<Value, Problem> {
    let (fund, mut stake) = (fund.0, stake.0);
    stake.enter_epoch(fund.epoch);
    let book = fund.fund();
    let exit = clearing::require_exit(&fund, &mut stake, now);
    let paid = risk::plan_unstake(&book, stake.leaving_shares, stake.leaving_value).map_or(0, |plan| plan.paid);
    let is_leaving = stake.leaving_shares > 0;
    Ok(json!({
        "shares": figure(stake.shares),
        "value": figure(book.value_down(stake.shares)),
        "leavingShares": figure(stake.leaving_shares),
        "leavingValue": figure(stake.leaving_value),
        "leavesAt": figure(stake.leaves_at),
        "leavesUntil": figure(if is_leaving { stake.leaves_at.saturating_add(EXIT_SECONDS) } else { 0 }),
        "wouldPay": figure(if is_leaving { paid } else { 0 }),
        "refusal": refusal(&exit),
    }))
}
