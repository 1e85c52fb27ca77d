use super::*;
use crate::{Leg, Side, SideIndex, Stamp, plan_deleveraging, plan_touch};
use num_bigint::BigInt;
use proptest::prelude::*;

const MARK: u64 = 10_000_000;
const TERMS: FundingTerms = FundingTerms { cap_bps: 50, funding_seconds: 28_800, premium_seconds: 600 };
const BOTH: OpenInterest = OpenInterest { long: 1_000, short: 900 };
const NEW: Accrual = Accrual { long_charge: 0, short_charge: 0, index: 0 };
const ONES: (u64, u64) = (SCALE_ONE, SCALE_ONE);

#[test]
fn premiums_count_up_to_the_cap_on_both_sides() {
    let sum = |price| Premium::default().with_fill(10, (price, MARK), &TERMS, 0).sum;
    assert_eq!([10_049_999, 10_050_000, 10_050_001, 11_000_000].map(sum), [499_990, 500_000, 500_000, 500_000]);
    assert_eq!([9_950_001, 9_950_000, 9_949_999, 1].map(sum), [-499_990, -500_000, -500_000, -500_000]);
    let premium = Premium { sum: i64::MAX / 2, lots: 1, time: 0 };
    assert_eq!(premium.rate(OpenInterest::default(), MARK, &TERMS), (50_000 << 24) / 28_800, "on average, too");
    let none = Premium { sum: -i64::MAX / 2, lots: 1, time: 0 };
    assert_eq!(none.rate(OpenInterest::default(), MARK, &TERMS), -((50_000 << 24) / 28_800));
    assert_eq!(premium.rate(BOTH, MARK, &FundingTerms { cap_bps: 0, ..TERMS }), 0, "off");
    assert_eq!(Premium::default().rate(BOTH, MARK, &TERMS), 0);
}

#[test]
fn the_average_is_over_the_open_interest_at_least() {
    let of = |lots: u64| Premium { sum: 28_800_000, lots, time: 0 }.rate(BOTH, MARK, &TERMS);
    assert_eq!([1, 1_000].map(of), [1_i64 << 24; 2]);
    assert_eq!(of(2_000), (1_i64 << 24) / 2);
}

#[test]
fn sums_decay_by_a_half_in_a_time_constant_and_never_grow() {
    let premium = Premium { sum: -1_001, lots: 1_001, time: 100 };
    assert_eq!(premium.at(700, &TERMS), Premium { sum: -500, lots: 500, time: 700 });
    assert_eq!([100, 99, i64::MIN].map(|now| premium.at(now, &TERMS)), [premium; 3]);
    assert_eq!(premium.at(i64::MAX, &TERMS), Premium { sum: 0, lots: 0, time: i64::MAX });
    assert_eq!(premium.at(i64::MAX, &FundingTerms { premium_seconds: 0, ..TERMS }).lots, 0);
}

/// What a paying lot is charged, one that receives less 2^-16 and one part of 2^24.
#[test]
fn accruals_to_the_last_bit() {
    let paid = 1_000 * 60;
    let kept = paid - (paid >> 16) - 1;
    assert_eq!(accrued(1_000, 60, NEW, ONES), Accrual { long_charge: paid, short_charge: -kept, index: paid });
    assert_eq!(accrued(-1_000, 60, NEW, ONES), Accrual { long_charge: -kept, short_charge: paid, index: -paid });
    // A third: up for who pays, down for who receives.
    let third = SCALE_ONE / 3;
    let next = accrued(1_000, 60, NEW, (third, third));
    assert_eq!((next.long_charge, next.short_charge), ((paid + 2) / 3, -(kept / 3)));
    for seconds in [0, -1, 3_601, i64::MIN, i64::MAX] {
        assert_eq!(accrued(1_000, seconds, NEW, ONES), NEW);
    }
    let full = Accrual { long_charge: 1 << 61, ..NEW };
    assert_eq!(accrued(1, 1, full, ONES), full, "no room");
    assert_eq!(accrued(-1 << 20, 1, full, ONES).index, -1 << 20);
}

/// Both sides of a market, its own position, and what a bankrupt account left.
struct Book {
    sides: [Side; 2],
    positions: Vec<(Leg, Stamp)>,
    dust: Leg,
    carry: i64,
    index: i64,
    seen: i64,
}

fn at(size: i64) -> usize {
    usize::from(size < 0)
}

impl Book {
    fn of(sizes: &[i64]) -> Self {
        let side = |is_long| Side { index: SideIndex::NEW, is_long, lots: 0, owed: 0, left_behind: 0 };
        let mut book = Self {
            sides: [side(true), side(false)],
            positions: vec![],
            dust: Leg::default(),
            carry: 0,
            index: 0,
            seen: 0,
        };
        sizes.iter().for_each(|size| book.open(*size));
        book
    }

