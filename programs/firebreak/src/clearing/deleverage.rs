use risk::{Action, Leg, plan_deleveraging, plan_insurance};

use crate::{
    clearing::{
        liquidate::{apply_insurance, bankruptcy_share},
        portfolio::Portfolio,
        value::value_at_mark,
    },
    error::{FirebreakError, Named},
    state::{AssetRow, Market},
};

type Checked<T> = core::result::Result<T, FirebreakError>;

/// What a deleveraging did, in quote atoms: `from_cash + insurance_paid + borne_by_side + borne_by_market + waiting` is the loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleveraging {
    /// Signed lots the bankrupt account held; 0 for a debt without lots.
    pub lots: i64,
    pub equity_before: i64,
    pub from_cash: u64,
    /// This market's share of the account's deficit.
    pub deficit: u64,
    pub insurance_paid: u64,
    /// Charged to the positions of the other side.
    pub borne_by_side: u64,
    /// What no side could bear, and the whole of a debt without lots: the market's own position owes it.
    pub borne_by_market: u64,
    /// A debt that the account's claims in other markets pay.
    pub waiting: u64,
}

/// Resolves a bankrupt account in one market (design, section 7 step 5): its cash, the tranche as far as its caps let it, and
/// the whole other side, pro rata, for what is left; its lots close against that side. One step, whatever the number of accounts.
///
/// I-07: only after cash, collateral and tranche, and never more than the deficit. Refuses: an account that is not bankrupt,
/// has collateral left, or that the tranche can pay for; any price it depends on below Fresh.
pub fn auto_deleverage(
    market: &mut Market,
    rows: &mut [AssetRow],
    bankrupt: &mut Portfolio,
    now: i64,
) -> Checked<Deleveraging> {
    let (account, slots) = (&*bankrupt.account, &*bankrupt.slots);
    let value = value_at_mark(account, slots, rows, Action::AutoDeleverage, now)?.valuation;
    if value.equity >= 0 {
        return Err(FirebreakError::AccountSolvent);
    }
    if account.has_collateral() {
        return Err(FirebreakError::CollateralRemains);
    }
    let row = rows.get(market.index as usize).ok_or(FirebreakError::AssetMissing)?;
    let index = bankrupt.find(market.index).ok_or(FirebreakError::PositionMissing)?;
    let leg = bankrupt.touch(index, market, row)?;
    let pnl = leg.pnl(row.mark).named()?;
    if pnl >= 0 {
        return Err(FirebreakError::PositionMissing);
    }
    let share = bankruptcy_share(bankrupt, rows, (index, pnl), value.equity)?;
    let insurance =
        plan_insurance(share.deficit, market.tranche, &market.insurance_caps(), market.insurance_window(), now)
            .named()?;
    if insurance.uncovered == 0 {
        return Err(FirebreakError::TrancheSufficient);
    }

    bankrupt.account.take_cash(share.from_cash)?;
    market.pool = market.pool.checked_add(share.from_cash).ok_or(FirebreakError::ArithmeticOverflow)?;
    apply_insurance(market, &insurance, now)?;
    let waiting = i64::try_from(share.waiting).map_err(|_| FirebreakError::ArithmeticOverflow)?;
    bankrupt.set_leg(index, Leg { size: 0, entry: waiting })?;
    bankrupt.mark_shared_out(market.index);
    let row = rows.get_mut(market.index as usize).ok_or(FirebreakError::AssetMissing)?;
    let borne_by_side = close_and_charge(market, row, leg.size, insurance.uncovered)?;
    let borne_by_market = insurance.uncovered.saturating_sub(borne_by_side);
    market.own_debt = market.own_debt.checked_add(borne_by_market).ok_or(FirebreakError::ArithmeticOverflow)?;
    market.invariant()?;
    Ok(Deleveraging {
        lots: leg.size,
        equity_before: value.equity,
        from_cash: share.from_cash,
        deficit: share.deficit,
        insurance_paid: insurance.paid,
        borne_by_side,
        borne_by_market,
        waiting: share.waiting,
    })
}

/// The market's own position takes the bankrupt account's lots, and the other side is to take them over with the charge. A debt
/// without lots has no other side: the market's own position owes it. Returns what the side bears.
fn close_and_charge(market: &mut Market, row: &mut AssetRow, size: i64, charge: u64) -> Checked<u64> {
    market.fund_own(row)?;
    if size == 0 {
        let debt = i64::try_from(charge).map_err(|_| FirebreakError::ArithmeticOverflow)?;
        market.add_own(0, debt, 0)?;
        return Ok(0);
    }
    let is_long = size < 0;
    market.set_open_interest(market.open_interest().moved(size, 0).named()?);
    market.add_own(size, 0, 0)?;
    let plan = plan_deleveraging(market.side(is_long, row), size.unsigned_abs(), row.mark, charge).named()?;
    market.add_own(0, plan.dust_entry, plan.carry)?;
    market.set_owed(is_long, plan.side.owed, plan.side.left_behind);
    let indices = plan.side.index.into();
    if is_long {
        row.long_side = indices;
    } else {
        row.short_side = indices;
    }
    Ok(plan.borne)
}
