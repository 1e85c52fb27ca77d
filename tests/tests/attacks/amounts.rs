//! T55 to T58: nobody gains by rounding, by zero, by one, or by the largest number.

use crate::stage::{SOL, Stage, accepts, assert_sound, cash, patch_state, rejects, rejects_somehow, send, stage};
use firebreak::{clearing::offer_price, instructions::OfferTerms, state::MarginAccount};
use firebreak_client::FirebreakError;
use firebreak_replay::{
    chain::Chain,
    listing::DOLLAR,
    world::{Actor, keypair},
};
use risk::{Leg, plan_fee, plan_loss_settlement, plan_profit_settlement};
use solana_instruction::Instruction;
use solana_signer::Signer;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// An account against a market, in the arithmetic alone.
struct Books {
    cash: u64,
    leg: Leg,
    dust: Leg,
    pool: u64,
    fees: u64,
}

impl Books {
    fn take(&mut self, lots: i64, price: u64, mark: u64, fee_bps: u64) {
        let leg = self.leg.traded(lots, price).unwrap();
        let fee = plan_fee(lots, price, fee_bps, self.cash, leg, self.dust).unwrap();
        (self.leg, self.dust) = (fee.payer, fee.dust);
        self.cash -= fee.from_cash;
        self.fees += fee.from_cash;
        self.settle_loss(mark);
    }

    fn settle_loss(&mut self, mark: u64) {
        let loss = plan_loss_settlement(self.leg, mark, self.cash).unwrap();
        self.cash -= loss.paid;
        self.pool += loss.paid;
        self.leg = loss.leg;
    }

    fn settle_profit(&mut self, price: u64) {
        let profit = plan_profit_settlement(self.leg, price, self.pool).unwrap();
        self.cash += profit.paid;
        self.pool -= profit.paid;
        self.leg = profit.leg;
    }
}

#[test]
fn t55_no_round_trip_profits_by_an_atom() {
    let mut random = Random(55);
    for _ in 0..500_000 {
        let mark = 1 + random.below(1 << 24);
        let (fee_bps, spread) = (random.below(100), random.below(50) as u32);
        let start = random.below(1 << 40);
        let mut books =
            Books { cash: start, leg: Leg::default(), dust: Leg::default(), pool: random.below(1 << 40), fees: 0 };
        let pool = books.pool;
        for _ in 0..1 + random.below(3) {
            let lots = 1 + random.below(100_000) as i64;
            let buys = random.below(2) == 0;
            let price = offer_price(mark, spread, buys).unwrap();
            books.take(if buys { lots } else { -lots }, price, mark, fee_bps);
            match random.below(3) {
                0 => books.settle_loss(mark),
                1 => books.settle_profit(mark),
                _ => {}
            }
        }
        let lots = -books.leg.size;
        if lots != 0 {
            books.take(lots, offer_price(mark, spread, lots > 0).unwrap(), mark, fee_bps);
        }
        books.settle_profit(mark);
        let end = i128::from(books.cash) - i128::from(books.leg.entry);
        assert!(end <= i128::from(start), "{start} became {end} at {mark}");
        let moved = i128::from(books.cash) + i128::from(books.pool) + i128::from(books.fees);
        assert_eq!(moved, i128::from(start) + i128::from(pool), "money was made");
    }
}

#[test]
fn t55_t56_thousands_of_round_trips_on_chain_profit_nobody() {
    let mut world = stage();
    let [alice, bob] = ["alice", "bob"].map(|name| world.actor(name, 4, 1_000 * DOLLAR).unwrap());
    let mut random = Random(56);
    let total = |world: &mut Stage| cash(world, &alice) + cash(world, &bob);
    let before = total(&mut world);
    for _ in 0..1_000 {
        let amount = 1 + random.below(3);
        world.withdraw(&alice, amount).unwrap();
        world.deposit(&alice, amount).unwrap();
    }
    assert_eq!(total(&mut world), before);
    let mut owed = 0;
    for _ in 0..500 {
        let price = SOL - SOL / 50 + random.below(SOL / 25);
        world.trade(0, &alice, &bob, 1, price).unwrap();
        world.trade(0, &bob, &alice, 1, price).unwrap();
        owed += 4 * (price * 5).div_ceil(10_000); // two trades, two sides, five basis points rounded up
    }
    assert_eq!(world.ledger().markets[&0].fees, owed);
    let _ = world.settle(0, &alice.margin);
    let _ = world.settle(0, &bob.margin);
    let market = world.ledger().markets[&0];
    assert_eq!(total(&mut world) + market.fees + market.pool, before);
    assert_sound(&mut world);
}

