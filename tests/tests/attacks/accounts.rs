//! T01 to T06, T08 to T12, T101, T105, T106: whose account, and which.

use crate::stage::{
    Stage, VENUE, accepts, add_second_clearinghouse, fund, other_bumps, patch, rejects, rejects_code, rejects_somehow,
    rejects_with, send, stage,
};
use firebreak::{
    instructions::{BankConfig, OfferTerms},
    seeds,
    state::{CROSS, FeedKind, InsuranceFund, MarginAccount},
};
use firebreak_client::{Addresses, FirebreakError, PROGRAM_ID, addresses, instructions as ix};
use firebreak_replay::{
    chain::Chain,
    listing::{self, DOLLAR},
    pyth,
    world::{Actor, keypair},
};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction, error::InstructionError};
use solana_signer::Signer;

/// Of the framework: one account in two places of which one is written.
const DUPLICATE: u32 = 2_040;

fn withdraw(world: &Stage, actor: &Actor) -> Instruction {
    world.at.withdraw(0, actor.address(), actor.margin, world.quote(actor.tokens), DOLLAR)
}

#[test]
fn t01_an_owner_who_does_not_sign_withdraws_nothing() {
    let mut world = stage();
    let alice = world.actor("alice", 4, 100 * DOLLAR).unwrap();
    let mut attack = withdraw(&world, &alice);
    accepts(&mut world, &[attack.clone()]);
    attack.accounts[0].is_signer = false;
    rejects_with(&mut world, InstructionError::MissingRequiredSignature, &[attack]);
}

#[test]
fn t02_a_signer_reaches_only_its_own_account() {
    let mut world = stage();
    let [alice, bob] = ["alice", "bob"].map(|name| world.actor(name, 4, 100 * DOLLAR).unwrap());
    let control = withdraw(&world, &alice);
    accepts(&mut world, &[control]);
    let mut attack = withdraw(&world, &alice);
    attack.accounts[1].pubkey = bob.margin;
    rejects(&mut world, FirebreakError::SignerNotAllowed, &[attack]);
    for attack in [
        ix::set_delegate(alice.address(), bob.margin, keypair("anybody").pubkey()),
        ix::close_margin_account(alice.address(), bob.margin, alice.address()),
        ix::grow_margin_account(world.payer.pubkey(), alice.address(), bob.margin, 8),
        world.at.trade(0, (alice.address(), bob.margin), (alice.address(), alice.margin), 1, 1_500_000),
    ] {
        rejects(&mut world, FirebreakError::SignerNotAllowed, &[attack]);
    }
}

#[test]
fn t03_accounts_of_two_clearinghouses_do_not_mix() {
    let mut world = stage();
    let alice = world.actor("alice", 4, 100 * DOLLAR).unwrap();
    let second = add_second_clearinghouse(&mut world);
    let elsewhere = second.margin_account(&alice.address(), 0);
    let create = second.create_margin_account(world.payer.pubkey(), alice.address(), 0, 4, CROSS);
    send(&mut world, &[create]).unwrap();
    let control = withdraw(&world, &alice);
    accepts(&mut world, std::slice::from_ref(&control));
    for (slot, address) in [(1, elsewhere), (2, second.quote_bank), (3, second.board), (4, second.breaker)] {
        let mut attack = control.clone();
        attack.accounts[slot].pubkey = address;
        rejects(&mut world, FirebreakError::ClearinghouseMismatch, &[attack]);
    }
}

#[test]
fn t04_perfect_bytes_of_another_program_are_not_state() {
    let mut world = stage();
    let alice = world.actor("alice", 4, 100 * DOLLAR).unwrap();
    let control = withdraw(&world, &alice);
    accepts(&mut world, std::slice::from_ref(&control));
    for slot in 1..5 {
        let mut attack = control.clone();
        let fake = keypair(&format!("fake {slot}")).pubkey();
        let account = world.chain.account(&attack.accounts[slot].pubkey).unwrap();
        world.chain.set_account(fake, Account { owner: VENUE, ..account });
        attack.accounts[slot].pubkey = fake;
        rejects_with(&mut world, InstructionError::IllegalOwner, &[attack]);
    }
}

