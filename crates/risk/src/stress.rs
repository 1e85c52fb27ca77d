//! What positions could lose in a stress, and what an account must hold for all of them (design, section 6).

use crate::{AssetRisk, Leg, Result, RiskError, Valuation, bps_down, notional};

/// Correlation groups, 0 being none.
pub const GROUPS: usize = 8;
/// Fraction bits of what a further lot adds to the margin of each.
const LIQUIDITY_BITS: u32 = 16;
/// Largest such number that is stored.
const LIQUIDITY_MAX: u64 = 1 << 35;
/// Largest add-on per lot, in quote atoms: 16 positions with it still sum within 63 bits.
const ADD_ON_MAX: u64 = 1 << 29;

/// What each lot adds to the margin of every lot, with 16 fraction bits, rounded up: at a size of `depth_lots` the margin per lot has
/// doubled, because closing moves the price, and the more the more it moves by itself. A depth of 0 adds nothing.
pub const fn liquidity_up(margin_per_lot: u64, depth_lots: u64) -> u64 {
    if depth_lots == 0 {
        return 0;
    }
    let margin = if margin_per_lot >> 32 == 0 { margin_per_lot } else { 1 << 32 };
    let added = (margin << LIQUIDITY_BITS).div_ceil(depth_lots);
    if added < LIQUIDITY_MAX { added } else { LIQUIDITY_MAX }
}

/// The add-on for `lots`: `lots^2 * liquidity`, rounded up to the atom. At most 2^29 atoms per lot.
#[inline(always)]
const fn add_on_up(lots: u64, liquidity: u64) -> u64 {
    if liquidity == 0 {
        return 0;
    }
    if lots > crate::MAX_LOTS as u64 || liquidity > LIQUIDITY_MAX {
        return lots.wrapping_mul(ADD_ON_MAX); // no position has so many
    }
    // At most 2^63; its whole and fractional part times the lots are below 2^57 and 2^44.
    let per_lot = lots.wrapping_mul(liquidity);
    let (whole, part) = (per_lot >> LIQUIDITY_BITS, per_lot & ((1 << LIQUIDITY_BITS) - 1));
    if whole >= ADD_ON_MAX {
        return lots.wrapping_mul(ADD_ON_MAX);
    }
    lots.wrapping_mul(whole)
        .wrapping_add(lots.wrapping_mul(part).wrapping_add((1 << LIQUIDITY_BITS) - 1) >> LIQUIDITY_BITS)
}

/// What an account is valued for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// As liquidation sees it: positions at mark, gains in full.
    Maintenance,
    /// As whoever takes over another's position or collateral is seen: as new risk, but with a margin that volatility raises
    /// with notice only. Otherwise liquidators would need the more capital the more they are needed.
    Takeover,
    /// As new risk sees it: at the worse of mark (less or plus its confidence) and EMA, gains at their weight, rounded down.
    Initial,
    /// As a withdrawal sees it: as new risk, but unrealised gains count nothing. Junior profit never backs the
    /// withdrawal of senior cash; it has to be settled first.
    Withdrawal,
}

/// What moves with each correlation group, by direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// Stress of longs, and of shorts, in quote atoms.
    long: [u64; GROUPS],
    short: [u64; GROUPS],
    is_any: bool,
}

impl Groups {
    /// Adds what of a position's stress moves with its group. A group beyond the last counts as another one: parameters have none.
    #[inline(always)]
    pub const fn add(&mut self, grouped: u64, is_long: bool, group: u8) {
        let index = group as usize % GROUPS;
        let side = if is_long { &mut self.long } else { &mut self.short };
        side[index] = side[index].saturating_add(grouped);
        self.is_any = true;
    }
}

/// A position as a view counts it, in quote atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    pub pnl: i64,
    /// What the price could move, and what closing would cost.
    pub shock: u64,
    pub add_on: u64,
    /// The part of the shock that moves with the asset's group.
    pub grouped: u64,
}

impl View {
    /// Counts a position.
    #[inline(always)]
    pub fn count(self, leg: Leg, asset: &AssetRisk) -> Result<Counted> {
        let (margin, liquidity, grouped) = match self {
            Self::Maintenance => (asset.maintenance_margin, asset.maintenance_liquidity, asset.maintenance_grouped),
            Self::Takeover => (asset.takeover_margin, asset.takeover_liquidity, asset.takeover_grouped),
            Self::Initial | Self::Withdrawal => (asset.initial_margin, asset.initial_liquidity, asset.initial_grouped),
        };
        let price = if self == Self::Maintenance { asset.mark } else { asset.worse_price(leg.size) };
        let mut pnl = leg.pnl(price)?;
        if pnl > 0 && self != Self::Maintenance {
            pnl = if self == Self::Withdrawal { 0 } else { bps_down(pnl as u64, asset.gain_weight_bps)? as i64 };
        }
        let shock = notional(leg.size, margin)?;
        let lots = leg.size.unsigned_abs();
        // Less than the shock.
        Ok(Counted { pnl, shock, add_on: add_on_up(lots, liquidity), grouped: lots.wrapping_mul(grouped) })
    }
}

/// Equity and requirement summed position by position, with what moves with each correlation group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Before offsets.
    gross: Valuation,
    groups: Groups,
}

impl Exposure {
    /// What was summed.
    #[inline(always)]
    pub const fn new(gross: Valuation, groups: Groups) -> Self {
        Self { gross, groups }
    }

    /// An account with `cash` and nothing else.
    pub fn of_cash(cash: u64) -> Result<Self> {
        Ok(Self { gross: Valuation::of_cash(cash)?, groups: Groups::default() })
    }

