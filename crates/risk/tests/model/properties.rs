//! What must not depend on who is touched when, on the order of events, or on how a position is split. At one mark, so that
//! lots closed for their price are worth what was paid for them.

use proptest::prelude::*;
use risk::{Leg, MAX_PRICE, OraclePrice, RiskError, Side, SideIndex, Stamp, Touch, plan_deleveraging, plan_touch};

use crate::{
    engine::Bug,
    generator::Generator,
    lockstep::Lockstep,
    operation::{ACCOUNTS, Operation},
};

/// A side, its positions and the market's own books.
#[derive(Clone, Debug)]
struct Sided {
    side: Side,
    mark: u64,
    positions: Vec<(Leg, Stamp)>,
    carry: i128,
    dust: (i128, i128),
}

/// Lots and money of an event, in thousandths of what the side holds and of what that is worth.
type Event = (u64, u64);

impl Sided {
    fn new(sizes: &[i64], is_long: bool, mark: u64) -> Self {
        let side = Side { index: SideIndex::NEW, is_long, lots: 0, owed: 0, left_behind: 0 };
        let mut sided = Self { side, mark, positions: Vec::new(), carry: 0, dust: (0, 0) };
        sizes.iter().for_each(|size| sided.open(*size));
        sided
    }

    fn open(&mut self, lots: i64) {
        let size = if self.side.is_long { lots } else { -lots };
        self.positions.push((Leg { size, entry: size * self.mark as i64 }, self.side.index.stamp()));
        self.side.lots += lots.unsigned_abs();
    }

    /// What the side holds, in whole lots.
    fn held(&self) -> u64 {
        self.side.held() >> 32
    }

    /// A bankrupt position of `lots` is closed against the side, which is charged `money`.
    fn charge(&mut self, lots: u64, money: u64) -> Result<(), RiskError> {
        let plan = plan_deleveraging(self.side, lots, self.mark, money)?;
        self.side = plan.side;
        self.carry += i128::from(plan.carry);
        self.dust.1 += i128::from(plan.dust_entry);
        self.dust.0 += if self.side.is_long { -i128::from(lots) } else { i128::from(lots) };
        Ok(())
    }

    /// Of an event, the lots and the money.
    fn amounts(&self, (lots, money): Event) -> (u64, u64) {
        let held = u128::from(self.held());
        let worth = held * u128::from(self.mark);
        ((held * u128::from(lots) / 1_000) as u64, (worth * u128::from(money) / 1_000) as u64)
    }

    fn plan(&self, index: usize) -> Touch {
        let (leg, stamp) = self.positions[index];
        plan_touch(leg, stamp, &self.side.index, self.mark).unwrap()
    }

    fn touch(&mut self, index: usize) {
        let before = self.positions[index].0.size.unsigned_abs();
        let touch = self.plan(index);
        self.side.owed -= touch.owed;
        self.side.left_behind -= touch.left_behind;
        self.side.lots -= before - touch.leg.size.unsigned_abs();
        self.carry += i128::from(touch.carry);
        self.dust.0 += i128::from(touch.dust_size);
        self.dust.1 += i128::from(touch.dust_entry);
        self.positions[index] = (touch.leg, self.side.index.stamp());
    }

    fn touch_all(&mut self, order: impl IntoIterator<Item = usize>) {
        order.into_iter().for_each(|index| self.touch(index));
    }

    /// What a position is worth at the mark, as touched.
    fn worth(&self, index: usize) -> i128 {
        let leg = self.plan(index).leg;
        i128::from(leg.size) * i128::from(self.mark) - i128::from(leg.entry)
    }

    /// Atoms that one touch may cost beyond the charge, after so many events: an atom for the charge and one for the fraction,
    /// one more for a touch in two steps, and what the index and what 2^-32 lots at the mark round to.
    fn atoms(&self, index: usize, events: usize) -> i128 {
        let (leg, stamp) = self.positions[index];
        // size * 2^-23 / a, and a lot's 2^-32 at the mark in four places.
        let by_index = (i128::from(leg.size.unsigned_abs()) << 39) / i128::from(stamp.scale);
        3 + events as i128 * (by_index + 2)
    }
}

fn sizes() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(prop_oneof![1..40_i64, 1..5_000_i64, 1..1_i64 << 22], 2..7)
}

