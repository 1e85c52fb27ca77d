//! Accounts below maintenance, down to the last step: somebody takes over, the tranche pays, the other side closes.

use firebreak::event::{AutoDeleveraged, Liquidated};
use firebreak::state::{AssetRow, Position};
use firebreak_client::FirebreakError;
use risk::Leg;
use solana_address::Address;

use crate::chain::{Chain, Refusal};

use super::{
    acts::Taker,
    liquidator::{self, Target},
    losses::worth,
    stage::{Snapshot, Stage},
    tally::event,
    waterfall::{Burden, Reading, Waterfall},
};

/// Rounds of liquidations in a scene: each takes one slice of every account below maintenance.
const ROUNDS: usize = 8;
/// Liquidations in a round, the worst accounts first.
const PER_ROUND: usize = 30;
/// Accounts touched by one instruction.
const PER_SETTLE: usize = 16;
/// A reported deficit is reported again before it is forgotten.
const REPORTED_AGAIN_SECONDS: i64 = 1_800;

impl<C: Chain> Stage<C> {
    /// Liquidators take over from accounts below maintenance, and resolve the bankrupt, until nothing more can be done; then
    /// they sell what they hold.
    pub(super) fn liquidate(&mut self) {
        let own: Vec<Address> = self.liquidators.iter().map(|liquidator| liquidator.margin).collect();
        let mut snapshot = self.look();
        self.report(&snapshot);
        let events = self.losses.adl_events;
        for round in 0..ROUNDS {
            self.buy_collateral(&own, &snapshot);
            if self.liquidate_round(round, &own, &snapshot) == 0 {
                break;
            }
            snapshot = self.look();
        }
        if self.losses.adl_events > events {
            snapshot = self.touch_everybody();
        }
        for (who, margin) in own.iter().enumerate() {
            let Some(account) = snapshot.ledger.margin_accounts.get(margin) else { continue };
            for (market, lots) in liquidator::unwinding(account, &snapshot.board, snapshot.now) {
                self.take(Taker::Liquidator(who), market, lots, &snapshot);
            }
        }
        if self.losses.adl_events > events {
            let snapshot = self.look();
            self.losses.after = Some(self.standing(&snapshot));
        }
    }

    /// A keeper shows a bankrupt account: nobody leaves the insurance fund for an hour.
    fn report(&mut self, snapshot: &Snapshot) {
        let closed_until = snapshot.ledger.fund.map_or(0, |fund| fund.closed_until);
        if closed_until > snapshot.now + REPORTED_AGAIN_SECONDS {
            return;
        }
        let equity = |account: &firebreak_client::MarginAccountView| {
            account.value_for_maintenance(&snapshot.board, snapshot.now).map_or(0, |value| value.equity)
        };
        let worst = snapshot.ledger.margin_accounts.iter().min_by_key(|(_, account)| equity(account));
        if let Some((address, account)) = worst
            && equity(account) < 0
            && self.world.report_deficit(address).is_ok()
        {
            self.try_to_leave(snapshot.now);
        }
    }

    /// One slice of every account below maintenance, the liquidators in turn. How many were carried out.
    fn liquidate_round(&mut self, round: usize, own: &[Address], snapshot: &Snapshot) -> usize {
        let mut targets = liquidator::targets(&snapshot.ledger, own, snapshot.now);
        targets.truncate(PER_ROUND);
        let mut done = 0;
        for (number, target) in targets.iter().enumerate() {
            if target.waits {
                continue;
            }
            let who = (round + number) % own.len();
            for market in liquidator::claims(&snapshot.ledger, target, snapshot.now) {
                // What the account has won elsewhere becomes cash first: a claim would keep a debt waiting.
                let _counted = self.world.settle(market, &target.account);
            }
            let account = snapshot.ledger.margin_accounts.get(&own[who]);
            let max_lots = account.map_or(0, |own| liquidator::affordable(own, &snapshot.board, target.market));
            done += usize::from(self.resolve(who, target, max_lots));
        }
        done
    }

