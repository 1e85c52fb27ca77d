//! The same ledger again, in whole numbers without bounds and exact fractions, written from the spec and from the laws
//! alone: nothing here calls the risk crate. Where the spec leaves a rounding or a choice to the plan (a liquidation's size and
//! price, what a touch comes to), the plan proposes and is judged here by exact fractions.

mod collateral;
mod fund;
mod liquidation;
mod losses;
mod sides;
mod trading;

use core::fmt;

use num_bigint::BigInt;
use risk::{AssetParams, CollateralTerms, MarketParams};

use crate::{
    engine::{Proposal, Touched, Touches},
    fraction::{Fraction, ceiling, floor, magnitude},
    operation::{ACCOUNTS, BANKS, MARKETS, Operation, STAKERS, banks, parameters},
};
use fund::{Fund, Stake};
use sides::{Pending, Side};

const ONE: u64 = 10_000;
const MAX_PRICE: u64 = 1 << 30;
const MAX_LOTS: u64 = 1 << 28;
const UNCERTAIN: u8 = 2;
const FRESH: u8 = 3;
/// How long after an uncertain price nobody adds risk.
const REOPENS_SECONDS: i64 = 60;

/// Why the model does not follow.
#[derive(Debug)]
pub enum No {
    /// The operation is not allowed.
    Refused,
    /// The plan breaks its law.
    Broken(&'static str),
}

impl fmt::Display for No {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Refused => "refused",
            Self::Broken(name) => name,
        })
    }
}

type Answer<T = ()> = Result<T, No>;

#[derive(Clone, Default)]
struct Position {
    size: BigInt,
    entry: BigInt,
    /// What happened to its side since it was touched.
    pending: Option<Box<Pending>>,
    /// A debt without lots of which the market has borne its share.
    is_shared_out: bool,
}

#[derive(Clone, Default)]
struct Account {
    cash: BigInt,
    collateral: [BigInt; BANKS],
    positions: [Position; MARKETS],
}

/// A budget per fixed window, which starts with its first use.
#[derive(Clone, Default)]
struct Budget {
    started: i64,
    used: BigInt,
}

#[derive(Clone, Default)]
struct Book {
    mark: BigInt,
    confidence: BigInt,
    /// In 2^-16 atoms.
    ema: BigInt,
    published: Option<i64>,
    quality: u8,
    pool: BigInt,
    tranche: BigInt,
    fees: BigInt,
    kept: BigInt,
    carry: BigInt,
    /// The market's own position.
    own_size: BigInt,
    own_entry: BigInt,
    liquidated: Budget,
    insured: Budget,
    refilled: Budget,
    reported: BigInt,
    /// When an uncertain price became fresh again.
    confirmed_at: Option<i64>,
}

#[derive(Clone)]
pub struct Model {
    now: i64,
    accounts: [Account; ACCOUNTS],
    books: [Book; MARKETS],
    /// Short, long.
    sides: [[Side; 2]; MARKETS],
    stakes: [Stake; STAKERS],
    fund: Fund,
    deficit_reported_at: Option<i64>,
    quote_vault: BigInt,
    insurance_vault: BigInt,
    bank_vaults: [BigInt; BANKS],
    /// What positions come to when they are touched now: proposed by the engine, judged when it changes.
    touches: [Touches; MARKETS],
    /// `carry` as the engine has it after the operation: judged where an event changes it.
    carry_after: [i64; MARKETS],
    /// Branches that the operation took.
    pub reached: Vec<&'static str>,
    parameters: [(AssetParams, MarketParams, i64); MARKETS],
    banks: [CollateralTerms; BANKS],
}

/// Equity and what it is held against.
#[derive(Clone)]
struct Worth {
    equity: BigInt,
    requirement: BigInt,
}

#[derive(Clone, Copy, PartialEq)]
enum View {
    /// At mark.
    Maintenance,
    /// At the worse price, gains at their weight.
    Initial,
    /// At the worse price, gains not at all.
    Withdrawal,
}

fn big(value: impl Into<BigInt>) -> BigInt {
    value.into()
}

fn not_below_zero(value: BigInt) -> BigInt {
    value.max(BigInt::ZERO)
}

fn allow(condition: bool) -> Answer {
    if condition { Ok(()) } else { Err(No::Refused) }
}

fn law(condition: bool, name: &'static str) -> Answer {
    if condition { Ok(()) } else { Err(No::Broken(name)) }
}

impl Worth {
    fn is_covered(&self) -> bool {
        self.equity >= self.requirement
    }

    /// I-05. Equity over requirement strictly rises; with equity gone, requirement falls and equity does not.
    fn is_improved_by(&self, after: &Self) -> bool {
        if self.equity <= BigInt::ZERO {
            return after.requirement < self.requirement && after.equity >= self.equity;
        }
        let is_riskless = after.requirement == BigInt::ZERO;
        after.equity >= BigInt::ZERO
            && (is_riskless || &after.equity * &self.requirement > &self.equity * &after.requirement)
    }
}

