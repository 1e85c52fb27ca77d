//! Stands in for Pyth's receiver program in tests: `post_update_atomic` writes the price it is given into the account it is given, as the
//! real one lays it out, and verifies nothing. Fewer signatures than `QUORUM` count as a partial verification.

use pinocchio::{
    AccountView, Address, ProgramResult,
    cpi::invoke,
    entrypoint,
    error::ProgramError,
    instruction::{InstructionAccount, InstructionView},
};

#[cfg(target_os = "solana")]
use sbpf_builtins as _;

const POST_UPDATE_ATOMIC: [u8; 8] = [49, 172, 84, 192, 175, 180, 52, 234];
/// Of `PriceUpdateV2`, and its size.
const DISCRIMINATOR: [u8; 8] = [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd];
const LEN: usize = 134;
/// More than the account's rent.
const LAMPORTS: u64 = 5_000_000;
/// Signatures of a full verification, and where their number is.
const QUORUM: u8 = 3;
const SIGNATURES_AT: usize = 5;
/// A price message: its kind, the feed, then seven numbers.
const MESSAGE_LEN: usize = 1 + 32 + 8 + 8 + 4 + 8 + 8 + 8 + 8;

entrypoint!(process_instruction);

fn process_instruction(program: &Address, accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let malformed = ProgramError::InvalidInstructionData;
    let data = data.strip_prefix(&POST_UPDATE_ATOMIC).ok_or(malformed.clone())?;
    let (signed_root, rest) = long(data)?;
    let (message, _proof) = long(rest)?;
    let [payer, _, _, _, account, _, authority] = accounts else { return Err(ProgramError::NotEnoughAccountKeys) };
    if message.len() != MESSAGE_LEN || message[0] != 0 {
        return Err(malformed);
    }
    if account.data_len() == 0 {
        create(payer, account, program)?;
    }
    let mut bytes = [0; LEN];
    let mut at = 0;
    let mut write = |some: &[u8]| {
        bytes[at..at + some.len()].copy_from_slice(some);
        at += some.len();
    };
    write(&DISCRIMINATOR);
    write(authority.address().as_ref());
    match signed_root.get(SIGNATURES_AT).copied() {
        Some(count) if count >= QUORUM => write(&[1]),
        count => write(&[0, count.unwrap_or(0)]),
    }
    write(&message[1..33]);
    // The message is big-endian, the account is not.
    let mut from = 33;
    for size in [8, 8, 4, 8, 8, 8, 8] {
        let mut number = [0; 8];
        let number = &mut number[..size];
        number.copy_from_slice(&message[from..from + size]);
        number.reverse();
        write(number);
        from += size;
    }
    account.try_borrow_mut()?.copy_from_slice(&bytes);
    Ok(())
}

/// Bytes behind their number in 32 bits, and what follows.
fn long(data: &[u8]) -> Result<(&[u8], &[u8]), ProgramError> {
    let (count, rest) = data.split_first_chunk::<4>().ok_or(ProgramError::InvalidInstructionData)?;
    rest.split_at_checked(u32::from_le_bytes(*count) as usize).ok_or(ProgramError::InvalidInstructionData)
}

fn create(payer: &AccountView, account: &AccountView, program: &Address) -> ProgramResult {
    let mut data = [0; 4 + 8 + 8 + 32];
    data[4..12].copy_from_slice(&LAMPORTS.to_le_bytes());
    data[12..20].copy_from_slice(&(LEN as u64).to_le_bytes());
    data[20..].copy_from_slice(program.as_ref());
    let metas =
        [InstructionAccount::writable_signer(payer.address()), InstructionAccount::writable_signer(account.address())];
    let call = InstructionView { program_id: &Address::default(), data: &data, accounts: &metas };
    invoke(&call, &[payer, account])
}
