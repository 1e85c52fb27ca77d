//! What every breaker level leaves open: every level, every instruction.

use crate::{
    breakers::{GLOBAL, trip},
    scene::*,
};
use firebreak::state::{CROSS, InsuranceFund};

/// Alice long, Bob short, Carol flat, Erin below maintenance, Frank bankrupt, Grace with collateral and too little
/// cash, Maker with an offer; SOL has fallen.
struct Crowd {
    alice: Actor,
    bob: Actor,
    carol: Actor,
    erin: Actor,
    frank: Actor,
    grace: Actor,
    maker: Actor,
}

const TERMS: OfferTerms =
    OfferTerms { bid_lots: 50, ask_lots: 50, bid_spread_bps: 0, ask_spread_bps: 0, expires_at: NOW + 1_000 };
const FALLEN: u64 = 1_404_000;

fn world_in_trouble() -> (Bank, Crowd) {
    let mut world = world();
    let mut actor = |name, cash| world.actor(name, 4, cash).unwrap();
    let crowd = Crowd {
        alice: actor("alice", 10_000 * DOLLAR),
        bob: actor("bob", 10_000 * DOLLAR),
        carol: actor("carol", 10_000 * DOLLAR),
        erin: actor("erin", 1_000 * DOLLAR),
        frank: actor("frank", 100 * DOLLAR),
        grace: actor("grace", 20 * DOLLAR),
        maker: actor("maker", 10_000 * DOLLAR),
    };
    world.trade(0, &crowd.alice, &crowd.bob, 1_000, MARK).unwrap();
    world.trade(0, &crowd.erin, &crowd.bob, 6_000, MARK).unwrap();
    world.trade(0, &crowd.frank, &crowd.bob, 100, MARK).unwrap();
    set_cash(&mut world, &crowd.frank, DOLLAR);
    let tokens = collateral(&mut world, 1, &crowd.grace, 1_000_000_000);
    let deposit = world.at.deposit(1, crowd.grace.address(), crowd.grace.margin, tokens, 1_000_000_000);
    send(&mut world, deposit, &[&crowd.grace.key]).unwrap();
    world.trade(0, &crowd.grace, &crowd.bob, 500, MARK).unwrap();
    let fund = world.at.insurance_fund;
    edit::<InsuranceFund, _>(&mut world, &fund, |fund| fund.cooldown_seconds = 0);
    world.place_offer(0, &crowd.maker, TERMS).unwrap();
    for actor in [&crowd.alice, &crowd.bob, &crowd.carol] {
        world.mint_to(&world.mint.pubkey(), &actor.tokens, 1_000).unwrap();
    }
    world.chain.set_now(NOW + 10);
    world.set_mark(0, FALLEN).unwrap();
    (world, crowd)
}

/// As if the hour after Frank's deficit was reported were over, while the prices are as fresh as they were.
fn end_deficit(world: &mut Bank) {
    let fund = world.at.insurance_fund;
    edit::<InsuranceFund, _>(world, &fund, |fund| fund.closed_until = 0);
}

type Attempt = fn(&mut Bank, &Crowd) -> Sent;

