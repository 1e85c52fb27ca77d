//! I-12: on a copy of the state, what anybody may do resolves every account below maintenance.
//!
//! The oracles speak again, time passes, breakers expire; somebody rich buys collateral and liquidates. What the tranches
//! cannot pay is deleveraged. Afterwards everybody is touched: nothing may be left of what sides were charged.

use bytemuck::Zeroable;
use firebreak::state::{CROSS, CircuitBreaker, MarginAccount, Position};
use firebreak_client::MarginAccountView;

use crate::simulation::{
    cast::{AUTHORITY, Cast, MARKETS},
    check::{Purpose, is_current, own_charge, positions_in, worth},
    native::NativeEngine,
    operation::{Operation, Party, Reading},
    state::{Shared, State},
};

/// Quote atoms of somebody rich: more than any account of a long run can be under water.
const RICH: u64 = 1 << 56;
/// Rounds that one account may take. Each lets a window's length of time pass, and takes at most a slice of each position.
const ROUNDS: usize = 400;
/// Longest breaker, and more than any window.
const LONG: i64 = 8 * 86_400;
/// What somebody waits who waits for prices only.
const SHORT: i64 = 61;
/// Accounts that one settlement names.
const AT_ONCE: usize = 8;

/// What became of the accounts below maintenance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Liveness {
    pub resolved: usize,
    /// Of them, by auto-deleveraging at the end.
    pub deleveraged: usize,
    /// They stay below maintenance, or sides that do not come out even, and why.
    pub stuck: Vec<String>,
}

/// Tries to resolve every account below maintenance, then touches everybody: at once, every window as used up as it is but
/// without breakers; or much later.
pub fn liveness(cast: &Cast, state: &State, at_once: bool) -> Liveness {
    let rich = state.accounts.len() as u8;
    let mut probe = Probe { engine: NativeEngine::resume(cast, prepared(cast, state)), rich, deleveraged: 0 };
    if at_once {
        probe.lift_breakers();
    }
    probe.pass(if at_once { SHORT } else { LONG });
    let mut done = Liveness::default();
    for account in (0..rich).filter(|account| probe.is_below(*account)).collect::<Vec<_>>() {
        let mut last = String::new();
        let mut rounds = 0;
        while probe.is_below(account) && rounds < ROUNDS {
            last = probe.push(account);
            rounds += 1;
        }
        if probe.is_below(account) {
            let view = probe.engine.state().account(account);
            let held = view.map(|view| (view.header.cash, view.header.collateral, view.positions()));
            done.stuck.push(format!("I-12: account {account} stays below maintenance with {held:?}{last}"));
        } else {
            done.resolved += 1;
        }
    }
    done.deleveraged = probe.deleveraged;
    probe.touch_everybody(&mut done.stuck);
    done
}

/// The state with somebody rich at the end of the accounts: only the vault's sums are kept, this is a copy.
fn prepared(cast: &Cast, state: &State) -> State {
    let mut state = state.clone();
    let (clearinghouse, owner) = (cast.at.clearinghouse, cast.address(0));
    let header = MarginAccount { clearinghouse, owner, cash: RICH, isolated_market: CROSS, ..MarginAccount::zeroed() };
    state.accounts.push(Some(Shared::new(MarginAccountView { header, slots: vec![Position::default(); 16] })));
    state.banks[0].total += RICH;
    state.vaults[0] += RICH;
    state
}

struct Probe<'c> {
    engine: NativeEngine<'c>,
    /// Number of the rich account.
    rich: u8,
    deleveraged: usize,
}

