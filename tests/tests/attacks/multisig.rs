//! A multisig as the authority, by CPI from its own address; and signatures that were given long before (T115).

use crate::{
    cpi::relayed,
    governance::DELAY,
    stage::{Stage, VENUE, accepts, fund, rejects, rejects_with, send, stage},
};
use firebreak::governance::Change;
use firebreak_client::{FirebreakError, SYSTEM_PROGRAM};
use firebreak_replay::{chain::Chain, world::keypair};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction, error::InstructionError};
use solana_message::{Message, VersionedMessage};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

const APPROVE: [u8; 2] = [201, 0];
const RECENT_BLOCKHASHES: Address = Address::from_str_const("SysvarRecentB1ockHashes11111111111111111111");
const RENT: Address = Address::from_str_const("SysvarRent111111111111111111111111111111111");

fn members() -> [Address; 3] {
    ["member 1", "member 2", "member 3"].map(|name| keypair(name).pubkey())
}

fn multisig() -> (Address, u8) {
    let [one, two, three] = members();
    Address::find_program_address(&[b"multisig", one.as_ref(), two.as_ref(), three.as_ref()], &VENUE)
}

/// Calls that the multisig makes, signed by some of its members.
fn approved(by: [bool; 3], calls: &[Instruction]) -> Instruction {
    let members = members().into_iter().zip(by).map(|(member, signs)| AccountMeta::new_readonly(member, signs));
    relayed(APPROVE, multisig(), &members.collect::<Vec<_>>(), calls)
}

/// A sealed clearinghouse whose authority is the multisig: it took the role over by signing itself.
fn governed_by_multisig() -> Stage {
    let mut world = stage();
    let key = multisig().0;
    world.propose(Change::Authority { key }).unwrap();
    let take = world.at.execute_proposal(0, key, &Change::Authority { key });
    rejects_with(
        &mut world,
        InstructionError::MissingRequiredSignature,
        &[approved([true, false, false], std::slice::from_ref(&take))],
    );
    let seal = world.at.seal(key);
    send(&mut world, &[approved([true, true, false], &[take, seal])]).unwrap();
    assert_eq!((world.clearinghouse().authority, world.clearinghouse().sealed), (key, 1));
    world
}

#[test]
fn t115_a_multisig_governs_by_cpi_and_one_member_does_not() {
    let mut world = governed_by_multisig();
    let (key, payer) = (multisig().0, world.payer.pubkey());
    let tighter = world.market_change(0, |market| market.price_band_bps = 150);
    let looser = world.asset_change(0, |asset| asset.initial_ratio_bps = 900);
    let calls = [
        world.at.propose(1, payer, key, tighter),
        world.at.execute_proposal(1, key, &tighter),
        world.at.propose(2, payer, key, looser),
    ];
    // One member alone, its old key, and a member by itself.
    rejects_with(&mut world, InstructionError::MissingRequiredSignature, &[approved([false, true, false], &calls)]);
    let old = world.at.propose(1, payer, world.authority.pubkey(), tighter);
    let member = world.at.propose(1, payer, members()[0], tighter);
    for attack in [old, member] {
        rejects(&mut world, FirebreakError::SignerNotAuthority, &[attack]);
    }
    // Two of three: what tightens takes effect in the same transaction, what loosens waits.
    send(&mut world, &[approved([true, false, true], &calls)]).unwrap();
    assert_eq!(world.market(0).price_band_bps, 150);
    let execute = approved([false, true, true], &[world.at.execute_proposal(2, key, &looser)]);
    rejects(&mut world, FirebreakError::ProposalTooEarly, std::slice::from_ref(&execute));
    let now = world.chain.now();
    world.chain.set_now(now + DELAY);
    send(&mut world, &[execute]).unwrap();
    assert_eq!(world.row(0).initial_ratio_bps, 900);
}

/// A nonce account of the authority's, and a transaction signed on it.
struct Presigned {
    transaction: VersionedTransaction,
}

