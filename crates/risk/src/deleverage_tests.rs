use super::*;
use proptest::prelude::*;

const MARK: u64 = 1_300_000;

fn side(is_long: bool, lots: u64) -> Side {
    Side { index: SideIndex::NEW, is_long, lots, owed: 0, left_behind: 0 }
}

/// A market of one side's positions, its own position, and what a bankrupt account left.
struct Book {
    side: Side,
    positions: Vec<(Leg, Stamp)>,
    dust: Leg,
    carry: i64,
}

impl Book {
    fn of(is_long: bool, lots: &[u64], price: u64) -> Self {
        let leg = |lots: &u64| {
            let size = if is_long { *lots as i64 } else { -(*lots as i64) };
            (Leg { size, entry: size * price as i64 }, SideIndex::NEW.stamp())
        };
        let positions = lots.iter().map(leg).collect();
        Self { side: side(is_long, lots.iter().sum()), positions, dust: Leg::default(), carry: 0 }
    }

    fn event(&mut self, lots: u64, mark: u64, charge: u64) -> Result<DeleveragePlan> {
        let plan = plan_deleveraging(self.side, lots, mark, charge)?;
        let sign = if self.side.is_long { -1 } else { 1 };
        // The law: what the bankrupt leg gives away stands in carry and dust.
        assert_eq!(plan.carry + plan.dust_entry, sign * (lots * mark) as i64 + charge as i64);
        self.side = plan.side;
        self.carry += plan.carry;
        self.dust.size += sign * lots as i64;
        self.dust.entry += plan.dust_entry;
        Ok(plan)
    }

    fn touch(&mut self, index: usize, mark: u64) -> Touch {
        let (leg, stamp) = self.positions[index];
        let touch = plan_touch(leg, stamp, &self.side.index, mark).unwrap();
        assert_eq!(touch.leg.entry - leg.entry + touch.carry + touch.dust_entry, 0);
        assert_eq!(touch.leg.size - leg.size + touch.dust_size, 0);
        self.side.lots = self.side.lots + touch.leg.size.unsigned_abs() - leg.size.unsigned_abs();
        self.side.owed = self.side.owed.saturating_sub(touch.owed);
        self.side.left_behind -= touch.left_behind;
        self.dust.size += touch.dust_size;
        self.dust.entry += touch.dust_entry;
        self.carry += touch.carry;
        self.positions[index] = (touch.leg, self.side.index.stamp());
        touch
    }

    fn touch_all(&mut self, mark: u64) {
        for index in 0..self.positions.len() {
            let _ = self.touch(index, mark);
        }
    }

    fn pnl(&self, index: usize, mark: u64) -> i64 {
        self.positions[index].0.pnl(mark).unwrap()
    }

    /// The market's own lots, with 32 fraction bits: its size less what it owes the side.
    fn own(&self) -> i64 {
        let owed = self.side.owed as i64;
        (self.dust.size << 32) + if self.side.is_long { owed } else { -owed }
    }
}

#[test]
fn the_worked_example_of_the_documentation_to_the_atom() {
    let mut book = Book::of(false, &[600, 300, 100], 1_500_000);
    let plan = book.event(250, MARK, 6_000_000).unwrap();
    assert_eq!((plan.borne, plan.carry, plan.dust_entry), (6_000_000, 331_000_000, 0));
    assert_eq!(book.side.index.scale, SCALE_ONE / 4 * 3);
    assert_eq!(book.side.index.charge, 331_000 << 24);
    book.touch_all(MARK);
    let legs: Vec<Leg> = book.positions.iter().map(|(leg, _)| *leg).collect();
    assert_eq!(legs[0], Leg { size: -450, entry: -701_400_000 });
    assert_eq!(legs[1], Leg { size: -225, entry: -350_700_000 });
    assert_eq!(legs[2], Leg { size: -75, entry: -116_900_000 });
    assert_eq!((book.dust, book.carry, book.side.owed, book.side.lots), (Leg::default(), 0, 0, 750));
}

#[test]
fn a_side_of_longs_sells_at_the_bankruptcy_price() {
    let mut book = Book::of(true, &[600, 400], 1_000_000);
    // A bankrupt short of 250 lots: the longs get 250 marks less the deficit.
    let plan = book.event(250, MARK, 6_000_000).unwrap();
    assert_eq!((plan.carry, plan.dust_entry), (-319_000_000, 0));
    book.touch_all(MARK);
    assert_eq!(book.positions[0].0, Leg { size: 450, entry: 600_000_000 - 191_400_000 });
    assert_eq!((book.pnl(0, MARK), book.pnl(1, MARK)), (180_000_000 - 3_600_000, 120_000_000 - 2_400_000));
    assert_eq!((book.dust, book.carry), (Leg::default(), 0));
}

