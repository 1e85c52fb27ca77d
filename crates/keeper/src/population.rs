//! Accounts and a board made up from one seed: what the scan is measured on.

use bytemuck::Zeroable;
use firebreak::state::{AssetRow, CROSS, CollateralSlot, MarginAccount, Position, RiskBoard};
use firebreak_client::{Board, MarginAccountView};
use rand_chacha::{
    ChaCha12Rng,
    rand_core::{RngCore, SeedableRng},
};
use risk::{PriceQuality, SideIndex};

/// Unix seconds at which every price of the board is fresh.
pub const NOW: i64 = 1_760_000_000;
const MARKETS: u8 = 8;
const MARK: u64 = 1_000_000;
/// Quote atoms that one lot requires at maintenance.
const MAINTENANCE: u64 = MARK / 20;

/// Eight markets in three groups, margins of 10 % and 5 %, with depth and opposite positions offset by half; the last asset is
/// collateral at a haircut of a tenth, which counts less beside longs of its group.
pub fn board() -> Board {
    let row = |group| AssetRow {
        publish_time: NOW,
        fresh_until: NOW + 15,
        quality: PriceQuality::Fresh as u8,
        max_age_seconds: 60,
        fresh_age_seconds: 15,
        gain_weight_bps: 8_000,
        maintenance_multiplier_bps: 10_000,
        initial_multiplier_bps: 10_000,
        long_side: SideIndex::NEW.into(),
        short_side: SideIndex::NEW.into(),
        has_market: 1,
        lot_atoms_exponent: 6,
        group,
        haircut_bps: 1_000,
        haircut_from_bps: 1_000,
        discount_bps: 500,
        cap_lots: 1 << 27,
        surcharge_bps: 1_000,
        ..AssetRow::zeroed()
    };
    let mut board = Board { header: RiskBoard::zeroed(), rows: [1, 1, 1, 2, 2, 3, 0, 0].map(row).to_vec() };
    (0..MARKETS).for_each(|market| set_mark(&mut board, market, MARK));
    board
}

/// Puts a price on a row, with the margins that follow from it.
pub fn set_mark(board: &mut Board, market: u8, mark: u64) {
    let row = &mut board.rows[market as usize];
    row.mark = mark;
    (row.long_price, row.short_price) = (mark, mark);
    row.maintenance_margin = mark.div_ceil(20);
    (row.initial_margin, row.takeover_margin) = (mark.div_ceil(10), mark.div_ceil(10));
    row.maintenance_liquidity = risk::liquidity_up(row.maintenance_margin, 1 << 20);
    row.maintenance_grouped = if row.group == 0 { 0 } else { row.maintenance_margin / 2 };
}

/// Accounts with one to four positions each, the first market's among them, and cash of 1.02 to 11 times what they require; every fourth has
/// collateral. What falls by 3 % takes about one in two hundred of them below maintenance.
pub fn accounts(count: usize, seed: u64) -> Vec<MarginAccountView> {
    let mut dice = ChaCha12Rng::seed_from_u64(seed);
    (0..count).map(|_| account(&mut dice)).collect()
}

fn account(dice: &mut ChaCha12Rng) -> MarginAccountView {
    let mut below = |bound: u32| dice.next_u32() % bound;
    let open = 1 + below(4) as u8;
    let first = below(u32::from(MARKETS)) as u8;
    let mut slots = vec![Position::default(); 4];
    let mut required = 0;
    for (index, slot) in (0_u8..).zip(slots.iter_mut().take(usize::from(open))) {
        let lots = 10 + below(5_000) as i32;
        let size = if below(2) == 0 { lots } else { -lots };
        let market = if index == 0 { 0 } else { 1 + (first + index) % (MARKETS - 1) };
        *slot = Position { market, size, entry: i64::from(size) * MARK as i64, ..Position::default() };
        slot.set_stamp(SideIndex::NEW.stamp());
        required += lots as u64 * MAINTENANCE;
    }
    let cash = required + required / 100 * (2 + u64::from(below(1_000)));
    let mut header = MarginAccount { cash, position_count: open, isolated_market: CROSS, ..MarginAccount::zeroed() };
    if below(4) == 0 {
        // A part of the cash is collateral instead, at what it counts.
        header.cash -= header.cash / 4;
        let amount = (cash / 4).saturating_mul(5) / 4; // a lot is 10^6 atoms and worth 10^6: haircut and surcharge are less than a fifth
        header.collateral[0] = CollateralSlot { amount, bank: 1, asset: MARKETS - 1, ..CollateralSlot::default() };
    }
    MarginAccountView { header, slots }
}
