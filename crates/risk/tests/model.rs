//! The risk crate in lock-step with an independent model of big integers and exact fractions: the same operations, the same
//! answers, the same balances to the atom, and the identities after every one of them.

#[path = "model/engine/mod.rs"]
mod engine;
#[path = "model/fraction.rs"]
mod fraction;
#[path = "model/generator.rs"]
mod generator;
#[path = "model/lockstep.rs"]
mod lockstep;
#[path = "model/operation.rs"]
mod operation;
#[path = "model/planted.rs"]
mod planted;
#[path = "model/properties.rs"]
mod properties;
#[path = "model/reference/mod.rs"]
mod reference;

use std::collections::BTreeMap;

use engine::Bug;
use lockstep::{Lockstep, Violation};
use operation::{Operation, banks, parameters};
use risk::{validate_asset, validate_collateral, validate_market};

/// What the random runs have to come by, each at least as often as it says.
const BRANCHES: [(&str, usize); 41] = [
    ("convert: a healthy account", 15),
    ("convert: below maintenance", 24),
    ("convert: equity is gone", 125),
    ("convert: on a price that is not fresh", 1),
    ("convert: to where nothing is owed in quote", 1),
    ("event: a debt without lots", 11),
    ("event: a low scale waits", 2),
    ("event: exactly the side", 57),
    ("event: more than the side can bear", 15),
    ("event: nobody on the other side", 1),
    ("event: part of the side", 82),
    ("event: so little is left that a new epoch begins", 81),
    ("event: the side is smaller than the bankrupt position", 13),
    ("fund: a stake of an older epoch starts again", 13),
    ("fund: as much back as the window allows", 18),
    ("fund: leaving after a loss", 34),
    ("fund: leaving after income", 43),
    ("fund: leaving as asked", 2),
    ("fund: leaving in part", 19),
    ("fund: money back from a tranche", 16),
    ("fund: nobody holds a share", 4),
    ("fund: nothing leaves a tranche that paid", 16),
    ("liquidate: some lots of a bankrupt account, with their part", 5),
    ("liquidate: the tranche pays", 55),
    ("settle: a gain below maintenance", 33),
    ("settle: left to be shared out", 79),
    ("share: again, where nothing else is left", 3),
    ("share: claims elsewhere pay later", 87),
    ("share: several markets", 51),
    ("sweep: a gain with lots", 343),
    ("sweep: a refill", 471),
    ("sweep: a refill that ends the window", 94),
    ("sweep: fees do not cover a loss", 303),
    ("sweep: fees pay a loss", 327),
    ("sweep: nothing to refill", 1754),
    ("sweep: own lots wait for a price", 408),
    ("sweep: the excess", 61),
    ("touch: a position of the epoch before", 163),
    ("touch: a position that was closed wholly", 116),
    ("touch: one event", 149),
    ("touch: several events", 12),
];

#[test]
fn the_parameters_are_ones_that_validation_accepts() {
    for (asset, market, _) in parameters() {
        assert_eq!(validate_asset(&asset), Ok(()));
        assert_eq!(validate_market(&market, &asset), Ok(()));
    }
    for terms in banks() {
        assert!(validate_collateral(&terms, 1_000_000_000).is_ok());
    }
}

/// One seed's whole run.
fn run(seed: u64) -> Lockstep {
    let mut lockstep = Lockstep::new(seed, Bug::None);
    if let Err(Violation { found, step, operation }) = lockstep.run(20_000) {
        panic!("seed {seed}, step {step}: {found}\n{operation:?}");
    }
    lockstep
}

/// I-01, I-02, I-03, I-05, I-07 and I-09 after each of 1,000,000 operations, many of them hostile or absurd.
#[test]
fn i01_every_balance_is_the_models_to_the_atom() {
    let (mut accepted, mut refused) = ([0; Operation::KINDS], [0; Operation::KINDS]);
    let mut reached: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut causes: BTreeMap<String, usize> = BTreeMap::new();
    let runs = std::thread::scope(|scope| {
        let halves = [0, 1].map(|half| scope.spawn(move || (half..50).step_by(2).map(run).collect::<Vec<_>>()));
        halves.map(|half| half.join().expect("the message above says what was found"))
    });
    for lockstep in runs.into_iter().flatten() {
        for kind in 0..Operation::KINDS {
            accepted[kind] += lockstep.accepted[kind];
            refused[kind] += lockstep.refused[kind];
        }
        lockstep.reached.iter().for_each(|(branch, count)| *reached.entry(branch).or_default() += count);
        lockstep.causes.iter().for_each(|(cause, count)| *causes.entry(format!("{cause:?}")).or_default() += count);
    }
    println!("accepted {accepted:?}\nrefused {refused:?}\nreached {reached:#?}\nrefused for {causes:#?}");
    assert!(accepted.iter().all(|count| *count >= 20), "every kind happens: {accepted:?}, refused {refused:?}");
    for cause in
        ["PositionsLeftBehind", "TrancheSufficient", "TrancheInsufficient", "FundIlliquid", "ConversionNotNeeded"]
    {
        assert!(causes.contains_key(cause), "{cause} is never the reason: {causes:?}");
    }
    for (branch, least) in BRANCHES {
        let count = reached.get(branch).copied().unwrap_or(0);
        assert!(count >= least, "{branch}: {count} times, of {reached:#?}");
    }
}