    /// Against the market's own position, whatever it costs: fractions and all.
    fn open(&mut self, size: i64) {
        self.fund_own();
        self.sides[at(size)].lots += size.unsigned_abs();
        self.positions.push((Leg { size, entry: 0 }, self.sides[at(size)].index.stamp()));
        self.dust.size -= size;
    }

    fn own(&self) -> i64 {
        (self.dust.size << 32) + self.sides[0].owed as i64 - self.sides[1].owed as i64
    }

    fn fund_own(&mut self) {
        let charge = own_funding(self.own(), self.index, self.seen).unwrap();
        (self.dust.entry, self.carry, self.seen) = (self.dust.entry + charge, self.carry - charge, self.index);
    }

    fn accrue(&mut self, rate: i64, seconds: i64) {
        let [long, short] = self.sides;
        let last = Accrual { long_charge: long.index.charge, short_charge: short.index.charge, index: self.index };
        let next = accrued(rate, seconds, last, (long.index.scale, short.index.scale));
        (self.sides[0].index.charge, self.sides[1].index.charge) = (next.long_charge, next.short_charge);
        self.index = next.index;
    }

    /// A bankrupt account, which opened against the market's own position, is closed: its lots go back where they came from.
    fn event(&mut self, is_long: bool, part: u64, charge: u64) {
        self.fund_own();
        let side = self.sides[usize::from(!is_long)];
        let lots = (side.held() >> 32) * part / 1_000;
        let Ok(plan) = plan_deleveraging(side, lots, MARK, charge) else { return };
        self.sides[usize::from(!is_long)] = plan.side;
        self.carry += plan.carry;
        self.dust.entry += plan.dust_entry;
    }

    /// Returns what the position was charged.
    fn touch(&mut self, index: usize) -> i64 {
        self.fund_own();
        let (leg, stamp) = self.positions[index];
        if leg.size == 0 {
            return 0;
        }
        let side = &mut self.sides[at(leg.size)];
        let touch = plan_touch(leg, stamp, &side.index, MARK).unwrap();
        side.lots = side.lots + touch.leg.size.unsigned_abs() - leg.size.unsigned_abs();
        side.owed = side.owed.saturating_sub(touch.owed);
        side.left_behind -= touch.left_behind;
        self.dust = Leg { size: self.dust.size + touch.dust_size, entry: self.dust.entry + touch.dust_entry };
        self.carry += touch.carry;
        self.positions[index] = (touch.leg, side.index.stamp());
        -touch.carry
    }

    fn touch_all(&mut self) {
        (0..self.positions.len()).for_each(|index| {
            self.touch(index);
        });
        self.fund_own();
    }
}

fn ceil(numerator: BigInt, bits: u32) -> BigInt {
    -((-numerator) >> bits)
}

