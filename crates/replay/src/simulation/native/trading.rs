//! Trades: the program's own `clearing`.

use firebreak::{
    FirebreakError,
    clearing::{self, Fill, Side, offer_price, offer_reference},
    state::{AssetRow, Market, Position},
};
use firebreak_client::MarginAccountView;
use risk::Level;

use super::{NativeEngine, Outcome, Rejection, ensure, portfolio};
use crate::simulation::{
    cast::MARKETS,
    fault::Fault,
    operation::{Operation, Party},
};

/// A trade between two loaded accounts.
struct Clearing<'v> {
    buyer: (&'v mut MarginAccountView, u64),
    seller: (&'v mut MarginAccountView, u64),
    fill: Fill,
}

impl NativeEngine<'_> {
    /// Two different accounts that load, and a market that does.
    pub(super) fn load_two(
        &self,
        one: u8,
        other: u8,
        market: u8,
    ) -> Result<(MarginAccountView, MarginAccountView), Rejection> {
        let two = (self.load(one)?, self.load(other)?);
        if one == other || market as usize >= MARKETS {
            return Err(Rejection::Framework);
        }
        Ok(two)
    }

    pub(super) fn trade(&mut self, buyer: Party, seller: Party, market: u8, lots: u64, price: u64) -> Outcome {
        let (mut buying, mut selling) = self.load_two(buyer.account, seller.account, market)?;
        buying.header.require_trader(&self.cast.address(buyer.signer))?;
        selling.header.require_trader(&self.cast.address(seller.signer))?;
        let fee_bps = u64::from(self.state.markets[market as usize].taker_fee_bps);
        let sides = (&mut buying, fee_bps);
        let done =
            self.clear(market, Clearing { buyer: sides, seller: (&mut selling, fee_bps), fill: Fill { lots, price } });
        if done.is_ok() || self.is(Fault::RejectionLeavesTrace) {
            self.store(buyer.account, buying);
            self.store(seller.account, selling);
        }
        done
    }

    pub(super) fn take_offer(&mut self, operation: &Operation) -> Outcome {
        let Operation::TakeOffer { taker, maker, offer: at, market, lots, limit_price } = *operation else {
            return Err(Rejection::Framework);
        };
        let (mut taking, mut making) = self.load_two(taker.account, maker, market)?;
        let mut offer = self.offer(at)?;
        ensure(lots != 0, FirebreakError::AmountZero)?;
        taking.header.require_trader(&self.cast.address(taker.signer))?;
        let is_own = offer.margin_account == self.cast.margin(maker) && offer.market == market;
        ensure(is_own, FirebreakError::OfferMismatch)?;
        ensure(self.state.now < offer.expires_at, FirebreakError::OfferExpired)?;

        let buys = lots > 0;
        let offered = if buys { &mut offer.ask_lots } else { &mut offer.bid_lots };
        let filled = lots.unsigned_abs().min(*offered);
        ensure(filled > 0, FirebreakError::OfferEmpty)?;
        if !self.is(Fault::OfferNotReduced) {
            *offered -= filled;
        }
        let spread_bps = if buys { offer.ask_spread_bps } else { offer.bid_spread_bps };
        let reference = offer_reference(&self.state.rows[market as usize], buys, self.state.now);
        let price = offer_price(reference, spread_bps, buys)?;
        let is_within_limit = if buys { price <= limit_price } else { price >= limit_price };
        ensure(is_within_limit, FirebreakError::LimitPriceExceeded)?;

        let fee_bps = u64::from(self.state.markets[market as usize].taker_fee_bps);
        let (takes, makes) = ((&mut taking, fee_bps), (&mut making, 0));
        let (buyer, seller) = if buys { (takes, makes) } else { (makes, takes) };
        self.clear(market, Clearing { buyer, seller, fill: Fill { lots: filled, price } })?;
        self.store(taker.account, taking);
        self.store(maker, making);
        self.state.offers[at.0 as usize].edit()[at.1 as usize] = Some(offer);
        Ok(())
    }

    fn clear(&mut self, market: u8, trade: Clearing) -> Outcome {
        let Clearing { buyer: (buying, buyer_fee), seller: (selling, seller_fee), fill } = trade;
        let row = self.state.rows[market as usize];
        let (rows, now, level) = self.conditions(market, &fill);
        let books = &mut self.state.markets[market as usize];
        let before = *books;
        let buyer = Side { portfolio: &mut portfolio(buying), fee_bps: buyer_fee };
        let seller = Side { portfolio: &mut portfolio(selling), fee_bps: seller_fee };
        clearing::trade(books, &rows, buyer, seller, fill, level, now)?;
        if let Some(fault) = self.fault {
            break_trade(fault, &before, books, buying, &fill, (&row, buyer_fee));
        }
        Ok(())
    }

    /// Prices, time and breaker level of a trade, as they are, unless a planted bug bends them.
    fn conditions(&self, market: u8, fill: &Fill) -> (Vec<AssetRow>, i64, Level) {
        let mut rows = self.state.rows.clone();
        let mut now = self.state.now;
        let mut level = self.level(market);
        match self.fault {
            Some(Fault::MarginSkipped) => {
                for row in &mut rows {
                    (row.initial_margin, row.maintenance_margin, row.takeover_margin) = (0, 0, 0);
                    (row.initial_liquidity, row.maintenance_liquidity, row.takeover_liquidity) = (0, 0, 0);
                }
            }
            Some(Fault::RiskReopensAtOnce) => rows.iter_mut().for_each(|row| row.risk_opens_at = 0),
            Some(Fault::HaircutIgnored) => rows.iter_mut().for_each(|row| row.haircut_bps = 0),
            Some(Fault::StalePriceTraded) => now = rows.iter().map(|row| row.publish_time).min().unwrap_or(now),
            Some(Fault::BreakerIgnored) => level = Level::Normal,
            Some(Fault::AutomaticIgnored) => level = self.state.breaker.level(market, now),
            Some(Fault::BandIgnored) if fill.price.abs_diff(rows[market as usize].mark) < 100_000 => {
                rows[market as usize].mark = fill.price;
            }
            _ => {}
        }
        (rows, now, level)
    }
}

/// Planted bugs of a trade that was cleared.
fn break_trade(
    fault: Fault,
    before: &Market,
    books: &mut Market,
    buyer: &mut MarginAccountView,
    fill: &Fill,
    (_, fee_bps): (&AssetRow, u64),
) {
    let fee = (u128::from(fill.lots) * u128::from(fill.price) * u128::from(fee_bps)).div_ceil(10_000) as u64;
    let is_rounded = !(u128::from(fill.lots) * u128::from(fill.price) * u128::from(fee_bps)).is_multiple_of(10_000);
    match fault {
        Fault::PremiumForgotten => books.set_premium(before.premium()),
        Fault::OpenInterestForgotten => books.set_open_interest(before.open_interest()),
        Fault::FeeRoundedDown if is_rounded && books.fees > 0 => {
            books.fees -= 1;
            buyer.header.cash += 1;
        }
        Fault::InsurancePaysFee if books.tranche >= fee => {
            books.tranche -= fee;
            buyer.header.cash += fee;
        }
        Fault::SlotKept if (buyer.header.position_count as usize) < buyer.slots.len() => {
            buyer.slots[buyer.header.position_count as usize] =
                Position { market: before.index, ..Position::default() };
            buyer.header.position_count += 1;
        }
        _ => {}
    }
}
