use crate::scene::*;
use firebreak::{
    event::CollateralBankAdded,
    state::{CollateralBank, VERSION},
};
use firebreak_client::{TOKEN_2022_PROGRAM, addresses::vault};

/// A world with a mint of nine decimals that is no bank's yet.
fn world_with_a_mint() -> (Bank, Address) {
    let (mut world, mint) = (world(), keypair("collateral mint"));
    world.create_mint(&mint, 9).unwrap();
    (world, mint.pubkey())
}

fn add(world: &Bank, mint: Address, index: u8, config: BankConfig) -> Instruction {
    world.at.add_collateral_bank(payer().pubkey(), authority().pubkey(), mint, world.token_program, index, config)
}

fn sent(world: &mut Bank, instruction: Instruction) -> Sent {
    send(world, instruction, &[&payer(), &authority()])
}

/// The bad configurations are refused, the good one is accepted.
fn rejects(error: FirebreakError, good: fn(&mut BankConfig), bad: &[fn(&mut BankConfig)]) {
    let (mut world, mint) = world_with_a_mint();
    for change in bad {
        let mut config = bank_config();
        change(&mut config);
        let wrong = add(&world, mint, 1, config);
        assert_rejects(&mut world, error, |world| sent(world, wrong));
    }
    let mut config = bank_config();
    good(&mut config);
    let right = add(&world, mint, 1, config);
    sent(&mut world, right).unwrap();
}

#[test]
fn a_bank_is_added_with_a_vault_that_signs_for_itself() {
    let (mut world, mint) = world_with_a_mint();
    let add = add(&world, mint, 1, bank_config());

    let step = succeeds(&mut world, |world| sent(world, add));

    let address = world.at.bank(1);
    step.changes_only([
        created("bank 1"),
        created("vault 1"),
        change("clearinghouse.bank_count", 1, 2),
        change("board.rows[0].collateral_bank", 0, 1),
        // A lot of 10^-2 SOL, at nine decimals.
        change("board.rows[0].lot_atoms_exponent", 0, 7),
        change("board.rows[0].haircut_bps", 0, 1_000),
        change("board.rows[0].haircut_from_bps", 0, 1_000),
        change("board.rows[0].discount_bps", 0, 200),
        // 2^40 atoms, at 10^7 a lot, rounded up.
        change("board.rows[0].cap_lots", 0, 109_952),
    ])
    .emits([&CollateralBankAdded { clearinghouse: world.at.clearinghouse, bank: address, mint }]);
    let bank: CollateralBank = firebreak_client::decode(&world.chain.account(&address).unwrap().data).unwrap();
    let expected = CollateralBank {
        clearinghouse: world.at.clearinghouse,
        mint,
        vault: vault(&address),
        token_program: world.token_program,
        deposit_cap: 1 << 40,
        outflow_floor: 200_000 * DOLLAR,
        small_exit: 1_000 * DOLLAR,
        hourly_share_bps: 2_000,
        daily_share_bps: 5_000,
        asset: 0,
        index: 1,
        decimals: 9,
        bump: bank.bump,
        vault_bump: bank.vault_bump,
        version: VERSION,
        ..bytemuck::Zeroable::zeroed()
    };
    assert_eq!(bank, expected);
    let data = world.chain.account(&vault(&address)).unwrap().data;
    assert_eq!((&data[..32], &data[32..64]), (mint.as_ref(), vault(&address).as_ref()));
}

#[test]
fn rejects_an_index_that_is_not_the_next() {
    let (mut world, mint) = world_with_a_mint();
    for index in [2, 255] {
        let wrong = add(&world, mint, index, bank_config());
        assert_rejects(&mut world, FirebreakError::IndexNotNext, |world| sent(world, wrong));
    }
    let next = add(&world, mint, 1, bank_config());
    sent(&mut world, next).unwrap();
}

#[test]
fn rejects_a_price_that_is_not_on_the_board() {
    let (mut world, mint) = world_with_a_mint();
    for asset in [3, 255] {
        let wrong = add(&world, mint, 1, BankConfig { asset, ..bank_config() });
        assert_rejects(&mut world, FirebreakError::AssetMissing, |world| sent(world, wrong));
    }
    let listed = add(&world, mint, 1, BankConfig { asset: 2, ..bank_config() });
    sent(&mut world, listed).unwrap();
}

#[test]
fn rejects_a_haircut_above_one() {
    rejects(
        FirebreakError::ShareAboveOne,
        |config| config.haircut_bps = 10_000,
        &[|config| config.haircut_bps = 10_001, |config| config.haircut_bps = u32::MAX],
    );
}

/// Selling at such a discount would lower equity.
#[test]
fn rejects_a_discount_that_is_not_below_the_haircut() {
    rejects(
        FirebreakError::DiscountExceedsHaircut,
        |config| config.liquidation_discount_bps = 999,
        &[
            |config| config.liquidation_discount_bps = 1_000,
            |config| config.liquidation_discount_bps = 1_001,
            |config| config.liquidation_discount_bps = u32::MAX,
            |config| (config.haircut_bps, config.liquidation_discount_bps) = (0, 0),
        ],
    );
}

