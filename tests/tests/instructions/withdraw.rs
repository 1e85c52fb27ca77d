use crate::scene::*;
use firebreak::{
    event::Withdrawn,
    state::{CollateralBank, MarginAccount},
};

#[test]
fn a_withdrawal_pays_cash_out_to_the_atom_wherever_the_owner_says() {
    let (mut world, alice, bob) = world_with_two();
    let withdraw = world.at.withdraw(0, alice.address(), alice.margin, world.quote(bob.tokens), 9_999_999_999);

    let step = succeeds(&mut world, |world| send(world, withdraw, &[&alice.key]));

    step.changes_only([
        change("alice.cash", 10_000_000_000_u64, 1),
        change("bob's tokens.amount", 0, 9_999_999_999_u64),
        change("bank 0.total", 20_000_000_000_u64, 10_000_000_001_u64),
        change("vault 0.amount", 20_000_000_000_u64, 10_000_000_001_u64),
    ])
    .emits([&Withdrawn {
        margin_account: alice.margin,
        bank: world.at.quote_bank,
        amount: 9_999_999_999,
        balance: 1,
    }]);
}

#[test]
fn i08_a_flat_account_takes_all_its_cash_out_though_every_price_is_stale() {
    let (mut world, alice, _) = world_with_two();
    world.chain.set_now(NOW + 30 * 86_400);
    let step = succeeds(&mut world, |world| world.withdraw(&alice, 10_000 * DOLLAR));
    step.changes_only([
        change("alice.cash", 10_000_000_000_u64, 0),
        change("alice's tokens.amount", 0, 10_000_000_000_u64),
        change("bank 0.total", 20_000_000_000_u64, 10_000_000_000_u64),
        change("vault 0.amount", 20_000_000_000_u64, 10_000_000_000_u64),
    ]);
}

#[test]
fn i08_a_flat_account_takes_all_its_cash_out_where_no_asset_was_ever_listed() {
    let mut world = World::empty(BankChain::new(), NOW).unwrap();
    let alice = world.actor("alice", 4, 5 * DOLLAR).unwrap();
    let step = succeeds(&mut world, |world| world.withdraw(&alice, 5 * DOLLAR));
    step.changes_only([
        change("alice.cash", 5_000_000, 0),
        change("alice's tokens.amount", 0, 5_000_000),
        change("bank 0.total", 5_000_000, 0),
        change("vault 0.amount", 5_000_000, 0),
    ]);
}

#[test]
fn collateral_leaves_its_slot() {
    let (mut world, alice, _) = world_with_two();
    let tokens = collateral(&mut world, 1, &alice, 100);
    let deposit = world.at.deposit(1, alice.address(), alice.margin, tokens, 100);
    send(&mut world, deposit, &[&alice.key]).unwrap();
    let withdraw = world.at.withdraw(1, alice.address(), alice.margin, tokens, 30);

    let step = succeeds(&mut world, |world| send(world, withdraw, &[&alice.key]));

    step.changes_only([
        change("alice.collateral[0].amount", 100, 70),
        change("bank 1.total", 100, 70),
        change("tokens of mint 1.amount", 0, 30),
        change("vault 1.amount", 100, 70),
    ])
    .emits([&Withdrawn { margin_account: alice.margin, bank: world.at.bank(1), amount: 30, balance: 70 }]);
}

/// Alice holds 1,000 lots bought at the mark: her cash is 10,000 dollars less the fee of 0.75.
fn world_with_a_position() -> (Bank, Actor, Actor) {
    let (mut world, alice, bob) = world_with_two();
    world.trade(0, &alice, &bob, 1_000, MARK).unwrap();
    assert_eq!(world.margin(&alice.margin).header.cash, 9_999_250_000);
    (world, alice, bob)
}

/// What Alice can take out: cash, less what the position is below its cost at the low end of the confidence interval
/// (0.05 % of the mark), less 10 % of the high end for each lot.
const LIMIT: u64 = 9_999_250_000 - 1_000 * 750 - 1_000 * 150_075;

#[test]
fn rejects_one_atom_more_than_initial_margin_leaves_free() {
    let (mut world, alice, _) = world_with_a_position();
    let (account, board) = (world.margin(&alice.margin), world.board());
    assert!(account.value_for_withdrawal(&board, LIMIT, NOW).unwrap().is_covered());
    assert!(!account.value_for_withdrawal(&board, LIMIT + 1, NOW).unwrap().is_covered());

    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| world.withdraw(&alice, LIMIT + 1));
    let step = succeeds(&mut world, |world| world.withdraw(&alice, LIMIT));
    step.changes_only([
        change("alice.cash", 9_999_250_000_u64, 9_999_250_000 - LIMIT),
        change("alice's tokens.amount", 0, LIMIT),
        change("bank 0.total", 20_000_000_000_u64, 20_000_000_000 - LIMIT),
        change("vault 0.amount", 20_000_000_000_u64, 20_000_000_000 - LIMIT),
    ]);
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| world.withdraw(&alice, 1));
}

