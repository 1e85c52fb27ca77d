//! T63 to T68, T72 to T74: who owns the insurance money, and who bears its losses.

use crate::{
    crisis::{
        FEES, OWED, actors, ask_to_leave, enters, fund, go_bankrupt, leaves, mint_quote, set_targets, stake, stake_of,
        tokens, value_of_stake,
    },
    stage::{Stage, accepts, assert_sound, confirm_mark, patch_state, rejects, send, stage},
};
use firebreak::state::{InsuranceFund, Market};
use firebreak_client::FirebreakError;
use firebreak_replay::{chain::Chain, listing::DOLLAR, world::Actor};
use solana_signer::Signer;

const COOLDOWN: i64 = 14 * 86_400;
const DOOR: i64 = 2 * 86_400;

#[test]
fn t63_the_first_staker_cannot_inflate_the_price_of_a_share_at_the_next_one_s_cost() {
    for donated in [0, 1_000_000, 1_000_000_000_000] {
        let mut world = stage();
        let [mallory, victim] = actors(&mut world, [("mallory", 0), ("victim", 0)]);
        mint_quote(&mut world, &mallory, 1);
        world.stake(&mallory, 1).unwrap();
        // A tranche above its target gives the excess to the fund: the only way to give it anything.
        set_targets(&mut world, 0);
        if donated > 0 {
            world.fund_tranche(0, donated).unwrap();
        }
        mint_quote(&mut world, &victim, 10_000);
        let had = tokens(&mut world, &victim);
        world.stake(&victim, 10_000 * DOLLAR).unwrap();
        let paid = had - tokens(&mut world, &victim);
        let worth = value_of_stake(&mut world, &victim);
        assert!(worth + 1 >= paid && worth <= paid, "paid {paid} for {worth} after a gift of {donated}");
        assert!(value_of_stake(&mut world, &mallory) <= 1 + donated, "a gift came back with more");
        assert_sound(&mut world);
    }
}

#[test]
fn t63_a_donation_to_the_insurance_vault_is_nobody_s_and_too_little_for_a_share_is_refused() {
    let mut world = stage();
    let [alice, bob] = actors(&mut world, [("alice", 0), ("bob", 0)]);
    stake(&mut world, &alice, 100);
    let (before, vault) = (fund(&mut world), world.at.insurance_vault);
    world.mint_to(&world.mint.pubkey(), &vault, 1_000 * DOLLAR).unwrap();
    assert_eq!(fund(&mut world), before);
    assert_eq!(world.violations().len(), 1, "the donation is seen");
    stake(&mut world, &bob, 100);
    assert_eq!(stake_of(&mut world, &bob).shares, stake_of(&mut world, &alice).shares, "no share is dearer for it");

    let mut world = stage();
    let [alice, bob] = actors(&mut world, [("alice", 0), ("bob", 0)]);
    stake(&mut world, &alice, 1);
    set_targets(&mut world, 0);
    world.fund_tranche(0, 1 << 50).unwrap();
    mint_quote(&mut world, &bob, 1);
    world.sweep_all().unwrap();
    let tiny = enters(&world, &bob, 1);
    rejects(&mut world, FirebreakError::StakeTooSmall, &[tiny]);
}

/// Alice and Bob staked 1,000 dollars each; the markets keep 500 each of it.
fn insured() -> (Stage, [Actor; 2]) {
    let mut world = stage();
    let stakers = actors(&mut world, [("alice", 0), ("bob", 0)]);
    set_targets(&mut world, 500);
    for staker in &stakers {
        stake(&mut world, staker, 1_000);
    }
    (world, stakers)
}

#[test]
fn t64_who_stakes_before_income_is_swept_gets_none_of_it_and_who_leaves_after_asking_neither() {
    let (mut world, [alice, bob]) = insured();
    let [mallory, trader, other] = actors(&mut world, [("mallory", 0), ("trader", 200_000), ("other", 200_000)]);
    ask_to_leave(&mut world, &bob);
    world.trade(0, &trader, &other, 500_000, 1_500_000).unwrap();
    let income = world.market(0).fees / 2;
    mint_quote(&mut world, &mallory, 10_000);
    let attack = enters(&world, &mallory, 10_000 * DOLLAR);
    rejects(&mut world, FirebreakError::MarketsNotSwept, std::slice::from_ref(&attack));
    for market in [1, 2] {
        world.sweep(market).unwrap();
        rejects(&mut world, FirebreakError::MarketsNotSwept, std::slice::from_ref(&attack));
    }
    world.sweep(0).unwrap();
    send(&mut world, &[attack]).unwrap();
    assert!(value_of_stake(&mut world, &mallory) <= 10_000 * DOLLAR, "it paid for the income");
    let alice_has = value_of_stake(&mut world, &alice);
    assert!(alice_has > 1_000 * DOLLAR && alice_has <= 1_000 * DOLLAR + income / 2 + 1);

    // Bob asked before the income came: he leaves with what his shares were worth then.
    world.advance(COOLDOWN).unwrap();
    let had = tokens(&mut world, &bob);
    world.unstake(&bob).unwrap();
    let took = tokens(&mut world, &bob) - had;
    assert!(took <= 1_000 * DOLLAR && took + 2 >= 1_000 * DOLLAR, "{took}");
    assert_sound(&mut world);
}

