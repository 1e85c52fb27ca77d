//! What the program's events say, in sentences.

use firebreak_client::{Event, Overview, firebreak::event};
use risk::Level;
use solana_address::Address;

use crate::units::{Units, duration, short, time};

/// The name of a breaker level.
pub fn level_name(level: Level) -> &'static str {
    match level {
        Level::Normal => "Normal",
        Level::Caution => "Caution",
        Level::ReduceOnly => "Reduce only",
        Level::LiquidationOnly => "Liquidation only",
        Level::Halted => "Halted",
    }
}

fn stored_level(level: u8) -> &'static str {
    Level::try_from(level).map_or("an unknown level", level_name)
}

/// The names that a sentence needs.
struct Words<'a> {
    overview: &'a Overview,
    units: &'a Units,
}

impl Words<'_> {
    fn market(&self, address: &Address) -> Option<u8> {
        self.overview.markets.keys().copied().find(|index| self.overview.at.market(*index) == *address)
    }

    fn market_name(&self, address: &Address) -> String {
        self.market(address).map_or_else(|| short(address), |index| self.units.symbol(index))
    }

    fn size(&self, market: &Address, lots: i128) -> String {
        match self.market(market) {
            Some(index) => format!("{} {}", self.units.size(index, lots).pretty(), self.units.symbol(index)),
            None => format!("{lots} lots"),
        }
    }

    fn price(&self, market: &Address, price: u64) -> String {
        match self.market(market) {
            Some(index) => self.units.price(index, price).pretty(),
            None => format!("{price} atoms per lot"),
        }
    }

    fn quote(&self, atoms: impl Into<i128>) -> String {
        format!("{} {}", self.units.amount(atoms).pretty(), self.units.quote.symbol)
    }

    fn tokens(&self, bank: &Address, atoms: u64) -> String {
        let index = self.overview.banks.keys().copied().find(|index| self.overview.at.bank(*index) == *bank);
        match index {
            Some(index) => {
                format!("{} {}", self.units.bank_amount(index, atoms).pretty(), self.units.bank(index).symbol)
            }
            None => format!("{atoms} atoms"),
        }
    }

    fn scope(&self, market: u8) -> String {
        if market == u8::MAX { "everything".to_owned() } else { format!("market {}", self.units.symbol(market)) }
    }
}

/// One event in a sentence. Addresses are shortened; the JSON has them whole.
pub fn sentence(event: &Event, overview: &Overview, units: &Units) -> String {
    let words = Words { overview, units };
    match event {
        Event::Deposited(e) => {
            format!(
                "Deposited {}; the account now holds {}",
                words.tokens(&e.bank, e.amount),
                words.tokens(&e.bank, e.balance)
            )
        }
        Event::Withdrawn(e) => {
            format!(
                "Withdrew {}; the account still holds {}",
                words.tokens(&e.bank, e.amount),
                words.tokens(&e.bank, e.balance)
            )
        }
        Event::Traded(e) => format!(
            "{} bought {} from {} at {} (mark {})",
            short(&e.buyer),
            words.size(&e.market, e.lots.into()),
            short(&e.seller),
            words.price(&e.market, e.price),
            words.price(&e.market, e.mark)
        ),
        Event::Settled(e) => settled(&words, e),
        Event::Liquidated(e) => liquidated(&words, e),
        Event::CollateralLiquidated(e) => {
            format!("{} of {} were sold for {}", words.tokens(&e.bank, e.amount), short(&e.seller), words.quote(e.paid))
        }
        Event::AutoDeleveraged(e) => format!(
            "Auto-deleveraged: {} closed {} at {}; the other side bore {}, insurance paid {}",
            short(&e.bankrupt),
            words.size(&e.market, e.lots.into()),
            words.price(&e.market, e.mark),
            words.quote(e.borne_by_side),
            words.quote(e.insurance_paid)
        ),
        Event::BreakerTripped(e) => {
            format!("Breaker of {}: {} until {}", words.scope(e.market), stored_level(e.level), time(e.expires_at))
        }
        Event::BreakerReset(e) => {
            format!("Breaker of {} reset from {}", words.scope(e.market), stored_level(e.level_before))
        }
        Event::Poked(e) => format!(
            "Breaker of market {}: {} to {}",
            words.market_name(&e.market),
            stored_level(e.level_before),
            stored_level(e.level)
        ),
        _ => of_accounts(event, &words)
            .or_else(|| of_insurance(event, &words))
            .unwrap_or_else(|| event.name().to_owned()),
    }
}

