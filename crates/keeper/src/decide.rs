//! From what a keeper knows to what it should send, in order.

use std::cmp::Reverse;

use risk::Valuation;
use solana_address::Address;

use crate::{
    job::Job,
    resolve::Resolver,
    scene::{Own, Scene, Settings},
    trial::Trial,
    upkeep,
};

/// The jobs of one round, in the order they should be sent (`Stage`). Accounts come in the order of `urgency`, each with all its jobs;
/// every job is one that the program would carry out after the ones before it, as far as they are this keeper's.
///
/// The same arguments give the same jobs. No healthy account is named in a job that takes something from it, nor the keeper's own.
/// Jobs behind a refresh were decided on the price before it: the next round sees the new one. Jobs that were decided on old accounts are refused by the program with a named error and change nothing.
pub fn decide(scene: &Scene, own: &Own, settings: &Settings) -> Vec<Job> {
    decide_among(scene, own, settings, &below(scene, own, settings))
}

/// `decide` for those who already know who is below maintenance (`below`).
pub fn decide_among(scene: &Scene, own: &Own, settings: &Settings, below: &[Address]) -> Vec<Job> {
    let switches = settings.switches;
    let mut jobs = Vec::new();
    if switches.refresh_prices {
        jobs.extend(upkeep::refreshes(scene, settings));
    }
    if switches.report_deficit {
        jobs.extend(upkeep::deficit(scene, below));
    }
    if switches.poke {
        jobs.extend(upkeep::pokes(scene, settings));
    }
    let mut resolver = Resolver { scene, own, settings, trial: Trial::new(scene), jobs };
    // Those for whom nothing can be done now take nobody's place.
    let mut resolved = 0;
    for account in below {
        if resolved == settings.max_accounts {
            break;
        }
        resolved += usize::from(resolver.resolve(account));
    }
    if switches.unwind {
        resolver.unwind();
    }
    let mut jobs = resolver.jobs;
    if switches.settle {
        jobs.extend(upkeep::touches(scene, settings));
    }
    if switches.update_funding {
        jobs.extend(upkeep::funding(scene, settings));
    }
    if switches.sweep_insurance {
        jobs.extend(upkeep::sweeps(scene, settings));
    }
    if switches.expire_offers {
        jobs.extend(upkeep::expired_offers(scene, own));
    }
    jobs.retain(|job| !scene.held_back.contains(&job.task.target()));
    jobs
}

/// This keeper's accounts below maintenance, the most urgent first, then by address; without the own one.
pub fn below(scene: &Scene, own: &Own, settings: &Settings) -> Vec<Address> {
    let value = |address: &Address| {
        let is_left_out = own.margin_account == Some(*address) || !settings.shard.has_account(address);
        let account = scene.accounts.get(address).filter(|_| !is_left_out)?;
        let value = account.value_for_maintenance(&scene.board, scene.now).ok()?;
        (!value.is_covered()).then_some((Reverse(urgency(&value)), *address))
    };
    let mut found: Vec<(Reverse<u128>, Address)> = match &scene.suspects {
        Some(suspects) => suspects.iter().filter_map(value).collect(),
        None => scene.accounts.keys().filter_map(value).collect(),
    };
    found.sort();
    found.dedup();
    found.into_iter().map(|(_, address)| address).collect()
}

/// How fast the deficit grows times how large it is: what a shock would take, which follows size and volatility, times what is missing
/// to maintenance. A debt without lots grows no more, and comes last.
pub fn urgency(value: &Valuation) -> u128 {
    u128::from(value.requirement) * u128::from(value.shortfall())
}
