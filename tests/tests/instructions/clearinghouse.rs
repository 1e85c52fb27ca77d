//! `create_clearinghouse` and `set_price_programs`.

use crate::scene::*;
use firebreak::{
    event::ClearinghouseCreated,
    state::{CircuitBreaker, Clearinghouse, CollateralBank, InsuranceFund, VERSION},
};
use firebreak_client::{Board, MarginAccountView, TOKEN_2022_PROGRAM, TOKEN_PROGRAM, decode};
use firebreak_replay::pyth;

fn config() -> ClearinghouseConfig {
    listing::clearinghouse_config(guardian().pubkey())
}

/// A second clearinghouse, with its own id, in a mint.
fn create(id: u64, mint: Address, token_program: Address, config: ClearinghouseConfig) -> Instruction {
    let at = Addresses::of_id(id);
    at.create_clearinghouse(id, payer().pubkey(), authority().pubkey(), mint, token_program, config)
}

fn sent(world: &mut Bank, instruction: Instruction) -> Sent {
    send(world, instruction, &[&payer(), &authority()])
}

fn read<T: bytemuck::Pod + anchor_lang::Discriminator>(world: &mut Bank, address: Address) -> T {
    decode(&world.chain.account(&address).unwrap().data).unwrap()
}

#[test]
fn a_clearinghouse_begins_with_all_its_accounts_as_configured() {
    let mut world = world();
    let (at, mint) = (Addresses::of_id(7), world.mint.pubkey());
    let config = ClearinghouseConfig { delay_seconds: 200_000, quote_deposit_cap: 12_345, ..config() };

    let receipt = sent(&mut world, create(7, mint, TOKEN_PROGRAM, config)).unwrap();

    let event = ClearinghouseCreated {
        clearinghouse: at.clearinghouse,
        authority: authority().pubkey(),
        guardian: guardian().pubkey(),
        quote_mint: mint,
    };
    assert_eq!(firebreak_tests::step::events(&receipt), [anchor_lang::Event::data(&event)]);
    let root: Clearinghouse = read(&mut world, at.clearinghouse);
    let expected = Clearinghouse {
        authority: authority().pubkey(),
        guardian: guardian().pubkey(),
        quote_mint: mint,
        id: 7,
        delay_seconds: 200_000,
        quote_decimals: 6,
        bank_count: 1,
        bump: root.bump,
        version: VERSION,
        ..bytemuck::Zeroable::zeroed()
    };
    assert_eq!(root, expected);
    let board = Board::decode(&world.chain.account(&at.board).unwrap().data).unwrap();
    assert_eq!((board.header.clearinghouse, board.rows.len()), (at.clearinghouse, 0));
    assert_eq!(board.header.receivers, config.price_programs.receivers);
    assert_eq!(board.header.legacy_program, pyth::LEGACY_PROGRAM);
    let breaker: CircuitBreaker = read(&mut world, at.breaker);
    assert_eq!((breaker.clearinghouse, breaker.global), (at.clearinghouse, Default::default()));
    assert!(breaker.markets.iter().all(|market| *market == Default::default()));
    let bank: CollateralBank = read(&mut world, at.quote_bank);
    let expected = CollateralBank {
        clearinghouse: at.clearinghouse,
        mint,
        vault: at.quote_vault,
        token_program: TOKEN_PROGRAM,
        deposit_cap: 12_345,
        outflow_floor: 200_000 * DOLLAR,
        small_exit: 1_000 * DOLLAR,
        hourly_share_bps: 2_000,
        daily_share_bps: 5_000,
        asset: 255,
        decimals: 6,
        bump: bank.bump,
        vault_bump: bank.vault_bump,
        version: VERSION,
        ..bytemuck::Zeroable::zeroed()
    };
    assert_eq!(bank, expected);
    let fund: InsuranceFund = read(&mut world, at.insurance_fund);
    assert_eq!((fund.clearinghouse, fund.vault), (at.clearinghouse, at.insurance_vault));
    assert_eq!((fund.assets, fund.shares, fund.cooldown_seconds), (0, 0, 14 * 86_400));
    // Each vault holds the mint and is its own authority.
    for vault in [at.quote_vault, at.insurance_vault] {
        let data = world.chain.account(&vault).unwrap().data;
        assert_eq!((&data[..32], &data[32..64]), (mint.as_ref(), vault.as_ref()));
        assert!(MarginAccountView::decode(&data).is_err());
    }
}

