use crate::{liquidate::terms, scene::*};
use firebreak::{
    event::Staked,
    state::{InsuranceFund, InsuranceStake, Market, VERSION},
};
use solana_instruction::error::InstructionError;

/// Alice and Bob have ten dollars each in their wallets; no tranche wants anything, so that the fund's money stays in
/// its vault.
pub fn world_with_wallets() -> (Bank, [Actor; 2]) {
    let (mut world, alice, bob) = world_with_two();
    for actor in [&alice, &bob] {
        world.mint_to(&world.mint.pubkey(), &actor.tokens, 10 * DOLLAR).unwrap();
    }
    for market in 0..3 {
        let address = world.at.market(market);
        edit::<Market, _>(&mut world, &address, |market| market.tranche_target = 0);
    }
    (world, [alice, bob])
}

/// Without the sweeps before it.
fn only_stake(world: &mut Bank, staker: &Actor, amount: u64) -> Sent {
    let stake = stake_instruction(world, staker, amount, &[0, 1, 2]);
    send(world, stake, &[&payer(), &staker.key])
}

fn stake_instruction(world: &Bank, staker: &Actor, amount: u64, markets: &[u8]) -> Instruction {
    world.at.stake_insurance(payer().pubkey(), staker.address(), world.quote(staker.tokens), amount, markets)
}

pub fn fund(world: &mut Bank) -> InsuranceFund {
    world.ledger().fund.unwrap()
}

pub fn shares(world: &mut Bank, staker: &Actor) -> InsuranceStake {
    let address = world.at.stake(&staker.address());
    firebreak_client::decode(&world.chain.account(&address).unwrap().data).unwrap()
}

#[test]
fn the_first_atom_buys_a_thousand_shares() {
    let (mut world, [alice, _]) = world_with_wallets();

    let step = succeeds(&mut world, |world| only_stake(world, &alice, 4_000_000));

    step.changes_only([
        created("alice's stake"),
        change("alice's tokens.amount", 10_000_000, 6_000_000),
        change("insurance fund.assets", 0, 4_000_000),
        change("insurance fund.shares", 0, 4_000_000_000_u64),
        change("insurance fund.virtual_shares", 0, 1_000),
        change("insurance fund.epoch", 0, 1),
        change("insurance vault.amount", 0, 4_000_000),
    ])
    .emits([&Staked {
        fund: world.at.insurance_fund,
        staker: alice.address(),
        shares: 4_000_000_000,
        paid: 4_000_000,
        assets: 4_000_000,
        deployed: 0,
        all_shares: 4_000_000_000,
    }]);
    let stake = shares(&mut world, &alice);
    let expected = InsuranceStake {
        fund: world.at.insurance_fund,
        owner: alice.address(),
        shares: 4_000_000_000,
        epoch: 1,
        bump: stake.bump,
        version: VERSION,
        ..bytemuck::Zeroable::zeroed()
    };
    assert_eq!(stake, expected);
}

/// Trading earned the fund 0.75 dollars on Alice's ten: an atom buys 930 shares, and whoever stakes pays for no
/// fraction of one.
#[test]
fn a_later_stake_pays_what_its_shares_are_worth_and_keeps_the_change() {
    let (mut world, [alice, bob]) = world_with_wallets();
    world.stake(&alice, 10 * DOLLAR).unwrap();
    world.trade(0, &alice, &bob, 1_000, MARK).unwrap();
    world.sweep_all().unwrap();
    let (total, all) = (10_750_000_u128 + 1, 10_000_001_000_u128);
    let amount = 1_000_000_u128;
    let bought = amount * all / total;
    let paid = (bought * total).div_ceil(all);
    assert_eq!((bought, paid), (930_232_564, 1_000_000));

    let step = succeeds(&mut world, |world| only_stake(world, &bob, amount as u64));

    step.changes_only([
        created("bob's stake"),
        change("bob's tokens.amount", 10_000_000, 9_000_000),
        change("insurance fund.assets", 10_750_000, 11_750_000),
        change("insurance fund.shares", 10_000_000_000_u64, 10_930_232_564_u64),
        change("insurance vault.amount", 10_750_000, 11_750_000),
    ]);
    // A second stake of his goes to the same account.
    let before = shares(&mut world, &bob).shares;
    succeeds(&mut world, |world| only_stake(world, &bob, 1_000)).changes_only([
        change("bob's stake.shares", before, before + 930_232),
        change("bob's tokens.amount", 9_000_000, 8_999_000),
        change("insurance fund.assets", 11_750_000, 11_751_000),
        change("insurance fund.shares", 10_930_232_564_u64, 10_931_162_796_u64),
        change("insurance vault.amount", 11_750_000, 11_751_000),
    ]);
}

