//! Whom a liquidator takes over from, and how much: a pure function of the ledger, valued with the program's own code.

use firebreak::state::{AssetRow, Position};
use firebreak_client::{Board, MarginAccountView};
use risk::{Action, Exposure, View};
use solana_address::Address;

use crate::ledger::Ledger;

/// A liquidation to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub account: Address,
    pub market: u8,
    /// What is missing to maintenance, in quote atoms.
    pub shortfall: u64,
    /// Lots held: 0 where the account only owes.
    pub lots: u64,
    /// The mark: a take-over is never worse than that.
    pub limit_price: u64,
    /// Whether equity is gone.
    pub is_bankrupt: bool,
    /// Whether nothing can be done now: prices that nothing confirms, and equity is gone, or a slice was taken just now.
    pub waits: bool,
}

/// Accounts below maintenance, the largest shortfall first, each with its largest position; where none is open, the
/// market in which a bankrupt account still owes.
pub fn targets(ledger: &Ledger, own: &[Address], now: i64) -> Vec<Target> {
    let Some(board) = &ledger.board else { return vec![] };
    let others = ledger.margin_accounts.iter().filter(|(address, _)| !own.contains(address));
    let mut found: Vec<Target> =
        others.filter_map(|(address, account)| target(*address, account, board, now)).collect();
    found.sort_by(|a, b| b.shortfall.cmp(&a.shortfall).then(a.account.cmp(&b.account)));
    found
}

fn target(address: Address, account: &MarginAccountView, board: &Board, now: i64) -> Option<Target> {
    let value = account.value_for_maintenance(board, now).ok().filter(|value| !value.is_covered())?;
    let mark = |market: u8| board.rows.get(market as usize).map_or(0, |row| row.mark);
    let open = account.positions().iter().filter(|position| position.size != 0);
    let largest =
        open.max_by_key(|position| u64::from(position.size.unsigned_abs()).saturating_mul(mark(position.market)));
    let owing = account.positions().iter().filter(|position| position.entry > 0);
    let position = largest.or_else(|| owing.max_by_key(|position| position.entry))?;
    Some(Target {
        account: address,
        market: position.market,
        shortfall: value.shortfall(),
        lots: u64::from(position.size.unsigned_abs()),
        limit_price: mark(position.market),
        is_bankrupt: value.equity < 0,
        waits: (value.equity < 0 || account.header.liquidated_at == now) && open_at_unconfirmed(account, board, now),
    })
}

/// Whether a position is open at a price that is not fresh.
fn open_at_unconfirmed(account: &MarginAccountView, board: &Board, now: i64) -> bool {
    let quality = |market: u8| board.rows.get(market as usize).map(|row| row.quality_at(now));
    let open = account.positions().iter().filter(|position| position.size != 0);
    open.filter_map(|position| quality(position.market)).any(|quality| !quality.permits(Action::AutoDeleverage))
}

/// Markets whose pool can pay a target for what it has won there: settled before anybody takes over.
pub fn claims(ledger: &Ledger, target: &Target, now: i64) -> Vec<u8> {
    let (Some(account), Some(board)) = (ledger.margin_accounts.get(&target.account), &ledger.board) else {
        return vec![];
    };
    let is_claim = |position: &&Position| {
        let Some(row) = board.rows.get(position.market as usize) else { return false };
        let gain = row.leg(position).ok().and_then(|leg| leg.pnl(row.mark).ok()).unwrap_or_default();
        let is_fresh = position.size == 0 || row.require(Action::AddRisk, now).is_ok();
        gain > 0 && is_fresh && ledger.markets.get(&position.market).is_some_and(|market| market.pool > 0)
    };
    account.positions().iter().filter(is_claim).map(|position| position.market).collect()
}

/// Lots a liquidator can take over in a market and still hold the margin for it, with a tenth to spare.
pub fn affordable(account: &MarginAccountView, board: &Board, market: u8) -> u64 {
    let Some(row) = board.rows.get(market as usize) else { return 0 };
    let mut value = Exposure::of_cash(account.header.cash).unwrap_or_default();
    for position in account.positions() {
        let Some(held) = board.rows.get(position.market as usize) else { return 0 };
        if value.add(View::Takeover, position.leg(), &held.risk()).is_err() {
            return 0;
        }
    }
    // What a lot ties up: its margin, and the distance of the mark from the price it counts at.
    let discount = row.mark.abs_diff(row.long_price).max(row.mark.abs_diff(row.short_price));
    value.valuation().free_collateral() / 10 * 9 / (row.takeover_margin + discount).max(1)
}

