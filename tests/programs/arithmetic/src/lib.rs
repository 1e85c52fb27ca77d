//! Runs `operations` in the VM. The first byte of the instruction selects one; account 0 holds what it works on.

pub mod operations;

use pinocchio::{AccountView, Address, ProgramResult, entrypoint, error::ProgramError};

#[cfg(target_os = "solana")]
use sbpf_builtins as _;

entrypoint!(process_instruction);

fn process_instruction(_program: &Address, accounts: &mut [AccountView], instruction: &[u8]) -> ProgramResult {
    let [account, ..] = accounts else { return Err(ProgramError::NotEnoughAccountKeys) };
    let (&selector, list) = instruction.split_first().ok_or(ProgramError::InvalidInstructionData)?;
    let mut data = account.try_borrow_mut()?;
    if selector == operations::MEMORY {
        operations::run_memory_list(&mut data, list);
    } else {
        operations::run_on_slots(selector, &mut data);
    }
    Ok(())
}
