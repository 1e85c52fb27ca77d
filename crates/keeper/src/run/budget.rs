//! Compute budgets: as much as the simulation used, and some head-room.

use solana_address::Address;
use solana_instruction::Instruction;

const PROGRAM: Address = Address::from_str_const("ComputeBudget111111111111111111111111111111");
/// The most that a transaction may use.
const MOST_UNITS: u32 = 1_400_000;
const MOST_LOADED: u32 = 64 << 20;
/// Loaded data is charged by pages of this size.
const PAGE: u32 = 32 << 10;

/// What a transaction asks for: units, micro-lamports for each, bytes of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    pub limit: u32,
    pub price: u64,
    pub loaded: u32,
}

impl Budget {
    /// For a simulation.
    pub const MOST: Self = Self { limit: MOST_UNITS, price: 0, loaded: MOST_LOADED };

    /// A sixth more than was used, and a thousand: what the chain finds may differ from what the simulation did. The number makes
    /// transactions differ that would otherwise be the same, and be taken for repeats.
    pub fn limit(used: u64, number: u32) -> u32 {
        let used = u32::try_from(used).unwrap_or(MOST_UNITS);
        used.saturating_add(used / 6).saturating_add(1_000 + number % 256).min(MOST_UNITS)
    }

    /// A page more than was loaded, in whole pages; everything where the server does not say.
    pub fn loaded(size: Option<u32>) -> u32 {
        let Some(size) = size.filter(|size| *size > 0) else { return MOST_LOADED };
        size.saturating_add(PAGE).div_ceil(PAGE).saturating_mul(PAGE).min(MOST_LOADED)
    }
}

/// Instructions behind their budget.
pub fn with_budget(budget: Budget, instructions: &[Instruction]) -> Vec<Instruction> {
    let set = |kind: u8, value: &[u8]| {
        let mut data = vec![kind];
        data.extend(value);
        Instruction { program_id: PROGRAM, accounts: vec![], data }
    };
    let mut all = vec![set(2, &budget.limit.to_le_bytes()), set(4, &budget.loaded.to_le_bytes())];
    all.push(set(3, &budget.price.to_le_bytes()));
    all.extend_from_slice(instructions);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_have_head_room_and_an_end() {
        assert_eq!(Budget::limit(6_000, 0), 8_000);
        assert_eq!(Budget::limit(6_000, 257), 8_001);
        assert_eq!(Budget::limit(u64::MAX, 5), MOST_UNITS);
        assert_eq!(Budget::loaded(None), MOST_LOADED);
        assert_eq!(Budget::loaded(Some(1)), 2 * PAGE);
        assert_eq!(Budget::loaded(Some(PAGE)), 2 * PAGE);
        assert_eq!(Budget::loaded(Some(u32::MAX)), MOST_LOADED);
    }
}
