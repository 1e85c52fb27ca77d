//! The end of a run in figures: what is shown, and what `--json` writes.

use std::collections::BTreeMap;

use firebreak_client::{FirebreakError, MarginAccountView};
use serde::Serialize;

use crate::{chain::Chain, ledger::token_amount, world::Actor};

use super::{
    arguments::DemoArguments,
    cast::{Habit, Plan},
    players::{LIQUIDATOR_CASH, MAKER_CASH, TRANCHES},
    stage::{Snapshot, Stage},
    timeline::{Moment, day, symbol},
};

/// Compute units of the program in one instruction.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Units {
    pub count: usize,
    pub min: u64,
    pub median: u64,
    pub max: u64,
}

/// A breaker level that the guardian raised a market to.
#[derive(Clone, Debug, Serialize)]
pub struct LevelReached {
    pub market: &'static str,
    pub level: u8,
    pub name: String,
    /// Unix seconds.
    pub time: i64,
    pub move_bps: u64,
}

/// Some of the cast, and what became of their money. Law: over all groups the changes add up to zero.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Group {
    pub name: &'static str,
    pub accounts: usize,
    pub brought_atoms: i128,
    pub has_atoms: i128,
    pub change_atoms: i128,
}

/// Accounts whose losses nobody has paid yet.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct DeficitsWaiting {
    pub accounts: u64,
    pub atoms: u64,
    /// How often a liquidation was refused because tranche or caps did not reach.
    pub refusals: u64,
}

/// Everything of a run; amounts in quote atoms. The same seed and candles give the same figures.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    pub seed: u64,
    pub quick: bool,
    pub from: String,
    pub to: String,
    pub sources: Vec<String>,
    pub scenes: usize,
    pub accounts: usize,
    pub transactions: u64,
    pub transactions_refused: BTreeMap<String, u64>,
    pub trades: u64,
    pub traded_notional_atoms: u128,
    pub liquidations: u64,
    pub accounts_liquidated: usize,
    pub most_stages_of_one_account: u64,
    pub liquidated_notional_atoms: u128,
    pub adl_events: u64,
    pub accounts_bankrupt: usize,
    pub bad_debt_atoms: u64,
    pub insurance_paid_atoms: u64,
    pub insurance_fees_atoms: u64,
    pub deficits_waiting: DeficitsWaiting,
    pub losses_settled_atoms: u128,
    pub gains_settled_atoms: u128,
    pub deposited_atoms: u128,
    pub withdrawn_atoms: u128,
    pub identity_checks: u64,
    pub identity_violations: u64,
    pub levels_reached: Vec<LevelReached>,
    pub groups: Vec<Group>,
    /// What all groups together won: zero, to the atom.
    pub sum_of_changes_atoms: i128,
    pub compute_units: BTreeMap<&'static str, Units>,
    pub timeline: Vec<Moment>,
}

/// The group of a trader.
fn group_of(plan: &Plan) -> &'static str {
    let leverage: u64 = plan.bets.iter().map(|bet| bet.leverage_tenths).sum();
    match (plan.habit, plan.is_long(), leverage) {
        (Habit::BuyDip(_), _, _) => "dip buyers",
        (_, false, _) => "shorts",
        (_, true, 0..40) => "longs below 4x",
        (_, true, 40..65) => "longs of 4x to 6.5x",
        (_, true, _) => "longs above 6.5x",
    }
}

impl<C: Chain> Stage<C> {
    /// The figures of the run.
    pub fn summary(&mut self, arguments: &DemoArguments) -> Summary {
        let snapshot = self.look();
        let groups = self.groups(&snapshot);
        let waiting = self.deficits(&snapshot);
        let (first, last) = (self.script.scenes.first(), self.script.scenes.last());
        let tally = self.tally();
        Summary {
            seed: arguments.seed,
            quick: arguments.quick,
            from: first.map_or_else(String::new, |scene| day(scene.time)),
            to: last.map_or_else(String::new, |scene| day(scene.time)),
            sources: self.script.sources.clone(),
            scenes: self.script.scenes.len(),
            accounts: snapshot.ledger.margin_accounts.len(),
            transactions: tally.transactions,
            transactions_refused: tally.refused.clone(),
            trades: tally.trades,
            traded_notional_atoms: tally.traded_notional,
            liquidations: tally.liquidations,
            accounts_liquidated: tally.liquidated.len(),
            most_stages_of_one_account: tally.liquidated.values().copied().max().unwrap_or_default(),
            liquidated_notional_atoms: tally.liquidated_notional,
            adl_events: 0,
            accounts_bankrupt: tally.bankrupt.len(),
            bad_debt_atoms: tally.insurance_paid + waiting.atoms,
            insurance_paid_atoms: tally.insurance_paid,
            insurance_fees_atoms: tally.insurance_fees,
            deficits_waiting: waiting,
            losses_settled_atoms: tally.losses_settled,
            gains_settled_atoms: tally.gains_settled,
            deposited_atoms: tally.deposited,
            withdrawn_atoms: tally.withdrawn,
            identity_checks: tally.identity_checks,
            identity_violations: tally.violations.len() as u64,
            levels_reached: self.levels_reached(),
            sum_of_changes_atoms: groups.iter().map(|group| group.change_atoms).sum(),
            groups,
            compute_units: tally.compute_units.iter().map(|(name, all)| (*name, units(all))).collect(),
            timeline: self.moments.clone(),
        }
    }

