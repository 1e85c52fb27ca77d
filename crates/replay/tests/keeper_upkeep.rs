//! What a keeper does beside liquidations, in a real world: each job is listed, carried out, and not listed again.

use firebreak::instructions::{BankConfig, OfferTerms};
use firebreak_client::instructions::TokenSide;
use firebreak_keeper::Task;
use firebreak_replay::{
    chain::Chain,
    listing::{self, DOLLAR, OUTFLOW},
    litesvm_chain::LiteSvmChain,
    world::{Actor, World, keypair},
};
use solana_signer::Signer;

const NOW: i64 = 1_760_000_000;
const SOL: u64 = 1_500_000;

type W = World<LiteSvmChain>;

/// SOL, BTC and ETH with funding, a maker and a keeper.
fn world() -> (W, Actor, Actor) {
    let listings: Vec<_> = listing::majors().into_iter().map(listing::funded).collect();
    let mut world = World::listed(LiteSvmChain::new().unwrap(), NOW, &listings).unwrap();
    for (market, mark) in [(0, SOL), (1, 1_200_000), (2, 4_000_000)] {
        world.set_mark(market, mark).unwrap();
    }
    let house = world.actor("house", 4, 2_000_000 * DOLLAR).unwrap();
    let keeper = world.actor("keeper", 8, 400_000 * DOLLAR).unwrap();
    (world, house, keeper)
}

/// The jobs of a round, each of which the program carried out.
fn round(world: &mut W, keeper: &Actor) -> Vec<Task> {
    let settings = world.keeper_settings();
    let sent = world.keeper_round(keeper, &settings);
    let done = sent.into_iter().map(|(job, sent)| {
        sent.unwrap_or_else(|refusal| panic!("{}\n{:?}\n{refusal}", job.why, job.task));
        job.task
    });
    let done = done.collect();
    assert_eq!(world.violations(), Vec::<String>::new());
    done
}

/// Does `is` once, and not again.
fn once(world: &mut W, keeper: &Actor, is: impl Fn(&Task) -> bool) {
    let first = round(world, keeper);
    assert!(first.iter().any(&is), "{first:?}");
    let second = round(world, keeper);
    assert!(!second.iter().any(&is), "{second:?}");
}

#[test]
fn prices_are_refreshed_before_they_are_no_longer_fresh() {
    let (mut world, _house, keeper) = world();
    assert!(round(&mut world, &keeper).is_empty(), "nothing to do");
    world.chain.set_now(NOW + 9);
    assert!(round(&mut world, &keeper).is_empty());
    world.chain.set_now(NOW + 10);
    (0..3).for_each(|asset| world.publish_mark(asset, 1_000_000 * (u64::from(asset) + 1)));
    once(&mut world, &keeper, |task| matches!(task, Task::RefreshPrice { asset: 2 }));
    assert_eq!(world.row(1).publish_time, NOW + 10);
}

#[test]
fn funding_follows_fills_above_the_mark() {
    let (mut world, house, keeper) = world();
    let trader = world.actor("trader", 4, 10_000 * DOLLAR).unwrap();
    world.trade(1, &trader, &house, 1_000, 1_200_000).unwrap();
    let before = round(&mut world, &keeper);
    world.trade(0, &trader, &house, 1_000, SOL + SOL / 200).unwrap();
    assert!(!before.iter().any(|task| matches!(task, Task::UpdateFunding { market: 0 })));
    once(&mut world, &keeper, |task| matches!(task, Task::UpdateFunding { market: 0 }));
    assert!(world.row(0).funding_rate > 0);
}

#[test]
fn a_tranche_above_its_target_is_swept() {
    let (mut world, _house, keeper) = world();
    world.fund_tranche(1, 1_000_010 * DOLLAR).unwrap();
    once(&mut world, &keeper, |task| matches!(task, Task::SweepInsurance { market: 1 }));
    assert_eq!(world.market(1).tranche, 1_000_000 * DOLLAR);
}

