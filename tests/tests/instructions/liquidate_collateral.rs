use crate::{auto_deleverage::stand, scene::*};
use firebreak::{
    event::CollateralLiquidated,
    state::{CROSS, CollateralBank, CollateralSlot, MarginAccount},
};

/// Erin's cash after her fee, and her collateral: 100 lots of SOL, which count 135 dollars at 150.
pub const CASH: u64 = 50_000_000;
pub const TOKENS: u64 = 1_000_000_000;

/// Erin is long 1,000 lots of BTC bought at 1,200,000, on 50 dollars of cash and a SOL; Dave could buy it, and holds
/// nothing else.
pub fn world_with_collateral() -> (Bank, [Actor; 2], ix::TokenSide) {
    let mut world = world();
    let erin = world.actor("erin", 4, CASH + 600_000).unwrap();
    let bob = world.actor("bob", 4, 10_000 * DOLLAR).unwrap();
    let dave = world.actor("dave", 4, 1_000 * DOLLAR).unwrap();
    let tokens = collateral(&mut world, 1, &erin, TOKENS);
    let deposit = world.at.deposit(1, erin.address(), erin.margin, tokens, TOKENS);
    send(&mut world, deposit, &[&erin.key]).unwrap();
    world.trade(1, &erin, &bob, 1_000, 1_200_000).unwrap();
    assert_eq!(world.margin(&erin.margin).header.cash, CASH);
    (world, [erin, dave], tokens)
}

/// The same, once BTC has stood at `mark` for a day.
fn world_at(mark: u64) -> (Bank, [Actor; 2]) {
    let (mut world, actors, _) = world_with_collateral();
    stand(&mut world, 1, mark);
    (world, actors)
}

fn buy(world: &mut Bank, buyer: &Actor, seller: &Actor, amount: u64, max_paid: u64) -> Sent {
    let buy = world.at.liquidate_collateral(1, buyer.address(), buyer.margin, seller.margin, amount, max_paid);
    send(world, buy, &[&buyer.key])
}

/// At 1,065,000 she has 50 dollars of equity against 53.25. To 58.575, 8.575 are missing: a dollar of quote comes from
/// collateral that counted 90/98 of it, so 105.04375 of quote for 714,583,334 atoms at 98 % of 1,500,000 a lot.
#[test]
fn below_maintenance_collateral_is_sold_at_the_discount_until_110_percent_of_it() {
    let (mut world, [erin, dave]) = world_at(1_065_000);
    let (amount, paid) = (714_583_334, 105_043_751);
    assert_eq!((8_575_000 * 98 / 8, 105_043_750_u64.div_ceil(1_470_000)), (105_043_750, 72));
    assert_rejects(&mut world, FirebreakError::LimitPriceExceeded, |world| {
        buy(world, &dave, &erin, u64::MAX, paid - 1)
    });

    let step = succeeds(&mut world, |world| buy(world, &dave, &erin, u64::MAX, paid));

    step.changes_only([
        change("erin.cash", CASH, CASH + paid),
        change("erin.collateral[0].amount", TOKENS, TOKENS - amount),
        change("dave.cash", 1_000 * DOLLAR, 1_000 * DOLLAR - paid),
        change("dave.collateral[0].amount", 0, amount),
        change("dave.collateral[0].bank", 0, 1),
    ])
    .emits([&CollateralLiquidated {
        bank: world.at.bank(1),
        buyer: dave.margin,
        seller: erin.margin,
        amount,
        paid,
        equity_before: 50_000_000,
        maintenance: 53_250_000,
        equity_after: 58_575_000,
    }]);
    let (account, board, now) = (world.margin(&erin.margin), world.board(), world.chain.now());
    assert_eq!(account.value_for_maintenance(&board, now).unwrap().equity, 58_575_000);
}

