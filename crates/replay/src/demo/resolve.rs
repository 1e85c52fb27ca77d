//! What liquidators do: each a keeper, which decides as the bot does; and what that took from whom, measured around each of its jobs.

use std::collections::BTreeSet;

use firebreak::event::{AutoDeleveraged, CollateralLiquidated, Liquidated};
use firebreak::state::{AssetRow, Position};
use firebreak_keeper::{Job, Own, Scene, Settings, Shard, Switches, Target, Task, decide};
use risk::Leg;
use solana_address::Address;
use solana_signer::Signer;

use crate::chain::{Chain, Receipt};

use super::{
    losses::worth,
    stage::{Snapshot, Stage},
    tally::event,
    waterfall::{Burden, Reading, Waterfall},
};

/// Rounds of a scene: what a keeper can do after what others did.
const ROUNDS: usize = 8;
/// Accounts touched by one instruction.
const PER_SETTLE: usize = 16;
/// Of what a liquidator would have to hold, what it keeps on top, in basis points.
const RESERVE_BPS: u64 = 1_000;
/// How much worse than the mark a liquidator passes on what it took over, in basis points.
const UNWIND_WORST_BPS: u64 = 100;

impl<C: Chain> Stage<C> {
    /// Liquidators share the accounts and do everything that a keeper does but bringing prices, until nothing more can be done.
    pub(super) fn liquidate(&mut self) {
        let events = self.losses.adl_events;
        let mut refused = BTreeSet::new();
        for round in 0..ROUNDS {
            let mut done = 0;
            for who in 0..self.liquidators.len() {
                for job in self.decide(who, round, &refused) {
                    match self.carry_out(who, &job) {
                        true => done += 1,
                        false => drop(refused.insert(job.task.target())),
                    }
                }
            }
            if done == 0 {
                break;
            }
        }
        if self.losses.adl_events > events {
            let snapshot = self.touch_everybody();
            self.losses.after = Some(self.standing(&snapshot));
        }
    }

    /// What the keeper of a liquidator would send now. Shards go round, so that whoever has capital left finds every account.
    fn decide(&mut self, who: usize, round: usize, refused: &BTreeSet<Target>) -> Vec<Job> {
        let scene = Scene { held_back: refused.clone(), ..self.look().seen_by_a_keeper(self.world.at) };
        let count = self.liquidators.len();
        let settings = Settings {
            switches: Switches { refresh_prices: false, ..Switches::ALL },
            shard: Shard { index: ((who + round) % count) as u32, count: count as u32 },
            margin_reserve_bps: RESERVE_BPS,
            unwind_worst_bps: UNWIND_WORST_BPS,
            ..Settings::new(self.world.mint.pubkey(), self.world.token_program)
        };
        let liquidator = &self.liquidators[who];
        decide(&scene, &Own { trader: liquidator.address(), margin_account: Some(liquidator.margin) }, &settings)
    }

    /// Sends a keeper's job, and counts what it did. Whether it was carried out.
    fn carry_out(&mut self, who: usize, job: &Job) -> bool {
        match job.task {
            Task::Liquidate { account, market, .. } => self.take_over(who, job, (account, market)),
            Task::AutoDeleverage { account, market, .. } => self.deleverage(who, job, (account, market)),
            Task::ConvertCollateral { .. } => self.send(who, job).inspect(|receipt| self.count_sale(receipt)).is_some(),
            Task::ReportDeficit { .. } => {
                let is_reported = self.send(who, job).is_some();
                if is_reported {
                    let now = self.world.chain.now();
                    self.try_to_leave(now);
                }
                is_reported
            }
            _ => self.send(who, job).is_some(),
        }
    }

    /// A refusal is counted, and the keeper decides anew.
    fn send(&mut self, who: usize, job: &Job) -> Option<Receipt> {
        self.world.chain.send(&job.instructions, &[&self.liquidators[who].key]).ok()
    }

    fn count_sale(&mut self, receipt: &Receipt) {
        let Some(sale) = event::<CollateralLiquidated>(&receipt.logs) else { return };
        let mark = self.world.row(super::collateral::ASSET).mark;
        self.sold.sales += 1;
        self.sold.lots += sale.amount;
        self.sold.paid += sale.paid;
        self.sold.value += sale.amount * mark;
    }

    fn take_over(&mut self, who: usize, job: &Job, target: (Address, u8)) -> bool {
        let before = self.reading(target);
        let Some(receipt) = self.send(who, job) else { return false };
        let paid = event::<Liquidated>(&receipt.logs).filter(|event| event.insurance_paid > 0);
        if let (Some(event), Some(before), Some(after)) = (paid, before, self.reading(target)) {
            let paid = Waterfall::between(&before, &after, event.mark, (0, 0), event.insurance_fee);
            self.note(target, &paid);
        }
        true
    }