#[test]
fn rejects_outflow_limits_of_a_bank_that_do_not_fit_each_other() {
    rejects(
        FirebreakError::OutflowLimitsInconsistent,
        |config| config.outflow.hourly_share_bps = config.outflow.daily_share_bps,
        &[
            |config| config.outflow.hourly_share_bps = config.outflow.daily_share_bps + 1,
            |config| config.outflow.outflow_floor = 0,
        ],
    );
}

/// A lot is 10^7 atoms, and collateral is at most 2^28 lots.
#[test]
fn rejects_a_cap_beyond_the_largest_position() {
    const BEYOND: u64 = ((1 << 28) + 1) * 10_000_000;
    rejects(
        FirebreakError::CapOutOfRange,
        |config| config.deposit_cap = BEYOND - 1,
        &[|config| config.deposit_cap = BEYOND, |config| config.deposit_cap = u64::MAX],
    );
}

/// Nine decimals: lots of 10^0 to 10^9 atoms can be valued.
#[test]
fn rejects_a_lot_of_less_than_an_atom_or_of_too_many() {
    let (mut world, mint) = world_with_a_mint();
    for (asset, lot_exponent) in [(3, -10), (4, 1), (5, -9), (6, 0)] {
        world.list(asset, &listing::listing("MORE", lot_exponent)).unwrap();
    }
    for asset in [3, 4] {
        let wrong = add(&world, mint, 1, BankConfig { asset, deposit_cap: 1, ..bank_config() });
        assert_rejects(&mut world, FirebreakError::LotOutOfRange, |world| sent(world, wrong));
    }
    for (index, asset, exponent) in [(1, 5, 0), (2, 6, 9)] {
        let right = add(&world, mint, index, BankConfig { asset, deposit_cap: 1, ..bank_config() });
        sent(&mut world, right).unwrap();
        assert_eq!(world.row(asset).lot_atoms_exponent, exponent);
    }
}

#[test]
fn rejects_a_second_bank_of_an_asset() {
    let (mut world, mint) = world_with_a_mint();
    let first = add(&world, mint, 1, bank_config());
    sent(&mut world, first).unwrap();
    let second = add(&world, mint, 2, bank_config());
    assert_rejects(&mut world, FirebreakError::BankExists, |world| sent(world, second));
    let other = add(&world, mint, 2, BankConfig { asset: 1, ..bank_config() });
    sent(&mut world, other).unwrap();
}

#[test]
fn rejects_the_quote_mint_another_token_program_and_a_vault_elsewhere() {
    let (mut world, mint) = world_with_a_mint();
    let good = add(&world, mint, 1, bank_config());
    let wrong = [
        add(&world, world.mint.pubkey(), 1, bank_config()),
        swapped(good.clone(), world.token_program, TOKEN_2022_PROGRAM),
        swapped(good.clone(), vault(&world.at.bank(1)), keypair("elsewhere").pubkey()),
    ];
    for wrong in wrong {
        assert_rejects(&mut world, FirebreakError::BankAccountMismatch, |world| sent(world, wrong));
    }
    sent(&mut world, good).unwrap();
}

#[test]
fn rejects_a_mint_of_more_than_nine_decimals() {
    let (mut world, mint) = world_with_a_mint();
    let fine = keypair("mint of ten");
    world.create_mint(&fine, 10).unwrap();
    let wrong = add(&world, fine.pubkey(), 1, bank_config());
    assert_rejects(&mut world, FirebreakError::MintDecimalsOutOfRange, |world| sent(world, wrong));
    let good = add(&world, mint, 1, bank_config());
    sent(&mut world, good).unwrap();
}

#[test]
fn rejects_a_bank_by_anybody_else_once_sealed_or_with_another_board() {
    let (mut world, mint) = world_with_a_mint();
    let theirs = other_clearinghouse(&mut world);
    let own = add(&world, mint, 1, bank_config());
    let by_guardian = swapped(own.clone(), authority().pubkey(), guardian().pubkey());
    let foreign = swapped(own.clone(), world.at.board, theirs.board);
    assert_rejects(&mut world, FirebreakError::SignerNotAuthority, |world| {
        send(world, by_guardian, &[&payer(), &guardian()])
    });
    assert_rejects(&mut world, FirebreakError::ClearinghouseMismatch, |world| sent(world, foreign));
    seal(&mut world);
    assert_rejects(&mut world, FirebreakError::Sealed, |world| sent(world, own.clone()));
    let clearinghouse = world.at.clearinghouse;
    edit::<firebreak::state::Clearinghouse, _>(&mut world, &clearinghouse, |clearinghouse| clearinghouse.sealed = 0);
    sent(&mut world, own).unwrap();
}
