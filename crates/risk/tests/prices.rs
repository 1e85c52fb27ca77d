//! The gate, two feeds and the margin that follows volatility, in lock-step with a model in big integers written from docs/spec.md,
//! section "Prices": the same readings, the same answers, the same numbers to the atom; and mistakes planted to see that it looks.

#[path = "prices/bug.rs"]
mod bug;
#[path = "prices/engine.rs"]
mod engine;
#[path = "prices/generator.rs"]
mod generator;
#[path = "prices/listing.rs"]
mod listing;
#[path = "prices/reference.rs"]
mod reference;

use std::collections::BTreeMap;

use bug::Bug;
use engine::Engine;
use generator::{Generator, Publish};
use listing::{ASSETS, Asset, assets};
use num_bigint::BigInt;
use reference::Model;

/// What the random runs have to come by.
const BRANCHES: [&str; 31] = [
    "one: the same again",
    "one: far from the average",
    "one: a wide confidence",
    "refused: the exponent changed",
    "refused: not positive",
    "refused: from the future",
    "refused: stale",
    "refused: out of bounds",
    "refused: confidence too wide",
    "refused: back in time",
    "two: neither is heard",
    "two: a feed goes back in time",
    "two: the price would go back in time",
    "two: confirmed",
    "two: confirmed, far from the average",
    "two: they agree, one is unsure",
    "two: disagree",
    "two: the confidence reaches the other",
    "two: the reach is cut below the price",
    "two: the primary is the older one",
    "two: too far apart in time",
    "two: one alone, the other alive",
    "two: one alone, the other silent",
    "two: one alone, silent, far from the average",
    "two: a lone voice in a doubt",
    "two: nothing new, and a doubt stays",
    "two: nothing new, and none rises",
    "two: heard again after a lone voice",
    "two: averages step from one feed to the other",
    "volatility: at the cap",
    "volatility: maintenance waits for its notice",
];

/// One world of assets, and how often the model came by each branch.
struct Lockstep {
    engine: Engine,
    model: Model,
    reached: BTreeMap<&'static str, usize>,
    accepted: usize,
    refused: usize,
}

impl Lockstep {
    fn new(bug: Bug) -> Self {
        let (engine, model) = (Engine::new(bug), Model::new());
        Self { engine, model, reached: BTreeMap::new(), accepted: 0, refused: 0 }
    }

    fn apply(&mut self, publish: &Publish) -> Result<(), String> {
        let answer = self.engine.publish(publish);
        let expected = self.model.publish(publish);
        self.model.reached.drain(..).for_each(|branch| *self.reached.entry(branch).or_default() += 1);
        match (answer.is_ok(), expected) {
            (true, true) => self.accepted += 1,
            (false, false) => self.refused += 1,
            (ours, theirs) => {
                return Err(format!("answer: {ours} ({answer:?}), the model says {theirs}"));
            }
        }
        let asset = publish.asset;
        self.model.adopt_root(asset, self.engine.initial_multiplier(asset)).map_err(|law| format!("law: {law}"))?;
        for ((name, ours), theirs) in self.engine.numbers(asset).into_iter().zip(self.model.numbers(asset)) {
            if BigInt::from(ours) != theirs {
                return Err(format!("{name}: {ours}, the model says {theirs}"));
            }
        }
        // What the price is good for, now and at the ends of its ages.
        for age in [0, 14, 15, 16, 59, 60, 61, 62] {
            let now = self.engine.now + age;
            let (ours, theirs) = (self.engine.good_for(asset, now), self.model.good_for(asset, now));
            if ours != theirs {
                return Err(format!("quality: {ours:?} in {age} s, the model says {theirs:?}"));
            }
        }
        Ok(())
    }

    /// `steps` random readings, or what was found first.
    fn run(&mut self, seed: u64, steps: usize) -> Result<(), Box<(usize, String, Publish)>> {
        let mut generator = Generator::new(seed);
        for step in 0..steps {
            let publish = generator.next(&self.engine);
            self.apply(&publish).map_err(|found| Box::new((step, found, publish)))?;
        }
        Ok(())
    }
}

/// I-10, and section 6 of the design: 600,000 publications of six assets, many of them wrong somewhere.
#[test]
fn i10_every_accepted_price_is_the_models_to_the_atom() {
    let mut reached: BTreeMap<&'static str, usize> = BTreeMap::new();
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..20 {
        let mut lockstep = Lockstep::new(Bug::None);
        if let Err(violation) = lockstep.run(seed, 30_000) {
            let (step, found, publish) = *violation;
            panic!("seed {seed}, step {step}: {found}\n{publish:?}");
        }
        lockstep.reached.iter().for_each(|(branch, count)| *reached.entry(branch).or_default() += count);
        accepted += lockstep.accepted;
        refused += lockstep.refused;
    }
    println!("{accepted} accepted, {refused} refused, {reached:#?}");
    assert!(accepted > 200_000 && refused > 50_000, "{accepted} accepted, {refused} refused");
    for branch in BRANCHES {
        let count = reached.get(branch).copied().unwrap_or(0);
        assert!(count >= 50, "{branch}: {count} times, of {reached:#?}");
    }
}

/// Each mistake in how the gate is called or its answer is kept, found by the number, or the answer, that it makes wrong.
#[test]
fn planted_bugs_are_found() {
    let mut missed = Vec::new();
    for (bug, found_by) in bug::PLANTED {
        let found = (0..6)
            .filter_map(|seed| Lockstep::new(bug).run(seed, 30_000).err().map(|violation| (violation.0, violation.1)));
        let all: Vec<_> = found.collect();
        match all.iter().find(|(_, found)| found.starts_with(found_by)) {
            Some((step, found)) => println!("{bug:?}: step {step}: {found}"),
            None => missed.push((bug, found_by, all.first().cloned())),
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn the_listings_are_ones_that_validation_accepts() {
    let listed: [Asset; ASSETS] = assets();
    for asset in listed {
        assert_eq!(risk::validate_asset(&asset.params()), Ok(()));
        assert_eq!(risk::validate_volatility(&asset.volatility, 1_000), Ok(()));
    }
}
