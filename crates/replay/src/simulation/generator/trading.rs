//! Trades, offers and liquidations that have a chance.

use super::Generator;
use crate::{
    listing::DOLLAR,
    simulation::{
        cast::{ACCOUNTS, MARKETS, owner_of},
        check::{Purpose, margin, worth},
        operation::{Operation, Party, Terms},
        state::State,
    },
};

impl Generator {
    fn party(&mut self, state: &State, account: u8) -> Party {
        Party { signer: self.signer(state, account), account }
    }

    /// About as many lots as the account can still carry: what margin, the gap to its worse price and the fee leave room for.
    fn affordable(&self, state: &State, account: u8, market: u8) -> u64 {
        let Some(view) = state.account(account) else { return 0 };
        let row = &state.rows[market as usize];
        let gap = row.mark.saturating_sub(row.long_price).max(row.short_price.saturating_sub(row.mark));
        let per_lot = margin(row, Purpose::Initial).max(1) as u64 + gap + row.mark / 200;
        worth(view, &state.rows, Purpose::Initial).free() / per_lot
    }

    /// Lots the account can trade in a direction: what closes its position, and about what it can carry beyond.
    fn capacity(&self, state: &State, account: u8, market: u8, buys: bool) -> u64 {
        let size = state.size(account, market);
        let closing = if size != 0 && (size < 0) == buys { size.unsigned_abs() } else { 0 };
        closing + self.affordable(state, account, market)
    }

    /// Lots for two accounts: what closes a position, or as much as both can (nearly) take.
    fn lots(&mut self, state: &State, one: u8, other: u8, market: u8, one_buys: bool) -> u64 {
        let (size, books) = (state.size(one, market), &state.markets[market as usize]);
        let both = self.capacity(state, one, market, one_buys).min(self.capacity(state, other, market, !one_buys));
        if size != 0 && (size < 0) == one_buys && self.dice.chance(600) {
            let most = size.unsigned_abs().min(both.max(1));
            return if self.dice.chance(300) { self.dice.share(most, 1, 160).max(1) } else { most };
        }
        let room = books.max_open_interest_lots.saturating_sub(books.long_open_interest);
        let share = if self.dice.chance(500) { (5, 50) } else { (40, 104) };
        self.dice.share(both.min(room.max(1)), share.0, share.1).max(1)
    }

    pub(super) fn trade(&mut self, state: &State) -> Operation {
        let market = self.open_market(state);
        let one = self.trader(state, market);
        let mut other = self.trader(state, market);
        for _ in 0..4 {
            if other != one {
                break;
            }
            other = self.trader(state, market);
        }
        // Whoever has a position usually wants to get rid of it.
        let size = state.size(one, market);
        let one_buys = if size != 0 && self.dice.chance(600) { size < 0 } else { self.dice.chance(500) };
        if self.capacity(state, one, market, one_buys) == 0 && self.dice.chance(800) {
            return self.deposit_into(one);
        }
        let lots = self.lots(state, one, other, market, one_buys);
        let (mark, band) = (state.rows[market as usize].mark, state.markets[market as usize].price_band_bps);
        let price = match self.dice.below(10) {
            0 => mark - (u128::from(mark) * u128::from(band) / 10_000) as u64,
            1 => mark + (u128::from(mark) * u128::from(band) / 10_000) as u64,
            2..5 => self.dice.share(mark, 99, 101),
            _ => mark,
        };
        let (one, other) = (self.party(state, one), self.party(state, other));
        let (buyer, seller) = if one_buys { (one, other) } else { (other, one) };
        Operation::Trade { buyer, seller, market, lots, price }
    }

    fn terms(&mut self, state: &State, maker: u8, market: u8) -> Terms {
        let most = self.affordable(state, maker, market).clamp(1, 1 << 28);
        let side = |generator: &mut Self| generator.dice.share(most, 0, 90);
        Terms {
            bid_lots: side(self),
            ask_lots: side(self).max(1),
            bid_spread_bps: self.dice.between(0, 90) as u32,
            ask_spread_bps: self.dice.between(0, 90) as u32,
            expires_at: state.now + self.dice.between(60, 20_000),
        }
    }

    /// An offer that stands, of a random maker.
    fn standing(&mut self, state: &State) -> Option<(u8, u8)> {
        let first = self.dice.below((ACCOUNTS * MARKETS) as u64) as usize;
        let all = (0..ACCOUNTS * MARKETS).map(|step| (first + step) % (ACCOUNTS * MARKETS));
        let mut places = all.map(|place| ((place / MARKETS) as u8, (place % MARKETS) as u8));
        places.find(|(maker, market)| state.offers[*maker as usize][*market as usize].is_some())
    }

    pub(super) fn place_offer(&mut self, state: &State) -> Operation {
        let market = self.market();
        let maker = self.trader(state, market);
        let (signer, terms) = (self.signer(state, maker), self.terms(state, maker, market));
        Operation::PlaceOffer { signer, maker, market, terms }
    }