#[test]
fn t05_an_account_of_another_kind_is_refused_by_its_first_bytes() {
    let mut world = stage();
    let alice = world.actor("alice", 4, 100 * DOLLAR).unwrap();
    // The insurance fund's account is the smaller one: padded, its size is right and only its kind is wrong.
    let space = MarginAccount::space(4);
    assert!(8 + size_of::<InsuranceFund>() < space);
    let fund_account = world.at.insurance_fund;
    patch(&mut world, &fund_account, |account| account.data.resize(space, 0));
    let control = withdraw(&world, &alice);
    accepts(&mut world, std::slice::from_ref(&control));
    let mut attack = control;
    attack.accounts[1].pubkey = fund_account;
    rejects_with(&mut world, InstructionError::InvalidAccountData, &[attack]);
}

#[test]
fn t06_nothing_is_created_twice() {
    let mut world = stage();
    let alice = world.actor("alice", 4, 100 * DOLLAR).unwrap();
    let terms = OfferTerms {
        bid_lots: 1,
        ask_lots: 1,
        bid_spread_bps: 1,
        ask_spread_bps: 1,
        expires_at: world.chain.now() + 60,
    };
    world.place_offer(0, &alice, terms).unwrap();
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let (mint, tokens) = (world.mint.pubkey(), world.token_program);
    let config = listing::clearinghouse_config(world.guardian.pubkey());
    let create = |id| Addresses::of_id(id).create_clearinghouse(id, payer, authority, mint, tokens, config);
    let bank = BankConfig {
        asset: 0,
        haircut_bps: 1,
        liquidation_discount_bps: 0,
        deposit_cap: 1,
        surcharge_bps: 0,
        outflow: listing::OUTFLOW,
    };
    accepts(&mut world, &[create(9)]);
    let account = world.at.create_margin_account(payer, alice.address(), 0, 16, CROSS);
    let offer = world.at.place_offer(0, payer, alice.address(), alice.margin, terms);
    for attack in [create(1), account, offer] {
        // The system program's: an account is at this address already.
        rejects_code(&mut world, 0, &[attack]);
    }
    let market = world.at.add_market(payer, authority, 0, listing::majors()[0].market);
    let quote_bank = world.at.add_collateral_bank(payer, authority, mint, tokens, 0, bank);
    for attack in [market, quote_bank] {
        rejects_somehow(&mut world, &[attack]);
    }
    // Half of it: the other accounts are new, the vault exists.
    let mut mixed = create(9);
    mixed.accounts[9].pubkey = world.at.quote_vault;
    rejects(&mut world, FirebreakError::BankAccountMismatch, &[mixed]);
}

#[test]
fn t08_liquidator_is_not_liquidatee() {
    let mut world = stage();
    let [alice, bob] = ["alice", "bob"].map(|name| world.actor(name, 4, 1_000 * DOLLAR).unwrap());
    world.trade(0, &alice, &bob, 6_000, 1_500_000).unwrap();
    world.advance(1).unwrap();
    crate::stage::move_mark(&mut world, 0, 1_400_000);
    let by = |who: &Actor| world.at.liquidate(0, who.address(), who.margin, alice.margin, 1, 0);
    let (own, other) = (by(&alice), by(&bob));
    // Bob is short: taking over a long reduces what he holds. (His limit price is tried elsewhere.)
    let control = world.at.liquidate(0, bob.address(), bob.margin, alice.margin, 1, u64::MAX);
    accepts(&mut world, &[control]);
    rejects(&mut world, FirebreakError::LimitPriceExceeded, &[other]);
    rejects_code(&mut world, DUPLICATE, &[own]);
}

#[test]
fn t09_one_account_is_not_both_sides() {
    let mut world = stage();
    let [alice, bob] = ["alice", "bob"].map(|name| world.actor(name, 4, 1_000 * DOLLAR).unwrap());
    let side = |actor: &Actor| (actor.address(), actor.margin);
    let trade = |a, b| world.at.trade(0, a, b, 1, 1_500_000);
    let (control, own) = (trade(side(&alice), side(&bob)), trade(side(&alice), side(&alice)));
    accepts(&mut world, &[control]);
    rejects_code(&mut world, DUPLICATE, &[own]);

    let expires_at = world.chain.now() + 60;
    let terms = OfferTerms { bid_lots: 9, ask_lots: 9, bid_spread_bps: 1, ask_spread_bps: 1, expires_at };
    world.place_offer(0, &alice, terms).unwrap();
    let take = |taker: &Actor| world.at.take_offer(0, taker.address(), taker.margin, alice.margin, 1, u64::MAX);
    let (control, own) = (take(&bob), take(&alice));
    accepts(&mut world, &[control]);
    rejects_code(&mut world, DUPLICATE, &[own]);

    let mut from_vault = world.at.deposit(0, alice.address(), alice.margin, world.quote(world.at.quote_vault), 1);
    rejects_code(&mut world, DUPLICATE, &[from_vault.clone()]);
    from_vault.accounts[0].pubkey = world.at.quote_vault;
    rejects_code(&mut world, DUPLICATE, &[from_vault]);
    let to_vault = world.at.withdraw(0, alice.address(), alice.margin, world.quote(world.at.quote_vault), 1);
    rejects_code(&mut world, DUPLICATE, &[to_vault]);
}