fn presigned(world: &mut Stage, name: &str, instructions: &[Instruction]) -> Presigned {
    let (nonce, authority, payer) = (keypair(name).pubkey(), world.authority.pubkey(), keypair("fee payer").pubkey());
    let system = |accounts, data: &[&[u8]]| Instruction::new_with_bytes(SYSTEM_PROGRAM, &data.concat(), accounts);
    let create = system(
        vec![AccountMeta::new(payer, true), AccountMeta::new(nonce, true)],
        &[&0_u32.to_le_bytes(), &10_000_000_u64.to_le_bytes(), &80_u64.to_le_bytes(), SYSTEM_PROGRAM.as_ref()],
    );
    let read = |address| AccountMeta::new_readonly(address, false);
    let initialize = system(
        vec![AccountMeta::new(nonce, false), read(RECENT_BLOCKHASHES), read(RENT)],
        &[&6_u32.to_le_bytes(), authority.as_ref()],
    );
    send(world, &[create, initialize]).unwrap();
    let advance = system(
        vec![AccountMeta::new(nonce, false), read(RECENT_BLOCKHASHES), AccountMeta::new_readonly(authority, true)],
        &[&4_u32.to_le_bytes()],
    );
    let data = world.chain.account(&nonce).unwrap().data;
    let hash: [u8; 32] = data[40..72].try_into().unwrap();
    let all: Vec<_> = std::iter::once(advance).chain(instructions.iter().cloned()).collect();
    let message = Message::new_with_blockhash(&all, Some(&payer), &hash.into());
    let signatures = vec![Default::default(); message.header.num_required_signatures as usize];
    Presigned { transaction: VersionedTransaction { signatures, message: VersionedMessage::Legacy(message) } }
}

impl Presigned {
    /// Submits it; the program's code where it was refused.
    fn submit(&self, world: &mut Stage) -> Result<(), Option<u32>> {
        let sent = world.chain.svm.send_transaction(self.transaction.clone());
        sent.map(drop).map_err(|failed| match failed.err {
            solana_transaction::TransactionError::InstructionError(_, InstructionError::Custom(code)) => Some(code),
            _ => None,
        })
    }
}

/// The signatures of 1 April 2026 were given weeks before, on durable nonces. A check of the transaction's first instruction would miss
/// those that a multisig collected so; what counts here is when a proposal lands: from then on it is in view for the whole delay, and
/// ends with a veto, whatever else was signed in advance.
#[test]
fn t115_signatures_given_in_advance_wait_from_when_they_land() {
    let mut world = stage();
    world.seal().unwrap();
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    fund(&mut world, authority, 1 << 40);
    let looser = world.asset_change(0, |asset| asset.initial_ratio_bps = 900);
    let propose = world.at.propose(0, payer, authority, looser);
    let execute = world.at.execute_proposal(0, authority, &looser);
    let both = presigned(&mut world, "nonce 1", &[propose.clone(), execute.clone()]);
    let first = presigned(&mut world, "nonce 2", &[propose]);
    let second = presigned(&mut world, "nonce 3", std::slice::from_ref(&execute));
    let third = presigned(&mut world, "nonce 4", std::slice::from_ref(&execute));

    // Held back for a month.
    let now = world.chain.now() + 30 * 86_400;
    world.chain.set_now(now);
    world.chain.svm.expire_blockhash();
    let too_early = Some(6_000 + FirebreakError::ProposalTooEarly as u32);
    assert_eq!(both.submit(&mut world), Err(too_early));
    assert_eq!(first.submit(&mut world), Ok(()));
    assert_eq!(world.proposal(0).executes_from, now + DELAY);
    world.chain.svm.expire_blockhash();
    assert_eq!(second.submit(&mut world), Err(too_early));
    let saved = world.chain.svm.clone();
    world.veto(0, &keypair("guardian")).unwrap();
    world.chain.set_now(now + DELAY);
    assert_eq!(third.submit(&mut world), Err(Some(6_000 + FirebreakError::ProposalClosed as u32)));
    // Without the veto it would have been due then, and no second earlier.
    world.chain.svm = saved;
    world.chain.set_now(now + DELAY);
    accepts(&mut world, &[execute]);
    assert_eq!(third.submit(&mut world), Ok(()));
}
