//! Mints of Token-2022 with whatever extensions a test needs, written as their bytes.

use solana_account::Account;
use solana_address::Address;

/// Extensions of a Token-2022 mint, by their number: those that only describe the token.
pub const DESCRIPTIVE: [(&str, u16); 6] = [
    ("metadata pointer", 18),
    ("token metadata", 19),
    ("group pointer", 20),
    ("token group", 21),
    ("group member pointer", 22),
    ("token group member", 23),
];

/// And those that could change what a balance means, the confidential ones, and numbers nobody has given out yet.
pub const FORBIDDEN: [(&str, u16); 13] = [
    ("transfer fee", 1),
    ("close authority", 3),
    ("confidential transfer", 4),
    ("default account state", 6),
    ("non-transferable", 9),
    ("interest bearing", 10),
    ("permanent delegate", 12),
    ("transfer hook", 14),
    ("confidential transfer fee", 16),
    ("confidential mint and burn", 24),
    ("scaled amount", 25),
    ("pausable", 26),
    ("unknown", 999),
];

/// Length of a token account, to which a mint with extensions is padded.
const ACCOUNT_LEN: usize = 165;

/// The bytes of a mint: no freeze authority, `authority` may mint, then each extension with zeroed content of a length.
pub fn mint_bytes(authority: &Address, decimals: u8, extensions: &[(u16, usize)]) -> Vec<u8> {
    let mut data = 1_u32.to_le_bytes().to_vec();
    data.extend(authority.as_ref());
    data.extend(0_u64.to_le_bytes());
    data.extend([decimals, 1]);
    data.extend([0; 36]);
    if extensions.is_empty() {
        return data;
    }
    data.resize(ACCOUNT_LEN, 0);
    data.push(1); // the account is a mint
    for (kind, length) in extensions {
        data.extend(kind.to_le_bytes());
        data.extend((*length as u16).to_le_bytes());
        data.resize(data.len() + length, 0);
    }
    data
}

/// The account of such a mint.
pub fn mint_account(token_program: Address, data: Vec<u8>) -> Account {
    Account { lamports: 10_000_000, data, owner: token_program, executable: false, rent_epoch: u64::MAX }
}
