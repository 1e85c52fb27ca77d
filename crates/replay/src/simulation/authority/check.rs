//! What must hold after each operation, said once more and apart from the program's own tables.

use firebreak::governance::Change;
use std::collections::{BTreeMap, BTreeSet};

use crate::simulation::authority::{
    moves::{Move, NAMES_OF_ROLES},
    view::{View, set_by},
};

/// Two days.
const DELAY: i64 = 48 * 3_600;
/// Lots of a new token on its first day.
const FIRST_LOTS: u64 = 4_096;

/// More restricts more.
const TIGHTER_UP: [&str; 8] = [
    "cooldown_seconds",
    "initial_ratio_bps",
    "maintenance_ratio_bps",
    "exit_slippage_bps",
    "coinsurance_share_bps",
    "fee_share_bps",
    "haircut_bps",
    "delay_seconds",
];

/// Less restricts more. Whatever is in neither list loosens either way.
const TIGHTER_DOWN: [&str; 15] = [
    "move_bps",
    "uncertain_seconds",
    "liquidated_bps",
    "liquidated_floor_lots",
    "drawdown_bps",
    "grace_seconds",
    "gain_weight_bps",
    "fresh_age_seconds",
    "confidence_fresh_bps",
    "ema_band_bps",
    "price_band_bps",
    "max_open_interest_lots",
    "insurance_event_cap",
    "insurance_window_cap",
    "deposit_cap",
];

fn is_loosened(name: &str, old: u64, new: u64) -> bool {
    let field = name.rsplit('.').next().unwrap_or(name);
    // The fund's cool-down loosens either way; a breaker's has the same name.
    if name.starts_with("fund.") {
        return new != old;
    }
    match (TIGHTER_UP.contains(&field), TIGHTER_DOWN.contains(&field)) {
        (true, _) => new < old,
        (_, true) => new > old,
        _ => new != old,
    }
}

/// A fifth for what is counted in basis points, a half more or a third less for the rest; the smallest number at least.
fn is_within_step(name: &str, old: u64, new: u64) -> bool {
    let change = i128::from(new) - i128::from(old);
    let old = i128::from(old);
    match name {
        _ if change.abs() <= 1 || name.ends_with(".group") => true,
        _ if name.contains("_bps") => change.abs() * 5 <= old,
        _ if old == 0 => true,
        _ => change * 2 <= old && change * 3 >= -old,
    }
}

/// Parameters that changed, and whether that loosened them.
pub fn moved(before: &View, after: &View) -> Vec<(String, bool)> {
    let (old, new) = (before.parameters(), after.parameters());
    let changed = old.into_iter().filter_map(|(name, old)| Some((new.get(&name).copied()?, old, name)));
    changed
        .filter(|(new, old, _)| new != old)
        .map(|(new, old, name)| (name.clone(), is_loosened(&name, old, new)))
        .collect()
}

/// What the harness itself saw of a proposal.
#[derive(Clone, Debug)]
struct Entry {
    made_at: i64,
    change: Change,
    parameters: BTreeMap<String, u64>,
    is_over: bool,
}

/// The harness's own record of proposals and listings.
#[derive(Clone, Debug, Default)]
pub struct Books {
    entries: BTreeMap<u64, Entry>,
    listed: BTreeMap<u8, i64>,
    /// When a requirement was last raised.
    raised: BTreeMap<String, i64>,
}

impl Books {
    /// Whether a proposal was executed, vetoed or withdrawn.
    pub fn is_over(&self, id: u64) -> bool {
        self.entries.get(&id).is_some_and(|entry| entry.is_over)
    }

    pub fn note(&mut self, done: &Move, is_accepted: bool, (before, after): (&View, &View), now: i64) {
        if !is_accepted {
            return;
        }
        let (old, new) = (before.parameters(), after.parameters());
        let raised = new.into_iter().filter(|(name, value)| old.get(name).is_some_and(|old| old < value));
        self.raised.extend(raised.map(|(name, _)| (name, now)));
        match done {
            Move::Propose { change } => {
                let parameters = before.parameters();
                let entry = Entry { made_at: now, change: *change, parameters, is_over: false };
                self.entries.insert(before.root.proposal_count, entry);
            }
            Move::Execute { id, .. } | Move::Veto { id, .. } | Move::SetUp { id: Some(id), .. } => {
                if let Some(entry) = self.entries.get_mut(id) {
                    entry.is_over = true;
                }
                if let Move::SetUp { change: Change::AddCollateralBank { index, .. }, .. } = done {
                    self.listed.insert(*index, now);
                }
            }
            _ => {}
        }
    }