#[test]
fn only_the_own_offers_are_cancelled_and_only_once_they_ran_out() {
    let (mut world, house, keeper) = world();
    let terms = |seconds| OfferTerms {
        bid_lots: 10,
        ask_lots: 10,
        bid_spread_bps: 10,
        ask_spread_bps: 10,
        expires_at: NOW + seconds,
    };
    world.place_offer(0, &keeper, terms(5)).unwrap();
    world.place_offer(1, &keeper, terms(6)).unwrap();
    world.place_offer(0, &house, terms(5)).unwrap();
    world.chain.set_now(NOW + 5);
    let offer = world.offer_address(&keeper, 0);
    once(&mut world, &keeper, |task| matches!(task, Task::CancelOwnOffer { offer: found } if *found == offer));
    let left: Vec<_> = world.scene().offers.into_keys().collect();
    assert_eq!(left.len(), 2);
    assert!(!left.contains(&offer));
}

#[test]
fn a_breaker_is_poked_once_the_books_ask_for_it() {
    let (mut world, house, keeper) = world();
    let whale = world.actor("whale", 4, 31_000 * DOLLAR).unwrap();
    world.trade(0, &whale, &house, 200_000, SOL).unwrap();
    world.chain.set_now(NOW + 10);
    world.set_mark(0, SOL / 100 * 92).unwrap();
    let done = round(&mut world, &keeper);
    assert!(done.iter().any(|task| matches!(task, Task::Liquidate { market: 0, .. })), "{done:?}");
    once(&mut world, &keeper, |task| matches!(task, Task::Poke { market: 0 }));
    assert!(world.row(0).breaker.level > 0);
}

#[test]
fn collateral_is_bought_before_a_position_is_taken_over() {
    let (mut world, house, keeper) = world();
    let mint = keypair("pledged token");
    world.create_mint(&mint, 2).unwrap();
    let config = BankConfig {
        asset: 0,
        haircut_bps: 1_000,
        liquidation_discount_bps: 400,
        deposit_cap: risk::MAX_LOTS as u64,
        surcharge_bps: 0,
        outflow: OUTFLOW,
    };
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let add = world.at.add_collateral_bank(payer, authority, mint.pubkey(), world.token_program, 1, config);
    world.chain.send(&[add], &[&world.payer, &world.authority]).unwrap();
    let owner = world.actor("owner", 4, 100 * DOLLAR).unwrap();
    let tokens = keypair("owner's pledge");
    world.create_token_account(&tokens, &mint.pubkey(), &owner.address()).unwrap();
    world.mint_to(&mint.pubkey(), &tokens.pubkey(), 2_000).unwrap();
    let side = TokenSide { mint: mint.pubkey(), token_program: world.token_program, token_account: tokens.pubkey() };
    let deposit = world.at.deposit(1, owner.address(), owner.margin, side, 2_000);
    world.chain.send(&[deposit], &[&owner.key]).unwrap();
    // 2,800 dollars of equity hold 22,500 dollars of SOL; a tenth less leaves 280.
    world.trade(0, &owner, &house, 15_000, SOL).unwrap();
    world.chain.set_now(NOW + 10);
    world.set_mark(0, SOL / 100 * 91).unwrap();

    let done = round(&mut world, &keeper);
    let of: Vec<&Task> = done.iter().filter(|task| task.account() == Some(owner.margin)).collect();
    assert!(matches!(of.first(), Some(Task::ConvertCollateral { bank: 1, .. })), "{of:?}");
    let (value, scene) = (world.margin(&owner.margin), world.scene());
    assert!(value.value_for_maintenance(&scene.board, scene.now).unwrap().is_covered());
    assert!(world.margin(&keeper.margin).header.has_collateral());
}

#[test]
fn positions_of_the_epoch_before_are_touched_once_a_side_was_closed_wholly() {
    let (mut world, house, keeper) = world();
    let whale = world.actor("whale", 4, 30_400 * DOLLAR).unwrap();
    world.trade(0, &whale, &house, 200_000, SOL).unwrap();
    let (mut deleveraged, mut touched) = (0, vec![]);
    for step in 1..60 {
        world.chain.set_now(NOW + 10 * step);
        (0..3).for_each(|asset| world.publish_mark(asset, [SOL / 100 * 89, 1_200_000, 4_000_000][usize::from(asset)]));
        for task in round(&mut world, &keeper) {
            match task {
                Task::AutoDeleverage { .. } => deleveraged += 1,
                Task::TouchLeftBehind { market: 0, accounts } => touched.extend(accounts),
                _ => {}
            }
        }
    }
    assert_eq!(deleveraged, 1);
    assert_eq!(touched, [house.margin], "once");
    let market = world.market(0);
    assert_eq!((market.long_left_behind, market.short_left_behind, market.short_open_interest), (0, 0, 0));
}