fn settled(words: &Words<'_>, e: &event::Settled) -> String {
    let what = match (e.loss_paid, e.profit_paid) {
        (0, gain) => format!("a gain of {} became cash", words.quote(gain)),
        (loss, 0) => format!("a loss of {} was paid", words.quote(loss)),
        (loss, gain) => {
            format!("a loss of {} was paid, a gain of {} became cash", words.quote(loss), words.quote(gain))
        }
    };
    let market = words.market_name(&e.market);
    format!("Settled {} in {market}: {what}; cash is {}", short(&e.margin_account), words.quote(e.cash))
}

/// Only what moved.
fn swept(words: &Words<'_>, e: &event::InsuranceSwept) -> String {
    let moved = [
        (e.fees_to_fund, "of fees to the fund"),
        (e.returned, "from the tranche to the fund"),
        (e.refilled, "from the fund to the tranche"),
    ];
    let told: Vec<String> = moved
        .iter()
        .filter(|(atoms, _)| *atoms > 0)
        .map(|(atoms, what)| format!("{} {what}", words.quote(*atoms)))
        .collect();
    let told = if told.is_empty() { "nothing to move".to_owned() } else { told.join(", ") };
    format!("Swept {}: {told}", words.market_name(&e.market))
}

fn liquidated(words: &Words<'_>, e: &event::Liquidated) -> String {
    let insurance = if e.insurance_paid > 0 {
        format!(", insurance paid {}", words.quote(e.insurance_paid))
    } else {
        String::new()
    };
    format!(
        "Liquidated: {} took {} of {} at {} (mark {}){insurance}",
        short(&e.liquidator),
        words.size(&e.market, e.lots.into()),
        short(&e.liquidatee),
        words.price(&e.market, e.price),
        words.price(&e.market, e.mark)
    )
}

fn of_accounts(event: &Event, words: &Words<'_>) -> Option<String> {
    Some(match event {
        Event::MarginAccountCreated(e) => {
            let kind = if e.isolated_market == u8::MAX {
                "cross".to_owned()
            } else {
                format!("isolated to {}", words.units.symbol(e.isolated_market))
            };
            format!("Created margin account {} (sub {}, {kind}, {} positions)", e.margin_account, e.sub_id, e.capacity)
        }
        Event::MarginAccountClosed(e) => format!("Closed margin account {}", e.margin_account),
        Event::DelegateSet(e) if e.after == Address::default() => {
            format!("{} may no longer trade for {}", e.before, e.margin_account)
        }
        Event::DelegateSet(e) => format!("{} may trade for {}", e.after, e.margin_account),
        Event::OfferPlaced(e) => format!(
            "Offer {}: buys {} lots at {} below the mark, sells {} lots at {} above, until {}",
            short(&e.offer),
            e.bid_lots,
            crate::units::percent(e.bid_spread_bps),
            e.ask_lots,
            crate::units::percent(e.ask_spread_bps),
            time(e.expires_at)
        ),
        Event::OfferCancelled(e) => format!("Offer {} cancelled", short(&e.offer)),
        _ => return None,
    })
}

fn of_insurance(event: &Event, words: &Words<'_>) -> Option<String> {
    let shares = |shares| words.units.shares(shares).pretty();
    Some(match event {
        Event::Staked(e) => format!("Staked {} for {} shares", words.quote(e.paid), shares(e.shares)),
        Event::UnstakeRequested(e) if e.shares == 0 => "The request to leave is taken back".to_owned(),
        Event::UnstakeRequested(e) => format!(
            "{} shares, worth {}, may leave from {} (in {})",
            shares(e.shares),
            words.quote(e.value),
            time(e.leaves_at),
            duration(e.leaves_at.saturating_sub(words.overview.now))
        ),
        Event::Unstaked(e) => format!("{} shares left for {}", shares(e.shares), words.quote(e.paid)),
        Event::TrancheFunded(e) => format!(
            "Gave {} to the tranche of {}, which now holds {}",
            words.quote(e.amount),
            words.market_name(&e.market),
            words.quote(e.tranche)
        ),
        Event::InsuranceSwept(e) => swept(words, e),
        Event::DeficitReported(e) => {
            format!("Deficit of {} reported: {}", short(&e.bankrupt), words.quote(e.equity))
        }
        _ => return None,
    })
}
