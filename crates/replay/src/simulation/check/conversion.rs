//! Collateral for cash: only where the account needs quote, at no less than the price, and no worse for it.

use super::{
    Step, expect,
    liquidation::better_price,
    prices::{assets, is_certain_enough, is_fresh},
    trading::{expect_covered, signed},
    valuation::{Purpose, losses, quote_worth, worth},
};
use crate::simulation::operation::Operation;

pub(super) fn check(step: &Step, found: &mut Vec<String>) {
    let Operation::LiquidateCollateral { buyer, seller, bank, amount, max_paid } = *step.operation else { return };
    signed(step, &buyer, found);
    let Step { before, after, .. } = step;
    let (Some(bought), Some(buys)) = (before.account(buyer.account), after.account(buyer.account)) else { return };
    let (Some(sold), Some(sells)) = (before.account(seller), after.account(seller)) else { return };
    let books = &before.banks[bank as usize];
    let held = |view: &firebreak_client::MarginAccountView| i128::from(view.header.collateral_of(books));
    let cash = |view: &firebreak_client::MarginAccountView| i128::from(view.header.cash);
    let (moved, paid) = (held(sold) - held(sells), cash(bought) - cash(buys));
    expect(found, held(buys) - held(bought) == moved && cash(sells) - cash(sold) == paid, || {
        format!("I-01: {moved} atoms and {paid} were to change hands")
    });
    let is_within = moved > 0 && moved <= i128::from(amount) && paid <= i128::from(max_paid);
    expect(found, is_within, || format!("{moved} atoms for {paid}, asked for {amount} for {max_paid}"));
    for (old, new) in [(bought, buys), (sold, sells)] {
        expect(found, old.slots == new.slots, || "a conversion moved positions".to_string());
    }

    let (rows, now) = (&before.rows, before.now);
    let row = &rows[books.asset as usize];
    for asset in assets(sold, rows, Purpose::Maintenance).into_iter().chain([books.asset]) {
        let is_known = is_certain_enough(&rows[asset as usize], now);
        expect(found, is_known, || format!("I-10: collateral was sold on a stale price of asset {asset}"));
    }
    let had = worth(sold, rows, Purpose::Maintenance);
    let uncovered = (losses(sold, rows) - cash(sold)).max(0);
    let discount = i128::from(row.discount_bps) / if had.is_covered() { 2 } else { 1 };
    // Two prices: while nothing confirms the mark, what protects the seller.
    let protective = row.short_price.max(better_price(row, true));
    let price = i128::from(if is_fresh(row, now) { row.mark } else { protective }) * (10_000 - discount);
    let atoms = 10_i128.pow(u32::from(row.lot_atoms_exponent)) * 10_000;
    expect(found, paid == -(-moved * price).div_euclid(atoms), || format!("I-06: {moved} atoms were sold for {paid}"));
    let has = worth(sells, rows, Purpose::Maintenance);
    expect(found, has.equity >= had.equity - 8, || format!("a conversion turned {had:?} into {has:?}"));
    // One atom of the token more may be needed to bring the last atom of quote.
    let one = price / atoms + 1;
    if had.is_covered() {
        expect(found, uncovered > 0 && paid <= uncovered + one, || {
            format!("{paid} was paid to a healthy account that misses {uncovered}")
        });
    } else if had.equity > 0 {
        let owed = (-quote_worth(sold, rows, Purpose::Maintenance).equity).max(0);
        let aim = (had.requirement * 11_000 + 9_999) / 10_000;
        // What a lot brings, against what it counted at most.
        let haircut = (i128::from(row.haircut_bps) * i128::from(row.maintenance_multiplier_bps) + 9_999) / 10_000;
        let haircut = haircut.min(10_000);
        let gained = price - i128::from(row.mark) * (10_000 - haircut);
        let to_aim = -(-(aim - had.equity) * price).div_euclid(gained);
        let most = to_aim.max(owed) + one;
        expect(found, paid <= most, || format!("{paid} was paid to an account that needs {most}"));
    }
    expect_covered(step, (buyer.account, Purpose::Takeover, 0), buys, found);
}
