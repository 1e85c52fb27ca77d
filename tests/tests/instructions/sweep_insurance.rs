use crate::{liquidate::terms, scene::*};
use firebreak::{
    event::InsuranceSwept,
    state::{InsuranceFund, Market},
};

/// Alice and Bob traded 1,000 lots of SOL and paid 0.75 dollars each; the tranche wants nothing.
pub fn world_with_fees() -> (Bank, [Actor; 2]) {
    let (mut world, alice, bob) = world_with_two();
    world.trade(0, &alice, &bob, 1_000, MARK).unwrap();
    terms(&mut world, |market| market.tranche_target = 0);
    (world, [alice, bob])
}

pub const FEES: u64 = 1_500_000;

#[test]
fn fees_are_shared_between_the_fund_and_the_protocol() {
    let (mut world, _) = world_with_fees();

    let step = succeeds(&mut world, |world| world.sweep(0));

    step.changes_only([
        change("market 0.fees", FEES, 0),
        change("market 0.protocol_fees", 0, 750_000),
        change("insurance fund.assets", 0, 750_000),
        change("insurance vault.amount", 0, 750_000),
        change("bank 0.total", 20_000_000_000_u64, 19_999_250_000_u64),
        change("vault 0.amount", 20_000_000_000_u64, 19_999_250_000_u64),
        change("market 0.refill_window_started", 0, NOW),
    ])
    .emits([&InsuranceSwept {
        market: world.at.market(0),
        fees_to_fund: 750_000,
        fees_kept: 750_000,
        returned: 0,
        refilled: 0,
        tranche: 0,
        assets: 750_000,
        deployed: 0,
        shares: 0,
    }]);
}

/// Of 1,500,000 atoms 3,333.3... are not a whole number: the fund's part is rounded down.
#[test]
fn the_funds_part_of_fees_is_rounded_down() {
    for (share_bps, to_fund) in [(0, 0), (1, 149), (9_999, 1_499_849), (10_000, 1_499_999)] {
        let (mut world, _) = world_with_fees();
        terms(&mut world, |market| {
            market.fee_share_bps = share_bps;
            (market.fees, market.protocol_fees) = (FEES - 1, 1);
        });
        succeeds(&mut world, |world| world.sweep(0));
        let market = world.market(0);
        assert_eq!((market.fees, market.protocol_fees), (0, FEES - to_fund));
        assert_eq!(world.ledger().fund.unwrap().assets, to_fund);
    }
}

#[test]
fn a_second_sweep_finds_nothing_to_move() {
    let (mut world, _) = world_with_fees();
    world.sweep(0).unwrap();
    world.chain.set_now(NOW + 5);
    succeeds(&mut world, |world| world.sweep(0)).changes_only([]);
}

/// 500 atoms were given to a tranche that wants 300.
#[test]
fn what_a_tranche_has_above_its_target_returns_to_the_fund() {
    let (mut world, _) = world_with_two_and_a_gift(500);
    terms(&mut world, |market| market.tranche_target = 300);

    let step = succeeds(&mut world, |world| world.sweep(0));

    step.changes_only([
        change("market 0.tranche", 500, 300),
        change("market 0.tranche_reported", 0, 300),
        change("insurance fund.assets", 0, 200),
        change("insurance fund.deployed", 0, 300),
        change("insurance vault.amount", 0, 200),
        change("bank 0.total", 20_000_000_500_u64, 20_000_000_300_u64),
        change("vault 0.amount", 20_000_000_500_u64, 20_000_000_300_u64),
        change("market 0.refill_window_started", 0, NOW),
    ])
    .emits([&InsuranceSwept {
        market: world.at.market(0),
        fees_to_fund: 0,
        fees_kept: 0,
        returned: 200,
        refilled: 0,
        tranche: 300,
        assets: 200,
        deployed: 300,
        shares: 0,
    }]);
}

fn world_with_two_and_a_gift(amount: u64) -> (Bank, [Actor; 2]) {
    let (mut world, alice, bob) = world_with_two();
    world.fund_tranche(0, amount).unwrap();
    (world, [alice, bob])
}

/// Alice staked ten dollars; nothing is in the tranche of SOL.
fn world_with_a_stake() -> (Bank, [Actor; 2]) {
    let (mut world, alice, bob) = world_with_two();
    for market in 0..3 {
        let address = world.at.market(market);
        edit::<Market, _>(&mut world, &address, |market| market.tranche_target = 0);
    }
    world.mint_to(&world.mint.pubkey(), &alice.tokens, 10 * DOLLAR).unwrap();
    world.stake(&alice, 10 * DOLLAR).unwrap();
    (world, [alice, bob])
}

/// The bank's cap is for deposits: it keeps no refill out.
#[test]
fn a_tranche_below_its_target_is_refilled() {
    let (mut world, _) = world_with_a_stake();
    terms(&mut world, |market| market.tranche_target = 4_000_000);
    let bank = world.at.quote_bank;
    edit::<firebreak::state::CollateralBank, _>(&mut world, &bank, |bank| bank.deposit_cap = bank.total);

    let step = succeeds(&mut world, |world| world.sweep(0));

    step.changes_only([
        change("market 0.tranche", 0, 4_000_000),
        change("market 0.tranche_reported", 0, 4_000_000),
        change("market 0.refill_window_used", 0, 4_000_000),
        change("insurance fund.assets", 10_000_000, 6_000_000),
        change("insurance fund.deployed", 0, 4_000_000),
        change("insurance vault.amount", 10_000_000, 6_000_000),
        change("bank 0.total", 20_000_000_000_u64, 20_004_000_000_u64),
        change("vault 0.amount", 20_000_000_000_u64, 20_004_000_000_u64),
    ])
    .emits([&InsuranceSwept {
        market: world.at.market(0),
        fees_to_fund: 0,
        fees_kept: 0,
        returned: 0,
        refilled: 4_000_000,
        tranche: 4_000_000,
        assets: 6_000_000,
        deployed: 4_000_000,
        shares: 10_000_000_000,
    }]);
}