/// At 1,067,000 6.685 dollars are missing to 110 %, but she owes 83 in quote: that takes more, and is the limit.
#[test]
fn below_maintenance_what_is_owed_in_quote_may_be_sold_for_too() {
    let (mut world, [erin, dave]) = world_at(1_067_000);
    succeeds(&mut world, |world| buy(world, &dave, &erin, u64::MAX, u64::MAX));
    let account = world.margin(&erin.margin).header;
    // 83,000,000 / 0.147, rounded up; and what that costs, rounded up.
    assert_eq!((TOKENS - account.collateral[0].amount, account.cash - CASH), (564_625_851, 83_000_001));
    // Now she has all the margin that she needs.
    assert_rejects(&mut world, FirebreakError::ConversionNotNeeded, |world| {
        buy(world, &dave, &erin, u64::MAX, u64::MAX)
    });
}

/// At 1,000,000 her equity is gone: all of it is for sale, at once or in parts. Then she is bankrupt, and insurance may
/// pay.
#[test]
fn i07_without_equity_all_collateral_is_sold() {
    let (mut world, [erin, dave]) = world_at(1_000_000);
    buy(&mut world, &dave, &erin, TOKENS - 1, u64::MAX).unwrap();
    assert_rejects(&mut world, FirebreakError::CollateralRemains, |world| world.auto_deleverage(1, &erin.margin));
    succeeds(&mut world, |world| buy(world, &dave, &erin, u64::MAX, u64::MAX));
    let account = world.margin(&erin.margin).header;
    // Each part's price is rounded up.
    assert_eq!((account.collateral[0], account.cash), (CollateralSlot::default(), CASH + 147_000_001));
    assert_rejects(&mut world, FirebreakError::CollateralInsufficient, |world| {
        buy(world, &dave, &erin, u64::MAX, u64::MAX)
    });
    // Of a loss of 200 dollars, 197 and an atom were there.
    world.auto_deleverage(1, &erin.margin).unwrap();
    assert_eq!(world.market(1).carry, 1_000_000_000 + 2_999_999);
}

/// At 1,080,000 she has 65 dollars against 54, but lost 120 and has 50 of them in cash: 70 may be bought, at 99 % of
/// the mark.
#[test]
fn a_healthy_account_sells_for_what_its_cash_does_not_cover_at_half_the_discount() {
    let (mut world, [erin, dave]) = world_at(1_080_000);
    let (amount, paid) = (471_380_472, 70_000_001); // 70,000,000 / 0.1485, up; times 0.1485, up

    let step = succeeds(&mut world, |world| buy(world, &dave, &erin, u64::MAX, paid));

    step.changes_only([
        change("erin.cash", CASH, CASH + paid),
        change("erin.collateral[0].amount", TOKENS, TOKENS - amount),
        change("dave.cash", 1_000 * DOLLAR, 1_000 * DOLLAR - paid),
        change("dave.collateral[0].amount", 0, amount),
        change("dave.collateral[0].bank", 0, 1),
    ]);
    assert_rejects(&mut world, FirebreakError::ConversionNotNeeded, |world| buy(world, &dave, &erin, 1, u64::MAX));
}

/// 50 dollars lost, and 50 in cash: nothing is needed. One atom of the mark more, and 1,000 are.
#[test]
fn rejects_an_account_that_needs_no_quote() {
    let (mut world, [erin, dave]) = world_at(1_150_000);
    assert_rejects(&mut world, FirebreakError::ConversionNotNeeded, |world| {
        buy(world, &dave, &erin, u64::MAX, u64::MAX)
    });
    let now = world.chain.now();
    world.chain.set_now(now + 1);
    world.set_mark(1, 1_149_999).unwrap();
    buy(&mut world, &dave, &erin, u64::MAX, u64::MAX).unwrap();
    // 1,000 / 0.1485, rounded up.
    assert_eq!(world.margin(&dave.margin).header.collateral[0].amount, 6_735);
}

/// 16 seconds after SOL's price, a lot costs what it might be worth: the mark and its confidence, less the discount.
#[test]
fn i10_on_a_price_that_is_not_fresh_the_buyer_pays_the_protective_one() {
    for (age, paid) in [(15, 1_470_000), (16, 1_470_735)] {
        let (mut world, [erin, dave]) = world_at(1_000_000);
        let now = world.chain.now();
        world.chain.set_now(now + age);
        let cash = world.margin(&dave.margin).header.cash;
        buy(&mut world, &dave, &erin, 10_000_000, u64::MAX).unwrap();
        assert_eq!(cash - world.margin(&dave.margin).header.cash, paid);
    }
}

