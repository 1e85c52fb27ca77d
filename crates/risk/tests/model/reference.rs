//! The same ledger again, in whole numbers without bounds, written from the design and from the laws alone: nothing here
//! calls the risk crate. A liquidation's size and price are proposed by the plan and judged here by exact fractions.

use num_bigint::BigInt;
use risk::{AssetParams, LiquidationPlan, MarketParams, OraclePrice};

use crate::operation::{ACCOUNTS, MARKETS, Operation, parameters};

const ONE: u64 = 10_000;
const MAX_PRICE: u64 = 1 << 30;
const MAX_LOTS: u64 = 1 << 28;
const UNCERTAIN: u8 = 2;
const FRESH: u8 = 3;

/// Why the model does not follow.
#[derive(Debug)]
pub enum No {
    /// The operation is not allowed.
    Refused,
    /// The plan breaks its law.
    Broken(&'static str),
}

type Answer<T = ()> = Result<T, No>;

#[derive(Clone, Default)]
struct Position {
    size: BigInt,
    entry: BigInt,
}

#[derive(Clone, Default)]
struct Account {
    cash: BigInt,
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
    /// The market's own entry: fees that it is still owed.
    own_entry: BigInt,
    liquidated: Budget,
    insured: Budget,
}

#[derive(Clone)]
pub struct Model {
    now: i64,
    accounts: [Account; ACCOUNTS],
    books: [Book; MARKETS],
    deposits: BigInt,
    withdrawals: BigInt,
    parameters: [(AssetParams, MarketParams, i64); MARKETS],
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

fn floor(numerator: BigInt, denominator: impl Into<BigInt>) -> BigInt {
    let denominator = denominator.into();
    let quotient = &numerator / &denominator;
    if numerator < BigInt::ZERO && &quotient * &denominator != numerator { quotient - 1 } else { quotient }
}

fn ceiling(numerator: BigInt, denominator: impl Into<BigInt>) -> BigInt {
    -floor(-numerator, denominator)
}

fn magnitude(value: &BigInt) -> BigInt {
    if *value < BigInt::ZERO { -value } else { value.clone() }
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
    /// What a position of this sign is worth least at.
    fn worse_price(&self, size: &BigInt) -> BigInt {
        if *size >= BigInt::ZERO {
            (&self.mark - &self.confidence).min(floor(self.ema.clone(), 1 << 16))
        } else {
            (&self.mark + &self.confidence).max(ceiling(self.ema.clone(), 1 << 16))
        }
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
            deposits: BigInt::ZERO,
            withdrawals: BigInt::ZERO,
            parameters: parameters(),
        }
    }

    /// Applies the operation, or changes nothing.
    pub fn apply(&mut self, operation: &Operation, proposal: Option<&LiquidationPlan>) -> Answer {
        let mut next = self.clone();
        next.run(operation, proposal)?;
        *self = next;
        Ok(())
    }

    fn run(&mut self, operation: &Operation, proposal: Option<&LiquidationPlan>) -> Answer {
        match *operation {
            Operation::Deposit { account, amount } => {
                self.accounts[account].cash += amount;
                self.deposits += amount;
                Ok(())
            }
            Operation::Withdraw { account, amount } => self.withdraw(account, amount),
            Operation::Publish { market, reading, pause } => self.publish(market, &reading, pause),
            Operation::Trade { buyer, seller, market, lots, price } => {
                self.trade([buyer, seller], market, &big(lots), &big(price))
            }
            Operation::SettleLoss { account, market } => self.settle_loss(account, market),
            Operation::SettleProfit { account, market } => self.settle_profit(account, market),
            Operation::Liquidate { liquidator, liquidatee, market, max_lots, seconds } => {
                self.liquidate([liquidator, liquidatee], market, max_lots, seconds, proposal)
            }
            Operation::Insure { account, market } => self.insure(account, market),
            Operation::FillTranche { market, amount } => {
                self.books[market].tranche += amount;
                self.deposits += amount;
                Ok(())
            }
            Operation::CollectFees { market } => {
                let book = &mut self.books[market];
                let paid = not_below_zero(-&book.own_entry).min(book.pool.clone());
                book.pool -= &paid;
                book.own_entry += &paid;
                book.tranche += core::mem::take(&mut book.fees) + paid;
                Ok(())
            }
        }
    }

