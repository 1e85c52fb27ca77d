//! 128-bit multiply, divide and remainder, and the memory functions, for sBPF.
//!
//! LLVM 23 expects the result of these calls in r0 (low) and r2 (high). rustc 1.95 would return a 128-bit value
//! through a hidden pointer, so the symbols are defined with the `unadjusted` ABI, which hands LLVM the plain type.
//! The memory functions are the runtime's own syscalls (10 compute units, or one per 250 bytes).
#![no_std]
#![cfg_attr(target_arch = "bpf", feature(abi_unadjusted), allow(internal_features))]

/// 64 x 64 -> 128 bits, as (low, high).
#[inline(always)]
const fn widening_mul(a: u64, b: u64) -> (u64, u64) {
    const LOW: u64 = 0xffff_ffff;
    let (al, ah, bl, bh) = (a & LOW, a >> 32, b & LOW, b >> 32);
    let ll = al * bl;
    let mid = ah * bl + (ll >> 32);
    let mid2 = al * bh + (mid & LOW);
    ((mid2 << 32) | (ll & LOW), ah * bh + (mid >> 32) + (mid2 >> 32))
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

/// (high:low) / divisor, as (quotient, remainder), for high < divisor. Knuth's algorithm D on 32-bit digits.
#[inline(always)]
const fn div_128_by_64(high: u64, low: u64, divisor: u64) -> (u64, u64) {
    const BASE: u64 = 1 << 32;
    let shift = divisor.leading_zeros();
    let v = divisor << shift;
    let (v1, v0) = (v >> 32, v & (BASE - 1));
    let u32_ = if shift == 0 { high } else { (high << shift) | (low >> (64 - shift)) };
    let u10 = low << shift;
    let (u1, u0) = (u10 >> 32, u10 & (BASE - 1));

    let mut q1 = u32_ / v1;
    let mut r = u32_ - q1 * v1;
    while q1 >= BASE || q1 * v0 > ((r << 32) | u1) {
        q1 -= 1;
        r += v1;
        if r >= BASE {
            break;
        }
    }
    let u21 = (u32_ << 32).wrapping_add(u1).wrapping_sub(q1.wrapping_mul(v));
    let mut q0 = u21 / v1;
    let mut r = u21 - q0 * v1;
    while q0 >= BASE || q0 * v0 > ((r << 32) | u0) {
        q0 -= 1;
        r += v1;
        if r >= BASE {
            break;
        }
    }
    let rest = (u21 << 32).wrapping_add(u0).wrapping_sub(q0.wrapping_mul(v)) >> shift;
    ((q1 << 32).wrapping_add(q0), rest)
}

/// n / d and n % d. Panics (divide by zero) where d is 0, as the language does before it gets here.
#[inline(always)]
pub const fn div_rem(n: u128, d: u128) -> (u128, u128) {
    let (n1, n0, d1, d0) = ((n >> 64) as u64, n as u64, (d >> 64) as u64, d as u64);
    if d1 == 0 {
        if n1 == 0 {
            return ((n0 / d0) as u128, (n0 % d0) as u128);
        }
        let (q1, r1) = (n1 / d0, n1 % d0);
        let (q0, r0) = div_128_by_64(r1, n0, d0);
        return (((q1 as u128) << 64) | q0 as u128, r0 as u128);
    }
    if d > n {
        return (0, n);
    }
    // Both are at least 64 bits wide: estimate from the top 64 bits of d, then correct by at most one.
    let shift = d1.leading_zeros();
    let top = ((d << shift) >> 64) as u64;
    let half = n >> 1;
    let (estimate, _) = div_128_by_64((half >> 64) as u64, half as u64, top);
    let mut q = ((estimate as u128) << shift) >> 63;
    q = q.saturating_sub(1);
    let mut r = n.wrapping_sub(mul(q, d));
    if r >= d {
        q += 1;
        r -= d;
    }
    (q, r)
}

#[cfg(target_arch = "bpf")]
mod symbols {
    #[unsafe(no_mangle)]
    unsafe extern "unadjusted" fn __multi3(a: u128, b: u128) -> u128 {
        super::mul(a, b)
    }
    #[unsafe(no_mangle)]
    unsafe extern "unadjusted" fn __udivti3(n: u128, d: u128) -> u128 {
        super::div_rem(n, d).0
    }
    #[unsafe(no_mangle)]
    unsafe extern "unadjusted" fn __umodti3(n: u128, d: u128) -> u128 {
        super::div_rem(n, d).1
    }
    #[unsafe(no_mangle)]
    unsafe extern "unadjusted" fn __divti3(n: i128, d: i128) -> i128 {
        let q = super::div_rem(n.unsigned_abs(), d.unsigned_abs()).0 as i128;
        if (n < 0) != (d < 0) { q.wrapping_neg() } else { q }
    }
    #[unsafe(no_mangle)]
    unsafe extern "unadjusted" fn __modti3(n: i128, d: i128) -> i128 {
        let r = super::div_rem(n.unsigned_abs(), d.unsigned_abs()).1 as i128;
        if n < 0 { r.wrapping_neg() } else { r }
    }
}

#[cfg(target_arch = "bpf")]
mod memory {
    unsafe extern "C" {
        fn sol_memcpy_(to: *mut u8, from: *const u8, len: u64);
        fn sol_memmove_(to: *mut u8, from: *const u8, len: u64);
        fn sol_memset_(to: *mut u8, byte: u8, len: u64);
        fn sol_memcmp_(a: *const u8, b: *const u8, len: u64, result: *mut i32);
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
        unsafe { sol_memcpy_(to, from, len as u64) };
        to
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
        unsafe { sol_memmove_(to, from, len as u64) };
        to
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
        unsafe { sol_memset_(to, byte as u8, len as u64) };
        to
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
        let mut result = 0;
        unsafe { sol_memcmp_(a, b, len as u64, &mut result) };
        result
    }
    #[unsafe(no_mangle)]
    unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
        unsafe { memcmp(a, b, len) }
    }
}

#[cfg(test)]
mod tests {
    use super::{div_rem, mul};

    #[test]
    fn agree_with_the_native_operators() {
        let mut x = 0x9e37_79b9_7f4a_7c15_u128;
        let mut next = || {
            x = x.wrapping_mul(0xda94_2042_e4dd_58b5_u128 << 64 | 0x5851_f42d_4c95_7f2d).wrapping_add(1);
            x >> (x as u32 % 128)
        };
        for _ in 0..2_000_000 {
            let (a, b) = (next(), next());
            assert_eq!(mul(a, b), a.wrapping_mul(b));
            if b != 0 {
                assert_eq!(div_rem(a, b), (a / b, a % b), "{a} / {b}");
            }
        }
        for a in [0, 1, u64::MAX as u128, 1 << 64, u128::MAX, u128::MAX - 1] {
            for b in [1, 2, u64::MAX as u128, 1 << 64, (1 << 64) + 1, u128::MAX, u128::MAX - 1] {
                assert_eq!(div_rem(a, b), (a / b, a % b));
            }
        }
    }
}