/// What was in the tranches before the first staker belongs to nobody: it is not hers, and she pays an atom for 1,000
/// shares.
#[test]
fn t63_what_was_given_before_the_first_stake_is_nobodys() {
    let (mut world, [alice, _]) = world_with_wallets();
    world.fund_tranche(0, 999).unwrap();
    world.stake(&alice, 1_000_000).unwrap();
    let fund = fund(&mut world);
    assert_eq!((fund.assets, fund.virtual_shares, fund.shares), (1_000_999, 1_000_000, 1_000_000_000));
    // Her 1,000 atoms less what rounding gives the 1,000 of nobody.
    assert_eq!(fund.fund().value_down(1_000_000_000), 1_000_000);
}

/// After a gift of a million dollars a share of Alice's single atom costs half of one: 500,000,001 atoms buy one, an
/// atom less none.
#[test]
fn t63_rejects_less_than_a_share_rather_than_taking_it() {
    let (mut world, [alice, bob]) = world_with_wallets();
    world.stake(&alice, 1).unwrap();
    terms(&mut world, |market| market.tranche_target = u64::MAX);
    world.fund_tranche(0, 1_000_000 * DOLLAR).unwrap();
    world.mint_to(&world.mint.pubkey(), &bob.tokens, 1_000 * DOLLAR).unwrap();
    world.sweep_all().unwrap();

    assert_rejects(&mut world, FirebreakError::StakeTooSmall, |world| only_stake(world, &bob, 500_000_000));
    only_stake(&mut world, &bob, 500_000_001).unwrap();
    assert_eq!((shares(&mut world, &bob).shares, fund(&mut world).assets), (1, 500_000_001));
}

/// Alice staked 40 dollars less an atom, all of which went into the tranche and was paid for a deficit of 40. While
/// less than a millionth of what her shares cost is left, they are worthless: 39 atoms are, 40 are not.
#[test]
fn t73_after_a_wipe_out_the_next_stake_begins_a_new_epoch() {
    for (left, is_new) in [(0, true), (39, true), (40, false)] {
        let (mut world, alice, bob) = world_wiped_out();
        if left > 0 {
            world.fund_tranche(0, left).unwrap();
            world.sweep_all().unwrap();
        }
        let before = fund(&mut world);
        assert_eq!((before.assets + before.deployed, before.shares), (left, 39_999_999_000));

        succeeds(&mut world, |world| only_stake(world, &bob, 7_000));

        let after = fund(&mut world);
        assert_eq!(after.epoch - before.epoch, u32::from(is_new));
        if is_new {
            assert_eq!((after.shares, after.virtual_shares), (7_000_000, (left + 1) * 1_000));
            // Alice's are of an epoch that is over.
            assert_rejects(&mut world, FirebreakError::SharesInsufficient, |world| world.request_unstake(&alice, 1));
            only_stake(&mut world, &alice, 1).unwrap();
            assert_eq!(shares(&mut world, &alice).shares, 1_000);
        } else {
            assert_eq!(after.virtual_shares, before.virtual_shares);
            world.request_unstake(&alice, 39_999_999_000).unwrap();
        }
    }
}

fn world_wiped_out() -> (Bank, Actor, Actor) {
    let mut world = world();
    let erin = world.actor("erin", 4, 160_750_000).unwrap();
    let alice = world.actor("alice", 4, 10_000 * DOLLAR).unwrap();
    let bob = world.actor("bob", 4, 10_000 * DOLLAR).unwrap();
    terms(&mut world, |market| market.fee_share_bps = 0);
    world.trade(0, &erin, &bob, 1_000, MARK).unwrap();
    for (actor, amount) in [(&alice, 40_000_000), (&bob, 10_000)] {
        world.mint_to(&world.mint.pubkey(), &actor.tokens, amount).unwrap();
    }
    world.stake(&alice, 39_999_999).unwrap();
    world.sweep(0).unwrap();
    crate::auto_deleverage::stand(&mut world, 0, 1_300_000);
    world.auto_deleverage(0, &erin.margin).unwrap();
    world.settle(0, &bob.margin).unwrap();
    world.sweep_all().unwrap();
    (world, alice, bob)
}

// ---- refusals -----------------------------------------------------------------------------------------------------

#[test]
fn rejects_nothing_at_all() {
    let (mut world, [alice, _]) = world_with_wallets();
    assert_rejects(&mut world, FirebreakError::AmountZero, |world| only_stake(world, &alice, 0));
    only_stake(&mut world, &alice, 1).unwrap();
}

#[test]
fn rejects_an_amount_beyond_what_the_arithmetic_holds() {
    let (mut world, [alice, _]) = world_with_wallets();
    assert_rejects(&mut world, FirebreakError::ArithmeticOverflow, |world| only_stake(world, &alice, 1 << 62));
    only_stake(&mut world, &alice, 1).unwrap();
}

/// T64: nobody enters ahead of income that is on the chain already: fees, or a gift to a tranche.
#[test]
fn t64_rejects_a_stake_before_income_was_swept() {
    let (mut world, [alice, bob]) = world_with_wallets();
    only_stake(&mut world, &alice, 1).unwrap();
    world.trade(0, &alice, &bob, 1, MARK).unwrap();
    assert_rejects(&mut world, FirebreakError::MarketsNotSwept, |world| only_stake(world, &alice, 1));
    world.sweep(0).unwrap();
    only_stake(&mut world, &alice, 1).unwrap();
    world.fund_tranche(2, 1).unwrap();
    assert_rejects(&mut world, FirebreakError::MarketsNotSwept, |world| only_stake(world, &alice, 1));
    world.sweep(2).unwrap();
    only_stake(&mut world, &alice, 1).unwrap();
}