/// The mark rises by 100,000 per lot: 100 dollars of gain, which nobody has paid in yet. Only the margin counts, which is
/// now 10 % of 1,600,800.
#[test]
fn rejects_senior_cash_backed_by_a_gain_that_is_not_settled() {
    let (mut world, alice, _) = world_with_a_position();
    world.chain.set_now(NOW + 10);
    world.set_mark(0, 1_600_000).unwrap();
    let limit = 9_999_250_000 - 1_000 * 160_080;

    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| world.withdraw(&alice, limit + 1));
    succeeds(&mut world, |world| world.withdraw(&alice, limit));
}

#[test]
fn rejects_a_withdrawal_with_positions_on_a_stale_price() {
    let (mut world, alice, _) = world_with_a_position();
    world.chain.set_now(NOW + 60);
    assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| world.withdraw(&alice, 1));
    world.chain.set_now(NOW + 61);
    assert_rejects(&mut world, FirebreakError::PriceStale, |world| world.withdraw(&alice, 1));
    world.set_mark(0, MARK).unwrap();
    world.withdraw(&alice, 1).unwrap();
}

#[test]
fn rejects_a_withdrawal_with_positions_from_the_16th_second_of_a_price() {
    let (mut world, alice, _) = world_with_a_position();
    world.chain.set_now(NOW + 15);
    world.withdraw(&alice, 1).unwrap();
    world.chain.set_now(NOW + 16);
    assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| world.withdraw(&alice, 1));
}

#[test]
fn rejects_a_withdrawal_with_positions_on_an_uncertain_price() {
    let (mut world, alice, _) = world_with_a_position();
    world.withdraw(&alice, 1).unwrap();
    world.chain.set_now(NOW + 1);
    // 15 % away from an average that has hardly moved.
    world.set_mark(0, 1_725_000).unwrap();
    assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| world.withdraw(&alice, 1));
}

#[test]
fn a_stale_price_of_an_asset_that_is_not_held_stops_nobody() {
    let (mut world, alice, _) = world_with_a_position();
    world.chain.set_now(NOW + 61);
    world.set_mark(0, MARK).unwrap();
    succeeds(&mut world, |world| world.withdraw(&alice, 1));
}

#[test]
fn rejects_more_than_the_cash_there_is() {
    let (mut world, alice, _) = world_with_two();
    let all = 10_000 * DOLLAR;
    assert_rejects(&mut world, FirebreakError::CashInsufficient, |world| world.withdraw(&alice, all + 1));
    world.withdraw(&alice, all).unwrap();
    assert_rejects(&mut world, FirebreakError::CashInsufficient, |world| world.withdraw(&alice, 1));
}

#[test]
fn rejects_more_collateral_than_there_is() {
    let (mut world, alice, _) = world_with_two();
    let tokens = collateral(&mut world, 1, &alice, 100);
    let deposit = world.at.deposit(1, alice.address(), alice.margin, tokens, 100);
    send(&mut world, deposit, &[&alice.key]).unwrap();
    let withdraw = |world: &mut Bank, amount| {
        let withdraw = world.at.withdraw(1, alice.address(), alice.margin, tokens, amount);
        send(world, withdraw, &[&alice.key])
    };
    // The bank holds more than that: another account's.
    let bank = world.at.bank(1);
    edit::<CollateralBank, _>(&mut world, &bank, |bank| bank.total += 100);

    assert_rejects(&mut world, FirebreakError::CollateralInsufficient, |world| withdraw(world, 101));
    withdraw(&mut world, 100).unwrap();
    assert_rejects(&mut world, FirebreakError::CollateralInsufficient, |world| withdraw(world, 1));
}

#[test]
fn rejects_nothing_at_all() {
    let (mut world, alice, _) = world_with_two();
    world.withdraw(&alice, 1).unwrap();
    assert_rejects(&mut world, FirebreakError::AmountZero, |world| world.withdraw(&alice, 0));
}

#[test]
fn rejects_everybody_but_the_owner_the_delegate_included() {
    let (mut world, alice, bob) = world_with_two();
    delegate(&mut world, &alice, &bob.key);
    world.withdraw(&alice, 1).unwrap();
    let withdraw = world.at.withdraw(0, bob.address(), alice.margin, world.quote(bob.tokens), 1);
    assert_rejects(&mut world, FirebreakError::SignerNotAllowed, |world| send(world, withdraw, &[&bob.key]));
}

