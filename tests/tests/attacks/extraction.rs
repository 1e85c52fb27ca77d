//! Coalitions of one attacker's own accounts against everybody else's money.

use crate::stage::{
    SOL, Stage, accepts, assert_sound, cash, confirm_mark, move_mark, patch, rejects, send, stage, would,
};
use firebreak::{instructions::OfferTerms, state::AssetRow};
use firebreak_client::{FirebreakError, instructions as ix};
use firebreak_replay::{chain::Chain, listing::DOLLAR, pyth, world::Actor};
use firebreak_tests::tamper::unwatched;
use solana_instruction::Instruction;

fn trade(world: &Stage, market: u8, buyer: &Actor, seller: &Actor, lots: u64, price: u64) -> Instruction {
    world.at.trade(market, (buyer.address(), buyer.margin), (seller.address(), seller.margin), lots, price)
}

/// Everything an attacker could call its own: cash, and what its legs are worth at mark.
fn wealth(world: &mut Stage, actors: &[&Actor]) -> i128 {
    let board = world.board();
    let now = world.chain.now();
    let value = |world: &mut Stage, actor: &Actor| {
        i128::from(world.margin(&actor.margin).value_for_maintenance(&board, now).unwrap().equity)
    };
    actors.iter().map(|actor| value(world, actor)).sum()
}

#[test]
fn i14_trading_between_own_accounts_at_the_edge_of_the_band_loses_the_fees() {
    let mut world = stage();
    let [a, b] = ["a", "b"].map(|name| world.actor(name, 4, 10_000 * DOLLAR).unwrap());
    let before = wealth(&mut world, &[&a, &b]);
    let (low, high) = (SOL - SOL / 50, SOL + SOL / 50);
    for round in 0..20 {
        let price = if round % 2 == 0 { high } else { low };
        let _ = world.trade(0, &a, &b, 5_000, price);
        let _ = world.trade(0, &b, &a, 5_000, if round % 3 == 0 { high } else { low });
        let _ = (world.settle(0, &a.margin), world.settle(0, &b.margin));
        assert_sound(&mut world);
    }
    let fees = i128::from(world.ledger().markets[&0].fees) - i128::from(world.ledger().markets[&0].dust_entry);
    assert_eq!(wealth(&mut world, &[&a, &b]), before - fees);
}

#[test]
fn i14_liquidating_an_own_account_earns_nothing_that_was_not_its_own() {
    let mut world = stage();
    world.fund_tranche(0, 10_000 * DOLLAR).unwrap();
    let [a, b] = [("a", 1_000), ("b", 50_000)].map(|(name, cash)| world.actor(name, 4, cash * DOLLAR).unwrap());
    world.trade(0, &a, &b, 6_000, SOL).unwrap();
    world.advance(9).unwrap();
    for mark in [1_403_000, 1_390_000, 1_370_000] {
        move_mark(&mut world, 0, mark);
        let before = wealth(&mut world, &[&a, &b]);
        let tranche = world.ledger().markets[&0].tranche;
        let sent = world.liquidate(0, &b, &a.margin, u64::MAX, u64::MAX);
        let after = wealth(&mut world, &[&a, &b]);
        assert!(after <= before, "{after} from {before}");
        assert!(world.ledger().markets[&0].tranche >= tranche);
        assert!(sent.is_ok() || sent.unwrap_err().is(FirebreakError::AccountHealthy));
        assert_sound(&mut world);
    }
}

