//! The traders of a scene: everybody decides, opposite wishes are matched, the rest goes to the makers.

use crate::chain::Chain;

use super::{
    stage::{Snapshot, Stage},
    trader::{self, Deed, Sight},
};

/// A trade that a trader wants and has not had yet.
struct Wish {
    trader: usize,
    market: u8,
    /// Negative to sell.
    lots: i64,
}

impl<C: Chain> Stage<C> {
    /// Every trader decides and acts.
    pub(super) fn let_traders_act(&mut self, index: usize) {
        let snapshot = self.look();
        let (first, prices) = (self.script.scenes[0].prices_e8, self.script.scenes[index].prices_e8);
        let fallen = |asset: usize| first[asset].saturating_sub(prices[asset]) * 10_000 / first[asset].max(1);
        let sight = Sight {
            board: &snapshot.board,
            levels: snapshot.levels(),
            fallen_bps: [0, 1, 2].map(fallen),
            progress_bps: index as u64 * 10_000 / self.script.scenes.len() as u64,
            now: snapshot.now,
        };
        let mut wishes = Vec::new();
        for number in 0..self.traders.len() {
            let trader = &mut self.traders[number];
            let Some(account) = snapshot.ledger.margin_accounts.get(&trader.actor.margin) else { continue };
            let deeds = trader::decide(&trader.plan, &mut trader.memory, account, &sight, &mut self.generator);
            for deed in deeds {
                self.act(number, deed, &mut wishes);
            }
        }
        self.match_wishes(&mut wishes, &snapshot);
        for wish in wishes.into_iter().filter(|wish| wish.lots != 0) {
            let is_filled = self.take(wish.trader, wish.market, wish.lots, &snapshot);
            self.traders[wish.trader].memory.is_in |= is_filled;
        }
    }

    fn act(&mut self, number: usize, deed: Deed, wishes: &mut Vec<Wish>) {
        let actor = &self.traders[number].actor;
        // A refusal is counted, and the trader decides anew in the next scene.
        let _counted = match deed {
            Deed::Trade { market, lots } => return wishes.push(Wish { trader: number, market, lots }),
            Deed::Deposit(amount) => self.world.deposit(actor, amount),
            Deed::Withdraw(amount) => self.world.withdraw(actor, amount),
            Deed::Settle(market) => self.world.settle(market, &actor.margin),
        };
    }

    /// Buyers and sellers of one market trade with each other at mark, both signing.
    fn match_wishes(&mut self, wishes: &mut [Wish], snapshot: &Snapshot) {
        for buy in 0..wishes.len() {
            for sell in 0..wishes.len() {
                let is_pair = wishes[buy].lots > 0 && wishes[sell].lots < 0;
                if !is_pair || wishes[buy].market != wishes[sell].market {
                    continue;
                }
                let lots = wishes[buy].lots.min(-wishes[sell].lots);
                let market = wishes[buy].market;
                let mark = snapshot.board.rows[market as usize].mark;
                let (buyer, seller) = (&self.traders[wishes[buy].trader], &self.traders[wishes[sell].trader]);
                if self.world.trade(market, &buyer.actor, &seller.actor, lots.unsigned_abs(), mark).is_ok() {
                    for (wish, traded) in [(buy, lots), (sell, -lots)] {
                        wishes[wish].lots -= traded;
                        self.traders[wishes[wish].trader].memory.is_in = true;
                    }
                }
            }
        }
    }
}
