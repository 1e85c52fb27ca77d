//! Posting an update through Pyth's receiver program, in one transaction with the refresh that needs it.

use firebreak_client::SYSTEM_PROGRAM;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::update::Update;

/// Anchor's, of `post_update_atomic`.
const POST_UPDATE_ATOMIC: [u8; 8] = [49, 172, 84, 192, 175, 180, 52, 234];
/// Whose fee account is written; there is one for each number, so that writers need not meet.
const TREASURY: u8 = 0;
/// Where a signed root names the set of keys that signed it.
const SIGNERS_AT: std::ops::Range<usize> = 1..5;

/// A receiver, and the program whose keys it trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receiver {
    pub program: Address,
    pub verifier: Address,
}

impl Receiver {
    /// Where a receiver keeps its configuration.
    pub fn config(program: &Address) -> Address {
        Address::find_program_address(&[b"config"], program).0
    }

    /// From the configuration's bytes: it names the verifier behind one or two authorities.
    pub fn decode(program: Address, config: &[u8]) -> Option<Self> {
        let has_next = *config.get(40)?;
        let at = if has_next == 0 { 41 } else { 73 };
        let verifier = Address::new_from_array(config.get(at..at + 32)?.try_into().ok()?);
        Some(Self { program, verifier })
    }

    /// Posts an update into an account that signs beside the payer. None where the signed root is too short to name its signers.
    pub fn post(&self, payer: Address, account: Address, update: &Update) -> Option<Instruction> {
        let signers = update.signed_root.get(SIGNERS_AT)?;
        let derived = |seeds: &[&[u8]], program| Address::find_program_address(seeds, program).0;
        let accounts = vec![
            AccountMeta::new(payer, true),
            AccountMeta::new_readonly(derived(&[b"GuardianSet", signers], &self.verifier), false),
            AccountMeta::new_readonly(Self::config(&self.program), false),
            AccountMeta::new(derived(&[b"treasury", &[TREASURY]], &self.program), false),
            AccountMeta::new(account, true),
            AccountMeta::new_readonly(SYSTEM_PROGRAM, false),
            AccountMeta::new_readonly(payer, true),
        ];
        let mut data = POST_UPDATE_ATOMIC.to_vec();
        for bytes in [&update.signed_root, &update.message] {
            data.extend(u32::try_from(bytes.len()).ok()?.to_le_bytes());
            data.extend(bytes);
        }
        data.extend(u32::try_from(update.proof.len()).ok()?.to_le_bytes());
        data.extend(update.proof.iter().flatten());
        data.push(TREASURY);
        Some(Instruction { program_id: self.program, accounts, data })
    }
}

/// The key of a keeper's own account for a feed: the same in every run, and nobody else's.
pub fn feed_key(key: &Keypair, feed_id: &[u8; 32]) -> Keypair {
    let mut seed = [0; 32];
    let said = [b"firebreak keeper: price update ".as_slice(), feed_id].concat();
    seed.copy_from_slice(&key.sign_message(&said).as_ref()[..32]);
    Keypair::new_from_array(seed)
}
