//! 128-bit multiply, divide and remainder, and the memory functions, for sBPF programs built with upstream rustc.
//!
//! LLVM calls these by name wherever an operator or a copy is too large for an instruction, and the linker insists that
//! each is defined. A program links them by `use sbpf_builtins as _;` under `cfg(target_os = "solana")`. Solana's own
//! platform-tools bring their own (their architecture is not called `bpf`), and then this crate is empty.
//!
//! The arithmetic is here, where the host can test it; `tests/tests/builtins.rs` tests the symbols in the VM.
#![no_std]
#![cfg_attr(target_arch = "bpf", feature(abi_unadjusted), allow(internal_features))]

#[cfg(target_arch = "bpf")]
mod memory;
#[cfg(target_arch = "bpf")]
mod symbols;

const LOW_HALF: u64 = 0xffff_ffff;

/// 64 x 64 -> 128 bits, as (low, high). In 32-bit halves: a wider multiplication would call the symbol being defined.
#[inline(always)]
const fn widening_mul(a: u64, b: u64) -> (u64, u64) {
    let (a_low, a_high, b_low, b_high) = (a & LOW_HALF, a >> 32, b & LOW_HALF, b >> 32);
    let low = a_low * b_low;
    let middle = a_high * b_low + (low >> 32);
    let carried = a_low * b_high + (middle & LOW_HALF);
    ((carried << 32) | (low & LOW_HALF), a_high * b_high + (middle >> 32) + (carried >> 32))
}

/// 128 x 128 -> 128 bits, wrapping.
#[inline(always)]
pub const fn mul(a: u128, b: u128) -> u128 {
    let (low, high) = widening_mul(a as u64, b as u64);
    let high = high
        .wrapping_add(((a >> 64) as u64).wrapping_mul(b as u64))
        .wrapping_add((a as u64).wrapping_mul((b >> 64) as u64));
    low as u128 | ((high as u128) << 64)
}

/// (high:low) / divisor, as (quotient, remainder), for high < divisor: Knuth's algorithm D on 32-bit digits.
#[inline(always)]
const fn div_128_by_64(high: u64, low: u64, divisor: u64) -> (u64, u64) {
    let shift = divisor.leading_zeros();
    let divisor = divisor << shift;
    let high = if shift == 0 { high } else { (high << shift) | (low >> (64 - shift)) };
    let low = low << shift;

    let (first, rest) = quotient_digit(high, low >> 32, divisor);
    let (second, rest) = quotient_digit(rest, low & LOW_HALF, divisor);
    ((first << 32).wrapping_add(second), rest >> shift)
}

/// One 32-bit digit of (high:next) / divisor, whose top bit is set, and what remains.
#[inline(always)]
const fn quotient_digit(high: u64, next: u64, divisor: u64) -> (u64, u64) {
    const BASE: u64 = 1 << 32;
    let (divisor_high, divisor_low) = (divisor >> 32, divisor & LOW_HALF);
    let mut digit = high / divisor_high;
    let mut rest = high - digit * divisor_high;
    // The estimate is never too small, and too large by at most two.
    while digit >= BASE || digit * divisor_low > ((rest << 32) | next) {
        digit -= 1;
        rest += divisor_high;
        if rest >= BASE {
            break;
        }
    }
    (digit, (high << 32).wrapping_add(next).wrapping_sub(digit.wrapping_mul(divisor)))
}

/// n / d and n % d. Panics where d is 0; the compiler's own check panics before it gets here.
#[inline(always)]
pub const fn div_rem(n: u128, d: u128) -> (u128, u128) {
    let (n_high, n_low, d_high, d_low) = ((n >> 64) as u64, n as u64, (d >> 64) as u64, d as u64);
    if d_high == 0 {
        if n_high == 0 {
            return ((n_low / d_low) as u128, (n_low % d_low) as u128);
        }
        let (high, rest) = (n_high / d_low, n_high % d_low);
        let (low, rest) = div_128_by_64(rest, n_low, d_low);
        return (((high as u128) << 64) | low as u128, rest as u128);
    }
    if d > n {
        return (0, n);
    }
    // Both are wider than 64 bits: estimate from the top 64 bits of d, which is right or one too large.
    let shift = d_high.leading_zeros();
    let top = ((d << shift) >> 64) as u64;
    let half = n >> 1;
    let (estimate, _) = div_128_by_64((half >> 64) as u64, half as u64, top);
    let quotient = (((estimate as u128) << shift) >> 63).saturating_sub(1);
    let rest = n.wrapping_sub(mul(quotient, d));
    if rest >= d { (quotient + 1, rest - d) } else { (quotient, rest) }
}

#[cfg(test)]
mod tests {
    use super::{div_rem, mul};

    #[test]
    fn agrees_with_the_native_operators_on_random_operands() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u128;
        let mut next = || {
            state = state.wrapping_mul((0xda94_2042_e4dd_58b5_u128 << 64) | 0x5851_f42d_4c95_7f2d).wrapping_add(1);
            state >> (state as u32 % 128)
        };
        for _ in 0..1_000_000 {
            assert_agrees(next(), next());
        }
    }

    #[test]
    fn agrees_with_the_native_operators_around_every_power_of_two() {
        let around = |bit: u32| [(1_u128 << bit) - 1, 1 << bit, (1 << bit) + 1, (1_u128 << bit).wrapping_neg()];
        for a in (0..128).flat_map(around) {
            for b in (0..128).flat_map(around) {
                assert_agrees(a, b);
            }
        }
    }

    fn assert_agrees(a: u128, b: u128) {
        assert_eq!(mul(a, b), a.wrapping_mul(b), "{a} * {b}");
        if b != 0 {
            assert_eq!(div_rem(a, b), (a / b, a % b), "{a} / {b}");
        }
    }
}