fn sizes() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(-(1_i64 << 20)..1_i64 << 20, 1..12).prop_map(|mut sizes| {
        sizes.retain(|size| *size != 0);
        sizes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// I-01: whatever the sides, their scales, epochs and touches, in any order: no hole stays once everybody is touched.
    #[test]
    fn i01_what_is_credited_is_never_more_than_what_is_charged(
        sizes in sizes(),
        steps in prop::collection::vec((0..4_u8, -(1_i64 << 40)..1_i64 << 40, 1..3_601_i64, 0..1_000_u64, any::<usize>()), 1..24),
    ) {
        let mut book = Book::of(&sizes);
        for (kind, rate, seconds, part, which) in steps {
            match kind {
                0 | 1 => book.accrue(rate, seconds),
                2 => book.event(rate > 0, part, seconds as u64 * 1_000),
                _ if !book.positions.is_empty() => { book.touch(which % book.positions.len()); }
                _ => book.open(rate % (1 << 20) + 1),
            }
        }
        book.touch_all();
        prop_assert!(book.carry <= 0, "a hole of {}", book.carry);
    }

    /// I-06: touched in between or not, a position pays the same to two atoms, and never less for having been touched.
    #[test]
    fn i06_two_accruals_touched_once_or_twice(size in 1..1_i64 << 28, is_long: bool, rates in (-(1_i64 << 40)..1_i64 << 40, -(1_i64 << 40)..1_i64 << 40), seconds in (1..3_601_i64, 1..3_601_i64)) {
        let size = if is_long { size } else { -size };
        let (mut once, mut twice) = (Book::of(&[size, -size]), Book::of(&[size, -size]));
        for book in [&mut once, &mut twice] { book.accrue(rates.0, seconds.0); }
        let first = twice.touch(0);
        for book in [&mut once, &mut twice] { book.accrue(rates.1, seconds.1); }
        let (whole, parts) = (once.touch(0), first + twice.touch(0));
        prop_assert!(parts >= whole && parts <= whole + 1, "{parts} in parts, {whole} at once");
    }

    /// What a position pays, by integers of any size: never less than exact, and no more than the bounds that are stated.
    #[test]
    fn charges_agree_with_arithmetic_of_any_width(size in 1..1_i64 << 28, step: i64, narrow in 0..63_u32, cut in 0..1_u64 << 62, low in 0..20_u32) {
        let (step, scale) = (step >> narrow, (SCALE_ONE - (cut >> low)).max(1 << 42));
        let numerator: BigInt = (BigInt::from(size) * step) << 38_u32;
        let least = -((-&numerator).div_floor(scale));
        if let Some(charge) = crate::charge_since(size as u32, step, scale) {
            let charge = BigInt::from(charge);
            let slack = if scale == SCALE_ONE { BigInt::from(0) } else {
                (BigInt::from(size) >> 24_u32) + BigInt::from(least.magnitude() >> 27_u32) + 2
            };
            prop_assert!(charge >= least && charge <= &least + slack, "{charge} for {least}");
        } else {
            let is_wide = scale < 1 << 58 || step.unsigned_abs() >> 50 != 0;
            prop_assert!(is_wide, "refuses a usual step");
        }
        let stamp = Stamp { scale, charge: 0, epoch: 0 };
        let index = SideIndex { scale, charge: step, ..SideIndex::NEW };
        if let Ok(touch) = plan_touch(Leg { size, entry: 0 }, stamp, &index, MARK) {
            prop_assert!(BigInt::from(touch.leg.entry) >= least);
            prop_assert_eq!((touch.leg.size, touch.dust_size, touch.owed, touch.dust_entry), (size, 0, 0, 0));
        }
    }

    #[test]
    fn the_market_s_own_part_agrees_with_arithmetic_of_any_width(own: i64, index in -(1_i64 << 61)..=1_i64 << 61, seen in -(1_i64 << 61)..=1_i64 << 61) {
        let exact = ceil(BigInt::from(own) * (BigInt::from(index) - seen), 56);
        prop_assert_eq!(own_funding(own, index, seen).ok(), i64::try_from(exact).ok());
    }

    #[test]
    fn decay_agrees_with_arithmetic_of_any_width(sum in -i64::MAX..i64::MAX, lots: u64, tau in 1..1_u32 << 20, elapsed in 1..1_i64 << 32) {
        let terms = FundingTerms { premium_seconds: tau, ..TERMS };
        let next = Premium { sum, lots, time: 0 }.at(elapsed, &terms);
        let total = i128::from(tau) + i128::from(elapsed);
        prop_assert_eq!(i128::from(next.sum), i128::from(sum) * i128::from(tau) / total);
        prop_assert_eq!(u128::from(next.lots), u128::from(lots) * u128::from(tau) / total as u128);
    }

    /// However irregular the times: never above one step of the whole, never below the exponential.
    #[test]
    fn decay_in_parts_stays_between_one_step_and_the_exponential(parts in prop::collection::vec(1..600_i64, 1..30)) {
        let first = Premium { sum: 1 << 60, lots: 1 << 60, time: 0 };
        let (mut aged, mut now) = (first, 0);
        for part in parts {
            now += part;
            aged = aged.at(now, &TERMS);
        }
        prop_assert!(aged.sum <= first.at(now, &TERMS).sum);
        prop_assert!(aged.sum as f64 >= (1_u64 << 60) as f64 * (-(now as f64) / 600.0).exp() - 1_000.0);
    }

    #[test]
    fn nothing_panics(sum: i64, lots: u64, time: i64, now: i64, prices: (u64, u64), cap_bps: u64, seconds: (u32, u32), scales: (u64, u64)) {
        let terms = FundingTerms { cap_bps, funding_seconds: seconds.0, premium_seconds: seconds.1 };
        let premium = Premium { sum, lots, time };
        let _ = premium.with_fill(lots, prices, &terms, now).rate(OpenInterest { long: lots, short: prices.0 }, prices.1, &terms);
        let _ = premium.with_fill(lots % (1 << 28), (prices.0 % (1 << 30), prices.1 % (1 << 30)), &terms, now);
        let last = Accrual { long_charge: sum, short_charge: time, index: now };
        let _ = (accrued(sum, time, last, scales), accrued(sum >> 16, time & 0xfff, last, scales));
        let _ = (own_funding(sum, time, now), crate::charge_since(lots as u32, time, scales.0));
    }
}

/// Floor division that BigInt only has as a trait of another crate.
trait DivFloor {
    fn div_floor(self, divisor: u64) -> BigInt;
}

impl DivFloor for BigInt {
    fn div_floor(self, divisor: u64) -> BigInt {
        let divisor = BigInt::from(divisor);
        let (whole, rest) = (&self / &divisor, &self % &divisor);
        if rest < BigInt::from(0) { whole - 1 } else { whole }
    }
}
