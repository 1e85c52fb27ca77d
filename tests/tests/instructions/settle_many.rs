//! `settle` of several accounts, of accounts below maintenance, and of bankrupt ones.

use crate::{
    auto_deleverage::{ATOM, CASH, INSURED, LOT, THREE_QUARTERS, world_with_a_bankrupt},
    scene::*,
    settle::{ema_up, world_after_a_fall},
};
use firebreak::{event::Settled, state::CROSS};
use firebreak_tests::step::Cause;
use solana_account::Account;
use solana_instruction::{AccountMeta, error::InstructionError};

/// What the framework says of an account that should be writable.
pub const NOT_WRITABLE: u32 = 2_000;

/// Dave has no position; Alice pays 60 dollars, of which Bob's gain at the average is paid, then Carol pays 40.
#[test]
fn several_accounts_settle_one_after_the_other_and_those_with_nothing_are_passed_over() {
    let (mut world, [alice, bob, carol]) = world_after_a_fall(10);
    let dave = world.actor("dave", 4, 10).unwrap();
    let gain = 1_000 * (1_500_000 - ema_up(10));
    let (alices, bobs, carols) =
        (10_000_000_000_u64 - 450_000, 10_000_000_000_u64 - 750_000, 10_000_000_000_u64 - 300_000);
    let settle = world.at.settle(0, &[dave.margin, alice.margin, bob.margin, carol.margin]);

    let step = succeeds(&mut world, |world| send(world, settle, &[&payer()]));

    step.changes_only([
        change("alice.cash", alices, alices - 60_000_000),
        change("alice.slots[0].entry", 900_000_000, 840_000_000),
        change("bob.cash", bobs, bobs + gain),
        change("bob.slots[0].entry", -1_500_000_000, -1_500_000_000 + gain as i64),
        change("carol.cash", carols, carols - 40_000_000),
        change("carol.slots[0].entry", 600_000_000, 560_000_000),
        change("market 0.pool", 0, 100_000_000 - gain),
    ])
    .emits([
        &settled(&world, &alice, (60_000_000, 0), 60_000_000, alices - 60_000_000),
        &settled(&world, &bob, (0, gain), 60_000_000 - gain, bobs + gain),
        &settled(&world, &carol, (40_000_000, 0), 100_000_000 - gain, carols - 40_000_000),
    ]);
}

fn settled(world: &Bank, actor: &Actor, (loss_paid, profit_paid): (u64, u64), pool: u64, cash: u64) -> Settled {
    Settled { market: world.at.market(0), margin_account: actor.margin, loss_paid, profit_paid, pool, cash }
}

/// The second time there is nothing left to settle.
#[test]
fn an_account_named_twice_settles_once() {
    let (mut world, [alice, ..]) = world_after_a_fall(10);
    let settle = world.at.settle(0, &[alice.margin, alice.margin]);
    let cash = world.margin(&alice.margin).header.cash;

    let step = succeeds(&mut world, |world| send(world, settle, &[&payer()]));

    step.changes_only([
        change("alice.cash", cash, cash - 60_000_000),
        change("alice.slots[0].entry", 900_000_000, 840_000_000),
        change("market 0.pool", 0, 60_000_000),
    ])
    .emits([&settled(&world, &alice, (60_000_000, 0), 60_000_000, cash - 60_000_000)]);
}

#[test]
fn rejects_no_accounts_and_accounts_with_nothing_only() {
    let (mut world, [alice, bob, _]) = world_after_a_fall(10);
    let dave = world.actor("dave", 4, 10).unwrap();
    // Bob's gain waits for the pool.
    for accounts in [vec![], vec![dave.margin], vec![dave.margin, bob.margin, dave.margin]] {
        let settle = world.at.settle(0, &accounts);
        assert_rejects(&mut world, FirebreakError::NothingToSettle, |world| send(world, settle, &[&payer()]));
    }
    let settle = world.at.settle(0, &[dave.margin, bob.margin, alice.margin]);
    send(&mut world, settle, &[&payer()]).unwrap();
}

/// A winner whose gain may not be taken keeps nobody else from being settled; alone, it is told why.
#[test]
fn rejects_a_winner_alone_and_passes_it_over_among_others() {
    let (mut world, [alice, bob, carol]) = world_after_a_fall(10);
    let trip = world.at.trip_breaker(authority().pubkey(), 0, 3, 100, 0);
    send(&mut world, trip, &[&authority()]).unwrap();
    let settle = world.at.settle(0, &[alice.margin, bob.margin, carol.margin]);
    let before = world.margin(&bob.margin);
    succeeds(&mut world, |world| send(world, settle, &[&payer()]));
    assert_eq!((world.market(0).pool, world.margin(&bob.margin)), (100_000_000, before));
    assert_rejects(&mut world, FirebreakError::BreakerActive, |world| world.settle(0, &bob.margin));
    let settle = world.at.settle(0, &[bob.margin, bob.margin]);
    assert_rejects(&mut world, FirebreakError::NothingToSettle, |world| send(world, settle, &[&payer()]));
}

