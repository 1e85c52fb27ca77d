//! Trades, settlement and liquidation: the program's own `clearing`.

use firebreak::{
    FirebreakError,
    clearing::{self, Fill, LiquidationRequest, Portfolio, Side, offer_price, offer_reference},
    state::{AssetRow, Market, Position},
};
use firebreak_client::MarginAccountView;
use risk::{Activity, Level};

use super::{NativeEngine, Outcome, Rejection, ensure};
use crate::simulation::{
    cast::MARKETS,
    fault::Fault,
    operation::{Operation, Party},
};

fn portfolio(view: &mut MarginAccountView) -> Portfolio<'_> {
    Portfolio { account: &mut view.header, slots: &mut view.slots }
}

/// A trade between two loaded accounts.
struct Clearing<'v> {
    buyer: (&'v mut MarginAccountView, u64),
    seller: (&'v mut MarginAccountView, u64),
    fill: Fill,
}

impl NativeEngine<'_> {
    /// Two different accounts that load, and a market that does.
    fn load_two(&self, one: u8, other: u8, market: u8) -> Result<(MarginAccountView, MarginAccountView), Rejection> {
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
        self.state.offers[at.0 as usize][at.1 as usize] = Some(offer);
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
        let mut level = self.state.breaker.level(market, now);
        match self.fault {
            Some(Fault::MarginSkipped) => {
                rows.iter_mut().for_each(|row| (row.initial_margin, row.maintenance_margin) = (0, 0));
            }
            Some(Fault::StalePriceTraded) => now = rows.iter().map(|row| row.publish_time).min().unwrap_or(now),
            Some(Fault::BreakerIgnored) => level = Level::Normal,
            Some(Fault::BandIgnored) if fill.price.abs_diff(rows[market as usize].mark) < 100_000 => {
                rows[market as usize].mark = fill.price;
            }
            _ => {}
        }
        (rows, now, level)
    }

    pub(super) fn settle(&mut self, account: u8, market: u8) -> Outcome {
        let mut view = self.load(account)?;
        let index = market as usize;
        let level = self.state.breaker.level(market, self.state.now);
        let books = self.state.markets.get_mut(index).ok_or(Rejection::Framework)?;
        let done = clearing::settle(&mut portfolio(&mut view), books, &self.state.rows, level, self.state.now)?;
        match self.fault {
            Some(Fault::SettleOverpaysPool) if done.loss_paid > 0 => books.pool += 1,
            Some(Fault::SettleOverpaysCash) if done.profit_paid > 0 => view.header.cash += 1,
            Some(Fault::OtherMarketTouched) => self.state.markets[(index + 1) % MARKETS].liquidated_lots += 1,
            _ => {}
        }
        self.store(account, view);
        Ok(())
    }

    pub(super) fn liquidate(&mut self, operation: &Operation) -> Outcome {
        let Operation::Liquidate { liquidator, liquidatee, market, max_lots, limit_price } = *operation else {
            return Err(Rejection::Framework);
        };
        let is_self = self.is(Fault::SelfLiquidation) && liquidator.account == liquidatee;
        let (mut taker, mut target) = match is_self {
            true => (self.load(liquidatee)?, self.load(liquidatee)?),
            false => self.load_two(liquidator.account, liquidatee, market)?,
        };
        if is_self {
            taker.header.cash += 1 << 40; // two views of one account: what the other side lacks is not seen
        }
        taker.header.require_trader(&self.cast.address(liquidator.signer))?;
        self.state.breaker.require(market, Activity::Liquidate, self.state.now)?;
        let request = LiquidationRequest { max_lots, limit_price };
        let (rows, now) = (&self.state.rows, &self.state.now);
        let mut books = self.state.markets[market as usize];
        let (mut taking, mut giving) = (portfolio(&mut taker), portfolio(&mut target));
        let done = clearing::liquidate(&mut books, rows, &mut taking, &mut giving, request, *now);
        match done {
            Ok(done) => self.break_liquidation(&mut books, &mut target, done.insurance_paid),
            Err(FirebreakError::AccountHealthy) if self.is(Fault::HealthyLiquidated) => {
                self.take_healthy(&mut books, &mut taker, &mut target)?;
            }
            Err(cause) => return Err(cause.into()),
        }
        self.state.markets[market as usize] = books;
        self.store(liquidator.account, taker);
        self.store(liquidatee, target);
        Ok(())
    }

    /// Planted: a trade at mark with somebody who did not agree.
    fn take_healthy(
        &self,
        books: &mut Market,
        taker: &mut MarginAccountView,
        target: &mut MarginAccountView,
    ) -> Outcome {
        let size = target.position(books.index).map_or(0, |position| position.size);
        let price = self.state.rows[books.index as usize].mark;
        let (buyer, seller) = if size > 0 { (taker, target) } else { (target, taker) };
        let buyer = Side { portfolio: &mut portfolio(buyer), fee_bps: 0 };
        let seller = Side { portfolio: &mut portfolio(seller), fee_bps: 0 };
        let fill = Fill { lots: u64::from(size.unsigned_abs()), price };
        Ok(clearing::trade(books, &self.state.rows, buyer, seller, fill, Level::Normal, self.state.now)?)
    }

    /// Planted bugs of the step in which the tranche pays.
    fn break_liquidation(&mut self, books: &mut Market, target: &mut MarginAccountView, paid: u64) {
        if self.is(Fault::LiquidationWorsens) {
            books.tranche += target.header.cash;
            target.header.cash = 0;
        }
        if paid == 0 {
            return;
        }
        match self.fault {
            Some(Fault::InsuranceBeyondDeficit) if books.tranche > 0 => {
                books.tranche -= 1;
                target.header.cash += 1;
            }
            Some(Fault::InsuranceOfAnotherMarket) => {
                let other = &mut self.state.markets[(books.index as usize + 1) % MARKETS];
                if other.tranche >= paid {
                    other.tranche -= paid;
                    books.tranche += paid;
                }
            }
            _ => {}
        }
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
