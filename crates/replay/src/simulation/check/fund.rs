//! What the insurance fund's instructions do, worked out a second time in wide integers.

use firebreak::state::{AssetRow, InsuranceFund, InsuranceStake, Market};

use super::{
    Step, expect,
    funding::fund_own,
    liquidation::most_insured,
    prices::{assets, is_fresh, may_add_risk},
    touch::LOT,
    valuation::{Purpose, worse_price, worth},
};
use crate::simulation::{cast::INSURANCE, state::State};

fn total(fund: &InsuranceFund) -> i128 {
    i128::from(fund.assets) + i128::from(fund.deployed)
}

fn value(fund: &InsuranceFund, shares: u64) -> i128 {
    let all = i128::from(fund.shares) + i128::from(fund.virtual_shares);
    if all == 0 { 0 } else { (i128::from(shares) * (total(fund) + 1) / all).min(total(fund)) }
}

/// What a refill window has used at `now`, and when it began.
fn refill_window(market: &Market, now: i64) -> (i64, u64) {
    let started = market.refill_window_started;
    let is_same = now >= started && now - started < i64::from(market.insurance_window_seconds);
    if is_same { (started, market.refill_window_used) } else { (now, 0) }
}

/// Tokens between the quote bank and the fund; positive to the fund.
fn to_fund(state: &mut State, amount: i128) {
    let move_to = |held: &mut u64, amount: i128| *held = (i128::from(*held) + amount) as u64;
    move_to(&mut state.banks[0].total, -amount);
    move_to(&mut state.vaults[0], -amount);
    move_to(&mut state.vaults[INSURANCE], amount);
}

pub(super) fn sweep(state: &mut State, index: u8) {
    let (row, now) = (state.rows[index as usize], state.now);
    let (market, is_fresh) = (&mut state.markets[index as usize], may_add_risk(&row, now));
    settle_own(market, &row, is_fresh, now);
    let fees_to_fund = u128::from(market.fees) * u128::from(market.fee_share_bps) / 10_000;
    let fees_to_fund = fees_to_fund as u64;
    market.protocol_fees += market.fees - fees_to_fund;
    market.fees = 0;

    let (started, used) = refill_window(market, now);
    let returned = market.tranche.saturating_sub(market.tranche_target);
    let room = market.tranche_target.saturating_sub(market.tranche);
    let refilled = room.min(state.fund.assets + fees_to_fund).min(market.insurance_window_cap.saturating_sub(used));
    (market.refill_window_started, market.refill_window_used) = (started, used + refilled);
    market.tranche = market.tranche + refilled - returned;
    state.fund.assets = state.fund.assets + fees_to_fund + returned - refilled;
    state.fund.deployed = state.fund.deployed - market.tranche_reported + market.tranche;
    market.tranche_reported = market.tranche;
    to_fund(state, i128::from(fees_to_fund) + i128::from(returned) - i128::from(refilled));
}

/// The market's own position: a loss out of fees, of what it owes for bankrupt accounts the rest out of the tranche; a gain
/// into fees.
fn settle_own(market: &mut Market, row: &AssetRow, is_fresh: bool, now: i64) {
    fund_own(market, row);
    let own = i128::from(market.dust_size) * LOT + i128::from(market.long_owed) - i128::from(market.short_owed);
    if own != 0 && !is_fresh {
        return;
    }
    let worth_at = |price: i128| (own * price).div_euclid(LOT) - i128::from(market.dust_entry);
    let at_mark = worth_at(i128::from(row.mark));
    if at_mark >= 0 {
        let received = worth_at(worse_price(row, own)).clamp(0, i128::from(market.pool)) as u64;
        market.fees += received;
        market.pool -= received;
        market.dust_entry += received as i64;
        market.own_debt = 0;
        return;
    }
    let paid = (-at_mark).min(i128::from(market.fees)) as u64;
    market.fees -= paid;
    market.own_debt = i128::from(market.own_debt).min(-at_mark - i128::from(paid)) as u64;
    let (most, used) = most_insured(market, i128::from(market.own_debt), now);
    // One event's cap for a whole window, however often somebody sweeps.
    let insured = most.min(i128::from(market.insurance_event_cap.saturating_sub(used))) as u64;
    if insured > 0 {
        market.insurance_window_started = window_start(market, now);
        market.insurance_window_used = used + insured;
        market.insurance_paid += insured;
        market.tranche -= insured;
        market.own_debt -= insured;
    }
    market.pool += paid + insured;
    market.dust_entry -= (paid + insured) as i64;
}

