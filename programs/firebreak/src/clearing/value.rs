use risk::{Action, CollateralTerms, Exposure, Groups, Level, PriceQuality, Valuation, View};

use crate::{
    clearing::portfolio::Portfolio,
    error::{FirebreakError, Named},
    state::{AssetRow, MarginAccount, Position},
};

type Checked<T> = core::result::Result<T, FirebreakError>;

/// Sums an account's positions up: `view` decides how one counts, `action` how good each price of an open one must be; a flat
/// position reads none. Returns the worst quality among the prices held, too. Compiled once per view: asking for it at
/// every position costs a fifth more.
#[inline(always)]
fn value(
    cash: u64,
    positions: &[Position],
    rows: &[AssetRow],
    (action, now): (Action, i64),
    view: View,
) -> Checked<(Exposure, PriceQuality)> {
    // Two sums and not one `Exposure`, so that the first stays in registers.
    let (mut gross, mut groups) = (Valuation::of_cash(cash).named()?, Groups::default());
    let mut worst = PriceQuality::Confirmed;
    for position in positions {
        // A position's row always exists: rows are never removed.
        let row = rows.get(position.market as usize).ok_or(FirebreakError::AssetMissing)?;
        let leg = row.leg(position)?;
        if leg.size != 0 {
            worst = worst.min(row.require(action, now)?);
        }
        let asset = row.risk();
        let counted = view.count(leg, &asset).named()?;
        if counted.grouped != 0 {
            groups.add(counted.grouped, leg.size >= 0, asset.group);
        }
        gross.add(counted).named()?;
    }
    Ok((Exposure::new(gross, groups), worst))
}

/// The account, its collateral added to what `exposure` says of its positions: at `price`, after the haircut of `terms`. Only where the account
/// needs it, so that its oracle is not asked for nothing. Returns the worst quality among the prices read, too.
#[inline(never)]
pub(super) fn with_collateral(
    account: &MarginAccount,
    rows: &[AssetRow],
    (action, now): (Action, i64),
    exposure: &Exposure,
    count: impl Fn(&AssetRow) -> Checked<(CollateralTerms, u64)>,
) -> Checked<(Valuation, PriceQuality)> {
    let (mut valuation, mut worst) = (exposure.valuation(), PriceQuality::Confirmed);
    for slot in account.collateral.iter().filter(|slot| slot.amount != 0) {
        let row = rows.get(slot.asset as usize).ok_or(FirebreakError::AssetMissing)?;
        worst = worst.min(row.require(action, now)?);
        let (terms, price) = count(row)?;
        let counted = terms.counted(slot.amount, price, exposure.long_stress(row.group)).named()?;
        valuation.add_collateral(counted).named()?;
    }
    Ok((valuation, worst))
}

/// An account at mark.
pub(super) struct Valued {
    pub valuation: Valuation,
    pub exposure: Exposure,
    /// The worst among the prices read.
    pub quality: PriceQuality,
}

/// The account as liquidation sees it: at mark. Every price held must be good enough to liquidate.
pub fn value_for_maintenance(
    account: &MarginAccount,
    slots: &[Position],
    rows: &[AssetRow],
    now: i64,
) -> Checked<Valuation> {
    Ok(value_at_mark(account, slots, rows, Action::Liquidate, now)?.valuation)
}

/// The account as auto-deleveraging sees it: at mark. Every price held must be fresh.
pub fn value_for_deleveraging(
    account: &MarginAccount,
    slots: &[Position],
    rows: &[AssetRow],
    now: i64,
) -> Checked<Valuation> {
    Ok(value_at_mark(account, slots, rows, Action::AutoDeleverage, now)?.valuation)
}

/// The account at mark, every price it needs good enough for `action`; its collateral only where the rest does not cover
/// maintenance.
#[inline(never)]
pub(super) fn value_at_mark(
    account: &MarginAccount,
    slots: &[Position],
    rows: &[AssetRow],
    action: Action,
    now: i64,
) -> Checked<Valued> {
    let positions = account.in_use(slots);
    let (exposure, worst) = value(account.cash, positions, rows, (action, now), View::Maintenance)?;
    let valuation = exposure.valuation();
    if valuation.is_covered() {
        return Ok(Valued { valuation, exposure, quality: worst });
    }
    let (valuation, quality) = with_collateral(account, rows, (action, now), &exposure, at_mark)?;
    Ok(Valued { valuation, exposure, quality: worst.min(quality) })
}

/// How collateral counts at maintenance.
pub(super) fn at_mark(row: &AssetRow) -> Checked<(CollateralTerms, u64)> {
    Ok((row.collateral_for_maintenance()?, row.mark))
}

/// How collateral counts for new risk.
fn at_worse_price(row: &AssetRow) -> Checked<(CollateralTerms, u64)> {
    Ok((row.collateral_for_initial()?, row.long_price))
}

/// The positions at mark, collateral left out.
pub(super) fn value_without_collateral(
    portfolio: &Portfolio,
    rows: &[AssetRow],
    action: (Action, i64),
) -> Checked<Exposure> {
    let (cash, positions) = (portfolio.account.cash, portfolio.positions());
    Ok(value(cash, positions, rows, action, View::Maintenance)?.0)
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

/// The account as new risk sees it where no breaker asks for more. Every price held must be good enough for `action`; for `Liquidate`,
/// as one who takes over another's position or collateral.
pub fn value_for_initial(
    account: &MarginAccount,
    slots: &[Position],
    rows: &[AssetRow],
    action: Action,
    now: i64,
) -> Checked<Valuation> {
    value_for_new_risk(account, slots, rows, (action, Level::Normal), now)
}

/// The account as new risk sees it in a market whose breaker stands at `level`.
#[inline(never)]
pub(super) fn value_for_new_risk(
    account: &MarginAccount,
    slots: &[Position],
    rows: &[AssetRow],
    (action, level): (Action, Level),
    now: i64,
) -> Checked<Valuation> {
    let (cash, positions) = (account.cash, account.in_use(slots));
    let (exposure, _) = match action {
        Action::Liquidate => value(cash, positions, rows, (action, now), View::Takeover)?,
        _ => value(cash, positions, rows, (action, now), View::Initial)?,
    };
    covered(account, rows, (action, level, now), &exposure)
}

/// The account as a withdrawal of `amount` leaves it: gains count nothing until they are settled. `level`: the highest among the
/// markets it has positions in.
#[inline(never)]
pub fn value_for_withdrawal(
    account: &MarginAccount,
    slots: &[Position],
    rows: &[AssetRow],
    (amount, level): (u64, Level),
    now: i64,
) -> Checked<Valuation> {
    let left = account.cash.checked_sub(amount).ok_or(FirebreakError::CashInsufficient)?;
    let (action, positions) = ((Action::AddRisk, now), account.in_use(slots));
    let (exposure, _) = value(left, positions, rows, action, View::Withdrawal)?;
    covered(account, rows, (action.0, level, now), &exposure)
}

/// The account with its collateral, at the worse price, where the rest does not cover its requirement.
#[inline(always)]
fn covered(
    account: &MarginAccount,
    rows: &[AssetRow],
    (action, level, now): (Action, Level, i64),
    exposure: &Exposure,
) -> Checked<Valuation> {
    let valuation = exposure.valuation().at_level(level);
    if valuation.is_covered() {
        return Ok(valuation);
    }
    Ok(with_collateral(account, rows, (action, now), exposure, at_worse_price)?.0.at_level(level))
}
