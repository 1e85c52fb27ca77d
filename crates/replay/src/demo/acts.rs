//! What guardian, makers and keepers do in a scene, as transactions.

use firebreak_client::instructions as ix;
use risk::{Action, Level};
use solana_signer::Signer;

use crate::chain::{Chain, Refusal};

use super::{
    guardian::{self, REASON_PRICE_MOVE, TRIP_SECONDS},
    losses::worth,
    players,
    stage::{Snapshot, Stage},
    tally::lots_traded,
    timeline::Reached,
};

/// Losses settled by keepers in a scene, and scenes between two rounds of paying gains.
const LOSSES_PER_SCENE: usize = 3;
const SCENES_BETWEEN_GAINS: usize = 10;
/// What is worth a keeper's transaction, in quote atoms; a debt without a position is settled whatever it is.
const WORTH_SETTLING: i64 = 1_000_000_000;

impl<C: Chain> Stage<C> {
    /// The guardian trips the breakers of markets that moved too far.
    pub(super) fn guard(&mut self, snapshot: &Snapshot) {
        for market in 0..3_u8 {
            let index = market as usize;
            let move_bps = self.watches[index].move_bps(snapshot.now, snapshot.board.rows[index].mark);
            self.moves_bps[index] = move_bps;
            let standing = snapshot.breaker.level(market, snapshot.now);
            let left = snapshot.breaker.markets[index].emergency.expires_at - snapshot.now;
            let Some(trip) = guardian::decide(move_bps, standing, left, self.script.step_seconds) else { continue };
            let signer = self.world.guardian.pubkey();
            let trips = self.world.at.trip_breaker(signer, market, trip.level as u8, TRIP_SECONDS, REASON_PRICE_MOVE);
            let sent = self.world.chain.send(&[trips], &[&self.world.guardian]);
            if sent.is_ok() && trip.level > standing {
                self.reached.push(Reached { market, level: trip.level, time: snapshot.now, move_bps });
            }
        }
    }

    /// Makers renew what was taken, and step back from a restless market.
    pub(super) fn quote(&mut self, snapshot: &Snapshot) {
        for (number, maker) in self.makers.iter().enumerate() {
            for market in 0..3_u8 {
                let spread = players::spread_bps(self.moves_bps[market as usize]) + number as u32;
                let terms = players::terms(snapshot.board.rows[market as usize].mark, spread, snapshot.now);
                let Some(offer) = snapshot.offers.get(&(maker.margin, market)) else { continue };
                let is_thin = offer.bid_lots.min(offer.ask_lots) < terms.bid_lots / 2;
                if is_thin || offer.bid_spread_bps != spread {
                    let update = ix::update_offer(market, maker.address(), maker.margin, terms);
                    let _counted = self.world.chain.send(&[update], &[&maker.key]);
                }
            }
        }
    }

    /// Takes from the makers' offers in turn, a part from each, until the lots are had. Whether anything was.
    pub(super) fn take(&mut self, trader: usize, market: u8, lots: i64, snapshot: &Snapshot) -> bool {
        let mark = snapshot.board.rows[market as usize].mark;
        let limit = if lots > 0 { mark + mark / 100 } else { mark - mark / 100 };
        let mut left = lots.unsigned_abs();
        let part = left.div_ceil(self.makers.len() as u64);
        for turn in 0..2 * self.makers.len() {
            if turn == self.makers.len() && left == lots.unsigned_abs() {
                break; // nobody sells at this price
            }
            self.turn += 1;
            let maker = &self.makers[self.turn % self.makers.len()];
            // In the second round, whatever the first one left.
            let most = if turn < self.makers.len() { left.min(part) } else { left };
            let wanted = most.min(snapshot.room(&maker.margin, market, lots));
            if wanted == 0 {
                continue;
            }
            let actor = &self.traders[trader].actor;
            let signed = if lots > 0 { wanted as i64 } else { -(wanted as i64) };
            match self.world.take_offer(market, actor, maker, signed, limit) {
                Ok(receipt) => left = left.saturating_sub(lots_traded(&receipt)),
                Err(refusal) if is_offer_s(&refusal) => {}
                Err(_) => break, // another maker would not do either
            }
        }
        left < lots.unsigned_abs()
    }

    /// Keepers turn losses into the pools' money, and now and then pools into gains.
    pub(super) fn settle(&mut self, index: usize) {
        let snapshot = self.look();
        let mut losses = Vec::new();
        let mut gains = Vec::new();
        for (address, account) in &snapshot.ledger.margin_accounts {
            for position in account.positions() {
                let row = &snapshot.board.rows[position.market as usize];
                let pnl = position.leg().pnl(row.mark).unwrap_or_default();
                let is_dead = position.size != 0 && row.require(Action::SettleLoss, snapshot.now).is_err();
                if is_dead || worth(account, &snapshot.board) < 0 {
                    continue; // nothing to settle: no price, or a loss that is shared out
                }
                let is_debt = position.size == 0 && pnl < 0;
                if (pnl < -WORTH_SETTLING || is_debt) && account.header.cash > 0 {
                    losses.push((pnl, *address, position.market));
                } else if pnl > WORTH_SETTLING && pays_gains(&snapshot, position.market) {
                    gains.push((-pnl, *address, position.market));
                }
            }
        }
        losses.sort();
        losses.truncate(LOSSES_PER_SCENE);
        gains.sort();
        let is_payday = index % SCENES_BETWEEN_GAINS == SCENES_BETWEEN_GAINS - 1;
        let gains = gains.into_iter().filter(|_| is_payday);
        for (_, address, market) in losses.into_iter().chain(gains) {
            let _counted = self.world.settle(market, &address);
        }
    }
}

/// Whether a market's pool, price and breaker let gains out now.
fn pays_gains(snapshot: &Snapshot, market: u8) -> bool {
    let has_pool = snapshot.ledger.markets.get(&market).is_some_and(|market| market.pool > 0);
    let is_fresh = snapshot.board.rows[market as usize].require(Action::AddRisk, snapshot.now).is_ok();
    has_pool && is_fresh && snapshot.breaker.level(market, snapshot.now) <= Level::ReduceOnly
}

/// Whether another maker's offer may still do.
fn is_offer_s(refusal: &Refusal) -> bool {
    use firebreak_client::FirebreakError::{LimitPriceExceeded, OfferEmpty, OfferExpired};
    [OfferEmpty, OfferExpired, LimitPriceExceeded].into_iter().any(|cause| refusal.is(cause))
}