    fn gain(&self, account: usize, market: usize, price: &BigInt) -> BigInt {
        let position = &self.accounts[account].positions[market];
        &position.size * price - &position.entry
    }

    fn worth(&self, account: usize, view: View) -> Worth {
        let mut worth = Worth { equity: self.accounts[account].cash.clone(), requirement: BigInt::ZERO };
        for (market, book) in self.books.iter().enumerate() {
            let (asset, _, _) = &self.parameters[market];
            let size = &self.accounts[account].positions[market].size;
            let price = if view == View::Maintenance { book.mark.clone() } else { book.worse_price(size) };
            let gain = self.gain(account, market, &price);
            worth.equity += match view {
                View::Initial if gain > BigInt::ZERO => floor(gain * asset.gain_weight_bps, ONE),
                View::Withdrawal if gain > BigInt::ZERO => BigInt::ZERO,
                _ => gain,
            };
            worth.requirement += magnitude(size) * book.margin(asset, view);
        }
        worth
    }

    /// Equity and requirement for maintenance, for new risk and for a withdrawal.
    pub fn valuations(&self, account: usize) -> [BigInt; 6] {
        let worths = [View::Maintenance, View::Initial, View::Withdrawal].map(|view| self.worth(account, view));
        let [a, b, c] = worths;
        [a.equity, a.requirement, b.equity, b.requirement, c.equity, c.requirement]
    }

    fn quality(&self, market: usize) -> u8 {
        let book = &self.books[market];
        let asset = &self.parameters[market].0;
        match book.published.map(|time| self.now - time) {
            Some(age) if age <= i64::from(asset.fresh_age_seconds) => book.quality,
            Some(age) if age <= i64::from(asset.gate.max_age_seconds) => book.quality.min(UNCERTAIN),
            _ => 0,
        }
    }

    fn holds_only(&self, account: usize, quality: u8) -> bool {
        (0..MARKETS).all(|market| !self.has_position(account, market) || self.quality(market) >= quality)
    }

    fn has_position(&self, account: usize, market: usize) -> bool {
        self.accounts[account].positions[market].size != BigInt::ZERO
    }

    fn withdraw(&mut self, account: usize, amount: u64) -> Answer {
        self.accounts[account].cash -= amount;
        self.withdrawals += amount;
        allow(self.accounts[account].cash >= BigInt::ZERO)?;
        allow(self.holds_only(account, FRESH) && self.worth(account, View::Withdrawal).is_covered())
    }

    fn publish(&mut self, market: usize, reading: &OraclePrice, pause: i64) -> Answer {
        self.now += pause;
        let gate = self.parameters[market].0.gate;
        allow(reading.exponent == gate.exponent && reading.price > 0)?;
        let ahead = i128::from(reading.publish_time) - i128::from(self.now);
        allow((-i128::from(gate.max_age_seconds)..=2).contains(&ahead))?;
        // Every listing here has fewer atoms than the oracle has units.
        let units = big(10).pow(gate.scale.unsigned_abs());
        let (mark, confidence) = (floor(big(reading.price), units.clone()), ceiling(big(reading.confidence), units));
        allow(mark >= big(1) && mark <= big(MAX_PRICE))?;
        let book = &mut self.books[market];
        let before = book.published.map(|_| floor(book.ema.clone(), big(1 << 16)));
        let ema: BigInt = match book.published {
            Some(time) if reading.publish_time <= time => {
                let is_same = mark == book.mark && confidence == book.confidence;
                return allow(reading.publish_time == time && is_same);
            }
            Some(time) => {
                // Division of big integers truncates: toward the old value.
                let seconds = big(reading.publish_time - time).min(big(1 << 16));
                &book.ema + (&mark * (1 << 16) - &book.ema) * &seconds / (seconds + gate.ema_seconds)
            }
            None => &mark * (1 << 16),
        };
        let within = |limit_bps: u64| confidence <= ceiling(&mark * limit_bps, ONE);
        allow(within(gate.confidence_max_bps) && confidence < mark)?;
        let average = before.unwrap_or_else(|| mark.clone());
        let is_near = magnitude(&(&mark - &average)) * ONE <= average * gate.ema_band_bps;
        let is_sure = within(gate.confidence_fresh_bps);
        let quality = if is_near && is_sure { FRESH } else { UNCERTAIN };
        let published = Some(reading.publish_time);
        *book = Book { mark, confidence, ema, published, quality, ..core::mem::take(book) };
        Ok(())
    }

