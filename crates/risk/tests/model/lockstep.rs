//! Both ledgers, one operation at a time.

use num_bigint::BigInt;
use risk::{OraclePrice, RiskError};

use crate::{
    engine::{Bug, Engine},
    generator::Generator,
    operation::{ACCOUNTS, BANKS, MARKETS, Operation, parameters},
    reference::{Model, No},
};

/// What the lock-step found.
#[derive(Debug)]
pub struct Violation {
    pub found: String,
    pub step: usize,
    pub operation: Operation,
}

/// Both ledgers, and what has happened so far.
pub struct Lockstep {
    pub engine: Engine,
    pub model: Model,
    generator: Generator,
    steps: usize,
    pub accepted: [usize; Operation::KINDS],
    pub refused: [usize; Operation::KINDS],
    /// Branches of the model, and the engine's reasons for refusing, with how often.
    pub reached: Vec<(&'static str, usize)>,
    pub causes: Vec<(RiskError, usize)>,
}

fn count<T: PartialEq>(counts: &mut Vec<(T, usize)>, key: T) {
    match counts.iter_mut().find(|(known, _)| *known == key) {
        Some((_, count)) => *count += 1,
        None => counts.push((key, 1)),
    }
}

impl Lockstep {
    /// Prices, and nobody has anything.
    pub fn empty(seed: u64, bug: Bug) -> Self {
        let mut lockstep = Self {
            engine: Engine::new(bug),
            model: Model::new(),
            generator: Generator::new(seed),
            steps: 0,
            accepted: [0; Operation::KINDS],
            refused: [0; Operation::KINDS],
            reached: Vec::new(),
            causes: Vec::new(),
        };
        for (market, (_, _, price)) in parameters().into_iter().enumerate() {
            let reading = OraclePrice { price, confidence: 0, exponent: -8, publish_time: lockstep.engine.now };
            lockstep.apply(Operation::Publish { market, reading, pause: 0 }).unwrap();
        }
        lockstep
    }

    pub fn new(seed: u64, bug: Bug) -> Self {
        let mut lockstep = Self::empty(seed, bug);
        if !seed.is_multiple_of(2) {
            // One atom, before there is anything to own: what shares cost from then on does not come out even.
            for market in 0..MARKETS {
                lockstep.apply(Operation::Sweep { market }).unwrap();
            }
            lockstep.apply(Operation::Stake { staker: 0, amount: 1 }).unwrap();
        }
        for market in 0..MARKETS {
            lockstep.apply(Operation::FillTranche { market, amount: 100_000_000 }).unwrap();
        }
        for account in 0..ACCOUNTS {
            let amount = if account < 2 { 5_000_000_000_000 } else { 500_000_000 };
            lockstep.apply(Operation::Deposit { account, amount }).unwrap();
        }
        lockstep
    }

    /// `steps` random operations, or the first violation.
    pub fn run(&mut self, steps: usize) -> Result<(), Violation> {
        for _ in 0..steps {
            let operation = self.generator.operation(&self.engine);
            self.apply(operation)?;
        }
        Ok(())
    }

    pub fn apply(&mut self, operation: Operation) -> Result<(), Violation> {
        self.steps += 1;
        self.check(&operation).map_err(|found| Violation { found, step: self.steps, operation })
    }

