//! What trading does: the program's own clearing on copies of the accounts.

use firebreak::{
    FirebreakError,
    clearing::{self, Fill, LiquidationRequest, Portfolio, Side},
    state::{AssetRow, CROSS, CircuitBreaker, MarginAccount, Market, Offer, Position},
};
use risk::{Activity, Leg, Level};
use serde_json::{Value, json};

use crate::{
    accounts::{Board, BreakerData, Fixed, Margin, MarketData, OfferData},
    json::{Problem, figure, refusal},
    report::{report, valued},
};

/// Cash of whoever stands for the other side where none is named.
const ENOUGH: u64 = 1 << 60;

/// Where a trade happens.
pub struct Place {
    board: Board,
    market: Market,
    breaker: CircuitBreaker,
}

impl Place {
    pub fn decode(board: &[u8], market: &[u8], breaker: &[u8]) -> Result<Self, Problem> {
        let (Fixed(market), Fixed(breaker)) = (MarketData::decode(market)?, BreakerData::decode(breaker)?);
        let board = Board::decode(board)?;
        board.row(market.index)?;
        Ok(Self { board, market, breaker })
    }

    fn row(&self) -> Result<&AssetRow, FirebreakError> {
        self.board.rows.get(self.market.index as usize).ok_or(FirebreakError::AssetMissing)
    }

    fn level(&self, now: i64) -> Result<Level, FirebreakError> {
        Ok(self.market.level(&self.breaker, self.row()?, now))
    }
}

/// One side of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    lots: u64,
    spread_bps: u32,
}

impl Quote {
    /// Lots and spread.
    pub fn read(figures: &[u64]) -> Result<Self, Problem> {
        let [lots, spread_bps] = figures else { return Err(Problem("a quote is its lots and its spread".into())) };
        let spread_bps = u32::try_from(*spread_bps).map_err(|_| Problem("a spread has 32 bits".into()))?;
        Ok(Self { lots: *lots, spread_bps })
    }
}

/// Somebody who takes or makes whatever is asked: with cash, and, where nobody may add risk, with the lots that are to be reduced.
fn anybody(place: &Place, lots: i64, level: Level) -> Result<Margin, FirebreakError> {
    let account = MarginAccount { cash: ENOUGH, isolated_market: CROSS, ..bytemuck::Zeroable::zeroed() };
    let mut margin = Margin { account, slots: vec![Position::default(); 4] };
    if !level.permits(Activity::AddRisk) {
        let row = place.row()?;
        let entry = risk::signed_notional(-lots, row.mark)?;
        let index = margin.portfolio().find_or_open(place.market.index)?;
        margin.slots[index].set_leg(Leg { size: -lots, entry })?;
        margin.portfolio().stamp(index, row, lots < 0);
    }
    Ok(margin)
}

/// Clears a trade of `own`, which buys `lots` (sells where negative) and pays the fee where it takes.
fn clear(
    place: &mut Place,
    (own, other): (&mut Margin, &mut Margin),
    (lots, price): (i64, u64),
    fees: (u64, u64),
    now: i64,
) -> Result<(), FirebreakError> {
    let level = place.level(now)?;
    let (mut mine, mut theirs) = (own.portfolio(), other.portfolio());
    let mine = Side { portfolio: &mut mine, fee_bps: fees.0 };
    let theirs = Side { portfolio: &mut theirs, fee_bps: fees.1 };
    let (buyer, seller) = if lots > 0 { (mine, theirs) } else { (theirs, mine) };
    let fill = Fill { lots: lots.unsigned_abs(), price };
    clearing::trade(&mut place.market, &place.board.rows, buyer, seller, fill, level, now)
}

/// What a taker gets of an offer: lots, and the price of each.
fn fill(place: &Place, offer: &Offer, lots: i64, now: i64) -> Result<(i64, u64), FirebreakError> {
    if lots == 0 {
        return Err(FirebreakError::AmountZero);
    }
    let buys = lots > 0;
    let (offered, spread_bps) =
        if buys { (offer.ask_lots, offer.ask_spread_bps) } else { (offer.bid_lots, offer.bid_spread_bps) };
    if now >= offer.expires_at {
        return Err(FirebreakError::OfferExpired);
    }
    let filled = lots.unsigned_abs().min(offered);
    if filled == 0 {
        return Err(FirebreakError::OfferEmpty);
    }
    let price = clearing::offer_price(clearing::offer_reference(place.row()?, buys, now), spread_bps, buys)?;
    let filled = i64::try_from(filled).map_err(|_| FirebreakError::SizeOutOfRange)?;
    Ok((if buys { filled } else { -filled }, price))
}

/// The limit that keeps a fill within `slippage_bps` of a price.
pub fn worst_price(price: u64, slippage_bps: u32, buys: bool) -> Result<u64, FirebreakError> {
    let slippage_bps = u64::from(slippage_bps);
    Ok(match buys {
        true => risk::bps_down(price, risk::BPS_ONE.saturating_add(slippage_bps))?,
        false => risk::bps_up(price, risk::BPS_ONE.saturating_sub(slippage_bps))?,
    })
}

