//! Anchor, as far as accounts, clearing and errors know it. For wasm32, where Anchor does not compile and there is no chain, the same
//! names with the same layouts: so that a browser runs this very code on the accounts' bytes.

#[cfg(not(target_arch = "wasm32"))]
pub use anchor_lang::{accounts::Slab, address_eq, prelude::*};
#[cfg(target_arch = "wasm32")]
pub use browser::*;

#[cfg(target_arch = "wasm32")]
mod browser {
    pub use firebreak_off_chain::{IdlType, account, error_code};
    pub use solana_address::{Address, declare_id};

    use crate::error::FirebreakError;

    pub type Result<T> = core::result::Result<T, FirebreakError>;

    /// The eight bytes an account begins with.
    pub trait Discriminator {
        const DISCRIMINATOR: &'static [u8];
    }

    pub fn address_eq(one: &Address, other: &Address) -> bool {
        one == other
    }

    #[macro_export]
    #[doc(hidden)]
    macro_rules! require {
        ($holds:expr, $error:expr $(,)?) => {
            if !$holds {
                return Err($error.into());
            }
        };
    }
    pub use require;
}
