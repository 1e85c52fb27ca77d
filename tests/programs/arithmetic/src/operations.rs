//! Operations that the compiler turns into calls of `sbpf-builtins`, written with ordinary operators.
//!
//! This file is compiled twice: into the program, and into the test that runs it. The two must agree.

/// A slot of account data: two operands, then the two halves of the outcome. 16 bytes each, little-endian.
pub const SLOT: usize = 64;

/// The names of the arithmetic operations; the position is the selector.
pub const ARITHMETIC: [&str; 25] = [
    "u128 *",
    "u128 /",
    "u128 %",
    "u128 / and %",
    "i128 /",
    "i128 %",
    "i128 / and %",
    "u128 checked *",
    "i128 checked *",
    "u128 checked +, -",
    "i128 checked +, -",
    "i128 checked /, %",
    "u128 <<, >>",
    "i128 <<, >>",
    "u128 rotate",
    "u128 bit counts",
    "comparisons",
    "u64 * u64, high and low",
    "u64 /, %",
    "i64 /, %",
    "i32 /, %, u32 /, %",
    "u128 / constants",
    "i128 / constants",
    "u128 isqrt, abs_diff",
    "i128 saturating *, +",
];

/// Whether an operation has an outcome: those that divide have none for zero, and panic like any other Rust.
pub fn is_defined(selector: u8, b: u128) -> bool {
    match selector {
        1..=6 => b != 0,
        18 | 19 => b as u64 != 0,
        20 => b as u32 != 0,
        _ => true,
    }
}

/// The selector of a list of memory operations.
pub const MEMORY: u8 = 255;

/// Applies one operation to every slot.
pub fn run_on_slots(selector: u8, data: &mut [u8]) {
    for slot in data.chunks_exact_mut(SLOT) {
        let outcome = evaluate(selector, read(slot, 0), read(slot, 16));
        slot[32..48].copy_from_slice(&outcome.0.to_le_bytes());
        slot[48..64].copy_from_slice(&outcome.1.to_le_bytes());
    }
}

fn read(slot: &[u8], at: usize) -> u128 {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&slot[at..at + 16]);
    u128::from_le_bytes(bytes)
}

/// The outcome of one operation, in two parts where it has two. Each operation is a function of its own, so that the
/// compiler cannot share work between them.
pub fn evaluate(selector: u8, a: u128, b: u128) -> (u128, u128) {
    let (signed_a, signed_b) = (a as i128, b as i128);
    match selector {
        0 => multiply(a, b),
        1 => divide(a, b),
        2 => remainder(a, b),
        3 => divide_with_remainder(a, b),
        4..=6 => divide_signed(selector, signed_a, signed_b),
        7..=11 => checked(selector, a, b),
        12..=15 => bits(selector, a, b),
        16 => comparisons(a, b),
        17..=19 => words(selector, a as u64, b as u64),
        20 => half_words(a as u32, b as u32),
        21 => by_constants(a, b),
        22 => by_constants_signed(signed_a, signed_b),
        23 => (a.isqrt(), a.abs_diff(b)),
        _ => (signed_a.saturating_mul(signed_b) as u128, signed_a.saturating_add(signed_b) as u128),
    }
}

#[inline(never)]
fn multiply(a: u128, b: u128) -> (u128, u128) {
    (a.wrapping_mul(b), 0)
}

#[inline(never)]
fn divide(a: u128, b: u128) -> (u128, u128) {
    (a / b, 0)
}

#[inline(never)]
fn remainder(a: u128, b: u128) -> (u128, u128) {
    (0, a % b)
}

#[inline(never)]
fn divide_with_remainder(a: u128, b: u128) -> (u128, u128) {
    (a / b, a % b)
}

#[inline(never)]
fn divide_signed(selector: u8, a: i128, b: i128) -> (u128, u128) {
    match selector {
        4 => (a.wrapping_div(b) as u128, 0),
        5 => (0, a.wrapping_rem(b) as u128),
        _ => (a.wrapping_div(b) as u128, a.wrapping_rem(b) as u128),
    }
}

#[inline(never)]
fn checked(selector: u8, a: u128, b: u128) -> (u128, u128) {
    let (signed_a, signed_b) = (a as i128, b as i128);
    let flagged = |outcome: Option<u128>| outcome.map_or((0, 1), |value| (value, 0));
    let either = |one: Option<u128>, other: Option<u128>| (one.unwrap_or(u128::MAX), other.unwrap_or(u128::MAX));
    let unsigned = |outcome: Option<i128>| outcome.map(|value| value as u128);
    match selector {
        7 => flagged(a.checked_mul(b)),
        8 => flagged(unsigned(signed_a.checked_mul(signed_b))),
        9 => either(a.checked_add(b), a.checked_sub(b)),
        10 => either(unsigned(signed_a.checked_add(signed_b)), unsigned(signed_a.checked_sub(signed_b))),
        _ => either(unsigned(signed_a.checked_div(signed_b)), unsigned(signed_a.checked_rem(signed_b))),
    }
}

