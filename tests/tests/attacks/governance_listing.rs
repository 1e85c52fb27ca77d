//! T114: new tokens and new oracles.

use crate::{
    governance::{DELAY, pass, proposed, sealed_stage, worthless_token},
    stage::{accepts, confirm_mark, rejects, send, stage},
};
use firebreak::{governance::Change, instructions::PricePrograms};
use firebreak_client::{FirebreakError, instructions::TokenSide};
use firebreak_replay::{chain::Chain, pyth, world::keypair};
use solana_address::Address;
use solana_signer::Signer;

/// Listed after two days, with a feed its maker controls: on the first day it carries what 4,096 lots carry, whatever the price says.
#[test]
fn t114_a_brand_new_token_borrows_its_probation_and_no_more() {
    let mut world = stage();
    let mallory = world.actor("mallory", 4, 0).unwrap();
    let (mint, call, change) = worthless_token(&mut world);
    world.seal().unwrap();
    let id = proposed(&mut world, change);
    let listed = world.at.under_proposal(id, call);
    rejects(&mut world, FirebreakError::ProposalTooEarly, std::slice::from_ref(&listed));
    pass(&mut world, DELAY);
    send(&mut world, &[listed]).unwrap();
    let tokens = keypair("mallory's worthless");
    world.create_token_account(&tokens, &mint, &mallory.address()).unwrap();
    world.mint_to(&mint, &tokens.pubkey(), 1 << 60).unwrap();
    let side = TokenSide { mint, token_program: world.token_program, token_account: tokens.pubkey() };
    let at = world.at;
    let deposit = |amount| at.deposit(1, mallory.address(), mallory.margin, side, amount);
    // A lot is 10^7 atoms.
    let first_day = 4_096 * 10_000_000;
    let (all, more) = (deposit(first_day), deposit(first_day + 1));
    accepts(&mut world, std::slice::from_ref(&all));
    rejects(&mut world, FirebreakError::DepositCapExceeded, &[more]);
    send(&mut world, &[all]).unwrap();
    let atom = deposit(1);
    rejects(&mut world, FirebreakError::DepositCapExceeded, std::slice::from_ref(&atom));
    // Twice as much the day after, and its own cap in two weeks.
    pass(&mut world, 86_399);
    rejects(&mut world, FirebreakError::DepositCapExceeded, std::slice::from_ref(&atom));
    pass(&mut world, 1);
    let (second_day, beyond) = (deposit(first_day), deposit(first_day + 1));
    accepts(&mut world, &[second_day]);
    rejects(&mut world, FirebreakError::DepositCapExceeded, &[beyond]);
    // At the highest price that there is, all of it is worth 4,096 times 2^30 atoms less the haircut: a bound in dollars.
    confirm_mark(&mut world, 3, risk::MAX_PRICE);
    let board = world.board();
    let view = world.margin(&mallory.margin);
    let now = world.chain.now();
    let worth = view.value_for_initial(&board, now).unwrap().equity.unsigned_abs();
    assert!(worth < 4_096 * risk::MAX_PRICE, "{worth}");
}

#[test]
fn t114_an_oracle_s_owner_is_not_exchanged_before_the_delay() {
    let (mut world, ..) = sealed_stage();
    let authority = world.authority.pubkey();
    let mine = PricePrograms { receivers: [keypair("mine").pubkey(); 4], legacy_program: Address::default() };
    let set = world.at.set_price_programs(authority, mine);
    rejects(&mut world, FirebreakError::Sealed, std::slice::from_ref(&set));
    let id = proposed(&mut world, Change::SetPricePrograms { programs: mine });
    let set = world.at.under_proposal(id, set);
    rejects(&mut world, FirebreakError::ProposalTooEarly, std::slice::from_ref(&set));
    // Nor by another proposal, a forged one, or one of the other kind.
    let same = PricePrograms { receivers: [pyth::RECEIVER; 4], legacy_program: pyth::LEGACY_PROGRAM };
    let other = proposed(&mut world, Change::SetPricePrograms { programs: same });
    pass(&mut world, DELAY);
    let wrong = world.at.under_proposal(other, world.at.set_price_programs(authority, mine));
    rejects(&mut world, FirebreakError::ProposalMismatch, &[wrong]);
    let forged = keypair("forged").pubkey();
    let mut account = world.chain.account(&world.at.proposal(id)).unwrap();
    account.owner = crate::stage::VENUE;
    world.chain.set_account(forged, account);
    let mut attack = world.at.set_price_programs(authority, mine);
    attack.accounts.push(solana_instruction::AccountMeta::new(forged, false));
    crate::stage::rejects_somehow(&mut world, &[attack]);
    accepts(&mut world, &[set]);
}
