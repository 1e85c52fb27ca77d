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

/// The only copy of the division: each of the others would be another 2 KB.
#[unsafe(no_mangle)]
#[inline(never)]
extern "unadjusted" fn __udivti3(n: u128, d: u128) -> u128 {
    div_rem(n, d).0
}

#[unsafe(no_mangle)]
extern "unadjusted" fn __umodti3(n: u128, d: u128) -> u128 {
    rest(n, d, __udivti3(n, d))
}

/// What is left of a dividend after its quotient.
fn rest(n: u128, d: u128, quotient: u128) -> u128 {
    n.wrapping_sub(mul(quotient, d))
}

#[unsafe(no_mangle)]
extern "unadjusted" fn __divti3(n: i128, d: i128) -> i128 {
    let quotient = __udivti3(n.unsigned_abs(), d.unsigned_abs()) as i128;
    if (n < 0) != (d < 0) { quotient.wrapping_neg() } else { quotient }
}

/// The remainder has the sign of the dividend.
#[unsafe(no_mangle)]
extern "unadjusted" fn __modti3(n: i128, d: i128) -> i128 {
    let rest = __umodti3(n.unsigned_abs(), d.unsigned_abs()) as i128;
    if n < 0 { rest.wrapping_neg() } else { rest }
}