#[test]
fn rejects_a_bank_board_or_breaker_of_another_clearinghouse() {
    let (mut world, alice, _) = world_with_two();
    let theirs = other_clearinghouse(&mut world);
    let withdraw = world.at.withdraw(0, alice.address(), alice.margin, world.quote(alice.tokens), 1);
    send(&mut world, withdraw.clone(), &[&alice.key]).unwrap();

    let bank = swapped(withdraw.clone(), world.at.quote_bank, theirs.quote_bank);
    let foreign = [
        swapped(bank, world.at.quote_vault, theirs.quote_vault),
        swapped(withdraw.clone(), world.at.board, theirs.board),
        swapped(withdraw, world.at.breaker, theirs.breaker),
    ];
    for foreign in foreign {
        assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| send(world, foreign, &[&alice.key]));
    }
}

#[test]
fn rejects_a_vault_mint_or_token_program_that_is_not_the_banks() {
    let (mut world, alice, bob) = world_with_two();
    let other = keypair("other mint");
    world.create_mint(&other, 6).unwrap();
    let withdraw = world.at.withdraw(0, alice.address(), alice.margin, world.quote(alice.tokens), 1);
    send(&mut world, withdraw.clone(), &[&alice.key]).unwrap();

    for (own, wrong) in [
        (world.at.quote_vault, bob.tokens),
        (world.at.quote_vault, world.at.insurance_vault),
        (world.mint.pubkey(), other.pubkey()),
        (firebreak_client::TOKEN_PROGRAM, firebreak_client::TOKEN_2022_PROGRAM),
    ] {
        let wrong = swapped(withdraw.clone(), own, wrong);
        assert_rejects(&mut world, FirebreakError::BankAccountMismatch, |world| send(world, wrong, &[&alice.key]));
    }
}

/// 2^63 atoms of a token are possible where the bank's cap allows them; what is left must fit a signed number.
#[test]
fn rejects_leaving_more_than_63_bits_of_cash_but_not_taking_it_all() {
    let (mut world, alice, _) = world_with_two();
    let bank = world.at.quote_bank;
    edit::<CollateralBank, _>(&mut world, &bank, |bank| bank.deposit_cap = u64::MAX);
    world.mint_to(&world.mint.pubkey(), &alice.tokens, 1 << 63).unwrap();
    world.deposit(&alice, 1 << 63).unwrap();
    let all = world.margin(&alice.margin).header.cash;
    let enough = all - i64::MAX as u64;

    assert_rejects(&mut world, FirebreakError::ArithmeticOverflow, |world| world.withdraw(&alice, enough - 1));
    succeeds(&mut world, |world| world.withdraw(&alice, enough));
    succeeds(&mut world, |world| world.withdraw(&alice, i64::MAX as u64));
}

/// The framework refuses the same writable account twice before the program sees it.
#[test]
fn rejects_paying_the_vault_from_the_vault() {
    let (mut world, alice, _) = world_with_two();
    world.withdraw(&alice, 1).unwrap();
    let vault = world.at.quote_vault;
    let withdraw = world.at.withdraw(0, alice.address(), alice.margin, world.quote(vault), 1);
    assert_rejects(&mut world, SAME_ACCOUNT_TWICE, |world| send(world, withdraw, &[&alice.key]));
}

#[test]
fn rejects_cash_that_a_closed_position_still_owes() {
    let (mut world, alice, _) = world_with_two();
    // A slot without size that still owes 100 atoms: the state of an account whose cash did not pay a loss.
    edit::<MarginAccount, _>(&mut world, &alice.margin, |account| account.position_count = 1);
    let mut account = world.chain.account(&alice.margin).unwrap();
    let first = 8 + size_of::<MarginAccount>() + 8;
    account.data[first..first + 8].copy_from_slice(&100_i64.to_le_bytes());
    world.chain.set_account(alice.margin, account);
    assert_eq!(world.margin(&alice.margin).positions()[0].entry, 100);

    let all = 10_000 * DOLLAR;
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| world.withdraw(&alice, all - 99));
    succeeds(&mut world, |world| world.withdraw(&alice, all - 100));
}

/// The 99 atoms of SOL that stay count 12 of quote: 99 * 1,499,250 / 10^7, less a haircut of 2. One atom of cash less,
/// and all the collateral has to stay too.
#[test]
fn rejects_collateral_of_an_account_that_owes() {
    let (mut world, alice, bob) = world_with_two();
    let tokens = collateral(&mut world, 1, &alice, 100);
    let deposit = world.at.deposit(1, alice.address(), alice.margin, tokens, 100);
    send(&mut world, deposit, &[&alice.key]).unwrap();
    world.trade(0, &alice, &bob, 1_000, MARK).unwrap();
    let withdraw = world.at.withdraw(1, alice.address(), alice.margin, tokens, 1);
    let cash = world.margin(&alice.margin).header.cash;
    let needed = cash - LIMIT - 12;

    for (cash, is_covered) in [(needed - 1, false), (needed, true)] {
        edit::<MarginAccount, _>(&mut world, &alice.margin, |account| account.cash = cash);
        match is_covered {
            true => drop(send(&mut world, withdraw.clone(), &[&alice.key]).unwrap()),
            false => assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| {
                send(world, withdraw.clone(), &[&alice.key])
            }),
        }
    }
}
