//! I-15 for the columns: what they leave out, the program would not let anybody liquidate.

use bytemuck::Zeroable;
use firebreak::state::{AssetRow, CROSS, CollateralSlot, MarginAccount, Position, RiskBoard, SideIndices};
use firebreak_client::{Board, MarginAccountView};
use firebreak_keeper::columns::Columns;
use proptest::prelude::*;
use risk::{PriceQuality, SCALE_ONE};

const NOW: i64 = 1_000;
const ASSETS: usize = 5;

/// A side on which nothing, funding, or deleveraging happened; sometimes in its second epoch.
fn side() -> impl Strategy<Value = SideIndices> {
    let scale = prop_oneof![3 => Just(SCALE_ONE), 1 => (SCALE_ONE >> 5)..SCALE_ONE];
    let charge = prop_oneof![Just(0_i64), -(1_i64 << 40)..(1 << 40)];
    (scale, charge, 0..2_u16, prop_oneof![Just(0), (SCALE_ONE >> 6)..=SCALE_ONE]).prop_map(
        |(scale, charge, epoch, last_scale)| SideIndices {
            scale,
            charge,
            last_scale: if epoch == 0 { 0 } else { last_scale },
            last_charge: if epoch == 0 { 0 } else { charge / 2 },
            epoch,
            reserved: [0; 6],
        },
    )
}

prop_compose! {
    fn row()(
        mark in prop_oneof![900_000..1_100_000_u64, 1..risk::MAX_PRICE],
        (ratio_bps, depth, weight_bps, group) in (1..5_000_u64, prop_oneof![Just(0), 4_096..1_000_000_u64], 0..9_000_u64, 0..4_u8),
        (long_side, short_side) in (side(), side()),
        (haircut_bps, surcharge_bps, cap_lots) in (0..10_000_u32, 0..5_000_u32, prop_oneof![Just(0), 1..10_000_u32]),
        quality in prop_oneof![8 => Just(PriceQuality::Fresh), 1 => Just(PriceQuality::Uncertain), 1 => Just(PriceQuality::Stale)],
    ) -> AssetRow {
        let margin = (mark * ratio_bps).div_ceil(10_000);
        AssetRow {
            mark,
            maintenance_margin: margin,
            maintenance_liquidity: risk::liquidity_up(margin, depth),
            maintenance_grouped: if group == 0 { 0 } else { margin * weight_bps / 10_000 },
            group, long_side, short_side, haircut_bps, surcharge_bps, cap_lots,
            haircut_from_bps: haircut_bps,
            maintenance_multiplier_bps: 10_000,
            lot_atoms_exponent: 6,
            publish_time: NOW,
            max_age_seconds: 60,
            fresh_age_seconds: 15,
            quality: quality as u8,
            ..AssetRow::zeroed()
        }
    }
}

fn board() -> impl Strategy<Value = Board> {
    proptest::collection::vec(row(), ASSETS).prop_map(|rows| Board { header: RiskBoard::zeroed(), rows })
}

prop_compose! {
    fn position()(
        size in prop_oneof![1 => Just(0), 6 => -5_000..5_000_i32, 1 => -(1 << 28)..(1 << 28_i32)],
        paid in 900_000..1_100_000_i64,
        debt in -1_000_000..1_000_000_i64,
        (scale, charge, epoch) in (prop_oneof![4 => Just(SCALE_ONE), 1 => (SCALE_ONE >> 5)..=SCALE_ONE], -(1_i64 << 40)..(1 << 40), 0..2_u16),
        is_new in any::<bool>(),
    ) -> Position {
        let (side_scale, side_charge, side_epoch) = if is_new { (SCALE_ONE, 0, 0) } else { (scale, charge, epoch) };
        Position { entry: i64::from(size) * paid + debt, size, side_scale, side_charge, side_epoch, ..Position::default() }
    }
}

prop_compose! {
    fn account()(
        cash in prop_oneof![Just(0), 0..3_000_000_000_u64],
        positions in proptest::collection::btree_map(0..ASSETS as u8 + 1, position(), 0..4),
        collateral in proptest::collection::btree_map(0..ASSETS as u8, 1..20_000_000_000_u64, 0..3),
        has_collateral in any::<bool>(),
    ) -> MarginAccountView {
        let mut header = MarginAccount { cash, isolated_market: CROSS, position_count: positions.len() as u8, ..MarginAccount::zeroed() };
        let held = collateral.iter().filter(|_| has_collateral);
        for (slot, (asset, amount)) in header.collateral.iter_mut().zip(held) {
            *slot = CollateralSlot { amount: *amount, bank: asset + 1, asset: *asset, ..CollateralSlot::default() };
        }
        let mut slots: Vec<Position> = positions.iter().map(|(market, position)| Position { market: *market, ..*position }).collect();
        slots.resize(4, Position::default());
        MarginAccountView { header, slots }
    }
}