    /// Closes a bankrupt account against the other side, and measures what that took from whom.
    fn deleverage(&mut self, who: usize, job: &Job, target: (Address, u8)) -> bool {
        let Some(before) = self.reading(target) else { return false };
        let past = self.look();
        let Some(receipt) = self.send(who, job) else { return false };
        let now = self.look();
        let (Some(done), Some(after)) = (event::<AutoDeleveraged>(&receipt.logs), self.reading(target)) else {
            return false;
        };
        let paid = Waterfall::between(&before, &after, done.mark, (done.borne_by_side, done.borne_by_market), 0);
        self.note(target, &paid);
        self.losses.adl_events += 1;
        self.losses.deleveraged_lots += done.lots.unsigned_abs();
        self.charge(target, &done, &past, &now);
        true
    }

    /// What the deleveraging took from each position of the charged side; from everybody else, nothing.
    fn charge(&mut self, (bankrupt, market): (Address, u8), done: &AutoDeleveraged, past: &Snapshot, now: &Snapshot) {
        let row = &past.board.rows[market as usize];
        let held = |address: &Address| {
            let position = past.ledger.margin_accounts.get(address)?.position(market)?;
            let is_charged = done.lots != 0 && (position.size > 0) == (done.lots < 0);
            let held = held(position, row);
            (*address != bankrupt && is_charged && held > 0).then_some((i64::from(position.size), held))
        };
        let addresses: Vec<Address> = past.ledger.margin_accounts.keys().copied().collect();
        let all: u128 = addresses.iter().filter_map(held).map(|(_, held)| u128::from(held)).sum();
        for address in addresses.iter().filter(|address| **address != bankrupt) {
            let at = |snapshot: &Snapshot| {
                snapshot.ledger.margin_accounts.get(address).map_or(0, |account| worth(account, &snapshot.board))
            };
            let taken = at(past) - at(now);
            if let Some((lots, held)) = held(address) {
                let first = Burden { market, lots, ..Burden::default() };
                let burden = self.losses.burdens.entry(*address).or_insert(first);
                burden.charged(done.borne_by_side, held, all, taken);
            } else if taken != 0 {
                let violation =
                    format!("deleveraging took {taken} atoms from {address}, which holds nothing it charges");
                self.world.chain.tally.violations.push(violation);
            }
        }
    }

    fn note(&mut self, (bankrupt, market): (Address, u8), paid: &Waterfall) {
        if !paid.holds() {
            let violation = format!("the loss of {bankrupt} does not add up: {paid:?}");
            self.world.chain.tally.violations.push(violation);
        }
        self.losses.resolved(market, bankrupt, paid);
    }

    /// An account's cash and its leg in a market, and the market's tranche.
    fn reading(&mut self, (bankrupt, market): (Address, u8)) -> Option<Reading> {
        let (account, row) = (self.world.margin(&bankrupt), self.world.row(market));
        let leg = account.position(market).map_or(Some(Leg::default()), |position| row.leg(position).ok())?;
        Some(Reading { cash: account.header.cash, leg, tranche: self.world.market(market).tranche })
    }

    /// Settles every position that is behind its side's indices, several accounts per instruction, and sees that nobody is
    /// richer or poorer for it, and that each gave up its share.
    pub(super) fn touch_everybody(&mut self) -> Snapshot {
        let snapshot = self.look();
        for (market, row) in (0_u8..).zip(&snapshot.board.rows) {
            let is_behind = |account: &firebreak_client::MarginAccountView| {
                let position = account.position(market).filter(|position| position.size != 0);
                position.is_some_and(|position| !row.side(position.size > 0).is_seen_by(position))
            };
            let accounts = snapshot.ledger.margin_accounts.iter();
            let behind: Vec<Address> =
                accounts.filter(|(_, account)| is_behind(account)).map(|(address, _)| *address).collect();
            self.touched += behind.len() as u64;
            for some in behind.chunks(PER_SETTLE) {
                let settle = self.world.at.settle(market, some);
                self.touches += 1;
                if let Err(refusal) = self.world.chain.send(&[settle], &[&self.world.payer]) {
                    self.world.chain.tally.violations.push(format!("touching was refused: {refusal}"));
                }
            }
        }
        let after = self.look();
        let violations = &mut self.world.chain.tally.violations;
        for (address, account) in &snapshot.ledger.margin_accounts {
            let touched = after.ledger.margin_accounts.get(address).map(|account| worth(account, &after.board));
            if touched != Some(worth(account, &snapshot.board)) {
                violations.push(format!("touching {address} changed what it is worth"));
            }
        }
        let unfair = self.losses.burdens.iter().filter(|(_, burden)| !burden.holds());
        violations.extend(unfair.map(|(address, burden)| format!("{address} did not bear its share: {burden:?}")));
        after
    }
}

/// Lots that a position really holds, with 32 fraction bits.
fn held(position: &Position, row: &AssetRow) -> u64 {
    let side = row.side(position.size > 0);
    let stored = u128::from(position.size.unsigned_abs()) << 32;
    let scaled = |lots: u128, from: u64, to: u64| lots * u128::from(to) / u128::from(from.max(1));
    let held = match position.side_epoch == side.epoch {
        true => scaled(stored, position.side_scale, side.scale),
        // The scale began again at 1.
        false => scaled(scaled(stored, position.side_scale, side.last_scale), risk::SCALE_ONE, side.scale),
    };
    if position.size == 0 { 0 } else { u64::try_from(held).unwrap_or(u64::MAX) }
}
