//! Traders with leverage, so that a fall finds somebody to liquidate.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use solana_signer::Signer;

use super::people::{self, Live};
use crate::{
    chain::Refusal,
    demo::cast::{self, Plan},
    world::Actor,
};

/// Everybody who bets.
pub struct Crowd {
    members: Vec<(Plan, Actor)>,
    generator: ChaCha8Rng,
}

impl Crowd {
    /// Opens an account for each, with the same plans in every run.
    pub fn join(world: &mut Live, count: usize) -> Result<Self, Box<Refusal>> {
        let mut generator = ChaCha8Rng::seed_from_u64(1);
        let mut members = Vec::new();
        for plan in cast::traders(count, &mut generator) {
            let actor = people::actor(world, &plan.name, 4, plan.cash)?;
            members.push((plan, actor));
        }
        Ok(Self { members, generator })
    }

    /// Everybody without a position brings what is missing and enters, from the makers in turn. Who is refused stays out.
    pub fn enter(&mut self, world: &mut Live, makers: &[Actor]) {
        for (number, (plan, actor)) in self.members.iter().enumerate() {
            let account = world.margin(&actor.margin);
            if account.positions().iter().any(|position| position.size != 0) || makers.is_empty() {
                continue;
            }
            let missing = plan.cash.saturating_sub(account.header.cash);
            if missing > 0 {
                let mint = world.mint.pubkey();
                let _stays_out = people::faucet(world, &actor.address(), &mint, missing)
                    .and_then(|()| world.deposit(actor, missing).map(drop));
            }
            for bet in &plan.bets {
                let mark = world.row(bet.market).mark.max(1);
                let lots = (plan.cash / 10 * bet.leverage_tenths / mark) as i64;
                let signed = if bet.is_long { lots } else { -lots };
                let limit = if bet.is_long { mark + mark / 100 } else { mark - mark / 100 };
                let maker = &makers[number % makers.len()];
                let _stays_out = world.take_offer(bet.market, actor, maker, signed, limit);
            }
        }
    }

    /// One of them trades a twentieth of the position to and fro, so that there is something to see.
    pub fn stir(&mut self, world: &mut Live, makers: &[Actor]) {
        if self.members.is_empty() || makers.is_empty() {
            return;
        }
        let who = cast::below(&mut self.generator, self.members.len() as u64) as usize;
        let is_buy = cast::below(&mut self.generator, 2) == 0;
        let (_, actor) = &self.members[who];
        let account = world.margin(&actor.margin);
        let Some(position) = account.positions().iter().find(|position| position.size != 0) else { return };
        let lots = i64::from(position.size.unsigned_abs() / 20).max(1);
        let mark = world.row(position.market).mark;
        let limit = if is_buy { mark + mark / 100 } else { mark - mark / 100 };
        let signed = if is_buy { lots } else { -lots };
        let _refused = world.take_offer(position.market, actor, &makers[who % makers.len()], signed, limit);
    }

    /// Whether there is anybody.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}
