use risk::{Action, Activity, Leg, Level, LossPlan, plan_loss_settlement, plan_profit_settlement};

use crate::{
    clearing::{portfolio::Portfolio, value::value_at_mark},
    error::{FirebreakError, Named},
    state::{AssetRow, Market},
};

type Checked<T> = core::result::Result<T, FirebreakError>;

/// What settling an account in a market did: at most one of the two amounts, in quote atoms, is not zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// From cash to the pool.
    pub loss_paid: u64,
    /// From the pool to cash.
    pub profit_paid: u64,
    /// Whether the position was behind its side's indices.
    pub was_touched: bool,
}

impl Settlement {
    pub fn is_something(&self) -> bool {
        self.loss_paid > 0 || self.profit_paid > 0 || self.was_touched
    }
}

/// Settles one account in one market: touches its position, then a loss at mark, as far as cash reaches, or a gain at the worse
/// of mark and EMA, as far as the pool reaches. A flat leg (a debt or a claim) needs no price. The gain of an account below
/// maintenance is valued at mark: it does not leave, it pays for what the account lost elsewhere. The loss of an account with
/// negative equity is left to those who share it out.
#[inline(always)]
pub fn settle(
    portfolio: &mut Portfolio,
    market: &mut Market,
    rows: &[AssetRow],
    (level, is_one_of_many): (Level, bool),
    now: i64,
) -> Checked<Settlement> {
    let row = rows.get(market.index as usize).ok_or(FirebreakError::AssetMissing)?;
    let index = portfolio.find(market.index).ok_or(FirebreakError::PositionMissing)?;
    let stored = portfolio.positions().get(index).copied().unwrap_or_default();
    market.fund_own(row)?;
    let own_entry = market.dust_entry;
    let leg = portfolio.touch(index, market, row)?;
    let was_touched = portfolio.positions().get(index) != Some(&stored);
    if leg.size != 0 || market.dust_entry != own_entry {
        row.require(Action::SettleLoss, now)?; // for what is open, and for a fraction that changed hands
    }
    let pnl = leg.pnl(row.mark).named()?;
    let mut done = Settlement { was_touched, ..Settlement::default() };
    if pnl < 0 {
        let most_cash = if cash_may_pay(portfolio, rows, pnl, now) { u64::MAX } else { 0 };
        done.loss_paid = settle_loss(portfolio, market, row.mark, index, leg, most_cash)?.paid;
    } else if pnl > 0 {
        match profit_price(portfolio, rows, row, leg, level, now) {
            Ok(price) => done.profit_paid = settle_profit(portfolio, market, (index, leg), price)?,
            // Touching is open where taking a gain out is not, because deleveraging may wait for it; and one winner among many
            // accounts does not keep the others from being settled.
            Err(_) if was_touched || is_one_of_many => {}
            Err(error) => return Err(error),
        }
    }
    market.invariant()?;
    Ok(done)
}

/// Whether the account's equity is not negative: where it is, each market bears its share, and whoever settles first must not take
/// all the cash. Where no price says so, the loss is the loss.
fn cash_may_pay(portfolio: &Portfolio, rows: &[AssetRow], pnl: i64, now: i64) -> bool {
    (portfolio.account.position_count == 1 && portfolio.account.cash >= pnl.unsigned_abs())
        || value_at_mark(portfolio.account, portfolio.slots, rows, Action::Liquidate, now)
            .map_or(true, |valued| valued.valuation.equity >= 0)
}

/// The price at which a gain may be taken out of the pool now: mark where the account is below maintenance, the worse of mark and
/// EMA otherwise.
fn profit_price(
    portfolio: &Portfolio,
    rows: &[AssetRow],
    row: &AssetRow,
    leg: Leg,
    level: Level,
    now: i64,
) -> Checked<u64> {
    let matters = leg.size != 0 || !level.permits(Activity::SettleProfit);
    let stays = matters
        && value_at_mark(portfolio.account, portfolio.slots, rows, Action::Liquidate, now)
            .is_ok_and(|valued| !valued.valuation.is_covered());
    let (price, activity) = match stays {
        true => (row.mark, Activity::Liquidate),
        false => (row.risk().worse_price(leg.size), Activity::SettleProfit),
    };
    if !level.permits(activity) {
        return Err(FirebreakError::BreakerActive);
    }
    if leg.size != 0 {
        row.require(Action::AddRisk, now)?;
    }
    Ok(price)
}

/// Pays a gain at `price` out of the pool. Returns what was paid: 0 where the pool is empty, or nothing is left at that price.
fn settle_profit(
    portfolio: &mut Portfolio,
    market: &mut Market,
    (index, leg): (usize, Leg),
    price: u64,
) -> Checked<u64> {
    let profit = plan_profit_settlement(leg, price, market.pool).named()?;
    market.pool = market.pool.checked_sub(profit.paid).ok_or(FirebreakError::InvariantBroken)?;
    portfolio.account.add_cash(profit.paid)?;
    portfolio.set_leg(index, profit.leg)?;
    Ok(profit.paid)
}

/// Writes `leg` into its slot with its loss at `mark` paid from cash into the pool, as far as cash and `most_cash` reach.
#[inline(always)]
pub(super) fn settle_loss(
    portfolio: &mut Portfolio,
    market: &mut Market,
    mark: u64,
    index: usize,
    leg: Leg,
    most_cash: u64,
) -> Checked<LossPlan> {
    let loss = plan_loss_settlement(leg, mark, portfolio.account.cash.min(most_cash)).named()?;
    portfolio.account.take_cash(loss.paid)?;
    market.pool = market.pool.checked_add(loss.paid).ok_or(FirebreakError::ArithmeticOverflow)?;
    portfolio.set_leg(index, loss.leg)?;
    Ok(loss)
}