    /// Adds a position.
    pub fn add(&mut self, view: View, leg: Leg, asset: &AssetRisk) -> Result<()> {
        let counted = view.count(leg, asset)?;
        if counted.grouped != 0 {
            self.groups.add(counted.grouped, leg.size >= 0, asset.group);
        }
        self.gross.add(counted)
    }

    /// What opposite positions within groups take off the requirement: per group, what longs and shorts have in common.
    pub fn offset(&self) -> u64 {
        if !self.groups.is_any {
            return 0;
        }
        // Each at most half of a requirement that fits 63 bits.
        self.groups
            .long
            .iter()
            .zip(&self.groups.short)
            .fold(0, |sum: u64, (long, short)| sum.saturating_add(*long.min(short)))
    }

    /// Stress of longs that moves with a group: as far as collateral of the same group counts less.
    pub fn long_stress(&self, group: u8) -> u64 {
        self.groups.long.get(group as usize).copied().unwrap_or(0)
    }

    /// The account, collateral left out.
    #[inline(always)]
    pub fn valuation(&self) -> Valuation {
        if !self.groups.is_any {
            return self.gross;
        }
        // Offsets are at most half of the stress they come from.
        Valuation { requirement: self.gross.requirement.saturating_sub(self.offset()), ..self.gross }
    }

    /// What the account must hold at maintenance because of a position of `lots` that is part of it.
    #[inline(always)]
    pub fn stress_of(&self, lots: u64, is_long: bool, asset: &AssetRisk) -> Result<PositionStress> {
        let stress = PositionStress {
            shock: asset.maintenance_margin,
            liquidity: asset.maintenance_liquidity,
            ..PositionStress::default()
        };
        if asset.maintenance_grouped == 0 {
            return Ok(stress);
        }
        let group = asset.group as usize % GROUPS;
        let (long, short) = (self.groups.long[group], self.groups.short[group]);
        let (same, other) = if is_long { (long, short) } else { (short, long) };
        let own = notional(lots.min(crate::MAX_LOTS as u64) as i64, asset.maintenance_grouped)?;
        let same_side = same.saturating_sub(own);
        Ok(PositionStress { grouped: asset.maintenance_grouped, same_side, other_side: other, ..stress })
    }
}

/// How an account's requirement depends on the lots of one of its positions. Convex: the first lots taken away release most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PositionStress {
    /// Quote atoms per lot.
    pub shock: u64,
    /// What each lot adds to the margin of every lot, with 16 fraction bits.
    pub liquidity: u64,
    /// Of it, what moves with the position's group; less than the shock, 0 where it has no group.
    pub grouped: u64,
    /// What the account's other positions of the group stand to lose with it, and against it, in quote atoms.
    pub same_side: u64,
    pub other_side: u64,
}

impl PositionStress {
    /// What the account must hold at `lots`, up to a constant. Error: lots or shock out of range.
    fn requirement(&self, lots: u64) -> Result<u64> {
        if lots > crate::MAX_LOTS as u64 {
            return Err(RiskError::SizeOutOfRange);
        }
        let shock = notional(lots as i64, self.shock)?;
        let alone = shock.checked_add(add_on_up(lots, self.liquidity)).ok_or(RiskError::ArithmeticOverflow)?;
        if self.grouped == 0 {
            return Ok(alone);
        }
        let own = notional(lots as i64, self.grouped)?;
        let same = self.same_side.checked_add(own).ok_or(RiskError::ArithmeticOverflow)?;
        alone.checked_add(self.other_side.saturating_sub(same)).ok_or(RiskError::ArithmeticOverflow)
    }

    /// What taking `taken` of `all` lots away releases, exactly. Error: more than there are.
    #[inline(always)]
    pub fn released(&self, all: u64, taken: u64) -> Result<u64> {
        if self.is_linear() && taken <= all && all <= crate::MAX_LOTS as u64 {
            return notional(taken as i64, self.shock);
        }
        self.released_by_curve(all, taken)
    }

    /// Whether every lot requires the same.
    #[inline(always)]
    pub const fn is_linear(&self) -> bool {
        self.liquidity == 0 && self.grouped == 0
    }

    #[inline(never)]
    fn released_by_curve(&self, all: u64, taken: u64) -> Result<u64> {
        let left = all.checked_sub(taken).ok_or(RiskError::SizeOutOfRange)?;
        // Never negative for a weight below one: what the group loses of an offset is less than the shock.
        Ok(self.requirement(all)?.saturating_sub(self.requirement(left)?))
    }

    /// At least what the next lot releases, and so at least what any further one does.
    #[inline(always)]
    pub(crate) fn next_lot_up(&self, lots: u64) -> Result<u64> {
        if self.is_linear() {
            return Ok(self.shock);
        }
        self.next_lot_by_curve_up(lots)
    }

    #[inline(never)]
    fn next_lot_by_curve_up(&self, lots: u64) -> Result<u64> {
        // Twice the add-on per lot, and what the two ends round: at most 2^63 before the shift.
        let per_lot = lots.min(crate::MAX_LOTS as u64).wrapping_mul(self.liquidity.min(LIQUIDITY_MAX));
        let add_on = if per_lot == 0 { 0 } else { (per_lot >> (LIQUIDITY_BITS - 1)) + 2 };
        let own = notional(lots.min(crate::MAX_LOTS as u64) as i64, self.grouped)?;
        let is_offset = self.same_side.saturating_add(own) <= self.other_side;
        let lost = if is_offset { self.grouped } else { 0 };
        Ok(self.shock.saturating_sub(lost).saturating_add(add_on))
    }
}

#[cfg(test)]
#[path = "stress_tests.rs"]
mod tests;
