use risk::{Action, AssetRisk, CollateralTerms, Leg, PriceQuality, Valuation};

use crate::{
    clearing::portfolio::Portfolio,
    error::{FirebreakError, Named},
    state::{AssetRow, MarginAccount, Position},
};

type Checked<T> = core::result::Result<T, FirebreakError>;

/// Sums an account up: `add` decides how a position counts, `action` how good each price of an open one must be; a flat
/// position reads none. Returns the worst quality among the prices held, too.
#[inline(always)]
fn value(
    cash: u64,
    positions: &[Position],
    rows: &[AssetRow],
    (action, now): (Action, i64),
    add: impl Fn(&mut Valuation, Leg, &AssetRisk) -> risk::Result<()>,
) -> Checked<(Valuation, PriceQuality)> {
    let mut valuation = Valuation::of_cash(cash).named()?;
    let mut worst = PriceQuality::Confirmed;
    for position in positions {
        // A position's row always exists: rows are never removed.
        let row = rows.get(position.market as usize).ok_or(FirebreakError::AssetMissing)?;
        let leg = row.leg(position)?;
        if leg.size != 0 {
            worst = worst.min(row.require(action, now)?);
        }
        add(&mut valuation, leg, &row.risk()).named()?;
    }
    Ok((valuation, worst))
}

/// Adds what collateral counts, at mark or at the worse price. Only where the account needs it, so that its oracle is not
/// asked for nothing. Returns the worst quality among the prices read.
#[inline(never)]
pub(super) fn add_collateral(
    account: &MarginAccount,
    rows: &[AssetRow],
    (action, now): (Action, i64),
    worth: impl Fn(&AssetRow) -> (CollateralTerms, u64),
    valuation: &mut Valuation,
) -> Checked<PriceQuality> {
    let mut worst = PriceQuality::Confirmed;
    for slot in &account.collateral {
        if slot.amount != 0 {
            let row = rows.get(slot.asset as usize).ok_or(FirebreakError::AssetMissing)?;
            worst = worst.min(row.require(action, now)?);
            let (terms, price) = worth(row);
            valuation.add_collateral(terms.value(slot.amount, price).named()?).named()?;
        }
    }
    Ok(worst)
}

/// The account as liquidation sees it: at mark. Every price held must be good enough to liquidate.
pub fn value_for_maintenance(
    account: &MarginAccount,
    slots: &[Position],
    rows: &[AssetRow],
    now: i64,
) -> Checked<Valuation> {
    Ok(value_at_mark(account, slots, rows, Action::Liquidate, now)?.0)
}

/// The account as auto-deleveraging sees it: at mark. Every price held must be fresh.
pub fn value_for_deleveraging(
    account: &MarginAccount,
    slots: &[Position],
    rows: &[AssetRow],
    now: i64,
) -> Checked<Valuation> {
    Ok(value_at_mark(account, slots, rows, Action::AutoDeleverage, now)?.0)
}

/// The account at mark, every price it needs good enough for `action`; its collateral only where the rest does not cover
/// maintenance. With the worst quality among the prices read.
#[inline(never)]
pub(super) fn value_at_mark(
    account: &MarginAccount,
    slots: &[Position],
    rows: &[AssetRow],
    action: Action,
    now: i64,
) -> Checked<(Valuation, PriceQuality)> {
    let positions = account.in_use(slots);
    let (mut valuation, worst) = value(account.cash, positions, rows, (action, now), Valuation::add_for_maintenance)?;
    if valuation.is_covered() {
        return Ok((valuation, worst));
    }
    let quality = add_collateral(account, rows, (action, now), |row| (row.collateral(), row.mark), &mut valuation)?;
    Ok((valuation, worst.min(quality)))
}

/// The account at mark, its collateral left out.
pub(super) fn value_without_collateral(
    portfolio: &Portfolio,
    rows: &[AssetRow],
    action: (Action, i64),
) -> Checked<(Valuation, PriceQuality)> {
    let (cash, positions) = (portfolio.account.cash, portfolio.positions());
    value(cash, positions, rows, action, Valuation::add_for_maintenance)
}

/// What an account lost at mark, gains not counted, in quote atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Losses {
    /// Debts of which their markets have borne their share.
    pub shared_out: u64,
    pub others: u64,
}

pub(super) fn losses_at_mark(positions: &[Position], rows: &[AssetRow]) -> Checked<Losses> {
    let mut losses = Losses::default();
    for position in positions {
        let row = rows.get(position.market as usize).ok_or(FirebreakError::AssetMissing)?;
        let pnl = row.leg(position)?.pnl(row.mark).named()?;
        if pnl < 0 {
            let sum = if position.is_shared_out() { &mut losses.shared_out } else { &mut losses.others };
            *sum = sum.checked_add(pnl.unsigned_abs()).ok_or(FirebreakError::ArithmeticOverflow)?;
        }
    }
    Ok(losses)
}

/// The account as new risk sees it. Every price held must be good enough for `action`.
#[inline(never)]
pub fn value_for_initial(
    account: &MarginAccount,
    slots: &[Position],
    rows: &[AssetRow],
    action: Action,
    now: i64,
) -> Checked<Valuation> {
    let positions = account.in_use(slots);
    let (mut valuation, _) = value(account.cash, positions, rows, (action, now), Valuation::add_for_initial)?;
    if !valuation.is_covered() {
        add_collateral(
            account,
            rows,
            (action, now),
            |row| (row.collateral_for_initial(), row.long_price),
            &mut valuation,
        )?;
    }
    Ok(valuation)
}

/// The account as a withdrawal of `amount` leaves it: gains count nothing until they are settled.
#[inline(never)]
pub fn value_for_withdrawal(
    account: &MarginAccount,
    slots: &[Position],
    rows: &[AssetRow],
    amount: u64,
    now: i64,
) -> Checked<Valuation> {
    let left = account.cash.checked_sub(amount).ok_or(FirebreakError::CashInsufficient)?;
    let (action, positions) = ((Action::AddRisk, now), account.in_use(slots));
    let (mut valuation, _) = value(left, positions, rows, action, Valuation::add_for_withdrawal)?;
    if !valuation.is_covered() {
        add_collateral(account, rows, action, |row| (row.collateral_for_initial(), row.long_price), &mut valuation)?;
    }
    Ok(valuation)
}
