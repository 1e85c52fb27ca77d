//! What a trader does next: a pure function of the account, the board and the plan.

use firebreak_client::{Board, MarginAccountView};
use rand_chacha::ChaCha8Rng;
use risk::{Action, Activity, Level};

use super::cast::{Habit, Plan, below};

/// Something a trader signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Buys lots, sells where negative.
    Trade {
        market: u8,
        lots: i64,
    },
    Deposit(u64),
    Withdraw(u64),
    /// Turns a gain into cash, or a loss into the pool's.
    Settle(u8),
}

/// What a trader remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    pub entries_tried: u32,
    pub is_in: bool,
    pub is_out: bool,
    pub top_ups: u32,
    pub has_left: bool,
}

/// What everybody sees.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    pub board: &'a Board,
    pub levels: [Level; 3],
    /// How far each asset has fallen since the beginning, in basis points; 0 where it rose.
    pub fallen_bps: [u64; 3],
    /// How much of the run is over.
    pub progress_bps: u64,
    pub now: i64,
}

const ENTRIES: u32 = 4;
const TOP_UPS: u32 = 2;
/// When those who leave close, and when they take their money out, in basis points of the run.
const CLOSES_BPS: u64 = 1_800;
const LEAVES_BPS: u64 = 3_900;

impl Sight<'_> {
    fn permits(&self, market: u8, activity: Activity, action: Action) -> bool {
        let (Some(level), Some(row)) = (self.levels.get(market as usize), self.board.rows.get(market as usize)) else {
            return false;
        };
        level.permits(activity) && row.require(action, self.now).is_ok()
    }
}

/// The deeds of one step, in order.
pub fn decide(
    plan: &Plan,
    memory: &mut Memory,
    account: &MarginAccountView,
    sight: &Sight,
    generator: &mut ChaCha8Rng,
) -> Vec<Deed> {
    if !memory.is_in {
        return enter(plan, memory, sight);
    }
    match plan.habit {
        Habit::Hold | Habit::BuyDip(_) => vec![],
        Habit::TopUp => top_up(plan, memory, account, sight),
        Habit::StopLoss(percent) => stop(plan, memory, account, sight, u64::from(percent)),
        Habit::Scalp => scalp(plan, account, sight, generator),
        Habit::Leave => leave(memory, account, sight),
    }
}

fn enter(plan: &Plan, memory: &mut Memory, sight: &Sight) -> Vec<Deed> {
    let is_time = match plan.habit {
        Habit::BuyDip(fall_bps) => {
            plan.bets.iter().all(|bet| sight.fallen_bps[bet.market as usize] >= u64::from(fall_bps))
        }
        _ => sight.progress_bps >= plan.enters_bps,
    };
    let is_open = plan.bets.iter().all(|bet| sight.permits(bet.market, Activity::AddRisk, Action::AddRisk));
    if !is_time || !is_open || memory.entries_tried >= ENTRIES {
        return vec![];
    }
    memory.entries_tried += 1;
    let lots = |market: u8, leverage_tenths: u64| {
        let mark = sight.board.rows[market as usize].mark.max(1);
        (plan.cash / 10 * leverage_tenths / mark) as i64
    };
    let bets = plan.bets.iter().map(|bet| {
        let lots = lots(bet.market, bet.leverage_tenths);
        Deed::Trade { market: bet.market, lots: if bet.is_long { lots } else { -lots } }
    });
    bets.collect()
}

fn top_up(plan: &Plan, memory: &mut Memory, account: &MarginAccountView, sight: &Sight) -> Vec<Deed> {
    let Ok(value) = account.value_for_maintenance(sight.board, sight.now) else { return vec![] };
    let is_thin = value.equity < (value.requirement * 3 / 2) as i64;
    if value.requirement == 0 || !is_thin || memory.top_ups >= TOP_UPS {
        return vec![];
    }
    memory.top_ups += 1;
    vec![Deed::Deposit(plan.cash / 3)]
}

fn stop(plan: &Plan, memory: &mut Memory, account: &MarginAccountView, sight: &Sight, percent: u64) -> Vec<Deed> {
    let Ok(value) = account.value_for_maintenance(sight.board, sight.now) else { return vec![] };
    memory.is_out |= value.equity < (plan.cash / 100 * (100 - percent)) as i64;
    if memory.is_out { close(account, sight) } else { vec![] }
}

/// Everything that may be closed now.
fn close(account: &MarginAccountView, sight: &Sight) -> Vec<Deed> {
    let open = account.positions().iter().filter(|position| position.size != 0);
    let open = open.filter(|position| sight.permits(position.market, Activity::ReduceRisk, Action::ReduceRisk));
    open.map(|position| Deed::Trade { market: position.market, lots: -i64::from(position.size) }).collect()
}