/// When the insurance window that counts at `now` began.
fn window_start(market: &Market, now: i64) -> i64 {
    let started = market.insurance_window_started;
    if now >= started && now - started < i64::from(market.insurance_window_seconds) { started } else { now }
}

/// T64, T65, T48: nobody comes or leaves while a market holds what the fund has not seen, or might.
fn expect_swept(state: &State, found: &mut Vec<String>) {
    for (market, row) in state.markets.iter().zip(&state.rows) {
        let is_seen = market.fees == 0 && market.tranche == market.tranche_reported;
        let is_idle = market.long_open_interest + market.short_open_interest == 0;
        let is_dead = state.now - row.publish_time > 3 * 86_400;
        expect(found, is_seen && (is_idle || is_dead || may_add_risk(row, state.now)), || {
            format!("T65: market {} was not swept before somebody came or left", market.index)
        });
    }
}

/// T55: nobody's shares are worth less because somebody else came or left.
pub(super) fn expect_no_dilution(step: &Step, found: &mut Vec<String>) {
    let (old, new) = (&step.before.fund, &step.after.fund);
    let all = |fund: &InsuranceFund| i128::from(fund.shares) + i128::from(fund.virtual_shares);
    let is_kept = old.epoch != new.epoch || (total(new) + 1) * all(old) >= (total(old) + 1) * all(new);
    expect(found, is_kept, || format!("T55: shares lost value: {old:?} became {new:?}"));
}

/// Shares of an older epoch are gone.
fn enter(stake: &mut InsuranceStake, epoch: u32) {
    if stake.epoch != epoch {
        (stake.shares, stake.epoch) = (0, epoch);
        (stake.leaving_shares, stake.leaving_value, stake.leaves_at) = (0, 0, 0);
    }
}

pub(super) fn stake(step: &Step, state: &mut State, staker: u8, amount: u64, found: &mut Vec<String>) -> Option<()> {
    expect_swept(state, found);
    let new = step.after.stakes[staker as usize]?;
    let stake = state.stakes[staker as usize].get_or_insert(InsuranceStake {
        fund: step.cast.at.insurance_fund,
        owner: step.cast.address(staker),
        epoch: state.fund.epoch,
        bump: step.cast.stakes[staker as usize].1,
        version: 1,
        shares: 0,
        ..new
    });
    (stake.leaving_shares, stake.leaving_value, stake.leaves_at) = match step.before.stakes[staker as usize] {
        Some(old) => (old.leaving_shares, old.leaving_value, old.leaves_at),
        None => (0, 0, 0),
    };
    let fund = &mut state.fund;
    let held = total(fund);
    if fund.shares == 0 || held * 1_000_000_000 < i128::from(fund.shares) {
        (fund.shares, fund.epoch) = (0, fund.epoch + 1);
        fund.virtual_shares = ((held + 1) * 1_000) as u64;
    }
    enter(stake, fund.epoch);
    let all = i128::from(fund.shares) + i128::from(fund.virtual_shares);
    let shares = i128::from(amount) * all / (held + 1);
    let paid = (shares * (held + 1) + all - 1) / all;
    stake.shares += shares as u64;
    fund.shares += shares as u64;
    fund.assets += paid as u64;
    state.vaults[INSURANCE] += paid as u64;
    state.wallets[staker as usize][0] -= paid as u64;
    Some(())
}

