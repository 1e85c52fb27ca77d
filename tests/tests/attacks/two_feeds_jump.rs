//! T42, T88, T89 where an asset has two feeds: one wrong print, a jump that both confirm, and all of it at random.

use crate::{
    crisis::{actors, deficit, equity, wealth},
    feeds::{DUO, MIXED, PAR, hear, list_duo, says},
    stage::{START, Stage, accepts, assert_sound, rejects, send, stage},
};
use firebreak::state::FeedKind;
use firebreak_client::FirebreakError;
use firebreak_replay::{chain::Chain, listing::DOLLAR, world::Actor};
use firebreak_tests::tamper::unwatched;
use solana_instruction::Instruction;
use solana_signer::Signer;

const T: i64 = START + 10;
const CONFIRMED: u8 = 4;

/// The asset with two feeds is priced, and ten seconds have passed.
fn duo(kinds: [FeedKind; 2]) -> Stage {
    let mut world = stage();
    list_duo(&mut world, kinds);
    world.chain.set_now(T);
    world
}

fn trade(world: &Stage, buyer: &Actor, seller: &Actor, lots: u64, price: u64) -> Instruction {
    let sides = ((buyer.address(), buyer.margin), (seller.address(), seller.margin));
    world.at.trade(DUO, sides.0, sides.1, lots, price)
}

fn withdraw(world: &Stage, actor: &Actor, amount: u64) -> Instruction {
    world.at.withdraw(0, actor.address(), actor.margin, world.quote(actor.tokens), amount)
}

// ---- one wrong print ------------------------------------------------------------------------------------------------

/// The story of `extraction::t42_one_wrong_print_…` (363.825 dollars there), where one of two feeds says -32 % and the other nothing new:
/// whichever it is, and whether the other is withheld or brought.
#[test]
fn t42_one_wrong_print_of_one_feed_costs_half_a_percent_of_an_eighth() {
    for (kinds, which) in MIXED.into_iter().flat_map(|kinds| [(kinds, 0), (kinds, 1)]) {
        for is_withheld in [true, false] {
            let mut world = duo(kinds);
            let [alice, bob, mallory] = actors(&mut world, [("alice", 3_000), ("bob", 50_000), ("mallory", 100_000)]);
            let open = trade(&world, &alice, &bob, 6_000, PAR);
            send(&mut world, &[open]).unwrap();
            let before = [&alice, &mallory].map(|actor| wealth(&mut world, &[actor]));
            let mut readings = if is_withheld { [None; 2] } else { [says(PAR, T); 2] };
            readings[which] = says(1_020_000, T);
            hear(&mut world, readings).unwrap();
            let attack = world.at.liquidate(DUO, mallory.address(), mallory.margin, alice.margin, u64::MAX, u64::MAX);
            let lost = match which == 1 && !is_withheld {
                // The primary is heard, and says nothing against her.
                true => {
                    rejects(&mut world, FirebreakError::AccountHealthy, &[attack]);
                    0
                }
                false => {
                    send(&mut world, std::slice::from_ref(&attack)).unwrap();
                    // So much better a price makes her healthy even at the wrong mark.
                    rejects(&mut world, FirebreakError::AccountHealthy, &[attack]);
                    750 * 7_500
                }
            };
            world.chain.set_now(T + 1);
            hear(&mut world, [says(PAR, T + 1); 2]).unwrap();
            let after = [&alice, &mallory].map(|actor| wealth(&mut world, &[actor]));
            assert_eq!(before[0] - after[0], lost, "5.625 dollars of 2,995.5");
            assert_eq!(after[1] - before[1], lost * 7 / 10);
            assert_sound(&mut world);
        }
    }
}

/// At the primary's 1,404,000 she is exactly at maintenance; the secondary, which agrees, says 0.5 % less, and is brought alone.
#[test]
fn t43_the_worse_of_two_feeds_that_agree_takes_an_eighth_at_the_better_one() {
    for kinds in MIXED {
        let mut world = duo(kinds);
        let [alice, bob, mallory] = actors(&mut world, [("alice", 1_000), ("bob", 50_000), ("mallory", 100_000)]);
        let open = trade(&world, &alice, &bob, 6_000, PAR);
        send(&mut world, &[open]).unwrap();
        world.mint_to(&world.mint.pubkey(), &alice.tokens, 1_700_000).unwrap();
        world.deposit(&alice, 1_700_000).unwrap();
        hear(&mut world, [says(1_404_000, T), says(1_397_000, T)]).unwrap();
        let attack = world.at.liquidate(DUO, mallory.address(), mallory.margin, alice.margin, u64::MAX, u64::MAX);
        rejects(&mut world, FirebreakError::AccountHealthy, std::slice::from_ref(&attack));
        let before = wealth(&mut world, &[&alice]);
        world.chain.set_now(T + 1);
        hear(&mut world, [None, says(1_397_000, T + 1)]).unwrap();
        let too_low = world.at.liquidate(DUO, mallory.address(), mallory.margin, alice.margin, u64::MAX, 1_396_979);
        rejects(&mut world, FirebreakError::LimitPriceExceeded, &[too_low]);
        send(&mut world, std::slice::from_ref(&attack)).unwrap();
        world.chain.set_now(T + 2);
        hear(&mut world, [says(1_404_000, T + 2), says(1_397_000, T + 2)]).unwrap();
        assert_eq!(before - wealth(&mut world, &[&alice]), 750 * 7_020, "0.5 % of an eighth, at the better price");
        rejects(&mut world, FirebreakError::AccountHealthy, &[attack]);
        assert_sound(&mut world);
    }
}