/// Sends each configuration: the good must be accepted, the bad refused.
fn rejects(error: FirebreakError, good: &[fn(&mut ClearinghouseConfig)], bad: &[fn(&mut ClearinghouseConfig)]) {
    let mut world = world();
    let mint = world.mint.pubkey();
    for (index, change) in good.iter().enumerate() {
        let mut config = config();
        change(&mut config);
        sent(&mut world, create(10 + index as u64, mint, TOKEN_PROGRAM, config)).unwrap();
    }
    for change in bad {
        let mut config = config();
        change(&mut config);
        assert_rejects(&mut world, error, |world| sent(world, create(9, mint, TOKEN_PROGRAM, config)));
    }
}

#[test]
fn rejects_a_guardian_that_is_the_authority_or_nobody() {
    rejects(
        FirebreakError::KeysNotDistinct,
        &[|_| {}],
        &[|c| c.guardian = authority().pubkey(), |c| c.guardian = Address::default()],
    );
}

#[test]
fn rejects_a_delay_below_two_days_or_beyond_thirty() {
    rejects(
        FirebreakError::DurationOutOfRange,
        &[|c| c.delay_seconds = 172_800, |c| c.delay_seconds = 2_592_000],
        &[|c| c.delay_seconds = 172_799, |c| c.delay_seconds = 2_592_001, |c| c.delay_seconds = 0],
    );
}

/// Beyond 2^62 atoms an account's cash would no longer fit a signed sum.
#[test]
fn rejects_a_quote_cap_of_zero_or_beyond_what_can_be_valued() {
    rejects(
        FirebreakError::CapOutOfRange,
        &[|c| c.quote_deposit_cap = 1, |c| c.quote_deposit_cap = 1 << 62],
        &[|c| c.quote_deposit_cap = 0, |c| c.quote_deposit_cap = (1 << 62) + 1],
    );
}

#[test]
fn rejects_outflow_limits_that_do_not_fit_each_other() {
    rejects(
        FirebreakError::OutflowLimitsInconsistent,
        &[|c| c.outflow.hourly_share_bps = 5_000, |c| c.outflow.small_exit = c.outflow.outflow_floor / 8],
        &[
            |c| c.outflow.hourly_share_bps = 5_001,
            |c| c.outflow.hourly_share_bps = 0,
            |c| c.outflow.daily_share_bps = 20_001,
            |c| c.outflow.outflow_floor = 172_799,
            |c| c.outflow.small_exit = c.outflow.outflow_floor / 8 + 1,
        ],
    );
}

#[test]
fn rejects_a_clearinghouse_without_any_price_program() {
    rejects(
        FirebreakError::PriceProgramsInvalid,
        &[
            |c| c.price_programs.legacy_program = Address::default(),
            |c| c.price_programs.receivers = [Address::default(); 4],
            |c| (c.price_programs.receivers[0], c.price_programs.receivers[3]) = (Address::default(), pyth::RECEIVER),
        ],
        &[|c| {
            c.price_programs.receivers = [Address::default(); 4];
            c.price_programs.legacy_program = Address::default();
        }],
    );
}

#[test]
fn rejects_a_mint_of_more_than_nine_decimals() {
    let mut world = world();
    for decimals in [0, 9, 10] {
        let mint = keypair(&format!("mint of {decimals}"));
        world.create_mint(&mint, decimals).unwrap();
        let create = create(20 + u64::from(decimals), mint.pubkey(), TOKEN_PROGRAM, config());
        match decimals {
            10 => assert_rejects(&mut world, FirebreakError::MintDecimalsOutOfRange, |world| sent(world, create)),
            _ => drop(sent(&mut world, create).unwrap()),
        }
    }
}

