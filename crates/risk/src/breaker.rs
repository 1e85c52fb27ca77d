//! Breaker levels and what stays open at each.

/// How far a market, or everything, is restricted. The effective level is the highest that applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    #[default]
    Normal = 0,
    /// A quarter more initial margin, half of the price band, no new open interest beyond half of the cap.
    Caution = 1,
    ReduceOnly = 2,
    LiquidationOnly = 3,
    Halted = 4,
}

/// What an instruction does, as far as the breaker cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Deposits, cancelling offers, settling losses, creating and closing accounts, refreshing prices.
    Always,
    /// Withdrawing with no positions.
    WithdrawFlat,
    Liquidate,
    ReduceRisk,
    /// Turning a gain into cash.
    SettleProfit,
    /// Withdrawing while holding positions.
    WithdrawWithPositions,
    AddRisk,
}

/// A stored or requested level that is none of 0 to 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelOutOfRange;

impl TryFrom<u8> for Level {
    type Error = LevelOutOfRange;

    fn try_from(value: u8) -> core::result::Result<Self, LevelOutOfRange> {
        Ok(match value {
            0 => Self::Normal,
            1 => Self::Caution,
            2 => Self::ReduceOnly,
            3 => Self::LiquidationOnly,
            4 => Self::Halted,
            _ => return Err(LevelOutOfRange),
        })
    }
}

impl Level {
    /// The one table of what stays open (design, section 8).
    #[inline(always)]
    pub const fn permits(self, activity: Activity) -> bool {
        let highest = match activity {
            Activity::Always => Self::Halted,
            Activity::WithdrawFlat | Activity::Liquidate => Self::LiquidationOnly,
            Activity::ReduceRisk | Activity::SettleProfit => Self::ReduceOnly,
            Activity::WithdrawWithPositions | Activity::AddRisk => Self::Caution,
        };
        self as u8 <= highest as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_leaves_the_safe_direction_open() {
        use Activity::*;
        let open = |level: u8| {
            [Always, WithdrawFlat, Liquidate, ReduceRisk, SettleProfit, WithdrawWithPositions, AddRisk]
                .map(|activity| Level::try_from(level).unwrap().permits(activity))
        };
        assert_eq!(open(0), [true; 7]);
        assert_eq!(open(1), [true; 7]);
        assert_eq!(open(2), [true, true, true, true, true, false, false]);
        assert_eq!(open(3), [true, true, true, false, false, false, false]);
        assert_eq!(open(4), [true, false, false, false, false, false, false]);
        assert_eq!(Level::try_from(5), Err(LevelOutOfRange));
    }

    /// docs/spec.md prints this table, and no other.
    #[test]
    fn the_spec_prints_this_table() {
        let rows = [
            (
                "deposit, cancel or change an offer, settle a loss, touch, refresh prices, poke, create, close, stake, ask to leave, \
                 sweep, set a funding rate, report a deficit, propose, execute, veto, seal",
                Activity::Always,
                "yes",
            ),
            ("withdraw without positions, leave the insurance fund", Activity::WithdrawFlat, "yes"),
            (
                "liquidate, convert collateral, auto-deleverage, settle a gain of an account below maintenance",
                Activity::Liquidate,
                "yes",
            ),
            ("reduce risk", Activity::ReduceRisk, "yes (half band)"),
            ("settle a gain", Activity::SettleProfit, "yes"),
            ("withdraw with positions", Activity::WithdrawWithPositions, "yes (a quarter more margin)"),
            ("add risk", Activity::AddRisk, "yes (a quarter more margin, half band, half open interest cap)"),
        ];
        let mut table =
            String::from("| | Normal | Caution | ReduceOnly | LiquidationOnly | Halted |\n|---|---|---|---|---|---|\n");
        for (name, activity, cautiously) in rows {
            let open = |level: u8| Level::try_from(level).unwrap().permits(activity);
            let cell = |level: u8| match (open(level), level) {
                (false, _) => "no",
                (true, 1) => cautiously,
                (true, _) => "yes",
            };
            let cells: Vec<_> = (0..=4).map(cell).collect();
            table += &format!("| {name} | {} |\n", cells.join(" | "));
        }
        assert!(include_str!("../../../docs/spec.md").contains(&table), "docs/spec.md should print\n{table}");
    }
}