    pub(super) fn update_offer(&mut self, state: &State) -> Operation {
        let Some(offer) = self.standing(state) else { return self.place_offer(state) };
        let (signer, terms) = (self.signer(state, offer.0), self.terms(state, offer.0, offer.1));
        Operation::UpdateOffer { signer, maker: offer.0, offer, terms }
    }

    pub(super) fn cancel_offer(&mut self, state: &State) -> Operation {
        let Some(offer) = self.standing(state) else { return self.place_offer(state) };
        Operation::CancelOffer { signer: self.signer(state, offer.0), maker: offer.0, offer }
    }

    pub(super) fn take_offer(&mut self, state: &State) -> Operation {
        let Some(offer) = self.standing(state) else { return self.place_offer(state) };
        let (maker, market) = offer;
        let terms = state.offers[maker as usize][market as usize].as_ref();
        if terms.is_some_and(|terms| terms.expires_at <= state.now) && self.dice.chance(700) {
            return Operation::CancelOffer { signer: owner_of(maker), maker, offer };
        }
        let taker = self.trader(state, market);
        let has = terms.map_or((0, 0), |terms| (terms.ask_lots, terms.bid_lots));
        let buys = match state.size(taker, market) {
            _ if has.0 == 0 || has.1 == 0 => has.0 > 0,
            size if size != 0 && self.dice.chance(600) => size < 0,
            _ => self.dice.chance(500),
        };
        let lots = self.lots(state, taker, maker, market, buys).min(1 << 40) as i64;
        let limit_price = match (self.dice.chance(100), buys) {
            (true, _) => state.rows[market as usize].mark,
            (_, true) => u64::MAX,
            (_, false) => 0,
        };
        let taker = self.party(state, taker);
        Operation::TakeOffer { taker, maker, offer, market, lots: if buys { lots } else { -lots }, limit_price }
    }

    /// Goes for an account below maintenance where there is one, with the richest liquidator of a few.
    pub(super) fn liquidate(&mut self, state: &State) -> Operation {
        let first = self.dice.below(ACCOUNTS as u64) as u8;
        let is_target = |account: &u8| {
            let view = state.account(*account);
            view.is_some_and(|view| !worth(view, &state.rows, Purpose::Maintenance).is_covered())
        };
        let found = (0..ACCOUNTS as u8).map(|step| (first + step) % ACCOUNTS as u8).find(is_target);
        if found.is_none() && self.dice.chance(850) {
            return self.trade(state);
        }
        let liquidatee = found.unwrap_or(first);
        if let Some(rescue) = self.rescue(state, liquidatee) {
            return rescue;
        }
        let market = state.account(liquidatee).map_or(0, |view| match view.positions() {
            [] => 0,
            positions => positions[self.dice.below(positions.len() as u64) as usize].market,
        });
        self.liquidate_account(state, liquidatee, market)
    }

    /// The richest liquidator of a few goes for an account's position.
    pub(super) fn liquidate_account(&mut self, state: &State, liquidatee: u8, market: u8) -> Operation {
        let free = |account: u8| state.account(account).map(|view| worth(view, &state.rows, Purpose::Initial).free());
        let mut liquidator = self.trader(state, market);
        for _ in 0..4 {
            let other = self.trader(state, market);
            if other != liquidatee && (liquidator == liquidatee || free(other) > free(liquidator)) {
                liquidator = other;
            }
        }
        if self.dice.chance(40) {
            liquidator = liquidatee;
        }
        let size = state.size(liquidatee, market);
        let max_lots = if self.dice.chance(700) { u64::MAX } else { self.dice.share(size.unsigned_abs(), 1, 100) };
        let limit_price = match (self.dice.chance(100), size > 0) {
            (true, _) => state.rows[market as usize].mark,
            (_, true) => u64::MAX,
            (_, false) => 0,
        };
        let liquidator = self.party(state, liquidator);
        Operation::Liquidate { liquidator, liquidatee, market, max_lots, limit_price }
    }

    /// What helps where insurance does not reach: money for the tranche, or for the account itself.
    fn rescue(&mut self, state: &State, account: u8) -> Option<Operation> {
        let view = state.account(account)?;
        let worth = worth(view, &state.rows, Purpose::Maintenance);
        let missing = u64::try_from(-worth.equity).ok()?;
        let market = view.positions().first()?.market;
        if missing <= state.markets[market as usize].tranche {
            return None;
        }
        match self.dice.below(40) {
            0 => Some(Operation::FundTranche { market, amount: missing.min(1_000_000 * DOLLAR) }),
            1 | 2 => {
                let amount = missing + worth.requirement as u64;
                let owner = owner_of(account);
                Some(Operation::Deposit { bank: 0, depositor: owner, source: owner, account, amount })
            }
            _ => None,
        }
    }
}
