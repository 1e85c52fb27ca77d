//! What a run did, for people and for machines.

use std::{collections::BTreeMap, fmt};

use firebreak::FirebreakError;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    chain::ERROR_OFFSET,
    listing::DOLLAR,
    simulation::{
        coverage::{Branch, Coverage},
        generator::Population,
        native::{Outcome, Rejection},
        operation::Operation,
        simulate::Plan,
        state::State,
        tally::Tally,
    },
};

/// An operation after which an invariant did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Of the chapter in which it happened.
    pub seed: u64,
    /// 1 for the first operation drawn; 0 while everything was being set up.
    pub index: usize,
    pub found: Vec<String>,
    /// The last operations, the failing one at the end.
    pub log: Vec<String>,
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub seed: u64,
    pub on_chain: bool,
    /// By kind: accepted, rejected.
    pub kinds: [(usize, usize); Operation::KINDS.len()],
    /// How often each kind was refused for each of the program's codes; 0 for the framework's.
    pub causes: BTreeMap<(usize, u32), usize>,
    pub failure: Option<Failure>,
    pub tally: Tally,
    /// Every operation with its outcome, and the state at the end.
    pub digest: String,
    /// Accounts below maintenance that were resolved where anybody did what anybody may (I-12), over all looks at it; and how
    /// often that took auto-deleveraging.
    pub resolved: usize,
    pub by_deleveraging: usize,
    pub coverage: Coverage,
    /// Forged operations that would have been accepted with the right account.
    pub controls: usize,
}

impl Report {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            seed: plan.seed,
            on_chain: plan.on_chain,
            kinds: Default::default(),
            causes: BTreeMap::new(),
            failure: None,
            tally: Tally::default(),
            digest: String::new(),
            resolved: 0,
            by_deleveraging: 0,
            coverage: Coverage::default(),
            controls: 0,
        }
    }

    pub(super) fn count(&mut self, operation: &Operation, outcome: Outcome) {
        let (accepted, rejected) = &mut self.kinds[operation.kind()];
        *if outcome.is_ok() { accepted } else { rejected } += 1;
        let code = match outcome {
            Ok(()) => return,
            Err(Rejection::Program(code)) => code,
            Err(Rejection::Framework) => 0,
        };
        *self.causes.entry((operation.kind(), code)).or_default() += 1;
    }

    /// Adds what can be said of the whole run.
    pub(super) fn conclude(&mut self, plan: &Plan, tally: Tally, state: &State) {
        let cash = tally.coalition_cash(state);
        if plan.population == Population::Coalition && cash > tally.insurance_paid && self.failure.is_none() {
            let found =
                vec![format!("I-14: a coalition ends with {cash} more, insurance paid {}", tally.insurance_paid)];
            self.failure = Some(Failure { seed: plan.seed, index: plan.operations, found, log: Vec::new() });
        }
        self.tally = tally;
    }

    /// Adds the next chapter.
    pub(super) fn add(&mut self, next: Self) {
        for (all, more) in self.kinds.iter_mut().zip(next.kinds) {
            *all = (all.0 + more.0, all.1 + more.1);
        }
        for (cause, times) in next.causes {
            *self.causes.entry(cause).or_default() += times;
        }
        self.coverage.add(&next.coverage);
        self.tally.add(&next.tally);
        self.resolved += next.resolved;
        self.by_deleveraging += next.by_deleveraging;
        self.controls += next.controls;
        self.failure = next.failure;
        self.digest =
            Sha256::digest(self.digest.clone() + &next.digest).iter().map(|byte| format!("{byte:02x}")).collect();
    }

    pub fn accepted(&self) -> usize {
        self.kinds.iter().map(|(accepted, _)| accepted).sum()
    }

    pub fn rejected(&self) -> usize {
        self.kinds.iter().map(|(_, rejected)| rejected).sum()
    }

    /// How often operations of a kind were refused for a cause.
    pub fn refused(&self, kind: &str, cause: FirebreakError) -> usize {
        let kind = Operation::KINDS.iter().position(|name| *name == kind);
        let key = kind.map(|kind| (kind, ERROR_OFFSET + cause as u32));
        key.and_then(|key| self.causes.get(&key)).copied().unwrap_or(0)
    }

    pub fn violations(&self) -> &[String] {
        self.failure.as_ref().map_or(&[], |failure| &failure.found)
    }

    /// The keys that `--json` writes.
    pub fn to_json(&self) -> Value {
        let kinds: serde_json::Map<String, Value> = Operation::KINDS
            .iter()
            .zip(&self.kinds)
            .enumerate()
            .map(|(kind, (name, (accepted, rejected)))| {
                let own = self.causes.iter().filter(|((of, _), _)| *of == kind);
                let causes: BTreeMap<String, usize> =
                    own.map(|((_, code), times)| (code.to_string(), *times)).collect();
                (name.replace(' ', "_"), json!({ "accepted": accepted, "rejected": rejected, "causes": causes }))
            })
            .collect();
        let coverage: BTreeMap<String, u64> =
            Branch::ALL.iter().map(|branch| (format!("{branch:?}"), self.coverage.of(*branch))).collect();
        json!({
            "operations": self.accepted() + self.rejected(),
            "accepted": self.accepted(),
            "rejected": self.rejected(),
            "violations": self.violations().len(),
            "seed": self.seed,
            "on_chain": self.on_chain,
            "digest": self.digest,
            "kinds": kinds,
            "coverage": coverage,
            "deleveraged": self.tally.deleveraged,
            "charged": self.tally.charged as i64,
            "take_overs": self.tally.take_overs,
            "bankruptcies": self.tally.bankruptcies,
            "deficits_paid": self.tally.deficits_paid,
            "insurance_paid": self.tally.insurance_paid as i64,
            "insurance_fees": self.tally.insurance_fees as i64,
            "trading_fees": self.tally.trading_fees as i64,
        })
    }
}

