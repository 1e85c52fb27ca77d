//! No instruction lets any role move a user's money outside the rules: every instruction of the IDL, with the authority's and
//! the guardian's keys in the attacker's hands, before the clearinghouse is sealed and after.

use crate::{
    matrix::cases::{Case, theatre},
    stage::{Stage, is_named, send, snapshot, would},
};
use firebreak_client::{FirebreakError, PROGRAM_ID, SYSTEM_PROGRAM, TOKEN_PROGRAM, decode};
use firebreak_replay::{
    chain::{Chain, ERROR_OFFSET},
    listing::DOLLAR,
    world::{Actor, keypair},
};
use solana_account::{Account, AccountSharedData, ReadableAccount};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_signer::Signer;
use std::collections::{BTreeMap, BTreeSet};

/// Whose word an instruction asks for.
#[derive(Clone, Copy)]
enum Word {
    /// The users in these slots: no role stands in for them.
    Users(&'static [&'static str]),
    /// Nobody's: whoever sends it, it does the same.
    Nobody,
    /// A role's, in this slot: it reaches no user's account and no vault.
    Role(&'static str),
}
use Word::{Nobody, Role, Users};

/// Every instruction there is. Who pays rent is not asked for anything else.
const WORDS: [(&str, Word); 35] = [
    ("refresh_prices", Nobody),
    ("liquidate", Users(&["trader"])),
    ("take_offer", Users(&["trader"])),
    ("trade", Users(&["buyer_trader", "seller_trader"])),
    ("settle", Nobody),
    ("deposit", Users(&["depositor"])),
    ("withdraw", Users(&["owner"])),
    ("place_offer", Users(&["trader"])),
    ("update_offer", Users(&["trader"])),
    ("cancel_offer", Users(&["trader"])),
    ("create_margin_account", Users(&["owner"])),
    ("grow_margin_account", Users(&["owner"])),
    ("close_margin_account", Users(&["owner"])),
    ("set_delegate", Users(&["owner"])),
    ("fund_tranche", Users(&["funder"])),
    ("trip_breaker", Role("signer")),
    ("reset_breaker", Role("authority")),
    ("create_clearinghouse", Role("authority")),
    ("set_price_programs", Role("authority")),
    ("add_asset", Role("authority")),
    ("add_market", Role("authority")),
    ("add_collateral_bank", Role("authority")),
    ("auto_deleverage", Nobody),
    ("liquidate_collateral", Users(&["trader"])),
    ("sweep_insurance", Nobody),
    ("stake", Users(&["staker"])),
    ("request_unstake", Users(&["staker"])),
    ("unstake", Users(&["staker"])),
    ("report_deficit", Nobody),
    ("propose", Role("authority")),
    ("execute_proposal", Role("signer")),
    ("veto_proposal", Role("signer")),
    ("seal", Role("authority")),
    ("poke", Nobody),
    ("update_funding", Nobody),
];

fn word(name: &str) -> Word {
    WORDS.iter().find(|entry| entry.0 == name).unwrap_or_else(|| panic!("no entry for {name}")).1
}

/// The keys in the attacker's hands, each able to pay.
pub fn keys(world: &mut Stage) -> [Address; 2] {
    let keys = [world.authority.pubkey(), world.guardian.pubkey()];
    let rich = Account { lamports: 1 << 50, rent_epoch: u64::MAX, ..Account::default() };
    for key in keys {
        world.chain.set_account(key, rich.clone());
    }
    keys
}

/// What belongs to users: margin accounts, offers, stakes, token accounts (their own and the vaults that hold theirs), wallets.
/// Not the roles' wallets, nor the payer's of set-up.
pub fn property(world: &Stage) -> BTreeMap<Address, AccountSharedData> {
    use firebreak::state::{InsuranceStake, MarginAccount, Offer};
    let mut all = snapshot(&world.chain.svm);
    let others = [world.authority.pubkey(), world.guardian.pubkey(), world.payer.pubkey()];
    all.retain(|address, account| match *account.owner() {
        PROGRAM_ID => {
            let data = account.data();
            decode::<MarginAccount>(data).is_ok()
                || decode::<Offer>(data).is_ok()
                || decode::<InsuranceStake>(data).is_ok()
        }
        TOKEN_PROGRAM => account.data().len() == 165,
        SYSTEM_PROGRAM => !others.contains(address),
        _ => false,
    });
    all
}

/// Every instruction of the IDL has an entry here that names all of its signers but the payer, and every entry an instruction.
#[test]
fn every_instruction_says_whose_word_it_asks_for() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../idl/firebreak.json");
    let text = std::fs::read_to_string(file).expect("the IDL is committed");
    let idl: serde_json::Value = serde_json::from_str(&text).expect("the IDL is JSON");
    let instructions = idl["instructions"].as_array().expect("the IDL lists instructions");
    assert_eq!(instructions.len(), WORDS.len());
    assert_eq!(WORDS.iter().map(|entry| entry.0).collect::<BTreeSet<_>>().len(), WORDS.len());
    for instruction in instructions {
        let name = instruction["name"].as_str().expect("an instruction has a name");
        let accounts = instruction["accounts"].as_array().expect("an instruction lists accounts");
        let signers = accounts.iter().filter(|account| account["signer"] == true);
        let signers: Vec<_> =
            signers.filter_map(|account| account["name"].as_str()).filter(|name| *name != "payer").collect();
        match word(name) {
            Users(slots) => assert_eq!(signers, slots, "{name}"),
            Role(slot) => assert_eq!(signers, [slot], "{name}"),
            Nobody => assert!(signers.is_empty(), "{name}: {signers:?}"),
        }
    }
}

