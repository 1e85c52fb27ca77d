//! I-14: a coalition that does whatever it likes, in any order, drawn from a seed: liquidating its own accounts, deleveraging,
//! settling, sweeping, staking, leaving, trading between its accounts and with an honest one, opening new ones, over gaps.

use crate::{
    coalition::{Coalition, LOTS, NARROW, Outcome, Terms},
    permutation::Draw,
    stage::{SOL, assert_sound, confirm_mark, move_mark, send},
};
use firebreak_replay::{
    chain::Chain,
    ledger::token_amount,
    listing::DOLLAR,
    world::{Actor, keypair},
};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

const PAIRS: u64 = 6;
const STEPS: usize = 120;

/// A coalition and what it did that has a bound.
struct Hostile {
    own: Coalition,
    draw: Draw,
    /// How often the tranche paid: for a deleveraging, a liquidation, or what the market's own position owed when it was swept.
    events: u64,
    started: i64,
}

impl Hostile {
    fn new(seed: u64, terms: Terms) -> Self {
        let own = Coalition::new(PAIRS, 10, terms);
        let started = own.world.chain.svm.get_sysvar::<solana_clock::Clock>().unix_timestamp;
        Self { own, draw: Draw(seed), events: 0, started }
    }

    fn any(&mut self) -> Actor {
        let margins = self.own.own();
        let margin = margins[self.draw.below(margins.len())];
        Actor { key: keypair("owner"), tokens: self.own.owner.tokens, margin }
    }

    /// Accounts, cash at the token account, and the stake at what its shares are worth.
    fn wealth(&mut self) -> i128 {
        let margins = self.own.own();
        let tokens = token_amount(&self.own.world.chain.account(&self.own.owner.tokens).unwrap());
        let stake = self.own.world.at.stake(&self.own.owner.address());
        let ledger = self.own.world.ledger();
        let shares = ledger.stakes.get(&stake).map_or(0, |stake| stake.shares);
        let staked = ledger.fund.unwrap().fund().value_down(shares);
        self.own.worth(&margins) + i128::from(tokens) + i128::from(staked)
    }

    fn try_to(&mut self, instructions: &[Instruction]) -> bool {
        let paid = self.own.world.market(0).insurance_paid;
        let done = send(&mut self.own.world, instructions).is_ok();
        self.events += u64::from(self.own.world.market(0).insurance_paid > paid);
        done
    }

    fn step(&mut self) {
        let (one, two) = (self.any(), self.any());
        let mark = self.own.world.row(0).mark;
        let lots = 1 + self.draw.below(2 * (LOTS / PAIRS) as usize) as u64;
        let price = mark * (9_800 + self.draw.below(401) as u64) / 10_000;
        let owner = self.own.owner.address();
        let everybody: Vec<Address> =
            self.own.own().into_iter().chain(self.own.honest.each_ref().map(|who| who.margin)).collect();
        match self.draw.below(16) {
            0..3 => {
                let (max_lots, limit) = (
                    if lots.is_multiple_of(2) { u64::MAX } else { lots },
                    if lots.is_multiple_of(3) { 0 } else { u64::MAX },
                );
                let liquidate = self.own.world.at.liquidate(0, owner, one.margin, two.margin, max_lots, limit);
                self.try_to(&[liquidate]);
            }
            3..5 => {
                let deleverage = self.own.world.at.auto_deleverage(0, one.margin);
                self.try_to(&[deleverage]);
            }
            5 => {
                for margin in everybody {
                    let deleverage = self.own.world.at.auto_deleverage(0, margin);
                    self.try_to(&[deleverage]);
                }
            }
            6..8 => {
                let settle = self.own.world.at.settle(0, &everybody[..everybody.len().min(16)]);
                self.try_to(&[settle]);
            }
            8..11 => {
                let trade = self.own.trade(&one, &two, lots, price);
                self.try_to(&[trade]);
            }
            11 => {
                let (mint, program) = (self.own.world.mint.pubkey(), self.own.world.token_program);
                let sweep = self.own.world.at.sweep_insurance(0, mint, program);
                self.try_to(&[sweep]);
            }
            12 => {
                let stake = self.own.world.stake(&Actor { key: keypair("owner"), ..one }, 1_000 * DOLLAR);
                if stake.is_err() {
                    let _ = self.own.world.request_unstake(&two, 1_000_000);
                }
            }
            13 => {
                let seconds = [1, 16, 300, 1_200][self.draw.below(4)];
                self.own.world.advance(seconds).unwrap();
            }
            14 => self.gap(lots.is_multiple_of(2)),
            _ if lots.is_multiple_of(2) => {
                self.own.account(1 + self.draw.below(20_000) as u64 * DOLLAR);
            }
            _ => {
                // An honest one trades with it, at the mark.
                let honest = &self.own.honest[self.draw.below(2)];
                let honest = (honest.address(), honest.margin);
                let (buyer, seller) =
                    if lots.is_multiple_of(3) { (honest, (owner, one.margin)) } else { ((owner, one.margin), honest) };
                let trade = self.own.world.at.trade(0, buyer, seller, 1 + lots / 8, mark);
                self.try_to(&[trade]);
            }
        }
    }

