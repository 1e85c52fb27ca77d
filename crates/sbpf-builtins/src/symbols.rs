//! The names that LLVM calls.
//!
//! LLVM 23 expects a 128-bit result in r0 (low) and r2 (high); rustc 1.95 would return it through a hidden pointer.
//! The `unadjusted` ABI hands LLVM the plain type, and so the two agree. Division by zero does not get here: the
//! compiler puts a check and a panic in front of every division.

use crate::{div_rem, mul};

#[unsafe(no_mangle)]
extern "unadjusted" fn __multi3(a: u128, b: u128) -> u128 {
    mul(a, b)
}

#[unsafe(no_mangle)]
extern "unadjusted" fn __udivti3(n: u128, d: u128) -> u128 {
    div_rem(n, d).0
}

#[unsafe(no_mangle)]
extern "unadjusted" fn __umodti3(n: u128, d: u128) -> u128 {
    div_rem(n, d).1
}

#[unsafe(no_mangle)]
extern "unadjusted" fn __divti3(n: i128, d: i128) -> i128 {
    let quotient = div_rem(n.unsigned_abs(), d.unsigned_abs()).0 as i128;
    if (n < 0) != (d < 0) { quotient.wrapping_neg() } else { quotient }
}

/// The remainder has the sign of the dividend.
#[unsafe(no_mangle)]
extern "unadjusted" fn __modti3(n: i128, d: i128) -> i128 {
    let rest = div_rem(n.unsigned_abs(), d.unsigned_abs()).1 as i128;
    if n < 0 { rest.wrapping_neg() } else { rest }
}
