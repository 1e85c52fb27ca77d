//! A position brought to its side's indices, worked out a second time from the arithmetic's own page
//! (docs/auto-deleveraging.md).

use firebreak::state::{AssetRow, Market, Position};
use firebreak_client::MarginAccountView;

use super::funding::fund_own;
use crate::simulation::state::State;

/// Fraction bits of lots.
pub const LOT: i128 = 1 << 32;

/// What a touch makes of a position, and what the market's books lose to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    pub size: i128,
    pub entry: i128,
    /// What the position is charged: off the carry.
    pub charge: i128,
    /// What the fraction of a lot costs it: off the dust's entry.
    pub fraction: i128,
    /// Lots it still has, with 32 fraction bits, rounded up.
    pub left: i128,
    /// Lots left behind by an epoch that ended.
    pub left_behind: i128,
}

pub(super) fn ceil(numerator: i128, divisor: i128) -> i128 {
    -(-numerator).div_euclid(divisor)
}

/// Whether a position has seen all that its side went through.
pub fn is_current(position: &Position, row: &AssetRow) -> bool {
    let side = if position.size > 0 { &row.long_side } else { &row.short_side };
    let seen = (position.side_scale, position.side_charge, position.side_epoch);
    position.size == 0 || seen == (side.scale, side.charge, side.epoch)
}

/// What lots are charged where nothing but charges happened to their side; `None` where steps are too wide, or the scale is low.
/// Beside a scale of 1 the step is brought to lots of today first, up, the scale cut to 32 bits.
fn charge_alone(lots: i128, step: i128, scale: u64) -> Option<i128> {
    let step = match scale {
        ..0x0400_0000_0000_0000 => return None,
        _ if !(-(1 << 54)..1 << 54).contains(&step) => return None,
        risk::SCALE_ONE => step,
        _ => ceil(step << 32, i128::from(scale >> 30) + i128::from(step < 0)),
    };
    (-(1 << 54)..1 << 54).contains(&step).then(|| ceil(lots * step, 1 << 24))
}

/// The position as its owner has it now.
pub fn touch(position: &Position, row: &AssetRow) -> Touched {
    let (size, entry) = (i128::from(position.size), i128::from(position.entry));
    if is_current(position, row) {
        return Touched { size, entry, left: size.abs() * LOT, ..Touched::default() };
    }
    let side = if size > 0 { &row.long_side } else { &row.short_side };
    let (stored, seen) = (size.abs() * LOT, i128::from(position.side_scale));
    let is_same_epoch = position.side_epoch == side.epoch;
    let (scale, charged_to) =
        if is_same_epoch { (side.scale, side.charge) } else { (side.last_scale, side.last_charge) };
    let numerator = stored * i128::from(scale);
    let (mut left, mut left_up) = (numerator / seen, ceil(numerator, seen));
    // charge = lots * step / 2^24 / (seen / 2^62), in two parts because the numerator is wide
    let step = size.abs() * (i128::from(charged_to) - i128::from(position.side_charge));
    let mut charge = (step.div_euclid(seen) << 38) + ceil(step.rem_euclid(seen) << 38, seen);
    if is_same_epoch && scale == position.side_scale {
        let step = i128::from(charged_to) - i128::from(position.side_charge);
        charge = charge_alone(size.abs(), step, scale).unwrap_or(charge);
    }
    if !is_same_epoch {
        // From where the present epoch began, at a scale of 1.
        let step = i128::from(side.charge) - i128::from(side.last_charge);
        charge += ceil(if step < 0 { left } else { left_up } * step, 1 << 56);
        let scale = i128::from(side.scale);
        (left, left_up) = ((left * scale) >> 62, ceil(left_up * scale, 1 << 62));
    }
    let whole = left / LOT;
    let mark = i128::from(row.mark);
    let fraction = match size > 0 {
        true => -((left - whole * LOT) * mark).div_euclid(LOT),
        false => ceil((left_up - whole * LOT) * mark, LOT),
    };
    Touched {
        size: whole * size.signum(),
        entry: entry + charge + fraction,
        charge,
        fraction,
        left: left_up,
        left_behind: if is_same_epoch { 0 } else { size.abs() },
    }
}

/// Size and entry of a position as its owner has it now.
pub fn touched_leg(position: &Position, row: &AssetRow) -> (i128, i128) {
    let touched = touch(position, row);
    (touched.size, touched.entry)
}

/// Positions of a market, with the accounts that hold them.
pub fn positions_in(state: &State, market: u8) -> impl Iterator<Item = (u8, &Position)> {
    state.live().filter_map(move |(index, view)| Some((index, view.position(market)?)))
}

/// What a market itself is worth at mark once everybody is touched: its own position, less what it still owes for others'
/// lots, its fees and its tranche. What accounts lose and insurance does not pay, this gains.
pub fn own_worth(state: &State, market: u8) -> i128 {
    let (row, books) = (&state.rows[market as usize], &state.markets[market as usize]);
    let mut own = i128::from(books.dust_size) * i128::from(row.mark) - i128::from(books.dust_entry);
    own -= i128::from(books.carry);
    for (_, position) in positions_in(state, market) {
        let touched = touch(position, row);
        own += (i128::from(position.size) - touched.size) * i128::from(row.mark) + touched.charge + touched.fraction;
    }
    own + i128::from(books.fees) + i128::from(books.protocol_fees) + i128::from(books.tranche)
}

/// Touches an account's position in a copy of the books, field by field.
pub fn apply(view: &mut MarginAccountView, at: usize, books: &mut Market, row: &AssetRow) -> bool {
    let position = &mut view.slots[at];
    if is_current(position, row) {
        return false;
    }
    let side = if position.size > 0 { &row.long_side } else { &row.short_side };
    let is_charge_alone = (side.scale, side.epoch) == (position.side_scale, position.side_epoch);
    if !is_charge_alone {
        fund_own(books, row); // before its lots change
    }
    let (touched, size) = (touch(position, row), i128::from(position.size));
    let given = size - touched.size;
    let owed = (size.abs() * LOT - touched.left) as u64;
    let (lots, owed_before, left_behind) = match size > 0 {
        true => (&mut books.long_open_interest, &mut books.long_owed, &mut books.long_left_behind),
        false => (&mut books.short_open_interest, &mut books.short_owed, &mut books.short_left_behind),
    };
    *lots -= given.unsigned_abs() as u64;
    *owed_before = owed_before.saturating_sub(owed);
    *left_behind -= touched.left_behind as u64;
    books.dust_size += given as i64;
    books.dust_entry -= touched.fraction as i64;
    books.carry -= touched.charge as i64;
    (position.size, position.entry) = (touched.size as i32, touched.entry as i64);
    (position.side_scale, position.side_charge, position.side_epoch) = (side.scale, side.charge, side.epoch);
    true
}
