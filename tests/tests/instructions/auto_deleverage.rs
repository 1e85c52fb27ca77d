use crate::{liquidate::terms, scene::*};
use firebreak::event::{AutoDeleveraged, Settled};

/// Erin's cash after the fee, and what is missing to her loss of 250 * 200,000.
pub const CASH: u64 = 40_000_000;
pub const DEFICIT: i64 = 10_000_000;
/// Of it, the most the tranche may pay.
pub const INSURED: u64 = 4_000_000;
/// A lot with 32 fraction bits, an atom per lot with 24.
pub const LOT: u64 = 1 << 32;
pub const ATOM: i64 = 1 << 24;
/// What is left of 1,000 lots after 250 were closed.
pub const THREE_QUARTERS: u64 = risk::SCALE_ONE / 4 * 3;

/// The example of docs/auto-deleveraging.md: Erin and Dave hold 250 and 750 lots bought (sold, where not `is_long`) at
/// 1,500,000; Alice, Bob and Carol the other side: 600, 300 and 100. The mark moved against Erin by 200,000, and stood
/// there for a day. The tranche holds ten dollars, and pays at most four.
pub fn world_with_a_bankrupt(is_long: bool) -> (Bank, [Actor; 5]) {
    world_with_a_bankrupt_who(is_long, |_, _, _| {})
}

/// The same, where Erin did something else with Carol before the mark moved.
fn world_with_a_bankrupt_who(is_long: bool, also: fn(&mut Bank, &Actor, &Actor)) -> (Bank, [Actor; 5]) {
    let mut world = world();
    let erin = world.actor("erin", 4, CASH + 187_500).unwrap();
    let [alice, bob, carol, dave] =
        ["alice", "bob", "carol", "dave"].map(|name| world.actor(name, 4, 10_000 * DOLLAR).unwrap());
    for (one, other, lots) in [(&erin, &alice, 250), (&dave, &alice, 350), (&dave, &bob, 300), (&dave, &carol, 100)] {
        let (buyer, seller) = if is_long { (one, other) } else { (other, one) };
        world.trade(0, buyer, seller, lots, MARK).unwrap();
    }
    also(&mut world, &erin, &carol);
    stand(&mut world, 0, bankrupt_mark(is_long));
    world.fund_tranche(0, 10 * DOLLAR).unwrap();
    terms(&mut world, |market| market.insurance_event_cap = INSURED);
    (world, [erin, alice, bob, carol, dave])
}

pub fn bankrupt_mark(is_long: bool) -> u64 {
    if is_long { 1_300_000 } else { 1_700_000 }
}

/// The mark of 10 seconds later, confirmed, and a day after that, when the average has arrived.
pub fn stand(world: &mut Bank, market: u8, mark: u64) {
    let now = world.chain.now();
    world.chain.set_now(now + 10);
    world.set_mark(market, mark).unwrap();
    confirm(world);
    world.advance(86_400).unwrap();
    confirm(world);
}

/// What an early lot of the other side is charged: the mark for a lot less, and its part of the six dollars nobody else
/// pays.
fn per_lot(is_long: bool) -> i64 {
    if is_long { 1_300_000 / 4 + 6_000 } else { -1_700_000 / 4 + 6_000 }
}

/// The other side's rows on the board, and its names in the market.
pub fn other_side(is_long: bool) -> &'static str {
    if is_long { "short" } else { "long" }
}

#[test]
fn i07_a_bankrupt_account_is_closed_against_the_whole_other_side() {
    for is_long in [true, false] {
        let (mut world, [erin, ..]) = world_with_a_bankrupt(is_long);
        let (now, sign, side) = (world.chain.now(), if is_long { 1 } else { -1 }, other_side(is_long));
        let own = if is_long { "long" } else { "short" };

        let step = succeeds(&mut world, |world| world.auto_deleverage(0, &erin.margin));

        step.changes_only([
            change("erin.cash", CASH, 0),
            change("erin.position_count", 1, 0),
            change("erin.slots[0].size", 250 * sign, 0),
            change("erin.slots[0].entry", 375_000_000 * sign, 0),
            change("erin.slots[0].side_scale", risk::SCALE_ONE, 0),
            change("market 0.pool", 0, CASH + INSURED),
            change("market 0.tranche", 10_000_000, 6_000_000),
            change("market 0.insurance_paid", 0, INSURED),
            change("market 0.insurance_window_started", 0, now),
            change("market 0.insurance_window_used", 0, INSURED),
            change(format!("market 0.{own}_open_interest"), 1_000, 750),
            change(format!("market 0.{side}_owed"), 0, 250 * LOT),
            change("market 0.carry", 0, 1_000 * per_lot(is_long)),
            change("market 0.dust_size", 0, 250 * sign),
            change(format!("board.rows[0].{side}_side.scale"), risk::SCALE_ONE, THREE_QUARTERS),
            change(format!("board.rows[0].{side}_side.charge"), 0, per_lot(is_long) * ATOM),
        ])
        .emits([&AutoDeleveraged {
            market: world.at.market(0),
            bankrupt: erin.margin,
            lots: 250 * sign,
            mark: bankrupt_mark(is_long),
            equity_before: -DEFICIT,
            from_cash: CASH,
            deficit: DEFICIT as u64,
            insurance_paid: INSURED,
            borne_by_side: 6_000_000,
            borne_by_market: 0,
            waiting: 0,
            long_open_interest: 750,
            short_open_interest: 750,
        }]);
    }
}