/// Quote atoms as dollars.
fn dollars(atoms: i128) -> String {
    let unit = i128::from(DOLLAR);
    format!("{}.{:02}", atoms / unit, (atoms % unit).abs() * 100 / unit)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<16} {:>10} {:>10}", "operation", "accepted", "rejected")?;
        for (name, (accepted, rejected)) in Operation::KINDS.iter().zip(&self.kinds) {
            writeln!(f, "{name:<16} {accepted:>10} {rejected:>10}")?;
        }
        writeln!(f, "{:<16} {:>10} {:>10}", "all", self.accepted(), self.rejected())?;
        let tally = &self.tally;
        writeln!(f)?;
        writeln!(f, "positions taken over       {:>14}", tally.take_overs)?;
        writeln!(f, "of accounts below zero     {:>14}", tally.bankruptcies)?;
        writeln!(f, "deficits paid by insurance {:>14}", tally.deficits_paid)?;
        writeln!(f, "insurance paid, dollars    {:>14}", dollars(tally.insurance_paid))?;
        writeln!(f, "insurance fees, dollars    {:>14}", dollars(tally.insurance_fees))?;
        writeln!(f, "trading fees, dollars      {:>14}", dollars(tally.trading_fees))?;
        writeln!(f, "resolved in probes         {:>14}", self.resolved)?;
        writeln!(f, "deleveragings in probes    {:>14}", self.by_deleveraging)?;
        writeln!(f, "deleveragings              {:>14}", tally.deleveraged)?;
        writeln!(f, "charged to sides, dollars  {:>14}", dollars(tally.charged))?;
        writeln!(f, "forged, else acceptable    {:>14}", self.controls)?;
        for branch in Branch::ALL {
            writeln!(f, "{:<54} {:>9}", branch.text(), self.coverage.of(*branch))?;
        }
        writeln!(f, "digest {}", self.digest)?;
        let Some(failure) = &self.failure else { return writeln!(f, "no invariant was broken") };
        writeln!(f, "\nseed {} broke at operation {}:", failure.seed, failure.index)?;
        failure.found.iter().try_for_each(|found| writeln!(f, "  {found}"))?;
        writeln!(f, "the last operations:")?;
        failure.log.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}