#[test]
fn a_charge_without_lots_closes_nothing() {
    let mut book = Book::of(false, &[3, 7], 1_500_000);
    let _ = book.event(0, MARK, 1_001).unwrap();
    book.touch_all(MARK);
    assert_eq!(book.positions.iter().map(|(leg, _)| leg.size).collect::<Vec<_>>(), [-3, -7]);
    let paid: i64 = book.positions.iter().map(|(leg, _)| leg.entry + -leg.size * 1_500_000).sum();
    assert!((1_001..=1_003).contains(&paid), "{paid}");
    assert_eq!(book.dust, Leg::default());
}

#[test]
fn a_wholly_closed_side_begins_an_epoch_and_remembers_one() {
    let mut book = Book::of(false, &[600, 400], 1_500_000);
    let _ = book.event(1_000, MARK, 5_000).unwrap();
    assert_eq!((book.side.index.epoch, book.side.index.scale, book.side.left_behind), (1, SCALE_ONE, 1_000));
    assert_eq!(book.side.held(), 0);
    // New positions of the new epoch are not the old ones' business.
    book.side.lots += 10;
    book.positions.push((Leg { size: -10, entry: -13_000_000 }, book.side.index.stamp()));
    assert_eq!(book.event(10, MARK, 0), Err(RiskError::PositionsLeftBehind));
    let _ = book.event(4, MARK, 0).unwrap();
    let _ = (book.touch(0, MARK), book.touch(1, MARK));
    assert_eq!((book.positions[0].0.size, book.pnl(0, MARK)), (0, 120_000_000 - 3_000));
    let _ = book.event(6, MARK, 0).unwrap();
    assert_eq!(book.side.index.epoch, 2);
    book.touch_all(MARK);
    assert_eq!((book.dust.size, book.side.lots, book.side.owed, book.side.left_behind), (0, 0, 0, 0));
    assert!(book.dust.entry + book.carry <= 0 && book.carry > -4, "{}", book.carry);
    let old = Stamp { epoch: 0, ..SideIndex::NEW.stamp() };
    let leg = Leg { size: -1, entry: 0 };
    assert_eq!(plan_touch(leg, old, &book.side.index, MARK), Err(RiskError::PositionsLeftBehind));
}

#[test]
fn a_lot_is_charged_at_most_its_mark_and_the_market_owes_the_rest() {
    for is_long in [false, true] {
        let mut book = Book::of(is_long, &[10], MARK);
        let plan = book.event(0, MARK, 10 * MARK + 7).unwrap();
        assert_eq!((plan.borne, plan.carry, plan.dust_entry), (10 * MARK, 10 * MARK as i64, 7));
        let empty = plan_deleveraging(side(is_long, 0), 0, MARK, 99).unwrap();
        assert_eq!((empty.borne, empty.carry, empty.dust_entry), (0, 0, 99));
    }
}

#[test]
fn what_the_side_cannot_close_trades_with_the_market_s_own_position() {
    let mut book = Book::of(false, &[100], 1_500_000);
    book.dust.size = -20; // the market's own lots stand on the same side
    // A sixth of the lots stands against the market's own, and a sixth of the charge.
    let plan = book.event(120, MARK, 1_200).unwrap();
    assert_eq!((plan.borne, plan.carry, plan.dust_entry), (1_000, 100 * MARK as i64 + 1_000, 20 * MARK as i64 + 200));
    book.touch_all(MARK);
    assert_eq!((book.dust.size, book.own(), book.carry), (0, 0, 0));
}

/// A side that shrinks again and again keeps its precision: the scale begins again before it is used up, and nobody is closed for it.
#[test]
fn a_side_that_shrinks_for_ever_keeps_its_precision() {
    for is_long in [false, true] {
        let mut book = Book::of(is_long, &[1 << 27, 3], MARK);
        for round in 0..200 {
            let held = book.side.held() >> 32;
            let _ = book.event(held / 2, MARK, 1_000).unwrap();
            assert!(book.side.index.scale >= SCALE_FLOOR);
            assert!((book.side.held() >> 32).abs_diff(held - held / 2) <= 1, "{round}");
            if round % 10 == 9 {
                book.touch_all(MARK);
                // Somebody new, as large as the market was.
                let leg = Leg { size: if is_long { 1 << 27 } else { -(1 << 27) }, entry: 0 };
                book.side.lots += 1 << 27;
                book.positions.push((leg, book.side.index.stamp()));
            }
        }
        assert!(book.side.index.epoch > 5, "{}", book.side.index.epoch);
        book.touch_all(MARK);
        // Who opens at a scale of 2^-10 pays up to 2^-13 atoms per lot and event too much: 2^14 for 2^27 lots.
        assert!(book.carry <= 0 && book.carry > -(1 << 16), "{}", book.carry);
        assert!(book.own().unsigned_abs() >> 32 <= 60, "{}", book.own());
    }
}

