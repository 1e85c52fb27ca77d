//! T90: the same liquidations, settlements, auto-deleveragings, touches and exits, in any order, end in the same balances.
//!
//! What two orders may differ by is the rounding of the touches, all of it against the position (docs/auto-deleveraging.md):
//! an atom for the charge and one for the fraction of a lot per touch, and `lots * 2^-23` per event. What an event charges
//! does not depend on the events before it: the second one charges more per lot, to fewer lots. A touch between two events sells
//! the fraction of a lot that the first one left, and that fraction is not there when the second one charges: what it would have
//! borne (less than what a lot is charged) the others bear. Touched at the end only, positions end alike to 3 atoms.
//!
//! What does depend on the order, by design, is in `permutation_order.rs`; exits are in `permutation_exits.rs`.

use crate::stage::{SOL, START, Stage, assert_sound, confirm_mark, rejects, send};
use firebreak_client::FirebreakError;
use firebreak_replay::{
    listing::{self, DOLLAR, Listing},
    litesvm_chain::LiteSvmChain,
    world::{Actor, World, keypair},
};
use solana_account::Account;
use solana_instruction::Instruction;
use solana_signer::Signer;

/// Numbers from a seed.
pub struct Draw(pub u64);

impl Draw {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        (1..items.len()).rev().for_each(|last| items.swap(last, self.below(last + 1)));
    }
}

/// SOL, BTC and ETH as a change of their listings has them, priced, and a payer of fees.
pub fn stage_with(markets: usize, change: impl Fn(&mut Listing)) -> Stage {
    let mut listings = listing::majors()[..markets].to_vec();
    listings.iter_mut().for_each(change);
    let mut world = World::listed(LiteSvmChain::new().unwrap(), START, &listings).unwrap();
    let rich = Account { lamports: 1 << 50, rent_epoch: u64::MAX, ..Account::default() };
    firebreak_replay::chain::Chain::set_account(&mut world.chain, keypair("fee payer").pubkey(), rich);
    for (market, per_lot) in (0_u8..).zip([SOL, 1_200_000, 4_000_000]).take(markets) {
        world.set_mark(market, per_lot).unwrap();
    }
    world
}

/// What anybody may do, to the actor of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Liquidate(u8, usize),
    Deleverage(u8, usize),
    Settle(u8, usize),
    Sweep(u8),
}
pub use Act::*;

/// Everybody with a position. The first two are the hub, who is the other side of every trade, and the keeper, who has none.
pub struct Scene {
    pub world: Stage,
    pub actors: Vec<Actor>,
}

/// What an order of actions ends in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Cash and PnL at mark of each actor.
    pub wealth: Vec<i128>,
    pub cash: Vec<u64>,
    pub sizes: Vec<[i64; 3]>,
    /// What a short's gain counts less for a lot of the first market when it is taken out.
    pub spread: u64,
    pub pool: Vec<u64>,
    pub tranche: Vec<u64>,
    /// What the market's own position is worth at mark, less what sides still owe.
    pub own: Vec<i128>,
    /// Per market, fees swept and not, and in one sum the fund and its tranches.
    pub fees: Vec<u64>,
    pub insurance: u64,
}

impl Scene {
    /// Actors with cash in dollars and a position in each market, traded with the hub at the mark; then the marks move and
    /// are confirmed.
    pub fn new(mut world: Stage, people: &[(&str, u64, [i64; 3])], marks: &[u64]) -> Self {
        let mut actors = vec![world.actor("hub", 4, 1_000_000 * DOLLAR).unwrap()];
        actors.push(world.actor("keeper", 4, 1_000_000 * DOLLAR).unwrap());
        for (name, dollars, lots) in people {
            let actor = world.actor(name, 4, dollars * DOLLAR).unwrap();
            for (market, lots) in (0_u8..).zip(lots).filter(|(_, lots)| **lots != 0) {
                let mark = world.row(market).mark;
                let (buyer, seller) = if *lots > 0 { (&actor, &actors[0]) } else { (&actors[0], &actor) };
                world.trade(market, buyer, seller, lots.unsigned_abs(), mark).unwrap();
            }
            actors.push(actor);
        }
        for (market, mark) in (0_u8..).zip(marks) {
            confirm_mark(&mut world, market, *mark);
        }
        Self { world, actors }
    }