/// The aim stays what it was: 110 % of maintenance, to the atoms of rounding, with less of it sold.
#[test]
fn the_protective_price_sells_no_more_than_the_aim_needs() {
    let (mut world, [erin, dave]) = world_at(1_065_000);
    let now = world.chain.now() + 16;
    world.chain.set_now(now);
    world.set_mark(1, 1_065_000).unwrap();
    buy(&mut world, &dave, &erin, u64::MAX, u64::MAX).unwrap();
    let (account, board) = (world.margin(&erin.margin), world.board());
    let equity = account.value_for_maintenance(&board, now).unwrap().equity;
    assert!((58_575_000..58_575_003).contains(&equity), "{equity}");
    // A lot brings 1,470,735 and counted 1,350,000: 71.02 lots for what is missing, not 71.46.
    let sold = TOKENS - account.header.collateral[0].amount;
    assert!((710_233_000..710_234_000).contains(&sold), "{sold}");
}

#[test]
fn rejects_on_a_stale_price() {
    let (mut world, [erin, dave]) = world_at(1_000_000);
    let now = world.chain.now();
    world.chain.set_now(now + 61);
    world.set_mark(1, 1_000_000).unwrap();
    assert_rejects(&mut world, FirebreakError::PriceStale, |world| buy(world, &dave, &erin, 1, u64::MAX));
    world.set_mark(0, MARK).unwrap();
    buy(&mut world, &dave, &erin, 1, u64::MAX).unwrap();
}

/// What a buyer gets is rounded down for it: an atom costs an atom, and seven too.
#[test]
fn i06_the_price_is_rounded_up() {
    for (amount, paid) in [(1, 1), (6, 1), (7, 2), (13, 2), (14, 3)] {
        let (mut world, [erin, dave]) = world_at(1_000_000);
        buy(&mut world, &dave, &erin, amount, paid).unwrap();
        assert_eq!(world.margin(&erin.margin).header.cash, CASH + paid);
    }
}

#[test]
fn rejects_buying_nothing() {
    let (mut world, [erin, dave]) = world_at(1_000_000);
    assert_rejects(&mut world, FirebreakError::SizeOutOfRange, |world| buy(world, &dave, &erin, 0, u64::MAX));
    buy(&mut world, &dave, &erin, 1, u64::MAX).unwrap();
}

#[test]
fn rejects_a_buyer_without_the_cash() {
    let (mut world, [erin, dave]) = world_at(1_000_000);
    set_cash(&mut world, &dave, 1_469_999);
    assert_rejects(&mut world, FirebreakError::CashInsufficient, |world| {
        buy(world, &dave, &erin, 10_000_000, u64::MAX)
    });
    buy(&mut world, &dave, &erin, 9_999_990, u64::MAX).unwrap();
}

/// Dave is long ten lots of ETH: 400,200 of margin each, and 2,000 that they may have lost. A lot of SOL costs him 1,470,000,
/// and counts 1,349,325 at the low end.
#[test]
fn i04_rejects_a_buyer_that_would_be_without_initial_margin() {
    let needed = 10 * 400_200 + 10 * 2_000 + 1_470_000 - 1_349_325;
    for (cash, is_covered) in [(needed - 1, false), (needed, true)] {
        let (mut world, [erin, dave]) = world_at(1_000_000);
        let bob = Actor { key: keypair("bob"), tokens: Address::default(), margin: margin_of(&world, "bob") };
        world.trade(2, &dave, &bob, 10, 4_000_000).unwrap();
        set_cash(&mut world, &dave, cash);
        if is_covered {
            buy(&mut world, &dave, &erin, 10_000_000, u64::MAX).unwrap();
        } else {
            assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| {
                buy(world, &dave, &erin, 10_000_000, u64::MAX)
            });
        }
    }
}

fn margin_of(world: &Bank, name: &str) -> Address {
    world.at.margin_account(&keypair(name).pubkey(), 0)
}

