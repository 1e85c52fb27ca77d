//! The fuzzer holds the keys of authority and guardian of a sealed clearinghouse (T108).
//!
//! Random changes, executions, vetoes and set-up instructions, in any order and against any account, between trades, price moves and
//! steps of time shorter than the delay, on the real program. After every one of them `check` asks from outside: did anything of a user's
//! move? Did a parameter loosen that was not proposed, in view, two days before? What it holds true is written down there once more, apart
//! from the program's own tables.

mod actions;
mod check;
mod fault;
mod moves;
mod view;

pub use fault::AuthorityFault;

use anyhow::{Result, anyhow};
use std::{collections::BTreeMap, fmt};

use crate::{
    chain::Chain,
    litesvm_chain::LiteSvmChain,
    simulation::{
        authority::{
            check::{Books, violations},
            moves::Move,
            view::View,
        },
        dice::Dice,
    },
    world::World,
};

/// The chain that it runs on.
type Stage = World<LiteSvmChain>;

/// What to run.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuthorityPlan {
    pub seed: u64,
    pub operations: usize,
    /// A bug, played by writing accounts behind the program's back, for tests of the checks.
    #[doc(hidden)]
    pub fault: Option<AuthorityFault>,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorityReport {
    pub seed: u64,
    /// By kind: accepted, refused.
    pub kinds: BTreeMap<&'static str, (usize, usize)>,
    /// Parameters that tightened, and that loosened, as proposals took effect; by name.
    pub tightened: BTreeMap<String, usize>,
    pub loosened: BTreeMap<String, usize>,
    /// The operation, of the chapter with this seed, after which something was wrong, and what.
    pub failure: Option<(usize, Vec<String>)>,
}

impl fmt::Display for AuthorityReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "malicious authority, seed {}", self.seed)?;
        for (kind, (accepted, refused)) in &self.kinds {
            writeln!(f, "  {kind:<18} {accepted:>7} accepted {refused:>7} refused")?;
        }
        let total = |counts: &BTreeMap<String, usize>| counts.values().sum::<usize>();
        let (tighter, looser) = (total(&self.tightened), total(&self.loosened));
        writeln!(f, "  parameters: {tighter} tightened at once, {looser} loosened after the delay")?;
        match &self.failure {
            None => writeln!(f, "  no user's money moved by governance, nothing loosened before its time"),
            Some((index, found)) => writeln!(f, "  BROKEN after operation {index}: {}", found.join("; ")),
        }
    }
}

/// Operations of one chapter. A longer run is several, each with a clearinghouse of its own and the next seed: proposals pile up, and every
/// account is looked at after every operation.
const CHAPTER: usize = 4_000;

/// Runs a plan to its end, or to the first operation after which something is wrong. Error: the chain could not be set up.
pub fn misgovern(plan: &AuthorityPlan, mut progress: impl FnMut()) -> Result<AuthorityReport> {
    let mut whole = AuthorityReport { seed: plan.seed, ..AuthorityReport::default() };
    for chapter in 0..plan.operations.div_ceil(CHAPTER) {
        let operations = (plan.operations - chapter * CHAPTER).min(CHAPTER);
        let seed = plan.seed.wrapping_add(chapter as u64);
        run_chapter(&AuthorityPlan { seed, operations, ..*plan }, &mut whole, &mut progress)?;
        if whole.failure.is_some() {
            whole.seed = seed;
            break;
        }
    }
    Ok(whole)
}

fn run_chapter(plan: &AuthorityPlan, report: &mut AuthorityReport, progress: &mut impl FnMut()) -> Result<()> {
    let mut dice = Dice::new(plan.seed);
    let (mut world, mover) = actions::set_up(LiteSvmChain::new()?).map_err(|refusal| anyhow!("{refusal}"))?;
    let mut books = Books::default();
    let mut before = View::of(&mut world);
    for index in 1..=plan.operations {
        let next = mover.draw(&mut dice, &mut world);
        if let Some(fault) = plan.fault {
            fault.before(&next, &mut world, &books);
        }
        let now = world.chain.now();
        let is_accepted = mover.carry_out(&next, &mut world);
        if let Some(fault) = plan.fault {
            fault.after(&next, is_accepted, &mut world);
        }
        let count = report.kinds.entry(next.kind()).or_default();
        if is_accepted {
            count.0 += 1
        } else {
            count.1 += 1
        }

        let after = View::of(&mut world);
        let mut found = violations(&next, is_accepted, (&before, &after), &books, now);
        found.extend(world.violations());
        for (name, is_loosening) in check::moved(&before, &after) {
            let counts = if is_loosening { &mut report.loosened } else { &mut report.tightened };
            *counts.entry(name).or_default() += 1;
        }
        books.note(&next, is_accepted, (&before, &after), now);
        if !found.is_empty() {
            report.failure = Some((index, found));
            break;
        }
        before = after;
        progress();
    }
    Ok(())
}

impl Move {
    /// Whether governance signs it.
    fn is_governance(&self) -> bool {
        !matches!(
            self,
            Self::Trade { .. } | Self::Price { .. } | Self::Time { .. } | Self::Liquidate { .. } | Self::Deposit { .. }
        )
    }
}