/// The target, what the window has left (of which 70 are used), and the fund's ten dollars: the least of the three.
#[test]
fn a_refill_is_bounded_by_target_window_and_assets() {
    for (target, cap, refilled) in [
        (1_000, 1_069, 999),
        (1_000, 1_070, 1_000),
        (1_000, 1_071, 1_000),
        (1_000, 70, 0),
        (1_000, 0, 0),
        (9_999_999, u64::MAX, 9_999_999),
        (10_000_000, u64::MAX, 10_000_000),
        (10_000_001, u64::MAX, 10_000_000),
    ] {
        let (mut world, _) = world_with_a_stake();
        terms(&mut world, |market| {
            (market.tranche_target, market.insurance_window_cap, market.refill_window_used) = (target, cap, 70);
        });
        succeeds(&mut world, |world| world.sweep(0));
        assert_eq!(world.market(0).tranche, refilled, "target {target}, cap {cap}");
    }
}

/// The next one begins an hour after the last.
#[test]
fn a_refill_goes_on_in_the_next_window() {
    let (mut world, _) = world_with_a_stake();
    terms(&mut world, |market| (market.tranche_target, market.insurance_window_cap) = (1_000, 600));
    for (seconds, tranche) in [(0, 600), (3_599, 600), (3_600, 1_000)] {
        world.chain.set_now(NOW + seconds);
        world.sweep(0).unwrap();
        assert_eq!(world.market(0).tranche, tranche);
    }
    let market = world.market(0);
    assert_eq!((market.refill_window_started, market.refill_window_used), (NOW + 3_600, 400));
}

/// Fees come in as a refill goes out: one transfer for the difference, here of nothing at all.
#[test]
fn fees_and_refill_meet_in_one_transfer() {
    let (mut world, _) = world_with_fees();
    terms(&mut world, |market| market.tranche_target = 750_000);

    let step = succeeds(&mut world, |world| world.sweep(0));

    step.changes_only([
        change("market 0.fees", FEES, 0),
        change("market 0.protocol_fees", 0, 750_000),
        change("market 0.tranche", 0, 750_000),
        change("market 0.tranche_reported", 0, 750_000),
        change("market 0.refill_window_used", 0, 750_000),
        change("insurance fund.deployed", 0, 750_000),
        change("market 0.refill_window_started", 0, NOW),
    ]);
}

#[test]
fn rejects_a_vault_mint_bank_or_token_program_that_is_not_its_own() {
    let (mut world, [alice, _]) = world_with_fees();
    let tokens = collateral(&mut world, 1, &alice, 100);
    let sweep = world.at.sweep_insurance(0, world.mint.pubkey(), world.token_program);
    let other_bank = swapped(sweep.clone(), world.at.quote_bank, world.at.bank(1));
    let other_bank = swapped(other_bank, world.at.quote_vault, firebreak_client::addresses::vault(&world.at.bank(1)));
    let wrong = [
        swapped(other_bank, world.mint.pubkey(), tokens.mint),
        swapped(sweep.clone(), world.at.insurance_vault, alice.tokens),
        swapped(sweep.clone(), world.at.quote_vault, alice.tokens),
        swapped(sweep.clone(), world.mint.pubkey(), tokens.mint),
        swapped(sweep.clone(), firebreak_client::TOKEN_PROGRAM, firebreak_client::TOKEN_2022_PROGRAM),
    ];
    for wrong in wrong {
        assert_rejects(&mut world, FirebreakError::BankAccountMismatch, |world| send(world, wrong, &[&payer()]));
    }
    let same = swapped(sweep.clone(), world.at.insurance_vault, world.at.quote_vault);
    assert_rejects(&mut world, SAME_ACCOUNT_TWICE, |world| send(world, same, &[&payer()]));
    send(&mut world, sweep, &[&payer()]).unwrap();
}

#[test]
fn rejects_accounts_of_another_clearinghouse() {
    let (mut world, _) = world_with_fees();
    let (ours, theirs) = (world.at, other_clearinghouse(&mut world));
    let sweep = ours.sweep_insurance(0, world.mint.pubkey(), world.token_program);
    let bank = swapped(sweep.clone(), ours.quote_bank, theirs.quote_bank);
    let fund = swapped(sweep.clone(), ours.insurance_fund, theirs.insurance_fund);
    let foreign = [
        swapped(bank, ours.quote_vault, theirs.quote_vault),
        swapped(fund, ours.insurance_vault, theirs.insurance_vault),
        swapped(sweep.clone(), ours.market(0), theirs.market(0)),
        swapped(sweep.clone(), ours.board, theirs.board),
    ];
    for foreign in foreign {
        assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| send(world, foreign, &[&payer()]));
    }
    send(&mut world, sweep, &[&payer()]).unwrap();
}

/// A fund that counts less deployed than this market alone reported, which no instruction leaves behind.
#[test]
fn rejects_books_that_do_not_add_up() {
    let (mut world, _) = world_with_two_and_a_gift(500);
    world.sweep(0).unwrap();
    let fund = world.at.insurance_fund;
    edit::<InsuranceFund, _>(&mut world, &fund, |fund| fund.deployed = 499);
    assert_rejects(&mut world, FirebreakError::ArithmeticOverflow, |world| world.sweep(0));
    edit::<InsuranceFund, _>(&mut world, &fund, |fund| fund.deployed = 500);
    world.sweep(0).unwrap();
}
