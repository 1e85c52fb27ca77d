//! What a transaction may use: compute units and loaded data, as tight as they can be known, and what a unit is paid.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde::Deserialize;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;

use crate::{PROGRAM_ID, TOKEN_2022_PROGRAM, TOKEN_PROGRAM};

/// Loaded data is charged by the page.
const PAGE_BYTES: u32 = 32 * 1_024;
/// What the chain lets one transaction have.
const MAX_COMPUTE_UNITS: u32 = 1_400_000;
const MAX_LOADED_BYTES: u32 = 64 * 1_024 * 1_024;
/// A compute-budget instruction costs this, and there are three.
const BUDGET_UNITS: u32 = 3 * 150;
/// A derived address takes this much for each bump that is tried.
const BUMP_UNITS: u32 = 1_500;
/// More bumps than this one address in 65,536 needs.
const BUMPS: u32 = 16;
/// For an account behind those that are named: another market to count, another position to settle.
const TRAILING_UNITS: u32 = 2_000;
/// An instruction of some other program: token transfers, the creation of an associated token account.
const FOREIGN_UNITS: u32 = 40_000;
/// The board is the largest of the program's accounts, 41 KB when full; others are below 4 KB.
const BOARD_BYTES: u32 = 48 * 1_024;
const ACCOUNT_BYTES: u32 = 4 * 1_024;
/// A token program's code with room to grow.
const TOKEN_PROGRAM_BYTES: u32 = 1_024 * 1_024;

/// The limits of one transaction, and the price of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    pub compute_units: u32,
    /// Of all accounts and programs together.
    pub loaded_bytes: u32,
    /// Priority fee, in millionths of a lamport per compute unit.
    pub unit_price: u64,
}

impl Budget {
    /// From what was measured (`docs/benchmarks/compute-units.json`): enough for 16 positions and unlucky addresses, whatever the state
    /// of the accounts. Where the network can be asked, `simulated` is tighter.
    pub fn measured(instructions: &[Instruction]) -> Self {
        let units: u32 = instructions.iter().map(units_of).sum();
        let is_token = |instruction: &Instruction| {
            let programs = instruction.accounts.iter().map(|meta| meta.pubkey);
            programs.chain([instruction.program_id]).any(|id| id == TOKEN_PROGRAM || id == TOKEN_2022_PROGRAM)
        };
        let accounts: u32 = instructions.iter().map(|instruction| instruction.accounts.len() as u32).sum();
        let tokens = if instructions.iter().any(is_token) { 2 * TOKEN_PROGRAM_BYTES } else { 0 };
        let program = table().program_bytes + table().program_bytes / 4;
        let bytes = program + tokens + BOARD_BYTES + accounts.saturating_mul(ACCOUNT_BYTES);
        Self::within(units.saturating_add(BUDGET_UNITS), bytes)
    }

    /// A tenth above what a simulation used, and up to the end of the next page. Between simulation and execution an account may
    /// gain a position or two; nothing grows by more.
    pub fn simulated(units: u64, loaded_bytes: u32) -> Self {
        let units = u32::try_from(units.saturating_add(units / 10)).unwrap_or(MAX_COMPUTE_UNITS);
        Self::within(units.saturating_add(1_000), loaded_bytes.saturating_add(PAGE_BYTES))
    }

    fn within(units: u32, bytes: u32) -> Self {
        let loaded_bytes = bytes.div_ceil(PAGE_BYTES).saturating_mul(PAGE_BYTES).min(MAX_LOADED_BYTES);
        Self { compute_units: units.min(MAX_COMPUTE_UNITS), loaded_bytes, unit_price: 0 }
    }

    #[must_use]
    pub fn paying(self, unit_price: u64) -> Self {
        Self { unit_price, ..self }
    }

