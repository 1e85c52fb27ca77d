//! The cast on the chain: keys, tokens, margin accounts, deposits.

use firebreak::{instructions::OfferTerms, state::CROSS};
use solana_signer::Signer;

use crate::{
    chain::{Chain, Receipt, Refusal},
    listing::{self, DOLLAR, Listing},
    world::{Actor, World},
};

use super::{
    arguments::ASSETS,
    cast::Plan,
    script::{Scene, Script, per_lot},
    tally::Counted,
    trader::Memory,
};

/// What makers and liquidators start with, in quote atoms.
pub const MAKER_CASH: u64 = 5_000_000 * DOLLAR;
pub const LIQUIDATOR_CASH: u64 = 3_000_000 * DOLLAR;

/// What insures, in quote atoms: little enough that the gap goes through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Insurance {
    /// What each tranche is refilled to, and pays in an hour at most.
    pub tranche: u64,
    /// What each staker brings.
    pub stake: u64,
}

impl Insurance {
    pub fn of(quick: bool) -> Self {
        match quick {
            true => Self { tranche: 5_000 * DOLLAR, stake: 20_000 * DOLLAR },
            false => Self { tranche: 50_000 * DOLLAR, stake: 100_000 * DOLLAR },
        }
    }
}

/// Of a tranche, what it pays for one account at most, in percent.
const EVENT_PERCENT: u64 = 40;
/// Most that a liquidation takes at once, and per minute, in quote atoms: what an order book of that size bears.
const SLICE: u64 = 25_000 * DOLLAR;
const WINDOW: u64 = 2_000_000 * DOLLAR;

/// A trader with an account.
pub struct Trader {
    pub plan: Plan,
    /// Lots of collateral brought in place of cash, and at which mark.
    pub pledged: u64,
    pub pledged_at: u64,
    pub actor: Actor,
    pub memory: Memory,
}

/// The listings of the demo: the majors', with slices and windows in proportion to its cast.
pub fn listings(script: &Script, insurance: Insurance) -> Vec<Listing> {
    let first = script.scenes.first().map_or([0; 3], |scene| scene.prices_e8);
    let listing = |index: usize| {
        let exponent = script.lot_exponents[index];
        let mut listing = listing::listing(ASSETS[index], exponent);
        let lots = |atoms: u64| (atoms / per_lot(first[index], exponent).max(1)).max(10);
        listing.market.slice_lots = lots(SLICE);
        listing.market.liquidation_window_lots = lots(WINDOW);
        // What a crash asks of a liquidator: inventory, spreads, and prices that run on.
        listing.market.penalty_min_bps = 100;
        listing.market.penalty_max_bps = 300;
        listing.market.tranche_target = insurance.tranche;
        listing.market.insurance_event_cap = insurance.tranche / 100 * EVENT_PERCENT;
        listing.market.insurance_window_cap = insurance.tranche;
        listing
    };
    (0..ASSETS.len()).map(listing).collect()
}

/// Writes the three feeds as Pyth would, with a confidence of 0.05 %; not the silent one.
pub fn publish<C: Chain>(world: &mut World<C>, scene: &Scene, silent: Option<usize>) {
    let speaking = ASSETS.iter().zip(scene.prices_e8).enumerate().filter(|(asset, _)| Some(*asset) != silent);
    for (_, (asset, price_e8)) in speaking {
        let price = i64::try_from(price_e8).unwrap_or(i64::MAX);
        world.publish(&crate::pyth::Update {
            feed_id: listing::feed_id(asset),
            verification: crate::pyth::Verification::Full,
            price,
            confidence: price_e8 / 2_000,
            exponent: -8,
            publish_time: scene.time,
        });
    }
}

/// Brings the feeds onto the board, in one transaction.
pub fn refresh<C: Chain>(world: &mut World<C>, silent: Option<usize>) -> Result<Receipt, Box<Refusal>> {
    let speaking = (0..3_u8).filter(|index| Some(*index as usize) != silent);
    let feeds: Vec<_> =
        speaking.map(|index| (index, crate::pyth::feed_address(&listing::feed_id(ASSETS[index as usize])))).collect();
    let refresh = world.at.refresh_prices(&feeds);
    world.chain.send(&[refresh], &[&world.payer])
}

/// Opens a trader's account: cross, or isolated to the market of the bet. Keeps as much again in the wallet for later
/// deposits. What is pledged, so many lots at this mark, is brought as tokens in place of cash.
pub fn trader<C: Chain>(
    world: &mut World<Counted<C>>,
    plan: Plan,
    (pledged, mark): (u64, u64),
) -> Result<Trader, Box<Refusal>> {
    let name = plan.name.clone();
    let mut actor = match plan.is_isolated {
        false => world.actor(&name, 4, plan.cash - pledged * mark)?,
        true => world.actor(&name, 4, 0)?,
    };
    if pledged > 0 {
        super::collateral::pledge(world, &name, &actor, pledged)?;
    }
    if plan.is_isolated {
        let market = plan.bets.first().map_or(CROSS, |bet| bet.market);
        let create = world.at.create_margin_account(world.payer.pubkey(), actor.address(), 1, 4, market);
        world.chain.send(&[create], &[&world.payer, &actor.key])?;
        actor.margin = world.at.margin_account(&actor.address(), 1);
        world.mint_to(&world.mint.pubkey(), &actor.tokens, plan.cash)?;
        world.deposit(&actor, plan.cash)?;
    }
    if plan.habit == super::cast::Habit::TopUp {
        world.mint_to(&world.mint.pubkey(), &actor.tokens, plan.cash)?;
    }
    Ok(Trader { plan, pledged, pledged_at: mark, actor, memory: Memory::default() })
}

/// A maker with an offer in every market.
pub fn maker<C: Chain>(world: &mut World<C>, number: usize, terms: [OfferTerms; 3]) -> Result<Actor, Box<Refusal>> {
    let actor = world.actor(&format!("maker {number}"), 8, MAKER_CASH)?;
    for (market, terms) in terms.into_iter().enumerate() {
        world.place_offer(market as u8, &actor, terms)?;
    }
    Ok(actor)
}

/// What a maker offers: a million dollars on each side, wider while the market is restless.
pub fn terms(mark: u64, spread_bps: u32, now: i64) -> OfferTerms {
    const DEPTH: u64 = 1_000_000 * DOLLAR;
    let lots = DEPTH / mark.max(1);
    OfferTerms {
        bid_lots: lots,
        ask_lots: lots,
        bid_spread_bps: spread_bps,
        ask_spread_bps: spread_bps,
        expires_at: now + 7 * 86_400,
    }
}

/// The distance from the mark at which makers quote after such a move.
pub fn spread_bps(move_bps: u64) -> u32 {
    match move_bps {
        0..200 => 4,
        200..500 => 15,
        500..1_000 => 35,
        _ => 70,
    }
}
