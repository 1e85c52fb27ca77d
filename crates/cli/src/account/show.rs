//! One account: what it holds, is worth and requires, and where it would be liquidated.

use firebreak_client::{
    MarginAccountView,
    firebreak::state::{AssetRow, CROSS, Position},
};
use risk::{AccountReport, HoldingReport};
use serde::Serialize;
use solana_address::Address;

use crate::{
    failure::{Failure, Outcome},
    market::Quality,
    session::Session,
    units::{Amount, Price, Size},
};

/// An account in full.
#[derive(Debug, Serialize)]
pub struct Shown {
    pub address: String,
    pub owner: String,
    pub sub: u16,
    pub isolated: Option<String>,
    pub delegate: Option<String>,
    pub slots: usize,
    pub slots_used: usize,
    pub offers: u16,
    /// Senior: deposited or really paid.
    pub cash: Amount,
    /// Junior: gains that become cash as far as losers have paid in.
    pub waiting_profit: Amount,
    /// Losses of open positions that cash has not paid yet.
    pub unpaid_loss: Amount,
    /// What collateral counts.
    pub collateral_value: Amount,
    pub equity: Amount,
    pub requirement: Requirement,
    pub initial_margin: Amount,
    pub free_collateral: Amount,
    /// What may be lost before anyone may liquidate.
    pub free_of_maintenance: Amount,
    pub shortfall: Amount,
    pub is_liquidatable: bool,
    /// Unix seconds.
    pub liquidatable_since: Option<i64>,
    pub positions: Vec<Held>,
    pub collateral: Vec<Pledged>,
    #[serde(skip)]
    pub quote: String,
}

/// Maintenance margin by reason: `total = shock + liquidity - offset`.
#[derive(Debug, Serialize)]
pub struct Requirement {
    pub total: Amount,
    /// What prices could move.
    pub shock: Amount,
    /// What closing would cost.
    pub liquidity: Amount,
    /// What opposite positions of one group take off.
    pub offset: Amount,
}

/// A position.
#[derive(Debug, Serialize)]
pub struct Held {
    pub market: u8,
    pub symbol: String,
    pub side: &'static str,
    pub size: Size,
    /// Average, rounded to the nearest.
    pub entry_price: Option<Price>,
    pub mark: Price,
    pub quality: Quality,
    pub price_age_seconds: i64,
    pub notional: Amount,
    pub pnl: Amount,
    /// Of shock and liquidity, before offsets.
    pub maintenance_margin: Amount,
    pub shock: Amount,
    pub liquidity: Amount,
    pub liquidation_price: Option<Price>,
    pub distance_bps: Option<u64>,
}

/// Tokens held as collateral.
#[derive(Debug, Serialize)]
pub struct Pledged {
    pub bank: u8,
    pub symbol: String,
    pub amount: Amount,
    /// At mark.
    pub value: Amount,
    pub haircut: Amount,
    /// What it counts.
    pub counted: Amount,
    pub liquidation_price: Option<Price>,
    pub distance_bps: Option<u64>,
}

pub async fn run(session: &Session<'_>, address: &Address) -> Outcome {
    let account = session.margin_account(address).await?;
    session.context.output.print(&shown(session, address, &account)?)
}

/// An account, valued at the session's board.
pub fn shown(session: &Session<'_>, address: &Address, account: &MarginAccountView) -> Outcome<Shown> {
    let (units, now) = (&session.units, session.now());
    let numbers = |_| Failure::refused(format!("account {address} holds numbers that do not fit: it cannot be valued"));
    let (report, holdings) = account.report(&session.overview.board).map_err(numbers)?;
    let header = &account.header;
    let of = |asset: u8| holdings.iter().find(|(found, _)| *found == asset).map(|(_, holding)| *holding);
    let mut positions = Vec::new();
    for position in account.positions() {
        let row = session.row(position.market)?;
        positions.push(held(session, position, row, of(position.market).unwrap_or_default(), now)?);
    }
    let slots = header.collateral.iter().filter(|slot| slot.amount > 0);
    let pledged = slots.map(|slot| {
        let holding = of(slot.asset).unwrap_or_default();
        Pledged {
            bank: slot.bank,
            symbol: units.bank(slot.bank).symbol,
            amount: units.bank_amount(slot.bank, slot.amount),
            value: units.amount(holding.collateral + holding.haircut),
            haircut: units.amount(holding.haircut),
            counted: units.amount(holding.collateral),
            liquidation_price: holding.liquidation_price.map(|price| units.price(slot.asset, price)),
            distance_bps: holding.distance_bps,
        }
    });
    let gains: i128 = positions.iter().map(|held| held.pnl.atoms.max(0)).sum();
    let losses: i128 = positions.iter().map(|held| held.pnl.atoms.min(0)).sum();
    let collateral: i128 = holdings.iter().map(|(_, holding)| i128::from(holding.collateral)).sum();
    Ok(Shown {
        address: address.to_string(),
        owner: header.owner.to_string(),
        sub: header.sub_id,
        isolated: (header.isolated_market != CROSS).then(|| units.symbol(header.isolated_market)),
        delegate: (header.delegate != Address::default()).then(|| header.delegate.to_string()),
        slots: account.slots.len(),
        slots_used: account.positions().len(),
        offers: header.offer_count,
        cash: units.amount(header.cash),
        waiting_profit: units.amount(gains),
        unpaid_loss: units.amount(losses),
        collateral_value: units.amount(collateral),
        equity: units.amount(report.equity),
        requirement: requirement(session, &report),
        initial_margin: units.amount(report.initial_margin),
        free_collateral: units.amount(report.free_collateral),
        free_of_maintenance: units.amount(report.free_of_maintenance),
        shortfall: units.amount(report.shortfall),
        is_liquidatable: report.shortfall > 0,
        liquidatable_since: (header.liquidatable_since != 0).then_some(header.liquidatable_since),
        positions,
        collateral: pledged.collect(),
        quote: units.quote.symbol.clone(),
    })
}

fn requirement(session: &Session<'_>, report: &AccountReport) -> Requirement {
    let units = &session.units;
    Requirement {
        total: units.amount(report.maintenance_margin),
        shock: units.amount(report.shock),
        liquidity: units.amount(report.liquidity),
        offset: units.amount(report.offset),
    }
}

fn held(session: &Session<'_>, position: &Position, row: &AssetRow, holding: HoldingReport, now: i64) -> Outcome<Held> {
    let (units, market) = (&session.units, position.market);
    let leg = row.leg(position).map_err(|_| Failure::refused("a position's numbers do not fit"))?;
    let size = i128::from(leg.size);
    // For people only: the exact cost is the profit's.
    let average = (size != 0).then(|| (i128::from(leg.entry) * 2 + size).div_euclid(size * 2));
    Ok(Held {
        market,
        symbol: units.symbol(market),
        side: match leg.size {
            0 => "debt",
            size if size > 0 => "long",
            _ => "short",
        },
        size: units.size(market, size.abs()),
        entry_price: average.map(|price| units.price(market, price)),
        mark: units.price(market, row.mark),
        quality: row.quality_at(now).into(),
        price_age_seconds: now.saturating_sub(row.publish_time),
        notional: units.amount(holding.notional),
        pnl: units.amount(holding.pnl),
        maintenance_margin: units.amount(i128::from(holding.shock) + i128::from(holding.liquidity)),
        shock: units.amount(holding.shock),
        liquidity: units.amount(holding.liquidity),
        liquidation_price: holding.liquidation_price.map(|price| units.price(market, price)),
        distance_bps: holding.distance_bps,
    })
}