    fn instruction(&self, act: Act) -> Instruction {
        let (at, keeper, margin) = (&self.world.at, &self.actors[1], |who: usize| self.actors[who].margin);
        match act {
            Liquidate(market, who) => {
                let limit = if self.is_long(market, who) { u64::MAX } else { 0 };
                at.liquidate(market, keeper.address(), keeper.margin, margin(who), u64::MAX, limit)
            }
            Deleverage(market, who) => at.auto_deleverage(market, margin(who)),
            Settle(market, who) => at.settle(market, &[margin(who)]),
            Sweep(market) => at.sweep_insurance(market, self.world.mint.pubkey(), self.world.token_program),
        }
    }

    fn is_long(&self, market: u8, who: usize) -> bool {
        let account = self.world.chain.svm.get_account(&self.actors[who].margin).unwrap();
        let view = firebreak_client::MarginAccountView::decode(&account.data).unwrap();
        view.position(market).is_none_or(|position| position.size >= 0)
    }

    /// Whether it was done; refused only where nothing is to settle.
    pub fn act(&mut self, act: Act) -> bool {
        let instruction = self.instruction(act);
        match send(&mut self.world, &[instruction]) {
            Ok(_) => true,
            Err(refusal) if refusal.is(FirebreakError::NothingToSettle) => false,
            Err(refusal) => panic!("{act:?}: {refusal}"),
        }
    }

    /// Touches and settles everybody until nothing is left to settle, and takes stock.
    pub fn ending(&mut self) -> Ending {
        let markets = self.world.ledger().markets.len() as u8;
        let everybody: Vec<_> = self.actors.iter().map(|actor| actor.margin).collect();
        for _ in 0..4 {
            for market in 0..markets {
                for margin in everybody.chunks(16) {
                    let settle = self.world.at.settle(market, margin);
                    let _ = send(&mut self.world, &[settle]);
                }
            }
        }
        assert_sound(&mut self.world);
        let (board, now) = (self.world.board(), firebreak_replay::chain::Chain::now(&mut self.world.chain));
        let ledger = self.world.ledger();
        let views: Vec<_> = everybody.iter().map(|margin| &ledger.margin_accounts[margin]).collect();
        let own = |market: &firebreak::state::Market| {
            let lots = i128::from(market.own_lots().unwrap()) * i128::from(board.rows[market.index as usize].mark);
            (lots >> 32) - i128::from(market.dust_entry) - i128::from(market.carry)
        };
        let markets = || ledger.markets.values();
        Ending {
            wealth: views
                .iter()
                .map(|view| i128::from(view.value_for_maintenance(&board, now).unwrap().equity))
                .collect(),
            cash: views.iter().map(|view| view.header.cash).collect(),
            sizes: views
                .iter()
                .map(|view| [0, 1, 2].map(|m| view.position(m).map_or(0, |leg| i64::from(leg.size))))
                .collect(),
            spread: board.rows[0].short_price - board.rows[0].mark,
            pool: markets().map(|market| market.pool).collect(),
            tranche: markets().map(|market| market.tranche).collect(),
            own: markets().map(own).collect(),
            fees: markets().map(|market| market.fees + market.protocol_fees).collect(),
            insurance: markets().map(|market| market.tranche).sum::<u64>() + ledger.fund.unwrap().assets,
        }
    }

    /// The ending of an order, on a copy of the chain.
    pub fn after(&mut self, acts: &[Act]) -> Ending {
        let saved = self.world.chain.svm.clone();
        for act in acts {
            self.act(*act);
        }
        let ending = self.ending();
        self.world.chain.svm = saved;
        ending
    }

