//! Which way a change of parameters goes, and how far one change may go.
//!
//! A parameter is a row of a table: its name, the way that is tighter, the step one loosening may take, its hard bounds. What is
//! tighter restricts risk and closes nobody's exit. Where both ways take something from somebody, both count as loosening, and wait.

use crate::{BPS_ONE, MAX_LOTS, Result, RiskError};

/// What a change does, taken whole: a single parameter loosened makes it a loosening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Direction {
    Unchanged = 0,
    Tightening = 1,
    Loosening = 2,
}

/// The way in which a parameter restricts more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tighter {
    Up,
    Down,
    /// Either way loosens something.
    Neither,
}

/// How far one loosening may move a parameter. Steps smaller than one count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// By 20 % of its value: basis points.
    Ratio,
    /// The same, and up as well: what could liquidate somebody. It rises over two days at least, see `ramped`.
    Requirement,
    /// To 1.5 times its value, or down to two thirds: lots, atoms, seconds. From 0, where it means "none", anywhere.
    Cap,
    /// Anywhere: names, not numbers.
    Any,
}

/// One parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The field's name in the account that holds it.
    pub name: &'static str,
    pub tighter: Tighter,
    pub step: Step,
    /// Hard bounds, whoever agrees: a change ends within them.
    pub least: u64,
    pub most: u64,
}

const fn rule(name: &'static str, tighter: Tighter, step: Step, (least, most): (u64, u64)) -> Rule {
    Rule { name, tighter, step, least, most }
}

use Step::{Any, Cap, Ratio, Requirement};
use Tighter::{Down, Neither, Up};

const DAY: u64 = 86_400;
const LOTS: (u64, u64) = (1, MAX_LOTS as u64);
const SECONDS: (u64, u64) = (10, 7 * DAY);
const SHARE: (u64, u64) = (0, BPS_ONE);
const QUOTE: (u64, u64) = (0, 1 << 62);

/// An asset's parameters, in the order of the program's `AssetParameters`.
pub const ASSET_RULES: [Rule; 16] = [
    rule("initial_ratio_bps", Up, Ratio, (100, BPS_ONE)),
    rule("maintenance_ratio_bps", Up, Requirement, (50, BPS_ONE)),
    rule("gain_weight_bps", Down, Ratio, SHARE),
    // Longer trades on old prices; shorter makes prices stale, and nobody can be liquidated, or leave with positions.
    rule("max_age_seconds", Neither, Cap, (10, 3_600)),
    rule("fresh_age_seconds", Down, Cap, (1, 600)),
    rule("confidence_fresh_bps", Down, Ratio, (1, 1_000)),
    // Higher liquidates on worse prices; lower refuses readings, and ends as a shorter age does.
    rule("confidence_max_bps", Neither, Ratio, (1, 2_000)),
    rule("ema_band_bps", Down, Ratio, (10, 5_000)),
    // Slower confirms later, faster confirms a jump by itself.
    rule("ema_seconds", Neither, Cap, SECONDS),
    // Wider confirms feeds that disagree; narrower leaves no price that pays deficits.
    rule("agreement_bps", Neither, Ratio, (0, 1_000)),
    // Calmer, or a higher cap, raises every requirement as fast as a storm would: nobody is liquidated by surprise.
    rule("calm_variance", Neither, Cap, (1, 1 << 40)),
    rule("multiplier_cap_bps", Neither, Ratio, (BPS_ONE, 10 * BPS_ONE)),
    // Longer forgets a storm later, shorter sees it sooner and forgets it sooner.
    rule("variance_seconds", Neither, Cap, SECONDS),
    // Longer leaves risk uncovered, shorter liquidates with less warning.
    rule("notice_seconds", Neither, Cap, (600, 7 * DAY)),
    // Which assets offset each other: no order.
    rule("group", Neither, Any, (0, 7)),
    // More lets hedges cover each other further, less takes cover away, and has no ramp.
    rule("group_weight_bps", Neither, Ratio, (0, 9_000)),
];

