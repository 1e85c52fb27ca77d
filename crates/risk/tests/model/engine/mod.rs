//! The ledger as the program keeps it: the risk crate plans, and each plan is applied by the law on its type.

mod bug;
mod collateral;
mod fund;
mod losses;
mod trading;

use risk::{
    Action, AssetParams, AssetRisk, CollateralTerms, ConversionPlan, Exposure, Fund, LedgerTotals, Leg,
    LiquidationPlan, MarketParams, OpenInterest, OwnSettlement, PositionTotals, PriceAges, PriceQuality, PriceState,
    Result, RiskError, Side, SideIndex, Stamp, View, Window, plan_touch, quality_at,
};

use crate::operation::{ACCOUNTS, BANKS, MARKETS, Operation, STAKERS, banks, parameters};
pub use bug::Bug;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    pub cash: u64,
    pub collateral: [u64; BANKS],
    pub legs: [Leg; MARKETS],
    stamps: [Stamp; MARKETS],
    /// Debts without lots of which the market has borne its share.
    pub shared_out: [bool; MARKETS],
}

/// What a market keeps of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SideBook {
    pub index: SideIndex,
    pub owed: u64,
    pub left_behind: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Market {
    pub price: PriceState,
    pub risk: AssetRisk,
    pub books: LedgerTotals,
    /// Short, long.
    pub sides: [SideBook; 2],
    pub tranche: u64,
    pub fees: u64,
    pub kept: u64,
    pub liquidated: Window,
    pub insured: Window,
    pub refilled: Window,
    /// What the fund counts as deployed here.
    pub reported: u64,
    /// Until then nobody adds risk: an uncertain price was accepted.
    pub opens_at: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stake {
    pub shares: u64,
    pub epoch: u32,
    pub leaving: u64,
    pub value_then: u64,
    pub leaves_at: i64,
}

/// A position as a touch would leave it, and what that takes from `carry`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    pub size: i64,
    pub entry: i64,
    pub charge: i64,
}

pub type Touches = [Touched; ACCOUNTS];

/// What the model cannot work out for itself, because the spec leaves a rounding or a choice: it is judged there.
#[derive(Clone, Copy, Default)]
pub struct Proposal {
    pub liquidation: Option<LiquidationPlan>,
    pub conversion: Option<ConversionPlan>,
    pub own: OwnSettlement,
}

#[derive(Clone)]
pub struct Engine {
    pub now: i64,
    pub accounts: [Account; ACCOUNTS],
    pub markets: [Market; MARKETS],
    pub stakes: [Stake; STAKERS],
    pub fund: Fund,
    pub fund_epoch: u32,
    pub leaving: u64,
    pub deficit_reported_at: Option<i64>,
    /// Tokens: the quote vault, the insurance vault, and each other bank's.
    pub vaults: (u64, u64, [u64; BANKS]),
    pub proposal: Proposal,
    pub bug: Bug,
    pub parameters: [(AssetParams, MarketParams, i64); MARKETS],
    pub banks: [CollateralTerms; BANKS],
}

pub(crate) fn debit(balance: &mut u64, amount: u64) -> Result<()> {
    *balance = balance.checked_sub(amount).ok_or(RiskError::CashInsufficient)?;
    Ok(())
}

impl Engine {
    pub fn new(bug: Bug) -> Self {
        let side = SideBook { index: SideIndex::NEW, owed: 0, left_behind: 0 };
        let market = Market {
            price: PriceState::EMPTY,
            risk: AssetRisk::default(),
            books: LedgerTotals::default(),
            sides: [side; 2],
            tranche: 0,
            fees: 0,
            kept: 0,
            liquidated: Window::default(),
            insured: Window::default(),
            refilled: Window::default(),
            reported: 0,
            opens_at: 0,
        };
        let account = Account {
            cash: 0,
            collateral: [0; BANKS],
            legs: [Leg::default(); MARKETS],
            stamps: [SideIndex::NEW.stamp(); MARKETS],
            shared_out: [false; MARKETS],
        };
        Self {
            now: 1_000_000,
            accounts: [account; ACCOUNTS],
            markets: [market; MARKETS],
            stakes: [Stake::default(); STAKERS],
            fund: Fund::default(),
            fund_epoch: 0,
            leaving: 0,
            deficit_reported_at: None,
            vaults: (0, 0, [0; BANKS]),
            proposal: Proposal::default(),
            bug,
            parameters: parameters(),
            banks: banks(),
        }
    }