#[test]
fn t65_who_asked_to_leave_bears_the_losses_of_the_cool_down_and_a_reported_one_keeps_everybody_in() {
    let (mut world, [alice, bob]) = insured();
    ask_to_leave(&mut world, &bob);
    world.advance(COOLDOWN - 86_400).unwrap();
    let [zoe, _] = go_bankrupt(&mut world, "zoe");
    let left = stake_of(&mut world, &bob).leaves_at - world.chain.now();
    world.advance(left - 1).unwrap();
    world.sweep_all().unwrap();
    let leave = leaves(&world, &bob, &[]);
    rejects(&mut world, FirebreakError::ExitNotOpen, std::slice::from_ref(&leave));
    world.advance(1).unwrap();
    world.sweep_all().unwrap();
    accepts(&mut world, std::slice::from_ref(&leave));

    // The bankruptcy is visible and not resolved yet: anyone reports it, and the door is closed for an hour.
    world.report_deficit(&zoe.margin).unwrap();
    rejects(&mut world, FirebreakError::DeficitOpen, std::slice::from_ref(&leave));
    world.advance(3_599).unwrap();
    world.sweep_all().unwrap();
    rejects(&mut world, FirebreakError::DeficitOpen, std::slice::from_ref(&leave));
    let keeper = world.actor("keeper", 4, 2_000 * DOLLAR).unwrap();
    world.liquidate(0, &keeper, &zoe.margin, u64::MAX, u64::MAX).unwrap();
    world.advance(1).unwrap();
    let solvent = world.at.report_deficit(zoe.margin);
    rejects(&mut world, FirebreakError::AccountSolvent, &[solvent]);
    let had = tokens(&mut world, &bob);
    world.unstake(&bob).unwrap();
    let took = tokens(&mut world, &bob) - had;
    let fair = 1_000 * DOLLAR - OWED / 2 + FEES / 2;
    assert!(took <= fair && took + 2 >= fair, "{took}: half of the loss, less half of the fees");
    assert!(value_of_stake(&mut world, &alice).abs_diff(took) <= 2);
    assert_sound(&mut world);
}

#[test]
fn t65_a_door_stays_open_for_two_days_and_asking_again_starts_from_the_beginning() {
    let (mut world, [_, bob]) = insured();
    ask_to_leave(&mut world, &bob);
    let leave = leaves(&world, &bob, &[0, 1, 2]);
    world.advance(COOLDOWN + DOOR - 1).unwrap();
    world.sweep_all().unwrap();
    accepts(&mut world, std::slice::from_ref(&leave));
    let saved = world.chain.svm.clone();
    ask_to_leave(&mut world, &bob);
    rejects(&mut world, FirebreakError::ExitNotOpen, std::slice::from_ref(&leave));
    world.chain.svm = saved;
    world.advance(1).unwrap();
    world.sweep_all().unwrap();
    rejects(&mut world, FirebreakError::ExitNotOpen, std::slice::from_ref(&leave));
    world.request_unstake(&bob, 0).unwrap();
    rejects(&mut world, FirebreakError::SharesInsufficient, &[leave]);
    let more = stake_of(&mut world, &bob).shares + 1;
    for shares in [more, u64::MAX] {
        let attack = world.at.request_unstake(bob.address(), shares);
        rejects(&mut world, FirebreakError::SharesInsufficient, &[attack]);
    }
}

#[test]
fn t66_after_a_loss_the_first_to_leave_gets_no_more_than_the_second() {
    let (mut world, stakers) = insured();
    stakers.iter().for_each(|staker| ask_to_leave(&mut world, staker));
    let [zoe, _] = go_bankrupt(&mut world, "zoe");
    let keeper = world.actor("keeper", 4, 2_000 * DOLLAR).unwrap();
    world.liquidate(0, &keeper, &zoe.margin, u64::MAX, u64::MAX).unwrap();
    world.advance(COOLDOWN).unwrap();
    world.sweep_all().unwrap();
    let saved = world.chain.svm.clone();
    let took = [[0, 1], [1, 0]].map(|order: [usize; 2]| {
        world.chain.svm = saved.clone();
        let mut took = [0; 2];
        for at in order {
            let had = tokens(&mut world, &stakers[at]);
            world.unstake(&stakers[at]).unwrap();
            took[at] = tokens(&mut world, &stakers[at]) - had;
            assert_sound(&mut world);
        }
        took
    });
    let all: Vec<u64> = took.concat();
    assert!(all.iter().all(|one| one.abs_diff(all[0]) <= 1), "{took:?}");
    assert!(all[0] <= 1_000 * DOLLAR - OWED / 2 + FEES / 2);
    assert!(fund(&mut world).fund().total() < 3, "{:?}", fund(&mut world));
}

