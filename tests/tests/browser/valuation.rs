//! The valuation in WebAssembly and the Rust client's, on the same random bytes.

use firebreak::{
    FirebreakError,
    clearing::{value_for_deleveraging, value_for_initial, value_for_maintenance, value_for_withdrawal},
    state::{AssetRow, CollateralBank, InsuranceFund, Position},
};
use firebreak_client::{Board, MarginAccountView};
use firebreak_keeper::population;
use firebreak_replay::simulation::dice::Dice;
use risk::{Action, HoldingReport, Level, PriceQuality, SCALE_ONE, Valuation};
use serde_json::{Value, json};

use crate::{
    layouts::{account, slab},
    page::{Page, big, bytes, figure},
};

pub fn board_bytes(board: &Board) -> Vec<u8> {
    slab(&board.header, &board.rows)
}

pub fn margin_bytes(margin: &MarginAccountView) -> Vec<u8> {
    slab(&margin.header, &margin.slots)
}

fn figure_or_null(number: Option<impl std::fmt::Display>) -> Value {
    number.map_or(Value::Null, figure)
}

/// The report as the page should have it: from the Rust client.
pub fn report(board: &Board, margin: &MarginAccountView) -> Result<Value, FirebreakError> {
    let (account, assets) = margin.report(board)?;
    let pnl = |part: fn(i64) -> i64| assets.iter().map(|(_, asset)| i128::from(part(asset.pnl))).sum::<i128>();
    let ratio = (account.maintenance_margin > 0)
        .then(|| (i128::from(account.equity) * 10_000).div_euclid(i128::from(account.maintenance_margin)));
    let collateral: u64 = assets.iter().map(|(_, asset)| asset.collateral).sum();
    Ok(json!({
        "cash": figure(margin.header.cash),
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
        "waitingProfit": figure(pnl(|pnl| pnl.max(0))),
        "unsettledLoss": figure(pnl(|pnl| pnl.min(0))),
        "collateral": figure(collateral),
        "marginRatioBps": figure_or_null(ratio),
        "isLiquidatable": account.shortfall > 0,
        "holdings": assets.iter().map(|asset| holding(board, margin, asset)).collect::<Vec<_>>(),
    }))
}

fn holding(board: &Board, margin: &MarginAccountView, (asset, report): &(u8, HoldingReport)) -> Value {
    let row = &board.rows[*asset as usize];
    let leg = margin.position(*asset).map_or(risk::Leg::default(), |position| row.leg(position).unwrap());
    let atoms: u64 = margin.header.collateral.iter().filter(|slot| slot.asset == *asset).map(|slot| slot.amount).sum();
    json!({
        "asset": asset,
        "size": figure(leg.size),
        "entry": figure(leg.entry),
        "notional": figure(report.notional),
        "pnl": figure(report.pnl),
        "collateralAtoms": figure(atoms),
        "collateral": figure(report.collateral),
        "haircut": figure(report.haircut),
        "shock": figure(report.shock),
        "liquidity": figure(report.liquidity),
        "initialMargin": figure(report.initial_margin),
        "liquidationPrice": figure_or_null(report.liquidation_price),
        "distanceBps": figure_or_null(report.distance_bps),
    })
}

pub fn valued(valuation: Result<Valuation, FirebreakError>) -> Value {
    match valuation {
        Ok(known) => json!({
            "equity": figure(known.equity), "requirement": figure(known.requirement), "isCovered": known.is_covered(), "refusal": null,
        }),
        Err(error) => {
            json!({ "equity": null, "requirement": null, "isCovered": false, "refusal": format!("{error:?}") })
        }
    }
}

/// Equity and requirement for everybody who asks, from the program's code compiled for this machine.
pub fn value(board: &Board, margin: &MarginAccountView, now: i64) -> Value {
    let (account, slots, rows) = (&margin.header, &margin.slots, &board.rows);
    json!({
        "maintenance": valued(value_for_maintenance(account, slots, rows, now)),
        "deleveraging": valued(value_for_deleveraging(account, slots, rows, now)),
        "initial": valued(value_for_initial(account, slots, rows, Action::AddRisk, now)),
        "takeover": valued(value_for_initial(account, slots, rows, Action::Liquidate, now)),
        "withdrawal": valued(value_for_withdrawal(account, slots, rows, (0, Level::Normal), now)),
    })
}

