#[cfg(target_os = "solana")]
#[panic_handler]
pub fn solana_panic_handler(info: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn sol_panic_(file: *const u8, len: u64, line: u64, column: u64) -> !;
    }
    match info.location() {
        Some(at) => unsafe {
            sol_panic_(at.file().as_ptr(), at.file().len() as u64, at.line() as u64, at.column() as u64)
        },
        None => core::intrinsics::abort(),
    }
}