    fn check(&mut self, operation: &Operation) -> Result<(), String> {
        let before = self.engine.clone();
        let answer = self.engine.apply(operation);
        let proposal = self.engine.proposal;
        let carry = self.engine.markets.map(|market| market.books.carry);
        let expected = self.model.apply(operation, &proposal, carry);
        match (&answer, &expected) {
            (_, Err(No::Broken(name))) => return Err(format!("law: {name}")),
            (Ok(()), Ok(())) => self.accepted[operation.kind()] += 1,
            (Err(cause), Err(No::Refused)) => {
                self.refused[operation.kind()] += 1;
                count(&mut self.causes, *cause);
                return Ok(());
            }
            _ => return Err(format!("answer: {answer:?}, the model says {expected:?}")),
        }
        for branch in core::mem::take(&mut self.model.reached) {
            count(&mut self.reached, branch);
        }
        self.engine.identities().map_err(|name| format!("{name} of the engine"))?;
        self.model.identities().map_err(|name| format!("{name} of the model"))?;
        self.frame(&before, operation)?;
        self.compare()?;
        for market in (0..MARKETS).filter(|market| operation.names_market(*market)) {
            let touches = self.engine.touches(market).map_err(|error| format!("touch: {error:?}"))?;
            let held = [false, true].map(|is_long| self.engine.side(market, is_long).held());
            self.model.adopt(market, &touches, held).map_err(|no| format!("touch: {no}"))?;
        }
        // One account's valuations a step: which, turns.
        let account = self.steps % ACCOUNTS;
        let values = self.engine.valuations(account).map_err(|error| format!("valuation: {error:?}"))?;
        let expected = self.model.valuations(account);
        if values.map(BigInt::from) == expected {
            Ok(())
        } else {
            Err(format!("valuation: account {account} is {values:?}, the model says {expected:?}"))
        }
    }

    /// I-09: only what the operation names may change.
    fn frame(&self, before: &Engine, operation: &Operation) -> Result<(), String> {
        for index in (0..ACCOUNTS).filter(|index| !operation.names_account(*index)) {
            if self.engine.accounts[index] != before.accounts[index] {
                return Err(format!("frame: account {index}"));
            }
        }
        for index in (0..MARKETS).filter(|index| !operation.names_market(*index)) {
            if self.engine.markets[index] != before.markets[index] {
                return Err(format!("I-09: market {index}"));
            }
        }
        if !operation.names_fund() && self.engine.fund != before.fund {
            return Err("frame: fund".to_owned());
        }
        Ok(())
    }

    /// Every balance of the one against the other's.
    fn compare(&self) -> Result<(), String> {
        let mut values = Vec::with_capacity(160);
        let engine = &self.engine;
        for account in &engine.accounts {
            values.push(i128::from(account.cash));
            values.extend(account.collateral.map(i128::from));
            for (leg, is_shared_out) in account.legs.iter().zip(account.shared_out) {
                values.extend([leg.size, leg.entry, i64::from(is_shared_out)].map(i128::from));
            }
        }
        for market in &engine.markets {
            let (books, price) = (&market.books, &market.price);
            values.extend([books.open_interest.long, books.open_interest.short, books.pool].map(i128::from));
            values.extend([books.carry, books.dust.size, books.dust.entry].map(i128::from));
            values.extend([market.tranche, market.fees, market.kept, market.reported].map(i128::from));
            values.extend([price.mark, price.confidence, price.ema, price.quality as u64].map(i128::from));
            values.extend([market.liquidated.used, market.insured.used, market.refilled.used].map(i128::from));
            values.extend(market.sides.map(|side| i128::from(side.left_behind)));
        }
        for stake in &engine.stakes {
            values.extend([stake.shares, stake.leaving, stake.value_then].map(i128::from));
        }
        let fund = &engine.fund;
        values.extend([fund.assets, fund.deployed, fund.shares, fund.virtual_shares, engine.leaving].map(i128::from));
        values.extend([engine.vaults.0, engine.vaults.1].map(i128::from));
        let (mut values, mut difference) = (values.into_iter(), None);
        self.model.balances(|name, index, expected| {
            let value = values.next();
            if difference.is_none() && value != i128::try_from(expected).ok() {
                difference = Some(format!("balance: {name} of {index} is {value:?}, the model says {expected}"));
            }
        });
        assert!(values.next().is_none(), "a balance that is not compared");
        assert_eq!(engine.vaults.2.len(), BANKS);
        difference.map_or(Ok(()), Err)
    }
}