    /// The price jumps, to within a factor of the first one; confirmed or not.
    fn gap(&mut self, is_confirmed: bool) {
        let percent = [60, 80, 90, 95, 105, 110, 125, 160][self.draw.below(8)];
        let mark = (SOL * percent / 100).max(self.own.world.row(0).mark * percent / 130);
        move_mark(&mut self.own.world, 0, mark);
        if is_confirmed {
            confirm_mark(&mut self.own.world, 0, mark);
        }
    }

    /// Everything confirmed and resolved, as anybody may.
    fn close(&mut self) {
        let mark = self.own.world.row(0).mark;
        confirm_mark(&mut self.own.world, 0, mark);
        for _ in 0..6 {
            let everybody: Vec<_> =
                self.own.own().into_iter().chain(self.own.honest.each_ref().map(|who| who.margin)).collect();
            for margin in everybody {
                let deleverage = self.own.world.at.auto_deleverage(0, margin);
                self.try_to(&[deleverage]);
                for limit in [0, u64::MAX] {
                    let (key, liquidator) = (self.own.owner.address(), self.own.liquidator.margin);
                    let liquidate = self.own.world.at.liquidate(0, key, liquidator, margin, u64::MAX, limit);
                    self.try_to(&[liquidate]);
                }
            }
            self.own.settle_all();
        }
    }
}

#[test]
fn i14_a_coalition_that_does_anything_in_any_order_wins_what_insurance_and_others_lost_and_not_an_atom_more() {
    let (mut won, mut drawn) = (0, 0);
    for seed in 0..8 {
        let terms = Terms { coinsurance_bps: if seed % 2 == 0 { 0 } else { 2_000 }, ..NARROW };
        let mut hostile = Hostile::new(seed, terms);
        let before = (hostile.wealth(), hostile.own.stock());
        let created = hostile.own.world.chain.account(&hostile.own.owner.tokens).map(|account| token_amount(&account));
        for step in 0..STEPS {
            hostile.step();
            if step % 40 == 3 {
                hostile.gap(true);
            }
            if step % 20 == 0 {
                assert_sound(&mut hostile.own.world);
            }
        }
        hostile.close();
        let after = (hostile.wealth(), hostile.own.stock());
        let done = after.1.since(&before.1);
        let (gain, lost, paid) = (after.0 - before.0, -done.honest, done.drawn);
        Outcome { coalition: gain, ..done }.assert_law();
        let now = hostile.own.world.chain.now();
        let windows = 1 + (now - hostile.started).unsigned_abs() / 3_600;
        let events = hostile.events;
        assert!(
            paid <= hostile.own.most_drawn(events, windows),
            "seed {seed}: {paid} in {events} events, {windows} windows"
        );
        assert!(created.is_some() && hostile.own.world.market(0).insurance_paid == paid);
        let dollars = i128::from(DOLLAR);
        println!(
            "seed {seed}: won {}, drawn {}, others lost {}, {events} events",
            gain / dollars,
            paid / DOLLAR,
            lost / dollars
        );
        won = won.max(gain);
        drawn = drawn.max(paid);
    }
    assert!(drawn > 0 && won > 0, "nothing was tried");
}