#[test]
fn t68_a_bankrupt_in_one_market_costs_another_s_tranche_nothing_and_refills_are_bounded() {
    let (mut world, _) = insured();
    world.sweep_all().unwrap();
    let [zoe, _] = go_bankrupt(&mut world, "zoe");
    let others = [1, 2].map(|market| world.market(market));
    let keeper = world.actor("keeper", 4, 2_000 * DOLLAR).unwrap();
    world.liquidate(0, &keeper, &zoe.margin, u64::MAX, u64::MAX).unwrap();
    assert_eq!([1, 2].map(|market| world.market(market)), others);
    assert_eq!(world.market(0).tranche, 500 * DOLLAR - OWED);
    let address = world.at.market(0);
    patch_state::<Market>(&mut world, &address, |market| market.insurance_window_cap = 50 * DOLLAR);
    for (seconds, refilled) in [(3_600, 50), (0, 0), (3_599, 0), (1, 50)] {
        let held = world.market(0).tranche;
        world.advance(seconds).unwrap();
        world.sweep(0).unwrap();
        assert_eq!(world.market(0).tranche - held, refilled * DOLLAR, "after {seconds} s");
    }
    assert_eq!([1, 2].map(|market| world.market(market).tranche), others.map(|market| market.tranche));
}

#[test]
fn t72_a_deficit_is_paid_once_out_of_the_tranche_alone_and_no_fee_ever() {
    let (mut world, _) = insured();
    world.sweep_all().unwrap();
    let [zoe, _] = go_bankrupt(&mut world, "zoe");
    let before = world.market(0);
    let keeper = world.actor("keeper", 4, 2_000 * DOLLAR).unwrap();
    let attack = world.at.liquidate(0, keeper.address(), keeper.margin, zoe.margin, u64::MAX, u64::MAX);
    send(&mut world, std::slice::from_ref(&attack)).unwrap();
    let after = world.market(0);
    assert_eq!((before.tranche - after.tranche, after.insurance_paid), (OWED, OWED));
    assert_eq!((after.fees, after.protocol_fees), (before.fees, before.protocol_fees));
    rejects(&mut world, FirebreakError::AccountHealthy, &[attack]);
    assert_sound(&mut world);
}

#[test]
fn t73_after_a_total_loss_old_shares_are_worthless_and_the_fund_starts_again() {
    let mut world = stage();
    let [alice, bob] = actors(&mut world, [("alice", 0), ("bob", 0)]);
    stake(&mut world, &alice, 100);
    let [zoe, short] = go_bankrupt(&mut world, "zoe");
    let address = world.at.market(0);
    patch_state::<Market>(&mut world, &address, |market| market.fee_share_bps = 0);
    world.sweep_all().unwrap();
    assert_eq!(world.market(0).tranche, 100 * DOLLAR);
    world.auto_deleverage(0, &zoe.margin).unwrap();
    assert_eq!(world.market(0).tranche, 0, "all of it was paid");
    world.settle(0, &short.margin).unwrap();
    world.advance(1).unwrap();
    world.sweep_all().unwrap();
    let (total, worth) = (fund(&mut world).fund().total(), value_of_stake(&mut world, &alice));
    assert!(total <= 4 && worth <= 4, "rounding is all that is left: {total}, {worth}");
    if total > 0 {
        // An atom of rounding must not decide the outcome: take it, too.
        let address = world.at.insurance_fund;
        patch_state::<InsuranceFund>(&mut world, &address, |fund| fund.assets = 0);
    }
    let epoch = fund(&mut world).epoch;
    stake(&mut world, &bob, 10);
    assert_eq!(fund(&mut world).epoch, epoch + 1);
    assert_eq!(value_of_stake(&mut world, &bob), 10 * DOLLAR);
    let old = stake_of(&mut world, &alice).shares;
    assert!(old > 0);
    let attack = world.at.request_unstake(alice.address(), old);
    rejects(&mut world, FirebreakError::SharesInsufficient, &[attack]);
    stake(&mut world, &alice, 10);
    assert_eq!(stake_of(&mut world, &alice).shares, stake_of(&mut world, &bob).shares);
}

#[test]
fn t74_a_request_keeps_its_date_and_value_whatever_becomes_of_the_cool_down() {
    let (mut world, [_, bob]) = insured();
    ask_to_leave(&mut world, &bob);
    let asked = stake_of(&mut world, &bob);
    let fund = world.at.insurance_fund;
    for cooldown in [0, u32::MAX] {
        // No instruction writes it after the clearinghouse was created; the bytes are changed by hand.
        patch_state::<InsuranceFund>(&mut world, &fund, |fund| fund.cooldown_seconds = cooldown);
        world.sweep_all().unwrap();
        assert_eq!(stake_of(&mut world, &bob), asked);
        let leave = leaves(&world, &bob, &[]);
        rejects(&mut world, FirebreakError::ExitNotOpen, &[leave]);
    }
    world.advance(COOLDOWN).unwrap();
    world.unstake(&bob).unwrap();
    confirm_mark(&mut world, 0, 1_500_001);
    assert_sound(&mut world);
}
