use risk::{Action, Activity, Leg, Level, plan_loss_settlement, plan_profit_settlement};

use crate::{
    clearing::portfolio::Portfolio,
    error::{FirebreakError, Named},
    state::{AssetRow, Market},
};

/// Quote atoms a settlement moved: at most one of the two is not zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// From cash to the pool.
    pub loss_paid: u64,
    /// From the pool to cash.
    pub profit_paid: u64,
}

/// Settles one account in one market. A loss at mark; a gain at the worse of mark and EMA, as far as the pool reaches.
/// A flat leg (a debt or a claim) needs no price. Error `NothingToSettle` where nothing would move.
#[inline(always)]
pub fn settle(
    portfolio: &mut Portfolio,
    market: &mut Market,
    rows: &[AssetRow],
    level: Level,
    now: i64,
) -> core::result::Result<Settlement, FirebreakError> {
    let row = rows.get(market.index as usize).ok_or(FirebreakError::AssetMissing)?;
    let index = portfolio.find(market.index).ok_or(FirebreakError::PositionMissing)?;
    let leg = portfolio.leg(index);
    if leg.size != 0 {
        row.require(Action::SettleLoss, now)?;
    }
    let loss_paid = settle_loss(portfolio, market, row.mark, index, leg)?;
    if loss_paid > 0 {
        return Ok(Settlement { loss_paid, profit_paid: 0 });
    }
    let price = row.risk().worse_price(leg.size);
    let profit = plan_profit_settlement(leg, price, market.pool).named()?;
    if profit.paid == 0 {
        return Err(FirebreakError::NothingToSettle);
    }
    if !level.permits(Activity::SettleProfit) {
        return Err(FirebreakError::BreakerActive);
    }
    if leg.size != 0 {
        row.require(Action::AddRisk, now)?;
    }
    market.pool = market.pool.checked_sub(profit.paid).ok_or(FirebreakError::InvariantBroken)?;
    portfolio.account.add_cash(profit.paid)?;
    portfolio.set_leg(index, profit.leg)?;
    Ok(Settlement { loss_paid: 0, profit_paid: profit.paid })
}

/// Writes `leg` into its slot with its loss at `mark` paid from cash into the pool, as far as cash reaches. Returns what was
/// paid.
#[inline(always)]
pub(super) fn settle_loss(
    portfolio: &mut Portfolio,
    market: &mut Market,
    mark: u64,
    index: usize,
    leg: Leg,
) -> core::result::Result<u64, FirebreakError> {
    let loss = plan_loss_settlement(leg, mark, portfolio.account.cash).named()?;
    portfolio.account.take_cash(loss.paid)?;
    market.pool = market.pool.checked_add(loss.paid).ok_or(FirebreakError::ArithmeticOverflow)?;
    portfolio.set_leg(index, loss.leg)?;
    Ok(loss.paid)
}
