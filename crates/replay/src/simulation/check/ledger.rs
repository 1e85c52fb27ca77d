//! I-01 to I-03: the identities, to the atom, and slots that are well formed.

use firebreak::state::{CROSS, Position};
use firebreak_client::MarginAccountView;
use risk::{MAX_LOTS, PositionTotals};

use super::expect;
use crate::simulation::state::State;

pub(super) fn check(state: &State, found: &mut Vec<String>) {
    let live = || state.accounts.iter().flatten();
    let mut backed: u128 = live().map(|account| u128::from(account.header.cash)).sum();
    for market in &state.markets {
        backed += u128::from(market.pool) + u128::from(market.tranche) + u128::from(market.fees);
        let mut totals = PositionTotals::default();
        for account in live() {
            let legs = account.positions().iter().filter(|position| position.market == market.index);
            legs.for_each(|position| totals.add(position.leg()));
        }
        expect(found, market.totals().holds(&totals), || {
            format!("I-01, I-03: market {}: {totals:?} do not match {:?}", market.index, market.totals())
        });
        expect(found, market.long_open_interest == market.short_open_interest, || {
            format!("I-03: market {}: the sides differ", market.index)
        });
    }
    expect(found, backed == u128::from(state.bank.total), || {
        format!("I-01: cash, pools, tranches and fees are {backed}, booked are {}", state.bank.total)
    });
    expect(found, state.vault.checked_sub(state.donated) == Some(state.bank.total), || {
        format!("I-02: the vault holds {} with {} donated, booked are {}", state.vault, state.donated, state.bank.total)
    });
    for (index, account) in state.accounts.iter().enumerate() {
        if let Some(account) = account {
            slots(index, account, found);
            offers(index, account, state, found);
        } else {
            let is_orphaned = state.offers[index].iter().any(Option::is_some);
            expect(found, !is_orphaned, || format!("account {index} is closed and still has offers"));
        }
    }
}

fn slots(index: usize, account: &MarginAccountView, found: &mut Vec<String>) {
    let used = account.header.position_count as usize;
    expect(found, used <= account.slots.len(), || format!("account {index}: {used} positions in fewer slots"));
    let free = account.slots.iter().skip(used);
    expect(found, free.clone().all(|slot| *slot == Position::default()), || {
        format!("account {index}: a slot not in use is not empty")
    });
    let mut seen = 0_u64;
    for position in account.positions() {
        let bit = 1_u64 << (position.market % 64);
        let is_open = position.size != 0 || position.entry != 0;
        expect(found, is_open, || format!("account {index}: an empty position is kept"));
        expect(found, seen & bit == 0, || format!("account {index}: market {} twice", position.market));
        expect(found, i64::from(position.size).abs() <= MAX_LOTS, || {
            format!("account {index}: beyond the largest size")
        });
        let isolated = account.header.isolated_market;
        let is_allowed = isolated == CROSS || isolated == position.market;
        expect(found, is_allowed, || format!("account {index}: isolated, in another market"));
        seen |= bit;
    }
}

fn offers(index: usize, account: &MarginAccountView, state: &State, found: &mut Vec<String>) {
    let live = state.offers[index].iter().flatten().count();
    expect(found, live == account.header.offer_count as usize, || {
        format!("account {index}: {live} offers stand, {} are counted", account.header.offer_count)
    });
}
