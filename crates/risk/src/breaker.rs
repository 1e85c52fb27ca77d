//! Breaker levels and what stays open at each.

/// How far a market, or everything, is restricted. The effective level is the highest that applies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    #[default]
    Normal = 0,
    /// Narrower price bands, no new open interest beyond half of the cap.
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
}