#[test]
fn t56_liquidating_lot_by_lot_neither_evades_the_fee_nor_costs_the_liquidatee_more() {
    let mut world = stage();
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| world.actor(name, 4, 1_000 * DOLLAR).unwrap());
    world.deposit_more(&carol, 100_000);
    world.trade(0, &alice, &bob, 6_000, SOL).unwrap();
    world.advance(1).unwrap();
    crate::stage::move_mark(&mut world, 0, 1_400_000);
    let saved = world.chain.svm.clone();
    let outcome = |world: &mut Stage| {
        let account = world.margin(&alice.margin);
        let board = world.board();
        let now = world.chain.now();
        (account.value_for_maintenance(&board, now).unwrap(), world.ledger().markets[&0])
    };
    world.liquidate(0, &carol, &alice.margin, u64::MAX, u64::MAX).unwrap();
    let (at_once, market) = outcome(&mut world);
    let lots = market.liquidated_lots;
    world.chain.svm = saved;
    for _ in 0..lots {
        if let Err(refusal) = world.liquidate(0, &carol, &alice.margin, 1, u64::MAX) {
            assert!(refusal.is(FirebreakError::AccountHealthy), "{refusal}");
            break;
        }
    }
    let (in_parts, parts) = outcome(&mut world);
    assert!(parts.liquidated_lots <= lots, "{} lots instead of {lots}", parts.liquidated_lots);
    assert!(in_parts.equity >= at_once.equity, "{in_parts:?} {at_once:?}");
    // No lot without its share for the tranche, rounded up.
    let row = world.row(0);
    let least = row.mark * 50 / 10_000 * 3_000 / 10_000;
    assert!(
        parts.tranche >= parts.liquidated_lots * least.saturating_sub(1),
        "{} for {}",
        parts.tranche,
        parts.liquidated_lots
    );
    assert_sound(&mut world);
}

trait More {
    fn deposit_more(&mut self, actor: &Actor, dollars: u64);
}

impl More for Stage {
    fn deposit_more(&mut self, actor: &Actor, dollars: u64) {
        let mint = self.mint.pubkey();
        self.mint_to(&mint, &actor.tokens, dollars * DOLLAR).unwrap();
        self.deposit(actor, dollars * DOLLAR).unwrap();
    }
}

const TERMS: OfferTerms =
    OfferTerms { bid_lots: 9, ask_lots: 9, bid_spread_bps: 9, ask_spread_bps: 9, expires_at: i64::MAX };

/// Builders of every instruction with an amount.
struct Amounts<'w> {
    world: &'w Stage,
    alice: &'w Actor,
    bob: &'w Actor,
}

impl Amounts<'_> {
    fn deposit(&self, amount: u64) -> Instruction {
        let quote = self.world.quote(self.alice.tokens);
        self.world.at.deposit(0, self.alice.address(), self.alice.margin, quote, amount)
    }
    fn withdraw(&self, amount: u64) -> Instruction {
        let quote = self.world.quote(self.alice.tokens);
        self.world.at.withdraw(0, self.alice.address(), self.alice.margin, quote, amount)
    }
    fn fund(&self, amount: u64) -> Instruction {
        self.world.at.fund_tranche(0, self.alice.address(), self.world.quote(self.alice.tokens), amount)
    }
    fn trade(&self, lots: u64, price: u64) -> Instruction {
        let side = |actor: &Actor| (actor.address(), actor.margin);
        self.world.at.trade(0, side(self.alice), side(self.bob), lots, price)
    }
    fn take(&self, lots: i64, limit: u64) -> Instruction {
        self.world.at.take_offer(0, self.alice.address(), self.alice.margin, self.bob.margin, lots, limit)
    }
    fn place(&self, terms: OfferTerms) -> Instruction {
        self.world.at.place_offer(0, self.world.payer.pubkey(), self.alice.address(), self.alice.margin, terms)
    }
    fn liquidate(&self, lots: u64, limit: u64) -> Instruction {
        self.world.at.liquidate(0, self.bob.address(), self.bob.margin, keypair("carol's").pubkey(), lots, limit)
    }
    fn trip(&self, level: u8, seconds: u32) -> Instruction {
        self.world.at.trip_breaker(self.world.guardian.pubkey(), 0, level, seconds, 0)
    }
}

fn extremes() -> (Stage, Actor, Actor) {
    let mut world = stage();
    let [alice, bob] = ["alice", "bob"].map(|name| world.actor(name, 4, 1_000 * DOLLAR).unwrap());
    world.mint_to(&world.mint.pubkey(), &alice.tokens, 1_000 * DOLLAR).unwrap();
    world.place_offer(0, &bob, TERMS).unwrap();
    let carol = world.actor("carol", 4, 1_000 * DOLLAR).unwrap();
    world.trade(0, &carol, &bob, 6_000, SOL).unwrap();
    world.advance(1).unwrap();
    crate::stage::move_mark(&mut world, 0, 1_400_000);
    (world, alice, bob)
}