impl Probe<'_> {
    fn is_below(&self, account: u8) -> bool {
        let state = self.engine.state();
        state.account(account).is_some_and(|view| !worth(view, &state.rows, Purpose::Maintenance).is_covered())
    }

    /// Ends every restriction, as the authority may.
    fn lift_breakers(&mut self) {
        for market in (0..MARKETS as u8).chain([CircuitBreaker::GLOBAL]) {
            self.engine.apply(&Operation::ResetBreaker { signer: AUTHORITY, market }).1.ok();
        }
    }

    /// Lets time pass, and every oracle say its last price again.
    fn pass(&mut self, seconds: i64) {
        self.engine.apply(&Operation::PassTime { seconds }).1.ok();
        let state = self.engine.state();
        let readings: Vec<Reading> = (0..MARKETS as u8)
            .flat_map(|market| {
                let row = &state.rows[market as usize];
                Reading::honest(row, market, [row.mark * 1_000; 2], state.now)
            })
            .collect();
        let pairs = readings.iter().map(|reading| (reading.feed % MARKETS as u8, reading.feed)).collect();
        self.engine.apply(&Operation::RefreshPrices { readings, pairs }).1.ok();
    }

    /// One round on an account: gains settled, collateral sold, positions liquidated, what nobody can pay deleveraged.
    /// Returns what was refused.
    fn push(&mut self, account: u8) -> String {
        let mut refused = String::new();
        let Some(view) = self.engine.state().account(account).cloned() else { return refused };
        let mut markets: Vec<u8> = view.positions().iter().map(|position| position.market).collect();
        if account % 2 == 1 {
            markets.reverse(); // in whatever order
        }
        for market in &markets {
            self.engine.apply(&Operation::Settle { accounts: vec![account], market: *market }).1.ok();
        }
        let buyer = Party { signer: 0, account: self.rich };
        for slot in view.header.collateral.iter().filter(|slot| slot.amount > 0) {
            let (bank, amount) = (slot.bank, u64::MAX);
            let sale = Operation::LiquidateCollateral { buyer, seller: account, bank, amount, max_paid: u64::MAX };
            self.send(sale, &mut refused);
        }
        for market in markets {
            let limit_price = if self.engine.state().size(account, market) > 0 { u64::MAX } else { 0 };
            let (liquidator, max_lots) = (buyer, u64::MAX);
            let liquidate = Operation::Liquidate { liquidator, liquidatee: account, market, max_lots, limit_price };
            if self.is_below(account) && !self.send(liquidate, &mut refused) {
                self.untouched_first(market);
                let is_done = self.send(Operation::AutoDeleverage { account, market }, &mut refused);
                self.deleveraged += usize::from(is_done);
            }
        }
        self.pass(61);
        refused
    }

    fn send(&mut self, operation: Operation, refused: &mut String) -> bool {
        let outcome = self.engine.apply(&operation).1;
        if let Err(cause) = outcome {
            *refused += &format!("; {operation:?}: {cause:?}");
        }
        outcome.is_ok()
    }

    /// Settles the accounts that have not seen what happened to their side of a market.
    fn untouched_first(&mut self, market: u8) {
        let state = self.engine.state();
        let row = &state.rows[market as usize];
        let behind = positions_in(state, market).filter(|(_, position)| !is_current(position, row));
        let accounts: Vec<u8> = behind.map(|(account, _)| account).collect();
        for some in accounts.chunks(AT_ONCE) {
            self.engine.apply(&Operation::Settle { accounts: some.to_vec(), market }).1.ok();
        }
    }

    /// Every position is touched: the carry is no hole, nobody is left behind, and what the sides hold is even but for the
    /// fractions of lots that the market took over.
    fn touch_everybody(&mut self, stuck: &mut Vec<String>) {
        for market in 0..MARKETS as u8 {
            self.untouched_first(market);
            let state = self.engine.state();
            let (books, row) = (&state.markets[market as usize], &state.rows[market as usize]);
            let untouched = positions_in(state, market).filter(|(_, position)| !is_current(position, row)).count();
            let sizes: i64 = positions_in(state, market).map(|(_, position)| i64::from(position.size)).sum();
            let is_even = sizes + books.dust_size == 0
                && books.long_open_interest as i64 - books.short_open_interest as i64 == sizes;
            let carry = i128::from(books.carry) - own_charge(books, row);
            let owed = (books.long_owed >> 20, books.short_owed >> 20);
            let left_behind = books.long_left_behind + books.short_left_behind;
            if untouched > 0 || carry > 0 || left_behind > 0 || !is_even || owed != (0, 0) {
                stuck.push(format!(
                    "I-03: with everybody touched but {untouched}, market {market} has carry {}, sizes of {sizes}, dust of \
                     {}, owes {owed:?} / 2^12 lots, {left_behind} left behind",
                    carry, books.dust_size
                ));
            }
        }
    }
}
