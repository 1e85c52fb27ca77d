//! What migrations need of a network.

use anyhow::{Result, anyhow};
use firebreak_client::PROGRAM_ID;
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;

use crate::chain::Chain;

/// A network to set up.
pub trait Network {
    /// An account, `None` where there is none. Error: the network did not answer.
    fn account(&mut self, address: &Address) -> Result<Option<Account>>;

    /// Sends one transaction, the first signer pays, and waits until it is carried out. Error: why it was refused.
    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<()>;

    /// What only a local network can do.
    fn local(&mut self) -> Option<&mut dyn Local>;
}

/// A network that may be written to directly.
pub trait Local {
    /// Brings the built program to its address. Error: it is not built.
    fn deploy(&mut self, program: &Address) -> Result<()>;

    fn set_account(&mut self, address: Address, account: Account) -> Result<()>;
}

/// A chain of this crate as a network; the program is on it from the start.
pub struct ChainNetwork<'a, C>(pub &'a mut C);

impl<C: Chain> Network for ChainNetwork<'_, C> {
    fn account(&mut self, address: &Address) -> Result<Option<Account>> {
        Ok(self.0.account(address))
    }

    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<()> {
        self.0.send(instructions, signers).map(drop).map_err(|refusal| anyhow!("{refusal}"))
    }

    fn local(&mut self) -> Option<&mut dyn Local> {
        Some(self)
    }
}

impl<C: Chain> Local for ChainNetwork<'_, C> {
    fn deploy(&mut self, program: &Address) -> Result<()> {
        Err(anyhow!("this chain has its program, {PROGRAM_ID}, from the start; {program} is another"))
    }

    fn set_account(&mut self, address: Address, account: Account) -> Result<()> {
        self.0.set_account(address, account);
        Ok(())
    }
}
