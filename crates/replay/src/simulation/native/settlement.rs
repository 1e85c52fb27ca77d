//! Settlement of one account or several: what the handler loops over.

use firebreak::{
    FirebreakError,
    clearing::{self, Settlement},
    state::{AssetRow, Market},
};
use firebreak_client::MarginAccountView;

use super::{NativeEngine, Outcome, Rejection, ensure, portfolio};
use crate::simulation::{cast::MARKETS, check::touched_leg, fault::Fault};

impl NativeEngine<'_> {
    pub(super) fn settle(&mut self, accounts: &[u8], market: u8) -> Outcome {
        let index = market as usize;
        let mut books = *self.state.markets.get(index).ok_or(Rejection::Framework)?;
        if self.is(Fault::OwnFundingForgotten) {
            books.funding_seen = self.state.rows[index].funding_index;
        }
        let how = (self.level(market), accounts.len() > 1);
        let mut settled = 0;
        for account in accounts {
            let mut view = self.load(*account)?;
            let before = (books, view.clone());
            let rows = &self.state.rows;
            let done = match clearing::settle(&mut portfolio(&mut view), &mut books, rows, how, self.state.now) {
                Err(FirebreakError::PositionMissing) => Settlement::default(),
                done => done?,
            };
            if let Some(fault) = self.fault {
                break_settlement(fault, (&before.0, &before.1), (&mut books, &mut view), &done, &rows[index]);
            }
            settled += usize::from(done.is_something());
            self.store(*account, view);
        }
        self.state.markets[index] = books;
        if self.is(Fault::OtherMarketTouched) {
            self.state.markets[(index + 1) % MARKETS].liquidated_lots += 1;
        }
        ensure(settled > 0, FirebreakError::NothingToSettle)
    }
}

/// Planted bugs of a settlement.
fn break_settlement(
    fault: Fault,
    before: (&Market, &MarginAccountView),
    (books, view): (&mut Market, &mut MarginAccountView),
    done: &Settlement,
    row: &AssetRow,
) {
    let index = view.positions().iter().position(|position| position.market == books.index);
    match fault {
        Fault::SettleOverpaysPool if done.loss_paid > 0 => books.pool += 1,
        Fault::SettleOverpaysCash if done.profit_paid > 0 => view.header.cash += 1,
        Fault::TouchForgetsCarry if done.was_touched => books.carry = before.0.carry,
        Fault::TouchForgetsOwed if done.was_touched => {
            (books.long_owed, books.short_owed) = (before.0.long_owed, before.0.short_owed);
        }
        Fault::TouchForgetsStamp if done.was_touched => {
            if let (Some(index), Some(old)) = (index, before.1.position(books.index)) {
                view.slots[index].set_stamp(old.stamp());
            }
        }
        // Whoever settles first takes a bankrupt account's cash.
        Fault::BankruptSettles => {
            let Some(index) = index else { return };
            let (size, entry) = touched_leg(&view.slots[index], row);
            let loss = entry - size * i128::from(row.mark);
            let paid = loss.clamp(0, i128::from(view.header.cash)) as u64;
            view.header.cash -= paid;
            books.pool += paid;
            view.slots[index].entry -= paid as i64;
        }
        _ => {}
    }
}