/// On stage, and the same once sealed.
fn both(test: impl Fn(&mut Stage, &[Case], bool)) {
    let (mut world, _, cases) = theatre();
    let names: BTreeSet<_> = cases.iter().map(|case| case.name).collect();
    assert!(WORDS.iter().all(|entry| names.contains(entry.0)), "an instruction has no case");
    test(&mut world, &cases, false);
    world.seal().unwrap();
    test(&mut world, &cases, true);
}

/// The call with a role in the place of these users: paid for by the role, or not; or the users named and silent, the role's
/// signature at the end.
fn stand_ins(case: &Case, slots: &[&str], role: Address) -> Vec<Instruction> {
    let position = |name: &str| case.slots.iter().position(|slot| *slot == name);
    let mut replaced = case.instruction.clone();
    let mut silent = case.instruction.clone();
    for slot in slots {
        let slot = position(slot).expect("the case has the slot");
        replaced.accounts[slot].pubkey = role;
        silent.accounts[slot].is_signer = false;
    }
    silent.accounts.push(AccountMeta::new(role, true));
    let mut attacks = vec![replaced.clone(), silent];
    if let Some(payer) = position("payer") {
        replaced.accounts[payer].pubkey = role;
        attacks.push(replaced);
    }
    attacks
}

#[test]
fn t108_no_role_stands_in_for_a_user() {
    both(|world, cases, sealed| {
        let roles = keys(world);
        let before = property(world);
        let all = snapshot(&world.chain.svm);
        let (mut tried, mut accepted) = (0, Vec::new());
        for case in cases {
            let Users(slots) = word(case.name) else { continue };
            let control = would(world, std::slice::from_ref(&case.instruction));
            assert!(control.is_ok(), "{}, sealed {sealed}: {control:?}", case.name);
            let mut groups: Vec<&[&str]> = slots.chunks(1).collect();
            if slots.len() > 1 {
                groups.push(slots);
            }
            for (group, role) in groups.iter().flat_map(|group| roles.map(|role| (group, role))) {
                for attack in stand_ins(case, group, role) {
                    tried += 1;
                    let saved = world.chain.svm.clone();
                    match send(world, &[attack]) {
                        Err(refusal) => {
                            assert!(is_named(&refusal.error), "{}: {refusal}", case.name);
                            assert!(snapshot(&world.chain.svm) == all, "{}: a trace", case.name);
                        }
                        Ok(_) => {
                            assert!(property(world) == before, "{} moved a user's property", case.name);
                            accepted.push(case.name);
                        }
                    }
                    world.chain.svm = saved;
                }
            }
        }
        assert!(tried > 80, "only {tried} attacks");
        assert_eq!(accepted, Vec::<&str>::new(), "sealed {sealed}: of {tried}");
    });
}

#[test]
fn t108_what_a_role_signs_for_reaches_no_user_s_account_and_no_vault() {
    // What set-up alone allows; once sealed, a proposal does it, and T108 to T114 are about that.
    let free = ["seal", "set_price_programs", "add_asset", "add_market", "add_collateral_bank", "reset_breaker"];
    both(|world, cases, sealed| {
        keys(world);
        let before = property(world);
        for case in cases.iter().filter(|case| matches!(word(case.name), Role(_))) {
            let saved = world.chain.svm.clone();
            let outcome = send(world, std::slice::from_ref(&case.instruction));
            if sealed && free.contains(&case.name) {
                let code = outcome.expect_err(case.name).code();
                assert_eq!(code, Some(ERROR_OFFSET + FirebreakError::Sealed as u32), "{}", case.name);
            } else {
                outcome.unwrap_or_else(|refusal| panic!("{}, sealed {sealed}: {refusal}", case.name));
            }
            let mut after = property(world);
            // A new vault is empty, and nobody's yet.
            after.retain(|address, account| before.contains_key(address) || account.data()[64..72] != [0; 8]);
            assert!(after == before, "{} reached a user's property", case.name);
            world.chain.svm = saved;
        }
    });
}