#[test]
fn i04_equity_leaves_by_reducing_only_down_to_maintenance_and_never_to_the_last_margin() {
    let mut world = stage();
    let [a, b] = [("a", 10_000), ("b", 100_000)].map(|(name, cash)| world.actor(name, 4, cash * DOLLAR).unwrap());
    world.trade(0, &a, &b, 60_000, SOL).unwrap();
    world.advance(9).unwrap();
    move_mark(&mut world, 0, 1_460_000);
    // At its worst price, each reduction leaves a better ratio than it found: the band is narrower than the margin.
    let floor = 1_460_000 - 1_460_000 / 50;
    let mut last = None;
    for _ in 0..10 {
        if trade_and_value(&mut world, &a, &b, floor).is_none() {
            break;
        }
        let board = world.board();
        let now = world.chain.now();
        let value = world.margin(&a.margin).value_for_maintenance(&board, now).unwrap();
        if let Some((equity, requirement)) = last.filter(|_| value.requirement > 0) {
            let (equity, requirement): (i64, u64) = (equity, requirement);
            assert!(
                i128::from(value.equity) * i128::from(requirement)
                    >= i128::from(equity) * i128::from(value.requirement)
            );
        }
        last = Some((value.equity, value.requirement));
        assert!(value.is_covered());
        assert_sound(&mut world);
    }
    assert!(last.is_some());
}

fn trade_and_value(world: &mut Stage, a: &Actor, b: &Actor, price: u64) -> Option<()> {
    let reduce = trade(world, 0, b, a, 6_000, price);
    send(world, &[reduce]).ok().map(|_| ())
}

/// One transaction at a mark that is `age` seconds old: both sides of a trade, the new price, the liquidation of A by C.
fn gap(
    world: &mut Stage,
    [a, b, c]: [&Actor; 3],
    is_a_long: bool,
    lots: u64,
    age: i64,
    new_mark: u64,
) -> Vec<Instruction> {
    let row = world.row(0);
    let now = row.publish_time + age;
    world.chain.set_now(now);
    world.publish(&pyth::Update {
        feed_id: row.primary_feed,
        verification: pyth::Verification::Full,
        price: pyth::raw_price(&row, new_mark),
        confidence: 0,
        exponent: row.primary_exponent,
        publish_time: now,
    });
    let refresh = world.at.refresh_prices(&[(0, pyth::feed_address(&row.primary_feed))]);
    let (buyer, seller, limit) = if is_a_long { (a, b, u64::MAX) } else { (b, a, 0) };
    let open = trade(world, 0, buyer, seller, lots, row.mark);
    let liquidate = world.at.liquidate(0, c.address(), c.margin, a.margin, u64::MAX, limit);
    vec![open, refresh, liquidate]
}

/// A coalition of three with a funded tranche before it.
fn coalition() -> (Stage, [Actor; 3]) {
    let mut world = stage();
    unwatched(&mut world);
    world.fund_tranche(0, 1_000_000 * DOLLAR).unwrap();
    let actors = [("a", 2_000_000), ("b", 2_000_000), ("c", 4_000_000)]
        .map(|(name, dollars)| world.actor(name, 4, dollars * DOLLAR).unwrap());
    (world, actors)
}

#[test]
fn i14_what_a_price_gap_draws_from_insurance_is_bounded_by_its_caps() {
    for (new_mark, is_within_cap) in [(1_310_000, true), (1_290_000, false)] {
        let (mut world, [a, b, c]) = coalition();
        let before = wealth(&mut world, &[&a, &b, &c]);
        // At 16 s the opening trade is refused, whatever follows it; at 15 s it is the last moment.
        let saved = world.chain.svm.clone();
        let attack = gap(&mut world, [&a, &b, &c], true, 13_000_000, 16, new_mark);
        rejects(&mut world, FirebreakError::PriceUncertain, &attack);
        world.chain.svm = saved;
        let attack = gap(&mut world, [&a, &b, &c], true, 13_000_000, 15, new_mark);
        // A jump beyond the average's band: insurance waits until the price is confirmed, and with it the lots of an account
        // without equity.
        rejects(&mut world, FirebreakError::PriceUncertain, &attack);
        send(&mut world, &attack[..2]).unwrap();
        assert_eq!(world.margin(&a.margin).position(0).unwrap().size, 13_000_000);
        confirm_mark(&mut world, 0, new_mark);
        let attack = world.at.liquidate(0, c.address(), c.margin, a.margin, u64::MAX, u64::MAX);
        match is_within_cap {
            true => {
                send(&mut world, &[attack]).unwrap();
                let market = world.ledger().markets[&0];
                let gained = wealth(&mut world, &[&a, &b, &c]) - before;
                println!("a gap of 12.7 % draws {} dollars from insurance", gained / i128::from(DOLLAR));
                assert!(gained > 0 && gained <= i128::from(market.insurance_paid));
                assert!(market.insurance_paid <= market.insurance_event_cap);
            }
            // Beyond the cap insurance pays nothing at all.
            false => rejects(&mut world, FirebreakError::TrancheInsufficient, &[attack]),
        }
        assert_sound(&mut world);
    }
}

