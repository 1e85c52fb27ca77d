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

/// First byte of an instruction that two of three members sign.
pub const APPROVE: u8 = 201;
/// The multisig's address is `["multisig"]` and the members' keys.
pub const MULTISIG_SEED: &[u8] = b"multisig";

entrypoint!(process_instruction);

/// Account 0 is the program called, account 1 the venue's or the multisig's address, the rest what the calls name by index; for a
/// multisig, accounts 2 to 4 are its members. Data: `RELAY` and flags or `APPROVE` and a spare byte, bump, then for each call: number of
/// accounts, their indices, length of the data (16 bits), the data.
fn process_instruction(_program: &Address, accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    match data {
        [RELAY, flags, bump, calls @ ..] => {
            let bump = [*bump];
            let seeds = [Seed::from(SEED), Seed::from(&bump)];
            relay(accounts, calls, &seeds, flags & NAME_SIGNER != 0, flags & SIGN != 0)
        }
        [APPROVE, _, bump, calls @ ..] => {
            let [_, _, one, two, three, ..] = &*accounts else { return Err(ProgramError::NotEnoughAccountKeys) };
            let members = [one, two, three];
            if members.iter().filter(|member| member.is_signer()).count() < 2 {
                return Err(ProgramError::MissingRequiredSignature);
            }
            let bump = [*bump];
            let [one, two, three] = members.map(|member| Seed::from(member.address().as_ref()));
            relay(accounts, calls, &[Seed::from(MULTISIG_SEED), one, two, three, Seed::from(&bump)], true, true)
        }
        _ => Ok(()),
    }
}

/// Makes the calls, account 1 named as a signer, signed for by the seeds.
fn relay(accounts: &[AccountView], calls: &[u8], seeds: &[Seed], is_named: bool, is_signed: bool) -> ProgramResult {
    let [target, own, ..] = accounts else { return Err(ProgramError::NotEnoughAccountKeys) };
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
            let signs = view.is_signer() || (is_named && view.address() == own.address());
            metas.push(InstructionAccount::new(view.address(), view.is_writable(), signs));
            views.push(view);
        }
        let signer = [Signer::from(seeds)];
        let signers = if is_signed { &signer[..] } else { &[] };
        let call = InstructionView { program_id: target.address(), data, accounts: &metas };
        invoke_signed_with_slice(&call, &views, signers)?;
    }
    Ok(())
}

fn split(data: &[u8], at: usize) -> Result<(&[u8], &[u8]), ProgramError> {
    data.split_at_checked(at).ok_or(ProgramError::InvalidInstructionData)
}
