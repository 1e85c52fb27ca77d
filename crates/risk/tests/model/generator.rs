//! Random operations, most of them plausible and some of them hostile.

use std::collections::VecDeque;

use risk::{OraclePrice, PriceQuality};

use crate::{
    engine::Engine,
    operation::{ACCOUNTS, BANKS, COOLDOWN_SECONDS, MARKETS, Operation, REPORT_SECONDS, STAKERS, parameters},
};

/// These have deep pockets: makers, and liquidators.
const WHALES: usize = 2;

/// SplitMix64, and what it has decided to do next.
pub struct Generator {
    seed: u64,
    /// Whether the deep pockets make markets: without them, sides are small and close wholly.
    has_makers: bool,
    next: VecDeque<Operation>,
}

impl Generator {
    pub const fn new(seed: u64) -> Self {
        Self { seed, has_makers: seed.is_multiple_of(3), next: VecDeque::new() }
    }

    pub fn next(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn is_one_in(&mut self, odds: u64) -> bool {
        self.below(odds) == 0
    }

    fn account(&mut self) -> usize {
        self.below(ACCOUNTS as u64) as usize
    }

    /// Up to `most`, of every magnitude, sometimes 0 and sometimes all of it.
    fn amount(&mut self, most: u64) -> u64 {
        match self.below(10) {
            0 => most,
            1 => 0,
            2 => self.below(10).min(most),
            _ => self.below(most) >> self.below(6),
        }
    }

    pub fn operation(&mut self, engine: &Engine) -> Operation {
        if let Some(next) = self.next.pop_front() {
            return next;
        }
        let account = self.account();
        let market = self.below(MARKETS as u64) as usize;
        if self.is_one_in(3)
            && let Some(operation) = self.rescue(engine, account)
        {
            return operation;
        }
        if self.is_one_in(20) {
            return self.crash(engine, market);
        }
        match self.below(100) {
            0..5 => {
                let most = if account < WHALES { 1_000_000_000_000 } else { 60_000_000 };
                Operation::Deposit { account, amount: self.amount(most) }
            }
            5..9 => Operation::Withdraw { account, amount: self.amount(engine.accounts[account].cash + 2) },
            9..27 => self.publish(engine, market),
            27..60 => self.trade(engine, market),
            60..74 => self.settle(market),
            74..76 => self.liquidate(engine, market),
            76 => Operation::Insure { account, market },
            77 => Operation::AutoDeleverage { account, market },
            78 if self.is_one_in(8) => Operation::ReportDeficit { account },
            79 if self.is_one_in(5) => Operation::FillTranche { market, amount: self.amount(500_000_000) },
            80..85 => Operation::Sweep { market },
            85..89 => self.fund(engine, market),
            89..92 => self.collateral(engine, account),
            92..95 => self.convert(engine, account),
            95 if self.is_one_in(4) => Operation::Wait { seconds: [1, 20, 61, 600, 3_601][self.below(5) as usize] },
            _ => self.trade(engine, market),
        }
    }

    /// Something for an account below maintenance, or none where there is no such.
    fn rescue(&mut self, engine: &Engine, start: usize) -> Option<Operation> {
        let account =
            (0..ACCOUNTS).map(|offset| (start + offset) % ACCOUNTS).find(|account| engine.is_liquidatable(*account))?;
        let state = &engine.accounts[account];
        if engine.maintenance(account).is_ok_and(|valuation| valuation.equity < 0) && !self.is_one_in(6) {
            let start = self.below(BANKS as u64) as usize;
            let mut banks = (0..BANKS).map(|offset| (start + offset) % BANKS);
            if let Some(bank) = banks.find(|bank| state.collateral[*bank] > 0) {
                let buyer = self.below(WHALES as u64) as usize;
                return Some(Operation::Convert { buyer, seller: account, bank, amount: u64::MAX, most: u64::MAX });
            }
            let start = self.below(MARKETS as u64) as usize;
            let markets = (0..MARKETS).map(|offset| (start + offset) % MARKETS);
            let loses = |market: &usize| {
                let mark = engine.risk(*market).mark;
                engine.leg(account, *market).is_ok_and(|leg| leg.pnl(mark).is_ok_and(|pnl| pnl < 0))
            };
            let losing: Vec<usize> = markets.filter(loses).collect();
            let market = *losing.first()?;
            if !self.is_one_in(8) {
                self.refresh(engine);
            }
            let resolving = match self.below(60) {
                0..12 => self.liquidate(engine, market),
                12..14 => Operation::ReportDeficit { account },
                _ => Operation::AutoDeleverage { account, market },
            };
            self.next.push_back(resolving);
            if state.legs[market].size == 0 {
                self.next.push_back(Operation::Insure { account, market });
            }
            return self.next.pop_front();
        }
        let market = (0..MARKETS).find(|market| state.legs[*market].size != 0)?;
        Some(if self.is_one_in(3) { self.convert(engine, account) } else { self.liquidate(engine, market) })
    }

    /// Small accounts take positions to the limit against each other, the price jumps, and whoever is bankrupt is closed against the
    /// rest: alone on its side or not, once or several times, and mostly before anybody was touched.
    fn crash(&mut self, engine: &Engine, market: usize) -> Operation {
        let ((asset, _, anchor), mut price) = (parameters()[market], engine.price(market));
        let direction = self.is_one_in(2);
        match self.below(3) {
            0 => self.unwind(engine, market),
            1 => (0..MARKETS).for_each(|market| self.unwind(engine, market)),
            _ => {}
        }
        for _ in 0..1 + self.below(3) {
            let poor = (0..3).map(|_| WHALES + self.below((ACCOUNTS - WHALES) as u64) as usize);
            let victim = poor.min_by_key(|account| engine.accounts[*account].cash).unwrap_or(WHALES);
            let [other, third] = [0; 2].map(|_| WHALES + self.below((ACCOUNTS - WHALES) as u64) as usize);
            let amount = 1_000_000 + self.below(20_000_000);
            let means = (engine.accounts[victim].cash + amount).min(100_000_000);
            for account in [victim, other, third] {
                let amount = means.saturating_sub(engine.accounts[account].cash);
                self.next.push_back(Operation::Deposit { account, amount });
            }
            for other in 0..MARKETS {
                let price = if other == market { price } else { engine.price(other) };
                self.push_price(engine, other, price);
            }
            let is_long = direction != self.is_one_in(5);
            let order = |one: usize, two: usize| if is_long { (one, two) } else { (two, one) };
            let mark = price as u64 / 10_u64.pow(asset.gate.scale.unsigned_abs());
            let margin = mark * asset.initial_ratio_bps / 10_000 + 1;
            let most = (means * 19 / 20 / margin) as i64;
            let first = if self.is_one_in(3) { most } else { self.below(most.unsigned_abs() + 1) as i64 };
            let bystander = if self.has_makers { 0 } else { third };
            for ((buyer, seller), lots) in [
                (order(victim, other), first),
                (order(victim, third), most - first),
                (order(bystander, other), self.below(4) as i64),
            ] {
                self.next.push_back(Operation::Trade { buyer, seller, market, lots, price: mark });
            }
            let widest = asset.gate.ema_band_bps.min(5_500);
            let jump = price / 10_000 * (widest / 3 + self.below(widest / 2)) as i64;
            let moved = if is_long { price - jump } else { price + jump };
            price = moved.clamp(anchor / 50, anchor.saturating_mul(50).min(1_000_000_000 * 100_000));
            self.push_price(engine, market, price);
            if self.is_one_in(8) {
                self.next.push_back(Operation::Settle { accounts: [true; ACCOUNTS], market });
            }
            let resolving = if self.is_one_in(8) {
                Operation::Liquidate { liquidator: 0, liquidatee: victim, market, max_lots: u64::MAX, seconds: 0 }
            } else {
                Operation::AutoDeleverage { account: victim, market }
            };
            self.next.push_back(resolving);
        }
        self.next.pop_front().unwrap_or(Operation::Sweep { market })
    }

    /// Everybody closes against everybody else, at the mark: what comes then has the market to itself.
    fn unwind(&mut self, engine: &Engine, market: usize) {
        for other in 0..MARKETS {
            self.push_price(engine, other, engine.price(other));
        }
        let mut sizes = [0_i64; ACCOUNTS];
        for (account, size) in sizes.iter_mut().enumerate() {
            *size = engine.leg(account, market).map_or(0, |leg| leg.size);
        }
        for seller in 0..ACCOUNTS {
            for buyer in 0..ACCOUNTS {
                let lots = sizes[seller].min(-sizes[buyer]);
                if lots > 0 {
                    sizes[seller] -= lots;
                    sizes[buyer] += lots;
                    let price = engine.risk(market).mark;
                    self.next.push_back(Operation::Trade { buyer, seller, market, lots, price });
                }
            }
        }
        if self.is_one_in(2) {
            self.next.push_back(Operation::Settle { accounts: [true; ACCOUNTS], market });
        }
    }

    fn push_price(&mut self, engine: &Engine, market: usize, price: i64) {
        let until = self.next.iter().map(|queued| match queued {
            Operation::Publish { pause: seconds, .. } | Operation::Wait { seconds } => *seconds,
            _ => 0,
        });
        let publish_time = engine.now + until.sum::<i64>() + 1;
        let exponent = parameters()[market].0.gate.exponent;
        let reading = OraclePrice { price, confidence: 0, exponent, publish_time };
        self.next.push_back(Operation::Publish { market, reading, pause: 1 });
    }

    /// The same prices again, where they are no longer fresh.
    fn refresh(&mut self, engine: &Engine) {
        for market in 0..MARKETS {
            if engine.quality(market) < PriceQuality::Fresh {
                self.push_price(engine, market, engine.price(market));
            }
        }
    }

    /// A walk around the listing price with a jump now and then, and every fault that the gate must refuse.
    fn publish(&mut self, engine: &Engine, market: usize) -> Operation {
        let (asset, _, anchor) = parameters()[market];
        let now = engine.price(market).max(1);
        let width = if self.is_one_in(15) { 2_900 } else { 80 };
        let walked = now + now / 10_000 * (self.below(2 * width + 1) as i64 - width as i64) + self.below(3) as i64 - 1;
        let price = walked.clamp(anchor / 50, anchor.saturating_mul(50).min(1_000_000_000 * 100_000));
        let pause = if self.is_one_in(8) { 0 } else { 1 + self.below(4) as i64 };
        let confidence_bps = if self.is_one_in(40) { self.below(700) } else { self.below(40) };
        let mut reading = OraclePrice {
            price,
            confidence: price as u64 / 10_000 * confidence_bps,
            exponent: asset.gate.exponent,
            publish_time: engine.now + pause,
        };
        match self.below(60) {
            0 => reading.price = [0, -1, i64::MIN, i64::MAX, 1][self.below(5) as usize],
            1 => reading.exponent = [0, 1, -7, i32::MIN, i32::MAX][self.below(5) as usize],
            2 => reading.confidence = u64::MAX >> self.below(64),
            3 => reading.publish_time += [-70, -61, -60, 1, 2, 3][self.below(6) as usize],
            4 => reading.publish_time = [i64::MIN, i64::MAX, 0][self.below(3) as usize],
            _ => {}
        }
        Operation::Publish { market, reading, pause }
    }

    fn trade(&mut self, engine: &Engine, market: usize) -> Operation {
        let trader =
            if self.is_one_in(20) { self.account() } else { WHALES + self.below((ACCOUNTS - WHALES) as u64) as usize };
        // Mostly against a whale; else two small ones, so that the other side of a bankrupt one is small as well.
        let is_small = !self.has_makers || self.is_one_in(3);
        let other = if is_small { self.account() } else { self.below(WHALES as u64) as usize };
        let (mut buyer, mut seller) = (trader, other);
        if self.is_one_in(2) {
            (buyer, seller) = (seller, buyer);
        }
        let asset = engine.risk(market);
        let size = engine.accounts[trader].legs[market].size;
        // To the limit of its cash, or a reduction, or past zero, or so little that it lasts.
        let affordable = engine.accounts[trader].cash / asset.initial_margin.max(1);
        let lots = match self.below(6) {
            1 if size != 0 => self.amount(size.unsigned_abs()),
            2 if size != 0 => self.amount(size.unsigned_abs().saturating_mul(2)),
            3 => 1 + self.below(3),
            _ => affordable / 2 + self.amount(affordable / 2) + self.below(2),
        };
        if self.is_one_in(4) && (size > 0) == (trader == buyer) {
            (buyer, seller) = (seller, buyer);
        }
        let band = parameters()[market].1.price_band_bps * asset.mark / 10_000 + 1;
        let price = if self.is_one_in(3) { asset.mark + self.below(2 * band + 1) - band } else { asset.mark };
        Operation::Trade { buyer, seller, market, lots: lots.min(1 << 29) as i64, price }
    }

    /// One, several, or everybody.
    fn settle(&mut self, market: usize) -> Operation {
        let mut accounts = [false; ACCOUNTS];
        accounts[self.account()] = true;
        match self.below(10) {
            0 => accounts = [true; ACCOUNTS],
            1..4 => accounts[self.account()] = true,
            _ => {}
        }
        Operation::Settle { accounts, market }
    }

    fn liquidate(&mut self, engine: &Engine, market: usize) -> Operation {
        let start = self.account();
        let below = (0..ACCOUNTS)
            .map(|offset| (start + offset) % ACCOUNTS)
            .find(|index| engine.is_liquidatable(*index) && engine.accounts[*index].legs[market].size != 0);
        let liquidatee = below.unwrap_or(start);
        let liquidator = if self.is_one_in(5) { self.account() } else { self.below(WHALES as u64) as usize };
        let max_lots = if self.is_one_in(4) { self.amount(1_000) } else { u64::MAX };
        Operation::Liquidate { liquidator, liquidatee, market, max_lots, seconds: self.amount(4_000) }
    }

    /// Whoever enters or leaves the fund needs every market swept, on fresh prices; mostly it is.
    fn fund(&mut self, engine: &Engine, market: usize) -> Operation {
        let staker = self.below(STAKERS as u64) as usize;
        let stake = engine.stakes[staker];
        if self.is_one_in(3) {
            let shares = if self.is_one_in(2) { stake.shares } else { self.amount(stake.shares) };
            return Operation::RequestUnstake { staker, shares };
        }
        if self.is_one_in(20) {
            return Operation::Wait { seconds: COOLDOWN_SECONDS };
        }
        let wants_out = stake.leaving > 0 && !self.is_one_in(3);
        if wants_out && self.is_one_in(2) {
            let was_reported = engine.deficit_reported_at.is_some() && self.is_one_in(2);
            let waits = if was_reported { REPORT_SECONDS } else { COOLDOWN_SECONDS };
            self.next.push_back(Operation::Wait { seconds: waits });
        }
        if !self.is_one_in(5) {
            for other in (0..MARKETS).filter(|other| *other != market) {
                self.sweep_fresh(engine, other);
            }
            self.sweep_fresh(engine, market);
        }
        let (amount, passed) = (self.amount(300_000_000), [0; MARKETS].map(|_| !self.is_one_in(3)));
        let exit = Operation::Unstake { staker, passed };
        self.next.push_back(if wants_out { exit } else { Operation::Stake { staker, amount } });
        self.next.pop_front().unwrap_or(Operation::Sweep { market })
    }

    fn sweep_fresh(&mut self, engine: &Engine, market: usize) {
        self.push_price(engine, market, engine.price(market));
        self.next.push_back(Operation::Sweep { market });
    }

    fn collateral(&mut self, engine: &Engine, account: usize) -> Operation {
        let bank = self.below(BANKS as u64) as usize;
        if self.is_one_in(3) {
            let held = engine.accounts[account].collateral[bank];
            return Operation::RemoveCollateral { account, bank, amount: self.amount(held + 1) };
        }
        // Up to some two hundred dollars of it.
        let lots = 200_000_000 / engine.risk(bank).mark.max(1);
        let atoms = 10_u64.pow(u32::from(engine.banks[bank].lot_atoms_exponent));
        Operation::AddCollateral { account, bank, amount: self.amount(lots * atoms + 1) }
    }

    fn convert(&mut self, engine: &Engine, start: usize) -> Operation {
        let bank = self.below(BANKS as u64) as usize;
        let with_any = (0..ACCOUNTS)
            .map(|offset| (start + offset) % ACCOUNTS)
            .find(|account| engine.accounts[*account].collateral[bank] > 0 && !self.is_one_in(3));
        let seller = with_any.unwrap_or(start);
        let buyer = if self.is_one_in(5) { self.account() } else { self.below(WHALES as u64) as usize };
        let amount = if self.is_one_in(3) { self.amount(20_000_000) } else { u64::MAX };
        let most = if self.is_one_in(8) { self.amount(20_000_000) } else { u64::MAX };
        Operation::Convert { buyer, seller, bank, amount, most }
    }
}
