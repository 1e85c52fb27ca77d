//! One margin account in a line: what lists and the board show.

use firebreak_client::{Board, MarginAccountView, firebreak::state::CROSS};
use serde::Serialize;
use solana_address::Address;

use crate::units::{Amount, Units};

/// A margin account's figures at mark.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    pub address: String,
    pub owner: String,
    pub sub: u16,
    /// Symbol of the only market it may trade.
    pub isolated: Option<String>,
    /// Symbols of the markets it has positions in.
    pub markets: Vec<String>,
    pub cash: Amount,
    pub equity: Amount,
    pub maintenance_margin: Amount,
    pub free_collateral: Amount,
    pub is_liquidatable: bool,
    /// How far the nearest price is that liquidates it, in basis points of its mark; `None`: none does.
    pub distance_bps: Option<u64>,
}

impl Summary {
    /// `None` where its numbers do not fit.
    pub fn of(units: &Units, board: &Board, address: &Address, account: &MarginAccountView) -> Option<Self> {
        let (report, holdings) = account.report(board).ok()?;
        let held = account.positions().iter().filter(|position| position.size != 0);
        let isolated = account.header.isolated_market;
        Some(Self {
            address: address.to_string(),
            owner: account.header.owner.to_string(),
            sub: account.header.sub_id,
            isolated: (isolated != CROSS).then(|| units.symbol(isolated)),
            markets: held.map(|position| units.symbol(position.market)).collect(),
            cash: units.amount(account.header.cash),
            equity: units.amount(report.equity),
            maintenance_margin: units.amount(report.maintenance_margin),
            free_collateral: units.amount(report.free_collateral),
            is_liquidatable: report.shortfall > 0,
            distance_bps: holdings.iter().filter_map(|(_, holding)| holding.distance_bps).min(),
        })
    }

    /// Liquidatable accounts first, then by distance; those that no price liquidates last.
    pub fn nearness(&self) -> (bool, u64) {
        (!self.is_liquidatable, self.distance_bps.unwrap_or(u64::MAX))
    }
}