/// T48: a loss may be on its way to the chain while a price is not good enough to add risk on; where nobody has a
/// position there is none, and after three days of silence nobody waits any more.
#[test]
fn t48_rejects_a_stake_while_the_price_of_an_open_market_is_not_fresh() {
    let (mut world, [alice, bob]) = world_with_wallets();
    world.chain.set_now(NOW + 61);
    only_stake(&mut world, &alice, 1).unwrap();
    world.set_mark(1, 1_200_000).unwrap();
    world.trade(1, &alice, &bob, 1, 1_200_000).unwrap();
    world.sweep(1).unwrap();
    only_stake(&mut world, &alice, 1).unwrap();
    for (age, is_known) in [(15, true), (16, false), (61, false), (259_200, false), (259_201, true)] {
        world.chain.set_now(NOW + 61 + age);
        if is_known {
            only_stake(&mut world, &alice, 1).unwrap();
        } else {
            assert_rejects(&mut world, FirebreakError::MarketsNotSwept, |world| only_stake(world, &alice, 1));
        }
    }
    // For a minute after a jump that was confirmed neither.
    world.set_mark(1, 1_400_000).unwrap();
    confirm(&mut world);
    assert_rejects(&mut world, FirebreakError::MarketsNotSwept, |world| only_stake(world, &alice, 1));
    reopen(&mut world);
    only_stake(&mut world, &alice, 1).unwrap();
}

/// All markets, in order, and nothing else.
#[test]
fn t64_rejects_a_market_left_out_named_twice_or_of_others() {
    let (mut world, [alice, _]) = world_with_wallets();
    let (at, theirs) = (world.at, other_clearinghouse(&mut world));
    for markets in [&[][..], &[0, 1], &[1, 2], &[0, 2, 1], &[0, 0, 1, 2], &[0, 1, 2, 2], &[0, 1, 1]] {
        let wrong = stake_instruction(&world, &alice, 1, markets);
        assert_rejects(&mut world, FirebreakError::MarketsNotSwept, |world| {
            send(world, wrong, &[&payer(), &alice.key])
        });
    }
    let right = stake_instruction(&world, &alice, 1, &[0, 1, 2]);
    let foreign = swapped(right.clone(), at.market(0), theirs.market(0));
    assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| {
        send(world, foreign, &[&payer(), &alice.key])
    });
    send(&mut world, right, &[&payer(), &alice.key]).unwrap();
}

#[test]
fn rejects_a_bank_vault_mint_or_token_program_that_is_not_its_own() {
    let (mut world, [alice, bob]) = world_with_wallets();
    let tokens = collateral(&mut world, 1, &alice, 100);
    let stake = stake_instruction(&world, &alice, 1, &[0, 1, 2]);
    for (own, wrong) in [
        (world.at.quote_bank, world.at.bank(1)),
        (world.at.insurance_vault, bob.tokens),
        (world.at.insurance_vault, world.at.quote_vault),
        (world.mint.pubkey(), tokens.mint),
        (firebreak_client::TOKEN_PROGRAM, firebreak_client::TOKEN_2022_PROGRAM),
    ] {
        let wrong = swapped(stake.clone(), own, wrong);
        assert_rejects(&mut world, FirebreakError::BankAccountMismatch, |world| {
            send(world, wrong, &[&payer(), &alice.key])
        });
    }
    send(&mut world, stake, &[&payer(), &alice.key]).unwrap();
}

/// The stake's address comes from fund and staker: another's is refused by the framework.
#[test]
fn rejects_accounts_of_another_clearinghouse_and_anothers_stake() {
    let (mut world, [alice, bob]) = world_with_wallets();
    let (at, theirs) = (world.at, other_clearinghouse(&mut world));
    let stake = stake_instruction(&world, &alice, 1, &[0, 1, 2]);
    let fund = swapped(stake.clone(), at.insurance_fund, theirs.insurance_fund);
    let fund = swapped(fund, at.stake(&alice.address()), theirs.stake(&alice.address()));
    for foreign in [
        swapped(stake.clone(), at.board, theirs.board),
        swapped(stake.clone(), at.quote_bank, theirs.quote_bank),
        swapped(fund, at.insurance_vault, theirs.insurance_vault),
    ] {
        assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| {
            send(world, foreign, &[&payer(), &alice.key])
        });
    }
    only_stake(&mut world, &bob, 1).unwrap();
    let bobs = swapped(stake.clone(), at.stake(&alice.address()), at.stake(&bob.address()));
    assert_rejects(&mut world, InstructionError::InvalidSeeds, |world| send(world, bobs, &[&payer(), &alice.key]));
    send(&mut world, stake, &[&payer(), &alice.key]).unwrap();
}