/// Each kind of action, the highest level at which a market's breaker leaves it open, and the global one.
fn actions() -> Vec<(&'static str, u8, u8, Attempt)> {
    vec![
        // First: her trades would settle it, and it fills the pool for the gain.
        ("settle a loss", 4, 4, |world, crowd| world.settle(0, &crowd.alice.margin)),
        ("deposit", 4, 4, |world, crowd| world.deposit(&crowd.carol, 1)),
        ("fund_tranche", 4, 4, |world, crowd| {
            let fund = world.at.fund_tranche(0, crowd.bob.address(), world.quote(crowd.bob.tokens), 1);
            send(world, fund, &[&crowd.bob.key])
        }),
        ("refresh_prices", 4, 4, |world, _| world.refresh(&[0])),
        ("poke", 4, 4, |world, _| {
            let poke = world.at.poke(0);
            send(world, poke, &[&payer()])
        }),
        ("withdraw flat", 4, 3, |world, crowd| world.withdraw(&crowd.carol, 1)),
        ("withdraw with positions", 1, 1, |world, crowd| world.withdraw(&crowd.bob, 1)),
        ("trade, adding", 1, 1, |world, crowd| world.trade(0, &crowd.carol, &crowd.bob, 1, FALLEN)),
        ("trade, one side adding", 1, 1, |world, crowd| world.trade(0, &crowd.maker, &crowd.alice, 1, FALLEN)),
        ("trade, reducing", 2, 2, |world, crowd| world.trade(0, &crowd.bob, &crowd.alice, 1, FALLEN)),
        ("take_offer, adding", 1, 1, |world, crowd| world.take_offer(0, &crowd.carol, &crowd.maker, 1, u64::MAX)),
        ("liquidate", 3, 3, |world, crowd| world.liquidate(0, &crowd.carol, &crowd.erin.margin, 1, u64::MAX)),
        ("liquidate_collateral", 4, 3, |world, crowd| {
            let (buyer, seller) = (&crowd.carol, crowd.grace.margin);
            let buy = world.at.liquidate_collateral(1, buyer.address(), buyer.margin, seller, 1_000, u64::MAX);
            send(world, buy, &[&buyer.key])
        }),
        ("report_deficit", 4, 4, |world, crowd| world.report_deficit(&crowd.frank.margin)),
        ("settle a gain", 2, 2, |world, crowd| world.settle(0, &crowd.bob.margin)),
        ("auto_deleverage", 3, 3, |world, crowd| world.auto_deleverage(0, &crowd.frank.margin)),
        ("update_funding", 4, 4, |world, _| world.update_funding(0)),
        ("sweep_insurance", 4, 4, |world, _| {
            world.sweep(1)?;
            world.sweep(2)?;
            world.sweep(0)
        }),
        ("stake", 4, 4, |world, crowd| {
            let (staker, tokens) = (&crowd.carol, world.quote(crowd.carol.tokens));
            let stake = world.at.stake_insurance(payer().pubkey(), staker.address(), tokens, 100, &[0, 1, 2]);
            send(world, stake, &[&payer(), &staker.key])
        }),
        ("request_unstake", 4, 4, |world, crowd| world.request_unstake(&crowd.carol, 50_000)),
        ("unstake", 4, 3, |world, crowd| {
            let unstake = world.at.unstake(crowd.carol.address(), world.quote(crowd.carol.tokens), &[0, 1, 2]);
            send(world, unstake, &[&crowd.carol.key])
        }),
        ("place_offer", 4, 4, |world, crowd| world.place_offer(0, &crowd.carol, TERMS)),
        ("update_offer", 4, 4, |world, crowd| {
            let update = ix::update_offer(0, crowd.carol.address(), crowd.carol.margin, TERMS);
            send(world, update, &[&crowd.carol.key])
        }),
        ("cancel_offer", 4, 4, |world, crowd| {
            let owner = crowd.carol.address();
            send(world, ix::cancel_offer(0, owner, crowd.carol.margin, owner), &[&crowd.carol.key])
        }),
        ("set_delegate", 4, 4, |world, crowd| {
            let set = ix::set_delegate(crowd.carol.address(), crowd.carol.margin, crowd.bob.address());
            send(world, set, &[&crowd.carol.key])
        }),
        ("create_margin_account", 4, 4, |world, crowd| {
            let create = world.at.create_margin_account(payer().pubkey(), crowd.carol.address(), 1, 4, CROSS);
            send(world, create, &[&payer(), &crowd.carol.key])
        }),
        ("grow_margin_account", 4, 4, |world, crowd| {
            let account = world.at.margin_account(&crowd.carol.address(), 1);
            let grow = ix::grow_margin_account(payer().pubkey(), crowd.carol.address(), account, 8);
            send(world, grow, &[&payer(), &crowd.carol.key])
        }),
        ("close_margin_account", 4, 4, |world, crowd| {
            let (owner, account) = (crowd.carol.address(), world.at.margin_account(&crowd.carol.address(), 1));
            send(world, ix::close_margin_account(owner, account, owner), &[&crowd.carol.key])
        }),
        // Governance is never halted: neither what it may do, nor what stops it.
        ("propose", 4, 4, |world, _| {
            let narrower = world.market_change(0, |market| market.price_band_bps = 190);
            world.propose(narrower)?;
            let change = world.asset_change(0, |asset| asset.ema_band_bps = 990);
            world.propose(change)
        }),
        ("execute_proposal", 4, 4, |world, _| world.execute(0)),
        ("veto_proposal", 4, 4, |world, _| world.veto(1, &guardian())),
        ("seal", 4, 4, |world, _| world.seal()),
    ]
}

