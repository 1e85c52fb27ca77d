//! What a keeper took over goes on to makers: a liquidator keeps no view on prices.

use firebreak::clearing::{offer_price, offer_reference};
use firebreak::state::{AssetRow, Offer};
use risk::{Action, BPS_ONE};
use solana_address::Address;

use crate::{
    job::{Job, Target, Task},
    resolve::Resolver,
};

/// A maker that would take (part of) a position.
struct Quote {
    price: u64,
    maker: Address,
    lots: u64,
}

impl Resolver<'_> {
    /// Adds jobs that close what the own account holds at makers' offers, the best price first, none worse than the mark worsened by
    /// `unwind_worst_bps`. Not at a price that nothing confirms: takers then get the worse of it and its average.
    pub fn unwind(&mut self) {
        let Some(own) = self.own.margin_account else { return };
        let held = self.scene.accounts.get(&own).map(|account| account.positions().to_vec()).unwrap_or_default();
        for position in held {
            let market = position.market;
            // At most what is held on chain now: more would open the other side.
            let after =
                self.trial.account(&own).and_then(|account| account.position(market)).map_or(0, |held| held.size);
            let is_same_side = (after > 0) == (position.size > 0);
            let lots = position.size.unsigned_abs().min(after.unsigned_abs());
            if lots == 0 || !is_same_side || self.scene.held_back.contains(&Target::Own { market }) {
                continue;
            }
            self.unwind_one(&own, market, position.size < 0, u64::from(lots));
        }
    }

    fn unwind_one(&mut self, own: &Address, market: u8, buys: bool, mut left: u64) {
        let Some(row) = self.trial.board.rows.get(market as usize).copied() else { return };
        if row.require(Action::AutoDeleverage, self.scene.now).is_err() {
            return;
        }
        let worst_bps = self.settings.unwind_worst_bps.min(BPS_ONE);
        let worse = risk::bps_down(row.mark, worst_bps).unwrap_or(0);
        let limit_price = if buys { row.mark.saturating_add(worse) } else { row.mark.saturating_sub(worse) };
        for quote in self.quotes(own, (market, &row), buys) {
            let is_too_dear = if buys { quote.price > limit_price } else { quote.price < limit_price };
            if left == 0 || is_too_dear {
                return;
            }
            let taken = i64::try_from(left.min(quote.lots)).unwrap_or(i64::MAX);
            let lots = if buys { taken } else { -taken };
            if self.trial.take((own, &quote.maker), market, lots, quote.price).is_err() {
                continue;
            }
            left -= taken.unsigned_abs();
            let why = format!(
                "passes {taken} lots of market {market} on to {} at {} (mark {}); {left} are left",
                quote.maker, quote.price, row.mark
            );
            let task = Task::Unwind { market, maker: quote.maker, lots, limit_price };
            let take = self.scene.at.take_offer(market, self.own.trader, *own, quote.maker, lots, limit_price);
            self.jobs.push(Job::new(task, take, why));
        }
    }

    /// Makers that quote this side of a market now, the best price first.
    fn quotes(&self, own: &Address, (market, row): (u8, &AssetRow), buys: bool) -> Vec<Quote> {
        let now = self.scene.now;
        let reference = offer_reference(row, buys, now);
        let quote = |offer: &Offer| {
            let is_live = offer.market == market && now < offer.expires_at && offer.margin_account != *own;
            let (lots, spread_bps) =
                if buys { (offer.ask_lots, offer.ask_spread_bps) } else { (offer.bid_lots, offer.bid_spread_bps) };
            let price = offer_price(reference, spread_bps, buys).ok().filter(|_| is_live && lots > 0)?;
            Some(Quote { price, maker: offer.margin_account, lots })
        };
        let mut quotes: Vec<Quote> = self.scene.offers.values().filter_map(quote).collect();
        quotes.sort_by_key(|quote| (if buys { quote.price } else { u64::MAX - quote.price }, quote.maker));
        quotes
    }
}
