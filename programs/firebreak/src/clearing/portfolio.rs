use risk::{Action, AssetRisk, Leg, PriceQuality, Valuation, ratio_improves};

use crate::{
    error::{FirebreakError, Named},
    state::{AssetRow, CROSS, MarginAccount, MarginSlab, Position},
};

type Checked<T> = core::result::Result<T, FirebreakError>;

/// A margin account and its position slots, to be written.
pub struct Portfolio<'a> {
    pub account: &'a mut MarginAccount,
    pub slots: &'a mut [Position],
}

impl<'a> Portfolio<'a> {
    /// Both parts of an account at once.
    #[inline(always)]
    pub fn of(slab: &'a mut MarginSlab) -> Self {
        let account: *mut MarginAccount = &mut **slab;
        // SAFETY: header and slots are disjoint ranges of the same account data, the slab was loaded as mutable (the line
        // above would have refused otherwise), and both references end with the borrow of the slab.
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

    /// The slot of a market's perpetual, opened at the market's indices where there is none. Errors: the account is
    /// isolated to another market, or full.
    #[inline(always)]
    pub fn find_or_open(&mut self, market: u8, row: &AssetRow) -> Checked<usize> {
        let isolated = self.account.isolated_market;
        if isolated != CROSS && isolated != market {
            return Err(FirebreakError::AccountIsolated);
        }
        if let Some(index) = self.find(market) {
            return Ok(index);
        }
        let index = self.account.position_count as usize;
        let slot = self.slots.get_mut(index).ok_or(FirebreakError::PositionSlotsFull)?;
        *slot = Position { market, funding_index: row.funding_index, ..Position::default() };
        self.account.position_count += 1;
        Ok(index)
    }

    /// The leg in a slot; flat where the slot is not there.
    #[inline(always)]
    pub fn leg(&self, index: usize) -> Leg {
        self.slots.get(index).map_or(Leg::default(), Position::leg)
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

    /// Whether any size is open, in any market.
    pub fn is_flat(&self) -> bool {
        self.positions().iter().all(|position| position.size == 0)
    }
}

/// Sums an account up: `add` decides how a position counts, `action` how good each price of an open one must be; a flat
/// position reads none. Returns the worst quality among the prices held, too.
#[inline(always)]
fn value(
    cash: u64,
    positions: &[Position],
    rows: &[AssetRow],
    (action, now): (Action, i64),
    add: impl Fn(&mut Valuation, Leg, &AssetRisk) -> risk::Result<()>,
) -> Checked<(Valuation, PriceQuality)> {
    let mut valuation = Valuation::of_cash(cash).named()?;
    let mut worst = PriceQuality::Confirmed;
    for position in positions {
        // A position's row always exists: rows are never removed.
        let row = rows.get(position.market as usize).ok_or(FirebreakError::AssetMissing)?;
        if position.size != 0 {
            worst = worst.min(row.require(action, now)?);
        }
        add(&mut valuation, position.leg(), &row.risk()).named()?;
    }
    Ok((valuation, worst))
}

/// The account as liquidation sees it: at mark. Every price held must be good enough to liquidate.
pub fn value_for_maintenance(
    account: &MarginAccount,
    slots: &[Position],
    rows: &[AssetRow],
    now: i64,
) -> Checked<Valuation> {
    Ok(value_with_quality(account, slots, rows, now)?.0)
}

/// `value_for_maintenance`, with the worst quality among the prices held.
#[inline(never)]
pub(super) fn value_with_quality(
    account: &MarginAccount,
    slots: &[Position],
    rows: &[AssetRow],
    now: i64,
) -> Checked<(Valuation, PriceQuality)> {
    let positions = account.in_use(slots);
    value(account.cash, positions, rows, (Action::Liquidate, now), Valuation::add_for_maintenance)
}

/// The account as new risk sees it. Every price held must be good enough for `action`.
#[inline(never)]
pub fn value_for_initial(
    account: &MarginAccount,
    slots: &[Position],
    rows: &[AssetRow],
    action: Action,
    now: i64,
) -> Checked<Valuation> {
    Ok(value(account.cash, account.in_use(slots), rows, (action, now), Valuation::add_for_initial)?.0)
}

/// The account as a withdrawal of `amount` leaves it: gains count nothing until they are settled.
#[inline(never)]
pub fn value_for_withdrawal(
    account: &MarginAccount,
    slots: &[Position],
    rows: &[AssetRow],
    amount: u64,
    now: i64,
) -> Checked<Valuation> {
    let left = account.cash.checked_sub(amount).ok_or(FirebreakError::CashInsufficient)?;
    Ok(value(left, account.in_use(slots), rows, (Action::AddRisk, now), Valuation::add_for_withdrawal)?.0)
}

impl Portfolio<'_> {
    /// I-04 for one side of a trade: enough initial margin; or, for a smaller position, no worse off at mark, or at
    /// maintenance afterwards, or nearer to it with equity left: then what was given away was its own, and never what
    /// insurance would have to pay. Where another position's price is dead, nobody can tell: then nothing but the fee may
    /// be given away, so that the way out stays open and leads nowhere else.
    #[inline(always)]
    pub fn require_margin(&self, change: &Change, rows: &[AssetRow], adding: Action, now: i64) -> Checked<()> {
        if change.is_reduction {
            if change.equity >= 0 {
                return Ok(());
            }
            let after = match value_for_maintenance(self.account, self.slots, rows, now) {
                Ok(after) => after,
                Err(_) if change.equity.saturating_add(change.fee) >= 0 => return Ok(()),
                Err(error) => return Err(error),
            };
            let before = change.before(&after)?;
            let is_better = after.is_covered() || (before.equity > 0 && ratio_improves(&before, &after));
            return if is_better { Ok(()) } else { Err(FirebreakError::MarginInsufficient) };
        }
        match value_for_initial(self.account, self.slots, rows, adding, now)?.is_covered() {
            true => Ok(()),
            false => Err(FirebreakError::MarginInsufficient),
        }
    }
}

/// What a trade did to one account, at mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub is_reduction: bool,
    /// Quote atoms gained (lost where negative), fees included.
    pub equity: i64,
    /// Of it, the fee, as a positive number.
    pub fee: i64,
    /// Maintenance margin no longer needed, quote atoms; 0 where the position grew.
    pub released: u64,
}

impl Change {
    /// The account at maintenance before the change, from what it is after.
    fn before(&self, after: &Valuation) -> Checked<Valuation> {
        let equity = after.equity.checked_sub(self.equity).ok_or(FirebreakError::ArithmeticOverflow)?;
        let requirement = after.requirement.checked_add(self.released).ok_or(FirebreakError::ArithmeticOverflow)?;
        Ok(Valuation { equity, requirement })
    }
}
