//! I-01 to I-03: the identities, to the atom, and slots that are well formed.

use firebreak::state::{AssetRow, CROSS, Market, Position};
use firebreak_client::MarginAccountView;
use risk::{MAX_LOTS, PositionTotals};

use super::{
    expect,
    funding::own_charge,
    touch::{LOT, touch},
};
use crate::simulation::{
    cast::{INSURANCE, MARKETS, TOKENS},
    state::State,
};

/// What roundings may leave of a side, with 32 fraction bits.
const LOT_DUST: i128 = 1 << 20;

/// What the positions of a market add up to, as stored and as they are.
#[derive(Clone, Copy, Default)]
struct Totals {
    stored: PositionTotals,
    charge: i128,
    /// Lots with 32 fraction bits: of longs, of shorts.
    left: [i128; 2],
    left_behind: [i128; 2],
}

pub(super) fn check(state: &State, found: &mut Vec<String>) {
    let mut totals = [Totals::default(); MARKETS];
    let (mut backed, mut held) = (0_u128, [0_u128; TOKENS]);
    for (_, account) in state.live() {
        backed += u128::from(account.header.cash);
        for slot in account.header.collateral.iter().filter(|slot| slot.amount != 0) {
            held[slot.bank as usize] += u128::from(slot.amount);
        }
        account.positions().iter().for_each(|position| totals[position.market as usize].add(position, state));
    }
    for (market, totals) in state.markets.iter().zip(&totals) {
        let own = [market.pool, market.tranche, market.fees, market.protocol_fees];
        backed += own.iter().map(|amount| u128::from(*amount)).sum::<u128>();
        books(market, totals, &state.rows[market.index as usize], found);
    }
    held[0] = backed;
    money(state, held, found);
    fund(state, found);
    for (index, account) in state.accounts.iter().enumerate() {
        if let Some(account) = account {
            slots(index, account, found);
            offers(index, account, state, found);
        } else {
            let is_orphaned = state.offers.get(index).is_some_and(|offers| offers.iter().any(Option::is_some));
            expect(found, !is_orphaned, || format!("account {index} is closed and still has offers"));
        }
    }
}

impl Totals {
    fn add(&mut self, position: &Position, state: &State) {
        self.stored.add(position.leg());
        let touched = touch(position, &state.rows[position.market as usize]);
        let side = usize::from(position.size < 0);
        self.charge += touched.charge;
        self.left[side] += touched.left;
        self.left_behind[side] += touched.left_behind;
    }
}

fn books(market: &Market, totals: &Totals, row: &AssetRow, found: &mut Vec<String>) {
    let index = market.index;
    expect(found, market.totals().holds(&totals.stored), || {
        format!("I-01, I-03: market {index}: {:?} do not match {:?}", totals.stored, market.totals())
    });
    // Touched, everybody together pays at least what auto-deleveraging cost, and what funding credits.
    let carry = i128::from(market.carry) - totals.charge - own_charge(market, row);
    expect(found, carry <= 0, || format!("I-01: market {index}: a hole of {carry} stays in the carry"));
    let left_behind = [market.long_left_behind, market.short_left_behind].map(i128::from);
    expect(found, totals.left_behind == left_behind, || {
        format!("I-03: market {index}: {left_behind:?} lots are counted as left behind, {:?} are", totals.left_behind)
    });
    let stored = [market.long_open_interest, market.short_open_interest].map(i128::from);
    let owed = [market.long_owed, market.short_owed].map(i128::from);
    for side in 0..2 {
        let held = (stored[side] * LOT - owed[side]).max(0);
        let gap = totals.left[side] - held;
        expect(found, (0..=LOT_DUST).contains(&gap), || {
            format!("I-03: market {index}, side {side}: {held} / 2^32 lots are held, positions have {}", held + gap)
        });
    }
}

fn money(state: &State, held: [u128; TOKENS], found: &mut Vec<String>) {
    for (index, (bank, held)) in state.banks.iter().zip(held).enumerate() {
        expect(found, held == u128::from(bank.total), || {
            format!("I-01: accounts and markets hold {held} of bank {index}, booked are {}", bank.total)
        });
        let (vault, donated) = (state.vaults[index], state.donated[index]);
        expect(found, vault.checked_sub(donated) == Some(bank.total), || {
            format!("I-02: vault {index} holds {vault} with {donated} donated, booked are {}", bank.total)
        });
    }
}

fn fund(state: &State, found: &mut Vec<String>) {
    let (fund, vault, donated) = (&state.fund, state.vaults[INSURANCE], state.donated[INSURANCE]);
    expect(found, vault.checked_sub(donated) == Some(fund.assets), || {
        format!("I-02: the insurance vault holds {vault} with {donated} donated, booked are {}", fund.assets)
    });
    let reported: u128 = state.markets.iter().map(|market| u128::from(market.tranche_reported)).sum();
    expect(found, reported == u128::from(fund.deployed), || {
        format!("I-01: markets reported {reported}, the fund counts {} as deployed", fund.deployed)
    });
    let current = state.stakes.iter().flatten().filter(|stake| stake.epoch == fund.epoch);
    let shares: u128 = current.map(|stake| u128::from(stake.shares)).sum();
    expect(found, shares == u128::from(fund.shares), || {
        format!("I-01: stakers hold {shares} shares, the fund counts {}", fund.shares)
    });
    for stake in state.stakes.iter().flatten() {
        expect(found, stake.leaving_shares <= stake.shares, || format!("more shares leave than there are: {stake:?}"));
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
    let Some(offers) = state.offers.get(index) else { return };
    let live = offers.iter().flatten().count();
    expect(found, live == account.header.offer_count as usize, || {
        format!("account {index}: {live} offers stand, {} are counted", account.header.offer_count)
    });
}
