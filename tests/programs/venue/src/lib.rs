//! A venue: traders make its address their delegate, and it settles their matches by CPI. And what a hostile program does
//! in its place: it relays whatever its caller wants, with or without its signature, and answers every instruction that it
//! does not know, a token program's among them, with success.

use pinocchio::{
    AccountView, Address, ProgramResult,
    cpi::{Seed, Signer, invoke_signed_with_slice},
    entrypoint,
    error::ProgramError,
    instruction::{InstructionAccount, InstructionView},
};

#[cfg(target_os = "solana")]
use sbpf_builtins as _;

/// First byte of an instruction that relays; any other means success without doing anything.
pub const RELAY: u8 = 200;
/// Names the venue's address as a signer of what it relays.
pub const NAME_SIGNER: u8 = 1;
/// Signs for its address.
pub const SIGN: u8 = 2;
/// The venue's address is `["venue"]`.
pub const SEED: &[u8] = b"venue";

entrypoint!(process_instruction);

/// Account 0 is the program called, account 1 the venue's address, the rest what the calls name by index. Data: `RELAY`,
/// flags, bump, then for each call: number of accounts, their indices, length of the data (16 bits), the data.
fn process_instruction(_program: &Address, accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let [RELAY, flags, bump, calls @ ..] = data else { return Ok(()) };
    let [target, venue, ..] = &*accounts else { return Err(ProgramError::NotEnoughAccountKeys) };
    let mut rest = calls;
    while let [count, tail @ ..] = rest {
        let (indices, tail) = split(tail, *count as usize)?;
        let (length, tail) = split(tail, 2)?;
        let (data, tail) = split(tail, u16::from_le_bytes([length[0], length[1]]) as usize)?;
        rest = tail;

        let mut metas = Vec::with_capacity(indices.len());
        let mut views = Vec::with_capacity(indices.len());
        for index in indices {
            let view = accounts.get(*index as usize).ok_or(ProgramError::NotEnoughAccountKeys)?;
            let is_named = view.address() == venue.address() && flags & NAME_SIGNER != 0;
            metas.push(InstructionAccount::new(view.address(), view.is_writable(), view.is_signer() || is_named));
            views.push(view);
        }
        let bump = [*bump];
        let seeds = [Seed::from(SEED), Seed::from(&bump)];
        let signer = [Signer::from(&seeds)];
        let signers = if flags & SIGN != 0 { &signer[..] } else { &[] };
        let call = InstructionView { program_id: target.address(), data, accounts: &metas };
        invoke_signed_with_slice(&call, &views, signers)?;
    }
    Ok(())
}

fn split(data: &[u8], at: usize) -> Result<(&[u8], &[u8]), ProgramError> {
    data.split_at_checked(at).ok_or(ProgramError::InvalidInstructionData)
}