#[test]
fn t57_zero_is_refused_everywhere() {
    use FirebreakError::*;
    let (mut world, alice, bob) = extremes();
    let carol = world.at.margin_account(&keypair("carol").pubkey(), 0);
    let pairs = {
        let make = Amounts { world: &world, alice: &alice, bob: &bob };
        let with_lots = |bid_lots, ask_lots| OfferTerms { bid_lots, ask_lots, ..TERMS };
        let mut liquidate = [make.liquidate(1, u64::MAX), make.liquidate(0, u64::MAX)];
        liquidate.iter_mut().for_each(|instruction| instruction.accounts[2].pubkey = carol);
        let [one_lot, no_lot] = liquidate;
        vec![
            (make.deposit(1), make.deposit(0), AmountZero),
            (make.withdraw(1), make.withdraw(0), AmountZero),
            (make.fund(1), make.fund(0), AmountZero),
            (make.trade(1, 1_400_000), make.trade(0, 1_400_000), AmountZero),
            (make.trade(1, 1_400_000), make.trade(1, 0), PriceOutsideBand),
            (make.take(1, u64::MAX), make.take(0, u64::MAX), AmountZero),
            (make.take(1, u64::MAX), make.take(1, 0), LimitPriceExceeded),
            (make.take(-1, 0), make.take(-1, u64::MAX), LimitPriceExceeded),
            (make.place(with_lots(0, 1)), make.place(with_lots(0, 0)), OfferEmpty),
            (make.place(TERMS), make.place(OfferTerms { expires_at: 0, ..TERMS }), OfferExpired),
            (one_lot, no_lot, SizeOutOfRange),
            (make.trip(1, 1), make.trip(1, 0), TripDurationOutOfRange),
            (make.trip(1, 1), make.trip(0, 1), LevelNotRaised),
        ]
    };
    for (control, attack, cause) in pairs {
        accepts(&mut world, &[control]);
        rejects(&mut world, cause, &[attack]);
    }
}

#[test]
fn t58_the_largest_numbers_are_refused_and_nothing_panics() {
    use FirebreakError::*;
    let (mut world, alice, bob) = extremes();
    let attacks = {
        let make = Amounts { world: &world, alice: &alice, bob: &bob };
        let lots = |bid_lots, ask_lots| OfferTerms { bid_lots, ask_lots, ..TERMS };
        vec![
            (make.deposit(u64::MAX), ArithmeticOverflow),
            (make.deposit(1 << 56), DepositCapExceeded),
            (make.fund(u64::MAX), ArithmeticOverflow),
            (make.withdraw(u64::MAX), CashInsufficient),
            (make.withdraw(i64::MAX as u64 + 1), CashInsufficient),
            (make.trade(u64::MAX, 1_400_000), SizeOutOfRange),
            (make.trade(i64::MAX as u64, 1_400_000), SizeOutOfRange),
            (make.trade((1 << 28) + 1, 1_400_000), SizeOutOfRange),
            (make.trade(1, u64::MAX), PriceOutsideBand),
            (make.trade(1, i64::MAX as u64), PriceOutsideBand),
            (make.place(lots(u64::MAX, 0)), OfferInvalid),
            (make.place(lots(1, (1 << 28) + 1)), OfferInvalid),
            (make.place(OfferTerms { bid_spread_bps: u32::MAX, ..TERMS }), OfferInvalid),
            (make.place(OfferTerms { ask_spread_bps: 10_000, ..TERMS }), OfferInvalid),
            (make.place(OfferTerms { expires_at: i64::MIN, ..TERMS }), OfferExpired),
            (make.trip(255, 1), LevelOutOfRange),
            (make.trip(1, u32::MAX), TripDurationOutOfRange),
        ]
    };
    for (attack, cause) in attacks {
        rejects(&mut world, cause, &[attack]);
    }
    let make = Amounts { world: &world, alice: &alice, bob: &bob };
    let (sell, buy) = (make.take(i64::MIN, 0), make.take(i64::MAX, u64::MAX));
    accepts(&mut world, &[sell]); // what the offer has
    accepts(&mut world, &[buy]);
}

#[test]
fn t58_an_account_full_to_the_brim_is_refused_by_name() {
    let (mut world, alice, bob) = extremes();
    world.trade(0, &alice, &bob, 10, 1_400_000).unwrap();
    for full in [u64::MAX, 1 << 63 | 1 << 40] {
        let saved = world.chain.svm.clone();
        patch_state::<MarginAccount>(&mut world, &alice.margin, |account| account.cash = full);
        let make = Amounts { world: &world, alice: &alice, bob: &bob };
        let attacks = [make.trade(10, 1_400_000), make.withdraw(1)];
        let settle = world.at.settle(0, &[alice.margin]);
        for attack in attacks {
            rejects(&mut world, FirebreakError::ArithmeticOverflow, &[attack]);
        }
        let _ = send(&mut world, &[settle]);
        world.chain.svm = saved;
    }
    patch_state::<MarginAccount>(&mut world, &alice.margin, |account| account.cash = u64::MAX);
    let deposit = Amounts { world: &world, alice: &alice, bob: &bob }.deposit(1);
    rejects_somehow(&mut world, &[deposit]);
}