    fn levels_reached(&self) -> Vec<LevelReached> {
        let reached = self.reached.iter().map(|reached| LevelReached {
            market: symbol(reached.market),
            level: reached.level as u8,
            name: format!("{:?}", reached.level),
            time: reached.time,
            move_bps: reached.move_bps,
        });
        reached.collect()
    }

    fn deficits(&self, snapshot: &Snapshot) -> DeficitsWaiting {
        let refusals = self.tally().refused_for(&FirebreakError::TrancheInsufficient);
        let mut waiting = DeficitsWaiting { refusals, ..DeficitsWaiting::default() };
        for account in snapshot.ledger.margin_accounts.values() {
            let equity = equity(account, snapshot);
            if equity < 0 {
                waiting.accounts += 1;
                waiting.atoms += u64::try_from(-equity).unwrap_or(u64::MAX);
            }
        }
        waiting
    }

    /// Who brought what and has what, and the markets' own part.
    fn groups(&mut self, snapshot: &Snapshot) -> Vec<Group> {
        let names = [
            "longs below 4x",
            "longs of 4x to 6.5x",
            "longs above 6.5x",
            "dip buyers",
            "shorts",
            "makers",
            "liquidators",
        ];
        let mut groups: Vec<Group> = names.map(|name| Group { name, ..Group::default() }).into();
        let world = &mut self.world;
        let mut add = |name: &str, actor: &Actor, brought: u64| {
            let Some(group) = groups.iter_mut().find(|group| group.name == name) else { return };
            let held =
                snapshot.ledger.margin_accounts.get(&actor.margin).map_or(0, |account| equity(account, snapshot));
            let wallet = world.chain.account(&actor.tokens).map_or(0, |account| token_amount(&account));
            group.accounts += 1;
            group.brought_atoms += i128::from(brought);
            group.has_atoms += held + i128::from(wallet);
        };
        for trader in &self.traders {
            let extra = if trader.plan.habit == Habit::TopUp { trader.plan.cash } else { 0 };
            add(group_of(&trader.plan), &trader.actor, trader.plan.cash + extra);
        }
        self.makers.iter().for_each(|maker| add("makers", maker, MAKER_CASH));
        self.liquidators.iter().for_each(|liquidator| add("liquidators", liquidator, LIQUIDATOR_CASH));
        let mut tranches = Group { name: "insurance tranches", ..Group::default() };
        tranches.brought_atoms = TRANCHES.iter().map(|atoms| i128::from(*atoms)).sum();
        let mut markets = Group { name: "fees and roundings", ..Group::default() };
        for market in snapshot.ledger.markets.values() {
            let mark = snapshot.board.rows.get(market.index as usize).map_or(0, |row| row.mark);
            tranches.has_atoms += i128::from(market.tranche);
            markets.has_atoms += i128::from(market.fees) + i128::from(market.dust_size) * i128::from(mark)
                - i128::from(market.dust_entry)
                - i128::from(market.carry);
        }
        groups.extend([tranches, markets]);
        groups.iter_mut().for_each(|group| group.change_atoms = group.has_atoms - group.brought_atoms);
        groups
    }
}

/// Cash and unrealised PnL at mark.
fn equity(account: &MarginAccountView, snapshot: &Snapshot) -> i128 {
    let value = account.value_for_maintenance(&snapshot.board, snapshot.now);
    value.map_or(0, |value| i128::from(value.equity))
}

fn units(all: &[u64]) -> Units {
    let mut sorted = all.to_vec();
    sorted.sort_unstable();
    let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
    Units { count: sorted.len(), min: at(0), median: at(sorted.len() / 2), max: at(sorted.len().saturating_sub(1)) }
}