/// Alice's touch pays her out of what Erin and the tranche left, which empties the pool: Bob and Carol are only touched.
#[test]
fn every_position_of_the_other_side_gives_up_its_part_when_it_is_touched() {
    for is_long in [true, false] {
        let (mut world, [erin, alice, bob, carol, dave]) = world_with_a_bankrupt(is_long);
        world.auto_deleverage(0, &erin.margin).unwrap();
        let (sign, side, pool) = (if is_long { -1 } else { 1 }, other_side(is_long), CASH + INSURED);
        let (per_lot, early) = (per_lot(is_long), 1_500_000 * sign);
        // What is left when `lots` were touched and `paid` came from the pool.
        let leg = |lots: i64, paid: i64| (lots * 3 / 4 * sign, lots * early + lots * per_lot + paid);
        let [alices, bobs, carols] = [leg(600, pool as i64), leg(300, 0), leg(100, 0)];
        let cash = 10_000 * DOLLAR - 450_000;

        let settle = world.at.settle(0, &[alice.margin, dave.margin, bob.margin, carol.margin]);
        set_cash(&mut world, &dave, 0); // with whose losses Bob and Carol would be paid
        let step = succeeds(&mut world, |world| send(world, settle, &[&payer()]));

        let mut changes = vec![
            change("alice.cash", cash, cash + pool),
            change("market 0.pool", pool, 0),
            change(format!("market 0.{side}_open_interest"), 1_000, 750),
            change(format!("market 0.{side}_owed"), 250 * LOT, 0),
            change("market 0.carry", 1_000 * per_lot, 0),
            change("market 0.dust_size", -250 * sign, 0),
        ];
        for (name, lots, (size, entry)) in [("alice", 600, alices), ("bob", 300, bobs), ("carol", 100, carols)] {
            changes.extend([
                change(format!("{name}.slots[0].size"), lots * sign, size),
                change(format!("{name}.slots[0].entry"), lots * early, entry),
                change(format!("{name}.slots[0].side_scale"), risk::SCALE_ONE, THREE_QUARTERS),
                change(format!("{name}.slots[0].side_charge"), 0, per_lot * ATOM),
            ]);
        }
        let settled = |actor: &Actor, profit_paid, cash| Settled {
            market: world.at.market(0),
            margin_account: actor.margin,
            loss_paid: 0,
            profit_paid,
            pool: 0,
            cash,
        };
        step.changes_only(changes).emits([
            &settled(&alice, pool, cash + pool),
            &settled(&bob, 0, 10_000 * DOLLAR - 225_000),
            &settled(&carol, 0, 10_000 * DOLLAR - 75_000),
        ]);
        // Each gave up 6,000 a lot: 3.6, 1.8 and 0.6 dollars.
        let mark = bankrupt_mark(is_long) as i64;
        for (lots, (size, entry), paid) in [(600, alices, pool as i64), (300, bobs, 0), (100, carols, 0)] {
            assert_eq!(size * mark - entry + paid, lots * 200_000 - lots * 6_000);
        }
    }
}

