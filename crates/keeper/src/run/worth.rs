//! Whether a gain is worth its fees.

/// What a job that takes something over must gain.
#[derive(Clone, Copy, Debug)]
pub struct Worth {
    /// Quote atoms.
    pub least: i64,
    /// Quote atoms that a thousand million lamports are worth; none where the board has no price of SOL.
    pub per_sol: Option<u64>,
}

impl Worth {
    /// Fees in quote atoms, rounded up; nothing where nobody knows what they are worth.
    pub fn cost(&self, lamports: u64) -> u64 {
        let cost = (u128::from(lamports) * u128::from(self.per_sol.unwrap_or(0))).div_ceil(1_000_000_000);
        u64::try_from(cost).unwrap_or(u64::MAX)
    }

    pub fn require(&self, profit: Option<i64>, lamports: u64) -> Result<(), String> {
        let Some(profit) = profit else { return Ok(()) };
        let cost = self.cost(lamports);
        let left = profit.saturating_sub(i64::try_from(cost).unwrap_or(i64::MAX));
        if left >= self.least {
            return Ok(());
        }
        Err(format!("it would gain {profit} atoms for {cost} of fees: less than limits.min_profit of {}", self.least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gain_must_exceed_its_fees_by_the_least_profit() {
        // A SOL is worth 150 dollars: 10,000 lamports are 1,500 atoms.
        let worth = Worth { least: 100, per_sol: Some(150_000_000) };
        assert_eq!(worth.cost(10_000), 1_500);
        assert_eq!(worth.cost(1), 1, "rounded up");
        assert!(worth.require(Some(1_600), 10_000).is_ok());
        assert!(worth.require(Some(1_599), 10_000).unwrap_err().contains("limits.min_profit"));
        assert!(worth.require(None, u64::MAX).is_ok(), "a job that takes nothing over is done whatever it costs");
        assert!(Worth { per_sol: None, ..worth }.require(Some(100), u64::MAX).is_ok());
    }
}