    /// Runs `acts` in `orders` shuffled orders, and compares each ending with the first one's.
    pub fn permute(&mut self, acts: &[Act], orders: u64, compare: impl Fn(&Ending, &Ending)) -> u64 {
        let first = self.after(acts);
        let mut most = 0;
        for seed in 0..orders {
            let mut shuffled = acts.to_vec();
            Draw(seed).shuffle(&mut shuffled);
            let other = self.after(&shuffled);
            let apart = first.wealth.iter().zip(&other.wealth).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0);
            most = most.max(apart as u64);
            compare(&first, &other);
        }
        most
    }
}

/// Atoms that rounding may take from a position: two per touch, `lots * 2^-23` per event. A position whose side had no
/// event is not touched, and loses nothing.
pub fn rounding(lots: u64, touches: u64, events: u64) -> u64 {
    if lots == 0 || events == 0 { 0 } else { 2 * touches.min(events) + (events * lots).div_ceil(1 << 23) }
}

/// Four bankrupt longs, one below maintenance, five shorts; the hub is long.
pub const ONE_MARKET: [(&str, u64, [i64; 3]); 10] = [
    ("a", 950, [6_007, 0, 0]),
    ("b", 1_300, [7_919, 0, 0]),
    ("c", 470, [3_001, 0, 0]),
    ("d", 16_500, [104_729, 0, 0]),
    ("x", 1_150, [5_003, 0, 0]),
    ("v", 5_000, [-9_973, 0, 0]),
    ("w", 9_000, [-31_337, 0, 0]),
    ("y", 20_000, [-65_537, 0, 0]),
    ("one lot", 10, [-1, 0, 0]),
    ("z", 30_000, [-100_003, 0, 0]),
];
/// Of them, by number: bankrupt, below maintenance, short.
pub const BANKRUPT: [usize; 4] = [2, 3, 4, 5];
pub const BELOW: usize = 6;
pub const SHORTS: [usize; 5] = [7, 8, 9, 10, 11];

pub fn one_market_acts(touches: u64) -> Vec<Act> {
    let mut acts: Vec<_> = BANKRUPT.iter().map(|who| Deleverage(0, *who)).collect();
    acts.push(Liquidate(0, BELOW));
    for _ in 0..touches {
        acts.extend(SHORTS.iter().map(|who| Settle(0, *who)));
    }
    acts.extend([Settle(0, 0), Settle(0, BELOW)]);
    acts
}

/// One market's endings: longs to the atom, shorts to the rounding and to the fractions sold before a later charge, and the
/// market keeps what rounding takes.
fn alike_in_one_market(between: u64) -> impl Fn(&Ending, &Ending) {
    let short_lots = |who: usize| if who < 2 { 0 } else { (-ONE_MARKET[who - 2].2[0]).max(0).unsigned_abs() };
    move |first, other| {
        // What a lot is charged in all, if there are never more than in the end.
        let had = |who: usize| i128::from(ONE_MARKET[who - 2].1 * DOLLAR) + i128::from(short_lots(who)) * 200_000;
        let charged: i128 = SHORTS.iter().map(|who| had(*who) - first.wealth[*who]).sum();
        let left: u64 = SHORTS.iter().map(|who| first.sizes[*who][0].unsigned_abs()).sum();
        let a_lot = charged as u64 / left + 1;
        let (mut all, mut unpaid) = (0, 0);
        for who in 0..first.wealth.len() {
            let lots = short_lots(who);
            let fractions = if lots == 0 { 0 } else { between * (1 + 5 * lots / left) };
            let bound = rounding(lots, between + 1, 4);
            all += bound;
            let apart = first.wealth[who].abs_diff(other.wealth[who]);
            assert!(apart <= u128::from(bound + fractions * a_lot), "{who}: {apart} of {bound}, {fractions} x {a_lot}");
            // A touch leaves whole lots: at most one less for each.
            let lots_apart = first.sizes[who][0].abs_diff(other.sizes[who][0]);
            assert!(lots_apart <= if lots == 0 { 0 } else { between + 1 }, "{who}: {lots_apart} lots");
            // A gain is taken out at the worse price: between nothing and the spread of each lot stays in the pool, as it was
            // taken before a charge or after.
            let lots_left =
                if lots == 0 { 0 } else { first.sizes[who][0].max(other.sizes[who][0]).unsigned_abs() + lots_apart };
            let waiting = lots_left * first.spread;
            assert!(u128::from(first.cash[who].abs_diff(other.cash[who])) <= apart + u128::from(waiting));
            unpaid += waiting;
        }
        assert!(first.pool[0].abs_diff(other.pool[0]) <= all + unpaid);
        assert!(first.own[0].abs_diff(other.own[0]) <= u128::from(all));
    }
}

