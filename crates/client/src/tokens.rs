//! Token accounts: where a bank's token comes from and goes to.

use firebreak::state::CollateralBank;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use crate::{SYSTEM_PROGRAM, instructions::TokenSide};

/// The program that gives every owner one token account per mint.
pub const ASSOCIATED_TOKEN_PROGRAM: Address = Address::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
/// Its instruction that creates an account, and does nothing where it is there.
const CREATE_IDEMPOTENT: u8 = 1;
/// Where a token account holds its mint, its owner and its amount.
const OWNER_AT: usize = 32;
const AMOUNT_AT: usize = 64;

/// An owner's token account for a mint.
pub fn associated_token_account(owner: &Address, token_program: &Address, mint: &Address) -> Address {
    let seeds = [owner.as_ref(), token_program.as_ref(), mint.as_ref()];
    Address::find_program_address(&seeds, &ASSOCIATED_TOKEN_PROGRAM).0
}

/// Creates an owner's token account for a mint where there is none; `payer` pays its rent.
pub fn create_token_account(payer: Address, owner: Address, tokens: &TokenSide) -> Instruction {
    Instruction {
        program_id: ASSOCIATED_TOKEN_PROGRAM,
        accounts: vec![
            AccountMeta::new(payer, true),
            AccountMeta::new(associated_token_account(&owner, &tokens.token_program, &tokens.mint), false),
            AccountMeta::new_readonly(owner, false),
            AccountMeta::new_readonly(tokens.mint, false),
            AccountMeta::new_readonly(SYSTEM_PROGRAM, false),
            AccountMeta::new_readonly(tokens.token_program, false),
        ],
        data: vec![CREATE_IDEMPOTENT],
    }
}

impl TokenSide {
    /// An owner's associated token account for a bank's token.
    pub fn of(bank: &CollateralBank, owner: &Address) -> Self {
        let (mint, token_program) = (bank.mint, bank.token_program);
        Self { mint, token_program, token_account: associated_token_account(owner, &token_program, &mint) }
    }
}

/// Atoms in a token account, and who owns it, from its bytes. `None`: it is none.
pub fn token_balance(data: &[u8]) -> Option<(Address, u64)> {
    let owner: [u8; 32] = data.get(OWNER_AT..OWNER_AT + 32)?.try_into().ok()?;
    let amount: [u8; 8] = data.get(AMOUNT_AT..AMOUNT_AT + 8)?.try_into().ok()?;
    Some((Address::new_from_array(owner), u64::from_le_bytes(amount)))
}
