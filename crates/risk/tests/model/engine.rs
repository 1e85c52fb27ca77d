//! The ledger as the program keeps it: the risk crate plans, and each plan is applied by the law on its type.

use risk::{
    Action, AssetParams, AssetRisk, LedgerTotals, Leg, LiquidationPlan, MAX_LOTS, MarketParams, OraclePrice,
    PositionTotals, PriceAges, PriceQuality, PriceState, Result, RiskError, Target, Valuation, Window, accept_price,
    asset_risk, plan_fee, plan_insurance, plan_liquidation, plan_loss_settlement, plan_profit_settlement, quality_at,
    ratio_improves, require_price_within_band,
};

use crate::operation::{ACCOUNTS, MARKETS, Operation, parameters};

/// A mistake made on purpose, to see that it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    None,
    LossPaidPlusOne,
    LossLeavesCash,
    ProfitNotFromPool,
    FeeRoundedDown,
    FeeClaimForgotten,
    LiquidatorTradesAtMark,
    InsuranceFeeVanishes,
    SliceIgnored,
    OpenInterestForgotten,
    TrancheNotDebited,
    InsurancePaysWithoutDeficit,
    WithdrawalOnGains,
    GainAtMark,
    StalePriceTraded,
    OtherMarketPays,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    pub cash: u64,
    pub legs: [Leg; MARKETS],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Market {
    pub price: PriceState,
    pub risk: AssetRisk,
    pub books: LedgerTotals,
    pub tranche: u64,
    pub fees: u64,
    pub liquidated: Window,
    pub insured: Window,
}

#[derive(Clone)]
pub struct Engine {
    pub now: i64,
    pub accounts: [Account; ACCOUNTS],
    pub markets: [Market; MARKETS],
    pub deposits: u128,
    pub withdrawals: u128,
    /// What the last liquidation was planned to be, whether or not it was carried out.
    pub proposal: Option<LiquidationPlan>,
    pub bug: Bug,
    parameters: [(AssetParams, MarketParams, i64); MARKETS],
}

fn debit(balance: &mut u64, amount: u64) -> Result<()> {
    *balance = balance.checked_sub(amount).ok_or(RiskError::CashInsufficient)?;
    Ok(())
}

impl Engine {
    pub fn new(bug: Bug) -> Self {
        let market = Market {
            price: PriceState::EMPTY,
            risk: AssetRisk::default(),
            books: LedgerTotals::default(),
            tranche: 0,
            fees: 0,
            liquidated: Window::default(),
            insured: Window::default(),
        };
        Self {
            now: 1_000_000,
            accounts: [Account::default(); ACCOUNTS],
            markets: [market; MARKETS],
            deposits: 0,
            withdrawals: 0,
            proposal: None,
            bug,
            parameters: parameters(),
        }
    }

    /// The mark in the oracle's units, near enough for a walk.
    pub fn price(&self, market: usize) -> i64 {
        let scale = self.parameters[market].0.gate.scale.unsigned_abs();
        self.markets[market].price.mark as i64 * 10_i64.pow(scale)
    }

    pub fn risk(&self, market: usize) -> &AssetRisk {
        &self.markets[market].risk
    }

    pub fn is_liquidatable(&self, account: usize) -> bool {
        self.maintenance(account).is_ok_and(|valuation| !valuation.is_covered())
    }

    /// Flat in this market, owing to it, and without the means to pay.
    pub fn is_bankrupt(&self, account: usize, market: usize) -> bool {
        let leg = self.accounts[account].legs[market];
        leg.size == 0 && leg.entry > 0 && self.maintenance(account).is_ok_and(|valuation| valuation.equity < 0)
    }