#[test]
fn i14_a_gap_that_is_already_published_is_worth_little_in_the_same_transaction() {
    // A long that opens on the average is covered over all of the band; beyond the band insurance pays nothing yet.
    for new_mark in [1_350_000, 1_310_000, 1_000_000] {
        let (mut world, [a, b, c]) = coalition();
        let before = wealth(&mut world, &[&a, &b, &c]);
        let attack = gap(&mut world, [&a, &b, &c], true, 13_000_000, 15, new_mark);
        let _ = send(&mut world, &attack);
        let gained = wealth(&mut world, &[&a, &b, &c]) - before;
        assert!(gained <= 0, "{gained}");
        assert_eq!(world.ledger().markets[&0].insurance_paid, 0);
    }
    // The widest gap between two fresh prices: from one end of the band to the other. What it costs a short beyond its
    // initial margin is a hundredth of the average, and the fee; the caps come on top.
    let (mut world, [a, b, c]) = coalition();
    move_mark(&mut world, 0, 1_350_000);
    let (average, lots) = (world.row(0).ema >> 16, 7_000_000);
    let before = wealth(&mut world, &[&a, &b, &c]);
    let saved = world.chain.svm.clone();
    let attack = gap(&mut world, [&a, &b, &c], false, lots, 16, average * 11 / 10);
    rejects(&mut world, FirebreakError::PriceUncertain, &attack);
    world.chain.svm = saved;
    let attack = gap(&mut world, [&a, &b, &c], false, lots, 15, average * 11 / 10);
    send(&mut world, &attack).unwrap();
    let gained = wealth(&mut world, &[&a, &b, &c]) - before;
    println!("a gap of 22 % draws {} dollars in one transaction", gained / i128::from(DOLLAR));
    assert!(gained <= i128::from(lots * average / 100));
    let market = world.ledger().markets[&0];
    assert!(market.insurance_paid <= market.insurance_event_cap);
    assert_sound(&mut world);
}

#[test]
fn t42_one_wrong_print_costs_an_account_a_slice_of_an_eighth_and_not_more() {
    let mut world = stage();
    let [alice, bob, mallory] = [("alice", 3_000), ("bob", 50_000), ("mallory", 100_000)]
        .map(|(name, cash)| world.actor(name, 4, cash * DOLLAR).unwrap());
    world.trade(0, &alice, &bob, 6_000, SOL).unwrap(); // three times leveraged
    world.advance(9).unwrap();
    let before = [&alice, &mallory].map(|actor| wealth(&mut world, &[actor]));
    move_mark(&mut world, 0, 1_020_000); // a print of -32 %, narrow confidence, far from the average
    assert_eq!(world.row(0).quality, risk::PriceQuality::Uncertain as u8);
    let attack =
        |world: &Stage, lots| world.at.liquidate(0, mallory.address(), mallory.margin, alice.margin, lots, u64::MAX);
    let (part, slice, all) = (attack(&world, 749), attack(&world, 750), attack(&world, u64::MAX));
    rejects(&mut world, FirebreakError::LiquidationSliceTooSmall, &[part]);
    accepts(&mut world, &[slice]);
    send(&mut world, std::slice::from_ref(&all)).unwrap();
    rejects(&mut world, FirebreakError::LiquidationTooSoon, std::slice::from_ref(&all));
    assert_eq!(world.margin(&alice.margin).position(0).unwrap().size, 5_250);
    let held = world.chain.svm.clone();
    move_mark(&mut world, 0, SOL); // and back, a second later
    let after = [&alice, &mallory].map(|actor| wealth(&mut world, &[actor]));
    // 750 lots at the print less the smallest penalty, of which the tranche has its share.
    let lost = 750 * (i128::from(SOL) - (1_020_000 - 5_100));
    assert_eq!(before[0] - after[0], lost);
    assert_eq!(lost, 363_825_000, "of 2,995.5 dollars");
    assert_eq!(after[1] - before[1], lost - 750 * 1_530);
    rejects(&mut world, FirebreakError::AccountHealthy, std::slice::from_ref(&all));
    assert_sound(&mut world);

    // A print that stays takes an eighth of what is left every ten seconds.
    world.chain.svm = held;
    let now = world.chain.now();
    world.chain.set_now(now + 9);
    world.set_mark(0, 1_020_000).unwrap();
    rejects(&mut world, FirebreakError::LiquidationTooSoon, std::slice::from_ref(&all));
    move_mark(&mut world, 0, 1_020_000);
    send(&mut world, &[all]).unwrap();
    assert_eq!(world.margin(&alice.margin).position(0).unwrap().size, 5_250 - 657);
    assert_sound(&mut world);
}