impl Budget {
    fn at(&self, now: i64, seconds: u32) -> Self {
        let is_running = now >= self.started && now - self.started < i64::from(seconds);
        if is_running { self.clone() } else { Self { started: now, used: BigInt::ZERO } }
    }
}

impl Book {
    fn high(&self) -> BigInt {
        (&self.mark + &self.confidence).max(ceiling(self.ema.clone(), 1 << 16))
    }

    fn low(&self) -> BigInt {
        (&self.mark - &self.confidence).min(floor(self.ema.clone(), 1 << 16))
    }

    /// What a position of this sign is worth least at.
    fn worse_price(&self, size: &BigInt) -> BigInt {
        if *size >= BigInt::ZERO { self.low() } else { self.high() }
    }

    fn margin(&self, asset: &AssetParams, view: View) -> BigInt {
        match view {
            View::Maintenance => ceiling(&self.mark * asset.maintenance_ratio_bps, ONE),
            _ => ceiling((&self.mark + &self.confidence) * asset.initial_ratio_bps, ONE),
        }
    }
}

impl Model {
    pub fn new() -> Self {
        Self {
            now: 1_000_000,
            accounts: Default::default(),
            books: Default::default(),
            sides: Default::default(),
            stakes: Default::default(),
            fund: Fund::default(),
            deficit_reported_at: None,
            quote_vault: BigInt::ZERO,
            insurance_vault: BigInt::ZERO,
            bank_vaults: Default::default(),
            touches: Default::default(),
            carry_after: [0; MARKETS],
            reached: Vec::new(),
            parameters: parameters(),
            banks: banks(),
        }
    }

    /// Applies the operation, or changes nothing.
    pub fn apply(&mut self, operation: &Operation, proposal: &Proposal, carry_after: [i64; MARKETS]) -> Answer {
        let mut next = self.clone();
        next.reached.clear();
        next.carry_after = carry_after;
        next.run(operation, proposal)?;
        *self = next;
        Ok(())
    }

    fn run(&mut self, operation: &Operation, proposal: &Proposal) -> Answer {
        match *operation {
            Operation::Deposit { account, amount } => {
                self.accounts[account].cash += amount;
                self.quote_vault += amount;
                Ok(())
            }
            Operation::Withdraw { account, amount } => self.withdraw(account, amount),
            Operation::Publish { market, reading, pause } => self.publish(market, &reading, pause),
            Operation::Wait { seconds } => {
                self.now += seconds;
                Ok(())
            }
            Operation::Trade { buyer, seller, market, lots, price } => {
                self.trade([buyer, seller], market, &big(lots), &big(price))
            }
            Operation::Settle { accounts, market } => self.settle(&accounts, market),
            Operation::Liquidate { liquidator, liquidatee, market, max_lots, seconds } => {
                self.liquidate([liquidator, liquidatee], market, [max_lots, seconds], proposal.liquidation.as_ref())
            }
            Operation::Insure { account, market } => self.insure(account, market),
            Operation::AutoDeleverage { account, market } => self.auto_deleverage(account, market),
            Operation::ReportDeficit { account } => {
                allow(self.is_bankrupt(account))?;
                self.deficit_reported_at = Some(self.now);
                Ok(())
            }
            Operation::FillTranche { market, amount } => {
                self.books[market].tranche += amount;
                self.quote_vault += amount;
                Ok(())
            }
            Operation::Sweep { market } => self.sweep(market, &proposal.own),
            Operation::Stake { staker, amount } => self.stake(staker, amount),
            Operation::RequestUnstake { staker, shares } => self.request_unstake(staker, &big(shares)),
            Operation::Unstake { staker, passed } => self.unstake(staker, &passed),
            Operation::AddCollateral { account, bank, amount } => {
                self.accounts[account].collateral[bank] += amount;
                self.bank_vaults[bank] += amount;
                Ok(())
            }
            Operation::RemoveCollateral { account, bank, amount } => self.remove_collateral(account, bank, amount),
            Operation::Convert { buyer, seller, bank, amount, most } => {
                self.convert([buyer, seller], bank, [amount, most], proposal.conversion.as_ref())
            }
        }
    }

    fn reach(&mut self, branch: &'static str) {
        self.reached.push(branch);
    }

    /// Takes over what touches of a market's positions come to after an operation, and judges what changed. `held` is what the
    /// engine says each side holds, in 2^-32 lots.
    pub fn adopt(&mut self, market: usize, touches: &Touches, held: [u64; 2]) -> Answer {
        let mut charges = BigInt::ZERO;
        for (account, touched) in touches.iter().enumerate() {
            if *touched != self.touches[market][account] {
                self.judge_touch(account, market, touched)?;
            }
            charges += touched.charge;
        }
        law(self.books[market].carry <= charges, "carry is never a hole once everybody is touched")?;
        for is_long in [false, true] {
            let engine = Fraction::binary(held[usize::from(is_long)], 32);
            let short = &self.held(market, is_long) - &engine;
            law(short >= Fraction::zero(), "a side is never counted for more than it holds")?;
            law(short <= self.held_slack(market, is_long), "a side is counted for what it holds")?;
        }
        self.touches[market] = *touches;
        Ok(())
    }