/// Changes a row by one field alone.
fn take_one(row: &mut AssetRow, from: &AssetRow, field: u8) {
    match field {
        0 => row.maintenance_margin = from.maintenance_margin,
        1 => row.maintenance_liquidity = from.maintenance_liquidity,
        2 => row.maintenance_grouped = from.maintenance_grouped.min(row.maintenance_margin),
        3 => row.group = from.group,
        4 => row.long_side = from.long_side,
        5 => row.short_side = from.short_side,
        6 => (row.haircut_bps, row.haircut_from_bps) = (from.haircut_bps, from.haircut_bps),
        _ => row.mark = from.mark,
    }
}

/// Holds the columns against the program: nobody is missed, and without collateral the slack is the program's to the atom.
fn hold_against_the_program(
    columns: &mut Columns,
    accounts: &[MarginAccountView],
    board: &Board,
) -> Result<(), TestCaseError> {
    let found: Vec<u32> = columns.scan(accounts, board, NOW).iter().map(|below| below.account).collect();
    let candidates: Vec<u32> = columns.candidates().collect();
    for (number, account) in (0_u32..).zip(accounts) {
        let Ok(exact) = account.value_for_maintenance(board, NOW) else {
            prop_assert!(!found.contains(&number), "nobody may liquidate account {number}");
            continue;
        };
        let slack = i128::from(exact.equity) - i128::from(exact.requirement);
        let bound = columns.slack(number).unwrap();
        if account.header.has_collateral() {
            // The program leaves collateral out where the rest is enough.
            prop_assert!(bound <= slack || exact.is_covered(), "account {number}: {bound} above {slack}");
        } else {
            prop_assert_eq!(bound, slack, "account {}", number);
        }
        prop_assert!(exact.is_covered() || candidates.contains(&number), "account {number} was missed");
        prop_assert_eq!(found.contains(&number), !exact.is_covered());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn i15_no_account_below_maintenance_is_missed(
        mut accounts in proptest::collection::vec(account(), 1..12),
        boards in proptest::collection::vec(board(), 2..5),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), account()), 0..8),
        single in proptest::collection::vec((0..ASSETS, row(), 0..8_u8), 0..12),
    ) {
        let mut columns = Columns::new(&accounts, &boards[0]);
        hold_against_the_program(&mut columns, &accounts, &boards[0])?;
        for board in &boards[1..] {
            hold_against_the_program(&mut columns, &accounts, board)?;
            for (index, after) in &changes {
                let number = index.index(accounts.len());
                columns.replace(number as u32, &accounts[number], after);
                accounts[number] = after.clone();
            }
            hold_against_the_program(&mut columns, &accounts, board)?;
        }
        let mut board = boards[boards.len() - 1].clone();
        for (asset, row, field) in single {
            take_one(&mut board.rows[asset], &row, field);
            hold_against_the_program(&mut columns, &accounts, &board)?;
        }
        // What was put in comes out: nothing wears out, and nothing is left behind.
        let fresh = Columns::new(&accounts, &board);
        for number in 0..accounts.len() as u32 {
            prop_assert_eq!(columns.slack(number), fresh.slack(number));
        }
    }
}

#[test]
fn the_same_prices_again_cost_nothing_and_a_free_number_is_nobody_s() {
    let board = firebreak_keeper::population::board();
    let accounts = firebreak_keeper::population::accounts(200, 1);
    let mut columns = Columns::new(&accounts, &board);
    assert!(columns.scan(&accounts, &board, firebreak_keeper::population::NOW).is_empty());
    let mut fallen = board.clone();
    firebreak_keeper::population::set_mark(&mut fallen, 0, 700_000);
    let below = columns.scan(&accounts, &fallen, firebreak_keeper::population::NOW);
    assert!(!below.is_empty() && below.len() < accounts.len());
    for one in &below {
        columns.remove(one.account, &accounts[one.account as usize]);
    }
    assert!(columns.scan(&accounts, &fallen, firebreak_keeper::population::NOW).is_empty());
    assert_eq!(columns.len(), accounts.len());
}