    fn trade(&mut self, sides: [usize; 2], market: usize, lots: &BigInt, price: &BigInt) -> Answer {
        let (_, params, _) = self.parameters[market];
        let mark = &self.books[market].mark;
        allow(*lots > BigInt::ZERO && sides[0] != sides[1])?;
        allow(magnitude(&(price - mark)) * ONE <= mark * params.price_band_bps)?;
        let before = sides.map(|side| self.worth(side, View::Maintenance));

        let fee = ceiling(lots * price * params.taker_fee_bps, ONE);
        let taker = &mut self.accounts[sides[0]];
        let from_cash = fee.clone().min(taker.cash.clone());
        let from_entry = fee - &from_cash;
        taker.cash -= &from_cash;
        taker.positions[market].entry += &from_entry;
        self.books[market].fees += from_cash;
        self.books[market].own_entry -= from_entry;

        let sizes = sides.map(|side| self.accounts[side].positions[market].size.clone());
        self.exchange(sides, market, lots, price)?;
        for index in 0..2 {
            self.allow_risk(sides[index], &before[index], &sizes[index], market)?;
        }
        Ok(())
    }

    /// `to` receives `lots` from `from`: what one side pays the other side gets.
    fn exchange(&mut self, [to, from]: [usize; 2], market: usize, lots: &BigInt, price: &BigInt) -> Answer {
        for (account, lots) in [(to, lots.clone()), (from, -lots)] {
            let position = &mut self.accounts[account].positions[market];
            position.entry += &lots * price;
            position.size += lots;
            allow(magnitude(&position.size) <= big(MAX_LOTS))?;
        }
        Ok(())
    }

    /// I-04 and I-10.
    fn allow_risk(&self, account: usize, before: &Worth, size_before: &BigInt, market: usize) -> Answer {
        let size = &self.accounts[account].positions[market].size;
        // Smaller, and not on the other side of zero.
        let is_reduced = magnitude(size) < magnitude(size_before) && size * size_before >= BigInt::ZERO;
        if is_reduced && before.is_improved_by(&self.worth(account, View::Maintenance)) {
            return allow(self.quality(market) >= UNCERTAIN);
        }
        allow(self.quality(market) >= FRESH && self.holds_only(account, FRESH))?;
        allow(self.worth(account, View::Initial).is_covered())
    }

    fn settle_loss(&mut self, account: usize, market: usize) -> Answer {
        allow(!self.has_position(account, market) || self.quality(market) >= UNCERTAIN)?;
        let loss = not_below_zero(-self.gain(account, market, &self.books[market].mark));
        let payer = &mut self.accounts[account];
        let paid = loss.min(payer.cash.clone());
        payer.cash -= &paid;
        payer.positions[market].entry -= &paid;
        self.books[market].pool += paid;
        Ok(())
    }

    fn settle_profit(&mut self, account: usize, market: usize) -> Answer {
        allow(!self.has_position(account, market) || self.quality(market) >= FRESH)?;
        let price = self.books[market].worse_price(&self.accounts[account].positions[market].size);
        let gain = not_below_zero(self.gain(account, market, &price));
        let paid = gain.min(self.books[market].pool.clone());
        self.books[market].pool -= &paid;
        self.accounts[account].positions[market].entry += &paid;
        self.accounts[account].cash += paid;
        Ok(())
    }

