use risk::{Action, Leg, Level, Valuation, ratio_improves};

use crate::{
    clearing::value::{Valued, value_at_mark, value_for_new_risk},
    error::{FirebreakError, Named},
    state::{AssetRow, CROSS, MarginAccount, Market, Position},
};

type Checked<T> = core::result::Result<T, FirebreakError>;

/// A margin account and its position slots, to be written.
pub struct Portfolio<'a> {
    pub account: &'a mut MarginAccount,
    pub slots: &'a mut [Position],
}

impl<'a> Portfolio<'a> {
    /// Both parts of an account at once.
    #[cfg(not(target_arch = "wasm32"))]
    #[inline(always)]
    pub fn of(slab: &'a mut crate::state::MarginSlab) -> Self {
        let account: *mut MarginAccount = &mut **slab;
        // SAFETY: header and slots are disjoint; the line above refuses a slab loaded as shared; both borrows end with it.
        Self { account: unsafe { &mut *account }, slots: slab.as_mut_slice() }
    }

    /// Positions in use.
    #[inline(always)]
    pub fn positions(&self) -> &[Position] {
        self.account.in_use(self.slots)
    }

    /// The slot of a market's perpetual.
    #[inline(always)]
    pub fn find(&self, market: u8) -> Option<usize> {
        self.positions().iter().position(|position| position.market == market && position.series == 0)
    }

    /// The slot of a market's perpetual, an empty one where there is none. Errors: the account is isolated to another
    /// market, or full.
    #[inline(always)]
    pub fn find_or_open(&mut self, market: u8) -> Checked<usize> {
        let isolated = self.account.isolated_market;
        if isolated != CROSS && isolated != market {
            return Err(FirebreakError::AccountIsolated);
        }
        if let Some(index) = self.find(market) {
            return Ok(index);
        }
        let index = self.account.position_count as usize;
        let slot = self.slots.get_mut(index).ok_or(FirebreakError::PositionSlotsFull)?;
        *slot = Position { market, ..Position::default() };
        self.account.position_count += 1;
        Ok(index)
    }

    /// The leg in a slot, brought to its side's indices: what it gives up goes to the market's own position, what it is
    /// charged comes off the carry. Whatever changes a position does this first.
    #[inline(always)]
    pub fn touch(&mut self, index: usize, market: &mut Market, row: &AssetRow) -> Checked<Leg> {
        let Some(position) = self.slots.get_mut(index) else { return Ok(Leg::default()) };
        let side = row.side(position.size > 0);
        if position.size == 0 || side.is_seen_by(position) {
            return Ok(position.leg());
        }
        match side.charge_of(position) {
            Some(charge) => {
                let sums = (position.entry.checked_add(charge), market.carry.checked_sub(charge));
                let (Some(entry), Some(carry)) = sums else { return Err(FirebreakError::ArithmeticOverflow) };
                (position.entry, market.carry) = (entry, carry);
                position.side_charge = side.charge;
            }
            None => apply_touch(position, market, row)?,
        }
        Ok(position.leg())
    }

    /// Remembers the indices of the side that a slot's position is on now.
    #[inline(always)]
    pub fn stamp(&mut self, index: usize, row: &AssetRow, is_long: bool) {
        if let Some(position) = self.slots.get_mut(index) {
            position.set_stamp(row.side(is_long).index().stamp());
        }
    }

    /// Marks what is left of a market's leg as a debt of which the market has borne its share.
    pub fn mark_shared_out(&mut self, market: u8) {
        if let Some(position) = self.find(market).and_then(|index| self.slots.get_mut(index)) {
            position.side_scale = 0;
        }
    }

    /// Writes a leg back, and frees the slot where nothing is left in it.
    #[inline(always)]
    pub fn set_leg(&mut self, index: usize, leg: Leg) -> Checked<()> {
        let count = self.account.position_count as usize;
        if index >= count || count > self.slots.len() {
            return Err(FirebreakError::InvariantBroken);
        }
        self.slots[index].set_leg(leg)?;
        if leg == Leg::default() {
            self.slots.swap(index, count - 1);
            self.slots[count - 1] = Position::default();
            self.account.position_count -= 1;
        }
        Ok(())
    }
}