    /// A liquidation, or where the tranche cannot pay the market's share of a deficit, a deleveraging.
    fn resolve(&mut self, who: usize, target: &Target, max_lots: u64) -> bool {
        if max_lots == 0 && target.lots > 0 {
            return target.is_bankrupt && self.deleverage(target);
        }
        let before = if target.is_bankrupt { self.reading(target) } else { None };
        let actor = &self.liquidators[who];
        match self.world.liquidate(target.market, actor, &target.account, max_lots, target.limit_price) {
            Ok(receipt) => {
                let paid = event::<Liquidated>(&receipt.logs).filter(|event| event.insurance_paid > 0);
                if let (Some(event), Some(before), Some(after)) = (paid, before, self.reading(target)) {
                    let paid = Waterfall::between(&before, &after, event.mark, (0, 0), event.insurance_fee);
                    self.note(target, &paid);
                }
                true
            }
            Err(refusal) if needs_the_other_side(&refusal) => self.deleverage(target),
            Err(_) => false,
        }
    }

    /// Closes a bankrupt account against the other side, and measures what that took from whom.
    fn deleverage(&mut self, target: &Target) -> bool {
        let Some(before) = self.reading(target) else { return false };
        let past = self.look();
        let Ok(receipt) = self.world.auto_deleverage(target.market, &target.account) else { return false };
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
    fn charge(&mut self, target: &Target, done: &AutoDeleveraged, past: &Snapshot, now: &Snapshot) {
        let row = &past.board.rows[target.market as usize];
        let held = |address: &Address| {
            let position = past.ledger.margin_accounts.get(address)?.position(target.market)?;
            let is_charged = done.lots != 0 && (position.size > 0) == (done.lots < 0);
            let held = held(position, row);
            (*address != target.account && is_charged && held > 0).then_some((i64::from(position.size), held))
        };
        let addresses: Vec<Address> = past.ledger.margin_accounts.keys().copied().collect();
        let all: u128 = addresses.iter().filter_map(held).map(|(_, held)| u128::from(held)).sum();
        for address in addresses.iter().filter(|address| **address != target.account) {
            let at = |snapshot: &Snapshot| {
                snapshot.ledger.margin_accounts.get(address).map_or(0, |account| worth(account, &snapshot.board))
            };
            let taken = at(past) - at(now);
            if let Some((lots, held)) = held(address) {
                let first = Burden { market: target.market, lots, ..Burden::default() };
                let burden = self.losses.burdens.entry(*address).or_insert(first);
                burden.charged(done.borne_by_side, held, all, taken);
            } else if taken != 0 {
                let violation =
                    format!("deleveraging took {taken} atoms from {address}, which holds nothing it charges");
                self.world.chain.tally.violations.push(violation);
            }
        }
    }

    fn note(&mut self, target: &Target, paid: &Waterfall) {
        if !paid.holds() {
            let violation = format!("the loss of {} does not add up: {paid:?}", target.account);
            self.world.chain.tally.violations.push(violation);
        }
        self.losses.resolved(target.market, target.account, paid);
    }

    /// The bankrupt account's cash and leg, and the tranche.
    fn reading(&mut self, target: &Target) -> Option<Reading> {
        let (account, row) = (self.world.margin(&target.account), self.world.row(target.market));
        let leg = account.position(target.market).map_or(Some(Leg::default()), |position| row.leg(position).ok())?;
        Some(Reading { cash: account.header.cash, leg, tranche: self.world.market(target.market).tranche })
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

/// Whether a liquidation was refused because insurance does not reach, or because a loss cannot be taken lot by lot.
fn needs_the_other_side(refusal: &Refusal) -> bool {
    use FirebreakError::{LotsInseparable, TrancheInsufficient};
    [TrancheInsufficient, LotsInseparable].into_iter().any(|cause| refusal.is(cause))
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
