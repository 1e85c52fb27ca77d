//! I-14: a winner who wants to be gone before its loser's debt is charged, so that others pay for it with what is their own.
//! A deficit stays with its lots, and for a minute after an uncertain price nobody can take the winner's side over.

use crate::{
    coalition::{Coalition, HONEST, LOTS, Outcome, Terms},
    stage::{SOL, accepts, assert_sound, confirm_mark, move_mark, rejects, send, would},
};
use firebreak_client::FirebreakError;
use firebreak_replay::{
    chain::Chain,
    listing::DOLLAR,
    world::{Actor, keypair},
};
use firebreak_tests::tamper::unwatched;
use solana_instruction::Instruction;

const NOTHING: Terms = Terms { tranche: 1, event_cap: 0, window_cap: 0, coinsurance_bps: 0 };

/// One pair, and an account of the owner's with the least margin for the short's lots at the new mark.
struct Pair {
    own: Coalition,
    long: Actor,
    short: Actor,
    fresh: Actor,
    mark: u64,
}

impl Pair {
    /// The new account holds `parts` twentieths of the short's value at the new mark.
    fn new(percent: u64, parts: u64) -> Self {
        let mut own = Coalition::new(1, 10, NOTHING);
        unwatched(&mut own.world); // its breaker would close the way
        let mark = SOL * (100 - percent) / 100;
        let fresh = own.account(LOTS * mark * parts / 20 + LOTS * mark / 200);
        let actor = |margin| Actor { key: keypair("owner"), tokens: own.owner.tokens, margin };
        let (long, short) = (actor(own.longs[0].margin), actor(own.shorts[0].margin));
        Self { own, long, short, fresh, mark }
    }

    fn escapes(&self) -> [Instruction; 3] {
        let (own, at) = (&self.own, &self.own.world.at);
        let price = self.mark + self.mark / 1_000; // more than the fee: it costs the long nothing
        [
            own.trade(&self.short, &self.long, LOTS, price),
            at.liquidate(0, own.owner.address(), self.short.margin, self.long.margin, LOTS - 1, u64::MAX),
            own.trade(&self.short, &self.fresh, LOTS, self.mark),
        ]
    }

    fn deleverage(&self, who: &Actor) -> Instruction {
        self.own.world.at.auto_deleverage(0, who.margin)
    }

    /// What the coalition wins, and what the honest long and short are charged, once both of its accounts are resolved.
    fn resolve(&mut self, before: Outcome) -> (i128, [i128; 2]) {
        for who in [self.long.margin, self.fresh.margin] {
            let deleverage = self.own.world.at.auto_deleverage(0, who);
            let _ = send(&mut self.own.world, &[deleverage]);
        }
        self.own.settle_all();
        let done = self.own.stock().since(&before);
        done.assert_law();
        assert_eq!(done.drawn, 0);
        let moved = i128::from(HONEST * (SOL - self.mark));
        let margins = self.own.honest.each_ref().map(|who| who.margin);
        let had = i128::from(500_000 * DOLLAR - HONEST * SOL / 2_000);
        let long = had - moved - self.own.worth(&margins[..1]);
        (done.coalition, [long, had + moved - self.own.worth(&margins[1..])])
    }
}

#[test]
fn i14_a_winner_does_not_close_against_its_bankrupt_loser_nor_take_its_lots_without_the_debt() {
    for percent in [20, 40] {
        let mut pair = Pair::new(percent, 2);
        let [close, take, _] = pair.escapes();
        let before = pair.own.stock();
        // While the price is unconfirmed, and when it is.
        move_mark(&mut pair.own.world, 0, pair.mark);
        rejects(&mut pair.own.world, FirebreakError::MarginInsufficient, std::slice::from_ref(&close));
        rejects(&mut pair.own.world, FirebreakError::PriceUncertain, std::slice::from_ref(&take));
        confirm_mark(&mut pair.own.world, 0, pair.mark);
        rejects(&mut pair.own.world, FirebreakError::MarginInsufficient, &[close]);
        rejects(&mut pair.own.world, FirebreakError::TrancheInsufficient, &[take]);
        // So it bears its part: four fifths of the debt, and the honest short the rest, out of what the gap gave it.
        let (won, charged) = pair.resolve(before);
        let debt = i128::from(LOTS * (SOL - pair.mark) - (LOTS * SOL / 10 + LOTS * SOL / 500 - LOTS * SOL / 2_000));
        assert_eq!(charged[0], 0);
        assert!((charged[1] - debt / 5).abs() <= 2, "{charged:?} of {debt}");
        assert!(won <= debt / 5 + 2);
    }
}

#[test]
fn i14_a_winner_does_not_hand_its_side_to_a_poor_account_before_anybody_could_deleverage() {
    // Rich enough for everything but the price.
    let mut pair = Pair::new(40, 20);
    let [_, _, hand_over] = pair.escapes();
    let deleverage = pair.deleverage(&pair.long);
    move_mark(&mut pair.own.world, 0, pair.mark);
    while would(&mut pair.own.world, std::slice::from_ref(&deleverage)).is_err() {
        rejects(&mut pair.own.world, FirebreakError::PriceUncertain, std::slice::from_ref(&hand_over));
        pair.own.world.advance(10).unwrap();
    }
    let opened = pair.own.world.chain.now();
    for _ in 0..60 {
        accepts(&mut pair.own.world, std::slice::from_ref(&deleverage));
        rejects(&mut pair.own.world, FirebreakError::PriceUncertain, std::slice::from_ref(&hand_over));
        pair.own.world.advance(1).unwrap();
    }
    send(&mut pair.own.world, &[hand_over]).unwrap();
    assert_eq!(pair.own.world.chain.now() - opened, 60);
    assert_sound(&mut pair.own.world);
}

#[test]
fn known_limit_where_nobody_deleverages_for_a_minute_a_winner_hands_its_side_over_and_others_lose_margin() {
    // It takes a minute in which no keeper acts. Then the poor account is charged, is bankrupt by it, and what it owes comes
    // to the other side, with few lots left beside it: at most a lot's mark for each.
    for percent in [40, 55] {
        let mut pair = Pair::new(percent, 2);
        let [_, _, hand_over] = pair.escapes();
        let before = pair.own.stock();
        confirm_mark(&mut pair.own.world, 0, pair.mark);
        send(&mut pair.own.world, &[hand_over]).unwrap();
        let deleverage = pair.deleverage(&pair.long);
        send(&mut pair.own.world, &[deleverage]).unwrap();
        let (won, charged) = pair.resolve(before);
        let dollars = |atoms: i128| atoms / i128::from(DOLLAR);
        println!("{percent} %: won {}, charged {:?}", dollars(won), charged.map(dollars));
        for charged in charged {
            assert!(charged <= i128::from(HONEST * pair.mark) + 4, "more than the lots' mark: {charged}");
        }
        assert!(charged[0] > 0, "no longer a limit: make this a rejection");
    }
}