// ---- a confirmed jump -----------------------------------------------------------------------------------------------

/// Two longs of 6,000 lots with 1,000 and 100,000 dollars, and a short of both with 200,000; then both feeds say 40 % less.
fn jump(kinds: [FeedKind; 2]) -> (Stage, [Actor; 4]) {
    let mut world = duo(kinds);
    unwatched(&mut world);
    let [poor, rich, short, keeper] =
        actors(&mut world, [("poor", 1_000), ("rich", 100_000), ("short", 200_000), ("keeper", 200_000)]);
    for long in [&poor, &rich] {
        let open = trade(&world, long, &short, 6_000, PAR);
        send(&mut world, &[open]).unwrap();
    }
    world.chain.set_now(T + 1);
    hear(&mut world, [says(FALLEN, T + 1), says(FALLEN + 1_000, T + 1)]).unwrap();
    let row = world.row(DUO);
    assert_eq!((row.mark, row.quality, row.risk_opens_at), (FALLEN, CONFIRMED, i64::MAX));
    (world, [poor, rich, short, keeper])
}

const FALLEN: u64 = 900_000;
/// 6,000 lots lost 3,600 dollars; 995.5 were there.
const OWED: u64 = 2_604_500_000;

#[test]
fn i07_a_confirmed_jump_of_40_percent_is_insured_in_the_same_second() {
    for kinds in MIXED {
        let (mut world, [poor, _, _, keeper]) = jump(kinds);
        assert_eq!(deficit(&mut world, &poor), OWED);
        world.fund_tranche(DUO, 2 * OWED).unwrap();
        let tranche = world.market(DUO).tranche;
        world.liquidate(DUO, &keeper, &poor.margin, u64::MAX, u64::MAX).unwrap();
        let market = world.market(DUO);
        assert_eq!((market.insurance_paid, market.tranche), (OWED, tranche - OWED));
        assert_eq!(equity(&mut world, &poor), 0);
        let (entry, size) = world.margin(&keeper.margin).position(DUO).map(|leg| (leg.entry, leg.size)).unwrap();
        assert_eq!((entry, size), (6_000 * FALLEN as i64, 6_000));
        assert_sound(&mut world);
    }
}

#[test]
fn i07_a_confirmed_jump_of_40_percent_is_deleveraged_in_the_same_second() {
    for kinds in MIXED {
        let (mut world, [poor, rich, short, _]) = jump(kinds);
        let before = [&rich, &short].map(|actor| equity(&mut world, actor));
        let tranche = world.market(DUO).tranche;
        assert_eq!(tranche, 0);
        world.auto_deleverage(DUO, &poor.margin).unwrap();
        assert_eq!(equity(&mut world, &poor), 0);
        assert_eq!(world.market(DUO).long_open_interest, 6_000);
        // The short bears all of it, rounded up to the atom; the solvent long nothing.
        let after = [&rich, &short].map(|actor| equity(&mut world, actor));
        assert_eq!(after[0], before[0]);
        assert!((0..=1).contains(&(before[1] - after[1] - OWED as i64)));
        assert_sound(&mut world);
    }
}