    /// Lamports that the price adds to the fee, at most. Rounds up, as the chain does.
    pub fn priority_fee(&self) -> u64 {
        let micro = u128::from(self.compute_units) * u128::from(self.unit_price);
        u64::try_from(micro.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }

    /// The instructions that say so, to be put before the others.
    pub fn instructions(&self) -> Vec<Instruction> {
        let mut limits = vec![
            ComputeBudgetInstruction::set_compute_unit_limit(self.compute_units),
            ComputeBudgetInstruction::set_loaded_accounts_data_size_limit(self.loaded_bytes),
        ];
        if self.unit_price > 0 {
            limits.push(ComputeBudgetInstruction::set_compute_unit_price(self.unit_price));
        }
        limits
    }

    /// These instructions with their limits before them.
    pub fn wrap(&self, instructions: &[Instruction]) -> Vec<Instruction> {
        let mut all = self.instructions();
        all.extend_from_slice(instructions);
        all
    }
}

struct Table {
    /// By the first byte of the instruction's data: the most that was measured, the accounts that it names.
    units: HashMap<u8, (u32, usize)>,
    program_bytes: u32,
}

#[derive(Deserialize)]
struct Idl {
    instructions: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    discriminator: Vec<u8>,
    accounts: Vec<serde_json::Value>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let figures: BTreeMap<String, u32> =
            serde_json::from_str(include_str!("../../../docs/benchmarks/compute-units.json"))
                .expect("the committed figures parse");
        let idl: Idl =
            serde_json::from_str(include_str!("../../../idl/firebreak.json")).expect("the committed IDL parses");
        let most = |name: &str| {
            let is_own =
                |key: &str| key.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '_']));
            figures.iter().filter(|(key, _)| is_own(key)).map(|(_, units)| *units).max()
        };
        let units = idl.instructions.iter().filter_map(|instruction| {
            let opcode = instruction.discriminator.first()?;
            Some((*opcode, (most(&instruction.name)?, instruction.accounts.len())))
        });
        Table { units: units.collect(), program_bytes: figures.get("bytes/program").copied().unwrap_or(0) }
    })
}

fn units_of(instruction: &Instruction) -> u32 {
    if instruction.program_id != PROGRAM_ID {
        return FOREIGN_UNITS;
    }
    let known = instruction.data.first().and_then(|opcode| table().units.get(opcode));
    let Some((measured, named)) = known else { return FOREIGN_UNITS };
    let trailing = instruction.accounts.len().saturating_sub(*named) as u32;
    let creates = instruction.accounts.iter().any(|meta| meta.pubkey == crate::SYSTEM_PROGRAM);
    // A clearinghouse derives seven addresses; everything else that creates derives two at most.
    let bumps = if !creates { 0 } else { BUMPS * BUMP_UNITS * if *measured > 10_000 { 7 } else { 2 } };
    measured + measured / 4 + trailing.saturating_mul(TRAILING_UNITS) + bumps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Addresses;

    #[test]
    fn every_instruction_was_measured() {
        let idl: Idl = serde_json::from_str(include_str!("../../../idl/firebreak.json")).unwrap();
        for instruction in idl.instructions {
            let found = table().units.get(&instruction.discriminator[0]);
            assert!(found.is_some_and(|(units, _)| *units > 100), "{} has no figure", instruction.name);
        }
    }

    #[test]
    fn the_limits_leave_a_quarter_above_the_largest_figure() {
        let figures: BTreeMap<String, u32> =
            serde_json::from_str(include_str!("../../../docs/benchmarks/compute-units.json")).unwrap();
        let at = Addresses::of_id(1);
        let budget = Budget::measured(&[at.poke(0)]);
        assert_eq!(budget.compute_units, figures["poke"] + figures["poke"] / 4 + BUDGET_UNITS);
        assert!(budget.loaded_bytes > figures["bytes/program"] && budget.loaded_bytes.is_multiple_of(PAGE_BYTES));
    }

    #[test]
    fn a_priority_fee_rounds_up() {
        let budget = Budget { compute_units: 3, loaded_bytes: 0, unit_price: 1 };
        assert_eq!(budget.priority_fee(), 1);
        assert_eq!(Budget { compute_units: 1_000_000, ..budget }.priority_fee(), 1);
        assert_eq!(Budget { compute_units: 1_000_001, ..budget }.priority_fee(), 2);
        assert_eq!(budget.paying(0).instructions().len(), 2);
        assert_eq!(budget.instructions().len(), 3);
    }
}