    /// Applies the operation, or changes nothing but `proposal`.
    pub fn apply(&mut self, operation: &Operation) -> Result<()> {
        let mut next = self.clone();
        next.proposal = None;
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
                self.deposits += u128::from(amount);
                Ok(())
            }
            Operation::Withdraw { account, amount } => self.withdraw(account, amount),
            Operation::Publish { market, reading, pause } => self.publish(market, &reading, pause),
            Operation::Trade { buyer, seller, market, lots, price } => self.trade([buyer, seller], market, lots, price),
            Operation::SettleLoss { account, market } => self.settle_loss(account, market),
            Operation::SettleProfit { account, market } => self.settle_profit(account, market),
            Operation::Liquidate { liquidator, liquidatee, market, max_lots, seconds } => {
                self.liquidate([liquidator, liquidatee], market, max_lots, seconds)
            }
            Operation::Insure { account, market } => self.insure(account, market),
            Operation::FillTranche { market, amount } => {
                self.markets[market].tranche += amount;
                self.deposits += u128::from(amount);
                Ok(())
            }
            Operation::CollectFees { market } => self.collect_fees(market),
        }
    }

    /// Equity and requirement for maintenance, for new risk and for a withdrawal.
    pub fn valuations(&self, account: usize) -> [i128; 6] {
        let maintenance = self.maintenance(account).unwrap();
        let initial = self.value(account, Valuation::add_for_initial).unwrap();
        let withdrawal = self.value(account, Valuation::add_for_withdrawal).unwrap();
        let [a, b, c] = [maintenance, initial, withdrawal].map(|v| (i128::from(v.equity), i128::from(v.requirement)));
        [a.0, a.1, b.0, b.1, c.0, c.1]
    }

    fn value(&self, account: usize, add: fn(&mut Valuation, Leg, &AssetRisk) -> Result<()>) -> Result<Valuation> {
        let account = &self.accounts[account];
        let mut valuation = Valuation::of_cash(account.cash)?;
        for (leg, market) in account.legs.iter().zip(&self.markets) {
            add(&mut valuation, *leg, &market.risk)?;
        }
        Ok(valuation)
    }

    fn maintenance(&self, account: usize) -> Result<Valuation> {
        self.value(account, Valuation::add_for_maintenance)
    }

    fn require_quality(&self, market: usize, action: Action) -> Result<()> {
        let (price, asset) = (&self.markets[market].price, &self.parameters[market].0);
        let ages = PriceAges { fresh_seconds: asset.fresh_age_seconds, max_seconds: asset.gate.max_age_seconds };
        let quality = quality_at(price.quality, price.publish_time, ages, self.now);
        let is_forgiven = self.bug == Bug::StalePriceTraded && quality == PriceQuality::Stale;
        if quality.permits(action) || is_forgiven { Ok(()) } else { Err(RiskError::PriceUncertain) }
    }

    fn require_quality_of_positions(&self, account: usize, action: Action) -> Result<()> {
        (0..MARKETS)
            .filter(|market| self.accounts[account].legs[*market].size != 0)
            .try_for_each(|market| self.require_quality(market, action))
    }

    fn withdraw(&mut self, account: usize, amount: u64) -> Result<()> {
        self.require_quality_of_positions(account, Action::AddRisk)?;
        debit(&mut self.accounts[account].cash, amount)?;
        self.withdrawals += u128::from(amount);
        let view =
            if self.bug == Bug::WithdrawalOnGains { Valuation::add_for_initial } else { Valuation::add_for_withdrawal };
        if self.value(account, view)?.is_covered() { Ok(()) } else { Err(RiskError::MarginInsufficient) }
    }

    fn publish(&mut self, market: usize, reading: &OraclePrice, pause: i64) -> Result<()> {
        self.now += pause;
        let (asset, _, _) = &self.parameters[market];
        let book = &mut self.markets[market];
        book.price = accept_price(reading, &asset.gate, &book.price, self.now)?;
        book.risk =
            asset_risk(&book.price, asset.initial_ratio_bps, asset.maintenance_ratio_bps, asset.gain_weight_bps)?;
        Ok(())
    }

    /// Moves a position and the open interest with it.
    fn set_leg(&mut self, account: usize, market: usize, leg: Leg) -> Result<()> {
        let before = core::mem::replace(&mut self.accounts[account].legs[market], leg);
        if self.bug != Bug::OpenInterestForgotten || leg.size != 0 {
            let books = &mut self.markets[market].books;
            books.open_interest = books.open_interest.moved(before.size, leg.size)?;
        }
        Ok(())
    }

    /// The buyer is the taker.
    fn trade(&mut self, sides: [usize; 2], market: usize, lots: i64, price: u64) -> Result<()> {
        let (_, params, _) = self.parameters[market];
        if lots <= 0 || sides[0] == sides[1] {
            return Err(RiskError::SizeOutOfRange);
        }
        require_price_within_band(price, self.markets[market].risk.mark, params.price_band_bps)?;
        let before = [self.maintenance(sides[0])?, self.maintenance(sides[1])?];
        let legs = sides.map(|side| self.accounts[side].legs[market]);

        let bps = params.taker_fee_bps;
        let dust = self.markets[market].books.dust;
        let mut fee = plan_fee(lots, price, bps, self.accounts[sides[0]].cash, legs[0], dust)?;
        if self.bug == Bug::FeeRoundedDown && fee.from_cash > 0 && !(lots as u64 * price * bps).is_multiple_of(10_000) {
            fee.from_cash -= 1;
        }
        debit(&mut self.accounts[sides[0]].cash, fee.from_cash)?;
        self.markets[market].fees += fee.from_cash;
        if self.bug != Bug::FeeClaimForgotten {
            self.markets[market].books.dust = fee.dust;
        }
        let after = [fee.payer.traded(lots, price)?, legs[1].traded(-lots, price)?];
        for (index, side) in sides.into_iter().enumerate() {
            self.set_leg(side, market, after[index])?;
        }
        for (index, side) in sides.into_iter().enumerate() {
            self.require_margin(side, &before[index], [legs[index], after[index]], market)?;
        }
        Ok(())
    }

    /// I-04: covered at initial margin on a fresh price, or the same position smaller and the ratio better.
    fn require_margin(&self, account: usize, before: &Valuation, legs: [Leg; 2], market: usize) -> Result<()> {
        if legs[0].reduced_to(legs[1]) && ratio_improves(before, &self.maintenance(account)?) {
            return self.require_quality(market, Action::ReduceRisk);
        }
        self.require_quality_of_positions(account, Action::AddRisk)?;
        self.require_quality(market, Action::AddRisk)?;
        let valuation = self.value(account, Valuation::add_for_initial)?;
        if valuation.is_covered() { Ok(()) } else { Err(RiskError::MarginInsufficient) }
    }

    fn settle_loss(&mut self, account: usize, market: usize) -> Result<()> {
        let (payer, book) = (&mut self.accounts[account], &mut self.markets[market]);
        let leg = payer.legs[market];
        let mut plan = plan_loss_settlement(leg, book.risk.mark, payer.cash)?;
        if self.bug == Bug::LossPaidPlusOne && plan.unpaid == 0 && plan.paid > 0 && payer.cash > plan.paid {
            plan.paid += 1;
            plan.leg.entry -= 1;
        }
        debit(&mut payer.cash, plan.paid)?;
        if self.bug == Bug::LossLeavesCash {
            payer.cash += plan.paid;
        }
        book.books.pool += plan.paid;
        payer.legs[market] = plan.leg;
        if leg.size != 0 { self.require_quality(market, Action::SettleLoss) } else { Ok(()) }
    }

    fn settle_profit(&mut self, account: usize, market: usize) -> Result<()> {
        let source = if self.bug == Bug::OtherMarketPays { (market + 1) % MARKETS } else { market };
        let payee = &mut self.accounts[account];
        let leg = payee.legs[market];
        let book = &self.markets[market];
        let price = if self.bug == Bug::GainAtMark { book.risk.mark } else { book.risk.worse_price(leg.size) };
        let plan = plan_profit_settlement(leg, price, self.markets[source].books.pool)?;
        payee.cash += plan.paid;
        payee.legs[market] = plan.leg;
        if self.bug != Bug::ProfitNotFromPool {
            debit(&mut self.markets[source].books.pool, plan.paid)?;
        }
        if leg.size != 0 { self.require_quality(market, Action::AddRisk) } else { Ok(()) }
    }

    fn liquidate(&mut self, who: [usize; 2], market: usize, max_lots: u64, seconds: u64) -> Result<()> {
        let [liquidator, liquidatee] = who;
        let (_, params, _) = self.parameters[market];
        if liquidator == liquidatee {
            return Err(RiskError::SizeOutOfRange);
        }
        self.require_quality_of_positions(liquidatee, Action::Liquidate)?;
        let book = &self.markets[market];
        let window = book.liquidated.at(self.now, params.liquidation_window_seconds);
        let before = self.maintenance(liquidatee)?;
        let liquidator_before = self.maintenance(liquidator)?;
        let legs = who.map(|account| self.accounts[account].legs[market]);
        let target = Target {
            account: before,
            size: legs[1].size,
            mark: book.risk.mark,
            maintenance_margin: book.risk.maintenance_margin,
            seconds_liquidatable: seconds,
        };
        let mut terms = params.terms;
        if self.bug == Bug::SliceIgnored {
            terms.slice_lots = MAX_LOTS as u64;
        }
        let plan = plan_liquidation(&target, &terms, max_lots, window.left(params.liquidation_window_lots))?;
        self.proposal = Some(plan);

        let price = if self.bug == Bug::LiquidatorTradesAtMark { target.mark } else { plan.price };
        let after = [legs[0].traded(plan.lots, price)?, legs[1].traded(-plan.lots, plan.price)?];
        for (account, leg) in who.into_iter().zip(after) {
            self.set_leg(account, market, leg)?;
        }
        debit(&mut self.accounts[liquidator].cash, plan.insurance_fee)?;
        if self.bug != Bug::InsuranceFeeVanishes {
            self.markets[market].tranche += plan.insurance_fee;
        }
        self.markets[market].liquidated = window.using(plan.lots.unsigned_abs());
        let valuation = self.maintenance(liquidatee)?;
        if valuation != plan.after || !ratio_improves(&before, &valuation) {
            return Err(RiskError::LiquidationNotImproving);
        }
        self.require_margin(liquidator, &liquidator_before, [legs[0], after[0]], market)
    }

    /// The tranche pays what a flat leg still owes of an account that has nothing left.
    fn insure(&mut self, account: usize, market: usize) -> Result<()> {
        let equity = self.maintenance(account)?.equity;
        let (bankrupt, book) = (&mut self.accounts[account], &mut self.markets[market]);
        let leg = &mut bankrupt.legs[market];
        let is_bankrupt = equity < 0 && leg.size == 0 && bankrupt.cash == 0;
        let is_due = leg.entry > 0 && (is_bankrupt || self.bug == Bug::InsurancePaysWithoutDeficit);
        if !is_due {
            return Err(RiskError::PositionMissing);
        }
        let deficit = equity.unsigned_abs().min(leg.entry.unsigned_abs());
        let caps = &self.parameters[market].1.insurance;
        let plan = plan_insurance(deficit, book.tranche, caps, book.insured, self.now)?;
        if self.bug != Bug::TrancheNotDebited {
            debit(&mut book.tranche, plan.paid)?;
        }
        book.books.pool += plan.paid;
        leg.entry -= plan.paid as i64;
        book.insured = plan.window;
        Ok(())
    }

    /// The market's own claims become fees as far as the pool has them, and fees go to the tranche.
    fn collect_fees(&mut self, market: usize) -> Result<()> {
        let book = &mut self.markets[market];
        let plan = plan_profit_settlement(book.books.dust, 1, book.books.pool)?;
        debit(&mut book.books.pool, plan.paid)?;
        book.books.dust = plan.leg;
        book.tranche += core::mem::take(&mut book.fees) + plan.paid;
        Ok(())
    }

    /// The identities, as the program's monitors check them. Names the first that fails.
    pub fn identities(&self) -> core::result::Result<(), &'static str> {
        let cash: u128 = self.accounts.iter().map(|account| u128::from(account.cash)).sum();
        let held = |book: &Market| u128::from(book.books.pool) + u128::from(book.tranche) + u128::from(book.fees);
        if cash + self.markets.iter().map(held).sum::<u128>() != self.deposits - self.withdrawals {
            return Err("I-01 vault");
        }
        for (index, book) in self.markets.iter().enumerate() {
            let mut totals = PositionTotals::default();
            self.accounts.iter().for_each(|account| totals.add(account.legs[index]));
            let is_balanced = LedgerTotals {
                open_interest: risk::OpenInterest { long: totals.long as u64, short: totals.short as u64 },
                ..book.books
            };
            if !is_balanced.holds(&totals) {
                return Err("I-01 market");
            }
            if !book.books.holds(&totals) || totals.long != totals.short {
                return Err("I-03");
            }
        }
        Ok(())
    }
}