#[test]
fn rejects_a_buyer_with_four_other_kinds_of_collateral() {
    let (mut world, [erin, dave]) = world_at(1_000_000);
    let with = |free: usize| {
        move |account: &mut MarginAccount| {
            account.collateral =
                [2, 3, 4, 5].map(|bank| CollateralSlot { amount: 1, bank, asset: 0, reserved: [0; 6] });
            account.collateral[free..].fill(CollateralSlot::default());
        }
    };
    edit::<MarginAccount, _>(&mut world, &dave.margin, with(4));
    assert_rejects(&mut world, FirebreakError::CollateralSlotsFull, |world| buy(world, &dave, &erin, 1, u64::MAX));
    edit::<MarginAccount, _>(&mut world, &dave.margin, with(3));
    buy(&mut world, &dave, &erin, 1, u64::MAX).unwrap();
}

#[test]
fn rejects_a_token_that_the_account_does_not_hold_and_the_quote_token() {
    let (mut world, [erin, dave]) = world_at(1_000_000);
    collateral(&mut world, 2, &dave, 1);
    let buy = |world: &Bank, bank| world.at.liquidate_collateral(bank, dave.address(), dave.margin, erin.margin, 1, 9);
    for (bank, error) in [(2, FirebreakError::CollateralInsufficient), (0, FirebreakError::AssetMissing)] {
        let wrong = buy(&world, bank);
        assert_rejects(&mut world, error, |world| send(world, wrong, &[&dave.key]));
    }
    let right = buy(&world, 1);
    send(&mut world, right, &[&dave.key]).unwrap();
}

#[test]
fn rejects_somebody_elses_account_as_buyer_but_not_its_delegate() {
    let (mut world, [erin, dave]) = world_at(1_000_000);
    let by_erin = world.at.liquidate_collateral(1, erin.address(), dave.margin, erin.margin, 1, 9);
    assert_rejects(&mut world, FirebreakError::SignerNotAllowed, |world| send(world, by_erin.clone(), &[&erin.key]));
    delegate(&mut world, &dave, &erin.key);
    send(&mut world, by_erin, &[&erin.key]).unwrap();
}

#[test]
fn rejects_buying_of_oneself() {
    let (mut world, [erin, dave]) = world_at(1_000_000);
    assert_rejects(&mut world, SAME_ACCOUNT_TWICE, |world| buy(world, &erin, &erin, 1, u64::MAX));
    buy(&mut world, &dave, &erin, 1, u64::MAX).unwrap();
}

#[test]
fn rejects_accounts_of_another_clearinghouse() {
    let (mut world, [erin, dave]) = world_at(1_000_000);
    let (at, theirs) = (world.at, other_clearinghouse(&mut world));
    for owner in [&erin, &dave] {
        let create = theirs.create_margin_account(payer().pubkey(), owner.address(), 0, 4, CROSS);
        send(&mut world, create, &[&payer(), &owner.key]).unwrap();
    }
    let buy = at.liquidate_collateral(1, dave.address(), dave.margin, erin.margin, 1, 9);
    for (own, foreign) in [
        (at.board, theirs.board),
        (at.breaker, theirs.breaker),
        (at.bank(1), theirs.quote_bank),
        (erin.margin, theirs.margin_account(&erin.address(), 0)),
        (dave.margin, theirs.margin_account(&dave.address(), 0)),
    ] {
        let foreign = swapped(buy.clone(), own, foreign);
        assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| send(world, foreign, &[&dave.key]));
    }
    send(&mut world, buy, &[&dave.key]).unwrap();
}

// ---- what collateral counts ---------------------------------------------------------------------------------------

/// Her BTC needs 120.06 dollars and may have lost 0.6; she has 50 in cash. 70.66 are left for SOL to count, at the low
/// end of its price and 90 %: 523,669,248 atoms are enough, an atom less is not.
#[test]
fn rejects_taking_out_collateral_that_the_margin_needs() {
    let (mut world, [erin, _], tokens) = world_with_collateral();
    let free = TOKENS - 523_669_248;
    let withdraw = |world: &mut Bank, amount| {
        let withdraw = world.at.withdraw(1, erin.address(), erin.margin, tokens, amount);
        send(world, withdraw, &[&erin.key])
    };
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| withdraw(world, free + 1));
    succeeds(&mut world, |world| withdraw(world, free));
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| withdraw(world, 1));
}

