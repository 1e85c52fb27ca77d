//! The memory functions, as the runtime's own syscalls: 10 compute units, or one per 250 bytes.

unsafe extern "C" {
    fn sol_memmove_(to: *mut u8, from: *const u8, len: u64);
    fn sol_memset_(to: *mut u8, byte: u8, len: u64);
    fn sol_memcmp_(a: *const u8, b: *const u8, len: u64, result: *mut i32);
}

/// The move syscall, although there is one to copy: that one aborts where the ranges are the same, which LLVM allows
/// itself when it assigns a value that may be its own source. Their costs are equal.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // SAFETY: the caller's promise, passed on; the VM checks both ranges.
    unsafe { sol_memmove_(to, from, len as u64) };
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // SAFETY: the caller's promise, passed on; the VM checks both ranges.
    unsafe { sol_memmove_(to, from, len as u64) };
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
    // SAFETY: the caller's promise, passed on; the VM checks the range.
    unsafe { sol_memset_(to, byte as u8, len as u64) };
    to
}

/// Not inlined, like `bcmp`: where the compiler sees a comparison by its name and not a syscall, it turns short ones into loads.
#[unsafe(no_mangle)]
#[inline(never)]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
    let mut result = 0;
    // SAFETY: the caller's promise, passed on; the VM checks both ranges, and the result is a local.
    unsafe { sol_memcmp_(a, b, len as u64, &mut result) };
    result
}

#[unsafe(no_mangle)]
#[inline(never)]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, len: usize) -> i32 {
    let mut result = 0;
    // SAFETY: the caller's promise, passed on; the VM checks both ranges, and the result is a local.
    unsafe { sol_memcmp_(a, b, len as u64, &mut result) };
    result
}