    /// A requirement rises by a fifth in two days, not more and not again before.
    fn raised_too_fast(&self, name: &str, old: u64, new: u64, now: i64) -> Option<String> {
        let again = self.raised.get(name).is_some_and(|last| now - last < DELAY);
        let is_too_fast = again || !is_within_step(name, old, new);
        is_too_fast.then(|| format!("T111: {name} went from {old} to {new}, again: {again}"))
    }

    /// Why a proposal may not loosen anything now; nothing where it may.
    fn objection(&self, id: Option<u64>, set: &str, before: &View, now: i64) -> Option<String> {
        let Some(entry) = id.and_then(|id| self.entries.get(&id)) else { return Some("no proposal".to_owned()) };
        if now - entry.made_at < DELAY {
            return Some(format!("proposed {} s before", now - entry.made_at));
        }
        if entry.is_over {
            return Some("its proposal was vetoed, or executed before".to_owned());
        }
        // A delay that was raised in between makes a role wait, and its proposal is not void.
        let is_of_set = |name: &str| name.starts_with(set) && name != "root.delay_seconds";
        let of_set = |all: &BTreeMap<String, u64>| -> BTreeMap<String, u64> {
            all.iter().filter(|(name, _)| is_of_set(name)).map(|(name, value)| (name.clone(), *value)).collect()
        };
        let is_same = of_set(&entry.parameters) == of_set(&before.parameters());
        (!is_same).then(|| format!("the parameters of {set} are not those it was made against"))
    }
}

/// Everything that is wrong after an operation.
pub fn violations(
    done: &Move,
    is_accepted: bool,
    (before, after): (&View, &View),
    books: &Books,
    now: i64,
) -> Vec<String> {
    if !done.is_governance() {
        return ordinary(before, after, books, now);
    }
    if !is_accepted {
        return if before == after { Vec::new() } else { vec!["a refusal changed something".to_owned()] };
    }
    let mut found = frame(done, before, after);
    found.extend(changes(done, (before, after), books, now));
    found
}

/// Trades, prices and time change no parameter; and a new token's deposits keep within its probation.
fn ordinary(before: &View, after: &View, books: &Books, now: i64) -> Vec<String> {
    let mut found = Vec::new();
    if before.parameters() != after.parameters() || before.root != after.root || before.header != after.header {
        found.push("a parameter changed without governance".to_owned());
    }
    for (index, listed_at) in &books.listed {
        let Some(bank) = after.banks.get(index) else { continue };
        let lot = after.rows.get(bank.asset as usize).map_or(0, |row| u32::from(row.lot_atoms_exponent));
        let most = (u128::from(FIRST_LOTS) * 10_u128.pow(lot)) << ((now - listed_at) / 86_400).min(64);
        if u128::from(bank.total) > most {
            found.push(format!("T114: bank {index} holds {} on probation, {most} are allowed", bank.total));
        }
    }
    found
}

/// Governance touches nothing that is somebody's own, no vault, no book, no price; and liquidates nobody by a parameter (T111).
fn frame(done: &Move, before: &View, after: &View) -> Vec<String> {
    let mut found = Vec::new();
    if before.own != after.own {
        found.push("T108: governance wrote a user's account".to_owned());
    }
    let kept = |view: &View| -> BTreeMap<_, _> {
        before.vaults.keys().filter_map(|vault| Some((*vault, *view.vaults.get(vault)?))).collect()
    };
    if before.vaults != kept(after) {
        found.push("T108: governance moved tokens".to_owned());
    }
    let mut books = after.with_parameters_of(before);
    if let Move::SetUp { change, .. } = done {
        undo_listing(&mut books, before, change);
    }
    if matches!(done, Move::Trip { .. } | Move::SetUp { change: Change::ResetBreaker { .. }, .. }) {
        books.breaker = before.breaker;
    }
    (books.own, books.vaults) = (before.own.clone(), before.vaults.clone());
    if books != *before {
        found.push("I-09: governance wrote something that is no parameter".to_owned());
    }
    for (index, (old, new)) in before.rows.iter().zip(&after.rows).enumerate() {
        if new.haircut_in_force(new.publish_time) > old.haircut_in_force(old.publish_time) && old.haircut_bps > 0 {
            found.push(format!("T111: the haircut of asset {index} rose at once"));
        }
        if new.maintenance_in_force(new.publish_time) > old.maintenance_in_force(old.publish_time) {
            found.push(format!("T111: the maintenance ratio of asset {index} rose at once"));
        }
    }
    found
}

