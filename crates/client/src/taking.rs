//! The offers of a market as a book, and what taking them would do: worked out with the program's own code.

use firebreak::{
    FirebreakError,
    clearing::{Fill, Portfolio, Side, offer_price, offer_reference, trade},
    state::{CROSS, Market},
};
use risk::require_price_within_limit;
use solana_address::Address;

use crate::{
    MarginAccountView,
    overview::{MadeOffer, Overview},
};

/// What a taker gets of one offer, at the prices of now.
#[derive(Clone, Debug)]
pub struct Quote {
    pub maker: Address,
    pub offer: Address,
    /// Quote atoms per lot.
    pub price: u64,
    pub lots: u64,
    pub spread_bps: u32,
    pub expires_at: i64,
}

/// The offers that somebody who buys (or sells) can take now, best first; of two at one price the smaller address first.
pub fn quotes(overview: &Overview, offers: &[MadeOffer], market: u8, taker_buys: bool) -> Vec<Quote> {
    let Some(row) = overview.board.rows.get(usize::from(market)) else { return vec![] };
    let reference = offer_reference(row, taker_buys, overview.now);
    let live = offers.iter().filter(|made| overview.now < made.offer.expires_at);
    let mut quotes: Vec<Quote> = live
        .filter_map(|made| {
            let offer = &made.offer;
            let (lots, spread_bps) = match taker_buys {
                true => (offer.ask_lots, offer.ask_spread_bps),
                false => (offer.bid_lots, offer.bid_spread_bps),
            };
            let price = offer_price(reference, spread_bps, taker_buys).ok()?;
            let (maker, offer, expires_at) = (offer.margin_account, made.address, offer.expires_at);
            (lots > 0 && price > 0).then_some(Quote { maker, offer, price, lots, spread_bps, expires_at })
        })
        .collect();
    quotes.sort_by_key(|quote| (if taker_buys { quote.price } else { u64::MAX - quote.price }, quote.offer));
    quotes
}

/// Part of a taking: lots of one maker's offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Take {
    pub maker: Address,
    /// Above 0.
    pub lots: u64,
    /// At the prices of now, quote atoms per lot.
    pub price: u64,
}

/// What a taker asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    pub market: u8,
    /// Bought, or sold where negative.
    pub lots: i64,
    /// The worst price accepted, quote atoms per lot.
    pub limit_price: u64,
}

/// A taking, tried on copies of the accounts with the program's own code.
#[derive(Clone, Debug)]
pub struct Taking {
    pub takes: Vec<Take>,
    /// The taker afterwards, if prices stay.
    pub after: MarginAccountView,
    /// Lots that were not taken.
    pub unfilled: u64,
    /// Fees, in quote atoms.
    pub fees: u64,
    /// Offers within the limit whose makers cannot fill them, or who are the taker.
    pub passed_over: usize,
    /// Why the taker can take no more, whoever the maker is; nothing after that was tried.
    pub refused: Option<FirebreakError>,
}

/// What a maker has who can fill anything, in quote atoms.
const PLENTY: u64 = 1 << 56;

/// A maker with whom a fill can only fail for the taker's or the market's own sake.
fn able(maker: &MarginAccountView) -> MarginAccountView {
    let mut able = maker.clone();
    (able.header.cash, able.header.position_count, able.header.isolated_market) = (PLENTY, 0, CROSS);
    able.header.collateral = Default::default();
    able
}

/// Takes the best offers one after the other, up to the lots asked for and within the limit. One whose maker cannot fill it is passed
/// over, as are the taker's own.
pub fn plan_taking(
    overview: &Overview,
    offers: &[MadeOffer],
    (taker_address, taker): (&Address, &MarginAccountView),
    order: Order,
) -> Taking {
    let Order { market: index, lots, limit_price } = order;
    let buys = lots > 0;
    let mut taking = Taking {
        takes: vec![],
        after: taker.clone(),
        unfilled: lots.unsigned_abs(),
        fees: 0,
        passed_over: 0,
        refused: None,
    };
    let Some(mut market) = overview.markets.get(&index).copied() else {
        return Taking { refused: Some(FirebreakError::AssetMissing), ..taking };
    };
    for quote in quotes(overview, offers, index, buys) {
        if taking.unfilled == 0 || require_price_within_limit(quote.price, limit_price, buys).is_err() {
            break;
        }
        let maker = offers.iter().find(|made| made.address == quote.offer).map(|made| &made.maker);
        let Some(maker) = maker.filter(|_| quote.maker != *taker_address) else {
            taking.passed_over += 1;
            continue;
        };
        let fill = Fill { lots: quote.lots.min(taking.unfilled), price: quote.price };
        let with = |maker: MarginAccountView| filled(overview, market, (taking.after.clone(), maker), buys, fill);
        match with(maker.clone()) {
            Ok((cleared, after, fee)) => {
                (market, taking.after) = (cleared, after);
                taking.fees = taking.fees.saturating_add(fee);
                taking.unfilled -= fill.lots; // at most what was missing
                taking.takes.push(Take { maker: quote.maker, lots: fill.lots, price: fill.price });
            }
            Err(_) => match with(able(maker)) {
                Ok(_) => taking.passed_over += 1,
                Err(cause) => {
                    taking.refused = Some(cause);
                    break;
                }
            },
        }
    }
    taking
}

/// The market, the taker and the fee after one fill.
fn filled(
    overview: &Overview,
    mut market: Market,
    (mut taker, mut maker): (MarginAccountView, MarginAccountView),
    buys: bool,
    fill: Fill,
) -> Result<(Market, MarginAccountView, u64), FirebreakError> {
    let rows = &overview.board.rows;
    let row = rows.get(usize::from(market.index)).ok_or(FirebreakError::AssetMissing)?;
    let level = market.level(&overview.breaker, row, overview.now);
    let fee_bps = u64::from(market.taker_fee_bps);
    let lots = i64::try_from(fill.lots).map_err(|_| FirebreakError::SizeOutOfRange)?;
    let fee = risk::notional(lots, fill.price).and_then(|notional| risk::bps_up(notional, fee_bps))?;
    let mut taking = Portfolio { account: &mut taker.header, slots: &mut taker.slots };
    let mut making = Portfolio { account: &mut maker.header, slots: &mut maker.slots };
    let takes = Side { portfolio: &mut taking, fee_bps };
    let makes = Side { portfolio: &mut making, fee_bps: 0 };
    let (buyer, seller) = if buys { (takes, makes) } else { (makes, takes) };
    trade(&mut market, rows, buyer, seller, fill, level, overview.now)?;
    Ok((market, taker, fee))
}