fn mark() -> impl Strategy<Value = u64> {
    prop_oneof![1..2_000_u64, 100_000..20_000_000_u64, MAX_PRICE - 1_000..=MAX_PRICE]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each touch changes its own position, and sums: nothing depends on who is first.
    #[test]
    fn i09_positions_touched_in_any_order_are_the_same_to_the_atom(
        sizes in sizes(), is_long: bool, mark in mark(), events in prop::collection::vec((0..900_u64, 0..500_u64), 1..5), turn: usize,
    ) {
        let mut sided = Sided::new(&sizes, is_long, mark);
        for event in events {
            let (lots, money) = sided.amounts(event);
            let _ = sided.charge(lots, money);
        }
        let (mut forward, mut backward) = (sided.clone(), sided);
        let turn = turn % sizes.len();
        forward.touch_all(0..sizes.len());
        backward.touch_all((0..sizes.len()).rev().map(|index| (index + turn) % sizes.len()));
        prop_assert_eq!(forward.positions, backward.positions);
        prop_assert_eq!((forward.side, forward.carry, forward.dust), (backward.side, backward.carry, backward.dust));
    }

    /// Two events compose: whoever slept through both ends where one touched in between does, but for the stated atoms and, since
    /// that one gave its fraction of a lot away before, a lot's share of the second charge.
    #[test]
    fn i07_a_position_that_slept_through_two_events_ends_where_one_touched_between_does(
        sizes in sizes(), is_long: bool, mark in mark(), first in (0..900_u64, 0..500_u64), second in (0..900_u64, 0..500_u64), who: usize,
    ) {
        let mut asleep = Sided::new(&sizes, is_long, mark);
        let (lots, money) = asleep.amounts(first);
        asleep.charge(lots, money).unwrap();
        let mut awake = asleep.clone();
        awake.touch(who % sizes.len());
        let (lots, money) = asleep.amounts(second);
        prop_assume!(awake.held() > 2 && lots < awake.held());
        let share = i128::from(money / (awake.held() - 1)) + 1;
        // Where the first event began an epoch, a second one may have to wait for touches.
        if asleep.charge(lots, money).is_ok() && awake.charge(lots, money).is_ok() {
            for index in 0..sizes.len() {
                let apart = asleep.worth(index) - awake.worth(index);
                let atoms = 2 * asleep.atoms(index, 2) + share;
                prop_assert!(apart.abs() <= atoms, "{index}: {apart} apart, {atoms} stated");
            }
        }
    }

    /// Two bankrupt accounts on one side cost the other side the same in either order, but for the stated atoms.
    #[test]
    fn i07_two_events_in_either_order_charge_everybody_the_same(
        sizes in sizes(), is_long: bool, mark in mark(), first in (0..450_u64, 0..100_u64), second in (0..450_u64, 0..100_u64),
    ) {
        // What is left, a tenth and more, bears the whole charge of either.
        let sided = Sided::new(&sizes, is_long, mark);
        let (one, two) = (sided.amounts(first), sided.amounts(second));
        let (mut ahead, mut behind) = (sided.clone(), sided);
        for (lots, money) in [one, two] { ahead.charge(lots, money).unwrap(); }
        for (lots, money) in [two, one] { behind.charge(lots, money).unwrap(); }
        for index in 0..sizes.len() {
            let apart = ahead.worth(index) - behind.worth(index);
            let atoms = 2 * ahead.atoms(index, 2);
            prop_assert!(apart.abs() <= atoms, "{index}: {apart} apart, {atoms} stated");
        }
    }

    /// A position held in two accounts pays at least what it would pay in one.
    #[test]
    fn i06_splitting_a_position_gains_nothing_from_auto_deleveraging(
        sizes in sizes(), cut: u64, is_long: bool, mark in mark(), events in prop::collection::vec((0..950_u64, 0..500_u64), 1..4),
    ) {
        let sizes: Vec<i64> = sizes.iter().map(|size| size + 1).collect();
        let cut = 1 + (cut % (sizes[0] as u64 - 1)) as i64;
        let mut whole = Sided::new(&sizes, is_long, mark);
        let parts: Vec<i64> = [sizes[0] - cut].iter().chain(&sizes[1..]).chain([&cut]).copied().collect();
        let mut split = Sided::new(&parts, is_long, mark);
        for event in events {
            let (lots, money) = whole.amounts(event);
            prop_assert_eq!(whole.charge(lots, money), split.charge(lots, money));
        }
        prop_assert!(split.worth(0) + split.worth(sizes.len()) <= whole.worth(0));
    }

    /// Over a long life, at any price and with sides as small as they get: what is charged is paid, nothing but the stated atoms is
    /// paid beside it, and once everybody was touched `carry` is no hole.
    #[test]
    fn i07_what_a_side_is_charged_it_pays_and_hardly_more(
        sizes in sizes(), is_long: bool, mark in mark(),
        steps in prop::collection::vec((0..4_u8, 0..1_001_u64, 0..1_100_u64, 1..5_000_i64, any::<usize>()), 1..80),
    ) {
        let mut sided = Sided::new(&sizes, is_long, mark);
        let (mut atoms, mut events) = (0, 0);
        for (kind, lots, money, size, who) in steps {
            let who = who % sided.positions.len();
            match kind {
                0 => {
                    atoms += sided.atoms(who, events);
                    sided.touch(who);
                }
                1 if sided.positions.len() < 12 => sided.open(size),
                _ => {
                    let (lots, money) = sided.amounts((lots, money));
                    let before = sided.carry + sided.dust.1;
                    if sided.charge(lots, money).is_ok() {
                        events += 1;
                        let value = i128::from(lots) * i128::from(mark);
                        let paid = i128::from(money) + if is_long { -value } else { value };
                        prop_assert_eq!(sided.carry + sided.dust.1 - before, paid);
                    }
                }
            }
        }
        let everybody = sided.positions.len();
        for index in 0..everybody {
            atoms += sided.atoms(index, events);
        }
        sided.touch_all(0..everybody);
        prop_assert!(sided.carry <= 0, "a hole of {}", sided.carry);
        prop_assert!(-sided.carry <= atoms, "a surplus of {}, {atoms} stated", -sided.carry);
        prop_assert_eq!(sided.side.left_behind, 0);
        let lots: u64 = sided.positions.iter().map(|(leg, _)| leg.size.unsigned_abs()).sum();
        prop_assert_eq!(lots, sided.side.lots);
        // Rounding of what is owed stays below 2^-32 lots for each event and each touch.
        prop_assert!(sided.side.owed <= (events as u64 + 1) * 64 + 80, "{}", sided.side.owed);
    }
}