#[test]
fn t108_what_anybody_may_call_does_the_same_for_every_role() {
    both(|world, cases, sealed| {
        keys(world);
        let names = ["newcomer", "authority", "guardian"];
        let rich = Account { lamports: 1 << 50, rent_epoch: u64::MAX, ..Account::default() };
        world.chain.set_account(keypair("newcomer").pubkey(), rich);
        for case in cases.iter().filter(|case| matches!(word(case.name), Nobody)) {
            assert!(case.instruction.accounts.iter().all(|meta| !meta.is_signer), "{}", case.name);
            let effects = names.map(|name| {
                let saved = world.chain.svm.clone();
                let sent = world.chain.send(std::slice::from_ref(&case.instruction), &[&keypair(name)]);
                sent.unwrap_or_else(|refusal| panic!("{} by {name}, sealed {sealed}: {refusal}", case.name));
                let mut after = snapshot(&world.chain.svm);
                after.retain(|address, _| names.iter().all(|name| keypair(name).pubkey() != *address));
                world.chain.svm = saved;
                after
            });
            assert!(effects.iter().all(|effect| *effect == effects[0]), "{} knows who sends it", case.name);
        }
    });
}

/// Everything as it would be if this actor were nobody in particular: its two accounts under other addresses, their owner blanked,
/// its wallet left out.
fn masked(world: &Stage, actor: &Actor) -> BTreeMap<Address, Vec<u8>> {
    let names = [actor.address(), actor.margin, actor.tokens]; // the wallet is none of the accounts below
    let mask = |index: usize| Address::new_from_array([0xe0 + index as u8; 32]);
    let wallets = ["newcomer", "authority", "guardian"].map(|name| keypair(name).pubkey());
    let mut found = BTreeMap::new();
    for (address, account) in snapshot(&world.chain.svm) {
        if wallets.contains(&address) {
            continue;
        }
        let mut data = account.data().to_vec();
        let index = names.iter().position(|name| *name == address);
        if index.is_some() {
            let at = data.windows(32).position(|window| window == names[0].as_ref()).expect("its owner is in it");
            data[at..at + 32].fill(0);
        }
        if address == actor.margin {
            data[BUMP] = 0; // an address's own
        }
        found.insert(index.map_or(address, mask), data);
    }
    found
}

/// Where a margin account keeps its bump.
const BUMP: usize = 8 + core::mem::offset_of!(firebreak::state::MarginAccount, bump);

/// A role with an account of its own is a trader, a liquidator, a buyer like any other.
#[test]
fn t108_a_role_that_trades_is_a_trader() {
    both(|world, cases, sealed| {
        keys(world);
        let names = ["newcomer", "authority", "guardian"];
        let victim = |name: &str, slot: &str| {
            let case = cases.iter().find(|case| case.name == name).expect("there is a case");
            case.instruction.accounts[case.slots.iter().position(|found| *found == slot).expect("a slot")].pubkey
        };
        let (liquidatee, seller) = (victim("liquidate", "liquidatee"), victim("liquidate_collateral", "seller"));
        let (maker, owner) = (victim("take_offer", "maker"), victim("deposit", "margin_account"));
        type Call<'a> = Box<dyn Fn(&Stage, &Actor) -> Instruction + 'a>;
        let calls: [(&str, Call); 6] = [
            (
                "liquidate",
                Box::new(|world, by| world.at.liquidate(0, by.address(), by.margin, liquidatee, u64::MAX, u64::MAX)),
            ),
            (
                "liquidate_collateral",
                Box::new(|world, by| {
                    world.at.liquidate_collateral(1, by.address(), by.margin, seller, u64::MAX, u64::MAX)
                }),
            ),
            ("take_offer", Box::new(|world, by| world.at.take_offer(0, by.address(), by.margin, maker, 10, u64::MAX))),
            ("deposit", Box::new(|world, by| world.at.deposit(0, by.address(), owner, world.quote(by.tokens), DOLLAR))),
            (
                "fund_tranche",
                Box::new(|world, by| world.at.fund_tranche(0, by.address(), world.quote(by.tokens), DOLLAR)),
            ),
            (
                "withdraw",
                Box::new(|world, by| world.at.withdraw(0, by.address(), by.margin, world.quote(by.tokens), DOLLAR)),
            ),
        ];
        for (call, build) in &calls {
            let effects = names.map(|name| {
                let saved = world.chain.svm.clone();
                let actor = arrive(world, name);
                let instruction = build(world, &actor);
                send(world, &[instruction])
                    .unwrap_or_else(|refusal| panic!("{call} by {name}, sealed {sealed}: {refusal}"));
                let after = masked(world, &actor);
                world.chain.svm = saved;
                after
            });
            for (name, effect) in names.iter().zip(&effects) {
                let differs = effect.iter().find(|(address, data)| effects[0].get(address) != Some(data));
                assert!(*effect == effects[0], "{call} by {name}, sealed {sealed}: {differs:?}");
            }
        }
    });
}

/// Gives a key a rich account of its own, in one and the same world.
fn arrive(world: &mut Stage, name: &str) -> Actor {
    let actor = world.actor(name, 8, 20_000 * DOLLAR).unwrap();
    world.mint_to(&world.mint.pubkey(), &actor.tokens, 10_000 * DOLLAR).unwrap();
    let rich = Account { lamports: 1 << 50, rent_epoch: u64::MAX, ..Account::default() };
    world.chain.set_account(actor.address(), rich);
    actor
}