pub(super) fn request(state: &mut State, staker: u8, shares: u64) -> Option<()> {
    let stake = state.stakes[staker as usize].as_mut()?;
    enter(stake, state.fund.epoch);
    (stake.leaving_shares, stake.leaving_value, stake.leaves_at) = (0, 0, 0);
    if shares > 0 {
        stake.leaving_shares = shares;
        stake.leaving_value = value(&state.fund, shares) as u64;
        stake.leaves_at = state.now + i64::from(state.fund.cooldown_seconds);
    }
    Some(())
}

pub(super) fn unstake(
    state: &mut State,
    staker: u8,
    destination: u8,
    markets: &[u8],
    found: &mut Vec<String>,
) -> Option<()> {
    expect_swept(state, found);
    let now = state.now;
    let mut stake = state.stakes[staker as usize]?;
    enter(&mut stake, state.fund.epoch);
    let is_open = stake.leaving_shares > 0 && now >= stake.leaves_at && now < stake.leaves_at + 172_800;
    expect(found, is_open, || format!("shares left at {now}: {stake:?}"));
    expect(found, now >= state.fund.closed_until, || "shares left while a reported deficit stands".to_string());
    expect(found, state.breaker.global.level_at(now) as u8 <= 3, || "shares left while halted".to_string());
    let mut recalled = 0;
    for index in markets {
        let worth = value(&state.fund, stake.leaving_shares).min(i128::from(stake.leaving_value)) as u64;
        let market = &mut state.markets[*index as usize];
        let insured = market.insurance_window_started;
        let is_running = now >= insured && now - insured < i64::from(market.insurance_window_seconds);
        let has_paid = is_running && market.insurance_window_used > 0;
        let (started, used) = refill_window(market, now);
        let most = market.tranche.min(market.insurance_window_cap.saturating_sub(used));
        let amount = if has_paid { 0 } else { most.min(worth.saturating_sub(state.fund.assets)) };
        (market.refill_window_started, market.refill_window_used) = (started, used + amount);
        market.tranche -= amount;
        state.fund.deployed = state.fund.deployed - market.tranche_reported + market.tranche;
        market.tranche_reported = market.tranche;
        state.fund.assets += amount;
        recalled += i128::from(amount);
    }
    to_fund(state, recalled);
    let (fund, asked) = (&mut state.fund, stake.leaving_shares);
    let worth = value(fund, asked).min(i128::from(stake.leaving_value));
    let paid = worth.min(i128::from(fund.assets));
    let leaving = match paid == worth {
        true => i128::from(asked),
        false => (i128::from(asked) * paid + worth - 1) / worth,
    };
    expect(found, paid == worth || paid > 0, || "shares left for nothing".to_string());
    let left = i128::from(asked) - leaving;
    stake.leaving_value =
        if paid == worth { 0 } else { (i128::from(stake.leaving_value) * left / i128::from(asked)) as u64 };
    stake.leaving_shares = left as u64;
    stake.shares -= leaving as u64;
    if left == 0 {
        (stake.leaving_value, stake.leaves_at) = (0, 0);
    }
    fund.shares -= leaving as u64;
    fund.assets -= paid as u64;
    state.vaults[INSURANCE] -= paid as u64;
    state.wallets[destination as usize][0] += paid as u64;
    state.stakes[staker as usize] = Some(stake);
    Some(())
}

pub(super) fn report(state: &mut State, account: u8, found: &mut Vec<String>) -> Option<()> {
    let view = state.account(account)?;
    let had = worth(view, &state.rows, Purpose::Maintenance);
    expect(found, had.equity < 0, || format!("a deficit was reported of an account with {had:?}"));
    for asset in assets(view, &state.rows, Purpose::Maintenance) {
        let is_fresh = is_fresh(&state.rows[asset as usize], state.now);
        expect(found, is_fresh, || format!("I-10: a deficit was reported on a price of asset {asset} below fresh"));
    }
    state.fund.closed_until = state.fund.closed_until.max(state.now + 3_600);
    Some(())
}