/// A market's parameters, in the order of the program's `MarketConfig`.
pub const MARKET_RULES: [Rule; 30] = [
    // Penalties and their split: more takes from liquidatees, less leaves nobody to liquidate.
    rule("penalty_min_bps", Neither, Ratio, (0, 1_000)),
    rule("penalty_max_bps", Neither, Ratio, (1, 2_000)),
    rule("penalty_ramp_bps_per_minute", Neither, Ratio, (0, 1_000)),
    rule("insurance_share_bps", Neither, Ratio, SHARE),
    // More closes more of a position than it needs, less liquidates it twice.
    rule("buffer_bps", Neither, Ratio, SHARE),
    rule("exit_slippage_bps", Up, Ratio, (0, 1_000)),
    rule("price_band_bps", Down, Ratio, (1, 1_000)),
    // Higher charges everybody, lower makes trading with oneself free and insurance poor.
    rule("taker_fee_bps", Neither, Ratio, (0, 100)),
    // How fast positions may be liquidated: faster dumps them, slower leaves them to insurance.
    rule("liquidation_window_seconds", Neither, Cap, SECONDS),
    // A longer window lets insurance pay less, and refills it more slowly.
    rule("insurance_window_seconds", Neither, Cap, (60, 7 * DAY)),
    rule("max_open_interest_lots", Down, Cap, LOTS),
    rule("slice_lots", Neither, Cap, LOTS),
    // More takes small positions whole, less leaves dust that nobody wants.
    rule("min_position_lots", Neither, Cap, (0, MAX_LOTS as u64)),
    rule("liquidation_window_lots", Neither, Cap, LOTS),
    // Less raises what large positions must hold, and has no ramp; 0 is a depth without end.
    rule("depth_lots", Neither, Cap, (0, MAX_LOTS as u64)),
    rule("insurance_event_cap", Down, Cap, QUOTE),
    rule("insurance_window_cap", Down, Cap, QUOTE),
    // More puts stakers' money within a market's reach, less takes it away from the market.
    rule("tranche_target", Neither, Cap, QUOTE),
    rule("coinsurance_share_bps", Up, Ratio, SHARE),
    rule("fee_share_bps", Up, Ratio, SHARE),
    // One side pays the other: no order.
    rule("funding_cap_bps", Neither, Ratio, (0, 1_000)),
    rule("funding_seconds", Neither, Cap, (0, 7 * DAY)),
    rule("premium_seconds", Neither, Cap, (0, 3_600)),
    // The automatic breaker: thresholds that trip earlier, levels that last longer, graces that are shorter.
    rule("move_bps", Down, Ratio, (1, 2_499)),
    rule("uncertain_seconds", Down, Cap, (0, 3_600)),
    rule("liquidated_bps", Down, Ratio, (1, BPS_ONE)),
    rule("liquidated_floor_lots", Down, Cap, LOTS),
    rule("drawdown_bps", Down, Ratio, (1, BPS_ONE)),
    rule("cooldown_seconds", Up, Cap, (120, 3_600)),
    rule("grace_seconds", Down, Cap, (0, 3_600)),
];

/// A collateral bank's parameters, with those of its token on the board, in the order of the program's `BankParameters`.
pub const BANK_RULES: [Rule; 8] = [
    rule("deposit_cap", Down, Cap, (1, 1 << 62)),
    rule("haircut_bps", Up, Requirement, SHARE),
    // More sells an owner's collateral for less, less leaves it unsold.
    rule("discount_bps", Neither, Ratio, (0, 5_000)),
    // Less counts collateral that falls with its owner's longs, more takes cover away, and has no ramp.
    rule("surcharge_bps", Neither, Ratio, SHARE),
    // A higher limit lets more flee at once, a lower one closes the exit.
    rule("hourly_share_bps", Neither, Ratio, (1, 2 * BPS_ONE)),
    rule("daily_share_bps", Neither, Ratio, (1, 2 * BPS_ONE)),
    rule("outflow_floor", Neither, Cap, QUOTE),
    rule("small_exit", Neither, Cap, QUOTE),
];

/// The insurance fund's parameters, in the order of the program's `FundParameters`.
pub const FUND_RULES: [Rule; 1] = [
    // Shorter lets stakers run, longer locks them in.
    rule("cooldown_seconds", Neither, Cap, (DAY, 60 * DAY)),
];

impl Rule {
    const fn direction(&self, old: u64, new: u64) -> Direction {
        if old == new {
            return Direction::Unchanged;
        }
        match (self.tighter, new > old) {
            (Up, true) | (Down, false) => Direction::Tightening,
            _ => Direction::Loosening,
        }
    }

    const fn is_within_step(&self, old: u64, new: u64) -> bool {
        let change = old.abs_diff(new);
        match self.step {
            _ if change <= 1 => true,
            Ratio | Requirement => change <= old / 5,
            Cap if old == 0 => true,
            Cap if new > old => change <= old / 2,
            Cap => change <= old / 3,
            Any => true,
        }
    }
}

