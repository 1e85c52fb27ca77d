//! T66, T90: stakers who leave an impaired insurance fund get what their shares are worth, whoever goes first.

use crate::{
    permutation::{Act, Draw, ONE_MARKET, Scene, stage_with},
    stage::assert_sound,
};
use firebreak_client::FirebreakError;
use firebreak_replay::{chain::Chain, ledger::token_amount, listing::DOLLAR, world::Actor};

/// Quote atoms that five stakers put in.
const STAKES: [u64; 5] = [10_000_000_001, 7_777_777_777, 333_333_333, 1, 50_000_000_003];

struct Exits {
    scene: Scene,
    stakers: Vec<Actor>,
}

impl Exits {
    /// Five stakers asked to leave with all they have; then four accounts went bankrupt, the tranche paid four fifths of it,
    /// and the cool-down is over.
    fn new(target: u64, window_cap: u64) -> Self {
        let world = stage_with(1, |listing| {
            listing.market.coinsurance_share_bps = 2_000;
            listing.market.tranche_target = target;
            (listing.market.insurance_event_cap, listing.market.insurance_window_cap) = (window_cap, window_cap);
        });
        let mut scene = Scene::new(world, &ONE_MARKET, &[1_300_000]);
        let mint = solana_signer::Signer::pubkey(&scene.world.mint);
        let mut stakers = Vec::new();
        for (index, amount) in STAKES.iter().enumerate() {
            let staker = scene.world.actor(&format!("staker {index}"), 4, 0).unwrap();
            scene.world.mint_to(&mint, &staker.tokens, *amount).unwrap();
            scene.world.stake(&staker, *amount).unwrap();
            stakers.push(staker);
        }
        // As much as the target wants goes into the tranche, a window at a time.
        for _ in 0..8 {
            scene.world.advance(3_600).unwrap();
            scene.world.sweep(0).unwrap();
        }
        let mut exits = Self { scene, stakers };
        for index in 0..STAKES.len() {
            let shares = exits.shares(index);
            exits.scene.world.request_unstake(&exits.stakers[index], shares).unwrap();
        }
        for who in crate::permutation::BANKRUPT {
            assert!(exits.scene.act(Act::Deleverage(0, who)));
        }
        let world = &mut exits.scene.world;
        assert!(world.market(0).insurance_paid > 4_000 * DOLLAR);
        let cooldown = world.ledger().fund.unwrap().cooldown_seconds;
        world.advance(i64::from(cooldown)).unwrap();
        exits
    }

    fn shares(&mut self, index: usize) -> u64 {
        let address = self.scene.world.at.stake(&self.stakers[index].address());
        self.scene.world.ledger().stakes[&address].shares
    }

    /// Whether something was paid.
    fn leave(&mut self, index: usize) -> bool {
        match self.scene.world.unstake(&self.stakers[index]) {
            Ok(_) => true,
            Err(refusal) if refusal.is(FirebreakError::FundIlliquid) => false,
            Err(refusal) => panic!("{index}: {refusal}"),
        }
    }

    /// What each staker has in the end, all who still hold shares leaving in shuffled turns, a window after the other.
    fn after(&mut self, mut draw: Draw) -> Vec<u64> {
        let saved = self.scene.world.chain.svm.clone();
        for _window in 0..24 {
            let mut order: Vec<usize> = (0..STAKES.len()).filter(|index| self.shares(*index) > 0).collect();
            draw.shuffle(&mut order);
            for index in order {
                self.leave(index);
            }
            assert_sound(&mut self.scene.world);
            if (0..STAKES.len()).all(|index| self.shares(index) == 0) {
                break;
            }
            self.scene.world.advance(3_600).unwrap();
        }
        assert_eq!(self.scene.world.ledger().fund.unwrap().shares, 0, "somebody is still in");
        let chain = &mut self.scene.world.chain;
        let has = self.stakers.iter().map(|staker| token_amount(&chain.account(&staker.tokens).unwrap())).collect();
        self.scene.world.chain.svm = saved;
        has
    }

    fn permute(&mut self, orders: u64, bound: u64) -> u64 {
        let first = self.after(Draw(0));
        let mut most = 0;
        for seed in 1..=orders {
            let other = self.after(Draw(seed));
            for (index, (first, other)) in first.iter().zip(&other).enumerate() {
                let apart = first.abs_diff(*other);
                assert!(apart <= bound, "seed {seed}, staker {index}: {apart} atoms of {bound}");
                most = most.max(apart);
            }
        }
        // Impaired: less than was put in, by the same part for all.
        for (has, staked) in first.iter().zip(STAKES).filter(|(_, staked)| *staked > 1) {
            let kept = |has: u64, staked: u64| u128::from(has) * 10_000_000 / u128::from(staked);
            assert!(*has < staked && kept(*has, staked).abs_diff(kept(first[4], STAKES[4])) <= 2);
        }
        most
    }
}

#[test]
fn t66_t90_stakers_leave_an_impaired_fund_alike_in_any_order() {
    // The vault holds enough: each of the others leaves less than an atom behind, which those after it share.
    let mut exits = Exits::new(5_000 * DOLLAR, 20_000 * DOLLAR);
    let most = exits.permute(12, STAKES.len() as u64 - 1);
    println!("exits from the vault: {most} atoms apart at most");
}

#[test]
fn t66_t90_stakers_leave_an_impaired_fund_that_stands_in_a_tranche_alike_over_several_windows() {
    // Nearly all is deployed: each window recalls 10,000 dollars, and who comes first is paid first, in part. What each gets
    // in the end is the same, to an atom per staker.
    let mut exits = Exits::new(1_000_000 * DOLLAR, 10_000 * DOLLAR);
    let most = exits.permute(6, STAKES.len() as u64);
    println!("exits from a tranche: {most} atoms apart at most");
}

#[test]
fn t90_by_design_who_comes_first_is_paid_first_where_a_window_recalls_less_than_is_asked_for() {
    let mut exits = Exits::new(1_000_000 * DOLLAR, 10_000 * DOLLAR);
    let saved = exits.scene.world.chain.svm.clone();
    for (first, second) in [(0, 1), (1, 0)] {
        assert!(exits.leave(first));
        let paid = exits.leave(second);
        assert!(!paid || exits.shares(second) > 0, "a window paid for both");
        exits.scene.world.chain.svm = saved.clone();
    }
}