    fn liquidate(
        &mut self,
        who: [usize; 2],
        market: usize,
        max_lots: u64,
        seconds: u64,
        proposal: Option<&LiquidationPlan>,
    ) -> Answer {
        let [liquidator, liquidatee] = who;
        let (_, params, _) = self.parameters[market];
        allow(liquidator != liquidatee && self.holds_only(liquidatee, UNCERTAIN))?;
        let before = who.map(|account| self.worth(account, View::Maintenance));
        let window = self.books[market].liquidated.at(self.now, params.liquidation_window_seconds);
        // Below half of maintenance the window no longer counts.
        let is_deep = &before[1].equity * 2 < before[1].requirement;
        let left = not_below_zero(params.liquidation_window_lots - &window.used);
        let left = if is_deep { big(MAX_LOTS) } else { left };
        allow(!before[1].is_covered() && self.has_position(liquidatee, market) && max_lots > 0)?;
        allow(before[1].equity <= BigInt::ZERO || left > BigInt::ZERO)?;
        let plan = proposal.ok_or(No::Broken("a plan for every account below maintenance"))?;
        self.judge(liquidatee, market, plan, [big(max_lots), left], seconds)?;

        let sizes = who.map(|account| self.accounts[account].positions[market].size.clone());
        self.exchange(who, market, &big(plan.lots), &big(plan.price))?;
        self.accounts[liquidator].cash -= plan.insurance_fee;
        allow(self.accounts[liquidator].cash >= BigInt::ZERO)?;
        self.books[market].tranche += plan.insurance_fee;
        self.books[market].liquidated = Budget { used: window.used + plan.lots.unsigned_abs(), ..window };
        let after = self.worth(liquidatee, View::Maintenance);
        law(before[1].is_improved_by(&after), "I-05 the ratio improves")?;
        law(after.equity == big(plan.after.equity) && after.requirement == big(plan.after.requirement), "after")?;
        self.allow_risk(liquidator, &before[0], &sizes[0], market)
    }

    /// Whether the plan is what section 7 step 3 allows. Every bound is exact but for the rounding that it names.
    fn judge(
        &self,
        liquidatee: usize,
        market: usize,
        plan: &LiquidationPlan,
        [max_lots, left]: [BigInt; 2],
        seconds: u64,
    ) -> Answer {
        let (asset, params, _) = &self.parameters[market];
        let (terms, book) = (&params.terms, &self.books[market]);
        let Worth { equity, requirement } = self.worth(liquidatee, View::Maintenance);
        let margin = book.margin(asset, View::Maintenance);
        let size = &self.accounts[liquidatee].positions[market].size;
        let (all, lots, penalty) = (magnitude(size), big(plan.lots.unsigned_abs()), big(plan.penalty_per_lot));

        law(size * plan.lots > BigInt::ZERO && lots <= all && lots <= max_lots, "no more than there is")?;
        let toward_liquidator = if *size > BigInt::ZERO { -&penalty } else { penalty.clone() };
        law(big(plan.price) == &book.mark + toward_liquidator, "the price is mark less the penalty")?;
        let fee_times_one = big(plan.insurance_fee) * ONE;
        let share_times_one = &lots * &penalty * terms.insurance_share_bps;
        law(
            fee_times_one >= share_times_one && &fee_times_one - &share_times_one < big(ONE),
            "the fee is the share, rounded up",
        )?;
        law(big(plan.insurance_fee) <= &lots * &penalty, "the fee is part of the penalty")?;
        if equity <= BigInt::ZERO {
            law(penalty == BigInt::ZERO, "nothing is taken where nothing is left")?;
            return law(lots == all.min(max_lots), "all of it where equity is gone");
        }

        // The share of the equity: p * R <= 0.9 * m * E, and the wanted penalty in 1e-4 bps of the mark.
        law(&penalty * &requirement * 10 <= &margin * &equity * 9, "T79 at most 90 % of the position's equity")?;
        let urgency_square: BigInt = {
            let missing = (&requirement - &equity) * ONE;
            &missing * &missing / (&requirement * &requirement)
        };
        let range = terms.penalty_max_bps - terms.penalty_min_bps;
        let ramp: BigInt = big(terms.penalty_ramp_bps_per_minute) * seconds * ONE / 60;
        let most = big(terms.penalty_max_bps) * ONE;
        let wanted: BigInt = big(terms.penalty_min_bps) * ONE + urgency_square * range / ONE + ramp;
        let wanted = wanted.min(most);
        // Rounding: health to a basis point (2 bps of u^2), the two terms and the result down.
        let (unit, slack) = (ONE * ONE, big(3 * ONE));
        law(&penalty * unit <= &book.mark * (&wanted + range * 3), "no more than urgency and time ask")?;
        let share: BigInt = &margin * &equity * 9 / (&requirement * 10) - &margin / ONE - 2;
        let asked: BigInt = floor(&book.mark * (&wanted - &slack), unit) - 1;
        law(penalty >= asked.min(share), "no less than urgency and time ask, up to the share")?;

        let allowed = big(terms.slice_lots).min(left);
        let is_dust = all < &allowed + terms.min_position_lots;
        law(lots <= allowed || is_dust, "at most the slice and the window")?;
        let aim = ONE + terms.buffer_bps;
        let reaches = |lots: &BigInt| (&equity - lots * &penalty) * ONE >= (&requirement - lots * &margin) * aim;
        let is_bounded = lots == all || lots == allowed || lots == max_lots;
        law(is_bounded || reaches(&lots), "the target is reached where nothing bounds it")?;
        // Dust is taken along, as far as the liquidator's own bound lets it.
        let dust_rule = (lots == all || lots == max_lots) && terms.min_position_lots > 0;
        let gained = floor(&margin * aim, ONE) - &penalty;
        let fewer: BigInt = &lots - ceiling(&lots + 1, gained) - 1;
        law(dust_rule || fewer < BigInt::ZERO || !reaches(&fewer), "T77 the fewest lots")
    }