/// Prices that moved, aged, became uncertain; margins that volatility raised; sides that were charged and deleveraged.
fn disturb(board: &mut Board, dice: &mut Dice) {
    for market in 0..board.rows.len() as u8 {
        population::set_mark(board, market, 1 + dice.share(1_000_000, 50, 150));
        let row = &mut board.rows[market as usize];
        row.long_price = dice.share(row.mark, 90, 100);
        row.short_price = dice.share(row.mark, 100, 110);
        row.quality =
            dice.pick(&[PriceQuality::Fresh, PriceQuality::Fresh, PriceQuality::Uncertain, PriceQuality::Invalid])
                as u8;
        row.publish_time -= dice.between(0, 80);
        row.fresh_until = if row.quality >= 3 { row.publish_time + 15 } else { 0 };
        row.initial_multiplier_bps = dice.between(10_000, 30_000) as u32;
        row.maintenance_multiplier_bps = dice.between(10_000, 20_000) as u32;
        row.initial_grouped = row.initial_margin / 3;
        row.initial_liquidity = risk::liquidity_up(row.initial_margin, 1 << 20);
        row.funding_index = dice.between(-1_000_000, 1_000_000);
        side(row, true, dice);
        side(row, false, dice);
    }
}

fn side(row: &mut AssetRow, is_long: bool, dice: &mut Dice) {
    let side = if is_long { &mut row.long_side } else { &mut row.short_side };
    if dice.chance(500) {
        side.charge = dice.between(0, 1 << 30);
    }
    if dice.chance(250) {
        side.scale = dice.share(SCALE_ONE, 20, 100);
    }
    if dice.chance(60) {
        (side.epoch, side.last_scale, side.last_charge) = (1, side.scale, side.charge);
        side.scale = SCALE_ONE;
    }
}

#[test]
fn i15_random_accounts_are_worth_the_same_to_the_atom_in_rust_and_in_webassembly() {
    let (mut page, mut dice) = (Page::open(), Dice::new(2_026));
    let (mut worked_out, mut refused) = (0, 0);
    for round in 0..60_u64 {
        let mut board = population::board();
        if round > 0 {
            disturb(&mut board, &mut dice);
        }
        let accounts = population::accounts(20, round);
        let raw = bytes(&board_bytes(&board));
        let now = population::NOW + dice.between(-2, 30);
        for margin in &accounts {
            let data = bytes(&margin_bytes(margin));
            assert_eq!(page.value("value", json!([raw, data, big(now)])), value(&board, margin, now));
            let seen = page.value("report", json!([raw, data]));
            match report(&board, margin) {
                Ok(expected) => {
                    assert_eq!(seen, expected);
                    worked_out += 1;
                }
                Err(error) => {
                    assert!(seen["problem"].as_str().unwrap().contains(&format!("{error:?}")), "{seen}: {error:?}");
                    refused += 1;
                }
            }
        }
        many(&mut page, &board, &accounts);
    }
    assert!(worked_out > 1_000, "{worked_out} accounts were reported, {refused} refused");
}

/// All at once says what one by one says.
fn many(page: &mut Page, board: &Board, accounts: &[MarginAccountView]) {
    let Ok(reports) = accounts.iter().map(|margin| report(board, margin)).collect::<Result<Vec<_>, _>>() else {
        return;
    };
    let data: Vec<Value> = accounts.iter().map(|margin| bytes(&margin_bytes(margin))).collect();
    let seen = page.value("reportMany", json!([bytes(&board_bytes(board)), data]));
    for (seen, report) in seen.as_array().unwrap().iter().zip(&reports) {
        for name in ["cash", "equity", "maintenance", "marginRatioBps", "isLiquidatable"] {
            assert_eq!(seen[name], report[name], "{name}");
        }
        let distances =
            report["holdings"].as_array().unwrap().iter().filter_map(|holding| holding["distanceBps"].as_str());
        let nearest = distances.map(|bps| bps.parse::<u64>().unwrap()).min();
        assert_eq!(seen["distanceBps"], figure_or_null(nearest));
    }
}

