//! The end of a run in figures: what is shown, and what `--json` writes.

use std::collections::BTreeMap;

use firebreak_client::FirebreakError;
use serde::Serialize;

use crate::{chain::Chain, ledger::token_amount, world::Actor};

use super::{
    arguments::{ASSETS, DemoArguments},
    cast::{Habit, Plan},
    collateral::{ASSET, pledged},
    losses::{LossRow, insurance_worth, own_worth, worth},
    players::{LIQUIDATOR_CASH, MAKER_CASH},
    stage::{Snapshot, Stage},
    stakers::StakerRow,
    timeline::{Moment, day, symbol},
    waterfall::Waterfall,
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

/// What bankrupt accounts had lost in a market, and who paid.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MarketWaterfall {
    pub market: &'static str,
    pub accounts: u64,
    #[serde(flatten)]
    pub paid: Waterfall,
}

/// The oracle that said nothing.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SilentOracle {
    pub asset: &'static str,
    /// Unix seconds of the last price before, and of the first one after.
    pub from: i64,
    pub to: i64,
    pub price_before_e8: u64,
    pub price_after_e8: u64,
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
    pub silent_oracle: Option<SilentOracle>,
    pub adl_events: u64,
    pub deleveraged_lots: u64,
    /// Positions of deleveraged sides that settling touched afterwards.
    pub positions_touched: u64,
    pub touching_instructions: u64,
    pub accounts_bankrupt: usize,
    pub bad_debt_atoms: u64,
    pub insurance_paid_atoms: u64,
    pub insurance_fees_atoms: u64,
    pub insurance_fund_fees_atoms: u64,
    pub protocol_fees_atoms: u64,
    pub tranches_refilled_atoms: u64,
    pub tranches_returned_atoms: u64,
    pub deficits_waiting: DeficitsWaiting,
    pub waterfalls: Vec<MarketWaterfall>,
    pub who_lost: Vec<LossRow>,
    /// From when to when, unix seconds.
    pub who_lost_times: (i64, i64),
    /// What every lot of the deleveraged side gave up, rounded down, where it is one side.
    pub deleveraging_per_lot_atoms: Option<u128>,
    /// What positions gave up beyond what was charged to them.
    pub deleveraging_roundings_atoms: i128,
    pub stakers: Vec<StakerRow>,
    pub collateral_sales: u64,
    pub collateral_sold_atoms: u64,
    /// What it was worth at mark.
    pub collateral_value_atoms: u64,
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
        let waiting = self.deficits(&snapshot);
        let who_lost = self.losses.rows(|address| self.name_of(address));
        let stakers = self.staker_rows(&snapshot);
        let groups = self.groups(&snapshot, &stakers);
        let paid = self.losses.sum();
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
            silent_oracle: self.silent_oracle(),
            adl_events: self.losses.adl_events,
            deleveraged_lots: self.losses.deleveraged_lots,
            positions_touched: self.touched,
            touching_instructions: self.touches,
            accounts_bankrupt: self.losses.relief.len(),
            bad_debt_atoms: paid.tranche + paid.side + paid.fees + waiting.atoms,
            insurance_paid_atoms: paid.tranche,
            insurance_fees_atoms: tally.insurance_fees,
            insurance_fund_fees_atoms: tally.fees_to_fund,
            protocol_fees_atoms: tally.fees_kept,
            tranches_refilled_atoms: tally.refilled,
            tranches_returned_atoms: tally.returned,
            deficits_waiting: waiting,
            waterfalls: self.waterfalls(),
            who_lost,
            who_lost_times: self.losses.times(),
            deleveraging_per_lot_atoms: self.losses.per_lot(),
            deleveraging_roundings_atoms: self.losses.roundings(),
            stakers,
            collateral_sales: self.sold.sales,
            collateral_sold_atoms: self.sold.paid,
            collateral_value_atoms: self.sold.value,
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

    fn name_of(&self, margin: &solana_address::Address) -> String {
        if let Some(trader) = self.traders.iter().find(|trader| trader.actor.margin == *margin) {
            return trader.plan.name.clone();
        }
        let number = |actors: &[Actor]| actors.iter().position(|actor| actor.margin == *margin);
        match (number(&self.makers), number(&self.liquidators)) {
            (Some(number), _) => format!("maker {number}"),
            (_, Some(number)) => format!("liquidator {number}"),
            _ => margin.to_string(),
        }
    }

    fn waterfalls(&self) -> Vec<MarketWaterfall> {
        let of = self.losses.waterfalls.iter();
        of.map(|(market, (accounts, paid))| MarketWaterfall {
            market: symbol(*market),
            accounts: accounts.len() as u64,
            paid: *paid,
        })
        .collect()
    }

    fn silent_oracle(&self) -> Option<SilentOracle> {
        let silence = self.script.silence?;
        let (before, after) = (self.script.scenes.get(silence.first - 1)?, self.script.scenes.get(silence.last + 1)?);
        Some(SilentOracle {
            asset: ASSETS[silence.asset],
            from: before.time,
            to: after.time,
            price_before_e8: before.prices_e8[silence.asset],
            price_after_e8: after.prices_e8[silence.asset],
        })
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
        let mark = i128::from(snapshot.board.rows[ASSET as usize].mark);
        let mut waiting = DeficitsWaiting { refusals, ..DeficitsWaiting::default() };
        for account in snapshot.ledger.margin_accounts.values() {
            let equity = worth(account, &snapshot.board) + i128::from(pledged(account)) * mark;
            if equity < 0 {
                waiting.accounts += 1;
                waiting.atoms += u64::try_from(-equity).unwrap_or(u64::MAX);
            }
        }
        waiting
    }

    /// Who brought what and has what, and the markets' own part.
    fn groups(&mut self, snapshot: &Snapshot, rows: &[StakerRow]) -> Vec<Group> {
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
        // Tokens count at the last mark, on both sides.
        let mark = i128::from(snapshot.board.rows[ASSET as usize].mark);
        let has = |account| worth(account, &snapshot.board) + i128::from(pledged(account)) * mark;
        let mut add = |name: &str, actor: &Actor, brought: i128| {
            let Some(group) = groups.iter_mut().find(|group| group.name == name) else { return };
            let held = snapshot.ledger.margin_accounts.get(&actor.margin).map_or(0, has);
            let wallet = world.chain.account(&actor.tokens).map_or(0, |account| token_amount(&account));
            group.accounts += 1;
            group.brought_atoms += brought;
            group.has_atoms += held + i128::from(wallet);
        };
        for trader in &self.traders {
            let extra = if trader.plan.habit == Habit::TopUp { trader.plan.cash } else { 0 };
            let pledged = i128::from(trader.pledged) * (mark - i128::from(trader.pledged_at));
            add(group_of(&trader.plan), &trader.actor, i128::from(trader.plan.cash + extra) + pledged);
        }
        self.makers.iter().for_each(|maker| add("makers", maker, MAKER_CASH.into()));
        self.liquidators.iter().for_each(|liquidator| add("liquidators", liquidator, LIQUIDATOR_CASH.into()));
        let mut stakers = Group { name: "stakers", ..Group::default() };
        for (staker, row) in self.stakers.iter().zip(rows) {
            let wallet = world.chain.account(&staker.actor.tokens).map_or(0, |account| token_amount(&account));
            stakers.accounts += 1;
            stakers.brought_atoms += i128::from(row.staked_atoms);
            stakers.has_atoms += i128::from(row.value_at_end_atoms) + i128::from(wallet);
        }
        let shares: i128 = rows.iter().map(|row| i128::from(row.value_at_end_atoms)).sum();
        // What the fund and the tranches hold and no share owns: tranches' income since the last sweep, roundings.
        let nobodys = insurance_worth(&snapshot.ledger) - shares;
        let unshared = Group { name: "insurance, unshared", has_atoms: nobodys, ..Group::default() };
        let own = own_worth(&snapshot.ledger, &snapshot.board);
        let markets = Group { name: "fees and roundings", has_atoms: own, ..Group::default() };
        groups.extend([stakers, unshared, markets]);
        groups.iter_mut().for_each(|group| group.change_atoms = group.has_atoms - group.brought_atoms);
        groups
    }
}

fn units(all: &[u64]) -> Units {
    let mut sorted = all.to_vec();
    sorted.sort_unstable();
    let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
    Units { count: sorted.len(), min: at(0), median: at(sorted.len() / 2), max: at(sorted.len().saturating_sub(1)) }
}
