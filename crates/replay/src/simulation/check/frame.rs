//! The frame: what an operation does not name, it does not touch (I-08, I-09).

use firebreak::state::{AssetRow, Position, SideIndices};
use firebreak_client::MarginAccountView;

use super::{Step, expect};
use crate::simulation::{cast::MARKETS, operation::Operation, state::Shared};

/// What an operation may change.
#[derive(Default)]
struct Touched<'o> {
    accounts: Vec<u8>,
    markets: &'o [u8],
    market: Option<u8>,
    offer: Option<(u8, u8)>,
    rows: Vec<u8>,
    /// The row whose side indices may change.
    sides: Option<u8>,
    money: bool,
    fund: bool,
    stake: Option<u8>,
    breaker: bool,
    clock: bool,
}

fn touched(operation: &Operation) -> Touched<'_> {
    use Operation::*;
    let none = Touched::default();
    let accounts = |accounts: &[u8]| Touched { accounts: accounts.to_vec(), ..Touched::default() };
    match *operation {
        CreateAccount { account, .. }
        | GrowAccount { account, .. }
        | CloseAccount { account, .. }
        | SetDelegate { account, .. } => accounts(&[account]),
        Deposit { account, .. } | Withdraw { account, .. } => Touched { money: true, ..accounts(&[account]) },
        FundTranche { market, .. } => Touched { market: Some(market), money: true, ..none },
        Donate { .. } => Touched { money: true, ..none },
        PlaceOffer { maker, market, .. } => Touched { offer: Some((maker, market)), ..accounts(&[maker]) },
        UpdateOffer { offer, .. } => Touched { offer: Some(offer), ..none },
        CancelOffer { maker, offer, .. } => Touched { offer: Some(offer), ..accounts(&[maker]) },
        TakeOffer { taker, maker, offer, market, .. } => {
            Touched { offer: Some(offer), market: Some(market), ..accounts(&[taker.account, maker]) }
        }
        Trade { buyer, seller, market, .. } => {
            Touched { market: Some(market), ..accounts(&[buyer.account, seller.account]) }
        }
        Settle { accounts: ref named, market } => Touched { market: Some(market), ..accounts(named) },
        Liquidate { liquidator, liquidatee, market, .. } => {
            Touched { market: Some(market), ..accounts(&[liquidator.account, liquidatee]) }
        }
        AutoDeleverage { account, market } => {
            Touched { market: Some(market), sides: Some(market), ..accounts(&[account]) }
        }
        LiquidateCollateral { buyer, seller, .. } => accounts(&[buyer.account, seller]),
        UpdateFunding { market } => Touched { market: Some(market), rows: vec![market], ..none },
        SweepInsurance { market } => Touched { market: Some(market), money: true, fund: true, ..none },
        Stake { staker, .. } => Touched { stake: Some(staker), money: true, fund: true, ..none },
        RequestUnstake { staker, .. } => Touched { stake: Some(staker), ..none },
        Unstake { staker, ref markets, .. } => {
            Touched { stake: Some(staker), markets, money: true, fund: true, ..none }
        }
        ReportDeficit { .. } => Touched { fund: true, ..none },
        RefreshPrices { ref pairs, .. } => Touched { rows: pairs.iter().map(|(asset, _)| *asset).collect(), ..none },
        Poke { market } => Touched { rows: vec![market], ..none },
        TripBreaker { .. } | ResetBreaker { .. } => Touched { breaker: true, ..none },
        PassTime { .. } => Touched { clock: true, ..none },
        Forged { .. } => none,
    }
}

pub(super) fn check(step: &Step, found: &mut Vec<String>) {
    let Step { before, after, .. } = step;
    let touched = touched(step.operation);
    for (index, (old, new)) in before.accounts.iter().zip(&after.accounts).enumerate() {
        if is_same(old, new) {
            continue;
        }
        let may = touched.accounts.contains(&(index as u8));
        expect(found, may || old == new, || format!("I-08: account {index} changed, which was not named"));
        other_markets(index, old, new, &touched, found);
    }
    for (index, (old, new)) in before.markets.iter().zip(&after.markets).enumerate() {
        let may = touched.market == Some(index as u8) || touched.markets.contains(&(index as u8));
        expect(found, may || old == new, || format!("I-09: market {index} changed, which was not named"));
    }
    for (index, (old, new)) in before.rows.iter().zip(&after.rows).enumerate() {
        row(index as u8, old, new, &touched, found);
    }
    for (maker, (old, new)) in before.offers.iter().zip(&after.offers).enumerate() {
        for market in (0..MARKETS).filter(|_| !old.is_same(new)) {
            let may = touched.offer == Some((maker as u8, market as u8));
            expect(found, may || old[market] == new[market], || {
                format!("offer {maker} in market {market} changed, which was not named")
            });
        }
    }
    let is_money_kept =
        || before.vaults == after.vaults && before.banks == after.banks && before.wallets == after.wallets;
    expect(found, touched.money || is_money_kept(), || "I-02: tokens moved".to_string());
    expect(found, touched.fund || before.fund == after.fund, || "the insurance fund changed".to_string());
    for (key, (old, new)) in before.stakes.iter().zip(&after.stakes).enumerate() {
        let may = touched.stake == Some(key as u8);
        expect(found, may || old == new, || format!("stake {key} changed, which was not named"));
    }
    let is_breaker_kept = before.breaker == after.breaker && before.guardian_trips == after.guardian_trips;
    expect(found, touched.breaker || is_breaker_kept, || "the breaker changed".to_string());
    expect(found, touched.clock || before.now == after.now, || "the clock changed".to_string());
}

fn is_same(old: &Option<Shared<MarginAccountView>>, new: &Option<Shared<MarginAccountView>>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => old.is_same(new),
        (None, None) => true,
        _ => false,
    }
}

/// In the markets that an operation is not about, even the accounts it names keep their positions.
fn other_markets(
    index: usize,
    old: &Option<Shared<MarginAccountView>>,
    new: &Option<Shared<MarginAccountView>>,
    touched: &Touched,
    found: &mut Vec<String>,
) {
    for market in (0..MARKETS as u8).filter(|market| Some(*market) != touched.market) {
        let of = |account: &Option<Shared<MarginAccountView>>| -> Option<Position> {
            account.as_ref().and_then(|account| account.position(market).copied())
        };
        expect(found, of(old) == of(new), || {
            format!("I-09: account {index}'s position in market {market} changed, which was not named")
        });
    }
}

/// Prices change a row but of its sides only what they are charged, auto-deleveraging the other way round.
fn row(index: u8, old: &AssetRow, new: &AssetRow, touched: &Touched, found: &mut Vec<String>) {
    // What funding accrues comes with a price.
    let is_named = touched.rows.contains(&index);
    let but_for_charge = |old: SideIndices, new: &SideIndices| match is_named {
        true => SideIndices { charge: new.charge, ..old },
        false => old,
    };
    let sides_kept = but_for_charge(old.long_side, &new.long_side) == new.long_side
        && but_for_charge(old.short_side, &new.short_side) == new.short_side;
    expect(found, sides_kept || touched.sides == Some(index), || format!("I-09: the sides of market {index} changed"));
    let rest = AssetRow { long_side: old.long_side, short_side: old.short_side, ..*new };
    expect(found, rest == *old || is_named, || format!("I-09: row {index} changed, which was not named"));
}
