//! Those who insure: they stake before the crash, and some want their money back.

use serde::Serialize;
use solana_address::Address;

use crate::{
    chain::{Chain, Refusal},
    ledger::token_amount,
    world::{Actor, World},
};

use super::{
    players,
    script::Scene,
    stage::{Snapshot, Stage},
    tally::Counted,
};

/// How long before the crash the fund opens, in seconds: longer than its cool-down.
pub const OPENS_BEFORE_SECONDS: i64 = 30 * 86_400;

/// When a staker wants to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Intent {
    /// Asked so early that the door opens with the crash, and is through it when the first deficit shows.
    AskedBefore,
    /// Asks once the crash is over.
    AsksAfter,
    Stays,
}

/// Somebody with shares of the insurance fund.
pub struct Staker {
    pub actor: Actor,
    pub intent: Intent,
    pub staked: u64,
    pub value_before: u64,
    /// At the crash's end.
    pub value_after: u64,
    pub refused: Option<(i64, String)>,
    pub left: Option<(i64, u64)>,
}

/// A staker's line.
#[derive(Clone, Debug, Serialize)]
pub struct StakerRow {
    pub name: String,
    pub intent: Intent,
    pub staked_atoms: u64,
    pub value_before_atoms: u64,
    pub value_after_atoms: u64,
    /// When an exit was refused, unix seconds, and why.
    pub refused: Option<(i64, String)>,
    /// When the staker left, unix seconds, and with how many atoms.
    pub left: Option<(i64, u64)>,
    pub value_at_end_atoms: u64,
}

type Begun<T> = Result<T, Box<Refusal>>;

/// Stakes for everybody at once, and lets the careful one ask to leave so that the door opens at `begins`.
pub fn join<C: Chain>(world: &mut World<Counted<C>>, stake: u64, begins: i64) -> Begun<Vec<Staker>> {
    let mut stakers = Vec::new();
    for (number, intent) in [Intent::AskedBefore, Intent::AsksAfter, Intent::Stays].into_iter().enumerate() {
        let actor = world.actor(&format!("staker {number}"), 4, 0)?;
        world.mint_to(&solana_signer::Signer::pubkey(&world.mint), &actor.tokens, stake)?;
        world.stake(&actor, stake)?;
        stakers.push(Staker {
            actor,
            intent,
            staked: stake,
            value_before: 0,
            value_after: 0,
            refused: None,
            left: None,
        });
    }
    world.sweep_all()?; // refills the tranches
    let cooldown = world.ledger().fund.map_or(0, |fund| i64::from(fund.cooldown_seconds));
    world.chain.set_now(begins - cooldown);
    for staker in &mut stakers {
        staker.value_before = value(world, &staker.actor);
        if staker.intent == Intent::AskedBefore {
            let shares = shares(world, &staker.actor);
            world.request_unstake(&staker.actor, shares)?;
        }
    }
    world.chain.set_now(begins);
    Ok(stakers)
}

fn shares<C: Chain>(world: &mut World<Counted<C>>, staker: &Actor) -> u64 {
    let stake: Address = world.at.stake(&staker.address());
    world.ledger().stakes.get(&stake).map_or(0, |stake| stake.shares)
}

/// What a staker's shares are worth now.
fn value<C: Chain>(world: &mut World<Counted<C>>, staker: &Actor) -> u64 {
    let shares = shares(world, staker);
    world.ledger().fund.map_or(0, |fund| fund.fund().value_down(shares))
}

impl<C: Chain> Stage<C> {
    /// Whoever may leave tries to.
    pub(super) fn try_to_leave(&mut self, now: i64) {
        for staker in self.stakers.iter_mut().filter(|staker| staker.left.is_none()) {
            if staker.intent != Intent::AskedBefore || staker.refused.is_some() {
                continue;
            }
            leave(&mut self.world, staker, now);
        }
    }

    /// After the last scene, while prices hold still: the deficit is forgotten after an hour, then who asked before leaves; who
    /// asks now leaves after the cool-down.
    pub(super) fn let_stakers_leave(&mut self) {
        let snapshot = self.look();
        let fund = snapshot.ledger.fund;
        for staker in &mut self.stakers {
            staker.value_after = value(&mut self.world, &staker.actor);
        }
        for staker in self.stakers.iter().filter(|staker| staker.intent == Intent::AsksAfter) {
            let shares = shares(&mut self.world, &staker.actor);
            let _counted = self.world.request_unstake(&staker.actor, shares);
        }
        let forgotten = fund.map_or(0, |fund| fund.closed_until).max(snapshot.now) + 60;
        let cooled = snapshot.now + fund.map_or(0, |fund| i64::from(fund.cooldown_seconds));
        for (time, intent) in [(forgotten, Intent::AskedBefore), (cooled.max(forgotten + 60), Intent::AsksAfter)] {
            self.hold_still_until(time);
            for staker in self.stakers.iter_mut().filter(|staker| staker.intent == intent && staker.left.is_none()) {
                leave(&mut self.world, staker, time);
            }
            self.look();
        }
    }

    fn hold_still_until(&mut self, time: i64) {
        let Some(last) = self.script.scenes.last().copied() else { return };
        self.world.chain.set_now(time);
        players::publish(&mut self.world, &Scene { time, ..last }, None);
        let _counted = players::refresh(&mut self.world, None);
    }

    pub(super) fn staker_rows(&mut self, snapshot: &Snapshot) -> Vec<StakerRow> {
        let world = &mut self.world;
        let rows = self.stakers.iter().enumerate().map(|(number, staker)| StakerRow {
            name: format!("staker {number}"),
            intent: staker.intent,
            staked_atoms: staker.staked,
            value_before_atoms: staker.value_before,
            value_after_atoms: staker.value_after,
            refused: staker.refused.clone(),
            left: staker.left,
            value_at_end_atoms: {
                let stake = world.at.stake(&staker.actor.address());
                let shares = snapshot.ledger.stakes.get(&stake).map_or(0, |stake| stake.shares);
                snapshot.ledger.fund.map_or(0, |fund| fund.fund().value_down(shares))
            },
        });
        rows.collect()
    }
}

fn leave<C: Chain>(world: &mut World<Counted<C>>, staker: &mut Staker, now: i64) {
    let wallet = |world: &mut World<Counted<C>>| {
        world.chain.account(&staker.actor.tokens).map_or(0, |account| token_amount(&account))
    };
    let before = wallet(world);
    match world.unstake(&staker.actor) {
        Ok(_) => staker.left = Some((now, wallet(world) - before)),
        Err(refusal) => {
            let cause = refusal.code().and_then(firebreak_client::explain).map(|text| text.name.clone());
            staker.refused = Some((now, cause.unwrap_or_else(|| refusal.error.to_string())));
        }
    }
}