/// One account that does not belong there, and none of the others is settled.
#[test]
fn rejects_all_where_one_is_no_margin_account_that_it_may_write() {
    let (mut world, [alice, bob, _]) = world_after_a_fall(10);
    let theirs = other_clearinghouse(&mut world);
    let create = theirs.create_margin_account(payer().pubkey(), bob.address(), 0, 4, CROSS);
    send(&mut world, create, &[&payer(), &bob.key]).unwrap();
    let at = world.at;
    // Bob's account to the byte, but another program's.
    let forged = keypair("forged").pubkey();
    let account = world.chain.account(&bob.margin).unwrap();
    world.chain.set_account(forged, Account { owner: firebreak_client::TOKEN_PROGRAM, ..account });
    let with = |account| {
        let mut settle = at.settle(0, &[alice.margin]);
        settle.accounts.push(account);
        settle
    };
    for (account, error) in [
        (AccountMeta::new_readonly(bob.margin, false), Cause::from(NOT_WRITABLE)),
        (AccountMeta::new(at.market(1), false), InstructionError::InvalidAccountData.into()),
        (AccountMeta::new(at.market(0), false), SAME_ACCOUNT_TWICE.into()),
        (AccountMeta::new(at.quote_vault, false), InstructionError::AccountDataTooSmall.into()),
        (AccountMeta::new(forged, false), InstructionError::IllegalOwner.into()),
    ] {
        assert_rejects(&mut world, error, |world| send(world, with(account), &[&payer()]));
    }
    let foreign = with(AccountMeta::new(theirs.margin_account(&bob.address(), 0), false));
    assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| send(world, foreign, &[&payer()]));
    send(&mut world, with(AccountMeta::new(bob.margin, false)), &[&payer()]).unwrap();
}

// ---- below maintenance --------------------------------------------------------------------------------------------

/// Alice is long 1,000 lots of SOL, which lost her 100 dollars, and 100 of BTC, which gained her 9; Bob is short, and
/// has paid what he lost. She needs 76.45 dollars of maintenance margin: on `cash` of 167.45 she has exactly that.
fn world_with_a_gain_and_a_loss(cash: u64) -> (Bank, Actor) {
    let (mut world, alice, bob) = world_with_two();
    world.trade(0, &alice, &bob, 1_000, MARK).unwrap();
    world.trade(1, &alice, &bob, 100, 1_200_000).unwrap();
    world.chain.set_now(NOW + 10);
    world.set_mark(0, 1_400_000).unwrap();
    world.set_mark(1, 1_290_000).unwrap();
    world.settle(1, &bob.margin).unwrap();
    set_cash(&mut world, &alice, cash);
    (world, alice)
}

const AT_MAINTENANCE: u64 = 167_450_000;

/// The average of BTC has moved by 10/310 of 90,000, rounded down.
#[test]
fn the_gain_of_an_account_below_maintenance_is_settled_at_the_mark() {
    for (cash, paid) in [(AT_MAINTENANCE, 100 * 2_903), (AT_MAINTENANCE - 1, 100 * 90_000)] {
        let (mut world, alice) = world_with_a_gain_and_a_loss(cash);
        let step = succeeds(&mut world, |world| world.settle(1, &alice.margin));
        step.changes_only([
            change("alice.cash", cash, cash + paid),
            change("alice.slots[1].entry", 120_000_000, 120_000_000 + paid),
            change("market 1.pool", 9_000_000, 9_000_000 - paid),
        ]);
    }
}

/// It pays for what the account lost elsewhere, so it is open as long as liquidation is; everybody else's gain waits.
#[test]
fn rejects_a_gain_at_a_level_that_closes_it_unless_the_account_is_below_maintenance() {
    for (level, cash, is_open) in
        [(3, AT_MAINTENANCE, false), (3, AT_MAINTENANCE - 1, true), (4, AT_MAINTENANCE - 1, false)]
    {
        let (mut world, alice) = world_with_a_gain_and_a_loss(cash);
        let trip = world.at.trip_breaker(authority().pubkey(), 1, level, 100, 0);
        send(&mut world, trip, &[&authority()]).unwrap();
        if is_open {
            world.settle(1, &alice.margin).unwrap();
        } else {
            assert_rejects(&mut world, FirebreakError::BreakerActive, |world| world.settle(1, &alice.margin));
        }
    }
}

#[test]
fn i10_rejects_the_gain_of_an_account_below_maintenance_on_a_price_that_is_not_fresh() {
    let (mut world, alice) = world_with_a_gain_and_a_loss(AT_MAINTENANCE - 1);
    world.chain.set_now(NOW + 26);
    assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| world.settle(1, &alice.margin));
    world.chain.set_now(NOW + 25);
    world.settle(1, &alice.margin).unwrap();
}

