//! What each simple operation does, field by field: the state before with the expected change is the state after.

use firebreak::state::{Breaker, BreakerState, CollateralBank, CollateralSlot, Position};
use firebreak_client::MarginAccountView;

use super::{
    Step, breaker, expect, fund, funding, settlement,
    valuation::{self, Purpose},
};
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
        Operation::Deposit { bank, depositor, source, account, amount } => {
            expect(found, depositor == source, || "somebody else's tokens were taken".to_string());
            expect(found, bank == 0 || depositor == owner_of(account), || "a stranger deposited".to_string());
            add(state.accounts[account as usize].as_mut()?.edit(), bank, &state.banks, amount);
            state.wallets[source as usize][bank as usize] -= amount;
            state.vaults[bank as usize] += amount;
            state.banks[bank as usize].total += amount;
            follow_flows(&mut state, step.after, bank);
        }
        Operation::Withdraw { bank, signer, destination, account, amount } => {
            expect(found, signer == owner_of(account), || "somebody who is not the owner withdrew".to_string());
            withdrawal(step, account, found);
            take(state.accounts[account as usize].as_mut()?.edit(), bank, amount);
            state.wallets[destination as usize][bank as usize] += amount;
            state.vaults[bank as usize] -= amount;
            state.banks[bank as usize].total -= amount;
            follow_flows(&mut state, step.after, bank);
        }
        Operation::FundTranche { market, amount } => {
            state.markets[market as usize].tranche += amount;
            state.wallets[PAYER as usize][0] -= amount;
            state.vaults[0] += amount;
            state.banks[0].total += amount;
        }
        Operation::Donate { vault, amount } => {
            state.vaults[vault as usize] += amount;
            state.donated[vault as usize] += amount;
        }
        Operation::SetDelegate { signer, account, delegate } => {
            expect(found, signer == owner_of(account), || "somebody else named a delegate".to_string());
            state.accounts[account as usize].as_mut()?.edit().header.delegate = step.cast.address(delegate);
        }
        Operation::GrowAccount { capacity, account, .. } => {
            state.accounts[account as usize].as_mut()?.edit().slots.resize(capacity as usize, Position::default());
        }
        Operation::CloseAccount { signer, account } => {
            expect(found, signer == owner_of(account), || "somebody else closed an account".to_string());
            let header = state.accounts[account as usize].take()?.header;
            let is_empty = header.cash == 0 && header.position_count == 0 && !header.has_collateral();
            expect(found, is_empty, || "an account was closed with cash, collateral or positions".to_string());
        }
        Operation::CancelOffer { maker, offer, .. } => {
            state.offers[offer.0 as usize].edit()[offer.1 as usize].take()?;
            state.accounts[maker as usize].as_mut()?.edit().header.offer_count -= 1;
        }
        Operation::Settle { ref accounts, market } => settlement::settle(&mut state, accounts, market, found)?,
        Operation::UpdateFunding { market } => funding::update(&mut state, market, found),
        Operation::SweepInsurance { market } => {
            fund::sweep(&mut state, market);
            let counted = step.after.markets[market as usize];
            let books = &mut state.markets[market as usize];
            // What the tranche paid of late is worked out by `breaker`.
            (books.recently_paid, books.recently_paid_at) = (counted.recently_paid, counted.recently_paid_at);
        }
        Operation::Stake { staker, source, amount, .. } => {
            expect(found, staker == source, || "somebody else's tokens were staked".to_string());
            fund::expect_no_dilution(step, found);
            fund::stake(step, &mut state, staker, amount, found)?;
        }
        Operation::RequestUnstake { signer, staker, shares } => {
            expect(found, signer == staker, || "somebody else asked to leave".to_string());
            fund::request(&mut state, staker, shares)?;
        }
        Operation::Unstake { signer, staker, destination, ref markets, recall } => {
            expect(found, signer == staker, || "somebody else left".to_string());
            fund::expect_no_dilution(step, found);
            let paying: Vec<u8> = markets.iter().copied().filter(|market| recall >> market & 1 == 1).collect();
            fund::unstake(&mut state, staker, destination, &paying, found)?;
        }
        Operation::ReportDeficit { account } => fund::report(&mut state, account, found)?,
        Operation::TripBreaker { .. } | Operation::ResetBreaker { .. } => {
            levels(step, found);
            return None;
        }
        Operation::PassTime { seconds } => state.now += seconds,
        _ => return None,
    }
    Some(state)
}