#[test]
fn a_side_whose_scale_is_used_up_waits_for_those_left_behind() {
    let mut book = Book::of(false, &[1 << 27, 1 << 26], MARK);
    let shrink = |book: &mut Book| {
        let held = book.side.held() >> 32;
        book.event(held - held / 512, MARK, 0).map(|_| ())
    };
    assert_eq!(shrink(&mut book), Ok(()));
    assert_eq!(book.side.index.epoch, 1);
    assert_eq!(book.side.left_behind, (1 << 27) + (1 << 26));
    // Newcomers keep the side large; twice more the scale is low, and may not begin again.
    let grow = |book: &mut Book| {
        book.side.lots += 1 << 27;
        book.positions.push((Leg { size: -(1 << 27), entry: 0 }, book.side.index.stamp()));
    };
    for _ in 0..2 {
        grow(&mut book);
        assert_eq!(shrink(&mut book), Ok(()));
        assert_eq!((book.side.index.epoch, book.side.index.scale < SCALE_LOW), (1, true));
    }
    grow(&mut book);
    assert_eq!(shrink(&mut book), Err(RiskError::PositionsLeftBehind));
    let _ = (book.touch(0, MARK), book.touch(1, MARK));
    assert_eq!(shrink(&mut book), Ok(()));
    assert_eq!(book.side.index.epoch, 2);
    book.touch_all(MARK);
    assert!(book.carry <= 0, "{}", book.carry);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// I-07: together the side loses the charge, to the atoms that rounding may add, and never less; each its share.
    #[test]
    fn i07_a_side_bears_the_charge_in_proportion_and_no_hole_is_left(
        is_long: bool, lots in prop::collection::vec(1..1_u64 << 20, 1..12),
        events in prop::collection::vec((0..1_000_u64, 0..1_u64 << 40, 1..1_u64 << 28), 1..6), turn in 0..12_usize,
    ) {
        let mut book = Book::of(is_long, &lots, MARK);
        let mut mark = MARK;
        for (index, (part, charge, next)) in events.iter().enumerate() {
            mark = *next;
            let closing = (book.side.held() >> 32) * part / 1_000;
            let _ = book.event(closing, mark, *charge).unwrap();
            if index % 2 == 0 { let _ = book.touch((turn + index) % lots.len(), mark); }
            prop_assert!(book.own().unsigned_abs() >> 32 <= 2 * lots.len() as u64 + 1);
        }
        book.touch_all(mark);
        prop_assert!(book.carry <= 0, "a hole of {}", book.carry);
        // Left over, in whole lots, is what no position shows.
        let sizes: i64 = book.positions.iter().map(|(leg, _)| leg.size).sum();
        let held = if is_long { sizes } else { -sizes };
        prop_assert_eq!(held as u64, book.side.lots);
        prop_assert!(book.side.owed >> 32 == 0, "{}", book.side.owed);
    }

    /// I-06: two halves of a position end where the whole does, or worse.
    #[test]
    fn i06_splitting_a_position_gains_nothing(is_long: bool, lots in 2..1_u64 << 24, cut in 1..1_u64 << 24, others in 1..1_u64 << 24,
        part in 0..1_000_u64, charge in 0..1_u64 << 44, mark in 1..1_u64 << 29) {
        let cut = cut % (lots - 1) + 1;
        let mut whole = Book::of(is_long, &[lots, others], MARK);
        let mut split = Book::of(is_long, &[cut, lots - cut, others], MARK);
        let closing = (lots + others) * part / 1_000;
        let _ = (whole.event(closing, mark, charge).unwrap(), split.event(closing, mark, charge).unwrap());
        whole.touch_all(mark);
        split.touch_all(mark);
        prop_assert!(split.pnl(0, mark) + split.pnl(1, mark) <= whole.pnl(0, mark));
        prop_assert!(split.pnl(0, mark) + split.pnl(1, mark) + 4 >= whole.pnl(0, mark));
    }

    /// T90: the share of each in atoms, one event: exact, and at most three atoms more.
    #[test]
    fn t90_each_share_is_exact_to_the_atoms_that_are_stated(is_long: bool, lots in prop::collection::vec(1..1_u64 << 20, 1..12),
        part in 0..1_000_u64, charge in 0..1_u64 << 44, mark in 1..1_u64 << 28) {
        let mut book = Book::of(is_long, &lots, MARK);
        let total: u64 = lots.iter().sum();
        let plan = book.event(total * part / 1_000, mark, charge).unwrap();
        for (index, own) in lots.iter().enumerate() {
            let before = book.pnl(index, mark);
            let _ = book.touch(index, mark);
            let lost = (before - book.pnl(index, mark)) as u128;
            let exact = u128::from(plan.borne) * u128::from(*own) / u128::from(total);
            prop_assert!(lost >= exact && lost <= exact + 3, "lost {lost} of {exact}");
        }
    }

    #[test]
    fn nothing_panics(scale: u64, charge: i64, last_charge: i64, epoch in 0..3_u16, lots: u64, owed: u64, size: i64, entry: i64, mark: u64, money: u64) {
        let index = SideIndex { scale, charge, last_scale: scale / 2, last_charge, epoch };
        let _ = plan_deleveraging(Side { index, is_long: owed.is_multiple_of(2), lots, owed, left_behind: lots }, size as u64, mark, money);
        let _ = plan_touch(Leg { size, entry }, Stamp { scale: money, charge: entry, epoch: 1 }, &index, mark);
    }
}
