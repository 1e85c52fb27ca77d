//! Places, changes and cancels offers.

use firebreak_client::{
    addresses, decode,
    firebreak::{instructions::OfferTerms, state::Offer},
    instructions,
    overview::accounts_at,
};
use solana_address::Address;
use solana_signer::Signer;

use super::Terms;
use crate::{
    account::Chosen,
    decimal::Decimal,
    failure::{Failure, Outcome},
    sending::Sending,
    session::{Session, within},
    units::TypedSize,
};

/// How long an offer stands where nothing else is said.
const DAY: i64 = 86_400;
/// A spread that is no quote.
const NO_QUOTE: u32 = 10_000;

pub async fn place(session: &Session<'_>, market: &str, terms: &Terms, chosen: &Chosen, sending: Sending) -> Outcome {
    let market = session.units.market(market)?;
    let spread = terms.spread_bps;
    let offered = OfferTerms {
        bid_lots: lots(session, market, terms.bid)?.unwrap_or(0),
        ask_lots: lots(session, market, terms.ask)?.unwrap_or(0),
        bid_spread_bps: 0,
        ask_spread_bps: 0,
        expires_at: session.now().saturating_add(terms.expires_in.map_or(DAY, |time| time.0)),
    };
    if offered.bid_lots == 0 && offered.ask_lots == 0 {
        return Err(Failure::usage("the offer neither buys nor sells anything: give --bid, --ask or both a size"));
    }
    let side = |own: Option<u32>, size: u64, name: &str| match own.or(spread) {
        Some(spread) => Ok(spread),
        None if size == 0 => Ok(0),
        None => Err(Failure::usage(format!(
            "say how far from the mark it {name}: --spread-bps, --bid-spread-bps or --ask-spread-bps"
        ))),
    };
    let offered = OfferTerms {
        bid_spread_bps: side(terms.bid_spread_bps, offered.bid_lots, "buys")?,
        ask_spread_bps: side(terms.ask_spread_bps, offered.ask_lots, "sells")?,
        ..offered
    };
    require_quotes(&offered)?;
    let key = session.context.keypair()?;
    let maker = chosen.address(session, &key.pubkey());
    session.margin_account(&maker).await?;
    if existing(session, &maker, market).await?.is_some() {
        let symbol = session.units.symbol(market);
        return Err(Failure::refused(format!(
            "account {maker} has an offer in {symbol} already: change it with firebreak offer update, or cancel it first"
        )));
    }
    let place = session.at.place_offer(market, key.pubkey(), key.pubkey(), maker, offered);
    session.execute_and_print(&[place], &key, sending).await
}

pub async fn update(session: &Session<'_>, market: &str, terms: &Terms, chosen: &Chosen, sending: Sending) -> Outcome {
    let market = session.units.market(market)?;
    let key = session.context.keypair()?;
    let maker = chosen.address(session, &key.pubkey());
    let offer = require_existing(session, &maker, market).await?;
    let spread = terms.spread_bps;
    let changed = OfferTerms {
        bid_lots: lots(session, market, terms.bid)?.unwrap_or(offer.bid_lots),
        ask_lots: lots(session, market, terms.ask)?.unwrap_or(offer.ask_lots),
        bid_spread_bps: terms.bid_spread_bps.or(spread).unwrap_or(offer.bid_spread_bps),
        ask_spread_bps: terms.ask_spread_bps.or(spread).unwrap_or(offer.ask_spread_bps),
        expires_at: terms.expires_in.map_or(offer.expires_at, |time| session.now().saturating_add(time.0)),
    };
    if changed.bid_lots == 0 && changed.ask_lots == 0 {
        return Err(Failure::usage("the offer would neither buy nor sell anything: cancel it instead"));
    }
    if changed.expires_at <= session.now() {
        return Err(Failure::refused("the offer has expired: say with --expires-in how long it stands again"));
    }
    require_quotes(&changed)?;
    let update = instructions::update_offer(market, key.pubkey(), maker, changed);
    session.execute_and_print(&[update], &key, sending).await
}

pub async fn cancel(
    session: &Session<'_>,
    market: &str,
    rent_to: Option<Address>,
    chosen: &Chosen,
    sending: Sending,
) -> Outcome {
    let market = session.units.market(market)?;
    let key = session.context.keypair()?;
    let maker = chosen.address(session, &key.pubkey());
    require_existing(session, &maker, market).await?;
    let owner = session.margin_account(&maker).await?.header.owner;
    let cancel = instructions::cancel_offer(market, key.pubkey(), maker, rent_to.unwrap_or(owner));
    session.execute_and_print(&[cancel], &key, sending).await
}

/// Lots; a size of 0 is none.
fn lots(session: &Session<'_>, market: u8, typed: Option<TypedSize>) -> Outcome<Option<u64>> {
    let zero: Decimal = Decimal::ZERO;
    match typed {
        None => Ok(None),
        Some(TypedSize::Units(size) | TypedSize::Lots(size)) if size == zero => Ok(Some(0)),
        Some(typed) => session.units.parse_size(market, typed).map(Some),
    }
}

fn require_quotes(terms: &OfferTerms) -> Outcome {
    let widest = terms.bid_spread_bps.max(terms.ask_spread_bps);
    if widest >= NO_QUOTE {
        return Err(Failure::usage(format!(
            "a spread of {widest} basis points is no quote: it must be below {NO_QUOTE}"
        )));
    }
    Ok(())
}

async fn existing(session: &Session<'_>, maker: &Address, market: u8) -> Outcome<Option<Offer>> {
    let address = addresses::offer(maker, market);
    let (_, found) = within(session.context, accounts_at(&session.rpc, &[address])).await?;
    Ok(found.into_iter().next().flatten().and_then(|account| decode(&account.data).ok()))
}

async fn require_existing(session: &Session<'_>, maker: &Address, market: u8) -> Outcome<Offer> {
    let symbol = session.units.symbol(market);
    existing(session, maker, market).await?.ok_or_else(|| {
        Failure::not_found(format!(
            "account {maker} has no offer in {symbol}: place one with firebreak offer place {symbol}"
        ))
    })
}