#[test]
fn t90_bankruptcies_of_one_market_end_alike_in_any_order() {
    // No insurance. Touched at the end only: 3 atoms. Touched up to four times: 9, and three fractions of a lot.
    let world = stage_with(1, |listing| listing.market.insurance_event_cap = 0);
    let mut scene = Scene::new(world, &ONE_MARKET, &[1_300_000]);
    for (touches, orders) in [(0, 12), (3, 24)] {
        let acts = one_market_acts(touches);
        let most = scene.permute(&acts, orders, |first, other| {
            alike_in_one_market(touches)(first, other);
            assert_eq!((&first.tranche, &first.fees), (&other.tranche, &other.fees));
        });
        println!("{touches} touches between: {most} atoms apart at most");
    }
}

#[test]
fn t90_a_tranche_that_reaches_for_a_part_leaves_the_same_rest_in_any_order() {
    // First come, first paid; what all are charged together is the same, and so is everybody's part of it.
    let mut world = stage_with(1, |_| ());
    world.fund_tranche(0, 100 * DOLLAR).unwrap();
    let mut scene = Scene::new(world, &ONE_MARKET, &[1_300_000]);
    let mut acts = one_market_acts(1);
    acts.retain(|act| !matches!(act, Liquidate(..))); // its fee would come before or after the tranche is empty
    scene.permute(&acts, 16, |first, other| {
        alike_in_one_market(1)(first, other);
        assert_eq!((first.tranche[0], other.tranche[0]), (0, 0));
    });
}

#[test]
fn t90_i07_co_insurance_and_sweeps_end_alike_in_any_order() {
    // The tranche pays four fifths of each deficit, whichever comes first, and is refilled by whoever sweeps.
    let world = stage_with(1, |listing| listing.market.coinsurance_share_bps = 2_000);
    let mut scene = Scene::new(world, &ONE_MARKET, &[1_300_000]);
    let staker = scene.world.actor("staker", 4, 0).unwrap();
    let mint = scene.world.mint.pubkey();
    scene.world.mint_to(&mint, &staker.tokens, 50_000 * DOLLAR).unwrap();
    scene.world.stake(&staker, 50_000 * DOLLAR).unwrap();
    scene.world.sweep(0).unwrap();
    let mut acts = one_market_acts(2);
    acts.extend([Sweep(0); 3]);
    scene.permute(&acts, 16, |first, other| {
        // A sweep turns the market's own fractions into fees, and half of fees, rounded down, into insurance.
        let house = |ending: &Ending| ending.own[0] + i128::from(ending.fees[0] + ending.insurance);
        let all: u64 = SHORTS.iter().map(|who| rounding(ONE_MARKET[who - 2].2[0].unsigned_abs(), 3, 4)).sum();
        assert!(house(first).abs_diff(house(other)) <= u128::from(all));
        // The market's own fractions, one per short and touch at most, count at the worse price there.
        let spread = 3 * SHORTS.len() as u64 * first.spread;
        assert!(first.insurance.abs_diff(other.insurance) <= (all + spread).div_ceil(2) + 3);
        let without_own = |ending: &Ending| Ending { own: vec![0], ..ending.clone() };
        alike_in_one_market(2)(&without_own(first), &without_own(other));
    });
}

/// Cross accounts bankrupt in SOL and BTC; one of them has a gain in ETH, which pays part of what it owes.
const TWO_MARKETS: [(&str, u64, [i64; 3]); 8] = [
    ("a", 1_460, [5_003, 4_001, -500]),
    ("b", 3_900, [11_003, 17_011, 0]),
    ("c", 5_650, [30_011, 7_001, 0]),
    ("d", 480, [3_001, 0, 0]),
    ("v", 9_000, [-31_337, 0, 0]),
    ("w", 20_000, [-65_537, -10_007, 0]),
    ("y", 9_000, [0, -40_009, 0]),
    ("z", 9_000, [0, -1, 1_000]),
];

