//! What each simple operation does, field by field: the state before with the expected change is the state after.

use firebreak::state::Position;
use firebreak_client::MarginAccountView;

use super::{Step, expect, valuation};
use crate::simulation::{
    cast::{AUTHORITY, PAYER, owner_of},
    operation::Operation,
    state::State,
};

pub(super) fn check(step: &Step, found: &mut Vec<String>) {
    let Some(expected) = expected(step, found) else { return };
    expect(found, expected == *step.after, || "the operation did something else than it says".to_string());
}

/// The state that must result; `None` for operations that other checks look at.
fn expected(step: &Step, found: &mut Vec<String>) -> Option<State> {
    let mut state = step.before.clone();
    match *step.operation {
        Operation::Deposit { depositor, source, account, amount } => {
            expect(found, depositor == source, || "somebody else's tokens were taken".to_string());
            state.accounts[account as usize].as_mut()?.header.cash += amount;
            state.wallets[source as usize] -= amount;
            state.vault += amount;
            state.bank.total += amount;
        }
        Operation::Withdraw { signer, destination, account, amount } => {
            expect(found, signer == owner_of(account), || "somebody who is not the owner withdrew".to_string());
            withdrawal(step, account, found);
            state.accounts[account as usize].as_mut()?.header.cash -= amount;
            state.wallets[destination as usize] += amount;
            state.vault -= amount;
            state.bank.total -= amount;
        }
        Operation::FundTranche { market, amount } => {
            state.markets[market as usize].tranche += amount;
            state.wallets[PAYER as usize] -= amount;
            state.vault += amount;
            state.bank.total += amount;
        }
        Operation::Donate { amount } => {
            state.vault += amount;
            state.donated += amount;
        }
        Operation::SetDelegate { signer, account, delegate } => {
            expect(found, signer == owner_of(account), || "somebody else named a delegate".to_string());
            state.accounts[account as usize].as_mut()?.header.delegate = step.cast.address(delegate);
        }
        Operation::GrowAccount { capacity, account, .. } => {
            state.accounts[account as usize].as_mut()?.slots.resize(capacity as usize, Position::default());
        }
        Operation::CloseAccount { signer, account } => {
            expect(found, signer == owner_of(account), || "somebody else closed an account".to_string());
            let header = state.accounts[account as usize].take()?.header;
            expect(found, header.cash == 0 && header.position_count == 0, || {
                "an account was closed with cash or positions".to_string()
            });
        }
        Operation::CancelOffer { maker, offer, .. } => {
            state.offers[offer.0 as usize][offer.1 as usize].take()?;
            state.accounts[maker as usize].as_mut()?.header.offer_count -= 1;
        }
        Operation::Settle { account, market } => settle(&mut state, account, market, found)?,
        Operation::TripBreaker { .. } | Operation::ResetBreaker { .. } => {
            levels(step, found);
            return None;
        }
        Operation::PassTime { seconds } => state.now += seconds,
        _ => return None,
    }
    Some(state)
}

/// I-04 for a withdrawal: what is left covers initial margin without counting any gain, at prices that are fresh.
fn withdrawal(step: &Step, account: u8, found: &mut Vec<String>) {
    let Some(view) = step.after.account(account) else { return };
    let worth = valuation::worth(view, &step.after.rows, valuation::Purpose::Withdrawal);
    expect(found, worth.is_covered(), || format!("I-04: a withdrawal left {worth:?}"));
    super::prices::expect_fresh(step, view, "a withdrawal", found);
    let is_flat = view.positions().iter().all(|position| position.size == 0);
    let open = |market: u8| step.before.breaker.level(market, step.before.now) as u8;
    let most = if is_flat { 3 } else { 1 };
    let held = view.positions().iter().filter(|position| position.size != 0);
    let highest = held.map(|position| open(position.market)).max();
    let global = step.before.breaker.global.level_at(step.before.now) as u8;
    expect(found, highest.unwrap_or(0).max(global) <= most, || "a withdrawal passed a breaker".to_string());
}

/// A loss at mark out of cash; else a gain at the worse price out of the pool.
fn settle(state: &mut State, account: u8, market: u8, found: &mut Vec<String>) -> Option<()> {
    let (row, books) = (state.rows[market as usize], &mut state.markets[market as usize]);
    let view: &mut MarginAccountView = state.accounts[account as usize].as_mut()?;
    let index = view.positions().iter().position(|position| position.market == market)?;
    let position = view.slots[index];
    let loss = (-valuation::pnl(&position, i128::from(row.mark))).clamp(0, i128::from(view.header.cash)) as u64;
    let gain = valuation::pnl(&position, valuation::worse_price(&row, position.size));
    let gain = gain.clamp(0, i128::from(books.pool)) as u64;
    if loss > 0 {
        view.header.cash -= loss;
        books.pool += loss;
        view.slots[index].entry -= loss as i64;
    } else {
        view.header.cash += gain;
        books.pool -= gain;
        view.slots[index].entry += gain as i64;
        let is_fresh = position.size == 0 || super::prices::is_fresh(&row, state.now);
        expect(found, is_fresh, || "I-10: a gain was taken out on a price below fresh".to_string());
    }
    expect(found, loss > 0 || gain > 0, || "a settlement moved nothing".to_string());
    if view.slots[index].size == 0 && view.slots[index].entry == 0 {
        let last = view.header.position_count as usize - 1;
        view.slots.swap(index, last);
        view.slots[last] = Position::default();
        view.header.position_count -= 1;
    }
    Some(())
}

/// I-11: a trip never lowers or shortens; only the authority resets.
fn levels(step: &Step, found: &mut Vec<String>) {
    let Step { before, after, operation, .. } = step;
    if let Operation::ResetBreaker { signer, .. } = operation {
        expect(found, *signer == AUTHORITY, || "I-11: somebody who is not the authority reset".to_string());
        return;
    }
    let (old, new) = (&before.breaker, &after.breaker);
    let pairs = old.markets.iter().zip(&new.markets).chain([(&old.global, &new.global)]);
    for (old, new) in pairs {
        for (old, new) in [(&old.emergency, &new.emergency), (&old.standing, &new.standing)] {
            let level = old.level_at(before.now);
            let stands = level as u8 > 0;
            let is_kept = new.level_at(before.now) >= level && (!stands || new.expires_at >= old.expires_at);
            expect(found, is_kept, || format!("I-11: a trip lowered {old:?} to {new:?}"));
        }
    }
}