pub fn preview_take(
    mut place: Place,
    mut taker: Margin,
    maker: Option<Margin>,
    offer: OfferData,
    (lots, limit_price): (i64, u64),
    now: i64,
) -> Result<Value, Problem> {
    let before = report(&place.board, &taker)?;
    let own = bytemuck::bytes_of(&taker.account)
        == maker.as_ref().map_or(&[][..], |maker| bytemuck::bytes_of(&maker.account));
    let found = fill(&place, &offer.0, lots, now);
    let fee_bps = u64::from(place.market.taker_fee_bps);
    let taken = found.and_then(|(lots, price)| {
        if own || offer.0.market != place.market.index {
            return Err(FirebreakError::OfferMismatch);
        }
        if limit_price > 0 {
            risk::require_price_within_limit(price, limit_price, lots > 0)?;
        }
        let mut maker = match maker {
            Some(maker) => maker,
            None => anybody(&place, -lots, place.level(now)?)?,
        };
        clear(&mut place, (&mut taker, &mut maker), (lots, price), (fee_bps, 0), now)
    });
    let (lots, price) = found.unwrap_or((0, 0));
    traded(&place, &taker, before, (lots, price, fee_bps), taken)
}

/// Of an outcome, the figures of the trade and the account after it.
fn traded(
    place: &Place,
    own: &Margin,
    before: Value,
    (lots, price, fee_bps): (i64, u64, u64),
    outcome: Result<(), FirebreakError>,
) -> Result<Value, Problem> {
    let fee = risk::plan_fee(lots, price, fee_bps, u64::MAX, Leg::default(), Leg::default());
    let after = if outcome.is_ok() { report(&place.board, own)? } else { Value::Null };
    Ok(json!({
        "lots": figure(lots),
        "price": figure(price),
        "notional": figure(risk::notional(lots, price).unwrap_or(0)),
        "fee": figure(fee.map_or(0, |fee| fee.from_cash)),
        "before": before,
        "after": after,
        "refusal": refusal(&outcome),
    }))
}

pub fn preview_offer(place: &Place, maker: &Margin, bid: Quote, ask: Quote, now: i64) -> Result<Value, Problem> {
    let side = |quote: Quote, taker_buys: bool| {
        let mut place = Place { board: Board { rows: place.board.rows.clone() }, ..*place };
        let (mut maker, before) = (maker.clone(), report(&place.board, maker)?);
        let fee_bps = u64::from(place.market.taker_fee_bps);
        let lots = i64::try_from(quote.lots).map_or(0, |lots| if taker_buys { -lots } else { lots });
        let price = place.row().and_then(|row| {
            clearing::offer_price(clearing::offer_reference(row, taker_buys, now), quote.spread_bps, taker_buys)
        });
        let outcome = price.and_then(|price| {
            let mut taker = anybody(&place, -lots, place.level(now)?)?;
            clear(&mut place, (&mut maker, &mut taker), (lots, price), (0, fee_bps), now)
        });
        traded(&place, &maker, before, (lots, price.unwrap_or(0), 0), outcome)
    };
    Ok(json!({ "bid": side(bid, false)?, "ask": side(ask, true)? }))
}

pub fn preview_liquidation(
    mut place: Place,
    (mut liquidator, mut liquidatee): (Margin, Margin),
    (max_lots, limit_price): (u64, u64),
    now: i64,
) -> Result<Value, Problem> {
    let before = report(&place.board, &liquidator)?;
    let level = place.level(now)?;
    let is_grace = place.market.is_grace(&place.breaker, place.row()?, now);
    let request = LiquidationRequest { max_lots, limit_price, is_grace };
    let (mut taker, mut target): (Portfolio, Portfolio) = (liquidator.portfolio(), liquidatee.portfolio());
    let outcome = match level.permits(Activity::Liquidate) {
        true => clearing::liquidate(&mut place.market, &place.board.rows, &mut taker, &mut target, request, now),
        false => Err(FirebreakError::BreakerActive),
    };
    let done = outcome.unwrap_or_default();
    let after = if outcome.is_ok() { report(&place.board, &liquidator)? } else { Value::Null };
    Ok(json!({
        "lots": figure(done.lots),
        "price": figure(done.price),
        "penaltyPerLot": figure(done.penalty_per_lot),
        "insuranceFee": figure(done.insurance_fee),
        "insurancePaid": figure(done.insurance_paid),
        "liquidateeBefore": valued(outcome.map(|done| done.before)),
        "liquidateeAfter": valued(outcome.map(|done| done.after)),
        "before": before,
        "after": after,
        "refusal": refusal(&outcome),
    }))
}

pub fn preview_settlement(mut place: Place, mut account: Margin, now: i64) -> Result<Value, Problem> {
    let before = report(&place.board, &account)?;
    let level = place.level(now)?;
    let settled = clearing::settle(&mut account.portfolio(), &mut place.market, &place.board.rows, (level, false), now);
    let outcome = match settled {
        Err(FirebreakError::PositionMissing) => Err(FirebreakError::NothingToSettle),
        Ok(done) if !done.is_something() => Err(FirebreakError::NothingToSettle),
        settled => settled,
    };
    let done = outcome.unwrap_or_default();
    let after = if outcome.is_ok() { report(&place.board, &account)? } else { Value::Null };
    Ok(json!({
        "lossPaid": figure(done.loss_paid),
        "profitPaid": figure(done.profit_paid),
        "before": before,
        "after": after,
        "refusal": refusal(&outcome),
    }))
}