    /// Applies the operation, or changes nothing but `proposal`.
    pub fn apply(&mut self, operation: &Operation) -> Result<()> {
        let mut next = self.clone();
        next.proposal = Proposal::default();
        let result = next.run(operation);
        self.proposal = next.proposal;
        if result.is_ok() {
            *self = next;
        }
        result
    }

    fn run(&mut self, operation: &Operation) -> Result<()> {
        match *operation {
            Operation::Deposit { account, amount } => {
                self.accounts[account].cash += amount;
                self.vaults.0 += amount;
                Ok(())
            }
            Operation::Withdraw { account, amount } => self.withdraw(account, amount),
            Operation::Publish { market, reading, pause } => self.publish(market, &reading, pause),
            Operation::Wait { seconds } => {
                self.now += seconds;
                Ok(())
            }
            Operation::Trade { buyer, seller, market, lots, price } => self.trade([buyer, seller], market, lots, price),
            Operation::Settle { accounts, market } => self.settle(&accounts, market),
            Operation::Liquidate { liquidator, liquidatee, market, max_lots, seconds } => {
                self.liquidate([liquidator, liquidatee], market, max_lots, seconds)
            }
            Operation::Insure { account, market } => self.insure(account, market),
            Operation::AutoDeleverage { account, market } => self.auto_deleverage(account, market),
            Operation::ReportDeficit { account } => self.report_deficit(account),
            Operation::FillTranche { market, amount } => {
                self.markets[market].tranche += amount;
                self.vaults.0 += amount;
                Ok(())
            }
            Operation::Sweep { market } => self.sweep(market),
            Operation::Stake { staker, amount } => self.stake(staker, amount),
            Operation::RequestUnstake { staker, shares } => self.request_unstake(staker, shares),
            Operation::Unstake { staker, passed } => self.unstake(staker, &passed),
            Operation::AddCollateral { account, bank, amount } => self.add_collateral(account, bank, amount),
            Operation::RemoveCollateral { account, bank, amount } => self.remove_collateral(account, bank, amount),
            Operation::Convert { buyer, seller, bank, amount, most } => {
                self.convert([buyer, seller], bank, amount, most)
            }
        }
    }

    pub const fn risk(&self, market: usize) -> &AssetRisk {
        &self.markets[market].risk
    }

    pub fn side(&self, market: usize, is_long: bool) -> Side {
        let book = &self.markets[market];
        let SideBook { index, owed, left_behind } = book.sides[usize::from(is_long)];
        let OpenInterest { long, short } = book.books.open_interest;
        Side { index, is_long, lots: if is_long { long } else { short }, owed, left_behind }
    }

    fn plan_touch(&self, account: usize, market: usize) -> Result<risk::Touch> {
        let leg = self.accounts[account].legs[market];
        let side = &self.markets[market].sides[usize::from(leg.size > 0)];
        plan_touch(leg, self.accounts[account].stamps[market], &side.index, self.markets[market].risk.mark)
    }

    /// The leg as it counts.
    pub fn leg(&self, account: usize, market: usize) -> Result<Leg> {
        if self.bug == Bug::ValuedUntouched {
            return Ok(self.accounts[account].legs[market]);
        }
        Ok(self.plan_touch(account, market)?.leg)
    }

    /// What touches of a market's positions come to.
    pub fn touches(&self, market: usize) -> Result<Touches> {
        let mut touches = Touches::default();
        for (account, touched) in touches.iter_mut().enumerate() {
            let touch = self.plan_touch(account, market)?;
            *touched = Touched { size: touch.leg.size, entry: touch.leg.entry, charge: -touch.carry };
        }
        Ok(touches)
    }

    /// Brings the stored position to its side's indices. Says whether there was anything to bring.
    fn touch(&mut self, account: usize, market: usize) -> Result<bool> {
        let leg = self.accounts[account].legs[market];
        let mut touch = self.plan_touch(account, market)?;
        if self.bug == Bug::TouchChargeRoundedDown && touch.carry < 0 {
            touch.carry += 1;
            touch.leg.entry -= 1;
        }
        let book = &mut self.markets[market];
        let side = &mut book.sides[usize::from(leg.size > 0)];
        if self.bug != Bug::OwedNotReduced {
            debit(&mut side.owed, touch.owed)?;
        }
        debit(&mut side.left_behind, touch.left_behind)?;
        book.books.dust.size += touch.dust_size;
        if self.bug != Bug::CarryForgotten {
            book.books.carry += touch.carry;
        }
        if self.bug != Bug::DustWithoutFraction {
            book.books.dust.entry += touch.dust_entry;
        }
        let was_current = self.accounts[account].stamps[market] == side.index.stamp();
        self.set_leg(account, market, touch.leg)?;
        Ok(leg.size != 0 && !was_current)
    }

