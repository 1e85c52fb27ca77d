//! The risk crate in lock-step with an independent big-integer model: the same operations, the same answers, the same
//! balances to the atom, and the identities after every one of them.

#[path = "model/engine.rs"]
mod engine;
#[path = "model/operation.rs"]
mod operation;
#[path = "model/reference.rs"]
mod reference;

use engine::{Bug, Engine};
use num_bigint::BigInt;
use operation::{ACCOUNTS, Generator, MARKETS, Operation, parameters};
use reference::{Model, No};
use risk::{LiquidationPlan, OraclePrice, validate_asset, validate_market};

/// What the lock-step found.
#[derive(Debug)]
struct Violation {
    found: String,
    step: usize,
    operation: Operation,
}

/// Both ledgers, and what has happened so far.
struct Lockstep {
    engine: Engine,
    model: Model,
    generator: Generator,
    steps: usize,
    accepted: [usize; Operation::KINDS],
    refused: [usize; Operation::KINDS],
}

impl Lockstep {
    fn new(seed: u64, bug: Bug) -> Self {
        let mut lockstep = Self {
            engine: Engine::new(bug),
            model: Model::new(),
            generator: Generator(seed),
            steps: 0,
            accepted: [0; Operation::KINDS],
            refused: [0; Operation::KINDS],
        };
        for (market, (_, _, price)) in parameters().into_iter().enumerate() {
            let reading = OraclePrice { price, confidence: 0, exponent: -8, publish_time: lockstep.engine.now };
            lockstep.apply(Operation::Publish { market, reading, pause: 0 }).unwrap();
            lockstep.apply(Operation::FillTranche { market, amount: 500_000_000 }).unwrap();
        }
        for account in 0..ACCOUNTS {
            let amount = if account < 2 { 5_000_000_000_000 } else { 500_000_000 };
            lockstep.apply(Operation::Deposit { account, amount }).unwrap();
        }
        lockstep
    }

    /// `steps` random operations, or the first violation.
    fn run(&mut self, steps: usize) -> Result<(), Violation> {
        for _ in 0..steps {
            let operation = self.generator.operation(&self.engine);
            self.apply(operation)?;
        }
        Ok(())
    }

    fn apply(&mut self, operation: Operation) -> Result<(), Violation> {
        self.steps += 1;
        self.check(&operation).map_err(|found| Violation { found, step: self.steps, operation })
    }

    fn check(&mut self, operation: &Operation) -> Result<(), String> {
        let (accounts, markets) = (self.engine.accounts, self.engine.markets);
        let answer = self.engine.apply(operation);
        let proposal: Option<LiquidationPlan> = self.engine.proposal;
        let expected = self.model.apply(operation, proposal.as_ref());
        match (&answer, &expected) {
            (_, Err(No::Broken(name))) => return Err(format!("law: {name}: {proposal:?}")),
            (Ok(()), Ok(())) => self.accepted[operation.kind()] += 1,
            (Err(_), Err(No::Refused)) => self.refused[operation.kind()] += 1,
            _ => return Err(format!("answer: {answer:?}, the model says {expected:?}")),
        }
        self.engine.identities().map_err(|name| format!("{name} of the engine"))?;
        self.model.identities().map_err(|name| format!("{name} of the model"))?;
        // I-09: only what the operation names may change.
        for index in (0..ACCOUNTS).filter(|index| !operation.names_account(*index)) {
            if self.engine.accounts[index] != accounts[index] {
                return Err(format!("frame: account {index}"));
            }
        }
        for index in (0..MARKETS).filter(|index| operation.market() != Some(*index)) {
            if self.engine.markets[index] != markets[index] {
                return Err(format!("I-09: market {index}"));
            }
        }
        self.compare()?;
        // One account's valuations a step: which, turns.
        let account = self.steps % ACCOUNTS;
        let (values, expected) = (self.engine.valuations(account), self.model.valuations(account));
        if values.map(BigInt::from) == expected {
            Ok(())
        } else {
            Err(format!("valuation: account {account} is {values:?}, the model says {expected:?}"))
        }
    }

