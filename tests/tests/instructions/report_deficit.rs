use crate::{auto_deleverage::world_with_a_bankrupt, scene::*};
use firebreak::{
    event::DeficitReported,
    state::{CROSS, MarginAccount},
};

#[test]
fn a_bankrupt_account_keeps_everybody_in_for_an_hour() {
    let (mut world, [erin, ..]) = world_with_a_bankrupt(true);
    let now = world.chain.now();
    let event = |world: &Bank, closed_until| DeficitReported {
        fund: world.at.insurance_fund,
        bankrupt: erin.margin,
        equity: -10_000_000,
        closed_until,
    };

    let step = succeeds(&mut world, |world| world.report_deficit(&erin.margin));
    step.changes_only([change("insurance fund.closed_until", 0, now + 3_600)]).emits([&event(&world, now + 3_600)]);

    world.chain.set_now(now + 15);
    let step = succeeds(&mut world, |world| world.report_deficit(&erin.margin));
    step.changes_only([change("insurance fund.closed_until", now + 3_600, now + 3_615)])
        .emits([&event(&world, now + 3_615)]);
}

#[test]
fn rejects_an_account_whose_equity_is_not_negative() {
    for (cash, is_bankrupt) in [(50_000_001, false), (50_000_000, false), (49_999_999, true)] {
        let (mut world, [erin, ..]) = world_with_a_bankrupt(true);
        edit::<MarginAccount, _>(&mut world, &erin.margin, |account| account.cash = cash);
        if is_bankrupt {
            world.report_deficit(&erin.margin).unwrap();
        } else {
            assert_rejects(&mut world, FirebreakError::AccountSolvent, |world| world.report_deficit(&erin.margin));
        }
    }
}

/// Seven SOL lots and a bit count ten dollars, less the haircut: with them nothing is missing.
#[test]
fn rejects_an_account_whose_collateral_covers_it() {
    let (mut world, [erin, ..]) = world_with_a_bankrupt(true);
    // 85,470,090 atoms at 1,300,000 a lot of 10^7: 11,111,111, of which 90 % are 9,999,999.
    let tokens = collateral(&mut world, 1, &erin, 85_470_100);
    let deposit = |world: &mut Bank, amount| {
        let deposit = world.at.deposit(1, erin.address(), erin.margin, tokens, amount);
        send(world, deposit, &[&erin.key]).unwrap();
    };
    deposit(&mut world, 85_470_090);
    world.report_deficit(&erin.margin).unwrap();
    deposit(&mut world, 10);
    assert_rejects(&mut world, FirebreakError::AccountSolvent, |world| world.report_deficit(&erin.margin));
}

/// Only where anybody can resolve it: nobody is kept in by an account that nobody can close.
#[test]
fn i10_rejects_anything_but_a_fresh_price() {
    let (mut world, [erin, ..]) = world_with_a_bankrupt(true);
    let now = world.chain.now();
    for (age, error) in [(16, FirebreakError::PriceUncertain), (61, FirebreakError::PriceStale)] {
        world.chain.set_now(now + age);
        assert_rejects(&mut world, error, |world| world.report_deficit(&erin.margin));
    }
    world.chain.set_now(now + 15);
    world.report_deficit(&erin.margin).unwrap();
}

#[test]
fn rejects_accounts_of_another_clearinghouse() {
    let (mut world, [erin, ..]) = world_with_a_bankrupt(true);
    let (at, theirs) = (world.at, other_clearinghouse(&mut world));
    let create = theirs.create_margin_account(payer().pubkey(), erin.address(), 0, 4, CROSS);
    send(&mut world, create, &[&payer(), &erin.key]).unwrap();
    let report = at.report_deficit(erin.margin);
    for (own, foreign) in [
        (at.board, theirs.board),
        (at.insurance_fund, theirs.insurance_fund),
        (erin.margin, theirs.margin_account(&erin.address(), 0)),
    ] {
        let foreign = swapped(report.clone(), own, foreign);
        assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| send(world, foreign, &[&payer()]));
    }
    send(&mut world, report, &[&payer()]).unwrap();
}
