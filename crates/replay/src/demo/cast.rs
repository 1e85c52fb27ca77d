//! Who takes part and what they have in mind, drawn from the seed.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;

use crate::listing::DOLLAR;

/// How many times what others have the large traders bring, and their leverage: enough to see the silence come, and not to
/// outlive it.
const LARGE: u64 = 3;
const LARGE_LEVERAGE_TENTHS: u64 = 76;

/// A number below `bound`, and even enough for a cast.
pub fn below(generator: &mut ChaCha8Rng, bound: u64) -> u64 {
    generator.next_u64() % bound.max(1)
}

/// What a trader does after entering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// Nothing, whatever comes.
    Hold,
    /// Deposits more when margin gets thin, twice at most.
    TopUp,
    /// Closes when this share of the deposit is lost, in percent.
    StopLoss(u8),
    /// Trades a tenth of the position to and fro.
    Scalp,
    /// Stays out until the asset has fallen this far, in basis points, then buys.
    BuyDip(u16),
    /// Closes early and takes everything out while the crash is on.
    Leave,
}

/// A position somebody wants: the leverage is in tenths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bet {
    pub market: u8,
    pub is_long: bool,
    pub leverage_tenths: u64,
}

/// A trader before the curtain rises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub name: String,
    /// Quote atoms.
    pub cash: u64,
    pub bets: Vec<Bet>,
    pub habit: Habit,
    /// Of `cash`, what is brought as tokens instead, in percent.
    pub pledges_percent: u64,
    /// Whether the account is isolated to the (only) bet's market.
    pub is_isolated: bool,
    /// When the trader enters, in basis points of the whole run.
    pub enters_bps: u64,
}

impl Plan {
    /// Lots of the token to pledge at this mark.
    pub fn pledge(&self, mark: u64) -> u64 {
        self.cash / 100 * self.pledges_percent / mark.max(1)
    }

    /// Whether the first bet is on a rise.
    pub fn is_long(&self) -> bool {
        self.bets.first().is_none_or(|bet| bet.is_long)
    }
}

/// Traders: four of five long with 2x to 9x, half of them in SOL, every seventh isolated, one of six in two markets, one of
/// twelve with tokens for most of the margin, and one of twelve large, in SOL.
pub fn traders(count: usize, generator: &mut ChaCha8Rng) -> Vec<Plan> {
    (0..count).map(|number| trader(number, generator)).collect()
}

fn trader(number: usize, generator: &mut ChaCha8Rng) -> Plan {
    let habit = match number % 12 {
        0 | 3 | 5 | 9 => Habit::Hold,
        1 | 7 => Habit::TopUp,
        2 | 8 => Habit::StopLoss(20 + below(generator, 40) as u8),
        4 => Habit::Scalp,
        6 => Habit::BuyDip(400 + below(generator, 600) as u16),
        10 => Habit::Leave,
        _ => Habit::Hold,
    };
    let is_long = number % 5 != 4 || matches!(habit, Habit::BuyDip(_));
    let leverage_tenths = match habit {
        Habit::BuyDip(_) | Habit::Leave => 20 + below(generator, 15),
        _ => 30 + below(generator, 61),
    };
    let is_large = number % 12 == 5;
    let (leverage_tenths, market) = match (is_large, [0, 0, 1, 2][below(generator, 4) as usize]) {
        (true, _) => (LARGE_LEVERAGE_TENTHS, 0),
        (false, market) => (leverage_tenths, market),
    };
    let mut bets = vec![Bet { market, is_long, leverage_tenths }];
    let is_isolated = number % 7 == 3;
    if number % 6 == 1 && !is_isolated {
        let half = leverage_tenths / 2;
        bets[0].leverage_tenths = half;
        bets.push(Bet { market: (market + 1) % 3, is_long, leverage_tenths: half });
    }
    let dollars = 2_000 + below(generator, 10_000) + below(generator, 2) * below(generator, 30_000);
    let pledges_percent = if number % 12 == 9 && !is_isolated { 70 } else { 0 };
    Plan {
        name: format!("trader {number}"),
        cash: dollars * DOLLAR * if is_large { LARGE } else { 1 },
        bets,
        habit,
        pledges_percent,
        is_isolated,
        enters_bps: below(generator, 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn a_seed_draws_the_same_cast_again_and_leverage_stays_within_the_market_s() {
        let draw = |seed| traders(120, &mut ChaCha8Rng::seed_from_u64(seed));
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        for plan in draw(7) {
            let leverage: u64 = plan.bets.iter().map(|bet| bet.leverage_tenths).sum();
            assert!((20..=90).contains(&leverage), "{plan:?}");
            assert!(!plan.is_isolated || plan.bets.len() == 1);
            let plan = Plan { cash: 1_000_099, pledges_percent: 70, ..plan };
            assert_eq!([plan.pledge(1_000), plan.pledge(0)], [700, 700_000]);
        }
    }
}