// ---- bankrupt -----------------------------------------------------------------------------------------------------

/// With an atom missing, no leg's loss is settled, not even one that cash would cover: each market bears its share.
#[test]
fn i07_rejects_settling_a_loss_of_a_bankrupt_account() {
    for market in [0, 1] {
        let (mut world, erin, _) = crate::liquidate_bankrupt::world_with_two_losses();
        world.mint_to(&world.mint.pubkey(), &erin.tokens, 83_800_000).unwrap();
        assert_rejects(&mut world, FirebreakError::NothingToSettle, |world| world.settle(market, &erin.margin));
        world.deposit(&erin, 83_799_999).unwrap();
        assert_rejects(&mut world, FirebreakError::NothingToSettle, |world| world.settle(market, &erin.margin));
        world.deposit(&erin, 1).unwrap();
        succeeds(&mut world, |world| world.settle(market, &erin.margin));
    }
}

/// A debt without lots is paid by whatever cash arrives, at no price at all, once it is enough.
#[test]
fn a_debt_that_was_shared_out_is_paid_once_nothing_is_missing() {
    let (mut world, [erin, ..]) = crate::auto_deleverage::world_with_a_waiting_debt(1_200_000);
    let now = world.chain.now();
    world.mint_to(&world.mint.pubkey(), &erin.tokens, 1_000_000).unwrap();
    world.deposit(&erin, 899_999).unwrap();
    assert_rejects(&mut world, FirebreakError::NothingToSettle, |world| world.settle(0, &erin.margin));
    world.deposit(&erin, 1).unwrap();
    world.chain.set_now(now + 14);
    let pool = world.market(0).pool;
    let step = succeeds(&mut world, |world| world.settle(0, &erin.margin));
    step.changes_only([
        change("erin.cash", 900_000, 0),
        change("erin.position_count", 2, 1),
        change("erin.slots[0].market", 0, 1),
        change("erin.slots[0].size", 0, 10),
        change("erin.slots[0].entry", 900_000, 12_000_000),
        change("erin.slots[0].side_scale", 0, risk::SCALE_ONE),
        change("erin.slots[1].market", 1, 0),
        change("erin.slots[1].size", 10, 0),
        change("erin.slots[1].entry", 12_000_000, 0),
        change("erin.slots[1].side_scale", risk::SCALE_ONE, 0),
        change("market 0.pool", pool, pool + 900_000),
    ]);
}

// ---- touched only -------------------------------------------------------------------------------------------------

/// Deleveraging may wait for a touch: it is open where the gain behind it is not, which then waits.
#[test]
fn rejects_a_gain_but_not_a_touch_where_gains_are_closed() {
    let (mut world, [erin, _, bob, ..]) = world_with_a_bankrupt(true);
    world.auto_deleverage(0, &erin.margin).unwrap();
    let trip = world.at.trip_breaker(authority().pubkey(), 0, 4, 100, 0);
    send(&mut world, trip, &[&authority()]).unwrap();

    let step = succeeds(&mut world, |world| world.settle(0, &bob.margin));

    step.changes_only([
        change("bob.slots[0].size", -300, -225),
        change("bob.slots[0].entry", -450_000_000, -450_000_000 + 300 * 331_000),
        change("bob.slots[0].side_scale", risk::SCALE_ONE, THREE_QUARTERS),
        change("bob.slots[0].side_charge", 0, 331_000 * ATOM),
        change("market 0.short_open_interest", 1_000, 925),
        change("market 0.short_owed", 250 * LOT, 175 * LOT),
        change("market 0.carry", 331_000_000, 700 * 331_000),
        change("market 0.dust_size", 250, 175),
    ])
    .emits([&settled(&world, &bob, (0, 0), CASH + INSURED, 10_000 * DOLLAR - 225_000)]);
    assert_rejects(&mut world, FirebreakError::BreakerActive, |world| world.settle(0, &bob.margin));
    let reset = world.at.reset_breaker(authority().pubkey(), 0);
    send(&mut world, reset, &[&authority()]).unwrap();
    world.settle(0, &bob.margin).unwrap();
}

/// 16 seconds after its price a position with a gain is touched, and its gain waits.
#[test]
fn i10_rejects_a_gain_but_not_a_touch_on_a_price_that_is_not_fresh() {
    let (mut world, [erin, _, bob, ..]) = world_with_a_bankrupt(true);
    world.auto_deleverage(0, &erin.margin).unwrap();
    let now = world.chain.now();
    world.chain.set_now(now + 16);
    let step = succeeds(&mut world, |world| world.settle(0, &bob.margin));
    step.emits([&settled(&world, &bob, (0, 0), CASH + INSURED, 10_000 * DOLLAR - 225_000)]);
    assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| world.settle(0, &bob.margin));
}
