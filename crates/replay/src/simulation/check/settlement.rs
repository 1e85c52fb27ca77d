//! What settling does to each account in turn: touch, then a loss at mark out of cash, or a gain out of the pool.

use firebreak::state::Position;
use firebreak_client::MarginAccountView;

use super::{
    expect,
    funding::fund_own,
    prices::{is_certain_enough, may_add_risk},
    touch,
    valuation::{Purpose, collateral_value, group_stress, pnl, quote_worth, worse_price},
};
use crate::simulation::state::State;

/// Settles the accounts in a copy of the state before. At least one had something to settle.
pub(super) fn settle(state: &mut State, accounts: &[u8], market: u8, found: &mut Vec<String>) -> Option<()> {
    let mut moved = false;
    for account in accounts {
        moved |= settle_one(state, (*account, accounts.len() > 1), market, found)?;
    }
    expect(found, moved, || "a settlement moved nothing".to_string());
    Some(())
}

/// Equity and margin at mark, where every price that matters is known; collateral only where the rest does not do.
fn known_worth(state: &State, view: &MarginAccountView) -> Option<(i128, i128)> {
    let is_known = |asset: u8| is_certain_enough(&state.rows[asset as usize], state.now);
    let is_open = |position: &&Position| touch::touched_leg(position, &state.rows[position.market as usize]).0 != 0;
    if !view.positions().iter().filter(is_open).all(|position| is_known(position.market)) {
        return None;
    }
    let mut worth = quote_worth(view, &state.rows, Purpose::Maintenance);
    if !worth.is_covered() {
        let stress = group_stress(view, &state.rows, Purpose::Maintenance);
        for slot in view.header.collateral.iter().filter(|slot| slot.amount != 0) {
            if !is_known(slot.asset) {
                return None;
            }
            worth.equity += collateral_value(slot, &state.rows, Purpose::Maintenance, &stress);
        }
    }
    Some((worth.equity, worth.requirement))
}

fn settle_one(
    state: &mut State,
    (account, is_one_of_many): (u8, bool),
    market: u8,
    found: &mut Vec<String>,
) -> Option<bool> {
    let row = state.rows[market as usize];
    let mut view = state.account(account)?.clone();
    let Some(index) = view.positions().iter().position(|position| position.market == market) else {
        return Some(false);
    };
    let mut books = state.markets[market as usize];
    fund_own(&mut books, &row);
    let own_entry = books.dust_entry;
    let was_touched = touch::apply(&mut view, index, &mut books, &row);
    let position = view.slots[index];
    let is_open = position.size != 0;
    let has_traded = books.dust_entry != own_entry;
    let is_known = is_certain_enough(&row, state.now);
    expect(found, !is_open && !has_traded || is_known, || "I-10: settled on a stale price".to_string());
    let at_mark = pnl(&position, &row, i128::from(row.mark));
    let (mut loss, mut gain) = (0, 0);
    if at_mark <= 0 {
        let cash = i128::from(view.header.cash);
        // A bankrupt account's cash waits for its share in each market.
        let is_only = view.positions().len() == 1 && cash >= -at_mark;
        let is_own = is_only || known_worth(state, &view).is_none_or(|(equity, _)| equity >= 0);
        loss = if is_own { (-at_mark).min(cash) as u64 } else { 0 };
    } else {
        let level = super::breaker::level(state, market);
        let stays = (is_open || level > 2)
            && known_worth(state, &view).is_some_and(|(equity, requirement)| equity < requirement);
        let price = if stays { i128::from(row.mark) } else { worse_price(&row, i128::from(position.size)) };
        gain = pnl(&position, &row, price).clamp(0, i128::from(books.pool)) as u64;
        let is_good = gain == 0 || !is_open || may_add_risk(&row, state.now);
        let is_permitted = gain == 0 || level <= if stays { 3 } else { 2 };
        if (was_touched || is_one_of_many) && !(is_good && is_permitted) {
            gain = 0; // the touch is all that happens, or others are settled
        } else {
            expect(found, is_good, || "I-10: a gain was taken out on a price below fresh".to_string());
            expect(found, is_permitted, || "a gain was settled at a breaker level that forbids it".to_string());
        }
    }
    view.header.cash = view.header.cash + gain - loss;
    books.pool = books.pool + loss - gain;
    view.slots[index].entry += gain as i64 - loss as i64;
    if view.slots[index].size == 0 && view.slots[index].entry == 0 {
        let last = view.header.position_count as usize - 1;
        view.slots.swap(index, last);
        view.slots[last] = Position::default();
        view.header.position_count -= 1;
    }
    state.markets[market as usize] = books;
    *state.accounts[account as usize].as_mut()?.edit() = view;
    Some(was_touched || loss + gain > 0)
}
