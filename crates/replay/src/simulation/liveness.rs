//! I-12 at the end of a run: on a copy of the state, what anybody may do resolves every account below maintenance.
//!
//! The oracles speak again, time passes, breakers expire; somebody rich liquidates, and the tranches are filled. What may
//! remain is a deficit above the cap per event, which waits for auto-deleveraging.

use bytemuck::Zeroable;
use firebreak::state::{CROSS, MarginAccount, Position};
use firebreak_client::MarginAccountView;

use crate::{
    pyth::{Verification, raw_price},
    simulation::{
        cast::{ACCOUNTS, Cast, MARKETS, owner_of},
        check::{Purpose, worth},
        native::NativeEngine,
        operation::{Operation, Party, Reading},
        state::State,
    },
};

/// Quote atoms of somebody rich, and of each tranche: more than any account of a long run can be under water, since the
/// liquidator may be one of them.
const RICH: u64 = 1 << 56;
/// Instructions that one account may take.
const STEPS: usize = 400;
/// Longest breaker, and more than any window.
const LONG: i64 = 8 * 86_400;

/// What became of the accounts below maintenance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Liveness {
    pub resolved: usize,
    /// Their deficit is above the cap per event.
    pub awaiting: usize,
    /// They stay below maintenance, and why.
    pub stuck: Vec<String>,
}

/// Tries to resolve every account below maintenance.
pub fn liveness(cast: &Cast, state: &State) -> Liveness {
    let mut probe = Probe { engine: NativeEngine::resume(cast, prepared(cast, state)) };
    probe.pass(LONG);
    let below = |probe: &Probe, account: u8| {
        let state = probe.engine.state();
        state.account(account).is_some_and(|view| !worth(view, &state.rows, Purpose::Maintenance).is_covered())
    };
    let targets: Vec<u8> = (0..ACCOUNTS as u8).filter(|account| below(&probe, *account)).collect();
    let mut done = Liveness::default();
    for account in targets {
        let mut last = String::new();
        for _ in 0..STEPS {
            if !below(&probe, account) || probe.awaits_deleveraging(account) {
                break;
            }
            last = probe.push(account);
        }
        if !below(&probe, account) {
            done.resolved += 1;
        } else if probe.awaits_deleveraging(account) {
            done.awaiting += 1;
        } else {
            let view = probe.engine.state().account(account);
            let held = view.map(|view| (view.header.cash, view.positions()));
            let rich = probe.engine.state().account(LIQUIDATORS);
            let rich = rich.map(|view| worth(view, &probe.engine.state().rows, Purpose::Initial));
            done.stuck
                .push(format!("I-12: account {account} stays below maintenance with {held:?}, beside {rich:?}{last}"));
        }
    }
    done
}

/// The state with rich liquidators and full tranches: only the vault's sums are kept, this is a copy.
fn prepared(cast: &Cast, state: &State) -> State {
    let mut state = state.clone();
    for market in &mut state.markets {
        market.tranche += RICH;
        state.bank.total += RICH;
        state.vault += RICH;
    }
    for account in LIQUIDATORS..ACCOUNTS as u8 {
        let view = state.accounts[account as usize].get_or_insert_with(|| newcomer(cast, account));
        view.header.isolated_market = CROSS;
        view.header.cash += RICH;
        view.slots.resize(16, Position::default());
        state.bank.total += RICH;
        state.vault += RICH;
    }
    state
}

/// An account that its owner might open now.
fn newcomer(cast: &Cast, account: u8) -> MarginAccountView {
    let (clearinghouse, owner) = (cast.at.clearinghouse, cast.address(owner_of(account)));
    MarginAccountView { header: MarginAccount { clearinghouse, owner, ..MarginAccount::zeroed() }, slots: Vec::new() }
}

/// The accounts from here on liquidate.
const LIQUIDATORS: u8 = 20;

struct Probe<'c> {
    engine: NativeEngine<'c>,
}

impl Probe<'_> {
    /// Lets time pass, and every oracle say its last price again.
    fn pass(&mut self, seconds: i64) {
        self.engine.apply(&Operation::PassTime { seconds }).1.ok();
        let state = self.engine.state();
        let readings: Vec<Reading> = (0_u8..)
            .zip(&state.rows)
            .map(|(feed, row)| Reading {
                feed,
                price: raw_price(row, row.mark),
                confidence: 0,
                exponent: row.primary_exponent,
                publish_time: state.now,
                verification: Verification::Full,
                is_accepted_owner: true,
            })
            .collect();
        let pairs = (0..MARKETS as u8).map(|market| (market, market)).collect();
        self.engine.apply(&Operation::RefreshPrices { readings, pairs }).1.ok();
    }

    /// One round on an account: liquidates, then settles, in every market it is in. Returns what was refused last.
    fn push(&mut self, account: u8) -> String {
        let mut refused = String::new();
        let markets: Vec<(u8, i32)> = self.engine.state().account(account).map_or(Vec::new(), |view| {
            view.positions().iter().map(|position| (position.market, position.size)).collect()
        });
        for (market, size) in markets {
            let liquidator = if account == LIQUIDATORS { LIQUIDATORS + 1 } else { LIQUIDATORS };
            let operation = Operation::Liquidate {
                liquidator: Party { signer: owner_of(liquidator), account: liquidator },
                liquidatee: account,
                market,
                max_lots: u64::MAX,
                limit_price: if size > 0 { u64::MAX } else { 0 },
            };
            for operation in [operation, Operation::Settle { account, market }] {
                if let Err(cause) = self.engine.apply(&operation).1 {
                    refused += &format!("; {operation:?}: {cause:?}");
                }
            }
        }
        self.pass(61);
        refused
    }

    /// Its deficit is above what a tranche may pay at once, in a market it is in.
    fn awaits_deleveraging(&self, account: u8) -> bool {
        let state = self.engine.state();
        let Some(view) = state.account(account) else { return false };
        let deficit = -worth(view, &state.rows, Purpose::Maintenance).equity;
        let caps = view.positions().iter().map(|position| &state.markets[position.market as usize]);
        caps.map(|market| i128::from(market.insurance_event_cap)).any(|cap| deficit > cap)
    }
}
