//! One run: draw an operation, carry it out, look at everything.

use std::{
    collections::VecDeque,
    hash::{Hash, Hasher},
};

use anyhow::Result;
use sha2::{Digest, Sha256};

use crate::simulation::{
    cast::Cast,
    check::{self, Step},
    fault::Fault,
    generator::{Generator, Population},
    liveness::{Liveness, liveness},
    native::{NativeEngine, Outcome, Rejection},
    operation::Operation,
    program::ProgramEngine,
    report::{Failure, Report},
    state::State,
    tally::Tally,
};

/// Operations that a failure's log shows.
const LOG: usize = 12;

/// Operations between two looks at liveness, which cost more.
const PROBE_EVERY: usize = 250;

/// Operations of one chapter. A longer run is several, each with a clearinghouse of its own and the next seed: wallets never
/// run dry, and any chapter can be run again alone.
const CHAPTER: usize = 50_000;

/// What to run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plan {
    pub seed: u64,
    pub operations: usize,
    /// In lock-step with the program in LiteSVM.
    pub on_chain: bool,
    pub population: Population,
    /// A bug planted in the native engine, for tests of the checks.
    #[doc(hidden)]
    pub fault: Option<Fault>,
}

impl Plan {
    fn chapters(&self) -> impl Iterator<Item = Self> {
        let plan = *self;
        (0..plan.operations.div_ceil(CHAPTER).max(1)).map(move |chapter| Self {
            seed: plan.seed.wrapping_add(chapter as u64),
            operations: (plan.operations - chapter * CHAPTER).min(CHAPTER),
            ..plan
        })
    }
}

/// Runs a plan to its end or to the first operation that breaks an invariant. `progress` hears of each operation.
/// Error: the chain could not be set up.
pub fn simulate(plan: &Plan, mut progress: impl FnMut()) -> Result<Report> {
    let casts = [Cast::new(false), Cast::new(true)];
    let mut whole: Option<Report> = None;
    for chapter in plan.chapters() {
        let report = simulate_chapter(&casts[usize::from(chapter.seed % 4 == 3)], &chapter, &mut progress)?;
        let is_over = report.failure.is_some();
        match &mut whole {
            Some(whole) => whole.add(report),
            None => whole = Some(report),
        }
        if is_over {
            break;
        }
    }
    Ok(whole.unwrap_or_else(|| Report::new(plan)))
}

fn simulate_chapter(cast: &Cast, plan: &Plan, progress: &mut impl FnMut()) -> Result<Report> {
    let mut run = Run {
        cast,
        native: NativeEngine::new(cast, plan.fault),
        program: if plan.on_chain { Some(ProgramEngine::new(cast)?) } else { None },
        tally: Tally::default(),
        report: Report::new(plan),
        log: VecDeque::new(),
        digest: Digester(Sha256::new()),
    };
    let mut generator = Generator::new(plan.seed, plan.population, cast.prices);
    if let Some(found) = run.compare()? {
        run.report.failure = Some(Failure { seed: plan.seed, index: 0, found: vec![found], log: Vec::new() });
        return Ok(run.finish(plan));
    }
    for operation in generator.prelude(run.native.state()) {
        let found = run.step(&operation)?.1;
        if !found.is_empty() {
            run.fail(plan.seed, 0, found);
            return Ok(run.finish(plan));
        }
    }
    for index in 1..=plan.operations {
        let operation = generator.next(run.native.state());
        let (outcome, mut found) = run.step(&operation)?;
        run.report.count(&operation, outcome);
        if index % PROBE_EVERY == 0 && found.is_empty() && plan.fault.is_none() {
            found = run.probe((index / PROBE_EVERY).is_multiple_of(2));
        }
        if !found.is_empty() {
            run.fail(plan.seed, index, found);
            break;
        }
        progress();
    }
    Ok(run.finish(plan))
}

/// What is hashed goes into a digest of the run.
struct Digester(Sha256);

impl Hasher for Digester {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Not asked for: the digest is longer than that.
    fn finish(&self) -> u64 {
        0
    }
}

/// Everything a run goes on with.
struct Run<'c> {
    cast: &'c Cast,
    native: NativeEngine<'c>,
    program: Option<ProgramEngine<'c>>,
    tally: Tally,
    report: Report,
    log: VecDeque<(Operation, Outcome)>,
    digest: Digester,
}

