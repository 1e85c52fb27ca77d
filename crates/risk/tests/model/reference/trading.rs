//! Money in and out, prices and trades.

use num_bigint::BigInt;
use risk::OraclePrice;

use super::{Answer, Book, FRESH, MAX_LOTS, MAX_PRICE, Model, ONE, UNCERTAIN, View, Worth, allow, big};
use crate::fraction::{ceiling, floor, magnitude};

impl Model {
    pub(super) fn withdraw(&mut self, account: usize, amount: u64) -> Answer {
        self.accounts[account].cash -= amount;
        self.quote_vault -= amount;
        allow(self.accounts[account].cash >= BigInt::ZERO && self.may_add_risk_with(account))?;
        self.allow_covered(account, View::Withdrawal)
    }

    pub(super) fn publish(&mut self, market: usize, reading: &OraclePrice, pause: i64) -> Answer {
        self.now += pause;
        let gate = self.parameters[market].0.gate;
        allow(reading.exponent == gate.exponent && reading.price > 0)?;
        let ahead = i128::from(reading.publish_time) - i128::from(self.now);
        allow((-i128::from(gate.max_age_seconds)..=2).contains(&ahead))?;
        // Every listing here has fewer atoms than the oracle has units.
        let units = big(10).pow(gate.scale.unsigned_abs());
        let (mark, confidence) = (floor(big(reading.price), units.clone()), ceiling(big(reading.confidence), units));
        allow(mark >= big(1) && mark <= big(MAX_PRICE))?;
        let book = &mut self.books[market];
        let before = book.published.map(|_| floor(book.ema.clone(), big(1 << 16)));
        let ema: BigInt = match book.published {
            Some(time) if reading.publish_time <= time => {
                let is_same = mark == book.mark && confidence == book.confidence;
                return allow(reading.publish_time == time && is_same);
            }
            Some(time) => {
                // Division of big integers truncates: toward the old value.
                let seconds = big(reading.publish_time - time).min(big(1 << 16));
                &book.ema + (&mark * (1 << 16) - &book.ema) * &seconds / (seconds + gate.ema_seconds)
            }
            None => &mark * (1 << 16),
        };
        let within = |limit_bps: u64| confidence <= ceiling(&mark * limit_bps, ONE);
        allow(within(gate.confidence_max_bps) && confidence < mark)?;
        let average = before.unwrap_or_else(|| mark.clone());
        // The average is cut to whole atoms, so the band around it is rounded up.
        let is_near = magnitude(&(&mark - &average)) <= ceiling(average * gate.ema_band_bps, ONE);
        let is_sure = within(gate.confidence_fresh_bps);
        let quality = if is_near && is_sure { FRESH } else { UNCERTAIN };
        let published = Some(reading.publish_time);
        let is_confirmed = book.quality == UNCERTAIN && quality == FRESH;
        let confirmed_at = if is_confirmed { published } else { book.confirmed_at };
        *book = Book { mark, confidence, ema, published, quality, confirmed_at, ..core::mem::take(book) };
        Ok(())
    }

    pub(super) fn trade(&mut self, sides: [usize; 2], market: usize, lots: &BigInt, price: &BigInt) -> Answer {
        let (_, params, _) = self.parameters[market];
        let mark = &self.books[market].mark;
        allow(*lots > BigInt::ZERO && sides[0] != sides[1])?;
        allow(magnitude(&(price - mark)) * ONE <= mark * params.price_band_bps)?;
        for side in sides {
            self.touch(side, market)?;
        }
        let before = sides.map(|side| self.worth(side, View::Maintenance));

        let fee = ceiling(lots * price * params.taker_fee_bps, ONE);
        let taker = &mut self.accounts[sides[0]];
        let from_cash = fee.clone().min(taker.cash.clone());
        let from_entry = fee - &from_cash;
        taker.cash -= &from_cash;
        taker.positions[market].entry += &from_entry;
        self.books[market].fees += from_cash;
        self.books[market].own_entry -= from_entry;

        let sizes = sides.map(|side| self.accounts[side].positions[market].size.clone());
        self.exchange(sides, market, lots, price)?;
        for index in 0..2 {
            self.allow_risk(sides[index], &before[index], &sizes[index], market)?;
        }
        Ok(())
    }

    /// `to` receives `lots` from `from`: what one side pays the other side gets.
    pub(super) fn exchange(&mut self, [to, from]: [usize; 2], market: usize, lots: &BigInt, price: &BigInt) -> Answer {
        for (account, lots) in [(to, lots.clone()), (from, -lots)] {
            let position = &mut self.accounts[account].positions[market];
            position.entry += &lots * price;
            position.size += lots;
            position.is_shared_out = false;
            allow(magnitude(&position.size) <= big(MAX_LOTS))?;
        }
        Ok(())
    }

    /// I-04 and I-10.
    pub(super) fn allow_risk(&self, account: usize, before: &Worth, size_before: &BigInt, market: usize) -> Answer {
        let size = &self.accounts[account].positions[market].size;
        // Smaller, and not on the other side of zero.
        let is_reduced = magnitude(size) < magnitude(size_before) && size * size_before >= BigInt::ZERO;
        let after = self.worth(account, View::Maintenance);
        let loss = -self.gain(account, market, &self.books[market].mark);
        let is_paid = loss <= self.accounts[account].cash;
        if is_reduced && before.is_improved_by(&after) && (is_paid || after.is_covered()) {
            return allow(self.quality(market) >= UNCERTAIN);
        }
        allow(self.may_add_risk(market) && self.may_add_risk_with(account))?;
        self.allow_covered(account, View::Initial)
    }
}