/// What left of late is worked out by `breaker`.
fn follow_flows(state: &mut State, after: &State, bank: u8) {
    let (bank, after) = (&mut state.banks[bank as usize], &after.banks[bank as usize]);
    let CollateralBank { outflow_at, hour_outflow, day_outflow, .. } = *after;
    *bank = CollateralBank { outflow_at, hour_outflow, day_outflow, ..*bank };
}

fn add(view: &mut MarginAccountView, bank: u8, banks: &[CollateralBank], amount: u64) {
    if bank == 0 {
        view.header.cash += amount;
        return;
    }
    let slots = &mut view.header.collateral;
    let own = slots.iter().position(|slot| slot.amount != 0 && slot.bank == bank);
    let Some(index) = own.or_else(|| slots.iter().position(|slot| slot.amount == 0)) else { return };
    let amount = slots[index].amount + amount;
    slots[index] = CollateralSlot { amount, bank, asset: banks[bank as usize].asset, reserved: [0; 6] };
}

fn take(view: &mut MarginAccountView, bank: u8, amount: u64) {
    if bank == 0 {
        view.header.cash = view.header.cash.wrapping_sub(amount);
        return;
    }
    let slots = &mut view.header.collateral;
    let Some(slot) = slots.iter_mut().find(|slot| slot.amount != 0 && slot.bank == bank) else { return };
    slot.amount = slot.amount.wrapping_sub(amount);
    if slot.amount == 0 {
        *slot = CollateralSlot::default();
    }
}

/// I-04 for a withdrawal: what is left covers initial margin without counting any gain, at prices that are fresh.
fn withdrawal(step: &Step, account: u8, found: &mut Vec<String>) {
    let Some(view) = step.after.account(account) else { return };
    let open = view.positions().iter().filter(|position| position.size != 0);
    let highest = open.map(|position| breaker::kept_level(step.before, position.market)).max();
    let global = step.before.breaker.global.level_at(step.before.now) as u8;
    let level = highest.unwrap_or(0).max(global);
    let worth = valuation::worth(view, &step.after.rows, Purpose::Withdrawal).at_level(level);
    expect(found, worth.is_covered(), || format!("I-04: a withdrawal left {worth:?}"));
    super::prices::expect_fresh(step, view, Purpose::Withdrawal, found);
    let most = if highest.is_none() { 3 } else { 1 };
    expect(found, level <= most, || "a withdrawal passed a breaker".to_string());
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
        closing(&[old, &before.breaker.global], new, before.now, found);
    }
}

/// T118: nobody is locked in by one closing after the other. What was closed was open for as long before it closes again, itself
/// and everything; while it is closed its end does not move; and no standing restriction closes.
fn closing(old: &[&Breaker; 2], new: &Breaker, now: i64, found: &mut Vec<String>) {
    let is_closed = |state: &BreakerState| state.level_at(now) as u8 >= 3;
    expect(found, !is_closed(&new.standing), || "a standing restriction closes".to_string());
    if !is_closed(&new.emergency) {
        return;
    }
    let last = &old[0].emergency;
    if is_closed(last) {
        expect(found, new.emergency.expires_at == last.expires_at, || "a closing was prolonged".to_string());
        return;
    }
    let all = &old[1].emergency;
    let is_within = is_closed(all) && new.emergency.expires_at <= all.expires_at;
    for last in [last, if is_within { last } else { all }] {
        let (from, until) = (i64::from(last.closed_from), i64::from(last.closed_until));
        expect(found, now - until >= until - from, || format!("closed again at {now}, after {from} to {until}"));
    }
}
