//! What deposits and withdrawals do.

use firebreak::{FirebreakError, clearing::value_for_withdrawal};
use risk::{Activity, Level};
use serde_json::{Value, json};

use crate::{
    accounts::{BankData, Board, BreakerData, Margin},
    json::{Problem, figure, figure_or_null, refusal},
    report::report,
};

pub fn preview_deposit(
    board: &Board,
    mut margin: Margin,
    bank: BankData,
    amount: u64,
    now: i64,
) -> Result<Value, Problem> {
    let (before, mut bank) = (report(board, &margin)?, bank.0);
    let mut book = || {
        if amount == 0 {
            return Err(FirebreakError::AmountZero);
        }
        bank.deposited(amount, now)?;
        bank.require_probation(now)?;
        margin.account.credit(&bank, amount)
    };
    let outcome = book();
    let after = if outcome.is_ok() { report(board, &margin)? } else { Value::Null };
    Ok(json!({ "before": before, "after": after, "refusal": refusal(&outcome) }))
}

/// Where and when somebody withdraws.
pub struct Exit<'a> {
    pub board: &'a Board,
    pub breaker: &'a BreakerData,
    pub bank: BankData,
    pub now: i64,
}

impl Exit<'_> {
    /// The account after a withdrawal, as `instructions/withdraw.rs` makes it.
    fn withdraw(&self, margin: &Margin, amount: u64) -> Result<Margin, FirebreakError> {
        let (mut margin, mut bank) = (margin.clone(), self.bank.0);
        if amount == 0 {
            return Err(FirebreakError::AmountZero);
        }
        let level = self.level(&margin)?;
        let balance = margin.account.debit(&bank, amount)?;
        let is_small_exit = margin.account.position_count == 0 && balance == 0 && amount <= bank.small_exit;
        bank.withdrawn(amount, is_small_exit, self.now)?;
        let (account, slots) = (&margin.account, &margin.slots);
        let left = value_for_withdrawal(account, slots, &self.board.rows, (0, level), self.now)?;
        if left.is_covered() { Ok(margin) } else { Err(FirebreakError::MarginInsufficient) }
    }

    /// The highest level among the markets it is in; refuses where one does not permit it.
    fn level(&self, margin: &Margin) -> Result<Level, FirebreakError> {
        let breaker = &self.breaker.0;
        let (mut activity, mut level) = (Activity::WithdrawFlat, breaker.global.level_at(self.now));
        for position in margin.positions().iter().filter(|position| position.size != 0) {
            activity = Activity::WithdrawWithPositions;
            let row = self.board.rows.get(position.market as usize).ok_or(FirebreakError::AssetMissing)?;
            level = level.max(breaker.own_level(position.market, self.now)).max(row.breaker.level_at(self.now));
        }
        if level.permits(activity) { Ok(level) } else { Err(FirebreakError::BreakerActive) }
    }

    fn balance(&self, margin: &Margin) -> u64 {
        let bank = &self.bank.0;
        if bank.is_quote() { margin.account.cash } else { margin.account.collateral_of(bank) }
    }

    /// The most that can be withdrawn now, and what refuses an atom more. All of a small account's may be more than any part of it.
    fn most(&self, margin: &Margin) -> (u64, Option<FirebreakError>) {
        let balance = self.balance(margin);
        let Err(whole) = self.withdraw(margin, balance.max(1)) else { return (balance, None) };
        let (mut safe, mut refused, mut cause) = (0, balance.max(1), whole);
        while refused - safe > 1 {
            let middle = safe.midpoint(refused);
            match self.withdraw(margin, middle) {
                Ok(_) => safe = middle,
                Err(error) => (refused, cause) = (middle, error),
            }
        }
        (safe, Some(cause))
    }
}

pub fn preview_withdrawal(exit: &Exit, margin: &Margin, amount: u64) -> Result<Value, Problem> {
    let (outcome, (most, cause)) = (exit.withdraw(margin, amount), exit.most(margin));
    let after = match &outcome {
        Ok(after) => report(exit.board, after)?,
        Err(_) => Value::Null,
    };
    let (bank, params) = (&exit.bank.0, exit.bank.0.outflow_params());
    let left = bank.outflow().left(&params, bank.total, false, exit.now);
    let seconds = bank.outflow().seconds_until(&params, bank.total, amount, exit.now);
    Ok(json!({
        "before": report(exit.board, margin)?,
        "after": after,
        "refusal": refusal(&outcome),
        "balance": figure(exit.balance(margin)),
        "most": figure(most),
        "mostRefusal": cause.map(|cause| format!("{cause:?}")),
        "outflowLeft": figure(left),
        "secondsUntil": figure_or_null(seconds),
    }))
}