/// What only governance does: no level stands in its way.
const GOVERNANCE: [&str; 7] = [
    "create_clearinghouse",
    "set_price_programs",
    "add_asset",
    "add_market",
    "add_collateral_bank",
    "trip_breaker",
    "reset_breaker",
];

/// No instruction is without an entry in the table.
#[test]
fn every_instruction_of_the_idl_has_a_highest_level() {
    let idl: serde_json::Value = serde_json::from_str(include_str!("../../../idl/firebreak.json")).unwrap();
    let named = actions().into_iter().map(|(name, ..)| name.split([' ', ',']).next().unwrap_or_default());
    let named: std::collections::BTreeSet<_> = named.chain(GOVERNANCE).collect();
    let instructions = idl["instructions"].as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap());
    assert_eq!(named, instructions.collect());
}

/// Tries every action, one after the other, in a world at each level.
fn rejects_beyond(highest: impl Fn(u8, u8) -> u8, raise: impl Fn(&mut Bank, u8)) {
    for level in 0..=4 {
        let (mut world, crowd) = world_in_trouble();
        if level > 0 {
            raise(&mut world, level);
        }
        for (name, market, global, attempt) in actions() {
            println!("level {level}: {name}");
            if name == "unstake" {
                end_deficit(&mut world);
            }
            if level <= highest(market, global) {
                attempt(&mut world, &crowd).unwrap_or_else(|refusal| panic!("{name} at level {level}: {refusal}"));
                assert_eq!(world.violations(), Vec::<String>::new());
            } else {
                assert_rejects(&mut world, FirebreakError::BreakerActive, |world| attempt(world, &crowd));
            }
        }
    }
}

#[test]
fn rejects_at_each_level_of_the_global_breaker_what_the_table_closes() {
    rejects_beyond(
        |_, global| global,
        |world, level| {
            trip(world, &authority(), GLOBAL, level, 1_000).unwrap();
        },
    );
}

#[test]
fn rejects_at_each_level_of_a_markets_breaker_what_the_table_closes() {
    rejects_beyond(
        |market, _| market,
        |world, level| {
            trip(world, &authority(), 0, level, 1_000).unwrap();
        },
    );
}

/// T96: the level that signals set closes exactly what the same level closes where somebody set it.
#[test]
fn t96_rejects_at_each_automatic_level_what_the_table_closes() {
    rejects_beyond(
        |market, _| market,
        |world, level| {
            edit_row(world, 0, |row| (row.breaker.level, row.breaker.until) = (level, NOW + 1_000));
        },
    );
}

#[test]
fn the_breaker_of_one_market_leaves_the_others_alone() {
    let (mut world, crowd) = world_in_trouble();
    trip(&mut world, &guardian(), 1, 4, 1_000).unwrap();
    for (name, _, _, attempt) in actions() {
        if name == "unstake" {
            end_deficit(&mut world);
        }
        attempt(&mut world, &crowd).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
    }
}

/// A position in a halted market keeps the whole account's cash in; the higher of the two levels counts.
#[test]
fn rejects_a_withdrawal_where_any_market_held_is_restricted() {
    let (mut world, alice, bob) = world_with_two();
    world.trade(0, &alice, &bob, 1, MARK).unwrap();
    world.trade(1, &alice, &bob, 1, 1_200_000).unwrap();
    trip(&mut world, &guardian(), GLOBAL, 1, 100).unwrap();
    world.withdraw(&alice, 1).unwrap();
    trip(&mut world, &guardian(), 1, 2, 100).unwrap();
    assert_rejects(&mut world, FirebreakError::BreakerActive, |world| world.withdraw(&alice, 1));
}