/// What a listing adds.
fn undo_listing(books: &mut View, before: &View, change: &Change) {
    match change {
        Change::AddAsset { .. } => books.rows.truncate(before.rows.len()),
        Change::AddMarket { index, .. } => {
            books.markets.remove(index);
            // Its parameters, and what follows from them: nobody holds a position in it.
            books.rows[*index as usize] = before.rows[*index as usize];
        }
        Change::AddCollateralBank { index, config, .. } => {
            books.banks.remove(index);
            books.rows[config.asset as usize] = before.rows[config.asset as usize];
        }
        _ => {}
    }
}

/// Whatever loosened was proposed two days before, against what was in force, by one step, and not vetoed.
fn changes(done: &Move, (before, after): (&View, &View), books: &Books, now: i64) -> Vec<String> {
    let id = match done {
        Move::Execute { id, .. } => Some(*id),
        Move::SetUp { id, .. } => *id,
        _ => None,
    };
    let (old, new) = (before.parameters(), after.parameters());
    let mut found = Vec::new();
    let mut sets = BTreeSet::new();
    for (name, value) in &new {
        let set = name.split('.').next().unwrap_or(name).to_owned();
        match old.get(name) {
            Some(last) if last == value => continue,
            Some(last) => {
                sets.insert(set.clone());
                let proposed = id.and_then(|id| books.entries.get(&id)).map(|entry| set_by(&entry.change));
                if proposed.is_none_or(|proposed| proposed.get(name) != Some(value)) {
                    found.push(format!("T108: {name} became {value}, which nobody proposed"));
                }
                let is_requirement = name.ends_with(".maintenance_ratio_bps") || name.ends_with(".haircut_bps");
                if is_requirement && value > last {
                    found.extend(books.raised_too_fast(name, *last, *value, now));
                }
                if !is_loosened(name, *last, *value) {
                    continue;
                }
                if !is_within_step(name, *last, *value) {
                    found.push(format!("T110: {name} went from {last} to {value} in one step"));
                }
            }
            None => {} // listed
        }
        let set = format!("{set}.");
        found.extend(books.objection(id, &set, before, now).map(|why| format!("T108: {name} loosened: {why}")));
    }
    // A bank's proposal may touch its token's row, and nothing else two sets.
    if sets.len() > 1 {
        found.push(format!("one proposal changed {sets:?}"));
    }
    let once = |name: &str| books.objection(id, name, before, now);
    if before.header != after.header {
        found.extend(once("oracles").map(|why| format!("T114: the oracles changed: {why}")));
    }
    let is_reset = matches!(done, Move::SetUp { change: Change::ResetBreaker { .. }, .. });
    if is_reset {
        found.extend(once("breaker").map(|why| format!("T112: a breaker was reset: {why}")));
    }
    found.extend(roles(done, before, after, once("root.").as_deref()));
    let levels = |view: &View| (0..64).map(|market| view.breaker.level(market, now)).collect::<Vec<_>>();
    if !is_reset && levels(before).iter().zip(levels(after)).any(|(old, new)| new < *old) {
        found.push("I-11: a level fell".to_owned());
    }
    found
}

fn roles(done: &Move, before: &View, after: &View, objection: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    let (old, new) = (&before.root, &after.root);
    if new.sealed < old.sealed || new.delay_seconds < old.delay_seconds {
        found.push("T108: the seal or the delay fell".to_owned());
    }
    let roles = [(old.authority, new.authority), (old.guardian, new.guardian)];
    for (name, (old, new)) in NAMES_OF_ROLES.iter().zip(roles) {
        if old == new {
            continue;
        }
        found.extend(objection.map(|why| format!("T113: the {name} changed: {why}")));
        if !matches!(done, Move::Execute { by, .. } if *by == new) {
            found.push(format!("T113: the {name} went to a key that did not sign"));
        }
    }
    if new.authority == new.guardian {
        found.push("T113: one key has both roles".to_owned());
    }
    found
}