/// Everything held, to be sold to whoever quotes (bought where negative): a liquidator keeps no view on prices.
/// Not at a price that nothing confirms: takers then get the worse of it and its average.
pub fn unwinding(account: &MarginAccountView, board: &Board, now: i64) -> Vec<(u8, i64)> {
    let is_fresh = |row: &AssetRow| row.require(Action::AutoDeleverage, now).is_ok();
    let is_sold =
        |position: &&Position| position.size != 0 && board.rows.get(position.market as usize).is_some_and(is_fresh);
    account.positions().iter().filter(is_sold).map(|position| (position.market, -i64::from(position.size))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;
    use firebreak::state::{MarginAccount, Market, RiskBoard};
    use risk::PriceQuality;

    fn board() -> Board {
        let row = AssetRow {
            mark: 100,
            long_price: 99,
            short_price: 101,
            initial_margin: 10,
            takeover_margin: 10,
            maintenance_margin: 5,
            gain_weight_bps: 8_000,
            publish_time: 1_000,
            max_age_seconds: 60,
            quality: PriceQuality::Uncertain as u8,
            ..AssetRow::zeroed()
        };
        Board { header: RiskBoard::zeroed(), rows: vec![row; 3] }
    }

    /// An account with these positions: market, size, entry.
    fn account(cash: u64, positions: &[(u8, i32, i64)]) -> MarginAccountView {
        let slot = |(market, size, entry): &(u8, i32, i64)| Position {
            market: *market,
            size: *size,
            entry: *entry,
            ..Position::default()
        };
        let header = MarginAccount { cash, position_count: positions.len() as u8, ..MarginAccount::zeroed() };
        MarginAccountView { header, slots: positions.iter().map(slot).collect() }
    }

    fn ledger(accounts: &[(u8, MarginAccountView)]) -> Ledger {
        let at = |name: u8| Address::new_from_array([name; 32]);
        let margin_accounts = accounts.iter().map(|(name, account)| (at(*name), account.clone())).collect();
        Ledger { margin_accounts, board: Some(board()), ..Ledger::default() }
    }

    #[test]
    fn the_worst_comes_first_with_its_largest_position_and_the_healthy_are_left_alone() {
        let ledger = ledger(&[
            (1, account(500, &[(0, 100, 10_000)])), // exactly at maintenance
            (2, account(499, &[(0, 100, 10_000)])),
            (3, account(100, &[(1, 20, 2_000), (2, -80, -8_000)])),
            (4, account(0, &[(1, 0, 77)])),       // flat, and still owing
            (5, account(1, &[(0, 100, 10_000)])), // the liquidator's own
        ]);
        let own = [Address::new_from_array([5; 32])];
        let found: Vec<_> =
            targets(&ledger, &own, 1_000).iter().map(|t| (t.account.to_bytes()[0], t.market, t.shortfall)).collect();
        assert_eq!(found, [(3, 2, 400), (4, 1, 77), (2, 0, 1)]);
        assert!(
            targets(&ledger, &own, 1_061).iter().all(|t| t.account.to_bytes()[0] == 4),
            "a flat leg needs no price"
        );
    }

    #[test]
    fn the_bankrupt_are_told_apart_and_claims_are_settled_where_a_pool_can_pay() {
        let mut ledger = ledger(&[(1, account(100, &[(0, 100, 10_200), (1, 0, -50), (2, 0, -50)]))]);
        let found = targets(&ledger, &[], 1_000);
        assert_eq!((found[0].is_bankrupt, found[0].lots), (false, 100)); // 100 - 200 + 100: nothing, not less
        assert!(claims(&ledger, &found[0], 1_000).is_empty());
        let pool = |pool| Market { pool, ..Market::zeroed() };
        ledger.markets = [(0, pool(9)), (1, pool(9)), (2, pool(0))].into();
        assert_eq!(claims(&ledger, &found[0], 1_000), [1]);
        ledger.margin_accounts.values_mut().for_each(|account| account.header.cash = 99);
        let found = targets(&ledger, &[], 1_000)[0];
        assert!(found.is_bankrupt && found.waits, "nobody bears a deficit at an uncertain price");
        ledger.margin_accounts.values_mut().for_each(|account| account.header.cash = 101);
        assert!(!targets(&ledger, &[], 1_000)[0].waits);
        ledger.margin_accounts.values_mut().for_each(|account| account.header.liquidated_at = 1_000);
        assert!(targets(&ledger, &[], 1_000)[0].waits && !targets(&ledger, &[], 1_001)[0].waits);
    }

    #[test]
    fn no_more_is_taken_over_than_initial_margin_allows() {
        let board = board();
        // Free: 1,100; a tenth is kept; a lot ties up 10 and the point between mark and the price it counts at.
        assert_eq!(affordable(&account(1_100, &[]), &board, 0), 90);
        assert_eq!(affordable(&account(1_100, &[(1, 100, 10_000)]), &board, 0), 0);
        assert_eq!(affordable(&account(1_100, &[]), &board, 7), 0);
        let held = account(0, &[(0, 5, 1), (1, 0, 9), (2, -4, 0)]);
        assert!(unwinding(&held, &board, 1_000).is_empty());
        let mut fresh = board.clone();
        fresh.rows.iter_mut().for_each(|row| row.quality = PriceQuality::Fresh as u8);
        assert_eq!(unwinding(&held, &fresh, 1_000), [(0, -5), (2, 4)]);
    }
}