/// No winner leaves, and nobody takes the loser's side over, before keepers had a minute after the average followed.
#[test]
fn i10_after_a_confirmed_jump_new_risk_and_gains_wait_for_the_average_and_a_minute_more() {
    for kinds in MIXED {
        let (mut world, [_, rich, short, keeper]) = jump(kinds);
        world.settle(DUO, &rich.margin).unwrap(); // so that the pool holds what the short would take
        let attempts = [
            trade(&world, &keeper, &short, 10, FALLEN),
            trade(&world, &keeper, &rich, 10, FALLEN), // the long reduces, the keeper adds
            world.at.settle(DUO, &[short.margin]),
            withdraw(&world, &short, DOLLAR),
            withdraw(&world, &rich, DOLLAR),
        ];
        let mut now = T + 1;
        let opens_at = loop {
            for attempt in &attempts {
                rejects(&mut world, FirebreakError::PriceUncertain, std::slice::from_ref(attempt));
            }
            if world.row(DUO).risk_opens_at < i64::MAX {
                break world.row(DUO).risk_opens_at;
            }
            now += 10;
            world.chain.set_now(now);
            hear(&mut world, [says(FALLEN, now), says(FALLEN + 1_000, now)]).unwrap();
            assert!(now < T + 3_600, "the average does not follow");
        };
        // 900,000 is within a tenth of an average of at most 1,000,000, before the reading itself.
        assert_eq!(opens_at, now + 60);
        assert!(world.row(DUO).ema >> 16 < 1_000_000);
        for (at, is_open) in [(opens_at - 1, false), (opens_at, true)] {
            world.chain.set_now(at);
            hear(&mut world, [says(FALLEN, at), says(FALLEN + 1_000, at)]).unwrap();
            for attempt in &attempts {
                match is_open {
                    true => accepts(&mut world, std::slice::from_ref(attempt)),
                    false => rejects(&mut world, FirebreakError::PriceUncertain, std::slice::from_ref(attempt)),
                }
            }
        }
    }
}

/// Both see the jump, and reducing does not wait: the long and the short close against each other at it.
#[test]
fn reducing_and_settling_losses_go_on_at_a_confirmed_jump() {
    let (mut world, [_, rich, short, _]) = jump(MIXED[0]);
    let loss = world.at.settle(DUO, &[rich.margin]);
    accepts(&mut world, &[loss]);
    let close = trade(&world, &short, &rich, 3_000, FALLEN);
    send(&mut world, &[close]).unwrap();
    assert_sound(&mut world);
}

/// Ten stories of agreement, dispute, silence and jumps, every instruction anybody might send after each: the books balance after all.
#[test]
fn i01_whatever_the_feeds_say_the_books_balance_to_the_atom() {
    let mut world = duo([FeedKind::PythPull; 2]);
    world.fund_tranche(DUO, 1_000 * DOLLAR).unwrap();
    let [alice, bob, carol, keeper] =
        actors(&mut world, [("alice", 1_000), ("bob", 1_200), ("carol", 50_000), ("keeper", 100_000)]);
    for (buyer, seller) in [(&alice, &carol), (&carol, &bob), (&keeper, &carol)] {
        let open = trade(&world, buyer, seller, 6_000, PAR);
        send(&mut world, &[open]).unwrap();
    }
    let mut seed = 7_u64;
    let mut random = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let (mut now, mut liquidations, mut heard) = (T, 0, 0);
    for _ in 0..300 {
        now += 1 + random(20) as i64;
        world.chain.set_now(now);
        let base = 1_200_000 + random(600_000);
        let mut say = |is_other: bool| {
            let off = if is_other && random(2) == 0 { random(base / 10) } else { 0 };
            if random(6) == 0 { None } else { says(base + off, now - random(12) as i64) }
        };
        let both = [say(false), say(true)];
        heard += u32::from(hear(&mut world, both).is_ok());
        for victim in [&alice, &bob] {
            for limit in [u64::MAX, 0] {
                liquidations += u32::from(world.liquidate(DUO, &keeper, &victim.margin, u64::MAX, limit).is_ok());
            }
            let _ = world.auto_deleverage(DUO, &victim.margin);
            let _ = world.settle(DUO, &victim.margin);
        }
        for actor in [&alice, &bob] {
            let mark = world.row(DUO).mark;
            let top_up = trade(&world, &carol, actor, 1, mark);
            let _ = send(&mut world, &[top_up]);
        }
        assert_sound(&mut world);
    }
    assert!(heard > 100 && liquidations > 3, "{heard} {liquidations}");
}

/// A secondary that is wrong by -30 %, brought alone each time just ahead of the honest pair: a lone voice does not move the average.
#[test]
fn t43_a_wrong_feed_brought_alone_ahead_of_both_does_not_draw_the_average_to_itself() {
    for (is_attacked, least, most) in [(true, PAR, PAR), (false, PAR, PAR)] {
        let mut world = duo([FeedKind::PythPull; 2]);
        let wrong = PAR * 7 / 10;
        for second in 1..600 {
            let now = T + second;
            world.chain.set_now(now);
            if is_attacked {
                hear(&mut world, [None, says(wrong, now)]).unwrap();
            }
            hear(&mut world, [says(PAR, now), says(wrong, now)]).unwrap();
            assert_eq!(world.row(DUO).quality, risk::PriceQuality::Uncertain as u8);
        }
        let average = world.row(DUO).ema >> 16;
        assert!((least..=most).contains(&average), "{average}");
        assert_eq!(world.row(DUO).mark, PAR);
    }
}
