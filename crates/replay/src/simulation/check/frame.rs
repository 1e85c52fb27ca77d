//! The frame: what an operation does not name, it does not touch (I-08, I-09).

use super::{Step, expect};
use crate::simulation::{cast::MARKETS, operation::Operation};

/// What an operation may change.
#[derive(Default)]
struct Touched {
    accounts: Vec<u8>,
    market: Option<u8>,
    offer: Option<(u8, u8)>,
    rows: Vec<u8>,
    money: bool,
    breaker: bool,
    clock: bool,
}

fn touched(operation: &Operation) -> Touched {
    use Operation::*;
    let accounts = |accounts: &[u8]| Touched { accounts: accounts.to_vec(), ..Touched::default() };
    match *operation {
        CreateAccount { account, .. }
        | GrowAccount { account, .. }
        | CloseAccount { account, .. }
        | SetDelegate { account, .. } => accounts(&[account]),
        Deposit { account, .. } | Withdraw { account, .. } => Touched { money: true, ..accounts(&[account]) },
        FundTranche { market, .. } => Touched { market: Some(market), money: true, ..Touched::default() },
        Donate { .. } => Touched { money: true, ..Touched::default() },
        PlaceOffer { maker, market, .. } => Touched { offer: Some((maker, market)), ..accounts(&[maker]) },
        UpdateOffer { offer, .. } => Touched { offer: Some(offer), ..Touched::default() },
        CancelOffer { maker, offer, .. } => Touched { offer: Some(offer), ..accounts(&[maker]) },
        TakeOffer { taker, maker, offer, market, .. } => {
            Touched { offer: Some(offer), market: Some(market), ..accounts(&[taker.account, maker]) }
        }
        Trade { buyer, seller, market, .. } => {
            Touched { market: Some(market), ..accounts(&[buyer.account, seller.account]) }
        }
        Settle { account, market } => Touched { market: Some(market), ..accounts(&[account]) },
        Liquidate { liquidator, liquidatee, market, .. } => {
            Touched { market: Some(market), ..accounts(&[liquidator.account, liquidatee]) }
        }
        RefreshPrices { ref pairs, .. } => {
            Touched { rows: pairs.iter().map(|(asset, _)| *asset).collect(), ..Touched::default() }
        }
        TripBreaker { .. } | ResetBreaker { .. } => Touched { breaker: true, ..Touched::default() },
        PassTime { .. } => Touched { clock: true, ..Touched::default() },
        Forged { .. } => Touched::default(),
    }
}

pub(super) fn check(step: &Step, found: &mut Vec<String>) {
    let Step { before, after, .. } = step;
    let touched = touched(step.operation);
    for (index, (old, new)) in before.accounts.iter().zip(&after.accounts).enumerate() {
        let may = touched.accounts.contains(&(index as u8));
        expect(found, may || old == new, || format!("I-08: account {index} changed, which was not named"));
        // In the markets that an operation is not about, even the accounts it names keep their positions.
        for market in (0..MARKETS as u8).filter(|market| Some(*market) != touched.market) {
            let of = |account: &Option<firebreak_client::MarginAccountView>| {
                account.as_ref().and_then(|account| account.position(market).copied())
            };
            expect(found, of(old) == of(new), || {
                format!("I-09: account {index}'s position in market {market} changed, which was not named")
            });
        }
    }
    for (index, (old, new)) in before.markets.iter().zip(&after.markets).enumerate() {
        let may = touched.market == Some(index as u8);
        expect(found, may || old == new, || format!("I-09: market {index} changed, which was not named"));
    }
    for (index, (old, new)) in before.rows.iter().zip(&after.rows).enumerate() {
        let may = touched.rows.contains(&(index as u8));
        expect(found, may || old == new, || format!("I-09: row {index} changed, which was not named"));
    }
    for (maker, (old, new)) in before.offers.iter().zip(&after.offers).enumerate() {
        for market in 0..MARKETS {
            let may = touched.offer == Some((maker as u8, market as u8));
            expect(found, may || old[market] == new[market], || {
                format!("offer {maker} in market {market} changed, which was not named")
            });
        }
    }
    let is_money_kept = before.bank == after.bank && before.vault == after.vault && before.wallets == after.wallets;
    expect(found, touched.money || is_money_kept, || "I-02: tokens moved".to_string());
    let is_breaker_kept = before.breaker == after.breaker && before.guardian_trips == after.guardian_trips;
    expect(found, touched.breaker || is_breaker_kept, || "the breaker changed".to_string());
    expect(found, touched.clock || before.now == after.now, || "the clock changed".to_string());
}