#[inline(never)]
fn bits(selector: u8, a: u128, b: u128) -> (u128, u128) {
    let distance = b as u32 % 128;
    match selector {
        12 => (a << distance, a >> distance),
        13 => (((a as i128) << distance) as u128, (a as i128 >> distance) as u128),
        14 => (a.rotate_left(distance), a.swap_bytes().rotate_right(distance)),
        _ => (((a.leading_zeros() as u128) << 64) | a.trailing_zeros() as u128, a.count_ones() as u128),
    }
}

#[inline(never)]
fn comparisons(a: u128, b: u128) -> (u128, u128) {
    let (signed_a, signed_b) = (a as i128, b as i128);
    let unsigned = [a < b, a <= b, a == b];
    let signed = [signed_a < signed_b, signed_a <= signed_b, signed_a.is_negative()];
    let number = |facts: [bool; 3]| facts.into_iter().fold(0, |number, fact| (number << 1) | fact as u128);
    (number(unsigned), number(signed))
}

#[inline(never)]
fn words(selector: u8, a: u64, b: u64) -> (u128, u128) {
    let (signed_a, signed_b) = (a as i64, b as i64);
    match selector {
        17 => (a as u128 * b as u128, (signed_a as i128 * signed_b as i128) as u128),
        18 => ((a / b) as u128, (a % b) as u128),
        _ => (signed_a.wrapping_div(signed_b) as u128, signed_a.wrapping_rem(signed_b) as u128),
    }
}

#[inline(never)]
fn half_words(a: u32, b: u32) -> (u128, u128) {
    let (signed_a, signed_b) = (a as i32, b as i32);
    let pair = |high: u32, low: u32| ((high as u128) << 64) | low as u128;
    (pair(signed_a.wrapping_div(signed_b) as u32, signed_a.wrapping_rem(signed_b) as u32), pair(a / b, a % b))
}

#[inline(never)]
fn by_constants(a: u128, b: u128) -> (u128, u128) {
    let mixed = (a / 10_000) ^ (a % 1_000_000_007) ^ (a / ((1 << 64) + 3));
    (mixed, (b / 1_000_000) ^ (b % u64::MAX as u128))
}

#[inline(never)]
fn by_constants_signed(a: i128, b: i128) -> (u128, u128) {
    let mixed = (a / 10_000) ^ (a % 1_000_000_007);
    (mixed as u128, ((b / -1_000_000) ^ b.rem_euclid(3_600)) as u128)
}

/// One memory operation: which, two offsets, a length, a byte. The bytes of the instruction say so in this order.
#[derive(Clone, Copy, Debug)]
pub struct MemoryOperation {
    pub kind: u8,
    pub to: u16,
    pub from: u16,
    pub len: u16,
    pub byte: u8,
}

impl MemoryOperation {
    pub const ENCODED: usize = 8;
    /// Copies between ranges that do not overlap, `to` after `from`.
    pub const COPY: u8 = 0;
    pub const MOVE: u8 = 1;
    pub const FILL: u8 = 2;
    /// Writes how two ranges compare, and whether they are equal, to the first two bytes of the memory.
    pub const COMPARE: u8 = 3;

    pub fn encode(&self) -> [u8; Self::ENCODED] {
        let ([t0, t1], [f0, f1], [l0, l1]) = (self.to.to_le_bytes(), self.from.to_le_bytes(), self.len.to_le_bytes());
        [self.kind, t0, t1, f0, f1, l0, l1, self.byte]
    }

    fn decode(bytes: [u8; Self::ENCODED]) -> Self {
        let [kind, t0, t1, f0, f1, l0, l1, byte] = bytes;
        let word = |low, high| u16::from_le_bytes([low, high]);
        Self { kind, to: word(t0, t1), from: word(f0, f1), len: word(l0, l1), byte }
    }

    #[inline(never)]
    pub fn perform(&self, memory: &mut [u8]) {
        let (to, from, len) = (self.to as usize, self.from as usize, self.len as usize);
        match self.kind {
            Self::COPY => {
                let (before, after) = memory.split_at_mut(to);
                after[..len].copy_from_slice(&before[from..from + len]);
            }
            Self::MOVE => memory.copy_within(from..from + len, to),
            Self::FILL => memory[to..to + len].fill(self.byte),
            Self::COMPARE => {
                let (left, right) = (&memory[to..to + len], &memory[from..from + len]);
                let (order, equal) = (left.cmp(right) as i8 as u8, (left == right) as u8);
                (memory[0], memory[1]) = (order, equal);
            }
            _ => unreachable!("no such memory operation"),
        }
    }
}

/// Performs encoded operations one after the other.
pub fn run_memory_list(memory: &mut [u8], list: &[u8]) {
    for bytes in list.chunks_exact(MemoryOperation::ENCODED) {
        let mut encoded = [0; MemoryOperation::ENCODED];
        encoded.copy_from_slice(bytes);
        MemoryOperation::decode(encoded).perform(memory);
    }
}
