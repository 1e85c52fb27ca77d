//! What a position and collateral add to an account's slack: the program's own terms.

use firebreak::state::{AssetRow, Position};
use risk::{AssetRisk, BPS_ONE, GROUPS, View, bps_up};

/// What of an account's stress moves with each group, in quote atoms.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hedge {
    long: [u64; GROUPS],
    short: [u64; GROUPS],
}

impl Hedge {
    /// What opposite positions take off the requirement (`Exposure::offset`).
    pub fn offset(&self) -> i128 {
        self.long.iter().zip(&self.short).map(|(long, short)| i128::from(*long.min(short))).sum()
    }

    /// Wraps only where the program's sum of shocks, which are larger, leaves 63 bits: then it does not value the account.
    pub fn add(&mut self, is_long: bool, group: u8, grouped: u64) {
        let side = if is_long { &mut self.long } else { &mut self.short };
        let sum = &mut side[group as usize % GROUPS];
        *sum = sum.wrapping_add(grouped);
    }
}

/// What a position adds to slack and to its group; nothing where the program could not value it either.
#[inline(always)]
pub fn count(row: &AssetRow, asset: &AssetRisk, position: &Position) -> (i128, u64) {
    let Ok(leg) = row.leg(position) else { return (0, 0) };
    match View::Maintenance.count(leg, asset) {
        Ok(counted) => {
            let needed = i128::from(counted.shock) + i128::from(counted.add_on);
            (i128::from(counted.pnl) - needed, counted.grouped)
        }
        Err(_) => (0, 0),
    }
}

/// What collateral counts at least: as if the whole surcharge applied.
pub fn count_collateral(row: &AssetRow, amount: u64) -> u64 {
    let Ok(terms) = row.collateral_for_maintenance() else { return 0 };
    let Ok(counted) = terms.value(amount, row.mark) else { return 0 };
    counted.saturating_sub(bps_up(counted, terms.surcharge_bps.min(BPS_ONE)).unwrap_or(u64::MAX))
}

/// Whether a valuation at maintenance reads the same of both rows. Age is judged by the exact check.
pub fn is_valued_alike(one: &AssetRow, other: &AssetRow) -> bool {
    let read = |row: &AssetRow| {
        let risk = row.risk();
        let of_risk = (risk.mark, risk.maintenance_margin, risk.maintenance_liquidity, risk.maintenance_grouped);
        (of_risk, risk.group, row.long_side, row.short_side, row.collateral_for_maintenance().ok())
    };
    read(one) == read(other)
}
