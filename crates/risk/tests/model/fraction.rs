//! Exact fractions. What auto-deleveraging does to a position is a product of ratios: any rounding in the model would be
//! one more thing to argue about, so it has none.

use core::cmp::Ordering;
use core::ops::{Add, Mul, Neg, Sub};

use num_bigint::BigInt;

/// The denominator is positive. In lowest terms where both fit machine words.
#[derive(Clone, Debug)]
pub struct Fraction {
    numerator: BigInt,
    denominator: BigInt,
}

pub fn floor(numerator: BigInt, denominator: impl Into<BigInt>) -> BigInt {
    let denominator = denominator.into();
    let quotient = &numerator / &denominator;
    if numerator < BigInt::ZERO && &quotient * &denominator != numerator { quotient - 1 } else { quotient }
}

pub fn ceiling(numerator: BigInt, denominator: impl Into<BigInt>) -> BigInt {
    -floor(-numerator, denominator)
}

pub fn magnitude(value: &BigInt) -> BigInt {
    if *value < BigInt::ZERO { -value } else { value.clone() }
}

fn common_divisor_of_words(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Euclid, in machine words as soon as both fit: big remainders are slow.
fn common_divisor(mut a: BigInt, mut b: BigInt) -> BigInt {
    loop {
        if let (Ok(a), Ok(b)) = (u128::try_from(&a), u128::try_from(&b)) {
            return BigInt::from(common_divisor_of_words(a, b));
        }
        if b == BigInt::ZERO {
            return a;
        }
        (a, b) = (b.clone(), a % b);
    }
}

impl Fraction {
    pub fn new(numerator: impl Into<BigInt>, denominator: impl Into<BigInt>) -> Self {
        let (numerator, denominator) = (numerator.into(), denominator.into());
        assert!(denominator > BigInt::ZERO, "a fraction of nothing");
        let (Ok(a), Ok(b)) = (u128::try_from(&magnitude(&numerator)), u128::try_from(&denominator)) else {
            return Self { numerator, denominator };
        };
        match common_divisor_of_words(a, b) {
            1 => Self { numerator, denominator },
            divisor => Self { numerator: numerator / divisor, denominator: denominator / divisor },
        }
    }

    /// In lowest terms. What is kept is reduced; what is only compared need not be.
    pub fn reduced(self) -> Self {
        let divisor = common_divisor(magnitude(&self.numerator), self.denominator.clone());
        Self { numerator: self.numerator / &divisor, denominator: self.denominator / divisor }
    }

    /// A bound that need not be exact, rounded up to 2^-96.
    pub fn coarse_up(&self) -> Self {
        Self::binary(ceiling(self.numerator.clone() << 96, self.denominator.clone()), 96)
    }

    pub fn whole(value: impl Into<BigInt>) -> Self {
        Self { numerator: value.into(), denominator: BigInt::from(1) }
    }

    pub fn zero() -> Self {
        Self::whole(0)
    }

    /// `value * 2^-bits`.
    pub fn binary(value: impl Into<BigInt>, bits: u32) -> Self {
        Self::new(value, BigInt::from(1) << bits)
    }

    pub fn over(&self, other: &Self) -> Self {
        assert!(other.numerator > BigInt::ZERO, "a division by nothing");
        Self::new(&self.numerator * &other.denominator, &self.denominator * &other.numerator)
    }

    pub fn floor(&self) -> BigInt {
        floor(self.numerator.clone(), self.denominator.clone())
    }

    pub fn ceiling(&self) -> BigInt {
        ceiling(self.numerator.clone(), self.denominator.clone())
    }

    pub fn magnitude(&self) -> Self {
        Self { numerator: magnitude(&self.numerator), denominator: self.denominator.clone() }
    }

    pub fn is_zero(&self) -> bool {
        self.numerator == BigInt::ZERO
    }

    pub fn at_most(self, other: Self) -> Self {
        if self <= other { self } else { other }
    }

    pub fn at_least(self, other: Self) -> Self {
        if self >= other { self } else { other }
    }
}

impl PartialEq for Fraction {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Fraction {}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> Ordering {
        (&self.numerator * &other.denominator).cmp(&(&other.numerator * &self.denominator))
    }
}

impl Add<&Fraction> for &Fraction {
    type Output = Fraction;

    fn add(self, other: &Fraction) -> Fraction {
        if self.denominator == other.denominator {
            return Fraction::new(&self.numerator + &other.numerator, self.denominator.clone());
        }
        let numerator = &self.numerator * &other.denominator + &other.numerator * &self.denominator;
        Fraction::new(numerator, &self.denominator * &other.denominator)
    }
}

impl Sub<&Fraction> for &Fraction {
    type Output = Fraction;

    fn sub(self, other: &Fraction) -> Fraction {
        self + &(-other)
    }
}

impl Mul<&Fraction> for &Fraction {
    type Output = Fraction;

    fn mul(self, other: &Fraction) -> Fraction {
        Fraction::new(&self.numerator * &other.numerator, &self.denominator * &other.denominator)
    }
}

impl Neg for &Fraction {
    type Output = Fraction;

    fn neg(self) -> Fraction {
        Fraction { numerator: -&self.numerator, denominator: self.denominator.clone() }
    }
}