/// A, who is long SOL with a gain in it, gives cash to B by trading BTC at the edge of the band. Returns what it might have
/// withdrawn, what it gave away and what arrived.
fn gift(gain_weight_bps: u32) -> [u64; 3] {
    let mut world = stage();
    let board = world.at.board;
    patch(&mut world, &board, |account| {
        let rows = account.data.len() - 3 * size_of::<AssetRow>();
        for bytes in account.data[rows..].chunks_exact_mut(size_of::<AssetRow>()) {
            let mut row: AssetRow = bytemuck::pod_read_unaligned(bytes);
            assert_eq!(row.gain_weight_bps, 8_000);
            row.gain_weight_bps = gain_weight_bps;
            bytes.copy_from_slice(bytemuck::bytes_of(&row));
        }
    });
    let [a, b, bob] =
        [("a", 1_000), ("b", 5_000), ("bob", 50_000)].map(|(name, cash)| world.actor(name, 4, cash * DOLLAR).unwrap());
    world.trade(0, &a, &bob, 6_000, SOL).unwrap();
    world.advance(9).unwrap();
    confirm_mark(&mut world, 0, 1_640_000);
    world.advance(10_000).unwrap();
    world.advance(10_000).unwrap();
    let has = cash(&mut world, &a);
    let most = (1..=1_000).rev().find(|dollars| {
        let attack = world.at.withdraw(0, a.address(), a.margin, world.quote(a.tokens), dollars * DOLLAR);
        would(&mut world, &[attack]).is_ok()
    });
    let (low, high) = (1_200_000 - 24_000, 1_200_000 + 24_000);
    for lots in [3_000, 1_000, 300, 100, 30, 10, 1].repeat(4) {
        let before = wealth(&mut world, &[&a]);
        let round = [trade(&world, 1, &a, &b, lots, high), trade(&world, 1, &b, &a, lots, low)];
        let _ = send(&mut world, &round);
        // No more than the width of the band and the fees, and never from below maintenance.
        let gone = before - wealth(&mut world, &[&a]);
        assert!(gone <= i128::from(lots) * (48_000 + 1_202), "{gone}");
        let (board, now) = (world.board(), world.chain.now());
        assert!(world.margin(&a.margin).value_for_maintenance(&board, now).unwrap().is_covered());
    }
    let gone = has - cash(&mut world, &a);
    let _ = world.settle(1, &b.margin);
    let at_b = cash(&mut world, &b) - 5_000 * DOLLAR;
    assert_sound(&mut world);
    [most.unwrap_or(0) * DOLLAR, gone, at_b]
}

#[test]
fn known_limit_gains_that_back_no_withdrawal_back_a_gift_to_an_own_account_at_the_band_edge() {
    // Gains back new risk by their weight, and new risk can be lost on purpose: 4 % of its notional per round trip.
    let [most, gone, arrived] = gift(8_000);
    println!(
        "may withdraw {} dollars; handed over {} of which {} arrived",
        most / DOLLAR,
        gone / DOLLAR,
        arrived / DOLLAR
    );
    assert!(gone > most, "no longer a limit: make this a rejection");
    // 840 dollars of gain, at 80 %.
    assert!(gone <= most + 672 * DOLLAR, "{gone}");
    // A weight of zero closes it: then a gift needs what a withdrawal needs.
    let [most, gone, _] = gift(0);
    println!("with a gain weight of zero: may withdraw {} dollars; handed over {} atoms", most / DOLLAR, gone);
    assert!(gone <= most + DOLLAR, "{gone}");
}