#[test]
fn rejects_a_token_program_that_does_not_own_the_mint_and_vaults_elsewhere() {
    let mut world = world();
    let at = Addresses::of_id(9);
    let good = create(9, world.mint.pubkey(), TOKEN_PROGRAM, config());
    let wrong = [
        create(9, world.mint.pubkey(), TOKEN_2022_PROGRAM, config()),
        swapped(good.clone(), at.quote_vault, keypair("elsewhere").pubkey()),
        swapped(good.clone(), at.insurance_vault, keypair("elsewhere").pubkey()),
    ];
    for wrong in wrong {
        assert_rejects(&mut world, FirebreakError::BankAccountMismatch, |world| sent(world, wrong));
    }
    sent(&mut world, good).unwrap();
}

#[test]
fn rejects_an_id_that_is_taken() {
    let mut world = world();
    let again = create(1, world.mint.pubkey(), TOKEN_PROGRAM, config());
    assert_rejects(&mut world, 0_u32, |world| sent(world, again));
}

// ---- set_price_programs -------------------------------------------------------------------------------------------

fn programs(first: Address) -> PricePrograms {
    let mut receivers = [Address::default(); 4];
    receivers[2] = first;
    PricePrograms { receivers, legacy_program: Address::default() }
}

#[test]
fn the_authority_replaces_the_price_programs_before_sealing() {
    let mut world = world();
    let other = keypair("another receiver").pubkey();
    let set = world.at.set_price_programs(authority().pubkey(), programs(other));

    let step = succeeds(&mut world, |world| send(world, set, &[&authority()]));

    let none = Address::default();
    step.changes_only([
        change("board.receivers[0]", pyth::RECEIVER, none),
        change("board.receivers[2]", none, other),
        change("board.legacy_program", pyth::LEGACY_PROGRAM, none),
    ]);
    // The receiver accepted so far is refused from now on.
    world.chain.set_now(NOW + 1);
    let update = firebreak_replay::pyth::Update {
        feed_id: world.row(0).primary_feed,
        verification: pyth::Verification::Full,
        price: 15_000_000_000,
        confidence: 1,
        exponent: -8,
        publish_time: NOW + 1,
    };
    world.publish(&update);
    assert_rejects(&mut world, FirebreakError::PriceAccountOwner, |world| world.refresh(&[0]));
}

/// A free place holds the default key, which owns everybody's plain accounts: it accepts nothing.
#[test]
fn rejects_an_account_of_the_system_program_though_a_place_is_free() {
    let mut world = world();
    world.chain.set_now(NOW + 1);
    let row = world.row(0);
    let update = pyth::Update {
        feed_id: row.primary_feed,
        verification: pyth::Verification::Full,
        price: 15_000_000_000,
        confidence: 1,
        exponent: -8,
        publish_time: NOW + 1,
    };
    let account = pyth::oracle_account(update.to_bytes(), firebreak_client::SYSTEM_PROGRAM);
    world.chain.set_account(pyth::feed_address(&row.primary_feed), account);
    assert_rejects(&mut world, FirebreakError::PriceAccountOwner, |world| world.refresh(&[0]));
    world.publish(&update);
    world.refresh(&[0]).unwrap();
}

#[test]
fn rejects_leaving_no_price_program() {
    let mut world = world();
    let set = |programs| world.at.set_price_programs(authority().pubkey(), programs);
    let (good, bad) = (set(programs(pyth::RECEIVER)), set(programs(Address::default())));
    send(&mut world, good, &[&authority()]).unwrap();
    assert_rejects(&mut world, FirebreakError::PriceProgramsInvalid, |world| send(world, bad, &[&authority()]));
}

#[test]
fn rejects_price_programs_by_anybody_else_once_sealed_or_for_another_board() {
    let mut world = world();
    let theirs = other_clearinghouse(&mut world);
    let by = |key: Address| world.at.set_price_programs(key, programs(pyth::RECEIVER));
    let (own, foreign_key) = (by(authority().pubkey()), by(guardian().pubkey()));
    let foreign = swapped(own.clone(), world.at.board, theirs.board);
    assert_rejects(&mut world, FirebreakError::SignerNotAuthority, |world| send(world, foreign_key, &[&guardian()]));
    assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| send(world, foreign, &[&authority()]));
    send(&mut world, own.clone(), &[&authority()]).unwrap();
    seal(&mut world);
    assert_rejects(&mut world, FirebreakError::Sealed, |world| send(world, own, &[&authority()]));
}