/// What insurance does not pay and the other side bears, with a deficit of 10,000,000.
#[test]
fn i07_the_side_bears_what_insurance_may_not_pay() {
    type Bound = fn(&mut firebreak::state::Market);
    let cases: [(Bound, u64); 7] = [
        (|market| market.insurance_event_cap = 0, 0),
        (|market| market.insurance_event_cap = 9_999_999, 9_999_999),
        (|market| market.tranche = 1, 1),
        (|market| market.insurance_window_cap = 7, 7),
        // The running window has already paid all but 5 of its cap.
        (|market| (market.insurance_window_cap, market.insurance_window_used) = (1_005, 1_000), 5),
        // A tenth of every deficit is nobody's but the side's: 9,000,000, as far as the cap lets it.
        (|market| (market.coinsurance_share_bps, market.insurance_event_cap) = (1_000, u64::MAX), 9_000_000),
        (|market| (market.coinsurance_share_bps, market.insurance_event_cap) = (1_000, 8_999_999), 8_999_999),
    ];
    for (bound, paid) in cases {
        let (mut world, [erin, ..]) = world_with_a_bankrupt(true);
        let now = world.chain.now();
        terms(&mut world, |market| {
            (market.insurance_event_cap, market.insurance_window_started) = (u64::MAX, now);
            bound(market);
        });
        let before = world.market(0);
        world.auto_deleverage(0, &erin.margin).unwrap();

        let market = world.market(0);
        let spent = (before.tranche - market.tranche, market.insurance_window_used - before.insurance_window_used);
        assert_eq!((spent, market.insurance_paid, market.pool), ((paid, paid), paid, CASH + paid));
        // Lots at mark, and the rest of the deficit.
        assert_eq!(market.carry, 250 * 1_300_000 + DEFICIT - paid as i64);
    }
}

/// Each market resolves its own part, in either order, as `liquidate` does.
#[test]
fn i07_two_markets_resolve_their_own_shares() {
    for order in [[(0, 83_722_480), (1, 77_520)], [(1, 77_521), (0, 83_722_479)]] {
        let (mut world, erin, _) = crate::liquidate_bankrupt::world_with_two_losses();
        for (market, deficit) in order {
            succeeds(&mut world, |world| world.auto_deleverage(market, &erin.margin));
            let (loss, value) = [(1_080_000_000, 6_000 * 1_320_000), (1_000_000, 100 * 1_190_000)][usize::from(market)];
            let market = world.market(market);
            assert_eq!((market.pool, market.carry), (loss - deficit, (value + deficit) as i64));
            assert_eq!((market.long_open_interest, market.dust_entry), (0, 0));
        }
        let account = world.margin(&erin.margin);
        assert_eq!((account.header.cash, account.positions()), (0, &[][..]));
    }
}

/// Erin also gained 0.9 dollars with BTC, which nobody has paid yet.
pub fn world_with_a_claim_elsewhere() -> (Bank, [Actor; 5]) {
    world_with_a_bankrupt_who(true, |world, erin, carol| {
        world.mint_to(&world.mint.pubkey(), &erin.tokens, 6_000).unwrap();
        world.deposit(erin, 6_000).unwrap();
        world.trade(1, erin, carol, 10, 1_200_000).unwrap();
        let now = world.chain.now();
        world.chain.set_now(now + 1);
        world.set_mark(1, 1_290_000).unwrap();
    })
}

/// They paid for 0.9 dollars of her loss, which wait as a debt; then BTC fell to `mark`.
pub fn world_with_a_waiting_debt(mark: u64) -> (Bank, [Actor; 5]) {
    let (mut world, actors) = world_with_a_claim_elsewhere();
    world.auto_deleverage(0, &actors[0].margin).unwrap();
    stand(&mut world, 1, mark);
    (world, actors)
}

/// What she gained is not missing, and not in cash: it stays a debt, marked as shared out, until her gain pays it; then
/// she owes nothing.
#[test]
fn i07_what_claims_elsewhere_pay_waits_as_a_debt() {
    let (mut world, [erin, _, _, carol, _]) = world_with_a_claim_elsewhere();

    let step = succeeds(&mut world, |world| world.auto_deleverage(0, &erin.margin));

    let account = world.margin(&erin.margin);
    assert_eq!(account.header.cash, 0);
    let leg = account.position(0).map(|leg| (leg.size, leg.entry, leg.side_scale));
    assert_eq!(leg, Some((0, 900_000, 0)));
    step.emits([&AutoDeleveraged {
        market: world.at.market(0),
        bankrupt: erin.margin,
        lots: 250,
        mark: 1_300_000,
        equity_before: -9_100_000,
        from_cash: CASH,
        deficit: 9_100_000,
        insurance_paid: INSURED,
        borne_by_side: 5_100_000,
        borne_by_market: 0,
        waiting: 900_000,
        long_open_interest: 750,
        short_open_interest: 750,
    }]);
    world.settle(1, &carol.margin).unwrap();
    // Below maintenance her gain counts at the mark, and leads nowhere but into the debt.
    succeeds(&mut world, |world| world.settle(1, &erin.margin));
    assert_eq!(world.margin(&erin.margin).header.cash, 900_000);
    succeeds(&mut world, |world| world.settle(0, &erin.margin));
    let account = world.margin(&erin.margin);
    assert_eq!((account.header.cash, account.position(0), world.market(0).pool), (0, None, CASH + INSURED + 900_000));
}