impl Run<'_> {
    /// Carries one operation out and returns what it broke.
    fn step(&mut self, operation: &Operation) -> Result<(Outcome, Vec<String>)> {
        if let Operation::Forged { operation, .. } = operation {
            self.report.controls += usize::from(self.native.would_accept(operation));
        }
        let (before, outcome) = self.native.apply(operation);
        (operation, outcome).hash(&mut self.digest);
        self.log.push_back((operation.clone(), outcome));
        if self.log.len() > LOG {
            self.log.pop_front();
        }
        let mut found = Vec::new();
        if let Some(program) = &mut self.program {
            let answer = program.apply(operation);
            if !is_same(outcome, answer) {
                found.push(format!("I-15: the native engine says {outcome:?}, the program {answer:?}"));
            }
            found.extend(self.compare()?);
        }
        let after = self.native.state();
        let step = Step { cast: self.cast, operation, before: &before, after, outcome };
        found.extend(check::violations(&step));
        if outcome.is_ok() {
            self.tally.count(&step);
            self.report.coverage.count(&step);
            found.extend(self.tally.violations(&step));
        }
        Ok((outcome, found))
    }

    /// Where the chain's state is not the native one, byte for byte.
    fn compare(&mut self) -> Result<Option<String>> {
        let Some(program) = &mut self.program else { return Ok(None) };
        let (ours, theirs) = (self.native.state(), program.state()?);
        Ok((*ours != theirs).then(|| difference(ours, &theirs)))
    }

    /// I-12: what is below maintenance now can be resolved.
    fn probe(&mut self, at_once: bool) -> Vec<String> {
        let Liveness { resolved, deleveraged, stuck } = liveness(self.cast, self.native.state(), at_once);
        self.report.resolved += resolved;
        self.report.by_deleveraging += deleveraged;
        stuck
    }

    fn fail(&mut self, seed: u64, index: usize, found: Vec<String>) {
        let log = self.log.iter().map(|(operation, outcome)| format!("{operation:?} -> {outcome:?}")).collect();
        self.report.failure = Some(Failure { seed, index, found, log });
    }

    fn finish(mut self, plan: &Plan) -> Report {
        let state = self.native.state();
        self.digest.write(format!("{state:?}").as_bytes());
        self.report.digest = self.digest.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        self.report.conclude(plan, self.tally, state);
        self.report
    }
}

/// Both accept, or both refuse; for the same cause where it is the program's own. What an account of the wrong kind
/// breaks first is the framework's business.
fn is_same(ours: Outcome, theirs: Outcome) -> bool {
    match (ours, theirs) {
        (Ok(()), Ok(())) => true,
        (Err(Rejection::Program(ours)), Err(Rejection::Program(theirs))) => ours == theirs,
        (Err(Rejection::Framework), Err(_)) => true,
        _ => false,
    }
}

/// Names the first part of the state that differs.
fn difference(ours: &State, theirs: &State) -> String {
    macro_rules! differs {
        ($($field:ident)*) => {
            $(if ours.$field != theirs.$field {
                return format!(
                    "I-15: {}: native {:?}, program {:?}", stringify!($field), ours.$field, theirs.$field
                );
            })*
        };
    }
    differs!(now guardian_trips vaults donated wallets banks fund stakes breaker);
    let pairs = |name: &str, ours: Vec<String>, theirs: Vec<String>| {
        let at = ours.iter().zip(&theirs).position(|(ours, theirs)| ours != theirs);
        at.map(|at| format!("I-15: {name} {at}: native {}, program {}", ours[at], theirs[at]))
    };
    let text = |state: &State| -> [Vec<String>; 4] {
        [
            state.rows.iter().map(|row| format!("{row:?}")).collect(),
            state.markets.iter().map(|market| format!("{market:?}")).collect(),
            state.accounts.iter().map(|account| format!("{account:?}")).collect(),
            state.offers.iter().map(|offers| format!("{offers:?}")).collect(),
        ]
    };
    let (ours, theirs) = (text(ours), text(theirs));
    let names = ["row", "market", "account", "offers of"];
    let mut found = names.iter().zip(ours).zip(theirs).filter_map(|((name, ours), theirs)| pairs(name, ours, theirs));
    found.next().unwrap_or_else(|| "I-15: the states differ".to_string())
}