#[test]
fn t10_an_asset_is_refreshed_once_and_each_by_its_own_feed() {
    let mut world = stage();
    let now = world.chain.now();
    world.chain.set_now(now + 1);
    for asset in 0..2 {
        let row = world.row(asset);
        let update = pyth::Update {
            feed_id: row.primary_feed,
            verification: pyth::Verification::Full,
            price: pyth::raw_price(&row, row.mark + 1),
            confidence: 1,
            exponent: row.primary_exponent,
            publish_time: now + 1,
        };
        world.publish(&update);
    }
    let feeds = [0, 1].map(|asset| (asset, pyth::feed_address(&world.row(asset).primary_feed)));
    let control = world.at.refresh_prices(&feeds);
    accepts(&mut world, std::slice::from_ref(&control));
    for (assets, cause) in [
        (vec![feeds[0], feeds[0]], FirebreakError::PriceAccountsMismatch),
        (vec![feeds[0], (1, feeds[0].1)], FirebreakError::PriceFeedMismatch),
        (vec![(0, feeds[1].1), (1, feeds[0].1)], FirebreakError::PriceFeedMismatch),
        (vec![feeds[0], (64, feeds[1].1)], FirebreakError::AssetMissing),
        (vec![feeds[0], (3, feeds[1].1)], FirebreakError::AssetMissing),
        (vec![], FirebreakError::PriceAccountsMismatch),
    ] {
        let attack = world.at.refresh_prices(&assets);
        rejects(&mut world, cause, &[attack]);
    }
    let (mut fewer, mut more) = (control.clone(), control);
    fewer.accounts.pop();
    more.accounts.push(AccountMeta::new_readonly(feeds[1].1, false));
    rejects(&mut world, FirebreakError::PriceAccountsMismatch, &[fewer]);
    rejects(&mut world, FirebreakError::PriceAccountsMismatch, &[more]);
    assert!(FeedKind::from_u8(0).is_none(), "a feed of no kind cannot be read");
}

#[test]
fn t11_a_bank_signs_for_its_own_vault_only() {
    let mut world = stage();
    let alice = world.actor("alice", 4, 100 * DOLLAR).unwrap();
    let second = add_second_clearinghouse(&mut world);
    let bob_at_home = world.actor("bob", 4, 100 * DOLLAR).unwrap();
    assert_eq!(bob_at_home.margin, world.at.margin_account(&bob_at_home.address(), 0));
    let control = withdraw(&world, &alice);
    accepts(&mut world, std::slice::from_ref(&control));
    for vault in [second.quote_vault, world.at.insurance_vault, alice.tokens] {
        let mut attack = control.clone();
        attack.accounts[6].pubkey = vault;
        rejects_somehow(&mut world, &[attack]);
    }
    // Every vault is its own authority.
    for vault in [world.at.quote_vault, world.at.insurance_vault, second.quote_vault] {
        assert_eq!(world.chain.account(&vault).unwrap().data[32..64], vault.to_bytes());
    }
}