fn scalp(plan: &Plan, account: &MarginAccountView, sight: &Sight, generator: &mut ChaCha8Rng) -> Vec<Deed> {
    let Some(bet) = plan.bets.first() else { return vec![] };
    let size = account.position(bet.market).map_or(0, |position| i64::from(position.size));
    let (is_active, is_buy) = (below(generator, 6) == 0, below(generator, 2) == 0);
    if size == 0 || !is_active || !sight.permits(bet.market, Activity::AddRisk, Action::AddRisk) {
        return vec![];
    }
    let tenth = (size.abs() / 10).max(1);
    vec![Deed::Trade { market: bet.market, lots: if is_buy { tenth } else { -tenth } }]
}

fn leave(memory: &mut Memory, account: &MarginAccountView, sight: &Sight) -> Vec<Deed> {
    if memory.has_left || sight.progress_bps < CLOSES_BPS {
        return vec![];
    }
    let closing = close(account, sight);
    let is_flat = account.positions().iter().all(|position| position.size == 0);
    if !is_flat || sight.progress_bps < LEAVES_BPS {
        return closing;
    }
    memory.has_left = true;
    let settles = account.positions().iter().map(|position| Deed::Settle(position.market));
    settles.chain([Deed::Withdraw(account.header.cash)]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::cast::Bet;
    use super::*;
    use bytemuck::Zeroable;
    use firebreak::state::{AssetRow, MarginAccount, Position, RiskBoard};
    use rand_chacha::rand_core::SeedableRng;
    use risk::PriceQuality;

    fn board(mark: u64) -> Board {
        let row = AssetRow {
            mark,
            publish_time: 1_000,
            max_age_seconds: 60,
            quality: PriceQuality::Fresh as u8,
            maintenance_margin: mark / 20,
            ..AssetRow::zeroed()
        };
        Board { header: RiskBoard::zeroed(), rows: vec![row; 3] }
    }

    fn account(cash: u64, size: i32, entry: i64) -> MarginAccountView {
        let position_count = u8::from(size != 0);
        let header = MarginAccount { cash, position_count, ..MarginAccount::zeroed() };
        MarginAccountView { header, slots: vec![Position { size, entry, ..Position::default() }] }
    }

    fn plan(habit: Habit) -> Plan {
        let bets = vec![Bet { market: 0, is_long: true, leverage_tenths: 50 }];
        Plan { name: String::new(), cash: 10_000, bets, habit, pledges_percent: 0, is_isolated: false, enters_bps: 100 }
    }

    fn decided(
        habit: Habit,
        memory: &mut Memory,
        account: &MarginAccountView,
        change: impl Fn(&mut Sight),
    ) -> Vec<Deed> {
        let board = board(100);
        let mut sight =
            Sight { board: &board, levels: [Level::Normal; 3], fallen_bps: [0; 3], progress_bps: 100, now: 1_000 };
        change(&mut sight);
        decide(&plan(habit), memory, account, &sight, &mut ChaCha8Rng::seed_from_u64(1))
    }

    #[test]
    fn a_trader_enters_in_time_with_the_leverage_planned_and_not_into_a_closed_market() {
        let flat = account(10_000, 0, 0);
        let enters = |change: fn(&mut Sight)| decided(Habit::Hold, &mut Memory::default(), &flat, change);
        assert_eq!(enters(|_| {}), vec![Deed::Trade { market: 0, lots: 500 }]);
        assert_eq!(enters(|sight| sight.progress_bps = 99), vec![]);
        assert_eq!(enters(|sight| sight.levels[0] = Level::ReduceOnly), vec![]);
        assert_eq!(enters(|sight| sight.now = 1_061), vec![]);
        let dips = |fallen| decided(Habit::BuyDip(500), &mut Memory::default(), &flat, |s| s.fallen_bps[0] = fallen);
        assert_eq!((dips(499).len(), dips(500).len()), (0, 1));
    }

    #[test]
    fn who_set_a_stop_closes_below_it_and_who_tops_up_does_so_twice() {
        let mut memory = Memory { is_in: true, ..Memory::default() };
        let (at_stop, below) = (account(10_000, 500, 53_000), account(10_000, 500, 53_001));
        assert_eq!(decided(Habit::StopLoss(30), &mut memory, &at_stop, |_| {}), vec![]);
        assert_eq!(
            decided(Habit::StopLoss(30), &mut memory, &below, |_| {}),
            vec![Deed::Trade { market: 0, lots: -500 }]
        );
        let thin = account(3_749, 500, 50_000);
        for expected in [1, 1, 0] {
            assert_eq!(decided(Habit::TopUp, &mut memory, &thin, |_| {}).len(), expected);
        }
    }

    #[test]
    fn who_leaves_closes_first_and_takes_all_cash_once_flat() {
        let mut memory = Memory { is_in: true, ..Memory::default() };
        let late = |sight: &mut Sight| sight.progress_bps = LEAVES_BPS;
        let open = account(10_000, -7, -700);
        assert_eq!(decided(Habit::Leave, &mut memory, &open, late), vec![Deed::Trade { market: 0, lots: 7 }]);
        assert_eq!(decided(Habit::Leave, &mut memory, &account(9_990, 0, 0), late), vec![Deed::Withdraw(9_990)]);
        assert_eq!(decided(Habit::Leave, &mut memory, &account(0, 0, 0), late), vec![]);
    }
}