    /// Writes a position that was touched, and moves the open interest with it.
    fn set_leg(&mut self, account: usize, market: usize, leg: Leg) -> Result<()> {
        let before = core::mem::replace(&mut self.accounts[account].legs[market], leg);
        if leg.size != 0 || leg.entry == 0 {
            self.accounts[account].shared_out[market] = false;
        }
        let book = &mut self.markets[market];
        if self.bug != Bug::StampKept || before.size == 0 {
            self.accounts[account].stamps[market] = book.sides[usize::from(leg.size > 0)].index.stamp();
        }
        if self.bug != Bug::OpenInterestForgotten || leg.size != 0 {
            book.books.open_interest = book.books.open_interest.moved(before.size, leg.size)?;
        }
        Ok(())
    }

    pub fn quality(&self, market: usize) -> PriceQuality {
        let (price, asset) = (&self.markets[market].price, &self.parameters[market].0);
        let ages = PriceAges { fresh_seconds: asset.fresh_age_seconds, max_seconds: asset.gate.max_age_seconds };
        quality_at(price.quality, price.publish_time, ages, self.now)
    }

    fn require_quality(&self, market: usize, action: Action) -> Result<()> {
        let quality = self.quality(market);
        let is_forgiven = self.bug == Bug::StalePriceTraded && quality == PriceQuality::Stale;
        let is_open = action != Action::AddRisk || self.now >= self.markets[market].opens_at;
        let is_open = is_open || self.bug == Bug::ReopensAtOnce;
        if (quality.permits(action) && is_open) || is_forgiven { Ok(()) } else { Err(RiskError::PriceUncertain) }
    }

    fn require_quality_of_positions(&self, account: usize, action: Action) -> Result<()> {
        (0..MARKETS)
            .filter(|market| self.accounts[account].legs[*market].size != 0)
            .try_for_each(|market| self.require_quality(market, action))
    }

    fn value(&self, account: usize, view: View) -> Result<Exposure> {
        let mut exposure = Exposure::of_cash(self.accounts[account].cash)?;
        for (market, book) in self.markets.iter().enumerate() {
            exposure.add(view, self.leg(account, market)?, &book.risk)?;
        }
        Ok(exposure)
    }

    /// Equity and requirement for maintenance, for new risk and for a withdrawal, collateral included.
    pub fn valuations(&self, account: usize) -> Result<[i128; 6]> {
        let maintenance = self.maintenance(account)?;
        let initial = self.with_collateral(account, &self.value(account, View::Initial)?)?;
        let withdrawal = self.with_collateral(account, &self.value(account, View::Withdrawal)?)?;
        let [a, b, c] = [maintenance, initial, withdrawal].map(|v| (i128::from(v.equity), i128::from(v.requirement)));
        Ok([a.0, a.1, b.0, b.1, c.0, c.1])
    }

    /// The identities, as the program's monitors check them. Names the first that fails.
    pub fn identities(&self) -> core::result::Result<(), &'static str> {
        let cash: u64 = self.accounts.iter().map(|account| account.cash).sum();
        let held = |book: &Market| book.books.pool + book.tranche + book.fees + book.kept;
        if cash + self.markets.iter().map(held).sum::<u64>() != self.vaults.0 {
            return Err("I-01 vault");
        }
        if self.fund.assets != self.vaults.1 {
            return Err("I-01 insurance vault");
        }
        for bank in 0..BANKS {
            if self.accounts.iter().map(|account| account.collateral[bank]).sum::<u64>() != self.vaults.2[bank] {
                return Err("I-01 collateral");
            }
        }
        let current = self.stakes.iter().filter(|stake| stake.epoch == self.fund_epoch);
        if current.map(|stake| stake.shares).sum::<u64>() != self.fund.shares {
            return Err("I-01 shares");
        }
        for (index, book) in self.markets.iter().enumerate() {
            let mut totals = PositionTotals::default();
            self.accounts.iter().for_each(|account| totals.add(account.legs[index]));
            let is_balanced = LedgerTotals {
                open_interest: OpenInterest { long: totals.long as u64, short: totals.short as u64 },
                ..book.books
            };
            if !is_balanced.holds(&totals) {
                return Err("I-01 market");
            }
            let short = i128::from(book.books.open_interest.short) - i128::from(book.books.dust.size);
            if !book.books.holds(&totals) || short != i128::from(book.books.open_interest.long) {
                return Err("I-03");
            }
        }
        Ok(())
    }
}