    fn insure(&mut self, account: usize, market: usize) -> Answer {
        let equity = self.worth(account, View::Maintenance).equity;
        allow(equity < BigInt::ZERO && !self.has_position(account, market))?;
        let (_, params, _) = &self.parameters[market];
        let (bankrupt, book) = (&mut self.accounts[account], &mut self.books[market]);
        let owed = &mut bankrupt.positions[market].entry;
        allow(*owed > BigInt::ZERO && bankrupt.cash == BigInt::ZERO)?;
        let deficit = (-equity).min(owed.clone());
        let caps = &params.insurance;
        book.insured = book.insured.at(self.now, caps.window_seconds);
        book.insured.used += &deficit;
        allow(book.insured.used <= big(caps.per_window) && deficit <= big(caps.per_event))?;
        book.tranche -= &deficit;
        allow(book.tranche >= BigInt::ZERO)?;
        book.pool += &deficit;
        *owed -= deficit;
        Ok(())
    }

    /// The identities of section 4, from their definition. Names the first that fails.
    pub fn identities(&self) -> Result<(), &'static str> {
        let cash: BigInt = self.accounts.iter().map(|account| &account.cash).sum();
        let held: BigInt = self.books.iter().map(|book| &book.pool + &book.tranche + &book.fees).sum();
        if cash + held != &self.deposits - &self.withdrawals {
            return Err("I-01 vault");
        }
        for (index, book) in self.books.iter().enumerate() {
            let positions = || self.accounts.iter().map(|account| &account.positions[index]);
            let entries: BigInt = positions().map(|position| &position.entry).sum();
            if positions().map(|position| &position.size).sum::<BigInt>() != BigInt::ZERO
                || entries + &book.own_entry + &book.pool != BigInt::ZERO
            {
                return Err("I-01 market");
            }
        }
        let balances = self.books.iter().flat_map(|book| [&book.pool, &book.tranche, &book.fees]);
        let is_negative = |balance: &BigInt| *balance < BigInt::ZERO;
        if balances.chain(self.accounts.iter().map(|account| &account.cash)).any(is_negative) {
            return Err("I-02");
        }
        Ok(())
    }

    /// Every balance with its name, to be compared with the engine's. Open interest is counted from the positions.
    pub fn balances(&self, mut each: impl FnMut(&'static str, usize, &BigInt)) {
        for (index, account) in self.accounts.iter().enumerate() {
            each("cash", index, &account.cash);
            for position in &account.positions {
                each("size", index, &position.size);
                each("entry", index, &position.entry);
            }
        }
        for (index, book) in self.books.iter().enumerate() {
            let sizes = || self.accounts.iter().map(|account| &account.positions[index].size);
            let long: BigInt = sizes().filter(|size| **size > BigInt::ZERO).sum();
            let short: BigInt = -sizes().filter(|size| **size < BigInt::ZERO).sum::<BigInt>();
            for (name, value) in [
                ("long", &long),
                ("short", &short),
                ("pool", &book.pool),
                ("tranche", &book.tranche),
                ("fees", &book.fees),
                ("dust entry", &book.own_entry),
                ("mark", &book.mark),
                ("confidence", &book.confidence),
                ("ema", &book.ema),
                ("quality", &big(book.quality)),
                ("liquidated", &book.liquidated.used),
                ("insured", &book.insured.used),
            ] {
                each(name, index, value);
            }
        }
    }
}