/// Equity at mark of everybody after two accounts on one side are bankrupt and what follows happens in an order of its own.
fn resolved(seed: u64, order: &[Operation]) -> [i64; ACCOUNTS] {
    let mut random = Generator::new(seed);
    let mut lockstep = Lockstep::empty(seed, Bug::None);
    let price = |percent, publish_time| {
        let reading = OraclePrice { price: 100_000_000 * percent, confidence: 0, exponent: -8, publish_time };
        Operation::Publish { market: 0, reading, pause: 1 }
    };
    let mut happened: Vec<Operation> =
        (0..ACCOUNTS).map(|account| Operation::Deposit { account, amount: 1_000_000_000 }).collect();
    for seller in VICTIMS..ACCOUNTS {
        for buyer in 0..VICTIMS {
            let lots = 300 + random.below(1_200) as i64;
            happened.push(Operation::Trade { buyer, seller, market: 0, lots, price: 1_000_000 });
        }
    }
    for account in 0..VICTIMS {
        // Just what it must hold stays: the fall takes that and more.
        let size = happened.iter().map(|operation| match *operation {
            Operation::Trade { buyer, lots, .. } if buyer == account => lots.unsigned_abs(),
            _ => 0,
        });
        let amount = 1_000_000_000 - size.sum::<u64>() * 102_000;
        happened.push(Operation::Withdraw { account, amount });
    }
    happened.push(price(80 - random.below(5) as i64, 1_000_001));
    happened.extend_from_slice(order);
    happened.push(Operation::Settle { accounts: [true; ACCOUNTS], market: 0 });
    for operation in happened {
        lockstep.apply(operation).unwrap_or_else(|violation| panic!("seed {seed}: {violation:?}"));
    }
    core::array::from_fn(|account| lockstep.engine.maintenance(account).map_or(0, |valuation| valuation.equity))
}

const VICTIMS: usize = 2;

/// Settlements, touches and auto-deleveraging in any order: everybody ends with the same equity, but for 20 atoms and, since a touch
/// between the two events gives a fraction of a lot away, what a lot is charged at most.
#[test]
fn i07_settling_and_deleveraging_in_any_order_leaves_everybody_the_same() {
    let mut random = Generator::new(7);
    for seed in 0..40 {
        let mut order: Vec<Operation> =
            (0..VICTIMS).map(|account| Operation::AutoDeleverage { account, market: 0 }).collect();
        for account in VICTIMS..ACCOUNTS {
            let mut accounts = [false; ACCOUNTS];
            accounts[account] = true;
            order.push(Operation::Settle { accounts, market: 0 });
        }
        let first = resolved(seed, &order);
        for index in (1..order.len()).rev() {
            order.swap(index, random.below(index as u64 + 1) as usize);
        }
        let second = resolved(seed, &order);
        // A lot is charged at most what a bankrupt lot is short of: the fall by up to a quarter less the margin, 148,000 atoms.
        let atoms = 20 + 148_000;
        for account in 0..ACCOUNTS {
            let apart = first[account].abs_diff(second[account]);
            assert!(apart <= atoms, "seed {seed}: account {account} is {apart} atoms apart: {order:?}");
        }
        // Together, nothing but what the market's own position took.
        let [one, two] = [first, second].map(|equities| equities.iter().sum::<i64>());
        assert!(one.abs_diff(two) <= 6 * atoms, "seed {seed}: {one} and {two}");
    }
}
