//! What an account looks like.

use firebreak::{
    FirebreakError,
    clearing::{value_for_deleveraging, value_for_initial, value_for_maintenance, value_for_withdrawal},
};
use risk::{AccountReport, Action, BPS_ONE, HoldingReport, Leg, Level, Valuation};
use serde_json::{Value, json};

use crate::{
    accounts::{Board, Margin},
    json::{Problem, figure, figure_or_null, refusal},
};

/// One asset of an account.
struct Holding {
    asset: u8,
    leg: Leg,
    /// Atoms of the token.
    collateral: u64,
    report: HoldingReport,
}

/// One entry for each asset that the account holds or has as collateral, in the order of the board.
fn holdings(board: &Board, margin: &Margin) -> Result<(AccountReport, Vec<Holding>), FirebreakError> {
    let (mut held, mut counted) = (Vec::new(), Vec::new());
    for (asset, row) in (0_u8..).zip(&board.rows) {
        let position = margin.positions().iter().find(|position| position.market == asset);
        let leg = position.map_or(Ok(Leg::default()), |position| row.leg(position))?;
        let slots = margin.account.collateral.iter().filter(|slot| slot.amount > 0 && slot.asset == asset);
        let collateral = slots.map(|slot| slot.amount).sum();
        if position.is_some() || collateral > 0 {
            counted.push(row.holding(leg, collateral)?);
            held.push(Holding { asset, leg, collateral, report: HoldingReport::default() });
        }
    }
    let mut reports = vec![HoldingReport::default(); counted.len()];
    let account = risk::report(margin.account.cash, &counted, &mut reports)?;
    held.iter_mut().zip(reports).for_each(|(holding, report)| holding.report = report);
    Ok((account, held))
}

pub fn report(board: &Board, margin: &Margin) -> Result<Value, Problem> {
    let (account, held) = holdings(board, margin)?;
    let sum = |part: fn(&HoldingReport) -> i128| held.iter().map(|holding| part(&holding.report)).sum::<i128>();
    Ok(json!({
        "cash": figure(margin.account.cash),
        "equity": figure(account.equity),
        "maintenance": figure(account.maintenance_margin),
        "initial": figure(account.initial_margin),
        "shock": figure(account.shock),
        "liquidity": figure(account.liquidity),
        "offset": figure(account.offset),
        "haircut": figure(account.haircut),
        "freeCollateral": figure(account.free_collateral),
        "freeOfMaintenance": figure(account.free_of_maintenance),
        "shortfall": figure(account.shortfall),
        "waitingProfit": figure(sum(|asset| i128::from(asset.pnl.max(0)))),
        "unsettledLoss": figure(sum(|asset| i128::from(asset.pnl.min(0)))),
        "collateral": figure(sum(|asset| i128::from(asset.collateral))),
        "marginRatioBps": figure_or_null(ratio_bps(&account)),
        "isLiquidatable": account.shortfall > 0,
        "holdings": held.iter().map(holding).collect::<Vec<_>>(),
    }))
}

fn holding(holding: &Holding) -> Value {
    let Holding { asset, leg, collateral, report } = holding;
    json!({
        "asset": asset,
        "size": figure(leg.size),
        "entry": figure(leg.entry),
        "notional": figure(report.notional),
        "pnl": figure(report.pnl),
        "collateralAtoms": figure(collateral),
        "collateral": figure(report.collateral),
        "haircut": figure(report.haircut),
        "shock": figure(report.shock),
        "liquidity": figure(report.liquidity),
        "initialMargin": figure(report.initial_margin),
        "liquidationPrice": figure_or_null(report.liquidation_price),
        "distanceBps": figure_or_null(report.distance_bps),
    })
}

/// Equity in basis points of maintenance margin, rounded down; none without a requirement.
fn ratio_bps(account: &AccountReport) -> Option<i128> {
    let requirement = i128::from(account.maintenance_margin);
    (requirement > 0).then(|| (i128::from(account.equity) * i128::from(BPS_ONE)).div_euclid(requirement))
}

pub fn report_many(board: &Board, accounts: &[Margin]) -> Result<Value, Problem> {
    let one = |margin: &Margin| {
        let (account, held) = holdings(board, margin)?;
        let nearest =
            held.iter().filter_map(|holding| Some((holding.report.distance_bps?, holding))).min_by_key(|(bps, _)| *bps);
        Ok(json!({
            "cash": figure(margin.account.cash),
            "equity": figure(account.equity),
            "maintenance": figure(account.maintenance_margin),
            "notional": figure(held.iter().map(|holding| u128::from(holding.report.notional.unsigned_abs())).sum::<u128>()),
            "marginRatioBps": figure_or_null(ratio_bps(&account)),
            "isLiquidatable": account.shortfall > 0,
            "nearestAsset": nearest.map(|(_, holding)| holding.asset),
            "liquidationPrice": figure_or_null(nearest.and_then(|(_, holding)| holding.report.liquidation_price)),
            "distanceBps": figure_or_null(nearest.map(|(bps, _)| bps)),
        }))
    };
    Ok(Value::Array(accounts.iter().map(one).collect::<Result<_, Problem>>()?))
}

/// Equity and requirement, or why there are none.
pub fn valued(valuation: Result<Valuation, FirebreakError>) -> Value {
    let known = valuation.unwrap_or_default();
    let is_known = valuation.is_ok();
    json!({
        "equity": figure_or_null(is_known.then_some(known.equity)),
        "requirement": figure_or_null(is_known.then_some(known.requirement)),
        "isCovered": is_known && known.is_covered(),
        "refusal": refusal(&valuation),
    })
}

pub fn value(board: &Board, margin: &Margin, now: i64) -> Result<Value, Problem> {
    let (account, slots, rows) = (&margin.account, &margin.slots, &board.rows);
    Ok(json!({
        "maintenance": valued(value_for_maintenance(account, slots, rows, now)),
        "deleveraging": valued(value_for_deleveraging(account, slots, rows, now)),
        "initial": valued(value_for_initial(account, slots, rows, Action::AddRisk, now)),
        "takeover": valued(value_for_initial(account, slots, rows, Action::Liquidate, now)),
        "withdrawal": valued(value_for_withdrawal(account, slots, rows, (0, Level::Normal), now)),
    }))
}