/// All of it counts 134.9325 dollars, of which her BTC needs 120.66: she may take all her cash, and has 14.2725 for new
/// lots.
#[test]
fn rejects_more_lots_than_collateral_alone_carries() {
    let (mut world, [erin, _], _) = world_with_collateral();
    assert_eq!(134_932_500 + CASH - 120_660_000, CASH + 14_272_500);
    succeeds(&mut world, |world| world.withdraw(&erin, CASH));
    assert_eq!(world.margin(&erin.margin).header.cash, 0);
    let bob = Actor { key: keypair("bob"), tokens: Address::default(), margin: margin_of(&world, "bob") };
    let per_lot = 120_060 + 600 + 600; // margin, confidence, and the fee that becomes a claim
    let lots = 14_272_500 / per_lot;
    assert_rejects(&mut world, FirebreakError::MarginInsufficient, |world| {
        world.trade(1, &erin, &bob, lots + 1, 1_200_000)
    });
    succeeds(&mut world, |world| world.trade(1, &erin, &bob, lots, 1_200_000));
}

/// SOL's price is only asked where cash and positions are not enough without it.
#[test]
fn rejects_a_withdrawal_on_collaterals_stale_price_only_where_it_is_needed() {
    let (mut world, [erin, _], _) = world_with_collateral();
    for (age, error) in [(61, FirebreakError::PriceStale), (77, FirebreakError::PriceStale)] {
        world.chain.set_now(NOW + age);
        world.set_mark(1, 1_200_000).unwrap();
        assert_rejects(&mut world, error, |world| world.withdraw(&erin, 1));
    }
    world.mint_to(&world.mint.pubkey(), &erin.tokens, 100 * DOLLAR).unwrap();
    world.deposit(&erin, 100 * DOLLAR).unwrap();
    succeeds(&mut world, |world| world.withdraw(&erin, 1));
}

#[test]
fn i10_rejects_new_risk_on_collateral_whose_price_is_not_fresh() {
    let (mut world, [erin, dave], _) = world_with_collateral();
    world.chain.set_now(NOW + 16);
    world.set_mark(1, 1_200_000).unwrap();
    assert_rejects(&mut world, FirebreakError::PriceUncertain, |world| world.trade(1, &erin, &dave, 1, 1_200_000));
    world.set_mark(0, MARK).unwrap();
    world.trade(1, &erin, &dave, 1, 1_200_000).unwrap();
}

/// An account that lives of its collateral is not liquidated at once with it: at 1,070,000 it has 55 dollars against
/// 53.5.
#[test]
fn i05_rejects_liquidating_an_account_that_its_collateral_covers() {
    let (mut world, [erin, dave]) = world_at(1_068_824);
    // 1,000 lots: 131.176 lost, 53.8 left, 53.441 needed (rounded up); 0.36 dollars more to lose.
    assert_rejects(&mut world, FirebreakError::AccountHealthy, |world| {
        world.liquidate(1, &dave, &erin.margin, 1, u64::MAX)
    });
    let now = world.chain.now();
    world.chain.set_now(now + 1);
    world.set_mark(1, 1_068_000).unwrap();
    world.liquidate(1, &dave, &erin.margin, 1, u64::MAX).unwrap();
}

/// A bank's vault keeps what it holds: only the books of the two accounts change hands.
#[test]
fn i01_the_banks_total_stays_what_it_was() {
    let (mut world, [erin, dave]) = world_at(1_000_000);
    let bank = |world: &mut Bank| -> CollateralBank {
        firebreak_client::decode(&world.chain.account(&world.at.bank(1)).unwrap().data).unwrap()
    };
    let before = bank(&mut world);
    buy(&mut world, &dave, &erin, 123_456_789, u64::MAX).unwrap();
    assert_eq!(bank(&mut world), before);
    assert_eq!(world.violations(), Vec::<String>::new());
}