/// Applies to a position what happened to its side since it was touched last.
#[cold]
#[inline(never)]
fn apply_touch(position: &mut Position, market: &mut Market, row: &AssetRow) -> Checked<()> {
    let is_long = position.size > 0;
    let index = row.side(is_long).index();
    let touch = risk::plan_touch(position.leg(), position.stamp(), &index, row.mark).named()?;
    market.fund_own(row)?;
    let side = market.side(is_long, row);
    market.set_owed(
        is_long,
        side.owed.saturating_sub(touch.owed), // sums of many roundings: an atom of a lot less is none
        side.left_behind.checked_sub(touch.left_behind).ok_or(FirebreakError::InvariantBroken)?,
    );
    market.set_open_interest(market.open_interest().moved(i64::from(position.size), touch.leg.size).named()?);
    market.add_own(touch.dust_size, touch.dust_entry, touch.carry)?;
    position.set_leg(touch.leg)?;
    position.set_stamp(index.stamp());
    Ok(()) // the market's own invariant ends the whole change: the other side of a trade may be half way
}

impl Portfolio<'_> {
    /// I-04 for one side of a trade. Lots never leave behind a loss that cash did not pay, unless the account is at
    /// maintenance: a deficit stays with the lots it came from, so that a lot of the other side never bears more than one of
    /// these. Otherwise: enough initial margin; or, for a smaller position, no worse off at mark, or at
    /// maintenance afterwards, or nearer to it with equity left: then what was given away was its own, and never what
    /// insurance would have to pay. Where another position's price is dead, nobody can tell: then nothing but the fee may
    /// be given away, so that the way out stays open and leads nowhere else.
    #[inline(always)]
    pub fn require_margin(
        &self,
        change: &Change,
        rows: &[AssetRow],
        (adding, level): (Action, Level),
        now: i64,
    ) -> Checked<()> {
        if change.is_reduction {
            let is_paid_for = change.equity >= 0 && !change.is_unpaid;
            if is_paid_for && self.positions().iter().all(|position| position.market == change.market) {
                return Ok(());
            }
            let valued = match value_at_mark(self.account, self.slots, rows, Action::Liquidate, now) {
                // A bankrupt account's cash is for all its markets to share: no trade settles one of them with it.
                Ok(after) if is_paid_for && after.valuation.equity >= 0 => return Ok(()),
                Ok(after) => after,
                Err(_) if change.equity.saturating_add(change.fee) >= 0 && !change.is_unpaid => return Ok(()),
                Err(error) => return Err(error),
            };
            let (before, after) = (change.before(&valued, rows)?, valued.valuation);
            let is_nearer = !change.is_unpaid && before.equity > 0 && ratio_improves(&before, &after);
            let is_better = after.is_covered() || is_nearer;
            return if is_better { Ok(()) } else { Err(FirebreakError::MarginInsufficient) };
        }
        match value_for_new_risk(self.account, self.slots, rows, (adding, level), now)?.is_covered() {
            true => Ok(()),
            false => Err(FirebreakError::MarginInsufficient),
        }
    }
}

/// What a trade did to one account, at mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub is_reduction: bool,
    /// Lots that the position grew by (shrank where negative).
    pub opened: i64,
    /// Quote atoms gained (lost where negative), fees included.
    pub equity: i64,
    /// Of it, the fee, as a positive number.
    pub fee: i64,
    pub market: u8,
    /// Whether cash did not cover the loss in this market.
    pub is_unpaid: bool,
    /// Lots before, and how many of them were closed; 0 where the position grew.
    pub lots: u64,
    pub closed: u64,
    pub was_long: bool,
}

impl Change {
    /// The account at maintenance before the change, from what it is after.
    fn before(&self, after: &Valued, rows: &[AssetRow]) -> Checked<Valuation> {
        let row = rows.get(self.market as usize).ok_or(FirebreakError::AssetMissing)?;
        let left = self.lots.saturating_sub(self.closed); // of `lots`
        let stress = after.exposure.stress_of(left, self.was_long, &row.risk()).named()?;
        let released = stress.released(self.lots, self.closed).named()?;
        let after = after.valuation;
        let equity = after.equity.checked_sub(self.equity).ok_or(FirebreakError::ArithmeticOverflow)?;
        let requirement = after.requirement.checked_add(released).ok_or(FirebreakError::ArithmeticOverflow)?;
        Ok(Valuation { equity, requirement })
    }
}