/// The direction of a change from `old` to `new`, each in the order of the rules. Anything that has no rule counts as loosened.
pub fn direction(rules: &[Rule], old: &[u64], new: &[u64]) -> Direction {
    if old.len() != rules.len() || new.len() != rules.len() {
        return Direction::Loosening;
    }
    let mut whole = Direction::Unchanged;
    for (rule, (old, new)) in rules.iter().zip(old.iter().zip(new)) {
        match rule.direction(*old, *new) {
            Direction::Unchanged => {}
            Direction::Loosening => return Direction::Loosening,
            Direction::Tightening => whole = Direction::Tightening,
        }
    }
    whole
}

/// Refuses a change that takes a parameter out of its hard bounds, loosens one by more than a step, or raises a requirement by more.
/// What does not change may stay where it is. Errors: `BoundExceeded`, `StepTooLarge`.
pub fn require_step(rules: &[Rule], old: &[u64], new: &[u64]) -> Result<()> {
    for (rule, (old, new)) in rules.iter().zip(old.iter().zip(new)) {
        if old == new {
            continue;
        }
        if *new < rule.least || *new > rule.most {
            return Err(RiskError::BoundExceeded);
        }
        let is_bounded = matches!(rule.direction(*old, *new), Direction::Loosening) || rule.step == Requirement;
        if is_bounded && !rule.is_within_step(*old, *new) {
            return Err(RiskError::StepTooLarge);
        }
    }
    Ok(())
}

/// Refuses what is listed outside the hard bounds. Error: `BoundExceeded`.
pub fn require_bounds(rules: &[Rule], new: &[u64]) -> Result<()> {
    let is_within = |(rule, new): (&Rule, &u64)| *new >= rule.least && *new <= rule.most;
    if rules.iter().zip(new).all(is_within) { Ok(()) } else { Err(RiskError::BoundExceeded) }
}

/// Shortest time over which a requirement rises, in seconds: as long as a loosening waits at least.
const MIN_RAMP_SECONDS: u32 = 48 * 3_600;

/// How long a requirement takes to rise: the asset's notice, two days at least.
pub const fn ramp_seconds(notice_seconds: u32) -> u32 {
    if notice_seconds < MIN_RAMP_SECONDS { MIN_RAMP_SECONDS } else { notice_seconds }
}

/// A requirement on its way up from `from`, `seconds` after it was raised to `to`: linear over `ramp_seconds`, rounded down, so that a
/// parameter alone never liquidates anybody at once. A lower `to` counts at once.
pub const fn ramped(from: u64, to: u64, seconds: i64, notice_seconds: u32) -> u64 {
    let length = ramp_seconds(notice_seconds) as u64;
    if to <= from || seconds >= length as i64 {
        return to;
    }
    let seconds = if seconds < 0 { 0 } else { seconds as u64 };
    // Ratios are below 2^32, and seconds below 2^32: the length bounds them.
    match (to - from).checked_mul(seconds) {
        Some(product) => from + product / length,
        None => to,
    }
}

/// Lots of a token, listed after sealing, that may be deposited on its first day. A lot is worth 1 to 10 quote tokens.
const PROBATION_LOTS: u64 = 1 << 12;

/// What accounts may hold of a token on the first day after it was listed, in its atoms. Errors as for the lot.
pub const fn probation_atoms(lot_atoms_exponent: u8) -> Result<u64> {
    if lot_atoms_exponent > crate::MAX_LOT_ATOMS_EXPONENT {
        return Err(RiskError::LotOutOfRange);
    }
    Ok(PROBATION_LOTS * 10_u64.pow(lot_atoms_exponent as u32))
}

/// The deposit cap in force `seconds` after a token was listed: what its first day allows, twice as much with each day, and at most its own
/// cap. A `first_day` of 0: no probation.
pub const fn probation_cap(deposit_cap: u64, first_day: u64, seconds: i64) -> u64 {
    if first_day == 0 {
        return deposit_cap;
    }
    let days = if seconds < 0 { 0 } else { seconds / DAY as i64 };
    if days >= first_day.leading_zeros() as i64 {
        return deposit_cap;
    }
    let allowed = first_day << days;
    if allowed < deposit_cap { allowed } else { deposit_cap }
}

#[cfg(test)]
#[path = "governance_tests.rs"]
mod tests;