#[test]
fn t90_i09_cross_accounts_bankrupt_in_two_markets_leave_each_its_share_whichever_is_resolved_first() {
    let world = stage_with(3, |listing| listing.market.coinsurance_share_bps = 1_000);
    let mut scene = Scene::new(world, &TWO_MARKETS, &[1_300_000, 1_040_000, 3_800_000]);
    for market in 0..2 {
        scene.world.fund_tranche(market, 5_000 * DOLLAR).unwrap();
    }
    let mut acts = vec![Deleverage(0, 5), Settle(2, 2), Settle(2, 0), Settle(2, 9)];
    for who in [2, 3, 4] {
        acts.extend([Deleverage(0, who), Deleverage(1, who)]);
    }
    acts.extend([6, 7].map(|who| Settle(0, who)));
    acts.extend([7, 8, 9].map(|who| Settle(1, who)));
    let shorts = [31_337 + 65_537, 10_007 + 40_009 + 1_u64];
    let most = scene.permute(&acts, 24, |first, other| {
        // The tranches paid nine tenths: the tenth that a lot was charged, if there were never more than in the end.
        let a_lot = [0, 1].map(|m| {
            let left: u64 = first.sizes.iter().map(|sizes| (-sizes[m]).max(0).unsigned_abs()).sum();
            (5_000 * DOLLAR - first.tranche[m]) / 9 / left + 1
        });
        for (who, (_, _, lots)) in (2..).zip(TWO_MARKETS) {
            // The three cross accounts' deficits are split to the atom: one more or less in a market for each. One touch comes
            // before other events, and up to three others' fractions are borne along.
            let part = |m: usize, events| {
                let lots = if lots[m] < 0 { lots[m].unsigned_abs() } else { 0 };
                let fractions = if lots == 0 { 0 } else { (1 + 3 * lots / (shorts[m] / 4)) * a_lot[m] };
                rounding(lots, 2, events) + (3 * lots).div_ceil(shorts[m]) + fractions
            };
            let bound = part(0, 4) + part(1, 3);
            let apart = first.wealth[who].abs_diff(other.wealth[who]);
            assert!(apart <= u128::from(bound), "{who}: {apart} of {bound}");
        }
        assert_eq!((first.wealth[0], first.wealth[1]), (other.wealth[0], other.wealth[1]));
        for market in 0..2 {
            assert!(first.tranche[market].abs_diff(other.tranche[market]) <= 3);
            let all: u64 = shorts.iter().map(|_| 3 * rounding(1 << 17, 2, 4) + 3).sum();
            assert!(first.own[market].abs_diff(other.own[market]) <= u128::from(all));
        }
        for who in [2, 3, 4, 5] {
            assert_eq!((first.wealth[who], other.wealth[who]), (0, 0));
        }
    });
    println!("two markets: {most} atoms apart at most");
}

#[test]
fn i09_settling_one_leg_of_a_bankrupt_account_does_not_move_its_deficit_to_another_market() {
    // Cash covers the loss in either market, but not both: whoever settles one first must not leave the other all of it.
    let world = stage_with(2, |listing| listing.market.insurance_event_cap = 0);
    let people = [("a", 1_500, [5_003, 4_001, 0]), ("v", 9_000, [-31_337, 0, 0]), ("w", 9_000, [0, -40_009, 0])];
    let mut scene = Scene::new(world, &people, &[1_300_000, 1_000_000]);
    let alone = scene.after(&[Deleverage(0, 2), Deleverage(1, 2)]);
    let settled = scene.world.at.settle(0, &[scene.actors[2].margin]);
    rejects(&mut scene.world, FirebreakError::NothingToSettle, std::slice::from_ref(&settled));
    let other = scene.after(&[Deleverage(1, 2), Deleverage(0, 2)]);
    for who in [3, 4] {
        assert!(alone.wealth[who].abs_diff(other.wealth[who]) <= 4);
    }
}