#[test]
fn i15_an_account_of_garbage_is_refused_by_both_or_worth_the_same() {
    let (mut page, mut dice) = (Page::open(), Dice::new(99));
    for round in 0..400_u64 {
        let mut board = population::board();
        disturb(&mut board, &mut dice);
        let mut margin = population::accounts(1, round).remove(0);
        for slot in &mut margin.slots {
            let Position { entry, side_charge, side_scale, size, side_epoch, .. } = slot;
            match dice.below(8) {
                0 => *entry = dice.bits() as i64,
                1 => *side_charge = dice.bits() as i64,
                2 => *side_scale = dice.bits() >> dice.below(64),
                3 => *size = dice.bits() as i32,
                4 => *side_epoch = dice.bits() as u16,
                _ => {}
            }
        }
        if dice.chance(100) {
            margin.header.cash = dice.bits();
        }
        let (raw, data) = (bytes(&board_bytes(&board)), bytes(&margin_bytes(&margin)));
        let now = population::NOW;
        assert_eq!(page.value("value", json!([raw, data, big(now)])), value(&board, &margin, now));
        let seen = page.value("report", json!([raw, data]));
        match report(&board, &margin) {
            Ok(expected) => assert_eq!(seen, expected),
            Err(error) => {
                assert!(seen["problem"].as_str().unwrap().contains(&format!("{error:?}")), "{seen}: {error:?}")
            }
        }
    }
}

#[test]
fn prices_and_shares_are_the_same_in_rust_and_in_webassembly() {
    let (mut page, mut dice) = (Page::open(), Dice::new(5));
    for _ in 0..100 {
        let mut board = population::board();
        disturb(&mut board, &mut dice);
        let now = population::NOW + dice.between(-5, 90);
        let seen = page.value("prices", json!([bytes(&board_bytes(&board)), big(now)]));
        for (row, seen) in board.rows.iter().zip(seen.as_array().unwrap()) {
            let refusal = |action| row.require(action, now).err().map(|error| format!("{error:?}"));
            assert_eq!(seen["quality"], json!(row.quality_at(now) as u8));
            assert_eq!(seen["addRisk"], json!(refusal(Action::AddRisk)));
            assert_eq!(seen["reduceRisk"], json!(refusal(Action::ReduceRisk)));
            assert_eq!((&seen["mark"], &seen["age"]), (&figure(row.mark), &figure(now - row.publish_time)));
        }
        let fund = InsuranceFund {
            assets: dice.below(1 << 50),
            deployed: dice.below(1 << 50),
            shares: dice.below(1 << 58),
            virtual_shares: 1 + dice.below(1 << 58),
            ..bytemuck::Zeroable::zeroed()
        };
        let amount = dice.below(1 << 50);
        let seen = page.value("fund", json!([bytes(&account(&fund)), big(now), big(amount)]));
        assert_eq!(seen["price"], figure(fund.fund().value_down(1_000_000_000)));
        let plan = risk::plan_stake(&fund.fund(), amount).ok();
        assert_eq!(seen["buys"]["shares"], figure(plan.map_or(0, |plan| plan.shares)));
        assert_eq!(seen["buys"]["paid"], figure(plan.map_or(0, |plan| plan.paid)));
    }
}

/// How much may leave a bank, and when.
pub fn outflow(bank: &CollateralBank, amount: u64, now: i64) -> (Value, Value) {
    let (flows, params) = (bank.outflow(), bank.outflow_params());
    let left = flows.left(&params, bank.total, false, now);
    (figure(left), figure_or_null(flows.seconds_until(&params, bank.total, amount, now)))
}