#[test]
fn t12_only_the_canonical_bump_is_created() {
    let mut world = stage();
    let alice = world.actor("alice", 4, 100 * DOLLAR).unwrap();
    let (payer, owner) = (world.payer.pubkey(), alice.address());
    let (clearinghouse, sub_id) = (world.at.clearinghouse, 3_u16.to_le_bytes());
    let create = world.at.create_margin_account(payer, owner, 3, 4, CROSS);
    let expires_at = world.chain.now() + 60;
    let terms = OfferTerms { bid_lots: 1, ask_lots: 1, bid_spread_bps: 1, ask_spread_bps: 1, expires_at };
    let place = world.at.place_offer(0, payer, owner, alice.margin, terms);
    let (mint, authority) = (world.mint.pubkey(), world.authority.pubkey());
    let config = listing::clearinghouse_config(world.guardian.pubkey());
    let other = Addresses::of_id(9);
    let found = other.create_clearinghouse(9, payer, authority, mint, world.token_program, config);
    let id = 9_u64.to_le_bytes();
    let cases: [(&Instruction, usize, Vec<&[u8]>); 8] = [
        (&create, 3, vec![seeds::MARGIN, clearinghouse.as_ref(), owner.as_ref(), &sub_id]),
        (&place, 4, vec![seeds::OFFER, alice.margin.as_ref(), &[0]]),
        (&found, 3, vec![seeds::CLEARINGHOUSE, &id]),
        (&found, 4, vec![seeds::BOARD, other.clearinghouse.as_ref()]),
        (&found, 5, vec![seeds::BREAKER, other.clearinghouse.as_ref()]),
        (&found, 6, vec![seeds::INSURANCE, other.clearinghouse.as_ref()]),
        (&found, 8, vec![seeds::COLLATERAL, other.clearinghouse.as_ref(), &[0]]),
        (&found, 9, vec![seeds::VAULT, other.quote_bank.as_ref()]),
    ];
    for (control, slot, seeds) in cases {
        assert_eq!(control.accounts[slot].pubkey, Address::find_program_address(&seeds, &PROGRAM_ID).0);
        accepts(&mut world, std::slice::from_ref(control));
        let bumps = other_bumps(&seeds);
        assert!(bumps.len() > 64, "about half of all bumps give an address");
        for address in bumps {
            let mut attack = control.clone();
            attack.accounts[slot].pubkey = address;
            rejects_somehow(&mut world, &[attack]);
        }
    }
}

#[test]
fn t101_a_closed_account_does_not_come_back() {
    let mut world = stage();
    let alice = world.actor("alice", 4, 0).unwrap();
    let close = ix::close_margin_account(alice.address(), alice.margin, alice.address());
    let mut refund = 2_u32.to_le_bytes().to_vec(); // the system program's transfer
    refund.extend(10_000_000_u64.to_le_bytes());
    let accounts = vec![AccountMeta::new(alice.address(), true), AccountMeta::new(alice.margin, false)];
    let refund = Instruction { program_id: firebreak_client::SYSTEM_PROGRAM, accounts, data: refund };
    let deposit = world.at.deposit(0, alice.address(), alice.margin, world.quote(alice.tokens), 1);
    let delegate = ix::set_delegate(alice.address(), alice.margin, keypair("anybody").pubkey());
    accepts(&mut world, std::slice::from_ref(&delegate));
    for revived in [deposit, delegate] {
        let too_small = InstructionError::AccountDataTooSmall;
        rejects_with(&mut world, too_small.clone(), &[close.clone(), refund.clone(), revived.clone()]);
        rejects_with(&mut world, too_small, &[close.clone(), revived]);
    }
    // Closed and refunded, it is nobody's; created again, it begins empty.
    send(&mut world, &[close, refund]).unwrap();
    assert_eq!(world.chain.account(&alice.margin).unwrap().data.len(), 0);
    let again = world.at.create_margin_account(world.payer.pubkey(), alice.address(), 0, 4, CROSS);
    send(&mut world, &[again]).unwrap();
    assert_eq!(world.margin(&alice.margin).header.cash, 0);
}

#[test]
fn t105_t106_lamports_sent_beforehand_block_nothing() {
    let mut world = stage();
    let owner = keypair("newcomer").pubkey();
    fund(&mut world, owner, 1 << 40);
    for lamports in [1, 890_880, 50_000_000] {
        let margin = world.at.margin_account(&owner, 0);
        let other = Addresses::of_id(9);
        for address in
            [margin, other.clearinghouse, other.board, other.quote_bank, other.quote_vault, other.insurance_vault]
        {
            fund(&mut world, address, lamports);
        }
        let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
        let config = listing::clearinghouse_config(world.guardian.pubkey());
        let create = world.at.create_margin_account(payer, owner, 0, 4, CROSS);
        let found = other.create_clearinghouse(9, payer, authority, world.mint.pubkey(), world.token_program, config);
        accepts(&mut world, &[create]);
        accepts(&mut world, &[found]);
    }
    assert_eq!(addresses::vault(&world.at.quote_bank), world.at.quote_vault);
}