#[test]
fn t42_a_standing_offer_is_not_filled_at_one_wrong_print() {
    let mut world = stage();
    let [alice, mallory] =
        [("alice", 10_000), ("mallory", 10_000)].map(|(name, cash)| world.actor(name, 4, cash * DOLLAR).unwrap());
    world.trade(0, &alice, &mallory, 6_000, SOL).unwrap(); // hardly leveraged
    let terms =
        OfferTerms { bid_lots: 0, ask_lots: 6_000, bid_spread_bps: 20, ask_spread_bps: 20, expires_at: i64::MAX };
    world.place_offer(0, &alice, terms).unwrap();
    world.advance(9).unwrap();
    let before = wealth(&mut world, &[&alice]);
    let take = world.at.take_offer(0, mallory.address(), mallory.margin, alice.margin, 6_000, u64::MAX);
    accepts(&mut world, std::slice::from_ref(&take));
    let fresh = world.chain.svm.clone();
    move_mark(&mut world, 0, 1_020_000);
    rejects(&mut world, FirebreakError::PriceOutsideBand, std::slice::from_ref(&take));
    move_mark(&mut world, 0, SOL);
    assert_eq!(wealth(&mut world, &[&alice]), before);

    // Nor at a mark that has dropped and grown old: whoever takes pays the average, which has hardly followed.
    world.chain.svm = fresh;
    move_mark(&mut world, 0, 1_480_000);
    let now = world.chain.now();
    world.chain.set_now(now + 16);
    let average = world.row(0).short_price;
    assert!(average > 1_499_000);
    send(&mut world, &[take]).unwrap();
    let price = (average * 10_020).div_ceil(10_000);
    assert_eq!(world.margin(&mallory.margin).position(0).map_or(0, |leg| leg.size), 0);
    move_mark(&mut world, 0, SOL);
    assert_eq!(wealth(&mut world, &[&alice]) - before, 6_000 * (i128::from(price) - i128::from(SOL)));
    assert_sound(&mut world);
}

#[test]
fn a_delegate_can_lose_an_account_s_money_to_itself_but_not_below_what_trading_allows() {
    // Not prevented, because trading is what a delegate is for: whoever names one trusts it with the account's equity.
    // What holds is that it cannot withdraw (t15), and that nobody else pays.
    let mut world = stage();
    let [alice, mallory] =
        [("alice", 1_000), ("mallory", 100_000)].map(|(name, cash)| world.actor(name, 4, cash * DOLLAR).unwrap());
    send(&mut world, &[ix::set_delegate(alice.address(), alice.margin, mallory.address())]).unwrap();
    let before = wealth(&mut world, &[&alice, &mallory]);
    let mut trips = 0;
    while wealth(&mut world, &[&alice]) > i128::from(50 * DOLLAR) && trips < 100 {
        let lots = wealth(&mut world, &[&alice]) as u64 * 8 / SOL;
        let match_at = |buyer: &Actor, seller: &Actor, price| {
            let key = mallory.address();
            world.at.trade(0, (key, buyer.margin), (key, seller.margin), lots, price)
        };
        let there = match_at(&alice, &mallory, SOL + SOL / 50);
        let back = match_at(&mallory, &alice, SOL - SOL / 50);
        send(&mut world, &[there, back]).unwrap();
        trips += 1;
    }
    println!("a hostile delegate empties an account in {trips} round trips");
    let market = world.ledger().markets[&0];
    let fees = i128::from(market.fees) - i128::from(market.dust_entry);
    assert_eq!(wealth(&mut world, &[&alice, &mallory]), before - fees);
    assert!(wealth(&mut world, &[&alice]) >= 0);
    assert_sound(&mut world);
}