    /// A position as it counts: what a touch would make of it.
    fn counted(&self, account: usize, market: usize) -> (BigInt, BigInt) {
        let position = &self.accounts[account].positions[market];
        if position.pending.is_none() {
            return (position.size.clone(), position.entry.clone());
        }
        let Touched { size, entry, .. } = self.touches[market][account];
        (big(size), big(entry))
    }

    fn gain(&self, account: usize, market: usize, price: &BigInt) -> BigInt {
        let (size, entry) = self.counted(account, market);
        size * price - entry
    }

    /// Without collateral.
    fn quote_worth(&self, account: usize, view: View) -> Worth {
        let mut worth = Worth { equity: self.accounts[account].cash.clone(), requirement: BigInt::ZERO };
        for (market, book) in self.books.iter().enumerate() {
            let (asset, _, _) = &self.parameters[market];
            let (size, entry) = self.counted(account, market);
            if size == BigInt::ZERO && entry == BigInt::ZERO {
                continue;
            }
            let price = if view == View::Maintenance { book.mark.clone() } else { book.worse_price(&size) };
            let gain = &size * price - entry;
            worth.equity += match view {
                View::Initial if gain > BigInt::ZERO => floor(gain * asset.gain_weight_bps, ONE),
                View::Withdrawal if gain > BigInt::ZERO => BigInt::ZERO,
                _ => gain,
            };
            let margin = book.margin(asset, view);
            worth.requirement += self.alone(market, &magnitude(&size), &margin);
        }
        let [longs, shorts] = self.group_stress(account, view);
        worth.requirement -= longs.min(shorts);
        worth
    }

    /// What a position of `lots` requires by itself: its margin, and once more of it for each `depth` that it holds.
    fn alone(&self, market: usize, lots: &BigInt, margin: &BigInt) -> BigInt {
        let (_, params, _) = &self.parameters[market];
        let depth = params.depth_lots;
        let grows = if depth == 0 { BigInt::ZERO } else { ceiling(margin << 16, depth) };
        lots * margin + ceiling(lots * lots * grows, 1 << 16)
    }

    /// What longs, and shorts, of the one group that there is stand to lose with it.
    fn group_stress(&self, account: usize, view: View) -> [BigInt; 2] {
        let mut sums = [BigInt::ZERO, BigInt::ZERO];
        for (market, book) in self.books.iter().enumerate() {
            let (asset, _, _) = &self.parameters[market];
            let (size, _) = self.counted(account, market);
            if asset.group == 1 {
                let per_lot = floor(book.margin(asset, view) * asset.group_weight_bps, ONE);
                sums[usize::from(size < BigInt::ZERO)] += magnitude(&size) * per_lot;
            }
        }
        sums
    }

    fn worth(&self, account: usize, view: View) -> Worth {
        let mut worth = self.quote_worth(account, view);
        worth.equity += self.collateral_value(account, view);
        worth
    }

    /// Equity and requirement for maintenance, for new risk and for a withdrawal.
    pub fn valuations(&self, account: usize) -> [BigInt; 6] {
        let [a, b, c] = [View::Maintenance, View::Initial, View::Withdrawal].map(|view| self.worth(account, view));
        [a.equity, a.requirement, b.equity, b.requirement, c.equity, c.requirement]
    }

    fn has_position(&self, account: usize, market: usize) -> bool {
        self.accounts[account].positions[market].size != BigInt::ZERO
    }

    fn quality(&self, market: usize) -> u8 {
        let (asset, _, _) = &self.parameters[market];
        let book = &self.books[market];
        let Some(published) = book.published else { return 0 };
        match self.now - published {
            age if age > i64::from(asset.gate.max_age_seconds) => 1,
            age if age > i64::from(asset.fresh_age_seconds) => book.quality.min(UNCERTAIN),
            _ => book.quality,
        }
    }

    fn holds_only(&self, account: usize, least: u8) -> bool {
        (0..MARKETS).all(|market| !self.has_position(account, market) || self.quality(market) >= least)
    }

    /// Fresh, and a minute has passed since an uncertain price became so.
    fn may_add_risk(&self, market: usize) -> bool {
        let is_open = self.books[market].confirmed_at.is_none_or(|then| self.now - then >= REOPENS_SECONDS);
        self.quality(market) >= FRESH && is_open
    }

    fn may_add_risk_with(&self, account: usize) -> bool {
        (0..MARKETS).all(|market| !self.has_position(account, market) || self.may_add_risk(market))
    }
}