    /// Every balance of the one against the other's.
    fn compare(&self) -> Result<(), String> {
        let mut values = Vec::with_capacity(128);
        for account in &self.engine.accounts {
            values.push(i128::from(account.cash));
            for leg in &account.legs {
                values.extend([i128::from(leg.size), i128::from(leg.entry)]);
            }
        }
        for market in &self.engine.markets {
            let (books, price) = (&market.books, &market.price);
            values.extend([books.open_interest.long, books.open_interest.short, books.pool].map(i128::from));
            values.extend([market.tranche, market.fees].map(i128::from));
            values.push(i128::from(books.dust.entry));
            values.extend([price.mark, price.confidence, price.ema, price.quality as u64].map(i128::from));
            values.extend([market.liquidated.used, market.insured.used].map(i128::from));
        }
        let (mut values, mut difference) = (values.into_iter(), None);
        self.model.balances(|name, index, expected| {
            let value = values.next();
            if difference.is_none() && value != i128::try_from(expected).ok() {
                difference = Some(format!("balance: {name} of {index} is {value:?}, the model says {expected}"));
            }
        });
        assert!(values.next().is_none(), "a balance that is not compared");
        difference.map_or(Ok(()), Err)
    }
}

#[test]
fn the_parameters_are_ones_that_validation_accepts() {
    for (asset, market, _) in parameters() {
        assert_eq!(validate_asset(&asset), Ok(()));
        assert_eq!(validate_market(&market, &asset), Ok(()));
    }
}

/// I-01, I-02, I-03, I-05 and I-09 after each of 200,000 operations, many of them hostile or absurd.
#[test]
fn i01_every_balance_is_the_models_to_the_atom() {
    let (mut accepted, mut refused) = ([0; Operation::KINDS], [0; Operation::KINDS]);
    for seed in 0..10 {
        let mut lockstep = Lockstep::new(seed, Bug::None);
        if let Err(Violation { found, step, operation }) = lockstep.run(20_000) {
            panic!("seed {seed}, step {step}: {found}\n{operation:?}");
        }
        for kind in 0..Operation::KINDS {
            accepted[kind] += lockstep.accepted[kind];
            refused[kind] += lockstep.refused[kind];
        }
    }
    assert!(accepted.iter().all(|count| *count >= 100), "every kind happens: {accepted:?}, refused {refused:?}");
}

/// What the model is for: each mistake is found, and by the check that should find it.
#[test]
fn i01_planted_bugs_are_found() {
    for (bug, found_by) in [
        (Bug::LossPaidPlusOne, "balance: cash"),
        (Bug::LossLeavesCash, "I-01 vault"),
        (Bug::ProfitNotFromPool, "I-01 vault"),
        (Bug::FeeRoundedDown, "balance: cash"),
        (Bug::FeeClaimForgotten, "I-01 market"),
        (Bug::LiquidatorTradesAtMark, "I-01 market"),
        (Bug::InsuranceFeeVanishes, "I-01 vault"),
        (Bug::SliceIgnored, "law: at most the slice"),
        (Bug::OpenInterestForgotten, "I-03"),
        (Bug::TrancheNotDebited, "I-01 vault"),
        (Bug::InsurancePaysWithoutDeficit, "answer: Ok"),
        (Bug::WithdrawalOnGains, "answer: Ok"),
        (Bug::GainAtMark, "balance: cash"),
        (Bug::StalePriceTraded, "answer: Ok"),
        (Bug::OtherMarketPays, "I-01 market"),
    ] {
        let found = (0..4).find_map(|seed| Lockstep::new(seed, bug).run(20_000).err());
        let Some(Violation { found, .. }) = found else { panic!("{bug:?} was not found") };
        assert!(found.starts_with(found_by), "{bug:?}: {found}");
    }
}
