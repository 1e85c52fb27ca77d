//! What happens to an account in trouble: liquidation, sale of collateral, auto-deleveraging.

use firebreak::{
    FirebreakError,
    clearing::{self, ConversionRequest, Deleveraging, Fill, LiquidationRequest, Side},
    state::Market,
};
use firebreak_client::MarginAccountView;
use risk::{Activity, Level};

use super::{NativeEngine, Outcome, Rejection, ensure, portfolio};
use crate::simulation::{
    cast::{ACCOUNTS, MARKETS},
    fault::Fault,
    operation::{Operation, Party},
};

impl NativeEngine<'_> {
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
        ensure(self.level(market).permits(Activity::Liquidate), FirebreakError::BreakerActive)?;
        let is_grace = self.is_grace(market) && !self.is(Fault::GraceIgnored);
        let request = LiquidationRequest { max_lots, limit_price, is_grace };
        let (mut rows, now) = (self.state.rows.clone(), &self.state.now);
        if self.is(Fault::SliceAtWorsePrice) {
            rows.iter_mut().for_each(|row| (row.primary_mark, row.secondary_mark) = (0, 0));
        }
        let rows = &rows;
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

    pub(super) fn convert(&mut self, buyer: Party, seller: u8, bank: u8, request: ConversionRequest) -> Outcome {
        let books = *self.state.banks.get(bank as usize).ok_or(Rejection::Framework)?;
        let (mut buying, mut selling) = self.load_two(buyer.account, seller, 0)?;
        buying.header.require_trader(&self.cast.address(buyer.signer))?;
        self.state.breaker.require_global(Activity::Liquidate, self.state.now)?;
        let (rows, now) = (&self.state.rows, self.state.now);
        let (mut buys, mut sells) = (portfolio(&mut buying), portfolio(&mut selling));
        let done = clearing::convert_collateral(&books, rows, &mut buys, &mut sells, request, now);
        match done {
            Ok(done) if self.is(Fault::ConversionUnderpays) && done.paid > 0 => {
                selling.header.cash -= 1;
                buying.header.cash += 1;
            }
            Err(FirebreakError::ConversionNotNeeded) if self.is(Fault::ConversionUnneeded) => {
                let amount = request.amount.min(selling.header.collateral_of(&books));
                selling.header.take_collateral(&books, amount)?;
                buying.header.add_collateral(&books, amount)?;
            }
            done => _ = done?,
        }
        self.store(buyer.account, buying);
        self.store(seller, selling);
        Ok(())
    }

    pub(super) fn auto_deleverage(&mut self, account: u8, market: u8) -> Outcome {
        let mut view = self.load(account)?;
        let index = market as usize;
        let mut books = *self.state.markets.get(index).ok_or(Rejection::Framework)?;
        ensure(self.level(market).permits(Activity::Liquidate), FirebreakError::BreakerActive)?;
        let (size, own_debt) = (self.state.size(account, market), books.own_debt);
        self.deleverage(&mut books, &mut view)?;
        if self.is(Fault::OwnDebtForgotten) {
            books.own_debt = own_debt;
        }
        if self.is(Fault::SharedOutForgotten) {
            let debt = view.slots.iter_mut().find(|position| position.market == market && position.entry != 0);
            debt.into_iter().for_each(|position| position.side_scale = 1);
        }
        self.state.markets[index] = books;
        self.store(account, view);
        let row = &mut self.state.rows[index];
        let side = if size > 0 { &mut row.short_side } else { &mut row.long_side };
        match self.fault {
            Some(Fault::DeleverageOvercharges) => side.charge += 1 << 24,
            Some(Fault::EpochForgotten) if side.scale == risk::SCALE_ONE && side.epoch > 0 => side.epoch -= 1,
            Some(Fault::LastScaleForgotten) => side.last_scale = 0,
            Some(Fault::DeleverageOtherMarket) => self.state.rows[(index + 1) % MARKETS].long_side.charge += 1 << 24,
            Some(Fault::DeleverageSparesOne) => self.spare_one(market, size < 0),
            _ => {}
        }
        Ok(())
    }

    /// The program's function, its conditions bent where a bug is planted.
    fn deleverage(&mut self, books: &mut Market, view: &mut MarginAccountView) -> Result<Deleveraging, Rejection> {
        let (before, had, mut now) = (*books, view.header, self.state.now);
        match self.fault {
            Some(Fault::DeleverageSparesTranche) => books.tranche = 0,
            Some(Fault::CoinsuranceIgnored) => books.coinsurance_share_bps = 0,
            Some(Fault::InsuranceCapIgnored) => {
                (books.insurance_event_cap, books.insurance_window_cap) = (u64::MAX, u64::MAX);
            }
            Some(Fault::DeleverageWithCollateral) => view.header.collateral = Default::default(),
            Some(Fault::DeleverageSolvent) => view.header.cash /= 2,
            Some(Fault::DeleverageStalePrice) => {
                now = self.state.rows.iter().map(|row| row.publish_time).min().unwrap_or(now);
            }
            _ => {}
        }
        let left = view.header.cash;
        let done = clearing::auto_deleverage(books, &mut self.state.rows, &mut portfolio(view), now)?;
        if self.is(Fault::DeleverageSparesTranche) {
            books.tranche = before.tranche;
        }
        books.coinsurance_share_bps = before.coinsurance_share_bps;
        (books.insurance_event_cap, books.insurance_window_cap) =
            (before.insurance_event_cap, before.insurance_window_cap);
        view.header.collateral = had.collateral;
        view.header.cash += had.cash - left;
        Ok(done)
    }

    /// Planted: one account of the side is made to have seen what it did not bear.
    fn spare_one(&mut self, market: u8, is_long: bool) {
        for account in 0..ACCOUNTS as u8 {
            let Ok(mut view) = self.load(account) else { continue };
            let fits = |position: &firebreak::state::Position| {
                position.market == market && position.size != 0 && (position.size > 0) == is_long
            };
            if let Some(index) = view.positions().iter().position(fits) {
                let stamp = self.state.rows[market as usize].side(is_long).index().stamp();
                view.slots[index].set_stamp(stamp);
                return self.store(account, view);
            }
        }
    }
}
