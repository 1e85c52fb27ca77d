//! What to do for one account below maintenance: settle what it won, buy its collateral, take over positions, and where the tranche cannot
//! pay what is missing, deleverage.

use firebreak::clearing::{ConversionRequest, Liquidation};
use firebreak::state::Position;
use firebreak_client::{FirebreakError, MarginAccountView};
use risk::BPS_ONE;
use solana_address::Address;

use crate::{
    job::{Job, Target, Task},
    scene::{Own, Scene, Settings},
    trial::Trial,
};

/// Jobs for one account in one round: enough for 16 positions and four kinds of collateral, each in two parts.
const MAX_STEPS: usize = 40;

/// Lists the jobs of accounts, one account after the other.
pub struct Resolver<'a> {
    pub scene: &'a Scene,
    pub own: &'a Own,
    pub settings: &'a Settings,
    pub trial: Trial<'a>,
    pub jobs: Vec<Job>,
}

impl Resolver<'_> {
    /// Adds jobs until the account is covered or nothing more can be done for it now. Whether there was any.
    pub fn resolve(&mut self, account: &Address) -> bool {
        let listed = self.jobs.len();
        for _ in 0..MAX_STEPS {
            let is_below = self.trial.value(account).is_ok_and(|value| !value.is_covered());
            if !is_below {
                break;
            }
            let found = self
                .claim(account)
                .or_else(|| self.conversion(account))
                .or_else(|| self.liquidation(account))
                .or_else(|| self.deleveraging(account));
            match found {
                Some(job) => self.jobs.push(job),
                None => break,
            }
        }
        self.jobs.len() > listed
    }

    fn is_held_back(&self, target: Target) -> bool {
        self.scene.held_back.contains(&target)
    }

    /// Whether a gain at mark is worth a transaction.
    fn is_worth(&self, profit: i64) -> bool {
        profit.saturating_sub(self.cost()) >= self.settings.min_profit
    }

    fn cost(&self) -> i64 {
        i64::try_from(self.settings.job_cost).unwrap_or(i64::MAX)
    }

    fn claim(&mut self, account: &Address) -> Option<Job> {
        if !self.settings.switches.settle {
            return None;
        }
        for market in markets(self.trial.account(account)?) {
            if self.is_held_back(Target::Claim { account: *account, market }) {
                continue;
            }
            let Ok(done) = self.trial.settle(account, market) else { continue };
            if done.profit_paid > 0 {
                let expected = done.profit_paid;
                let task = Task::SettleClaim { account: *account, market, expected };
                let why = format!(
                    "{account} is below maintenance and market {market} can pay the {expected} atoms that it won"
                );
                return Some(Job::new(task, self.scene.at.settle(market, &[*account]), why));
            }
        }
        None
    }

    /// The first collateral that can be bought, as much of it as the own cash allows.
    fn conversion(&mut self, account: &Address) -> Option<Job> {
        let own = self.own.margin_account.filter(|_| self.settings.switches.convert_collateral)?;
        let slots = self.trial.account(account)?.header.collateral;
        for slot in slots.iter().filter(|slot| slot.amount != 0) {
            if self.is_held_back(Target::Collateral { account: *account, bank: slot.bank }) {
                continue;
            }
            let mut amount = slot.amount;
            while amount > 0 {
                let max_paid = self.trial.account(&own)?.header.cash;
                let least = self.settings.min_profit.saturating_add(self.cost());
                match self.trial.convert(
                    (&own, account),
                    slot.bank,
                    ConversionRequest { amount, max_paid },
                    (self.settings.worse_bps, least),
                ) {
                    Ok((done, gain)) => {
                        let max_paid = done.paid.saturating_add(self.worse(done.paid));
                        let (bank, amount) = (slot.bank, done.amount);
                        let task = Task::ConvertCollateral { account: *account, bank, amount, max_paid };
                        let instruction =
                            self.scene.at.liquidate_collateral(bank, self.own.trader, own, *account, amount, max_paid);
                        let why = format!(
                            "{account} is below maintenance: {amount} atoms of bank {bank} bring {} in quote",
                            done.paid
                        );
                        return Some(Job::new(task, instruction, why).with_profit(gain));
                    }
                    Err(error) if is_for_want_of_means(error) || error == FirebreakError::LimitPriceExceeded => {
                        amount /= 2;
                    }
                    Err(_) => break,
                }
            }
        }
        None
    }

    /// A take-over in the market whose position needs the most margin and lets itself be taken.
    fn liquidation(&mut self, account: &Address) -> Option<Job> {
        let own = self.own.margin_account.filter(|_| self.settings.switches.liquidate)?;
        for position in self.by_margin(account) {
            if self.is_held_back(Target::Position { account: *account, market: position.market }) {
                continue;
            }
            let mark = self.trial.board.rows.get(position.market as usize)?.mark;
            // A liquidator of a long buys: worse is dearer.
            let limit_price = match position.size > 0 {
                true => mark.saturating_add(self.worse(mark)),
                false => mark.saturating_sub(self.worse(mark)),
            };
            let Some((max_lots, done)) = self.largest((&own, account), &position, limit_price) else { continue };
            let market = position.market;
            let task = Task::Liquidate { account: *account, market, max_lots, limit_price, expected: done.lots };
            let instruction = self.scene.at.liquidate(market, self.own.trader, own, *account, max_lots, limit_price);
            let why = format!(
                "{account} has {} of {} atoms that maintenance asks for: {} lots of market {market} at {}, the tranche pays {}",
                done.before.equity, done.before.requirement, done.lots, done.price, done.insurance_paid
            );
            return Some(Job::new(task, instruction, why).with_profit(gain(&done, mark)));
        }
        None
    }

    /// The largest bound on lots that the own margin allows, and what comes of it.
    fn largest(
        &mut self,
        who: (&Address, &Address),
        position: &Position,
        limit_price: u64,
    ) -> Option<(u64, Liquidation)> {
        let reserve = self.settings.margin_reserve_bps;
        let all = u64::from(position.size.unsigned_abs()).max(1);
        let tried = |lots| self.trial.liquidate(who, position.market, (lots, limit_price), reserve);
        let (mut best, mut fits, mut fails) = (None, 0, all);
        match tried(all) {
            Ok(taken) => (best, fits) = (Some(taken), all),
            Err(error) if !is_for_want_of_means(error) => return None,
            Err(_) => {}
        }
        while fails.saturating_sub(fits) > 1 {
            let middle = fits.midpoint(fails);
            match tried(middle) {
                Ok(taken) => (best, fits) = (Some(taken), middle),
                Err(_) => fails = middle,
            }
        }
        let taken = best?;
        let mark = self.trial.board.rows.get(position.market as usize)?.mark;
        self.is_worth(gain(taken.done(), mark)).then(|| (fits, self.trial.keep_take_over(taken)))
    }

    fn deleveraging(&mut self, account: &Address) -> Option<Job> {
        if !self.settings.switches.auto_deleverage {
            return None;
        }
        for position in self.by_margin(account) {
            let market = position.market;
            if self.is_held_back(Target::Bankruptcy { account: *account, market }) {
                continue;
            }
            let Ok(done) = self.trial.deleverage(account, market) else { continue };
            let deficit = done.deficit;
            let task = Task::AutoDeleverage { account: *account, market, deficit };
            let why = format!(
                "{account} is bankrupt by {} atoms; of market {market}'s share of {deficit} the tranche pays {}",
                done.equity_before.unsigned_abs(),
                done.insurance_paid
            );
            return Some(Job::new(task, self.scene.at.auto_deleverage(market, *account), why));
        }
        None
    }

    /// The account's positions, the one that needs the most margin first; debts without lots last.
    fn by_margin(&self, account: &Address) -> Vec<Position> {
        let Some(account) = self.trial.account(account) else { return vec![] };
        let mut positions = account.positions().to_vec();
        let margin = |position: &Position| {
            let row = self.trial.board.rows.get(position.market as usize);
            row.map_or(0, |row| u64::from(position.size.unsigned_abs()).saturating_mul(row.maintenance_margin))
        };
        positions.sort_by_key(|position| (std::cmp::Reverse(margin(position)), position.market));
        positions
    }

    fn worse(&self, amount: u64) -> u64 {
        risk::bps_down(amount, self.settings.worse_bps.min(BPS_ONE)).unwrap_or(0)
    }
}

/// What a liquidator gains at mark: the price it got, less what it paid to insurance.
fn gain(done: &Liquidation, mark: u64) -> i64 {
    let better = i128::from(done.lots) * (i128::from(mark) - i128::from(done.price));
    i64::try_from(better - i128::from(done.insurance_fee)).unwrap_or(0)
}

fn markets(account: &MarginAccountView) -> Vec<u8> {
    account.positions().iter().map(|position| position.market).collect()
}

/// Whether less would be accepted.
fn is_for_want_of_means(error: FirebreakError) -> bool {
    [FirebreakError::CashInsufficient, FirebreakError::MarginInsufficient].contains(&error)
}
